//! Who goes first where there are not enough processors: whoever answers somebody.

use std::thread;

use tokio::sync::oneshot;
use tracing::Span;

/// Lets threads that answer somebody go first: lowers the priority of this thread, and of those that it begins from now on.
/// A system that refuses costs speed elsewhere, not correctness.
pub fn yield_to_viewers(work: Work) {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(work.niceness()) {
        tracing::debug!(%error, "a thread keeps its priority");
    }
}

/// Runs `work`, which blocks or computes, on a thread of its own with that priority: those of tokio's pool have another, and
/// whoever lowers it has to be root to raise it again.
///
/// # Errors
/// [`BrokenOff`]; the panic itself was logged where it happened.
pub async fn run_beside<T: Send + 'static>(priority: Work, work: impl FnOnce() -> T + Send + 'static) -> Result<T, BrokenOff> {
    let (done, outcome) = oneshot::channel();
    let span = Span::current();
    let run = move || {
        yield_to_viewers(priority);
        let _ = done.send(span.in_scope(work));
    };
    thread::Builder::new().name("beside".to_owned()).spawn(run).map_err(|error| BrokenOff(error.to_string()))?;
    outcome.await.map_err(|_| BrokenOff("it panicked".to_owned()))
}

/// Work beside requests that could not be begun, or did not come to its end.
#[derive(Debug, thiserror::Error)]
#[error("work beside requests broke off: {0}")]
pub struct BrokenOff(String);

/// What gives way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Somebody waits for what comes of it a little later: the search index.
    Soon,
    /// Nobody waits but whoever began it: an import.
    Later,
}

#[cfg(target_os = "linux")]
impl Work {
    /// Of two threads with work, one with 5 gets a quarter of a processor, and one with 10 a tenth (sched(7)). Less would hold up
    /// those that wait for what it has locked.
    const fn niceness(self) -> i32 {
        match self {
            Self::Soon => 5,
            Self::Later => 10,
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{fs, thread};

    use super::*;

    /// The niceness of the calling thread (proc_pid_stat(5): the nineteenth field).
    fn niceness() -> Option<i32> {
        let stat = fs::read_to_string("/proc/thread-self/stat").ok()?;
        stat.rsplit_once(") ")?.1.split(' ').nth(16)?.parse().ok()
    }

    #[tokio::test]
    async fn work_beside_requests_has_a_lower_priority_and_its_panic_is_an_error() {
        let before = niceness().unwrap();
        let lower = Some((before + Work::Soon.niceness()).min(19));
        assert_eq!(run_beside(Work::Soon, niceness).await.unwrap(), lower);
        assert!(run_beside(Work::Soon, || panic!("on purpose")).await.is_err());
        assert_eq!(niceness(), Some(before));
    }

    #[test]
    fn a_thread_that_yields_and_those_that_it_begins_have_a_lower_priority_and_no_other() {
        let before = niceness().unwrap();
        let (own, begun) = thread::spawn(|| {
            yield_to_viewers(Work::Soon);
            (niceness(), thread::spawn(niceness).join().unwrap())
        })
        .join()
        .unwrap();
        let lower = Some((before + Work::Soon.niceness()).min(19));
        assert_eq!((own, begun), (lower, lower));
        assert_eq!(niceness(), Some(before));
    }
}
