//! Which ids lists have that are not there: those that are being made, and those that were deleted.
//!
//! A list takes its place among those that a profile may have before it is made, in one document of the profile: of many that are
//! made at once those beyond are refused, and no other. The id of a list that is deleted leaves a tombstone there, so that a
//! request to make it that is sent again makes none.

use std::collections::HashSet;

use contract::{Problem, ids::ListId};
use storage::{
    StoreError,
    documents::{Change, Find, PAGE_LIMIT, all_of},
};

use super::{
    super::{
        readable::{read_readable, update_readable},
        record::{LIST_IDS, LISTS, LISTS_BY_PROFILE, ListIdsRecord, MakingList},
    },
    LISTS_AT_MOST, ListKey, Lists,
    making::{Gone, too_many},
};

/// Deleted lists of one profile that are known: the oldest give way.
const DELETED: usize = 200;
/// How long a place is a list's whether or not that is there, in milliseconds: for longer than any request goes on.
const STAYS: u64 = 10 * 60 * 1_000;

impl Lists {
    /// Gives a list that is not there its place. `guest_updated` is as of the list.
    ///
    /// # Errors
    /// `not_found` where it was deleted and stays so; `limit_reached`; [`StoreError`].
    pub(super) async fn claim(&self, key: &ListKey, guest_updated: Option<u64>, gone: Gone) -> Result<(), Problem> {
        let (list, now) = (key.list_id()?, self.clock.millis());
        // Before the places are looked at, which stay for a while beside the lists: one that is made meanwhile is among them.
        let find = Find { limit: PAGE_LIMIT, ..all_of(LISTS_BY_PROFILE, &[key.profile.as_str()]) };
        let there = self.store.find(&LISTS, find).await?.documents;
        let there: Vec<ListId> = there.iter().filter_map(|list| ListKey::parse(&list.id).ok()?.list_id().ok()).collect();
        let mut refused = None;
        let claimed = update_readable(&*self.store, &LIST_IDS, key.profile.as_str(), |stored: Option<ListIdsRecord>| {
            refused = None;
            let mut ids = stored.unwrap_or_default();
            match gone {
                Gone::StaysGone if ids.deleted.contains(&list) => {
                    refused = Some(Problem::not_found("list"));
                    return Ok(Change::Keep);
                }
                Gone::StaysGone | Gone::MadeAnew => ids.deleted.retain(|deleted| *deleted != list),
            }
            ids.making.retain(|making| making.since.abs_diff(now) < STAYS && making.list != list);
            let taken: HashSet<&ListId> = there.iter().chain(ids.making.iter().map(|making| &making.list)).collect();
            if u64::try_from(taken.len()).unwrap_or(u64::MAX) >= LISTS_AT_MOST && !taken.contains(&list) {
                refused = Some(too_many());
                return Ok(Change::Keep);
            }
            ids.making.push(MakingList { list: list.clone(), since: now });
            Ok(Change::Put(ListIdsRecord { guest_updated, ..ids }))
        });
        claimed.await?;
        refused.map_or(Ok(()), Err)
    }

    /// Notes that a list is deleted: its id is none's any more. `guest_updated` is as of the list.
    pub(super) async fn bury(&self, key: &ListKey, guest_updated: Option<u64>) -> Result<(), StoreError> {
        let list = key.list_id()?;
        let buried = update_readable(&*self.store, &LIST_IDS, key.profile.as_str(), |stored: Option<ListIdsRecord>| {
            let mut ids = stored.unwrap_or_default();
            ids.making.retain(|making| making.list != list);
            ids.deleted.retain(|deleted| *deleted != list);
            ids.deleted.push(list.clone());
            let beyond = ids.deleted.len().saturating_sub(DELETED);
            ids.deleted.drain(..beyond);
            Ok(Change::Put(ListIdsRecord { guest_updated, ..ids }))
        });
        buried.await.map(drop)
    }

    /// Whether a list was deleted.
    pub(super) async fn is_deleted(&self, key: &ListKey) -> Result<bool, StoreError> {
        let list = key.list_id()?;
        let found = read_readable::<ListIdsRecord>(&*self.store, &LIST_IDS, key.profile.as_str()).await?;
        Ok(found.is_some_and(|(ids, _)| ids.deleted.contains(&list)))
    }
}
