//! [`KeyValue`] on the embedded engine.
//!
//! Must never return an expired entry: what has expired is filtered by every statement, and only later swept.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use runtime::clock::Clock;
use rusqlite::{Connection, OptionalExtension, Row, params, types::Value as SqlValue};

use super::{Entry, Expect, KeyValue, check_key, check_value, prefix_end};
use crate::{
    StoreError,
    sqlite::{Sqlite, failure},
};

/// Keys sort by their bytes. `expires` is in milliseconds since 1970.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS keyvalue (
        key TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, expires INTEGER, value BLOB NOT NULL);
    CREATE INDEX IF NOT EXISTS keyvalue_expires ON keyvalue (expires) WHERE expires IS NOT NULL;";

const GET: &str = "SELECT key, version, value FROM keyvalue WHERE key = ?1 AND (expires IS NULL OR expires > ?2)";
const GET_EXPIRING: &str =
    "SELECT key, version, value, expires FROM keyvalue WHERE key = ?1 AND (expires IS NULL OR expires > ?2)";
const SCAN: &str = "SELECT key, version, value FROM keyvalue
    WHERE key >= ?1 AND key < ?2 AND (expires IS NULL OR expires > ?3) ORDER BY key LIMIT ?4";
const PUT_ANYTHING: &str = "INSERT INTO keyvalue (key, version, expires, value) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (key) DO UPDATE SET version = excluded.version, expires = excluded.expires, value = excluded.value";
/// An expired entry does not hold its key.
const PUT_ABSENT: &str = "INSERT INTO keyvalue (key, version, expires, value) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (key) DO UPDATE SET version = excluded.version, expires = excluded.expires, value = excluded.value
    WHERE keyvalue.expires <= ?5";
const PUT_VERSION: &str = "UPDATE keyvalue SET version = ?2, expires = ?3, value = ?4
    WHERE key = ?1 AND version = ?6 AND (expires IS NULL OR expires > ?5)";
const DELETE: &str = "DELETE FROM keyvalue WHERE key = ?1";
const SWEEP: &str =
    "DELETE FROM keyvalue WHERE rowid IN (SELECT rowid FROM keyvalue WHERE expires <= ?1 ORDER BY expires LIMIT ?2)";

/// Expired entries that are removed in one go, so that writes never wait long for it.
const SWEPT_AT_ONCE: u32 = 500;
/// Versions stay exact in JSON numbers (RFC 8259, section 6).
const GREATEST_VERSION: u64 = (1 << 53) - 1;

/// Small values in one table of the file.
pub struct SqliteKeyValue {
    sqlite: Sqlite,
}

impl SqliteKeyValue {
    /// Makes the table where it is missing, and starts the sweeper.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn open(sqlite: Sqlite) -> Result<Self, StoreError> {
        sqlite.write(|connection| connection.execute_batch(SCHEMA).map_err(failure)).await?;
        sqlite.each_minute(sweep)?;
        Ok(Self { sqlite })
    }
}

#[async_trait]
impl KeyValue for SqliteKeyValue {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        check_key(key)?;
        let key = key.to_owned();
        let found = self.sqlite.read(move |connection| live(connection, &key)).await?;
        Ok(found.map(|(_, entry)| entry))
    }

    async fn get_expiring(&self, key: &str) -> Result<Option<(Entry, Option<Duration>)>, StoreError> {
        check_key(key)?;
        let key = key.to_owned();
        self.sqlite
            .read(move |connection| {
                let now = now();
                let with_time = |row: &Row<'_>| {
                    let left = row.get::<_, Option<i64>>(3)?.map(|expires| u64::try_from(expires - now).unwrap_or_default());
                    Ok((entry(row)?.1, left.map(Duration::from_millis)))
                };
                let mut statement = connection.prepare_cached(GET_EXPIRING).map_err(failure)?;
                statement.query_row(params![key, now], with_time).optional().map_err(failure)
            })
            .await
    }

    async fn put(&self, key: &str, value: Bytes, expect: Expect, ttl: Option<Duration>) -> Result<u64, StoreError> {
        check_key(key)?;
        check_value(key, &value)?;
        let key = key.to_owned();
        self.sqlite.write(move |connection| put(connection, key, &value, expect, ttl)).await
    }

    async fn delete(&self, key: &str, expect: Expect) -> Result<bool, StoreError> {
        check_key(key)?;
        let key = key.to_owned();
        self.sqlite.write(move |connection| delete(connection, key, expect)).await
    }

    async fn scan(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<(String, Entry)>, StoreError> {
        // The least key after `after` is the same with a zero byte.
        let start = after.map_or_else(String::new, |after| format!("{after}\0")).max(prefix.to_owned());
        // Without a text above the prefix, the bound is a blob, which SQLite sorts above every text.
        let end = prefix_end(prefix).map_or(SqlValue::Blob(Vec::new()), SqlValue::Text);
        let limit = limit.clamp(1, super::SCAN_LIMIT);
        self.sqlite
            .read(move |connection| {
                let mut statement = connection.prepare_cached(SCAN).map_err(failure)?;
                let rows = statement.query_map(params![start, end, now(), limit], entry).map_err(failure)?;
                rows.collect::<Result<_, _>>().map_err(failure)
            })
            .await
    }
}

fn live(connection: &Connection, key: &str) -> Result<Option<(String, Entry)>, StoreError> {
    let mut statement = connection.prepare_cached(GET).map_err(failure)?;
    statement.query_row(params![key, now()], entry).optional().map_err(failure)
}

fn put(connection: &Connection, key: String, value: &[u8], expect: Expect, ttl: Option<Duration>) -> Result<u64, StoreError> {
    // Random, so that an entry made again after it expired never has the version of the one before.
    let version = rand::random_range(1..=GREATEST_VERSION);
    let now = now();
    let expires = ttl.map(|ttl| now.saturating_add(milliseconds(ttl)));
    let prepare = |sql| connection.prepare_cached(sql).map_err(failure);
    let stored = stored_version(version);
    let written = match expect {
        Expect::Anything => prepare(PUT_ANYTHING)?.execute(params![key, stored, expires, value]),
        Expect::Absent => prepare(PUT_ABSENT)?.execute(params![key, stored, expires, value, now]),
        Expect::Version(expected) => {
            prepare(PUT_VERSION)?.execute(params![key, stored, expires, value, now, stored_version(expected)])
        }
    };
    match written.map_err(failure)? {
        0 => Err(StoreError::Conflict { key }),
        _ => Ok(version),
    }
}

fn delete(connection: &Connection, key: String, expect: Expect) -> Result<bool, StoreError> {
    let found = live(connection, &key)?.map(|(_, entry)| entry.version);
    let holds = match expect {
        Expect::Anything => true,
        Expect::Absent => found.is_none(),
        Expect::Version(version) => found == Some(version),
    };
    if !holds {
        return Err(StoreError::Conflict { key });
    }
    connection.prepare_cached(DELETE).and_then(|mut it| it.execute([&key])).map_err(failure)?;
    Ok(found.is_some())
}

fn sweep(connection: &Connection) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(SWEEP).map_err(failure)?;
    let removed = statement.execute(params![now(), SWEPT_AT_ONCE]).map_err(failure)?;
    Ok(removed == SWEPT_AT_ONCE as usize)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<(String, Entry)> {
    let value = row.get_ref(2)?.as_blob()?;
    Ok((row.get(0)?, Entry { version: row.get::<_, i64>(1)?.cast_unsigned(), value: Bytes::copy_from_slice(value) }))
}

/// A version that no entry can have becomes one that no row has.
fn stored_version(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(-1)
}

fn now() -> i64 {
    i64::try_from(Clock::default().millis()).unwrap_or(i64::MAX)
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{events::Events, keyvalue::promises};

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        async fn open(&self) -> SqliteKeyValue {
            let sqlite = Sqlite::open(&self.0.path().join("store.db"), Events::default()).unwrap();
            SqliteKeyValue::open(sqlite).await.unwrap()
        }
    }

    #[async_trait]
    impl promises::Backend for Folder {
        async fn open(&self) -> Arc<dyn KeyValue> {
            Arc::new(Folder::open(self).await)
        }
    }

    promises::keyvalue_promises!(Folder::new);

    #[tokio::test]
    async fn what_has_expired_is_swept_and_nothing_else() {
        let folder = Folder::new();
        let store = folder.open().await;
        let count =
            || store.sqlite.read(|it| it.query_row("SELECT count(*) FROM keyvalue", [], |row| row.get(0)).map_err(failure));
        let mut writes = tokio::task::JoinSet::new();
        let store = Arc::new(SqliteKeyValue { sqlite: store.sqlite.clone() });
        for number in 0..600u32 {
            let (store, ttl) = (Arc::clone(&store), (number > 0).then_some(Duration::from_millis(1)));
            writes.spawn(async move { store.put(&format!("k/{number}"), "x".into(), Expect::Absent, ttl).await.unwrap() });
        }
        writes.join_all().await;
        tokio::time::sleep(Duration::from_millis(5)).await;
        let before: i64 = count().await.unwrap();
        assert_eq!(before, 600, "an expired entry stays in the file until it is swept");
        assert!(store.sqlite.write(sweep).await.unwrap(), "one step leaves some");
        assert!(!store.sqlite.write(sweep).await.unwrap());
        assert_eq!(count().await.unwrap(), 1);
    }

    #[tokio::test]
    async fn every_statement_is_answered_by_an_index() {
        let folder = Folder::new();
        let store = folder.open().await;
        for sql in [GET, SCAN, PUT_VERSION, DELETE, SWEEP] {
            let plan = store.sqlite.read(move |connection| {
                let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).map_err(failure)?;
                let nulls = vec![rusqlite::types::Null; explain.parameter_count()];
                let steps = explain.query_map(rusqlite::params_from_iter(nulls), |row| row.get(3)).map_err(failure)?;
                steps.collect::<Result<Vec<String>, _>>().map_err(failure)
            });
            let plan = plan.await.unwrap().join("; ");
            assert!(plan.contains("SEARCH") && plan.contains("INDEX"), "{sql}: {plan}");
            assert!(!plan.contains("SCAN") && !plan.contains("B-TREE"), "{sql}: {plan}");
        }
    }
}
