//! Which node turns changes into deliveries: whoever has the lease, which runs out by itself.
//!
//! It saves work. What is written is the same whoever writes it and however often, so that a node whose lease ran out unnoticed does no
//! harm.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use storage::{
    StoreError,
    keyvalue::{Expect, KeyValue},
};
use tokio::{sync::Mutex, time::Instant};

const KEY: &str = "webhooks/follow";
/// How long another node waits for one that was killed.
const LEASED_FOR: Duration = Duration::from_secs(15);
/// When it is renewed, while there is work.
const RENEWED_AFTER: Duration = Duration::from_secs(5);

/// This node's part in it.
pub struct Lease {
    keyvalue: Arc<dyn KeyValue>,
    held: Mutex<Option<(u64, Instant)>>,
}

impl Lease {
    pub fn new(keyvalue: Arc<dyn KeyValue>) -> Self {
        Self { keyvalue, held: Mutex::default() }
    }

    /// Whether this node may go on: it has the lease, or none is asked for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_held(lease: Option<&Self>) -> Result<bool, StoreError> {
        match lease {
            Some(lease) => lease.hold().await,
            None => Ok(true),
        }
    }

    async fn hold(&self) -> Result<bool, StoreError> {
        let mut held = self.held.lock().await;
        let now = Instant::now();
        if held.is_some_and(|(_, since)| now.duration_since(since) < RENEWED_AFTER) {
            return Ok(true);
        }
        if let Some((version, _)) = held.take() {
            match self.keyvalue.put(KEY, Bytes::new(), Expect::Version(version), Some(LEASED_FOR)).await {
                Ok(version) => {
                    *held = Some((version, now));
                    return Ok(true);
                }
                // It ran out.
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        match self.keyvalue.put(KEY, Bytes::new(), Expect::Absent, Some(LEASED_FOR)).await {
            Ok(version) => {
                *held = Some((version, now));
                Ok(true)
            }
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
