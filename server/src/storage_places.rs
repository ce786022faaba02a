//! Brings together storage plans and the placements of films, which do not know each other.

use std::sync::Arc;

use async_trait::async_trait;
use contract::ids::TitleId;
use media::placement::{PLACEMENTS, PlacementRecord};
use storage::{
    StoreError,
    documents::{Document, Documents},
};
use storage_plan::bill::Store;

use crate::services::storage_sources::{Copying, Place, Places};

/// The placements of this installation.
pub struct StoragePlaces {
    pub documents: Arc<dyn Documents>,
}

fn place(document: Document) -> Option<Place> {
    let title = document.id.parse().ok()?;
    let record: PlacementRecord = serde_json::from_value(document.body).ok()?;
    record.current.map(|_| Place { title, store: Store::PerView, since: None, bytes: None, moving: None })
}

#[async_trait]
impl Places for StoragePlaces {
    fn has_flat(&self) -> bool {
        false
    }

    async fn list(&self, after: Option<&str>, limit: u32) -> Result<(Vec<Place>, Option<String>), StoreError> {
        let page = self.documents.list(&PLACEMENTS, after, limit).await?;
        Ok((page.documents.into_iter().filter_map(place).collect(), page.next))
    }

    async fn of(&self, titles: &[TitleId]) -> Result<Vec<Place>, StoreError> {
        let ids: Vec<String> = titles.iter().map(ToString::to_string).collect();
        Ok(self.documents.get_many(&PLACEMENTS, &ids).await?.into_iter().filter_map(place).collect())
    }

    async fn request_move(&self, _: &TitleId, _: Store) -> Result<(), StoreError> {
        Err(StoreError::Unavailable { reason: "there is no flat store".to_owned() })
    }

    async fn set_default(&self, _: Store) -> Result<(), StoreError> {
        Ok(())
    }

    async fn copying(&self) -> Result<Option<Copying>, StoreError> {
        Ok(None)
    }
}
