//! What becomes of profiles and accounts after the document that decides it was written: guests are taken along, what was
//! deleted is forgotten everywhere, at once and once more after ten minutes.
//!
//! The outbox is in two places: accounts say what is to be done for them ([`Pending`]), tombstones and claims say when they
//! are looked at again. Every step may be done twice, by this node and another, and is found done. Must never forget what
//! another account owns, nor clear an entry before its work is done.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use contract::{
    Code, Problem,
    ids::{AccountId, ProfileId},
};
use storage::{
    StoreError,
    documents::PAGE_LIMIT,
    keyvalue::{Expect, SCAN_LIMIT},
};
use vault::{Access, Purpose, Shredded};

use super::{
    Identity,
    owners::{AGAIN_MILLIS, Life, OwnerRecord, is_of_account, of_account},
    passkeys,
    passwords::Lock,
    pending::{Adoption, Pending},
    record::{ProfileRecord, StoredAccount, random_id},
    v1,
};
use crate::deletions::Deletion;

/// How often the outbox is looked into.
const EVERY: Duration = Duration::from_secs(5);
/// Entries of one look.
const AT_ONCE: u32 = 100;
/// How long what a guest left stays after it was last written.
const GUESTS_STAY_MILLIS: u64 = 90 * 24 * 60 * 60 * 1000;
/// Which node looks after guests' leavings, and how long until one does again.
const GUESTS_SWEPT: &str = "identity/guests-swept";
/// Whether what guests left under an older build has a date.
const GUESTS_DATED: &str = "identity/guests-dated";
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);

impl Identity {
    /// Does at once what waits for an account. What fails is done by the outbox.
    pub(super) async fn finish(&self, account: &AccountId) {
        if let Err(error) = self.finish_pending(&Access::own(Purpose::Profile), account).await {
            tracing::warn!(%account, %error, "what is to be forgotten or taken along is, a little later");
        }
    }

    /// Does what waits for an account; what its vault lost where the account itself was deleted.
    ///
    /// # Errors
    /// What a store says; what is left is done by the next call.
    pub(super) async fn finish_pending(&self, access: &Access, id: &AccountId) -> Result<Option<Shredded>, Problem> {
        let Some(account) = self.accounts.get(id).await? else { return Ok(None) };
        let Some(pending) = account.record.pending.clone() else { return Ok(None) };
        if let Some(adoption) = &pending.adoption {
            self.adopt(&account, adoption).await?;
        }
        for profile in &pending.deleted {
            self.forget_profile(access, id, profile).await?;
        }
        if pending.is_account {
            return self.finish_account(access, &account).await.map(Some);
        }
        let settled = self.accounts.change(id, |record| {
            record.settle(&Pending { is_account: false, ..pending.clone() });
            Ok(())
        });
        match settled.await {
            Ok(_) => Ok(None),
            // Deleted by somebody else meanwhile.
            Err(problem) if problem.code == Code::NotFound => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// Takes a guest along, once: of several accounts that were made in one browser, the one that claims the guest first.
    async fn adopt(&self, account: &StoredAccount, Adoption { guest, into }: &Adoption) -> Result<(), Problem> {
        if !self.owners.bury_guest(guest, &account.id, into).await? {
            return Ok(());
        }
        if account.record.profiles.iter().any(|profile| profile.id == *into) {
            self.keepers.merge(guest, into).await?;
        }
        Ok(self.keepers.forget(guest).await?)
    }

    /// Forgets a profile that its account names no more.
    async fn forget_profile(&self, access: &Access, account: &AccountId, profile: &ProfileId) -> Result<(), Problem> {
        let again = self.clock.millis() + AGAIN_MILLIS;
        let is_ours = self.owners.bury(profile, account, again).await?;
        self.forget_here(access, account, profile).await?;
        if is_ours {
            self.keepers.forget(profile).await?;
            let (profile, account) = (profile.clone(), account.clone());
            self.deletions.note(Deletion::Profile { profile, account }).await?;
        }
        Ok(())
    }

    /// What this service keeps of a profile, below its account.
    async fn forget_here(&self, access: &Access, account: &AccountId, profile: &ProfileId) -> Result<(), Problem> {
        self.api_tokens.delete_of(account, profile).await?;
        match self.passwords.remove(access, Lock::Profile(account, profile)).await {
            // Its account's key was destroyed, and the PIN with it.
            Ok(()) | Err(StoreError::Invalid { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Forgets an account, and removes it last, so that what was broken off is gone on with.
    async fn finish_account(&self, access: &Access, account: &StoredAccount) -> Result<Shredded, Problem> {
        let id = &account.id;
        self.owners.bury_account(id, self.clock.millis() + AGAIN_MILLIS).await?;
        for profile in &account.record.profiles {
            self.forget_profile(access, id, &profile.id).await?;
        }
        let shredded = self.forget_account(access, id).await?;
        self.deletions.note(Deletion::Account { account: id.clone() }).await?;
        self.accounts.remove(id).await?;
        Ok(shredded)
    }

    /// What is kept of an account outside of its document.
    async fn forget_account(&self, access: &Access, id: &AccountId) -> Result<Shredded, Problem> {
        self.end_others(id, None).await?;
        self.api_tokens.forget(id).await?;
        self.confirmations.forget(id).await?;
        for prefix in [v1::SESSIONS, v1::SUBJECTS, passkeys::OWNERS] {
            self.forget_pointers(prefix, id).await?;
        }
        self.keepers.forget_account(id).await?;
        Ok(self.vault.shred(&Access { why: Purpose::Shred, ..access.clone() }, id).await?)
    }

    /// Removes every entry below `prefix` that names an account.
    async fn forget_pointers(&self, prefix: &str, account: &AccountId) -> Result<(), StoreError> {
        let named = Bytes::from(account.as_str().to_owned());
        let mut after: Option<String> = None;
        loop {
            let page = self.keyvalue.scan(prefix, after.as_deref(), SCAN_LIMIT).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = Some(last.clone());
            for (key, _) in page.iter().filter(|(_, entry)| entry.value == named) {
                self.keyvalue.delete(key, Expect::Anything).await?;
            }
        }
    }

    /// Looks into the outbox once; how many entries were worked on.
    ///
    /// # Errors
    /// What a store says.
    pub async fn work_outbox(&self) -> Result<usize, Problem> {
        let access = Access::own(Purpose::Profile);
        // One that fails keeps none of the others waiting.
        let mut outcomes = Vec::new();
        let accounts = self.accounts.take_due(AT_ONCE).await?;
        for account in &accounts {
            outcomes.push(self.finish_pending(&access, account).await.map(drop));
        }
        let due = self.owners.take_due(AT_ONCE).await?;
        for (id, record) in &due {
            outcomes.push(self.look_again(&access, id, record).await);
        }
        // Somebody else who is at the same entry was faster: what is left of it is still due.
        let failed = outcomes.into_iter().filter_map(Result::err).find(|problem| problem.code != Code::VersionConflict);
        failed.map_or(Ok(accounts.len() + due.len()), Err)
    }

    /// What is done about a tombstone or a claim when its time has come.
    async fn look_again(&self, access: &Access, id: &str, record: &OwnerRecord) -> Result<(), Problem> {
        if is_of_account(id) {
            self.forget_account(access, &record.account).await?;
            return Ok(self.owners.settle(id).await?);
        }
        let Ok(profile) = id.parse::<ProfileId>() else { return Ok(self.owners.settle(id).await?) };
        let account = self.accounts.get(&record.account).await?;
        match record.life {
            Life::Owned => {
                let is_named =
                    account.as_ref().is_some_and(|account| account.record.profiles.iter().any(|one| one.id == profile));
                if is_named {
                    return Ok(self.owners.settle(id).await?);
                }
                // What was to name it never came to be, or went again.
                if account.is_some() {
                    self.forget_here(access, &record.account, &profile).await?;
                }
                // Whoever watched with it meanwhile left something; without an owner it would be a guest's.
                self.keepers.forget(&profile).await?;
                Ok(self.owners.give_up(&profile, &record.account).await?)
            }
            Life::Merged | Life::Deleted => {
                self.keepers.forget(&profile).await?;
                if account.is_some() {
                    self.forget_here(access, &record.account, &profile).await?;
                }
                Ok(self.owners.settle(id).await?)
            }
        }
    }

    /// Deletes once more what was deleted here and is back, because a store is from before: a backup was restored. How much.
    ///
    /// # Errors
    /// What a store says.
    pub async fn replay_deletions(&self) -> Result<usize, Problem> {
        let mut all = self.deletions.all().await?;
        all.retain(|deletion| owner_of(deletion).is_some());
        let mut replayed = 0;
        for some in all.chunks(PAGE_LIMIT as usize) {
            let ids: Vec<String> = some.iter().filter_map(owner_of).collect();
            let known = self.owners.known(&ids).await?;
            let is_gone = |id: &String| known.iter().any(|(known, record)| known == id && record.is_gone());
            for (deletion, _) in some.iter().zip(&ids).filter(|(_, id)| !is_gone(id)) {
                self.replay(deletion).await?;
                replayed += 1;
            }
        }
        if replayed > 0 {
            tracing::warn!(replayed, "profiles and accounts that were deleted were back: a backup from before was restored");
        }
        Ok(replayed)
    }

    async fn replay(&self, deletion: &Deletion) -> Result<(), Problem> {
        let now = self.clock.millis();
        match deletion {
            Deletion::Account { account } => {
                let deleted = self.accounts.change(account, |record| {
                    record.delete_account(now);
                    Ok(())
                });
                match deleted.await {
                    Ok(_) => Ok(()),
                    Err(problem) if problem.code == Code::NotFound => Ok(self.owners.bury_account(account, now).await?),
                    Err(problem) if problem.code == Code::LimitReached => {
                        tracing::error!(
                            %account,
                            "an account that was deleted is back, and its holder alone runs the place as of then: make \
                             another operator, and delete it again"
                        );
                        Ok(())
                    }
                    Err(problem) => Err(problem),
                }
            }
            // The catalogue's.
            Deletion::Title { .. } => Ok(()),
            Deletion::Profile { profile, account } => {
                let stored = self.accounts.get(account).await?;
                let named = stored.filter(|stored| stored.record.profiles.iter().any(|one| one.id == *profile));
                let Some(stored) = named else {
                    self.owners.bury(profile, account, now).await?;
                    return Ok(());
                };
                // An account keeps one profile without an age limit at least.
                let is_left = |one: &&ProfileRecord| one.id != *profile && one.maturity.is_none();
                let spare: Option<ProfileId> = stored.record.profiles.iter().find(is_left).is_none().then(random_id);
                if let Some(spare) = &spare {
                    self.owners.claim(spare, account).await?;
                }
                let deleted = self.accounts.change(account, |record| {
                    record.delete_profile(profile, now);
                    let is_wanted = record.profiles.iter().all(|one| one.maturity.is_some());
                    if let Some(spare) = spare.as_ref().filter(|_| is_wanted) {
                        record.profiles.push(ProfileRecord::first(spare.clone(), record.name.clone()));
                    }
                    Ok(())
                });
                deleted.await.map(drop)
            }
        }
    }

    /// Dates what guests left under an older build, and what it left of profiles that it deleted: neither has a date, and
    /// both expire from now on. Once for good; how many records.
    ///
    /// # Errors
    /// What a store says; then it is to be called again.
    pub async fn date_guests(&self) -> Result<u64, Problem> {
        if self.keyvalue.get(GUESTS_DATED).await?.is_some() {
            return Ok(0);
        }
        let dated = self.keepers.date_guests().await?;
        self.keyvalue.put(GUESTS_DATED, Bytes::from_static(b"1"), Expect::Anything, None).await?;
        tracing::info!(dated, "what guests left under an older version expires, too");
        Ok(dated)
    }

    /// Forgets what guests left long ago, once an hour among all nodes.
    async fn sweep_guests(&self) -> Result<(), Problem> {
        match self.keyvalue.put(GUESTS_SWEPT, Bytes::from_static(b"1"), Expect::Absent, Some(SWEEP_EVERY)).await {
            Ok(_) => {}
            Err(StoreError::Conflict { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        self.date_guests().await?;
        self.expire_guests().await.map(drop)
    }

    /// Forgets what guests left that was not written for ninety days; how many records.
    ///
    /// # Errors
    /// What a store says.
    pub async fn expire_guests(&self) -> Result<u64, Problem> {
        let expired = self.keepers.expire_guests(self.clock.millis().saturating_sub(GUESTS_STAY_MILLIS)).await?;
        if expired > 0 {
            tracing::info!(expired, "what guests left long ago is forgotten");
        }
        Ok(expired)
    }

    /// Works the outbox for as long as the server runs.
    ///
    /// # Errors
    /// What a store says, in words: then it is to be called again.
    pub async fn keep_profiles(self: Arc<Self>) -> Result<(), String> {
        loop {
            match self.keep_profiles_once().await {
                Ok(()) => {}
                // A store that is away is told of by itself, and the outbox waits for it.
                Err(problem) if problem.code == Code::Overloaded => {
                    tracing::warn!(%problem, "the outbox of profiles waits for its store");
                }
                Err(problem) => return Err(problem.to_string()),
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    async fn keep_profiles_once(&self) -> Result<(), Problem> {
        // What was put off because of another entry is looked at after its lease.
        while self.work_outbox().await? > 0 {}
        self.sweep_guests().await
    }
}

/// The document of [`super::owners::PROFILE_OWNERS`] that is the deletion's tombstone; a title's is the catalogue's.
fn owner_of(deletion: &Deletion) -> Option<String> {
    match deletion {
        Deletion::Profile { profile, .. } => Some(profile.as_str().to_owned()),
        Deletion::Account { account } => Some(of_account(account)),
        Deletion::Title { .. } => None,
    }
}
