//! Films as they are found: joined, without a length, with tracks and pictures that fail.

use std::fs;

use super::*;

/// Pictures and sound of a film of these seconds.
fn sounding(seconds: u32) -> Vec<String> {
    let mut args = drawn("320x240", seconds);
    let tone = format!("sine=d={seconds}");
    args.splice(4..4, ["-f".to_owned(), "lavfi".to_owned(), "-i".to_owned(), tone]);
    args
}

fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    for at in 0..bytes.len() - from.len() {
        if bytes[at..].starts_with(from) {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
    }
}

#[tokio::test]
async fn streams_that_cannot_be_searched_come_in_whole_and_with_their_pictures() {
    let bench = Bench::new();
    let one = bench.film("one.ts", &args(&sounding(5), &["-c:a", "aac"]));
    let late = bench.film("late.ts", &args(&sounding(6), &["-c:a", "aac", "-output_ts_offset", "5000"]));
    let (one, late) = (fs::read(one).unwrap(), fs::read(late).unwrap());
    fs::write(bench.path("joined.ts"), [&one[..], &late].concat()).unwrap();
    fs::write(bench.path("back in time.ts"), [&late[..], &one].concat()).unwrap();
    bench.film("disc.mpg", &args(&sounding(6), &["-c:v", "mpeg2video", "-c:a", "mp2"]));
    bench.film("old.flv", &args(&sounding(6), &["-c:a", "aac", "-ar", "44100"]));
    for (name, seconds) in [("joined.ts", 11.0), ("back in time.ts", 11.0), ("disc.mpg", 6.0), ("old.flv", 6.0)] {
        let manifest = bench.imported(&bench.path(name)).await.manifest;
        assert_eq!(manifest.warnings, Vec::<String>::new(), "{name}");
        assert!((manifest.duration_seconds - seconds).abs() < 0.5, "{name} lasts {}", manifest.duration_seconds);
        assert!(manifest.poster.is_some() && manifest.backdrop.is_some() && manifest.storyboard.is_some(), "{name}");
        assert_eq!(manifest.audio.len(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_film_whose_length_nobody_knows_is_imported_as_long_as_it_is() {
    let bench = Bench::new();
    let pieces = bench.film("film.mp4", &args(&drawn("160x120", 2), &["-movflags", "frag_keyframe+empty_moov"]));
    let mut bytes = fs::read(&pieces).unwrap();
    // The durations of ISO/IEC 14496-12, 8.2.2 and 8.4.2: after version, two times and the timescale.
    for at in 0..bytes.len() - 24 {
        if [b"mvhd", b"mdhd"].iter().any(|name| bytes[at..].starts_with(*name)) {
            bytes[at + 20..at + 24].fill(0xff);
        }
    }
    fs::write(&pieces, &bytes).unwrap();
    let film = crate::probe::probe(bench.importer.tools(), &pieces).await.unwrap();
    assert_eq!((film.duration, film.promised), (None, None));
    let imported = bench.imported(&pieces).await;
    assert!((imported.manifest.duration_seconds - 2.0).abs() < 0.1, "{}", imported.manifest.duration_seconds);
}

#[tokio::test]
async fn captions_that_end_long_after_the_film_are_no_promise_of_the_picture() {
    let bench = Bench::new();
    let late = "1\n00:00:01,000 --> 00:00:02,000\nHi\n\n2\n00:10:00,000 --> 00:10:01,000\nlate\n";
    fs::write(bench.path("late.txt"), late).unwrap();
    let texts = bench.path("late.txt");
    let drawn = drawn("160x120", 3);
    let mut input: Vec<&str> = drawn.iter().map(String::as_str).collect();
    input.splice(4..4, ["-f", "srt", "-i", texts.to_str().unwrap()]);
    let path = bench.film("Long (2020).mkv", &[&input[..], &["-c:s", "srt", "-write_crc32", "0"]].concat());
    let mut bytes = fs::read(&path).unwrap();
    replace(&mut bytes, b"DURATION", b"XURATION");
    fs::write(&path, &bytes).unwrap();
    let film = crate::probe::probe(bench.importer.tools(), &path).await.unwrap();
    assert!(film.duration.is_some_and(|whole| whole > 600.0), "the test's film is said to be long: {:?}", film.duration);
    let imported = bench.imported(&path).await;
    assert!((imported.manifest.duration_seconds - 3.0).abs() < 0.1, "{}", imported.manifest.duration_seconds);
    assert_eq!(imported.manifest.captions.len(), 1);
}

/// A film with two sound tracks, English and German, after their packets went through filters.
fn two_tracks(bench: &Bench, name: &str, filters: &[&str]) -> PathBuf {
    let whole = bench.film("two tracks.nut", &args(&sounding(3), &["-c:a", "aac"]));
    let maps =
        ["-map", "0:v", "-map", "0:a", "-map", "0:a", "-c", "copy", "-disposition:a:0", "default", "-disposition:a:1", "0"];
    let tags = ["-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=ger"];
    bench.film(name, &[&["-i", whole.to_str().unwrap()][..], &maps, &tags, filters].concat())
}

#[tokio::test]
async fn a_bad_sound_track_is_left_out_by_name_and_the_good_one_is_heard() {
    let bench = Bench::new();
    let silent = two_tracks(&bench, "empty.mkv", &["-bsf:a:1", "noise=drop=1"]);
    let noisy = two_tracks(&bench, "noisy.mkv", &["-bsf:a:0", "noise=amount=2"]);
    let left_out = |track: &str| format!("sound track {track} holds nothing that can be decoded, and is left out");
    for (path, kept, warning) in [(silent, "English", left_out("2 (Deutsch)")), (noisy, "Deutsch", left_out("1 (English)"))] {
        let imported = bench.imported(&path).await;
        let told: Vec<_> = imported.manifest.audio.iter().map(|track| (track.name.as_str(), track.default)).collect();
        assert_eq!(told, [(kept, true)], "{path:?}");
        assert_eq!(imported.manifest.warnings, [warning]);
        assert!(imported.manifest.complete);
        let (kept, _) = imported.manifest.audio[0].playlist.split_once('/').unwrap();
        let of_sound = format!("media/{}/a", imported.title);
        for (key, _) in bench.objects().await.iter().filter(|(key, _)| key.starts_with(&of_sound)) {
            assert!(key.starts_with(&format!("media/{}/{kept}/", imported.title)), "{key} is left of a track that is not there");
        }
    }
}

#[tokio::test]
async fn a_film_none_of_whose_sound_can_be_decoded_is_shown_in_silence_and_says_so() {
    let bench = Bench::new();
    let path = two_tracks(&bench, "film.mkv", &["-bsf:a", "noise=amount=2"]);
    let imported = bench.imported(&path).await;
    assert!(imported.manifest.audio.is_empty() && imported.manifest.complete);
    assert_eq!(imported.manifest.warnings.len(), 3, "{:?}", imported.manifest.warnings);
    assert_eq!(imported.manifest.warnings[2], "none of its sound can be decoded: the film is silent here");
}

#[cfg(unix)]
#[tokio::test]
async fn pictures_that_cannot_be_drawn_cost_a_warning_and_never_the_film() {
    use std::os::unix::fs::PermissionsExt;
    let mut bench = Bench::new();
    let path = bench.film("film.mkv", &args(&drawn("320x240", 2), &[]));
    let program = bench.path("ffmpeg");
    let script = "#!/bin/sh\ncase \"$*\" in *rawvideo*|*tile=*) echo no >&2; exit 1;; esac\nexec ffmpeg \"$@\"\n";
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    bench.importer.tools.ffmpeg = program;
    let manifest = bench.imported(&path).await.manifest;
    assert!(manifest.complete && manifest.poster.is_none() && manifest.storyboard.is_none());
    let wanted =
        ["no poster and no backdrop could be taken from the film", "no pictures for the seek bar could be taken from the film"];
    assert_eq!(manifest.warnings, wanted);
}
