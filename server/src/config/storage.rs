//! Where things are kept. A URL picks the backend; without one it is a file in the data folder.

use std::path::Path;

use serde::Deserialize;
use storage::StorageUrls;

use super::Bounded;

/// `[storage]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Storage {
    /// Catalogue, progress, snapshots. `sqlite:data/marquee.db` where it is absent.
    pub documents: Option<String>,
    /// Sessions. The same place as `documents` where it is absent.
    pub keyvalue: Option<String>,
    /// Video and artwork. `file:data/media` where it is absent.
    pub objects: Option<String>,
    /// A second store for video, paid for by the month, whatever is read of it. Titles move there and back while they are watched. There
    /// is one store where it is absent.
    pub flat_objects: Option<String>,
    /// What moves of titles between the two may read and write a second, in bytes.
    pub move_bytes_per_second: Bounded<1_000, 100_000_000_000>,
    /// Where nodes that share these stores tell each other what changed: a Redis. Within this process where it is absent.
    pub events: Option<String>,
    /// The search index's folder. `data/search` where it is absent.
    pub search: Option<std::path::PathBuf>,
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            documents: None,
            keyvalue: None,
            objects: None,
            flat_objects: None,
            move_bytes_per_second: Bounded::of(media::mover::BYTES_PER_SECOND),
            events: None,
            search: None,
        }
    }
}

impl Storage {
    pub fn documents(&self, data: &Path) -> String {
        self.documents.clone().unwrap_or_else(|| StorageUrls::embedded(data).documents)
    }

    pub fn keyvalue(&self, data: &Path) -> String {
        self.keyvalue.clone().unwrap_or_else(|| self.documents(data))
    }

    pub fn objects(&self, data: &Path) -> String {
        self.objects.clone().unwrap_or_else(|| StorageUrls::embedded(data).objects)
    }

    /// Where each kind of data is kept.
    pub fn urls(&self, data: &Path) -> StorageUrls {
        StorageUrls {
            documents: self.documents(data),
            keyvalue: self.keyvalue(data),
            objects: self.objects(data),
            flat_objects: self.flat_objects.clone(),
        }
    }

    pub fn search(&self, data: &Path) -> std::path::PathBuf {
        self.search.clone().unwrap_or_else(|| data.join("search"))
    }
}
