//! Objects, one after the other, each in parts.
//!
//! An object is seen whole or not at all, so that one of the same size is the same until the hashes say otherwise. Must
//! never hold a whole film in memory.

use futures::{Stream, StreamExt, TryStreamExt};
use object_store::{GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt, WriteMultipart, path::Path};
use storage::{
    StoreError,
    objects::{MODELS, Objects, SITE},
};

use super::{MoveError, Moved, Progress, share};

/// Parts of one object that are under way at once.
const PARTS: usize = 4;
/// The size of one, in bytes: the least that S3 takes.
const PART: usize = 5 * 1024 * 1024;

pub(super) async fn copy(
    from: &Objects,
    to: &Objects,
    into_existing: bool,
    progress: Progress<'_>,
    moved: &mut Moved,
) -> Result<(), MoveError> {
    let (from, to) = (from.backend(), to.backend());
    if !into_existing {
        let mut there = list(&*to);
        while let Some(object) = there.try_next().await? {
            if head(&*from, &object.location).await?.is_none() {
                return Err(MoveError::Occupied(format!("the object {}", object.location)));
            }
        }
    }
    let (mut all, mut counted) = (0, list(&*from));
    while let Some(object) = counted.try_next().await? {
        all += object.size;
    }
    let (mut done, mut found) = (0, list(&*from));
    while let Some(object) = found.try_next().await? {
        if head(&*to, &object.location).await?.is_none_or(|there| there.size != object.size) {
            send(&*from, &*to, &object.location).await?;
            moved.sent += 1;
        }
        moved.objects += 1;
        done += object.size;
        progress(&format!("objects: {}", object.location), share(done, all));
    }
    let (mut done, mut found) = (0, list(&*from));
    while let Some(object) = found.try_next().await? {
        if hash(&*from, &object.location).await? != hash(&*to, &object.location).await? {
            // What was kept as the same was not: the next run sends it anew.
            to.delete(&object.location).await.map_err(|error| failure(&error))?;
            return Err(MoveError::Differs(format!("the objects at {}", object.location)));
        }
        done += object.size;
        progress("comparing: objects", share(done, all));
    }
    Ok(())
}

/// Every object but for the builds of the site, which whoever starts on the store puts there anew, and models, which are trained anew.
fn list(store: &dyn ObjectStore) -> impl Stream<Item = Result<ObjectMeta, StoreError>> + Unpin {
    let derived = [SITE, MODELS].map(Path::from);
    let all = store.list(None).map_err(|error| failure(&error));
    all.try_filter(move |object| std::future::ready(!derived.iter().any(|folder| object.location.prefix_matches(folder))))
}

async fn head(store: &dyn ObjectStore, path: &Path) -> Result<Option<ObjectMeta>, StoreError> {
    match store.head(path).await {
        Ok(found) => Ok(Some(found)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(failure(&error)),
    }
}

async fn send(from: &dyn ObjectStore, to: &dyn ObjectStore, path: &Path) -> Result<(), StoreError> {
    let failed = |error: object_store::Error| failure(&error);
    let mut bytes = from.get_opts(path, GetOptions::default()).await.map_err(failed)?.into_stream();
    let upload = to.put_multipart(path).await.map_err(failed)?;
    let mut upload = WriteMultipart::new_with_chunk_size(upload, PART);
    while let Some(chunk) = bytes.next().await {
        match chunk {
            Ok(chunk) => {
                upload.wait_for_capacity(PARTS).await.map_err(failed)?;
                upload.put(chunk);
            }
            Err(error) => {
                upload.abort().await.map_err(failed)?;
                return Err(failure(&error));
            }
        }
    }
    upload.finish().await.map_err(failed).map(drop)
}

async fn hash(store: &dyn ObjectStore, path: &Path) -> Result<blake3::Hash, StoreError> {
    let mut bytes = store.get_opts(path, GetOptions::default()).await.map_err(|error| failure(&error))?.into_stream();
    let mut hasher = blake3::Hasher::new();
    while let Some(chunk) = bytes.try_next().await.map_err(|error| failure(&error))? {
        hasher.update(&chunk);
    }
    Ok(hasher.finalize())
}

/// Every object with its hash.
#[cfg(test)]
pub(super) async fn digest(objects: &Objects) -> Result<Vec<String>, StoreError> {
    let store = objects.backend();
    let (mut found, mut all) = (list(&*store), Vec::new());
    while let Some(object) = found.try_next().await? {
        all.push(format!("{} {}", object.location, hash(&*store, &object.location).await?));
    }
    all.sort();
    Ok(all)
}

fn failure(error: &object_store::Error) -> StoreError {
    StoreError::Unavailable { reason: error.to_string() }
}
