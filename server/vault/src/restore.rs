//! Rebuilds the store from the copy, as it was at some time.
//!
//! Every change is opened before it is taken: what somebody else put into the copy stays there. What was changed after that
//! time is undone by a change of its own, so that the copy's newest is again what is live. Must never write into a store
//! that holds something.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use storage::{
    StoreError,
    keyvalue::{Expect, KeyValue},
};

use super::{
    copy::{Broken, Copy, Outbox, Page, Reader},
    envelope::{self, Header, Key, Kind},
    keys::{self, AccountKeys},
    master::Masters,
    now_millis,
    record::RecordKey,
    records::{self, Records},
};

/// Records that are written at a time.
const AT_ONCE: usize = 64;

/// What was restored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Objects of the log that were read.
    pub objects: u64,
    pub changes: u64,
    /// The object with whose base it began.
    pub base: Option<u64>,
    pub accounts: u64,
    /// Accounts whose key is not in the copy: they were shredded, or somebody deleted it.
    pub without_key: u64,
    /// Changes that do not open: nobody who has the keys wrote them.
    pub refused: u64,
    /// Objects that are not as the server wrote them; what opens in them is restored.
    pub strange: u64,
    /// Objects that somebody hid, or put something over; the bucket had them all the same.
    pub covered: u64,
    /// Records that changed after the time, and were set back.
    pub undone: u64,
}

/// Where a restore, or a proof that the copy is complete, begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// With the newest base that checks out; with the first object where there is none.
    NewestBase,
    /// With the first object, whatever bases there are.
    FirstObject,
}

#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error("the store is not empty: name a new one, and have vault.store name it afterwards")]
    NotEmpty,
    #[error(transparent)]
    Log(#[from] Broken),
    #[error(transparent)]
    Store(#[from] StoreError),
}

struct Restorer<'a> {
    copy: &'a Copy,
    to: Arc<dyn KeyValue>,
    account_keys: Arc<AccountKeys>,
    /// Absent for an account without one.
    keys: HashMap<String, Option<Key>>,
    /// The greatest revision of what changed later.
    later: HashMap<RecordKey, u64>,
    restored: Restored,
}

/// Fills `to` with what the copy held `at` some time, in milliseconds since 1970; or holds now. Begins with the newest base
/// that checks out.
///
/// # Errors
/// [`RestoreError`].
pub async fn restore(copy: &Copy, masters: Masters, at: Option<u64>, to: Arc<dyn KeyValue>) -> Result<Restored, RestoreError> {
    restore_from(copy, masters, at, to, Begin::NewestBase).await
}

/// The same with a say in where it begins.
///
/// # Errors
/// [`RestoreError`].
pub async fn restore_from(
    copy: &Copy,
    masters: Masters,
    at: Option<u64>,
    to: Arc<dyn KeyValue>,
    begin: Begin,
) -> Result<Restored, RestoreError> {
    if !to.scan("", None, 1).await?.is_empty() {
        return Err(RestoreError::NotEmpty);
    }
    let account_keys = Arc::new(AccountKeys::new(Arc::clone(&to), masters));
    let (keys, later) = (HashMap::new(), HashMap::new());
    let mut restorer = Restorer { copy, to, account_keys, keys, later, restored: Restored::default() };
    let mut reader = Reader::new(copy);
    let until = at.unwrap_or(u64::MAX);
    let base = match begin {
        Begin::NewestBase => copy.newest_base(&restorer.account_keys, until).await?,
        Begin::FirstObject => None,
    };
    if let Some(base) = base {
        reader.go_on_from(&base);
        restorer.restored.base = Some(base.at.number);
        restorer.take(base.page, until).await?;
    }
    while let Some(step) = reader.step().await? {
        if let Some(what) = step.wrong {
            tracing::warn!(target: "vault", object = reader.at.number, what, "an object of the copy");
            restorer.restored.strange += 1;
        }
        restorer.take(step.page, until).await?;
    }
    restorer.undo().await?;
    restorer.restored.objects = reader.at.number - restorer.restored.base.unwrap_or(0);
    restorer.restored.covered = reader.covered;
    Ok(restorer.restored)
}

impl Restorer<'_> {
    async fn take(&mut self, page: Page, until: u64) -> Result<(), RestoreError> {
        let mut newest: HashMap<RecordKey, (Header, Bytes)> = HashMap::new();
        for (place, header, envelope) in page {
            self.restored.changes += 1;
            let Some(record) = RecordKey::parse(&place) else {
                self.restored.refused += 1;
                continue;
            };
            let Some(key) = self.key(record.account()).await? else { continue };
            if envelope::open(&key, &place, &envelope).is_err() {
                tracing::warn!(target: "vault", place, "a change in the copy does not open: left out");
                self.restored.refused += 1;
            } else if header.at > until {
                let later = self.later.entry(record).or_default();
                *later = header.revision.max(*later);
            } else if newest.get(&record).is_none_or(|(known, _)| known.revision < header.revision) {
                newest.insert(record, (header, envelope));
            }
        }
        let to = &self.to;
        let writes = newest.into_iter().map(|(record, (header, envelope))| async move {
            let at = records::at(&record);
            let there = to.get(&at).await?;
            let there =
                there.map(|entry| Header::read(&entry.value)).transpose().map_err(|error| StoreError::corrupt(&at, error))?;
            if there.is_none_or(|there| there.revision < header.revision) {
                to.put(&at, envelope, Expect::Anything, None).await?;
            }
            Ok::<_, StoreError>(())
        });
        stream::iter(writes).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        Ok(())
    }

    /// The account's key, which is in the store from then on.
    async fn key(&mut self, account: &str) -> Result<Option<Key>, StoreError> {
        if let Some(known) = self.keys.get(account) {
            return Ok(known.clone());
        }
        let found = match self.copy.opening_key(&self.account_keys, account).await? {
            Some((wrapped, key)) => {
                self.to.put(&keys::at(account), wrapped, Expect::Anything, None).await?;
                Some(key)
            }
            None => None,
        };
        match &found {
            Some(_) => self.restored.accounts += 1,
            None => self.restored.without_key += 1,
        }
        self.keys.insert(account.to_owned(), found.clone());
        Ok(found)
    }

    /// Sets back what changed later: with a revision above every one that the copy knows, to be copied again.
    async fn undo(&mut self) -> Result<(), StoreError> {
        let (there, outbox) =
            (Records::new(Arc::clone(&self.to), Arc::clone(&self.account_keys)), Outbox::new(Arc::clone(&self.to)));
        let mut undone = HashSet::new();
        for (record, revision) in &self.later {
            let Some(Some(key)) = self.keys.get(record.account()) else { continue };
            let at = records::at(record);
            let found = there.find(record).await?;
            let (kind, plain) = found.map_or((Kind::Deleted, Vec::new()), |found| (found.header.kind, found.plain));
            let header = Header { kind, revision: revision + 1, at: now_millis() };
            let sealed =
                envelope::seal(key, &record.to_string(), header, &plain).map_err(|error| StoreError::corrupt(&at, error))?;
            outbox.begin(record).await?;
            self.to.put(&at, sealed.into(), Expect::Anything, None).await?;
            undone.insert(record);
        }
        self.restored.undone = undone.len() as u64;
        Ok(())
    }
}
