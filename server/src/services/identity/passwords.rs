//! Passwords and PINs: hashes in the vault, of the secret in Unicode's normal form NFKC (NIST SP 800-63B, section 3.1.1.2),
//! so that it opens from whichever keyboard it comes.
//!
//! A hash that an older build made of the letters as they were typed still opens, and is then made anew. Must never keep
//! what was typed, nor do less for a name that does not exist than for one that does.

use std::{future::Future, sync::Arc};

use contract::{
    Code, Problem,
    ids::{AccountId, ProfileId},
};
use storage::{StoreError, keyvalue::Expect};
use unicode_normalization::UnicodeNormalization;
use vault::{Access, Opened, RecordKey, Vault};

use super::hashing::{self, Hashing, NOBODYS};

/// Of a password, in characters.
pub const LONGEST: usize = contract::bounds::PASSWORD_MOST;
/// Of what is typed for one, in bytes: what is hashed is bounded.
pub const LONGEST_BYTES: usize = 4 * LONGEST;
/// Of a password, in characters (NIST SP 800-63B asks for 8 where a second factor stands behind it).
pub const SHORTEST: usize = contract::bounds::PASSWORD_LEAST;
/// Whose record is looked for where there is no account: there is none of this name.
const NOBODY: &str = "nobody";

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
    hashing: Hashing,
}

impl Passwords {
    pub fn new(vault: Arc<Vault>) -> Self {
        Self { vault, hashing: Hashing::new() }
    }

    /// Whether another check may begin: asked before a try is counted.
    ///
    /// # Errors
    /// `overloaded`.
    pub fn check_room(&self) -> Result<(), Problem> {
        self.hashing.check_room()
    }

    /// Sets what opens `lock`; the new version of its record.
    ///
    /// # Errors
    /// `overloaded` where too many wait already; what the store says.
    pub async fn set(&self, access: &Access, lock: Lock<'_>, secret: String) -> Result<u64, Problem> {
        let hash = self.hashing.hash(normal(&secret)).await?;
        Ok(self.vault.put(access, &lock.record(), hash.as_bytes(), Expect::Anything).await?)
    }

    /// Sets what opens a lock that is being made. What a try left that broke off gives way, unless `is_made`, which is asked
    /// then alone, says that the lock is somebody's by now.
    ///
    /// # Errors
    /// `version_conflict`; as [`Passwords::set`].
    pub async fn set_first(
        &self,
        access: &Access,
        lock: Lock<'_>,
        secret: String,
        is_made: impl Future<Output = Result<bool, Problem>>,
    ) -> Result<u64, Problem> {
        let (hash, record) = (self.hashing.hash(normal(&secret)).await?, lock.record());
        match self.vault.put(access, &record, hash.as_bytes(), Expect::Absent).await {
            Err(StoreError::Conflict { .. }) => {}
            set => return Ok(set?),
        }
        // Before it is asked: what is set after that belongs to somebody who makes the same lock at the same time.
        let left = self.version(access, lock).await?;
        if is_made.await? {
            return Err(Problem::new(Code::VersionConflict));
        }
        let expect = left.map_or(Expect::Absent, Expect::Version);
        Ok(self.vault.put(access, &record, hash.as_bytes(), expect).await?)
    }

    /// Sets again what was set as this version, where another try for the same lock set its own meanwhile and came to nothing.
    ///
    /// # Errors
    /// As [`Passwords::set`].
    pub async fn keep(&self, access: &Access, lock: Lock<'_>, secret: String, version: u64) -> Result<(), Problem> {
        if self.version(access, lock).await? != Some(version) {
            self.set(access, lock, secret).await?;
        }
        Ok(())
    }

    /// Whether `secret` opens `lock`. Without a lock the same is done, and the answer is no.
    ///
    /// # Errors
    /// As [`Passwords::set`].
    pub async fn opens(&self, access: &Access, lock: Option<Lock<'_>>, secret: String) -> Result<bool, Problem> {
        Ok(self.opened(access, lock, secret).await?.is_some())
    }

    /// As [`Passwords::opens`]; of which version what opened was, for whoever looks again later whether it still does.
    ///
    /// # Errors
    /// As [`Passwords::set`].
    pub async fn opened(&self, access: &Access, lock: Option<Lock<'_>>, secret: String) -> Result<Option<u64>, Problem> {
        let record = match lock {
            Some(lock) => lock.record(),
            None => RecordKey::of(&nobody()?, "password"),
        };
        let entry = self.vault.get(access, &record).await?;
        if entry.is_none() {
            self.vault.rehearse();
        }
        let (normal, hash) = (normal(&secret), entry.as_ref().and_then(hash_of));
        let mut secrets = vec![normal.clone()];
        // As older builds hashed it.
        secrets.extend((secret != normal).then_some(secret));
        let found = self.hashing.find(secrets, hash.clone().unwrap_or_else(|| NOBODYS.to_owned())).await?;
        let (Some(at), Some(hash), Some(entry)) = (found, hash, entry) else { return Ok(None) };
        if at > 0 || !hashing::is_current(&hash) {
            return Ok(Some(self.renew(access, &record, entry.version, normal).await));
        }
        Ok(Some(entry.version))
    }

    /// Makes a hash anew that opened and is of an older kind; its version. Where that fails, the old one opens the next time.
    async fn renew(&self, access: &Access, record: &RecordKey, version: u64, normal: String) -> u64 {
        let renewed = async {
            let hash = self.hashing.hash(normal).await?;
            // Not over a password that was changed in the meantime.
            Ok::<_, Problem>(self.vault.put(access, record, hash.as_bytes(), Expect::Version(version)).await?)
        };
        renewed.await.unwrap_or_else(|problem| {
            tracing::info!(code = problem.code.as_str(), "an old hash of a password stays as it is");
            version
        })
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn remove(&self, access: &Access, lock: Lock<'_>) -> Result<(), StoreError> {
        self.vault.delete(access, &lock.record(), Expect::Anything).await.map(|_| ())
    }

    /// The version of what opens `lock`, where there is something.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn version(&self, access: &Access, lock: Lock<'_>) -> Result<Option<u64>, StoreError> {
        Ok(self.vault.get(access, &lock.record()).await?.map(|found| found.version))
    }

    /// Removes what [`Passwords::set`] set as this version, unless something else was set since.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_version(&self, access: &Access, lock: Lock<'_>, version: u64) -> Result<(), StoreError> {
        match self.vault.delete(access, &lock.record(), Expect::Version(version)).await {
            Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn hash_of(entry: &Opened) -> Option<String> {
    String::from_utf8(entry.value.to_vec()).ok()
}

fn nobody() -> Result<AccountId, Problem> {
    NOBODY.parse().map_err(|_| Problem::internal())
}

fn normal(secret: &str) -> String {
    secret.nfkc().collect()
}

/// What a password must be.
///
/// # Errors
/// The field's problem.
pub fn check(field: &str, password: &str) -> Result<(), Problem> {
    let characters = password.nfkc().take(LONGEST + 1).count();
    if !(SHORTEST..=LONGEST).contains(&characters) || password.len() > LONGEST_BYTES {
        return Err(Problem::invalid(field, format!("{SHORTEST} to {LONGEST} characters")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
    use vault::Purpose;

    use super::*;

    async fn passwords() -> (tempfile::TempDir, Passwords) {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::open(&crate::config::Vault::default(), folder.path()).await.unwrap();
        (folder, Passwords::new(vault))
    }

    fn access() -> Access {
        Access::local_admin(Purpose::Credentials)
    }

    async fn stored(passwords: &Passwords, lock: Lock<'_>) -> String {
        hash_of(&passwords.vault.get(&access(), &lock.record()).await.unwrap().unwrap()).unwrap()
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
        let stored = stored(&passwords, lock).await;
        let cost = |hash: &str| hash.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(cost(&stored), cost(NOBODYS));
        assert!(stored.starts_with("$argon2id$"), "{stored}");
    }

    #[tokio::test]
    async fn a_password_opens_however_unicode_writes_it_down() {
        let (_folder, passwords) = passwords().await;
        let ada = "ada".parse().unwrap();
        let lock = Lock::Account(&ada);
        // Composed, decomposed; a ligature, fullwidth letters.
        for (set, typed) in [
            ("caf\u{e9} noir!!", "cafe\u{301} noir!!"),
            ("\u{fb01}ne and dandy", "fine and dandy"),
            ("\u{ff41}bcdefghij", "abcdefghij"),
        ] {
            for (one, other) in [(set, typed), (typed, set)] {
                passwords.set(&access(), lock, one.into()).await.unwrap();
                assert!(passwords.opens(&access(), Some(lock), other.into()).await.unwrap(), "{one} {other}");
            }
        }
    }

    #[tokio::test]
    async fn a_hash_of_an_older_build_opens_and_is_made_anew() {
        let (_folder, passwords) = passwords().await;
        let ada = "ada".parse().unwrap();
        let lock = Lock::Account(&ada);
        let (composed, decomposed) = ("caf\u{e9} noir!!", "cafe\u{301} noir!!");
        let old = |argon: &Argon2<'_>, secret: &str| argon.hash_password(secret.as_bytes()).unwrap().to_string();
        let raw = old(&Argon2::default(), decomposed);
        passwords.vault.put(&access(), &lock.record(), raw.as_bytes(), Expect::Anything).await.unwrap();
        assert!(!passwords.opens(&access(), Some(lock), "another".into()).await.unwrap());
        assert_eq!(stored(&passwords, lock).await, raw, "who is wrong changes nothing");
        assert!(passwords.opens(&access(), Some(lock), decomposed.into()).await.unwrap());
        assert_ne!(stored(&passwords, lock).await, raw);
        assert!(passwords.opens(&access(), Some(lock), composed.into()).await.unwrap());

        let cheap = Argon2::new(Algorithm::Argon2id, Version::default(), Params::new(8 * 1024, 1, 1, None).unwrap());
        let cheap = old(&cheap, composed);
        passwords.vault.put(&access(), &lock.record(), cheap.as_bytes(), Expect::Anything).await.unwrap();
        assert!(passwords.opens(&access(), Some(lock), composed.into()).await.unwrap());
        assert!(hashing::is_current(&stored(&passwords, lock).await));
        let renewed = stored(&passwords, lock).await;
        assert!(passwords.opens(&access(), Some(lock), composed.into()).await.unwrap());
        assert_eq!(stored(&passwords, lock).await, renewed, "once");
    }

    #[test]
    fn a_password_is_neither_short_nor_endless_and_its_length_is_in_characters() {
        for good in ["0123456789", &"漢".repeat(10), &"漢".repeat(256), &"x".repeat(256)] {
            assert!(check("password", good).is_ok(), "{good}");
        }
        // Ten letters that are nine characters; a sign that stands for eighteen, too often.
        for bad in ["012345678", "caf\u{e9}-e\u{301}e\u{301}e\u{301}", &"x".repeat(257), &"\u{fdfa}".repeat(85)] {
            assert_eq!(check("password", bad).unwrap_err().fields[0].field, "password", "{bad}");
        }
    }
}
