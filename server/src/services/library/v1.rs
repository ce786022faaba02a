//! The handlers of the library's calls, version 1: snapshots here, lists, the history and their files beside.

mod history;
mod lists;
mod transfer;

use contract::{
    Code, Problem,
    library::{GetSnapshot, MergeSnapshot, SNAPSHOT_BYTES, SaveSnapshot, SavedSnapshot, SnapshotRevision},
};
use serde::Serialize;
use serde_json::Value;
use storage::{
    StoreError,
    documents::{Change, Expect, Write, get_readable, read, update},
};

use super::{
    Library,
    record::{SETTINGS_CHANGES, SNAPSHOTS, SettingsChangeRecord, SnapshotRecord},
    snapshot_merge::merge,
};
use crate::context::{RequestContext, Viewer};

/// The member of a snapshot that a viewer sets; the others say on which screen they are.
const PREFERENCES: &str = "preferences";

impl Library {
    pub(super) async fn get_snapshot(&self, context: RequestContext, _: GetSnapshot) -> Result<SnapshotRevision, Problem> {
        if context.viewer.is_new {
            return Ok(SnapshotRevision::default());
        }
        let profile = context.viewer.profile.as_str();
        let found = read::<SnapshotRecord>(&*self.documents, &SNAPSHOTS, profile).await?;
        Ok(found.map_or_else(SnapshotRevision::default, |(record, revision)| SnapshotRevision {
            revision,
            is_from_elsewhere: record.saved_by.is_some() && record.saved_by != context.viewer.key(),
            snapshot: Some(record.into()),
        }))
    }

    /// Answers with the new revision alone: the client has the snapshot. Does not say whether something was set in it: whoever follows
    /// is told where the preferences are others than those that were stored.
    pub(super) async fn save_snapshot(&self, context: RequestContext, call: SaveSnapshot) -> Result<SnapshotRevision, Problem> {
        check_size(&call.snapshot)?;
        let viewer = &context.viewer;
        self.check_life(viewer).await?;
        let before = self.stored_preferences(viewer, call.after).await?;
        let is_set = before.as_ref() != call.snapshot.state.get(PREFERENCES);
        let record = SnapshotRecord { guest_updated: self.guest_updated(viewer), saved_by: viewer.key(), ..call.snapshot.into() };
        let expect = if call.after == 0 { Expect::Absent } else { Expect::Version(call.after) };
        let body = serde_json::to_value(record).map_err(|_| Problem::internal())?;
        let write = Write { id: viewer.profile.as_str().to_owned(), body, expect };
        let revision = self.documents.put(&SNAPSHOTS, write).await?;
        if is_set {
            self.note_settings(viewer, revision).await?;
        }
        Ok(SnapshotRevision { revision, ..SnapshotRevision::default() })
    }

    /// The preferences of this revision of the snapshot; none of one that is not stored, or cannot be read, which whoever saves replaces.
    async fn stored_preferences(&self, viewer: &Viewer, revision: u64) -> Result<Option<Value>, StoreError> {
        let stored = match read::<SnapshotRecord>(&*self.documents, &SNAPSHOTS, viewer.profile.as_str()).await {
            Err(StoreError::Corrupt { .. }) => None,
            other => other?,
        };
        Ok(stored.filter(|(_, stored)| *stored == revision).and_then(|(record, _)| record.state.get(PREFERENCES).cloned()))
    }

    pub(super) async fn merge_snapshot(&self, context: RequestContext, call: MergeSnapshot) -> Result<SnapshotRevision, Problem> {
        check_size(&call.to)?;
        let viewer = &context.viewer;
        self.check_life(viewer).await?;
        let attempted: Vec<_> = call.attempted.iter().collect();
        let merged = |stored: Option<SnapshotRecord>| {
            // What a newer client made of it is not thrown away by a tab that is still open.
            if stored.as_ref().is_some_and(|stored| stored.format > call.format) {
                return Err(Problem::new(Code::VersionConflict));
            }
            let same = stored.as_ref().filter(|stored| stored.format == call.format);
            let state = merge(same.map(|same| same.state.clone()), Some(&call.from), &attempted, &call.to).unwrap_or_default();
            if same.is_some_and(|same| same.state == state) {
                return Ok(Change::Keep);
            }
            let snapshot = SavedSnapshot { format: call.format, state };
            check_size(&snapshot)?;
            let (guest_updated, saved_by) = (self.guest_updated(viewer), viewer.key());
            let unknown = stored.map(|stored| stored.unknown).unwrap_or_default();
            Ok(Change::Put(SnapshotRecord { guest_updated, saved_by, unknown, ..snapshot.into() }))
        };
        let updated = update(&*self.documents, &SNAPSHOTS, viewer.profile.as_str(), merged).await?;
        if call.notifies {
            self.note_settings(viewer, updated.version).await?;
        }
        let snapshot = updated.record.map(SavedSnapshot::from);
        Ok(SnapshotRevision { revision: updated.version, snapshot, is_from_elsewhere: false })
    }

    /// Has whoever follows told that something was set. After the snapshot: a kill between the two leaves a save without an answer,
    /// which a page that is still there sends again. What is noted is only a bell: one that cannot be read is rung anew, and another revision
    /// is another, also where it is less, because the snapshot was begun anew.
    async fn note_settings(&self, viewer: &Viewer, revision: u64) -> Result<(), StoreError> {
        let (profile, guest_updated) = (viewer.profile.as_str(), self.guest_updated(viewer));
        let note = |stored: Option<Value>| {
            let stored = stored.and_then(|stored| serde_json::from_value::<SettingsChangeRecord>(stored).ok());
            if stored.as_ref().is_some_and(|stored| stored.revision == revision) {
                return Ok(Change::Keep);
            }
            let unknown = stored.map(|stored| stored.unknown).unwrap_or_default();
            let record = SettingsChangeRecord { revision, guest_updated, unknown };
            serde_json::to_value(record).map(Change::Put).map_err(|error| StoreError::corrupt(profile, error))
        };
        get_readable(&*self.documents, &SETTINGS_CHANGES, profile).await?;
        update(&*self.documents, &SETTINGS_CHANGES, profile, note).await.map(drop)
    }

    /// When what a guest saves is saved.
    fn guest_updated(&self, viewer: &Viewer) -> Option<u64> {
        viewer.member.is_none().then(|| self.clock.millis())
    }
}

fn check_size(json: &impl Serialize) -> Result<(), Problem> {
    let size = serde_json::to_vec(json).map_err(|_| Problem::internal())?.len();
    if size <= SNAPSHOT_BYTES {
        return Ok(());
    }
    let detail = format!("A snapshot has at most {SNAPSHOT_BYTES} bytes of JSON; this one has {size}.");
    Err(Problem::new(Code::TooLarge).with_detail(detail))
}
