//! Which generation of a title's film plays and in which store it lies, which are being made, and which wait to be deleted.
//!
//! Owns the collections `placements`, one document for each title, changed by compare-and-set, and `placement_settings`. A
//! replacement is made beside what plays; then this document is changed to name it, and what played is deleted
//! [`RETIRED_FOR_MILLIS`] later, when no grant names it any more. What must follow such a change (the catalogue, the deleting)
//! is said by the same write (`due`), so that a kill only delays it. Must never name a generation whose manifest is not stored.

use std::sync::Arc;

use contract::ids::TitleId;
use runtime::clock::Clock;
use storage::{
    StoreError,
    documents::{self, Change, Documents},
    objects::StoreRole,
};

use super::{generation::Generation, location::Location, store::MediaStore};
use record::BY_DUE;

pub use self::{
    deletion::DeletionClaim,
    moves::{MoveRequest, PlacedPage, PlacedTitle, Swap, WholeCopy},
    record::{Extent, Making, Moving, PLACEMENT_SETTINGS, PLACEMENTS, Placed, PlacementRecord, PlacementSettings},
    retired::{RETIRED_FOR_MILLIS, Retired, retired_for},
};

mod deletion;
mod moves;
mod record;
mod retired;

/// How long the import itself has to tell the catalogue what it swapped in.
const TELL_WITHIN_MILLIS: u64 = 60 * 1000;

/// Why a generation was not put in place.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The title was deleted, or another import replaced it, while this one was at work.
    #[error("the title was deleted or given another film meanwhile")]
    Withdrawn,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the media store failed: {0}")]
    Objects(#[from] object_store::Error),
    /// A claim of places to be emptied is another's by now: they go on with it.
    #[error("another node has begun to delete the same")]
    ClaimLost,
    /// The time is over that whoever claims places is left alone with them; what is left is claimed anew.
    #[error("there was too little time to delete everything")]
    OutOfTime,
    /// A place is the last where the film that plays can be read, as far as is known: it stays.
    #[error("a copy of what plays stays, because what plays is not whole where it plays: {0}")]
    NotWhole(String),
}

/// What an import is at work on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    pub generation: Generation,
    /// Where its objects go.
    pub store: StoreRole,
    /// What played when it began, which it is to replace.
    pub over: Option<Generation>,
}

/// The placements of all titles. Cheap to clone.
#[derive(Clone)]
pub struct Placements {
    documents: Arc<dyn Documents>,
    clock: Clock,
    /// Whether there is a store for what is named to lie in [`StoreRole::Flat`].
    has_flat: bool,
}

impl Placements {
    pub fn new(documents: Arc<dyn Documents>, clock: Clock) -> Self {
        Self { documents, clock, has_flat: true }
    }

    /// Where these are the stores that there are: what is packaged goes into none that is not configured.
    #[must_use]
    pub fn within(self, media: &MediaStore) -> Self {
        Self { has_flat: media.has_flat(), ..self }
    }

    /// What plays of a title, as this document says; what an older build packaged has none until [`Placements::adopt`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn current(&self, title: &TitleId) -> Result<Option<Placed>, StoreError> {
        Ok(self.record(title).await?.and_then(|record| record.current))
    }

    /// The whole document.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn record(&self, title: &TitleId) -> Result<Option<PlacementRecord>, StoreError> {
        Ok(documents::read(&*self.documents, &PLACEMENTS, title.as_str()).await?.map(|(record, _)| record))
    }

    /// Gives what an older build packaged its document, so that it is found by its content and replaced as others are.
    /// Nothing where there is a document, or where nothing was packaged.
    ///
    /// # Errors
    /// [`PlaceError`].
    pub async fn adopt(&self, title: &TitleId, media: &MediaStore) -> Result<Option<Placed>, PlaceError> {
        let older = Location::per_view(Generation::UNNAMED);
        let Some(manifest) = media.manifest(title, older).await? else { return Ok(None) };
        let placed = Placed::new(older, manifest.source.fingerprint);
        let updated = self.change(title, |stored| {
            Ok::<_, StoreError>(match stored {
                None => Change::Put(PlacementRecord { current: Some(placed.clone()), ..PlacementRecord::default() }),
                Some(_) => Change::Keep,
            })
        });
        Ok(updated.await?.and_then(|record| record.current))
    }

    /// Takes part: from here on `content` is packaged for the title under a generation, which is `begun` where an earlier run of
    /// the same work used it and nobody gave it up. It goes where the title lies, or is to lie; a new title goes where the
    /// settings say. Where that store is not configured, it goes into the one that every installation has.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin(&self, title: &TitleId, content: &str, begun: Option<Generation>) -> Result<Begun, StoreError> {
        let now = self.clock.millis();
        let default_store = self.settings().await?.default_store;
        let fresh = Generation::random();
        let (mut generation, mut wanted, mut store) = (fresh, default_store, default_store);
        let changed = self.change(title, |stored| {
            let mut record: PlacementRecord = stored.unwrap_or_default();
            let is_there = |store: StoreRole| self.has_flat || store == StoreRole::PerView;
            // What was begun in a store that is away cannot be gone on with elsewhere.
            let may_go_on = |begun: &Generation| record.may_go_on(*begun) && is_there(record.store_for(*begun, default_store));
            generation = begun.filter(may_go_on).unwrap_or(fresh);
            wanted = record.store_for(generation, default_store);
            store = if is_there(wanted) { wanted } else { StoreRole::PerView };
            let before = record.making.iter().position(|making| making.generation == generation);
            let then_to = before.and_then(|place| record.making.swap_remove(place).then_to);
            if !record.is_current(generation) {
                record.making.push(Making { generation, content: content.to_owned(), store, seen: now, then_to });
            }
            record.settle();
            Ok::<_, StoreError>(Change::Put(record))
        });
        let over = changed.await?.and_then(|record| record.current).map(|placed| placed.generation);
        if store != wanted {
            let (wanted, instead) = (wanted.setting(), store.setting());
            tracing::warn!(%title, "storage.{wanted} is not configured: what is imported goes to storage.{instead}");
        }
        Ok(Begun { generation, store, over })
    }

    /// Makes a generation the one that plays, in one write; the one before is deleted when no grant names it any more. Its
    /// manifest is stored already. Where it plays already, the catalogue is to be told once more.
    ///
    /// # Errors
    /// [`PlaceError::Withdrawn`] where it is no longer among those that are being made, or another film was put in place
    /// that it is not to replace (`over`: what it found in place when it began); [`StoreError`].
    pub async fn publish(&self, title: &TitleId, generation: Generation, over: Option<Generation>) -> Result<(), PlaceError> {
        let now = self.clock.millis();
        let changed = self.change(title, |stored| {
            let mut record: PlacementRecord = stored.ok_or(PlaceError::Withdrawn)?;
            let announce_at = Some(now + TELL_WITHIN_MILLIS);
            match &mut record.current {
                Some(current) if current.generation == generation => {
                    current.announce_at = announce_at;
                    record.note_addition();
                }
                current if current.as_ref().map(|current| current.generation) == over => {
                    let place = record.making.iter().position(|making| making.generation == generation);
                    let made = record.making.swap_remove(place.ok_or(PlaceError::Withdrawn)?);
                    let location = made.location();
                    let placed = Placed { since: Some(now), announce_at, ..Placed::new(location, made.content) };
                    record.put_in_place(placed, made.then_to, now);
                }
                Some(_) | None => return Err(PlaceError::Withdrawn),
            }
            record.settle();
            Ok(Change::Put(record))
        });
        changed.await.map(drop)
    }

    /// The catalogue knows what plays; and how much there is of it, where whoever told it counted that.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn told(&self, title: &TitleId, generation: Generation, extent: Option<Extent>) -> Result<(), StoreError> {
        let changed = self.change(title, |stored: Option<PlacementRecord>| {
            let Some(mut record) = stored else { return Ok(Change::Keep) };
            match &mut record.current {
                Some(current) if current.generation == generation && current.announce_at.is_some() => {
                    current.announce_at = None;
                    extent.into_iter().for_each(|extent| current.note(extent));
                }
                Some(_) | None => return Ok::<_, StoreError>(Change::Keep),
            }
            record.settle();
            Ok(Change::Put(record))
        });
        changed.await.map(drop)
    }

    /// Gives up a generation that was being made: it is deleted by the next [`Placements::due`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn give_up(&self, title: &TitleId, generation: Generation) -> Result<(), StoreError> {
        let now = self.clock.millis();
        let changed = self.change(title, |stored: Option<PlacementRecord>| {
            let Some(mut record) = stored else { return Ok(Change::Keep) };
            let Some(place) = record.making.iter().position(|making| making.generation == generation) else {
                return Ok::<_, StoreError>(Change::Keep);
            };
            let making = record.making.swap_remove(place);
            record.retire(Retired::unfinished(making.location(), now));
            record.settle();
            Ok(Change::Put(record))
        });
        changed.await.map(drop)
    }

    /// Takes everything of a title out of use at once: it is deleted by the next [`Placements::due`]. What an import is at
    /// work on meanwhile is refused when it is published.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn withdraw(&self, title: &TitleId) -> Result<(), StoreError> {
        let now = self.clock.millis();
        let changed = self.change(title, |stored: Option<PlacementRecord>| {
            // Without a document there may be what an older build packaged.
            let mut record = stored.unwrap_or_default();
            record.retire(Retired::played(Location::per_view(Generation::UNNAMED), now));
            record.cancel_move(now);
            if let Some(current) = record.current.take() {
                record.retire(Retired::played(current.location(), now));
            }
            for making in std::mem::take(&mut record.making) {
                record.retire(Retired::unfinished(making.location(), now));
            }
            record.retired.iter_mut().for_each(|retired| retired.delete_at = now);
            record.settle();
            Ok::<_, StoreError>(Change::Put(record))
        });
        changed.await.map(drop)
    }

    /// The titles of which something is to be done by now, the longest due first; at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn due(&self, limit: u32) -> Result<Vec<TitleId>, StoreError> {
        let due = documents::due(&*self.documents, &PLACEMENTS, BY_DUE, (self.clock.millis(), limit)).await?;
        Ok(due.into_iter().filter_map(|document| document.id.parse().ok()).collect())
    }

    async fn change<E: From<StoreError>>(
        &self,
        title: &TitleId,
        decide: impl FnMut(Option<PlacementRecord>) -> Result<Change<PlacementRecord>, E>,
    ) -> Result<Option<PlacementRecord>, E> {
        Ok(documents::update(&*self.documents, &PLACEMENTS, title.as_str(), decide).await?.record)
    }
}
