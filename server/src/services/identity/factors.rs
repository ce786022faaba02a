//! Second factors: who has an authenticator app, which of its codes was used last, and which recovery codes are left.
//!
//! One entry an account, changed by compare-and-set, so that of two who bring the same code at once one is let in. Must
//! never keep a secret or a code as it is.

use std::{sync::Arc, time::Duration};

use blake3::Hash;
use bytes::Bytes;
use contract::{Code, Problem, identity::NewTotp, ids::AccountId};
use serde::{Deserialize, Serialize};

use super::{
    now_millis,
    recovery::{self, RecoveryKey},
    totp,
};
use crate::{
    seal::SealKey,
    secret::MasterSecret,
    storage::{
        StoreError,
        keyvalue::{Expect, KeyValue},
    },
};

/// How long somebody has to bring the first code of a new app.
const UNCONFIRMED: Duration = Duration::from_secs(15 * 60);
/// Tries of a compare-and-set; each fails only where another write succeeded.
const TRIES: u8 = 8;

/// An app that proved itself, under `second-factor/<account>`.
#[derive(Serialize, Deserialize)]
struct FactorRecord {
    /// The secret, sealed for this key.
    sealed: String,
    /// The last step whose code was good; it and those before it are good no more (RFC 6238, section 5.2).
    last_step: u64,
    /// Hashes of the recovery codes that are left.
    recovery: Vec<String>,
    /// Milliseconds since 1970.
    since: u64,
}

pub struct SecondFactors {
    store: Arc<dyn KeyValue>,
    seal: SealKey,
    recovery: RecoveryKey,
}

impl SecondFactors {
    pub fn new(secret: &MasterSecret, store: Arc<dyn KeyValue>) -> Self {
        let seal = SealKey::new(secret.derive("totp secrets v1"));
        Self { store, seal, recovery: RecoveryKey::new(secret.derive("recovery codes v1")) }
    }

    /// How many recovery codes are left; nothing where there is no second factor.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn codes_left(&self, account: &AccountId) -> Result<Option<u8>, StoreError> {
        let found = self.entry(account).await?;
        Ok(found.map(|(record, _)| u8::try_from(record.recovery.len()).unwrap_or(u8::MAX)))
    }

    /// Makes a secret for an app, which proves itself by [`SecondFactors::confirm`]. One made before is forgotten.
    ///
    /// # Errors
    /// `limit_reached` where there is an app; what the store says.
    pub async fn start(&self, account: &AccountId, login: &str) -> Result<NewTotp, Problem> {
        if self.entry(account).await?.is_some() {
            return Err(there_is_one());
        }
        let secret = totp::new_secret();
        let invitation = totp::invitation(&secret, login).map_err(|error| broken(account, &error))?;
        let key = unconfirmed_key(account);
        let sealed = self.seal.seal(&key, &secret).map_err(|error| broken(account, &error))?;
        self.store.put(&key, Bytes::from(sealed), Expect::Anything, Some(UNCONFIRMED)).await?;
        Ok(invitation)
    }

    /// Turns the second factor on where `code` is of the app that was told the secret; its recovery codes.
    ///
    /// # Errors
    /// `not_found` where none was begun, or too long ago; `limit_reached` where there is an app; what the store says.
    pub async fn confirm(&self, account: &AccountId, code: &str) -> Result<Option<Vec<String>>, Problem> {
        let unconfirmed = unconfirmed_key(account);
        let entry = self.store.get(&unconfirmed).await?.ok_or_else(|| {
            Problem::new(Code::NotFound).with_detail("This took longer than a quarter of an hour: begin again with a new secret.")
        })?;
        let secret = self.open(account, &unconfirmed, &String::from_utf8_lossy(&entry.value))?;
        let step = totp::step(&secret, &compact(code), now_seconds()).map_err(|error| broken(account, &error))?;
        let Some(last_step) = step else { return Ok(None) };
        let key = key(account);
        let sealed = self.seal.seal(&key, &secret).map_err(|error| broken(account, &error))?;
        let codes = recovery::new_codes();
        let record = FactorRecord { sealed, last_step, recovery: self.kept(account, &codes), since: now_millis() };
        match self.put(account, &record, Expect::Absent).await {
            Ok(()) => {}
            Err(StoreError::Conflict { .. }) => return Err(there_is_one()),
            Err(error) => return Err(error.into()),
        }
        self.store.delete(&unconfirmed, Expect::Anything).await?;
        Ok(Some(codes))
    }

    /// Whether `typed` is a code that was not used before, of the app or for recovery.
    ///
    /// # Errors
    /// What the store says.
    pub async fn knows(&self, account: &AccountId, typed: &str) -> Result<bool, Problem> {
        match self.entry(account).await? {
            Some((mut record, _)) => self.mark(account, &mut record, &compact(typed)),
            None => Ok(true),
        }
    }

    /// As [`SecondFactors::knows`]; from now on it is used. Without a second factor, nothing is asked for.
    ///
    /// # Errors
    /// What the store says.
    pub async fn uses(&self, account: &AccountId, typed: &str) -> Result<bool, Problem> {
        let typed = compact(typed);
        for _ in 0..TRIES {
            let Some((mut record, version)) = self.entry(account).await? else { return Ok(true) };
            if !self.mark(account, &mut record, &typed)? {
                return Ok(false);
            }
            match self.put(account, &record, Expect::Version(version)).await {
                Ok(()) => return Ok(true),
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(busy())
    }

    /// New recovery codes in place of the old ones; nothing where there is no second factor.
    ///
    /// # Errors
    /// What the store says.
    pub async fn renew(&self, account: &AccountId) -> Result<Option<Vec<String>>, Problem> {
        for _ in 0..TRIES {
            let Some((record, version)) = self.entry(account).await? else { return Ok(None) };
            let codes = recovery::new_codes();
            let record = FactorRecord { recovery: self.kept(account, &codes), ..record };
            match self.put(account, &record, Expect::Version(version)).await {
                Ok(()) => return Ok(Some(codes)),
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(busy())
    }

    /// Turns the second factor off; whether it was on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove(&self, account: &AccountId) -> Result<bool, StoreError> {
        self.store.delete(&unconfirmed_key(account), Expect::Anything).await?;
        self.store.delete(&key(account), Expect::Anything).await
    }

    /// Marks a code as used where it is good.
    fn mark(&self, account: &AccountId, record: &mut FactorRecord, typed: &str) -> Result<bool, Problem> {
        if totp::is_code(typed) {
            let secret = self.open(account, &key(account), &record.sealed)?;
            let step = totp::step(&secret, typed, now_seconds()).map_err(|error| broken(account, &error))?;
            let is_new = step.is_some_and(|step| step > record.last_step);
            record.last_step = step.filter(|_| is_new).unwrap_or(record.last_step);
            return Ok(is_new);
        }
        let Some(hash) = self.recovery.hash(account, typed) else { return Ok(false) };
        // `blake3::Hash` compares in constant time.
        let found = record.recovery.iter().position(|kept| Hash::from_hex(kept).is_ok_and(|kept| kept == hash));
        Ok(found.map(|at| record.recovery.remove(at)).is_some())
    }

    fn kept(&self, account: &AccountId, codes: &[String]) -> Vec<String> {
        codes.iter().filter_map(|code| self.recovery.hash(account, code)).map(|hash| hash.to_hex().to_string()).collect()
    }

    fn open(&self, account: &AccountId, key: &str, sealed: &str) -> Result<totp::Secret, Problem> {
        let opened = self.seal.open(key, sealed).map_err(|error| broken(account, &error))?;
        opened.try_into().map_err(|_| broken(account, &"a secret of another length"))
    }

    async fn entry(&self, account: &AccountId) -> Result<Option<(FactorRecord, u64)>, StoreError> {
        let key = key(account);
        let Some(entry) = self.store.get(&key).await? else { return Ok(None) };
        let record = serde_json::from_slice(&entry.value).map_err(|error| corrupt(&key, &error))?;
        Ok(Some((record, entry.version)))
    }

    async fn put(&self, account: &AccountId, record: &FactorRecord, expect: Expect) -> Result<(), StoreError> {
        let key = key(account);
        let value = serde_json::to_vec(record).map_err(|error| corrupt(&key, &error))?;
        self.store.put(&key, Bytes::from(value), expect, None).await.map(|_| ())
    }
}

fn key(account: &AccountId) -> String {
    format!("second-factor/{account}")
}

fn unconfirmed_key(account: &AccountId) -> String {
    format!("second-factor-unconfirmed/{account}")
}

/// Apps show a code in two groups.
fn compact(typed: &str) -> String {
    typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').collect()
}

fn now_seconds() -> u64 {
    now_millis() / 1000
}

fn there_is_one() -> Problem {
    Problem::new(Code::LimitReached).with_detail("This account has an authenticator app already: turn it off first.")
}

fn busy() -> Problem {
    Problem::new(Code::Overloaded).with_retry_after(1)
}

fn broken(account: &AccountId, error: &dyn std::fmt::Display) -> Problem {
    tracing::error!(%account, %error, "a second factor cannot be used; `marquee account password` takes it away");
    Problem::internal()
}

fn corrupt(key: &str, error: &serde_json::Error) -> StoreError {
    StoreError::Corrupt { key: key.to_owned(), reason: error.to_string() }
}
