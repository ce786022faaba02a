//! Events become deliveries: one for each webhook that is told of such, written once however often it is tried.
//!
//! What waits for one webhook is bounded: what is too old gives way, in words. Must never write a delivery under an id that does not follow
//! from the event and the webhook.

use contract::webhooks::DeliveryState;
use serde_json::{Map, Value, json};
use storage::{
    StoreError,
    documents::{Direction, Document, Expect, Find, PAGE_LIMIT, Write, all_of, delete_unchanged},
};

use super::{
    Webhooks,
    record::{BY_STATE, DELIVERIES, DeliveryRecord, NEVER},
    registry::StoredWebhook,
};
use crate::services::readable::readable;

/// Deliveries that wait for one webhook, and dead letters that it has, at most.
pub const MOST: u64 = 10_000;
/// Deliveries that are written in one round trip.
const AT_ONCE: usize = 500;
const OF_A_DAY: u64 = 24 * 60 * 60 * 1000;
/// How long what was given up is kept, and what still waits of an account that is gone, in milliseconds.
pub const KEPT: u64 = 30 * OF_A_DAY;
/// How long what was delivered is kept, in milliseconds.
pub const KEPT_DELIVERED: u64 = 7 * OF_A_DAY;

/// After which an account is gone.
const LAST: &str = "account.deleted";

/// An event on its way to the webhooks.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Names the event: of two with the same key one is delivered.
    pub key: String,
    pub kind: String,
    pub data: Value,
    /// Milliseconds since 1970.
    pub at: u64,
}

impl Message {
    /// The id of its delivery to a webhook.
    pub fn delivery(&self, webhook: &str) -> String {
        let hash = blake3::hash(format!("{webhook} {} {}", self.kind, self.key).as_bytes());
        hash.to_hex().chars().take(32).collect()
    }

    /// What is sent of it.
    fn body(&self) -> String {
        let at = i64::try_from(self.at).ok().and_then(chrono::DateTime::from_timestamp_millis).unwrap_or_default();
        let timestamp = at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        json!({ "type": self.kind, "timestamp": timestamp, "data": self.data }).to_string()
    }

    /// A delivery of it that is due at once.
    pub fn to(&self, webhook: &StoredWebhook, now: u64) -> DeliveryRecord {
        let gone = (self.kind == LAST).then_some(now);
        DeliveryRecord {
            webhook: webhook.id.clone(),
            event: self.kind.clone(),
            account: self.data.get("account").and_then(Value::as_str).map(str::to_owned),
            body: self.body(),
            created: self.at,
            state: DeliveryState::Waiting,
            due: Some(now),
            tries: 0,
            step: 0,
            attempts: Vec::new(),
            given_up: None,
            expires: waits_until(gone),
            gone,
            unknown: Map::new(),
        }
    }
}

impl DeliveryRecord {
    /// Gives it up, for a reason in words.
    pub fn give_up(&mut self, why: &str, now: u64) {
        (self.state, self.due) = (DeliveryState::Dead, None);
        (self.given_up, self.expires) = (Some(why.to_owned()), now + KEPT);
    }

    /// To be tried once more, with all tries before it.
    pub fn begin_again(&mut self, now: u64) {
        (self.state, self.due, self.step) = (DeliveryState::Waiting, Some(now), 0);
        (self.given_up, self.expires) = (None, waits_until(self.gone));
    }

    /// Whether nothing is to be kept of it any more: it came to its end, and what it tells of is gone.
    pub fn is_over(&self) -> bool {
        self.gone.is_some() && self.state != DeliveryState::Waiting
    }
}

/// How long a delivery may wait, whoever asks for it again: for ever, unless it tells of an account that has been `gone` since then.
pub fn waits_until(gone: Option<u64>) -> u64 {
    gone.map_or(NEVER, |gone| gone.saturating_add(KEPT))
}

impl Webhooks {
    /// Writes the deliveries of some events.
    ///
    /// # Errors
    /// [`StoreError`]; then some of them may be written, and the same events are to be told again.
    pub(super) async fn tell(&self, messages: &[Message]) -> Result<(), StoreError> {
        if messages.is_empty() {
            return Ok(());
        }
        let now = self.clock.millis();
        for webhook in self.known().await?.into_iter().filter(StoredWebhook::is_enabled) {
            let wanted = messages.iter().filter(|message| webhook.wants(&message.kind));
            let writes = wanted.map(|message| {
                let id = message.delivery(webhook.id.as_str());
                Write { id, body: json!(message.to(&webhook, now)), expect: Expect::Absent }
            });
            let mut writes: Vec<Write> = writes.collect();
            let is_told = !writes.is_empty();
            while !writes.is_empty() {
                let rest = writes.split_off(writes.len().min(AT_ONCE));
                for outcome in self.documents.put_many(&DELIVERIES, std::mem::replace(&mut writes, rest)).await? {
                    match outcome {
                        // It was told before.
                        Ok(_) | Err(StoreError::Conflict { .. }) => {}
                        Err(error) => return Err(error),
                    }
                }
            }
            if is_told {
                self.bound(&webhook).await?;
            }
        }
        self.wake.notify_one();
        Ok(())
    }

    /// What waits beyond the bound is given up, and dead letters beyond it go, the oldest first.
    async fn bound(&self, webhook: &StoredWebhook) -> Result<(), StoreError> {
        let why = format!("More than {MOST} deliveries waited for this webhook.");
        for document in self.beyond(webhook, DeliveryState::Waiting).await? {
            let Some(mut record) = readable::<DeliveryRecord>(&document) else { continue };
            record.give_up(&why, self.clock.millis());
            // Where somebody has just tried it, that counts.
            self.store(document.id, &record, document.version).await?;
        }
        for document in self.beyond(webhook, DeliveryState::Dead).await? {
            delete_unchanged(&*self.documents, &DELIVERIES, (&document.id, document.version)).await?;
        }
        Ok(())
    }

    /// Writes a delivery onto the version that was read, or deletes it where it is over; whether it still was that version.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn store(&self, id: String, record: &DeliveryRecord, version: u64) -> Result<bool, StoreError> {
        let expect = Expect::Version(version);
        let stored = match record.is_over() {
            true => self.documents.delete(&DELIVERIES, &id, expect).await.map(drop),
            false => self.documents.put(&DELIVERIES, Write { id, body: json!(record), expect }).await.map(drop),
        };
        match stored {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The oldest deliveries in a state that are beyond the bound, a page of them at most.
    async fn beyond(&self, webhook: &StoredWebhook, state: DeliveryState) -> Result<Vec<Document>, StoreError> {
        let find = of_state(webhook.id.as_str(), state);
        let count = self.documents.count_found(&DELIVERIES, find.clone()).await?;
        let Some(excess) = count.checked_sub(self.most).filter(|excess| *excess > 0) else { return Ok(Vec::new()) };
        let limit = u32::try_from(excess).unwrap_or(PAGE_LIMIT).min(PAGE_LIMIT);
        let find = Find { limit, direction: Direction::Ascending, ..find };
        Ok(self.documents.find(&DELIVERIES, find).await?.documents)
    }
}

/// What a webhook has in a state, by the time of the event.
pub fn of_state(webhook: &str, state: DeliveryState) -> Find<'static> {
    let state = match state {
        DeliveryState::Waiting => "waiting",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Dead => "dead",
    };
    all_of(BY_STATE, &[webhook, state])
}
