//! How snapshots are read and changed: one that cannot be read is none, and the next save begins it anew.

use contract::library::SNAPSHOT_DEPTH;
use serde_json::Value;
use storage::{
    StoreError,
    documents::{Change, Expect, Updated, Write, update},
};

use super::{
    Library,
    record::{SNAPSHOTS, SnapshotRecord},
};

/// What is stored of a profile's snapshot.
pub enum Stored {
    Nothing,
    /// With its revision.
    Readable(SnapshotRecord, u64),
    /// With its revision, where the store can tell that much of it.
    Unreadable(Option<u64>),
}

/// Why an update came to nothing.
enum Failed<E> {
    Store(StoreError),
    Decided(E),
}

impl<E> From<StoreError> for Failed<E> {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Library {
    /// What is stored of a profile's snapshot. One that cannot be read is said in the log.
    ///
    /// # Errors
    /// [`StoreError`], but for [`StoreError::Corrupt`].
    pub(super) async fn snapshot(&self, profile: &str) -> Result<Stored, StoreError> {
        let unreadable = |error: &dyn std::fmt::Display, version| {
            tracing::error!(profile, %error, "a snapshot cannot be read: the next save begins it anew");
            Stored::Unreadable(version)
        };
        match self.documents.get(&SNAPSHOTS, profile).await {
            Ok(None) => Ok(Stored::Nothing),
            Ok(Some(document)) => Ok(match serde_json::from_value(document.body) {
                Ok(record) => Stored::Readable(record, document.version),
                Err(error) => unreadable(&error, Some(document.version)),
            }),
            Err(error @ StoreError::Corrupt { .. }) => Ok(unreadable(&error, None)),
            Err(error) => Err(error),
        }
    }

    /// As [`update`], of a profile's snapshot: where what is stored cannot be read, `decide` is given nothing, and what it says takes the
    /// place of that.
    ///
    /// # Errors
    /// What `decide` says, and then nothing was written; [`StoreError`].
    pub(super) async fn update_snapshot<E: From<StoreError>>(
        &self,
        profile: &str,
        mut decide: impl FnMut(Option<SnapshotRecord>) -> Result<Change<SnapshotRecord>, E>,
    ) -> Result<Updated<SnapshotRecord>, E> {
        let decided = |stored: Option<SnapshotRecord>| decide(stored).map_err(Failed::Decided);
        match update(&*self.documents, &SNAPSHOTS, profile, decided).await {
            Ok(updated) => return Ok(updated),
            Err(Failed::Decided(error)) => return Err(error),
            Err(Failed::Store(StoreError::Corrupt { .. })) => {}
            Err(Failed::Store(error)) => return Err(error.into()),
        }
        // Of two at once the second finds what the first began.
        let _turn = self.beginning_anew.lock().await;
        let Stored::Unreadable(version) = self.snapshot(profile).await? else {
            return update(&*self.documents, &SNAPSHOTS, profile, decide).await;
        };
        let Change::Put(record) = decide(None)? else { return Ok(Updated { record: None, version: 0 }) };
        let body = serde_json::to_value(&record).map_err(|error| StoreError::corrupt(profile, error))?;
        let expect = version.map_or(Expect::Anything, Expect::Version);
        match self.documents.put(&SNAPSHOTS, Write { id: profile.to_owned(), body, expect }).await {
            Ok(version) => Ok(Updated { record: Some(record), version }),
            Err(StoreError::Conflict { .. }) => update(&*self.documents, &SNAPSHOTS, profile, decide).await,
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether a state is one to continue from: an object, of so few levels that whoever reads JSON reads it.
pub fn is_sound(state: &Value) -> bool {
    state.is_object() && depth(state) <= SNAPSHOT_DEPTH
}

/// Levels of objects and lists.
fn depth(value: &Value) -> usize {
    match value {
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        Value::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}
