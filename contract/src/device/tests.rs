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
    assert_eq!(device.offered_height(), 1440);
    let tv = DeviceProfile { class: DeviceClass::Tv, width: 3840, height: 2160, pixel_ratio: 100, ..DeviceProfile::default() };
    assert_eq!(tv.offered_height(), 2160);
    assert_eq!(DeviceProfile::default().offered_height(), 1080);
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
