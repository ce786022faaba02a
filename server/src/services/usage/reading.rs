//! Many documents of usage at once, of which some cannot be read: each of those is told by its id, and keeps nobody from the others.
//!
//! Whoever adds up what is read says that something is missing. Must never take a document that cannot be read for one that is
//! not there.

use serde::de::DeserializeOwned;
use storage::{
    StoreError,
    documents::{self, Collection, Document, Documents, Find, parse},
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
/// [`StoreError`].
pub async fn find<R: DeserializeOwned>(
    documents: &dyn Documents,
    collection: &Collection,
    find: Find<'_>,
) -> Result<Page<R>, StoreError> {
    let documents::Page { documents, next } = documents.find(collection, find).await?;
    Ok(Page { found: documents.into_iter().map(read).collect(), next })
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
    Ok(documents.get_many(collection, ids).await?.into_iter().map(read).collect())
}

fn read<R: DeserializeOwned>(document: Document) -> Found<R> {
    let record = parse(&document);
    let record = record.inspect_err(|error| tracing::error!(%error, "a document of usage cannot be read, and is left out"));
    Found { record: record.ok(), id: document.id }
}
