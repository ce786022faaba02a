//! Passkeys (Web Authentication, level 3): which an account has, and whose a key is that somebody shows.
//!
//! An account's keys are one record of the vault, changed by compare-and-set; in the key-value store each key names its
//! account, so that no two accounts have the same: a hint, which signs nobody in that the vault does not know. Must never sign in with a key whose counter went back: somebody has a copy.

use std::sync::Arc;

use bytes::Bytes;
use contract::{
    Code, Problem,
    identity::Passkey as Shown,
    ids::{AccountId, PasskeyId},
};
use runtime::clock::Clock;
use serde::{Deserialize, Serialize};
use storage::{
    StoreError,
    keyvalue::{Expect, KeyValue},
};
use vault::{Access, RecordKey, Vault};
use webauthn_rs::{
    Webauthn,
    prelude::{
        AuthenticationResult, CredentialID, DiscoverableAuthentication, Passkey, PublicKeyCredential, Uuid, WebauthnError,
    },
};

use super::record::random_id;

/// Of one account.
pub const AT_MOST: usize = 20;
/// Tries of a compare-and-set; each fails only where another write succeeded.
const TRIES: u8 = 8;

/// The keys of an account: its record `passkeys` in the vault.
#[derive(Serialize, Deserialize)]
pub struct PasskeySet {
    /// What an authenticator calls the account: random, and nothing that is known elsewhere.
    pub handle: Uuid,
    keys: Vec<PasskeyRecord>,
}

#[derive(Clone, Serialize, Deserialize)]
struct PasskeyRecord {
    id: PasskeyId,
    name: String,
    created: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    used: Option<u64>,
    credential: Passkey,
}

impl PasskeySet {
    /// What an authenticator that has one of them is told, so that it makes no second one.
    pub fn credentials(&self) -> Vec<CredentialID> {
        self.keys.iter().map(|key| key.credential.cred_id().clone()).collect()
    }

    pub fn shown(&self) -> Vec<Shown> {
        self.keys.iter().map(PasskeyRecord::shown).collect()
    }

    /// # Errors
    /// `limit_reached`.
    pub fn check_room(&self) -> Result<(), Problem> {
        if self.keys.len() < AT_MOST {
            return Ok(());
        }
        Err(Problem::new(Code::LimitReached).with_detail(format!("An account has {AT_MOST} passkeys at most.")))
    }

    fn find(&mut self, id: &PasskeyId) -> Result<&mut PasskeyRecord, Problem> {
        self.keys.iter_mut().find(|key| key.id == *id).ok_or_else(|| Problem::not_found("passkey"))
    }
}

impl PasskeyRecord {
    fn shown(&self) -> Shown {
        Shown { id: self.id.clone(), name: self.name.clone(), created: self.created, used: self.used }
    }
}

pub struct Passkeys {
    vault: Arc<Vault>,
    /// Whose a key is.
    owners: Arc<dyn KeyValue>,
    clock: Clock,
}

impl Passkeys {
    pub fn new(vault: Arc<Vault>, owners: Arc<dyn KeyValue>, clock: Clock) -> Self {
        Self { vault, owners, clock }
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn list(&self, access: &Access, account: &AccountId) -> Result<Vec<Shown>, StoreError> {
        Ok(self.entry(access, account).await?.map(|(set, _)| set.shown()).unwrap_or_default())
    }

    /// The keys of an account, which has a handle from now on.
    ///
    /// # Errors
    /// What the store says.
    pub async fn set(&self, access: &Access, account: &AccountId) -> Result<PasskeySet, Problem> {
        for _ in 0..TRIES {
            if let Some((set, _)) = self.entry(access, account).await? {
                return Ok(set);
            }
            let set = PasskeySet { handle: Uuid::new_v4(), keys: Vec::new() };
            match self.put(access, account, &set, Expect::Absent).await {
                Ok(()) => return Ok(set),
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(busy())
    }

    /// # Errors
    /// `limit_reached`; `name_taken` where another account has this very key; what the store says.
    pub async fn add(&self, access: &Access, account: &AccountId, name: String, credential: Passkey) -> Result<Shown, Problem> {
        let owner = owner_key(credential.cred_id().as_ref());
        self.claim(&owner, account).await?;
        let new = PasskeyRecord { id: random_id(), name, created: self.clock.millis(), used: None, credential };
        let added = self.change(access, account, |set| {
            set.check_room()?;
            if set.keys.iter().any(|key| key.credential == new.credential) {
                return Err(Problem::new(Code::NameTaken).with_detail("This passkey is there already."));
            }
            set.keys.push(new.clone());
            Ok(())
        });
        match added.await {
            Ok(()) => Ok(new.shown()),
            Err(problem) => {
                if problem.code != Code::NameTaken {
                    self.owners.delete(&owner, Expect::Anything).await?;
                }
                Err(problem)
            }
        }
    }

    /// # Errors
    /// `not_found`; what the store says.
    pub async fn rename(&self, access: &Access, account: &AccountId, id: &PasskeyId, name: &str) -> Result<Shown, Problem> {
        let mut renamed = None;
        let changed = self.change(access, account, |set| {
            let key = set.find(id)?;
            name.clone_into(&mut key.name);
            renamed = Some(key.shown());
            Ok(())
        });
        changed.await?;
        renamed.ok_or_else(Problem::internal)
    }

    /// # Errors
    /// `not_found`; what the store says.
    pub async fn remove(&self, access: &Access, account: &AccountId, id: &PasskeyId) -> Result<(), Problem> {
        let mut owner = None;
        let changed = self.change(access, account, |set| {
            owner = Some(owner_key(set.find(id)?.credential.cred_id().as_ref()));
            set.keys.retain(|key| key.id != *id);
            Ok(())
        });
        changed.await?;
        if let Some(owner) = owner {
            self.owners.delete(&owner, Expect::Anything).await?;
        }
        Ok(())
    }

    /// Removes every key of an account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_all(&self, access: &Access, account: &AccountId) -> Result<(), StoreError> {
        let Some((set, _)) = self.entry(access, account).await? else { return Ok(()) };
        self.vault.delete(access, &record(account), Expect::Anything).await?;
        for credential in set.credentials() {
            self.owners.delete(&owner_key(credential.as_ref()), Expect::Anything).await?;
        }
        Ok(())
    }

    /// Whose key answered the question, where the answer is good; from then on it is used.
    ///
    /// # Errors
    /// What the store says.
    pub async fn enter(
        &self,
        access: &Access,
        party: &Webauthn,
        asked: &DiscoverableAuthentication,
        answer: &PublicKeyCredential,
    ) -> Result<Option<AccountId>, Problem> {
        let Ok((handle, credential)) = party.identify_discoverable_authentication(answer) else { return Ok(None) };
        let Some(entry) = self.owners.get(&owner_key(credential)).await? else { return Ok(None) };
        let Ok(account) = String::from_utf8_lossy(&entry.value).parse::<AccountId>() else { return Ok(None) };
        for _ in 0..TRIES {
            let Some((mut set, version)) = self.entry(access, &account).await? else { return Ok(None) };
            let is_theirs = set.handle == handle;
            let found = set.keys.iter_mut().find(|key| is_theirs && key.credential.cred_id().as_ref() as &[u8] == credential);
            let Some(key) = found else { return Ok(None) };
            let checked = party.finish_discoverable_authentication_v2(answer, asked.clone(), &key.credential);
            let Some(result) = good(checked, &account) else { return Ok(None) };
            key.credential.update_credential(&result);
            key.used = Some(self.clock.millis());
            // Where another answer of this key was faster, this one is checked against the counter that it left.
            match self.put(access, &account, &set, Expect::Version(version)).await {
                Ok(()) => return Ok(Some(account)),
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(busy())
    }

    /// Names the account of a key that has none.
    async fn claim(&self, owner: &str, account: &AccountId) -> Result<(), Problem> {
        match self.owners.put(owner, Bytes::from(account.as_str().to_owned()), Expect::Absent, None).await {
            Ok(_) => Ok(()),
            Err(StoreError::Conflict { .. }) => {
                // Its own: the rest was lost on the way, or it is there, which is seen next.
                let is_own = self.owners.get(owner).await?.is_some_and(|entry| entry.value == account.as_str().as_bytes());
                let taken = || Problem::new(Code::NameTaken).with_detail("This passkey belongs to another account.");
                if is_own { Ok(()) } else { Err(taken()) }
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn change(
        &self,
        access: &Access,
        account: &AccountId,
        mut act: impl FnMut(&mut PasskeySet) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        for _ in 0..TRIES {
            let (mut set, version) = self.entry(access, account).await?.ok_or_else(|| Problem::not_found("passkey"))?;
            act(&mut set)?;
            match self.put(access, account, &set, Expect::Version(version)).await {
                Ok(()) => return Ok(()),
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(busy())
    }

    async fn entry(&self, access: &Access, account: &AccountId) -> Result<Option<(PasskeySet, u64)>, StoreError> {
        let key = record(account);
        let Some(entry) = self.vault.get(access, &key).await? else { return Ok(None) };
        let set = serde_json::from_slice(&entry.value).map_err(|error| StoreError::corrupt(&key, error))?;
        Ok(Some((set, entry.version)))
    }

    async fn put(&self, access: &Access, account: &AccountId, set: &PasskeySet, expect: Expect) -> Result<(), StoreError> {
        let key = record(account);
        let value = serde_json::to_vec(set).map_err(|error| StoreError::corrupt(&key, error))?;
        self.vault.put(access, &key, &value, expect).await.map(|_| ())
    }
}

/// An answer that is right, of an authenticator that knew its holder.
fn good(checked: Result<AuthenticationResult, WebauthnError>, account: &AccountId) -> Option<AuthenticationResult> {
    match checked {
        Ok(result) if result.user_verified() => Some(result),
        Ok(_) => None,
        Err(WebauthnError::CredentialPossibleCompromise) => {
            tracing::warn!(%account, "a passkey's counter went back: refused, somebody may have a copy of it");
            None
        }
        Err(error) => {
            tracing::info!(%account, %error, "a passkey was refused");
            None
        }
    }
}

/// Where an account's keys are kept.
pub fn record(account: &AccountId) -> RecordKey {
    RecordKey::of(account, "passkeys")
}

/// Before the names of passkeys, each of which names an account.
pub const OWNERS: &str = "passkey-owner/";

/// Under which key a passkey names its account. Its id has up to a thousand bytes; a key has fewer.
fn owner_key(credential: &[u8]) -> String {
    format!("{OWNERS}{}", blake3::hash(credential).to_hex())
}

fn busy() -> Problem {
    Problem::new(Code::Overloaded).with_retry_after(1)
}
