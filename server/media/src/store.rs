//! Where packaged films go: the objects under `media/{title}/{generation}/`.
//!
//! Owns their keys and the order in which they become visible. Must never put a manifest that names an object which
//! is not stored whole, nor change an object under its name; a manifest alone is put again, and only grows.

use std::{
    path::Path as File,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::BytesMut;
use contract::ids::TitleId;
use futures::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, buffered::BufWriter, path::Path};
use storage::objects::{StoreRole, VideoStores};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{
    error::ImportError,
    generation::Generation,
    hls, journal,
    location::Location,
    manifest::{MANIFEST_FILE, MediaManifest},
    placement::Extent,
};

/// Bytes read at once, and kept before an upload in parts begins.
const CHUNK: usize = 256 << 10;
const PART: usize = 8 << 20;
/// How long a store may take over one answer of a listing.
const LISTED_WITHIN: Duration = Duration::from_secs(60);
/// How long a picture is stored before its title names it, at most.
const JUST_STORED: Duration = Duration::from_secs(60 * 60);
/// Uploads at once: a store far away answers slowly, and segments are many and small.
const UPLOADS: usize = 8;

/// Objects that a store is told to delete in one request.
const DELETED_AT_ONCE: usize = 100;

/// The name of what a move has copied and verified, beside it; no manifest names it.
pub(super) const COPIED_FILE: &str = "move.json";

/// The object stores of packaged films.
#[derive(Clone, Debug)]
pub struct MediaStore {
    objects: Arc<dyn ObjectStore>,
    flat: Option<Arc<dyn ObjectStore>>,
}

/// One of a packaging's objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// As a manifest has it.
    pub name: String,
    /// In bytes.
    pub size: u64,
}

impl MediaStore {
    /// One store, which everything lies in.
    pub fn new(objects: Arc<dyn ObjectStore>) -> Self {
        Self { objects, flat: None }
    }

    /// Those of an installation.
    pub fn of(stores: &VideoStores) -> Self {
        Self { objects: stores.per_view.backend(), flat: stores.flat.as_ref().map(|flat| flat.backend()) }
    }

    /// Whether there are two.
    pub const fn has_flat(&self) -> bool {
        self.flat.is_some()
    }

    /// The store of this role; away where the config names none.
    pub(super) fn store(&self, role: StoreRole) -> Result<&Arc<dyn ObjectStore>, object_store::Error> {
        match role {
            StoreRole::PerView => Ok(&self.objects),
            StoreRole::Flat => self.flat.as_ref().ok_or_else(|| object_store::Error::Generic {
                store: "media",
                source: format!("storage.{} is not configured", role.setting()).into(),
            }),
        }
    }

    /// The key of one of a generation's objects; `name` as the manifest has it.
    pub fn key(title: &TitleId, generation: Generation, name: &str) -> Path {
        Path::from(format!("media/{title}/{}{name}", generation.prefix()))
    }

    /// What was packaged under a generation so far. One that cannot be read counts as none: the import makes another.
    pub async fn manifest(&self, title: &TitleId, at: Location) -> Result<Option<MediaManifest>, object_store::Error> {
        let found = match self.store(at.store)?.get(&Self::key(title, at.generation, MANIFEST_FILE)).await {
            Ok(found) => found.bytes().await?,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(serde_json::from_slice(&found).ok())
    }

    pub async fn put_manifest(&self, title: &TitleId, at: Location, manifest: &MediaManifest) -> Result<(), ImportError> {
        let json = serde_json::to_vec(manifest).map_err(|error| ImportError::Work(error.into()))?;
        self.store(at.store)?.put(&Self::key(title, at.generation, MANIFEST_FILE), json.into()).await?;
        Ok(())
    }

    /// Stores the files of a folder under `prefix` (empty, or ending in `/`): the playlist after what it names.
    pub async fn put_folder(&self, title: &TitleId, at: Location, prefix: &str, folder: &File) -> Result<(), ImportError> {
        let store = self.store(at.store)?;
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
                let key = Self::key(title, at.generation, &format!("{prefix}{name}"));
                let file = folder.join(name);
                async move { put_file(store, key, &file).await }
            });
            stream::iter(uploads).buffer_unordered(UPLOADS).try_collect::<()>().await?;
        }
        Ok(())
    }

    /// Every object of a packaging, but for what a move remembers; in no order. A film of three hours has some ten thousand.
    pub async fn list(&self, title: &TitleId, at: Location) -> Result<Vec<Listed>, object_store::Error> {
        let below = Self::folder(title, at.generation);
        let mut all = Vec::new();
        let mut found = self.own(title, at)?;
        while let Some(object) = next_listed(&mut found).await? {
            let parts = object.location.prefix_match(&below).map(|parts| parts.map(|part| part.as_ref().to_owned()));
            let name = parts.map(|parts| parts.collect::<Vec<_>>().join("/")).unwrap_or_default();
            if name != COPIED_FILE {
                all.push(Listed { name, size: object.size });
            }
        }
        Ok(all)
    }

    /// How many bytes a packaging has, all its objects together.
    pub async fn bytes(&self, title: &TitleId, at: Location) -> Result<u64, object_store::Error> {
        Ok(self.list(title, at).await?.iter().map(|object| object.size).sum())
    }

    /// How many objects a packaging has, and how many bytes they have together.
    pub async fn extent(&self, title: &TitleId, at: Location, manifest: &MediaManifest) -> Result<Extent, object_store::Error> {
        let objects = self.list(title, at).await?;
        let bytes = objects.iter().map(|object| object.size).sum();
        Ok(Extent { objects: objects.len() as u64, bytes, seconds: manifest.seconds() })
    }

    /// Deletes a packaging from a store that nothing ever played from: the manifest first, so that nothing names what is gone. Of
    /// [`Generation::UNNAMED`] that is what lies directly below the title; the others' folders stay.
    pub async fn delete(&self, title: &TitleId, at: Location) -> Result<(), object_store::Error> {
        let keys = self.keys(title, at).await?;
        let (manifest, others) = keys.split_at(keys.len().min(1));
        self.delete_keys(at.store, manifest, || true).await?;
        self.delete_keys(at.store, others, || true).await
    }

    /// The keys of all that a store has of a packaging, that of its manifest first, whether it is there or not.
    pub(super) async fn keys(&self, title: &TitleId, at: Location) -> Result<Vec<Path>, object_store::Error> {
        let manifest = Self::key(title, at.generation, MANIFEST_FILE);
        let mut keys = vec![manifest.clone()];
        let mut found = self.own(title, at)?;
        while let Some(object) = next_listed(&mut found).await? {
            if object.location != manifest {
                keys.push(object.location);
            }
        }
        Ok(keys)
    }

    /// Deletes these objects from a store, for as long as `may_go_on` says so.
    pub(super) async fn delete_keys(
        &self,
        role: StoreRole,
        keys: &[Path],
        may_go_on: impl Fn() -> bool + Send,
    ) -> Result<(), object_store::Error> {
        let store = self.store(role)?;
        for keys in keys.chunks(DELETED_AT_ONCE) {
            if may_go_on() {
                delete_all(store, stream::iter(keys.to_vec()).map(Ok).boxed()).await?;
            }
        }
        Ok(())
    }

    /// The objects of a packaging as the store has them.
    fn own(
        &self,
        title: &TitleId,
        at: Location,
    ) -> Result<BoxStream<'static, object_store::Result<ObjectMeta>>, object_store::Error> {
        let below = Self::folder(title, at.generation);
        let found = self.store(at.store)?.list(Some(&below));
        let is_own = move |object: &ObjectMeta| at.generation != Generation::UNNAMED || !is_anothers(&below, &object.location);
        Ok(found.try_filter(move |object| std::future::ready(is_own(object))).boxed())
    }

    fn folder(title: &TitleId, generation: Generation) -> Path {
        Path::from(format!("media/{title}/{}", generation.prefix()))
    }

    /// Deletes a title's pictures but for those named, and for what may be about to be named.
    pub async fn keep_pictures(&self, title: &TitleId, keep: &[String]) -> Result<(), object_store::Error> {
        let before = SystemTime::now() - JUST_STORED;
        let prefix = Path::from(format!("artwork/{title}"));
        let keep = keep.to_vec();
        let is_left = move |object: &ObjectMeta| {
            let is_kept = keep.iter().any(|name| object.location.filename() == Some(name));
            is_kept || SystemTime::from(object.last_modified) > before
        };
        let gone = self.objects.list(Some(&prefix)).try_filter(move |object| std::future::ready(!is_left(object)));
        delete_all(&self.objects, gone.map_ok(|object| object.location).boxed()).await
    }

    /// Deletes all pictures of a title that is no more.
    pub async fn delete_pictures(&self, title: &TitleId) -> Result<(), object_store::Error> {
        let gone = self.objects.list(Some(&Path::from(format!("artwork/{title}"))));
        delete_all(&self.objects, gone.map_ok(|object| object.location).boxed()).await
    }
}

/// One that another run deletes meanwhile is deleted.
async fn delete_all(
    store: &Arc<dyn ObjectStore>,
    keys: BoxStream<'static, object_store::Result<Path>>,
) -> Result<(), object_store::Error> {
    // All of it is waited for, also after a failure: nothing is deleted any more once this has returned.
    let failed = store.delete_stream(keys).fold(None, |failure: Option<object_store::Error>, deleted| {
        std::future::ready(match deleted {
            Ok(_) | Err(object_store::Error::NotFound { .. }) => failure,
            Err(error) => failure.or(Some(error)),
        })
    });
    failed.await.map_or(Ok(()), Err)
}

/// The next object of a listing, unless the store takes too long over it.
async fn next_listed(
    found: &mut BoxStream<'static, object_store::Result<ObjectMeta>>,
) -> Result<Option<ObjectMeta>, object_store::Error> {
    let late = |error: tokio::time::error::Elapsed| object_store::Error::Generic { store: "media", source: error.into() };
    tokio::time::timeout(LISTED_WITHIN, found.try_next()).await.map_err(late)?
}

async fn put_file(store: &Arc<dyn ObjectStore>, key: Path, file: &File) -> Result<(), ImportError> {
    let mut from = tokio::fs::File::open(file).await.map_err(ImportError::Work)?;
    let mut to = BufWriter::with_capacity(Arc::clone(store), key, PART);
    loop {
        let mut chunk = BytesMut::with_capacity(CHUNK);
        if from.read_buf(&mut chunk).await.map_err(ImportError::Work)? == 0 {
            break;
        }
        to.put(chunk.freeze()).await?;
    }
    // What it says is the store's failure, though it comes as one of a file.
    let failed = |error: std::io::Error| object_store::Error::Generic { store: "media", source: error.into() };
    Ok(to.shutdown().await.map_err(failed)?)
}

/// Whether an object below a title is in the folder of a generation.
fn is_anothers(title: &Path, key: &Path) -> bool {
    let first = key.prefix_match(title).and_then(|mut parts| parts.next());
    first.is_some_and(|part| part.as_ref().parse::<Generation>().is_ok_and(|named| named != Generation::UNNAMED))
}
