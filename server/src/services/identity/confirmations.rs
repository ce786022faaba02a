//! On which device somebody showed a factor of the account a moment ago: what changes a credential asks for it.
//!
//! A record beside the sign-in, for five minutes. Must never be written without a factor that was shown, and what cannot
//! be read confirms nothing.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use contract::ids::{AccountId, SignInId};

use crate::{
    clock::Clock,
    storage::{
        StoreError,
        keyvalue::{Expect, KeyValue},
    },
};

/// How long a factor that was shown counts.
const COUNTS: Duration = Duration::from_secs(5 * 60);

pub struct Confirmations {
    store: Arc<dyn KeyValue>,
    clock: Clock,
}

impl Confirmations {
    pub fn new(store: Arc<dyn KeyValue>, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// A factor of the account was shown on the device now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note(&self, account: &AccountId, sign_in: &SignInId) -> Result<(), StoreError> {
        let now = Bytes::from(self.clock.millis().to_string());
        self.store.put(&key(account, sign_in), now, Expect::Anything, Some(COUNTS)).await.map(|_| ())
    }

    /// What was shown on the device counts no more: somebody else has it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn clear(&self, account: &AccountId, sign_in: &SignInId) -> Result<(), StoreError> {
        self.store.delete(&key(account, sign_in), Expect::Anything).await.map(|_| ())
    }

    /// Whether one was shown within the last five minutes. Where the clock was put back since, it was not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_fresh(&self, account: &AccountId, sign_in: &SignInId) -> Result<bool, StoreError> {
        let Some(entry) = self.store.get(&key(account, sign_in)).await? else { return Ok(false) };
        let at = std::str::from_utf8(&entry.value).ok().and_then(|text| text.parse::<u64>().ok());
        let elapsed = at.and_then(|at| self.clock.millis().checked_sub(at));
        Ok(elapsed.is_some_and(|elapsed| Duration::from_millis(elapsed) < COUNTS))
    }
}

fn key(account: &AccountId, sign_in: &SignInId) -> String {
    format!("confirmed/{account}/{sign_in}")
}
