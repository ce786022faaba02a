//! What storage plans store as documents. Never leaves this folder.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use storage::documents::{Collection, Index};
use storage_plan::bill::{Quantities, Store};

/// The cost sheets, as [`SHEETS_ID`].
pub static SHEETS: Collection = Collection::declared("storage_sheets", &[]);
pub const SHEETS_ID: &str = "sheets";

/// A document of [`SHEETS`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SheetsRecord {
    /// As they were written.
    pub sheets: Map<String, Value>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The choices ([`storage_plan::plan::Choices`]), as [`CHOICES_ID`].
pub static CHOICES: Collection = Collection::declared("storage_choices", &[]);
pub const CHOICES_ID: &str = "choices";

/// What is known of each day, under its name.
pub static DAYS: Collection = Collection::declared("storage_plan_days", &[Index { name: BY_AT, fields: &["at"], unique: false }]);
/// The rows of days, in parts, under `{day}/{attempt}/{number}`.
pub static ROWS: Collection = Collection::declared("storage_plan_rows", &[Index { name: BY_AT, fields: &["at"], unique: false }]);
pub const BY_AT: &str = "by_at";

/// A document of [`DAYS`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DayRecord {
    /// When it begins, in milliseconds since 1970.
    pub at: u64,
    /// Under which attempt its rows are, and in how many parts; it follows from what is in them.
    pub attempt: String,
    pub parts: u32,
    /// Whether its rows name every title; else those alone of which something changed, or went out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_base: bool,
    /// What was billed, whatever was chosen, and what would have been had all lain in one store.
    #[serde(rename = "auto")]
    pub actual: DayQuantities,
    pub per_view: DayQuantities,
    pub flat: DayQuantities,
    /// What lay where at its end.
    pub in_per_view: Stock,
    pub in_flat: Stock,
    /// What went out to viewers, as the sums of usage say: where they say otherwise later, the day is made anew.
    pub bytes_out: u64,
    pub requests: u64,
    /// How often the time had been put back when it was made ([`crate::trusted_time`]).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub set_backs: u64,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Titles in a store, and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    pub titles: u64,
    pub bytes: u64,
}

/// [`Quantities`] of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DayQuantities {
    #[serde(skip_serializing_if = "is_zero")]
    pub stored: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub early: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub out: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub reads: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub writes: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub peak: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub flat_out: u64,
}

impl From<Quantities> for DayQuantities {
    fn from(counted: Quantities) -> Self {
        let whole = |number: i128| u64::try_from(number.max(0)).unwrap_or(u64::MAX);
        Self {
            stored: whole(counted.stored),
            early: whole(counted.early),
            out: whole(counted.out),
            reads: whole(counted.reads),
            writes: whole(counted.writes),
            peak: whole(counted.peak),
            flat_out: whole(counted.flat_out),
        }
    }
}

impl From<DayQuantities> for Quantities {
    fn from(day: DayQuantities) -> Self {
        Self {
            stored: day.stored.into(),
            early: day.early.into(),
            out: day.out.into(),
            reads: day.reads.into(),
            writes: day.writes.into(),
            peak: day.peak.into(),
            flat_out: day.flat_out.into(),
        }
    }
}

/// A document of [`ROWS`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RowsRecord {
    /// When its day begins, in milliseconds since 1970.
    pub at: u64,
    pub rows: Vec<Row>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A title at the end of a day, and what went out of it. Days are counted from 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub title: String,
    /// 0 where it is gone.
    pub bytes: u64,
    pub store: Store,
    /// The first day on which it lay there; absent where that was before anything was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<i32>,
    /// The first day on which it was there at all; absent as above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub came: Option<i32>,
    /// Whether it moved there, rather than being put there first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub moved: bool,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub out: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub requests: u64,
}

/// What was decided last, as [`DECISION_ID`].
pub static DECISIONS: Collection = Collection::declared("storage_decisions", &[]);
pub const DECISION_ID: &str = "current";

/// A document of [`DECISIONS`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// Under which its advice is.
    pub id: String,
    /// The day that it is for, counted from 1970.
    pub day: i32,
    /// Milliseconds since 1970.
    pub decided: u64,
    /// What it was made from; 0 where there are no sheets, and then nothing is advised.
    pub sheets_version: u64,
    pub choices_version: u64,
    pub has_flat: bool,
    /// Of advice.
    pub parts: u32,
    pub titles: u64,
    pub moves: u64,
    /// Titles that are not measured yet, and so are left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unmeasured: u64,
    /// Days that cannot be read, nor made anew, and so are left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unread_days: u64,
    /// Whether its moves are still to be asked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_pending: bool,
    /// Where titles are put that are to come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_titles: Option<Store>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity_gb: Option<u64>,
    /// Minor units of the sheets' currency.
    #[serde(default)]
    pub currency: String,
    #[serde(default)]
    pub month: i64,
    #[serde(default)]
    pub month_unmoved: i64,
    /// What of `month` is for the flat store; an older build did not say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rent: Option<i64>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Advice in parts, under `{decision}/{number}`, what saves the most first.
pub static ADVICE: Collection =
    Collection::declared("storage_advice", &[Index { name: BY_DECISION, fields: &["decision"], unique: false }]);
pub const BY_DECISION: &str = "by_decision";

/// A document of [`ADVICE`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AdviceRecord {
    pub decision: String,
    pub items: Vec<AdviceItem>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// What is advised of a title. Amounts are minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdviceItem {
    pub title: String,
    pub bytes: u64,
    pub lies: Store,
    /// Counted from 1970; absent where that was before anything was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<i32>,
    pub advice: Store,
    pub reason: Why,
    pub per_view: i64,
    pub flat: i64,
    pub moving: i64,
    /// Whether a move there is to be asked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_move: bool,
}

/// [`storage_plan::plan::Reason`], as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    Chosen,
    NoRoom,
    MinimumStay,
    Cheapest,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}
