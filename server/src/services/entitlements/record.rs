//! What entitlements stores. Never leaves this folder.

use std::{collections::HashMap, sync::Arc};

use contract::ids::{AccountId, PlanId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use storage::{
    StoreError,
    documents::{Collection, Direction, Document, Documents, Expect, Find, Index, Page, Write},
};

use super::prices::Before;
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
        let entitlement = match self.documents.get(&ENTITLEMENTS, account.as_str()).await {
            Ok(Some(document)) => read_entitlement(account, document),
            Ok(None) => Versioned { id: account.clone(), version: 0, record: bare(members()), fault: None },
            Err(StoreError::Corrupt { reason, .. }) => {
                Versioned { id: account.clone(), version: 0, record: bare(members()), fault: Some(Fault::Billed(reason)) }
            }
            Err(error) => return Err(error),
        };
        let plan = self.plan(&entitlement.record.plan).await?;
        Ok((entitlement, plan))
    }

    /// The same of many accounts, in their order: two round trips.
    ///
    /// # Errors
    /// As [`Store::of`]; also where one of them cannot be read at all.
    pub async fn of_many(
        &self,
        accounts: &[AccountId],
    ) -> Result<Vec<(Versioned<AccountId, EntitlementRecord>, Versioned<PlanId, PlanRecord>)>, StoreError> {
        let ids: Vec<String> = accounts.iter().map(ToString::to_string).collect();
        let found = if ids.is_empty() { Vec::new() } else { self.documents.get_many(&ENTITLEMENTS, &ids).await? };
        let mut found: HashMap<String, Document> = found.into_iter().map(|document| (document.id.clone(), document)).collect();
        let entitlements: Vec<Versioned<AccountId, EntitlementRecord>> = accounts
            .iter()
            .map(|account| match found.remove(account.as_str()) {
                Some(document) => read_entitlement(account, document),
                None => Versioned { id: account.clone(), version: 0, record: bare(members()), fault: None },
            })
            .collect();
        let plans = self.plans().await?;
        let plan = |id: &PlanId| {
            let known = plans.iter().find(|plan| plan.id == *id).cloned();
            known.unwrap_or_else(|| unreadable(id.clone(), 0, "it is named and does not exist".to_owned()))
        };
        Ok(entitlements
            .into_iter()
            .map(|entitlement| {
                let plan = plan(&entitlement.record.plan);
                (entitlement, plan)
            })
            .collect())
    }

    /// A plan. One that is not stored allows everything: the built-in ones before an operator changed them.
    ///
    /// # Errors
    /// As [`Store::of`].
    pub async fn plan(&self, id: &PlanId) -> Result<Versioned<PlanId, PlanRecord>, StoreError> {
        match self.documents.get(&PLANS, id.as_str()).await {
            Ok(Some(document)) => Ok(read_plan(id.clone(), document)),
            Ok(None) if is_built_in(id) => Ok(unwritten(id)),
            Ok(None) => Ok(unreadable(id.clone(), 0, "it is named and does not exist".to_owned())),
            Err(StoreError::Corrupt { reason, .. }) => Ok(unreadable(id.clone(), 0, reason)),
            Err(error) => Err(error),
        }
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

fn is_built_in(id: &PlanId) -> bool {
    *id == guests() || *id == members()
}

fn unwritten(id: &PlanId) -> Versioned<PlanId, PlanRecord> {
    let name = if *id == guests() { "Guests" } else { "Members" };
    let record = PlanRecord { name: name.to_owned(), ..PlanRecord::default() };
    Versioned { id: id.clone(), version: 0, record, fault: None }
}

/// A plan from which nothing differs.
pub fn as_it_is(plan: &Versioned<PlanId, PlanRecord>) -> Versioned<(), EntitlementRecord> {
    Versioned { id: (), version: 0, record: bare(plan.id.clone()), fault: None }
}

/// A plan of which nothing is known.
fn unreadable(id: PlanId, version: u64, reason: String) -> Versioned<PlanId, PlanRecord> {
    let record = PlanRecord { name: id.as_str().to_owned(), ..PlanRecord::default() };
    Versioned { id, version, record, fault: Some(Fault::Plan(reason)) }
}

/// A plan as it is stored. Where it cannot be read, what it costs and did cost still is: whoever writes it anew keeps that.
fn read_plan(id: PlanId, document: Document) -> Versioned<PlanId, PlanRecord> {
    let billed = (field(&document.body, "price"), field(&document.body, "price_before"));
    let error = match serde_json::from_value(document.body) {
        Ok(record) => return Versioned { id, version: document.version, record, fault: None },
        Err(error) => error.to_string(),
    };
    let mut plan = unreadable(id, document.version, error.clone());
    match billed {
        (Ok(price), Ok(before)) => (plan.record.price, plan.record.price_before) = (price, before.unwrap_or_default()),
        (Err(_), _) | (_, Err(_)) => plan.fault = Some(Fault::Billed(error)),
    }
    plan
}

/// A field of a document by itself, where it has it.
fn field<T: DeserializeOwned>(body: &Value, name: &str) -> Result<Option<T>, serde_json::Error> {
    body.get(name).map(T::deserialize).transpose()
}

/// What is stored for an account. Where only what differs cannot be read, the plan's name still is.
fn read_entitlement(account: &AccountId, document: Document) -> Versioned<AccountId, EntitlementRecord> {
    let named = document.body.get("plan").and_then(Value::as_str).and_then(|plan| plan.parse::<PlanId>().ok());
    let before = field(&document.body, "plan_before");
    let (mut record, mut fault) = match (serde_json::from_value::<EntitlementRecord>(document.body), named) {
        (Ok(record), _) => (record, None),
        (Err(error), Some(plan)) => (bare(plan), Some(Fault::Overrides(error.to_string()))),
        (Err(error), None) => (bare(members()), Some(Fault::Plan(error.to_string()))),
    };
    if fault.is_some() {
        match before {
            Ok(before) => record.plan_before = before.unwrap_or_default(),
            Err(error) => fault = Some(Fault::Billed(error.to_string())),
        }
    }
    Versioned { id: account.clone(), version: document.version, record, fault }
}

fn bare(plan: PlanId) -> EntitlementRecord {
    EntitlementRecord { plan, overrides: Map::new(), plan_before: Vec::new(), unknown: Map::new() }
}

#[expect(clippy::expect_used, reason = "both names are ids, as the tests see")]
fn built_in(id: &str) -> PlanId {
    id.parse().expect("an id")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(body: Value) -> Document {
        Document { id: "any".into(), version: 3, body }
    }

    #[test]
    fn a_plan_that_cannot_be_read_keeps_what_it_costs_and_one_whose_price_cannot_either_is_told_apart() {
        let before = json!([{ "through": "2026-10", "was": null }]);
        let broken = json!({ "name": 7, "price": { "currency": "EUR" }, "price_before": before });
        let plan = read_plan(guests(), document(broken));
        assert!(matches!(plan.fault, Some(Fault::Plan(_))), "{plan:?}");
        assert_eq!((plan.version, plan.record.price_before.len()), (3, 1));
        assert_eq!(plan.record.price.unwrap()["currency"], "EUR");
        for broken in [json!({ "name": 7, "price": "5" }), json!({ "name": "a", "authorization": {}, "price_before": 7 })] {
            let plan = read_plan(guests(), document(broken));
            assert!(matches!(plan.fault, Some(Fault::Billed(_))), "{plan:?}");
        }
    }

    #[test]
    fn what_differs_and_cannot_be_read_keeps_which_plan_it_was_before() {
        let account: AccountId = "a1".parse().unwrap();
        let before = json!([{ "through": "2026-10", "was": "family" }]);
        let read = |before: Value| {
            let body = json!({ "plan": "member", "overrides": 7, "plan_before": before });
            read_entitlement(&account, document(body))
        };
        let kept = read(before);
        assert!(matches!(kept.fault, Some(Fault::Overrides(_))), "{kept:?}");
        assert_eq!((kept.record.plan, kept.record.plan_before.len()), (members(), 1));
        assert!(matches!(read(json!(7)).fault, Some(Fault::Billed(_))));
    }
}
