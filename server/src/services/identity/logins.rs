//! What logins are compared by: Unicode's form NFKC, without regard to case (Unicode 16, section 3.13, definition D146).
//!
//! Older builds compared lower-case letters as they were typed. Their accounts are given new keys at the start; of two
//! logins that are one now, the second keeps its old key, and both stay reachable as they were typed.

use caseless::Caseless;
use contract::ids::AccountId;
use storage::{
    StoreError,
    documents::{Change, update},
};
use unicode_normalization::UnicodeNormalization;

use super::{
    Identity,
    record::{ACCOUNTS, AccountRecord},
};

/// Accounts of one page.
const PAGE: u32 = 100;

/// What logins are compared by.
pub fn login_key(login: &str) -> String {
    login.nfd().default_case_fold().nfkd().default_case_fold().nfkc().collect()
}

/// The same as older builds made it.
pub fn old_login_key(login: &str) -> String {
    login.to_lowercase()
}

impl Identity {
    /// Gives every account whose login is kept by an old key the new one, where nobody has that; how many. At every start:
    /// one that was broken off goes on the next time.
    ///
    /// # Errors
    /// What the store says.
    pub async fn rekey_logins(&self) -> Result<u64, StoreError> {
        let (mut changed, mut after) = (0, None);
        loop {
            let (accounts, next) = self.accounts.page("", after.as_deref(), PAGE).await?;
            for account in accounts {
                if account.record.login_key != login_key(&account.record.login) && self.rekey(&account.id).await? {
                    changed += 1;
                }
            }
            match next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        if changed > 0 {
            tracing::info!(changed, "logins are compared in Unicode's normal form now");
        }
        Ok(changed)
    }

    async fn rekey(&self, id: &AccountId) -> Result<bool, StoreError> {
        let rekeyed = update(&*self.documents, &ACCOUNTS, id.as_str(), |record: Option<AccountRecord>| {
            let Some(mut record) = record else { return Ok::<_, StoreError>(Change::Keep) };
            record.login_key = login_key(&record.login);
            Ok(Change::Put(record))
        });
        match rekeyed.await {
            Ok(_) => Ok(true),
            Err(StoreError::Duplicate { .. }) => {
                tracing::info!(account = %id, "another account has the same login in Unicode's normal form: both stay as they are");
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_login_is_the_same_however_unicode_writes_it_down_and_in_whatever_case() {
        for (one, other) in [
            ("Zo\u{eb}", "ZOE\u{308}"),
            ("\u{ff21}da", "ada"),
            ("\u{fb01}n", "FIN"),
            ("stra\u{df}e", "STRASSE"),
            ("\u{3c3}\u{3bf}\u{3c6}\u{3bf}\u{3c2}", "\u{3a3}\u{39f}\u{3a6}\u{39f}\u{3a3}"),
        ] {
            assert_eq!(login_key(one), login_key(other), "{one} {other}");
        }
        assert_ne!(login_key("zoe"), login_key("zo\u{eb}"));
    }

    proptest! {
        #[test]
        fn a_key_is_its_own_key(login in ".{1,40}") {
            let key = login_key(&login_key(&login));
            prop_assert_eq!(login_key(&key), key);
        }
    }
}
