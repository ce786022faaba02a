//! What playback stores: sessions and progress. Never leaves this folder; a contract type is never stored as it is.

use contract::{
    device::DeviceClass,
    ids::{AccountId, ProfileId, TitleId},
    playback::Progress,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use storage::{
    documents::{Collection, Index},
    objects::StoreRole,
};

use super::streams::{SlotOwner, StreamSlot};
use crate::services::keepers::GUEST_UPDATED;

/// One playback under way, under `playback/session/{id}` in the key-value store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionRecord {
    pub profile: ProfileId,
    pub title: TitleId,
    pub duration_seconds: f64,
    /// Seconds from the start: where this session was said to be last, or where it was to resume.
    pub position: f64,
    /// It was ended: no more video, though a last word on the position may still be on its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
    /// Where it plays on an account, or where the authorization limits how many play at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<StreamSlot>,
    /// Whom the place is held for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<SlotOwner>,
    /// What is told of its use; absent in sessions that an older build began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metered: Option<Metered>,
    /// What operators are told of it; absent in sessions that an older build began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<Presence>,
    /// The films that were played one after the other up to this one, by sessions that replaced each other: the latest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub played: Vec<TitleId>,
}

/// Who plays a session on what, and how it stands, for operators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// Absent for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The title's name.
    pub name: String,
    /// In words.
    pub device: String,
    pub device_class: DeviceClass,
    /// The class of the highest rendition that its grant allows.
    pub class: u16,
    /// When it began, and when it was heard of last, in milliseconds since 1970.
    pub started: u64,
    pub heard: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_paused: bool,
    /// Film ahead of the position, in milliseconds, as its player said last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buffered_millis: Option<u32>,
    /// What the operator who stopped it tells the viewer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What is known of a session's use beside whose and what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metered {
    /// Absent for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    pub generation: String,
    /// Where its grant has it read from.
    #[serde(default, skip_serializing_if = "StoreRole::is_default")]
    pub store: StoreRole,
    /// The class of the highest rendition that its grant allows.
    pub class: u16,
    pub device: DeviceClass,
    /// Milliseconds since 1970, by the clock of whoever heard of it: up to when its viewing was counted. An older build counts from there on.
    pub counted: u64,
    /// Who counted it so far; of a session that an older build wrote nothing is known.
    #[serde(default)]
    pub elapsed: ElapsedRecord,
    /// What its player said of how it plays, and is counted.
    #[serde(default)]
    pub quality: QualityRecord,
}

/// How long a session has run, as far as that was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ElapsedRecord {
    /// Milliseconds since it began.
    pub millis: u64,
    /// One of each node that heard it, the latest last.
    pub readings: Vec<NodeReading>,
}

/// What a node's clock said when it heard of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeReading {
    /// Names the process.
    pub node: u64,
    /// Milliseconds since that started.
    pub uptime: u64,
    /// What [`ElapsedRecord::millis`] was then.
    pub elapsed: u64,
}

/// How a session played as far as that is counted: sums since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QualityRecord {
    /// Whether its first picture is counted.
    pub has_first_picture: bool,
    /// Whether its player says sums: what it says with its requests counts no more.
    pub is_measured: bool,
    pub stalls: u32,
    pub stalled_millis: u32,
    pub errors: u32,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Its own player stopped it.
    Stopped,
    /// Its own player began another in its place.
    Replaced,
    /// Somebody of the account stopped it from their list.
    StoppedFromList,
    /// It was silent for so long that another device took its place.
    PlaceTaken,
    /// The account's minutes of the day are used up.
    MinutesUsedUp,
    /// The hours in which the account plays films are over.
    HoursOver,
    /// The title was deleted.
    TitleDeleted,
    /// An operator stopped it, whoever's it is.
    StoppedByOperator,
}

/// What operators stopped: a log, each entry written before the session is ended and marked when it is. A document says whose film it was
/// by the account alone, and not even that once it is gone.
pub static STOPS: Collection = Collection::declared(
    "playback_stops",
    &[
        Index { name: STOPS_BY_AT, fields: &["at"], unique: false },
        Index { name: STOPS_BY_OPERATOR, fields: &["by"], unique: false },
        Index { name: STOPS_BY_ACCOUNT, fields: &["account"], unique: false },
    ],
);

pub const STOPS_BY_AT: &str = "by_at";
pub const STOPS_BY_OPERATOR: &str = "by_operator";
pub const STOPS_BY_ACCOUNT: &str = "by_account";

/// A document of [`STOPS`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopRecord {
    /// Milliseconds since 1970.
    pub at: u64,
    /// The operator's account; absent once it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AccountId>,
    /// Whose film it was; absent of a guest's, and once the account is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_guest: bool,
    pub title: TitleId,
    /// What the title was called.
    pub name: String,
    /// In words.
    pub device: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The request that asked for it, as logs name it.
    pub request: String,
    #[serde(default)]
    pub is_done: bool,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// How far profiles got, one document for each profile and title.
pub static PROGRESS: Collection = Collection::declared(
    "progress",
    &[
        Index { name: OF_PROFILE, fields: &["profile"], unique: false },
        Index { name: BY_PROFILE, fields: &["profile", "updated"], unique: false },
        Index { name: BY_GUEST, fields: &[GUEST_UPDATED], unique: false },
        Index { name: BY_TITLE, fields: &["title"], unique: false },
    ],
)
.numbered("progress");

/// All of a profile's, whatever else they say.
pub const OF_PROFILE: &str = "by_profile";
/// A profile's titles by the instant of the last save.
pub const BY_PROFILE: &str = "by_profile_updated";
/// Who is at a position in a title.
pub const BY_TITLE: &str = "by_title";
/// Guests' titles by the instant of the last save.
pub const BY_GUEST: &str = "by_guest_updated";

/// A document of [`PROGRESS`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgressRecord {
    pub profile: ProfileId,
    pub title: TitleId,
    /// Seconds from the start.
    pub position: f64,
    pub duration_seconds: f64,
    /// Milliseconds since 1970.
    pub updated: u64,
    /// Whether it stands there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_paused: bool,
    /// Whose browser plays it ([`crate::context::Viewer::key`]); absent where none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// `updated`, where the profile is a guest's: what guests leave does not stay for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest_updated: Option<u64>,
    /// What a later version stored beside: survives every save.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl ProgressRecord {
    /// The document's id.
    pub fn id(profile: &ProfileId, title: &TitleId) -> String {
        format!("{profile}/{title}")
    }
}

/// What profiles had begun and forgot, under the ids of [`PROGRESS`]: for as long as a change of before may still arrive.
pub static FORGOTTEN: Collection = Collection::declared(
    "forgotten_progress",
    &[
        Index { name: OF_PROFILE, fields: &["profile"], unique: false },
        Index { name: FORGOTTEN_BY_PROFILE, fields: &["profile", "forgotten"], unique: false },
        Index { name: FORGOTTEN_BY_TITLE, fields: &["title"], unique: false },
        Index { name: FORGOTTEN_BY_INSTANT, fields: &["forgotten"], unique: false },
    ],
);

/// A profile's titles by when they were forgotten.
pub const FORGOTTEN_BY_PROFILE: &str = "by_profile_forgotten";
pub const FORGOTTEN_BY_TITLE: &str = "by_title";
pub const FORGOTTEN_BY_INSTANT: &str = "by_forgotten";

/// A document of [`FORGOTTEN`]: a tombstone. Instants are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForgottenRecord {
    pub profile: ProfileId,
    pub title: TitleId,
    pub forgotten: u64,
    /// Whether it was because the title was watched to its end. Older builds take a viewing out by it.
    #[serde(default)]
    pub is_finished: bool,
    /// What the client calls the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<u64>,
    /// When that was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored: Option<u64>,
    /// What was forgotten by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<ProgressRecord>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl From<ProgressRecord> for Progress {
    fn from(record: ProgressRecord) -> Self {
        Self { position: record.position, duration_seconds: record.duration_seconds }
    }
}
