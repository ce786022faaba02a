//! The library's calls, version 1: the snapshot of the screen that a profile continues from, its lists of titles
//! and its history, and how both are taken elsewhere and back.

/// A call by its name, verb, path and the right that it takes; answered with 200 and `$reply`, or with 204 where that is `()`.
macro_rules! call {
    ($call:ident -> $reply:ty, $status:literal, $method:ident $path:literal, $right:ident $(; $bounds:expr)?) => {
        impl Call for $call {
            type Reply = $reply;
            const NAME: &'static str = concat!("library.v1.", stringify!($call));
            const METHOD: Method = Method::$method;
            const PATH: &'static str = $path;
            const ACCESS: Access = Access::Right(Right::$right);
            $(const BOUNDS: Bounds = $bounds;)?
            const STATUS: u16 = $status;
        }
    };
}

mod history;
mod lists;
mod transfer;

pub use history::*;
pub use lists::*;
use serde::{Deserialize, Serialize};
pub use transfer::*;

use crate::{
    Call, Method,
    bounds::{self, Bound, Bounds},
};

/// What a page may have.
const LIMIT: (&str, Bound) = ("limit", Bound::Number { least: 1, most: bounds::PAGE });

/// The snapshot that this profile saved last, on whatever device.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetSnapshot {}

/// Saves what is worth keeping of the screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SaveSnapshot {
    /// The revision that this one follows: the one read last, 0 for the first.
    pub after: u64,
    pub snapshot: SavedSnapshot,
}

/// Saves what changed of the snapshot, whatever else was saved meanwhile: what another device saved, and this one left as it was, stays. So
/// it follows no revision, and can be sent twice.
///
/// Members of objects are merged one by one, and so are elements of lists that have a `key`, of which the latest 100 are kept; where the
/// whole would be too large, fewer, the oldest giving way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MergeSnapshot {
    /// The shape of all of these. A snapshot of an older one is begun anew; `version_conflict` where a newer one is stored.
    #[cfg_attr(feature = "openapi", schema(maximum = 65535))]
    pub format: u16,
    /// What was acknowledged last.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub from: serde_json::Value,
    /// What was sent since and not answered: each may have arrived.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<serde_json::Value>))]
    pub attempted: Vec<serde_json::Value>,
    /// What is to be saved.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub to: serde_json::Value,
    /// Whether whoever follows this profile is told ([`crate::events::Event::SettingsChanged`]): something was set, and the viewer did
    /// not only come to another screen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub notifies: bool,
}

/// Bytes that a snapshot's JSON may have.
pub const SNAPSHOT_BYTES: usize = 32 * 1024;
/// Levels of objects and lists that a snapshot's state may have: whoever reads JSON reads it, whatever it is told in.
pub const SNAPSHOT_DEPTH: usize = 64;
/// Attempts that [`MergeSnapshot`] may name.
pub const ATTEMPTS: usize = 8;

/// A snapshot as it is kept. At most 32 KiB of JSON, of 64 levels of objects and lists.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SavedSnapshot {
    /// The shape of `state`; a client ignores a snapshot whose format it does not know.
    #[cfg_attr(feature = "openapi", schema(maximum = 65535))]
    pub format: u16,
    /// What the client keeps; the server stores it as it is.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub state: serde_json::Value,
}

/// The snapshot with its place in the order of saves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SnapshotRevision {
    /// Counts up by one with every save; 0 where nothing was saved yet.
    pub revision: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<SavedSnapshot>,
    /// Whether it was saved elsewhere: by another browser, or before this one signed in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_from_elsewhere: bool,
}

impl Call for GetSnapshot {
    type Reply = SnapshotRevision;
    const NAME: &'static str = "library.v1.GetSnapshot";
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/snapshot";
}

impl Call for MergeSnapshot {
    /// What is stored now, with what others saved.
    type Reply = SnapshotRevision;
    const NAME: &'static str = "library.v1.MergeSnapshot";
    const METHOD: Method = Method::Patch;
    const PATH: &'static str = "/api/v1/snapshot";
    const BOUNDS: Bounds =
        &[("from", Bound::Object), ("to", Bound::Object), ("attempted", Bound::Items { least: 0, most: ATTEMPTS })];
    const BODY_LIMIT: usize = (ATTEMPTS + 2) * SNAPSHOT_BYTES + bounds::BODY;
}

impl Call for SaveSnapshot {
    /// The new revision; `version_conflict` where another device saved in between.
    type Reply = SnapshotRevision;
    const NAME: &'static str = "library.v1.SaveSnapshot";
    const METHOD: Method = Method::Put;
    const PATH: &'static str = "/api/v1/snapshot";
    const BOUNDS: Bounds = &[("snapshot.state", Bound::Object)];
}
