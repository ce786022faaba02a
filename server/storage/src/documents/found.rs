//! What is done about all documents that an index finds, a page at a time, and about those that cannot be read.

use std::{collections::HashMap, fmt::Display};

use futures::{TryStreamExt, stream};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Collection, Direction, Document, Documents, Expect, Find, PAGE_LIMIT};
use crate::StoreError;

/// Documents of one page.
const AT_ONCE: u32 = 200;
/// Documents that are on their way to be deleted: stores write what comes together at once.
const DELETED_AT_ONCE: usize = 16;

/// All documents whose first fields in an index are these texts, in the index's order, one on a page.
pub fn all_of(index: &'static str, equals: &[&str]) -> Find<'static> {
    let equals = equals.iter().map(|text| Value::from(*text)).collect();
    Find { index, equals, from: None, direction: Direction::Ascending, after: None, limit: 1 }
}

/// A document that was found as a record.
///
/// # Errors
/// [`StoreError::Corrupt`] where what is stored is no `R`.
pub fn parse<R: DeserializeOwned>(document: &Document) -> Result<R, StoreError> {
    record(&document.id, document.body.clone())
}

/// A body as a record; `null` is none, whatever a record may lack.
pub(super) fn record<R: DeserializeOwned>(key: impl Display + Copy, body: Value) -> Result<R, StoreError> {
    match body {
        Value::Null => Err(StoreError::corrupt(key, "it is no JSON object")),
        body => serde_json::from_value(body).map_err(|error| StoreError::corrupt(key, error)),
    }
}

/// A document of what is derived, and can be made again: one that is no JSON any more is deleted, and then there is none.
///
/// # Errors
/// As [`Documents::get`] and [`Documents::delete`].
pub async fn get_readable(documents: &dyn Documents, collection: &Collection, id: &str) -> Result<Option<Document>, StoreError> {
    match documents.get(collection, id).await? {
        Some(document) if document.body.is_null() => {
            tracing::error!(collection = %collection.name, id, "a document that can be made again cannot be read");
            delete_unchanged(documents, collection, (id, document.version)).await?;
            Ok(None)
        }
        found => Ok(found),
    }
}

/// Documents by their ids, for whoever looks each up.
pub fn by_id(documents: Vec<Document>) -> HashMap<String, Document> {
    documents.into_iter().map(|document| (document.id.clone(), document)).collect()
}

/// The first `most` documents that an index finds, page by page; how long a page of `find` would be makes no difference.
///
/// # Errors
/// As [`Documents::find`].
pub async fn find_first(
    documents: &dyn Documents,
    collection: &Collection,
    find: Find<'_>,
    most: usize,
) -> Result<Vec<Document>, StoreError> {
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = Find { after: after.as_deref(), limit: PAGE_LIMIT, ..find.clone() };
        let page = documents.find(collection, page).await?;
        found.extend(page.documents);
        match page.next {
            Some(next) if found.len() < most => after = Some(next),
            Some(_) | None => break,
        }
    }
    found.truncate(most);
    Ok(found)
}

/// Deletes every document whose first fields in an index are these.
///
/// # Errors
/// [`StoreError`]; then some of them may be left.
pub async fn delete_all(
    documents: &dyn Documents,
    collection: &Collection,
    index: &'static str,
    equals: &[Value],
) -> Result<(), StoreError> {
    loop {
        let (equals, direction) = (equals.to_vec(), Direction::Ascending);
        let find = Find { index, equals, from: None, direction, after: None, limit: AT_ONCE };
        let some = documents.find(collection, find).await?.documents;
        if some.is_empty() {
            return Ok(());
        }
        let each = stream::iter(some.into_iter().map(Ok::<_, StoreError>));
        each.try_for_each_concurrent(DELETED_AT_ONCE, |document| async move {
            documents.delete(collection, &document.id, Expect::Anything).await.map(drop)
        })
        .await?;
    }
}

/// Deletes a document as it was read or written, by its version then; whether it was. One that was written since stays.
///
/// # Errors
/// [`StoreError`], but no conflict.
pub async fn delete_unchanged(
    documents: &dyn Documents,
    collection: &Collection,
    (id, version): (&str, u64),
) -> Result<bool, StoreError> {
    match documents.delete(collection, id, Expect::Version(version)).await {
        Err(StoreError::Conflict { .. }) => Ok(false),
        outcome => outcome,
    }
}

/// The documents whose `due`, in milliseconds since 1970, has come by `now`, the longest due first; at most `limit`. `index` is
/// over that field alone.
///
/// # Errors
/// [`StoreError`].
pub async fn due(
    documents: &dyn Documents,
    collection: &Collection,
    index: &'static str,
    (now, limit): (u64, u32),
) -> Result<Vec<Document>, StoreError> {
    let find = Find { index, equals: Vec::new(), from: None, direction: Direction::Ascending, after: None, limit };
    let is_due = |found: &Document| found.body.get("due").and_then(Value::as_u64).is_some_and(|due| due <= now);
    Ok(documents.find(collection, find).await?.documents.into_iter().take_while(is_due).collect())
}
