//! What entitlements stores. Never leaves this folder.

use std::sync::Arc;

use contract::ids::{AccountId, PlanId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::storage::{
    StoreError,
    documents::{Collection, Document, Documents, Expect, Write},
};

/// Plans, under their ids.
pub static PLANS: Collection = Collection::declared("plans", &[]);
/// What differs for one account, under the account's id.
pub static ENTITLEMENTS: Collection = Collection::declared("entitlements", &[]);

/// Plans at most.
pub const PLANS_AT_MOST: u32 = 100;

/// A document of [`PLANS`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanRecord {
    pub name: String,
    pub authorization: Map<String, Value>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// A document of [`ENTITLEMENTS`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntitlementRecord {
    pub plan: PlanId,
    pub overrides: Map<String, Value>,
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

    /// What differs for an account, and its plan.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn of(
        &self,
        account: &AccountId,
    ) -> Result<(Versioned<AccountId, EntitlementRecord>, Versioned<PlanId, PlanRecord>), StoreError> {
        let stored = self.documents.get(&ENTITLEMENTS, account.as_str()).await?;
        let version = stored.as_ref().map_or(0, |document| document.version);
        let record = match stored {
            Some(document) => read(document)?,
            None => EntitlementRecord { plan: members(), overrides: Map::new(), unknown: Map::new() },
        };
        let plan = self.plan(&record.plan).await?;
        Ok((Versioned { id: account.clone(), version, record }, plan))
    }

    /// A plan. One that is not stored allows everything: the built-in ones before an operator changed them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn plan(&self, id: &PlanId) -> Result<Versioned<PlanId, PlanRecord>, StoreError> {
        match self.documents.get(&PLANS, id.as_str()).await? {
            Some(document) => Ok(Versioned { id: id.clone(), version: document.version, record: read(document)? }),
            None if is_built_in(id) => Ok(unwritten(id)),
            None => Err(StoreError::Corrupt { key: format!("plan {id}"), reason: "is named and does not exist".to_owned() }),
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
            let id = document.id.parse().map_err(|_| corrupt(&document.id, "no id of a plan"))?;
            plans.push(Versioned { id, version: document.version, record: read(document)? });
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
        let body = serde_json::to_value(record).map_err(|error| corrupt(id, &error.to_string()))?;
        let expect = if version == 0 { Expect::Absent } else { Expect::Version(version) };
        self.documents.put(collection, Write { id: id.to_owned(), body, expect }).await
    }
}

fn is_built_in(id: &PlanId) -> bool {
    *id == guests() || *id == members()
}

fn unwritten(id: &PlanId) -> Versioned<PlanId, PlanRecord> {
    let name = if *id == guests() { "Guests" } else { "Members" };
    let record = PlanRecord { name: name.to_owned(), authorization: Map::new(), unknown: Map::new() };
    Versioned { id: id.clone(), version: 0, record }
}

#[expect(clippy::expect_used, reason = "both names are ids, as the tests see")]
fn built_in(id: &str) -> PlanId {
    id.parse().expect("an id")
}

fn read<T: serde::de::DeserializeOwned>(document: Document) -> Result<T, StoreError> {
    serde_json::from_value(document.body).map_err(|error| corrupt(&document.id, &error.to_string()))
}

fn corrupt(id: &str, reason: &str) -> StoreError {
    StoreError::Corrupt { key: format!("entitlements {id}"), reason: reason.to_owned() }
}
