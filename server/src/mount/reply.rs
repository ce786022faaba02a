//! From a reply to a response: JSON, an entity tag, a compressed twin where it is kept; and problems.
//!
//! Must never let the cause of a 5xx out.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use contract::{Cache, Call, Code, Method, Problem, problem};

use super::negotiate;
use crate::session;

/// Brotli's. What has a twin is compressed once and sent often; above 9 it takes ten times as long for a hundredth.
const QUALITY: i32 = 9;

/// A response body made ready to be sent many times.
#[derive(Clone, Debug)]
pub struct Prepared {
    status: StatusCode,
    content_type: HeaderValue,
    cache_control: HeaderValue,
    /// Weak (RFC 9110, section 8.8.3.3): plain and compressed, it names the same reply and not the same bytes.
    etag: Option<HeaderValue>,
    content_policy: Option<HeaderValue>,
    identity: Bytes,
    brotli: Option<Bytes>,
}

impl Prepared {
    /// A successful body with an entity tag made of its bytes.
    pub fn new(content_type: &'static str, cache_control: &'static str, body: impl Into<Bytes>) -> Self {
        let identity = body.into();
        let tag = format!("W/\"{}\"", &blake3::hash(&identity).to_hex()[..22]);
        Self {
            status: StatusCode::OK,
            content_type: HeaderValue::from_static(content_type),
            cache_control: HeaderValue::from_static(cache_control),
            etag: HeaderValue::from_str(&tag).ok(),
            content_policy: None,
            identity,
            brotli: None,
        }
    }

    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// With a content policy of its own.
    #[must_use]
    pub fn with_policy(mut self, policy: HeaderValue) -> Self {
        self.content_policy = Some(policy);
        self
    }

    /// With a compressed twin, for a reply that is sent more than once.
    #[must_use]
    pub fn compressed(mut self) -> Self {
        if self.brotli.is_none() && self.identity.len() > 860 {
            self.brotli = compress(&self.identity);
        }
        self
    }

    /// Bytes held.
    pub fn weight(&self) -> usize {
        self.identity.len() + self.brotli.as_ref().map_or(0, Bytes::len)
    }

    /// The response to a request with these headers: 304 where the client has it already.
    pub fn respond(&self, headers: &HeaderMap) -> Response {
        if self.status == StatusCode::OK && self.is_known_to(headers) {
            return self
                .start(StatusCode::NOT_MODIFIED)
                .body(Body::empty())
                .map_or_else(|_| internal(), IntoResponse::into_response);
        }
        let wants_brotli = negotiate::accepts_encoding(headers, "br");
        let start = self.start(self.status).header(header::CONTENT_TYPE, &self.content_type);
        let response = match &self.brotli {
            Some(brotli) if wants_brotli => start.header(header::CONTENT_ENCODING, "br").body(Body::from(brotli.clone())),
            Some(_) | None => start.body(Body::from(self.identity.clone())),
        };
        response.map_or_else(|_| internal(), IntoResponse::into_response)
    }

    fn start(&self, status: StatusCode) -> axum::http::response::Builder {
        let mut start = Response::builder().status(status).header(header::CACHE_CONTROL, &self.cache_control);
        if self.brotli.is_some() {
            start = start.header(header::VARY, "accept-encoding");
        }
        if let Some(policy) = &self.content_policy {
            start = start.header(header::CONTENT_SECURITY_POLICY, policy);
        }
        match &self.etag {
            Some(etag) => start.header(header::ETAG, etag),
            None => start,
        }
    }

    fn is_known_to(&self, headers: &HeaderMap) -> bool {
        self.etag.as_ref().and_then(|etag| etag.to_str().ok()).is_some_and(|etag| negotiate::is_known(headers, etag))
    }
}

/// The response for a call's reply; nothing for `()`. What was made for viewers up to an `age` is no cache's on the way.
///
/// # Errors
/// `internal` where the reply cannot be written as JSON.
pub fn prepare<C: Call>(reply: &C::Reply, age: Option<u8>) -> Result<Option<Prepared>, Problem> {
    let body = serde_json::to_vec(reply).map_err(|error| {
        tracing::error!(%error, call = C::NAME, "reply cannot be written");
        Problem::internal()
    })?;
    let status = StatusCode::from_u16(C::STATUS).unwrap_or(StatusCode::OK);
    if status == StatusCode::NO_CONTENT {
        return Ok(None);
    }
    let cache_control = match (C::CACHE, age) {
        (Cache::Never, _) => "no-store",
        (Cache::Private, _) | (Cache::Shared, Some(_)) => "private, no-cache",
        (Cache::Shared, None) => "public, no-cache",
    };
    let mut prepared = Prepared::new("application/json", cache_control, body);
    prepared = prepared.with_status(status);
    if C::METHOD != Method::Get || C::CACHE == Cache::Never {
        prepared.etag = None;
        prepared.cache_control = HeaderValue::from_static("no-store");
    }
    Ok(Some(prepared))
}

/// A problem as a response (RFC 9457).
pub fn problem_response(problem: Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(problem::MEDIA_TYPE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = problem.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    for challenge in challenges(problem.code) {
        response.headers_mut().append(header::WWW_AUTHENTICATE, challenge);
    }
    response.extensions_mut().insert(problem);
    response
}

/// How one may show who one is (RFC 9110, section 11.6.1), where that would help: a token (RFC 6750, section 3), or the
/// cookie that a browser gets by signing in. No browser asks for a password by itself for either scheme.
fn challenges(code: Code) -> Vec<HeaderValue> {
    let bearer = match code {
        Code::TokenRefused => r#"Bearer realm="Marquee", error="invalid_token""#,
        Code::NotAllowed => r#"Bearer realm="Marquee", error="insufficient_scope""#,
        Code::SignInRequired | Code::SecondFactorRequired | Code::WrongCredentials => r#"Bearer realm="Marquee""#,
        Code::InvalidRequest
        | Code::NotFound
        | Code::CallNotFound
        | Code::MethodNotAllowed
        | Code::VersionConflict
        | Code::GrantRefused
        | Code::NotWatchable
        | Code::SessionEnded
        // A factor is shown in the browser that is signed in: no other way of saying who one is helps.
        | Code::ConfirmationRequired
        | Code::ProfileRequired
        | Code::LimitReached
        | Code::AlreadySetUp
        | Code::NameTaken
        | Code::CrossSite
        | Code::TooLarge
        | Code::NotJson
        | Code::RateLimited
        | Code::Overloaded
        | Code::StorageFull
        | Code::TimedOut
        | Code::Unreachable
        | Code::Internal => return Vec::new(),
    };
    let cookie = format!(r#"Cookie realm="Marquee", form-action="/sign-in", cookie-name="{}""#, session::ACCESS);
    [HeaderValue::from_static(bearer)].into_iter().chain(HeaderValue::from_str(&cookie)).collect()
}

fn internal() -> Response {
    problem_response(Problem::new(Code::Internal))
}

fn compress(bytes: &[u8]) -> Option<Bytes> {
    let parameters = brotli::enc::BrotliEncoderParams { quality: QUALITY, size_hint: bytes.len(), ..Default::default() };
    let mut compressed = Vec::with_capacity(bytes.len() / 4);
    brotli::BrotliCompress(&mut &*bytes, &mut compressed, &parameters).ok()?;
    Some(compressed.into())
}
