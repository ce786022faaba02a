//! Gives every request a name, to find it in the logs again.
//!
//! The name goes out in `X-Request-Id` and in every problem. Must never take a name from outside, unless the
//! config says that a trusted proxy sets it.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use contract::Problem;

use crate::mount::problem_response;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// A request's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub Arc<str>);

/// Whether a proxy in front names requests.
#[derive(Clone, Copy, Debug)]
pub struct Trusted(pub bool);

impl RequestId {
    /// 64 random bits: no two in one log.
    pub fn fresh() -> Self {
        Self(format!("{:016x}", rand::random::<u64>()).into())
    }

    fn given(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(HEADER)?.to_str().ok()?;
        let clean = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        ((8..=64).contains(&text.len()) && text.bytes().all(clean)).then(|| Self(text.into()))
    }
}

/// The layer.
pub async fn stamp(State(trusted): State<Trusted>, mut request: Request, next: Next) -> Response {
    let id = if trusted.0 { RequestId::given(request.headers()) } else { None }.unwrap_or_else(RequestId::fresh);
    request.extensions_mut().insert(id.clone());
    let mut response = named(next.run(request).await, &id);
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

/// A problem says which request it belongs to.
fn named(mut response: Response, id: &RequestId) -> Response {
    let Some(mut problem) = response.extensions_mut().remove::<Problem>() else { return response };
    problem.request_id = Some(id.0.to_string());
    let mut rewritten = problem_response(problem);
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_ENCODING);
    // Who shows it as a page comes after this.
    if let Some(problem) = rewritten.extensions_mut().remove::<Problem>() {
        parts.extensions.insert(problem);
    }
    Response::from_parts(parts, rewritten.into_body())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_a_proxy_is_taken_when_it_is_plain() {
        let mut headers = HeaderMap::new();
        for (text, taken) in [("abcdef-0123", true), ("short", false), ("line\tbreak", false), (&"x".repeat(65), false)] {
            headers.insert(HEADER, HeaderValue::from_str(text).unwrap());
            assert_eq!(RequestId::given(&headers).is_some(), taken, "{text}");
        }
    }
}
