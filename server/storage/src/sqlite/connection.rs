//! How a connection to the file is opened, and what its errors mean.
//!
//! Must never log or return what is stored.

use std::{fs::OpenOptions, io, path::Path, thread, time::Duration};

use rusqlite::{Connection, Error, ErrorCode, OpenFlags, config::DbConfig};

use crate::{StoreError, disk};

/// How often a locked file is tried again, once a millisecond: 10 s. SQLite's own handler backs off to 100 ms and
/// would rarely meet the short gaps that a busy writer of another process leaves.
const TRIES: i32 = 10_000;
/// Statements that stay prepared, per connection.
const STATEMENTS: usize = 128;

/// The connection that writes: WAL, and on disk before a commit returns.
pub(super) fn open_for_writing(path: &Path) -> Result<Connection, StoreError> {
    make_private_file(path).map_err(|error| disk::failure(path, &error))?;
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // https://www.sqlite.org/pragma.html: FULL syncs the log with every commit. Statement journals stay in memory.
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA temp_store = MEMORY;
             PRAGMA cache_size = -16384;
             PRAGMA wal_autocheckpoint = 8000;
             PRAGMA journal_size_limit = 67108864;",
        )
        .map_err(|error| opening(path, error))?;
    Ok(connection)
}

/// A connection that cannot write. The cache is small, because the system keeps the file's pages anyway.
pub(super) fn open_for_reading(path: &Path) -> Result<Connection, StoreError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection
        .execute_batch("PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -1024;")
        .map_err(|error| opening(path, error))?;
    Ok(connection)
}

fn open(path: &Path, mode: OpenFlags) -> Result<Connection, StoreError> {
    // One thread per connection: SQLite need not lock it. A path is a path, even if it starts with `file:`.
    let flags = mode | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(failure)?;
    connection
        .busy_handler(Some(|tries| {
            thread::sleep(Duration::from_millis(1));
            tries < TRIES
        }))
        .map_err(failure)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Else a statement that compares with what is bound is compiled anew with every value, in search of a better plan
    // (https://www.sqlite.org/queryplanner-ng.html#qpsg). No statistics are gathered here by which one could be found.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(failure)?;
    Ok(connection)
}

/// The log and its index take over the file's permissions.
fn make_private_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// What an error means while the file is opened. The index of its log needs room of its own, and where that cannot be had
/// SQLite speaks of an input/output error.
fn opening(path: &Path, error: Error) -> StoreError {
    match failure(error) {
        StoreError::Unavailable { reason } if disk::is_full(path) => StoreError::Full { reason },
        error => error,
    }
}

/// What an error of SQLite means to whoever uses the store.
pub(crate) fn failure(error: Error) -> StoreError {
    let unavailable = |reason: &str| StoreError::Unavailable { reason: reason.to_owned() };
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full { reason: error.to_string() },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => unavailable("another process kept the database locked"),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::corrupt("the database", error),
        Some(_) | None => unavailable(&error.to_string()),
    }
}
