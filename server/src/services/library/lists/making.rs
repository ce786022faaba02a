//! A list is made, says something else of itself, and is deleted.
//!
//! The household that sees a list is told of each change by the list itself; that it sees one no more the list cannot say any more, and
//! [`HOUSEHOLD_LISTS`] does.

use contract::{Code, Problem, ids::AccountId};
use serde_json::Value;
use storage::{
    StoreError,
    documents::{Change, Expect, all_of, delete_all, get_readable, read, update},
};

use super::{
    super::record::{
        HOUSEHOLD_LISTS, HouseholdListRecord, LISTED, LISTED_BY_LIST, LISTS, LISTS_BY_PROFILE, ListRecord, TAKEN_OFF,
        TAKEN_OFF_BY_LIST,
    },
    LISTS_AT_MOST, ListKey, Lists,
};

impl Lists {
    /// Makes a list, or replaces what it says of itself. A guest's expires by `guest_updated`.
    ///
    /// # Errors
    /// `limit_reached`; [`StoreError`].
    pub async fn replace(&self, key: &ListKey, wanted: ListRecord) -> Result<(), Problem> {
        let id = key.id();
        if self.store.get(&LISTS, &id).await?.is_none() && self.room_for_lists(key).await? == 0 {
            return Err(too_many());
        }
        let mut before = None;
        let replaced = update(&*self.store, &LISTS, &id, |stored: Option<ListRecord>| {
            let unknown = stored.as_ref().map(|stored| stored.unknown.clone()).unwrap_or_default();
            before = stored;
            Ok::<_, StoreError>(Change::Put(ListRecord { unknown, ..wanted.clone() }))
        });
        let version = replaced.await?.version;
        let Some(before) = before else {
            if self.lists_of(key).await? > LISTS_AT_MOST {
                // Others were made at the same time.
                return if self.take_back(&LISTS, &id, version).await? { Err(too_many()) } else { Ok(()) };
            }
            return Ok(());
        };
        match before.household.filter(|household| wanted.household.as_ref() != Some(household)) {
            Some(household) => Ok(self.tell_household(&household, key).await?),
            None => Ok(()),
        }
    }

    /// How many lists may be made yet.
    pub(super) async fn room_for_lists(&self, key: &ListKey) -> Result<u64, StoreError> {
        Ok(LISTS_AT_MOST.saturating_sub(self.lists_of(key).await?))
    }

    async fn lists_of(&self, key: &ListKey) -> Result<u64, StoreError> {
        self.store.count_found(&LISTS, all_of(LISTS_BY_PROFILE, &[key.profile.as_str()])).await
    }

    /// Deletes a list, and then what is on it; a call that was broken off is made good by the next.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete(&self, key: &ListKey) -> Result<(), StoreError> {
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

fn too_many() -> Problem {
    Problem::new(Code::LimitReached).with_detail(format!("There are {LISTS_AT_MOST} lists already."))
}
