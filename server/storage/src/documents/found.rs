//! What is done about all documents that an index finds, a page at a time, and about those that cannot be read.

use std::collections::HashMap;

use futures::{TryStreamExt, stream};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Collection, Direction, Document, Documents, Expect, Find, PAGE_LIMIT, Page, Stored, StoredPage, Unreadable};
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

impl StoredPage {
    /// The page, where every document of it can be read.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] of the first that cannot.
    pub fn whole(self) -> Result<Page, StoreError> {
        let documents = self.documents.into_iter().map(|stored| stored.map_err(|unreadable| unreadable.error));
        Ok(Page { documents: documents.collect::<Result<_, _>>()?, next: self.next })
    }
}

impl From<Page> for StoredPage {
    fn from(Page { documents, next }: Page) -> Self {
        Self { documents: documents.into_iter().map(Ok).collect(), next }
    }
}

/// The id of a document, whether or not it can be read.
pub fn id_of(stored: &Stored) -> &str {
    match stored {
        Ok(document) => &document.id,
        Err(unreadable) => &unreadable.id,
    }
}

/// Deletes a document as it was found, readable or not; whether it was. One that was written since stays.
///
/// # Errors
/// [`StoreError`], but no conflict.
pub async fn delete_stored(documents: &dyn Documents, collection: &Collection, stored: &Stored) -> Result<bool, StoreError> {
    let (id, expect) = match stored {
        Ok(document) => (&document.id, Expect::Version(document.version)),
        Err(Unreadable { id, expect, .. }) => (id, *expect),
    };
    match documents.delete(collection, id, expect).await {
        Err(StoreError::Conflict { .. }) => Ok(false),
        outcome => outcome,
    }
}

/// A document that was found as a record.
///
/// # Errors
/// [`StoreError::Corrupt`] where what is stored is no `R`.
pub fn parse<R: DeserializeOwned>(document: &Document) -> Result<R, StoreError> {
    serde_json::from_value(document.body.clone()).map_err(|error| StoreError::corrupt(&document.id, error))
}

/// A document of what is derived, and can be made again: one that is no JSON any more is deleted, and then there is none.
///
/// # Errors
/// As [`Documents::get`] and [`Documents::delete`], but for [`StoreError::Corrupt`].
pub async fn get_readable(documents: &dyn Documents, collection: &Collection, id: &str) -> Result<Option<Document>, StoreError> {
    match documents.get(collection, id).await {
        Err(error @ StoreError::Corrupt { .. }) => {
            tracing::error!(%error, "a document that can be made again cannot be read");
            documents.delete(collection, id, Expect::Anything).await?;
            Ok(None)
        }
        outcome => outcome,
    }
}

/// The documents of these ids (1000 at most) that exist, by id, each or why it cannot be read: one that cannot keeps nobody from the
/// others.
///
/// # Errors
/// As [`Documents::get_many`], but for [`StoreError::Corrupt`].
pub async fn get_each(
    documents: &dyn Documents,
    collection: &Collection,
    ids: &[String],
) -> Result<HashMap<String, Result<Document, StoreError>>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    match documents.get_many(collection, ids).await {
        Ok(found) => return Ok(found.into_iter().map(|document| (document.id.clone(), Ok(document))).collect()),
        Err(StoreError::Corrupt { .. }) => {}
        Err(error) => return Err(error),
    }
    let mut each = HashMap::with_capacity(ids.len());
    for id in ids {
        match documents.get(collection, id).await {
            Ok(Some(document)) => drop(each.insert(id.clone(), Ok(document))),
            Ok(None) => {}
            Err(error @ StoreError::Corrupt { .. }) => drop(each.insert(id.clone(), Err(error))),
            Err(error) => return Err(error),
        }
    }
    Ok(each)
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
