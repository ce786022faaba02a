//! A list is made, says something else of itself, and is deleted. What that does to its id [`super::ids`] knows.
//!
//! The household that sees a list is told of each change by the list itself; that it sees one no more the list cannot say any
//! more, and [`HOUSEHOLD_LISTS`] does.

use contract::{Code, Problem, ids::AccountId};
use serde_json::Value;
use storage::{
    StoreError,
    documents::{Change, Expect, Write, all_of, delete_all, delete_unchanged, get_readable, read, update},
};

use super::{
    super::record::{
        HOUSEHOLD_LISTS, HouseholdListRecord, LISTED, LISTED_BY_LIST, LISTS, LISTS_BY_PROFILE, ListRecord, TAKEN_OFF,
        TAKEN_OFF_BY_LIST,
    },
    LISTS_AT_MOST, ListKey, Lists,
};

/// What becomes of a list that was deleted, where it is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gone {
    /// It is not made again: a request that made it is sent again.
    StaysGone,
    /// It is made anew.
    MadeAnew,
}

impl Lists {
    /// Makes a list, also one that was deleted, or replaces what it says of itself. A guest's expires by `guest_updated`.
    ///
    /// # Errors
    /// `limit_reached`; [`StoreError`].
    pub async fn replace(&self, key: &ListKey, wanted: ListRecord) -> Result<(), Problem> {
        self.make(key, wanted, Gone::MadeAnew).await
    }

    /// As [`Lists::replace`], by a request that may be sent again.
    ///
    /// # Errors
    /// As [`Lists::replace`]; `not_found` where it was deleted.
    pub async fn save(&self, key: &ListKey, wanted: ListRecord) -> Result<(), Problem> {
        self.make(key, wanted, Gone::StaysGone).await
    }

    async fn make(&self, key: &ListKey, wanted: ListRecord, gone: Gone) -> Result<(), Problem> {
        if self.change(key, &wanted).await? {
            return Ok(());
        }
        self.claim(key, wanted.guest_updated, gone).await?;
        let (id, body) = (key.id(), serde_json::to_value(&wanted).map_err(|_| Problem::internal())?);
        match self.store.put(&LISTS, Write { id: id.clone(), body, expect: Expect::Absent }).await {
            Ok(version) if self.is_deleted(key).await? => {
                // Meanwhile, before there was anything to delete.
                delete_unchanged(&*self.store, &LISTS, (&id, version)).await?;
                Err(Problem::not_found("list"))
            }
            Ok(_) => Ok(()),
            // By the same request, at the same time.
            Err(StoreError::Conflict { .. }) if self.change(key, &wanted).await? => Ok(()),
            Err(StoreError::Conflict { .. }) => Err(Problem::not_found("list")),
            Err(error) => Err(error.into()),
        }
    }

    /// Replaces what a list says of itself, also where that cannot be read; whether there is one.
    async fn change(&self, key: &ListKey, wanted: &ListRecord) -> Result<bool, StoreError> {
        let (id, mut before, mut is_there) = (key.id(), None, false);
        let changed = update(&*self.store, &LISTS, &id, |stored: Option<Value>| {
            is_there = stored.is_some();
            let Some(stored) = stored else { return Ok(Change::Keep) };
            before = serde_json::from_value::<ListRecord>(stored).ok();
            let unknown = before.as_ref().map(|before| before.unknown.clone()).unwrap_or_default();
            let record = ListRecord { unknown, ..wanted.clone() };
            serde_json::to_value(record).map(Change::Put).map_err(|error| StoreError::corrupt(&id, error))
        });
        changed.await?;
        let household = before.and_then(|before| before.household);
        if let Some(household) = household.filter(|household| wanted.household.as_ref() != Some(household)) {
            self.tell_household(&household, key).await?;
        }
        Ok(is_there)
    }

    /// How many lists may be made yet.
    pub(super) async fn room_for_lists(&self, key: &ListKey) -> Result<u64, StoreError> {
        let there = self.store.count_found(&LISTS, all_of(LISTS_BY_PROFILE, &[key.profile.as_str()])).await?;
        Ok(LISTS_AT_MOST.saturating_sub(there))
    }

    /// Deletes a list for good, and then what is on it; a call that was broken off is made good by the next. `guest_updated` is
    /// as of the list.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete(&self, key: &ListKey, guest_updated: Option<u64>) -> Result<(), StoreError> {
        // First: what is made meanwhile sees it.
        self.bury(key, guest_updated).await?;
        self.clear_away(key).await
    }

    /// Deletes a list that may be made anew, and what is on it.
    pub(super) async fn clear_away(&self, key: &ListKey) -> Result<(), StoreError> {
        let id = key.id();
        let household = match read::<ListRecord>(&*self.store, &LISTS, &id).await {
            Ok(found) => found.and_then(|(list, _)| list.household),
            // One that cannot be read is deleted all the same.
            Err(StoreError::Corrupt { .. }) => None,
            Err(error) => return Err(error),
        };
        self.store.delete(&LISTS, &id, Expect::Anything).await?;
        if let Some(household) = household {
            self.tell_household(&household, key).await?;
        }
        delete_all(&*self.store, &LISTED, LISTED_BY_LIST, &[id.as_str().into()]).await?;
        delete_all(&*self.store, &TAKEN_OFF, TAKEN_OFF_BY_LIST, &[id.into()]).await
    }

    /// Has a household told that a list is another for it. What is noted is only a bell: one that cannot be read is rung anew.
    async fn tell_household(&self, household: &AccountId, key: &ListKey) -> Result<(), StoreError> {
        let list = key.list_id()?;
        let note = |stored: Option<Value>| {
            let stored = stored.and_then(|stored| serde_json::from_value::<HouseholdListRecord>(stored).ok());
            let (changes, unknown) = stored.map_or_else(Default::default, |stored| (stored.changes, stored.unknown));
            let record = HouseholdListRecord { list: list.clone(), changes: changes.saturating_add(1), unknown };
            serde_json::to_value(record).map(Change::Put).map_err(|error| StoreError::corrupt(household, error))
        };
        get_readable(&*self.store, &HOUSEHOLD_LISTS, household.as_str()).await?;
        update(&*self.store, &HOUSEHOLD_LISTS, household.as_str(), note).await.map(drop)
    }

    /// Forgets what an account was told of.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_account(&self, account: &AccountId) -> Result<(), StoreError> {
        self.store.delete(&HOUSEHOLD_LISTS, account.as_str(), Expect::Anything).await.map(drop)
    }
}

pub(super) fn too_many() -> Problem {
    Problem::new(Code::LimitReached).with_detail(format!("There are {LISTS_AT_MOST} lists already."))
}
