//! Second factors: who has an authenticator app, which of its codes was used last, and which recovery codes are left.
//!
//! One record of the vault an account, changed by compare-and-set, so that of two who bring the same code at once one is
//! let in. Must never keep a secret elsewhere, nor a recovery code as it is.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use blake3::Hash;
use contract::{Code, Problem, identity::NewTotp, ids::AccountId};
use runtime::clock::Clock;
use serde::{Deserialize, Serialize};
use storage::{StoreError, keyvalue::Expect};
use vault::{Access, RecordKey, Vault};

use super::{
    recovery::{self, RecoveryKey},
    totp,
};
use crate::secret::MasterSecret;

/// How long somebody has to bring the first code of a new app.
const UNCONFIRMED: Duration = Duration::from_secs(15 * 60);
/// Tries of a compare-and-set; each fails only where another write succeeded.
const TRIES: u8 = 8;

/// An app that proved itself: the account's record `second-factor` in the vault.
#[derive(Serialize, Deserialize)]
pub(super) struct FactorRecord {
    /// The secret, in base64.
    pub secret: String,
    /// The last step whose code was good; it and those before it are good no more (RFC 6238, section 5.2).
    pub last_step: u64,
    /// Hashes of the recovery codes that are left.
    pub recovery: Vec<String>,
    /// Milliseconds since 1970.
    pub since: u64,
}

/// An app that has yet to prove itself: the record `new-second-factor`.
#[derive(Serialize, Deserialize)]
struct NewRecord {
    secret: String,
    /// Milliseconds since 1970.
    begun: u64,
}

pub struct SecondFactors {
    vault: Arc<Vault>,
    recovery: RecoveryKey,
    clock: Clock,
}

impl SecondFactors {
    pub fn new(secret: &MasterSecret, vault: Arc<Vault>, clock: Clock) -> Self {
        Self { vault, recovery: RecoveryKey::new(secret.derive("recovery codes v1")), clock }
    }

    /// How many recovery codes are left; nothing where there is no second factor.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn codes_left(&self, access: &Access, account: &AccountId) -> Result<Option<u8>, StoreError> {
        let found = self.entry(access, account).await?;
        Ok(found.map(|(record, _)| u8::try_from(record.recovery.len()).unwrap_or(u8::MAX)))
    }

    /// Makes a secret for an app, which proves itself by [`SecondFactors::confirm`]. One made before is forgotten.
    ///
    /// # Errors
    /// `limit_reached` where there is an app; what the store says.
    pub async fn start(&self, access: &Access, account: &AccountId, login: &str) -> Result<NewTotp, Problem> {
        if self.entry(access, account).await?.is_some() {
            return Err(there_is_one());
        }
        let secret = totp::new_secret();
        let invitation = totp::invitation(&secret, login).map_err(|error| broken(account, &error))?;
        let record = unconfirmed(account);
        let new = NewRecord { secret: STANDARD.encode(secret), begun: self.clock.millis() };
        let value = serde_json::to_vec(&new).map_err(|error| StoreError::corrupt(&record, error))?;
        self.vault.put(access, &record, &value, Expect::Anything).await?;
        Ok(invitation)
    }

    /// Turns the second factor on where `code` is of the app that was told the secret; its recovery codes.
    ///
    /// # Errors
    /// `not_found` where none was begun, or too long ago; `limit_reached` where there is an app; what the store says.
    pub async fn confirm(&self, access: &Access, account: &AccountId, code: &str) -> Result<Option<Vec<String>>, Problem> {
        let Some(new) = self.unconfirmed(access, account).await? else {
            // The answer to the request that turned it on may have been lost.
            return match self.entry(access, account).await? {
                Some(_) => Err(there_is_one()),
                None => Err(Problem::new(Code::NotFound).with_detail("This took too long. Begin again with a new code to scan.")),
            };
        };
        let secret = read_secret(account, &new.secret)?;
        let step = totp::step(&secret, &compact(code), self.clock.seconds()).map_err(|error| broken(account, &error))?;
        let Some(last_step) = step else { return Ok(None) };
        let codes = recovery::new_codes();
        let kept = self.kept(account, &codes);
        let record = FactorRecord { secret: new.secret, last_step, recovery: kept, since: self.clock.millis() };
        match self.put(access, account, &record, Expect::Absent).await {
            Ok(()) => {}
            Err(StoreError::Conflict { .. }) => return Err(there_is_one()),
            Err(error) => return Err(error.into()),
        }
        self.vault.delete(access, &unconfirmed(account), Expect::Anything).await?;
        Ok(Some(codes))
    }

    /// Whether `typed` is a code that was not used before, of the app or for recovery.
    ///
    /// # Errors
    /// What the store says.
    pub async fn knows(&self, access: &Access, account: &AccountId, typed: &str) -> Result<bool, Problem> {
        match self.entry(access, account).await? {
            Some((mut record, _)) => self.mark(account, &mut record, &compact(typed)),
            None => Ok(true),
        }
    }

    /// As [`SecondFactors::knows`]; from now on it is used. Without a second factor, nothing is asked for.
    ///
    /// # Errors
    /// What the store says.
    pub async fn uses(&self, access: &Access, account: &AccountId, typed: &str) -> Result<bool, Problem> {
        let typed = compact(typed);
        for _ in 0..TRIES {
            let Some((mut record, version)) = self.entry(access, account).await? else { return Ok(true) };
            if !self.mark(account, &mut record, &typed)? {
                return Ok(false);
            }
            match self.put(access, account, &record, Expect::Version(version)).await {
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
    pub async fn renew(&self, access: &Access, account: &AccountId) -> Result<Option<Vec<String>>, Problem> {
        for _ in 0..TRIES {
            let Some((record, version)) = self.entry(access, account).await? else { return Ok(None) };
            let codes = recovery::new_codes();
            let record = FactorRecord { recovery: self.kept(account, &codes), ..record };
            match self.put(access, account, &record, Expect::Version(version)).await {
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
    pub async fn remove(&self, access: &Access, account: &AccountId) -> Result<bool, StoreError> {
        self.vault.delete(access, &unconfirmed(account), Expect::Anything).await?;
        self.vault.delete(access, &record(account), Expect::Anything).await
    }

    /// Marks a code as used where it is good.
    fn mark(&self, account: &AccountId, record: &mut FactorRecord, typed: &str) -> Result<bool, Problem> {
        if totp::is_code(typed) {
            let secret = read_secret(account, &record.secret)?;
            let step = totp::step(&secret, typed, self.clock.seconds()).map_err(|error| broken(account, &error))?;
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

    /// What was begun less than a quarter of an hour ago.
    async fn unconfirmed(&self, access: &Access, account: &AccountId) -> Result<Option<NewRecord>, StoreError> {
        let key = unconfirmed(account);
        let Some(entry) = self.vault.get(access, &key).await? else { return Ok(None) };
        let new: NewRecord = serde_json::from_slice(&entry.value).map_err(|error| StoreError::corrupt(&key, error))?;
        let age = Duration::from_millis(self.clock.millis().saturating_sub(new.begun));
        Ok(Some(new).filter(|_| age <= UNCONFIRMED))
    }

    async fn entry(&self, access: &Access, account: &AccountId) -> Result<Option<(FactorRecord, u64)>, StoreError> {
        let key = record(account);
        let Some(entry) = self.vault.get(access, &key).await? else { return Ok(None) };
        let record = serde_json::from_slice(&entry.value).map_err(|error| StoreError::corrupt(&key, error))?;
        Ok(Some((record, entry.version)))
    }

    async fn put(&self, access: &Access, account: &AccountId, factor: &FactorRecord, expect: Expect) -> Result<(), StoreError> {
        let key = record(account);
        let value = serde_json::to_vec(factor).map_err(|error| StoreError::corrupt(&key, error))?;
        self.vault.put(access, &key, &value, expect).await.map(|_| ())
    }
}

/// Where an account's app is kept.
pub fn record(account: &AccountId) -> RecordKey {
    RecordKey::of(account, "second-factor")
}

fn unconfirmed(account: &AccountId) -> RecordKey {
    RecordKey::of(account, "new-second-factor")
}

fn read_secret(account: &AccountId, text: &str) -> Result<totp::Secret, Problem> {
    let bytes = STANDARD.decode(text).map_err(|error| broken(account, &error))?;
    bytes.try_into().map_err(|_| broken(account, &"a secret of another length"))
}

/// Apps show a code in two groups.
fn compact(typed: &str) -> String {
    typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').collect()
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
