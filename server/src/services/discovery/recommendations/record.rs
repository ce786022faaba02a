//! What is stored of recommendations: who wants none, what is not wanted, histories from elsewhere, and which model is the current one.

use contract::{
    discovery::HiddenKind,
    ids::{ProfileId, TitleId},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use storage::documents::{Collection, Index};

use crate::services::keepers::GUEST_UPDATED;

pub const BY_GUEST: &str = "by_guest_updated";
/// All of a profile's, whatever else they say.
pub const HIDDEN_OF_PROFILE: &str = "by_profile";
/// A profile's by when it said so.
pub const HIDDEN_BY_PROFILE: &str = "by_profile_since";
pub const HIDDEN_BY_TITLE: &str = "by_title";

/// Under profiles' ids.
pub static SETTINGS: Collection =
    Collection::declared("recommendation_settings", &[Index { name: BY_GUEST, fields: &[GUEST_UPDATED], unique: false }])
        .numbered("recommendation_settings");

/// A document of [`SETTINGS`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SettingsRecord {
    pub is_on: bool,
    /// When a guest said so, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest_updated: Option<u64>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// What profiles said "not for me" to, under `profile/digest`.
pub static HIDDEN: Collection = Collection::declared(
    "hidden_recommendations",
    &[
        Index { name: HIDDEN_OF_PROFILE, fields: &["profile"], unique: false },
        Index { name: HIDDEN_BY_PROFILE, fields: &["profile", "since"], unique: false },
        Index { name: HIDDEN_BY_TITLE, fields: &["title"], unique: false },
        Index { name: BY_GUEST, fields: &[GUEST_UPDATED], unique: false },
    ],
)
.numbered("hidden_recommendations");

/// A document of [`HIDDEN`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HiddenRecord {
    pub profile: ProfileId,
    pub kind: HiddenKind,
    /// The title's id, or a name.
    pub of: String,
    /// Where it is a title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<TitleId>,
    /// Milliseconds since 1970.
    pub since: u64,
    /// As [`SettingsRecord::guest_updated`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest_updated: Option<u64>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl HiddenRecord {
    /// The document's id: the same for the same thing.
    pub fn id(profile: &ProfileId, kind: HiddenKind, of: &str) -> String {
        let name = match kind {
            HiddenKind::Title => "title",
            HiddenKind::Genre => "genre",
            HiddenKind::Person => "person",
            HiddenKind::Because => "because",
        };
        let digest = blake3::hash(format!("{name}/{of}").as_bytes()).to_hex();
        format!("{profile}/{}", digest.get(..32).unwrap_or_default())
    }
}

/// Histories of strangers, under digests of their names.
pub static IMPORTED: Collection = Collection::declared("imported_histories", &[]);

/// A document of [`IMPORTED`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ImportedRecord {
    pub events: Vec<ImportedEvent>,
}

/// That a stranger watched something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportedEvent {
    pub title: TitleId,
    /// In the unit of the file that it came from.
    pub instant: u64,
    pub weight: f32,
}

/// One document, [`CURRENT`].
pub static STATE: Collection = Collection::declared("recommendation_state", &[]);
pub const CURRENT: &str = "current";

/// The document of [`STATE`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateRecord {
    /// The object of the current model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// The one before, which other nodes may be reading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// When it was trained, in milliseconds since 1970.
    #[serde(default)]
    pub trained: u64,
    /// Interactions that there were then.
    #[serde(default)]
    pub counted: u64,
    /// Titles that there were then.
    #[serde(default)]
    pub titles: u64,
    /// How often something went that must be in no model any more, and how often that had been the case when the current one was begun.
    #[serde(default)]
    pub removals: u64,
    #[serde(default)]
    pub removals_seen: u64,
    /// How often somebody who is still here wanted to be learnt from no more, and how often that had been the case then.
    #[serde(default)]
    pub withdrawals: u64,
    #[serde(default)]
    pub withdrawals_seen: u64,
    /// The object of a model that learnt nothing from titles that few accounts have. A current one that is another is of an older build, and
    /// from it one could tell what somebody else has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub k_anonymous: Option<String>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl StateRecord {
    /// What can be told of a document that cannot be read: which models there are. By all else the next one is due.
    pub fn mended(body: &Value) -> Self {
        let name = |field: &str| body.get(field).and_then(Value::as_str).map(str::to_owned);
        Self { object: name("object"), previous: name("previous"), ..Self::default() }
    }
}
