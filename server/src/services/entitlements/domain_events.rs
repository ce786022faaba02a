//! What other systems are told of plans: that an account has another.

use serde_json::{Value, json};
use storage::documents::Document;

use super::record::{ENTITLEMENTS, members};
use crate::services::domain_events::{DomainEvent, Source};

pub const SOURCES: [Source; 1] = [Source { collection: &ENTITLEMENTS, note, events, is_followed_here_alone: true }];

fn note(document: &Document) -> Option<Value> {
    document.body.get("plan").filter(|plan| plan.is_string()).cloned()
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
}
