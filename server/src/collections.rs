//! Every collection that this application declares, for what treats a store as a whole: copying it, checking its queries.
//!
//! Must never be how a service reaches another's documents.

use crate::{services, storage::documents::Collection};

/// Those of all services.
pub fn all() -> Vec<&'static Collection> {
    [
        services::catalog::COLLECTIONS,
        services::identity::COLLECTIONS,
        services::library::COLLECTIONS,
        services::playback::COLLECTIONS,
        services::entitlements::COLLECTIONS,
    ]
    .concat()
}
