//! Who goes first where there are not enough processors: whoever answers somebody.

/// Lets threads that answer somebody go first: lowers the priority of this thread, and of those that it begins from now on.
/// A system that refuses costs speed elsewhere, not correctness.
pub fn yield_to_viewers() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "a thread keeps its priority");
    }
}

/// Of two threads with work, one with this gets a quarter of a processor (sched(7)): less would hold up those that wait for
/// what it has locked.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 5;

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{fs, thread};

    use super::*;

    /// The niceness of the calling thread (proc_pid_stat(5): the nineteenth field).
    fn niceness() -> Option<i32> {
        let stat = fs::read_to_string("/proc/thread-self/stat").ok()?;
        stat.rsplit_once(") ")?.1.split(' ').nth(16)?.parse().ok()
    }

    #[test]
    fn a_thread_that_yields_and_those_that_it_begins_have_a_lower_priority_and_no_other() {
        let before = niceness().unwrap();
        let (own, begun) = thread::spawn(|| {
            yield_to_viewers();
            (niceness(), thread::spawn(niceness).join().unwrap())
        })
        .join()
        .unwrap();
        assert_eq!((own, begun), (Some(before + NICENESS), Some(before + NICENESS)));
        assert_eq!(niceness(), Some(before));
    }
}
