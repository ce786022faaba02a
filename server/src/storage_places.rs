//! Brings together storage plans and the placements of films, which do not know each other.

use std::sync::Arc;

use async_trait::async_trait;
use contract::ids::TitleId;
use media::{
    mover,
    placement::{PlacedTitle, Placements},
};
use storage::{StoreError, keyvalue::KeyValue, objects::StoreRole};
use storage_plan::bill::Store;

use crate::services::storage_sources::{Copying, Moving, Place, Places};

/// The placements of this installation.
pub struct StoragePlaces {
    pub placements: Placements,
    pub keyvalue: Arc<dyn KeyValue>,
    /// Whether the config has a store to rent by capacity.
    pub has_flat: bool,
}

const fn store(role: StoreRole) -> Store {
    match role {
        StoreRole::PerView => Store::PerView,
        StoreRole::Flat => Store::Flat,
    }
}

const fn role(store: Store) -> StoreRole {
    match store {
        Store::PerView => StoreRole::PerView,
        Store::Flat => StoreRole::Flat,
    }
}

fn place(placed: PlacedTitle) -> Place {
    let PlacedTitle { title, store: lies, since, bytes, moving } = placed;
    let moving = moving.map(|moving| Moving { to: store(moving.to), since: moving.since });
    Place { title, store: store(lies), since, bytes, moving }
}

#[async_trait]
impl Places for StoragePlaces {
    fn has_flat(&self) -> bool {
        self.has_flat
    }

    async fn list(&self, after: Option<&str>, limit: u32) -> Result<(Vec<Place>, Option<String>), StoreError> {
        let page = self.placements.list(after, limit).await?;
        Ok((page.placed.into_iter().map(place).collect(), page.next))
    }

    async fn of(&self, titles: &[TitleId]) -> Result<Vec<Place>, StoreError> {
        Ok(self.placements.list_of(titles).await?.into_iter().map(place).collect())
    }

    async fn request_move(&self, title: &TitleId, to: Store) -> Result<(), StoreError> {
        let outcome = self.placements.request_move(title, role(to)).await?;
        tracing::info!(%title, to = role(to).as_str(), ?outcome, "a title is to lie in a store");
        Ok(())
    }

    async fn set_default(&self, to: Store) -> Result<(), StoreError> {
        if self.placements.settings().await?.default_store != role(to) {
            self.placements.change_settings(|settings| settings.default_store = role(to)).await?;
        }
        Ok(())
    }

    async fn copying(&self) -> Result<Option<Copying>, StoreError> {
        let progress = mover::under_way(&*self.keyvalue).await?;
        Ok(progress.map(|progress| Copying { title: progress.title, bytes_done: progress.bytes_done }))
    }
}
