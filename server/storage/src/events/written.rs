//! Which feeds of documents were written: a count for each, to wake whoever follows it.
//!
//! A count and no queue: however much is written while a follower is at work, it is woken once. What other nodes are told is
//! gathered in the same way. Must never be how a follower knows what changed: that is in the documents.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

/// The feeds of this process.
#[derive(Debug, Default)]
pub(super) struct Written(Mutex<HashMap<&'static str, Feed>>);

#[derive(Debug)]
struct Feed {
    writes: watch::Sender<u64>,
    /// Whether a word to other nodes is on its way.
    is_queued: bool,
}

impl Default for Feed {
    fn default() -> Self {
        Self { writes: watch::Sender::new(0), is_queued: false }
    }
}

impl Written {
    fn feeds(&self) -> MutexGuard<'_, HashMap<&'static str, Feed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn note(&self, feed: &'static str) {
        self.feeds().entry(feed).or_default().writes.send_modify(|writes| *writes += 1);
    }

    /// The same, by the name that another node says; one that nobody here knows is followed by nobody here.
    pub fn note_named(&self, feed: &str) {
        if let Some(feed) = self.feeds().get(feed) {
            feed.writes.send_modify(|writes| *writes += 1);
        }
    }

    pub fn note_all(&self) {
        for feed in self.feeds().values() {
            feed.writes.send_modify(|writes| *writes += 1);
        }
    }

    pub fn follow(&self, feed: &'static str) -> watch::Receiver<u64> {
        self.feeds().entry(feed).or_default().writes.subscribe()
    }

    /// Whether a word to other nodes has to be sent: not where one is on its way.
    pub fn queue(&self, feed: &'static str) -> bool {
        !std::mem::replace(&mut self.feeds().entry(feed).or_default().is_queued, true)
    }

    /// The word is being sent: what is written from now on needs another.
    pub fn unqueue(&self, feed: &'static str) {
        self.feeds().entry(feed).or_default().is_queued = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_follows_a_feed_is_woken_by_its_writes_alone_and_others_are_told_once_until_it_is_sent() {
        let written = Written::default();
        let (mut lists, progress) = (written.follow("lists"), written.follow("progress"));
        written.note("lists");
        written.note_named("lists");
        written.note_named("unheard of");
        assert_eq!((*lists.borrow_and_update(), progress.has_changed().unwrap()), (2, false));
        written.note_all();
        assert!(lists.has_changed().unwrap() && progress.has_changed().unwrap());

        assert!(written.queue("lists"));
        assert!(!written.queue("lists"));
        assert!(written.queue("progress"));
        written.unqueue("lists");
        assert!(written.queue("lists"));
    }
}
