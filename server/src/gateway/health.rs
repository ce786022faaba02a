//! Whether this process lives (`/healthz`), and whether it can take requests (`/readyz`).
//!
//! A process that is not ready says why, in words for an operator that give nothing away. One whose stores fail is
//! degraded and still ready: what all nodes share fails for all of them, and a balancer that took them all out would end
//! films that go on without it. Whoever would rather have a node out that is cut off alone asks `/readyz?strict`.

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
    extract::{RawQuery, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Serialize;

/// How long one check may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Something that requests need, and can do without for a while.
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
    /// Why not.
    reasons: Vec<String>,
    /// What fails meanwhile.
    degraded: Vec<String>,
}

impl Readiness {
    pub fn new(checks: Vec<Box<dyn Check>>) -> Self {
        Self { draining: Arc::default(), checks: checks.into() }
    }

    /// From now on: not ready.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Every check by its name, and why it fails where it does.
    pub async fn outcomes(&self) -> Vec<(&'static str, Result<(), String>)> {
        let asked = self.checks.iter().map(|check| async move {
            let outcome = tokio::time::timeout(PATIENCE, check.check()).await;
            (check.name(), outcome.unwrap_or_else(|_| Err(format!("no answer in {} s", PATIENCE.as_secs()))))
        });
        futures::future::join_all(asked).await
    }

    async fn report(&self, strict: bool) -> Report {
        let failed = |(name, outcome): (_, Result<(), String>)| outcome.err().map(|reason| format!("{name}: {reason}"));
        let degraded: Vec<String> = self.outcomes().await.into_iter().filter_map(failed).collect();
        let mut reasons = Vec::new();
        if self.draining.load(Ordering::Acquire) {
            reasons.push("the server is stopping".to_owned());
        }
        if strict {
            reasons.extend(degraded.iter().cloned());
        }
        Report { ready: reasons.is_empty(), reasons, degraded }
    }
}

/// The two routes.
pub fn routes(readiness: Readiness) -> Router {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready).with_state(readiness))
}

async fn alive() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], "alive\n").into_response()
}

async fn ready(State(readiness): State<Readiness>, RawQuery(query): RawQuery) -> Response {
    let report = readiness.report(query.as_deref() == Some("strict")).await;
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    if !report.ready || !report.degraded.is_empty() {
        tracing::warn!(reasons = ?report.reasons, degraded = ?report.degraded, "not as it should be");
    }
    (status, [(header::CACHE_CONTROL, "no-store")], Json(report)).into_response()
}
