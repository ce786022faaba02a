//! What entitlements stores, as far as it can be read: what cannot is told apart, and leads to less.

use contract::ids::{AccountId, PlanId};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use storage::documents::Document;

use super::record::{EntitlementRecord, Fault, PlanRecord, Versioned, bare, guests, is_built_in, members};

/// A built-in plan that no operator changed yet.
pub fn unwritten(id: &PlanId) -> Versioned<PlanId, PlanRecord> {
    let name = if *id == guests() { "Guests" } else { "Members" };
    let record = PlanRecord { name: name.to_owned(), ..PlanRecord::default() };
    Versioned { id: id.clone(), version: 0, record, fault: None }
}

/// A plan of which nothing is known.
fn unreadable(id: PlanId, version: u64, reason: String) -> Versioned<PlanId, PlanRecord> {
    let record = PlanRecord { name: id.as_str().to_owned(), ..PlanRecord::default() };
    Versioned { id, version, record, fault: Some(Fault::Plan(reason)) }
}

/// A plan as it was found.
pub fn plan_as_found(id: &PlanId, found: Option<Document>) -> Versioned<PlanId, PlanRecord> {
    match found {
        Some(document) => read_plan(id.clone(), document),
        None if is_built_in(id) => unwritten(id),
        None => unreadable(id.clone(), 0, "it is named and does not exist".to_owned()),
    }
}

/// A plan as it is stored. Where it cannot be read, what it costs and did cost still is: whoever writes it anew keeps that.
pub fn read_plan(id: PlanId, document: Document) -> Versioned<PlanId, PlanRecord> {
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

/// A field of a document by itself, where it has it: of what is no JSON nobody knows that.
fn field<T: DeserializeOwned>(body: &Value, name: &str) -> Result<Option<T>, serde_json::Error> {
    Map::deserialize(body)?.get(name).map(T::deserialize).transpose()
}

/// What differs for an account, as it was found.
pub fn entitlement_as_found(account: &AccountId, found: Option<Document>) -> Versioned<AccountId, EntitlementRecord> {
    match found {
        Some(document) => read_entitlement(account, document),
        None => Versioned { id: account.clone(), version: 0, record: bare(members()), fault: None },
    }
}

/// What is stored for an account. Where only what differs cannot be read, the plan's name still is.
pub fn read_entitlement(account: &AccountId, document: Document) -> Versioned<AccountId, EntitlementRecord> {
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
