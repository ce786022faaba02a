//! Large, immutable things under typed keys: video segments, playlists, artwork.
//!
//! A key is built from ids and checked segments only, so that nothing a request says can name a path. Bytes are
//! streamed; must never hold a whole object in memory.

use std::{fs::File, io, ops::Range, sync::Arc, time::Duration, time::SystemTime};

use bytes::Bytes;
use contract::ids::TitleId;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use object_store::{
    GetOptions, GetResultPayload, ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload, WriteMultipart, path::Path as StorePath,
};

use self::directory::{Directory, DirectoryError};
pub use self::{
    address::{AddressError, SCHEMES, open_locked, open_store},
    directory::MARKER,
    place::StorePlace,
    role::{StoreIdentity, StoreRole, UnknownRole, VideoStores},
    versions::{First, Versions},
};
use super::{StoreError, disk, guard::Bulkheads};

mod address;
mod directory;
mod keys;
mod opening;
mod place;
mod probes;
mod read;
mod role;
mod versions;

/// What is read from a file at a time: large enough that the change of threads does not count, and small enough for
/// thousands who each hold one.
pub const CHUNK: usize = 64 * 1024;
/// What is written at a time. S3 wants at least 5 MiB (Amazon S3 User Guide, "Multipart upload limits").
const PART: usize = 8 * 1024 * 1024;
/// Parts under way at a time.
const PARTS: usize = 2;
/// The folder of films.
const FILMS: &str = "media";
/// The folder of the builds of the site: derived, so that no backup and no copy takes it along.
pub const SITE: &str = "site";
/// The folder of what recommends: derived from histories, so that no backup and no copy takes it along either.
pub const MODELS: &str = "models";
/// The folder of what was collected of usage.
pub const USAGE: &str = "usage";
/// How long finding an object may take: somebody waits for its film.
const FIND: Duration = Duration::from_secs(5);
/// How long listing and removing objects may take.
const LIMIT: Duration = Duration::from_secs(10);
/// How long storing one that is in memory may take.
const UPLOAD: Duration = Duration::from_secs(60);

/// The name of an object. There is no way to make one that leaves its title's folder, or the site's, or that of models.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectKey(StorePath);

/// A segment is not 1 to 128 of `a-z A-Z 0-9 . _ -`, or starts with a dot; or there are none, or more than 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a path in the object store has 1 to 8 segments of letters, digits, `.`, `_` and `-`, none starting with `.`")]
pub struct InvalidKey;

impl ObjectKey {
    /// Part of a title's video: playlists, segments, tracks, storyboards.
    ///
    /// # Errors
    /// [`InvalidKey`].
    pub fn media(title: &TitleId, segments: &[&str]) -> Result<Self, InvalidKey> {
        Self::below(&[FILMS, title.as_str()], segments)
    }

    /// Part of a title's artwork, which anyone may see.
    ///
    /// # Errors
    /// [`InvalidKey`].
    pub fn artwork(title: &TitleId, segments: &[&str]) -> Result<Self, InvalidKey> {
        Self::below(&["artwork", title.as_str()], segments)
    }

    /// Part of a build of the site, or what is known of one.
    ///
    /// # Errors
    /// [`InvalidKey`].
    pub fn site(segments: &[&str]) -> Result<Self, InvalidKey> {
        Self::below(&[SITE], segments)
    }

    /// A model that recommends.
    ///
    /// # Errors
    /// [`InvalidKey`].
    pub fn model(segments: &[&str]) -> Result<Self, InvalidKey> {
        Self::below(&[MODELS], segments)
    }

    /// A part of the events of a day, `2026-11-29`, or the folder of all of them. The folder is a partition by `date`, as Hive names them,
    /// which whatever reads partitioned Parquet knows.
    ///
    /// # Errors
    /// [`InvalidKey`].
    pub fn usage_events(day: &str, part: Option<&str>) -> Result<Self, InvalidKey> {
        if !is_segment(day) || !part.is_none_or(is_segment) {
            return Err(InvalidKey);
        }
        let folder = format!("date={day}");
        Ok(Self([USAGE, "events", &folder].into_iter().chain(part).collect()))
    }

    fn below(folder: &[&str], segments: &[&str]) -> Result<Self, InvalidKey> {
        if !(1..=8).contains(&segments.len()) || !segments.iter().all(|segment| is_segment(segment)) {
            return Err(InvalidKey);
        }
        Ok(Self(folder.iter().chain(segments).copied().collect()))
    }

    /// The whole key, `/`-separated, for messages.
    pub fn as_str(&self) -> &str {
        self.0.as_ref()
    }
}

fn is_segment(text: &str) -> bool {
    let clean = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    (1..=128).contains(&text.len()) && clean && !text.starts_with('.')
}

/// What is known of an object without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectHead {
    /// In bytes.
    pub size: u64,
    /// Changes with the content; without quotes.
    pub etag: String,
    pub modified: SystemTime,
}

impl From<&ObjectMeta> for ObjectHead {
    fn from(meta: &ObjectMeta) -> Self {
        let modified = meta.last_modified;
        let etag = match &meta.e_tag {
            Some(etag) => etag.trim_matches('"').to_owned(),
            None => format!("{:x}-{:x}", modified.timestamp_micros(), meta.size),
        };
        Self { size: meta.size, etag, modified: modified.into() }
    }
}

/// Where objects are kept. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    /// What the store is where it is a directory, below whatever is laid over it.
    directory: Option<Directory>,
    bulkheads: Arc<Bulkheads>,
}

impl Objects {
    /// The store itself, for whoever writes whole folders under the same keys: the import.
    pub fn backend(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.store)
    }

    /// Whether the store is there and lets us in, which looking for one object does not tell of a bucket that there is not.
    ///
    /// # Errors
    /// [`StoreError`]: why not.
    pub async fn answers(&self) -> Result<(), StoreError> {
        let nothing = StorePath::from(address::NOTHING);
        // Past the circuit breaker, which says of a directory that is gone only that it failed again and again.
        if let Some(directory) = &self.directory {
            directory.look().await.map_err(|error| failure(nothing.as_ref(), &error))?;
        }
        let listing = async {
            let first = self.store.list(Some(&nothing)).next().await;
            first.transpose().map(drop).map_err(|error| failure(nothing.as_ref(), &error))
        };
        self.bulkheads.reads.pass(FIND, listing).await
    }

    /// Size, tag and time of an object, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectHead>, StoreError> {
        let meta = self.bulkheads.reads.pass(FIND, async { found(self.store.head(&key.0).await, key) }).await?;
        Ok(meta.as_ref().map(ObjectHead::from))
    }

    /// The whole of an object, where it has `most` bytes at most.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Corrupt`] where it is larger.
    pub async fn get(&self, key: &ObjectKey, most: u64) -> Result<Option<Bytes>, StoreError> {
        let Some(object) = self.open(key).await? else { return Ok(None) };
        if object.head.size > most {
            return Err(StoreError::corrupt(key.as_str(), format!("it has {} bytes, and {most} are read", object.head.size)));
        }
        let read = object.read(0..object.head.size).try_fold(Vec::new(), |mut all, chunk| async move {
            all.extend_from_slice(&chunk);
            Ok(all)
        });
        let read = async { read.await.map_err(|error| failure(key.as_str(), &error)) };
        let bytes = self.bulkheads.reads.pass(UPLOAD, read).await?;
        Ok(Some(bytes.into()))
    }

    /// The objects in the folder that `folder` names, and in those below it; none where there is no such folder. For few:
    /// all of them are held.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn list(&self, folder: &ObjectKey) -> Result<Vec<(ObjectKey, ObjectHead)>, StoreError> {
        let found = self.store.list(Some(&folder.0)).map_ok(|meta| (ObjectKey(meta.location.clone()), ObjectHead::from(&meta)));
        let listing = found.map_err(|error| failure(folder.as_str(), &error)).try_collect();
        self.bulkheads.reads.pass(LIMIT, listing).await
    }

    /// Opens an object, to read any range of it: what is read is what was there when it was opened, also where it is
    /// replaced meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn open(&self, key: &ObjectKey) -> Result<Option<Object>, StoreError> {
        // Asking for no bytes: only a file comes back open, and its range is chosen later.
        let options = GetOptions { head: true, ..GetOptions::default() };
        let opening = async { found(self.store.get_opts(&key.0, options).await, key) };
        let Some(result) = self.bulkheads.reads.pass(FIND, opening).await? else { return Ok(None) };
        let head = ObjectHead::from(&result.meta);
        let source = match result.payload {
            GetResultPayload::File(file, _) => Source::File(Arc::new(file)),
            GetResultPayload::Stream(_) => {
                Source::Remote { store: Arc::clone(&self.store), path: key.0.clone(), etag: result.meta.e_tag }
            }
        };
        Ok(Some(Object { head, source }))
    }

    /// Stores `bytes`, replacing what is there; seen wholly or not at all.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn put(&self, key: &ObjectKey, bytes: Bytes) -> Result<(), StoreError> {
        let storing = async {
            let stored = self.store.put(&key.0, PutPayload::from_bytes(bytes)).await;
            stored.map(drop).map_err(|error| failure(key.as_str(), &error))
        };
        self.bulkheads.writes.pass(UPLOAD, storing).await
    }

    /// Stores what the stream yields, and returns its size; seen wholly or not at all, also where the stream fails or
    /// the future is dropped.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], also for what the stream fails with.
    pub async fn put_stream<S>(&self, key: &ObjectKey, mut bytes: S) -> Result<u64, StoreError>
    where
        S: Stream<Item = io::Result<Bytes>> + Send + Unpin,
    {
        let failed = |error: object_store::Error| failure(key.as_str(), &error);
        let upload = self.store.put_multipart(&key.0).await.map_err(failed)?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PART);
        let mut size = 0;
        while let Some(next) = bytes.next().await {
            match next {
                Ok(chunk) => {
                    upload.wait_for_capacity(PARTS).await.map_err(failed)?;
                    size += chunk.len() as u64;
                    upload.put(chunk);
                }
                Err(error) => {
                    upload.abort().await.map_err(failed)?;
                    return Err(failure(key.as_str(), &error));
                }
            }
        }
        upload.finish().await.map_err(failed)?;
        Ok(size)
    }

    /// Removes an object, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete(&self, key: &ObjectKey) -> Result<(), StoreError> {
        let removing = async { found(self.store.delete(&key.0).await, key).map(drop) };
        self.bulkheads.writes.pass(LIMIT, removing).await
    }
}

/// An object that was found. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Object {
    pub head: ObjectHead,
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    File(Arc<File>),
    Remote { store: Arc<dyn ObjectStore>, path: StorePath, etag: Option<String> },
}

impl Object {
    /// The bytes of `range`, cut off at the object's end. Fails in the middle where the object became shorter.
    pub fn read(&self, range: Range<u64>) -> stream::BoxStream<'static, io::Result<Bytes>> {
        let range = range.start..range.end.min(self.head.size);
        if range.is_empty() {
            return stream::empty().boxed();
        }
        match &self.source {
            Source::File(file) => read::file(Arc::clone(file), range).boxed(),
            Source::Remote { store, path, etag } => read::remote(Arc::clone(store), path.clone(), etag.clone(), range).boxed(),
        }
    }
}

fn found<T>(result: object_store::Result<T>, key: &ObjectKey) -> Result<Option<T>, StoreError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(failure(key.as_str(), &error)),
    }
}

fn failure(what: &str, error: &(dyn std::error::Error + 'static)) -> StoreError {
    use object_store::Error::{PermissionDenied, Unauthenticated};
    // What is said of the whole directory is true of every object in it.
    let reason = match error.source().and_then(|cause| cause.downcast_ref::<DirectoryError>()) {
        Some(directory) => directory.to_string(),
        None => format!("{what}: {error}"),
    };
    match error.downcast_ref::<object_store::Error>() {
        _ if disk::says_full(error) => StoreError::Full { reason },
        Some(PermissionDenied { .. } | Unauthenticated { .. }) => StoreError::Denied { key: what.to_owned(), reason },
        Some(_) | None => StoreError::Unavailable { reason },
    }
}

#[cfg(test)]
pub(crate) mod promises;
#[cfg(test)]
mod tests;
