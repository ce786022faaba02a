//! The raw events for whoever reads them all: days, their parts, and a part as a file.

use std::{
    fs::File,
    io::{self, Seek, Write},
    ops::Range,
};

use futures::TryStreamExt;
use storage::{
    StoreError,
    objects::{ObjectKey, Objects},
};

use super::{OF_A_DAY, calendar};

pub use super::{calendar::period, compaction::parts_of_day as of_day};

/// When a day begins, in milliseconds since 1970.
///
/// # Errors
/// Where the text is no day, in words.
pub fn day(text: &str) -> Result<u64, String> {
    calendar::begin_of_day(text).ok_or_else(|| "is no day like 2026-11-29".to_owned())
}

/// The days of a period.
pub fn days(period: &Range<u64>) -> impl Iterator<Item = String> + use<> {
    (period.start / OF_A_DAY..period.end.div_ceil(OF_A_DAY)).map(|day| calendar::day(day * OF_A_DAY))
}

/// A part as a file of its own that goes with its last user; nothing where it is gone. Read from a file it takes no memory, wherever it is
/// stored.
///
/// # Errors
/// [`StoreError`]; what the file system says.
pub async fn copied(objects: &Objects, part: &ObjectKey) -> Result<Option<File>, CopyError> {
    let Some(object) = objects.open(part).await? else { return Ok(None) };
    let file = tempfile::tempfile()?;
    let written = object.read(0..object.head.size).try_fold(file, |mut file, chunk| async move {
        file.write_all(&chunk)?;
        Ok(file)
    });
    let mut file = written.await?;
    file.rewind()?;
    Ok(Some(file))
}

/// Why a part cannot be copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    File(#[from] io::Error),
}
