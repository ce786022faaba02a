//! The library: what a profile keeps. The snapshot of its screen, to continue from on another device, and its lists of titles,
//! and its history; and how lists and history are taken elsewhere and back.
//!
//! Owns the documents `snapshots`, `lists`, `listed_titles`, `taken_off_titles`, `list_ids`, `household_lists`, `watched_titles`,
//! `watched_changes` and `history_settings`. Must never look into a snapshot: its shape is the client's.

mod changes;
mod days;
mod feeds;
mod file;
mod history;
mod interactions;
mod lists;
mod place;
mod record;
mod shown;
mod snapshot_merge;
mod snapshots;
mod table;
mod transfers;
mod v1;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use contract::{
    ids::{AccountId, ProfileId, TitleId},
    library::{
        AddFavourite, AddNamedFavourite, AddToList, DeleteList, ExportCsv, ExportLibrary, ForgetHistory, GetHistorySettings,
        GetList, GetMarks, GetSnapshot, ImportLibrary, ListFavourites, ListHistory, ListLists, ListWatchedTitles, MarkUnwatched,
        MarkWatched, MergeSnapshot, MoveInList, RemoveFavourite, RemoveFromList, ReplaceHistorySettings, ReplaceList,
        SaveSnapshot,
    },
};
use runtime::clock::Clock;
use storage::{
    StoreError,
    documents::{Change, Collection, Document, Documents, Expect},
};
use tokio::sync::Mutex;

use self::{
    history::History,
    lists::Lists,
    record::{
        BY_GUEST, HISTORY_SETTINGS, HOUSEHOLD_LISTS, LIST_IDS, LISTED, LISTED_BY_PROFILE, LISTS, LISTS_BY_PROFILE,
        SETTINGS_CHANGES, SNAPSHOTS, SnapshotRecord, TAKEN_OFF, TAKEN_OFF_OF_PROFILE, WATCHED, WATCHED_CHANGES,
        WATCHED_CHANGES_OF_PROFILE, WATCHED_OF_PROFILE,
    },
    shown::Shown,
    snapshots::Stored,
    transfers::Transfers,
};
use super::{
    Service, answer,
    exporting::{self, Exported},
    feeds::Feed,
    keepers::{self, Tombstones},
    readable,
    recorder::Recorder,
};
use crate::mount::Mount;

/// The service.
pub struct Library {
    documents: Arc<dyn Documents>,
    lists: Lists,
    history: History,
    tombstones: Arc<dyn Tombstones>,
    clock: Clock,
    recorder: Recorder,
    transfers: Transfers,
    /// Snapshots that cannot be read are begun anew one after the other.
    beginning_anew: Mutex<()>,
    shown: Shown,
}

/// What became of many that were added together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    added: u64,
    /// Was there before.
    known: u64,
    /// Beyond a limit.
    left_out: u64,
}

impl Library {
    pub fn new(documents: Arc<dyn Documents>, tombstones: Arc<dyn Tombstones>, clock: Clock, recorder: Recorder) -> Self {
        let lists = Lists::new(Arc::clone(&documents), clock.clone());
        let history = History::new(Arc::clone(&documents), clock.clone());
        Self {
            documents,
            lists,
            history,
            tombstones,
            clock,
            recorder,
            transfers: Transfers::default(),
            beginning_anew: Mutex::default(),
            shown: Shown::default(),
        }
    }
}

#[async_trait]
impl Service for Library {
    fn name(&self) -> &'static str {
        "library"
    }

    fn mount(self: Arc<Self>, mount: &mut Mount) {
        answer!(mount, self, GetSnapshot, get_snapshot);
        answer!(mount, self, SaveSnapshot, save_snapshot);
        answer!(mount, self, MergeSnapshot, merge_snapshot);
        answer!(mount, self, GetMarks, get_marks);
        answer!(mount, self, ListLists, list_lists);
        answer!(mount, self, ReplaceList, replace_list);
        answer!(mount, self, DeleteList, delete_list);
        answer!(mount, self, GetList, get_list);
        answer!(mount, self, AddToList, add_to_list);
        answer!(mount, self, RemoveFromList, remove_from_list);
        answer!(mount, self, MoveInList, move_in_list);
        answer!(mount, self, ListFavourites, list_favourites);
        answer!(mount, self, AddFavourite, add_favourite);
        answer!(mount, self, AddNamedFavourite, add_named_favourite);
        answer!(mount, self, RemoveFavourite, remove_favourite);
        answer!(mount, self, ListHistory, list_history);
        answer!(mount, self, ListWatchedTitles, list_watched_titles);
        answer!(mount, self, MarkWatched, mark_watched);
        answer!(mount, self, MarkUnwatched, mark_unwatched);
        answer!(mount, self, ForgetHistory, forget_history);
        answer!(mount, self, GetHistorySettings, get_history_settings);
        answer!(mount, self, ReplaceHistorySettings, replace_history_settings);
        answer!(mount, self, ExportLibrary, export_library);
        answer!(mount, self, ExportCsv, export_csv);
        answer!(mount, self, ImportLibrary, import_library);
    }

    fn feeds(&self) -> Vec<Feed> {
        feeds::FEEDS.to_vec()
    }

    async fn forget(&self, profile: &ProfileId) -> Result<(), StoreError> {
        self.lists.forget(profile).await?;
        self.history.forget(profile).await?;
        self.documents.delete(&SETTINGS_CHANGES, profile.as_str(), Expect::Anything).await?;
        self.documents.delete(&SNAPSHOTS, profile.as_str(), Expect::Anything).await.map(drop)
    }

    async fn forget_account(&self, account: &AccountId) -> Result<(), StoreError> {
        self.lists.forget_account(account).await
    }

    async fn export(&self, profile: &ProfileId) -> Result<Exported, StoreError> {
        let (documents, whose, mut kept) = (&*self.documents, profile.as_str(), Exported::new());
        let found = [
            (&LISTS, LISTS_BY_PROFILE),
            (&LISTED, LISTED_BY_PROFILE),
            (&TAKEN_OFF, TAKEN_OFF_OF_PROFILE),
            (&WATCHED, WATCHED_OF_PROFILE),
            (&WATCHED_CHANGES, WATCHED_CHANGES_OF_PROFILE),
        ];
        for (collection, index) in found {
            exporting::found(documents, &mut kept, collection, (index, whose)).await?;
        }
        for collection in [&SNAPSHOTS, &LIST_IDS, &HISTORY_SETTINGS, &SETTINGS_CHANGES] {
            exporting::one(documents, &mut kept, collection, whose).await?;
        }
        Ok(kept)
    }

    async fn export_account(&self, account: &AccountId) -> Result<Exported, StoreError> {
        let mut kept = Exported::new();
        exporting::one(&*self.documents, &mut kept, &HOUSEHOLD_LISTS, account.as_str()).await?;
        Ok(kept)
    }

    async fn forget_title(&self, title: &TitleId) -> Result<(), StoreError> {
        self.lists.forget_title(title).await?;
        self.history.forget_title(title).await
    }

    async fn merge(&self, from: &ProfileId, into: &ProfileId) -> Result<(), StoreError> {
        self.lists.merge(from, into).await?;
        self.history.merge(from, into).await?;
        let record = match self.snapshot(from.as_str()).await? {
            Stored::Nothing => return Ok(()),
            Stored::Unreadable(_) => return self.forget(from).await,
            Stored::Readable(record, _) => record,
        };
        let taken = SnapshotRecord { guest_updated: None, saved_by: None, ..record };
        let merged = self.update_snapshot(into.as_str(), |stored| {
            Ok::<_, StoreError>(if stored.is_none() { Change::Put(taken.clone()) } else { Change::Keep })
        });
        merged.await?;
        self.forget(from).await
    }

    async fn date_guests(&self) -> Result<u64, StoreError> {
        let whose = |document: &Document| document.id.parse().ok();
        keepers::date_guests(&*self.documents, &SNAPSHOTS, &*self.tombstones, whose, self.clock.millis()).await
    }

    async fn expire_guests(&self, before: u64) -> Result<u64, StoreError> {
        let mut expired = self.history.expire_changes().await?;
        let has_guests = |collection: &&&Collection| collection.indexes.iter().any(|index| index.name == BY_GUEST);
        for collection in COLLECTIONS.iter().filter(has_guests) {
            expired += keepers::expire(&*self.documents, collection, (BY_GUEST, keepers::GUEST_UPDATED), before).await?;
        }
        Ok(expired)
    }
}

/// What is stored here, for whoever moves or checks stores as a whole.
pub static COLLECTIONS: &[&Collection] = &[
    &SNAPSHOTS,
    &LISTS,
    &LISTED,
    &TAKEN_OFF,
    &LIST_IDS,
    &HOUSEHOLD_LISTS,
    &WATCHED,
    &WATCHED_CHANGES,
    &HISTORY_SETTINGS,
    &SETTINGS_CHANGES,
];
