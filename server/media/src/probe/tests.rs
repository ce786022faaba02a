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
    judge::judge(answer.to_string().as_bytes(), &container::Structure::default())
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
    assert!(matches!(video(json!({"width": 0})), Err(ImportError::NoSize)));
    assert!(matches!(video(json!({"height": 40000})), Err(ImportError::Size { .. })));
    assert!(matches!(video(json!({"codec_type": "audio"})), Err(ImportError::NoPicture)));
    assert!(matches!(video(json!({"disposition": {"attached_pic": 1}})), Err(ImportError::NoPicture)));
    let told = judge::judge(b"{", &container::Structure::default());
    assert!(matches!(told, Err(ImportError::Broken(_))));
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
fn what_tracks_are_for_is_told_by_their_flags_and_where_those_are_silent_by_their_titles() {
    let probe = film(|answer| {
        let streams = answer["streams"].as_array_mut().unwrap();
        let mut text = |flags: Value, language: &str, title: &str| {
            let index = streams.len();
            streams.push(json!({"index": index, "codec_type": "subtitle", "codec_name": "subrip", "disposition": flags,
                "tags": {"language": language, "title": title}}));
        };
        text(json!({"hearing_impaired": 1}), "eng", "Full");
        text(json!({"forced": 1}), "eng", "");
        text(json!({}), "chi", "Traditional SDH");
        text(json!({"comment": 1, "visual_impaired": 1}), "eng", "");
        streams.push(json!({"index": 5, "codec_type": "audio", "codec_name": "aac", "channels": 2,
            "disposition": {"visual_impaired": 1}, "tags": {"language": "eng"}}));
    });
    let probe = probe.unwrap();
    let told: Vec<_> = probe.text.iter().map(|text| (text.language.as_str(), text.roles.as_slice())).collect();
    let wanted = [
        ("en", &[TrackRole::HearingImpaired][..]),
        ("en", &[TrackRole::Forced][..]),
        ("zh-Hant", &[TrackRole::HearingImpaired][..]),
        ("en", &[TrackRole::Commentary][..]),
    ];
    assert_eq!(told, wanted);
    assert_eq!(probe.audio[0].roles, [TrackRole::Description]);
}

#[test]
fn a_length_that_nobody_knows_is_absent_and_none_is_promised_for_the_picture_by_another_track() {
    let timed = |format: Value, stream: Value| {
        let probe = film(|answer| {
            answer["format"] = format;
            for (key, value) in stream.as_object().unwrap() {
                answer["streams"][0][key] = value.clone();
            }
        });
        probe.map(|probe| (probe.duration, probe.promised)).unwrap()
    };
    let own = json!({"duration": "20.5", "duration_ts": 20_500});
    assert_eq!(timed(json!({"duration": "601"}), own.clone()), (Some(20.5), Some(20.5)), "captions that end later");
    assert_eq!(timed(json!({"duration": "601"}), json!({})), (Some(601.0), None), "nobody says whose length it is");
    let tagged = json!({"tags": {"DURATION": "00:00:20.500000000"}});
    assert_eq!(timed(json!({"duration": "601"}), tagged), (Some(20.5), Some(20.5)));
    let ones = json!({"duration": "143165.576500", "duration_ts": u32::MAX});
    assert_eq!(timed(json!({"duration": "143165.576500"}), ones), (None, None), "all ones in 32 bits");
    for unknown in ["nan", "inf", "-1", "0", "N/A", "307445734561825.86", ""] {
        let stream = json!({"duration": unknown});
        assert_eq!(timed(json!({"duration": unknown}), stream), (None, None), "{unknown}");
    }
    let leaping = json!({"duration": "90448.7", "format_name": "mpegts"});
    assert_eq!(timed(leaping, own).1, None, "an estimate is no promise");
    let cut_off = container::Structure { cut_off: true, ..container::Structure::default() };
    let answer = json!({"streams": [{"codec_type": "video", "codec_name": "h264", "width": 64, "height": 64}],
        "format": {"duration": "601"}});
    let probe = judge::judge(answer.to_string().as_bytes(), &cut_off).unwrap();
    assert_eq!(probe.promised, Some(601.0), "the end of the file is missing");
}

#[test]
fn an_encrypted_picture_is_refused_and_an_encrypted_sound_track_is_left_out() {
    let answer = json!({"streams": [
        {"index": 0, "codec_type": "video", "codec_name": "h264", "codec_tag_string": "avc1", "width": 64, "height": 64},
        {"index": 1, "codec_type": "audio", "codec_name": "aac", "codec_tag_string": "mp4a", "channels": 2},
    ]});
    let judged = |encrypted: [bool; 2]| {
        let structure = container::Structure { encrypted: encrypted.to_vec(), ..container::Structure::default() };
        judge::judge(answer.to_string().as_bytes(), &structure)
    };
    assert!(matches!(judged([true, true]), Err(ImportError::Encrypted)));
    let probe = judged([false, true]).unwrap();
    assert_eq!((probe.audio.len(), probe.warnings), (0, vec!["sound track 1 is encrypted and is left out".to_owned()]));
    let webm = json!({"side_data_list": [{"side_data_type": "Encryption initialization data"}]});
    assert!(matches!(video(webm), Err(ImportError::Encrypted)));
}

#[test]
fn captions_of_a_kind_that_ffmpeg_has_no_name_for_are_told_in_a_sentence() {
    let probe = film(|answer| {
        let streams = answer["streams"].as_array_mut().unwrap();
        streams.push(json!({"index": 1, "codec_type": "subtitle", "tags": {"language": "ger"}}));
        streams.push(json!({"index": 2, "codec_type": "subtitle", "codec_name": "dvb_teletext"}));
    });
    let wanted = [
        "text track 1 (Deutsch): its captions are of a kind that is not known here, and are left out",
        "text track 2 (an unknown language): its captions are of a kind (dvb_teletext) that cannot be read here, and are left out",
    ];
    assert_eq!(probe.unwrap().warnings, wanted);
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
