//! The work beside requests: changes become deliveries, and deliveries are tried.
//!
//! Each webhook has places of its own, so that one that is slow keeps no other waiting.

use std::{collections::HashMap, sync::Arc, time::Duration};

use contract::ids::WebhookId;
use futures::{StreamExt, stream::FuturesUnordered};
use storage::{
    StoreError,
    documents::{Find, all_of},
};
use tokio::{sync::Semaphore, task::JoinSet, time::Instant};

use super::{
    Webhooks,
    lease::Lease,
    record::{BY_DUE, DELIVERIES},
    registry::StoredWebhook,
};
use crate::services::trimming::Trimming;

/// How often it looks for what nobody told.
const LOOK: Duration = Duration::from_secs(1);
/// What is written within this time is told in one go.
const GATHER: Duration = Duration::from_millis(20);
/// Requests under way to one receiver, of one server.
const AT_ONCE: usize = 4;
/// How often what is old is looked for.
const SWEEP: Duration = Duration::from_secs(60);

/// The places of each webhook.
#[derive(Default)]
struct Places(HashMap<WebhookId, Arc<Semaphore>>);

impl Webhooks {
    /// Turns changes into deliveries for as long as the server runs.
    ///
    /// # Errors
    /// Never; what fails is tried again.
    pub async fn run_follower(self: Arc<Self>) -> Result<(), String> {
        let lease = Lease::new(Arc::clone(&self.keyvalue));
        let topics = self.sources.iter().filter_map(|source| source.collection.feed);
        let mut written: Vec<_> = topics.map(|topic| self.events.written(topic)).collect();
        let mut trimmed: Vec<(usize, Trimming)> = (0..self.sources.len()).map(|at| (at, Trimming::default())).collect();
        loop {
            for one in &mut written {
                one.mark_unchanged();
            }
            let followed = async {
                self.follow(Some(&lease)).await?;
                for (at, trimming) in &mut trimmed {
                    self.trim(*at, trimming).await?;
                }
                Ok(())
            };
            if let Err(error) = StoreError::unless_away(followed.await) {
                tracing::warn!(%error, "what changed is told a little later");
            }
            let woken = async {
                let mut changes: FuturesUnordered<_> = written.iter_mut().map(|one| one.changed()).collect();
                // Where nobody writes any more it looks from time to time all the same.
                if !matches!(changes.next().await, Some(Ok(()))) {
                    std::future::pending::<()>().await;
                }
            };
            if tokio::time::timeout(LOOK, woken).await.is_ok() {
                tokio::time::sleep(GATHER).await;
            }
        }
    }

    /// Tries what is due, for as long as the server runs.
    ///
    /// # Errors
    /// Never; what fails is tried again.
    pub async fn run_sender(self: Arc<Self>) -> Result<(), String> {
        let (mut under_way, mut places, mut swept) = (JoinSet::new(), Places::default(), None::<Instant>);
        loop {
            let looked = async {
                self.begin_due(&mut under_way, &mut places).await?;
                if swept.is_none_or(|at| at.elapsed() >= SWEEP) {
                    self.sweep().await?;
                    swept = Some(Instant::now());
                }
                Ok(())
            };
            if let Err(error) = StoreError::unless_away(looked.await) {
                tracing::warn!(%error, "what is to be delivered waits");
            }
            tokio::select! {
                Some(_) = under_way.join_next() => {}
                () = self.wake.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Tries what is due now, and waits for its end; how many tries that were.
    ///
    /// # Errors
    /// [`StoreError`]; what was begun is ended.
    pub async fn send_due(self: &Arc<Self>) -> Result<usize, StoreError> {
        let mut under_way = JoinSet::new();
        let begun = self.begin_due(&mut under_way, &mut Places::default()).await;
        let tried = under_way.join_all().await.len();
        begun.map(|()| tried)
    }

    /// Begins as many tries of each webhook as it has places for.
    async fn begin_due(self: &Arc<Self>, under_way: &mut JoinSet<()>, places: &mut Places) -> Result<(), StoreError> {
        let (known, now) = (self.known().await?, self.clock.millis());
        places.0.retain(|id, _| known.iter().any(|webhook| webhook.id == *id));
        for webhook in known.into_iter().filter(StoredWebhook::is_enabled) {
            let of_webhook = places.0.entry(webhook.id.clone()).or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE)));
            let free = u32::try_from(of_webhook.available_permits()).unwrap_or_default();
            if free == 0 {
                continue;
            }
            let find = Find { limit: free, ..all_of(BY_DUE, &[webhook.id.as_str()]) };
            for document in self.documents.find(&DELIVERIES, find).await?.documents {
                let Ok(place) = Arc::clone(of_webhook).try_acquire_owned() else { break };
                let claimed = match self.claim(&document).await {
                    Ok(Some(claimed)) => claimed,
                    Ok(None) => continue,
                    Err(error @ StoreError::Corrupt { .. }) => {
                        tracing::error!(%error, "a delivery cannot be read here, and waits for a build that can");
                        self.put_off(document, now).await?;
                        continue;
                    }
                    Err(error) => return Err(error),
                };
                let (service, webhook) = (Arc::clone(self), webhook.clone());
                under_way.spawn(async move {
                    if let Err(error) = service.attempt(&webhook, claimed).await {
                        tracing::warn!(%error, "how a delivery went could not be noted: it is tried once more");
                    }
                    drop(place);
                });
            }
        }
        Ok(())
    }
}
