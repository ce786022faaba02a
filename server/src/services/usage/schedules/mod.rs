//! Reports that are written again and again, as operators ask for it by call: each when its cron expression says, into the object store or
//! the folder that the config names.
//!
//! Owns the documents `report_schedules`, the entries `usage/schedules/…` and the objects below `reports/`. Must never make a path of what a
//! request says.

mod files;
mod record;
mod run;
mod times;
mod v1;

#[cfg(test)]
mod tests;

use std::{path::PathBuf, sync::Arc};

use contract::usage::{DeleteReportSchedule, ListReportSchedules, ReplaceReportSchedule, RunReportSchedule};
use runtime::clock::Clock;
use storage::{documents::Documents, keyvalue::KeyValue, objects::Objects};

use self::files::Files;
use crate::{
    mount::Mount,
    services::{Service, answer, domain_events::EventOutbox},
    trusted_time::TrustedTime,
};

/// What it is made of.
pub struct Dependencies {
    pub documents: Arc<dyn Documents>,
    pub keyvalue: Arc<dyn KeyValue>,
    pub objects: Objects,
    /// For schedules that ask for one.
    pub folder: Option<PathBuf>,
    pub outbox: EventOutbox,
    pub time: TrustedTime,
}

/// The schedules.
pub struct ReportSchedules {
    documents: Arc<dyn Documents>,
    keyvalue: Arc<dyn KeyValue>,
    objects: Objects,
    files: Files,
    outbox: EventOutbox,
    clock: Clock,
    time: TrustedTime,
}

impl ReportSchedules {
    pub fn new(parts: Dependencies) -> Self {
        let Dependencies { documents, keyvalue, objects, folder, outbox, time } = parts;
        let (files, clock) = (Files::new(objects.clone(), folder), time.clock());
        Self { documents, keyvalue, files, objects, outbox, clock, time }
    }
}

impl Service for ReportSchedules {
    fn name(&self) -> &'static str {
        "report_schedules"
    }

    fn mount(self: Arc<Self>, mount: &mut Mount) {
        answer!(mount, self, ListReportSchedules, list);
        answer!(mount, self, ReplaceReportSchedule, replace);
        answer!(mount, self, DeleteReportSchedule, delete);
        answer!(mount, self, RunReportSchedule, run_now);
    }
}

pub(super) use self::record::SCHEDULES;
