//! Those who keep something for profiles and accounts, told together what becomes of them.
//!
//! Must never leave one out because it answers no calls in this process: what it keeps is in a store that all share.

use std::sync::Arc;

use async_trait::async_trait;
use contract::ids::{AccountId, ProfileId};

use super::Service;
use crate::storage::StoreError;

/// Which profiles are gone. Asked where something is written for a profile, never where it is read.
#[async_trait]
pub trait Tombstones: Send + Sync + 'static {
    /// Whether the profile was deleted, or merged into another; known at once in the process that did it, and within five
    /// seconds elsewhere.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn is_gone(&self, profile: &ProfileId) -> Result<bool, StoreError>;
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
