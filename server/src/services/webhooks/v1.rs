//! The handlers of webhooks' calls, version 1.

use contract::{
    Code, Problem,
    ids::{DeliveryId, WebhookId},
    webhooks::{
        DeleteWebhook, Delivery, DeliveryPage, DeliveryState, ListDeliveries, ListWebhooks, ReplaceWebhook, RetriedDeadLetters,
        RetryDeadLetters, RetryDelivery, RotateWebhookSecret, SavedWebhook, SendTestWebhook, TEST, WEBHOOKS as MOST, Webhook,
        WebhookSecret,
    },
};
use futures::future::try_join_all;
use rand::distr::{Alphanumeric, SampleString};
use serde_json::{Map, json};
use storage::{
    StoreError,
    documents::{Change, Direction, Expect, Find, Write, read, update},
};
use url::Url;

use super::{
    Webhooks,
    outbox::{Message, of_state},
    record::{DELIVERIES, DeliveryRecord, WEBHOOKS, WebhookRecord},
    registry::{StoredWebhook, means_something},
    signing,
};
use crate::{context::RequestContext, services::readable::readable};

/// How long the secret before the last signs beside it, in milliseconds.
const OLD_SECRET_FOR: u64 = 24 * 60 * 60 * 1000;
/// Deliveries on a page where nobody says how many.
const PAGE: u16 = 50;
/// Dead letters that are retried at a time.
const RETRIED: u32 = 1000;

impl Webhooks {
    pub(super) async fn list(&self, _: RequestContext, _: ListWebhooks) -> Result<Vec<Webhook>, Problem> {
        let known = self.known().await?.into_iter().filter(|known| known.record.deleted.is_none());
        try_join_all(known.map(|known| self.show(known))).await
    }

    pub(super) async fn replace(&self, _: RequestContext, call: ReplaceWebhook) -> Result<SavedWebhook, Problem> {
        self.check(&call)?;
        let (id, now) = (call.id.clone(), self.clock.millis());
        if call.expected_version > 0 {
            let changed = update(&*self.documents, &WEBHOOKS, id.as_str(), |stored: Option<WebhookRecord>| {
                let stored = stored.filter(|record| record.deleted.is_none());
                let mut record = stored.ok_or_else(|| Problem::not_found("webhook"))?;
                if record.version != call.expected_version {
                    return Err(Problem::new(Code::VersionConflict));
                }
                (record.url, record.description) = (call.url.clone(), call.description.clone());
                (record.events, record.is_enabled) = (call.events.clone(), call.is_enabled);
                record.version += 1;
                // Whoever changes it has seen what was wrong.
                record.recover();
                record.stopped = None;
                Ok(Change::Put(record))
            });
            let changed = changed.await?;
            let record = changed.record.ok_or_else(|| Problem::not_found("webhook"))?;
            self.wake.notify_one();
            let known = StoredWebhook { id, revision: changed.version, record };
            return Ok(SavedWebhook { webhook: self.show(known).await?, secret: None });
        }
        if self.known().await?.iter().filter(|known| known.record.deleted.is_none()).count() >= MOST {
            return Err(Problem::new(Code::LimitReached).with_detail(format!("There are {MOST} webhooks already.")));
        }
        let drawn = signing::draw(&self.seal, &id, 1)?;
        let record = WebhookRecord {
            url: call.url,
            description: call.description,
            events: call.events,
            is_enabled: call.is_enabled,
            version: 1,
            created: now,
            secrets: vec![drawn.record],
            failing_since: None,
            failing_for: None,
            failed: None,
            stopped: None,
            deleted: None,
            unknown: Map::new(),
        };
        let known = StoredWebhook { id, revision: 0, record };
        self.put(&known).await?;
        Ok(SavedWebhook { webhook: self.show(known).await?, secret: Some(drawn.shown) })
    }

    /// # Errors
    /// `invalid_request`: an address that nothing can be sent to, or a filter that means nothing.
    fn check(&self, call: &ReplaceWebhook) -> Result<(), Problem> {
        let url = Url::parse(&call.url).map_err(|error| Problem::invalid("url", format!("an address over https: {error}")))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Problem::invalid("url", "an address without a name and a password: deliveries are signed"));
        }
        self.outbound.check(&url).map_err(|error| Problem::invalid("url", error.to_string()))?;
        if url.scheme() == "http" && !self.outbound.reaches_over_http() {
            return Err(Problem::invalid("url", "an address over https: `webhooks.private_networks` names no network"));
        }
        match call.events.iter().find(|filter| !means_something(filter)) {
            Some(filter) => {
                Err(Problem::invalid("events", format!("types, prefixes like `title.*`, or `*`: `{filter}` is none")))
            }
            None => Ok(()),
        }
    }

    pub(super) async fn delete(&self, _: RequestContext, call: DeleteWebhook) -> Result<(), Problem> {
        let now = self.clock.millis();
        let marked = update(&*self.documents, &WEBHOOKS, call.id.as_str(), |stored: Option<WebhookRecord>| {
            let stored = stored.filter(|record| record.deleted.is_none());
            let mut record = stored.ok_or_else(|| Problem::not_found("webhook"))?;
            (record.deleted, record.is_enabled, record.secrets) = (Some(now), false, Vec::new());
            Ok::<_, Problem>(Change::Put(record))
        });
        marked.await?;
        Ok(self.purge(&call.id).await?)
    }

    pub(super) async fn rotate_secret(&self, _: RequestContext, call: RotateWebhookSecret) -> Result<WebhookSecret, Problem> {
        let (now, mut shown) = (self.clock.millis(), String::new());
        let old_secret_until = if call.revokes_old { now } else { now + OLD_SECRET_FOR };
        let rotated = update(&*self.documents, &WEBHOOKS, call.id.as_str(), |stored: Option<WebhookRecord>| {
            let stored = stored.filter(|record| record.deleted.is_none());
            let mut record = stored.ok_or_else(|| Problem::not_found("webhook"))?;
            let number = record.secrets.iter().map(|secret| secret.number).max().unwrap_or_default() + 1;
            let mut old = std::mem::take(&mut record.secrets);
            old.retain(|secret| !call.revokes_old && secret.until.is_none_or(|until| until > now));
            // Whoever was promised that a secret signs until then has it.
            if old.len() >= signing::AT_ONCE {
                return Err(Problem::new(Code::LimitReached).with_detail(format!(
                    "{} secrets sign already, each for a day from when it was replaced: wait for that, or revoke them.",
                    signing::AT_ONCE
                )));
            }
            for secret in &mut old {
                secret.until.get_or_insert(old_secret_until);
            }
            let drawn = signing::draw(&self.seal, &call.id, number)?;
            shown = drawn.shown;
            record.secrets = std::iter::once(drawn.record).chain(old).collect();
            Ok::<_, Problem>(Change::Put(record))
        });
        rotated.await?;
        Ok(WebhookSecret { secret: shown, old_secret_until })
    }

    pub(super) async fn send_test(&self, _: RequestContext, call: SendTestWebhook) -> Result<Delivery, Problem> {
        let known = self.of(&call.id).await?;
        if !known.is_enabled() {
            return Err(Problem::invalid("id", "a webhook that is enabled"));
        }
        let (key, at) = (Alphanumeric.sample_string(&mut rand::rng(), 20), self.clock.millis());
        let message = Message { key, kind: TEST.to_owned(), data: json!({ "webhook": known.id }), at };
        let (id, record) = (message.delivery(known.id.as_str()), message.to(&known, at));
        let write = Write { id: id.clone(), body: json!(record), expect: Expect::Absent };
        self.documents.put(&DELIVERIES, write).await?;
        self.wake.notify_one();
        show(&id, record)
    }

    pub(super) async fn list_deliveries(&self, _: RequestContext, call: ListDeliveries) -> Result<DeliveryPage, Problem> {
        self.of(&call.id).await?;
        let limit = u32::from(call.limit.unwrap_or(PAGE));
        let find = Find { direction: Direction::Descending, limit, ..of_state(call.id.as_str(), call.state) };
        let total = self.documents.count_found(&DELIVERIES, find.clone()).await?;
        let page = self.documents.find(&DELIVERIES, Find { after: call.page_token.as_deref(), ..find }).await?;
        let readable = page.documents.iter().filter_map(|document| Some((&document.id, readable(document)?)));
        let items = readable.map(|(id, record)| show(id, record));
        Ok(DeliveryPage { items: items.collect::<Result<_, _>>()?, total, next: page.next })
    }

    pub(super) async fn retry(&self, _: RequestContext, call: RetryDelivery) -> Result<(), Problem> {
        self.of(&call.id).await?;
        let now = self.clock.millis();
        let asked = update(&*self.documents, &DELIVERIES, call.delivery.as_str(), |stored: Option<DeliveryRecord>| {
            let stored = stored.filter(|record| record.webhook == call.id && record.state != DeliveryState::Delivered);
            let mut record = stored.ok_or_else(|| Problem::not_found("delivery that waits or was given up"))?;
            record.begin_again(now);
            Ok::<_, Problem>(Change::Put(record))
        });
        asked.await?;
        self.wake.notify_one();
        Ok(())
    }

    pub(super) async fn retry_dead_letters(
        &self,
        _: RequestContext,
        call: RetryDeadLetters,
    ) -> Result<RetriedDeadLetters, Problem> {
        self.of(&call.id).await?;
        let (now, mut retried) = (self.clock.millis(), 0);
        let find = Find { from: Some(call.since.into()), limit: RETRIED, ..of_state(call.id.as_str(), DeliveryState::Dead) };
        let mut writes = Vec::new();
        for document in self.documents.find(&DELIVERIES, find.clone()).await?.documents {
            let Some(mut record) = readable::<DeliveryRecord>(&document) else { continue };
            record.begin_again(now);
            writes.push(Write { id: document.id, body: json!(record), expect: Expect::Version(document.version) });
        }
        if !writes.is_empty() {
            for outcome in self.documents.put_many(&DELIVERIES, writes).await? {
                match outcome {
                    Ok(_) => retried += 1,
                    // Somebody asked for it a moment ago, or it went.
                    Err(StoreError::Conflict { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        self.wake.notify_one();
        let rest = self.documents.find(&DELIVERIES, Find { limit: RETRIED, ..find }).await?;
        let left = rest.documents.iter().filter(|document| readable::<DeliveryRecord>(document).is_some()).count();
        Ok(RetriedDeadLetters { retried, left: left as u64 })
    }

    /// A webhook that was not deleted.
    async fn of(&self, id: &WebhookId) -> Result<StoredWebhook, Problem> {
        let stored = read::<WebhookRecord>(&*self.documents, &WEBHOOKS, id.as_str()).await?;
        let stored = stored.filter(|(record, _)| record.deleted.is_none());
        let (record, revision) = stored.ok_or_else(|| Problem::not_found("webhook"))?;
        Ok(StoredWebhook { id: id.clone(), revision, record })
    }

    async fn show(&self, known: StoredWebhook) -> Result<Webhook, Problem> {
        let StoredWebhook { id, record, .. } = known;
        let count = |state| self.documents.count_found(&DELIVERIES, of_state(id.as_str(), state));
        let (waiting, dead_letters) = tokio::try_join!(count(DeliveryState::Waiting), count(DeliveryState::Dead))?;
        let now = self.clock.millis();
        let old_secret_until = record.secrets.iter().filter_map(|secret| secret.until).filter(|until| *until > now).max();
        Ok(Webhook {
            id,
            url: record.url,
            description: record.description,
            events: record.events,
            is_enabled: record.is_enabled,
            version: record.version,
            created: record.created,
            failing_since: record.failing_since,
            stopped: record.stopped,
            old_secret_until,
            waiting,
            dead_letters,
        })
    }
}

/// A delivery as operators see it.
fn show(id: &str, record: DeliveryRecord) -> Result<Delivery, Problem> {
    let id: DeliveryId = id.parse().map_err(|error| StoreError::corrupt(id, error))?;
    Ok(Delivery {
        id,
        event: record.event,
        state: record.state,
        created: record.created,
        next_try: record.due,
        tries: record.tries,
        attempts: record.attempts,
        given_up: record.given_up,
    })
}
