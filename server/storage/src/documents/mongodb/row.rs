//! A row as the document that it is: `{_id, v, d}`, as [`super`] stores it, or as somebody's tool left it.

use mongodb::bson::{Bson, Document as BsonDocument, doc};
use serde_json::Value;

use super::{super::Document, body, stored_version};

/// What has no body is `null`, and keeps nobody from the others; what has no version has 0.
pub(super) fn document(mut row: BsonDocument) -> Document {
    let id = row.get_str("_id").unwrap_or_default().to_owned();
    let version = match row.get("v") {
        Some(Bson::Int64(version)) => version.cast_unsigned(),
        // As a person's tool may have written it.
        Some(Bson::Int32(version)) => i64::from(*version).cast_unsigned(),
        _ => 0,
    };
    let body = match row.remove("d") {
        Some(Bson::Document(fields)) if version > 0 => body::to_json(fields),
        _ => Value::Null,
    };
    Document { id, version, body }
}

/// The version of a row that whoever read it expects to be there still.
pub(super) fn has_version(expected: u64) -> Bson {
    match expected {
        0 => Bson::Document(doc! { "$exists": false }),
        _ => Bson::Int64(stored_version(expected)),
    }
}

/// What is left of a document that was deleted.
pub(super) fn is_tombstone(row: &BsonDocument) -> bool {
    row.get_bool("gone").unwrap_or_default()
}
