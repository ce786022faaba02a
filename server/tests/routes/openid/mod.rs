//! A provider of this machine that says what it is told to.

pub mod signer;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::sync::Notify;

use signer::Signer;

/// A provider on a port of this machine. Who comes back with the code `c` is whoever [`FakeProvider::said`] says.
pub struct FakeProvider {
    pub issuer: String,
    pub signer: Signer,
    state: Arc<Mutex<Said>>,
    _listening: tokio::task::JoinSet<()>,
}

/// What it says.
#[derive(Default)]
pub struct Said {
    /// Of itself, beside what it must.
    pub document: HashMap<&'static str, Value>,
    /// In an ID token, beside what it must.
    pub claims: Value,
    /// Of whoever brings an access token.
    pub told: Value,
    /// In place of tokens.
    pub refusal: Option<(StatusCode, Value)>,
    pub nonce: String,
    /// Codes are traded only once this is told; the first waits from when the second is.
    pub gate: Option<Arc<(Notify, Notify)>>,
    issuer: String,
    id_token: Option<(Signer, u64)>,
}

impl FakeProvider {
    pub async fn start() -> Self {
        Self::signing_with(Signer::es256("k")).await
    }

    pub async fn signing_with(signer: Signer) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(Said { issuer: issuer.clone(), claims: json!({ "sub": "7" }), ..Said::default() }));
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(document))
            .route(
                "/keys",
                get({
                    let key = signer.jwk();
                    async move || Json(json!({ "keys": [key] }))
                }),
            )
            .route("/token", post(token))
            .route("/told", get(told))
            .with_state(Arc::clone(&state));
        let mut listening = tokio::task::JoinSet::new();
        listening.spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { issuer, signer, state, _listening: listening }
    }

    /// From now on it says this.
    pub fn say(&self, change: impl FnOnce(&mut Said)) {
        change(&mut self.state.lock().unwrap());
    }

    /// Answers where a browser was sent to as if somebody signed in at `now`; what comes back in the address.
    pub fn sign_in(&self, address: &str, now: u64) -> String {
        let url = url::Url::parse(address).unwrap();
        let query: HashMap<_, _> = url.query_pairs().into_owned().collect();
        self.say(|said| {
            said.nonce.clone_from(&query["nonce"]);
            said.id_token = Some((self.signer.clone(), now));
        });
        format!("code=c&state={}", query["state"])
    }

    /// What it posts when somebody signed out there.
    pub fn logout_token(&self, now: u64, more: &Value) -> String {
        let mut claims = json!({ "iss": self.issuer, "aud": "marquee", "iat": now, "jti": "j1",
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} } });
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.signer.sign(&claims)
    }
}

type Shared = State<Arc<Mutex<Said>>>;

async fn document(State(said): Shared) -> Json<Value> {
    let said = said.lock().unwrap();
    let at = |path: &str| format!("{}/{path}", said.issuer);
    let mut document = json!({ "issuer": said.issuer, "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"), "jwks_uri": at("keys"), "userinfo_endpoint": at("told") });
    for (name, value) in &said.document {
        document[*name] = value.clone();
    }
    Json(document)
}

async fn token(State(said): Shared, body: Bytes) -> Response {
    let form: HashMap<String, String> = serde_urlencoded::from_bytes(&body).unwrap();
    let gate = said.lock().unwrap().gate.clone();
    if let Some(gate) = gate {
        gate.1.notify_one();
        gate.0.notified().await;
    }
    let said = said.lock().unwrap();
    if let Some((status, refusal)) = &said.refusal {
        return (*status, Json(refusal.clone())).into_response();
    }
    let Some((signer, now)) = said.id_token.as_ref().filter(|_| form["code"] == "c") else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    };
    let mut claims = json!({ "iss": said.issuer, "aud": "marquee", "iat": now, "exp": now + 300, "nonce": said.nonce });
    claims.as_object_mut().unwrap().extend(said.claims.as_object().unwrap().clone());
    // Numbers as text, as some write them.
    let tokens = json!({ "access_token": "a", "token_type": "Bearer", "expires_in": "300", "id_token": signer.sign(&claims) });
    Json(tokens).into_response()
}

async fn told(State(said): Shared) -> Json<Value> {
    let said = said.lock().unwrap();
    let mut told = json!({ "sub": said.claims["sub"] });
    if let Some(more) = said.told.as_object() {
        told.as_object_mut().unwrap().extend(more.clone());
    }
    Json(told)
}
