//! API tokens as they are kept: made, listed, used, deleted.
//!
//! Kept is what a token may do and until when; nothing of what its bearer sends. Must never write oftener than once in
//! ten minutes for a token, however often it is used, nor refuse one because that cannot be written down.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use contract::{
    Code, Problem,
    ids::{AccountId, ApiTokenId, ProfileId},
};
use runtime::clock::Clock;
use storage::{
    StoreError,
    keyvalue::{Expect, KeyValue},
};

use super::record::ApiTokenRecord;
use crate::session::{ApiToken, ApiTokenKey};

/// Tokens of one account.
const AT_MOST: u32 = 50;
/// How coarse it is known when a token was used last.
const COARSE_MILLIS: u64 = 10 * 60 * 1000;

pub struct ApiTokens {
    store: Arc<dyn KeyValue>,
    key: ApiTokenKey,
    clock: Clock,
    /// The store reads and does not write: said once, not with every request.
    is_silent: AtomicBool,
}

impl ApiTokens {
    pub fn new(store: Arc<dyn KeyValue>, key: ApiTokenKey, clock: Clock) -> Self {
        Self { store, key, clock, is_silent: AtomicBool::new(false) }
    }

    /// Makes a token: what its bearer sends. Its id is used up with it, because its text follows from that: one that was made
    /// already is not told again, and one that was deleted or ran out does not come back.
    ///
    /// # Errors
    /// `version_conflict`; `limit_reached`; what the store says.
    pub async fn create(&self, token: &ApiToken, record: &ApiTokenRecord) -> Result<String, Problem> {
        if self.store.get(&used_key(token)).await?.is_some() {
            return Err(Problem::new(Code::VersionConflict));
        }
        self.put(token, record, Expect::Absent).await?;
        // Counted and marked after it is written: of two at once, the later one sees what the other did.
        let refusal = match self.store.put(&used_key(token), Bytes::new(), Expect::Absent, None).await {
            Err(StoreError::Conflict { .. }) => Problem::new(Code::VersionConflict),
            Err(error) => return Err(error.into()),
            Ok(_) if self.scan(&token.account).await?.len() > AT_MOST as usize => {
                self.store.delete(&used_key(token), Expect::Anything).await?;
                let detail = format!("An account has {AT_MOST} tokens at most: delete one that is not needed any more.");
                Problem::new(Code::LimitReached).with_detail(detail)
            }
            Ok(_) => return Ok(self.key.make(token)),
        };
        self.store.delete(&key(token), Expect::Anything).await?;
        Err(refusal)
    }

    /// The tokens of an account, the latest made first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list(&self, account: &AccountId) -> Result<Vec<(ApiTokenId, ApiTokenRecord)>, StoreError> {
        let mut found = self.scan(account).await?;
        found.sort_by_key(|(_, record)| std::cmp::Reverse(record.created));
        Ok(found)
    }

    /// What a token may do; nothing where it was deleted or ended. Notes that it was used.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find(&self, token: &ApiToken) -> Result<Option<ApiTokenRecord>, StoreError> {
        let key = key(token);
        let Some(entry) = self.store.get(&key).await? else { return Ok(None) };
        let record = read(&key, &entry.value)?;
        let now = self.clock.millis();
        if record.expires.is_some_and(|expires| expires <= now) {
            return Ok(None);
        }
        if record.used.is_none_or(|used| used + COARSE_MILLIS <= now) {
            let used = ApiTokenRecord { used: Some(now), ..record.clone() };
            self.noted(self.put(token, &used, Expect::Version(entry.version)).await);
        }
        Ok(Some(record))
    }

    /// A full disk keeps nobody from reading.
    fn noted(&self, outcome: Result<(), StoreError>) {
        match outcome {
            // Another node was faster, or somebody deleted it this very moment.
            Ok(()) | Err(StoreError::Conflict { .. }) => self.is_silent.store(false, Ordering::Relaxed),
            Err(error) => {
                if !self.is_silent.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "when API tokens are used cannot be written down; they go on");
                }
            }
        }
    }

    /// Ends every token of an account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_all(&self, account: &AccountId) -> Result<(), StoreError> {
        loop {
            let tokens = self.scan(account).await?;
            if tokens.is_empty() {
                return Ok(());
            }
            for (id, _) in tokens {
                self.delete(&ApiToken { account: account.clone(), id }).await?;
            }
        }
    }

    /// Whether there was such a token. Its id stays used up, also where it was made by a build that did not say so.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete(&self, token: &ApiToken) -> Result<bool, StoreError> {
        let key = key(token);
        if self.store.get(&key).await?.is_none() {
            return Ok(false);
        }
        self.store.put(&used_key(token), Bytes::new(), Expect::Anything, None).await?;
        self.store.delete(&key, Expect::Anything).await
    }

    /// Ends every token of an account that is deleted for good, and forgets which there were: the account's own id is never
    /// used again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget(&self, account: &AccountId) -> Result<(), StoreError> {
        self.end_all(account).await?;
        loop {
            let used = self.store.scan(&used_keys(account), None, 2 * AT_MOST).await?;
            if used.is_empty() {
                return Ok(());
            }
            for (key, _) in used {
                self.store.delete(&key, Expect::Anything).await?;
            }
        }
    }

    /// Deletes those with which `profile` watches.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_of(&self, account: &AccountId, profile: &ProfileId) -> Result<(), StoreError> {
        for (id, record) in self.scan(account).await? {
            if record.profile == *profile {
                self.delete(&ApiToken { account: account.clone(), id }).await?;
            }
        }
        Ok(())
    }

    /// From now on `to` watches with those with which `from` did.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn hand_over(&self, account: &AccountId, from: &ProfileId, to: &ProfileId) -> Result<(), StoreError> {
        for (id, record) in self.scan(account).await? {
            if record.profile == *from {
                let token = ApiToken { account: account.clone(), id };
                let Some(entry) = self.store.get(&key(&token)).await? else { continue };
                let record = ApiTokenRecord { profile: to.clone(), ..read(&key(&token), &entry.value)? };
                self.put(&token, &record, Expect::Version(entry.version)).await?;
            }
        }
        Ok(())
    }

    async fn scan(&self, account: &AccountId) -> Result<Vec<(ApiTokenId, ApiTokenRecord)>, StoreError> {
        let prefix = format!("api-token/{account}/");
        let mut found = Vec::new();
        // Twice as many, for those that are just being refused.
        for (key, entry) in self.store.scan(&prefix, None, 2 * AT_MOST).await? {
            if let Some(id) = key.strip_prefix(&prefix).and_then(|id| id.parse().ok()) {
                found.push((id, read(&key, &entry.value)?));
            }
        }
        Ok(found)
    }

    /// Writes a token down for as long as it is good.
    async fn put(&self, token: &ApiToken, record: &ApiTokenRecord, expect: Expect) -> Result<(), StoreError> {
        let key = key(token);
        let left = record.expires.map(|expires| Duration::from_millis(expires.saturating_sub(self.clock.millis()).max(1)));
        let value = serde_json::to_vec(record).map_err(|error| StoreError::corrupt(&key, error))?;
        self.store.put(&key, Bytes::from(value), expect, left).await.map(|_| ())
    }
}

fn key(token: &ApiToken) -> String {
    format!("api-token/{}/{}", token.account, token.id)
}

/// Beside the tokens, not among them: an older build takes everything there for one that is good.
fn used_key(token: &ApiToken) -> String {
    format!("{}{}", used_keys(&token.account), token.id)
}

fn used_keys(account: &AccountId) -> String {
    format!("api-token-used/{account}/")
}

fn read(key: &str, value: &[u8]) -> Result<ApiTokenRecord, StoreError> {
    serde_json::from_slice(value).map_err(|error| StoreError::corrupt(key, error))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use contract::Scope;
    use storage::{StorageUrls, events::Events, open};

    use super::*;
    use crate::{
        secret::MasterSecret,
        services::identity::{failing::Failing, record::random_id},
    };

    const NOW: u64 = 1_800_000_000_000;

    /// Tokens, and the time in milliseconds that they go by.
    async fn tokens() -> (tempfile::TempDir, ApiTokens, Arc<AtomicU64>) {
        let folder = tempfile::tempdir().unwrap();
        let urls = StorageUrls::embedded(folder.path());
        let stores = open(&urls, &Events::default()).await.unwrap();
        let key = ApiTokenKey::new(&MasterSecret::open(folder.path()).unwrap());
        let now = Arc::new(AtomicU64::new(NOW));
        let clock = {
            let now = Arc::clone(&now);
            Clock::new(move || std::time::UNIX_EPOCH + Duration::from_millis(now.load(Ordering::Relaxed)))
        };
        (folder, ApiTokens::new(stores.keyvalue, key, clock), now)
    }

    fn new(account: &AccountId) -> ApiToken {
        ApiToken { account: account.clone(), id: random_id() }
    }

    fn record() -> ApiTokenRecord {
        let (scopes, profile) = (vec![Scope::Read], "p".parse().unwrap());
        ApiTokenRecord { name: "x".into(), scopes, profile, created: NOW, used: None, expires: None }
    }

    #[tokio::test]
    async fn a_token_ends_when_it_says_however_often_it_is_used() {
        let (_folder, tokens, now) = tokens().await;
        let account: AccountId = "a".parse().unwrap();
        let record = ApiTokenRecord { expires: Some(NOW + 86_400_000), ..record() };
        let token = new(&account);
        let text = tokens.create(&token, &record).await.unwrap();
        assert_eq!(tokens.key.read(&text), Some(token.clone()));
        assert!(tokens.find(&token).await.unwrap().is_some());
        now.fetch_add(86_400_000, Ordering::Relaxed);
        assert!(tokens.find(&token).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn that_a_token_was_used_is_written_down_once_in_a_while() {
        let (_folder, tokens, _now) = tokens().await;
        let account: AccountId = "a".parse().unwrap();
        let token = new(&account);
        tokens.create(&token, &record()).await.unwrap();
        let version = async || tokens.store.get(&key(&token)).await.unwrap().unwrap().version;
        let new = version().await;
        tokens.find(&token).await.unwrap();
        let used = version().await;
        tokens.find(&token).await.unwrap();
        assert_ne!(used, new);
        assert_eq!(version().await, used);
        assert!(tokens.list(&account).await.unwrap()[0].1.used.is_some());
        assert!(tokens.delete(&token).await.unwrap());
        assert_eq!(tokens.find(&token).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_token_is_made_and_told_once_and_not_again_after_it_was_deleted() {
        let (_folder, tokens, now) = tokens().await;
        let token = new(&"a".parse().unwrap());
        tokens.create(&token, &record()).await.unwrap();
        let again = async || tokens.create(&token, &record()).await.err().map(|problem| problem.code);
        assert_eq!(again().await, Some(Code::VersionConflict));
        assert!(tokens.find(&token).await.unwrap().is_some(), "the first one stands");
        assert!(tokens.delete(&token).await.unwrap());
        assert_eq!(again().await, Some(Code::VersionConflict));
        assert_eq!(tokens.find(&token).await.unwrap(), None);
        assert!(!tokens.delete(&token).await.unwrap());
        let brief = ApiTokenRecord { expires: Some(NOW + 1_000), ..record() };
        let other = new(&token.account);
        tokens.create(&other, &brief).await.unwrap();
        now.fetch_add(400 * 86_400_000, Ordering::Relaxed);
        tokens.store.delete(&key(&other), Expect::Anything).await.unwrap();
        for gone in [&token, &other] {
            let again = tokens.create(gone, &record()).await.err().map(|problem| problem.code);
            assert_eq!(again, Some(Code::VersionConflict), "its text was told before");
        }
        assert!(tokens.create(&new(&token.account), &record()).await.is_ok());
        tokens.forget(&token.account).await.unwrap();
        assert!(tokens.store.scan("api-token", None, 10).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn an_account_has_fifty_also_where_they_are_made_at_once() {
        let (_folder, tokens, _now) = tokens().await;
        let account: AccountId = "a".parse().unwrap();
        for _ in 0..AT_MOST - 1 {
            tokens.create(&new(&account), &record()).await.unwrap();
        }
        let (record, more) = (record(), [0; 4].map(|_| new(&account)));
        let made = futures::future::join_all(more.iter().map(|token| tokens.create(token, &record))).await;
        assert!(made.iter().flatten().count() <= 1);
        assert!(made.iter().filter_map(|made| made.as_ref().err()).all(|problem| problem.code == Code::LimitReached));
        assert!(tokens.list(&account).await.unwrap().len() <= AT_MOST as usize);
        assert!(tokens.create(&new(&"b".parse().unwrap()), &record).await.is_ok());
    }

    #[tokio::test]
    async fn a_token_reads_on_a_store_that_takes_no_writes() {
        let (_folder, mut tokens, _now) = tokens().await;
        let token = new(&"a".parse().unwrap());
        tokens.create(&token, &record()).await.unwrap();
        tokens.store = Arc::new(Failing::new(Arc::clone(&tokens.store), true, true));
        for _ in 0..3 {
            assert!(tokens.find(&token).await.unwrap().is_some());
        }
        assert!(tokens.is_silent.load(Ordering::Relaxed), "said once");
    }

    #[tokio::test]
    async fn every_token_of_an_account_ends_and_no_other_accounts() {
        let (_folder, tokens, _now) = tokens().await;
        let (ada, bob): (AccountId, AccountId) = ("a".parse().unwrap(), "b".parse().unwrap());
        for account in [&ada, &ada, &bob] {
            tokens.create(&new(account), &record()).await.unwrap();
        }
        tokens.end_all(&ada).await.unwrap();
        assert_eq!((tokens.list(&ada).await.unwrap().len(), tokens.list(&bob).await.unwrap().len()), (0, 1));
    }
}
