//! What schedules of reports are stored as. Never leaves this folder.

use contract::usage::{ReportDays, ReportFormat, ReportRun, ReportTarget, ScheduledReport};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use storage::documents::Collection;

/// The schedules, under their ids.
pub static SCHEDULES: Collection = Collection::declared("report_schedules", &[]);

/// What clocks of different machines differ by, in milliseconds: what is later than that was noted by one that was ahead.
const SKEW: u64 = 5 * 60 * 1000;
/// How long it rests after a failure, in milliseconds.
pub const RETRY_AFTER: u64 = 5 * 60 * 1000;

/// A document of [`SCHEDULES`]. Instants are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScheduleRecord {
    pub cron: String,
    pub report: ScheduledReport,
    pub days: ReportDays,
    pub format: ReportFormat,
    pub target: ReportTarget,
    pub keep: u16,
    pub is_enabled: bool,
    /// Counts up with every change that somebody asked for.
    pub version: u64,
    pub created: u64,
    /// Times up to this one are done with: a report was written for them, or they are of before it was made or changed.
    pub done: u64,
    /// When somebody asked for one at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<u64>,
    /// Before which it is not tried again, after a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<ReportRun>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl ScheduleRecord {
    /// Takes what a clock noted that was ahead for now, so that it silences nothing until then; whether there was any.
    pub fn correct(&mut self, now: u64) -> bool {
        let latest = now.saturating_add(SKEW);
        let is_ahead = self.done > latest || self.asked.is_some_and(|asked| asked > latest) || self.rests_ahead(latest);
        if self.done > latest {
            self.done = now;
        }
        self.asked = self.asked.map(|asked| if asked > latest { now } else { asked });
        if self.rests_ahead(latest) {
            self.retry = None;
        }
        is_ahead
    }

    fn rests_ahead(&self, latest: u64) -> bool {
        self.retry.is_some_and(|retry| retry > latest.saturating_add(RETRY_AFTER))
    }
}
