//! Puts a backup back into an empty place.
//!
//! Every file is read and its hash compared before the first one is written. While it goes on, a file in the data folder says
//! so, and nothing is opened there: what was broken off can simply be done again, and what is there already is never written
//! over.

use std::path::{Path, PathBuf};

use storage::{atomic_file, make_private_directory, search::IndexFolder};

use super::{AUDIT, BackupError, Entry, KEY, Manifest, Places, Progress, disk::Disk, hash};
use crate::{config::Config, deletions};

/// Puts the backup in `from` where `config` says that an installation is, its master keys and its audit log where that says
/// that they are. What was deleted since it was taken, as far as the data folder or the file `deleted` know, is deleted once
/// more by the next start.
///
/// # Errors
/// [`BackupError`]; nothing was written where the backup is damaged or the place is taken.
pub fn restore(config: &Config, from: &Path, deleted: Option<&Path>, progress: Progress<'_>) -> Result<Manifest, BackupError> {
    let places = Places::of(config)?;
    let manifest = Manifest::read(from)?;
    places.check_apart(from)?;
    places.check_flat(&manifest)?;
    let goes_on = check_whole(&places.data).is_err();
    if let Some((_, taken)) = places.databases.iter().find(|(_, database)| database.exists() && !goes_on) {
        return Err(BackupError::Occupied(taken.clone()));
    }
    for (done, entry) in part_of(&manifest) {
        progress(done / 2.0, "checking");
        let path = from.join(entry.file());
        if hash(&path)? != (entry.size, entry.blake3.clone()) {
            return Err(BackupError::Damaged(path));
        }
    }
    // What is there has followed another store, or a later state of this one.
    IndexFolder::discard(&places.search)
        .map_err(|error| BackupError::File { path: places.search.clone(), source: std::io::Error::other(error) })?;
    begin(&places.data)?;
    // A server that runs as the owner of the folder can use what root puts there.
    let disk = Disk::default().owned_as(&places.data);
    let mut copied = 0.0;
    let mut put = |entry: &Entry, to: &Path| {
        #[expect(clippy::cast_precision_loss, reason = "a share of a bar")]
        let share = entry.size as f64 / manifest.bytes().max(1) as f64;
        progress(0.5 + copied / 2.0, "putting back");
        copied += share;
        if to.exists() {
            // From a try that was broken off, or it is somebody else's.
            let is_same = hash(to)? == (entry.size, entry.blake3.clone());
            return if is_same { Ok(()) } else { Err(BackupError::Occupied(to.to_owned())) };
        }
        disk.copy(&from.join(entry.file()), to).map(drop)
    };
    for (name, folder) in &places.objects {
        for (path, entry) in manifest.below(name) {
            put(entry, &folder.join(path))?;
        }
    }
    for (path, entry) in manifest.below(AUDIT) {
        put(entry, &places.audit.join(path))?;
    }
    // Where the keys come from a variable or a program, they do so here as well.
    for (entry, key) in manifest.files.iter().filter(|entry| entry.path == KEY).zip(&places.key) {
        put(entry, key)?;
    }
    let known = places.data.join(deletions::FILE);
    for (path, entry) in manifest.below("data") {
        let to = places.data.join(&path);
        if to == known && to.exists() {
            // The folder's own tells what was deleted since: it stays, with what the backup knows beside.
            add_deletions(&from.join(entry.file()), &known)?;
        } else {
            put(entry, &to)?;
        }
    }
    if let Some(deleted) = deleted {
        let file = deletions_of(deleted)?;
        // Named by somebody: that it is not there is no way to say that nothing was deleted.
        std::fs::metadata(&file).map_err(|source| BackupError::File { path: file.clone(), source })?;
        add_deletions(&file, &known)?;
        if known.exists() {
            disk.give(&known)?;
        }
    }
    disk.settle()?;
    for (setting, database) in &places.databases {
        let name = format!("{setting}.db");
        for (_, entry) in manifest.below("databases").filter(|(path, _)| *path == Path::new(&name)) {
            put(entry, database)?;
        }
    }
    disk.settle()?;
    end(&places.data)?;
    Ok(manifest)
}

/// Nothing is opened in a data folder that has this file: what is in it is a part.
const UNFINISHED: &str = "restore.unfinished";

fn begin(data: &Path) -> Result<(), BackupError> {
    let marker = data.join(UNFINISHED);
    let made = make_private_directory(data).and_then(|()| atomic_file::make_if_missing(&marker, Vec::new));
    made.map_err(|source| BackupError::File { path: marker, source })
}

fn end(data: &Path) -> Result<(), BackupError> {
    let marker = data.join(UNFINISHED);
    let removed = std::fs::remove_file(&marker).and_then(|()| atomic_file::sync_folder_of(&marker));
    removed.map_err(|source| BackupError::File { path: marker, source })
}

/// To be asked before anything is opened in a data folder.
///
/// # Errors
/// [`BackupError::Unrestored`] where a restore into it was broken off.
pub fn check_whole(data: &Path) -> Result<(), BackupError> {
    if data.join(UNFINISHED).exists() { Err(BackupError::Unrestored(data.to_owned())) } else { Ok(()) }
}

/// The file that is meant: itself, that of a data folder, or that of a backup.
fn deletions_of(named: &Path) -> Result<PathBuf, BackupError> {
    if !named.is_dir() {
        return Ok(named.to_owned());
    }
    let Some(manifest) = Manifest::find(named)? else { return Ok(named.join(deletions::FILE)) };
    let path = format!("data/{}", deletions::FILE);
    let entry = manifest.files.iter().find(|entry| entry.path == path);
    Ok(named.join(entry.map_or(path.as_str(), Entry::file)))
}

fn add_deletions(from: &Path, into: &Path) -> Result<(), BackupError> {
    let at = |source| BackupError::File { path: from.to_owned(), source };
    if let Some(folder) = into.parent() {
        make_private_directory(folder).map_err(at)?;
    }
    deletions::merge(from, into).map(drop).map_err(at)
}

/// Each file with the share of all bytes that come before it.
fn part_of(manifest: &Manifest) -> impl Iterator<Item = (f64, &Entry)> {
    let all = manifest.bytes().max(1);
    manifest.files.iter().scan(0, move |before, entry| {
        #[expect(clippy::cast_precision_loss, reason = "a share of a bar")]
        let share = *before as f64 / all as f64;
        *before += entry.size;
        Some((share, entry))
    })
}
