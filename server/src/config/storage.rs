//! Where things are kept. A URL picks the backend; without one it is a file in the data folder.

use std::path::Path;

use serde::Deserialize;
use storage::StorageUrls;

/// `[storage]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Storage {
    /// Catalogue, progress, snapshots. `sqlite:data/marquee.db` where it is absent.
    pub documents: Option<String>,
    /// Sessions. The same place as `documents` where it is absent.
    pub keyvalue: Option<String>,
    /// Video and artwork. `file:data/media` where it is absent.
    pub objects: Option<String>,
    /// Where nodes that share these stores tell each other what changed: a Redis. Within this process where it is absent.
    pub events: Option<String>,
    /// The search index's folder. `data/search` where it is absent.
    pub search: Option<std::path::PathBuf>,
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

    pub fn search(&self, data: &Path) -> std::path::PathBuf {
        self.search.clone().unwrap_or_else(|| data.join("search"))
    }
}
