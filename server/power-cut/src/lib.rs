//! What a power cut leaves of files that a program wrote.
//!
//! A program is run under `strace`, which records its writes, syncs, renames and acknowledgements in the order in which they
//! came to their end ([`record`]). From that, the folder is laid out as a disk may hold it after a cut at any point
//! ([`Recording::cut`]), and opened again by the code under test ([`check`]). A kill proves nothing of the kind: the system
//! keeps what it was given.
//!
//! What a disk may do is what POSIX permits, more than most file systems do (Pillai et al., *All File Systems Are Not Created
//! Equal*, OSDI 2014): of what was written to a file since its last sync began, any part in units of 512 bytes arrives, in
//! any order; of the names that changed in a folder since its last sync, the first few. A file that was synced may be
//! nowhere, because its folder was not. Two things are believed: a rename is one step, and names change in a folder in the
//! order in which they were changed. Memory that is mapped is not looked at: it is for what is derived.
//!
//! Must never be a dependency of anything but tests.

#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test that cannot run has failed")]

mod check;
mod disk;
mod parse;
mod recorder;
mod recording;
mod trace;

pub use self::{
    check::{Found, Sample, check, check_async, finds, finds_async},
    disk::Unsynced,
    recorder::{acknowledge, record, record_async},
    recording::{FileId, Operation, Recording},
};
