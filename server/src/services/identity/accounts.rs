//! The accounts: found by id and by login, made once each, changed one at a time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use contract::{
    Code, Problem,
    identity::AccountRole,
    ids::{AccountId, ProfileId},
};
use runtime::clock::Clock;
use serde_json::{Map, json};
use storage::{
    StoreError,
    documents::{Change, Direction, Document, Documents, Expect, Find, Write, update},
    keyvalue::KeyValue,
};
use tokio::time::timeout;

use super::{
    logins::{login_key, old_login_key},
    operators::{ChangeError, is_operator},
    owners::ProfileOwners,
    pending::{Adoption, LEASE_MILLIS, Pending},
    record::{ACCOUNTS, AccountRecord, BY_LOGIN, BY_SUBJECT, ProfileRecord, StoredAccount, subject_key},
};

/// Who may become the operator without being asked: the account whose id this key holds. The last to claim it is the one.
const SET_UP: &str = "identity/set-up";
/// How long the claim stands: longer than any request.
const CLAIM: Duration = Duration::from_secs(2 * 60 * 60);
/// Tries to demote an operator; each fails only where somebody else changed the account.
const TRIES: u8 = 8;

/// What an account is made of.
pub struct NewAccount {
    pub id: AccountId,
    pub login: String,
    pub name: String,
    pub role: AccountRole,
    pub email: Option<String>,
    /// Of its first profile. Nobody has it yet.
    pub profile: ProfileId,
    /// The guest who signs up, whose progress goes to that profile.
    pub guest: Option<ProfileId>,
    /// The provider that knows them, and as whom; absent for a local account.
    pub subject: Option<(String, String)>,
}

pub struct Accounts {
    pub(super) documents: Arc<dyn Documents>,
    keyvalue: Arc<dyn KeyValue>,
    owners: Arc<ProfileOwners>,
    pub(super) clock: Clock,
    /// Once there is an account there always is one.
    is_set_up: AtomicBool,
    was_empty: AtomicU64,
}

impl Accounts {
    pub fn new(documents: Arc<dyn Documents>, keyvalue: Arc<dyn KeyValue>, owners: Arc<ProfileOwners>, clock: Clock) -> Self {
        Self { documents, keyvalue, owners, clock, is_set_up: AtomicBool::new(false), was_empty: AtomicU64::new(0) }
    }

    /// Whether there is an account, for what visitors are shown: a place without one goes on as it was for a while where the
    /// store does not say, as everything does that was read before, and nobody who looks in waits for it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_set_up(&self) -> Result<bool, StoreError> {
        let was_empty = self.clock.millis().saturating_sub(self.was_empty.load(Ordering::Relaxed)) < EMPTY_FOR_MILLIS;
        if !was_empty {
            return self.is_set_up_for_sure().await;
        }
        Ok(timeout(PATIENCE, self.is_set_up_for_sure()).await.ok().and_then(Result::ok).unwrap_or(false))
    }

    /// Whether there is an account, for whoever would be the first: nothing but the store's own answer counts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_set_up_for_sure(&self) -> Result<bool, StoreError> {
        if self.is_set_up.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let now = self.clock.millis();
        match self.documents.count(&ACCOUNTS).await? {
            0 => self.was_empty.store(now, Ordering::Relaxed),
            _ => self.is_set_up.store(true, Ordering::Relaxed),
        }
        Ok(self.is_set_up.load(Ordering::Relaxed))
    }

    /// Makes the first account. Of two that try at once, one succeeds.
    ///
    /// # Errors
    /// `already_set_up`; what the store says.
    pub async fn create_first(&self, new: NewAccount) -> Result<StoredAccount, Problem> {
        let claim = self.claim_first(&new.id).await?;
        self.create_claimed(&claim, new).await
    }

    /// Claims to be the first account. A claim whose account is not made yet is taken over: its process may have ended, and
    /// where it has not, it finds out before it is let in.
    ///
    /// # Errors
    /// `already_set_up`; what the store says.
    pub async fn claim_first(&self, id: &AccountId) -> Result<FirstClaim, Problem> {
        let taken = || Problem::new(Code::AlreadySetUp);
        if self.is_set_up_for_sure().await? {
            return Err(taken());
        }
        let (expect, abandoned) = match self.keyvalue.get(SET_UP).await? {
            None => (Expect::Absent, None),
            Some(entry) => {
                let before = std::str::from_utf8(&entry.value).ok().and_then(|id| id.parse::<AccountId>().ok());
                if let Some(before) = &before
                    && self.get(before).await?.is_some()
                {
                    return Err(taken());
                }
                (Expect::Version(entry.version), before)
            }
        };
        match self.keyvalue.put(SET_UP, Bytes::from(id.as_str().to_owned()), expect, Some(CLAIM)).await {
            Ok(version) => Ok(FirstClaim { version, abandoned }),
            Err(StoreError::Conflict { .. }) => Err(taken()),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the account that was claimed to be the first. Where that fails, the next one may claim it.
    ///
    /// # Errors
    /// `already_set_up` where the claim was taken over; as [`Accounts::create`].
    pub async fn create_claimed(&self, claim: &FirstClaim, new: NewAccount) -> Result<StoredAccount, Problem> {
        let id = new.id.clone();
        if !self.holds(claim).await? {
            return Err(Problem::new(Code::AlreadySetUp));
        }
        let account = match self.create(new).await {
            Ok(account) => account,
            Err(problem) => match self.get(&id).await {
                // It was written, and the answer was lost.
                Ok(Some(account)) => account,
                Ok(None) => {
                    self.release(claim).await;
                    return Err(problem);
                }
                // Nobody knows: the next one looks whether it is there.
                Err(_) => return Err(problem),
            },
        };
        match self.holds(claim).await {
            Ok(false) => {
                // Nobody entered with it: whoever took the claim over makes the first account.
                self.documents.delete(&ACCOUNTS, id.as_str(), Expect::Anything).await?;
                self.is_set_up.store(false, Ordering::Relaxed);
                Err(Problem::new(Code::AlreadySetUp))
            }
            Ok(true) | Err(_) => Ok(account),
        }
    }

    /// Whether nobody took the claim over.
    async fn holds(&self, claim: &FirstClaim) -> Result<bool, StoreError> {
        Ok(self.keyvalue.get(SET_UP).await?.is_some_and(|entry| entry.version == claim.version))
    }

    /// Nobody claims to be the first any more.
    pub async fn release(&self, claim: &FirstClaim) {
        if let Err(error) = self.keyvalue.delete(SET_UP, Expect::Version(claim.version)).await {
            tracing::warn!(%error, "a claim to be the first account is left for the next one to take over");
        }
    }

    /// Makes an account, and its first profile its own before that. With it leaves word that the guest, where there is one,
    /// is to be taken along.
    ///
    /// # Errors
    /// `name_taken`; `version_conflict` where there is one of this id; what the store says.
    pub async fn create(&self, new: NewAccount) -> Result<StoredAccount, Problem> {
        if !self.owners.claim(&new.profile, &new.id).await? {
            tracing::error!(profile = %new.profile, "a new profile has an owner");
            return Err(Problem::internal());
        }
        let now = self.clock.millis();
        let adoption = new.guest.map(|guest| Adoption { guest, into: new.profile.clone() });
        let pending = adoption.map(|adoption| Pending { adoption: Some(adoption), ..Pending::default() });
        let profile = ProfileRecord::first(new.profile, new.name.clone());
        let profile_id = profile.id.clone();
        let record = AccountRecord {
            login_key: login_key(&new.login),
            login: new.login,
            name: new.name,
            email: new.email,
            role: new.role,
            is_disabled: false,
            subject_key: match &new.subject {
                Some((provider, subject)) => subject_key(provider, subject),
                // A provider's name has a character at least.
                None => format!("/{}", new.id),
            },
            provider: new.subject.map(|(provider, _)| provider),
            created: now,
            profiles: vec![profile],
            is_kept_operator: false,
            // The rest of the sign-up does it at once, where it comes so far.
            pending_due: pending.as_ref().map(|_| now + LEASE_MILLIS),
            pending,
            unknown: Map::new(),
        };
        match self.put(&new.id, &record, Expect::Absent).await {
            Ok(version) => Ok(StoredAccount { id: new.id, version, record }),
            Err(StoreError::Duplicate { .. }) => {
                self.owners.release(&profile_id, &new.id).await?;
                Err(Problem::new(Code::NameTaken))
            }
            Err(error @ StoreError::Conflict { .. }) => {
                self.owners.release(&profile_id, &new.id).await?;
                Err(error.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn get(&self, id: &AccountId) -> Result<Option<StoredAccount>, StoreError> {
        self.documents.get(&ACCOUNTS, id.as_str()).await?.map(read).transpose()
    }

    /// Whoever signs in with this name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find_login(&self, login: &str) -> Result<Option<StoredAccount>, StoreError> {
        let (key, old) = (login_key(login), old_login_key(login));
        // Of two logins that are one in Unicode's normal form, the one that is kept as it was typed.
        if old != key
            && let Some(found) = self.find_key(old).await?
        {
            return Ok(Some(found));
        }
        self.find_key(key).await
    }

    async fn find_key(&self, login_key: String) -> Result<Option<StoredAccount>, StoreError> {
        let find = find(BY_LOGIN, vec![login_key.into()], None, 1);
        self.documents.find(&ACCOUNTS, find).await?.documents.into_iter().next().map(read).transpose()
    }

    /// Who a provider means.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find_subject(&self, provider: &str, subject: &str) -> Result<Option<StoredAccount>, StoreError> {
        let find = find(BY_SUBJECT, vec![subject_key(provider, subject).into()], None, 1);
        self.documents.find(&ACCOUNTS, find).await?.documents.into_iter().next().map(read).transpose()
    }

    /// Accounts whose logins begin with `prefix`, by login, and the cursor of the next page.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn page(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<StoredAccount>, Option<String>), StoreError> {
        let prefix = login_key(prefix);
        let from = (!prefix.is_empty()).then(|| json!(prefix));
        let find = Find { from, after, ..find(BY_LOGIN, Vec::new(), None, limit) };
        let page = self.documents.find(&ACCOUNTS, find).await?;
        let accounts: Vec<StoredAccount> = page.documents.into_iter().filter_map(readable).collect();
        let all = accounts.len();
        let wanted: Vec<_> = accounts.into_iter().take_while(|account| account.record.login_key.starts_with(&prefix)).collect();
        let next = page.next.filter(|_| wanted.len() == all);
        Ok((wanted, next))
    }

    /// Changes an account, as often as others are faster: `act` is called once for each try, and the last one counts. The
    /// last operator stays one.
    ///
    /// # Errors
    /// `not_found`; what `act` says; `limit_reached` where nobody else would run the place; what the store says.
    pub async fn change(
        &self,
        id: &AccountId,
        act: impl FnMut(&mut AccountRecord) -> Result<(), Problem>,
    ) -> Result<StoredAccount, Problem> {
        self.try_change(id, act).await.map_err(Problem::from)
    }

    /// As [`Self::change`], for whoever goes on where it is the last operator's.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub async fn try_change(
        &self,
        id: &AccountId,
        mut act: impl FnMut(&mut AccountRecord) -> Result<(), Problem>,
    ) -> Result<StoredAccount, ChangeError> {
        let mut act = |record: &mut AccountRecord| {
            act(record)?;
            record.stay_deleted();
            Ok(())
        };
        for _ in 0..TRIES {
            let changed = update(&*self.documents, &ACCOUNTS, id.as_str(), |stored: Option<AccountRecord>| {
                let mut record = stored.ok_or_else(|| Problem::not_found("account"))?;
                let was_operator = is_operator(&record);
                act(&mut record)?;
                if was_operator && !is_operator(&record) {
                    return Err(Otherwise::Demotes);
                }
                Ok(Change::Put(record))
            });
            match changed.await {
                Ok(updated) => {
                    let record = updated.record.ok_or_else(Problem::internal)?;
                    return Ok(StoredAccount { id: id.clone(), version: updated.version, record });
                }
                Err(Otherwise::Fails(error)) => return Err(error),
                Err(Otherwise::Demotes) => {}
            }
            if let Some(account) = self.demote(id, &mut act).await? {
                return Ok(account);
            }
        }
        Err(StoreError::Contended { key: format!("{}/{id}", ACCOUNTS.name) }.into())
    }

    /// Writes an account as it is to be.
    pub(super) async fn put(&self, id: &AccountId, record: &AccountRecord, expect: Expect) -> Result<u64, StoreError> {
        let body = serde_json::to_value(record);
        let body = body.map_err(|error| StoreError::corrupt(format_args!("account {id}"), error))?;
        self.documents.put(&ACCOUNTS, Write { id: id.as_str().to_owned(), body, expect }).await
    }

    /// Removes an account for good; whether there was one.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Conflict`] where it may sign in: it may be the last operator's by now.
    pub async fn remove(&self, id: &AccountId) -> Result<bool, StoreError> {
        let Some(stored) = self.get(id).await? else { return Ok(false) };
        if !stored.record.is_disabled {
            return Err(StoreError::Conflict { key: format!("{}/{id}", ACCOUNTS.name) });
        }
        self.documents.delete(&ACCOUNTS, id.as_str(), Expect::Version(stored.version)).await
    }
}

/// Why an account is not changed in one step.
enum Otherwise {
    /// It stops being an operator's.
    Demotes,
    Fails(ChangeError),
}

impl<E: Into<ChangeError>> From<E> for Otherwise {
    fn from(error: E) -> Self {
        Self::Fails(error.into())
    }
}

/// That one account, and no other, may be the first.
pub struct FirstClaim {
    version: u64,
    /// Whose claim it took over: an account that was never made.
    pub abandoned: Option<AccountId>,
}

/// How long a store that does not answer is taken to hold no account, where it held none.
const EMPTY_FOR_MILLIS: u64 = 10 * 60 * 1000;
/// How long whoever looks in waits for it then.
const PATIENCE: Duration = Duration::from_secs(1);

pub fn find<'a>(index: &'static str, equals: Vec<serde_json::Value>, after: Option<&'a str>, limit: u32) -> Find<'a> {
    Find { index, equals, from: None, direction: Direction::Ascending, after, limit }
}

/// Of many, one that cannot be read is left out, and named in the log: it is no reason to tell nothing of the others, or not to start.
pub fn readable(document: Document) -> Option<StoredAccount> {
    read(document).inspect_err(|error| tracing::error!(%error, "an account is left out of a list")).ok()
}

pub fn read(document: Document) -> Result<StoredAccount, StoreError> {
    let corrupt = |reason: &dyn std::fmt::Display| StoreError::corrupt(format_args!("account {}", document.id), reason);
    let id = document.id.parse().map_err(|_| corrupt(&"no id of an account"))?;
    let record = serde::Deserialize::deserialize(&document.body).map_err(|error: serde_json::Error| corrupt(&error))?;
    Ok(StoredAccount { id, version: document.version, record })
}
