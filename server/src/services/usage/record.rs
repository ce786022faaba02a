//! What the usage service stores as documents. Never leaves this folder.

use std::collections::BTreeMap;

use contract::ids::AccountId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use storage::documents::{Collection, Index};
use usage::{dimension::Dimension, tally::Tally};

use super::set_aside::SetAside;

/// Sums by the hour and by the day; each period is several documents, so that none grows with the library.
pub static ROLLUPS: Collection = Collection::declared(
    "usage_rollups",
    &[
        Index { name: BY_PERIOD, fields: &["period", "at"], unique: false },
        Index { name: BY_EXPIRY, fields: &["expires"], unique: false },
    ],
);

/// Hours or days in their order.
pub const BY_PERIOD: &str = "by_period_at";
const BY_EXPIRY: &str = "by_expires";

/// Up to which segment each life of a process is counted in a document: what makes counting it again no second count.
pub type Folded = BTreeMap<String, u64>;

/// A document of [`ROLLUPS`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RollupRecord {
    /// `hour` or `day`.
    pub period: String,
    /// When it begins, in milliseconds since 1970.
    pub at: u64,
    /// From when on an older build deletes it, in milliseconds since 1970; this one goes by the period and the config.
    pub expires: u64,
    pub tallies: BTreeMap<Dimension, Tally>,
    pub folded: Folded,
    /// What was here and cannot be read: none of it is in the sums.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<SetAside>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// What accounts used in a month, one document for each.
pub static ACCOUNTS: Collection = Collection::declared(
    "usage_accounts",
    &[
        Index { name: OF_ACCOUNT, fields: &["account"], unique: false },
        Index { name: BY_ACCOUNT, fields: &["account", "month"], unique: false },
        Index { name: BY_MONTH, fields: &["month", "watched_millis"], unique: false },
    ],
);

/// All of an account's, whatever else they say.
pub const OF_ACCOUNT: &str = "by_account";
/// An account's months.
pub const BY_ACCOUNT: &str = "by_account_month";
/// A month's accounts by how long they watched.
pub const BY_MONTH: &str = "by_month_watched";

/// A document of [`ACCOUNTS`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountRecord {
    pub account: AccountId,
    /// `2026-11`, of UTC.
    pub month: String,
    /// Films that were begun.
    #[serde(default)]
    pub sessions: u64,
    #[serde(default)]
    pub watched_millis: u64,
    #[serde(default)]
    pub bytes: u64,
    pub folded: Folded,
    /// What was here and cannot be read: the account used more than is counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<SetAside>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl AccountRecord {
    pub fn new(account: AccountId, month: String) -> Self {
        let folded = Folded::new();
        Self { account, month, sessions: 0, watched_millis: 0, bytes: 0, folded, set_aside: None, rest: Map::new() }
    }

    /// The document's id.
    pub fn id(account: &AccountId, month: &str) -> String {
        format!("{account}/{month}")
    }

    /// The month that an id says.
    pub fn month_of_id(id: &str) -> Option<&str> {
        id.rsplit_once('/').map(|(_, month)| month)
    }
}

/// What profiles chose, one document for each that chose anything, by the profile's id.
pub static CHOICES: Collection = Collection::declared("usage_choices", &[]);

/// A document of [`CHOICES`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChoiceRecord {
    /// What it does is counted as nobody's.
    pub is_left_out: bool,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// How far the lives of processes are, one document for each, by its name.
pub static NODES: Collection =
    Collection::declared("usage_nodes", &[Index { name: BY_HEARD, fields: &["heard"], unique: false }]);

/// Lives of processes by when they were heard of last.
pub const BY_HEARD: &str = "by_heard";

/// A document of [`NODES`]. Instants are in milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeRecord {
    pub started: u64,
    pub heard: u64,
    /// Events that are in its journal, or were.
    pub journalled: u64,
    /// Of those, how many are counted in the roll-ups.
    pub folded: u64,
    /// Events that were lost: the queue was full, or the disk; or a line that was cut off.
    pub lost: u64,
    /// Whether nothing of it is left to be counted.
    pub is_over: bool,
    /// Whether it was killed: what it had in memory is lost, and nobody counted it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub was_killed: bool,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}
