//! What is done to keys: wrapped anew by another master key while the server goes on, and destroyed.
//!
//! Both can be broken off and begun again.

use std::time::Duration;

use contract::ids::AccountId;
use storage::{
    StoreError,
    keyvalue::{Expect, SCAN_LIMIT},
};

use super::{Access, Act, RECORDS, Vault, audit::Entry, keys::Rewrapped, master::MasterError};

/// How long the copy of a key may be under way that was read before it was destroyed.
const LANDING: Duration = Duration::from_secs(2);

/// What a rotation came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Account keys that were wrapped anew.
    pub rewrapped: u64,
    /// Whether the rotation went on with one that was broken off, or with a key that was put first elsewhere.
    pub resumed: bool,
}

/// What was destroyed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shredded {
    /// Whether there was a key.
    pub key: bool,
    /// Records in the live store.
    pub records: u64,
    /// Forms of the key in the copy.
    pub copies: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    #[error(transparent)]
    Master(#[from] MasterError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Vault {
    /// Wraps the key of every account with a new master key: one that is made, unless keys are left from before that the
    /// current one does not wrap.
    ///
    /// # Errors
    /// [`RotateError`].
    pub async fn rotate(&self, access: &Access, told: impl Fn(u64)) -> Result<Rotated, RotateError> {
        self.audit.record(Entry { access: access.clone(), act: Act::Rotate, what: "master key".to_owned() }).await?;
        let masters = self.keys.masters();
        masters.reload().await?;
        let mut rotated = Rotated { rewrapped: self.pass(&told).await?, resumed: true };
        if rotated.rewrapped == 0 {
            masters.renew().await?;
            rotated.resumed = false;
        }
        // A server that does not know the new key yet makes keys with the old one, until it meets the new one.
        loop {
            match self.pass(&told).await? {
                0 => return Ok(rotated),
                more => rotated.rewrapped += more,
            }
        }
    }

    /// One pass over every key; how many were wrapped anew.
    async fn pass(&self, told: &impl Fn(u64)) -> Result<u64, StoreError> {
        let mut rewrapped = 0;
        let mut after: Option<String> = None;
        loop {
            let page = self.keys.page(after.as_deref()).await?;
            let Some(last) = page.last() else { return Ok(rewrapped) };
            after = Some(last.clone());
            for account in &page {
                match self.keys.rewrap(account).await? {
                    Rewrapped::Now => {
                        self.copy_key(account).await?;
                        rewrapped += 1;
                        told(rewrapped);
                    }
                    Rewrapped::Already | Rewrapped::Destroyed => {}
                }
            }
        }
    }

    async fn copy_key(&self, account: &str) -> Result<(), StoreError> {
        let Some(replication) = &self.copy else { return Ok(()) };
        match self.keys.wrapped(account).await? {
            Some(wrapped) => replication.copy.copy_key(account, wrapped).await,
            None => Ok(()),
        }
    }

    /// Destroys the key of an account, here and in the copy, and its records here: nothing of it opens ever again.
    ///
    /// # Errors
    /// What a store says; what was not destroyed is, when it is called again.
    pub async fn shred(&self, access: &Access, account: &AccountId) -> Result<Shredded, StoreError> {
        let account = account.as_str();
        self.audit.record(Entry { access: access.clone(), act: Act::Shred, what: account.to_owned() }).await?;
        let mut shredded = Shredded { key: self.keys.destroy(account).await?, ..Shredded::default() };
        let prefix = format!("{RECORDS}{account}/");
        loop {
            let page = self.store.scan(&prefix, None, SCAN_LIMIT).await?;
            if page.is_empty() {
                break;
            }
            for (key, _) in page {
                shredded.records += u64::from(self.store.delete(&key, Expect::Anything).await?);
            }
        }
        if let Some(replication) = &self.copy {
            shredded.copies = replication.copy.shred(account).await?;
            tokio::time::sleep(LANDING).await;
            shredded.copies += replication.copy.shred(account).await?;
        }
        Ok(shredded)
    }
}
