//! Version 1 of storage plans: what the two object stores of video cost, which titles should lie where, and who says so. For operators.
//!
//! The `per_view` store is billed by what is stored and watched, the `flat` one by its capacity. A GB is 10^9 bytes, days and months are of UTC.
//! Each line of a bill is rounded once, half away from zero; totals are sums of lines.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    Access, Call, Method,
    bounds::{self, Bound, Bounds},
    ids::TitleId,
    money::Money,
};

/// Days that [`ListStorageCosts`] covers at most.
pub const COST_DAYS: u64 = 400;
/// Titles that may have a choice of their own.
pub const CHOSEN_TITLES: usize = 10_000;

/// An object store of video, by what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StoreRole {
    /// Billed by what is stored, what goes out, and requests.
    PerView,
    /// Billed by capacity, with traffic included.
    Flat,
}

/// Who says where titles lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StorageChoice {
    /// Each title where it is cheaper, by how it is watched.
    #[default]
    Auto,
    PerView,
    /// As far as the flat store has room.
    Flat,
}

/// What storage costs now, what it would cost by each plan, and what was decided last.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetStoragePlan {}

/// The answer to [`GetStoragePlan`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StoragePlan {
    /// The choice for all titles that have none of their own; where it is one of a later version, `auto`, and `notices` says so.
    pub choice: StorageChoice,
    /// Titles that have one.
    pub chosen_titles: u64,
    /// Whether titles can be moved: there is a store to rent by capacity in the config.
    pub has_flat_store: bool,
    /// The cost sheets as they were written; absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheets: Option<Map<String, Value>>,
    /// For [`ReplaceCostSheets::expected_version`]; 0 where there are none.
    pub sheets_version: u64,
    /// What lay where at the end of the last day that is known.
    pub stores: Vec<StoredIn>,
    /// Which day that was; absent where none is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stores_day: Option<String>,
    /// Absent until something was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<StorageDecision>,
    /// This month by each plan: `auto` as it was and is, the others as if all had lain there. Empty without sheets, or before a day is known.
    pub bills: Vec<StorageBill>,
    /// What is not done, and why, in sentences.
    pub notices: Vec<String>,
}

/// What lies in a store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StoredIn {
    pub store: StoreRole,
    pub titles: u64,
    pub bytes: u64,
}

/// What was decided: once a day, and again where sheets or choices were changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StorageDecision {
    /// The day for which it was decided; usage of the days before is what it was made from.
    pub day: String,
    /// When, in milliseconds since 1970.
    pub decided: u64,
    pub titles: u64,
    /// Titles that do not lie where they should.
    pub moves: u64,
    /// Whether these moves were asked for; they go on in the background.
    pub is_requested: bool,
    /// The step of the flat store that `month` is billed by, in GB; absent where none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity_gb: Option<u64>,
    /// What a month is expected to be billed at, as decided.
    pub month: Money,
    /// The same where nothing moves.
    pub month_unmoved: Money,
    /// What of `month` is for the flat store as a whole, which no title costs by itself: its step, and traffic beyond it. Absent where it
    /// was decided by a server that did not say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rent_month: Option<Money>,
}

/// A month's bill by one plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StorageBill {
    pub plan: StorageChoice,
    /// `2026-11`.
    pub month: String,
    /// The last day that is in it; absent where none of the month's is known yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<String>,
    /// Up to that day.
    pub so_far: Bill,
    /// The whole month, with the mean of the last 28 known days for each that is left.
    pub forecast: Bill,
}

/// Lines and their sum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Bill {
    pub lines: Vec<BillLine>,
    /// Absent where the plan is impossible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Money>,
    /// Why it is impossible, for people: the flat store is too small.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// One line: `quantity / per * unit_price` is `amount`, rounded once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BillLine {
    pub store: StoreRole,
    pub item: BillItem,
    /// Byte-days, bytes, requests or steps, as the item says.
    pub quantity: u64,
    /// How much of it the price is for.
    pub per: u64,
    /// In units of the currency, as the sheet has it: `0.023`.
    pub unit_price: String,
    pub amount: Money,
}

/// What a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BillItem {
    /// Byte-days, by the GB and month.
    Stored,
    /// The same of what was deleted before its minimum.
    StoredMinimum,
    /// Bytes out, by the GB, in one tier.
    Traffic,
    /// Bytes read, by the GB.
    Retrieval,
    /// Requests, by the thousand.
    Reads,
    /// Requests, by the thousand.
    Writes,
    /// One step of capacity, for the month.
    Capacity,
    /// Bytes out beyond the traffic of the last step, by the GB.
    TrafficBeyond,
}

/// Writes the cost sheets anew: `per_view` and `flat`, each a list of `{from, sheet}`, by month. What is wrong is refused with `invalid_request`, and
/// nothing is changed; fields that nobody knows are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplaceCostSheets {
    pub sheets: Map<String, Value>,
    /// The version that was read, 0 where there were none; `version_conflict` where it is another by now.
    pub expected_version: u64,
}

/// The answer to [`ReplaceCostSheets`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CostSheets {
    pub sheets: Map<String, Value>,
    pub version: u64,
}

/// Chooses for all titles that have no choice of their own. In force within a minute, without a restart; what plays goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplaceStorageChoice {
    pub choice: StorageChoice,
}

/// Chooses for one title; `limit_reached` beyond 10,000 of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplaceTitleStorageChoice {
    pub title: TitleId,
    pub choice: StorageChoice,
}

/// Takes a title's own choice away: that for all counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RemoveTitleStorageChoice {
    pub title: TitleId,
}

/// What the last decision says of each title, those first where it matters most.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListStorageAdvice {
    /// The `next` of the page before. Where it was decided anew in between, titles may be told twice or not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
    /// 1 to 100; 50 where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u8>,
}

/// The answer to [`ListStorageAdvice`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StorageAdvicePage {
    pub items: Vec<StorageAdvice>,
    /// The day that was decided for; absent where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// Titles on all pages.
    pub total: u64,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Where a title lies, where it should, and the figures behind it, which are what is expected of the next sixty days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StorageAdvice {
    pub title: TitleId,
    pub bytes: u64,
    /// Where it lies now.
    pub lies: StoreRole,
    /// Since which day; absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    pub advice: StoreRole,
    pub reason: AdviceReason,
    /// The title's own choice, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<StorageChoice>,
    /// What a month of it costs in the per-view store.
    pub per_view_month: Money,
    /// Its part, by its size, of the step of the flat store that is planned with, or else of the cheapest one by the GB.
    pub flat_month: Money,
    /// What it saves a month to lie where it is advised, beside the other store; below 0 where that was chosen and is dearer.
    pub saving_month: Money,
    /// What moving it costs once, from where it lay.
    pub moving: Money,
    /// Where it is on its way to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moves: Option<StorageMove>,
}

/// Why a title should lie there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AdviceReason {
    /// An operator chose it.
    Chosen,
    /// The flat store was chosen, and has no room for it.
    NoRoom,
    /// It moved a short time ago, and stays for thirty days.
    MinimumStay,
    /// It is the cheapest, by what is expected.
    Cheapest,
}

/// A move under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StorageMove {
    pub to: StoreRole,
    /// Of the title's bytes.
    pub copied_bytes: u64,
}

/// What each day cost, and would have cost by the other plans; for a plot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListStorageCosts {
    /// The first day, `2026-11-01`, of UTC; 28 days ago where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The last day, itself included; yesterday where it is absent. At most 400 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// The answer to [`ListStorageCosts`]. Amounts of a month's days add up to its bill, but for capacity: a month of it is spread over all of its days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StorageCosts {
    /// What the amounts are in, in minor units; absent without sheets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The days that are known, in their order.
    pub days: Vec<StorageCostDay>,
}

/// A day. Amounts are minor units of [`StorageCosts::currency`], and absent where there is no bill: without sheets, or where more lay in the flat store
/// than its sheet has a step for. What is absent is not 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StorageCostDay {
    pub day: String,
    /// What lay where at its end.
    pub per_view_bytes: u64,
    pub flat_bytes: u64,
    /// What went out of both stores to viewers.
    pub bytes_out: u64,
    /// As it was, whatever was chosen: what the per-view store cost, and the flat one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_per_view: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_flat: Option<i64>,
    /// If all had lain in the per-view store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_view: Option<i64>,
    /// If all had lain in the flat store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flat: Option<i64>,
}

const DAY: Bound = Bound::Shape { pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", fits: is_day, words: "a day like 2026-11-29" };

/// Whether a text has the form of a day; whether the calendar has it is for whoever reads it.
fn is_day(text: &str) -> bool {
    let digit = |at: usize, byte: u8| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(|(at, byte)| digit(at, byte))
}

const PAGE: Bounds =
    &[("limit", Bound::Number { least: 1, most: bounds::PAGE }), ("page_token", Bound::Text { least: 1, most: 64 })];

/// A call by its name, verb and path.
macro_rules! call {
    ($call:ident -> $reply:ty, $status:literal, $method:ident $path:literal $(; $bounds:expr)?) => {
        impl Call for $call {
            type Reply = $reply;
            const NAME: &'static str = concat!("storage_plan.v1.", stringify!($call));
            const METHOD: Method = Method::$method;
            const PATH: &'static str = $path;
            const ACCESS: Access = Access::Operator;
            const STATUS: u16 = $status;
            $(const BOUNDS: Bounds = $bounds;)?
        }
    };
}

call!(GetStoragePlan -> StoragePlan, 200, Get "/api/v1/storage/plan");
call!(ReplaceCostSheets -> CostSheets, 200, Put "/api/v1/storage/sheets"; &[("sheets", Bound::Object)]);
call!(ReplaceStorageChoice -> (), 204, Put "/api/v1/storage/choice");
call!(ReplaceTitleStorageChoice -> (), 204, Put "/api/v1/storage/choices/{title}");
call!(RemoveTitleStorageChoice -> (), 204, Delete "/api/v1/storage/choices/{title}");
call!(ListStorageAdvice -> StorageAdvicePage, 200, Get "/api/v1/storage/advice"; PAGE);
call!(ListStorageCosts -> StorageCosts, 200, Get "/api/v1/storage/costs"; &[("from", DAY), ("to", DAY)]);
