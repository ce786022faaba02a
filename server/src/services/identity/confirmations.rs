//! On which device somebody showed a factor of the account a moment ago: what changes a credential asks for it.
//!
//! A record beside the sign-in, for five minutes. Must never be written without a factor that was shown, and what cannot
//! be read confirms nothing.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use contract::ids::{AccountId, SignInId};
use runtime::clock::Clock;
use storage::{
    StoreError,
    keyvalue::{Expect, KeyValue, SCAN_LIMIT},
};

use crate::context::ActiveProfile;

/// How long a factor that was shown counts.
const COUNTS: Duration = Duration::from_secs(5 * 60);

/// What a factor was shown for. A sign-in, or a parent who changes something, lets nobody out of a profile that the device is
/// given afterwards, here or from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// To change what signs in.
    ToChange,
    /// To leave a profile with an age limit, or one that is gone: shown while it watched.
    ToLeave,
}

impl Confirmed {
    /// For a factor that is shown while this profile watches.
    pub const fn by(active: ActiveProfile) -> Self {
        match active {
            ActiveProfile::Unrestricted => Self::ToChange,
            ActiveProfile::AgeLimited | ActiveProfile::Missing => Self::ToLeave,
        }
    }

    /// What stands behind the time in the record.
    const fn suffix(self) -> &'static str {
        match self {
            Self::ToChange => "",
            Self::ToLeave => "/leave",
        }
    }
}

pub struct Confirmations {
    store: Arc<dyn KeyValue>,
    clock: Clock,
}

impl Confirmations {
    pub fn new(store: Arc<dyn KeyValue>, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// A factor of the account was shown on the device now, for `what`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note(&self, account: &AccountId, sign_in: &SignInId, what: Confirmed) -> Result<(), StoreError> {
        let now = Bytes::from(format!("{}{}", self.clock.millis(), what.suffix()));
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
        Ok(self.fresh(account, sign_in).await?.is_some())
    }

    /// Whether one was shown within the last five minutes by whoever wants to leave the profile that watches on the device.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lets_leave(&self, account: &AccountId, sign_in: &SignInId) -> Result<bool, StoreError> {
        Ok(self.fresh(account, sign_in).await? == Some(Confirmed::ToLeave))
    }

    async fn fresh(&self, account: &AccountId, sign_in: &SignInId) -> Result<Option<Confirmed>, StoreError> {
        let Some(entry) = self.store.get(&key(account, sign_in)).await? else { return Ok(None) };
        let Ok(text) = std::str::from_utf8(&entry.value) else { return Ok(None) };
        let (at, what) = match text.strip_suffix(Confirmed::ToLeave.suffix()) {
            Some(at) => (at, Confirmed::ToLeave),
            None => (text, Confirmed::ToChange),
        };
        let elapsed = at.parse::<u64>().ok().and_then(|at| self.clock.millis().checked_sub(at));
        Ok(elapsed.filter(|elapsed| Duration::from_millis(*elapsed) < COUNTS).map(|_| what))
    }

    /// Forgets every device of an account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget(&self, account: &AccountId) -> Result<(), StoreError> {
        loop {
            let devices = self.store.scan(&prefix(account), None, SCAN_LIMIT).await?;
            if devices.is_empty() {
                return Ok(());
            }
            for (key, _) in devices {
                self.store.delete(&key, Expect::Anything).await?;
            }
        }
    }
}

fn prefix(account: &AccountId) -> String {
    format!("confirmed/{account}/")
}

fn key(account: &AccountId, sign_in: &SignInId) -> String {
    format!("{}{sign_in}", prefix(account))
}
