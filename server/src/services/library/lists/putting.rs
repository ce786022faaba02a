//! A title goes onto a list and off it, and what takes either back.
//!
//! A device names each of its changes. A title notes the name of the change that put it on, and of one that is taken off it is kept how it
//! stood, under the name of the change that took it off. So Undo takes off what that change put there, and nothing that was there before;
//! and it brings back place and note, wherever the title was taken off. Must never take back more than the change did, nor twice.

use contract::{Code, Problem, ids::TitleId};
use storage::{
    StoreError,
    documents::{Change, Collection, Expect, Find, PAGE_LIMIT, Write, all_of, read, update},
};

use super::{
    super::{
        place::Place,
        record::{LISTED, ListedRecord, TAKEN_OFF, TAKEN_OFF_BY_PROFILE, TakenOffRecord},
    },
    GUEST_TITLES, ListKey, Lists, TITLES,
};

/// Titles of one profile that are kept as they stood before they were taken off: the oldest give way.
const KEPT: u64 = 100;

/// How a title is put on.
#[derive(Clone, Debug, Default)]
pub struct Putting {
    /// Nothing leaves what is noted.
    pub note: Option<String>,
    pub is_guest: bool,
    /// The name of this change.
    pub change: Option<u64>,
    /// The change that took it off, which this one takes back.
    pub restores: Option<u64>,
}

/// How a title is taken off.
#[derive(Clone, Copy, Debug, Default)]
pub struct TakingOff {
    pub is_guest: bool,
    /// The name of this change.
    pub change: Option<u64>,
    /// The change that put it on, which this one takes back.
    pub undoes: Option<u64>,
}

impl Lists {
    /// Puts a title on top, or to where it stood; says something else of one that is there. Whether it was not there before.
    ///
    /// # Errors
    /// `not_found` where there is no such list; `limit_reached`; [`StoreError`].
    pub async fn put_on(&self, key: &ListKey, title: &TitleId, putting: Putting) -> Result<bool, Problem> {
        if !self.exists(key).await? {
            return Err(Problem::not_found("list"));
        }
        let id = key.title(title);
        if read::<ListedRecord>(&*self.store, &LISTED, &id).await?.is_some() {
            if let Some(note) = putting.note.filter(|_| putting.restores.is_none()) {
                self.annotate(&id, &note).await?;
            }
            return Ok(false);
        }
        let was = self.taken_off_by(&id, putting.restores).await?;
        if was.as_ref().is_some_and(|was| was.is_restored) {
            // Taken back before, by the same Undo that is sent again, and taken off since.
            return Ok(false);
        }
        let limit = if putting.is_guest { GUEST_TITLES } else { TITLES };
        let too_many = || Problem::new(Code::LimitReached).with_detail(format!("There are {limit} titles on it already."));
        if self.count(key).await? >= limit {
            return Err(too_many());
        }
        let now = self.clock.millis();
        let (guest_updated, added_by) = (putting.is_guest.then_some(now), putting.change);
        let record = match &was {
            Some(TakenOffRecord { was, .. }) => ListedRecord { guest_updated, added_by, ..was.clone() },
            None => ListedRecord {
                profile: key.profile.clone(),
                list: key.id(),
                title: title.clone(),
                place: Place::on_top(self.first_place(key).await?.as_ref(), now),
                added: now,
                note: putting.note.unwrap_or_default(),
                guest_updated,
                added_by,
                unknown: serde_json::Map::new(),
            },
        };
        let body = serde_json::to_value(record).map_err(|_| Problem::internal())?;
        let version = match self.store.put(&LISTED, Write { id: id.clone(), body, expect: Expect::Absent }).await {
            Ok(version) => version,
            // Another device was faster.
            Err(StoreError::Conflict { .. }) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        if self.count(key).await? > limit && self.take_back(&LISTED, &id, version).await? {
            return Err(too_many());
        }
        if was.is_some() {
            self.note_restored(&id, putting.restores).await?;
        }
        if self.exists(key).await? {
            return Ok(true);
        }
        // Deleted meanwhile, and what was on it perhaps before this was.
        self.store.delete(&LISTED, &id, Expect::Anything).await?;
        Err(Problem::not_found("list"))
    }

    /// As [`Lists::put_on`], of no named change.
    ///
    /// # Errors
    /// As [`Lists::put_on`].
    pub async fn add(&self, key: &ListKey, title: &TitleId, note: Option<String>, is_guest: bool) -> Result<bool, Problem> {
        self.put_on(key, title, Putting { note, is_guest, ..Putting::default() }).await
    }

    async fn annotate(&self, id: &str, note: &str) -> Result<(), StoreError> {
        let noted = update(&*self.store, &LISTED, id, |stored: Option<ListedRecord>| {
            Ok::<_, StoreError>(
                stored.map_or(Change::Keep, |stored| Change::Put(ListedRecord { note: note.to_owned(), ..stored })),
            )
        });
        noted.await.map(drop)
    }

    /// Deletes what was written as this version; whether it was there as that.
    pub(super) async fn take_back(&self, collection: &'static Collection, id: &str, version: u64) -> Result<bool, StoreError> {
        match self.store.delete(collection, id, Expect::Version(version)).await {
            // What another device says of it by now is not this change's to take away.
            Err(StoreError::Conflict { .. }) => Ok(false),
            outcome => outcome,
        }
    }

    /// Takes a title off; whether it was on it, and put there by the change that this one takes back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_off(&self, key: &ListKey, title: &TitleId, taking: TakingOff) -> Result<bool, StoreError> {
        let id = key.title(title);
        let is_meant = |stored: &ListedRecord| taking.undoes.is_none() || stored.added_by == taking.undoes;
        let found = read::<ListedRecord>(&*self.store, &LISTED, &id).await?;
        let Some((stored, _)) = found.filter(|(stored, _)| is_meant(stored)) else { return Ok(false) };
        // Before it is off: a change that is broken off between the two is sent again.
        if let Some(change) = taking.change {
            self.keep_taken_off(&id, stored, change, taking.is_guest).await?;
        }
        let mut was_on = false;
        let taken = update(&*self.store, &LISTED, &id, |stored: Option<ListedRecord>| {
            was_on = stored.as_ref().is_some_and(is_meant);
            Ok::<_, StoreError>(if was_on { Change::Delete } else { Change::Keep })
        });
        taken.await?;
        Ok(was_on)
    }

    /// Keeps how a title stood. Of one that is taken off again it is how it stood last.
    async fn keep_taken_off(&self, id: &str, was: ListedRecord, change: u64, is_guest: bool) -> Result<(), StoreError> {
        let now = self.clock.millis();
        let record = TakenOffRecord {
            profile: was.profile.clone(),
            list: was.list.clone(),
            title: was.title.clone(),
            taken_off: now,
            change,
            is_restored: false,
            was,
            guest_updated: is_guest.then_some(now),
            unknown: serde_json::Map::new(),
        };
        let profile = record.profile.clone();
        let body = serde_json::to_value(record).map_err(|error| StoreError::corrupt(id, error))?;
        self.store.put(&TAKEN_OFF, Write { id: id.to_owned(), body, expect: Expect::Anything }).await?;
        let kept = all_of(TAKEN_OFF_BY_PROFILE, &[profile.as_str()]);
        let beyond = self.store.count_found(&TAKEN_OFF, kept.clone()).await?.saturating_sub(KEPT);
        let Some(limit) = u32::try_from(beyond).ok().filter(|beyond| *beyond > 0) else { return Ok(()) };
        let oldest = self.store.find(&TAKEN_OFF, Find { limit: limit.min(PAGE_LIMIT), ..kept }).await?.documents;
        for document in oldest {
            // One that was kept anew meanwhile is not the oldest.
            self.take_back(&TAKEN_OFF, &document.id, document.version).await?;
        }
        Ok(())
    }

    /// How a title stood before this change took it off; nothing where it did not, or that is not known any more.
    async fn taken_off_by(&self, id: &str, change: Option<u64>) -> Result<Option<TakenOffRecord>, StoreError> {
        let Some(change) = change else { return Ok(None) };
        let found = read::<TakenOffRecord>(&*self.store, &TAKEN_OFF, id).await?;
        Ok(found.map(|(record, _)| record).filter(|record| record.change == change))
    }

    /// Has a change taken back once, however often that is asked for.
    async fn note_restored(&self, id: &str, change: Option<u64>) -> Result<(), StoreError> {
        let noted = update(&*self.store, &TAKEN_OFF, id, |stored: Option<TakenOffRecord>| {
            let stored = stored.filter(|stored| Some(stored.change) == change);
            let noted = stored.map(|stored| TakenOffRecord { is_restored: true, ..stored });
            Ok::<_, StoreError>(noted.map_or(Change::Keep, Change::Put))
        });
        noted.await.map(drop)
    }
}
