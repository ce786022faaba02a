//! The outbox of an account: what is still to be done elsewhere for what was changed in its document.
//!
//! Written with the change itself, so that a process that ends right after it only delays the rest. Must never be cleared
//! of more than what was done.

use contract::ids::{AccountId, ProfileId};
use serde::{Deserialize, Serialize};
use storage::{StoreError, documents::Expect};

use super::{
    accounts::{Accounts, find, read, readable},
    record::{ACCOUNTS, AccountRecord, BY_PENDING, StoredAccount},
};

/// How long whoever does the work has for it, before another one takes it up.
pub const LEASE_MILLIS: u64 = 10_000;

/// The outbox of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// Profiles that were deleted, and are to be forgotten everywhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deleted: Vec<ProfileId>,
    /// The guest who signed up, and is to be taken along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adoption: Option<Adoption>,
    /// The account itself was deleted for good.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_account: bool,
}

/// What a browser's guest has is to go to a profile of the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adoption {
    pub guest: ProfileId,
    pub into: ProfileId,
}

impl AccountRecord {
    /// Takes a profile out, and leaves word that it is to be forgotten everywhere.
    pub fn delete_profile(&mut self, profile: &ProfileId, due: u64) {
        self.profiles.retain(|one| one.id != *profile);
        self.await_forgetting(profile, due);
    }

    /// Whether a profile was deleted, and is being forgotten.
    pub fn is_to_be_forgotten(&self, profile: &ProfileId) -> bool {
        self.pending.as_ref().is_some_and(|pending| pending.deleted.contains(profile))
    }

    /// Leaves word that a profile is to be forgotten everywhere.
    pub fn await_forgetting(&mut self, profile: &ProfileId, due: u64) {
        let pending = self.pending.get_or_insert_default();
        if !pending.deleted.contains(profile) {
            pending.deleted.push(profile.clone());
        }
        self.pending_due = Some(due);
    }

    /// Lets nobody in any more, and leaves word that everything is to be forgotten.
    pub fn delete_account(&mut self, due: u64) {
        self.is_disabled = true;
        self.pending.get_or_insert_default().is_account = true;
        self.pending_due = Some(due);
    }

    /// Lets nobody in with an account that was deleted, whatever else is changed until it is gone.
    pub fn stay_deleted(&mut self) {
        self.is_disabled |= self.pending.as_ref().is_some_and(|pending| pending.is_account);
    }

    /// What `done` names is done. What was asked for since then stays.
    pub fn settle(&mut self, done: &Pending) {
        let Some(pending) = &mut self.pending else { return };
        pending.deleted.retain(|profile| !done.deleted.contains(profile));
        if pending.adoption == done.adoption {
            pending.adoption = None;
        }
        if *pending == Pending::default() {
            (self.pending, self.pending_due) = (None, None);
        }
    }
}

impl Accounts {
    /// The accounts for which something is to be done by now, the earliest first; whoever is given them has them for ten
    /// seconds, and then they are due again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_due(&self, limit: u32) -> Result<Vec<AccountId>, StoreError> {
        let now = self.clock.millis();
        let page = self.documents.find(&ACCOUNTS, find(BY_PENDING, Vec::new(), None, limit)).await?;
        let mut taken = Vec::new();
        for document in page.documents {
            // One that cannot be read keeps none of the others waiting.
            let Ok(account) = read(document).inspect_err(|error| tracing::error!(%error, "an account cannot be read")) else {
                continue;
            };
            if account.record.pending_due.is_none_or(|due| due > now) {
                break;
            }
            let leased = AccountRecord { pending_due: Some(now + LEASE_MILLIS), ..account.record };
            match self.put(&account.id, &leased, Expect::Version(account.version)).await {
                Ok(_) => taken.push(account.id),
                // Another node was faster, or it was changed: it is looked at again.
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(taken)
    }

    /// Every account in the order of ids, a page at a time, and the cursor of the next one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn each(&self, after: Option<&str>, limit: u32) -> Result<(Vec<StoredAccount>, Option<String>), StoreError> {
        let page = self.documents.list(&ACCOUNTS, after, limit).await?;
        Ok((page.documents.into_iter().filter_map(readable).collect(), page.next))
    }
}
