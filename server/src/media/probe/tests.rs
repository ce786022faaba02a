//! What the judge makes of ffprobe's answers, and how files that are no films are told apart.

use serde_json::{Value, json};

use super::*;

fn film(change: impl FnOnce(&mut Value)) -> Result<Probe, ImportError> {
    let mut answer = json!({
        "streams": [{
            "index": 0, "codec_type": "video", "codec_name": "h264", "width": 1920, "height": 1080,
            "sample_aspect_ratio": "1:1", "field_order": "progressive",
            "r_frame_rate": "24000/1001", "avg_frame_rate": "24000/1001", "disposition": {"default": 1},
        }],
        "format": {"duration": "5400.5"},
    });
    change(&mut answer);
    judge::judge(answer.to_string().as_bytes())
}

fn video(changes: Value) -> Result<VideoStream, ImportError> {
    let told = film(|answer| {
        for (key, value) in changes.as_object().unwrap() {
            answer["streams"][0][key] = value.clone();
        }
    });
    told.map(|probe| probe.video)
}

#[test]
fn a_plain_film_is_taken_as_it_is() {
    let probe = film(|_| {}).unwrap();
    assert_eq!(probe.duration, Some(5400.5));
    assert_eq!((probe.video.width, probe.video.height, probe.video.rate), (1920, 1080, (24_000, 1001)));
    assert!(!probe.video.variable_rate && !probe.video.interlaced && probe.warnings.is_empty());
}

#[test]
fn pixels_are_squared_and_turned() {
    let wide = video(json!({"width": 720, "height": 576, "sample_aspect_ratio": "64:45"})).unwrap();
    assert_eq!((wide.width, wide.height), (1024, 576));
    let turned = video(json!({"side_data_list": [{"side_data_type": "Display Matrix", "rotation": -90}]})).unwrap();
    assert_eq!((turned.width, turned.height), (1080, 1920));
    let half = video(json!({"side_data_list": [{"rotation": 180}]})).unwrap();
    assert_eq!((half.width, half.height), (1920, 1080));
    let nonsense = video(json!({"sample_aspect_ratio": "1:4000"})).unwrap();
    assert_eq!(nonsense.width, 1920);
}

#[test]
fn a_varying_rate_becomes_the_next_common_one() {
    let phone = video(json!({"avg_frame_rate": "28871/1000", "r_frame_rate": "90000/1"})).unwrap();
    assert_eq!((phone.rate, phone.variable_rate), ((30_000, 1001), true));
    let fast = video(json!({"avg_frame_rate": "120/1", "r_frame_rate": "120/1"})).unwrap();
    assert_eq!(fast.rate, (60, 1));
    let unknown = video(json!({"avg_frame_rate": "0/0", "r_frame_rate": "0/0"})).unwrap();
    assert_eq!(unknown.rate, (25, 1));
    let odd = video(json!({"avg_frame_rate": "18/1", "r_frame_rate": "18/1"})).unwrap();
    assert_eq!((odd.rate, odd.variable_rate), ((18, 1), false));
}

#[test]
fn what_cannot_be_shown_is_refused_in_words() {
    let dolby = json!({"side_data_list": [{"dv_profile": 5, "dv_bl_signal_compatibility_id": 0}]});
    assert!(matches!(video(dolby), Err(ImportError::DolbyVision(5))));
    let with_base = json!({"side_data_list": [{"dv_profile": 8, "dv_bl_signal_compatibility_id": 1}]});
    assert!(video(with_base).is_ok());
    assert!(matches!(video(json!({"codec_tag_string": "encv"})), Err(ImportError::Encrypted)));
    assert!(matches!(video(json!({"codec_name": "unknown"})), Err(ImportError::Codec(_))));
    assert!(matches!(video(json!({"width": 0})), Err(ImportError::Size { .. })));
    assert!(matches!(video(json!({"height": 40000})), Err(ImportError::Size { .. })));
    assert!(matches!(video(json!({"codec_type": "audio"})), Err(ImportError::NoPicture)));
    assert!(matches!(video(json!({"disposition": {"attached_pic": 1}})), Err(ImportError::NoPicture)));
    assert!(matches!(judge::judge(b"{"), Err(ImportError::Broken(_))));
}

#[test]
fn high_dynamic_range_is_told_by_its_transfer() {
    assert_eq!(video(json!({"color_transfer": "smpte2084"})).unwrap().range, DynamicRange::Pq);
    assert_eq!(video(json!({"color_transfer": "arib-std-b67"})).unwrap().range, DynamicRange::Hlg);
    assert_eq!(video(json!({"color_transfer": "bt709"})).unwrap().range, DynamicRange::Standard);
}

#[test]
fn tracks_keep_their_language_and_a_clean_name() {
    let probe = film(|answer| {
        let streams = answer["streams"].as_array_mut().unwrap();
        streams.push(json!({"index": 1, "codec_type": "audio", "codec_name": "ac3", "channels": 6,
            "tags": {"language": "ger", "title": "Ton\n\"fein\""}}));
        streams.push(json!({"index": 2, "codec_type": "subtitle", "codec_name": "subrip", "tags": {"language": "eng"}}));
        streams.push(json!({"index": 3, "codec_type": "subtitle", "codec_name": "hdmv_pgs_subtitle"}));
    });
    let probe = probe.unwrap();
    assert_eq!(probe.audio[0].language, "de");
    assert_eq!(probe.audio[0].title.as_deref(), Some("Ton fein"));
    assert_eq!((probe.text.len(), probe.text[0].language.as_str()), (1, "en"));
    assert_eq!(probe.warnings.len(), 1, "pictures as subtitles are left out in words");
    assert!(probe.warnings[0].contains("hdmv_pgs_subtitle"));
}

#[test]
fn playlists_are_known_by_their_beginning() {
    let lists: [&[u8]; 8] = [
        b"#EXTM3U\n#EXTINF:1,\nhttp://192.0.2.1/a.ts\n",
        b"\xef\xbb\xbf#EXTM3U",
        b"[playlist]\nFile1=http://192.0.2.1/",
        b"<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\">",
        b"ffconcat version 1.0\nfile /etc/passwd",
        b"v=0\r\no=- 0 0 IN IP4 192.0.2.1",
        b"<asx version=\"3.0\">",
        b"http://192.0.2.1/film.mkv\n",
    ];
    for list in lists {
        assert!(is_playlist(list), "{}", String::from_utf8_lossy(list));
    }
    assert!(!is_playlist(b"\x1a\x45\xdf\xa3") && !is_playlist(b"a diary") && !is_playlist(b""));
}
