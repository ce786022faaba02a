//! The service `webhooks`: other systems are told what happens here, each event at least once, as Standard Webhooks 1.0 says.
//!
//! Owns the documents `webhooks`, `webhook_deliveries`, `webhook_notes` and `webhook_positions`, and the entry `webhooks/follow`.
//!
//! ```text
//! change feeds, announcements -> notes (what is different?) -> deliveries (documents) -> claimed, tried, noted -> receivers
//! ```
//!
//! Must never keep or log a secret as it is, nor ask at an address of this machine's networks that the config does not name.

mod follow;
mod lease;
mod outbox;
mod record;
mod registry;
mod retries;
mod send;
mod signing;
mod sweep;
mod v1;
mod work;

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use contract::{
    ids::{AccountId, ProfileId, TitleId},
    webhooks::{
        DeleteWebhook, ListDeliveries, ListWebhooks, ReplaceWebhook, RetryDeadLetters, RetryDelivery, RotateWebhookSecret,
        SendTestWebhook,
    },
};
use runtime::clock::Clock;
use storage::{StoreError, documents::Documents, events::Events, keyvalue::KeyValue};
use tokio::sync::Notify;

use super::{
    Service, answer,
    domain_events::ChangeSource,
    exporting::{self, Exported},
};
use crate::{mount::Mount, outbound::Outbound, seal::SealKey, secret::MasterSecret};

/// How often changes are looked at that others look at at the same time, and the pause between.
const TRIES: u8 = 10;
const PAUSE: Duration = Duration::from_millis(20);

/// What the service is made of.
pub struct Dependencies {
    pub documents: Arc<dyn Documents>,
    pub keyvalue: Arc<dyn KeyValue>,
    pub events: Events,
    /// What is told.
    pub sources: Vec<ChangeSource>,
    pub outbound: Outbound,
    pub clock: Clock,
}

/// The service.
pub struct Webhooks {
    documents: Arc<dyn Documents>,
    keyvalue: Arc<dyn KeyValue>,
    events: Events,
    sources: Vec<ChangeSource>,
    outbound: Outbound,
    seal: SealKey,
    clock: Clock,
    /// How long a receiver has to answer.
    patience: Duration,
    /// Deliveries of a webhook in one state at most.
    most: u64,
    /// There is something to deliver.
    wake: Notify,
}

impl Webhooks {
    pub fn new(secret: &MasterSecret, parts: Dependencies) -> Self {
        let Dependencies { documents, keyvalue, events, sources, outbound, clock } = parts;
        let (seal, wake) = (SealKey::new(secret.derive(signing::PURPOSE)), Notify::new());
        let (patience, most) = (send::PATIENCE, outbox::MOST);
        Self { documents, keyvalue, events, sources, outbound, seal, clock, patience, most, wake }
    }

    /// Tells of everything that changed since it was looked at last, whichever node has the lease: what is told is told once.
    ///
    /// # Errors
    /// [`StoreError`]; what is left is told by the next call.
    pub async fn catch_up(&self) -> Result<(), StoreError> {
        for _ in 1..TRIES {
            match self.follow(None).await {
                // Another node, or this one's follower, was faster: it is looked at what is left.
                Err(StoreError::Conflict { .. }) => tokio::time::sleep(PAUSE).await,
                outcome => return outcome,
            }
        }
        self.follow(None).await
    }
}

#[async_trait]
impl Service for Webhooks {
    fn name(&self) -> &'static str {
        "webhooks"
    }

    fn mount(self: Arc<Self>, mount: &mut Mount) {
        answer!(mount, self, ListWebhooks, list);
        answer!(mount, self, ReplaceWebhook, replace);
        answer!(mount, self, DeleteWebhook, delete);
        answer!(mount, self, RotateWebhookSecret, rotate_secret);
        answer!(mount, self, SendTestWebhook, send_test);
        answer!(mount, self, ListDeliveries, list_deliveries);
        answer!(mount, self, RetryDelivery, retry);
        answer!(mount, self, RetryDeadLetters, retry_dead_letters);
    }

    /// What was noted of what the others have let go of goes with it, in the order in which it is told.
    async fn forget(&self, _: &ProfileId) -> Result<(), StoreError> {
        self.catch_up().await
    }

    async fn forget_account(&self, account: &AccountId) -> Result<(), StoreError> {
        self.catch_up().await?;
        self.forget_deliveries(account).await
    }

    async fn export_account(&self, account: &AccountId) -> Result<Exported, StoreError> {
        let mut kept = Exported::new();
        exporting::found(&*self.documents, &mut kept, &record::DELIVERIES, (record::BY_ACCOUNT, account.as_str())).await?;
        Ok(kept)
    }

    async fn forget_title(&self, _: &TitleId) -> Result<(), StoreError> {
        self.catch_up().await
    }
}

/// What is stored here, for whoever moves or checks stores as a whole.
pub static COLLECTIONS: &[&storage::documents::Collection] =
    &[&record::WEBHOOKS, &record::DELIVERIES, &record::NOTES, &record::POSITIONS];
