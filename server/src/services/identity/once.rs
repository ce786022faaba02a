//! What is remembered for somebody who is expected back: for a while, and for the first who comes.
//!
//! Must never be read without being taken: what is good twice can be replayed.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};
use storage::{
    StoreError,
    keyvalue::{Expect, KeyValue},
};

/// A kind of thing that is good once.
pub struct Once {
    store: Arc<dyn KeyValue>,
    /// What all of the kind are kept under.
    kind: &'static str,
    kept: Duration,
}

impl Once {
    pub fn new(store: Arc<dyn KeyValue>, kind: &'static str, kept: Duration) -> Self {
        Self { store, kind, kept }
    }

    /// Keeps `what` for whoever comes with `name`, which nobody else can guess.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keep(&self, name: &str, what: &impl Serialize) -> Result<(), StoreError> {
        let key = self.key(name);
        let value = serde_json::to_vec(what).map_err(|error| StoreError::corrupt(&key, error))?;
        self.store.put(&key, Bytes::from(value), Expect::Absent, Some(self.kept)).await.map(|_| ())
    }

    /// What was kept, for the first who asks; nothing for the others, and when its time is over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let key = self.key(name);
        let Some(entry) = self.store.get(&key).await? else { return Ok(None) };
        match self.store.delete(&key, Expect::Version(entry.version)).await {
            Ok(true) => serde_json::from_slice(&entry.value).map(Some).map_err(|error| StoreError::corrupt(&key, error)),
            Ok(false) | Err(StoreError::Conflict { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whoever reads the store learns no name.
    fn key(&self, name: &str) -> String {
        format!("{}/{}", self.kind, blake3::hash(name.as_bytes()).to_hex())
    }
}
