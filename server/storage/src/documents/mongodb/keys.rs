//! What an index sorts: one text per document and index, whose bytes are in the order of the fields' values, then of ids.
//!
//! A page is then a range of one field in any server that has indexes at all, whatever its planner makes of several fields,
//! and numbers come before texts because their texts do. Must never depend on how a server compares numbers.

use mongodb::bson::Document as BsonDocument;
use serde_json::Value;

use super::super::{Collection, Index, check};
use crate::StoreError;

/// Numbers begin with this, texts with the next but a few: see [`encode`].
const NUMBER: char = 'n';
const TEXT: char = 't';
/// Below every key, and above.
pub(super) const FIRST: &str = "n";
pub(super) const BEYOND: &str = "u";
/// Ends a text: below everything in one, because of [`ESCAPE`].
const END: char = '\u{1}';
const ESCAPE: char = '\u{2}';

/// Where the keys of an index are in a stored document: in `unique` without the id, else in `by` with it.
pub(super) fn kind(index: &Index) -> &'static str {
    if index.unique { "unique" } else { "by" }
}

/// The key's name there: the fields, so that an index that is declared otherwise later has another.
pub(super) fn name(index: &Index) -> String {
    index.fields.join("+")
}

pub(super) fn path(index: &Index) -> String {
    format!("{}.{}", kind(index), name(index))
}

/// The keys of a document: those in `by`, and those in `unique`.
pub(super) fn of(collection: &Collection, id: &str, body: &Value) -> Result<[(&'static str, BsonDocument); 2], StoreError> {
    let mut kinds = [("by", BsonDocument::new()), ("unique", BsonDocument::new())];
    for index in collection.indexes {
        if let Some(key) = key(index, id, body)? {
            kinds[usize::from(index.unique)].1.insert(name(index), key);
        }
    }
    Ok(kinds)
}

/// The key in one index; none where the document lacks a field.
pub(super) fn key(index: &Index, id: &str, body: &Value) -> Result<Option<String>, StoreError> {
    let mut key = String::new();
    for field in index.fields {
        match body.get(field) {
            None | Some(Value::Null) => return Ok(None),
            Some(value) => encode(&mut key, value)?,
        }
    }
    if !index.unique {
        key.push_str(id);
    }
    Ok(Some(key))
}

/// Appends a value so that longer texts sort as their values do, field by field.
pub(super) fn encode(key: &mut String, value: &Value) -> Result<(), StoreError> {
    match value {
        Value::String(text) => {
            key.push(TEXT);
            for character in text.chars() {
                match character {
                    '\0' => key.extend([ESCAPE, '\u{3}']),
                    END => key.extend([ESCAPE, '\u{4}']),
                    ESCAPE => key.extend([ESCAPE, '\u{5}']),
                    other => key.push(other),
                }
            }
            key.push(END);
            Ok(())
        }
        Value::Number(number) => {
            let integer = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
            let Some(real) = number.as_f64() else { return Err(check::invalid(format!("{number} cannot be sorted"))) };
            // Integers beyond 2^53 share a nearest real number with their neighbours: what is left over sorts those.
            #[expect(clippy::cast_possible_truncation, reason = "a real that is near an integer of 64 bits fits into 128")]
            let rest = integer.map_or(0, |integer| integer - real as i128);
            let rest = u16::try_from(rest + 0x8000).unwrap_or_default();
            key.push(NUMBER);
            key.push_str(&format!("{:016x}{rest:04x}", sortable(real)));
            Ok(())
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            Err(check::invalid(format!("an index holds strings and numbers, not {value}")))
        }
    }
}

/// Bits in the order of the numbers (IEEE 754's total order), with one zero.
fn sortable(real: f64) -> u64 {
    const SIGN: u64 = 1 << 63;
    let bits = if real == 0.0 { 0 } else { real.to_bits() };
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

/// The least text above all that begin with `prefix`, which [`encode`] made.
pub(super) fn end_of(prefix: &str) -> String {
    let mut end = prefix.to_owned();
    match end.pop().and_then(|last| char::from_u32(u32::from(last) + 1)) {
        Some(next) => {
            end.push(next);
            end
        }
        None => BEYOND.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn encoded(values: &[Value]) -> String {
        let mut key = String::new();
        values.iter().for_each(|value| encode(&mut key, value).unwrap());
        key
    }

    #[test]
    fn keys_sort_as_their_values_do() {
        let sorted = [
            json!(-1e300),
            json!(i64::MIN),
            json!(-9_007_199_254_740_993i64),
            json!(-9_007_199_254_740_992i64),
            json!(-2),
            json!(-1.5),
            json!(-5e-324),
            json!(0),
            json!(5e-324),
            json!(1),
            json!(9_007_199_254_740_992i64),
            json!(9_007_199_254_740_993i64),
            json!(9_223_372_036_854_775_806i64),
            json!(i64::MAX),
            json!(u64::MAX - 1),
            json!(u64::MAX),
            json!(1e300),
            json!(""),
            json!("\0"),
            json!("\u{1}"),
            json!("\u{2}"),
            json!("\u{3}"),
            json!("10"),
            json!("9"),
            json!("a"),
            json!("a\0"),
            json!("a\u{1}"),
            json!("a\u{2}"),
            json!("ab"),
            json!("ä"),
            json!("\u{ffff}"),
            json!("🎬"),
        ];
        for (place, pair) in sorted.windows(2).enumerate() {
            assert!(encoded(&pair[..1]) < encoded(&pair[1..]), "{pair:?}");
            // Also where something greater or less follows.
            let (less, greater) = (encoded(&[pair[0].clone(), json!("🎬")]), encoded(&[pair[1].clone(), json!(-1)]));
            assert!(less < greater, "{pair:?}");
            let all = encoded(&pair[..1]);
            assert!(less.starts_with(&all) && less < end_of(&all) && end_of(&all) <= encoded(&pair[1..]), "{place} {pair:?}");
        }
        assert_eq!(encoded(&[json!(0)]), encoded(&[json!(-0.0)]));
        assert_eq!(encoded(&[json!(7)]), encoded(&[json!(7.0)]));
    }
}
