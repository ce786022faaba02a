//! One object from one store to the other: copied in parts, hashed on the way, and read back.
//!
//! Must never hold more of an object than a part, and never call one copied that was not read back from where it lies.

use std::{future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload, path::Path};

use super::{MoveError, limit::Bandwidth};

/// What is read at once, and sent as one part of an upload: S3 wants at least 5 MiB and at most 10,000 of them (Amazon S3 User
/// Guide, "Multipart upload limits").
pub const PART: u64 = 8 << 20;
/// How long a store may take over one request.
const PATIENCE: Duration = Duration::from_secs(60);

/// The way between two stores.
pub struct Way<'a> {
    pub from: &'a Arc<dyn ObjectStore>,
    pub to: &'a Arc<dyn ObjectStore>,
    pub limit: &'a Bandwidth,
}

impl Way<'_> {
    /// Copies an object of this size, or finds that it is there already; its BLAKE3, which both sides have.
    ///
    /// # Errors
    /// [`MoveError::Differs`] where what was written is not what is read back; [`MoveError::Store`].
    pub async fn copy(&self, key: &Path, size: u64, is_there: bool) -> Result<blake3::Hash, MoveError> {
        if is_there {
            let (here, there) = (self.hash(self.from, key, size).await?, self.hash(self.to, key, size).await?);
            if here == there {
                return Ok(here);
            }
        }
        let sent = if size <= PART { self.put(key, size).await? } else { self.put_in_parts(key, size).await? };
        if self.hash(self.to, key, size).await? != sent {
            return Err(MoveError::Differs(key.to_string()));
        }
        Ok(sent)
    }

    async fn put(&self, key: &Path, size: u64) -> Result<blake3::Hash, MoveError> {
        let bytes = self.read(self.from, key, 0, size).await?;
        let (hasher, bytes) = update(blake3::Hasher::new(), bytes).await?;
        self.limit.take(size).await;
        in_time(self.to.put(key, PutPayload::from_bytes(bytes))).await?;
        Ok(hasher.finalize())
    }

    /// It is seen when its last part is there, and not before.
    async fn put_in_parts(&self, key: &Path, size: u64) -> Result<blake3::Hash, MoveError> {
        let mut upload = in_time(self.to.put_multipart(key)).await?;
        match self.fill(&mut *upload, key, size).await {
            Ok(hash) => Ok(hash),
            Err(error) => {
                // Its parts are paid for until it is given up.
                if let Err(error) = in_time(upload.abort()).await {
                    tracing::warn!(%key, %error, "the parts of an upload that failed stay");
                }
                Err(error)
            }
        }
    }

    async fn fill(&self, upload: &mut dyn MultipartUpload, key: &Path, size: u64) -> Result<blake3::Hash, MoveError> {
        let (mut hasher, mut at) = (blake3::Hasher::new(), 0);
        while at < size {
            let bytes = self.read(self.from, key, at, size).await?;
            at += bytes.len() as u64;
            let updated = update(hasher, bytes).await?;
            hasher = updated.0;
            self.limit.take(updated.1.len() as u64).await;
            in_time(upload.put_part(PutPayload::from_bytes(updated.1))).await?;
        }
        in_time(upload.complete()).await?;
        Ok(hasher.finalize())
    }

    async fn hash(&self, store: &Arc<dyn ObjectStore>, key: &Path, size: u64) -> Result<blake3::Hash, MoveError> {
        read_all(self.limit, store, key, size).await
    }

    async fn read(&self, store: &Arc<dyn ObjectStore>, key: &Path, at: u64, size: u64) -> Result<Bytes, MoveError> {
        read(self.limit, store, key, (at, size)).await
    }
}

/// Reads an object of this size to its end; its BLAKE3.
///
/// # Errors
/// [`MoveError::Differs`] where it is not of this size; [`MoveError::Store`].
pub async fn read_all(limit: &Bandwidth, store: &Arc<dyn ObjectStore>, key: &Path, size: u64) -> Result<blake3::Hash, MoveError> {
    let (mut hasher, mut at) = (blake3::Hasher::new(), 0);
    while at < size {
        let bytes = read(limit, store, key, (at, size)).await?;
        at += bytes.len() as u64;
        hasher = update(hasher, bytes).await?.0;
    }
    Ok(hasher.finalize())
}

/// The next part from `at` on, when the limit allows it.
async fn read(limit: &Bandwidth, store: &Arc<dyn ObjectStore>, key: &Path, (at, size): (u64, u64)) -> Result<Bytes, MoveError> {
    let length = PART.min(size - at);
    if length == 0 {
        return Ok(Bytes::new());
    }
    limit.take(length).await;
    let bytes = in_time(store.get_range(key, at..at + length)).await?;
    // What became shorter is no object of ours any more.
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(MoveError::Differs(key.to_string())) }
}

/// Beside requests: a part takes some milliseconds.
async fn update(mut hasher: blake3::Hasher, bytes: Bytes) -> Result<(blake3::Hasher, Bytes), MoveError> {
    let work = move || {
        hasher.update(&bytes);
        (hasher, bytes)
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| MoveError::Stopped(error.to_string()))
}

/// What a store answers, unless it takes too long.
pub async fn in_time<T>(request: impl Future<Output = object_store::Result<T>>) -> object_store::Result<T> {
    let late = |error: tokio::time::error::Elapsed| object_store::Error::Generic { store: "media", source: error.into() };
    tokio::time::timeout(PATIENCE, request).await.map_err(late)?
}
