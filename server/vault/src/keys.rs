//! The keys of accounts: one each, wrapped by a master key, kept in the live store under `key/<account>`.
//!
//! Whoever destroys it destroys every record of the account, in the copy as well: what is copied is sealed with it. What
//! was destroyed leaves a mark, so that no key is made again. Must never keep a key in memory between two calls.

use std::sync::Arc;

use bytes::Bytes;
use storage::{
    StoreError,
    keyvalue::{Expect, KeyValue, SCAN_LIMIT},
};

use super::{
    envelope::{self, Key},
    master::Masters,
};

const PREFIX: &str = "key/";
/// In place of a key.
const DESTROYED: &[u8] = b"destroyed";
/// Tries of a compare-and-set; each fails only where another write succeeded.
const TRIES: u8 = 8;

/// What there is of an account's key.
pub enum Found {
    Key(Key),
    /// Nothing was ever kept for this account.
    Nothing,
    Destroyed,
}

/// What became of a key that was to be wrapped anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rewrapped {
    Now,
    Already,
    Destroyed,
}

/// Whether the store has a key of some account.
///
/// # Errors
/// What the store says.
pub async fn are_in(store: &Arc<dyn KeyValue>) -> Result<bool, StoreError> {
    let found = store.scan(PREFIX, None, SCAN_LIMIT).await?;
    Ok(found.iter().any(|(_, entry)| entry.value != DESTROYED))
}

pub struct AccountKeys {
    store: Arc<dyn KeyValue>,
    masters: Masters,
}

impl AccountKeys {
    pub fn new(store: Arc<dyn KeyValue>, masters: Masters) -> Self {
        Self { store, masters }
    }

    pub const fn masters(&self) -> &Masters {
        &self.masters
    }

    /// # Errors
    /// [`StoreError::Corrupt`] where no master key opens it; what the store says.
    pub async fn find(&self, account: &str) -> Result<Found, StoreError> {
        match self.store.get(&at(account)).await? {
            None => Ok(Found::Nothing),
            Some(entry) if entry.value == DESTROYED => Ok(Found::Destroyed),
            Some(entry) => self.unwrap(account, &entry.value).await.map(Found::Key),
        }
    }

    /// The key of an account, made where there is none yet.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] where it was destroyed; as [`AccountKeys::find`].
    pub async fn make(&self, account: &str) -> Result<Key, StoreError> {
        for _ in 0..TRIES {
            match self.find(account).await? {
                Found::Key(key) => return Ok(key),
                Found::Destroyed => {
                    return Err(StoreError::Invalid { reason: format!("the records of {account} were destroyed") });
                }
                Found::Nothing => {}
            }
            let key = Key::random();
            match self.store.put(&at(account), self.wrap(account, &key)?, Expect::Absent, None).await {
                Ok(_) => return Ok(key),
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict { key: at(account) })
    }

    /// Destroys the key for good; whether there was one.
    ///
    /// # Errors
    /// What the store says.
    pub async fn destroy(&self, account: &str) -> Result<bool, StoreError> {
        let before = self.store.get(&at(account)).await?;
        self.store.put(&at(account), Bytes::from_static(DESTROYED), Expect::Anything, None).await?;
        Ok(before.is_some_and(|entry| entry.value != DESTROYED))
    }

    /// The wrapped key as it is kept, for the copy; nothing where it was destroyed or never made.
    ///
    /// # Errors
    /// What the store says.
    pub async fn wrapped(&self, account: &str) -> Result<Option<Bytes>, StoreError> {
        let entry = self.store.get(&at(account)).await?;
        Ok(entry.map(|entry| entry.value).filter(|value| value != DESTROYED))
    }

    /// A page of accounts that have a key, or had one, after the account `after`.
    ///
    /// # Errors
    /// What the store says.
    pub async fn page(&self, after: Option<&str>) -> Result<Vec<String>, StoreError> {
        let after = after.map(at);
        let found = self.store.scan(PREFIX, after.as_deref(), SCAN_LIMIT).await?;
        Ok(found.into_iter().filter_map(|(key, _)| key.strip_prefix(PREFIX).map(str::to_owned)).collect())
    }

    /// Wraps the key of an account with the current master key, unless it is.
    ///
    /// # Errors
    /// As [`AccountKeys::find`].
    pub async fn rewrap(&self, account: &str) -> Result<Rewrapped, StoreError> {
        for _ in 0..TRIES {
            let Some(entry) = self.store.get(&at(account)).await? else { return Ok(Rewrapped::Destroyed) };
            if entry.value == DESTROYED {
                return Ok(Rewrapped::Destroyed);
            }
            let by = envelope::wrapped_by(&entry.value).map_err(|error| StoreError::corrupt(at(account), error))?;
            if by == self.masters.ring().current().0 {
                return Ok(Rewrapped::Already);
            }
            let key = self.unwrap(account, &entry.value).await?;
            match self.store.put(&at(account), self.wrap(account, &key)?, Expect::Version(entry.version), None).await {
                Ok(_) => return Ok(Rewrapped::Now),
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict { key: at(account) })
    }

    /// # Errors
    /// [`StoreError::Corrupt`] where no master key opens it.
    pub async fn unwrap(&self, account: &str, wrapped: &[u8]) -> Result<Key, StoreError> {
        let by = envelope::wrapped_by(wrapped).map_err(|error| StoreError::corrupt(at(account), error))?;
        let ring = self.masters.knowing(by).await;
        let master = ring
            .find(by)
            .ok_or_else(|| StoreError::corrupt(at(account), "its master key is not among those that are configured"))?;
        envelope::unwrap(master, account, wrapped).map_err(|error| StoreError::corrupt(at(account), error))
    }

    fn wrap(&self, account: &str, key: &Key) -> Result<Bytes, StoreError> {
        let ring = self.masters.ring();
        let (id, master) = ring.current();
        envelope::wrap(master, id, account, key).map(Bytes::from).map_err(|error| StoreError::corrupt(at(account), error))
    }
}

/// Where the key of an account is kept.
pub fn at(account: &str) -> String {
    format!("{PREFIX}{account}")
}
