//! Where packaged films go: the objects under `media/{title}/`.
//!
//! Owns their keys and the order in which they become visible. Must never put a manifest that names an object which
//! is not stored whole.

use std::{path::Path as File, sync::Arc};

use bytes::BytesMut;
use contract::ids::TitleId;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::{ObjectStore, ObjectStoreExt, buffered::BufWriter, path::Path};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{
    error::ImportError,
    hls, journal,
    manifest::{MANIFEST_FILE, MediaManifest},
};

/// Bytes read at once, and kept before an upload in parts begins.
const CHUNK: usize = 256 << 10;
const PART: usize = 8 << 20;
/// Uploads at once: a store far away answers slowly, and segments are many and small.
const UPLOADS: usize = 8;

/// The object store of packaged films.
#[derive(Clone, Debug)]
pub struct MediaStore {
    objects: Arc<dyn ObjectStore>,
}

impl MediaStore {
    pub fn new(objects: Arc<dyn ObjectStore>) -> Self {
        Self { objects }
    }

    /// The key of one of a title's objects; `name` as the manifest has it.
    pub fn key(title: &TitleId, name: &str) -> Path {
        Path::from(format!("media/{title}/{name}"))
    }

    /// What was packaged for a title so far. One that cannot be read counts as none: the import makes it anew.
    pub async fn manifest(&self, title: &TitleId) -> Result<Option<MediaManifest>, object_store::Error> {
        let found = match self.objects.get(&Self::key(title, MANIFEST_FILE)).await {
            Ok(found) => found.bytes().await?,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(serde_json::from_slice(&found).ok())
    }

    pub async fn put_manifest(&self, title: &TitleId, manifest: &MediaManifest) -> Result<(), ImportError> {
        let json = serde_json::to_vec(manifest).map_err(|error| ImportError::Work(error.into()))?;
        self.objects.put(&Self::key(title, MANIFEST_FILE), json.into()).await?;
        Ok(())
    }

    /// Stores the files of a folder under `prefix` (empty, or ending in `/`): the playlist after what it names.
    pub async fn put_folder(&self, title: &TitleId, prefix: &str, folder: &File) -> Result<(), ImportError> {
        let mut names = Vec::new();
        let mut entries = tokio::fs::read_dir(folder).await.map_err(ImportError::Work)?;
        while let Some(entry) = entries.next_entry().await.map_err(ImportError::Work)? {
            match entry.file_name().into_string() {
                Ok(name) if !journal::is_own(&name) => names.push(name),
                Ok(_) | Err(_) => {}
            }
        }
        names.sort();
        let (last, first): (Vec<String>, Vec<String>) = names.into_iter().partition(|name| name == hls::PLAYLIST);
        for batch in [first, last] {
            let uploads = batch.into_iter().map(|name| {
                let key = Self::key(title, &format!("{prefix}{name}"));
                let file = folder.join(name);
                async move { self.put_file(key, &file).await }
            });
            stream::iter(uploads).buffer_unordered(UPLOADS).try_collect::<()>().await?;
        }
        Ok(())
    }

    async fn put_file(&self, key: Path, file: &File) -> Result<(), ImportError> {
        let mut from = tokio::fs::File::open(file).await.map_err(ImportError::Work)?;
        let mut to = BufWriter::with_capacity(self.objects.clone(), key, PART);
        loop {
            let mut chunk = BytesMut::with_capacity(CHUNK);
            if from.read_buf(&mut chunk).await.map_err(ImportError::Work)? == 0 {
                break;
            }
            to.put(chunk.freeze()).await?;
        }
        to.shutdown().await.map_err(ImportError::Work)
    }

    /// Forgets a title's video: the manifest first, so that nothing names what is gone.
    pub async fn clear(&self, title: &TitleId) -> Result<(), object_store::Error> {
        match self.objects.delete(&Self::key(title, MANIFEST_FILE)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
        let prefix = Path::from(format!("media/{title}"));
        let keys = self.objects.list(Some(&prefix)).map_ok(|object| object.location).boxed();
        self.objects.delete_stream(keys).try_collect::<Vec<_>>().await?;
        Ok(())
    }
}
