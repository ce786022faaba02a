//! What changed, told to whoever keeps something derived from it: caches, the search index, other devices.
//!
//! Delivery is at least once and best effort: a listener that lagged behind is told so and rebuilds. Where several nodes
//! share their stores, a [`Feed`] tells them what changed here, and here what changed there.
//! Must never carry the change itself, only what to look at again.

mod redis;

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::{broadcast, mpsc};

pub use self::redis::{Feed, FeedError};

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

/// The change feed of this process.
#[derive(Clone, Debug)]
pub struct Events {
    sender: broadcast::Sender<Change>,
    revision: Arc<AtomicU64>,
    /// To other nodes, where there are any.
    outward: Arc<OnceLock<mpsc::Sender<Change>>>,
}

impl Default for Events {
    fn default() -> Self {
        let (sender, _) = broadcast::channel(1024);
        Self { sender, revision: Arc::new(AtomicU64::new(1)), outward: Arc::default() }
    }
}

impl Events {
    /// Tells every listener, here and on other nodes; never waits for one.
    pub fn publish(&self, change: Change) {
        if let Some(outward) = self.outward.get() {
            match change {
                // Where there is no room, others are told to look at everything when there is.
                Change::Titles(_) | Change::Guests => drop(outward.try_send(change.clone())),
                // Others see for themselves what was written elsewhere; and each node has an index of its own.
                Change::Elsewhere | Change::CatalogueVisible => {}
            }
        }
        self.tell(change);
    }

    /// Tells the listeners of this process alone.
    fn tell(&self, change: Change) {
        self.revision.fetch_add(1, Ordering::AcqRel);
        // Nobody listening is no failure.
        let _ = self.sender.send(change);
    }

    /// Counts the changes so far: two equal readings mean that nothing changed in between.
    pub fn revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }

    /// Every change from now on.
    pub fn listen(&self) -> broadcast::Receiver<Change> {
        self.sender.subscribe()
    }
}
