//! A body as the server keeps it, and back: its own types where they mean the same.
//!
//! BSON has no unsigned integers, so that those beyond a signed one's range are decimals; and names with `.`, `$` or NUL are
//! refused or misread in places, so that these are written as `%2E`, `%24` and `%00` (and `%` as `%25`). Must never lose a
//! digit, a sign or a name.

use mongodb::bson::{Bson, Decimal128, Document as BsonDocument};
use serde_json::{Map, Number, Value};

use super::super::{Collection, check};
use crate::StoreError;

/// The largest document that a server takes, in bytes, with room for what the server adds.
const LARGEST: usize = 16 * 1024 * 1024 - 4096;

pub(super) fn to_bson(body: &Value) -> Result<Bson, StoreError> {
    Ok(match body {
        Value::Null => Bson::Null,
        Value::Bool(bool) => Bson::Boolean(*bool),
        Value::Number(number) => number_to_bson(number)?,
        Value::String(text) => Bson::String(text.clone()),
        Value::Array(items) => Bson::Array(items.iter().map(to_bson).collect::<Result<_, _>>()?),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| Ok((escaped(name), to_bson(value)?)));
            Bson::Document(fields.collect::<Result<_, StoreError>>()?)
        }
    })
}

fn number_to_bson(number: &Number) -> Result<Bson, StoreError> {
    if let Some(integer) = number.as_i64() {
        return Ok(i32::try_from(integer).map_or(Bson::Int64(integer), Bson::Int32));
    }
    let unknown = || check::invalid(format!("{number} is too large to be stored"));
    match number.as_u64() {
        Some(large) => large.to_string().parse::<Decimal128>().map(Bson::Decimal128).map_err(|_| unknown()),
        None => number.as_f64().map(Bson::Double).ok_or_else(unknown),
    }
}

pub(super) fn to_json(fields: BsonDocument) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (unescaped(name), value_to_json(value))).collect())
}

fn value_to_json(value: Bson) -> Value {
    match value {
        Bson::Null | Bson::Undefined => Value::Null,
        Bson::Boolean(bool) => Value::Bool(bool),
        Bson::Int32(integer) => integer.into(),
        Bson::Int64(integer) => integer.into(),
        // Not a number and infinity are not JSON's.
        Bson::Double(real) => Number::from_f64(real).map_or(Value::Null, Value::Number),
        Bson::String(text) | Bson::Symbol(text) => Value::String(text),
        Bson::Array(items) => Value::Array(items.into_iter().map(value_to_json).collect()),
        Bson::Document(fields) => to_json(fields),
        Bson::Decimal128(decimal) => {
            let text = decimal.to_string();
            let number = text.parse::<u64>().ok().map(Value::from).or_else(|| text.parse::<f64>().ok().map(Value::from));
            number.unwrap_or(Value::String(text))
        }
        // Never written here; what a person put in by hand is shown as text.
        Bson::ObjectId(id) => Value::String(id.to_hex()),
        Bson::DateTime(time) => time.try_to_rfc3339_string().map_or_else(|_| time.timestamp_millis().into(), Value::String),
        other @ (Bson::RegularExpression(_)
        | Bson::JavaScriptCode(_)
        | Bson::JavaScriptCodeWithScope(_)
        | Bson::Timestamp(_)
        | Bson::Binary(_)
        | Bson::MaxKey
        | Bson::MinKey
        | Bson::DbPointer(_)) => Value::Object(Map::from_iter([("$bson".to_owned(), Value::String(other.to_string()))])),
    }
}

fn escaped(name: &str) -> String {
    if !name.contains(['%', '.', '$', '\0']) {
        return name.to_owned();
    }
    name.replace('%', "%25").replace('.', "%2E").replace('$', "%24").replace('\0', "%00")
}

fn unescaped(name: String) -> String {
    if !name.contains('%') {
        return name;
    }
    name.replace("%2E", ".").replace("%24", "$").replace("%00", "\0").replace("%25", "%")
}

/// BSON takes more room than JSON where there are many small numbers: what no server takes is refused before it is sent. The size in bytes.
pub(super) fn check_size(collection: &Collection, id: &str, fields: &BsonDocument) -> Result<usize, StoreError> {
    let refused = |reason: String| check::invalid(format!("{}/{id}: {reason}", collection.name));
    match fields.to_vec() {
        Ok(bytes) if bytes.len() <= LARGEST => Ok(bytes.len()),
        Ok(bytes) => Err(refused(format!("{} bytes as BSON; at most {LARGEST} are allowed", bytes.len()))),
        Err(error) => Err(refused(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_name_and_number_comes_back_as_it_was() {
        let body = json!({
            "a.b": 1, "$set": { "%2E": 1.0, "%252E": -0.0, "%": "%", "": null }, "\0": [u64::MAX, i64::MIN, i64::MAX],
            "%00": 5e-324, "large": 9_223_372_036_854_775_808u64, "$": 2_147_483_648i64,
        });
        let Bson::Document(stored) = to_bson(&body).unwrap() else { panic!("no document") };
        assert!(stored.keys().all(|name| !name.contains(['.', '$', '\0'])), "{stored}");
        let back = to_json(stored);
        assert_eq!(back, body);
        // Equality does not tell the zeros apart, nor one from one point nothing.
        assert_eq!(back.to_string(), body.to_string());
    }

    #[test]
    fn many_small_numbers_that_no_server_takes_are_refused_by_name() {
        static FILMS: Collection = Collection::declared("films", &[]);
        let body = json!({ "list": vec![1; 2_000_000] });
        let Bson::Document(stored) = to_bson(&body).unwrap() else { panic!("no document") };
        let refused = check_size(&FILMS, "a", &stored).unwrap_err().to_string();
        assert!(refused.contains("films/a") && refused.contains("BSON"), "{refused}");
    }
}
