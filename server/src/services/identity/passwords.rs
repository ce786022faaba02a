//! Passwords and PINs: argon2id (RFC 9106), off the async threads, a few at a time.
//!
//! Must never keep what was typed, nor answer sooner for a name that does not exist than for one that does.

use std::{num::NonZero, sync::Arc, thread::available_parallelism};

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use contract::{
    Code, Problem,
    ids::{AccountId, ProfileId},
};
use tokio::sync::Semaphore;

use crate::{
    storage::{StoreError, keyvalue::Expect},
    vault::{Access, RecordKey, Vault},
};

/// Checks that wait at most, beyond those that run; the next one is told to come again.
const WAITING: usize = 64;
/// Of a password, in bytes: what is hashed is bounded.
pub const LONGEST: usize = contract::bounds::PASSWORD_MOST;
/// Of a password, in characters (NIST SP 800-63B asks for 8 where a second factor stands behind it).
pub const SHORTEST: usize = contract::bounds::PASSWORD_LEAST;

/// What a secret opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock<'a> {
    Account(&'a AccountId),
    /// Of an account's profile.
    Profile(&'a AccountId, &'a ProfileId),
}

impl Lock<'_> {
    pub(super) fn record(self) -> RecordKey {
        match self {
            Self::Account(account) => RecordKey::of(account, "password"),
            Self::Profile(account, profile) => RecordKey::of_profile(account, "pin", profile),
        }
    }
}

/// Hashes and checks.
pub struct Passwords {
    vault: Arc<Vault>,
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Passwords {
    pub fn new(vault: Arc<Vault>) -> Self {
        // One core is left to everything else.
        let cores = available_parallelism().map_or(1, NonZero::get).saturating_sub(1).max(1);
        Self { vault, running: Arc::new(Semaphore::new(cores)), waiting: Arc::new(Semaphore::new(cores + WAITING)) }
    }

    /// Sets what opens `lock`.
    ///
    /// # Errors
    /// `overloaded` where too many wait already; what the store says.
    pub async fn set(&self, access: &Access, lock: Lock<'_>, secret: String) -> Result<(), Problem> {
        let hash = self.work(move || Argon2::default().hash_password(secret.as_bytes()).map(|hash| hash.to_string())).await?;
        let hash = hash.map_err(|error| {
            tracing::error!(%error, "a password cannot be hashed");
            Problem::internal()
        })?;
        self.vault.put(access, &lock.record(), hash.as_bytes(), Expect::Anything).await?;
        Ok(())
    }

    /// Whether `secret` opens `lock`. Without a lock the work is done all the same, and the answer is no.
    ///
    /// # Errors
    /// As [`Passwords::set`].
    pub async fn opens(&self, access: &Access, lock: Option<Lock<'_>>, secret: String) -> Result<bool, Problem> {
        let stored = match lock {
            Some(lock) => self.vault.get(access, &lock.record()).await?,
            None => None,
        };
        let hash = stored.and_then(|entry| String::from_utf8(entry.value.to_vec()).ok());
        let is_known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODYS.to_owned());
        let is_right = self.work(move || Argon2::default().verify_password(secret.as_bytes(), hash.as_str()).is_ok()).await?;
        Ok(is_known && is_right)
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn remove(&self, access: &Access, lock: Lock<'_>) -> Result<(), StoreError> {
        self.vault.delete(access, &lock.record(), Expect::Anything).await.map(|_| ())
    }

    async fn work<T: Send + 'static>(&self, act: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let busy = || Problem::new(Code::Overloaded).with_retry_after(5);
        let _place = self.waiting.try_acquire().map_err(|_| busy())?;
        let _turn = self.running.acquire().await.map_err(|_| busy())?;
        tokio::task::spawn_blocking(act).await.map_err(|error| {
            tracing::error!(%error, "a password was not worked on");
            Problem::internal()
        })
    }
}

/// A hash that nothing opens, of the same cost as every other.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlz$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What a password must be.
///
/// # Errors
/// The field's problem.
pub fn check(field: &str, password: &str) -> Result<(), Problem> {
    if password.chars().count() < SHORTEST || password.len() > LONGEST {
        return Err(Problem::invalid(field, format!("{SHORTEST} to {LONGEST} characters")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::Purpose;

    async fn passwords() -> (tempfile::TempDir, Passwords) {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::open(&crate::config::Vault::default(), folder.path()).await.unwrap();
        (folder, Passwords::new(vault))
    }

    fn access() -> Access {
        Access::from_here(Purpose::Credentials)
    }

    #[tokio::test]
    async fn a_password_opens_its_own_lock_alone() {
        let (_folder, passwords) = passwords().await;
        let (ada, bob) = ("ada".parse().unwrap(), "bob".parse().unwrap());
        let (mine, theirs) = (Lock::Account(&ada), Lock::Account(&bob));
        passwords.set(&access(), mine, "correct horse".into()).await.unwrap();
        assert!(passwords.opens(&access(), Some(mine), "correct horse".into()).await.unwrap());
        for (lock, typed) in
            [(Some(mine), "correct hors"), (Some(theirs), "correct horse"), (None, "correct horse"), (Some(mine), "")]
        {
            assert!(!passwords.opens(&access(), lock, typed.into()).await.unwrap(), "{lock:?} {typed}");
        }
        passwords.remove(&access(), mine).await.unwrap();
        assert!(!passwords.opens(&access(), Some(mine), "correct horse".into()).await.unwrap());
    }

    #[tokio::test]
    async fn what_is_stored_is_an_argon2id_hash_and_the_one_of_nobody_costs_the_same() {
        let (_folder, passwords) = passwords().await;
        let (ada, kid) = ("ada".parse().unwrap(), "kid".parse().unwrap());
        let lock = Lock::Profile(&ada, &kid);
        passwords.set(&access(), lock, "1234".into()).await.unwrap();
        let stored = passwords.vault.get(&access(), &lock.record()).await.unwrap().unwrap().value;
        let stored = String::from_utf8(stored.to_vec()).unwrap();
        let cost = |hash: &str| hash.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(cost(&stored), cost(NOBODYS));
        assert!(stored.starts_with("$argon2id$"), "{stored}");
    }

    #[tokio::test]
    async fn beyond_its_queue_it_says_so_and_does_not_wait() {
        let (_folder, passwords) = passwords().await;
        let places = passwords.waiting.available_permits();
        let _taken = passwords.waiting.try_acquire_many(u32::try_from(places).unwrap()).unwrap();
        let refused = passwords.opens(&access(), None, "anything at all".into()).await.unwrap_err();
        assert_eq!((refused.code, refused.retry_after), (Code::Overloaded, Some(5)));
    }

    #[test]
    fn a_password_is_neither_short_nor_endless() {
        assert!(check("password", "0123456789").is_ok());
        for bad in ["012345678", &"x".repeat(257)] {
            assert_eq!(check("password", bad).unwrap_err().fields[0].field, "password");
        }
    }
}
