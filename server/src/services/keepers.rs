//! Those who keep something for profiles and accounts, told together what becomes of them.
//!
//! Must never leave one out because it answers no calls in this process: what it keeps is in a store that all share.

use std::{collections::HashSet, sync::Arc};

use async_trait::async_trait;
use contract::{
    Problem,
    ids::{AccountId, ProfileId, TitleId},
};
use serde_json::Value;
use storage::{
    StoreError,
    documents::{Collection, Direction, Document, Documents, Expect, Find, PAGE_LIMIT, Write, delete_unchanged},
};

use super::{Service, exporting::Exported};

/// Which profiles are gone, and which are nobody's. Asked where something is written for a profile, never where it is read.
#[async_trait]
pub trait Tombstones: Send + Sync + 'static {
    /// Whether the profile was deleted, or merged into another; known at once in the process that did it, and within five
    /// seconds elsewhere.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn is_gone(&self, profile: &ProfileId) -> Result<bool, StoreError>;

    /// Whether no account owns the profile, nor ever did, as far as is known: it is a browser's that nobody signed in on, or
    /// was deleted by an older build.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn is_guests(&self, profile: &ProfileId) -> Result<bool, StoreError>;

    /// Which of these accounts were deleted, as the store says now.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing is known of any.
    async fn gone_accounts(&self, accounts: &[AccountId]) -> Result<HashSet<AccountId>, StoreError>;
}

/// # Errors
/// `not_found` where the profile is gone: nothing is kept for it; [`StoreError`].
pub async fn check_life(tombstones: &dyn Tombstones, profile: &ProfileId) -> Result<(), Problem> {
    if tombstones.is_gone(profile).await? { Err(Problem::not_found("profile")) } else { Ok(()) }
}

/// Documents that expire at a time.
const EXPIRE_AT_ONCE: u32 = 200;

/// The field of documents that expire, in an index of each such collection: when a guest wrote it, in milliseconds since 1970.
pub const GUEST_UPDATED: &str = "guest_updated";

/// Dates the documents of guests in a collection that an older build left without a date, so that they expire, too; how many.
/// `whose` says whose a document is; where it has no `updated` it counts as written at `now`.
///
/// # Errors
/// [`StoreError`]; what is left is dated by the next call.
pub async fn date_guests(
    documents: &dyn Documents,
    collection: &Collection,
    tombstones: &dyn Tombstones,
    whose: fn(&Document) -> Option<ProfileId>,
    now: u64,
) -> Result<u64, StoreError> {
    let (mut dated, mut after) = (0, None::<String>);
    loop {
        let page = documents.list(collection, after.as_deref(), PAGE_LIMIT).await?;
        for mut document in page.documents {
            let Some(profile) = whose(&document) else { continue };
            let Some(body) = document.body.as_object_mut() else { continue };
            if body.contains_key(GUEST_UPDATED) || !tombstones.is_guests(&profile).await? {
                continue;
            }
            let updated = body.get("updated").and_then(Value::as_u64).unwrap_or(now);
            body.insert(GUEST_UPDATED.to_owned(), updated.into());
            let Document { id, version, body } = document;
            match documents.put(collection, Write { id, body, expect: Expect::Version(version) }).await {
                Ok(_) => dated += 1,
                // Written by somebody just now, with a date.
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(dated),
        }
    }
}

/// Deletes some of the documents whose `field`, the only one of `index`, is before an instant, in milliseconds since 1970; how many.
/// One that was written meanwhile counts, and stays.
///
/// # Errors
/// [`StoreError`]; then some are left.
pub async fn expire(
    documents: &dyn Documents,
    collection: &Collection,
    (index, field): (&'static str, &str),
    before: u64,
) -> Result<u64, StoreError> {
    let (equals, direction) = (Vec::new(), Direction::Ascending);
    let find = Find { index, equals, from: None, direction, after: None, limit: EXPIRE_AT_ONCE };
    let found = documents.find(collection, find).await?.documents;
    let written = |document: &Document| document.body.get(field).and_then(Value::as_u64);
    // What cannot be read goes with the next in the index that is old.
    let old = found.iter().rposition(|document| written(document).is_some_and(|written| written < before));
    let mut expired = 0;
    for document in found.iter().take(old.map_or(0, |last| last + 1)) {
        delete_unchanged(documents, collection, (&document.id, document.version)).await?;
        expired += 1;
    }
    Ok(expired)
}

/// Nobody is gone, until everybody is.
#[cfg(test)]
#[derive(Clone, Default)]
pub(crate) struct Gone(pub Arc<std::sync::atomic::AtomicBool>);

#[cfg(test)]
#[async_trait]
impl Tombstones for Gone {
    async fn is_gone(&self, _: &ProfileId) -> Result<bool, StoreError> {
        Ok(self.0.load(std::sync::atomic::Ordering::SeqCst))
    }

    async fn is_guests(&self, profile: &ProfileId) -> Result<bool, StoreError> {
        Ok(!self.is_gone(profile).await?)
    }

    async fn gone_accounts(&self, accounts: &[AccountId]) -> Result<HashSet<AccountId>, StoreError> {
        let all_gone = self.0.load(std::sync::atomic::Ordering::SeqCst);
        Ok(accounts.iter().filter(|_| all_gone).cloned().collect())
    }
}

/// Every service that keeps something for profiles or accounts. Cheap to clone.
#[derive(Clone)]
pub struct Keepers(Arc<[Arc<dyn Service>]>);

impl Keepers {
    pub fn new(services: Vec<Arc<dyn Service>>) -> Self {
        Self(services.into())
    }

    /// [`Service::forget`] in each; what is left where one fails is forgotten by the next call.
    ///
    /// # Errors
    /// What the first one says that fails.
    pub async fn forget(&self, profile: &ProfileId) -> Result<(), StoreError> {
        for service in self.0.iter() {
            service.forget(profile).await?;
        }
        Ok(())
    }

    /// [`Service::forget_account`] in each.
    ///
    /// # Errors
    /// As [`Keepers::forget`].
    pub async fn forget_account(&self, account: &AccountId) -> Result<(), StoreError> {
        for service in self.0.iter() {
            service.forget_account(account).await?;
        }
        Ok(())
    }

    /// [`Service::export_each`] of each: what is kept for each of these profiles, in their order.
    ///
    /// # Errors
    /// What the first one says that fails.
    pub async fn export(&self, profiles: &[ProfileId]) -> Result<Vec<Exported>, StoreError> {
        let mut all = vec![Exported::new(); profiles.len()];
        for service in self.0.iter() {
            for (kept, told) in all.iter_mut().zip(service.export_each(profiles).await?) {
                kept.extend(told);
            }
        }
        Ok(all)
    }

    /// [`Service::export_account`] of each.
    ///
    /// # Errors
    /// As [`Keepers::export`].
    pub async fn export_account(&self, account: &AccountId) -> Result<Exported, StoreError> {
        let mut all = Exported::new();
        for service in self.0.iter() {
            all.extend(service.export_account(account).await?);
        }
        Ok(all)
    }

    /// [`Service::forget_title`] in each.
    ///
    /// # Errors
    /// As [`Keepers::forget`].
    pub async fn forget_title(&self, title: &TitleId) -> Result<(), StoreError> {
        for service in self.0.iter() {
            service.forget_title(title).await?;
        }
        Ok(())
    }

    /// [`Service::merge`] in each.
    ///
    /// # Errors
    /// As [`Keepers::forget`].
    pub async fn merge(&self, from: &ProfileId, into: &ProfileId) -> Result<(), StoreError> {
        for service in self.0.iter() {
            service.merge(from, into).await?;
        }
        Ok(())
    }

    /// [`Service::date_guests`] in each; how many records.
    ///
    /// # Errors
    /// As [`Keepers::forget`].
    pub async fn date_guests(&self) -> Result<u64, StoreError> {
        let mut dated = 0;
        for service in self.0.iter() {
            dated += service.date_guests().await?;
        }
        Ok(dated)
    }

    /// [`Service::expire_guests`] in each, until nothing is left that is so old; how many records.
    ///
    /// # Errors
    /// As [`Keepers::forget`].
    pub async fn expire_guests(&self, before: u64) -> Result<u64, StoreError> {
        let mut expired = 0;
        for service in self.0.iter() {
            loop {
                match service.expire_guests(before).await? {
                    0 => break,
                    some => expired += some,
                }
                // A batch at a time: whoever watches goes first.
                tokio::task::yield_now().await;
            }
        }
        Ok(expired)
    }
}
