//! What the library stores. Never leaves this folder.

use contract::{
    ids::{AccountId, ProfileId, TitleId},
    library::SavedSnapshot,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use storage::documents::{Collection, Index};

use super::place::Place;
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
    /// Whose browser saved it ([`crate::context::Viewer::key`]); absent where an earlier build did, and of what a guest took along.
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
        // Kept before it was refused: what is no object is nothing to continue from.
        let state = if record.state.is_object() { record.state } else { Value::Object(Map::new()) };
        Self { format: record.format, state }
    }
}

/// When a profile set something last, under its id: whoever follows it is told. A snapshot itself is written with every screen, of
/// which nobody is told.
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
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// What profiles have watched, under `profile/title`.
pub static WATCHED: Collection = Collection::declared(
    "watched_titles",
    &[
        Index { name: WATCHED_BY_PROFILE, fields: &["profile", "watched"], unique: false },
        Index { name: WATCHED_BY_TITLE, fields: &["title"], unique: false },
        Index { name: BY_GUEST, fields: &[GUEST_UPDATED], unique: false },
    ],
)
.numbered("watched_titles");

/// A profile's titles by when each was watched last.
pub const WATCHED_BY_PROFILE: &str = "by_profile_watched";
/// Who has watched a title.
pub const WATCHED_BY_TITLE: &str = "by_title";

/// A document of [`WATCHED`]. Instants are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WatchedRecord {
    pub profile: ProfileId,
    pub title: TitleId,
    /// The latest of `dates`.
    pub watched: u64,
    /// The latest first; at least one.
    pub dates: Vec<u64>,
    /// As [`SnapshotRecord::guest_updated`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest_updated: Option<u64>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl WatchedRecord {
    /// The document's id.
    pub fn id(profile: &ProfileId, title: &TitleId) -> String {
        format!("{profile}/{title}")
    }
}

/// Whether profiles keep a history, under their ids; who has not said keeps one.
pub static HISTORY_SETTINGS: Collection =
    Collection::declared("history_settings", &[Index { name: BY_GUEST, fields: &[GUEST_UPDATED], unique: false }]);

/// A document of [`HISTORY_SETTINGS`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistorySettingsRecord {
    pub is_kept: bool,
    /// As [`SnapshotRecord::guest_updated`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest_updated: Option<u64>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}
