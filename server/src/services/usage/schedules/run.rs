//! Writes what is due: one node at a time, each time once, and what was missed while no server ran once in all.
//!
//! The file is written, then it is announced, then the time is noted as done: what is broken off in between is done again, and comes to the
//! same file and the same announcement. Nothing is due by a clock that is in doubt.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use contract::{
    ids::ReportScheduleId,
    usage::{ReportFormat, ReportRun, ScheduledReport},
};
use runtime::supervise;
use serde_json::json;
use storage::{
    StoreError,
    documents::{Change, PAGE_LIMIT, parse, update},
    keyvalue::Expect,
};
use usage::report::Kind;

use super::{
    ReportSchedules,
    record::{RETRY_AFTER, SCHEDULES, ScheduleRecord},
    times::{Times, period},
};
use crate::services::{
    domain_events::DomainEvent,
    usage::{
        calendar,
        raw::{self, Format},
    },
};

const LOOK: Duration = Duration::from_secs(10);
/// How long a node has for one report, before another may take it up.
const LEASED_FOR: Duration = Duration::from_secs(30 * 60);
/// After a day is over until all of its events are in the object store, in milliseconds: they are put there every five minutes.
const SETTLED_AFTER: u64 = 10 * 60 * 1000;

impl ReportSchedules {
    /// Writes what is due for as long as the server runs.
    ///
    /// # Errors
    /// Never; as [`supervise::look`].
    pub async fn run(self: Arc<Self>) -> Result<(), String> {
        supervise::look(LOOK, "scheduled reports are written a little later", || async { self.look().await.map(|_| 0) }).await
    }

    /// Writes what is due; how many files.
    ///
    /// # Errors
    /// [`StoreError`]; the rest is written by the next call.
    pub async fn look(&self) -> Result<usize, StoreError> {
        let mut written = 0;
        let documents = self.documents.list(&SCHEDULES, None, PAGE_LIMIT).await?.documents;
        // Its days may be yet to come, and its files would push out true ones.
        if documents.is_empty() || self.time.compare().await?.is_doubted {
            return Ok(0);
        }
        for document in documents {
            let read = parse::<ScheduleRecord>(&document);
            let Ok(id) = document.id.parse::<ReportScheduleId>() else { continue };
            match read {
                Ok(mut record) => {
                    if record.correct(self.clock.millis()) {
                        self.correct(&id).await?;
                    }
                    if let Some(due) = self.due(&record)
                        && self.write_leased(&id, due).await?
                    {
                        written += 1;
                    }
                }
                Err(error) => tracing::error!(%error, "a schedule of reports cannot be read"),
            }
        }
        Ok(written)
    }

    /// Notes what a clock that was ahead noted as it is by this one.
    async fn correct(&self, id: &ReportScheduleId) -> Result<(), StoreError> {
        tracing::warn!(schedule = id.as_str(), "a clock was ahead: what it noted of a schedule of reports is taken for now");
        let now = self.clock.millis();
        let corrected = update(&*self.documents, &SCHEDULES, id.as_str(), |stored: Option<ScheduleRecord>| {
            let Some(mut record) = stored else { return Ok::<_, StoreError>(Change::Keep) };
            Ok(if record.correct(now) { Change::Put(record) } else { Change::Keep })
        });
        corrected.await.map(drop)
    }

    /// The time that a report is to be written for now.
    fn due(&self, record: &ScheduleRecord) -> Option<u64> {
        let now = self.clock.millis();
        if record.retry.is_some_and(|retry| now < retry) {
            return None;
        }
        let scheduled = || {
            let last = Times::read(&record.cron).ok()?.last(now)?;
            let is_over = period(record.days, last).is_some_and(|(days, _)| now >= days.end + SETTLED_AFTER);
            (record.is_enabled && last > record.done && is_over).then_some(last)
        };
        record.asked.or_else(scheduled)
    }

    /// Writes a report unless another node is at it; whether it did.
    async fn write_leased(&self, id: &ReportScheduleId, due: u64) -> Result<bool, StoreError> {
        let key = format!("usage/schedules/{id}");
        let lease = match self.keyvalue.put(&key, Bytes::new(), Expect::Absent, Some(LEASED_FOR)).await {
            Ok(lease) => lease,
            Err(StoreError::Conflict { .. }) => return Ok(false),
            Err(error) => return Err(error),
        };
        let written = self.write_due(id, due).await;
        match self.keyvalue.delete(&key, Expect::Version(lease)).await {
            Ok(_) | Err(StoreError::Conflict { .. }) => {}
            Err(error) => tracing::warn!(%error, "the lease of a report is left to run out"),
        }
        written
    }

    /// Writes the report of one time, as the schedule is now.
    async fn write_due(&self, id: &ReportScheduleId, due: u64) -> Result<bool, StoreError> {
        let stored = storage::documents::read::<ScheduleRecord>(&*self.documents, &SCHEDULES, id.as_str()).await?;
        // Whoever had the lease before has done it, or it was changed or deleted.
        let Some((record, _)) = stored.filter(|(record, _)| self.due(record) == Some(due)) else { return Ok(false) };
        let outcome = self.write(id, &record, due).await;
        let now = self.clock.millis();
        let noted = update(&*self.documents, &SCHEDULES, id.as_str(), |stored: Option<ScheduleRecord>| {
            let Some(mut record) = stored else { return Ok(Change::Keep) };
            let (file, error) = match &outcome {
                Ok(file) => (Some(file.clone()), None),
                Err(error) => (None, Some(error.clone())),
            };
            if error.is_none() {
                record.done = record.done.max(due);
                record.asked = record.asked.filter(|asked| *asked != due);
            }
            record.retry = error.as_ref().map(|_| now + RETRY_AFTER);
            record.last = Some(ReportRun { due, at: now, file, error });
            Ok::<_, StoreError>(Change::Put(record))
        });
        noted.await?;
        if let Err(error) = &outcome {
            tracing::warn!(schedule = id.as_str(), error, "a scheduled report was not written; it is tried again");
        }
        Ok(outcome.is_ok())
    }

    /// Writes its file, announces it, and deletes what is too old; where it is.
    async fn write(&self, id: &ReportScheduleId, record: &ScheduleRecord, due: u64) -> Result<String, String> {
        let words = |error: &dyn std::fmt::Display| error.to_string();
        let (days, name) = period(record.days, due).ok_or("there are no days before 1970")?;
        let format = format(record.format);
        let table = raw::report((&*self.documents, &self.objects), kind(record.report), days.clone()).await?;
        // Of what the schedule is now: what it reported before keeps its files.
        let name = format!("{name}.{}.{}", kind(record.report).as_str(), format.extension());
        let written = self.files.write(record.target, (id, name.clone()), (table, format)).await;
        let file = written.map_err(|error| words(&error))?;
        let (from, to) = (calendar::day(days.start), calendar::day(days.end.saturating_sub(1)));
        let data = json!({
            "schedule": id, "report": record.report, "from": from, "to": to, "format": record.format, "target": record.target, "file": file,
        });
        let announced = self.outbox.announce(&format!("report {id} {due}"), DomainEvent::new("report.written", data)).await;
        announced.map_err(|error| words(&error))?;
        let today = calendar::day(self.clock.millis());
        let kept = self.files.keep(record.target, (id, &name), (usize::from(record.keep), today)).await;
        kept.map_err(|error| words(&error))?;
        Ok(file)
    }
}

const fn kind(report: ScheduledReport) -> Kind {
    match report {
        ScheduledReport::Titles => Kind::Titles,
        ScheduledReport::ViewingTime => Kind::ViewingTime,
        ScheduledReport::Devices => Kind::Devices,
        ScheduledReport::Quality => Kind::Quality,
        ScheduledReport::SearchesWithoutAHit => Kind::SearchesWithoutAHit,
        ScheduledReport::Totals => Kind::Totals,
    }
}

const fn format(format: ReportFormat) -> Format {
    match format {
        ReportFormat::Csv => Format::Csv,
        ReportFormat::Jsonl => Format::Jsonl,
        ReportFormat::Parquet => Format::Parquet,
    }
}
