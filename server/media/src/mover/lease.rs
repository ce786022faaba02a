//! Who moves titles: one node of all, for as long as it says so, with how far it has come.
//!
//! Must never be relied on for what is right: where two nodes copy at once both put the same bytes, and one of them swaps.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use contract::ids::TitleId;
use serde::{Deserialize, Serialize};
use storage::{
    StoreError,
    keyvalue::{Expect, KeyValue},
    objects::StoreRole,
};
use tokio::time::Instant;

const KEY: &str = "media/mover";
/// How long a node that was killed keeps others from going on with its move.
const LEASED_FOR: Duration = Duration::from_secs(20);
const RENEWED_EVERY: Duration = Duration::from_secs(4);

/// How far a move has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveProgress {
    pub title: TitleId,
    pub to: StoreRole,
    /// Milliseconds since 1970 when this run of it was begun.
    pub begun: u64,
    /// Copied and verified, by this run and those before.
    pub bytes_done: u64,
    pub bytes_total: u64,
}

/// What is moved now, by whichever node; nothing where nothing is.
///
/// # Errors
/// [`StoreError`].
pub async fn under_way(keyvalue: &dyn KeyValue) -> Result<Option<MoveProgress>, StoreError> {
    let entry = keyvalue.get(KEY).await?;
    // Before it has looked at its first title a node has nothing to say.
    Ok(entry.and_then(|entry| serde_json::from_slice(&entry.value).ok()))
}

/// The right to move titles. It runs out by itself.
pub struct Lease {
    keyvalue: Arc<dyn KeyValue>,
    version: Mutex<u64>,
    progress: Mutex<Option<MoveProgress>>,
}

impl Lease {
    /// Nothing where another node has it.
    pub async fn take(keyvalue: &Arc<dyn KeyValue>) -> Result<Option<Self>, StoreError> {
        match keyvalue.put(KEY, Bytes::new(), Expect::Absent, Some(LEASED_FOR)).await {
            Ok(version) => {
                Ok(Some(Self { keyvalue: Arc::clone(keyvalue), version: Mutex::new(version), progress: Mutex::default() }))
            }
            Err(StoreError::Conflict { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What is said of it from its next renewal on.
    pub fn tell(&self, progress: MoveProgress) {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress);
    }

    /// What is moved here.
    pub fn progress(&self) -> Option<MoveProgress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Renews it until that fails for as long as it holds, or somebody else has it.
    pub async fn keep(&self) {
        let mut renewed = Instant::now();
        while renewed.elapsed() < LEASED_FOR {
            tokio::time::sleep(RENEWED_EVERY).await;
            match self.renew().await {
                Ok(()) => renewed = Instant::now(),
                Err(StoreError::Conflict { .. }) => return,
                Err(error) => tracing::debug!(%error, "the lease of moves is renewed a little later"),
            }
        }
    }

    /// Says at once how far it is, and that it goes on.
    pub async fn renew(&self) -> Result<(), StoreError> {
        let value = self.progress().and_then(|progress| serde_json::to_vec(&progress).ok()).unwrap_or_default();
        let version = *self.version.lock().unwrap_or_else(PoisonError::into_inner);
        let renewed = self.keyvalue.put(KEY, value.into(), Expect::Version(version), Some(LEASED_FOR)).await?;
        *self.version.lock().unwrap_or_else(PoisonError::into_inner) = renewed;
        Ok(())
    }

    /// Lets another node have it; what fails lets it run out.
    pub async fn give_back(self) {
        let version = *self.version.lock().unwrap_or_else(PoisonError::into_inner);
        match self.keyvalue.delete(KEY, Expect::Version(version)).await {
            Ok(_) | Err(StoreError::Conflict { .. }) => {}
            Err(error) => tracing::warn!(%error, "the lease of moves is left to run out"),
        }
    }
}
