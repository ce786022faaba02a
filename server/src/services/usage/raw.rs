//! The raw events for whoever reads them all: days, their parts, and a part as a file.

use std::{
    fs::File,
    io::{self, Seek, Write},
    ops::Range,
};

use futures::TryStreamExt;
use storage::{
    StoreError,
    documents::Documents,
    objects::{ObjectKey, Objects},
};
use tokio::task::spawn_blocking;
use usage::{
    Parquet, Scope,
    report::{Kind, Report},
    table::{Csv, JsonLines, Table, TableError},
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

/// A form of files that other programs read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Jsonl,
    Parquet,
}

impl Format {
    /// What the names of such files end with.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
        }
    }
}

/// A report of a period, of the parts of each day one after the other, in constant memory.
///
/// # Errors
/// What cannot be read, in words.
pub async fn report((documents, objects): (&dyn Documents, &Objects), kind: Kind, period: Range<u64>) -> Result<Table, String> {
    let mut report = Report::new(kind, Scope { period: period.clone(), ..Scope::default() });
    for day in days(&period) {
        for part in of_day(documents, objects, &day).await.map_err(|error| error.to_string())? {
            let file = copied(objects, &part).await.map_err(|error| error.to_string())?;
            // Moved into another file, or too old by now.
            let file = file.ok_or_else(|| format!("{} went while the report was made: make it again", part.as_str()))?;
            let read = spawn_blocking(move || report.read(file).map(|()| report));
            let outcome = read.await.map_err(|error| error.to_string())?;
            report = outcome.map_err(|error| format!("{}: {error}", part.as_str()))?;
        }
    }
    Ok(report.finish())
}

/// Writes a table. Blocks.
///
/// # Errors
/// What it is written to says.
pub fn write<W: Write + Send>(table: &Table, format: Format, to: W) -> Result<(), TableError> {
    let mut to = match format {
        Format::Csv => table.write(Csv::new(table.columns, to)?)?,
        Format::Jsonl => table.write(JsonLines::new(table.columns, to))?,
        Format::Parquet => table.write(Parquet::new(table.columns, to)?)?,
    };
    Ok(to.flush()?)
}
