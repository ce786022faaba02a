//! A store for tests whose writes fail. Must never be part of a server.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use storage::{
    StoreError,
    keyvalue::{Entry, Expect, KeyValue},
};

/// A store that reads and does not write, or does neither.
pub struct Failing {
    store: Arc<dyn KeyValue>,
    reads: bool,
    /// Otherwise a write fails because somebody else was faster, every time.
    is_away: bool,
}

impl Failing {
    pub fn new(store: Arc<dyn KeyValue>, reads: bool, is_away: bool) -> Self {
        Self { store, reads, is_away }
    }

    fn says(&self, key: &str) -> StoreError {
        if self.is_away {
            return StoreError::Unavailable { reason: "away".into() };
        }
        StoreError::Conflict { key: key.to_owned() }
    }
}

#[async_trait]
impl KeyValue for Failing {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        if self.reads { self.store.get(key).await } else { Err(self.says(key)) }
    }

    async fn get_expiring(&self, key: &str) -> Result<Option<(Entry, Option<Duration>)>, StoreError> {
        self.store.get_expiring(key).await
    }

    async fn put(&self, key: &str, _: Bytes, _: Expect, _: Option<Duration>) -> Result<u64, StoreError> {
        Err(self.says(key))
    }

    async fn delete(&self, key: &str, _: Expect) -> Result<bool, StoreError> {
        Err(self.says(key))
    }

    async fn scan(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<(String, Entry)>, StoreError> {
        self.store.scan(prefix, after, limit).await
    }
}
