//! A plan and what differs from it, come to one authorization.

use contract::authorization::Authorization;
use serde_json::{Map, Value};

/// `overrides` upon `plan`, as a JSON merge patch (RFC 7396).
pub fn merged(plan: &Map<String, Value>, overrides: &Map<String, Value>) -> Map<String, Value> {
    let mut merged = Value::Object(plan.clone());
    json_patch::merge(&mut merged, &Value::Object(overrides.clone()));
    match merged {
        Value::Object(fields) => fields,
        // Where the patch is an object, so is what comes of it.
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}

/// What both come to.
///
/// # Errors
/// What is wrong, in words.
pub fn check(plan: &Map<String, Value>, overrides: &Map<String, Value>) -> Result<Authorization, String> {
    let merged = Value::Object(merged(plan, overrides));
    let authorization: Authorization = serde_json::from_value(merged).map_err(|error| error.to_string())?;
    let hours = authorization.viewing_hours.filter(|hours| hours.from >= DAY || hours.to > DAY);
    if hours.is_some() { Err("viewing_hours: minutes after midnight, below 1440".to_owned()) } else { Ok(authorization) }
}

/// Minutes.
pub const DAY: u16 = 24 * 60;

#[cfg(test)]
mod tests {
    use contract::authorization::Resolution;
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn an_override_wins_null_takes_away_and_strangers_stay() {
        let plan = object(json!({ "resolution": "HD", "streams": 2, "sauna": { "towels": 2, "oil": true } }));
        let overrides = object(json!({ "resolution": "4K", "streams": null, "sauna": { "towels": 5 } }));
        let merged = check(&plan, &overrides).unwrap();
        assert_eq!((merged.resolution, merged.streams), (Resolution::FourK, None));
        assert_eq!(merged.rest["sauna"], json!({ "towels": 5, "oil": true }));
    }

    #[test]
    fn what_is_no_authorization_is_said_in_words() {
        for (overrides, word) in [
            (json!({ "resolution": "16K" }), "16K"),
            (json!({ "streams": -1 }), "-1"),
            (json!({ "may_watch": "yes" }), "yes"),
            (json!({ "viewing_hours": { "from": 2000, "to": 1 } }), "viewing_hours"),
        ] {
            let reason = check(&Map::new(), &object(overrides)).unwrap_err();
            assert!(reason.contains(word), "{reason}");
        }
    }
}
