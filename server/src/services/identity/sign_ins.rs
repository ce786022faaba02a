//! The devices that are signed in: begun, refreshed, listed, ended.
//!
//! A refresh token is good once. Its predecessor is answered with the same successor for half a minute, for a browser
//! that asked twice at once or lost the answer; anything older ends the sign-in, because somebody has a copy.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use contract::{
    Problem,
    ids::{AccountId, ProfileId, SignInId},
};

use super::{
    now_millis,
    record::{SignInRecord, Through, random_id},
};
use crate::{
    session::{Bearer, KeyRing, REFRESH_SECONDS, RefreshKey, RefreshToken, Tokens},
    storage::{
        StoreError,
        keyvalue::{Expect, KeyValue, SCAN_LIMIT},
    },
};

/// How long a device stays signed in that nobody uses.
const KEPT: Duration = Duration::from_secs(REFRESH_SECONDS);
/// How long the token before the current one is answered with its successor again.
const GRACE_MILLIS: u64 = 30_000;
/// Devices of one account that are shown.
const AT_MOST: usize = 100;
/// Tries of a compare-and-set.
const TRIES: u8 = 8;

pub struct SignIns {
    store: Arc<dyn KeyValue>,
    keys: KeyRing,
    refresh: RefreshKey,
}

impl SignIns {
    pub fn new(store: Arc<dyn KeyValue>, keys: KeyRing, refresh: RefreshKey) -> Self {
        Self { store, keys, refresh }
    }

    /// Signs a device in.
    ///
    /// # Errors
    /// What the store says.
    pub async fn begin(
        &self,
        account: &AccountId,
        profile: &ProfileId,
        device: String,
        through: Option<Through>,
    ) -> Result<(SignInId, Tokens), Problem> {
        let sign_in: SignInId = random_id();
        let now = now_millis();
        let profile = profile.clone();
        let record = SignInRecord { device, created: now, seen: now, profile, generation: 1, rotated: now, through };
        self.put(account, &sign_in, &record, Expect::Absent).await?;
        let bearer = Bearer { account: account.clone(), sign_in };
        let tokens = self.tokens(&bearer, Some(record.generation)).ok_or_else(Problem::internal)?;
        Ok((bearer.sign_in, tokens))
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn get(&self, account: &AccountId, sign_in: &SignInId) -> Result<Option<SignInRecord>, StoreError> {
        Ok(self.entry(account, sign_in).await?.map(|(record, _)| record))
    }

    /// Trades a refresh token for its successor.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn refresh(&self, token: RefreshToken) -> Result<Option<(Bearer, Tokens)>, StoreError> {
        let bearer = Bearer { account: token.account, sign_in: token.sign_in };
        for _ in 0..TRIES {
            let Some((record, version)) = self.entry(&bearer.account, &bearer.sign_in).await? else { return Ok(None) };
            let now = now_millis();
            if token.generation == record.generation {
                let next = SignInRecord { generation: record.generation + 1, rotated: now, seen: now, ..record };
                match self.put(&bearer.account, &bearer.sign_in, &next, Expect::Version(version)).await {
                    Ok(()) => return Ok(self.tokens(&bearer, Some(next.generation)).map(|tokens| (bearer, tokens))),
                    Err(StoreError::Conflict { .. }) => continue,
                    Err(error) => return Err(error),
                }
            }
            let is_graced = token.generation + 1 == record.generation && now.saturating_sub(record.rotated) <= GRACE_MILLIS;
            if is_graced {
                return Ok(self.tokens(&bearer, Some(record.generation)).map(|tokens| (bearer, tokens)));
            }
            tracing::warn!(account = %bearer.account, sign_in = %bearer.sign_in, "a refresh token was used again: signed out");
            self.end(&bearer.account, &bearer.sign_in).await?;
            return Ok(None);
        }
        Ok(None)
    }

    /// From now on this profile watches on the device.
    ///
    /// # Errors
    /// `sign_in_required` where the sign-in is gone; what the store says.
    pub async fn select(&self, account: &AccountId, sign_in: &SignInId, profile: &ProfileId) -> Result<(), Problem> {
        for _ in 0..TRIES {
            let Some((record, version)) = self.entry(account, sign_in).await? else {
                return Err(Problem::new(contract::Code::SignInRequired));
            };
            let next = SignInRecord { profile: profile.clone(), ..record };
            match self.put(account, sign_in, &next, Expect::Version(version)).await {
                Ok(()) => return Ok(()),
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Problem::new(contract::Code::Overloaded).with_retry_after(1))
    }

    /// The devices of an account, the latest seen first; at most [`AT_MOST`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list(&self, account: &AccountId) -> Result<Vec<(SignInId, SignInRecord)>, StoreError> {
        let mut found = self.all(account).await?;
        found.sort_by_key(|(_, record)| std::cmp::Reverse(record.seen));
        found.truncate(AT_MOST);
        Ok(found)
    }

    /// The devices of an account. Beyond a thousand nobody counts them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn all(&self, account: &AccountId) -> Result<Vec<(SignInId, SignInRecord)>, StoreError> {
        let prefix = format!("sign-in/{account}/");
        let mut found = Vec::new();
        for (key, entry) in self.store.scan(&prefix, None, SCAN_LIMIT).await? {
            if let Some(id) = key.strip_prefix(&prefix).and_then(|id| id.parse().ok()) {
                found.push((id, read(&key, &entry.value)?));
            }
        }
        Ok(found)
    }

    /// Signs a device out; whether it was signed in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end(&self, account: &AccountId, sign_in: &SignInId) -> Result<bool, StoreError> {
        self.store.delete(&key(account, sign_in), Expect::Anything).await
    }

    /// Signs every device out but `this`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_others(&self, account: &AccountId, this: Option<&SignInId>) -> Result<(), StoreError> {
        loop {
            let others: Vec<_> = self.list(account).await?.into_iter().filter(|(id, _)| Some(id) != this).collect();
            if others.is_empty() {
                return Ok(());
            }
            for (id, _) in others {
                self.end(account, &id).await?;
            }
        }
    }

    fn tokens(&self, bearer: &Bearer, generation: Option<u64>) -> Option<Tokens> {
        let access = self.keys.sign(bearer)?;
        let refresh = generation.map(|generation| self.refresh.make(&bearer.account, &bearer.sign_in, generation));
        Some(Tokens { access, refresh })
    }

    async fn entry(&self, account: &AccountId, sign_in: &SignInId) -> Result<Option<(SignInRecord, u64)>, StoreError> {
        let key = key(account, sign_in);
        let entry = self.store.get(&key).await?;
        entry.map(|entry| read(&key, &entry.value).map(|record| (record, entry.version))).transpose()
    }

    async fn put(&self, account: &AccountId, id: &SignInId, record: &SignInRecord, expect: Expect) -> Result<(), StoreError> {
        let key = key(account, id);
        let value = serde_json::to_vec(record).map_err(|error| corrupt(&key, &error))?;
        self.store.put(&key, Bytes::from(value), expect, Some(KEPT)).await.map(|_| ())
    }
}

fn key(account: &AccountId, sign_in: &SignInId) -> String {
    format!("sign-in/{account}/{sign_in}")
}

fn read(key: &str, value: &[u8]) -> Result<SignInRecord, StoreError> {
    serde_json::from_slice(value).map_err(|error| corrupt(key, &error))
}

fn corrupt(key: &str, error: &serde_json::Error) -> StoreError {
    StoreError::Corrupt { key: key.to_owned(), reason: error.to_string() }
}
