//! The devices that are signed in: begun, refreshed, listed, ended.
//!
//! Which refresh tokens are good is `rotation.rs`; this writes it down, one entry by compare-and-set. Must never keep a
//! provider's ID token in the clear.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use contract::{
    Problem,
    ids::{AccountId, ProfileId, SignInId},
};
use runtime::clock::Clock;
use storage::{
    StoreError,
    keyvalue::{Expect, KeyValue, SCAN_LIMIT},
};

use super::{
    record::{SignInRecord, Through, random_id},
    rotation::Presented,
};
use crate::{
    seal::SealKey,
    session::{Bearer, KeyRing, REFRESH_SECONDS, RefreshKey, RefreshToken, Tokens},
};

/// How long a device stays signed in that nobody uses.
const KEPT: Duration = Duration::from_secs(REFRESH_SECONDS);
/// Devices of one account that are shown.
const AT_MOST: usize = 100;
/// Tries of a compare-and-set.
const TRIES: u8 = 16;
/// What ID tokens are sealed for.
pub const SEALED: &str = "provider session v1";

pub struct SignIns {
    store: Arc<dyn KeyValue>,
    keys: KeyRing,
    refresh: RefreshKey,
    seal: SealKey,
    pub(super) clock: Clock,
}

/// What issues and seals tokens.
pub struct Keys {
    pub access: KeyRing,
    pub refresh: RefreshKey,
    pub seal: SealKey,
}

impl SignIns {
    pub fn new(store: Arc<dyn KeyValue>, keys: Keys, clock: Clock) -> Self {
        Self { store, keys: keys.access, refresh: keys.refresh, seal: keys.seal, clock }
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
        let (now, profile) = (self.clock.millis(), profile.clone());
        let record = SignInRecord {
            device,
            created: now,
            seen: now,
            profile,
            generation: 1,
            rotated: now,
            confirmed: Some(0),
            confirmed_at: now,
            through,
        };
        let bearer = Bearer { account: account.clone(), sign_in };
        let tokens = self.tokens(&bearer, record.generation).ok_or_else(Problem::internal)?;
        self.put(account, &bearer.sign_in, record, Expect::Absent).await?;
        Ok((bearer.sign_in, tokens))
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn get(&self, account: &AccountId, sign_in: &SignInId) -> Result<Option<SignInRecord>, StoreError> {
        Ok(self.entry(account, sign_in).await?.map(|(record, _)| record))
    }

    /// Trades a refresh token for its successor. No tokens come with a request that was under way when its own was retired.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn refresh(&self, token: RefreshToken) -> Result<Option<(Bearer, Option<Tokens>)>, StoreError> {
        let bearer = Bearer { account: token.account, sign_in: token.sign_in };
        let presented = self.change(&bearer.account, &bearer.sign_in, |record| {
            let (presented, next) = record.present(token.generation, self.clock.millis());
            (next, presented)
        });
        match presented.await? {
            None => Ok(None),
            Some(Presented::HandOut(generation)) => Ok(self.tokens(&bearer, generation).map(|tokens| (bearer, Some(tokens)))),
            Some(Presented::UnderWay) => Ok(Some((bearer, None))),
            Some(Presented::Copied) => {
                tracing::warn!(account = %bearer.account, sign_in = %bearer.sign_in, "a refresh token was used again: signed out");
                self.end(&bearer.account, &bearer.sign_in).await?;
                Ok(None)
            }
        }
    }

    /// Notes that a request bears an access token of this generation: what was handed out arrived, and the refresh token
    /// before it is retired.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn confirm(&self, bearer: &Bearer, generation: u64) -> Result<(), StoreError> {
        let confirmed =
            self.change(&bearer.account, &bearer.sign_in, |record| (record.confirm(generation, self.clock.millis()), ()));
        confirmed.await.map(|_| ())
    }

    /// From now on this profile watches on the device.
    ///
    /// # Errors
    /// `sign_in_required` where the sign-in is gone; what the store says.
    pub async fn select(&self, account: &AccountId, sign_in: &SignInId, profile: &ProfileId) -> Result<(), Problem> {
        let chosen = |record: &SignInRecord| (Some(SignInRecord { profile: profile.clone(), ..record.clone() }), ());
        self.change(account, sign_in, chosen).await?.ok_or_else(|| Problem::new(contract::Code::SignInRequired))
    }

    /// What a provider gave when somebody entered through it, with its ID token in the clear.
    pub fn opened(&self, account: &AccountId, sign_in: &SignInId, through: Through) -> Through {
        let Some(sealed) = &through.sealed_id_token else { return through };
        let opened = self.seal.open(&key(account, sign_in), sealed).ok().and_then(|plain| String::from_utf8(plain).ok());
        if opened.is_none() {
            tracing::warn!(%account, %sign_in, "an ID token does not open: nobody is signed out at the provider by it");
        }
        Through { id_token: opened.unwrap_or_default(), sealed_id_token: None, ..through }
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

    /// The devices of an account, however many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn all(&self, account: &AccountId) -> Result<Vec<(SignInId, SignInRecord)>, StoreError> {
        let prefix = format!("sign-in/{account}/");
        let mut found = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = self.store.scan(&prefix, after.as_deref(), SCAN_LIMIT).await?;
            let is_last = page.len() < SCAN_LIMIT as usize;
            for (key, entry) in page {
                if let Some(id) = key.strip_prefix(&prefix).and_then(|id| id.parse().ok()) {
                    found.push((id, read(&key, &entry.value)?));
                }
                after = Some(key);
            }
            if is_last {
                return Ok(found);
            }
        }
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

    fn tokens(&self, bearer: &Bearer, generation: u64) -> Option<Tokens> {
        let access = self.keys.sign(bearer, generation)?;
        let refresh = self.refresh.make(&bearer.account, &bearer.sign_in, generation);
        Some(Tokens { access, refresh: Some(refresh) })
    }

    /// The compare-and-set loop over one sign-in: `decide` sees it as it is, and says what to write, if anything, and what
    /// to answer. Nothing where the sign-in is gone.
    async fn change<T>(
        &self,
        account: &AccountId,
        sign_in: &SignInId,
        decide: impl Fn(&SignInRecord) -> (Option<SignInRecord>, T),
    ) -> Result<Option<T>, StoreError> {
        for _ in 0..TRIES {
            let Some((record, version)) = self.entry(account, sign_in).await? else { return Ok(None) };
            let (next, answer) = decide(&record);
            let Some(next) = next else { return Ok(Some(answer)) };
            match self.put(account, sign_in, next, Expect::Version(version)).await {
                Ok(()) => return Ok(Some(answer)),
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Contended { key: key(account, sign_in) })
    }

    async fn entry(&self, account: &AccountId, sign_in: &SignInId) -> Result<Option<(SignInRecord, u64)>, StoreError> {
        let key = key(account, sign_in);
        let entry = self.store.get(&key).await?;
        entry.map(|entry| read(&key, &entry.value).map(|record| (record, entry.version))).transpose()
    }

    async fn put(&self, account: &AccountId, id: &SignInId, record: SignInRecord, expect: Expect) -> Result<(), StoreError> {
        let key = key(account, id);
        let through = record.through.map(|through| self.sealed(&key, through)).transpose()?;
        let record = SignInRecord { through, ..record };
        let value = serde_json::to_vec(&record).map_err(|error| StoreError::corrupt(&key, error))?;
        self.store.put(&key, Bytes::from(value), expect, Some(KEPT)).await.map(|_| ())
    }

    /// As it is kept, whoever wrote it before.
    fn sealed(&self, key: &str, through: Through) -> Result<Through, StoreError> {
        if through.id_token.is_empty() {
            return Ok(through);
        }
        let sealed = self.seal.seal(key, through.id_token.as_bytes());
        let sealed = sealed.map_err(|broken| StoreError::Invalid { reason: broken.to_string() })?;
        Ok(Through { id_token: String::new(), sealed_id_token: Some(sealed), ..through })
    }
}

fn key(account: &AccountId, sign_in: &SignInId) -> String {
    format!("sign-in/{account}/{sign_in}")
}

fn read(key: &str, value: &[u8]) -> Result<SignInRecord, StoreError> {
    serde_json::from_slice(value).map_err(|error| StoreError::corrupt(key, error))
}
