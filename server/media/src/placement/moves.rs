//! Moves of titles from one store to the other: asked for, found, and ended by one write.
//!
//! A move is a wish that stands in the placement (`moving`); whoever copies ([`crate::mover`]) ends it by [`Placements::swap`],
//! which names the other store and retires the place before by the same write. Whoever was granted the old place reads on from
//! it for as long as the grant holds ([`retired_for`]). Must never swap to a place that somebody deletes, nor leave the entry
//! that would delete it.

use contract::ids::TitleId;
use storage::{
    StoreError,
    documents::{self, Change, Direction, Document, Find, parse},
    objects::StoreRole,
};

use super::{
    Placements,
    record::{
        BY_MOVING, Extent, Moving, PLACEMENT_SETTINGS, PLACEMENTS, Placed, PlacementRecord, PlacementSettings, SETTINGS_ID,
    },
    retired::{Retired, retired_for},
};
use crate::location::Location;

/// What became of a request that a title lie in some store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoveRequest {
    /// It is noted, and is begun within seconds.
    Requested,
    /// It was requested before, and still is.
    UnderWay,
    /// It lies there: the move away from there is given up.
    Cancelled,
    /// There is nothing to do.
    AlreadyThere,
    /// The title has no film, or none any more.
    NothingPlays,
}

/// What became of a swap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swap {
    Done,
    /// It is not the time for it: somebody adds to what plays, or deletes what was there before.
    Later,
    /// Nobody wants it any more: the title was deleted or given another film, or the move was given up.
    Unwanted,
}

/// A copy of what plays that was verified to the last object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WholeCopy {
    pub extent: Extent,
    /// What the record said before the first object was copied.
    pub epoch: Option<u32>,
}

/// Where a title's film lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedTitle {
    pub title: TitleId,
    pub store: StoreRole,
    /// Milliseconds since 1970 since when; absent where an older build put it there.
    pub since: Option<u64>,
    /// Of all objects of what plays; absent where nobody has counted them yet.
    pub bytes: Option<u64>,
    pub moving: Option<Moving>,
}

/// Some of all placements, in the order of titles' ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlacedPage {
    pub placed: Vec<PlacedTitle>,
    /// After what the next page begins; absent on the last one.
    pub next: Option<String>,
}

impl Placements {
    /// Asks that what plays of a title lies in `to`. Who wants it where it lies gives up a move away from there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn request_move(&self, title: &TitleId, to: StoreRole) -> Result<MoveRequest, StoreError> {
        let now = self.clock.millis();
        let mut outcome = MoveRequest::NothingPlays;
        let changed = self.change(title, |stored: Option<PlacementRecord>| {
            outcome = MoveRequest::NothingPlays;
            let Some(mut record) = stored else { return Ok::<_, StoreError>(Change::Keep) };
            let Some(current) = &record.current else { return Ok(Change::Keep) };
            outcome = match &record.moving {
                None if current.store == to => MoveRequest::AlreadyThere,
                Some(_) if current.store == to => MoveRequest::Cancelled,
                Some(moving) if moving.to == to => MoveRequest::UnderWay,
                None | Some(_) => MoveRequest::Requested,
            };
            match outcome {
                MoveRequest::AlreadyThere | MoveRequest::UnderWay | MoveRequest::NothingPlays => return Ok(Change::Keep),
                MoveRequest::Cancelled => record.cancel_move(now),
                MoveRequest::Requested => record.begin_move(to, now),
            }
            record.settle();
            Ok(Change::Put(record))
        });
        changed.await?;
        Ok(outcome)
    }

    /// Titles that are to be moved, the first that was asked for first; at most `limit` (1 to 1000).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn to_be_moved(&self, limit: u32) -> Result<Vec<TitleId>, StoreError> {
        let find = Find { index: BY_MOVING, equals: Vec::new(), from: None, direction: Direction::Ascending, after: None, limit };
        let found = self.documents.find(&PLACEMENTS, find).await?;
        Ok(found.documents.into_iter().filter_map(|document| document.id.parse().ok()).collect())
    }

    /// How many titles are to be moved.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_moves(&self) -> Result<u64, StoreError> {
        let (equals, direction) = (Vec::new(), Direction::Ascending);
        let find = Find { index: BY_MOVING, equals, from: None, direction, after: None, limit: 1 };
        self.documents.count_found(&PLACEMENTS, find).await
    }

    /// Has what plays read from where it was copied to, in one write; where it lay before is deleted when no grant names it any
    /// more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn swap(&self, title: &TitleId, (from, to): (Location, Location), copy: WholeCopy) -> Result<Swap, StoreError> {
        let now = self.clock.millis();
        let mut outcome = Swap::Unwanted;
        let changed = self.change(title, |stored: Option<PlacementRecord>| {
            outcome = Swap::Unwanted;
            let Some(mut record) = stored.filter(|record| record.to_move() == Some((from, to))) else {
                return Ok::<_, StoreError>(Change::Keep);
            };
            let is_another = record.epoch() != copy.epoch;
            let is_being_deleted = record.is_being_deleted(to);
            let Some(current) = record.current.as_mut() else { return Ok(Change::Keep) };
            if current.announce_at.is_some() || is_another || is_being_deleted {
                outcome = Swap::Later;
                return Ok(Change::Keep);
            }
            *current = Placed { store: to.store, since: Some(now), ..current.clone() };
            current.note(copy.extent);
            record.moving = None;
            record.retired.retain(|retired| retired.location() != to);
            record.retire(Retired::played(from, now + retired_for(Some(copy.extent.seconds))));
            record.settle();
            outcome = Swap::Done;
            Ok(Change::Put(record))
        });
        changed.await?;
        Ok(outcome)
    }

    /// What was copied to a place is deleted by the next [`Placements::due`], unless it plays from there, is on its way there,
    /// or is retired there already: then that has a time of its own.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn discard_copy(&self, title: &TitleId, at: Location) -> Result<(), StoreError> {
        let now = self.clock.millis();
        let changed = self.change(title, |stored: Option<PlacementRecord>| {
            // Where the title is gone, and all that was known of it, there is what was stored since.
            let mut record = stored.unwrap_or_default();
            let is_in_place = record.current.as_ref().is_some_and(|current| current.location() == at);
            if is_in_place || record.to_move().is_some_and(|(_, to)| to == at) {
                return Ok::<_, StoreError>(Change::Keep);
            }
            record.retire(Retired::unfinished(at, now));
            // Of a title that is gone no grant is good any more.
            let is_gone = record.current.is_none();
            record
                .retired
                .iter_mut()
                .filter(|retired| is_gone && retired.location() == at)
                .for_each(|retired| retired.delete_at = now);
            record.settle();
            Ok(Change::Put(record))
        });
        changed.await.map(drop)
    }

    /// Gives up a move for which the other store has no room: what was copied is deleted by the next [`Placements::due`].
    /// Whether it was wanted still.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn give_up_move(
        &self,
        title: &TitleId,
        (from, to): (Location, Location),
        epoch: Option<u32>,
    ) -> Result<bool, StoreError> {
        let now = self.clock.millis();
        let mut is_given_up = false;
        let changed = self.change(title, |stored: Option<PlacementRecord>| {
            let is_it = |record: &PlacementRecord| record.to_move() == Some((from, to)) && record.epoch() == epoch;
            let found = stored.filter(is_it);
            is_given_up = found.is_some();
            let Some(mut record) = found else { return Ok::<_, StoreError>(Change::Keep) };
            record.cancel_move(now);
            record.settle();
            Ok(Change::Put(record))
        });
        changed.await?;
        Ok(is_given_up)
    }

    /// Notes how much there is of what plays, where nobody has counted it yet. What was counted before stays: a copy is
    /// compared with it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_extent(&self, title: &TitleId, at: Location, extent: Extent) -> Result<(), StoreError> {
        let changed = self.change(title, |stored: Option<PlacementRecord>| {
            let Some(mut record) = stored else { return Ok::<_, StoreError>(Change::Keep) };
            match &mut record.current {
                Some(current) if current.location() == at && !current.is_counted() => {
                    if current.lacks_some_of(extent.objects, extent.bytes) {
                        current.seconds = Some(extent.seconds);
                    } else {
                        current.note(extent);
                    }
                }
                Some(_) | None => return Ok(Change::Keep),
            }
            Ok(Change::Put(record))
        });
        changed.await.map(drop)
    }

    /// The titles of which nobody has counted yet what plays, with where that lies: those among `limit` documents (1 to 1000)
    /// that come after `after`, and after what the next page begins.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn uncounted(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<(TitleId, Location)>, Option<String>), StoreError> {
        let page = self.documents.list(&PLACEMENTS, after, limit).await?;
        let uncounted = page.documents.into_iter().filter_map(|document| {
            let record: PlacementRecord = parse(&document).ok()?;
            let current = record.current.filter(|current| !current.is_counted())?;
            Some((document.id.parse().ok()?, current.location()))
        });
        Ok((uncounted.collect(), page.next))
    }

    /// What plays, in the order of titles' ids: what there is among `limit` documents (1 to 1000) that come after `after`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list(&self, after: Option<&str>, limit: u32) -> Result<PlacedPage, StoreError> {
        let page = self.documents.list(&PLACEMENTS, after, limit).await?;
        Ok(PlacedPage { placed: page.documents.into_iter().filter_map(placed).collect(), next: page.next })
    }

    /// What plays of these titles, 1000 at most, in one round trip.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_of(&self, titles: &[TitleId]) -> Result<Vec<PlacedTitle>, StoreError> {
        let ids: Vec<String> = titles.iter().map(TitleId::to_string).collect();
        Ok(self.documents.get_many(&PLACEMENTS, &ids).await?.into_iter().filter_map(placed).collect())
    }

    /// What holds for all placements.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn settings(&self) -> Result<PlacementSettings, StoreError> {
        let stored = documents::read(&*self.documents, &PLACEMENT_SETTINGS, SETTINGS_ID).await?;
        Ok(stored.map_or_else(PlacementSettings::default, |(settings, _)| settings))
    }

    /// Changes what holds for all placements; what holds from then on. `change` may be called several times.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn change_settings(&self, change: impl Fn(&mut PlacementSettings) + Send) -> Result<PlacementSettings, StoreError> {
        let decide = |stored: Option<PlacementSettings>| {
            let mut settings = stored.unwrap_or_default();
            change(&mut settings);
            Ok::<_, StoreError>(Change::Put(settings))
        };
        let updated = documents::update(&*self.documents, &PLACEMENT_SETTINGS, SETTINGS_ID, decide).await?;
        Ok(updated.record.unwrap_or_default())
    }
}

/// Nothing where nothing plays, or it cannot be read, which is told.
fn placed(document: Document) -> Option<PlacedTitle> {
    let title = document.id.parse().ok()?;
    let record: PlacementRecord = parse(&document).inspect_err(|error| tracing::warn!(%error, "a placement is left out")).ok()?;
    let Placed { store, since, bytes, .. } = record.current?;
    Some(PlacedTitle { title, store, since, bytes, moving: record.moving })
}
