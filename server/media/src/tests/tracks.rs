//! Sound, captions and chapters.

use std::fs;

use contract::playback::TrackRole;

use super::*;

const ENGLISH: &str = "1\n00:00:00,500 --> 00:00:01,500\nHello, <i>world</i>.\n\n";
const GERMAN: &str = "1\n00:00:00,500 --> 00:00:01,500\nHallo, schöne Welt.\n\n";

#[tokio::test]
async fn surround_is_kept_stereo_stands_beside_it_and_every_language_stays() {
    let bench = Bench::new();
    let input = ["-f", "lavfi", "-i", "testsrc2=s=160x120:d=5", "-f", "lavfi", "-i", "sine=f=440:d=5"];
    let maps = ["-map", "0:v", "-map", "1:a", "-map", "1:a", "-c:a:0", "ac3", "-ac:a:0", "6", "-c:a:1", "aac", "-ac:a:1", "2"];
    let tags = ["-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=ger", "-metadata:s:a:1", "title=Kommentar"];
    let path = bench.film("film.mkv", &[&input[..], &QUICK, &maps, &tags].concat());
    let imported = bench.imported(&path).await;
    let told: Vec<_> = imported
        .manifest
        .audio
        .iter()
        .map(|track| (track.name.as_str(), track.language.as_str(), track.channels, track.default))
        .collect();
    let wanted = [("English 5.1", "en", 6, false), ("English", "en", 2, true), ("Deutsch (commentary)", "de", 2, false)];
    assert_eq!(told, wanted);
    for track in &imported.manifest.audio {
        assert_eq!(track.codecs, "mp4a.40.2");
        let whole = bench.whole(&imported.title, &track.playlist).await;
        let told = facts(&whole, "stream=channels,sample_rate,codec_name");
        assert_eq!(told, format!("codec_name=aac\nsample_rate=48000\nchannels={}\n", track.channels));
    }
}

#[tokio::test]
async fn sound_stays_with_the_picture() {
    let bench = Bench::new();
    // A click at every full second, in a track that begins one second late.
    let click = "aevalsrc='if(lt(mod(t,1),0.002),0.9,0)':s=48000:d=5";
    let input = ["-f", "lavfi", "-i", "testsrc2=s=160x120:d=6", "-itsoffset", "1", "-f", "lavfi", "-i", click];
    let path = bench.film("late.mkv", &[&input[..], &QUICK, &["-c:a", "pcm_s16le"]].concat());
    let imported = bench.imported(&path).await;
    let whole = bench.whole(&imported.title, "a0/media.m3u8").await;
    let raw = bench.path("sound.raw");
    make(&["-i", whole.to_str().unwrap(), "-f", "s16le", "-ac", "1"], &raw);
    let bytes = fs::read(raw).unwrap();
    let loud = |sample: &[u8]| i16::from_le_bytes([sample[0], sample[1]]).unsigned_abs() > 12_000;
    let first = bytes.chunks_exact(2).position(loud).unwrap() as f64 / 48_000.0;
    assert!((first - 1.0).abs() < 0.01, "the first click is heard at {first} s");
}

#[tokio::test]
async fn every_text_becomes_webvtt_with_its_language() {
    let bench = Bench::new();
    fs::write(bench.path("en.txt.srt"), ENGLISH).unwrap();
    fs::write(bench.path("de.txt.srt"), GERMAN).unwrap();
    let (en, de) = (bench.path("en.txt.srt"), bench.path("de.txt.srt"));
    let input = ["-f", "lavfi", "-i", "testsrc2=s=160x120:d=2", "-i", en.to_str().unwrap(), "-i", de.to_str().unwrap()];
    let maps = ["-map", "0", "-map", "1", "-map", "2", "-c:s:0", "subrip", "-c:s:1", "ass"];
    let tags = ["-metadata:s:s:0", "language=eng", "-metadata:s:s:1", "language=deu"];
    let path = bench.film("Film (2021).mkv", &[&input[..], &QUICK, &maps, &tags].concat());
    // Beside it: one in an old character set, one that is no text at all.
    fs::write(bench.path("Film (2021).fr.srt"), b"1\n00:00:00,500 --> 00:00:01,000\nD\xe9j\xe0 vu\n\n").unwrap();
    fs::write(bench.path("Film (2021).es.srt"), b"\0\x01\x02").unwrap();
    let imported = bench.imported(&path).await;
    let told: Vec<_> = imported.manifest.captions.iter().map(|one| (one.name.as_str(), one.language.as_str())).collect();
    assert_eq!(told, [("English", "en"), ("Deutsch", "de"), ("Français", "fr")]);
    let texts = ["Hello, <i>world</i>.", "Hallo, schöne Welt.", "Déjà vu"];
    for (track, wanted) in imported.manifest.captions.iter().zip(texts) {
        let text = bench.text(&imported.title, &track.file).await;
        assert!(text.starts_with("WEBVTT") && text.contains("00:00.500 --> 00:01") && text.contains(wanted), "{text}");
    }
    assert_eq!(imported.manifest.warnings, ["the text track \"Español\" could not be read and is left out"]);
}

#[tokio::test]
async fn webvtt_keeps_where_its_cues_stand_who_speaks_and_ruby() {
    let bench = Bench::new();
    let cue = "00:00.500 --> 00:01.500 line:10% position:20% align:start\n<v Ada><i>Hello</i>, <ruby>\u{6771}<rt>T\u{14d}</rt></ruby>.\n\n";
    fs::write(bench.path("inside.vtt"), format!("WEBVTT\n\n{cue}")).unwrap();
    let inside = bench.path("inside.vtt");
    let input = ["-f", "lavfi", "-i", "testsrc2=s=160x120:d=2", "-i", inside.to_str().unwrap()];
    let coding = ["-map", "0", "-map", "1", "-c:s", "copy", "-metadata:s:s:0", "language=eng"];
    let flags = ["-disposition:s:0", "hearing_impaired"];
    let path = bench.film("Film (2021).mkv", &[&input[..], &QUICK, &coding, &flags].concat());
    fs::write(bench.path("Film (2021).de.forced.vtt"), format!("WEBVTT\n\n{cue}")).unwrap();
    let imported = bench.imported(&path).await;
    let told: Vec<_> = imported.manifest.captions.iter().map(|one| (one.name.as_str(), one.roles(), one.id())).collect();
    let wanted = [("English (SDH)", vec![TrackRole::HearingImpaired], "t0"), ("Deutsch (forced)", vec![TrackRole::Forced], "t1")];
    assert_eq!(told, wanted);
    for track in &imported.manifest.captions {
        let text = bench.text(&imported.title, &track.file).await;
        for kept in ["line:10% position:20% align:start", "<v Ada><i>Hello</i>", "<ruby>\u{6771}<rt>T\u{14d}</rt></ruby>"] {
            assert!(text.contains(kept), "{kept} is gone from {text}");
        }
    }
}

#[tokio::test]
async fn chapters_and_the_texts_of_mp4_are_kept() {
    let bench = Bench::new();
    fs::write(bench.path("en.srt"), ENGLISH).unwrap();
    let chapters = ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=One\n\
                    [CHAPTER]\nTIMEBASE=1/1000\nSTART=1000\nEND=2000\ntitle=Two\n";
    fs::write(bench.path("chapters.txt"), chapters).unwrap();
    let mov = bench.path("film.mp4");
    let (en, marks) = (bench.path("en.srt"), bench.path("chapters.txt"));
    let input = ["-f", "lavfi", "-i", "testsrc2=s=160x120:d=2", "-i", en.to_str().unwrap(), "-i", marks.to_str().unwrap()];
    let coding = ["-map", "0", "-map", "1", "-c:s", "mov_text", "-map_metadata", "2", "-metadata:s:s:0", "language=eng"];
    make(&[&input[..], &QUICK, &coding].concat(), &mov);
    let imported = bench.imported(&mov).await;
    let marks: Vec<_> = imported.manifest.chapters.iter().map(|one| (one.title.as_str(), one.start)).collect();
    assert_eq!(marks, [("One", 0.0), ("Two", 1.0)]);
    assert_eq!(imported.manifest.captions.len(), 1);
}

#[tokio::test]
async fn sound_that_ends_early_goes_on_in_every_arrangement_and_is_decoded_as_silence() {
    let bench = Bench::new();
    for (layout, channels) in [("mono", 1), ("stereo", 2), ("5.1", 6), ("7.1", 8)] {
        let folder = bench.path(layout);
        fs::create_dir(&folder).unwrap();
        let made = std::process::Command::new("ffmpeg")
            .current_dir(&folder)
            .args(["-v", "error", "-f", "lavfi", "-i", "sine=f=440:r=48000:d=12", "-af"])
            .arg(format!("aformat=channel_layouts={layout},atrim=start_sample=1024,asetpts=PTS-STARTPTS"))
            .args(["-c:a", "aac", "-f", "hls", "-hls_playlist_type", "vod", "-hls_time", "4", "-hls_segment_type", "fmp4"])
            .args(["-start_number", "1", "-hls_segment_options", "movflags=+cmaf", "-hls_fmp4_init_filename", "init.mp4"])
            .args(["-hls_segment_filename", "seg_%05d.m4s", "media.m3u8"])
            .status();
        assert!(made.unwrap().success());
        let stored = fs::read_to_string(folder.join("media.m3u8")).unwrap();
        let silence = crate::silence::Silence::after(&stored, 20.0).unwrap();
        let padded = silence.playlist(&stored);
        let mut whole = fs::read(folder.join("init.mp4")).unwrap();
        for name in padded.lines().filter(|line| line.ends_with(".m4s")) {
            match crate::silence::number(name) {
                Some(number) => whole.extend(silence.segment(number, channels).unwrap()),
                None => whole.extend(fs::read(folder.join(name)).unwrap()),
            }
        }
        let path = bench.path(&format!("{layout}.mp4"));
        fs::write(&path, whole).unwrap();
        let raw = bench.path("sound.raw");
        // Any complaint of the decoder fails it.
        make(&["-xerror", "-i", path.to_str().unwrap(), "-f", "s16le", "-ac", "1"], &raw);
        let samples: Vec<i16> =
            fs::read(&raw).unwrap().chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
        let seconds = samples.len() as f64 / 48_000.0;
        assert!((seconds - 20.0).abs() < 0.1, "{layout}: {seconds} s");
        let loudest = |from: usize, to: usize| samples[from * 48_000..to * 48_000].iter().map(|one| one.unsigned_abs()).max();
        assert!(loudest(2, 11) > Some(500), "{layout}: the tone is there");
        assert!(loudest(13, 19) < Some(4), "{layout}: and then silence");
    }
}
