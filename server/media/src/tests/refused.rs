//! Files that are no films, or were made to harm.

use std::{fs, io::ErrorKind, net::TcpListener};

use super::*;
use crate::{
    argv::{Argv, Input},
    run::capture,
};

#[tokio::test]
async fn every_bad_file_gets_a_reason_and_the_good_one_is_imported() {
    let bench = Bench::new();
    fs::write(bench.path("a empty.mkv"), "").unwrap();
    fs::write(bench.path("b text.mp4"), "Dear diary, today I renamed a file.").unwrap();
    fs::write(bench.path("c broken.mp4"), b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2\0\0\x10\0mdat garbage").unwrap();
    fs::write(bench.path("d line\nbreak.mkv"), "x").unwrap();
    fs::write(bench.path("-i.mkv"), "x").unwrap();
    fs::write(bench.path("..%2f..%2fetc.mkv"), "x").unwrap();
    bench.film("e sound.mkv", &["-f", "lavfi", "-i", "sine=d=1"]);
    bench.film("f good (2021).mkv", &args(&drawn("160x120", 1), &[]));
    let outcomes = bench.import(bench.folder.path()).await;
    let told: Vec<String> = outcomes
        .iter()
        .map(|outcome| match &outcome.result {
            Ok(imported) => format!("imported {}", imported.manifest.source.file_name),
            Err(error) => error.to_string(),
        })
        .collect();
    let wanted = [
        "the name is not safe: it begins with a hyphen, as an option does; rename the file",
        "the name is not safe: it contains \"..\", as a way out of a folder does; rename the file",
        "the file is empty",
        "this is not a video that can be read here",
        "the file is damaged: it was cut off, or never finished, and what says where its pictures are is missing (moov atom not \
         found)",
        "the name is not safe: it contains a line break or another control character; rename the file",
        "there is no picture in this file",
        "imported f good (2021).mkv",
    ];
    assert_eq!(told.len(), wanted.len(), "{told:#?}");
    for reason in wanted {
        assert!(told.iter().any(|told| told == reason), "{reason:?} is not among {told:#?}");
    }
    assert!(bench.objects().await.iter().all(|(key, _)| key.starts_with("media/f")), "only the good one is stored");
}

#[tokio::test]
async fn a_name_that_means_something_to_ffmpeg_means_nothing_here() {
    let bench = Bench::new();
    let plain = bench.film("plain.mkv", &args(&drawn("160x120", 1), &[]));
    for name in ["50%03d off.mkv", "http:__x.mkv", "concat:a|b.mkv", "pipe:0.mkv", "it's \"quoted\" $(x) `y`.mkv", "[x],;.mkv"] {
        let path = bench.path(name);
        fs::rename(&plain, &path).unwrap();
        let film = crate::probe::probe(bench.importer.tools(), &path).await.unwrap();
        assert_eq!(film.video.height, 120, "{name}");
        fs::rename(&path, &plain).unwrap();
    }
    // Even names that the import refuses are harmless to the programs.
    for name in ["-i.mkv", "line\nbreak.mkv"] {
        let path = bench.path(name);
        fs::rename(&plain, &path).unwrap();
        assert!(crate::probe::probe(bench.importer.tools(), &path).await.is_ok(), "{name:?}");
        fs::rename(&path, &plain).unwrap();
    }
}

#[tokio::test]
async fn a_playlist_that_points_to_the_network_is_refused_and_nothing_connects() {
    let bench = Bench::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("http://{}/film.ts", listener.local_addr().unwrap());
    let lists = [
        ("list.m3u8", format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{address}\n#EXT-X-ENDLIST\n")),
        ("renamed.mp4", format!("#EXTM3U\n#EXTINF:4,\n{address}\n")),
        ("concat.mkv", format!("ffconcat version 1.0\nfile '{address}'\n")),
        ("dash.mp4", format!("<?xml version=\"1.0\"?>\n<MPD><BaseURL>{address}</BaseURL></MPD>\n")),
        ("plain.avi", format!("{address}\n")),
    ];
    for (name, text) in lists {
        let path = bench.path(name);
        fs::write(&path, text).unwrap();
        assert!(matches!(bench.refused(&path).await, ImportError::Playlist), "{name}");
        // The second wall: ffprobe itself, asked as the import would ask, opens none of them.
        let ask = Argv::ffprobe(bench.importer.tools()).arg("-show_format").input(Input::Source(&path));
        assert!(capture(ask, 1 << 20).await.is_err(), "{name}");
    }
    let told = listener.accept().map(drop).unwrap_err();
    assert_eq!(told.kind(), ErrorKind::WouldBlock, "something connected");
}

#[tokio::test]
async fn a_film_that_was_cut_off_is_said_to_be() {
    let bench = Bench::new();
    let whole = bench.film("whole.mkv", &args(&drawn("320x240", 20), &["-b:v", "1M"]));
    let bytes = fs::read(&whole).unwrap();
    let path = bench.path("cut off.mkv");
    fs::write(&path, &bytes[..bytes.len() / 3]).unwrap();
    let told = bench.refused(&path).await.to_string();
    assert!(told.starts_with("the file is damaged: it promises 20 seconds and holds "), "{told}");
    assert!(bench.catalogue.told.lock().unwrap().is_empty(), "nothing of it was published");
}

#[tokio::test]
async fn a_film_that_was_cut_off_is_known_by_its_container_where_its_picture_promises_nothing() {
    let bench = Bench::new();
    let whole = bench.film("whole.mkv", &args(&drawn("320x240", 20), &["-b:v", "1M"]));
    let mut bytes = fs::read(&whole).unwrap();
    for at in 0..bytes.len() - 8 {
        if bytes[at..].starts_with(b"DURATION") {
            bytes[at] = b'X';
        }
    }
    let path = bench.path("cut off.mkv");
    fs::write(&path, &bytes[..bytes.len() / 3]).unwrap();
    let told = bench.refused(&path).await.to_string();
    assert!(told.starts_with("the file is damaged: it promises 20 seconds and holds "), "{told}");
}

#[tokio::test]
async fn an_encrypted_film_is_said_to_be_encrypted() {
    let bench = Bench::new();
    let key = ["-encryption_key", "76a6c65c5ea762046bd749a2e632ccbb", "-encryption_kid", "a7e61c373e219033c21091fa607bf3b8"];
    for (name, flags) in [("locked.mp4", "+faststart"), ("in pieces.mp4", "frag_keyframe+empty_moov")] {
        let drawn = drawn("160x120", 1);
        let plain = args(&drawn, &["-movflags", flags, "-encryption_scheme", "cenc-aes-ctr"]);
        let path = bench.film(name, &[&plain[..], &key].concat());
        assert!(matches!(bench.refused(&path).await, ImportError::Encrypted), "{name}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_no_regular_file_is_not_waited_for() {
    let bench = Bench::new();
    let path = bench.path("pipe.mkv");
    let made = Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    assert!(matches!(bench.refused(&path).await, ImportError::NotAFile));
    assert!(matches!(bench.refused(&bench.path("missing.mkv")).await, ImportError::Unreadable(_)));
}
