//! Between the services and a store that may be slow, down or full.
//!
//! Every call has a time limit and a bounded number beside it; a store that fails again and again is left alone for a
//! second and then tried by the next call, reads and writes each for themselves, because a full store still answers.
//! What was read from a store elsewhere is remembered, and while that store is away it is given instead, with its age
//! ([`stale`]). A write is never remembered instead of being made. What each store's failure means for a viewer stands in
//! ARCHITECTURE.md under "When a store fails".

mod bulkhead;
mod documents;
mod keyvalue;
pub mod stale;
mod stale_cache;

use std::time::Duration;

pub(super) use bulkhead::Bulkhead;
pub use documents::GuardedDocuments;
pub use keyvalue::GuardedKeyValue;

/// How long what a store said is believed while it is away: longer than a restart, shorter than a forgotten sign-out
/// should hold on a node that was cut off.
const BELIEVED: Duration = Duration::from_secs(600);
/// A read of one thing or one page.
const READ: Duration = Duration::from_secs(3);
/// A write of one thing.
const WRITE: Duration = Duration::from_secs(5);
/// A batch of writes, or a count over everything.
const BULK: Duration = Duration::from_secs(30);

/// The bulkheads to one store.
#[derive(Debug)]
pub(super) struct Bulkheads {
    pub(super) reads: Bulkhead,
    pub(super) writes: Bulkhead,
}

impl Bulkheads {
    pub(super) fn new(store: &'static str) -> Self {
        Self { reads: Bulkhead::new(store, "read"), writes: Bulkhead::new(store, "write") }
    }
}

#[cfg(test)]
mod tests;
