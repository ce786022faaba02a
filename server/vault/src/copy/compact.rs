//! Makes bases, so that a restore reads the newest one and what came after it.
//!
//! A base is the one before it and the log from there, each change opened before it is taken. Deletes nothing: what lies
//! before a base stays for as long as its store keeps it. Must never make a base without an account whose key is here and
//! does not open.

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::Bytes;
use storage::StoreError;

use super::{Base, Broken, Copy, Reader, failed};
use crate::{
    envelope::{self, Key},
    keys::{AccountKeys, Found},
    now_millis,
    record::RecordKey,
};

/// How often it is looked whether a base is due.
const LOOK: Duration = Duration::from_secs(3600);
/// Objects after which one is: some seconds of a restore.
pub const OBJECTS: u64 = 10_000;
/// How old an object becomes without being in one, so that a rule that deletes what is much older takes nothing that counts.
const AGE_MILLIS: u64 = 7 * 24 * 60 * 60 * 1000;

/// Makes bases of one copy.
#[derive(Clone)]
pub struct Compactor {
    copy: Copy,
    keys: Arc<AccountKeys>,
}

impl Compactor {
    pub fn new(copy: Copy, keys: Arc<AccountKeys>) -> Self {
        Self { copy, keys }
    }

    /// Looks now and then, for as long as the process lives.
    ///
    /// # Errors
    /// [`Broken`], in words: whoever begins again looks again.
    pub async fn run(self) -> Result<(), String> {
        loop {
            if let Some(number) = self.compact(OBJECTS, now_millis()).await.map_err(|error| error.to_string())? {
                tracing::info!(target: "vault", number, "the vault's copy has a new base");
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Makes a base at the log's end where `objects` came since the last one, or the first of them is a week older than `now`
    /// (milliseconds since 1970); its number.
    ///
    /// # Errors
    /// [`Broken`].
    pub async fn compact(&self, objects: u64, now: u64) -> Result<Option<u64>, Broken> {
        let last = self.copy.newest_base(&self.keys, u64::MAX).await?;
        let from = last.as_ref().map_or(0, |base| base.at.number);
        let Some(end) = self.copy.last_number(from).await.map_err(|error| failed(&error))? else { return Ok(None) };
        if end - from < objects && !self.is_old(from + 1, now).await? {
            return Ok(None);
        }
        let mut reader = Reader::new(&self.copy);
        let mut state = HashMap::new();
        if let Some(last) = last {
            reader.go_on_from(&last);
            state = last.state();
        }
        let mut keys: HashMap<String, Option<Key>> = HashMap::new();
        while reader.at.number < end {
            let Some(step) = reader.step().await? else { break };
            for (place, header, envelope) in step.page {
                let Some(record) = RecordKey::parse(&place) else { continue };
                if !keys.contains_key(record.account()) {
                    keys.insert(record.account().to_owned(), self.key(record.account()).await?);
                }
                let Some(Some(key)) = keys.get(record.account()) else { continue };
                let is_newer =
                    state.get(&place).is_none_or(|(known, _): &(envelope::Header, Bytes)| known.revision < header.revision);
                if is_newer && envelope::open(key, &place, &envelope).is_ok() {
                    state.insert(place, (header, envelope));
                }
            }
        }
        // Whoever was shredded since the base before is noise in it.
        let mut gone = Vec::new();
        for place in state.keys() {
            let account = place.split('/').next().unwrap_or_default();
            if !keys.contains_key(account) {
                keys.insert(account.to_owned(), self.key(account).await?);
            }
            if matches!(keys.get(account), Some(None) | None) {
                gone.push(place.clone());
            }
        }
        gone.iter().for_each(|place| drop(state.remove(place)));
        let base = Base::of(reader.at.clone(), now, state);
        let own = RecordKey::base(base.at.number);
        let key = self.keys.make(own.account()).await?;
        if let Some(wrapped) = self.keys.wrapped(own.account()).await? {
            self.copy.copy_key(own.account(), wrapped).await?;
        }
        Ok(self.copy.add_base(&base, &key).await?.then_some(base.at.number))
    }

    /// Whether the object was written more than a week ago.
    async fn is_old(&self, number: u64, now: u64) -> Result<bool, Broken> {
        let written = self.copy.written(number).await.map_err(|error| failed(&error))?;
        Ok(written.is_some_and(|written| now.saturating_sub(written) > AGE_MILLIS))
    }

    /// What opens the changes of an account; nothing where it was destroyed, or nobody ever had one.
    async fn key(&self, account: &str) -> Result<Option<Key>, StoreError> {
        if let Some((_, key)) = self.copy.opening_key(&self.keys, account).await? {
            return Ok(Some(key));
        }
        match self.keys.find(account).await? {
            // It is here, and somebody took it away there: what it opens is not forgotten.
            Found::Key(key) => Ok(Some(key)),
            Found::Nothing | Found::Destroyed => Ok(None),
        }
    }
}
