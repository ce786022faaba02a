//! What changed, told to whoever keeps something derived from it: caches, the search index, other devices.
//!
//! Delivery is at least once and best effort: a listener that lagged behind is told so and rebuilds. Where several nodes
//! share their stores, a [`Feed`] tells them what changed here, and here what changed there.
//! Must never carry the change itself, only what to look at again.

mod redis;
mod written;

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering},
};

use contract::Topic;
use tokio::sync::{broadcast, mpsc, watch};

pub use self::redis::{Feed, FeedError};
use self::written::Written;
use crate::documents::feed::Position;

/// Something to look at again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// These titles were added, changed or removed.
    Titles(Arc<[String]>),
    /// Another process wrote to the store, or what it told may have been lost: look for what changed.
    Elsewhere,
    /// The search index answers for the newest titles: shared replies made before are out of date.
    CatalogueVisible,
    /// What guests may do, or how they can enter, is something else.
    Guests,
}

impl Change {
    /// What is out of date by it.
    const fn topics(&self) -> &'static [Topic] {
        match self {
            Self::Titles(_) => &[Topic::Titles],
            // Lists find what the index finds, which says so by itself.
            Self::Elsewhere => &[Topic::Titles, Topic::Guests],
            // Where a word of the titles was lost, the index has found them in the change feed.
            Self::CatalogueVisible => &[Topic::Titles, Topic::Catalogue],
            Self::Guests => &[Topic::Guests],
        }
    }
}

/// Changes so far, one count for each topic.
#[derive(Debug, Default)]
struct Revisions {
    titles: AtomicU64,
    catalogue: AtomicU64,
    guests: AtomicU64,
}

impl Revisions {
    const fn of(&self, topic: Topic) -> &AtomicU64 {
        match topic {
            Topic::Titles => &self.titles,
            Topic::Catalogue => &self.catalogue,
            Topic::Guests => &self.guests,
        }
    }
}

/// The change feed of this process.
#[derive(Clone, Debug)]
pub struct Events {
    sender: broadcast::Sender<Change>,
    revisions: Arc<Revisions>,
    /// Up to where the search index of this process has followed the titles.
    visible: Arc<watch::Sender<Option<Position>>>,
    /// The feeds of documents that were written.
    written: Arc<Written>,
    /// To other nodes, where there are any.
    outward: Arc<OnceLock<mpsc::Sender<Outward>>>,
}

/// What other nodes are told.
#[derive(Debug)]
enum Outward {
    Changed(Change),
    /// Documents of this feed were written.
    Wrote(&'static str),
}

impl Default for Events {
    fn default() -> Self {
        let (sender, _) = broadcast::channel(1024);
        Self { sender, revisions: Arc::default(), visible: Arc::default(), written: Arc::default(), outward: Arc::default() }
    }
}

impl Events {
    /// Tells every listener, here and on other nodes; never waits for one.
    pub fn publish(&self, change: Change) {
        if let Some(outward) = self.outward.get() {
            match change {
                // Where there is no room, others are told to look at everything when there is.
                Change::Titles(_) | Change::Guests => {
                    drop(outward.try_send(Outward::Changed(change.clone())));
                }
                // Others see for themselves what was written elsewhere; and each node has an index of its own.
                Change::Elsewhere | Change::CatalogueVisible => {}
            }
        }
        self.tell(change);
    }

    /// Tells the listeners of this process alone.
    fn tell(&self, change: Change) {
        if change == Change::Elsewhere {
            self.written.note_all();
        }
        for topic in change.topics() {
            self.revisions.of(*topic).fetch_add(1, Ordering::AcqRel);
        }
        // Nobody listening is no failure.
        let _ = self.sender.send(change);
    }

    /// Tells whoever follows a feed of documents that something in it was written, here and on other nodes.
    pub fn wrote(&self, feed: &'static str) {
        self.written.note(feed);
        if let Some(outward) = self.outward.get()
            && self.written.queue(feed)
            && outward.try_send(Outward::Wrote(feed)).is_err()
        {
            self.written.unqueue(feed);
        }
    }

    /// Counts the writes of a feed that are known of: whoever waits for the next one is woken by it.
    pub fn written(&self, feed: &'static str) -> watch::Receiver<u64> {
        self.written.follow(feed)
    }

    /// Counts the changes of a topic so far: two equal readings mean that nothing changed in between.
    pub fn revision(&self, topic: Topic) -> u64 {
        self.revisions.of(topic).load(Ordering::Acquire)
    }

    /// Notes that the search index finds every title as it was up to this number of the titles' feed.
    pub fn show(&self, position: &Position) {
        self.visible.send_if_modified(|visible| {
            let is_other = visible.as_ref() != Some(position);
            if is_other {
                *visible = Some(position.clone());
            }
            is_other
        });
    }

    /// Up to where lists and searches find what was written, as [`Events::show`] was told last, and what comes after.
    pub fn visible(&self) -> watch::Receiver<Option<Position>> {
        self.visible.subscribe()
    }

    /// Every change from now on.
    pub fn listen(&self) -> broadcast::Receiver<Change> {
        self.sender.subscribe()
    }
}
