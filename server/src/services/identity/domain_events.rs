//! What other systems are told of accounts: that they are made, disabled and deleted, by their ids.

use serde_json::{Value, json};
use storage::{
    StoreError,
    documents::{Document, parse},
};

use super::record::{ACCOUNTS, AccountRecord};
use crate::services::domain_events::{ChangeSource, DomainEvent};

pub const SOURCES: [ChangeSource; 1] = [ChangeSource { collection: &ACCOUNTS, note, events, is_followed_here_alone: true }];

/// An account that was deleted is gone, also while it is being forgotten.
fn note(document: &Document) -> Result<Option<Value>, StoreError> {
    let account: AccountRecord = parse(document)?;
    let is_gone = account.pending.is_some_and(|pending| pending.is_account);
    Ok((!is_gone).then(|| json!({ "role": account.role, "is_disabled": account.is_disabled })))
}

fn events(id: &str, before: Option<&Value>, after: Option<&Value>) -> Vec<DomainEvent> {
    let data = |note: &Value| json!({ "account": id, "role": note.get("role") });
    let is_disabled = |note: &Value| note.get("is_disabled") == Some(&Value::Bool(true));
    let mut events = Vec::new();
    match (before, after) {
        (None, Some(after)) => events.push(DomainEvent::new("account.created", data(after))),
        (Some(before), None) => events.push(DomainEvent::new("account.deleted", data(before))),
        (Some(_), Some(_)) | (None, None) => {}
    }
    if let Some(after) = after
        && is_disabled(after)
        && !before.is_some_and(is_disabled)
    {
        events.push(DomainEvent::new("account.disabled", data(after)));
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_told_of_when_it_is_made_disabled_and_deleted_and_not_when_something_else_changes() {
        let (open, shut) = (json!({ "role": "member", "is_disabled": false }), json!({ "role": "member", "is_disabled": true }));
        let other = json!({ "role": "operator", "is_disabled": true });
        let kinds = |before: Option<&Value>, after: Option<&Value>| -> Vec<_> {
            events("a", before, after).iter().map(|event| event.kind).collect()
        };
        assert_eq!(kinds(None, Some(&open)), ["account.created"]);
        assert_eq!(kinds(None, Some(&shut)), ["account.created", "account.disabled"]);
        assert_eq!(kinds(Some(&open), Some(&shut)), ["account.disabled"]);
        assert!(kinds(Some(&shut), Some(&other)).is_empty() && kinds(Some(&shut), Some(&open)).is_empty());
        assert_eq!(kinds(Some(&shut), None), ["account.deleted"]);
        assert_eq!(events("a", Some(&open), None)[0].data, json!({ "account": "a", "role": "member" }));
    }

    #[test]
    fn an_account_with_a_role_that_only_a_later_build_knows_is_none_that_is_gone() {
        let account = |role: &str| {
            let body = json!({
                "login": "ada", "login_key": "ada", "name": "Ada", "role": role, "is_disabled": false, "subject_key": "s",
                "created": 1, "profiles": [],
            });
            note(&Document { id: "a".into(), version: 1, body })
        };
        assert_eq!(account("member").unwrap(), Some(json!({ "role": "member", "is_disabled": false })));
        assert!(matches!(account("moderator"), Err(StoreError::Corrupt { .. })));
    }
}
