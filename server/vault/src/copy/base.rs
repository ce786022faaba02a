//! Bases: what the copy's log comes to up to one of its objects, so that nobody has to read it from the first.
//!
//! ```text
//! base/00000000000000010000   a line of JSON: number and hash of the log's object, when, the newest change's time, how many
//!                             changes; a line for each record: its newest change, as in the log; and a line that seals them:
//!                             the hash of all lines before, sealed with the vault's own key
//! ```
//! Made once and never overwritten, as the log is. Whoever may add to the copy, and has no master key, cannot make one that
//! checks out. Must never be made from the live store: a base that forgot what the live store forgot would be no copy.

use std::collections::{BTreeMap, HashMap};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::path::Path;
use serde::{Deserialize, Serialize};
use storage::StoreError;

use super::{Copy, Link, Page, Written, create, failed, get, read::changes};
use crate::{
    envelope::{self, Header, Key, Kind},
    keys::AccountKeys,
    record::RecordKey,
};

const BASE: &str = "base";

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Opening {
    /// The log's object whose state this is, and its hash.
    base: u64,
    hash: String,
    /// Milliseconds since 1970.
    written: u64,
    /// When the newest of the changes was sealed.
    newest: u64,
    changes: usize,
}

/// A base that checks out.
#[derive(Clone, Debug)]
pub struct Base {
    /// The log's object up to which it reaches.
    pub at: Link,
    /// Milliseconds since 1970.
    pub written: u64,
    /// When the newest of its changes was sealed, in milliseconds since 1970.
    pub newest: u64,
    /// The newest change of each record.
    pub page: Page,
}

/// The newest change of each record, by its place.
pub type State = HashMap<String, (Header, Bytes)>;

impl Base {
    /// What the log comes to `at` one of its objects.
    pub fn of(at: Link, written: u64, state: State) -> Self {
        let newest = state.values().map(|(header, _)| header.at).max().unwrap_or(0);
        // In order, so that nodes that make the same one write the same.
        let sorted: BTreeMap<_, _> = state.into_iter().collect();
        let page = sorted.into_iter().map(|(record, (header, envelope))| (record, header, envelope)).collect();
        Self { at, written, newest, page }
    }

    pub fn state(self) -> State {
        self.page.into_iter().map(|(record, header, envelope)| (record, (header, envelope))).collect()
    }

    fn seal(&self, key: &Key) -> Result<Bytes, StoreError> {
        let opening = Opening {
            base: self.at.number,
            hash: self.at.hash.clone(),
            written: self.written,
            newest: self.newest,
            changes: self.page.len(),
        };
        let wrong = |error: &dyn std::fmt::Display| StoreError::corrupt(BASE, error);
        let mut bytes = serde_json::to_vec(&opening).map_err(|error| wrong(&error))?;
        bytes.push(b'\n');
        for (record, _, envelope) in &self.page {
            line(&mut bytes, record.clone(), envelope).map_err(|error| wrong(&error))?;
        }
        let place = place(self.at.number);
        let header = Header { kind: Kind::Value, revision: self.at.number, at: self.written };
        let sealed = envelope::seal(key, &place, header, blake3::hash(&bytes).as_bytes()).map_err(|error| wrong(&error))?;
        line(&mut bytes, place, &sealed).map_err(|error| wrong(&error))?;
        Ok(bytes.into())
    }

    /// The base in these bytes, where whoever had the key wrote them for this number.
    fn open(bytes: &[u8], number: u64, key: &Key) -> Result<Self, String> {
        let text = bytes.strip_suffix(b"\n").ok_or("it was cut short")?;
        let end = text.iter().rposition(|byte| *byte == b'\n').ok_or("it has no seal")? + 1;
        let (lines, seal) = text.split_at(end);
        let seal: Written = serde_json::from_slice(seal).map_err(|error| format!("its seal cannot be read: {error}"))?;
        let seal = STANDARD.decode(seal.envelope).map_err(|error| format!("its seal: {error}"))?;
        let (_, sealed) = envelope::open(key, &place(number), &seal).map_err(|_| "its seal does not open")?;
        if sealed != blake3::hash(lines).as_bytes() {
            return Err("its seal is another's".to_owned());
        }
        let mut lines = lines.strip_suffix(b"\n").unwrap_or_default().split(|byte| *byte == b'\n');
        let first = lines.next().unwrap_or_default();
        let opening: Opening =
            serde_json::from_slice(first).map_err(|error| format!("its first line cannot be read: {error}"))?;
        let page = changes(lines, opening.changes)?;
        let at = Link { number: opening.base, hash: opening.hash };
        Ok(Self { at, written: opening.written, newest: opening.newest, page })
    }
}

impl Copy {
    /// Makes a base; not where somebody made one of the same number before.
    ///
    /// # Errors
    /// What the store says.
    pub async fn add_base(&self, base: &Base, key: &Key) -> Result<bool, StoreError> {
        let bytes = base.seal(key)?;
        create(&*self.log, &base_path(base.at.number), bytes).await.map_err(|error| failed(&error))
    }

    /// The newest base that checks out, that holds nothing from after `until`, in milliseconds since 1970. Nothing where there
    /// is none, or where the vault's own key is not in the copy.
    ///
    /// # Errors
    /// What the store says.
    pub async fn newest_base(&self, keys: &AccountKeys, until: u64) -> Result<Option<Base>, StoreError> {
        let bases = self.bases().await.map_err(|error| failed(&error))?;
        for (number, version) in bases.into_iter().rev() {
            match self.base(keys, number, version).await? {
                Ok(base) if base.newest <= until => return Ok(Some(base)),
                Ok(_) => {}
                Err(what) => tracing::warn!(target: "vault", base = number, what, "a base of the copy is not used"),
            }
        }
        Ok(None)
    }

    /// Every base by its number, with its version where the bucket keeps some.
    pub(super) async fn bases(&self) -> Result<BTreeMap<u64, Option<String>>, object_store::Error> {
        let mut found = BTreeMap::new();
        if let Some(versions) = &self.versions {
            loop {
                let after = found.last_key_value().map_or(0, |(number, _)| *number);
                let page = versions.first(BASE, &base_path(after)).await?;
                let page = page.into_iter().filter_map(|(name, first)| Some((name.parse().ok()?, first.version)));
                let before = found.len();
                found.extend(page);
                if found.len() == before {
                    return Ok(found);
                }
            }
        }
        let mut listed = self.log.list(Some(&Path::from(BASE)));
        while let Some(object) = listed.try_next().await? {
            found.extend(object.location.filename().and_then(|name| name.parse().ok()).map(|number| (number, None)));
        }
        Ok(found)
    }

    /// The base of a number, or why it does not check out.
    pub(super) async fn base(
        &self,
        keys: &AccountKeys,
        number: u64,
        version: Option<String>,
    ) -> Result<Result<Base, String>, StoreError> {
        let own = RecordKey::base(number);
        let Some((_, key)) = self.opening_key(keys, own.account()).await? else {
            return Ok(Err("the vault's own key is not in the copy".to_owned()));
        };
        let bytes = get(&*self.log, &base_path(number), version).await.map_err(|error| failed(&error))?;
        let Some(bytes) = bytes else { return Ok(Err("it is gone".to_owned())) };
        let base = match Base::open(&bytes, number, &key) {
            Ok(base) if base.at.number == number => base,
            Ok(_) => return Ok(Err("it says that it is another".to_owned())),
            Err(what) => return Ok(Err(what)),
        };
        // Where the retention of the log's object is over, the base stands for it.
        let object = self.fetch(number).await.map_err(|error| failed(&error))?;
        match object.is_none_or(|object| Link::of(number, &object) == base.at) {
            true => Ok(Ok(base)),
            false => Ok(Err("the log's object is another than it was".to_owned())),
        }
    }

    /// The key of an account out of its forms in the copy: that which a master key opens, as it is wrapped there.
    ///
    /// # Errors
    /// What the store says.
    pub async fn opening_key(&self, keys: &AccountKeys, account: &str) -> Result<Option<(Bytes, Key)>, StoreError> {
        for wrapped in self.keys_of(account).await.map_err(|error| failed(&error))? {
            match keys.unwrap(account, &wrapped).await {
                Ok(key) => return Ok(Some((wrapped, key))),
                Err(StoreError::Corrupt { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

fn line(bytes: &mut Vec<u8>, record: String, envelope: &[u8]) -> serde_json::Result<()> {
    serde_json::to_writer(&mut *bytes, &Written { record, envelope: STANDARD.encode(envelope) })?;
    bytes.push(b'\n');
    Ok(())
}

/// Where its seal says that it is.
fn place(number: u64) -> String {
    RecordKey::base(number).to_string()
}

fn base_path(number: u64) -> Path {
    Path::from_iter([BASE, &format!("{number:020}")])
}
