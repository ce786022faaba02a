//! Work beside requests: named, watched, and begun again after it failed or panicked.
//!
//! A task that dies unseen leaves a server that looks well and is not: an index that stands still, a copy that falls behind.
//! So every piece of such work is a factory that [`Tasks::supervise`] calls anew, with pauses that double, and what became of
//! it is in `/readyz` and `/metrics`. The pattern is that of omicron's background driver. Work that waits for something calls
//! nobody back when it fails: it returns why. Must never give up, and never hold up a stop: a dropped future ends its work.

use std::{
    any::Any,
    future::Future,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::FutureExt;
use tokio::time::Instant;

use crate::clock::Clock;

/// The pause before the first restart; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Work that went on for this long after a restart is as good as new.
const SETTLED: Duration = Duration::from_secs(5);

tokio::task_local! {
    /// What the work beside requests is called that runs.
    static NAME: &'static str;
}

/// The name of the work beside requests that asks; nothing for a request, and for what such work spawned.
pub fn current() -> Option<&'static str> {
    NAME.try_with(|name| *name).ok()
}

/// Every piece of work of this process that was put here. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    entries: Arc<Mutex<Vec<Entry>>>,
    clock: Clock,
}

#[derive(Clone, Debug)]
struct Entry {
    name: &'static str,
    state: State,
    restarts: u64,
    last_failure: Option<Failure>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Running {
        since: Instant,
    },
    /// It failed, and is begun again after a pause.
    Waiting,
    /// It has done what it was for.
    Ended,
}

/// Why work broke off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// In words, for operators alone: it may name hosts and paths.
    pub reason: String,
    /// Milliseconds since 1970.
    pub at: u64,
}

/// Looks for work and does it, for as long as it is asked to: again at once where there was some, else after a pause. A store that
/// is away is told of by itself: it is looked again after the pause, and `waits` says in the log what is waiting.
///
/// # Errors
/// Never; it has the form of what [`Tasks::supervise`] is given.
pub async fn look<W, E>(every: Duration, waits: &str, mut look: impl FnMut() -> W) -> Result<(), String>
where
    W: Future<Output = Result<usize, E>>,
    E: std::fmt::Display,
{
    loop {
        match look().await {
            Ok(0) => tokio::time::sleep(every).await,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "{waits}");
                tokio::time::sleep(every).await;
            }
        }
    }
}

/// How a piece of work fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskReport {
    /// For example `index_follower`; the same in `/readyz`, `/metrics` and the log.
    pub name: &'static str,
    /// Whether it does what it is for, or has done it.
    pub is_well: bool,
    /// Since the process began.
    pub restarts: u64,
    pub last_failure: Option<Failure>,
}

impl Tasks {
    /// With a clock for the times of failures.
    pub fn new(clock: Clock) -> Self {
        Self { entries: Arc::default(), clock }
    }

    /// Runs what `make` makes until it ends with `Ok`, and makes it anew where it does not. To be spawned; it does not wait
    /// for anything when it is dropped.
    pub fn supervise<M, W>(&self, name: &'static str, mut make: M) -> impl Future<Output = ()> + Send + use<M, W>
    where
        M: FnMut() -> W + Send + 'static,
        W: Future<Output = Result<(), String>> + Send + 'static,
    {
        let tasks = self.clone();
        let place = tasks.add(name);
        async move {
            let mut pause = FIRST_PAUSE;
            loop {
                let begun = Instant::now();
                tasks.change(place, |entry| entry.state = State::Running { since: begun });
                let outcome = AssertUnwindSafe(NAME.scope(name, async { make().await })).catch_unwind().await;
                let reason = match outcome {
                    Ok(Ok(())) => return tasks.change(place, |entry| entry.state = State::Ended),
                    Ok(Err(reason)) => reason,
                    Err(payload) => format!("it panicked: {}", panic_reason(payload.as_ref())),
                };
                if begun.elapsed() >= LONGEST_PAUSE {
                    pause = FIRST_PAUSE;
                }
                tracing::error!(task = name, reason, again_after = ?pause, "work beside requests broke off");
                let at = tasks.clock.millis();
                tasks.change(place, |entry| {
                    entry.state = State::Waiting;
                    entry.last_failure = Some(Failure { reason, at });
                });
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
                tasks.change(place, |entry| entry.restarts += 1);
            }
        }
    }

    /// How all of it fares.
    pub fn reports(&self) -> Vec<TaskReport> {
        self.with(|entries| entries.iter().map(Entry::report).collect())
    }

    fn add(&self, name: &'static str) -> usize {
        self.with(|entries| {
            entries.push(Entry { name, state: State::Waiting, restarts: 0, last_failure: None });
            entries.len() - 1
        })
    }

    fn change(&self, place: usize, change: impl FnOnce(&mut Entry)) {
        self.with(|entries| {
            if let Some(entry) = entries.get_mut(place) {
                change(entry);
            }
        });
    }

    fn with<T>(&self, act: impl FnOnce(&mut Vec<Entry>) -> T) -> T {
        act(&mut self.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Entry {
    fn report(&self) -> TaskReport {
        let is_well = match self.state {
            State::Running { since } => self.last_failure.is_none() || since.elapsed() >= SETTLED,
            // Not begun yet is no failure.
            State::Waiting => self.last_failure.is_none(),
            State::Ended => true,
        };
        TaskReport { name: self.name, is_well, restarts: self.restarts, last_failure: self.last_failure.clone() }
    }
}

/// What a panic said.
pub fn panic_reason(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("unknown")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn only(tasks: &Tasks) -> TaskReport {
        tasks.reports().remove(0)
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_panics_or_fails_is_begun_again_after_pauses_that_double_and_says_what_happened() {
        let (tasks, begun) = (Tasks::default(), Arc::new(AtomicU32::new(0)));
        let counted = Arc::clone(&begun);
        let work = tasks.supervise("work", move || {
            let round = counted.fetch_add(1, Ordering::Relaxed);
            async move {
                match round {
                    0 => std::panic::panic_any("broken on purpose"),
                    1 => Err("the store is away".to_owned()),
                    _ => std::future::pending().await,
                }
            }
        });
        assert!(only(&tasks).is_well, "it was not begun yet");
        let running = tokio::spawn(work);
        tokio::time::sleep(Duration::from_millis(400)).await;
        let report = only(&tasks);
        assert_eq!((report.is_well, report.restarts, begun.load(Ordering::Relaxed)), (false, 0, 1));
        assert_eq!(report.last_failure.unwrap().reason, "it panicked: broken on purpose");
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(begun.load(Ordering::Relaxed), 2);
        tokio::time::sleep(Duration::from_millis(800)).await;
        assert_eq!(begun.load(Ordering::Relaxed), 2, "the second pause is twice as long");
        tokio::time::sleep(Duration::from_millis(300)).await;
        let report = only(&tasks);
        assert_eq!((report.is_well, report.restarts, begun.load(Ordering::Relaxed)), (false, 2, 3));
        assert_eq!(report.last_failure.unwrap().reason, "the store is away");
        tokio::time::sleep(SETTLED).await;
        assert!(only(&tasks).is_well);
        running.abort();
    }

    #[tokio::test]
    async fn work_that_ends_is_well_and_not_begun_again() {
        let tasks = Tasks::default();
        tasks.supervise("work", || async { Ok(()) }).await;
        assert_eq!(only(&tasks), TaskReport { name: "work", is_well: true, restarts: 0, last_failure: None });
    }
}
