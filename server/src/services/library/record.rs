//! What the library stores. Never leaves this folder.

mod history;

use contract::{
    ids::{AccountId, ListId, ProfileId, TitleId},
    library::SavedSnapshot,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use storage::documents::{Collection, Index};

pub use self::history::{
    HISTORY_SETTINGS, HistorySettingsRecord, OwnedDate, WATCHED, WATCHED_BY_PROFILE, WATCHED_BY_TITLE, WATCHED_CHANGES,
    WATCHED_CHANGES_BY_INSTANT, WATCHED_CHANGES_BY_PROFILE, WATCHED_CHANGES_BY_TITLE, WATCHED_CHANGES_OF_PROFILE,
    WATCHED_OF_PROFILE, WatchedChange, WatchedChangesRecord, WatchedRecord,
};
use super::{place::Place, snapshots::is_sound};
use crate::services::keepers::GUEST_UPDATED;

/// One snapshot for each profile, under the profile's id. The document's version is the snapshot's revision.
pub static SNAPSHOTS: Collection =
    Collection::declared("snapshots", &[Index { name: BY_GUEST, fields: &[GUEST_UPDATED], unique: false }]);

/// Guests' snapshots by the instant of the last save.
pub const BY_GUEST: &str = "by_guest_updated";

/// A document of [`SNAPSHOTS`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SnapshotRecord {
    pub format: u16,
    pub state: Value,
    /// When it was saved, in milliseconds since 1970, where the profile is a guest's: what guests leave does not stay for
    /// good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest_updated: Option<u64>,
    /// Whose browser saved it ([`crate::context::Viewer::key`]); absent where an earlier build did, and of what a guest took
    /// along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved_by: Option<String>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl From<SavedSnapshot> for SnapshotRecord {
    fn from(snapshot: SavedSnapshot) -> Self {
        Self { format: snapshot.format, state: snapshot.state, guest_updated: None, saved_by: None, unknown: Map::new() }
    }
}

impl From<SnapshotRecord> for SavedSnapshot {
    fn from(record: SnapshotRecord) -> Self {
        // Kept before it was refused: what is no object, or has more levels than are read, is nothing to continue from.
        let state = if is_sound(&record.state) { record.state } else { Value::Object(Map::new()) };
        Self { format: record.format, state }
    }
}

/// When a profile set something last, under its id: whoever follows it is told. A snapshot itself is written with every screen,
/// of which nobody is told.
pub static SETTINGS_CHANGES: Collection =
    Collection::declared("settings_changes", &[Index { name: BY_GUEST, fields: &[GUEST_UPDATED], unique: false }])
        .numbered("settings_changes");

/// A document of [`SETTINGS_CHANGES`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SettingsChangeRecord {
    /// The snapshot's, with which it was set.
    pub revision: u64,
    /// As [`SnapshotRecord::guest_updated`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest_updated: Option<u64>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// The lists that profiles made, under `profile/list`. "My list" and favourites have no document of their own.
pub static LISTS: Collection = Collection::declared(
    "lists",
    &[
        Index { name: LISTS_BY_PROFILE, fields: &["profile"], unique: false },
        Index { name: LISTS_BY_HOUSEHOLD, fields: &["household"], unique: false },
        Index { name: BY_GUEST, fields: &[GUEST_UPDATED], unique: false },
    ],
)
.numbered("lists");

pub const LISTS_BY_PROFILE: &str = "by_profile";
pub const LISTS_BY_HOUSEHOLD: &str = "by_household";

/// A document of [`LISTS`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListRecord {
    pub profile: ProfileId,
    /// The account whose profiles all see it; absent where its own alone does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub household: Option<AccountId>,
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// As [`SnapshotRecord::guest_updated`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest_updated: Option<u64>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl ListRecord {
    pub fn named(profile: &ProfileId, name: &str) -> Self {
        let (name, note, unknown) = (name.to_owned(), String::new(), Map::new());
        Self { profile: profile.clone(), household: None, name, note, guest_updated: None, unknown }
    }
}

/// The titles on lists, under `profile/list/title`.
pub static LISTED: Collection = Collection::declared(
    "listed_titles",
    &[
        Index { name: LISTED_BY_LIST, fields: &["list", "place"], unique: false },
        Index { name: LISTED_BY_PROFILE, fields: &["profile"], unique: false },
        Index { name: LISTED_BY_TITLE, fields: &["title"], unique: false },
        Index { name: BY_GUEST, fields: &[GUEST_UPDATED], unique: false },
    ],
)
.numbered("listed_titles");

/// A list's titles in its order.
pub const LISTED_BY_LIST: &str = "by_list_place";
pub const LISTED_BY_PROFILE: &str = "by_profile";
/// The lists that a title is on.
pub const LISTED_BY_TITLE: &str = "by_title";

/// A document of [`LISTED`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListedRecord {
    pub profile: ProfileId,
    /// `profile/list`.
    pub list: String,
    pub title: TitleId,
    pub place: Place,
    /// Milliseconds since 1970.
    pub added: u64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// As [`SnapshotRecord::guest_updated`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest_updated: Option<u64>,
    /// The change that put it there, as the device that made it names it; absent where none was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added_by: Option<u64>,
    /// The latest changes that concerned it on this list, the latest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<ListedChange>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// That a change of a title on a list is not to be made again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedChange {
    /// As the device that made it names it.
    pub change: u64,
    /// Whether it was taken back, perhaps before it came; otherwise it was done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_taken_back: bool,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl ListedChange {
    pub fn done(change: u64) -> Self {
        Self { change, is_taken_back: false, unknown: Map::new() }
    }

    pub fn taken_back(change: u64) -> Self {
        Self { change, is_taken_back: true, unknown: Map::new() }
    }
}

/// What is known of titles that are off lists, under `profile/list/title`: how they stood, for whoever takes that back, and which
/// changes are not to be made again. The latest of each profile.
pub static TAKEN_OFF: Collection = Collection::declared(
    "taken_off_titles",
    &[
        Index { name: TAKEN_OFF_OF_PROFILE, fields: &["profile"], unique: false },
        Index { name: TAKEN_OFF_BY_PROFILE, fields: &["profile", "taken_off"], unique: false },
        Index { name: TAKEN_OFF_BY_LIST, fields: &["list"], unique: false },
        Index { name: TAKEN_OFF_BY_TITLE, fields: &["title"], unique: false },
        Index { name: BY_GUEST, fields: &[GUEST_UPDATED], unique: false },
    ],
);

/// As [`WATCHED_OF_PROFILE`].
pub const TAKEN_OFF_OF_PROFILE: &str = "by_profile";
/// What of a profile was taken off, by when.
pub const TAKEN_OFF_BY_PROFILE: &str = "by_profile_taken_off";
pub const TAKEN_OFF_BY_LIST: &str = "by_list";
pub const TAKEN_OFF_BY_TITLE: &str = "by_title";

/// A document of [`TAKEN_OFF`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TakenOffRecord {
    pub profile: ProfileId,
    /// `profile/list`.
    pub list: String,
    pub title: TitleId,
    /// Milliseconds since 1970: when it was taken off, or was first known to be.
    pub taken_off: u64,
    /// The change that took it off, as the device that made it names it; absent where none was named, or it was not on the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<u64>,
    /// Whether that was taken back, as earlier builds noted it; now `changes` says so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_restored: bool,
    /// How it stood, where `change` took it off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<ListedRecord>,
    /// As [`ListedRecord::changes`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<ListedChange>,
    /// As [`SnapshotRecord::guest_updated`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest_updated: Option<u64>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl TakenOffRecord {
    /// [`TakenOffRecord::changes`], also of what an earlier build noted.
    pub fn known_changes(&self) -> Vec<ListedChange> {
        match self.change.filter(|_| self.changes.is_empty()) {
            Some(change) => vec![ListedChange { is_taken_back: self.is_restored, ..ListedChange::done(change) }],
            None => self.changes.clone(),
        }
    }
}

/// Which ids lists of a profile have that are not there, under its id: those that are being made, and those that were deleted.
pub static LIST_IDS: Collection =
    Collection::declared("list_ids", &[Index { name: BY_GUEST, fields: &[GUEST_UPDATED], unique: false }]);

/// A document of [`LIST_IDS`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListIdsRecord {
    /// Each has a place among those that a profile may have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub making: Vec<MakingList>,
    /// The latest, the latest last: none of them is made again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deleted: Vec<ListId>,
    /// As [`SnapshotRecord::guest_updated`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest_updated: Option<u64>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// A list that is being made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MakingList {
    pub list: ListId,
    /// Since when, in milliseconds since 1970.
    pub since: u64,
}

/// That a list is no more what the profiles of an account see, under the account's id: whoever follows is told. What a list says
/// while they see it, it tells itself.
pub static HOUSEHOLD_LISTS: Collection = Collection::declared("household_lists", &[]).numbered("household_lists");

/// A document of [`HOUSEHOLD_LISTS`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HouseholdListRecord {
    /// The one that was taken away last.
    pub list: ListId,
    /// How often.
    pub changes: u64,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}
