//! What becomes of a stored snapshot where a client says from what it started and what it made of that: a merge of three, member by
//! member. A list whose elements have a `key` is merged by it, element by element; another list is one thing.
//!
//! It can be done twice, and to a state that somebody else changed meanwhile: what the client left as it was stays, whatever it is.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

/// What tells the elements of a list apart.
const KEY: &str = "key";
/// Elements of such a list that are kept: the latest.
const ELEMENTS: usize = 100;

/// Changes `stored` by what makes `to` of `from`, and of whatever `attempted` made of that: each may be what is stored, or none.
pub fn merge(stored: Option<Value>, from: Option<&Value>, attempted: &[&Value], to: &Value) -> Option<Value> {
    if stored.is_some() && from == Some(to) && attempted.iter().all(|attempted| *attempted == to) {
        return stored;
    }
    match (stored, to) {
        (None, to) => Some(to.clone()),
        (Some(Value::Object(stored)), Value::Object(to)) => Some(Value::Object(merge_members(stored, from, attempted, to))),
        (Some(Value::Array(stored)), Value::Array(to)) if are_keyed(&stored) && are_keyed(to) && are_keyed(list(from)) => {
            Some(Value::Array(merge_elements(stored, list(from), attempted, to)))
        }
        (Some(_), to) => Some(to.clone()),
    }
}

fn merge_members(
    mut stored: Map<String, Value>,
    from: Option<&Value>,
    attempted: &[&Value],
    to: &Map<String, Value>,
) -> Map<String, Value> {
    for (name, to) in to {
        let attempted: Vec<_> = attempted.iter().filter_map(|attempted| attempted.get(name)).collect();
        let from = from.and_then(|from| from.get(name));
        if let Some(member) = merge(stored.remove(name), from, &attempted, to) {
            stored.insert(name.clone(), member);
        }
    }
    stored
}

fn merge_elements(stored: Vec<Value>, from: &[Value], attempted: &[&Value], to: &[Value]) -> Vec<Value> {
    let before: Vec<HashMap<&str, &Value>> =
        [from].into_iter().chain(attempted.iter().map(|attempted| list(Some(attempted)))).map(by_key).collect();
    let after = by_key(to);
    let is_settled = |key: &str, element: &Value| before.iter().all(|elements| elements.get(key) == Some(&element));
    let was_there = |key: &str| before.iter().any(|elements| elements.contains_key(key));
    let mut put: Vec<&Value> = Vec::new();
    let mut put_keys = HashSet::new();
    // Of one key twice the last counts.
    for element in to.iter().rev() {
        if let Some(key) = key(element)
            && !is_settled(key, element)
            && put_keys.insert(key)
        {
            put.push(element);
        }
    }
    let stays =
        |element: &Value| key(element).is_some_and(|key| !put_keys.contains(key) && (after.contains_key(key) || !was_there(key)));
    let mut merged: Vec<Value> = stored.into_iter().filter(stays).collect();
    merged.extend(put.into_iter().rev().cloned());
    merged.drain(..merged.len().saturating_sub(ELEMENTS));
    merged
}

/// Lets elements of lists that have keys go, the oldest first and of the longest list first, until a state has so many bytes of JSON less.
/// The latest of each list stays: then there may be too many still.
pub fn shorten(state: &mut Value, mut excess: usize) {
    let mut lists = Vec::new();
    keyed_lists(state, &mut lists);
    lists.sort_by_cached_key(|list| std::cmp::Reverse(list.iter().map(bytes).sum::<usize>()));
    for list in lists {
        let mut gone = 0;
        for element in list.iter().take(list.len().saturating_sub(1)) {
            if excess == 0 {
                break;
            }
            excess = excess.saturating_sub(bytes(element));
            gone += 1;
        }
        list.drain(..gone);
    }
}

/// The lists of a state that have elements, each with a key.
fn keyed_lists<'a>(value: &'a mut Value, found: &mut Vec<&'a mut Vec<Value>>) {
    match value {
        Value::Array(elements) if !elements.is_empty() && are_keyed(elements) => found.push(elements),
        Value::Object(members) => members.values_mut().for_each(|member| keyed_lists(member, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {}
    }
}

/// What an element takes in a list, with the comma.
fn bytes(element: &Value) -> usize {
    element.to_string().len() + 1
}

fn by_key(elements: &[Value]) -> HashMap<&str, &Value> {
    elements.iter().filter_map(|element| Some((key(element)?, element))).collect()
}

fn are_keyed(elements: &[Value]) -> bool {
    elements.iter().all(|element| key(element).is_some())
}

fn key(element: &Value) -> Option<&str> {
    element.get(KEY)?.as_str()
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

    #[test]
    fn of_what_is_set_here_nothing_is_left_of_another_kind_and_of_what_is_not_nothing_changes() {
        let (object, keyed) = (json!({ "x": 1 }), json!([{ "key": "1" }]));
        for there in [json!(null), json!(5), json!("x"), json!([1, 2]), json!({ "k": 1 }), json!([{ "key": "2" }])] {
            for same in [&object, &keyed] {
                assert_eq!(merged(&there, same, &[], same), there);
            }
        }
        assert_eq!(merged(&json!({}), &json!({ "missing": { "y": 1 } }), &[], &json!({ "missing": { "y": 1 } })), json!({}));
        assert_eq!(merged(&json!({ "o": 5 }), &json!({ "o": 5 }), &[], &json!({ "o": { "x": 1 } })), json!({ "o": { "x": 1 } }));
    }

    #[test]
    fn of_many_elements_the_latest_are_kept_and_a_key_is_there_once() {
        let rows = |keys: std::ops::Range<usize>| -> Value { keys.map(|key| json!({ "key": key.to_string() })).collect() };
        let many = merged(&rows(0..90), &json!([]), &[], &rows(90..180));
        assert_eq!(many, rows(80..180));
        let twice = json!([{ "key": "1", "at": 1 }, { "key": "1", "at": 2 }]);
        assert_eq!(merged(&json!([{ "key": "0" }]), &json!([]), &[], &twice), json!([{ "key": "0" }, { "key": "1", "at": 2 }]));
    }

    #[test]
    fn of_what_is_too_much_the_oldest_elements_of_the_longest_list_go_and_the_latest_of_each_stays() {
        let rows = |keys: std::ops::Range<usize>| -> Value {
            keys.map(|key| json!({ "key": key.to_string(), "heading": "行".repeat(100) })).collect()
        };
        let state =
            |from: usize| json!({ "theme": "dark", "in": { "rows": rows(from..90) }, "few": rows(0..2), "tags": ["a", "b"] });
        let mut shorter = state(10);
        shorten(&mut shorter, 1);
        assert_eq!(shorter, state(11), "one is enough");
        let (before, mut shorter) = (state(10), state(10));
        shorten(&mut shorter, 10_000);
        assert!(before.to_string().len() - shorter.to_string().len() >= 10_000);
        assert_eq!((&shorter["few"], shorter["in"]["rows"].as_array().unwrap().last()), (&before["few"], rows(89..90).get(0)));
        shorten(&mut shorter, usize::MAX);
        assert_eq!(shorter, json!({ "theme": "dark", "in": { "rows": rows(89..90) }, "few": rows(1..2), "tags": ["a", "b"] }));
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
