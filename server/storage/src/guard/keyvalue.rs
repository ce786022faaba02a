//! A key-value store behind its guard.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;

use super::{Bulkheads, READ, WRITE, stale_cache::StaleCache};
use crate::{
    StoreError,
    keyvalue::{Entry, Expect, KeyValue},
};

/// See the module above.
pub struct GuardedKeyValue {
    store: Arc<dyn KeyValue>,
    bulkheads: Bulkheads,
    /// Of single keys; a scan says what is there now, or fails. Absent for a store on this machine: it goes when we go.
    memory: Option<StaleCache<Option<Entry>>>,
}

impl GuardedKeyValue {
    /// `remembers`: for a store elsewhere.
    pub fn new(name: &'static str, store: Arc<dyn KeyValue>, remembers: bool) -> Self {
        let weigh = |entry: &Option<Entry>| 64 + entry.as_ref().map_or(0, |entry| entry.value.len());
        Self { store, bulkheads: Bulkheads::new(name), memory: remembers.then(|| StaleCache::new(weigh)) }
    }
}

#[async_trait]
impl KeyValue for GuardedKeyValue {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        let reading = self.bulkheads.reads.pass(READ, self.store.get(key));
        match &self.memory {
            None => reading.await,
            Some(memory) => {
                let begun = memory.begin();
                memory.stale_if_error(key, begun, reading.await)
            }
        }
    }

    /// Never from memory: what is moved has to be there.
    async fn get_expiring(&self, key: &str) -> Result<Option<(Entry, Option<Duration>)>, StoreError> {
        self.bulkheads.reads.pass(READ, self.store.get_expiring(key)).await
    }

    async fn put(&self, key: &str, value: Bytes, expect: Expect, ttl: Option<Duration>) -> Result<u64, StoreError> {
        let written = self.memory.as_ref().map(|memory| (memory, value.clone()));
        let outcome = self.bulkheads.writes.pass(WRITE, self.store.put(key, value, expect, ttl)).await;
        if let (Some((memory, value)), Ok(version)) = (written, &outcome) {
            memory.keep(key, Some(Entry { value, version: *version }));
        }
        outcome
    }

    async fn delete(&self, key: &str, expect: Expect) -> Result<bool, StoreError> {
        let outcome = self.bulkheads.writes.pass(WRITE, self.store.delete(key, expect)).await;
        if let (Some(memory), Ok(_)) = (&self.memory, &outcome) {
            memory.keep(key, None);
        }
        outcome
    }

    async fn scan(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<(String, Entry)>, StoreError> {
        self.bulkheads.reads.pass(READ, self.store.scan(prefix, after, limit)).await
    }
}
