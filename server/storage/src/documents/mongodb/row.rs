//! A row as the document that it is: `{_id, v, d}`, as [`super`] stores it, or as somebody's tool left it.

use mongodb::bson::{Bson, Document as BsonDocument};

use super::{
    super::{Collection, Document, Expect, Stored, Unreadable},
    body,
};
use crate::StoreError;

pub(super) fn document(collection: &Collection, row: BsonDocument) -> Result<Document, StoreError> {
    as_stored(collection, row).map_err(|unreadable| unreadable.error)
}

/// The same, also where it cannot be read.
pub(super) fn as_stored(collection: &Collection, mut row: BsonDocument) -> Stored {
    let id = row.get_str("_id").unwrap_or_default().to_owned();
    let unreadable = |expect, what: &str| {
        let error = StoreError::corrupt(format_args!("{}/{id}", collection.name), what);
        Unreadable { id: id.clone(), expect, error }
    };
    let version = match row.get("v") {
        Some(Bson::Int64(version)) => *version,
        // As a person's tool may have written it.
        Some(Bson::Int32(version)) => i64::from(*version),
        _ => return Err(unreadable(Expect::Anything, "it has no version `v`")),
    }
    .cast_unsigned();
    let Some(Bson::Document(fields)) = row.remove("d") else {
        return Err(unreadable(Expect::Version(version), "it has no body `d`"));
    };
    Ok(Document { version, body: body::to_json(fields), id })
}

/// What is left of a document that was deleted.
pub(super) fn is_tombstone(row: &BsonDocument) -> bool {
    row.get_bool("gone").unwrap_or_default()
}
