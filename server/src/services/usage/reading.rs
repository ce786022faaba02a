//! Many documents of usage at once, of which some cannot be read: each of those is told by its id, and keeps nobody from the others.
//!
//! Whoever adds up what is read says that something is missing. Must never take a document that cannot be read for one that is
//! not there.

use serde::de::DeserializeOwned;
use storage::{
    StoreError,
    documents::{Collection, Document, Documents, Find, StoredPage, Unreadable, get_each},
};

/// A document that is there.
pub struct Found<R> {
    pub id: String,
    /// Nothing where it cannot be read: it is no JSON, or no such record.
    pub record: Option<R>,
}

/// A page of them.
pub struct Page<R> {
    pub found: Vec<Found<R>>,
    /// Absent on the last page.
    pub next: Option<String>,
}

/// A page of what an index finds.
///
/// # Errors
/// [`StoreError`], but not for a document that cannot be read.
pub async fn find<R: DeserializeOwned>(
    documents: &dyn Documents,
    collection: &Collection,
    find: Find<'_>,
) -> Result<Page<R>, StoreError> {
    let StoredPage { documents, next } = documents.find_stored(collection, find).await?;
    let found = documents.into_iter().map(|stored| match stored {
        Ok(document) => read(document.id.clone(), Ok(document)),
        Err(Unreadable { id, error, .. }) => read(id, Err(error)),
    });
    Ok(Page { found: found.collect(), next })
}

/// Those that there are of these ids, 1000 at most.
///
/// # Errors
/// As [`find`].
pub async fn get<R: DeserializeOwned>(
    documents: &dyn Documents,
    collection: &Collection,
    ids: &[String],
) -> Result<Vec<Found<R>>, StoreError> {
    let each = get_each(documents, collection, ids).await?;
    Ok(each.into_iter().map(|(id, stored)| read(id, stored)).collect())
}

fn read<R: DeserializeOwned>(id: String, stored: Result<Document, StoreError>) -> Found<R> {
    let record =
        stored.and_then(|document| serde_json::from_value(document.body).map_err(|error| StoreError::corrupt(&id, error)));
    let record = record.inspect_err(|error| tracing::error!(%error, "a document of usage cannot be read, and is left out"));
    Found { record: record.ok(), id }
}
