//! Raw events as Parquet in the object store: `usage/events/date=2026-11-29/{part}.parquet`, so that whatever reads folders of partitions
//! (DuckDB, Spark, Trino, ClickHouse, pyarrow) reads them as they are.
//!
//! A part's name says which segments of which life of a process it begins with: written again it replaces itself.

use std::io;

use storage::{
    StoreError,
    objects::{InvalidKey, ObjectKey, Objects},
};
use tokio::task::spawn_blocking;
use usage::event::Event;

use super::publish::PublishError;

/// Writes the events of one day that some segments have, of which the first is named.
///
/// # Errors
/// [`PublishError`].
pub async fn put(objects: &Objects, day: &str, (epoch, first): (&str, u64), events: Vec<Event>) -> Result<(), PublishError> {
    let key = key(day, &format!("{epoch}-{first:010}.parquet"))?;
    let bytes = spawn_blocking(move || usage::write(&events, Vec::new())).await.map_err(io::Error::other)??;
    Ok(objects.put(&key, bytes.into()).await?)
}

/// Writes a file of one day that takes the place of parts.
///
/// # Errors
/// [`StoreError`].
pub async fn put_file(objects: &Objects, day: &str, name: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
    objects.put(&key(day, name)?, bytes.into()).await
}

/// The objects in the folder of a day; [`super::compaction::parts_of_day`] says which of them are read.
///
/// # Errors
/// [`StoreError`].
pub async fn of_day(objects: &Objects, day: &str) -> Result<Vec<ObjectKey>, StoreError> {
    let listed = objects.list(&folder(day)?).await?;
    Ok(listed.into_iter().map(|(key, _)| key).collect())
}

/// Deletes the parts of a day; how many.
///
/// # Errors
/// [`StoreError`].
pub async fn delete_day(objects: &Objects, day: &str) -> Result<usize, StoreError> {
    let parts = of_day(objects, day).await?;
    for part in &parts {
        objects.delete(part).await?;
    }
    Ok(parts.len())
}

fn key(day: &str, part: &str) -> Result<ObjectKey, StoreError> {
    ObjectKey::usage_events(day, Some(part)).map_err(invalid)
}

fn folder(day: &str) -> Result<ObjectKey, StoreError> {
    ObjectKey::usage_events(day, None).map_err(invalid)
}

fn invalid(error: InvalidKey) -> StoreError {
    StoreError::Invalid { reason: error.to_string() }
}
