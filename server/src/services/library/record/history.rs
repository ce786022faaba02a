//! What the library stores of histories.

use contract::ids::{ProfileId, TitleId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use storage::documents::{Collection, Index};

use super::BY_GUEST;
use crate::services::keepers::GUEST_UPDATED;

/// What profiles have watched, under `profile/title`.
pub static WATCHED: Collection = Collection::declared(
    "watched_titles",
    &[
        Index { name: WATCHED_OF_PROFILE, fields: &["profile"], unique: false },
        Index { name: WATCHED_BY_PROFILE, fields: &["profile", "watched"], unique: false },
        Index { name: WATCHED_BY_TITLE, fields: &["title"], unique: false },
        Index { name: BY_GUEST, fields: &[GUEST_UPDATED], unique: false },
    ],
)
.numbered("watched_titles");

/// All of a profile's, whatever else they say.
pub const WATCHED_OF_PROFILE: &str = "by_profile";
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
    /// The dates that are there by changes with numbers alone: each goes with the last of them. Any other stays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owned: Vec<OwnedDate>,
    /// As [`super::SnapshotRecord::guest_updated`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest_updated: Option<u64>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// A date, in milliseconds since 1970, and the changes by which it is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnedDate {
    pub date: u64,
    pub changes: Vec<u64>,
}

impl WatchedRecord {
    /// The document's id.
    pub fn id(profile: &ProfileId, title: &TitleId) -> String {
        format!("{profile}/{title}")
    }
}

/// What changes of the history did, under the ids of [`WATCHED`]: for as long as one may still be sent again, or be taken back.
pub static WATCHED_CHANGES: Collection = Collection::declared(
    "watched_changes",
    &[
        Index { name: WATCHED_CHANGES_OF_PROFILE, fields: &["profile"], unique: false },
        Index { name: WATCHED_CHANGES_BY_PROFILE, fields: &["profile", "updated"], unique: false },
        Index { name: WATCHED_CHANGES_BY_TITLE, fields: &["title"], unique: false },
        Index { name: WATCHED_CHANGES_BY_INSTANT, fields: &["updated"], unique: false },
        Index { name: BY_GUEST, fields: &[GUEST_UPDATED], unique: false },
    ],
);

/// As [`WATCHED_OF_PROFILE`].
pub const WATCHED_CHANGES_OF_PROFILE: &str = "by_profile";
/// A profile's titles by when the history of each was changed last.
pub const WATCHED_CHANGES_BY_PROFILE: &str = "by_profile_updated";
pub const WATCHED_CHANGES_BY_TITLE: &str = "by_title";
pub const WATCHED_CHANGES_BY_INSTANT: &str = "by_updated";

/// A document of [`WATCHED_CHANGES`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WatchedChangesRecord {
    pub profile: ProfileId,
    pub title: TitleId,
    /// When the last of them was made, in milliseconds since 1970.
    pub updated: u64,
    /// The latest last.
    pub changes: Vec<WatchedChange>,
    /// As [`super::SnapshotRecord::guest_updated`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest_updated: Option<u64>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// What one change did to a title's dates, in milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WatchedChange {
    /// What the client calls it.
    pub change: u64,
    /// The dates that it says; empty once that is taken back. Which of them are there by it [`WatchedRecord::owned`] says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<u64>,
    /// The dates that went by it; as `added`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<u64>,
    /// Which of `removed` were there by changes with numbers alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed_owned: Vec<OwnedDate>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_done: bool,
    /// Whether it was taken back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_taken_back: bool,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// Whether profiles keep a history, under their ids; who has not said keeps one.
pub static HISTORY_SETTINGS: Collection =
    Collection::declared("history_settings", &[Index { name: BY_GUEST, fields: &[GUEST_UPDATED], unique: false }]);

/// A document of [`HISTORY_SETTINGS`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistorySettingsRecord {
    pub is_kept: bool,
    /// As [`super::SnapshotRecord::guest_updated`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest_updated: Option<u64>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}
