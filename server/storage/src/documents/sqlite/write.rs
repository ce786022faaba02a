//! What changes rows, on the thread that writes: each write with its expectation, and with its number where the collection has any.

use rusqlite::{Connection, Error, OptionalExtension, ToSql};

use super::{
    super::{Collection, Expect, Write, check},
    conflict, feed,
    schema::{self, Statements},
};
use crate::{
    StoreError,
    sqlite::{failure, give_way},
};

/// Rows of a batch that are undone together where the disk fails. SQLite keeps what it may have to undo in a list, and goes
/// through it with each statement.
pub(super) const TOGETHER: usize = 50;

pub(super) fn put_each(
    connection: &Connection,
    statements: &Statements,
    rows: Vec<Result<Checked, StoreError>>,
) -> Result<Vec<Result<u64, StoreError>>, StoreError> {
    let mut outcomes = Vec::with_capacity(rows.len());
    // Those of writes that fail are left out.
    let mut numbers = feed::take(connection, &statements.collection, rows.len())?.into_iter().flat_map(|first| first..);
    // Mostly nothing was ever deleted: then no new document has a tombstone to be taken away.
    let may_be_buried = statements.collection.feed.is_some() && feed::has_tombstones(connection, &statements.collection)?;
    for (step, row) in rows.into_iter().enumerate() {
        give_way(step);
        let number = numbers.next();
        // A statement that fails undoes itself alone; without a disk there is no batch either.
        match row.and_then(|row| row.put(connection, statements, number, may_be_buried)) {
            Err(error @ (StoreError::Unavailable { .. } | StoreError::Full { .. })) => return Err(error),
            outcome => outcomes.push(outcome),
        }
    }
    Ok(outcomes)
}

/// A write that passed the checks, with its body as text.
pub(super) struct Checked {
    pub id: String,
    pub body: String,
    expect: Expect,
}

impl Checked {
    pub(super) fn new(collection: &Collection, write: Write) -> Result<Self, StoreError> {
        check::id(&write.id)?;
        let body = check::body(collection, &write.id, &write.body)?;
        Ok(Self { id: write.id, body, expect: write.expect })
    }

    /// With its number, where the collection has any.
    pub(super) fn put(
        self,
        connection: &Connection,
        statements: &Statements,
        number: Option<i64>,
        may_be_buried: bool,
    ) -> Result<u64, StoreError> {
        let (expected, sql) = match self.expect {
            Expect::Anything => (None, &statements.put_anything),
            Expect::Absent => (None, &statements.put_absent),
            // A version beyond what can be stored is one that no row has.
            Expect::Version(expected) => (Some(i64::try_from(expected).unwrap_or(-1)), &statements.put_version),
        };
        let mut values: Vec<&dyn ToSql> = vec![&self.id, &self.body];
        values.extend(expected.iter().map(|expected| expected as &dyn ToSql));
        values.extend(number.iter().map(|number| number as &dyn ToSql));
        let mut statement = connection.prepare_cached(sql).map_err(failure)?;
        match statement.query_row(&*values, |row| row.get::<_, i64>(0)).optional() {
            Ok(Some(version)) => {
                if number.is_some() && version == 1 && may_be_buried {
                    feed::unbury(connection, &statements.collection, &self.id)?;
                }
                Ok(version.cast_unsigned())
            }
            Ok(None) => Err(conflict(&statements.collection, &self.id)),
            Err(error) => Err(duplicate(&statements.collection, error)),
        }
    }
}

/// Says which unique index was violated, where that is the error.
pub(super) fn duplicate(collection: &Collection, error: Error) -> StoreError {
    let index = match &error {
        Error::SqliteFailure(code, Some(message)) if code.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE => {
            schema::violated(collection, message)
        }
        _ => None,
    };
    match index {
        Some(index) => StoreError::Duplicate { index: index.to_owned() },
        None => failure(error),
    }
}

pub(super) fn delete(connection: &Connection, statements: &Statements, id: &str, expect: Expect) -> Result<bool, StoreError> {
    let mut version = connection.prepare_cached(&statements.get).map_err(failure)?;
    let found = version.query_row([id], |row| row.get::<_, i64>(1)).optional().map_err(failure)?;
    let holds = match expect {
        Expect::Anything => true,
        Expect::Absent => found.is_none(),
        Expect::Version(expected) => found.map(i64::cast_unsigned) == Some(expected),
    };
    if !holds {
        return Err(conflict(&statements.collection, id));
    }
    if found.is_none() {
        return Ok(false);
    }
    connection.prepare_cached(&statements.delete).and_then(|mut it| it.execute([id])).map_err(failure)?;
    if let Some(number) = feed::take(connection, &statements.collection, 1)? {
        feed::bury(connection, &statements.collection, id, number)?;
    }
    Ok(true)
}
