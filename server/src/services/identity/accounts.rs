//! The accounts: found by id and by login, made once each, changed one at a time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use contract::{
    Code, Problem,
    identity::AccountRole,
    ids::{AccountId, ProfileId},
};
use serde_json::{Map, json};

use super::{
    owners::ProfileOwners,
    record::{
        ACCOUNTS, AccountRecord, Adoption, BY_LOGIN, BY_PENDING, BY_ROLE, BY_SUBJECT, Pending, ProfileRecord, StoredAccount,
        login_key, random_id, subject_key,
    },
};
use crate::{
    clock::Clock,
    storage::{
        StoreError,
        documents::{self, Change, Direction, Document, Documents, Expect, Find, Write},
        keyvalue::KeyValue,
    },
};

/// Who may become the operator without being asked: whoever holds this key's value.
const SET_UP: &str = "identity/set-up";
/// How long the claim stands: longer than any request, and not for good, in case the process is killed before its account
/// is made.
const CLAIM: Duration = Duration::from_secs(2 * 60 * 60);
/// How long a node has for what an account waits for, before another one takes it up.
const LEASE_MILLIS: u64 = 10_000;

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
    documents: Arc<dyn Documents>,
    keyvalue: Arc<dyn KeyValue>,
    owners: Arc<ProfileOwners>,
    clock: Clock,
    /// Once there is an account there always is one.
    is_set_up: AtomicBool,
}

impl Accounts {
    pub fn new(documents: Arc<dyn Documents>, keyvalue: Arc<dyn KeyValue>, owners: Arc<ProfileOwners>, clock: Clock) -> Self {
        Self { documents, keyvalue, owners, clock, is_set_up: AtomicBool::new(false) }
    }

    /// Whether there is an account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_set_up(&self) -> Result<bool, StoreError> {
        if !self.is_set_up.load(Ordering::Relaxed) && self.documents.count(&ACCOUNTS).await? > 0 {
            self.is_set_up.store(true, Ordering::Relaxed);
        }
        Ok(self.is_set_up.load(Ordering::Relaxed))
    }

    /// Makes the first account. Of two that try at once, one succeeds.
    ///
    /// # Errors
    /// `already_set_up`; what the store says.
    pub async fn create_first(&self, new: NewAccount) -> Result<StoredAccount, Problem> {
        let taken = || Problem::new(Code::AlreadySetUp);
        if self.is_set_up().await? {
            return Err(taken());
        }
        let value = Bytes::from(new.id.as_str().to_owned());
        match self.keyvalue.put(SET_UP, value, Expect::Absent, Some(CLAIM)).await {
            Ok(_) => self.create(new).await,
            Err(StoreError::Conflict { .. }) => Err(taken()),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes an account, and its first profile its own before that. With it leaves word that the guest, where there is one,
    /// is to be taken along.
    ///
    /// # Errors
    /// `name_taken`; what the store says.
    pub async fn create(&self, new: NewAccount) -> Result<StoredAccount, Problem> {
        if !self.owners.claim(&new.profile, &new.id).await? {
            tracing::error!(profile = %new.profile, "a new profile has an owner");
            return Err(Problem::internal());
        }
        let now = self.clock.millis();
        let adoption = new.guest.map(|guest| Adoption { guest, into: new.profile.clone() });
        let pending = adoption.map(|adoption| Pending { adoption: Some(adoption), ..Pending::default() });
        let profile = first_profile(new.profile, new.name.clone());
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
            pending_due: pending.as_ref().map(|_| now),
            pending,
            unknown: Map::new(),
        };
        let write = Write { id: new.id.as_str().to_owned(), body: body(&record)?, expect: Expect::Absent };
        match self.documents.put(&ACCOUNTS, write).await {
            Ok(version) => Ok(StoredAccount { id: new.id, version, record }),
            Err(StoreError::Duplicate { .. }) => {
                self.owners.release(&profile_id, &new.id).await?;
                Err(Problem::new(Code::NameTaken))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn get(&self, id: &AccountId) -> Result<Option<StoredAccount>, StoreError> {
        self.documents.get(&ACCOUNTS, id.as_str()).await?.map(read).transpose()
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn find_login(&self, login: &str) -> Result<Option<StoredAccount>, StoreError> {
        let find = find(BY_LOGIN, vec![login_key(login).into()], None, 1);
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
        let accounts: Vec<StoredAccount> = page.documents.into_iter().map(read).collect::<Result<_, _>>()?;
        let all = accounts.len();
        let wanted: Vec<_> = accounts.into_iter().take_while(|account| account.record.login_key.starts_with(&prefix)).collect();
        let next = page.next.filter(|_| wanted.len() == all);
        Ok((wanted, next))
    }

    /// Whether `id` is the only operator who can sign in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_last_operator(&self, id: &AccountId) -> Result<bool, StoreError> {
        let mut after = None;
        loop {
            let find = Find { after: after.as_deref(), ..find(BY_ROLE, vec!["operator".into()], None, 100) };
            let page = self.documents.find(&ACCOUNTS, find).await?;
            for account in page.documents.into_iter().map(read) {
                let account = account?;
                if account.id != *id && !account.record.is_disabled {
                    return Ok(false);
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(true),
            }
        }
    }

    /// Changes an account.
    ///
    /// # Errors
    /// `not_found`; what `act` says; `overloaded` where others were faster every time; what the store says.
    pub async fn change(
        &self,
        id: &AccountId,
        act: impl Fn(&mut AccountRecord) -> Result<(), Problem>,
    ) -> Result<StoredAccount, Problem> {
        self.change_with(id, act).await
    }

    /// The same, for whoever learns something on the way: `act` is called once for each try, and the last one counts.
    ///
    /// # Errors
    /// As [`Accounts::change`].
    pub async fn change_with(
        &self,
        id: &AccountId,
        mut act: impl FnMut(&mut AccountRecord) -> Result<(), Problem>,
    ) -> Result<StoredAccount, Problem> {
        let changed = documents::update(&*self.documents, &ACCOUNTS, id.as_str(), |stored: Option<AccountRecord>| {
            let mut record = stored.ok_or_else(|| Problem::not_found("account"))?;
            act(&mut record)?;
            Ok::<_, Problem>(Change::Put(record))
        });
        let documents::Updated { record, version } = changed.await?;
        let record = record.ok_or_else(|| Problem::not_found("account"))?;
        Ok(StoredAccount { id: id.clone(), version, record })
    }

    /// The accounts for which something is to be done by now, the earliest first; whoever is given them has them for ten
    /// seconds, and then they are due again.
    ///
    /// # Errors
    /// What the store says.
    pub async fn take_due(&self, limit: u32) -> Result<Vec<AccountId>, Problem> {
        let now = self.clock.millis();
        let page = self.documents.find(&ACCOUNTS, find(BY_PENDING, Vec::new(), None, limit)).await?;
        let mut taken = Vec::new();
        for document in page.documents {
            let account = read(document)?;
            if account.record.pending_due.is_none_or(|due| due > now) {
                break;
            }
            let leased = AccountRecord { pending_due: Some(now + LEASE_MILLIS), ..account.record };
            let expect = Expect::Version(account.version);
            let write = Write { id: account.id.as_str().to_owned(), body: body(&leased)?, expect };
            match self.documents.put(&ACCOUNTS, write).await {
                Ok(_) => taken.push(account.id),
                // Another node was faster, or it was changed: it is looked at again.
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
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
        Ok((page.documents.into_iter().map(read).collect::<Result<_, _>>()?, page.next))
    }

    /// Removes an account for good; whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove(&self, id: &AccountId) -> Result<bool, StoreError> {
        self.documents.delete(&ACCOUNTS, id.as_str(), Expect::Anything).await
    }
}

/// Of an account's first profile: the bulb's.
const FIRST_COLOUR: &str = "#ffb547";

/// Somebody's first profile.
pub fn first_profile(id: ProfileId, name: String) -> ProfileRecord {
    ProfileRecord {
        id,
        name,
        colour: FIRST_COLOUR.to_owned(),
        maturity: None,
        language: None,
        has_pin: false,
        pin_version: None,
        unknown: Map::new(),
    }
}

/// A new account's id and its first profile's.
pub fn new_ids() -> (AccountId, ProfileId) {
    (random_id(), random_id())
}

fn find<'a>(index: &'static str, equals: Vec<serde_json::Value>, after: Option<&'a str>, limit: u32) -> Find<'a> {
    Find { index, equals, from: None, direction: Direction::Ascending, after, limit }
}

fn body(record: &AccountRecord) -> Result<serde_json::Value, Problem> {
    serde_json::to_value(record).map_err(|error| {
        tracing::error!(%error, "an account cannot be written down");
        Problem::internal()
    })
}

fn read(document: Document) -> Result<StoredAccount, StoreError> {
    let corrupt = |reason: String| StoreError::Corrupt { key: format!("account {}", document.id), reason };
    let id = document.id.parse().map_err(|_| corrupt("no id of an account".to_owned()))?;
    let record =
        serde::Deserialize::deserialize(&document.body).map_err(|error: serde_json::Error| corrupt(error.to_string()))?;
    Ok(StoredAccount { id, version: document.version, record })
}
