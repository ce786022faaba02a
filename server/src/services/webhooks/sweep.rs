//! What ends: deliveries that are older than they are kept or tell of accounts that are gone, what is left of webhooks that were deleted,
//! and what change feeds remember of deletions.
//!
//! Must never delete what waits because of what a clock says, but for what tells of an account that is gone.

use std::{sync::Arc, time::Duration};

use contract::ids::{AccountId, WebhookId};
use serde_json::{Map, Value, json};
use storage::{
    StoreError,
    documents::{
        Change, Direction, Document, Expect, Find, PAGE_LIMIT, Write, all_of, delete_all, delete_unchanged, feed::Since, parse,
        update,
    },
};

use super::{
    Webhooks,
    outbox::waits_until,
    record::{BY_ACCOUNT, BY_DUE, BY_EXPIRY, BY_STATE, DELIVERIES, DeliveryRecord, NEVER, WEBHOOKS},
    retries,
};
use crate::services::trimming::Trimming;

/// When what was made for a webhook at the moment that it was deleted goes as well, in milliseconds.
const ONCE_MORE_AFTER: u64 = 10 * 60 * 1000;
/// After how long a delivery is looked at again that cannot be read, in milliseconds.
const UNREADABLE_FOR: u64 = 60 * 60 * 1000;
/// How often it is looked whether a feed that nobody follows may be trimmed.
const TRIM: Duration = Duration::from_secs(60);

impl Webhooks {
    /// Deletes what is older than it is kept, and what is left of webhooks that were deleted.
    ///
    /// # Errors
    /// [`StoreError`]; the rest is deleted by the next call.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        let now = self.clock.millis();
        self.expire(now).await?;
        for webhook in self.known().await? {
            let Some(deleted) = webhook.record.deleted else {
                self.bring_forward(&webhook.id, now).await?;
                continue;
            };
            self.purge(&webhook.id).await?;
            if now >= deleted.saturating_add(ONCE_MORE_AFTER) {
                let expect = Expect::Version(webhook.revision);
                self.documents.delete(&WEBHOOKS, webhook.id.as_str(), expect).await?;
            }
        }
        Ok(())
    }

    /// Deletes deliveries that came to their end long ago. One that waits stays; an older build gave it an end.
    async fn expire(&self, now: u64) -> Result<(), StoreError> {
        let mut after = None::<String>;
        loop {
            let (equals, direction) = (Vec::new(), Direction::Ascending);
            let find = Find { index: BY_EXPIRY, equals, from: None, direction, after: after.as_deref(), limit: PAGE_LIMIT };
            let page = self.documents.find(&DELIVERIES, find).await?;
            for document in page.documents {
                if document.body.is_null() {
                    self.drop_lost(&document).await?;
                    continue;
                }
                if number(&document, "expires").is_none_or(|expires| expires >= now) {
                    return Ok(());
                }
                let waits = number(&document, "due").is_some() && number(&document, "gone").is_none();
                // What no build could read in all this time is nothing.
                if waits && parse::<DeliveryRecord>(&document).is_ok() {
                    self.set(document, "expires", NEVER).await?;
                } else {
                    settled(self.documents.delete(&DELIVERIES, &document.id, Expect::Version(document.version)).await)?;
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// What would be tried later than any pause is long was put off by a clock that was ahead.
    async fn bring_forward(&self, webhook: &WebhookId, now: u64) -> Result<(), StoreError> {
        let latest = now.saturating_add(u64::try_from(retries::LONGEST.as_millis()).unwrap_or(u64::MAX));
        let late = Find { limit: PAGE_LIMIT, direction: Direction::Descending, ..all_of(BY_DUE, &[webhook.as_str()]) };
        loop {
            let mut brought = 0;
            for document in self.documents.find(&DELIVERIES, late.clone()).await?.documents {
                if document.body.is_null() {
                    self.drop_lost(&document).await?;
                    continue;
                }
                if number(&document, "due").is_none_or(|due| due <= latest) {
                    return Ok(());
                }
                brought += u32::from(self.set(document, "due", latest).await?);
            }
            if brought < PAGE_LIMIT {
                return Ok(());
            }
        }
    }

    /// A delivery that is no JSON any more, as a damaged disk leaves it: no build can deliver it, and it is in nobody's way.
    async fn drop_lost(&self, document: &Document) -> Result<(), StoreError> {
        tracing::error!(delivery = document.id, "a delivery is no JSON any more, and is lost");
        delete_unchanged(&*self.documents, &DELIVERIES, (&document.id, document.version)).await.map(drop)
    }

    /// A delivery that cannot be read is out of the way of the others for a while.
    pub(super) async fn put_off(&self, document: Document, now: u64) -> Result<(), StoreError> {
        if document.body.is_null() {
            return self.drop_lost(&document).await;
        }
        self.set(document, "due", now.saturating_add(UNREADABLE_FOR)).await.map(drop)
    }

    /// Sets one field of a delivery, whatever else is in it; whether nobody had changed it meanwhile.
    async fn set(&self, document: Document, field: &str, value: u64) -> Result<bool, StoreError> {
        let Document { id, version, mut body } = document;
        let Some(fields) = body.as_object_mut() else { return Ok(false) };
        fields.insert(field.to_owned(), value.into());
        settled(self.documents.put(&DELIVERIES, Write { id, body, expect: Expect::Version(version) }).await)
    }

    /// Deletes what tells of an account that is gone and was delivered or given up; what waits still has to be told, and goes with that,
    /// or after thirty days.
    pub(super) async fn forget_deliveries(&self, account: &AccountId) -> Result<(), StoreError> {
        let (now, mut after) = (self.clock.millis(), None::<String>);
        loop {
            let find = Find { limit: PAGE_LIMIT, after: after.as_deref(), ..all_of(BY_ACCOUNT, &[account.as_str()]) };
            let page = self.documents.find(&DELIVERIES, find).await?;
            for document in &page.documents {
                if document.body.is_null() {
                    self.drop_lost(document).await?;
                    continue;
                }
                // As fields: one that this build cannot read tells of the account as well.
                let forgotten =
                    update(&*self.documents, &DELIVERIES, &document.id, |delivery: Option<Map<String, Value>>| match delivery {
                        Some(delivery) if !delivery.contains_key("due") => Ok::<_, StoreError>(Change::Delete),
                        Some(mut delivery) if !delivery.contains_key("gone") => {
                            delivery.insert("gone".to_owned(), json!(now));
                            delivery.insert("expires".to_owned(), json!(waits_until(Some(now))));
                            Ok(Change::Put(delivery))
                        }
                        Some(_) | None => Ok(Change::Keep),
                    });
                forgotten.await?;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// Deletes everything that was to be delivered to a webhook, and what was.
    pub(super) async fn purge(&self, webhook: &WebhookId) -> Result<(), StoreError> {
        for index in [BY_STATE, BY_DUE] {
            delete_all(&*self.documents, &DELIVERIES, index, &[webhook.as_str().into()]).await?;
        }
        Ok(())
    }

    /// Lets go of what a feed remembers of deletions, where nobody else follows it.
    ///
    /// # Errors
    /// [`StoreError`]; the next call does it.
    pub(super) async fn trim(&self, at: usize, trimming: &mut Trimming) -> Result<(), StoreError> {
        let Some(source) = self.sources.get(at).filter(|source| source.is_followed_here_alone && trimming.is_due()) else {
            return Ok(());
        };
        let position = self.position_of(source).await?;
        trimming.trim(position, source.collection, &*self.documents).await
    }

    /// Trims the feeds in a process that follows none, for as long as the server runs: perhaps no other does. One that does, and was away
    /// for an hour, compares every document with what it noted, and misses nothing.
    ///
    /// # Errors
    /// Never; what fails is tried again.
    pub async fn run_trimmer(self: Arc<Self>) -> Result<(), String> {
        let mut trimmed: Vec<Trimming> = self.sources.iter().map(|_| Trimming::default()).collect();
        loop {
            for (at, trimming) in trimmed.iter_mut().enumerate() {
                if let Err(error) = StoreError::unless_away(self.trim_to_its_end(at, trimming).await) {
                    tracing::warn!(%error, "what was deleted is remembered for longer");
                }
            }
            tokio::time::sleep(TRIM).await;
        }
    }

    /// As [`Webhooks::trim`], up to where the feed itself stood an hour ago.
    ///
    /// # Errors
    /// As [`Webhooks::trim`].
    pub(super) async fn trim_to_its_end(&self, at: usize, trimming: &mut Trimming) -> Result<(), StoreError> {
        let Some(source) = self.sources.get(at).filter(|source| source.is_followed_here_alone && trimming.is_due()) else {
            return Ok(());
        };
        let end = self.documents.changes(source.collection, Since::Listing(""), 1).await?;
        trimming.trim(end.map(|end| end.position), source.collection, &*self.documents).await
    }
}

/// A field of a delivery, whatever else is in it.
fn number(document: &Document, field: &str) -> Option<u64> {
    document.body.get(field).and_then(Value::as_u64)
}

/// Whether what was written was still as it had been read.
fn settled<T>(written: Result<T, StoreError>) -> Result<bool, StoreError> {
    match written {
        Ok(_) => Ok(true),
        Err(StoreError::Conflict { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}
