//! Which generation of a title's film plays and in which store it lies, which are being made, and which wait to be deleted.
//!
//! Owns the collections `placements`, one document for each title, changed by compare-and-set, and `placement_settings`. A replacement is made beside
//! what plays; then this document is changed to name it, and what played is deleted [`RETIRED_FOR_MILLIS`] later, when no grant
//! names it any more. What must follow such a change (the catalogue, the deleting) is said by the same write (`due`), so
//! that a kill only delays it. Must never name a generation whose manifest is not stored.

use std::{sync::Arc, time::Duration};

use contract::ids::TitleId;
use runtime::clock::Clock;
use storage::{
    StoreError,
    documents::{self, Change, Documents, update},
    objects::StoreRole,
};

use tokio::time::error::Elapsed;

use super::{generation::Generation, location::Location, store::MediaStore};
use record::BY_DUE;

pub use self::{
    moves::{MoveRequest, PlacedPage, PlacedTitle, Swap},
    record::{
        Making, Moving, PLACEMENT_SETTINGS, PLACEMENTS, Placed, PlacementRecord, PlacementSettings, RETIRED_FOR_MILLIS, Retired,
    },
};

mod moves;
mod record;

/// How long it may take to delete what is in one place: less than whoever deletes is left alone with it.
const DELETE_WITHIN: Duration = Duration::from_secs(10 * 60);
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
}

impl Placements {
    pub fn new(documents: Arc<dyn Documents>, clock: Clock) -> Self {
        Self { documents, clock }
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
    /// the same work used it and nobody gave it up. It goes where the title lies, or is to lie; a new title goes where the settings say.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin(&self, title: &TitleId, content: &str, begun: Option<Generation>) -> Result<Begun, StoreError> {
        let now = self.clock.millis();
        let default_store = self.settings().await?.default_store;
        let fresh = Generation::random();
        let (mut generation, mut store) = (fresh, default_store);
        let changed = self.change(title, |stored| {
            let mut record: PlacementRecord = stored.unwrap_or_default();
            generation = begun.filter(|generation| record.may_go_on(*generation)).unwrap_or(fresh);
            store = record.store_for(generation, default_store);
            record.making.retain(|making| making.generation != generation);
            if !record.is_current(generation) {
                record.making.push(Making { generation, content: content.to_owned(), store, seen: now });
            }
            record.settle();
            Ok::<_, StoreError>(Change::Put(record))
        });
        let over = changed.await?.and_then(|record| record.current).map(|placed| placed.generation);
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
            let untold = Some(now + TELL_WITHIN_MILLIS);
            match &mut record.current {
                Some(current) if current.generation == generation => {
                    current.untold = untold;
                    record.note_addition();
                }
                current if current.as_ref().map(|current| current.generation) == over => {
                    let place = record.making.iter().position(|making| making.generation == generation);
                    let made = record.making.swap_remove(place.ok_or(PlaceError::Withdrawn)?);
                    let location = made.location();
                    let placed = Placed { since: Some(now), untold, ..Placed::new(location, made.content) };
                    record.put_in_place(placed, now);
                }
                Some(_) | None => return Err(PlaceError::Withdrawn),
            }
            record.settle();
            Ok(Change::Put(record))
        });
        changed.await.map(drop)
    }

    /// The catalogue knows what plays; and how many bytes there are of it, where whoever told it counted them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn told(&self, title: &TitleId, generation: Generation, bytes: Option<u64>) -> Result<(), StoreError> {
        let changed = self.change(title, |stored: Option<PlacementRecord>| {
            let Some(mut record) = stored else { return Ok(Change::Keep) };
            match &mut record.current {
                Some(current) if current.generation == generation && current.untold.is_some() => {
                    (current.untold, current.bytes) = (None, bytes.or(current.bytes));
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

    /// The places of a title that are to be emptied by now, each claimed from here on: nothing is moved there before it is empty. What
    /// an import gave up is among them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn to_delete(&self, title: &TitleId) -> Result<Vec<Location>, StoreError> {
        let now = self.clock.millis();
        let mut claimed = Vec::new();
        let changed = self.change(title, |stored: Option<PlacementRecord>| {
            claimed.clear();
            let Some(before) = stored else { return Ok::<_, StoreError>(Change::Keep) };
            let mut record = before.clone();
            let making = std::mem::take(&mut record.making).into_iter();
            let (abandoned, under_way): (Vec<Making>, Vec<Making>) = making.partition(|making| making.is_abandoned(now));
            record.making = under_way;
            for making in abandoned {
                record.retire(Retired::unfinished(making.location(), now));
            }
            let is_due = |retired: &Retired| record.delete_from(retired) <= now && !record.is_spared(retired);
            let due: Vec<bool> = record.retired.iter().map(is_due).collect();
            for (retired, _) in record.retired.iter_mut().zip(due).filter(|(_, is_due)| *is_due) {
                retired.claimed = Some(now);
                claimed.push(retired.location());
            }
            if record == before {
                return Ok(Change::Keep);
            }
            record.settle();
            Ok(Change::Put(record))
        });
        changed.await?;
        Ok(claimed)
    }

    /// Deletes what [`Placements::to_delete`] said of a title: the objects first, and the document itself where nothing is left.
    ///
    /// # Errors
    /// [`PlaceError`]; what is left is still due.
    pub async fn sweep(&self, title: &TitleId, over: &[Location], media: &MediaStore) -> Result<(), PlaceError> {
        for location in over {
            let deleting = tokio::time::timeout(DELETE_WITHIN, media.delete(title, *location));
            let late = |error: Elapsed| object_store::Error::Generic { store: "media", source: error.into() };
            if let Err(error) = deleting.await.map_err(late).flatten() {
                // What is left is anybody's again.
                self.let_go(title, over).await?;
                return Err(error.into());
            }
        }
        let changed = self.change(title, |stored: Option<PlacementRecord>| {
            let Some(mut record) = stored else { return Ok(Change::Keep) };
            record.retired = std::mem::take(&mut record.retired).into_iter().filter_map(|one| one.after(over)).collect();
            let is_empty = record.current.is_none() && record.making.is_empty() && record.retired.is_empty();
            if is_empty && record.rest.is_empty() {
                return Ok::<_, StoreError>(Change::Delete);
            }
            record.settle();
            Ok(Change::Put(record))
        });
        changed.await.map(drop).map_err(PlaceError::from)
    }

    /// Takes back the claims to these places.
    async fn let_go(&self, title: &TitleId, over: &[Location]) -> Result<(), StoreError> {
        let changed = self.change(title, |stored: Option<PlacementRecord>| {
            let Some(mut record) = stored else { return Ok::<_, StoreError>(Change::Keep) };
            let claimed = record.retired.iter_mut().filter(|retired| over.contains(&retired.location()));
            claimed.for_each(|retired| retired.claimed = None);
            record.settle();
            Ok(Change::Put(record))
        });
        changed.await.map(drop)
    }

    async fn change<E: From<StoreError>>(
        &self,
        title: &TitleId,
        decide: impl FnMut(Option<PlacementRecord>) -> Result<Change<PlacementRecord>, E>,
    ) -> Result<Option<PlacementRecord>, E> {
        Ok(update(&*self.documents, &PLACEMENTS, title.as_str(), decide).await?.record)
    }
}
