//! `GET /api/v1/device`: what the server makes of a device.

use contract::{device::DeviceClass, playback::GetDevice};

use crate::support::TestApp;

#[tokio::test]
async fn a_device_is_taken_at_its_word() {
    let app = TestApp::start().await;
    let header = "class=tv, w=3840, h=2160, dpr=100, pointer=none, max=2160";
    let report = app.get_with("/api/v1/device", &[("x-marquee-device", header)]).await.json();
    assert_eq!((report["source"].as_str(), report["offered_height"].as_u64()), (Some("header"), Some(2160)));
}

#[tokio::test]
async fn a_header_that_is_off_is_passed_over() {
    let app = TestApp::start().await;
    let phone = ("user-agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148");
    for bad in ["class=car", "", "((", "class=tv, w=-1"] {
        let report = app.get_with("/api/v1/device", &[("x-marquee-device", bad), phone]).await.json();
        assert_eq!(
            (report["source"].as_str(), report["profile"]["class"].as_str()),
            (Some("user_agent"), Some("phone")),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn client_hints_say_more_than_the_user_agent() {
    let app = TestApp::start().await;
    let headers = [("user-agent", "Mozilla/5.0 (X11; Linux x86_64)"), ("sec-ch-ua-form-factors", "\"Tablet\"")];
    let report = app.get_with("/api/v1/device", &headers).await.json();
    assert_eq!((report["source"].as_str(), report["profile"]["class"].as_str()), (Some("client_hints"), Some("tablet")));
}

#[tokio::test]
async fn the_typed_client_gets_the_same() {
    let app = TestApp::start().await;
    assert_eq!(app.send(GetDevice {}).await.unwrap().profile.class, DeviceClass::Desktop);
}
