//! One file of the site with everything that its responses say, made once.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;

use crate::mount::negotiate;

const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const REVALIDATED: HeaderValue = HeaderValue::from_static("public, no-cache");

/// A service worker asks the server for what it keeps, and loads nothing else. Its own policy counts, not that of its pages.
const WORKER_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; connect-src 'self'; frame-ancestors 'none'");

pub struct StaticFile {
    content_type: HeaderValue,
    /// Where what holds for all that is no page would be too little.
    policy: Option<HeaderValue>,
    cache_control: HeaderValue,
    identity: Form,
    /// Compressed ahead of time with brotli.
    brotli: Option<Form>,
}

/// One sequence of bytes and the entity tag that names it.
struct Form {
    bytes: Bytes,
    etag: HeaderValue,
}

impl Form {
    fn new(bytes: Bytes) -> Self {
        let tag = format!("\"{}\"", &blake3::hash(&bytes).to_hex()[..22]);
        // A quoted hexadecimal number is a header's value.
        let etag = HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("W/\"\""));
        Self { bytes, etag }
    }
}

impl StaticFile {
    pub fn new(path: &str, identity: Bytes, brotli: Option<Bytes>) -> Self {
        let is_immutable = path.starts_with("pkg/") || path.starts_with("fonts/");
        Self {
            content_type: content_type(path),
            policy: (path == "service-worker.js").then_some(WORKER_POLICY),
            cache_control: if is_immutable { IMMUTABLE } else { REVALIDATED },
            identity: Form::new(identity),
            brotli: brotli.map(Form::new),
        }
    }

    /// As they were built, not compressed.
    pub fn bytes(&self) -> &Bytes {
        &self.identity.bytes
    }

    /// Compressed ahead of time.
    pub fn compressed(&self) -> Option<&Bytes> {
        self.brotli.as_ref().map(|form| &form.bytes)
    }

    /// How much memory it takes.
    pub fn weight(&self) -> usize {
        self.identity.bytes.len() + self.compressed().map_or(0, Bytes::len)
    }

    pub fn respond(&self, headers: &HeaderMap) -> Response {
        let brotli = self.brotli.as_ref().filter(|_| negotiate::accepts_encoding(headers, "br"));
        let form = brotli.unwrap_or(&self.identity);
        let is_known = form.etag.to_str().is_ok_and(|etag| negotiate::is_known(headers, etag));
        let (status, body) =
            if is_known { (StatusCode::NOT_MODIFIED, Body::empty()) } else { (StatusCode::OK, Body::from(form.bytes.clone())) };
        let mut response = (status, body).into_response();
        let out = response.headers_mut();
        out.insert(header::CACHE_CONTROL, self.cache_control.clone());
        out.insert(header::ETAG, form.etag.clone());
        if let Some(policy) = &self.policy {
            out.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
        }
        if self.brotli.is_some() {
            out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        }
        if !is_known {
            out.insert(header::CONTENT_TYPE, self.content_type.clone());
        }
        if brotli.is_some() && !is_known {
            out.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
        }
        response
    }
}

fn content_type(path: &str) -> HeaderValue {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let known = match extension {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        _ => {
            let guess = mime_guess::from_path(path).first_or_octet_stream();
            return HeaderValue::from_str(guess.essence_str()).unwrap_or(HeaderValue::from_static("application/octet-stream"));
        }
    };
    HeaderValue::from_static(known)
}
