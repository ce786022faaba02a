//! Whether this process lives (`/healthz`), and whether it can take requests (`/readyz`).
//!
//! A process whose stores or whose work beside requests fail is degraded and still ready: what all nodes share fails for all
//! of them, and a balancer that took them all out would end films that go on without it. Whoever would rather have a node out
//! that is cut off alone asks `/readyz?strict`.
//!
//! Everybody may ask, so that an answer costs little and tells little: the stores are asked once a second at most, and names
//! stand in it, no reasons. Those are in the log, and in the answer at the metrics' address ([`detailed`]). Must never let
//! what a store says of itself out to strangers.

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
use runtime::supervise::{TaskReport, Tasks};
use serde::Serialize;
use tokio::{sync::Mutex, time::Instant};

/// How long one check may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long its outcome is given again.
const FRESH: Duration = Duration::from_secs(1);

/// Something that requests need, and can do without for a while.
#[async_trait]
pub trait Check: Send + Sync + 'static {
    /// As it is named to an operator, for example `documents`.
    fn name(&self) -> &'static str;

    /// Whether it is named while it is well: what it is of may be none of what there is.
    fn is_named_when_well(&self) -> bool {
        true
    }

    /// Whether a node on which it fails is one to be taken out by whoever asks strictly: requests fail with it.
    fn is_for_requests(&self) -> bool {
        true
    }

    /// # Errors
    /// Why not, in words for operators alone.
    async fn check(&self) -> Result<(), String>;
}

/// Whether requests can be taken. Cheap to clone.
#[derive(Clone, Default)]
pub struct Readiness {
    draining: Arc<AtomicBool>,
    checks: Arc<[Box<dyn Check>]>,
    tasks: Arc<[Tasks]>,
    last: Arc<Mutex<Option<Looked>>>,
}

/// How each check ended, by its name, with why it fails where it does.
pub type Outcomes = Vec<(&'static str, Result<(), String>)>;

/// What was found when somebody looked.
#[derive(Clone)]
struct Looked {
    at: Instant,
    outcomes: Arc<Outcomes>,
}

/// What is wrong, by name, and why.
struct Trouble {
    name: String,
    reason: String,
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
    /// `tasks`: work beside requests, where it is watched.
    pub fn new(checks: Vec<Box<dyn Check>>, tasks: Vec<Tasks>) -> Self {
        Self { draining: Arc::default(), checks: checks.into(), tasks: tasks.into(), last: Arc::default() }
    }

    /// From now on: not ready.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Every check by its name, and why it fails where it does; at most [`FRESH`] old. The checks are made once however many
    /// ask, and to their end whoever goes away.
    pub async fn outcomes(&self) -> Arc<Outcomes> {
        let this = self.clone();
        let looking = async move {
            let mut last = this.last.lock().await;
            if let Some(looked) = last.as_ref().filter(|looked| looked.at.elapsed() < FRESH) {
                return Arc::clone(&looked.outcomes);
            }
            let outcomes = Arc::new(this.look().await);
            this.tell(last.as_ref().map(|looked| &*looked.outcomes), &outcomes);
            *last = Some(Looked { at: Instant::now(), outcomes: Arc::clone(&outcomes) });
            outcomes
        };
        match tokio::spawn(looking).await {
            Ok(outcomes) => outcomes,
            Err(error) => Arc::new(vec![("checks", Err(error.to_string()))]),
        }
    }

    async fn look(&self) -> Outcomes {
        let asked = self.checks.iter().map(|check| async move {
            let outcome = tokio::time::timeout(PATIENCE, check.check()).await;
            let outcome = outcome.unwrap_or_else(|_| Err(format!("no answer in {} s", PATIENCE.as_secs())));
            (outcome.is_err() || check.is_named_when_well()).then(|| (check.name(), outcome))
        });
        futures::future::join_all(asked).await.into_iter().flatten().collect()
    }

    /// Says in the log what began to fail and what is well again, once each.
    fn tell(&self, before: Option<&Outcomes>, now: &Outcomes) {
        let before = before.map_or(&[][..], |before| before);
        let fails = |among: &[(&str, Result<(), String>)], name: &str| among.iter().any(|(at, how)| *at == name && how.is_err());
        for (name, outcome) in now {
            if let Err(reason) = outcome
                && !fails(before, name)
            {
                tracing::warn!(what = name, reason, "degraded");
            }
        }
        for (name, _) in before.iter().filter(|(name, outcome)| outcome.is_err() && !fails(now, name)) {
            tracing::info!(what = name, "well again");
        }
    }

    /// How work beside requests fares.
    pub fn tasks(&self) -> Vec<TaskReport> {
        self.tasks.iter().flat_map(Tasks::reports).collect()
    }

    async fn troubles(&self) -> Vec<Trouble> {
        let outcomes = self.outcomes().await;
        let checks = outcomes.iter().filter_map(|(name, outcome)| {
            outcome.as_ref().err().map(|reason| Trouble { name: (*name).to_owned(), reason: reason.clone() })
        });
        let tasks = self.tasks().into_iter().filter(|task| !task.is_well).map(|task| {
            let reason = task.last_failure.map(|failure| failure.reason).unwrap_or_default();
            Trouble { name: format!("task {}", task.name), reason }
        });
        checks.chain(tasks).collect()
    }

    async fn report(&self, strict: bool, words: fn(&Trouble) -> String) -> Report {
        let troubles = self.troubles().await;
        let degraded: Vec<String> = troubles.iter().map(words).collect();
        let mut reasons = Vec::new();
        if self.draining.load(Ordering::Acquire) {
            reasons.push("the server is stopping".to_owned());
        }
        if strict {
            let spares =
                |trouble: &Trouble| self.checks.iter().any(|check| check.name() == trouble.name && !check.is_for_requests());
            reasons.extend(troubles.iter().filter(|trouble| !spares(trouble)).map(words));
        }
        Report { ready: reasons.is_empty(), reasons, degraded }
    }
}

/// The two routes, for everybody.
pub fn routes(readiness: Readiness) -> Router {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready).with_state(readiness))
}

/// `/readyz` with the reasons, for an address that only operators reach.
pub fn detailed(readiness: Readiness) -> Router {
    Router::new().route("/readyz", get(ready_in_detail).with_state(readiness))
}

async fn alive() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], "alive\n").into_response()
}

async fn ready(State(readiness): State<Readiness>, RawQuery(query): RawQuery) -> Response {
    respond(&readiness, query.as_deref(), |trouble| trouble.name.clone()).await
}

async fn ready_in_detail(State(readiness): State<Readiness>, RawQuery(query): RawQuery) -> Response {
    respond(&readiness, query.as_deref(), |trouble| format!("{}: {}", trouble.name, trouble.reason)).await
}

async fn respond(readiness: &Readiness, query: Option<&str>, words: fn(&Trouble) -> String) -> Response {
    let report = readiness.report(query == Some("strict"), words).await;
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(report)).into_response()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    /// A store that fails, and counts how often it is asked.
    struct Faulty(Arc<AtomicUsize>);

    #[async_trait]
    impl Check for Faulty {
        fn name(&self) -> &'static str {
            "documents"
        }

        async fn check(&self) -> Result<(), String> {
            self.0.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(20)).await;
            Err("connect to db.internal.example:27017: refused".to_owned())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_is_asked_once_a_second_however_many_ask_and_whoever_goes_away() {
        let asked = Arc::new(AtomicUsize::new(0));
        let readiness = Readiness::new(vec![Box::new(Faulty(Arc::clone(&asked)))], Vec::new());
        let impatient = tokio::spawn({
            let readiness = readiness.clone();
            async move { readiness.outcomes().await }
        });
        tokio::time::sleep(Duration::from_millis(1)).await;
        impatient.abort();
        futures::future::join_all((0..500).map(|_| readiness.outcomes())).await;
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        tokio::time::sleep(FRESH).await;
        assert!(readiness.outcomes().await[0].1.is_err());
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn strangers_are_told_what_fails_and_operators_why() {
        let readiness = Readiness::new(vec![Box::new(Faulty(Arc::default()))], Vec::new());
        let public = readiness.report(true, |trouble| trouble.name.clone()).await;
        assert_eq!((public.ready, public.reasons, public.degraded), (false, vec!["documents".into()], vec!["documents".into()]));
        let detailed = readiness.report(false, |trouble| format!("{}: {}", trouble.name, trouble.reason)).await;
        assert!(detailed.ready && detailed.degraded[0].contains("db.internal.example"));
    }
}
