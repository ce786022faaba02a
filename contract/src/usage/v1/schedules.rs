//! Reports that are written again and again, each when its cron expression says. For operators.

use serde::{Deserialize, Serialize};

use crate::{
    Access, Call, Method,
    bounds::{self, Bound, Bounds},
    ids::ReportScheduleId,
};

/// Schedules at most.
pub const SCHEDULES: usize = 50;
/// Characters of a cron expression at most.
pub const CRON: usize = 100;
/// Files of a schedule that are kept at most.
pub const KEEP: u64 = 1000;

/// Every schedule, the earliest made first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListReportSchedules {}

/// A schedule. Instants are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportSchedule {
    pub id: ReportScheduleId,
    pub cron: String,
    pub report: ScheduledReport,
    pub days: ReportDays,
    pub format: ReportFormat,
    pub target: ReportTarget,
    pub keep: u16,
    pub is_enabled: bool,
    /// Counts up with every change that somebody asked for; for `expected_version`.
    pub version: u64,
    pub created: u64,
    /// The next three times; none of one that is not enabled.
    pub next_runs: Vec<u64>,
    /// What came of the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<ReportRun>,
}

/// What came of a time that a report was to be written at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportRun {
    /// For which time, in milliseconds since 1970.
    pub due: u64,
    /// When it ended, in milliseconds since 1970.
    pub at: u64,
    /// What was written: `reports/{id}/2026-11.titles.csv` in the object store, or `{id}/2026-11.titles.csv` in the folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Why nothing was, for people; it is tried again every five minutes until the next time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What is reported, of the events themselves: as `marquee report`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ScheduledReport {
    Titles,
    ViewingTime,
    Devices,
    Quality,
    SearchesWithoutAHit,
    Totals,
}

/// The days that it covers, of UTC, counted from the time that it is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReportDays {
    Yesterday,
    /// The seven days before today.
    Last7Days,
    /// The calendar month before this one.
    LastMonth,
}

/// The form of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReportFormat {
    Csv,
    Jsonl,
    Parquet,
}

/// Where its file goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReportTarget {
    /// The object store: `reports/{id}/{period}.{format}`.
    Objects,
    /// The folder that the config names (`reports.folder`): `{id}/{period}.{format}`.
    Folder,
}

/// Makes a schedule, or changes one; `version_conflict` where there is one of this id with another version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplaceReportSchedule {
    /// 20 to 32 letters and digits, drawn at random by whoever makes it.
    pub id: ReportScheduleId,
    /// The version that was read; 0 for one that is to be made.
    pub expected_version: u64,
    /// Five fields, of UTC: `0 6 * * MON`. What is due while no server runs is made up once, for the last time that was missed. A report
    /// is written ten minutes after the days that it covers are over at the earliest, when all that happened on them is there.
    pub cron: String,
    pub report: ScheduledReport,
    pub days: ReportDays,
    pub format: ReportFormat,
    pub target: ReportTarget,
    /// Files that are kept, 1 to 1000; older ones are deleted.
    pub keep: u16,
    pub is_enabled: bool,
}

/// Deletes a schedule. Files that it wrote stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeleteReportSchedule {
    pub id: ReportScheduleId,
}

/// Has the report be written now, whatever the expression says; what came of it is `last` of the schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunReportSchedule {
    pub id: ReportScheduleId,
}

macro_rules! call {
    ($call:ident -> $reply:ty, $status:literal, $method:ident $path:literal $(; $bounds:expr)?) => {
        impl Call for $call {
            type Reply = $reply;
            const NAME: &'static str = concat!("usage.v1.", stringify!($call));
            const METHOD: Method = Method::$method;
            const PATH: &'static str = $path;
            const ACCESS: Access = Access::Operator;
            const STATUS: u16 = $status;
            $(const BOUNDS: Bounds = $bounds;)?
        }
    };
}

call!(ListReportSchedules -> Vec<ReportSchedule>, 200, Get "/api/v1/report-schedules");
call!(ReplaceReportSchedule -> ReportSchedule, 200, Put "/api/v1/report-schedules/{id}"; &[
    ("id", bounds::NEW_ID),
    ("cron", Bound::Line { least: 1, most: CRON }),
    ("keep", Bound::Number { least: 1, most: KEEP }),
]);
call!(DeleteReportSchedule -> (), 204, Delete "/api/v1/report-schedules/{id}");
call!(RunReportSchedule -> (), 204, Post "/api/v1/report-schedules/{id}/run");
