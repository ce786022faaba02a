//! What becomes of a stored snapshot where a client says from what it started and what it made of that: a merge of three, member by
//! member. A list whose elements have a `key` is merged by it, element by element; another list is one thing.
//!
//! It can be done twice, and to a state that somebody else changed meanwhile: what the client left as it was stays.

use serde_json::{Map, Value};

/// What tells the elements of a list apart.
const KEY: &str = "key";

/// Changes `stored` by what makes `to` of `from`, and of whatever `attempted` made of that: each may be what is stored, or none.
pub fn merge(stored: Option<Value>, from: Option<&Value>, attempted: &[&Value], to: &Value) -> Option<Value> {
    match to {
        Value::Object(members) => Some(merge_members(stored, from, attempted, members)),
        Value::Array(elements) if are_keyed(elements) && are_keyed(list(from)) => {
            Some(merge_elements(list(stored.as_ref()), list(from), attempted, elements))
        }
        to if from == Some(to) && attempted.iter().all(|attempted| *attempted == to) => stored,
        to => Some(to.clone()),
    }
}

fn merge_members(stored: Option<Value>, from: Option<&Value>, attempted: &[&Value], to: &Map<String, Value>) -> Value {
    let mut merged = match stored {
        Some(Value::Object(stored)) => stored,
        Some(_) | None => Map::new(),
    };
    for (name, to) in to {
        let attempted: Vec<_> = attempted.iter().filter_map(|attempted| attempted.get(name)).collect();
        let from = from.and_then(|from| from.get(name));
        if let Some(member) = merge(merged.remove(name), from, &attempted, to) {
            merged.insert(name.clone(), member);
        }
    }
    Value::Object(merged)
}

fn merge_elements(stored: &[Value], from: &[Value], attempted: &[&Value], to: &[Value]) -> Value {
    let attempted: Vec<_> = attempted.iter().map(|attempted| list(Some(attempted))).collect();
    let is_settled = |element: &Value| from.contains(element) && attempted.iter().all(|attempted| attempted.contains(element));
    let was_there = |element: &Value| has(from, element) || attempted.iter().any(|attempted| has(attempted, element));
    let put: Vec<&Value> = to.iter().filter(|element| !is_settled(element)).collect();
    let stays = |element: &&Value| {
        let is_put = put.iter().any(|put| key(put) == key(element));
        !is_put && (has(to, element) || !was_there(element))
    };
    stored.iter().filter(stays).chain(put.iter().copied()).cloned().collect()
}

fn are_keyed(elements: &[Value]) -> bool {
    elements.iter().all(|element| key(element).is_some())
}

fn key(element: &Value) -> Option<&str> {
    element.get(KEY)?.as_str()
}

fn has(elements: &[Value], wanted: &Value) -> bool {
    elements.iter().any(|element| key(element) == key(wanted))
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn merged(stored: &Value, from: &Value, attempted: &[&Value], to: &Value) -> Value {
        merge(Some(stored.clone()), Some(from), attempted, to).unwrap()
    }

    #[test]
    fn what_is_set_here_is_kept_and_what_is_not_is_as_it_is_stored() {
        let from = json!({ "theme": "system", "captions": { "size": 1, "font": null }, "tags": ["a"] });
        let to = json!({ "theme": "light", "captions": { "size": 1, "font": "serif" }, "tags": [] });
        let stored = json!({ "theme": "dark", "captions": { "size": 2, "newer": true }, "tags": ["a", "b"], "newer": 1 });
        let expected =
            json!({ "theme": "light", "captions": { "size": 2, "font": "serif", "newer": true }, "tags": [], "newer": 1 });
        assert_eq!(merged(&stored, &from, &[], &to), expected);
        assert_eq!(merged(&expected, &from, &[], &to), expected, "twice");
        assert_eq!(merge(None, Some(&from), &[], &to).unwrap()["theme"], "light", "the first");
        assert_eq!(merged(&json!("x"), &from, &[], &json!({ "theme": 1 })), json!({ "theme": 1 }), "of no shape");
    }

    #[test]
    fn what_two_devices_hid_and_brought_back_is_all_there_whoever_comes_last() {
        let rows = |keys: &[u8]| -> Value { keys.iter().map(|key| json!({ "key": key.to_string() })).collect() };
        let (base, here, there) = (rows(&[1, 2]), rows(&[2, 3]), rows(&[1, 4]));
        assert_eq!(merged(&merged(&base, &base, &[], &here), &base, &[], &there), rows(&[3, 4]));
        assert_eq!(merged(&merged(&base, &base, &[], &there), &base, &[], &here), rows(&[4, 3]));
    }

    #[test]
    fn what_was_taken_back_while_nobody_knows_whether_it_arrived_is_taken_back() {
        let (base, light) = (json!({ "theme": "system", "rows": [] }), json!({ "theme": "light", "rows": [{ "key": "1" }] }));
        for stored in [&base, &light] {
            assert_eq!(merged(stored, &base, &[&light], &base), base);
        }
        assert_eq!(merged(&light, &base, &[], &base), light, "somebody else's");
    }

    /// States of one shape, as a client has them.
    fn states() -> impl Strategy<Value = Value> {
        let rows = prop::collection::btree_set(0..4_u8, 0..4);
        (0..3_u8, prop::option::of(0..2_u8), rows).prop_map(|(theme, sound, rows)| {
            let rows: Vec<_> = rows.into_iter().map(|row| json!({ "key": row.to_string() })).collect();
            json!({ "theme": theme, "captions": { "language": sound, "size": theme }, "rows": rows })
        })
    }

    /// With rows as a set.
    fn bare(mut state: Value) -> Value {
        state["rows"].as_array_mut().into_iter().for_each(|rows| rows.sort_by_key(Value::to_string));
        state
    }

    proptest! {
        #[test]
        fn whichever_attempt_arrived_what_follows_it_holds(
            from in states(), first in states(), second in states(), to in states(),
        ) {
            for stored in [&from, &first, &second] {
                let once = merged(stored, &from, &[&first, &second], &to);
                prop_assert_eq!(bare(once.clone()), bare(to.clone()));
                prop_assert_eq!(merged(&once, &from, &[&first, &second], &to), once);
            }
        }
    }
}
