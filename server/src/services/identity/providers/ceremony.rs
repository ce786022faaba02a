//! What is remembered between leaving for a provider and coming back: once, and for ten minutes.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use contract::{identity::EntryRefusal, ids::ProfileId};
use serde::{Deserialize, Serialize};

use crate::storage::{
    StoreError,
    keyvalue::{Expect, KeyValue},
};

const KEPT: Duration = Duration::from_secs(10 * 60);

/// Under way to a provider. The verifier is a secret: never logged.
#[derive(Serialize, Deserialize)]
pub struct Ceremony {
    pub provider: String,
    /// Who watched in that browser, which its signed cookie says: the one thing that only it can bring back.
    pub profile: ProfileId,
    pub nonce: String,
    /// Of PKCE.
    pub verifier: String,
    /// Where they were on their way to.
    pub to: Option<String>,
}

pub struct Ceremonies(Arc<dyn KeyValue>);

impl Ceremonies {
    pub fn new(store: Arc<dyn KeyValue>) -> Self {
        Self(store)
    }

    /// # Errors
    /// `internal`; the cause is logged.
    pub async fn begin(&self, state: &str, ceremony: &Ceremony) -> Result<(), EntryRefusal> {
        let value = serde_json::to_vec(ceremony).map_err(|_| EntryRefusal::Internal)?;
        self.0.put(&key(state), Bytes::from(value), Expect::Absent, Some(KEPT)).await.map(|_| ()).map_err(failed)
    }

    /// What was begun with this state. Of two that ask, one is told.
    ///
    /// # Errors
    /// `internal`; the cause is logged.
    pub async fn finish(&self, state: &str) -> Result<Option<Ceremony>, EntryRefusal> {
        let key = key(state);
        let Some(entry) = self.0.get(&key).await.map_err(failed)? else { return Ok(None) };
        match self.0.delete(&key, Expect::Version(entry.version)).await {
            Ok(true) => Ok(serde_json::from_slice(&entry.value).ok()),
            Ok(false) | Err(StoreError::Conflict { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }
}

/// Whoever reads the store learns no state.
fn key(state: &str) -> String {
    format!("entering/{}", blake3::hash(state.as_bytes()).to_hex())
}

fn failed(error: StoreError) -> EntryRefusal {
    tracing::error!(%error, "a way through a provider cannot be remembered");
    EntryRefusal::Internal
}
