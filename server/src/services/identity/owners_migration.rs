//! Gives every profile of an older build its owner, at every start; done in a moment where each has one.
//!
//! Then two accounts could name the same profile, because both took the same browser's guest along. The account that comes
//! first in the order of ids keeps it; another one that names it gets a profile of its own in its place, with its name, its
//! PIN, its devices and tokens, and without what the other one watched. Each step may be done again: a start that is broken
//! off goes on the next time.

use contract::{
    Problem,
    ids::{AccountId, ProfileId},
};
use storage::{StoreError, documents::PAGE_LIMIT, keyvalue::Expect};
use vault::{Access, Purpose};

use super::{Identity, passwords::Lock, record::StoredAccount};

impl Identity {
    /// How many profiles got an owner.
    ///
    /// # Errors
    /// What a store says.
    pub async fn migrate_owners(&self) -> Result<u64, Problem> {
        let (mut claimed, mut after) = (0, None::<String>);
        loop {
            let (accounts, next) = self.accounts.each(after.as_deref(), PAGE_LIMIT / 10).await?;
            claimed += self.migrate_page(&accounts).await?;
            match next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        if claimed > 0 {
            tracing::info!(claimed, "profiles of an older version have an owner now");
        }
        Ok(claimed)
    }

    async fn migrate_page(&self, accounts: &[StoredAccount]) -> Result<u64, Problem> {
        let mut claimed = 0;
        let each = |account: &StoredAccount| -> Vec<ProfileId> {
            account.record.profiles.iter().map(|profile| profile.id.clone()).collect()
        };
        let ids: Vec<String> = accounts.iter().flat_map(each).map(String::from).collect();
        let mut owned = Vec::new();
        for some in ids.chunks(PAGE_LIMIT as usize) {
            owned.extend(self.owners.known(some).await?);
        }
        for account in accounts {
            for profile in each(account) {
                // What is gone of it is the outbox's business.
                let is_ours = owned.iter().any(|(id, record)| id == profile.as_str() && record.account == account.id);
                if is_ours {
                    continue;
                }
                if !self.owners.claim(&profile, &account.id).await? {
                    self.give_another(&account.id, &profile).await?;
                }
                claimed += 1;
            }
        }
        Ok(claimed)
    }

    /// Puts a profile of its own in the place of one that is another account's.
    async fn give_another(&self, account: &AccountId, profile: &ProfileId) -> Result<(), Problem> {
        let new = successor(account, profile).ok_or_else(Problem::internal)?;
        if !self.owners.claim(&new, account).await? {
            tracing::error!(%account, %profile, "a profile of two accounts cannot be given another id");
            return Err(Problem::internal());
        }
        let access = Access::own(Purpose::Migration);
        let (from, to) = (Lock::Profile(account, profile).record(), Lock::Profile(account, &new).record());
        let pin_version = match self.vault.get(&access, &from).await? {
            Some(pin) => match self.vault.put(&access, &to, &pin.value, Expect::Absent).await {
                Ok(version) => Some(version),
                Err(StoreError::Conflict { .. }) => None,
                Err(error) => return Err(error.into()),
            },
            None => None,
        };
        for (sign_in, record) in self.sign_ins.all(account).await? {
            if record.profile == *profile {
                self.sign_ins.select(account, &sign_in, &new).await?;
            }
        }
        self.api_tokens.hand_over(account, profile, &new).await?;
        let now = self.clock.millis();
        let changed = self.accounts.change(account, |record| {
            if let Some(entry) = record.profiles.iter_mut().find(|entry| entry.id == *profile) {
                entry.id = new.clone();
                entry.pin_version = pin_version;
            }
            // The PIN that was left under the old id: what is another account's is not touched.
            record.await_forgetting(profile, now);
            Ok(())
        });
        changed.await?;
        tracing::warn!(%account, %profile, %new, "two accounts had one profile: this one has another from now on, without its progress");
        Ok(())
    }
}

/// The same each time, so that what was broken off finds what it made.
fn successor(account: &AccountId, profile: &ProfileId) -> Option<ProfileId> {
    // Ids hold no slash: no two pairs read alike.
    let hash = blake3::hash(format!("{account}/{profile}").as_bytes()).to_hex();
    hash.get(..32)?.parse().ok()
}
