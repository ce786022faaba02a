//! The handlers of the library's calls, version 1: snapshots here, lists, the history and their files beside.

mod history;
mod lists;
mod transfer;

use contract::{
    Code, Problem,
    library::{GetSnapshot, MergeSnapshot, SNAPSHOT_BYTES, SNAPSHOT_DEPTH, SaveSnapshot, SavedSnapshot, SnapshotRevision},
};
use serde::Serialize;
use serde_json::Value;
use storage::{
    StoreError,
    documents::{Change, Expect, Write, get_readable, update},
};

use super::{
    Library,
    record::{SETTINGS_CHANGES, SNAPSHOTS, SettingsChangeRecord, SnapshotRecord},
    snapshot_merge::{merge, shorten},
    snapshots::{Stored, is_sound},
};
use crate::context::{RequestContext, Viewer};

/// The member of a snapshot that a viewer sets; the others say on which screen they are.
const PREFERENCES: &str = "preferences";
/// How often a note is looked at again that another save was faster with.
const LOOKS: u8 = 8;

impl Library {
    pub(super) async fn get_snapshot(&self, context: RequestContext, _: GetSnapshot) -> Result<SnapshotRevision, Problem> {
        if context.viewer.is_new {
            return Ok(SnapshotRevision::default());
        }
        Ok(match self.snapshot(context.viewer.profile.as_str()).await? {
            Stored::Nothing | Stored::Unreadable(_) => SnapshotRevision::default(),
            Stored::Readable(record, revision) => SnapshotRevision {
                revision,
                is_from_elsewhere: record.saved_by.is_some() && record.saved_by != context.viewer.key(),
                snapshot: Some(record.into()),
            },
        })
    }

    /// Answers with the new revision alone: the client has the snapshot. Does not say whether something was set in it: whoever follows
    /// is told where the preferences are others than those that were stored.
    pub(super) async fn save_snapshot(&self, context: RequestContext, call: SaveSnapshot) -> Result<SnapshotRevision, Problem> {
        check_size(size(&call.snapshot)?)?;
        check_depth("snapshot.state", &call.snapshot.state)?;
        let viewer = &context.viewer;
        self.check_life(viewer).await?;
        let after = if call.after == 0 { Expect::Absent } else { Expect::Version(call.after) };
        let (before, expect) = match self.snapshot(viewer.profile.as_str()).await? {
            Stored::Readable(record, revision) if revision == call.after => (record.state.get(PREFERENCES).cloned(), after),
            // Nothing is told of it: whoever saves the first replaces it.
            Stored::Unreadable(version) if call.after == 0 => (None, version.map_or(Expect::Anything, Expect::Version)),
            Stored::Nothing | Stored::Readable(..) | Stored::Unreadable(_) => (None, after),
        };
        let is_set = before.as_ref() != call.snapshot.state.get(PREFERENCES);
        let record = SnapshotRecord { guest_updated: self.guest_updated(viewer), saved_by: viewer.key(), ..call.snapshot.into() };
        let body = serde_json::to_value(record).map_err(|_| Problem::internal())?;
        let write = Write { id: viewer.profile.as_str().to_owned(), body, expect };
        let revision = self.documents.put(&SNAPSHOTS, write).await?;
        if is_set {
            self.note_settings(viewer, revision).await?;
        }
        Ok(SnapshotRevision { revision, ..SnapshotRevision::default() })
    }

    pub(super) async fn merge_snapshot(&self, context: RequestContext, call: MergeSnapshot) -> Result<SnapshotRevision, Problem> {
        check_depth("to", &call.to)?;
        let viewer = &context.viewer;
        self.check_life(viewer).await?;
        let attempted: Vec<_> = call.attempted.iter().collect();
        let merged = |stored: Option<SnapshotRecord>| {
            // What a newer client made of it is not thrown away by a tab that is still open.
            if stored.as_ref().is_some_and(|stored| stored.format > call.format) {
                return Err(Problem::new(Code::VersionConflict));
            }
            let same = stored.as_ref().filter(|stored| stored.format == call.format && is_sound(&stored.state));
            let state = merge(same.map(|same| same.state.clone()), Some(&call.from), &attempted, &call.to).unwrap_or_default();
            if same.is_some_and(|same| same.state == state) {
                return Ok(Change::Keep);
            }
            let mut snapshot = SavedSnapshot { format: call.format, state };
            // What was hidden long ago gives way to what is set now.
            let excess = size(&snapshot)?.saturating_sub(SNAPSHOT_BYTES);
            if excess > 0 {
                shorten(&mut snapshot.state, excess);
                check_size(size(&snapshot)?)?;
                if same.is_some_and(|same| same.state == snapshot.state) {
                    return Ok(Change::Keep);
                }
            }
            let (guest_updated, saved_by) = (self.guest_updated(viewer), viewer.key());
            let unknown = stored.map(|stored| stored.unknown).unwrap_or_default();
            Ok(Change::Put(SnapshotRecord { guest_updated, saved_by, unknown, ..snapshot.into() }))
        };
        let updated = self.update_snapshot(viewer.profile.as_str(), merged).await?;
        if call.notifies {
            self.note_settings(viewer, updated.version).await?;
        }
        let snapshot = updated.record.map(SavedSnapshot::from);
        Ok(SnapshotRevision { revision: updated.version, snapshot, is_from_elsewhere: false })
    }

    /// Has whoever follows told that something was set. After the snapshot: a kill between the two leaves a save without an answer,
    /// which a page that is still there sends again, and every page asks once a stream begins again. What is noted is only a bell: one that
    /// cannot be read is rung anew. Of saves at once the latest is what is noted last, and less than is noted only where the snapshot was
    /// begun anew.
    pub(super) async fn note_settings(&self, viewer: &Viewer, revision: u64) -> Result<(), StoreError> {
        let (profile, guest_updated) = (viewer.profile.as_str(), self.guest_updated(viewer));
        get_readable(&*self.documents, &SETTINGS_CHANGES, profile).await?;
        let (mut reached, mut outdated) = (revision, None);
        for _ in 0..LOOKS {
            let mut ahead = None;
            let note = |stored: Option<Value>| {
                let stored = stored.and_then(|stored| serde_json::from_value::<SettingsChangeRecord>(stored).ok());
                let noted = stored.as_ref().map_or(0, |stored| stored.revision);
                ahead = (noted > reached && outdated != Some(noted)).then_some(noted);
                if ahead.is_some() || noted == reached {
                    return Ok(Change::Keep);
                }
                let unknown = stored.map(|stored| stored.unknown).unwrap_or_default();
                let record = SettingsChangeRecord { revision: reached, guest_updated, unknown };
                serde_json::to_value(record).map(Change::Put).map_err(|error| StoreError::corrupt(profile, error))
            };
            update(&*self.documents, &SETTINGS_CHANGES, profile, note).await?;
            let Some(noted) = ahead else { return Ok(()) };
            reached = self.documents.get(&SNAPSHOTS, profile).await?.map_or(revision, |snapshot| snapshot.version);
            // That is of a later save, which has this one.
            if reached >= noted {
                return Ok(());
            }
            outdated = Some(noted);
        }
        Err(StoreError::Contended { key: format!("{}/{profile}", SETTINGS_CHANGES.name) })
    }

    /// When what a guest saves is saved.
    fn guest_updated(&self, viewer: &Viewer) -> Option<u64> {
        viewer.member.is_none().then(|| self.clock.millis())
    }
}

/// Bytes of JSON.
fn size(json: &impl Serialize) -> Result<usize, Problem> {
    serde_json::to_vec(json).map(|bytes| bytes.len()).map_err(|_| Problem::internal())
}

fn check_size(size: usize) -> Result<(), Problem> {
    if size <= SNAPSHOT_BYTES {
        return Ok(());
    }
    let detail = format!("A snapshot has at most {SNAPSHOT_BYTES} bytes of JSON; this one has {size}.");
    Err(Problem::new(Code::TooLarge).with_detail(detail))
}

fn check_depth(field: &str, state: &Value) -> Result<(), Problem> {
    if is_sound(state) {
        return Ok(());
    }
    Err(Problem::invalid(field, format!("an object of at most {SNAPSHOT_DEPTH} levels of objects and lists")))
}
