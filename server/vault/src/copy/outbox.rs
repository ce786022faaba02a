//! What is to be copied and may not be yet: an intent for each change, written before it and gone after it was copied.
//!
//! An intent names the record, not the change: whoever finds one that was left behind copies what the record holds then.
//! So a change is copied at least once, and copying it twice does no harm. Must never hold a value.

use std::sync::Arc;

use bytes::Bytes;
use storage::{
    StoreError,
    keyvalue::{Expect, KeyValue, SCAN_LIMIT},
};

use crate::{now_millis, record::RecordKey};

const PREFIX: &str = "outbox/";

/// The name of an intent; they sort by when they were made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent(String);

/// What has not been copied yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Waiting {
    /// Changes; a thousand stands for as many or more.
    pub changes: usize,
    /// How long the first of them has waited.
    pub seconds: u64,
}

#[derive(Clone)]
pub struct Outbox(Arc<dyn KeyValue>);

impl Outbox {
    pub fn new(store: Arc<dyn KeyValue>) -> Self {
        Self(store)
    }

    /// # Errors
    /// What the store says.
    pub async fn begin(&self, record: &RecordKey) -> Result<Intent, StoreError> {
        let key = format!("{PREFIX}{:015}-{:016x}", now_millis(), rand::random::<u64>());
        self.0.put(&key, Bytes::from(record.to_string()), Expect::Absent, None).await?;
        Ok(Intent(key))
    }

    /// Strikes out what was copied, or never came to be. What fails is found again later.
    pub async fn end(&self, intents: impl IntoIterator<Item = Intent>) {
        let deletes = intents.into_iter().map(|Intent(key)| async move { self.0.delete(&key, Expect::Anything).await });
        for outcome in futures::future::join_all(deletes).await {
            if let Err(error) = outcome {
                tracing::warn!(%error, "the vault's outbox");
            }
        }
    }

    /// Intents that were left behind: older than `millis`, a page of the oldest.
    ///
    /// # Errors
    /// What the store says.
    pub async fn left_behind(&self, millis: u64) -> Result<Vec<(Intent, Option<RecordKey>)>, StoreError> {
        let before = now_millis().saturating_sub(millis);
        let found = self.0.scan(PREFIX, None, SCAN_LIMIT).await?;
        let old = found.into_iter().take_while(|(key, _)| made(key) <= before);
        Ok(old.map(|(key, entry)| (Intent(key), std::str::from_utf8(&entry.value).ok().and_then(RecordKey::parse))).collect())
    }

    /// # Errors
    /// What the store says.
    pub async fn waiting(&self) -> Result<Waiting, StoreError> {
        let found = self.0.scan(PREFIX, None, SCAN_LIMIT).await?;
        let first = found.first().map(|(key, _)| made(key));
        let millis = first.map_or(0, |first| now_millis().saturating_sub(first));
        Ok(Waiting { changes: found.len(), seconds: millis / 1000 })
    }

    /// Whether a change of this record has not been copied yet, among the thousand oldest.
    ///
    /// # Errors
    /// What the store says.
    pub async fn names(&self) -> Result<std::collections::HashSet<String>, StoreError> {
        let found = self.0.scan(PREFIX, None, SCAN_LIMIT).await?;
        Ok(found.into_iter().filter_map(|(_, entry)| String::from_utf8(entry.value.to_vec()).ok()).collect())
    }
}

/// When an intent was made, in milliseconds since 1970.
fn made(key: &str) -> u64 {
    let digits = key.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}
