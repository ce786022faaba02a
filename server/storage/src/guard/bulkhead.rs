//! Bulkhead and circuit breaker of one way to a store, reads or writes: so many calls at once, so long each, and none for a moment
//! where it failed again and again.
//!
//! Only what the store did counts against it: time in the queue for a permit is this process's own, and a refusal of one key
//! is an answer.

use std::{
    future::Future,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use failsafe::{Config, Instrument, StateMachine, backoff, failure_policy};
use tokio::{sync::Semaphore, time::timeout};

use crate::StoreError;

/// Calls under way at once; more wait for a permit, as long as they would for the store.
const PERMITS: usize = 256;
/// Failures in a row after which a store is left alone.
const FAILURES: u32 = 5;
/// As how many failures one counts that took all of its time: two of them in a row are enough, because each costs somebody
/// seconds.
const TIMEOUT_FAILURES: u32 = 3;
/// For how long; then the next call tries it.
const OPEN_FOR: Duration = Duration::from_secs(1);

/// Failures in a row, and the same time open after each.
type Policy = failure_policy::ConsecutiveFailures<backoff::Constant>;

#[derive(Debug)]
pub struct Bulkhead {
    breaker: StateMachine<Policy, Log>,
    permits: Semaphore,
    name: &'static str,
}

impl Bulkhead {
    /// `store` and `way` are words for messages: `documents`, `read`.
    pub fn new(store: &'static str, way: &'static str) -> Self {
        let policy: Policy = failure_policy::consecutive_failures(FAILURES, backoff::constant(OPEN_FOR));
        let breaker =
            Config::new().failure_policy(policy).instrument(Log { store, way, is_away: AtomicBool::new(false) }).build();
        Self { breaker, permits: Semaphore::new(PERMITS), name: store }
    }

    /// # Errors
    /// What `work` says; [`StoreError::Unavailable`] where the store took longer than `limit`, or is left alone, or no permit
    /// was free for as long as that.
    pub async fn pass<T>(&self, limit: Duration, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        self.ask_breaker()?;
        let _permit = match timeout(limit, self.permits.acquire()).await {
            Ok(Ok(permit)) => permit,
            // Never closed: what cannot be had is no permit.
            Ok(Err(_)) => return Err(self.unavailable("it is being closed")),
            // The store was not asked, so that this says nothing about it.
            Err(_) => return Err(self.unavailable("too many calls are under way")),
        };
        // Those before may have found out meanwhile.
        self.ask_breaker()?;
        let Ok(outcome) = timeout(limit, work).await else {
            (0..TIMEOUT_FAILURES).for_each(|_| self.breaker.on_error());
            return Err(self.unavailable(&format!("no answer within {} s", limit.as_secs())));
        };
        match &outcome {
            Err(StoreError::Unavailable { .. } | StoreError::Full { .. }) => self.breaker.on_error(),
            Ok(_)
            | Err(
                StoreError::Conflict { .. }
                | StoreError::Contended { .. }
                | StoreError::Duplicate { .. }
                | StoreError::Denied { .. }
                | StoreError::Invalid { .. }
                | StoreError::Corrupt { .. },
            ) => self.breaker.on_success(),
        }
        outcome
    }

    fn ask_breaker(&self) -> Result<(), StoreError> {
        if self.breaker.is_call_permitted() {
            return Ok(());
        }
        Err(self.unavailable("it failed again and again, and is tried again in a moment"))
    }

    fn unavailable(&self, reason: &str) -> StoreError {
        StoreError::Unavailable { reason: format!("{}: {reason}", self.name) }
    }
}

/// Says once when a store goes and when it is back, however many calls find out.
struct Log {
    store: &'static str,
    way: &'static str,
    is_away: AtomicBool,
}

impl Instrument for Log {
    fn on_call_rejected(&self) {}

    fn on_open(&self) {
        if !self.is_away.swap(true, Ordering::Relaxed) {
            tracing::error!(store = self.store, way = self.way, "the store fails again and again; it is tried once a second");
        }
    }

    fn on_half_open(&self) {}

    fn on_closed(&self) {
        if self.is_away.swap(false, Ordering::Relaxed) {
            tracing::info!(store = self.store, way = self.way, "the store answers again");
        }
    }
}
