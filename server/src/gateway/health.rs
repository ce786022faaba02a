//! Whether this process lives (`/healthz`), and whether it can take requests (`/readyz`).
//!
//! A process that is not ready says why, in words for an operator that give nothing away.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Serialize;

/// How long one check may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Something that a request needs.
#[async_trait]
pub trait Check: Send + Sync + 'static {
    /// As it is named to an operator, for example `documents`.
    fn name(&self) -> &'static str;

    /// # Errors
    /// Why not, in words; logged, and shown to whoever asks `/readyz`.
    async fn check(&self) -> Result<(), String>;
}

/// Whether requests can be taken. Cheap to clone.
#[derive(Clone, Default)]
pub struct Readiness {
    draining: Arc<AtomicBool>,
    checks: Arc<[Box<dyn Check>]>,
}

#[derive(Serialize)]
struct Report {
    ready: bool,
    reasons: Vec<String>,
}

impl Readiness {
    pub fn new(checks: Vec<Box<dyn Check>>) -> Self {
        Self { draining: Arc::default(), checks: checks.into() }
    }

    /// From now on: not ready.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    async fn reasons(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        if self.draining.load(Ordering::Acquire) {
            reasons.push("the server is stopping".to_owned());
        }
        let outcomes = futures::future::join_all(self.checks.iter().map(|check| async move {
            let outcome = tokio::time::timeout(PATIENCE, check.check()).await;
            let outcome = outcome.unwrap_or_else(|_| Err(format!("no answer in {} s", PATIENCE.as_secs())));
            outcome.err().map(|reason| format!("{}: {reason}", check.name()))
        }));
        reasons.extend(outcomes.await.into_iter().flatten());
        reasons
    }
}

/// The two routes.
pub fn routes(readiness: Readiness) -> Router {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready).with_state(readiness))
}

async fn alive() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], "alive\n").into_response()
}

async fn ready(State(readiness): State<Readiness>) -> Response {
    let reasons = readiness.reasons().await;
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    if !reasons.is_empty() {
        tracing::warn!(?reasons, "not ready");
    }
    (status, [(header::CACHE_CONTROL, "no-store")], Json(Report { ready: reasons.is_empty(), reasons })).into_response()
}
