//! A server on stores of its own in a folder that goes with it, and a client that keeps cookies.

use std::sync::Mutex;

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, HeaderValue, Request, StatusCode, header},
};
use contract::{Call, Problem, wire::WireRequest};
use server::{
    assemble::{Assembled, Surroundings, assemble},
    config::Config,
};
use tower::ServiceExt;

pub struct TestApp {
    pub server: Assembled,
    cookie: Mutex<Option<HeaderValue>>,
    _background: tokio::task::JoinSet<()>,
    _folder: tempfile::TempDir,
}

/// A response, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl TestApp {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With settings of its own.
    pub async fn with(configure: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config { data: folder.path().join("data"), ..Config::default() };
        configure(&mut config);
        let surroundings = Surroundings { site: Some(folder.path().join("no-site")), ..Surroundings::default() };
        let mut server = assemble(&config, surroundings).await.unwrap();
        let background = server.begin_background();
        Self { server, cookie: Mutex::new(None), _background: background, _folder: folder }
    }

    /// Sends a call over HTTP, as the browser's client does, with the cookie that the server set before.
    pub async fn send<C: Call>(&self, call: C) -> Result<C::Reply, Problem> {
        let wire = WireRequest::of(&call)?;
        let mut request = Request::builder().method(wire.method).uri(wire.target);
        if wire.body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let answer = self.ask(request.body(Body::from(wire.body.unwrap_or_default())).unwrap()).await;
        if !answer.status.is_success() {
            return Err(answer.problem());
        }
        assert_eq!(answer.status.as_u16(), C::STATUS, "{}", C::NAME);
        let body = if answer.body.is_empty() { b"null".as_slice() } else { &answer.body };
        Ok(serde_json::from_slice(body).unwrap_or_else(|error| panic!("{}: {error}: {body:?}", C::NAME)))
    }

    /// From now on somebody else.
    pub fn forget_cookie(&self) {
        *self.cookie.lock().unwrap() = None;
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    pub async fn ask(&self, mut request: Request<Body>) -> Answer {
        if let Some(cookie) = self.cookie.lock().unwrap().clone() {
            request.headers_mut().entry(header::COOKIE).or_insert(cookie);
        }
        let answer = ask(&self.server.router, request).await;
        if let Some(set) = answer.cookie() {
            let pair = set.split(';').next().unwrap();
            *self.cookie.lock().unwrap() = Some(HeaderValue::from_str(pair).unwrap());
        }
        answer
    }
}

pub async fn ask(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    Answer { status: parts.status, headers: parts.headers, body: to_bytes(body, 64 << 20).await.unwrap() }
}

impl Answer {
    pub fn problem(&self) -> Problem {
        assert_eq!(self.header("content-type"), Some(contract::problem::MEDIA_TYPE), "{self:?}");
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The whole `Set-Cookie`, where there is one.
    pub fn cookie(&self) -> Option<&str> {
        self.header("set-cookie")
    }
}
