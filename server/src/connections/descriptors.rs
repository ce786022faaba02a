//! How many files and sockets the process may have open, and how they are shared out.
//!
//! A part stays for stores, the index and whatever is opened for a moment. Must never hand out more than there are.

/// Kept back at least, whatever the limit: what a server has open that nobody asks anything.
const LEAST_KEPT: usize = 64;
const LEAST_CONNECTIONS: usize = 8;

/// The limit of this process. `None` where there is none, or none that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptors(Option<usize>);

impl Descriptors {
    /// Asks the system for as many as it would ever give (setrlimit(2), `RLIMIT_NOFILE`), and says how many there are.
    pub fn raise() -> Self {
        #[cfg(unix)]
        {
            use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
            let limit = getrlimit(Resource::Nofile);
            // Some systems name a hard limit that they do not give; the soft one then stays.
            if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }) {
                tracing::debug!(%error, "the limit of descriptors stays as it is");
            }
        }
        Self::now()
    }

    /// As many as there are.
    pub fn now() -> Self {
        #[cfg(unix)]
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        #[cfg(not(unix))]
        let limit = None::<u64>;
        Self(limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)))
    }

    /// For answers with video: each has a file open, or a connection to a store.
    pub fn streams(self, wanted: usize) -> usize {
        self.0.map_or(wanted, |limit| wanted.min(limit / 4).max(1))
    }

    /// For connections, beside `streams`.
    pub fn connections(self, wanted: usize, streams: usize) -> usize {
        let left = |limit: usize| limit.saturating_sub(streams).saturating_sub(LEAST_KEPT.max(limit / 5));
        self.0.map_or(wanted, |limit| wanted.min(left(limit)).max(LEAST_CONNECTIONS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_handed_out_leaves_a_part_for_everything_else() {
        for (limit, streams, connections) in [(1024, 256, 564), (256, 64, 128), (65_536, 1024, 8192), (10, 2, 8)] {
            let descriptors = Descriptors(Some(limit));
            assert_eq!(descriptors.streams(1024), streams, "{limit}");
            assert_eq!(descriptors.connections(8192, streams), connections, "{limit}");
        }
        assert_eq!((Descriptors(None).streams(9), Descriptors(None).connections(9, 9)), (9, 9));
    }

    #[test]
    fn this_process_has_a_limit() {
        assert!(Descriptors::raise().0.is_none_or(|limit| limit > 10));
    }
}
