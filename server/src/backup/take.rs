//! Takes a backup while the server goes on.
//!
//! A database is copied as it is at one instant (`VACUUM INTO`: one read transaction, which no write waits for). Objects
//! never change, and are copied after the databases that speak of them; a second backup into the same folder copies only
//! what came since.

use std::{
    collections::HashMap,
    fs::{self, OpenOptions},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags};

use super::{BackupError, Entry, Manifest, Places, Progress, VAULT, copy, files_below, hash, modified, own_files, with_end};
use crate::{config::Config, storage::make_private_directory};

/// Takes a backup of the installation that `config` describes into the folder `to`.
///
/// # Errors
/// [`BackupError`]; what was there of an earlier backup is still whole then.
pub fn take(config: &Config, to: &Path, with_objects: bool, progress: Progress<'_>) -> Result<Manifest, BackupError> {
    let places = Places::of(config)?;
    let before = prepare(to)?;
    let mut files = Vec::new();
    // Where nobody ever signed up there is no vault yet.
    let there = |(setting, path): &&(&str, std::path::PathBuf)| *setting != VAULT || path.exists();
    for (setting, database) in places.databases.iter().filter(there) {
        progress(0.0, &format!("database {}", database.display()));
        let name = format!("databases/{setting}.db");
        let (size, blake3) = snapshot(database, &to.join(&name))?;
        files.push(Entry { path: name, size, blake3 });
    }
    let own = own_files(config)?;
    files.extend(copy_all(&places.data, own, to, "data", &HashMap::new(), &|_, _| ())?);
    if with_objects {
        let objects = files_below(&places.objects, &|path| is_unfinished(path))?;
        files.extend(copy_all(&places.objects, objects, to, "objects", &before, progress)?);
    }
    let manifest = Manifest::new(files);
    manifest.write(to)?;
    Ok(manifest)
}

/// What an object store is about to put in place.
fn is_unfinished(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().contains('#'))
}

/// An empty folder, or that of an earlier backup; then its entries by path.
fn prepare(to: &Path) -> Result<HashMap<String, Entry>, BackupError> {
    let at = |source| BackupError::File { path: to.to_owned(), source };
    make_private_directory(to).map_err(at)?;
    if let Ok(manifest) = Manifest::read(to) {
        return Ok(manifest.files.into_iter().map(|entry| (entry.path.clone(), entry)).collect());
    }
    // One that was broken off has no manifest: its folders are ours all the same.
    let known = ["databases", "objects", "data"];
    for entry in fs::read_dir(to).map_err(at)? {
        let name = entry.map_err(at)?.file_name();
        if !known.iter().any(|known| name == *known) {
            return Err(BackupError::NotOurs(to.to_owned()));
        }
    }
    Ok(HashMap::new())
}

/// The database as it is now, in one file without a log.
fn snapshot(database: &Path, to: &Path) -> Result<(u64, String), BackupError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| BackupError::File { path, source }
    };
    if let Some(folder) = to.parent() {
        make_private_directory(folder).map_err(at(folder))?;
    }
    let part = with_end(to, ".part");
    if part.exists() {
        fs::remove_file(&part).map_err(at(&part))?;
    }
    // An empty file is what SQLite accepts, and ours has the right mode from the start.
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part).map_err(at(&part))?;
    let failed = |source| BackupError::Database { path: database.to_owned(), source };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags).map_err(failed)?;
    connection.execute("VACUUM INTO ?1", [part.to_string_lossy()]).map_err(failed)?;
    fs::File::open(&part).and_then(|file| file.sync_all()).map_err(at(&part))?;
    let hashed = hash(&part)?;
    fs::rename(&part, to).map_err(at(to))?;
    Ok(hashed)
}

/// Copies files of `folder` into `to/name`, but for those that an earlier backup has as they are.
fn copy_all(
    folder: &Path,
    files: Vec<PathBuf>,
    to: &Path,
    name: &str,
    before: &HashMap<String, Entry>,
    progress: Progress<'_>,
) -> Result<Vec<Entry>, BackupError> {
    let mut entries = Vec::with_capacity(files.len());
    let all = files.len().max(1);
    for (at, file) in files.into_iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a share of a bar")]
        progress(at as f64 / all as f64, name);
        let path = format!("{name}/{}", file.to_string_lossy());
        let (from, target) = (folder.join(&file), to.join(name).join(&file));
        let known = before.get(&path).filter(|_| modified(&from).is_some() && modified(&from) == modified(&target));
        let entry = match known {
            Some(known) => known.clone(),
            None => match copy(&from, &target) {
                Ok((size, blake3)) => Entry { path, size, blake3 },
                // Removed since it was listed: it is no part of the installation any more.
                Err(BackupError::File { path, source }) if source.kind() == std::io::ErrorKind::NotFound && path == from => {
                    continue;
                }
                Err(error) => return Err(error),
            },
        };
        entries.push(entry);
    }
    Ok(entries)
}
