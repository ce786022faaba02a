//! Who decides, while they do: one node at a time, over a lease that is renewed for as long as it works, so that one that is killed keeps nobody waiting for long.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use bytes::Bytes;
use storage::{StoreError, keyvalue::Expect};
use tokio::time::{Instant, sleep};

use super::StoragePlan;

/// Where the lease is.
pub(super) const LEASE: &str = "storage_plan/decision";

/// For how long a lease is taken, and how often it is renewed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub lasts: Duration,
    pub renewed: Duration,
}

pub(super) const TERMS: Terms = Terms { lasts: Duration::from_secs(60), renewed: Duration::from_secs(15) };

impl StoragePlan {
    /// Does what one node at a time may do; nothing where another is at it. What is at work is given up where the lease is lost.
    ///
    /// # Errors
    /// Those of the work, and of the store where the lease cannot be held.
    pub(super) async fn leased(
        &self,
        terms: Terms,
        work: impl Future<Output = Result<(), StoreError>> + Send,
    ) -> Result<(), StoreError> {
        let lease = match self.keyvalue.put(LEASE, Bytes::new(), Expect::Absent, Some(terms.lasts)).await {
            Ok(lease) => AtomicU64::new(lease),
            // Another node is at it.
            Err(StoreError::Conflict { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        let done = tokio::select! {
            done = work => done,
            error = self.renew_lease(terms, &lease) => Err(error),
        };
        match self.keyvalue.delete(LEASE, Expect::Version(lease.load(Ordering::Relaxed))).await {
            Ok(_) | Err(StoreError::Conflict { .. }) => {}
            Err(error) => tracing::warn!(%error, "the lease of storage's decision is left to run out"),
        }
        done
    }

    /// Renews the lease until that is no longer possible; why.
    async fn renew_lease(&self, terms: Terms, lease: &AtomicU64) -> StoreError {
        let mut held = Instant::now();
        loop {
            sleep(terms.renewed).await;
            let asked = Instant::now();
            let expect = Expect::Version(lease.load(Ordering::Relaxed));
            match self.keyvalue.put(LEASE, Bytes::new(), expect, Some(terms.lasts)).await {
                Ok(version) => {
                    lease.store(version, Ordering::Relaxed);
                    held = asked;
                }
                Err(error @ StoreError::Conflict { .. }) => return error,
                // The store may be back before it runs out.
                Err(_) if held.elapsed() + terms.renewed < terms.lasts => {}
                Err(error) => return error,
            }
        }
    }
}
