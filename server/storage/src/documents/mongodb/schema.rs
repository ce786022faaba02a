//! Makes the declared indexes where they are missing, and the keys of documents from before.
//!
//! Must never make an index over documents that lack their keys: it would not find them.

use std::collections::HashMap;

use futures::TryStreamExt;
use mongodb::{
    IndexModel,
    bson::{Bson, Document as BsonDocument, doc},
    error::{Error, ErrorKind},
    options::IndexOptions,
};

use super::{
    super::{Collection, Index, check},
    ATTEMPTS, body,
    failure::{failure, is_duplicate},
    keys,
};
use crate::StoreError;

/// The server's own.
const OF_IDS: &str = "_id_";
/// That of numbers in the feed: no declared index has this name, because theirs begin with a letter.
const OF_NUMBERS: &str = "_feed";
/// What a server answers that has no such collection yet, and none such index any more.
const NAMESPACE_NOT_FOUND: i32 = 26;
const INDEX_NOT_FOUND: i32 = 27;

pub(super) async fn make(stored: &mongodb::Collection<BsonDocument>, collection: &Collection) -> Result<(), StoreError> {
    check::collection(collection)?;
    let there = indexes(stored).await.map_err(|error| failure(&error))?;
    let mut missing = Vec::new();
    for index in collection.indexes {
        match there.get(index.name) {
            Some(fields) if *fields == doc! { keys::path(index): 1 } => {}
            found => {
                // One that was declared otherwise before.
                if found.is_some() {
                    drop_index(stored, index.name).await?;
                }
                missing.push(index);
            }
        }
    }
    // What an older version declared and this one does not: its keys are written no more, and that version makes it again.
    if collection.is_declared() {
        for name in there.keys().filter(|name| is_other(collection, name)) {
            drop_index(stored, name).await?;
        }
    }
    if collection.feed.is_some() && !there.contains_key(OF_NUMBERS) {
        make_index(stored, OF_NUMBERS, "n", false).await?;
    }
    if missing.is_empty() {
        return Ok(());
    }
    add_keys(stored, collection, &missing).await?;
    for index in missing {
        make_index(stored, index.name, &keys::path(index), index.unique).await?;
    }
    Ok(())
}

fn is_other(collection: &Collection, name: &str) -> bool {
    let is_feeds = name == OF_NUMBERS && collection.feed.is_some();
    name != OF_IDS && !is_feeds && !collection.indexes.iter().any(|index| index.name == name)
}

/// Drops indexes that are not declared here: whoever declares them makes them anew, with the keys of all documents.
pub(super) async fn drop_others(stored: &mongodb::Collection<BsonDocument>, collection: &Collection) -> Result<(), StoreError> {
    let there = indexes(stored).await.map_err(|error| failure(&error))?;
    for name in there.keys().filter(|name| is_other(collection, name)) {
        drop_index(stored, name).await?;
    }
    Ok(())
}

/// The fields of each index that there is, by its name.
async fn indexes(stored: &mongodb::Collection<BsonDocument>) -> Result<HashMap<String, BsonDocument>, Error> {
    let listed = match stored.list_indexes().await {
        Ok(cursor) => cursor.try_collect::<Vec<IndexModel>>().await?,
        Err(error) if code(&error) == Some(NAMESPACE_NOT_FOUND) => Vec::new(),
        Err(error) => return Err(error),
    };
    Ok(listed
        .into_iter()
        .filter_map(|index| Some((index.options?.name?, index.keys)))
        .map(|(name, keys)| (name, whole(keys)))
        .collect())
}

/// Servers say one as an integer of either size, or as a real number.
fn whole(keys: BsonDocument) -> BsonDocument {
    let one = |value: &Bson| matches!(value, Bson::Int32(1) | Bson::Int64(1)) || value.as_f64() == Some(1.0);
    keys.into_iter().map(|(path, value)| if one(&value) { (path, Bson::Int32(1)) } else { (path, value) }).collect()
}

async fn drop_index(stored: &mongodb::Collection<BsonDocument>, name: &str) -> Result<(), StoreError> {
    match stored.drop_index(name).await {
        // FerretDB says that it is done by a word where the driver expects a number.
        Err(error) if matches!(error.kind.as_ref(), ErrorKind::InvalidResponse { .. }) => {
            let there = indexes(stored).await.map_err(|error| failure(&error))?;
            if there.contains_key(name) { Err(failure(&error)) } else { Ok(()) }
        }
        // Another process that begins was faster.
        Err(error) if code(&error) == Some(INDEX_NOT_FOUND) => Ok(()),
        outcome => outcome.map_err(|error| failure(&error)),
    }
}

async fn make_index(stored: &mongodb::Collection<BsonDocument>, name: &str, path: &str, unique: bool) -> Result<(), StoreError> {
    let mut attempt = 1;
    loop {
        let options = IndexOptions::builder().name(name.to_owned()).unique(unique).sparse(true).build();
        let model = IndexModel::builder().keys(doc! { path: 1 }).options(options).build();
        match stored.create_index(model).await {
            Ok(_) => return Ok(()),
            Err(error) if is_duplicate(&error) && unique => {
                return Err(StoreError::Duplicate { index: name.to_owned() });
            }
            // Several processes that begin at once may get into each other's way.
            Err(error) if code(&error).is_some() && attempt < ATTEMPTS => {
                tracing::debug!(%error, index = name, "an index is made again");
                tokio::time::sleep(super::PATIENCE / 50 * attempt).await;
                attempt += 1;
            }
            Err(error) => return Err(failure(&error)),
        }
    }
}

/// Gives documents that were written before an index was declared their keys in it.
async fn add_keys(
    stored: &mongodb::Collection<BsonDocument>,
    collection: &Collection,
    missing: &[&'static Index],
) -> Result<(), StoreError> {
    let mut found = stored.find(doc! {}).projection(doc! { "v": 1, "d": 1 }).await.map_err(|error| failure(&error))?;
    while let Some(mut row) = found.try_next().await.map_err(|error| failure(&error))? {
        let (Some(id), Some(version)) = (row.get_str("_id").ok().map(str::to_owned), row.get("v").cloned()) else { continue };
        let Some(Bson::Document(fields)) = row.remove("d") else { continue };
        let body = body::to_json(fields);
        // A body that the index would refuse today is left out of it, as one without the field is.
        if check::body(collection, &id, &body).is_err() {
            continue;
        }
        let mut changes = BsonDocument::new();
        for index in missing {
            if let Some(key) = keys::key(index, &id, &body)? {
                changes.insert(keys::path(index), key);
            }
        }
        if !changes.is_empty() {
            // Whoever changed it in the meantime gave it its keys.
            let update = stored.update_one(doc! { "_id": &id, "v": version }, doc! { "$set": changes });
            update.await.map_err(|error| failure(&error))?;
        }
    }
    Ok(())
}

fn code(error: &Error) -> Option<i32> {
    match error.kind.as_ref() {
        ErrorKind::Command(command) => Some(command.code),
        _ => None,
    }
}
