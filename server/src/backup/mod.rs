//! A copy of everything that one machine keeps, taken while the server runs, and put back into an empty place.
//!
//! For stores on this machine alone: SQLite files and a directory. What is kept elsewhere has its own tools, and `marquee
//! data copy`. A backup is a folder that a person can look into. Each run writes into a folder of its own,
//! `generation-000001/` and on, with `databases/`, `data/`, `vault/` and the `objects/` (and `flat_objects/`) that are new; `backup.json` names every
//! file of the last whole run with its hash, and is what makes it one. Must never hold what is derived (the search index), nor
//! by what somebody can tell whose use it was that was recorded (the keys of days, the journal of usage), and never be readable by others: it has the installation's keys in it, the vault's master key with the vault.

mod disk;
mod losses;
mod manifest;
mod places;
mod restore;
mod take;
#[cfg(test)]
mod tests;

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

pub use manifest::{Entry, Manifest};
pub use places::{leave_out_day_keys, own_files};
pub use restore::{check_whole, restore};
pub use take::take;

use disk::Disk;
use places::Places;

/// Why there is no backup, or none was put back; in words for whoever typed the command.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error(
        "{} is {given}, which is not on this machine: back it up with its own tools, or bring it here with \
         `marquee data copy`",
        named(.setting)
    )]
    Elsewhere { setting: &'static str, given: String },
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{}: {source}", path.display())]
    Database { path: PathBuf, source: rusqlite::Error },
    #[error("{}: not a backup: {reason}", path.display())]
    NoBackup { path: PathBuf, reason: String },
    #[error(
        "the backup holds films of a second store, and storage.flat_objects names no folder for them: nothing was put back. Name one"
    )]
    NoSecondStore,
    #[error(
        "films lie in the second store, and storage.flat_objects names none: nothing was backed up, because they would be \
         missing. Name it in the config that this command reads, or, where it is gone for good, name an empty folder there and a new one \
         for the backup; --without-media into a new folder takes all but films"
    )]
    SecondStore,
    #[error(
        "the last backup in {} has {}, which the config does not name any more: nothing was backed up, so that it stays there. \
         Name it again, or, where it was given up on purpose, name another folder",
        backup.display(), named(.setting)
    )]
    Unnamed { setting: String, backup: PathBuf },
    #[error("{}: damaged, or not the file that was backed up; nothing was put back", .0.display())]
    Damaged(PathBuf),
    #[error("{}: is there already; name an empty data folder, or move this one away", .0.display())]
    Occupied(PathBuf),
    #[error("{}: this folder holds something else than a backup", .0.display())]
    NotOurs(PathBuf),
    #[error(
        "{} is gone, and the last backup in {} has it: nothing was backed up, so that it stays there. Put it back (a disk that is \
         not mounted?), or, where it is gone on purpose, name another folder",
        place.display(), backup.display()
    )]
    Gone { place: PathBuf, backup: PathBuf },
    #[error(
        "{} was being restored and the restore was broken off: run the same `marquee restore` again before anything else",
        .0.display()
    )]
    Unrestored(PathBuf),
    #[error("{}: another backup into this folder is under way", .0.display())]
    Busy(PathBuf),
    #[error(
        "{} lies in {}, which is what a backup is of: it would hold itself, and be lost with it. Name a folder outside of it",
        backup.display(), place.display()
    )]
    Within { backup: PathBuf, place: PathBuf },
    #[error(
        "{} holds {}, which is what a backup is of: name a folder that is for the backup alone",
        backup.display(), place.display()
    )]
    Around { backup: PathBuf, place: PathBuf },
}

/// The database whose setting stands in a section of its own. Its audit log is copied after it, so that no line is missing
/// that the vault remembers.
const VAULT: &str = "vault";
/// What a file of master keys is called in a backup, wherever it was.
pub const KEY: &str = "vault/key";
/// The folder of the audit log in a backup, wherever it was.
const AUDIT: &str = "vault/audit";

fn named(setting: &str) -> String {
    if setting == VAULT { "vault.store".to_owned() } else { format!("storage.{setting}") }
}

/// Told how far it is: 0 to 1, and what is being done.
pub type Progress<'a> = &'a (dyn Fn(f64, &str) + Send + Sync);

fn with_end(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// Every file below `folder`, by its path inside it, in order; none where there is no such folder.
///
/// # Errors
/// [`BackupError::File`].
pub fn files_below(folder: &Path, skip: &dyn Fn(&Path) -> bool) -> Result<Vec<PathBuf>, BackupError> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let entries = match fs::read_dir(&next) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(source) => return Err(BackupError::File { path: next, source }),
        };
        for entry in entries {
            let entry = entry.map_err(|source| BackupError::File { path: next.clone(), source })?;
            let path = entry.path();
            let kind = entry.file_type().map_err(|source| BackupError::File { path: path.clone(), source })?;
            if skip(&path) {
                continue;
            }
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                found.push(path.strip_prefix(folder).unwrap_or(&path).to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Copies a file whole or not at all, for its owner only; its size and hash. It keeps its time of change.
///
/// # Errors
/// [`BackupError::File`].
pub fn copy(from: &Path, to: &Path) -> Result<(u64, String), BackupError> {
    let disk = Disk::default();
    let copied = disk.copy(from, to)?;
    disk.settle()?;
    Ok(copied)
}

/// The hash of a file, and its size.
///
/// # Errors
/// [`BackupError::File`].
pub fn hash(path: &Path) -> Result<(u64, String), BackupError> {
    let at = |source| BackupError::File { path: path.to_owned(), source };
    let mut hasher = blake3::Hasher::new();
    let size = io::copy(&mut File::open(path).map_err(at)?, &mut hasher).map_err(at)?;
    Ok((size, hasher.finalize().to_hex().to_string()))
}

fn modified(path: &Path) -> Option<(u64, SystemTime)> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.len(), metadata.modified().ok()?))
}
