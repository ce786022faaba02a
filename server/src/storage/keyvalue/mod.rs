//! Small values under keys, with expiry and compare-and-set: sessions, leases, counters.
//!
//! Must never hold what is listed or searched by content; that is what `documents` is for.

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

/// Keys are UTF-8, at most 512 bytes, `/`-separated by convention; values at most 1 MiB.
#[async_trait]
pub trait KeyValue: Send + Sync + 'static {
    /// The live entry under `key`; an expired one is absent at once, whether or not it was swept.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError>;

    /// Writes durably before it returns, and returns the new version. Without `ttl` the entry stays.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where `expect` does not hold; [`StoreError::Unavailable`].
    async fn put(&self, key: &str, value: Bytes, expect: Expect, ttl: Option<Duration>) -> Result<u64, StoreError>;

    /// Removes the entry; whether there was one.
    ///
    /// # Errors
    /// As [`KeyValue::put`].
    async fn delete(&self, key: &str, expect: Expect) -> Result<bool, StoreError>;

    /// Live entries whose keys start with `prefix`, in key order, after the key `after`, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn scan(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<(String, Entry)>, StoreError>;
}
