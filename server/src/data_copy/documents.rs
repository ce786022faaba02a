//! Documents, collection by collection.
//!
//! Must never change a version: what clients hold as a tag stays true.

use futures::{StreamExt, TryStreamExt, stream};
use storage::documents::{Collection, Document, Documents};

use super::{MoveError, Moved, PAGE, Progress, SIDE_BY_SIDE, share};
use crate::collections;

pub(super) async fn copy(
    from: &dyn Documents,
    to: &dyn Documents,
    into_existing: bool,
    progress: Progress<'_>,
    moved: &mut Moved,
) -> Result<(), MoveError> {
    let collections = collections::of(&[from, to]).await?;
    if !into_existing {
        for collection in &collections {
            refuse_others(from, to, collection).await?;
        }
    }
    for collection in &collections {
        let (all, mut done, mut after) = (from.count(collection).await?, 0, None);
        loop {
            let page = from.list(collection, after.as_deref(), PAGE).await?;
            let ids: Vec<String> = page.documents.iter().map(|document| document.id.clone()).collect();
            let there = to.get_many(collection, &ids).await?;
            done += page.documents.len() as u64;
            // Both are in the order of the ids; the target may lack some.
            let mut there = there.into_iter().peekable();
            let missing: Vec<Document> = page
                .documents
                .into_iter()
                .filter(|document| there.next_if(|there| there.id == document.id).as_ref() != Some(document))
                .collect();
            moved.sent += missing.len() as u64;
            let placing = missing.into_iter().map(|document| to.place(collection, document));
            stream::iter(placing).buffer_unordered(SIDE_BY_SIDE).try_collect::<()>().await?;
            progress(&format!("documents: {}", collection.name), share(done, all));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        moved.documents += done;
        progress(&format!("comparing: {}", collection.name), 0.0);
        let same = if into_existing {
            has_all(from, to, collection).await?
        } else {
            digest(from, collection).await? == digest(to, collection).await?
        };
        if !same {
            return Err(MoveError::Differs(format!("the documents of {}", collection.name)));
        }
    }
    Ok(())
}

/// Fails on the first document of the target that is not in the source.
async fn refuse_others(from: &dyn Documents, to: &dyn Documents, collection: &Collection) -> Result<(), MoveError> {
    let mut after = None;
    loop {
        let page = to.list(collection, after.as_deref(), PAGE).await?;
        let ids: Vec<String> = page.documents.into_iter().map(|document| document.id).collect();
        let known = from.get_many(collection, &ids).await?;
        if let Some(other) = ids.iter().find(|id| !known.iter().any(|known| known.id == **id)) {
            return Err(MoveError::Occupied(format!("the document {}/{other}", collection.name)));
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

async fn has_all(from: &dyn Documents, to: &dyn Documents, collection: &Collection) -> Result<bool, MoveError> {
    let mut after = None;
    loop {
        let page = from.list(collection, after.as_deref(), PAGE).await?;
        let ids: Vec<String> = page.documents.iter().map(|document| document.id.clone()).collect();
        if to.get_many(collection, &ids).await? != page.documents {
            return Ok(false);
        }
        after = page.next;
        if after.is_none() {
            return Ok(true);
        }
    }
}

/// A hash over all documents in the order of their ids: their ids, versions and bodies, whose fields JSON's own library
/// writes in the order of their names.
pub(super) async fn digest(store: &dyn Documents, collection: &Collection) -> Result<blake3::Hash, MoveError> {
    let (mut hasher, mut after) = (blake3::Hasher::new(), None);
    loop {
        let page = store.list(collection, after.as_deref(), PAGE).await?;
        for document in page.documents {
            let body = document.body.to_string();
            for part in [document.id.as_bytes(), &document.version.to_le_bytes(), body.as_bytes()] {
                hasher.update(&(part.len() as u64).to_le_bytes());
                hasher.update(part);
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(hasher.finalize());
        }
    }
}
