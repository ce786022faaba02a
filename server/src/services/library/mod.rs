//! The library: what a profile keeps. For now the snapshot of its screen, to continue from on another device.
//!
//! Owns the documents `snapshots`. Must never look into a snapshot: its shape is the client's.

mod record;
mod v1;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use contract::{
    ids::ProfileId,
    library::{GetSnapshot, SaveSnapshot},
};
use runtime::clock::Clock;
use storage::{
    StoreError,
    documents::{Change, Document, Documents, Expect, read, update},
};

use self::record::{BY_GUEST, SNAPSHOTS, SnapshotRecord};
use super::{
    Service,
    keepers::{self, Tombstones},
};
use crate::mount::Mount;

/// The service.
pub struct Library {
    documents: Arc<dyn Documents>,
    tombstones: Arc<dyn Tombstones>,
    clock: Clock,
}

impl Library {
    pub fn new(documents: Arc<dyn Documents>, tombstones: Arc<dyn Tombstones>, clock: Clock) -> Self {
        Self { documents, tombstones, clock }
    }
}

#[async_trait]
impl Service for Library {
    fn name(&self) -> &'static str {
        "library"
    }

    fn mount(self: Arc<Self>, mount: &mut Mount) {
        let service = Arc::clone(&self);
        mount.call(move |context, call: GetSnapshot| {
            let service = Arc::clone(&service);
            async move { service.get_snapshot(context, call).await }
        });
        mount.call(move |context, call: SaveSnapshot| {
            let service = Arc::clone(&self);
            async move { service.save_snapshot(context, call).await }
        });
    }

    async fn forget(&self, profile: &ProfileId) -> Result<(), StoreError> {
        self.documents.delete(&SNAPSHOTS, profile.as_str(), Expect::Anything).await.map(drop)
    }

    async fn merge(&self, from: &ProfileId, into: &ProfileId) -> Result<(), StoreError> {
        let found = read::<SnapshotRecord>(&*self.documents, &SNAPSHOTS, from.as_str()).await?;
        let Some((record, _)) = found else { return Ok(()) };
        let taken = SnapshotRecord { guest_updated: None, saved_by: None, ..record };
        let merged = update(&*self.documents, &SNAPSHOTS, into.as_str(), |stored: Option<SnapshotRecord>| {
            Ok::<_, StoreError>(if stored.is_none() { Change::Put(taken.clone()) } else { Change::Keep })
        });
        merged.await?;
        self.forget(from).await
    }

    async fn date_guests(&self) -> Result<u64, StoreError> {
        let whose = |document: &Document| document.id.parse().ok();
        keepers::date_guests(&*self.documents, &SNAPSHOTS, &*self.tombstones, whose, self.clock.millis()).await
    }

    async fn expire_guests(&self, before: u64) -> Result<u64, StoreError> {
        keepers::expire(&*self.documents, &SNAPSHOTS, (BY_GUEST, keepers::GUEST_UPDATED), before).await
    }
}

/// What is stored here, for whoever moves or checks stores as a whole.
pub static COLLECTIONS: &[&storage::documents::Collection] = &[&record::SNAPSHOTS];
