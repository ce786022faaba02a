//! Entitlements: what accounts may do, from a plan and what differs from it.
//!
//! Owns the documents `plans` and `entitlements`. Both are schema free: a field that an operator adds reaches the
//! clients without a release. Must never know who an account is, nor enforce anything: that is where the thing is done.

mod merge;
mod record;
mod v1;

use std::sync::Arc;

use async_trait::async_trait;
use contract::{
    authorization::Authorization,
    entitlements::{GetAccountEntitlements, GetEntitlements, ListPlans, PutAccountEntitlements, PutPlan},
    ids::AccountId,
};

use super::{Service, answer};
use crate::{
    mount::Mount,
    storage::{StoreError, documents::Documents, events::Events},
};
use record::Store;

/// The service.
pub struct Entitlements {
    store: Store,
    events: Events,
}

impl Entitlements {
    pub fn new(documents: Arc<dyn Documents>, events: Events) -> Self {
        Self { store: Store::new(documents), events }
    }

    /// What an account may do.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn of_account(&self, account: &AccountId) -> Result<Arc<Authorization>, StoreError> {
        let (entitlement, plan) = self.store.of(account).await?;
        merge::authorization(&plan.record.authorization, &entitlement.record.overrides).map(Arc::new)
    }

    /// What guests may do.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn of_guests(&self) -> Result<Arc<Authorization>, StoreError> {
        let plan = self.store.plan(&record::guests()).await?;
        merge::authorization(&plan.record.authorization, &serde_json::Map::new()).map(Arc::new)
    }
}

#[async_trait]
impl Service for Entitlements {
    fn name(&self) -> &'static str {
        "entitlements"
    }

    fn mount(self: Arc<Self>, mount: &mut Mount) {
        answer!(mount, self, GetEntitlements, get);
        answer!(mount, self, GetAccountEntitlements, get_of_account);
        answer!(mount, self, PutAccountEntitlements, put_of_account);
        answer!(mount, self, ListPlans, list_plans);
        answer!(mount, self, PutPlan, put_plan);
    }

    async fn forget_account(&self, account: &AccountId) -> Result<(), StoreError> {
        self.store.forget(account).await
    }
}

/// What is stored here, for whoever moves or checks stores as a whole.
pub static COLLECTIONS: &[&crate::storage::documents::Collection] = &[&record::PLANS, &record::ENTITLEMENTS];
