//! The library: what a profile keeps. For now the snapshot of its screen, to continue from on another device.
//!
//! Owns the documents `snapshots`. Must never look into a snapshot: its shape is the client's.

mod record;
mod v1;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use contract::{
    ids::ProfileId,
    library::{GetSnapshot, SaveSnapshot},
};

use super::Service;
use crate::{
    mount::Mount,
    storage::{
        StoreError,
        documents::{Documents, Expect},
    },
};

/// The service.
pub struct Library {
    documents: Arc<dyn Documents>,
}

impl Library {
    pub fn new(documents: Arc<dyn Documents>) -> Self {
        Self { documents }
    }
}

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
}

/// What is stored here, for whoever moves or checks stores as a whole.
pub static COLLECTIONS: &[&crate::storage::documents::Collection] = &[&record::SNAPSHOTS];

/// Forgets everything of a profile whose account is deleted for good.
///
/// # Errors
/// What the store says.
pub async fn forget(documents: &Arc<dyn Documents>, profile: &ProfileId) -> Result<(), StoreError> {
    documents.delete(&record::SNAPSHOTS, profile.as_str(), Expect::Anything).await.map(drop)
}
