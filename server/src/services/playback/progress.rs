//! How far each profile got in each title: saved durably, listed with the latest first, forgotten at the end.
//!
//! A save is a read and a compare-and-set, so that two devices never undo each other's fields. Must never hold a
//! title that was finished.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use contract::ids::{ProfileId, TitleId};
use serde_json::Map;

use super::record::{BY_PROFILE, PROGRESS, ProgressRecord};
use crate::storage::{
    StoreError,
    documents::{Direction, Document, Documents, Expect, Find, Write},
};

/// A save before this many seconds is not written: a player says 0 before it has jumped to where it resumes.
pub const LEAST_POSITION: f64 = 1.0;
/// Films under ten minutes have short credits.
const SHORT_SECONDS: f64 = 600.0;
/// Titles that are forgotten at a time.
const FORGOTTEN_AT_ONCE: u32 = 200;
/// Tries of a compare-and-set; each fails only where another save succeeded.
const TRIES: u8 = 8;

/// Whether this is so near to the end that nothing is left to resume: the last 5 % (a feature's credits), or the
/// last 3 % of a short.
pub fn is_finished(position: f64, duration: f64) -> bool {
    let share = if duration < SHORT_SECONDS { 0.97 } else { 0.95 };
    position >= duration * share
}

/// Cheap to clone.
#[derive(Clone)]
pub struct ProgressStore {
    store: Arc<dyn Documents>,
}

impl ProgressStore {
    pub fn new(store: Arc<dyn Documents>) -> Self {
        Self { store }
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn get(&self, profile: &ProfileId, title: &TitleId) -> Result<Option<ProgressRecord>, StoreError> {
        let document = self.store.get(&PROGRESS, &ProgressRecord::id(profile, title)).await?;
        document.map(read).transpose()
    }

    /// Notes a position; on return it is durable.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save(&self, profile: &ProfileId, title: &TitleId, position: f64, duration: f64) -> Result<(), StoreError> {
        let id = ProgressRecord::id(profile, title);
        for _ in 0..TRIES {
            let stored = self.store.get(&PROGRESS, &id).await?;
            let expect = stored.as_ref().map_or(Expect::Absent, |document| Expect::Version(document.version));
            let unknown = stored.map(read).transpose()?.map_or_else(Map::new, |record| record.unknown);
            let record = ProgressRecord {
                profile: profile.clone(),
                title: title.clone(),
                position,
                duration_seconds: duration,
                updated: now_millis(),
                unknown,
            };
            let body = serde_json::to_value(record).map_err(|error| corrupt(&id, &error))?;
            let written = self.store.put(&PROGRESS, Write { id: id.clone(), body, expect }).await;
            if !matches!(written, Err(StoreError::Conflict { .. })) {
                return written.map(|_| ());
            }
        }
        Err(StoreError::Unavailable { reason: "one title's progress is saved by too many at once".to_owned() })
    }

    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn forget(&self, profile: &ProfileId, title: &TitleId) -> Result<(), StoreError> {
        self.store.delete(&PROGRESS, &ProgressRecord::id(profile, title), Expect::Anything).await.map(|_| ())
    }

    /// Forgets everything of a profile.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; then some of it may be left.
    pub async fn forget_all(&self, profile: &ProfileId) -> Result<(), StoreError> {
        loop {
            let some = self.store.find(&PROGRESS, of(profile, FORGOTTEN_AT_ONCE)).await?.documents;
            if some.is_empty() {
                return Ok(());
            }
            for document in some {
                self.store.delete(&PROGRESS, &document.id, Expect::Anything).await?;
            }
        }
    }

    /// The titles begun last, the latest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn latest(&self, profile: &ProfileId, limit: u32) -> Result<Vec<ProgressRecord>, StoreError> {
        self.store.find(&PROGRESS, of(profile, limit)).await?.documents.into_iter().map(read).collect()
    }
}

fn of(profile: &ProfileId, limit: u32) -> Find<'static> {
    let equals = vec![profile.as_str().into()];
    Find { index: BY_PROFILE, equals, from: None, direction: Direction::Descending, after: None, limit }
}

fn read(document: Document) -> Result<ProgressRecord, StoreError> {
    serde_json::from_value(document.body).map_err(|error| corrupt(&document.id, &error))
}

fn corrupt(id: &str, error: &serde_json::Error) -> StoreError {
    StoreError::Corrupt { key: format!("progress {id}"), reason: error.to_string() }
}

fn now_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_is_finished_with_its_credits_and_a_short_with_its_last_second() {
        for (position, duration, finished) in [
            (6_839.0, 7_200.0, false),
            (6_840.0, 7_200.0, true),
            (29.0, 30.0, false),
            (29.1, 30.0, true),
            (582.0, 600.0, true),
            (569.0, 600.0, false),
            (0.0, 30.0, false),
        ] {
            assert_eq!(is_finished(position, duration), finished, "{position} of {duration}");
        }
    }
}
