//! Recognises the device of a request: by its own word, or guessed from what every browser sends.
//!
//! A header that is not understood is passed over; a viewer must never be refused for it.

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use contract::device::{self, DeviceProfile, DeviceSource, Hints};

use crate::context::SeenDevice;

const ACCEPT_CH: HeaderName = HeaderName::from_static("accept-ch");
/// What a browser sends only when asked (User-Agent Client Hints).
const WANTED: HeaderValue = HeaderValue::from_static("Sec-CH-UA-Form-Factors");

/// The layer.
pub async fn recognise(mut request: Request, next: Next) -> Response {
    let device = Arc::new(see(request.headers()));
    request.extensions_mut().insert(device);
    let mut response = next.run(request).await;
    let is_page = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_page {
        response.headers_mut().insert(ACCEPT_CH, WANTED);
    }
    response
}

fn see(headers: &HeaderMap) -> SeenDevice {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(Ok(profile)) = text(device::HEADER).map(DeviceProfile::from_header) {
        return SeenDevice { profile, source: DeviceSource::Header };
    }
    let (profile, source) = DeviceProfile::guess(Hints {
        user_agent: text("user-agent"),
        mobile: text("sec-ch-ua-mobile"),
        form_factors: text("sec-ch-ua-form-factors"),
        save_data: text("save-data"),
    });
    SeenDevice { profile, source }
}

#[cfg(test)]
mod tests {
    use contract::device::DeviceClass;

    use super::*;

    #[test]
    fn a_header_that_is_not_understood_leaves_the_guess() {
        let mut headers = HeaderMap::new();
        headers.insert("user-agent", "Mozilla/5.0 (iPhone) Mobile".parse().unwrap());
        headers.insert(device::HEADER, "class=car".parse().unwrap());
        assert_eq!(see(&headers).source, DeviceSource::UserAgent);
        headers.insert(device::HEADER, "class=tv, w=3840, h=2160".parse().unwrap());
        let seen = see(&headers);
        assert_eq!((seen.source, seen.profile.class), (DeviceSource::Header, DeviceClass::Tv));
    }
}
