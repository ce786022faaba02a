//! Entitlements: what accounts may do, from a plan and what differs from it.
//!
//! Owns the documents `plans` and `entitlements`. Both are schema free: a field that an operator adds reaches the
//! clients without a release. Must never know who an account is, nor enforce anything: that is where the thing is done.

mod domain_events;
mod fallback;
mod logged;
mod merge;
mod prices;
mod reading;
mod record;
mod v1;

use std::sync::Arc;

use async_trait::async_trait;
use contract::{
    authorization::Authorization,
    entitlements::{GetAccountEntitlements, GetEntitlements, ListPlans, PutAccountEntitlements, PutPlan, ReplacePlanPrice},
    ids::AccountId,
};
use storage::{StoreError, documents::Documents, events::Events};

use super::{Service, answer, exporting::Exported};
use crate::{mount::Mount, trusted_time::TrustedTime};
use fallback::Effective;
use logged::LoggedOnce;
use record::{EntitlementRecord, PlanRecord, Store, Versioned};

/// The service.
pub struct Entitlements {
    store: Store,
    events: Events,
    told: LoggedOnce,
    time: TrustedTime,
}

impl Entitlements {
    /// `time` is compared with what is stored: months are told apart by it.
    pub fn new(documents: Arc<dyn Documents>, events: Events, time: TrustedTime) -> Self {
        Self { store: Store::new(documents), events, told: LoggedOnce::default(), time }
    }

    /// What an account may do; less where that cannot be read, never nothing at all.
    ///
    /// # Errors
    /// [`StoreError`] where the store cannot be asked.
    pub async fn of_account(&self, account: &AccountId) -> Result<Arc<Authorization>, StoreError> {
        let (entitlement, plan) = self.store.of(account).await?;
        Ok(Arc::new(self.effective(account.as_str(), &plan, &entitlement).authorization))
    }

    /// What each of these accounts may do, as [`Entitlements::of_account`] says it of one.
    ///
    /// # Errors
    /// As [`Entitlements::of_account`].
    pub async fn of_accounts(&self, accounts: &[AccountId]) -> Result<Vec<Authorization>, StoreError> {
        let found = self.store.of_many(accounts).await?;
        let may =
            found.iter().map(|(entitlement, plan)| self.effective(entitlement.id.as_str(), plan, entitlement).authorization);
        Ok(may.collect())
    }

    /// What guests may do. Where there are accounts, they neither browse nor watch unless their plan says so.
    ///
    /// # Errors
    /// As [`Entitlements::of_account`].
    pub async fn of_guests(&self, has_accounts: bool) -> Result<Arc<Authorization>, StoreError> {
        let mut plan = self.store.plan(&record::guests()).await?;
        if has_accounts {
            for right in ["may_browse", "may_watch"] {
                plan.record.authorization.entry(right).or_insert(serde_json::Value::Bool(false));
            }
        }
        Ok(Arc::new(self.effective("guests", &plan, &record::as_it_is(&plan)).authorization))
    }

    /// Whether an operator ever said if guests may browse.
    ///
    /// # Errors
    /// As [`Entitlements::of_account`].
    pub async fn has_guests_decided(&self) -> Result<bool, StoreError> {
        Ok(self.store.plan(&record::guests()).await?.record.authorization.contains_key("may_browse"))
    }

    /// What both come to for `whom`; what cannot be read is said in the log.
    fn effective<I, J>(
        &self,
        whom: &str,
        plan: &Versioned<I, PlanRecord>,
        entitlement: &Versioned<J, EntitlementRecord>,
    ) -> Effective {
        let effective = fallback::effective(plan, entitlement);
        if let Some(notice) = &effective.notice
            && self.told.is_new(whom, plan.version, entitlement.version)
        {
            tracing::error!(whom, plan = plan.record.name, notice, "somebody may do less than was given to them");
        }
        effective
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
        answer!(mount, self, ReplacePlanPrice, replace_plan_price);
    }

    async fn export_account(&self, account: &AccountId) -> Result<Exported, StoreError> {
        self.store.export(account).await
    }

    async fn forget_account(&self, account: &AccountId) -> Result<(), StoreError> {
        self.store.forget(account).await
    }
}

pub use domain_events::SOURCES;

/// What is stored here, for whoever moves or checks stores as a whole.
pub static COLLECTIONS: &[&storage::documents::Collection] = &[&record::PLANS, &record::ENTITLEMENTS];
