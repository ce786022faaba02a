//! How often kept replies are dropped for everybody: at the first change of a topic, and then once a second while there are more.
//!
//! Nothing that changed is held back for longer than [`EVERY`]. Must never hold back what guests may do.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use contract::Topic;
use tokio::time::Instant;

/// For how long what is kept is given though titles changed.
pub const EVERY: Duration = Duration::from_secs(1);

/// The revisions that are given, by topic.
#[derive(Default)]
pub struct Pace {
    titles: Mutex<Given>,
    catalogue: Mutex<Given>,
}

/// Of one topic.
#[derive(Default)]
struct Given {
    revision: u64,
    since: Option<Instant>,
}

impl Pace {
    /// From which revision of a topic on replies are given, where `now` is the newest.
    pub fn revision(&self, topic: Topic, now: u64) -> u64 {
        let given = match topic {
            Topic::Titles => &self.titles,
            Topic::Catalogue => &self.catalogue,
            Topic::Guests => return now,
        };
        let mut given = given.lock().unwrap_or_else(PoisonError::into_inner);
        if given.revision < now {
            let at = Instant::now();
            if given.since.is_none_or(|since| at.duration_since(since) >= EVERY) {
                *given = Given { revision: now, since: Some(at) };
            }
        }
        given.revision
    }
}
