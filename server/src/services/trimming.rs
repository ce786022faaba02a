//! Lets go of what a change feed remembers of deletions: the names of tombstones say whose they were.

use std::time::Duration;

use storage::{
    StoreError,
    documents::{Collection, Documents, feed::Position},
};
use tokio::time::Instant;

/// How long what was deleted is remembered in a feed, at least; twice as long at most.
pub(super) const AFTER: Duration = Duration::from_secs(60 * 60);

/// How far a feed had been told an hour ago, for whoever follows it.
#[derive(Debug, Default)]
pub struct Trimming {
    last: Option<(Instant, Position)>,
}

impl Trimming {
    pub fn is_due(&self) -> bool {
        self.last.as_ref().is_none_or(|(at, _)| at.elapsed() >= AFTER)
    }

    /// Everybody who follows is at `now` at least: what was told an hour before is let go of, where that was the same feed; of another
    /// nothing is known.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn trim(
        &mut self,
        now: Option<Position>,
        collection: &Collection,
        documents: &dyn Documents,
    ) -> Result<(), StoreError> {
        let Some(now) = now.filter(|_| self.is_due()) else { return Ok(()) };
        match self.last.replace((Instant::now(), now.clone())) {
            Some((_, before)) if before.feed == now.feed => documents.trim(collection, before.number).await,
            Some(_) | None => Ok(()),
        }
    }
}
