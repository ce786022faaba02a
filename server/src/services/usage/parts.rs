//! Raw events as Parquet in the object store: `usage/events/date=2026-11-29/{part}.parquet`, so that whatever reads folders of partitions
//! (DuckDB, Spark, Trino, ClickHouse, pyarrow) reads them as they are.
//!
//! A part's name says of which segments of which life of a process it has all events of its day, so that none is written twice wherever it is
//! broken off, and none is taken for written that is not: also where a part has gone into another file since ([`Stored`]).

use std::{io, time::Duration};

use object_store::path::Path;
use storage::{
    StoreError,
    documents::Documents,
    objects::{InvalidKey, ObjectKey, Objects},
};
use tokio::task::spawn_blocking;
use usage::event::Event;

use super::{calendar, compaction, publish::PublishError};

/// Segments that a part of an older build has at most, from the one on that its name says.
const OF_AN_OLDER_PART: u64 = 8;
/// How long listing the days may take.
const LIST: Duration = Duration::from_secs(10);

/// Writes the events of one day that some segments have, by the first and the last of them.
///
/// # Errors
/// [`PublishError`].
pub async fn put(
    objects: &Objects,
    day: &str,
    (epoch, first, last): (&str, u64, u64),
    events: Vec<Event>,
) -> Result<(), PublishError> {
    let key = key(day, &format!("{epoch}-{first:010}-{last:010}.parquet"))?;
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

/// The days of which there are folders, in no order.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn days(objects: &Objects) -> Result<Vec<String>, StoreError> {
    let unavailable = |reason: String| StoreError::Unavailable { reason: format!("the days of usage: {reason}") };
    let (store, events) = (objects.backend(), ["usage", "events"].into_iter().collect::<Path>());
    let listing = tokio::time::timeout(LIST, store.list_with_delimiter(Some(&events))).await;
    let listed = listing.map_err(|error| unavailable(error.to_string()))?.map_err(|error| unavailable(error.to_string()))?;
    let days = listed.common_prefixes.iter().filter_map(|folder| folder.filename()?.strip_prefix("date="));
    Ok(days.filter(|day| calendar::begin_of_day(day).is_some()).map(str::to_owned).collect())
}

/// What a day has of the segments of one life of a process.
pub struct Stored {
    /// First and last segments, of parts that are there or whose events are in other files.
    ranges: Vec<(u64, u64)>,
    /// Parts that are there of older builds, whose names do not say the last segment.
    begun: Vec<(u64, ObjectKey)>,
    /// Such parts whose events are in other files.
    replaced: Vec<u64>,
}

impl Stored {
    /// # Errors
    /// [`StoreError`].
    pub async fn of(documents: &dyn Documents, objects: &Objects, day: &str, epoch: &str) -> Result<Self, StoreError> {
        let mut stored = Self { ranges: Vec::new(), begun: Vec::new(), replaced: Vec::new() };
        // The document last: what was deleted by then stands in it.
        let listed = of_day(objects, day).await?;
        let record = compaction::record(documents, day).await?.unwrap_or_default();
        for key in listed {
            match segments(compaction::name(&key), epoch) {
                Some((first, Some(last))) => stored.ranges.push((first, last)),
                Some((first, None)) if !record.replaced.contains(compaction::name(&key)) => stored.begun.push((first, key)),
                Some((_, None)) | None => {}
            }
        }
        for name in &record.replaced {
            match segments(name, epoch) {
                Some((first, Some(last))) => stored.ranges.push((first, last)),
                Some((first, None)) => stored.replaced.push(first),
                None => {}
            }
        }
        Ok(stored)
    }

    /// Whether the day has the events of a segment, one of some that are written together.
    pub fn has(&self, segment: u64, (begin, end): (u64, u64)) -> bool {
        // How far a part of an older build went that is replaced nobody can say: rather than twice its events are there once at most.
        let last = |first: u64| end.min(first.saturating_add(OF_AN_OLDER_PART - 1));
        self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&segment))
            || self.replaced.iter().any(|first| (begin..=end).contains(first) && (*first..=last(*first)).contains(&segment))
    }

    /// Parts of older builds whose events are those of some segments, which are there under a name that says so by now.
    pub fn renamed(&self, (first, last): (u64, u64)) -> impl Iterator<Item = &ObjectKey> {
        self.begun.iter().filter(move |(begun, _)| (first..=last).contains(begun)).map(|(_, key)| key)
    }
}

/// The segments that the name of a part says, the last one where it does; nothing where it is another life's.
fn segments(name: &str, epoch: &str) -> Option<(u64, Option<u64>)> {
    let numbers = name.strip_prefix(epoch)?.strip_prefix('-')?.strip_suffix(".parquet")?;
    match numbers.split_once('-') {
        Some((first, last)) => Some((first.parse().ok()?, Some(last.parse().ok()?))),
        None => Some((numbers.parse().ok()?, None)),
    }
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
