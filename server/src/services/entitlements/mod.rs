//! Entitlements: what accounts may do, from a plan and what differs from it.
//!
//! Owns the documents `plans` and `entitlements`. Both are schema free: a field that an operator adds reaches the
//! clients without a release. Must never know who an account is, nor enforce anything: that is where the thing is done.

mod merge;
mod record;
mod v1;

use std::sync::Arc;

use contract::{
    authorization::Authorization,
    entitlements::{GetAccountEntitlements, GetEntitlements, ListPlans, PutAccountEntitlements, PutPlan},
    ids::AccountId,
};

use super::{Service, answer};
use crate::{
    mount::Mount,
    storage::{
        StoreError,
        documents::{Documents, Expect},
        events::Events,
    },
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

    /// What guests may do. Where there are accounts, they neither browse nor watch unless their plan says so.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn of_guests(&self, has_accounts: bool) -> Result<Arc<Authorization>, StoreError> {
        let mut plan = self.store.plan(&record::guests()).await?.record.authorization;
        if has_accounts {
            for right in ["may_browse", "may_watch"] {
                plan.entry(right).or_insert(serde_json::Value::Bool(false));
            }
        }
        merge::authorization(&plan, &serde_json::Map::new()).map(Arc::new)
    }

    /// Whether an operator ever said if guests may browse.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn has_guests_decided(&self) -> Result<bool, StoreError> {
        Ok(self.store.plan(&record::guests()).await?.record.authorization.contains_key("may_browse"))
    }
}

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
}

/// What is stored here, for whoever moves or checks stores as a whole.
pub static COLLECTIONS: &[&crate::storage::documents::Collection] = &[&record::PLANS, &record::ENTITLEMENTS];

/// Forgets what differs for an account that is deleted for good.
///
/// # Errors
/// What the store says.
pub async fn forget(documents: &Arc<dyn Documents>, account: &AccountId) -> Result<(), StoreError> {
    documents.delete(&record::ENTITLEMENTS, account.as_str(), Expect::Anything).await.map(drop)
}
