//! Whether what failed, failed because a disk is full, and the words for it.
//!
//! Programs and libraries say it in many ways: as an error of the system, as SQLite's own code, as an input/output error of
//! SQLite's, as words on standard error. Must never be asked before something failed: room that is there now may be gone then.

use std::{error::Error, io, path::Path};

use super::StoreError;

/// How ENOSPC reads where a program writes it down (`LC_ALL=C`).
const WORDS: &str = "No space left on device";
/// And EDQUOT, which is the same to whoever writes.
const QUOTA: &str = "Disk quota exceeded";
/// Bytes without which not even a lock file can be made.
const LEAST: u64 = 64 * 1024;

/// What a person is told.
pub const FULL: &str = "the disk is full";

/// Whether the system refused to write for want of room, anywhere in the chain of causes.
pub fn says_full(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<io::Error>().is_some_and(is_storage_full) || is_full_in_words(&error.to_string()) {
            return true;
        }
        cause = error.source();
    }
    false
}

fn is_storage_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Whether a program said so.
pub fn is_full_in_words(text: &str) -> bool {
    text.contains(WORDS) || text.contains(QUOTA)
}

/// Whether the file system that holds `path` has no room, for errors that do not say why.
pub fn is_full(path: &Path) -> bool {
    let existing = path.ancestors().find(|path| path.exists()).unwrap_or(Path::new("."));
    let existing = if existing.as_os_str().is_empty() { Path::new(".") } else { existing };
    rustix::fs::statvfs(existing).is_ok_and(|found| found.f_bavail.saturating_mul(found.f_frsize) < LEAST)
}

/// An error of the system in words for whoever runs the server.
pub fn words(error: &io::Error) -> String {
    if is_storage_full(error) { format!("{FULL} ({error})") } else { error.to_string() }
}

/// What an error of the system means to whoever uses the store at `path`.
pub fn failure(path: &Path, error: &io::Error) -> StoreError {
    let reason = format!("{}: {error}", path.display());
    if is_storage_full(error) { StoreError::Full { reason } } else { StoreError::Unavailable { reason } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_found_at_the_bottom_of_a_chain_of_causes() {
        let source = io::Error::from_raw_os_error(rustix::io::Errno::NOSPC.raw_os_error());
        let wrapped = object_store::Error::Generic { store: "LocalFileSystem", source: Box::new(source) };
        assert!(says_full(&wrapped));
        let other = io::Error::from_raw_os_error(rustix::io::Errno::ACCESS.raw_os_error());
        let wrapped = object_store::Error::Generic { store: "LocalFileSystem", source: Box::new(other) };
        assert!(!says_full(&wrapped));
        assert!(is_full_in_words("av_interleaved_write_frame(): No space left on device"));
    }
}
