//! Security headers on every response, refusals included.
//!
//! What a handler set itself stays: pages bring a content policy with the hashes of their scripts, the API
//! browser one of its own.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

/// For everything that is no page: it loads nothing, and nothing frames it.
const NOTHING: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";
/// What pages never use.
const PERMISSIONS: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), \
     magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()";

const ALWAYS: [(HeaderName, HeaderValue); 6] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(NOTHING)),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("permissions-policy"), HeaderValue::from_static(PERMISSIONS)),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];
/// Two years (RFC 6797).
const STRICT_TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=63072000");

/// The layer.
pub async fn secure(State(https): State<bool>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    complete(response.headers_mut(), https);
    response
}

fn complete(headers: &mut HeaderMap, https: bool) {
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(value);
    }
    if https {
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(STRICT_TRANSPORT);
    }
}

/// The content policy of a page: scripts from here or with one of these hashes (`sha256-...`), WebAssembly,
/// video through Media Source Extensions (`blob:`).
pub fn page_policy<'a>(script_hashes: impl IntoIterator<Item = &'a str>) -> String {
    let mut policy = String::from("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'");
    for hash in script_hashes {
        policy.push_str(" '");
        policy.push_str(hash);
        policy.push('\'');
    }
    // Styles carry no data out; the interface sets positions and colours through style attributes.
    policy.push_str(
        "; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; \
         media-src 'self' blob:; worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'",
    );
    policy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_handler_set_stays() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'self'"));
        complete(&mut headers, true);
        assert_eq!(headers[header::CONTENT_SECURITY_POLICY], "default-src 'self'");
        assert_eq!(headers[header::STRICT_TRANSPORT_SECURITY], "max-age=63072000");
        assert_eq!(headers.len(), ALWAYS.len() + 1);
    }

    #[test]
    fn a_page_runs_scripts_from_here_and_those_it_names() {
        let policy = page_policy(["sha256-abc"]);
        assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval' 'sha256-abc';"), "{policy}");
        assert!(!policy.contains("script-src 'self' 'unsafe-inline'"));
    }
}
