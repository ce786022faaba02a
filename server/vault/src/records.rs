//! Records in the live store, under `record/<account>/<name>`: read, opened, sealed, written.
//!
//! Knows nothing of who asks, nor of the copy. A record that was deleted leaves a mark, so that its revisions go on.

use std::sync::Arc;

use bytes::Bytes;
use storage::{
    StoreError,
    keyvalue::{Expect, KeyValue},
};

use super::{
    RECORDS,
    envelope::{self, Header, Kind},
    keys::{AccountKeys, Found},
    now_millis,
    record::RecordKey,
};

/// Tries of a compare-and-set; each fails only where another write succeeded.
const TRIES: u8 = 16;

/// A record, opened.
pub struct Stored {
    pub header: Header,
    pub plain: Vec<u8>,
    pub envelope: Bytes,
    /// The store's, for a compare-and-set.
    pub version: u64,
}

impl Stored {
    fn is_value(&self) -> bool {
        match self.header.kind {
            Kind::Value => true,
            Kind::Deleted => false,
        }
    }
}

/// What a change came to.
pub struct Changed {
    /// Nothing where there was nothing to delete.
    pub version: Option<u64>,
    pub envelope: Bytes,
}

#[derive(Clone)]
pub struct Records {
    store: Arc<dyn KeyValue>,
    keys: Arc<AccountKeys>,
}

impl Records {
    pub fn new(store: Arc<dyn KeyValue>, keys: Arc<AccountKeys>) -> Self {
        Self { store, keys }
    }

    /// The record, or the mark it left; nothing where its account's key was destroyed.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where it does not open; what the store says.
    pub async fn find(&self, record: &RecordKey) -> Result<Option<Stored>, StoreError> {
        let at = at(record);
        let (entry, key) = tokio::try_join!(self.store.get(&at), self.keys.find(record.account()))?;
        let Some(entry) = entry else { return Ok(None) };
        let key = match key {
            Found::Key(key) => key,
            Found::Destroyed => return Ok(None),
            Found::Nothing => return Err(StoreError::corrupt(&at, "its account has no key")),
        };
        let place = record.to_string();
        let (header, plain) = envelope::open(&key, &place, &entry.value).map_err(|error| StoreError::corrupt(&at, error))?;
        Ok(Some(Stored { header, plain, envelope: entry.value, version: entry.version }))
    }

    /// The value of a record.
    ///
    /// # Errors
    /// As [`Records::find`].
    pub async fn value(&self, record: &RecordKey) -> Result<Option<Stored>, StoreError> {
        Ok(self.find(record).await?.filter(Stored::is_value))
    }

    /// Seals `plain`, or the mark of a deleted record where it is absent, and writes it where `expect` holds.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where it does not; [`StoreError::Invalid`] where the account's key was destroyed; as
    /// [`Records::find`].
    pub async fn change(&self, record: &RecordKey, plain: Option<&[u8]>, expect: Expect) -> Result<Changed, StoreError> {
        let (at, place) = (at(record), record.to_string());
        let conflict = || StoreError::Conflict { key: at.clone() };
        // To take away what never was makes no key: one without a record would be in no copy.
        if plain.is_none() && matches!(self.keys.find(record.account()).await?, Found::Nothing) {
            return Ok(Changed { version: None, envelope: Bytes::new() });
        }
        let key = self.keys.make(record.account()).await?;
        for _ in 0..TRIES {
            let found = self.find(record).await?;
            let value = found.as_ref().filter(|found| found.is_value());
            let holds = match expect {
                Expect::Anything => true,
                Expect::Absent => value.is_none(),
                Expect::Version(version) => value.is_some_and(|value| value.version == version),
            };
            if plain.is_none() && value.is_none() {
                return Ok(Changed { version: None, envelope: Bytes::new() });
            }
            if !holds {
                return Err(conflict());
            }
            let kind = if plain.is_some() { Kind::Value } else { Kind::Deleted };
            let (revision, before) = found.as_ref().map_or((0, 0), |found| (found.header.revision, found.header.at));
            // Time does not go back within a record, whatever the clock does.
            let header = Header { kind, revision: revision + 1, at: now_millis().max(before) };
            let sealed = envelope::seal(&key, &place, header, plain.unwrap_or_default())
                .map_err(|error| StoreError::corrupt(&at, error))?;
            let envelope = Bytes::from(sealed);
            let there = found.map_or(Expect::Absent, |found| Expect::Version(found.version));
            match self.store.put(&at, envelope.clone(), there, None).await {
                Ok(version) => return Ok(Changed { version: Some(version), envelope }),
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Err(conflict())
    }
}

/// Where a record is kept.
pub fn at(record: &RecordKey) -> String {
    format!("{RECORDS}{record}")
}
