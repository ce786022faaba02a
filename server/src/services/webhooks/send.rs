//! One try of one delivery: claimed before it is made, and its outcome noted after it.
//!
//! A try counts from its claim on, so that one whose process is killed counts as well; nobody else tries until the claim has run out. A
//! receiver may therefore be asked twice, with the same `webhook-id`: it is asked at least once. Must never log an address or a body.

use std::time::Duration;

use bytes::Bytes;
use contract::webhooks::{Attempt, DeliveryState};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::json;
use storage::{
    StoreError,
    documents::{Change, Document, Expect, Write, parse, read, update},
};
use url::Url;

use super::{
    Webhooks,
    outbox::KEPT_DELIVERED,
    record::{DELIVERIES, DeliveryRecord, WEBHOOKS, WebhookRecord},
    registry::StoredWebhook,
    retries, signing,
};

/// How long a receiver has to answer.
pub const PATIENCE: Duration = Duration::from_secs(15);
/// After which a try that nobody noted the outcome of is taken for broken off, in milliseconds.
pub const CLAIMED_FOR: u64 = 60_000;
/// Tries that are told of one delivery.
const TOLD: usize = 12;
/// How long every try of a webhook may fail before it is switched off, in milliseconds.
const FAILING_FOR: u64 = 5 * 24 * 60 * 60 * 1000;
/// How often it is noted that it still does, in milliseconds.
const NOTED_EVERY: u64 = 60 * 60 * 1000;
const UNKNOWN: &str = "How it ended is not known: the server ended first.";

/// A delivery that this process may try now.
pub struct Claim {
    id: String,
    version: u64,
    record: DeliveryRecord,
}

/// How a try ended.
struct Outcome {
    status: Option<u16>,
    /// In words, where it was no success.
    error: Option<String>,
}

impl Webhooks {
    /// Takes a delivery that is due, so that nobody else tries it; nothing where somebody was faster.
    ///
    /// # Errors
    /// [`StoreError`]; then it may be claimed, and is tried when the claim has run out.
    pub(super) async fn claim(&self, document: &Document) -> Result<Option<Claim>, StoreError> {
        let (mut record, now) = (parse::<DeliveryRecord>(document)?, self.clock.millis());
        if record.state != DeliveryState::Waiting || record.due.is_none_or(|due| due > now) {
            return Ok(None);
        }
        record.due = Some(now + CLAIMED_FOR);
        (record.tries, record.step) = (record.tries + 1, record.step + 1);
        let forgotten = (record.attempts.len() + 1).saturating_sub(TOLD);
        record.attempts.drain(..forgotten);
        record.attempts.push(Attempt { at: now, took: None, status: None, error: Some(UNKNOWN.to_owned()) });
        let write = Write { id: document.id.clone(), body: json!(record), expect: Expect::Version(document.version) };
        match self.documents.put(&DELIVERIES, write).await {
            Ok(version) => Ok(Some(Claim { id: document.id.clone(), version, record })),
            Err(StoreError::Conflict { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Tries a delivery, and notes how that ended.
    ///
    /// # Errors
    /// [`StoreError`]; then it is tried once more.
    pub(super) async fn attempt(&self, webhook: &StoredWebhook, claim: Claim) -> Result<(), StoreError> {
        let begun = std::time::Instant::now();
        let outcome = match self.request(webhook, &claim).await {
            Ok((url, headers, body)) => outcome(self.outbound.post(&url, headers, body, self.patience).await),
            Err(error) => Outcome { status: None, error: Some(error) },
        };
        let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.settle(webhook, claim, &outcome, took).await?;
        self.note_health(webhook, &outcome).await
    }

    /// What is sent.
    ///
    /// # Errors
    /// Why there is nothing to send, in words.
    async fn request(&self, webhook: &StoredWebhook, claim: &Claim) -> Result<(Url, HeaderMap, Bytes), String> {
        let url = Url::parse(&webhook.record.url).map_err(|error| format!("The webhook's address is none: {error}."))?;
        let (now, message) = (self.clock.millis(), message_id(&claim.id));
        let timestamp = now / 1000;
        let sent = (message.as_str(), claim.record.body.as_str());
        let signed = signing::sign(&self.seal, &webhook.id, &webhook.record.secrets, (now, timestamp), sent);
        let signature = signed.map_err(|error| {
            tracing::error!(webhook = webhook.id.as_str(), %error, "a delivery cannot be signed");
            "The webhook's secret cannot be opened: give it another.".to_owned()
        })?;
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in
            [("webhook-id", message), ("webhook-timestamp", timestamp.to_string()), ("webhook-signature", signature)]
        {
            let value = HeaderValue::from_str(&value).map_err(|error| error.to_string())?;
            headers.insert(HeaderName::from_static(name), value);
        }
        Ok((url, headers, Bytes::from(claim.record.body.clone())))
    }

    /// Notes the outcome in the delivery, as it was claimed; where it was deleted or asked for again meanwhile, that counts. That the
    /// account of which it tells is gone since then changes nothing in the claim.
    async fn settle(&self, webhook: &StoredWebhook, claim: Claim, outcome: &Outcome, took: u64) -> Result<(), StoreError> {
        let Claim { id, version, mut record } = claim;
        let (now, claimed) = (self.clock.millis(), record.due);
        if let Some(attempt) = record.attempts.last_mut() {
            *attempt = Attempt { took: Some(took), status: outcome.status, error: outcome.error.clone(), ..attempt.clone() };
        }
        match (&outcome.error, retries::pause_after(record.step, rand::random())) {
            (None, _) => (record.state, record.due, record.expires) = (DeliveryState::Delivered, None, now + KEPT_DELIVERED),
            (Some(_), _) if outcome.is_gone() => record.give_up("The receiver says that it is gone.", now),
            (Some(_), Some(pause)) => record.due = Some(now + u64::try_from(pause.as_millis()).unwrap_or(u64::MAX)),
            (Some(_), None) => record.give_up(&format!("Every one of {} tries failed.", record.step), now),
        }
        tracing::debug!(webhook = webhook.id.as_str(), delivery = id, status = outcome.status, "a delivery was tried");
        if self.store(id.clone(), &record, version).await? {
            return Ok(());
        }
        let Some((stored, version)) = read::<DeliveryRecord>(&*self.documents, &DELIVERIES, &id).await? else { return Ok(()) };
        if stored.gone.is_some() && record.gone.is_none() && (stored.due, stored.tries) == (claimed, record.tries) {
            record.gone = stored.gone;
            record.expires = record.expires.min(stored.expires);
            self.store(id, &record, version).await?;
        }
        Ok(())
    }

    /// Notes in the webhook since when it fails, and switches it off where that is too long, or where it says that it is gone.
    async fn note_health(&self, webhook: &StoredWebhook, outcome: &Outcome) -> Result<(), StoreError> {
        let now = self.clock.millis();
        let is_known = match (&outcome.error, webhook.record.failing_since) {
            (None, None) => true,
            (Some(_), Some(_)) => {
                webhook.record.failed.is_some_and(|failed| now.abs_diff(failed) < NOTED_EVERY) && !outcome.is_gone()
            }
            (None, Some(_)) | (Some(_), None) => false,
        };
        if is_known {
            return Ok(());
        }
        let stopped = update(&*self.documents, &WEBHOOKS, webhook.id.as_str(), |stored: Option<WebhookRecord>| {
            let Some(mut record) = stored.filter(|record| record.deleted.is_none()) else { return Ok(Change::Keep) };
            if outcome.error.is_none() {
                record.recover();
                return Ok(Change::Put(record));
            }
            // One whose address was changed meanwhile begins anew.
            if record.version != webhook.record.version {
                return Ok(Change::Keep);
            }
            let lasted = record.fails(now);
            let why = match outcome.is_gone() {
                true => Some("The receiver answered with 410: it says that it is gone."),
                false if lasted >= FAILING_FOR => Some("The receiver failed for five days on end."),
                false => None,
            };
            if let Some(why) = why {
                (record.is_enabled, record.stopped) = (false, Some(why.to_owned()));
            }
            Ok::<_, StoreError>(Change::Put(record))
        });
        if let Some(why) = stopped.await?.record.and_then(|record| record.stopped) {
            tracing::warn!(webhook = webhook.id.as_str(), why, "a webhook was switched off");
        }
        Ok(())
    }
}

impl Outcome {
    fn is_gone(&self) -> bool {
        self.status == Some(410)
    }
}

/// The same with each try of a delivery.
pub fn message_id(delivery: &str) -> String {
    format!("msg_{delivery}")
}

/// Success is 2xx alone: a redirect is not followed, and so is none.
fn outcome(answer: Result<u16, crate::outbound::OutboundError>) -> Outcome {
    match answer {
        Ok(status @ 200..=299) => Outcome { status: Some(status), error: None },
        Ok(status @ 300..=399) => {
            Outcome { status: Some(status), error: Some(format!("It answered with {status}, and redirects are not followed.")) }
        }
        Ok(status) => Outcome { status: Some(status), error: Some(format!("It answered with {status}.")) },
        Err(error) => Outcome { status: None, error: Some(format!("It was not reached: {error}.")) },
    }
}
