//! What statements are made of, told by those who know it: which plan an account had, what that plan cost, and what the account used.
//!
//! Each is implemented by its own service and wired in `keeping.rs`.

use std::sync::Arc;

use async_trait::async_trait;
use contract::ids::{AccountId, PlanId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use storage::StoreError;
use storage_plan::money::{Currency, Price};

use crate::services::parse_errors::in_words;

/// What a plan costs. What is absent costs nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanPrice {
    pub currency: Currency,
    /// The plan itself, by the calendar month.
    #[serde(default)]
    pub month: Price,
    #[serde(default)]
    pub per_hour_watched: Price,
    /// Of 10^9 bytes of video that were sent.
    #[serde(default)]
    pub per_gb: Price,
    /// What nobody here knows.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl PlanPrice {
    /// Reads a price as an operator wrote it.
    ///
    /// # Errors
    /// What is wrong, and in which field (empty where it is in none), in words.
    pub fn read(price: &Map<String, Value>) -> Result<Self, (String, String)> {
        let read: Result<Self, _> = serde_path_to_error::deserialize(Value::Object(price.clone()));
        read.map_err(|error| (error.path().to_string(), in_words(&error.inner().to_string())))
    }
}

/// The plan that an account had at the end of a month.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanOfMonth {
    pub plan: PlanId,
    pub name: String,
    /// What it cost at the end of that month; nothing where it had no price.
    pub price: Option<PlanPrice>,
}

/// Who knows of plans.
#[async_trait]
pub trait Plans: Send + Sync + 'static {
    /// Of each of these accounts (1000 at most), in their order, at the end of a month like `2026-11`, or now, where that is yet to come;
    /// [`StoreError::Corrupt`] of one of which something cannot be read, a price among it: nobody is told a statement that may be wrong.
    ///
    /// # Errors
    /// [`StoreError`] where the store cannot be asked.
    async fn of_month(&self, accounts: &[AccountId], month: &str) -> Result<Vec<Result<PlanOfMonth, StoreError>>, StoreError>;
}

/// What an account used in a month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MonthlyUse {
    pub watched_millis: u64,
    pub bytes: u64,
}

/// Who knows what accounts used.
#[async_trait]
pub trait MonthlyUses: Send + Sync + 'static {
    /// Of each of these accounts (1000 at most), in their order; [`StoreError::Corrupt`] of one whose use cannot be read, or not all of it.
    ///
    /// # Errors
    /// [`StoreError`] where the store cannot be asked.
    async fn of_month(&self, accounts: &[AccountId], month: &str) -> Result<Vec<Result<MonthlyUse, StoreError>>, StoreError>;
}

/// Those who are asked. Cheap to clone.
#[derive(Clone)]
pub struct StatementSources {
    pub plans: Arc<dyn Plans>,
    pub uses: Arc<dyn MonthlyUses>,
}
