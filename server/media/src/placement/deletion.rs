//! Deletions of places where nothing plays any more: claimed, emptied, and taken off by one write.
//!
//! A claim is a token that whoever deletes has drawn. They ask whether it is theirs still before each place and before each
//! batch of objects, and end long before others may take it over. A copy of what plays goes only where what plays is whole.
//! Must never delete anything on a claim that is another's or has run out, nor let one store that is away keep what lies in the
//! other.

use std::{collections::HashMap, time::Duration};

use contract::ids::TitleId;
use storage::{StoreError, documents::Change};
use tokio::time::{Instant, timeout_at};

use super::{
    PlaceError, Placements,
    record::{Making, Placed, PlacementRecord},
    retired::{Left, Retired},
};
use crate::{
    location::Location,
    manifest::MANIFEST_FILE,
    store::{Listed, MediaStore},
};

/// How long whoever claims places may delete, all of them together: half of the time that they are left alone with them, so
/// that what a store was asked for at last is done before anybody else begins.
const DELETE_WITHIN: Duration = Duration::from_secs(10 * 60);
/// Objects that are deleted before it is asked again whose the claim is.
const BATCH: usize = 500;

/// The right to empty some places of a title.
#[derive(Debug)]
pub struct DeletionClaim {
    token: u32,
    places: Vec<Location>,
    /// By the clock that never steps, and by the one that goes on while the machine sleeps, in milliseconds since 1970.
    begun: (Instant, u64),
}

impl DeletionClaim {
    /// What is to be emptied.
    pub fn places(&self) -> &[Location] {
        &self.places
    }

    fn ends(&self) -> Instant {
        self.begun.0 + DELETE_WITHIN
    }

    fn has_ended(&self, now: u64) -> bool {
        let passed = Duration::from_millis(now.saturating_sub(self.begun.1));
        Instant::now() >= self.ends() || passed >= DELETE_WITHIN
    }
}

impl Placements {
    /// Claims the places of a title that are to be emptied by now: nothing is moved there before they are empty. What an import
    /// gave up is among them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn to_delete(&self, title: &TitleId) -> Result<DeletionClaim, StoreError> {
        let (token, begun) = (rand::random(), (Instant::now(), self.clock.millis()));
        let now = begun.1;
        let mut places = Vec::new();
        let changed = self.change(title, |stored: Option<PlacementRecord>| {
            places.clear();
            let Some(before) = stored else { return Ok::<_, StoreError>(Change::Keep) };
            let mut record = before.clone();
            let making = std::mem::take(&mut record.making).into_iter();
            let (abandoned, under_way): (Vec<Making>, Vec<Making>) = making.partition(|making| making.is_abandoned(now));
            record.making = under_way;
            for making in abandoned {
                record.retire(Retired::unfinished(making.location(), now));
            }
            places = record.claim_due(token, now);
            if record == before {
                return Ok(Change::Keep);
            }
            record.settle();
            Ok(Change::Put(record))
        });
        changed.await?;
        Ok(DeletionClaim { token, places, begun })
    }

    /// Deletes what is claimed of a title: the objects first, and the document itself where nothing is left. Every place is
    /// tried.
    ///
    /// # Errors
    /// The first [`PlaceError`]; what is left is still due.
    pub async fn sweep(&self, title: &TitleId, claim: &DeletionClaim, media: &MediaStore) -> Result<(), PlaceError> {
        let (left, failure) = self.empty_all(title, claim, media).await;
        self.settle_claim(title, claim, |place| left.get(&place).copied().unwrap_or(Left::Released)).await?;
        failure.map_or(Ok(()), Err)
    }

    /// As [`Placements::sweep`], but all of it stays due: something else that is to be done about the title failed.
    ///
    /// # Errors
    /// The first [`PlaceError`].
    pub async fn sweep_and_stay_due(&self, title: &TitleId, claim: &DeletionClaim, media: &MediaStore) -> Result<(), PlaceError> {
        let (left, failure) = self.empty_all(title, claim, media).await;
        let stay = |left: Left| if left == Left::Emptied { Left::Released } else { left };
        self.settle_claim(title, claim, |place| left.get(&place).copied().map_or(Left::Released, stay)).await?;
        failure.map_or(Ok(()), Err)
    }

    async fn empty_all(
        &self,
        title: &TitleId,
        claim: &DeletionClaim,
        media: &MediaStore,
    ) -> (HashMap<Location, Left>, Option<PlaceError>) {
        let (mut all, mut failure) = (HashMap::new(), None);
        for place in &claim.places {
            let emptied = timeout_at(claim.ends(), self.empty(title, *place, claim, media)).await;
            let left = match emptied.unwrap_or(Err(PlaceError::OutOfTime)) {
                Ok(()) => Left::Emptied,
                Err(error) => {
                    let left = after(&error);
                    if left == Left::Spared {
                        tracing::warn!(%title, store = %place.store, %error, "a copy is deleted once what plays is whole");
                    } else {
                        failure.get_or_insert(error);
                    }
                    left
                }
            };
            all.insert(*place, left);
        }
        (all, failure)
    }

    async fn empty(&self, title: &TitleId, place: Location, claim: &DeletionClaim, media: &MediaStore) -> Result<(), PlaceError> {
        let record = self.claimed(title, place, claim).await?;
        match record.current {
            // Whatever became of its entry: what plays stays.
            Some(current) if current.location() == place => return Ok(()),
            Some(current) if current.generation == place.generation => check_whole(title, &current, place, media).await?,
            Some(_) | None => {}
        }
        let keys = media.keys(title, place).await?;
        let (manifest, others) = keys.split_at(keys.len().min(1));
        for batch in std::iter::once(manifest).chain(others.chunks(BATCH)) {
            self.claimed(title, place, claim).await?;
            media.delete_keys(place.store, batch, || !claim.has_ended(self.clock.millis())).await?;
        }
        // Objects that came late were left.
        self.claimed(title, place, claim).await.map(drop)
    }

    /// What is stored, where the claim of this place is still one's own.
    async fn claimed(&self, title: &TitleId, place: Location, claim: &DeletionClaim) -> Result<PlacementRecord, PlaceError> {
        let record = self.record(title).await?.ok_or(PlaceError::ClaimLost)?;
        let is_own = |retired: &Retired| retired.location() == place && retired.claim == Some(claim.token);
        if !record.retired.iter().any(is_own) {
            return Err(PlaceError::ClaimLost);
        }
        // Last, because the answer may have been long in coming.
        if claim.has_ended(self.clock.millis()) { Err(PlaceError::OutOfTime) } else { Ok(record) }
    }

    /// Says what became of the claimed places. What another has claimed since is left to them.
    async fn settle_claim(
        &self,
        title: &TitleId,
        claim: &DeletionClaim,
        left: impl Fn(Location) -> Left + Send + Sync,
    ) -> Result<(), StoreError> {
        let now = self.clock.millis();
        let changed = self.change(title, |stored: Option<PlacementRecord>| {
            let Some(before) = stored else { return Ok(Change::Keep) };
            let mut record = before.clone();
            let retired = std::mem::take(&mut record.retired).into_iter();
            record.retired = retired
                .filter_map(|one| {
                    let left = left(one.location());
                    one.after(claim.token, left, now)
                })
                .collect();
            let is_empty = record.current.is_none() && record.making.is_empty() && record.retired.is_empty();
            if is_empty && record.rest.is_empty() {
                return Ok::<_, StoreError>(Change::Delete);
            }
            record.settle();
            Ok(if record == before { Change::Keep } else { Change::Put(record) })
        });
        changed.await.map(drop)
    }
}

const fn after(error: &PlaceError) -> Left {
    match error {
        PlaceError::NotWhole(_) => Left::Spared,
        PlaceError::OutOfTime => Left::Claimed,
        PlaceError::Withdrawn | PlaceError::Store(_) | PlaceError::Objects(_) | PlaceError::ClaimLost => Left::Released,
    }
}

/// Whether everything is where it plays of what is to be deleted in `place`, a copy of it.
async fn check_whole(title: &TitleId, current: &Placed, place: Location, media: &MediaStore) -> Result<(), PlaceError> {
    let unreadable = |error: object_store::Error| PlaceError::NotWhole(error.to_string());
    let plays = current.location();
    let not_whole = |words: &str| PlaceError::NotWhole(format!("{words} in the store {}", plays.store));
    media.manifest(title, plays).await.map_err(unreadable)?.ok_or_else(|| not_whole("it has no manifest that can be read"))?;
    let there = media.list(title, plays).await.map_err(unreadable)?;
    let bytes = there.iter().map(|object| object.size).sum();
    if current.lacks_some_of(there.len() as u64, bytes) {
        return Err(not_whole("there is less of it than was put there"));
    }
    // Also of what nobody has counted.
    let copy = media.list(title, place).await?;
    let there: HashMap<&str, u64> = there.iter().map(|Listed { name, size }| (name.as_str(), *size)).collect();
    let is_there = |Listed { name, size }: &Listed| name == MANIFEST_FILE || there.get(name.as_str()) == Some(size);
    match copy.iter().find(|object| !is_there(object)) {
        Some(Listed { name, .. }) => Err(not_whole(&format!("{name} is missing"))),
        None => Ok(()),
    }
}
