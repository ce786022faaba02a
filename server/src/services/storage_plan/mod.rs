//! The service `storage_plan`: what storing video costs, in which of the two stores each title should lie, and who says so.
//!
//! Owns the documents `storage_sheets`, `storage_choices`, `storage_plan_days`, `storage_plan_rows`, `storage_decisions` and `storage_advice`, and the entry
//! `storage_plan/decision`. The mathematics is the crate `storage-plan`'s; what was watched and where titles lie is told by others
//! ([`crate::services::storage_sources`]), who also move them.
//!
//! ```text
//! use of a day, placements -> days (documents) -> planner -> decision (documents) -> moves that are asked for
//! sheets, choices ----------------------------------^
//! ```
//!
//! Must never ask for a move before the decision that wants it is stored, nor where there are no sheets or no flat store; nor make
//! a day or decide by a clock that is in doubt ([`crate::trusted_time`]).

mod advise;
mod bills;
mod calendar;
mod days;
mod decide;
mod lease;
mod record;
mod rows;
mod settings;
mod stock;
mod v1;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use contract::{
    Problem,
    ids::TitleId,
    storage_plan::{
        GetStoragePlan, ListStorageAdvice, ListStorageCosts, RemoveTitleStorageChoice, ReplaceCostSheets, ReplaceStorageChoice,
        ReplaceTitleStorageChoice, StorageChoice,
    },
};
use runtime::clock::Clock;
use storage::{StoreError, documents::Documents, keyvalue::KeyValue};

use self::{decide::LastTime, settings::Settings};
use super::{Service, answer, storage_sources::StorageSources};
use crate::{
    mount::Mount,
    trusted_time::{Dated, TrustedTime},
};

/// What the service is made of.
pub struct Dependencies {
    pub documents: Arc<dyn Documents>,
    pub keyvalue: Arc<dyn KeyValue>,
    pub sources: StorageSources,
    pub time: TrustedTime,
    pub clock: Clock,
}

/// The service.
pub struct StoragePlan {
    documents: Arc<dyn Documents>,
    keyvalue: Arc<dyn KeyValue>,
    sources: StorageSources,
    pub settings: Settings,
    time: TrustedTime,
    clock: Clock,
    went_back: LastTime,
}

impl StoragePlan {
    pub fn new(parts: Dependencies) -> Self {
        let Dependencies { documents, keyvalue, sources, time, clock } = parts;
        Self {
            settings: Settings::new(Arc::clone(&documents)),
            documents,
            keyvalue,
            sources,
            time,
            clock,
            went_back: LastTime::default(),
        }
    }

    /// Chooses for one title that has a film, or takes its choice away.
    ///
    /// # Errors
    /// `not_found`; `limit_reached`; what the stores say.
    pub async fn choose_for(&self, title: &TitleId, choice: Option<StorageChoice>) -> Result<(), Problem> {
        if choice.is_some() && self.sources.places.of(std::slice::from_ref(title)).await?.is_empty() {
            return Err(Problem::not_found("title with a film"));
        }
        self.settings.choose_for(title, choice).await
    }
}

#[async_trait]
impl Service for StoragePlan {
    fn name(&self) -> &'static str {
        "storage_plan"
    }

    fn mount(self: Arc<Self>, mount: &mut Mount) {
        answer!(mount, self, GetStoragePlan, get_plan);
        answer!(mount, self, ReplaceCostSheets, replace_sheets);
        answer!(mount, self, ReplaceStorageChoice, replace_choice);
        answer!(mount, self, ReplaceTitleStorageChoice, replace_title_choice);
        answer!(mount, self, RemoveTitleStorageChoice, remove_title_choice);
        answer!(mount, self, ListStorageAdvice, list_advice);
        answer!(mount, self, ListStorageCosts, list_costs);
    }

    async fn forget_title(&self, title: &TitleId) -> Result<(), StoreError> {
        self.settings.forget(title).await
    }
}

/// What says until when time passed: the newest day.
pub static DATED: &[Dated] = &[Dated { collection: &record::DAYS, index: record::BY_AT, equals: &[], field: "at" }];

/// What is stored here, for whoever moves or checks stores as a whole.
pub static COLLECTIONS: &[&storage::documents::Collection] =
    &[&record::SHEETS, &record::CHOICES, &record::DAYS, &record::ROWS, &record::DECISIONS, &record::ADVICE];
