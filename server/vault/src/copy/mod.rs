//! The copy of the vault on storage of another kind: numbered objects that are never changed.
//!
//! ```text
//! log/00000000000000000001   a line of JSON: number, hash of the object before, when, how many changes;
//!                            then a line for each change: the record, and its envelope in base64
//! base/00000000000000010000   what the log comes to up to that object, sealed with the vault's own key
//! keys/<account>/<hash>      the account's key, wrapped by a master key
//! ```
//! An object's hash is BLAKE3 of its bytes. Objects are made, never overwritten (`If-None-Match: *`, or a hard link in a
//! directory), so that several nodes may write one log: whoever finds a number taken reads what is there and takes the
//! next. Where the bucket keeps versions, an object is the version that was there first, whatever was put over it or hides it.
//! `keys/` is all that may ever be deleted, and only by `marquee vault shred`: without it the log of that account is
//! noise. Must never delete, nor overwrite, on behalf of a request.

mod base;
mod compact;
mod outbox;
mod read;
mod verify;
mod writer;

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::{GetOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, path::Path};
use serde::{Deserialize, Serialize};
use storage::{
    StoreError,
    objects::{AddressError, First, Versions},
};

pub use self::{
    base::Base,
    compact::Compactor,
    outbox::{Intent, Outbox, Waiting},
    read::{Broken, Page, Reader},
    verify::{Incomplete, Proof, verify},
    writer::{Change, Copier},
};

const LOG: &str = "log";
const KEYS: &str = "keys";
/// Of the object before the first.
const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The copy's stores.
#[derive(Clone)]
pub struct Copy {
    log: Arc<dyn ObjectStore>,
    /// Of the log, where its bucket keeps some.
    versions: Option<Arc<Versions>>,
    keys: Arc<dyn ObjectStore>,
}

/// An object of the log, by its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub number: u64,
    /// Of the object's bytes, in hexadecimal.
    pub hash: String,
}

impl Link {
    /// Before the first object.
    pub fn beginning() -> Self {
        Self { number: 0, hash: BEGINNING.to_owned() }
    }

    fn of(number: u64, bytes: &[u8]) -> Self {
        Self { number, hash: blake3::hash(bytes).to_hex().to_string() }
    }
}

/// The first line of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Opening {
    number: u64,
    before: String,
    /// Milliseconds since 1970.
    written: u64,
    changes: usize,
}

/// Another line.
#[derive(Serialize, Deserialize)]
struct Written {
    record: String,
    envelope: String,
}

impl Copy {
    /// Opens what the URLs name; the keys go with the log where they have no place of their own.
    ///
    /// # Errors
    /// [`AddressError`].
    pub async fn open(log: &str, keys: Option<&str>) -> Result<Self, AddressError> {
        let (log, versions) = storage::objects::open_locked(log).await?;
        let keys = match keys {
            Some(url) => storage::objects::open_store(url).await?,
            None => Arc::clone(&log),
        };
        Ok(Self { log, versions, keys })
    }

    /// Makes an object of the log; whether the number was free.
    async fn add(&self, number: u64, bytes: Bytes) -> Result<bool, object_store::Error> {
        create(&*self.log, &log_path(number), bytes).await
    }

    async fn fetch(&self, number: u64) -> Result<Option<Bytes>, object_store::Error> {
        if self.versions.is_none() {
            return self.fetch_version(number, None).await;
        }
        match self.firsts(number.saturating_sub(1)).await?.get(&number) {
            Some(first) => self.fetch_version(number, first.version.clone()).await,
            None => Ok(None),
        }
    }

    /// The next objects above a number, by number, as the bucket's versions name them; nothing where it keeps none.
    async fn firsts(&self, above: u64) -> Result<BTreeMap<u64, First>, object_store::Error> {
        let Some(versions) = &self.versions else { return Ok(BTreeMap::new()) };
        let found = versions.first(LOG, &log_path(above)).await?;
        Ok(found.into_iter().filter_map(|(name, first)| Some((name.parse().ok()?, first))).collect())
    }

    async fn fetch_version(&self, number: u64, version: Option<String>) -> Result<Option<Bytes>, object_store::Error> {
        get(&*self.log, &log_path(number), version).await
    }

    /// When an object of the log was written, in milliseconds since 1970; nothing where it is not there, or does not say.
    async fn written(&self, number: u64) -> Result<Option<u64>, object_store::Error> {
        let bytes = self.fetch(number).await?;
        let first = bytes.as_ref().and_then(|bytes| bytes.split(|byte| *byte == b'\n').next());
        Ok(first.and_then(|line| serde_json::from_slice::<Opening>(line).ok()).map(|opening| opening.written))
    }

    /// The greatest number above `above`; nothing where there is none.
    pub async fn last_number(&self, above: u64) -> Result<Option<u64>, object_store::Error> {
        let mut last = None;
        if self.versions.is_some() {
            while let Some((number, _)) = self.firsts(last.unwrap_or(above)).await?.pop_last() {
                last = Some(number);
            }
            return Ok(last);
        }
        let prefix = Path::from(LOG);
        let mut found = self.log.list_with_offset(Some(&prefix), &log_path(above));
        while let Some(object) = found.try_next().await? {
            let number = object.location.filename().and_then(|name| name.parse::<u64>().ok());
            last = last.max(number.filter(|number| *number > above));
        }
        Ok(last)
    }

    /// Where a wrapped key is kept: under a name of its bytes, so that none is ever overwritten.
    fn key_path(account: &str, wrapped: &[u8]) -> Path {
        Path::from_iter([KEYS, account, &blake3::hash(wrapped).to_hex()[..32]])
    }

    /// Adds an object as somebody would who may write there and has no key.
    #[cfg(test)]
    pub(super) async fn forge(&self, end: &Link, changes: &[(String, Bytes)]) {
        let bytes = lay_out(end, 1, changes).unwrap();
        assert!(self.add(end.number + 1, bytes).await.unwrap());
    }

    async fn add_key(&self, path: &Path, wrapped: Bytes) -> Result<bool, object_store::Error> {
        create(&*self.keys, path, wrapped).await
    }

    /// Keeps a wrapped key beside the forms that are there.
    ///
    /// # Errors
    /// What the store says.
    pub async fn copy_key(&self, account: &str, wrapped: Bytes) -> Result<(), StoreError> {
        self.add_key(&Self::key_path(account, &wrapped), wrapped).await.map(drop).map_err(|error| failed(&error))
    }

    /// Every form in which an account's key was copied.
    ///
    /// # Errors
    /// What the store says.
    pub async fn keys_of(&self, account: &str) -> Result<Vec<Bytes>, object_store::Error> {
        let mut found = Vec::new();
        let listed: Vec<_> = self.keys.list(Some(&Path::from_iter([KEYS, account]))).try_collect().await?;
        for object in listed {
            found.push(self.keys.get(&object.location).await?.bytes().await?);
        }
        Ok(found)
    }

    /// Deletes every form in which an account's key was copied; how many there were. Only `marquee vault shred` may.
    ///
    /// # Errors
    /// What the store says.
    pub async fn shred(&self, account: &str) -> Result<usize, StoreError> {
        let listed = self.keys.list(Some(&Path::from_iter([KEYS, account]))).try_collect::<Vec<_>>().await;
        let listed = listed.map_err(|error| failed(&error))?;
        for object in &listed {
            self.keys.delete(&object.location).await.map_err(|error| failed(&error))?;
        }
        Ok(listed.len())
    }
}

/// An object, by its version where there are some; nothing where it is not there.
async fn get(store: &dyn ObjectStore, path: &Path, version: Option<String>) -> Result<Option<Bytes>, object_store::Error> {
    match store.get_opts(path, GetOptions { version, ..GetOptions::default() }).await {
        Ok(found) => found.bytes().await.map(Some),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether it was made; not where there is one already.
async fn create(store: &dyn ObjectStore, path: &Path, bytes: Bytes) -> Result<bool, object_store::Error> {
    let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
    match store.put_opts(path, PutPayload::from_bytes(bytes), options).await {
        Ok(_) => Ok(true),
        Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

fn log_path(number: u64) -> Path {
    Path::from_iter([LOG, &format!("{number:020}")])
}

/// The bytes of the object after `before`.
fn lay_out(before: &Link, written: u64, changes: &[(String, Bytes)]) -> serde_json::Result<Bytes> {
    let opening = Opening { number: before.number + 1, before: before.hash.clone(), written, changes: changes.len() };
    let mut bytes = serde_json::to_vec(&opening)?;
    for (record, envelope) in changes {
        bytes.push(b'\n');
        let line = Written { record: record.clone(), envelope: STANDARD.encode(envelope) };
        serde_json::to_writer(&mut bytes, &line)?;
    }
    bytes.push(b'\n');
    Ok(bytes.into())
}

fn failed(error: &object_store::Error) -> StoreError {
    StoreError::Unavailable { reason: format!("the vault's copy: {error}") }
}
