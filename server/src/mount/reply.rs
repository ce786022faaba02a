//! From a reply to a response: JSON, an entity tag, a compressed twin for who takes it; and problems.
//!
//! The twin is made for the first who takes it, and once: what nobody asked for before is not compressed for a client that
//! takes it plain. What is for one is gzip, because nobody else shares what brotli costs: some milliseconds, for a fifth of the bytes. Must never
//! compress more on a thread that serves requests than a page of it takes to be drawn, and must never let the cause of a 5xx out.

use std::sync::{Arc, LazyLock};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use contract::{Cache, Call, Code, Method, Problem, problem};
use runtime::spare::Spare;
use tokio::sync::OnceCell;

use super::{negotiate, pieces::Pieces};
use crate::session;

/// Brotli's, for what is made at leisure and sent often; above 9 it takes ten times as long for a hundredth.
const THOROUGH: i32 = 9;
/// For whoever waits: above 5 the tables alone take tens of megabytes, which are touched anew for each reply.
const QUICK: i32 = 5;
/// Nothing keeps it, the browser included (RFC 9111, section 5.2.2.5).
pub const NO_STORE: &str = "no-store";
/// What takes a tenth of a millisecond to deflate, and is less work than to have it done elsewhere.
const AT_ONCE: usize = 64 * 1024;
/// Shorter bodies fit into one packet as they are.
const WORTHWHILE: usize = 860;

static COMPRESSING: LazyLock<Spare> = LazyLock::new(Spare::default);

/// A response body made ready to be sent many times. Clones share their twin.
#[derive(Clone, Debug)]
pub struct Prepared {
    status: StatusCode,
    content_type: HeaderValue,
    cache_control: HeaderValue,
    /// Weak (RFC 9110, section 8.8.3.3): plain and compressed, it names the same reply and not the same bytes.
    etag: Option<HeaderValue>,
    content_policy: Option<HeaderValue>,
    body: Pieces,
    /// Nobody else is sent it.
    is_for_one: bool,
    /// How much a search found that this is the reply to.
    hits: Option<u32>,
    /// The compressed twin, once somebody took it; nothing where compressing gains too little.
    brotli: Arc<OnceCell<Option<Bytes>>>,
}

impl Prepared {
    /// A successful body with an entity tag made of its bytes.
    pub fn new(content_type: &'static str, cache_control: &'static str, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let tag = format!("W/\"{}\"", &blake3::hash(&body).to_hex()[..22]);
        Self {
            status: StatusCode::OK,
            content_type: HeaderValue::from_static(content_type),
            cache_control: HeaderValue::from_static(cache_control),
            etag: HeaderValue::from_str(&tag).ok(),
            content_policy: None,
            body: body.into(),
            is_for_one: false,
            hits: None,
            brotli: Arc::default(),
        }
    }

    /// One that nobody keeps, and so without a tag to ask again by.
    pub fn unkept(content_type: &'static str, body: impl Into<Pieces>) -> Self {
        Self {
            status: StatusCode::OK,
            content_type: HeaderValue::from_static(content_type),
            cache_control: HeaderValue::from_static(NO_STORE),
            etag: None,
            content_policy: None,
            body: body.into(),
            is_for_one: true,
            hits: None,
            brotli: Arc::default(),
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

    /// How much a search found that this is the reply to: known with each that is kept, so that nobody has to look into it.
    pub const fn hits(&self) -> Option<u32> {
        self.hits
    }

    /// With a content policy of its own.
    #[must_use]
    pub fn with_policy(mut self, policy: HeaderValue) -> Self {
        self.content_policy = Some(policy);
        self
    }

    /// For whoever asked, and nobody else.
    #[must_use]
    pub fn for_one(mut self) -> Self {
        self.is_for_one = true;
        self
    }

    /// With its compressed twin, for what is made at leisure. Takes milliseconds: not for a thread that serves requests.
    #[must_use]
    pub fn compressed(mut self) -> Self {
        if self.is_compressible() && !self.brotli.initialized() {
            self.brotli = Arc::new(OnceCell::new_with(Some(compress(&self.body.plain(), THOROUGH))));
        }
        self
    }

    /// Bytes held at most: a twin that nobody took yet is weighed as the largest that would be kept.
    pub fn weight(&self) -> usize {
        let twin = match self.brotli.get() {
            Some(made) => made.as_ref().map_or(0, Bytes::len),
            None if self.is_compressible() => largest_twin(self.body.length()),
            None => 0,
        };
        self.body.length() + twin
    }

    /// The response to a request with these headers: 304 where the client has it already. Whoever takes brotli first waits
    /// until it is compressed, and nobody else.
    pub async fn respond(&self, headers: &HeaderMap) -> Response {
        if self.status == StatusCode::OK && self.is_known_to(headers) {
            return self
                .start(StatusCode::NOT_MODIFIED)
                .body(Body::empty())
                .map_or_else(|_| internal(), IntoResponse::into_response);
        }
        let start = self.start(self.status).header(header::CONTENT_TYPE, &self.content_type);
        let response = match self.encoded(headers).await {
            Some((coding, bytes)) => start.header(header::CONTENT_ENCODING, coding).body(Body::from(bytes)),
            None => start.body(Body::from(self.body.plain())),
        };
        response.map_or_else(|_| internal(), IntoResponse::into_response)
    }

    /// In the coding that a client takes and that is right for it.
    async fn encoded(&self, headers: &HeaderMap) -> Option<(&'static str, Bytes)> {
        if !self.is_compressible() {
            return None;
        }
        if self.is_for_one && negotiate::accepts_encoding(headers, "gzip") {
            return Some(("gzip", self.gzip().await?));
        }
        let wants_brotli = negotiate::accepts_encoding(headers, "br");
        Some(("br", if wants_brotli { self.twin().await } else { None }?))
    }

    async fn gzip(&self) -> Option<Bytes> {
        if self.body.own_length() <= AT_ONCE {
            return self.body.gzip();
        }
        let body = self.body.clone();
        COMPRESSING.run(move || body.gzip()).await.ok().flatten()
    }

    async fn twin(&self) -> Option<Bytes> {
        let make = || async {
            // What cannot be compressed just now is sent as it is, and tried again for the next.
            let body = self.body.clone();
            COMPRESSING.run(move || compress(&body.plain(), QUICK)).await.map_err(drop)
        };
        self.brotli.get_or_try_init(make).await.ok().cloned().flatten()
    }

    /// Pictures of points are compressed already.
    fn is_compressible(&self) -> bool {
        let is_of_points = matches!(self.content_type.as_bytes(), b"image/jpeg" | b"image/png");
        self.body.length() > WORTHWHILE && !is_of_points
    }

    fn start(&self, status: StatusCode) -> axum::http::response::Builder {
        let mut start = Response::builder().status(status).header(header::CACHE_CONTROL, &self.cache_control);
        if self.is_compressible() {
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
        (Cache::Never, _) => NO_STORE,
        (Cache::Private, _) | (Cache::Shared, Some(_)) => "private, no-cache",
        (Cache::Shared, None) => "public, no-cache",
    };
    let mut prepared = Prepared::new("application/json", cache_control, body);
    prepared = prepared.with_status(status);
    prepared.hits = C::hits(reply);
    if C::METHOD != Method::Get || C::CACHE == Cache::Never {
        prepared.etag = None;
        prepared.cache_control = HeaderValue::from_static(NO_STORE);
    }
    if C::METHOD != Method::Get || C::CACHE != Cache::Shared {
        prepared.is_for_one = true;
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
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(NO_STORE));
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
        | Code::ViewerChanged
        | Code::LimitReached
        | Code::AlreadySetUp
        | Code::NameTaken
        | Code::NameRequired
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

/// Nothing where it gains less than a quarter.
fn compress(bytes: &[u8], quality: i32) -> Option<Bytes> {
    let parameters =
        brotli::enc::BrotliEncoderParams { quality, lgwin: window(bytes.len()), size_hint: bytes.len(), ..Default::default() };
    let mut compressed = Vec::with_capacity(bytes.len() / 2);
    brotli::BrotliCompress(&mut &*bytes, &mut compressed, &parameters).ok()?;
    compressed.shrink_to_fit();
    (compressed.len() <= largest_twin(bytes.len())).then(|| compressed.into())
}

fn largest_twin(identity: usize) -> usize {
    identity / 4 * 3
}

/// The smallest window that holds so many bytes, as the logarithm that brotli wants (RFC 7932, section 9.1): buffers are made
/// as large as the window.
fn window(length: usize) -> i32 {
    // 16 bytes of a window cannot be referred to.
    let bits = (length + 16).next_power_of_two().trailing_zeros();
    i32::try_from(bits).unwrap_or(22).clamp(10, 22)
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    const TEXT: &str = "what is said again and again is said in fewer bytes; ";

    fn headers(accept_encoding: &'static str) -> HeaderMap {
        [(header::ACCEPT_ENCODING, HeaderValue::from_static(accept_encoding))].into_iter().collect()
    }

    fn plain(compressed: &[u8]) -> Vec<u8> {
        let mut plain = Vec::new();
        brotli::BrotliDecompress(&mut &*compressed, &mut plain).unwrap();
        plain
    }

    async fn sent(response: Response) -> (Option<String>, Vec<u8>) {
        let coding = response.headers().get(header::CONTENT_ENCODING).map(|coding| coding.to_str().unwrap().to_owned());
        (coding, to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec())
    }

    #[tokio::test]
    async fn nothing_is_compressed_for_who_takes_it_plain_and_once_for_all_who_do_not() {
        let text = TEXT.repeat(100);
        let kept = Prepared::new("application/json", "public, no-cache", text.clone());
        assert_eq!(sent(kept.respond(&headers("gzip")).await).await, (None, text.clone().into_bytes()));
        assert!(!kept.brotli.initialized());
        let (coding, bytes) = sent(kept.respond(&headers("br")).await).await;
        assert_eq!((coding.as_deref(), plain(&bytes)), (Some("br"), text.into_bytes()));
        let first = kept.brotli.get().unwrap().clone().unwrap();
        assert_eq!(kept.clone().twin().await.unwrap().as_ptr(), first.as_ptr(), "a clone compresses nothing anew");
    }

    #[tokio::test]
    async fn what_is_for_one_is_gzip_for_whoever_takes_it_and_else_as_any_other() {
        let text = TEXT.repeat(3_000);
        for body in [TEXT.repeat(100), text] {
            let one = Prepared::unkept("application/json", Bytes::from(body.clone()));
            let (coding, bytes) = sent(one.respond(&headers("gzip, deflate, br, zstd")).await).await;
            let mut plain_text = Vec::new();
            std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&*bytes), &mut plain_text).unwrap();
            assert_eq!((coding.as_deref(), plain_text), (Some("gzip"), body.clone().into_bytes()));
            assert!(!one.brotli.initialized());
            let (coding, bytes) = sent(one.respond(&headers("gzip;q=0, br")).await).await;
            assert_eq!((coding.as_deref(), plain(&bytes)), (Some("br"), body.clone().into_bytes()));
            assert_eq!(sent(one.respond(&headers("identity")).await).await, (None, body.into_bytes()));
        }
    }

    #[tokio::test]
    async fn whether_or_not_it_is_compressed_yet_caches_are_told_that_it_may_be() {
        let kept = Prepared::new("application/json", "public, no-cache", TEXT.repeat(100));
        for coding in ["identity", "br", "identity"] {
            assert_eq!(kept.respond(&headers(coding)).await.headers()[header::VARY], "accept-encoding", "{coding}");
        }
        let short = Prepared::new("application/json", "public, no-cache", "{}");
        assert!(!short.respond(&headers("br")).await.headers().contains_key(header::VARY));
    }

    #[tokio::test]
    async fn a_reply_never_takes_more_than_it_was_weighed_as() {
        let noise: Vec<u8> = (0_u32..500).flat_map(|n| blake3::hash(&n.to_le_bytes()).as_bytes().to_vec()).collect();
        for body in [TEXT.repeat(100).into_bytes(), noise, b"{}".to_vec()] {
            let kept = Prepared::new("application/json", "public, no-cache", body);
            let weighed = kept.weight();
            kept.twin().await;
            assert!(kept.weight() <= weighed, "{} of {weighed}", kept.weight());
        }
    }

    #[test]
    fn a_body_of_any_length_is_what_it_was() {
        for length in [861, 1007, 1008, 1009, 1024, 2032, 4080, 65_536, 3 << 20] {
            let text: Vec<u8> = TEXT.bytes().cycle().take(length).collect();
            for quality in [QUICK, THOROUGH] {
                assert!(plain(&compress(&text, quality).unwrap()) == text, "{length} at {quality}");
            }
        }
    }
}
