//! Every collection that this application declares, for what treats a store as a whole: copying it, checking its queries.
//!
//! Must never be how a service reaches another's documents.

use crate::{
    media, services,
    storage::{
        StoreError,
        documents::{Collection, Documents},
    },
};

/// Those of all services, and of the films.
pub fn all() -> Vec<&'static Collection> {
    [
        services::catalog::COLLECTIONS,
        services::identity::COLLECTIONS,
        services::library::COLLECTIONS,
        services::playback::COLLECTIONS,
        services::entitlements::COLLECTIONS,
        media::COLLECTIONS,
    ]
    .concat()
}

/// Those of all services, and what else these stores hold: collections of an older or newer version.
///
/// # Errors
/// What the stores say.
pub async fn of(stores: &[&dyn Documents]) -> Result<Vec<Collection>, StoreError> {
    let mut found: Vec<Collection> = all().into_iter().cloned().collect();
    for store in stores {
        for name in store.collections().await? {
            if !found.iter().any(|known| known.name == name) {
                found.push(Collection::undeclared(name));
            }
        }
    }
    Ok(found)
}
