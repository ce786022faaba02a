//! Titles of films that were packaged for an id: made under that one and no other, and not where it was deleted meanwhile.
//!
//! Whoever deletes a title wants no other in its place: what is told of its film while it is deleted is taken back
//! ([`Ingest::take_back`]). Must never give a film another id than its objects have.

use std::sync::Arc;

use contract::ids::TitleId;
use storage::{
    documents::{Change, Expect, delete_all, read, update},
    events,
};

use super::{Ingest, IngestError, Origin, revise};
use crate::services::catalog::{
    facts::NewTitle,
    record::{DELETED, DeletedRecord, SOURCES, SOURCES_BY_TITLE, TITLES, TitleRecord},
};

impl Ingest {
    /// Says what a title is called whose film was packaged under `id`; it is made where there was none ([`Origin`]), and only there.
    ///
    /// # Errors
    /// [`IngestError::NoSuchTitle`] where it was there and is gone; [`IngestError::Store`].
    pub async fn name(&self, id: &TitleId, new: &NewTitle, origin: Option<&Origin>) -> Result<(), IngestError> {
        let mut is_changed = false;
        let decide = |stored: Option<TitleRecord>| {
            if stored.is_none() && origin.is_some() {
                return Err(IngestError::NoSuchTitle(id.clone()));
            }
            let revised = revise(new, stored);
            is_changed = revised.is_some();
            Ok(revised.map_or(Change::Keep, |(record, _)| Change::Put(record)))
        };
        update(&*self.documents, &TITLES, id.as_str(), decide).await?;
        if is_changed {
            self.events.publish(events::Change::Titles(Arc::from([id.to_string()])));
        }
        Ok(())
    }

    /// When a title of this id was deleted last, in milliseconds since 1970. It may have been made anew.
    ///
    /// # Errors
    /// [`IngestError::Store`].
    pub async fn deleted_at(&self, id: &TitleId) -> Result<Option<u64>, IngestError> {
        let deleted = read::<DeletedRecord>(&*self.documents, &DELETED, id.as_str()).await?;
        Ok(deleted.map(|(deleted, _)| deleted.deleted))
    }

    /// Takes a title with its sources away that was written while it was deleted.
    ///
    /// # Errors
    /// [`IngestError::Store`].
    pub async fn take_back(&self, id: &TitleId) -> Result<(), IngestError> {
        self.documents.delete(&TITLES, id.as_str(), Expect::Anything).await?;
        delete_all(&*self.documents, &SOURCES, SOURCES_BY_TITLE, &[id.as_str().into()]).await?;
        self.events.publish(events::Change::Titles(Arc::from([id.to_string()])));
        Ok(())
    }
}
