//! The handlers of the calls of schedules, version 1.

use contract::{
    Code, Problem,
    ids::ReportScheduleId,
    usage::{
        DeleteReportSchedule, ListReportSchedules, ReplaceReportSchedule, ReportSchedule, ReportTarget, RunReportSchedule,
        SCHEDULES as MOST,
    },
};
use serde_json::Map;
use storage::documents::{Change, Expect, PAGE_LIMIT, parse, update};
use tokio::task::spawn_blocking;

use super::{
    ReportSchedules,
    record::{SCHEDULES, ScheduleRecord},
    times::Times,
};
use crate::context::RequestContext;

/// Times that are told ahead.
const NEXT: usize = 3;

impl ReportSchedules {
    pub(super) async fn list(&self, _: RequestContext, _: ListReportSchedules) -> Result<Vec<ReportSchedule>, Problem> {
        let mut shown = Vec::new();
        for document in self.documents.list(&SCHEDULES, None, PAGE_LIMIT).await?.documents {
            match (document.id.parse(), parse::<ScheduleRecord>(&document)) {
                (Ok(id), Ok(record)) => shown.push(self.show(id, record)),
                // It shuts out no other.
                (_, Err(error)) => tracing::error!(%error, "a schedule of reports cannot be read"),
                (Err(error), Ok(_)) => tracing::error!(%error, "a schedule of reports has no id"),
            }
        }
        shown.sort_by(|one, other| (one.created, one.id.as_str()).cmp(&(other.created, other.id.as_str())));
        Ok(shown)
    }

    pub(super) async fn replace(&self, _: RequestContext, call: ReplaceReportSchedule) -> Result<ReportSchedule, Problem> {
        let now = self.clock.millis();
        let cron = call.cron.clone();
        let parsed = spawn_blocking(move || Times::parse(&cron, now)).await.map_err(|_| Problem::internal())?;
        parsed.map_err(|why| Problem::invalid("cron", why))?;
        if call.target == ReportTarget::Folder && !self.files.has_folder() {
            return Err(Problem::invalid("target", "`objects`: the config names no folder (`reports.folder`)"));
        }
        if call.expected_version == 0 && self.documents.count(&SCHEDULES).await? >= MOST as u64 {
            return Err(Problem::new(Code::LimitReached).with_detail(format!("There are {MOST} schedules already.")));
        }
        let written = update(&*self.documents, &SCHEDULES, call.id.as_str(), |stored: Option<ScheduleRecord>| {
            let mut before = match (&stored, call.expected_version) {
                (None, 0) => None,
                (Some(record), version) if version > 0 && record.version == version => stored,
                (None, _) => return Err(Problem::not_found("schedule")),
                (Some(_), _) => return Err(Problem::new(Code::VersionConflict)),
            };
            if let Some(before) = &mut before {
                before.correct(now);
            }
            let ReplaceReportSchedule { cron, report, days, format, target, keep, is_enabled, .. } = call.clone();
            let (version, created) = before.as_ref().map_or((0, now), |record| (record.version, record.created));
            // What was due while it was another, or was switched off, is not made up.
            let is_same = before.as_ref().is_some_and(|record| record.cron == cron && record.is_enabled);
            let done = before.as_ref().filter(|_| is_same).map_or(now, |record| record.done);
            let (last, unknown) = before.map_or((None, Map::new()), |record| (record.last, record.unknown));
            Ok(Change::Put(ScheduleRecord {
                cron,
                report,
                days,
                format,
                target,
                keep,
                is_enabled,
                version: version + 1,
                created,
                done,
                asked: None,
                retry: None,
                last,
                unknown,
            }))
        });
        let record = written.await?.record.ok_or_else(|| Problem::not_found("schedule"))?;
        Ok(self.show(call.id, record))
    }

    pub(super) async fn delete(&self, _: RequestContext, call: DeleteReportSchedule) -> Result<(), Problem> {
        let was_there = self.documents.delete(&SCHEDULES, call.id.as_str(), Expect::Anything).await?;
        if was_there { Ok(()) } else { Err(Problem::not_found("schedule")) }
    }

    pub(super) async fn run_now(&self, _: RequestContext, call: RunReportSchedule) -> Result<(), Problem> {
        let now = self.clock.millis();
        let asked = update(&*self.documents, &SCHEDULES, call.id.as_str(), |stored: Option<ScheduleRecord>| {
            let mut record = stored.ok_or_else(|| Problem::not_found("schedule"))?;
            (record.asked, record.retry) = (Some(now), None);
            Ok::<_, Problem>(Change::Put(record))
        });
        asked.await.map(drop)
    }

    fn show(&self, id: ReportScheduleId, record: ScheduleRecord) -> ReportSchedule {
        let now = self.clock.millis();
        let next = || Times::read(&record.cron).map(|times| times.next(now, NEXT)).unwrap_or_default();
        ReportSchedule {
            id,
            next_runs: if record.is_enabled { next() } else { Vec::new() },
            cron: record.cron,
            report: record.report,
            days: record.days,
            format: record.format,
            target: record.target,
            keep: record.keep,
            is_enabled: record.is_enabled,
            version: record.version,
            created: record.created,
            last: record.last,
        }
    }
}
