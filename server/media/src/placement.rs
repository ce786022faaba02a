//! Which generation of a title's film plays, which are being made, and which wait to be deleted.
//!
//! Owns the collection `placements`: one document for each title, changed by compare-and-set. A replacement is made beside
//! what plays; then this document is changed to name it, and what played is deleted [`RETIRED_FOR_MILLIS`] later, when no grant
//! names it any more. What must follow such a change (the catalogue, the deleting) is said by the same write (`due`), so
//! that a kill only delays it. Must never name a generation whose manifest is not stored.

use std::sync::Arc;

use contract::ids::TitleId;
use runtime::clock::Clock;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use storage::{
    StoreError,
    documents::{self, Change, Collection, Documents, Index, update},
};

use super::{generation::Generation, store::MediaStore};

/// How long a replaced generation stays: longer than the grant of any film that is not longer than six hours.
pub const RETIRED_FOR_MILLIS: u64 = 12 * 60 * 60 * 1000;
/// How long an import may say nothing before what it made is given up.
const ABANDONED_AFTER_MILLIS: u64 = 14 * 24 * 60 * 60 * 1000;
/// How long an import may be at work on a step before it notices that what it makes was given up.
const UNNOTICED_FOR_MILLIS: u64 = 24 * 60 * 60 * 1000;
/// How long the import itself has to tell the catalogue what it swapped in.
const TELL_WITHIN_MILLIS: u64 = 60 * 1000;

/// One document for each title that has a film.
pub static PLACEMENTS: Collection =
    Collection::declared("placements", &[Index { name: BY_DUE, fields: &["due"], unique: false }]);

const BY_DUE: &str = "by_due";

/// A document of [`PLACEMENTS`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlacementRecord {
    /// What plays; absent where nothing does yet, or any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Placed>,
    /// What imports are at work on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub making: Vec<Making>,
    /// What is to be deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retired: Vec<Retired>,
    /// Milliseconds since 1970 from which on something of this is to be done; absent where nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<u64>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The generation that plays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    pub generation: Generation,
    /// `SourceFacts::fingerprint` of the file that it was made from: what a film is known by, whatever it is called.
    pub content: String,
    /// Milliseconds since 1970 from which on whoever looks tells the catalogue of it; absent where it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untold: Option<u64>,
}

/// A generation that an import is at work on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Making {
    pub generation: Generation,
    pub content: String,
    /// Milliseconds since 1970 when its import last said that it goes on.
    pub seen: u64,
}

/// A generation that plays no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retired {
    pub generation: Generation,
    /// Milliseconds since 1970 from which on it is deleted.
    pub delete_at: u64,
    /// When it is deleted once more: an import that was at work on it may have stored something meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again_at: Option<u64>,
}

impl Retired {
    const fn played(generation: Generation, delete_at: u64) -> Self {
        Self { generation, delete_at, again_at: None }
    }

    /// What is left to be done about it once these were deleted.
    fn after(self, deleted: &[Generation]) -> Option<Self> {
        if !deleted.contains(&self.generation) {
            return Some(self);
        }
        self.again_at.map(|again_at| Self { delete_at: again_at, again_at: None, ..self })
    }

    const fn unfinished(generation: Generation, now: u64) -> Self {
        Self { generation, delete_at: now, again_at: Some(now + UNNOTICED_FOR_MILLIS) }
    }
}

impl PlacementRecord {
    fn set_due(&mut self) {
        let untold = self.current.iter().filter_map(|current| current.untold);
        let retired = self.retired.iter().map(|retired| retired.delete_at);
        let abandoned = self.making.iter().map(|making| making.seen.saturating_add(ABANDONED_AFTER_MILLIS));
        self.due = untold.chain(retired).chain(abandoned).min();
    }

    fn retire(&mut self, retired: Retired) {
        if self.retired.iter().all(|known| known.generation != retired.generation) {
            self.retired.push(retired);
        }
    }

    /// Whether an earlier run's work is still wanted. What a build without generations began has no entry of its own.
    fn may_go_on(&self, generation: Generation) -> bool {
        let is_free = generation == Generation::UNNAMED
            && self.current.is_none()
            && self.retired.iter().all(|retired| retired.generation != generation);
        is_free || self.is_current(generation) || self.making.iter().any(|making| making.generation == generation)
    }

    fn is_current(&self, generation: Generation) -> bool {
        self.current.as_ref().is_some_and(|current| current.generation == generation)
    }
}

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
        let Some(manifest) = media.manifest(title, Generation::UNNAMED).await? else { return Ok(None) };
        let placed = Placed { generation: Generation::UNNAMED, content: manifest.source.fingerprint, untold: None };
        let updated = self.change(title, |stored| {
            Ok::<_, StoreError>(match stored {
                None => Change::Put(PlacementRecord { current: Some(placed.clone()), ..PlacementRecord::default() }),
                Some(_) => Change::Keep,
            })
        });
        Ok(updated.await?.and_then(|record| record.current))
    }

    /// Takes part: from here on `content` is packaged for the title under a generation, which is `begun` where an earlier run of
    /// the same work used it and nobody gave it up.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin(&self, title: &TitleId, content: &str, begun: Option<Generation>) -> Result<Begun, StoreError> {
        let now = self.clock.millis();
        let fresh = Generation::random();
        let mut generation = fresh;
        let changed = self.change(title, |stored| {
            let mut record: PlacementRecord = stored.unwrap_or_default();
            generation = begun.filter(|generation| record.may_go_on(*generation)).unwrap_or(fresh);
            record.making.retain(|making| making.generation != generation);
            if !record.is_current(generation) {
                record.making.push(Making { generation, content: content.to_owned(), seen: now });
            }
            record.set_due();
            Ok::<_, StoreError>(Change::Put(record))
        });
        let over = changed.await?.and_then(|record| record.current).map(|placed| placed.generation);
        Ok(Begun { generation, over })
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
                Some(current) if current.generation == generation => current.untold = untold,
                current if current.as_ref().map(|current| current.generation) == over => {
                    let place = record.making.iter().position(|making| making.generation == generation);
                    let made = record.making.swap_remove(place.ok_or(PlaceError::Withdrawn)?);
                    *current = Some(Placed { generation, content: made.content, untold });
                    if let Some(before) = over {
                        record.retire(Retired::played(before, now + RETIRED_FOR_MILLIS));
                    }
                }
                Some(_) | None => return Err(PlaceError::Withdrawn),
            }
            record.set_due();
            Ok(Change::Put(record))
        });
        changed.await.map(drop)
    }

    /// The catalogue knows what plays.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn told(&self, title: &TitleId, generation: Generation) -> Result<(), StoreError> {
        let changed = self.change(title, |stored: Option<PlacementRecord>| {
            let Some(mut record) = stored else { return Ok(Change::Keep) };
            match &mut record.current {
                Some(current) if current.generation == generation && current.untold.is_some() => current.untold = None,
                Some(_) | None => return Ok::<_, StoreError>(Change::Keep),
            }
            record.set_due();
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
            let before = record.making.len();
            record.making.retain(|making| making.generation != generation);
            if record.making.len() == before {
                return Ok::<_, StoreError>(Change::Keep);
            }
            record.retire(Retired::unfinished(generation, now));
            record.set_due();
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
            record.retire(Retired::played(Generation::UNNAMED, now));
            if let Some(current) = record.current.take() {
                record.retire(Retired::played(current.generation, now));
            }
            for making in std::mem::take(&mut record.making) {
                record.retire(Retired::unfinished(making.generation, now));
            }
            record.retired.iter_mut().for_each(|retired| retired.delete_at = now);
            record.set_due();
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

    /// The generations of a title that are to be deleted by now; those that an import gave up are among them from here on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn to_delete(&self, title: &TitleId) -> Result<Vec<Generation>, StoreError> {
        let now = self.clock.millis();
        let Some(record) = self.record(title).await? else { return Ok(Vec::new()) };
        let is_abandoned = |making: &&Making| making.seen.saturating_add(ABANDONED_AFTER_MILLIS) <= now;
        for making in record.making.iter().filter(is_abandoned) {
            self.give_up(title, making.generation).await?;
        }
        let Some(record) = self.record(title).await? else { return Ok(Vec::new()) };
        Ok(record.retired.iter().filter(|one| one.delete_at <= now).map(|one| one.generation).collect())
    }

    /// Deletes what [`Placements::to_delete`] said of a title: the objects first, and the document itself where nothing is left.
    ///
    /// # Errors
    /// [`PlaceError`]; what is left is still due.
    pub async fn sweep(&self, title: &TitleId, over: &[Generation], media: &MediaStore) -> Result<(), PlaceError> {
        for generation in over {
            media.delete(title, *generation).await?;
        }
        let changed = self.change(title, |stored: Option<PlacementRecord>| {
            let Some(mut record) = stored else { return Ok(Change::Keep) };
            record.retired = std::mem::take(&mut record.retired).into_iter().filter_map(|one| one.after(over)).collect();
            let is_empty = record.current.is_none() && record.making.is_empty() && record.retired.is_empty();
            if is_empty && record.rest.is_empty() {
                return Ok::<_, StoreError>(Change::Delete);
            }
            record.set_due();
            Ok(Change::Put(record))
        });
        changed.await.map(drop).map_err(PlaceError::from)
    }

    async fn change<E: From<StoreError>>(
        &self,
        title: &TitleId,
        decide: impl FnMut(Option<PlacementRecord>) -> Result<Change<PlacementRecord>, E>,
    ) -> Result<Option<PlacementRecord>, E> {
        Ok(update(&*self.documents, &PLACEMENTS, title.as_str(), decide).await?.record)
    }
}
