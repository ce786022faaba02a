//! What entitlements stores. Never leaves this folder.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use contract::ids::{AccountId, PlanId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use storage::{
    StoreError,
    documents::{Collection, Direction, Documents, Expect, Find, Index, Page, Write, by_id},
};

use super::{
    prices::Before,
    reading::{entitlement_as_found, plan_as_found, read_entitlement, read_plan, unwritten},
};
use crate::services::exporting::{self, Exported};

pub const BY_PLAN: &str = "by_plan";

/// Plans, under their ids.
pub static PLANS: Collection = Collection::declared("plans", &[]);
/// What differs for one account, under the account's id.
pub static ENTITLEMENTS: Collection =
    Collection::declared("entitlements", &[Index { name: BY_PLAN, fields: &["plan"], unique: false }]).numbered("entitlements");

/// Plans at most.
pub const PLANS_AT_MOST: u32 = 100;
/// Accounts of one plan that are looked at in one round trip.
const PAGE: u32 = 500;

/// A document of [`PLANS`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlanRecord {
    pub name: String,
    pub authorization: Map<String, Value>,
    /// What it costs ([`crate::services::statement_sources::PlanPrice`]); absent where it has no price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Map<String, Value>>,
    /// What it cost before, by month.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub price_before: Vec<Before<Option<Map<String, Value>>>>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// A document of [`ENTITLEMENTS`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntitlementRecord {
    pub plan: PlanId,
    pub overrides: Map<String, Value>,
    /// Which plan it was before, by month.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plan_before: Vec<Before<PlanId>>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// A record, its id, and its version: 0 where nothing is stored yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Versioned<I, R> {
    pub id: I,
    pub version: u64,
    pub record: R,
    /// What of it cannot be read; in `record` that is empty then.
    pub fault: Option<Fault>,
}

/// What cannot be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The plan, or which one it is: nothing is known of what is allowed.
    Plan(String),
    /// The same, and nothing is known of what was billed by it either: it is not written over.
    Billed(String),
    /// What differs from the plan.
    Overrides(String),
}

/// The plan of whoever has no account.
pub fn guests() -> PlanId {
    built_in("guest")
}

/// The plan of whoever has an account, unless an operator gave it another.
pub fn members() -> PlanId {
    built_in("member")
}

/// The documents of both kinds.
pub struct Store {
    documents: Arc<dyn Documents>,
}

impl Store {
    pub fn new(documents: Arc<dyn Documents>) -> Self {
        Self { documents }
    }

    /// Forgets what differs for an account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget(&self, account: &AccountId) -> Result<(), StoreError> {
        self.documents.delete(&ENTITLEMENTS, account.as_str(), Expect::Anything).await.map(drop)
    }

    /// What differs for an account, as it is kept.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn export(&self, account: &AccountId) -> Result<Exported, StoreError> {
        let mut kept = Exported::new();
        exporting::one(&*self.documents, &mut kept, &ENTITLEMENTS, account.as_str()).await?;
        Ok(kept)
    }

    /// What differs for an account, and its plan.
    ///
    /// # Errors
    /// [`StoreError`] where the store cannot be asked; what it holds is never one.
    pub async fn of(
        &self,
        account: &AccountId,
    ) -> Result<(Versioned<AccountId, EntitlementRecord>, Versioned<PlanId, PlanRecord>), StoreError> {
        let found = self.documents.get(&ENTITLEMENTS, account.as_str()).await?;
        let entitlement = entitlement_as_found(account, found);
        let plan = self.plan(&entitlement.record.plan).await?;
        Ok((entitlement, plan))
    }

    /// The same of many accounts, in their order: two round trips.
    ///
    /// # Errors
    /// As [`Store::of`].
    pub async fn of_many(
        &self,
        accounts: &[AccountId],
    ) -> Result<Vec<(Versioned<AccountId, EntitlementRecord>, Versioned<PlanId, PlanRecord>)>, StoreError> {
        let entitlements = self.entitlements(accounts).await?;
        let plans = self.plans_of(entitlements.iter().map(|entitlement| &entitlement.record.plan)).await?;
        let with_plan = entitlements.into_iter().filter_map(|entitlement| {
            let plan = plans.get(&entitlement.record.plan)?.clone();
            Some((entitlement, plan))
        });
        Ok(with_plan.collect())
    }

    /// What differs for each of these accounts, in their order.
    ///
    /// # Errors
    /// As [`Store::of`].
    pub async fn entitlements(&self, accounts: &[AccountId]) -> Result<Vec<Versioned<AccountId, EntitlementRecord>>, StoreError> {
        let ids: Vec<String> = accounts.iter().map(ToString::to_string).collect();
        let mut found = by_id(self.documents.get_many(&ENTITLEMENTS, &ids).await?);
        Ok(accounts.iter().map(|account| entitlement_as_found(account, found.remove(account.as_str()))).collect())
    }

    /// Each of these plans.
    ///
    /// # Errors
    /// As [`Store::of`].
    pub async fn plans_of<'a>(
        &self,
        ids: impl Iterator<Item = &'a PlanId>,
    ) -> Result<HashMap<PlanId, Versioned<PlanId, PlanRecord>>, StoreError> {
        let ids: HashSet<&PlanId> = ids.collect();
        let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let mut found = by_id(self.documents.get_many(&PLANS, &texts).await?);
        Ok(ids.into_iter().map(|id| (id.clone(), plan_as_found(id, found.remove(id.as_str())))).collect())
    }

    /// A plan. One that is not stored allows everything: the built-in ones before an operator changed them.
    ///
    /// # Errors
    /// As [`Store::of`].
    pub async fn plan(&self, id: &PlanId) -> Result<Versioned<PlanId, PlanRecord>, StoreError> {
        Ok(plan_as_found(id, self.documents.get(&PLANS, id.as_str()).await?))
    }

    /// Of the accounts that have a plan, those whose ids and overrides `is_wanted` says yes to.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn with_plan(
        &self,
        plan: &PlanId,
        mut is_wanted: impl FnMut(&Map<String, Value>) -> bool,
    ) -> Result<Vec<AccountId>, StoreError> {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let find = Find {
                index: BY_PLAN,
                equals: vec![plan.as_str().into()],
                from: None,
                direction: Direction::Ascending,
                after: after.as_deref(),
                limit: PAGE,
            };
            let Page { documents, next } = self.documents.find(&ENTITLEMENTS, find).await?;
            for document in documents {
                let Ok(account) = document.id.parse::<AccountId>() else { continue };
                let entitlement = read_entitlement(&account, document);
                // What cannot be read does not count, whatever the plan says.
                if entitlement.fault.is_none() && is_wanted(&entitlement.record.overrides) {
                    found.push(account);
                }
            }
            match next {
                Some(next) => after = Some(next),
                None => return Ok(found),
            }
        }
    }

    /// Every plan, the built-in ones included.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn plans(&self) -> Result<Vec<Versioned<PlanId, PlanRecord>>, StoreError> {
        let stored = self.documents.list(&PLANS, None, PLANS_AT_MOST).await?.documents;
        let mut plans = Vec::with_capacity(stored.len() + 2);
        for document in stored {
            let Ok(id) = document.id.parse() else {
                tracing::warn!(id = document.id, "what is stored among the plans has no id of one");
                continue;
            };
            plans.push(read_plan(id, document));
        }
        for id in [guests(), members()] {
            if !plans.iter().any(|plan| plan.id == id) {
                plans.push(unwritten(&id));
            }
        }
        plans.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(plans)
    }

    /// Whether a plan may be given to an account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn has_plan(&self, id: &PlanId) -> Result<bool, StoreError> {
        Ok(is_built_in(id) || self.documents.get(&PLANS, id.as_str()).await?.is_some())
    }

    /// # Errors
    /// [`StoreError::Conflict`] where `plan.version` is not the stored one; [`StoreError`].
    pub async fn put_plan(&self, plan: &Versioned<PlanId, PlanRecord>) -> Result<u64, StoreError> {
        self.put(&PLANS, plan.id.as_str(), plan.version, &plan.record).await
    }

    /// # Errors
    /// [`StoreError::Conflict`] where `entitlement.version` is not the stored one; [`StoreError`].
    pub async fn put_entitlement(&self, entitlement: &Versioned<AccountId, EntitlementRecord>) -> Result<u64, StoreError> {
        self.put(&ENTITLEMENTS, entitlement.id.as_str(), entitlement.version, &entitlement.record).await
    }

    async fn put(
        &self,
        collection: &'static Collection,
        id: &str,
        version: u64,
        record: &impl Serialize,
    ) -> Result<u64, StoreError> {
        let body = serde_json::to_value(record).map_err(|error| StoreError::corrupt(format_args!("entitlements {id}"), error))?;
        let expect = if version == 0 { Expect::Absent } else { Expect::Version(version) };
        self.documents.put(collection, Write { id: id.to_owned(), body, expect }).await
    }
}

/// Whether a plan is there without being stored.
pub fn is_built_in(id: &PlanId) -> bool {
    *id == guests() || *id == members()
}

/// A plan from which nothing differs.
pub fn as_it_is(plan: &Versioned<PlanId, PlanRecord>) -> Versioned<(), EntitlementRecord> {
    Versioned { id: (), version: 0, record: bare(plan.id.clone()), fault: None }
}

/// Nothing that differs from a plan.
pub fn bare(plan: PlanId) -> EntitlementRecord {
    EntitlementRecord { plan, overrides: Map::new(), plan_before: Vec::new(), unknown: Map::new() }
}

#[expect(clippy::expect_used, reason = "both names are ids, as the tests see")]
fn built_in(id: &str) -> PlanId {
    id.parse().expect("an id")
}
