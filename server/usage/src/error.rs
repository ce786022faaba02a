//! Why a file is not written or not read.

use parquet::errors::ParquetError;

use crate::event::EventError;

/// Why events are not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("{0}")]
    Event(#[from] EventError),
    #[error("the file cannot be written: {0}")]
    Parquet(#[from] ParquetError),
    #[error("the file cannot be written: {0}")]
    Io(#[from] std::io::Error),
    #[error("the checksums cannot be written: {0}")]
    Sums(#[from] serde_json::Error),
}

/// Why a file is not read (to its end).
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("it is no whole Parquet file: {0}")]
    Open(ParquetError),
    #[error("its footer is damaged: {0}")]
    Footer(&'static str),
    #[error("it has no column `{0}`, and is no file of events")]
    Missing(&'static str),
    #[error("column `{column}` is {found}, where {expected} is expected")]
    Type { column: &'static str, found: String, expected: &'static str },
    #[error("column `{column}` of row group {group} is damaged: its checksum is not the one that was written")]
    Damaged { group: usize, column: &'static str },
    #[error("column `{column}` of row group {group} cannot be read: {error}")]
    Column { group: usize, column: &'static str, error: ParquetError },
    #[error("column `{column}` of row group {group} has a value that does not belong there: {value}")]
    Value { group: usize, column: &'static str, value: String },
    #[error("column `{column}` of row group {group} has {found} rows, where there are {expected}")]
    Rows { group: usize, column: &'static str, found: usize, expected: usize },
}
