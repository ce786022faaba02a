//! What a device says of itself survives the wire, and what is off is refused.

use super::*;

fn phone() -> DeviceProfile {
    DeviceProfile {
        class: DeviceClass::Phone,
        width: 390,
        height: 844,
        pixel_ratio: 300,
        pointer: Pointer::Coarse,
        max_height: Some(1080),
        codecs: vec!["avc1".into(), "mp4a".into()],
        video: vec![
            VideoDecoding { codec: VideoCodec::H264, class: 1080, pq: false, hlg: false },
            VideoDecoding { codec: VideoCodec::Hevc, class: 1080, pq: true, hlg: true },
        ],
        save_data: true,
        downlink: Some(9_500),
    }
}

#[test]
fn a_profile_survives_the_header() {
    assert_eq!(DeviceProfile::from_header(&phone().to_header()), Ok(phone()));
    assert_eq!(DeviceProfile::from_header("class=tv, new-member=?0").map(|device| device.class), Ok(DeviceClass::Tv));
}

#[test]
fn a_header_that_is_off_is_refused_and_never_panics() {
    for bad in [
        "",
        "class=car",
        "class=tv, w=-1",
        "class=tv, w=99999",
        "class=\"tv\"",
        "class=tv, codecs=avc1",
        "class=tv, codecs=(\"a b\")",
        "class=tv, video=\"avc1\"",
        "class=tv, video=(\"avc1\")",
        "class=tv, video=(avc1;max=1080)",
        "class=tv, video=(\"avc1\";max=-1)",
        "class=tv, video=(\"avc1\";max=1080;pq=1)",
        "\u{1}",
    ] {
        assert_eq!(DeviceProfile::from_header(bad), Err(InvalidDevice), "{bad:?}");
    }
    assert_eq!(DeviceProfile::from_header(&format!("class=tv, x=\"{}\"", "a".repeat(600))), Err(InvalidDevice));
}

#[test]
fn no_phone_is_sent_8k_and_saving_data_caps_at_720() {
    let mut device = phone();
    assert_eq!(device.offered_height(), 720);
    device.save_data = false;
    assert_eq!(device.offered_height(), 1080);
    device.max_height = None;
    device.video.clear();
    assert_eq!(device.offered_height(), 1440);
    let tv = DeviceProfile { class: DeviceClass::Tv, width: 3840, height: 2160, pixel_ratio: 100, ..DeviceProfile::default() };
    assert_eq!(tv.offered_height(), 2160);
    assert_eq!(DeviceProfile::default().offered_height(), 1080);
}

#[test]
fn each_codec_is_decoded_up_to_a_class_of_its_own() {
    let header =
        "class=tv, w=3840, h=2160, max=1080, video=(\"avc1\";max=1080 \"hvc1\";max=2160;pq \"next\";max=4320 \"avc1\";max=4320)";
    let tv = DeviceProfile::from_header(header).unwrap();
    assert_eq!(tv.video.len(), 2, "what is not known is passed over, and of two the first counts: {:?}", tv.video);
    assert!(tv.video[1].pq && !tv.video[1].hlg);
    assert_eq!(tv.offered_height(), 2160, "in the codec that it decodes best");
    let decodable = tv.decodable();
    let cases = [
        ("avc1.640028", 1080, true),
        ("avc1.640033", 2160, false),
        ("hvc1.2.4.L150.B0", 2160, true),
        ("hev1.2.4.L150.B0", 4320, false),
        ("av01.0.12M.10", 360, false),
        ("next.1", 4320, true),
    ];
    for (codecs, class, is_decoded) in cases {
        assert_eq!(decodable.allow(codecs, class), is_decoded, "{codecs} in {class}p");
    }
    let earlier = DeviceProfile::from_header("class=tv, w=3840, h=2160, max=1080").unwrap();
    assert_eq!((earlier.offered_height(), earlier.decodable().allow("hvc1.2", 1440)), (1080, false));
    assert!(DeviceProfile::default().decodable().allow("av01.0", 4320), "nothing was asked");
    let all = VideoCodec::ALL.map(|codec| VideoDecoding { codec, class: 4320, pq: true, hlg: true });
    let longest = DeviceProfile { codecs: vec!["avc1".into(); 7], video: all.to_vec(), ..phone() };
    assert!(DeviceProfile::from_header(&longest.to_header()).is_ok(), "the longest one is short enough");
}

#[test]
fn the_first_request_is_classified_from_what_browsers_send() {
    let agents = [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Mobile/15E148", DeviceClass::Phone),
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/140 Mobile Safari/537", DeviceClass::Phone),
        ("Mozilla/5.0 (Linux; Android 14; SM-X710) Chrome/140 Safari/537", DeviceClass::Tablet),
        ("Mozilla/5.0 (SMART-TV; Linux; Tizen 8.0) AppleWebKit/537", DeviceClass::Tv),
        ("Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537", DeviceClass::Tv),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/156 Safari/537", DeviceClass::Desktop),
        ("curl/8", DeviceClass::Desktop),
    ];
    for (agent, class) in agents {
        let (profile, _) = DeviceProfile::guess(Hints { user_agent: Some(agent), ..Hints::default() });
        assert_eq!(profile.class, class, "{agent}");
    }
    let hinted = Hints { mobile: Some("?1"), user_agent: Some("Mozilla/5.0"), ..Hints::default() };
    assert_eq!(DeviceProfile::guess(hinted).1, DeviceSource::ClientHints);
}
