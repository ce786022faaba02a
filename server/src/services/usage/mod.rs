//! The service `usage`: what the platform is used for, as exact sums, as raw events that other tools read, and as reports.
//!
//! Owns the documents `usage_rollups`, `usage_accounts`, `usage_choices`, `usage_nodes`, `usage_queries`, `usage_compactions` and
//! `usage_forgotten`, the entries `usage/…`, the objects below `usage/` and the folder `usage` of the data folder. Services tell what happens
//! ([`crate::services::recorder`]); on its way into the stores:
//!
//! ```text
//! Recorder -> queue -> intake -> journal (this machine) -> roll-ups (documents), every ten seconds
//!                                                      \-> Parquet (objects), every five minutes; few files of a day that is over
//! ```
//!
//! Must never store a profile's id, nor anything by which two days of somebody could be joined.

mod calendar;
mod choices;
mod compaction;
pub mod cost;
mod day_keys;
mod forgetting;
mod found_again;
mod intake;
mod journal;
mod lines;
mod monthly_use;
mod nodes;
mod parts;
mod publish;
mod queries;
pub mod raw;
mod reading;
mod record;
mod reports;
mod retention;
mod rollups;
pub mod schedules;
mod set_aside;
mod title_use;
mod v1;

#[cfg(test)]
mod tests;

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use contract::{
    ids::{AccountId, ProfileId},
    usage::{GetReport, GetUsageSettings, ListUsage, ReplaceUsageSettings},
};
use futures::TryFutureExt;
use runtime::clock::Clock;
use storage::{
    StoreError,
    documents::{Documents, delete_all},
    keyvalue::KeyValue,
    objects::Objects,
};
use tokio_util::task::TaskTracker;

use self::{
    calendar::OF_A_DAY,
    choices::Choices,
    day_keys::DayKeys,
    intake::{Counts, Intake},
    journal::Journal,
    nodes::Progress,
    publish::Publisher,
    rollups::Retention,
};
use super::{
    Service, answer,
    exporting::{self, Exported},
    keepers::Tombstones,
    recorder::Recordings,
};
use crate::{
    config::Usage as Settings,
    mount::Mount,
    trusted_time::{Dated, TrustedTime},
};

pub use day_keys::PREFIX as DAY_KEYS;

const MEGABYTE: u64 = 1_000_000;

/// What the service is made of.
pub struct Dependencies {
    pub documents: Arc<dyn Documents>,
    pub keyvalue: Arc<dyn KeyValue>,
    pub objects: Objects,
    pub tombstones: Arc<dyn Tombstones>,
    pub settings: Settings,
    pub time: TrustedTime,
    pub clock: Clock,
}

/// The service.
pub struct Usage {
    documents: Arc<dyn Documents>,
    objects: Objects,
    choices: Choices,
    keys: DayKeys,
    keyvalue: Arc<dyn KeyValue>,
    tombstones: Arc<dyn Tombstones>,
    settings: Settings,
    time: TrustedTime,
    clock: Clock,
}

/// What collects usage in this process: from the queue to the stores.
#[derive(Clone)]
pub struct Collector {
    intake: Intake,
    publisher: Publisher,
}

impl Usage {
    pub fn new(parts: Dependencies) -> Self {
        let Dependencies { documents, keyvalue, objects, tombstones, settings, time, clock } = parts;
        let (choices, keys) = (Choices::new(Arc::clone(&documents)), DayKeys::new(Arc::clone(&keyvalue)));
        Self { documents, objects, choices, keys, keyvalue, tombstones, settings, time, clock }
    }

    /// Begins the journal of this process in the data folder.
    ///
    /// # Errors
    /// What the file system says.
    pub fn collector(self: &Arc<Self>, data: &Path, recordings: Recordings) -> io::Result<Collector> {
        let root = data.join("usage");
        let most = self.settings.journal_megabytes.get() * MEGABYTE;
        let journal = Arc::new(Mutex::new(Journal::begin(&root, most)?));
        let counts = Arc::<Counts>::default();
        let progress = Arc::new(Progress::new(self.clock.millis(), Arc::clone(&recordings.counts), Arc::clone(&counts)));
        Ok(Collector {
            intake: Intake {
                recordings: Arc::new(recordings),
                journal: Arc::clone(&journal),
                counts,
                choices: self.choices.clone(),
                keys: self.keys.clone(),
                nobodys: rand::random(),
                writing: TaskTracker::new(),
            },
            publisher: Publisher {
                root,
                journal,
                documents: Arc::clone(&self.documents),
                objects: self.objects.clone(),
                tombstones: Arc::clone(&self.tombstones),
                retention: self.retention(),
                progress,
                own: Arc::default(),
                time: self.time.clone(),
                clock: self.clock.clone(),
            },
        })
    }

    /// Deletes what is older than it is kept, and makes nobody's what profiles did that are gone, for as long as it is asked to.
    ///
    /// # Errors
    /// Never; what fails is tried again.
    pub async fn retain(self: Arc<Self>) -> Result<(), String> {
        retention::run(&self).await
    }

    /// How long things are kept, as the config says.
    fn retention(&self) -> Retention {
        let millis = |days: u32| u64::from(days) * OF_A_DAY;
        Retention {
            hours: millis(self.settings.hourly_days.as_u32()),
            days: millis(self.settings.daily_days.as_u32()),
            queries: millis(self.settings.events_days.as_u32()),
        }
    }
}

impl Collector {
    /// From the queue into the journal, for as long as it is asked to.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn collect(self) -> Result<(), String> {
        self.intake.run().await
    }

    /// From the journal into the stores, for as long as it is asked to.
    ///
    /// # Errors
    /// Never; what fails is tried again.
    pub async fn publish(self) -> Result<(), String> {
        self.publisher.run().await
    }

    /// Takes what is left in the queue into the stores, at the end of the process. What does not arrive waits in the journal for the next one.
    pub async fn close(&self) {
        let outcome = async {
            self.intake.finish().await.map_err(|error| error.to_string())?;
            self.publisher.publish(true).map_err(|error| error.to_string()).await
        };
        if let Err(error) = outcome.await {
            tracing::warn!(error, "what was recorded of usage waits for the next start");
        }
    }
}

#[async_trait]
impl Service for Usage {
    fn name(&self) -> &'static str {
        "usage"
    }

    fn mount(self: Arc<Self>, mount: &mut Mount) {
        answer!(mount, self, GetReport, get_report);
        answer!(mount, self, ListUsage, list_usage);
        answer!(mount, self, GetUsageSettings, get_usage_settings);
        answer!(mount, self, ReplaceUsageSettings, replace_usage_settings);
    }

    async fn forget(&self, profile: &ProfileId) -> Result<(), StoreError> {
        self.choices.forget(profile).await?;
        forgetting::note(self, profile).await
    }

    async fn export(&self, profile: &ProfileId) -> Result<Exported, StoreError> {
        Ok(self.export_each(std::slice::from_ref(profile)).await?.pop().unwrap_or_default())
    }

    async fn export_each(&self, profiles: &[ProfileId]) -> Result<Vec<Exported>, StoreError> {
        let mut all = found_again::export(self, profiles).await?;
        for (kept, profile) in all.iter_mut().zip(profiles) {
            exporting::one(&*self.documents, kept, &record::CHOICES, profile.as_str()).await?;
        }
        Ok(all)
    }

    async fn export_account(&self, account: &AccountId) -> Result<Exported, StoreError> {
        found_again::export_account(&*self.documents, account).await
    }

    async fn forget_account(&self, account: &AccountId) -> Result<(), StoreError> {
        delete_all(&*self.documents, &record::ACCOUNTS, record::OF_ACCOUNT, &[account.as_str().into()]).await
    }
}

/// What says until when time passed: when processes were heard of, and the newest day that has sums.
pub static DATED: &[Dated] = &[
    Dated { collection: &record::NODES, index: record::BY_HEARD, equals: &[], field: "heard" },
    Dated { collection: &record::ROLLUPS, index: record::BY_PERIOD, equals: &["day"], field: "at" },
];

/// What is stored here, for whoever moves or checks stores as a whole.
pub static COLLECTIONS: &[&storage::documents::Collection] = &[
    &record::ROLLUPS,
    &record::ACCOUNTS,
    &record::CHOICES,
    &record::NODES,
    &queries::QUERIES,
    &compaction::COMPACTIONS,
    &forgetting::FORGOTTEN,
    &schedules::SCHEDULES,
];
