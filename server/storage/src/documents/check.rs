//! What every backend refuses before it asks its database: names that are none, bodies that are no objects,
//! queries that no declared index answers.
//!
//! Must never depend on a backend, so that all of them refuse the same.

use serde_json::Value;

use super::{BODY_LIMIT, Collection, Document, Find, ID_LIMIT, Index};
use crate::StoreError;

/// Collections, indexes and fields are named by constants; this catches a slip of the pen, at first use.
pub(super) fn collection(collection: &Collection) -> Result<(), StoreError> {
    name(&collection.name)?;
    collection.feed.map_or(Ok(()), name)?;
    for index in collection.indexes {
        name(index.name)?;
        if index.fields.is_empty() {
            return Err(invalid(format!("index {} has no fields", index.name)));
        }
        for field in index.fields {
            name(field)?;
        }
    }
    Ok(())
}

pub(super) fn name(text: &str) -> Result<(), StoreError> {
    let starts = text.starts_with(|first: char| first.is_ascii_lowercase());
    let clean = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if starts && clean && text.len() <= 48 { Ok(()) } else { Err(invalid(format!("{text:?} is no name"))) }
}

pub(super) fn id(id: &str) -> Result<(), StoreError> {
    match id.len() {
        1..=ID_LIMIT => Ok(()),
        length => Err(invalid(format!("an id of {length} bytes; 1 to {ID_LIMIT} are allowed"))),
    }
}

/// The body as it is stored: an object whose indexed fields can be sorted.
pub(super) fn body(collection: &Collection, id: &str, body: &Value) -> Result<String, StoreError> {
    let refused = |reason: String| invalid(format!("{}/{id}: {reason}", collection.name));
    let Some(object) = body.as_object() else { return Err(refused("a document is a JSON object".into())) };
    for field in collection.indexes.iter().flat_map(|index| index.fields) {
        match object.get(*field) {
            None | Some(Value::Null | Value::Number(_) | Value::String(_)) => {}
            Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
                return Err(refused(format!("{field} is indexed and so a string, a number or nothing")));
            }
        }
    }
    let text = serde_json::to_string(body).map_err(|error| refused(error.to_string()))?;
    if text.len() > BODY_LIMIT {
        return Err(refused(format!("{} bytes; at most {BODY_LIMIT} are allowed", text.len())));
    }
    Ok(text)
}

/// A version as databases keep it.
pub(super) fn version(document: &Document) -> Result<i64, StoreError> {
    match i64::try_from(document.version) {
        Ok(version @ 1..) => Ok(version),
        Ok(_) | Err(_) => Err(invalid(format!("{}: {} is no version", document.id, document.version))),
    }
}

/// The declared index that answers `find`.
pub(super) fn find(collection: &Collection, find: &Find<'_>) -> Result<&'static Index, StoreError> {
    let Some(index) = collection.indexes.iter().find(|index| index.name == find.index) else {
        return Err(invalid(format!("{} has no index {}", collection.name, find.index)));
    };
    let needed = find.equals.len() + usize::from(find.from.is_some());
    if needed > index.fields.len() {
        return Err(invalid(format!("index {} has only {} fields", index.name, index.fields.len())));
    }
    Ok(index)
}

pub(super) fn invalid(reason: String) -> StoreError {
    StoreError::Invalid { reason }
}
