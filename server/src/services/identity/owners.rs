//! Whose each profile is, and which profiles and accounts are gone.
//!
//! One document a profile, made before an account names the profile, so that no two accounts ever own the same. One that
//! nobody claimed belongs to a browser that nobody signed in on. What is gone keeps its document as a tombstone, for good:
//! an id is never used again. A document with a date has work to come: it is the outbox of what is done late.
//! Must never turn a tombstone back into a profile, nor hand one account's profile to another.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use contract::ids::{AccountId, ProfileId};
use moka::sync::Cache;
use runtime::clock::Clock;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use storage::{
    StoreError,
    documents::{Change, Collection, Direction, Documents, Expect, Find, Index, PAGE_LIMIT, update},
};

use crate::services::keepers::Tombstones;

/// Documents that have something to come, by when.
const BY_DUE: &str = "by_due";

/// Under the ids of profiles; tombstones of accounts under `account/<id>`, which is no profile's id.
pub static PROFILE_OWNERS: Collection =
    Collection::declared("profile_owners", &[Index { name: BY_DUE, fields: &["due"], unique: false }]);

/// When what was forgotten is forgotten once more: by then whoever was writing when it went is done. A claim that no
/// account came to name is given up after as long.
pub const AGAIN_MILLIS: u64 = 10 * 60 * 1000;
/// How long a node has for a piece of work before another one takes it up.
const LEASE_MILLIS: u64 = 10_000;
/// The longest that an answer is believed while the store answers.
const FRESH: Duration = Duration::from_secs(5);
/// The longest that it is believed while the store does not.
const STALE: Duration = Duration::from_secs(10 * 60);
/// Answers that are remembered at most; some 100 bytes each.
const REMEMBERED: u64 = 20_000;

/// What a document of [`PROFILE_OWNERS`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Life {
    /// It is the account's.
    Owned,
    /// It was a guest's, and is a profile of the account now, under another id.
    Merged,
    /// It was the account's.
    Deleted,
}

/// A document of [`PROFILE_OWNERS`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnerRecord {
    pub life: Life,
    pub account: AccountId,
    /// The profile that it was merged into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into: Option<ProfileId>,
    /// Milliseconds since 1970.
    pub since: u64,
    /// When there is something to do about it, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<u64>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl OwnerRecord {
    fn new(life: Life, account: &AccountId, into: Option<&ProfileId>, (since, due): (u64, u64)) -> Self {
        Self { life, account: account.clone(), into: into.cloned(), since, due: Some(due), unknown: Map::new() }
    }

    pub const fn is_gone(&self) -> bool {
        match self.life {
            Life::Owned => false,
            Life::Merged | Life::Deleted => true,
        }
    }
}

/// Whose a profile is, as far as others may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    /// A browser's that nobody signed in on.
    Guest,
    Account,
    Gone,
}

/// The documents, and what is remembered of them.
pub struct ProfileOwners {
    documents: Arc<dyn Documents>,
    clock: Clock,
    seen: Cache<ProfileId, (Instant, Owner)>,
}

impl ProfileOwners {
    pub fn new(documents: Arc<dyn Documents>, clock: Clock) -> Self {
        Self { documents, clock, seen: Cache::builder().max_capacity(REMEMBERED).time_to_live(STALE).build() }
    }

    /// Makes a profile an account's, before the account names it; `false` where it is somebody else's, or gone. A claim
    /// that no account names is given up after [`AGAIN_MILLIS`]; who claims what is theirs has as long again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn claim(&self, profile: &ProfileId, account: &AccountId) -> Result<bool, StoreError> {
        let now = self.clock.millis();
        let claimed = update(&*self.documents, &PROFILE_OWNERS, profile.as_str(), |stored: Option<OwnerRecord>| {
            Ok::<_, StoreError>(match stored {
                None => Change::Put(OwnerRecord::new(Life::Owned, account, None, (now, now + AGAIN_MILLIS))),
                Some(record) if record.life == Life::Owned && record.account == *account && record.due.is_some() => {
                    Change::Put(OwnerRecord { due: Some(now + AGAIN_MILLIS), ..record })
                }
                Some(_) => Change::Keep,
            })
        });
        let is_ours = claimed.await?.record.is_some_and(|record| record.life == Life::Owned && record.account == *account);
        self.seen.invalidate(profile);
        Ok(is_ours)
    }

    /// Gives up a claim that came to nothing, unless somebody claims the profile again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn give_up(&self, profile: &ProfileId, account: &AccountId) -> Result<(), StoreError> {
        self.release_due_by(profile, account, self.clock.millis() + LEASE_MILLIS).await
    }

    /// Takes back a claim that was made a moment ago, for an account that cannot be.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn release(&self, profile: &ProfileId, account: &AccountId) -> Result<(), StoreError> {
        self.release_due_by(profile, account, u64::MAX).await
    }

    async fn release_due_by(&self, profile: &ProfileId, account: &AccountId, due: u64) -> Result<(), StoreError> {
        let released = update(&*self.documents, &PROFILE_OWNERS, profile.as_str(), |stored: Option<OwnerRecord>| {
            let is_ours = stored.is_some_and(|record| {
                record.life == Life::Owned && record.account == *account && record.due.is_none_or(|until| until <= due)
            });
            Ok::<_, StoreError>(if is_ours { Change::Delete } else { Change::Keep })
        });
        released.await?;
        self.seen.invalidate(profile);
        Ok(())
    }

    /// Puts up the tombstone of an account's profile, with the outbox's entry for what is forgotten late; `false` where it
    /// is another account's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn bury(&self, profile: &ProfileId, account: &AccountId, due: u64) -> Result<bool, StoreError> {
        let now = self.clock.millis();
        let buried = update(&*self.documents, &PROFILE_OWNERS, profile.as_str(), |stored: Option<OwnerRecord>| {
            Ok::<_, StoreError>(match stored {
                Some(record) if record.is_gone() || record.account != *account => Change::Keep,
                Some(_) | None => Change::Put(OwnerRecord::new(Life::Deleted, account, None, (now, due))),
            })
        });
        let is_ours = buried.await?.record.is_some_and(|record| record.life == Life::Deleted && record.account == *account);
        self.note(profile, if is_ours { Owner::Gone } else { Owner::Account });
        Ok(is_ours)
    }

    /// Claims a guest's profile for a merge into a profile of an account, once: `false` where it is somebody's already.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn bury_guest(&self, guest: &ProfileId, account: &AccountId, into: &ProfileId) -> Result<bool, StoreError> {
        let now = self.clock.millis();
        let tombstone = OwnerRecord::new(Life::Merged, account, Some(into), (now, now + AGAIN_MILLIS));
        let buried = update(&*self.documents, &PROFILE_OWNERS, guest.as_str(), |stored: Option<OwnerRecord>| {
            Ok::<_, StoreError>(match stored {
                None => Change::Put(tombstone.clone()),
                Some(_) => Change::Keep,
            })
        });
        let record = buried.await?.record;
        self.seen.invalidate(guest);
        Ok(record
            .is_some_and(|record| (record.life, &record.account, &record.into) == (Life::Merged, account, &Some(into.clone()))))
    }

    /// Puts up the tombstone of an account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn bury_account(&self, account: &AccountId, due: u64) -> Result<(), StoreError> {
        let now = self.clock.millis();
        let id = of_account(account);
        let buried = update(&*self.documents, &PROFILE_OWNERS, &id, |stored: Option<OwnerRecord>| {
            Ok::<_, StoreError>(match stored {
                None => Change::Put(OwnerRecord::new(Life::Deleted, account, None, (now, due))),
                Some(_) => Change::Keep,
            })
        });
        buried.await.map(drop)
    }

    /// Which of these ids, of profiles or [`of_account`], have a document, and what it says.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn known(&self, ids: &[String]) -> Result<Vec<(String, OwnerRecord)>, StoreError> {
        let found = self.documents.get_many(&PROFILE_OWNERS, ids).await?;
        found.into_iter().map(|document| Ok((document.id.clone(), read(&document.id, document.body)?))).collect()
    }

    /// What is due, the earliest first; whoever is given it has it for ten seconds, and then it is due again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_due(&self, limit: u32) -> Result<Vec<(String, OwnerRecord)>, StoreError> {
        let now = self.clock.millis();
        let find = Find { index: BY_DUE, equals: Vec::new(), from: None, direction: Direction::Ascending, after: None, limit };
        let mut taken = Vec::new();
        for document in self.documents.find(&PROFILE_OWNERS, find).await?.documents {
            // One that cannot be read keeps none of the others waiting.
            let Ok(record) = read(&document.id, document.body)
                .inspect_err(|error| tracing::error!(%error, "whose a profile is cannot be read"))
            else {
                continue;
            };
            if record.due.is_none_or(|due| due > now) {
                break;
            }
            let leased = OwnerRecord { due: Some(now + LEASE_MILLIS), ..record.clone() };
            let body = serde_json::to_value(&leased)
                .map_err(|error| StoreError::corrupt(format_args!("profile_owners/{}", document.id), error))?;
            let expect = Expect::Version(document.version);
            let write = storage::documents::Write { id: document.id.clone(), body, expect };
            match self.documents.put(&PROFILE_OWNERS, write).await {
                Ok(_) => taken.push((document.id, record)),
                // Another node was faster.
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(taken)
    }

    /// Nothing is to come for it any more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn settle(&self, id: &str) -> Result<(), StoreError> {
        let settled = update(&*self.documents, &PROFILE_OWNERS, id, |stored: Option<OwnerRecord>| {
            Ok::<_, StoreError>(match stored {
                Some(record) if record.due.is_some() => Change::Put(OwnerRecord { due: None, ..record }),
                Some(_) | None => Change::Keep,
            })
        });
        settled.await.map(drop)
    }

    /// Whose a profile is.
    ///
    /// # Errors
    /// [`StoreError`] where that is not known, not even from a while ago.
    async fn owner(&self, profile: &ProfileId) -> Result<Owner, StoreError> {
        let seen = self.seen.get(profile);
        if let Some((at, owner)) = seen
            // What is gone stays so.
            && (at.elapsed() < FRESH || owner == Owner::Gone)
        {
            return Ok(owner);
        }
        match self.documents.get(&PROFILE_OWNERS, profile.as_str()).await {
            Ok(None) => Ok(self.note(profile, Owner::Guest)),
            Ok(Some(document)) => {
                let record: OwnerRecord = read(&document.id, document.body)?;
                Ok(self.note(profile, if record.is_gone() { Owner::Gone } else { Owner::Account }))
            }
            // A film that plays goes on while the store is away.
            Err(error) => seen.map(|(_, owner)| owner).ok_or(error),
        }
    }

    fn note(&self, profile: &ProfileId, owner: Owner) -> Owner {
        self.seen.insert(profile.clone(), (Instant::now(), owner));
        owner
    }
}

#[async_trait]
impl Tombstones for ProfileOwners {
    async fn is_gone(&self, profile: &ProfileId) -> Result<bool, StoreError> {
        Ok(self.owner(profile).await? == Owner::Gone)
    }

    async fn is_guests(&self, profile: &ProfileId) -> Result<bool, StoreError> {
        Ok(self.owner(profile).await? == Owner::Guest)
    }

    async fn gone_accounts(&self, accounts: &[AccountId]) -> Result<HashSet<AccountId>, StoreError> {
        let mut gone = HashSet::new();
        for some in accounts.chunks(PAGE_LIMIT as usize) {
            let ids: Vec<String> = some.iter().map(of_account).collect();
            // One that cannot be read was put up for somebody who went.
            let found: HashSet<String> =
                self.documents.get_many(&PROFILE_OWNERS, &ids).await?.into_iter().map(|document| document.id).collect();
            gone.extend(some.iter().zip(&ids).filter(|(_, id)| found.contains(*id)).map(|(account, _)| account.clone()));
        }
        Ok(gone)
    }
}

const ACCOUNT: &str = "account/";

/// Where an account's tombstone stands.
pub fn of_account(account: &AccountId) -> String {
    format!("{ACCOUNT}{account}")
}

/// Whether this is where an account's tombstone stands.
pub fn is_of_account(id: &str) -> bool {
    id.starts_with(ACCOUNT)
}

fn read(id: &str, body: Value) -> Result<OwnerRecord, StoreError> {
    serde_json::from_value(body).map_err(|error| StoreError::corrupt(format_args!("profile_owners/{}", id), error))
}
