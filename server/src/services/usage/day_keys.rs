//! The key of the day, which makes a hash of each profile: random, the same on all nodes, gone two days later.
//!
//! What was recorded stays when its key is gone, and then nobody can say whose it was, whatever else they know. Must never be derived from
//! anything that stays.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use storage::{
    StoreError,
    keyvalue::{Expect, KeyValue, SCAN_LIMIT},
};

use super::calendar;

/// What the names of the entries begin with. In no backup and no copy: who has a store of before shall not know whose something was.
pub const PREFIX: &str = "usage/day-key/";

/// How long a key lives from when it is first asked for: through its day and the next, in which what was journalled late arrives.
pub const LIVES: Duration = Duration::from_secs(2 * 24 * 60 * 60);
/// Days whose keys are in memory.
const REMEMBERED: usize = 2;

/// A day, and its key.
type DayKey = (String, [u8; 32]);

/// Cheap to clone.
#[derive(Clone)]
pub struct DayKeys {
    store: Arc<dyn KeyValue>,
    known: Arc<Mutex<Vec<DayKey>>>,
}

impl DayKeys {
    pub fn new(store: Arc<dyn KeyValue>) -> Self {
        Self { store, known: Arc::default() }
    }

    /// The key of the day of an instant, in milliseconds since 1970; made where there is none yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn of(&self, millis: u64) -> Result<[u8; 32], StoreError> {
        let day = calendar::day(millis);
        if let Some((_, key)) = self.known().iter().find(|(known, _)| *known == day) {
            return Ok(*key);
        }
        let new: [u8; 32] = rand::random();
        let key = match self.store.put(&name(&day), Bytes::copy_from_slice(&new), Expect::Absent, Some(LIVES)).await {
            Ok(_) => new,
            Err(StoreError::Conflict { .. }) => {
                self.kept(&day).await?.ok_or_else(|| StoreError::Unavailable { reason: "the key of the day went".into() })?
            }
            Err(error) => return Err(error),
        };
        let mut known = self.known();
        known.insert(0, (day, key));
        known.truncate(REMEMBERED);
        Ok(key)
    }

    /// The key of a day, where there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn kept(&self, day: &str) -> Result<Option<[u8; 32]>, StoreError> {
        let Some(entry) = self.store.get(&name(day)).await? else { return Ok(None) };
        let key = <[u8; 32]>::try_from(entry.value.as_ref()).map_err(|error| StoreError::corrupt(name(day), error))?;
        Ok(Some(key))
    }

    /// Each key that there is, with its day.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn all(&self) -> Result<Vec<(String, [u8; 32])>, StoreError> {
        let mut all = Vec::new();
        for (name, entry) in self.store.scan(PREFIX, None, SCAN_LIMIT).await? {
            let key = <[u8; 32]>::try_from(entry.value.as_ref()).map_err(|error| StoreError::corrupt(&name, error))?;
            all.extend(name.strip_prefix(PREFIX).map(|day| (day.to_owned(), key)));
        }
        Ok(all)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Vec<DayKey>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn name(day: &str) -> String {
    format!("{PREFIX}{day}")
}
