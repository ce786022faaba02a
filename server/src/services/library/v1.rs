//! The handlers of the library's calls, version 1: snapshots here, lists, the history and their files beside.

mod history;
mod lists;
mod transfer;

use contract::{
    Code, Problem,
    library::{GetSnapshot, SaveSnapshot, SnapshotRevision},
};
use storage::documents::{Expect, Write, read};

use super::{
    Library,
    record::{SNAPSHOTS, SnapshotRecord},
};
use crate::context::RequestContext;

/// Bytes that a snapshot's JSON may have.
const SIZE_LIMIT: usize = 32 * 1024;

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

    /// Answers with the new revision alone: the client has the snapshot.
    pub(super) async fn save_snapshot(&self, context: RequestContext, call: SaveSnapshot) -> Result<SnapshotRevision, Problem> {
        let size = serde_json::to_vec(&call.snapshot).map_err(|_| Problem::internal())?.len();
        if size > SIZE_LIMIT {
            let detail = format!("A snapshot has at most {SIZE_LIMIT} bytes of JSON; this one has {size}.");
            return Err(Problem::new(Code::TooLarge).with_detail(detail));
        }
        let viewer = &context.viewer;
        self.check_life(viewer).await?;
        let guest_updated = viewer.member.is_none().then(|| self.clock.millis());
        let record = SnapshotRecord { guest_updated, saved_by: viewer.key(), ..call.snapshot.into() };
        let expect = if call.after == 0 { Expect::Absent } else { Expect::Version(call.after) };
        let body = serde_json::to_value(record).map_err(|_| Problem::internal())?;
        let write = Write { id: viewer.profile.as_str().to_owned(), body, expect };
        let revision = self.documents.put(&SNAPSHOTS, write).await?;
        Ok(SnapshotRevision { revision, ..SnapshotRevision::default() })
    }
}
