//! Small values under keys, with expiry and compare-and-set: sessions, leases, counters.
//!
//! Must never hold what is listed or searched by content; that is what `documents` is for.

pub mod redis;
pub mod sqlite;

#[cfg(test)]
pub(crate) mod promises;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::StoreError;

/// A stored value with its version, which changes with every write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub value: Bytes,
    pub version: u64,
}

/// What a write requires of what is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Nothing: the write replaces whatever there is.
    Anything,
    /// The key is free.
    Absent,
    /// The entry has exactly this version.
    Version(u64),
}

/// Entries that one [`KeyValue::scan`] returns at most.
pub const SCAN_LIMIT: u32 = 1000;
/// The longest key, in bytes.
pub const KEY_LIMIT: usize = 512;
/// The largest value, in bytes.
pub const VALUE_LIMIT: usize = 1024 * 1024;

/// Keys are UTF-8, at most 512 bytes, `/`-separated by convention; values at most 1 MiB.
#[async_trait]
pub trait KeyValue: Send + Sync + 'static {
    /// The live entry under `key`; an expired one is absent at once, whether or not it was swept.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError>;

    /// As [`KeyValue::get`], with what is left of the entry's time, if it has one, by the store's own clock: for whoever moves it elsewhere, or asks
    /// when it was written.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn get_expiring(&self, key: &str) -> Result<Option<(Entry, Option<Duration>)>, StoreError>;

    /// Writes durably before it returns, and returns the new version. Without `ttl` the entry stays.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where `expect` does not hold; [`StoreError::Invalid`] where the key or the value is
    /// too long; [`StoreError::Unavailable`].
    async fn put(&self, key: &str, value: Bytes, expect: Expect, ttl: Option<Duration>) -> Result<u64, StoreError>;

    /// Removes the entry; whether there was one.
    ///
    /// # Errors
    /// As [`KeyValue::put`].
    async fn delete(&self, key: &str, expect: Expect) -> Result<bool, StoreError>;

    /// Live entries whose keys start with `prefix`, in key order, after the key `after`, at most `limit` (1 to 1000).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn scan(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<(String, Entry)>, StoreError>;
}

/// What every backend refuses as a key.
fn check_key(key: &str) -> Result<(), StoreError> {
    match key.len() {
        1..=KEY_LIMIT => Ok(()),
        length => Err(StoreError::Invalid { reason: format!("a key of {length} bytes; 1 to {KEY_LIMIT} are allowed") }),
    }
}

/// What every backend refuses as a value.
fn check_value(key: &str, value: &Bytes) -> Result<(), StoreError> {
    if value.len() <= VALUE_LIMIT {
        return Ok(());
    }
    Err(StoreError::Invalid { reason: format!("{key}: {} bytes; at most {VALUE_LIMIT} are allowed", value.len()) })
}

/// The least text above everything that starts with `prefix`, if there is any: UTF-8 sorts like its code points.
fn prefix_end(prefix: &str) -> Option<String> {
    let mut end = prefix.to_owned();
    while let Some(last) = end.pop() {
        // The range of `char` steps over the surrogates.
        if let Some(next) = (last..=char::MAX).nth(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}
