//! A title whose film is lost where it plays, and is whole where it played before: there it is read again, without a copy.
//!
//! Must never swap to a place of which anything is missing, or cannot be read.

use tokio::time::Instant;

use super::{
    MoveError, Outcome,
    copy::read_all,
    run::{CHECKED_EVERY, Run, Told, extent, parse},
};
use crate::placement::Extent;

impl Run<'_> {
    /// Has what plays read from the place that it is to be moved to, where that is whole and it is not whole where it plays;
    /// else the error for which it was not copied.
    pub(super) async fn take_back(&self, error: MoveError) -> Result<Outcome, MoveError> {
        let record = self.mover.placements.record(self.title).await?.unwrap_or_default();
        let was_there = record.retired.iter().any(|retired| retired.location() == self.to);
        let is_known = record.current.as_ref().is_some_and(|current| current.bytes.is_some());
        if !was_there || !is_known || record.is_being_deleted(self.to) || self.is_whole_where_it_plays().await? {
            return Err(error);
        }
        tracing::warn!(title = %self.title, %error, "what plays is not whole where it plays: it is read through where it was before");
        match self.read_through().await? {
            Read::Whole(extent) => self.swap(extent).await,
            Read::NotWhole => Err(error),
            Read::Given(verdict) => Ok(verdict),
        }
    }

    /// Only what the documents say is an error: a store that cannot be read has nothing that plays.
    async fn is_whole_where_it_plays(&self) -> Result<bool, MoveError> {
        let media = &self.mover.media;
        let Ok(store) = media.store(self.from.store) else { return Ok(false) };
        let Ok(manifest) = self.manifest(store).await.and_then(|manifest| parse(&manifest)) else { return Ok(false) };
        let Ok(objects) = media.list(self.title, self.from).await else { return Ok(false) };
        Ok(!self.lacks_some_of(extent(&objects, &manifest)).await?)
    }

    /// Reads every object of the place before to its end.
    async fn read_through(&self) -> Result<Read, MoveError> {
        let media = &self.mover.media;
        let store = media.store(self.to.store)?;
        let manifest = parse(&self.manifest(store).await?)?;
        let objects = media.list(self.title, self.to).await?;
        let extent = extent(&objects, &manifest);
        let is_there = |name: &str| objects.iter().any(|object| object.name == name);
        if !manifest.complete || !manifest.names().all(is_there) || self.lacks_some_of(extent).await? {
            return Ok(Read::NotWhole);
        }
        let mut told = Told { done: 0, total: extent.bytes, begun: self.mover.clock.millis() };
        let mut checked = Instant::now();
        self.tell(told).await?;
        for object in &objects {
            read_all(&self.mover.bandwidth, store, &self.key(&object.name), object.size).await?;
            told.done += object.size;
            if checked.elapsed() >= CHECKED_EVERY {
                if let Some(verdict) = self.verdict().await? {
                    return Ok(Read::Given(verdict));
                }
                self.tell(told).await?;
                checked = Instant::now();
            }
        }
        Ok(Read::Whole(extent))
    }
}

/// What came of reading it through.
enum Read {
    Whole(Extent),
    NotWhole,
    /// The placement said meanwhile what becomes of the move.
    Given(Outcome),
}
