//! What titles are called, told to whoever lists them on a command line.

use std::collections::HashMap;

use contract::ids::TitleId;
use storage::{StoreError, documents::Documents};

use super::{ingest, record::TITLES};

/// The names of those of these titles (1000 at most) that there are, in one round trip.
///
/// # Errors
/// [`StoreError`].
pub async fn called(documents: &dyn Documents, titles: &[TitleId]) -> Result<HashMap<TitleId, String>, StoreError> {
    let ids: Vec<String> = titles.iter().map(ToString::to_string).collect();
    let found = if ids.is_empty() { Vec::new() } else { documents.get_many(&TITLES, &ids).await? };
    let name =
        |document: &storage::documents::Document| Some((document.id.parse().ok()?, ingest::read(document).ok()?.facts.title));
    Ok(found.iter().filter_map(name).collect())
}
