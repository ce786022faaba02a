//! Documents that cannot be read, as what another build wrote: left out of what is told, and begun anew where something is
//! written.
//!
//! One of them keeps nobody from the others. Each stands in the log where it is met.

use std::any::type_name;

use serde::{Serialize, de::DeserializeOwned};
use storage::{
    StoreError,
    documents::{self, Change, Collection, Document, Documents, Updated, delete_unchanged, parse, update},
};

/// A document as a record, where it is one.
pub fn readable<R: DeserializeOwned>(document: &Document) -> Option<R> {
    parse(document).inspect_err(left_out::<R>).ok()
}

fn left_out<R>(error: &StoreError) {
    tracing::error!(%error, record = type_name::<R>(), "a document cannot be read, and is left out");
}

fn begun_anew<R>(error: &StoreError) {
    tracing::error!(%error, record = type_name::<R>(), "a document cannot be read, and is begun anew");
}

/// As [`documents::read`]; nothing where what is stored cannot be read.
///
/// # Errors
/// [`StoreError`], but for [`StoreError::Corrupt`].
pub async fn read_readable<R: DeserializeOwned>(
    documents: &dyn Documents,
    collection: &Collection,
    id: &str,
) -> Result<Option<(R, u64)>, StoreError> {
    match documents::read(documents, collection, id).await {
        Err(error @ StoreError::Corrupt { .. }) => {
            left_out::<R>(&error);
            Ok(None)
        }
        outcome => outcome,
    }
}

/// As [`update`]: what cannot be read is deleted, and `decide` is given nothing.
///
/// # Errors
/// As [`update`]; [`StoreError::Corrupt`] from `decide` alone.
pub async fn update_readable<R>(
    documents: &dyn Documents,
    collection: &Collection,
    id: &str,
    mut decide: impl FnMut(Option<R>) -> Result<Change<R>, StoreError>,
) -> Result<Updated<R>, StoreError>
where
    R: Serialize + DeserializeOwned + Clone,
{
    match update(documents, collection, id, &mut decide).await {
        Err(StoreError::Corrupt { .. }) => {}
        outcome => return outcome,
    }
    delete_unreadable::<R>(documents, collection, id).await?;
    update(documents, collection, id, decide).await
}

/// Deletes a document that is no `R`; whether it was one. Of two at once the second leaves what the first began anew.
///
/// # Errors
/// [`StoreError`], but for [`StoreError::Corrupt`].
pub async fn delete_unreadable<R: DeserializeOwned>(
    documents: &dyn Documents,
    collection: &Collection,
    id: &str,
) -> Result<bool, StoreError> {
    let Some(document) = documents.get(collection, id).await? else { return Ok(false) };
    match parse::<R>(&document) {
        Ok(_) => Ok(false),
        Err(error) => {
            begun_anew::<R>(&error);
            delete_unchanged(documents, collection, (id, document.version)).await
        }
    }
}
