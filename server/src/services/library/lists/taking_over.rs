//! What a guest has on lists goes along into a profile of an account, as far as there is room.

use std::collections::{HashMap, hash_map::Entry};

use contract::ids::ProfileId;
use serde::Serialize;
use storage::{
    StoreError,
    documents::{Collection, Expect, Find, PAGE_LIMIT, Write, all_of},
};

use super::{
    super::{
        readable::readable,
        record::{LISTED, LISTED_BY_PROFILE, LISTS, ListRecord, ListedRecord},
    },
    ListKey, Lists, TITLES,
};

impl Lists {
    /// Takes a guest's lists along: what is on both stays where it is on the one that stays. What is beyond a limit is left out.
    ///
    /// # Errors
    /// [`StoreError`]; then some are left, to be taken by the next call.
    pub async fn merge(&self, from: &ProfileId, into: &ProfileId) -> Result<(), StoreError> {
        for (key, list) in self.of(from).await? {
            let taken = ListRecord { profile: into.clone(), guest_updated: None, ..list };
            let key = ListKey { profile: into.clone(), ..key };
            if self.room_for_lists(&key).await? > 0 {
                self.take(&LISTS, key.id(), &taken).await?;
            }
        }
        // How many titles each list takes yet; nothing where there is no such list.
        let mut rooms: HashMap<String, u64> = HashMap::new();
        loop {
            let find = all_of(LISTED_BY_PROFILE, &[from.as_str()]);
            let some = self.store.find(&LISTED, Find { limit: PAGE_LIMIT, ..find }).await?.documents;
            if some.is_empty() {
                return self.forget(from).await;
            }
            for document in some {
                let listed = readable::<ListedRecord>(&document);
                let Some((listed, key)) = listed.and_then(|listed| ListKey::parse(&listed.list).ok().map(|key| (listed, key)))
                else {
                    self.store.delete(&LISTED, &document.id, Expect::Anything).await?;
                    continue;
                };
                let key = ListKey { profile: into.clone(), ..key };
                let room = match rooms.entry(key.id()) {
                    Entry::Occupied(room) => room.into_mut(),
                    Entry::Vacant(room) => room.insert(self.room_on(&key).await?),
                };
                let taken = ListedRecord { profile: into.clone(), list: key.id(), guest_updated: None, ..listed };
                if *room > 0 && self.take(&LISTED, key.title(&taken.title), &taken).await? {
                    *room -= 1;
                }
                self.store.delete(&LISTED, &document.id, Expect::Anything).await?;
            }
        }
    }

    async fn room_on(&self, key: &ListKey) -> Result<u64, StoreError> {
        Ok(if self.exists(key).await? { TITLES.saturating_sub(self.count(key).await?) } else { 0 })
    }

    /// Puts a record where there is none; whether there was none.
    async fn take(&self, collection: &'static Collection, id: String, record: &impl Serialize) -> Result<bool, StoreError> {
        let body = serde_json::to_value(record).map_err(|error| StoreError::corrupt(&id, error))?;
        match self.store.put(collection, Write { id, body, expect: Expect::Absent }).await {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
