//! What the library stores. Never leaves this folder.

use contract::library::SavedSnapshot;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use storage::documents::{Collection, Index};

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
