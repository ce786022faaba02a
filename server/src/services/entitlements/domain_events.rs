//! What other systems are told of plans: that an account has another.

use serde_json::{Value, json};
use storage::{StoreError, documents::Document};

use super::record::{ENTITLEMENTS, members};
use crate::services::domain_events::{ChangeSource, DomainEvent};

pub const SOURCES: [ChangeSource; 1] = [ChangeSource { collection: &ENTITLEMENTS, note, events, is_followed_here_alone: true }];

fn note(document: &Document) -> Result<Option<Value>, StoreError> {
    match document.body.get("plan") {
        Some(plan @ Value::String(_)) => Ok(Some(plan.clone())),
        Some(_) | None => Err(StoreError::corrupt(&document.id, "its plan is none that this build knows")),
    }
}

/// Where nothing is stored of an account it has the plan of members. What goes with its account is no change.
fn events(id: &str, before: Option<&Value>, after: Option<&Value>) -> Vec<DomainEvent> {
    let Some(after) = after else { return Vec::new() };
    let before = before.cloned().unwrap_or_else(|| json!(members()));
    if before == *after {
        return Vec::new();
    }
    vec![DomainEvent::new("account.plan_changed", json!({ "account": id, "plan": after, "plan_before": before }))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_plan_is_told_of_and_other_overrides_of_the_same_are_not() {
        let (member, family) = (json!("member"), json!("family"));
        assert_eq!(events("a", None, Some(&member)), []);
        assert_eq!(events("a", Some(&family), Some(&family)), []);
        assert_eq!(events("a", Some(&family), None), []);
        let changed = events("a", None, Some(&family));
        assert_eq!((changed.len(), changed[0].kind), (1, "account.plan_changed"));
        assert_eq!(changed[0].data, json!({ "account": "a", "plan": "family", "plan_before": "member" }));
    }

    #[test]
    fn a_plan_that_only_a_later_build_can_read_is_not_the_plan_of_members() {
        let noted = |body: Value| note(&Document { id: "a".into(), version: 1, body });
        assert_eq!(noted(json!({ "plan": "family" })).unwrap(), Some(json!("family")));
        for body in [json!({ "plan": { "of": "a later build" } }), json!({ "plans": ["family"] })] {
            assert!(matches!(noted(body), Err(StoreError::Corrupt { .. })));
        }
    }
}
