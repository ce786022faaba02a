//! A server on stores of its own in a folder that goes with it, and a client that keeps cookies.

use std::{
    collections::BTreeMap,
    str::FromStr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, HeaderValue, Request, StatusCode, header},
};
use contract::{
    Call, Problem,
    device::{DeviceProfile, DeviceSource},
    identity::{AccountRole, PutAccount, ReplaceProfile},
    wire::WireRequest,
};
use rand::distr::{Alphanumeric, SampleString};
use runtime::clock::Clock;
use server::{
    assemble::{Assembled, StartError, Surroundings, assemble},
    config::Config,
    context::{Caller, RequestContext, SeenDevice, Viewer},
    session_effect::SessionEffects,
};
use tower::ServiceExt;

/// An id as a client makes one.
pub fn new_id<T: FromStr>() -> T {
    let text = Alphanumeric.sample_string(&mut rand::rng(), 32);
    text.parse().unwrap_or_else(|_| panic!("{text} is no id"))
}

/// A member's account that is to be made, with the password that these tests share.
pub fn new_account(login: &str, name: &str) -> PutAccount {
    let (login, name, password) = (login.to_owned(), name.to_owned(), "correct horse battery".to_owned());
    PutAccount { id: new_id(), login, name, password, role: AccountRole::Member }
}

/// A profile that is to be made, for everybody and without a PIN.
pub fn new_profile(name: &str) -> ReplaceProfile {
    ReplaceProfile {
        id: new_id(),
        expected_version: Some(0),
        name: name.to_owned(),
        colour: "#57d39b".to_owned(),
        maturity: None,
        language: None,
        pin: None,
        current_pin: None,
    }
}

/// Whether an operation of the OpenAPI document is answered for as long as it lasts: those have tests of their own.
pub fn is_stream(operation: &serde_json::Value) -> bool {
    !operation["responses"]["200"]["content"]["text/event-stream"].is_null()
}

/// A clock that stands still until it is set forward.
#[derive(Clone)]
pub struct Hands(Arc<AtomicU64>);

impl Hands {
    pub fn at_work() -> Self {
        Self::at(2_000_000_000_000)
    }

    /// In milliseconds since 1970.
    pub fn at(millis: u64) -> Self {
        Self(Arc::new(AtomicU64::new(millis)))
    }

    pub fn forward(&self, by: Duration) {
        self.0.fetch_add(u64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub fn millis(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    pub fn clock(&self) -> Clock {
        let hands = self.clone();
        Clock::new(move || UNIX_EPOCH + Duration::from_millis(hands.millis()))
    }
}

/// This machine's clock, set forward.
#[derive(Clone, Default)]
pub struct Ahead(Arc<AtomicU64>);

impl Ahead {
    pub fn forward(&self, by: Duration) {
        self.0.fetch_add(u64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub fn clock(&self) -> Clock {
        let ahead = self.clone();
        Clock::new(move || UNIX_EPOCH + Duration::from_millis(Clock::default().millis() + ahead.0.load(Ordering::SeqCst)))
    }
}

pub struct TestApp {
    pub server: Assembled,
    cookies: Mutex<Cookies>,
    _background: tokio::task::JoinSet<()>,
    folder: Arc<tempfile::TempDir>,
}

/// What a browser keeps: values by name.
pub type Cookies = BTreeMap<String, String>;

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
        Self::within(Arc::new(tempfile::tempdir().unwrap()), configure, |_| {}).await
    }

    /// On what another left in `folder`, in surroundings of its own: another clock, stores that fail.
    pub async fn reopened(folder: Arc<tempfile::TempDir>, surround: impl FnOnce(&mut Surroundings)) -> Self {
        Self::within(folder, |_| {}, surround).await
    }

    /// The same with settings of its own, where it can be opened.
    pub async fn opened(
        folder: Arc<tempfile::TempDir>,
        configure: impl FnOnce(&mut Config),
        surround: impl FnOnce(&mut Surroundings),
    ) -> Result<Self, StartError> {
        let mut config = Config { data: folder.path().join("data"), ..Config::default() };
        configure(&mut config);
        let mut surroundings = Surroundings { site: Some(folder.path().join("no-site")), ..Surroundings::default() };
        surround(&mut surroundings);
        let mut server = assemble(&config, surroundings).await?;
        let background = server.begin_background();
        Ok(Self { server, cookies: Mutex::default(), _background: background, folder })
    }

    /// With settings and surroundings of its own.
    pub async fn surrounded(configure: impl FnOnce(&mut Config), surround: impl FnOnce(&mut Surroundings)) -> Self {
        Self::within(Arc::new(tempfile::tempdir().unwrap()), configure, surround).await
    }

    /// The folder, which stays as long as somebody holds it.
    pub fn folder(&self) -> Arc<tempfile::TempDir> {
        Arc::clone(&self.folder)
    }

    /// What the browser carries.
    pub fn cookies(&self) -> Cookies {
        self.cookies.lock().unwrap().clone()
    }

    /// A second server on the same stores, with an index of its own. The client's cookies are not its.
    pub async fn beside(&self, configure: impl FnOnce(&mut Config)) -> Self {
        let search = Some(self.folder.path().join("search of the second"));
        let configure = |config: &mut Config| {
            config.storage.search = search;
            configure(config);
        };
        Self::within(Arc::clone(&self.folder), configure, |_| {}).await
    }

    /// The same in surroundings of its own.
    pub async fn beside_with(&self, surround: impl FnOnce(&mut Surroundings)) -> Self {
        let search = Some(self.folder.path().join("search of the second"));
        Self::within(Arc::clone(&self.folder), |config| config.storage.search = search, surround).await
    }

    async fn within(
        folder: Arc<tempfile::TempDir>,
        configure: impl FnOnce(&mut Config),
        surround: impl FnOnce(&mut Surroundings),
    ) -> Self {
        Self::opened(folder, configure, surround).await.unwrap()
    }

    /// Sends a call over HTTP, as the browser's client does, with the cookie that the server set before.
    pub async fn send<C: Call>(&self, call: C) -> Result<C::Reply, Problem> {
        self.send_by(Request::builder(), call).await
    }

    /// The same as a script with an API token does.
    pub async fn send_as<C: Call>(&self, token: &str, call: C) -> Result<C::Reply, Problem> {
        self.send_by(Request::builder().header(header::AUTHORIZATION, format!("Bearer {token}")), call).await
    }

    /// The same as a browser does that was never here, and keeps nothing of the answer.
    pub async fn send_afresh<C: Call>(&self, call: C) -> Result<C::Reply, Problem> {
        read::<C>(&ask(&self.server.router, lay_out(Request::builder(), &call)?).await)
    }

    /// Sends a call as a browser that is gone as soon as it has sent it, and waits for what it left behind.
    pub async fn send_and_leave<C: Call>(&self, call: C) {
        let mut request = lay_out(Request::builder(), &call).unwrap();
        self.carry_cookies(&mut request);
        request.headers_mut().insert(header::HOST, HeaderValue::from_static("localhost"));
        let mut answer = Box::pin(self.server.router.clone().oneshot(request));
        assert!(futures::poll!(&mut answer).is_pending(), "{} takes no time", C::NAME);
        drop(answer);
        self.server.under_way.close();
        self.server.under_way.wait().await;
        self.server.under_way.reopen();
    }

    async fn send_by<C: Call>(&self, request: http::request::Builder, call: C) -> Result<C::Reply, Problem> {
        read::<C>(&self.ask(lay_out(request, &call)?).await)
    }

    /// Where the server keeps what it keeps.
    pub fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    /// From now on somebody else; what the one before carried.
    pub fn forget_cookies(&self) -> Cookies {
        std::mem::take(&mut self.cookies.lock().unwrap())
    }

    /// From now on whoever carries these; what the one before carried.
    pub fn be(&self, cookies: Cookies) -> Cookies {
        std::mem::replace(&mut self.cookies.lock().unwrap(), cookies)
    }

    /// What a handler is given for somebody without an account.
    pub async fn guest_context(&self) -> RequestContext {
        RequestContext {
            request_id: "test".into(),
            viewer: Viewer::guest("somebody".parse().unwrap(), true, Default::default()),
            device: Arc::new(SeenDevice { profile: DeviceProfile::default(), source: DeviceSource::Default }),
            caller: Caller::default(),
            effects: SessionEffects::default(),
            dispatcher: self.server.dispatcher.clone(),
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    fn carry_cookies(&self, request: &mut Request<Body>) {
        let carried: Vec<String> = self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !carried.is_empty() {
            let line = HeaderValue::from_str(&carried.join("; ")).unwrap();
            request.headers_mut().entry(header::COOKIE).or_insert(line);
        }
    }

    pub async fn ask(&self, mut request: Request<Body>) -> Answer {
        self.carry_cookies(&mut request);
        let answer = ask(&self.server.router, request).await;
        for line in answer.headers.get_all(header::SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            if line.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }
}

fn lay_out<C: Call>(request: http::request::Builder, call: &C) -> Result<Request<Body>, Problem> {
    let wire = WireRequest::of(call)?;
    let mut request = request.method(wire.method).uri(wire.target);
    if wire.body.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    Ok(request.body(Body::from(wire.body.unwrap_or_default())).unwrap())
}

fn read<C: Call>(answer: &Answer) -> Result<C::Reply, Problem> {
    if !answer.status.is_success() {
        return Err(answer.problem());
    }
    assert_eq!(answer.status.as_u16(), C::STATUS, "{}", C::NAME);
    let body = if answer.body.is_empty() { b"null".as_slice() } else { &answer.body };
    Ok(serde_json::from_slice(body).unwrap_or_else(|error| panic!("{}: {error}: {body:?}", C::NAME)))
}

pub async fn ask(router: &Router, mut request: Request<Body>) -> Answer {
    // Every client names the host that it asks; tests that try what happens without do so over a connection.
    request.headers_mut().entry(header::HOST).or_insert(HeaderValue::from_static("localhost"));
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
