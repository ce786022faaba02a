//! Version 1 of usage: reports for operators, an account's own use, and whether a profile is counted as somebody.

mod schedules;

use serde::{Deserialize, Serialize};

use crate::{
    Access, Call, Method, Profiles,
    bounds::{Bound, Bounds},
};

pub use schedules::*;

/// Days that one report covers at most.
pub const REPORT_DAYS: u64 = 400;
/// Rows of a report at most.
pub const REPORT_ROWS: u64 = 1000;

/// Sums of some days, as a table; for operators.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetReport {
    pub kind: ReportKind,
    /// The first day, `2026-11-01`, of UTC; seven days ago where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The last day, itself included; today where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Rows at most: 1 to 1000; 100 where it is absent, and of hours 1000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u16>,
}

/// What a report is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReportKind {
    /// Everything in one row.
    Totals,
    /// The titles that were watched for longest.
    Titles,
    /// Viewing by the day.
    ViewingTime,
    /// Viewing by the hour, up to this one; of today and the seven days before where no days are asked for.
    Hours,
    /// Viewing by kind of device.
    Devices,
    /// How well films played, by the day.
    Quality,
    /// The accounts that watched for longest this month.
    Accounts,
    /// What lay in which store and what it cost, by the day.
    Storage,
    /// What was searched for and not found, of queries that several different viewers asked.
    SearchesWithoutAHit,
}

/// A table. Its rows have as many cells as there are columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Report {
    pub kind: ReportKind,
    /// The first and the last day.
    pub from: String,
    pub to: String,
    pub columns: Vec<ReportColumn>,
    pub rows: Vec<Vec<Cell>>,
    /// What the rows leave out and how exact they are, in sentences.
    pub notes: Vec<String>,
    /// Events that were lost since each process began, and are in no sum.
    pub lost: u64,
    /// Events that wait on machines whose process is gone: they are counted when it is started again.
    pub waiting: u64,
}

/// A column of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportColumn {
    /// Stable: `watched_millis`.
    pub name: String,
    pub unit: Unit,
}

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Text,
    /// A title's id.
    Title,
    /// An account's id.
    Account,
    /// `2026-11-29`.
    Day,
    /// `2026-11-29T13`, of UTC.
    Hour,
    Count,
    Milliseconds,
    Bytes,
    KilobitsPerSecond,
    /// Of money, in the currency of a column beside.
    MinorUnits,
}

/// A cell; null where there is nothing to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum Cell {
    Number(u64),
    Text(String),
    None,
}

/// What the account of whoever asks used, by the month, the latest first; at most 24.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListUsage {}

/// A month of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MonthOfUse {
    /// `2026-11`, of UTC.
    pub month: String,
    /// Films that were begun.
    pub sessions: u64,
    pub watched_millis: u64,
    /// Bytes of video that were sent.
    pub bytes: u64,
    /// Whether more was used than is told here: something that was stored of this month cannot be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_incomplete: bool,
}

/// Whether this profile's use is told apart from others'.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetUsageSettings {}

/// Says whether it is from now on. Sums of everybody, and the account's own month, have it either way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplaceUsageSettings {
    pub is_left_out: bool,
}

/// The answer to [`GetUsageSettings`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UsageSettings {
    pub is_left_out: bool,
}

const DAY: Bound = Bound::Shape { pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", fits: is_day, words: "a day like 2026-11-29" };

/// Whether a text has the form of a day; whether the calendar has it is for whoever reads it.
fn is_day(text: &str) -> bool {
    let digit = |at: usize, byte: u8| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(|(at, byte)| digit(at, byte))
}

/// A call by its name, verb, path and access.
macro_rules! call {
    ($call:ident -> $reply:ty, $status:literal, $method:ident $path:literal, $access:expr, $profiles:ident $(; $bounds:expr)?) => {
        impl Call for $call {
            type Reply = $reply;
            const NAME: &'static str = concat!("usage.v1.", stringify!($call));
            const METHOD: Method = Method::$method;
            const PATH: &'static str = $path;
            const ACCESS: Access = $access;
            const PROFILES: Profiles = Profiles::$profiles;
            const STATUS: u16 = $status;
            $(const BOUNDS: Bounds = $bounds;)?
        }
    };
}

call!(GetReport -> Report, 200, Get "/api/v1/reports/{kind}", Access::Operator, Unrestricted;
    &[("from", DAY), ("to", DAY), ("limit", Bound::Number { least: 1, most: REPORT_ROWS })]);
call!(ListUsage -> Vec<MonthOfUse>, 200, Get "/api/v1/account/usage", Access::Member, Unrestricted);
call!(GetUsageSettings -> UsageSettings, 200, Get "/api/v1/usage-settings", Access::Member, Any);
call!(ReplaceUsageSettings -> (), 204, Put "/api/v1/usage-settings", Access::Member, Any);
