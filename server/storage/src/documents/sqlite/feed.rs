//! Numbers of writes, and the tombstones of what was deleted: both change in the transaction of the write itself, so that
//! the file never holds one without the other, whichever process writes it.
//!
//! Tombstones have a table of their own, so that no query has to pass over them. Must never give a number twice.

use rusqlite::{Connection, OptionalExtension, params};

use super::{super::check, document, schema::Statements};
use crate::{
    StoreError,
    documents::{
        Collection,
        feed::{Changes, Entry, Position, Since, State},
    },
    sqlite::failure,
};

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS feed_counters
        (topic TEXT PRIMARY KEY NOT NULL, identity TEXT NOT NULL, last INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS feed_tombstones
        (collection TEXT NOT NULL, id TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (collection, id)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS feed_tombstones__number ON feed_tombstones (collection, number);
    CREATE TABLE IF NOT EXISTS feed_floors (collection TEXT PRIMARY KEY NOT NULL, number INTEGER NOT NULL) WITHOUT ROWID;";
const BEGIN: &str = "INSERT OR IGNORE INTO feed_counters (topic, identity, last) VALUES (?1, lower(hex(randomblob(16))), 0)";
const STAND: &str = "SELECT identity, last FROM feed_counters WHERE topic = ?1";
const TAKE: &str = "UPDATE feed_counters SET last = last + ?2 WHERE topic = ?1 RETURNING last";
const BURY: &str = "INSERT OR REPLACE INTO feed_tombstones (collection, id, number) VALUES (?1, ?2, ?3)";
const BURIED: &str = "SELECT EXISTS (SELECT 1 FROM feed_tombstones WHERE collection = ?1)";
const FLOOR: &str = "SELECT number FROM feed_floors WHERE collection = ?1";
const RAISE: &str = "INSERT INTO feed_floors (collection, number) VALUES (?1, ?2)
    ON CONFLICT (collection) DO UPDATE SET number = max(number, excluded.number)";
const TRIM: &str = "DELETE FROM feed_tombstones WHERE collection = ?1 AND number <= ?2";
const UNBURY: &str = "DELETE FROM feed_tombstones WHERE collection = ?1 AND id = ?2";

/// Makes what a numbered collection needs beside its table.
pub(super) fn make(connection: &Connection, topic: &str) -> Result<(), StoreError> {
    connection.execute_batch(TABLES).map_err(failure)?;
    connection.prepare_cached(BEGIN).and_then(|mut it| it.execute([topic])).map(drop).map_err(failure)
}

/// The statement for documents with numbers above `?1`.
pub(super) fn changed(table: &str, index: &str) -> String {
    format!("SELECT id, version, body, number FROM {table} INDEXED BY {index} WHERE number > ?1 ORDER BY number LIMIT ?2")
}

/// The statement for tombstones of the collection `?1` with numbers above `?2`. What a build without numbers has made again
/// is there, whatever its tombstone says.
pub(super) fn deleted(table: &str) -> String {
    format!(
        "SELECT id, number FROM feed_tombstones AS gone WHERE collection = ?1 AND number > ?2
            AND NOT EXISTS (SELECT 1 FROM {table} WHERE {table}.id = gone.id) ORDER BY number LIMIT ?3"
    )
}

/// The first of as many numbers of the collection's topic; nothing where the collection has none.
pub(super) fn take(connection: &Connection, collection: &Collection, count: usize) -> Result<Option<i64>, StoreError> {
    let Some(topic) = collection.feed else { return Ok(None) };
    let count = i64::try_from(count).map_err(|_| check::invalid(format!("{count} writes at once")))?;
    let last: i64 = connection
        .prepare_cached(TAKE)
        .and_then(|mut it| it.query_row(params![topic, count], |row| row.get(0)))
        .map_err(failure)?;
    Ok(Some(last - count + 1))
}

/// Leaves a tombstone in the place of a document.
pub(super) fn bury(connection: &Connection, collection: &Collection, id: &str, number: i64) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(BURY).map_err(failure)?;
    statement.execute(params![collection.name, id, number]).map(drop).map_err(failure)
}

/// Whether the collection has any tombstone.
pub(super) fn has_tombstones(connection: &Connection, collection: &Collection) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(BURIED).map_err(failure)?;
    statement.query_row([&collection.name], |row| row.get(0)).map_err(failure)
}

/// Takes the tombstone away, where there is one, from under a document that was made again.
pub(super) fn unbury(connection: &Connection, collection: &Collection, id: &str) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(UNBURY).map_err(failure)?;
    statement.execute(params![collection.name, id]).map(drop).map_err(failure)
}

/// Lets go of tombstones up to a number, in the transaction that says so to readers.
pub(super) fn trim(connection: &Connection, collection: &str, through: u64) -> Result<(), StoreError> {
    let parameters = params![collection, through.cast_signed()];
    connection.prepare_cached(RAISE).and_then(|mut it| it.execute(parameters)).map_err(failure)?;
    connection.prepare_cached(TRIM).and_then(|mut it| it.execute(parameters)).map(drop).map_err(failure)
}

/// Up to which number tombstones were let go of.
fn floor(connection: &Connection, collection: &str) -> Result<u64, StoreError> {
    let found = connection.prepare_cached(FLOOR).and_then(|mut it| it.query_row([collection], |row| row.get(0)).optional());
    Ok(found.map_err(failure)?.map_or(0, i64::cast_unsigned))
}

pub(super) fn changes(
    connection: &Connection,
    statements: &Statements,
    topic: &str,
    since: &OwnedSince,
    limit: u32,
) -> Result<Option<Changes>, StoreError> {
    // One transaction, so that the counter, the documents and the tombstones are of one moment.
    let transaction = connection.unchecked_transaction().map_err(failure)?;
    let stand = transaction
        .prepare_cached(STAND)
        .and_then(|mut it| it.query_row([topic], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))).optional())
        .map_err(failure)?;
    let Some((identity, last)) = stand else { return Ok(None) };
    let settled = last.cast_unsigned();
    let entries = match since {
        OwnedSince::Listing(after) => listed(&transaction, statements, after, limit)?,
        OwnedSince::Position(position) if position.feed != identity || position.number > settled => return Ok(None),
        OwnedSince::Position(position) if position.number == settled => Vec::new(),
        OwnedSince::Position(position) if position.number < floor(&transaction, &statements.collection.name)? => return Ok(None),
        OwnedSince::Position(position) => numbered(&transaction, statements, position.number, limit)?,
    };
    Ok(Some(Changes::cut(identity, entries, limit, settled, since.borrowed())))
}

/// [`Since`], for another thread.
pub(super) enum OwnedSince {
    Listing(String),
    Position(Position),
}

impl OwnedSince {
    pub(super) fn of(since: Since<'_>) -> Self {
        match since {
            Since::Listing(after) => Self::Listing(after.to_owned()),
            Since::Position(position) => Self::Position(position.clone()),
        }
    }

    fn borrowed(&self) -> Since<'_> {
        match self {
            Self::Listing(after) => Since::Listing(after),
            Self::Position(position) => Since::Position(position),
        }
    }
}

fn listed(connection: &Connection, statements: &Statements, after: &str, limit: u32) -> Result<Vec<Entry>, StoreError> {
    let mut statement = connection.prepare_cached(&statements.list).map_err(failure)?;
    let mut rows = statement.query(params![after, i64::from(limit) + 1]).map_err(failure)?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next().map_err(failure)? {
        entries.push(Entry::of(0, document(row)?));
    }
    Ok(entries)
}

fn numbered(connection: &Connection, statements: &Statements, after: u64, limit: u32) -> Result<Vec<Entry>, StoreError> {
    let (after, most) = (after.cast_signed(), i64::from(limit) + 1);
    let mut entries = Vec::new();
    let mut statement = connection.prepare_cached(&statements.changed).map_err(failure)?;
    let mut rows = statement.query(params![after, most]).map_err(failure)?;
    while let Some(row) = rows.next().map_err(failure)? {
        let number: i64 = row.get(3).map_err(failure)?;
        entries.push(Entry::of(number.cast_unsigned(), document(row)?));
    }
    let mut statement = connection.prepare_cached(&statements.deleted).map_err(failure)?;
    let mut rows = statement.query(params![statements.collection.name, after, most]).map_err(failure)?;
    while let Some(row) = rows.next().map_err(failure)? {
        let (id, number): (_, i64) = row.get(0).and_then(|id| Ok((id, row.get(1)?))).map_err(failure)?;
        entries.push(Entry { number: number.cast_unsigned(), id, state: State::Deleted });
    }
    entries.sort_unstable_by_key(|entry| entry.number);
    Ok(entries)
}
