//! What is out of the ordinary among reads: many by one who asks, and those that no request asked for.
//!
//! Counted by the minute, in this process. Must never refuse anything: it is for whoever watches the log and the counters.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use crate::record::{Access, Who};

const WINDOW: Duration = Duration::from_secs(60);
/// Those who are told apart within a window at most; beyond, only the sum is watched.
const WATCHED: usize = 10_000;
/// So many times what one may read are too many for all together.
const ALL: u32 = 100;

/// The counters since the process began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    pub reads: u64,
    pub changes: u64,
    /// Reads of the server's own accord, or without a request's name.
    pub reads_without_request: u64,
    /// Minutes in which somebody read more than anybody does by hand, for each who did.
    pub bulk_reads: u64,
}

pub struct Alarm {
    limit: u32,
    reads: AtomicU64,
    changes: AtomicU64,
    without_request: AtomicU64,
    bulk: AtomicU64,
    window: Mutex<Window>,
}

struct Window {
    since: Instant,
    by: HashMap<Who, u32>,
    all: u32,
}

impl Alarm {
    /// With the reads a minute that one who asks may come to.
    pub fn new(limit: u32) -> Self {
        let window = Window { since: Instant::now(), by: HashMap::new(), all: 0 };
        let zero = AtomicU64::default;
        Self { limit, reads: zero(), changes: zero(), without_request: zero(), bulk: zero(), window: Mutex::new(window) }
    }

    pub fn changed(&self) {
        self.changes.fetch_add(1, Relaxed);
    }

    /// Counts a read.
    pub fn read(&self, access: &Access) {
        self.reads.fetch_add(1, Relaxed);
        // A command has no request; its line in the log says who typed it.
        if access.request.is_none() && access.who != Who::Machine {
            self.without_request.fetch_add(1, Relaxed);
            tracing::warn!(target: "vault", who = ?access.who, why = ?access.why, "a read without a request");
        }
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.since.elapsed() >= WINDOW {
            *window = Window { since: Instant::now(), by: HashMap::new(), all: 0 };
        }
        window.all = window.all.saturating_add(1);
        let everybody = window.all;
        let mut theirs = 0;
        if window.by.len() < WATCHED || window.by.contains_key(&access.who) {
            let count = window.by.entry(access.who.clone()).or_default();
            *count = count.saturating_add(1);
            theirs = *count;
        }
        drop(window);
        // Once a window: where the bound is passed.
        if theirs == self.limit.saturating_add(1) {
            self.bulk.fetch_add(1, Relaxed);
            tracing::warn!(target: "vault", who = ?access.who, why = ?access.why, reads = theirs, "bulk reads within a minute");
        }
        if everybody == self.limit.saturating_mul(ALL).saturating_add(1) {
            self.bulk.fetch_add(1, Relaxed);
            tracing::warn!(target: "vault", reads = everybody, "bulk reads by all together within a minute");
        }
    }

    pub fn counts(&self) -> Counts {
        Counts {
            reads: self.reads.load(Relaxed),
            changes: self.changes.load(Relaxed),
            reads_without_request: self.without_request.load(Relaxed),
            bulk_reads: self.bulk.load(Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Purpose;

    fn by(who: Who) -> Access {
        Access { who, why: Purpose::SignIn, request: Some("request".into()) }
    }

    #[test]
    fn whoever_reads_more_than_the_limit_is_counted_once_and_others_are_not() {
        let alarm = Alarm::new(5);
        for _ in 0..5 {
            alarm.read(&by(Who::Guest("192.0.2.1".into())));
            alarm.read(&by(Who::Account("ada".into())));
        }
        assert_eq!(alarm.counts().bulk_reads, 0);
        for _ in 0..10 {
            alarm.read(&by(Who::Guest("192.0.2.1".into())));
        }
        assert_eq!(alarm.counts(), Counts { reads: 20, bulk_reads: 1, ..Counts::default() });
    }

    #[test]
    fn many_who_read_a_little_each_are_too_many_together() {
        let alarm = Alarm::new(1);
        for number in 0..150 {
            alarm.read(&by(Who::Guest(format!("192.0.2.{number}"))));
        }
        assert_eq!(alarm.counts().bulk_reads, 1);
    }

    #[test]
    fn a_read_without_a_request_is_counted_but_not_a_commands() {
        let alarm = Alarm::new(5);
        alarm.read(&Access::own(Purpose::Migration));
        alarm.read(&Access::local_admin(Purpose::Credentials));
        assert_eq!(alarm.counts().reads_without_request, 1);
    }
}
