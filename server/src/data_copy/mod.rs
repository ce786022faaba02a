//! Moves everything from one set of stores to another, of whatever kind: documents with their versions, those included that
//! only another version of Marquee declares, entries with what is left of their time, objects, what the vault has sealed,
//! and the data folder's own files (keys, the audit log), without which the rest is of little use.
//!
//! Needs no record of how far it came: what the target has already is not sent again, so that a copy that was broken off
//! is gone on with by starting it again. Must never write into a target that holds something else, unless told to, and
//! never call a copy complete before both sides were read again and compared.

mod documents;
mod entries;
mod files;
mod objects;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use files::Files;

use storage::{Side, StoreError};

use crate::backup::BackupError;

/// Writes under way at once.
const SIDE_BY_SIDE: usize = 16;
/// What is read at a time.
const PAGE: u32 = 200;

/// What was moved, or was there already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    pub documents: u64,
    pub entries: u64,
    pub objects: u64,
    /// Entries of the vault's store.
    pub vault: u64,
    /// Of those, how many were sent by this run.
    pub sent: u64,
}

/// Why not everything was moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    #[error("the two sides have no kind of data in common: name stores for documents, entries or objects on both")]
    NothingInCommon,
    #[error("the target has {0}, which the source lacks: name an empty target, or use --into-existing to keep both")]
    Occupied(String),
    #[error(
        "{0} differ on the two sides after the copy: somebody writes to one of them; stop the servers that use them and start again"
    )]
    Differs(String),
    #[error(
        "{} is there already and is not {}: it is another installation's key or log, and is never written over; move it away",
        to.display(),
        from.display()
    )]
    Foreign { from: PathBuf, to: PathBuf },
    #[error(transparent)]
    File(#[from] BackupError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Told what is being done, how far it is there (0 to 1), in this order.
pub type Progress<'a> = &'a (dyn Fn(&str, f64) + Send + Sync);

/// Moves what both sides have a store for, and compares the two sides.
///
/// # Errors
/// [`MoveError`]; what was moved until then stays, and is not moved again by the next run.
pub async fn copy(from: &Side, to: &Side, into_existing: bool, progress: Progress<'_>) -> Result<Moved, MoveError> {
    let mut moved = Moved::default();
    let mut is_any = false;
    if let (Some(from), Some(to)) = (&from.documents, &to.documents) {
        is_any = true;
        documents::copy(&**from, &**to, into_existing, progress, &mut moved).await?;
    }
    if let (Some(from), Some(to)) = (&from.entries, &to.entries) {
        is_any = true;
        let (all, sent) = entries::copy("entries", &**from, &**to, into_existing, progress).await?;
        moved.entries = all;
        moved.sent += sent;
    }
    if let (Some(from), Some(to)) = (&from.objects, &to.objects) {
        is_any = true;
        objects::copy(from, to, into_existing, progress, &mut moved).await?;
    }
    if let (Some(from), Some(to)) = (&from.flat_objects, &to.flat_objects) {
        is_any = true;
        objects::copy(from, to, into_existing, progress, &mut moved).await?;
    }
    if let (Some(from), Some(to)) = (&from.vault, &to.vault) {
        is_any = true;
        let (all, sent) = entries::copy("sealed entries of the vault", &**from, &**to, into_existing, progress).await?;
        moved.vault = all;
        moved.sent += sent;
    }
    if is_any { Ok(moved) } else { Err(MoveError::NothingInCommon) }
}

#[expect(clippy::cast_precision_loss, reason = "a share of a bar")]
fn share(done: u64, all: u64) -> f64 {
    if all == 0 { 1.0 } else { done as f64 / all as f64 }
}
