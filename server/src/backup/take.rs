//! Takes a backup while the server goes on.
//!
//! A database is copied as it is at one instant (`VACUUM INTO`: one read transaction, which no write waits for). Objects
//! never change, and are copied after the databases that speak of them; a second backup into the same folder copies only
//! what came since. A run writes into a folder of its own, brings it to the disk, swaps `backup.json`, and deletes what that
//! names no more. Must never write over a file that `backup.json` names, and never delete one before it names others.

use std::{
    collections::{HashMap, HashSet},
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags};
use storage::lock;

use super::{
    AUDIT, BackupError, Entry, KEY, Manifest, Places, Progress, VAULT, check_whole, disk::Disk, files_below, hash,
    losses::Losses, manifest, modified, places::STORES, with_end,
};
use crate::{config::Config, deletions};

/// Says that a folder is a backup's; held locked by the run that writes there.
const MARKER: &str = ".marquee-backup";
const MARKED: &str = "A backup of Marquee. Its next run deletes what backup.json names no more.\n";
/// What a run writes is in a folder of this name with its number.
const GENERATION: &str = "generation-";
/// What builds without generations wrote.
const OLDER: [&str; 3] = ["databases", "objects", "data"];
/// What a file system keeps at its root.
const LOST: &str = "lost+found";

/// Takes a backup of the installation that `config` describes into the folder `to`. Without objects, those that an earlier run
/// brought there stay, as far as the installation still has them, in whichever of its stores.
///
/// # Errors
/// [`BackupError`]; what was there of an earlier backup is still whole then.
pub fn take(config: &Config, to: &Path, with_objects: bool, progress: Progress<'_>) -> Result<Manifest, BackupError> {
    take_on(&Disk::default(), config, to, with_objects, progress)
}

/// The same, told to whoever watches the file system.
pub(super) fn take_on(
    disk: &Disk<'_>,
    config: &Config,
    to: &Path,
    with_objects: bool,
    progress: Progress<'_>,
) -> Result<Manifest, BackupError> {
    check_whole(&config.data)?;
    let places = Places::of(config)?;
    places.check_apart(to)?;
    let (before, _lock) = prepare(disk, to)?;
    let number = before.as_ref().map_or(0, |before| before.generation) + 1;
    let before = before.map(|before| before.files).unwrap_or_default();
    Losses { config, places: &places, before: &before, to, with_objects }.refuse()?;
    let known = before.iter().map(|entry| (entry.path.as_str(), entry)).collect();
    let mut run = Run { disk, to, folder: format!("{GENERATION}{number:06}"), known, files: Vec::new() };
    // Where nobody ever signed up there is no vault yet.
    let there = |(setting, path): &&(&str, PathBuf)| *setting != VAULT || path.exists();
    for (setting, database) in places.databases.iter().filter(there) {
        progress(0.0, &format!("database {}", database.display()));
        run.snapshot(&format!("databases/{setting}.db"), database)?;
    }
    let deletions = Path::new(deletions::FILE);
    for inside in places.own_files(config)?.into_iter().filter(|inside| inside != deletions) {
        run.copy(&format!("data/{}", inside.to_string_lossy()), &places.data.join(&inside))?;
    }
    if let Some(key) = places.key.as_ref().filter(|key| key.exists()) {
        run.copy(KEY, key)?;
    }
    for inside in places.audit_files()? {
        run.copy(&format!("{AUDIT}/{}", inside.to_string_lossy()), &places.audit.join(&inside))?;
    }
    for (name, folder) in &places.objects {
        let objects = Places::object_files(folder)?;
        let all = objects.len().max(1);
        for (at, inside) in objects.into_iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "a share of a bar")]
            progress(at as f64 / all as f64, name);
            run.object((name, &inside.to_string_lossy()), &folder.join(&inside), with_objects)?;
        }
    }
    // Last: what was deleted while the rest was copied is deleted from what is restored.
    run.copy(&format!("data/{}", deletions::FILE), &places.data.join(deletions))?;
    let manifest = Manifest::new(number, run.files);
    disk.settle()?;
    manifest.write(disk, to)?;
    if let Err(error) = sweep(disk, to, &before, &manifest) {
        tracing::warn!(%error, "what an earlier backup had stays until the next one");
    }
    Ok(manifest)
}

/// A folder that is this backup's alone, with the last whole one in it. The lock is held until the file is dropped.
fn prepare(disk: &Disk<'_>, to: &Path) -> Result<(Option<Manifest>, File), BackupError> {
    let at = |source| BackupError::File { path: to.to_owned(), source };
    disk.make_folder(to)?;
    let before = Manifest::find(to)?;
    let names = fs::read_dir(to).map_err(at)?.map(|entry| Ok(entry.map_err(at)?.file_name().to_string_lossy().into_owned()));
    let names: HashSet<String> = names.collect::<Result<_, BackupError>>()?;
    // An older build that was broken off left its folders, of which the databases came first.
    let is_older = || names.contains("databases") && names.iter().all(|name| OLDER.contains(&name.as_str()));
    // Or this one, over its first file.
    let unmarked = with_end(Path::new(MARKER), ".part");
    let is_empty = || names.iter().all(|name| name == LOST || Path::new(name) == unmarked);
    if before.is_none() && !names.contains(MARKER) && !is_empty() && !is_older() {
        return Err(BackupError::NotOurs(to.to_owned()));
    }
    let marker = to.join(MARKER);
    if !names.contains(MARKER) {
        disk.write(&marker, MARKED.as_bytes())?;
        disk.settle()?;
    }
    let lock = File::open(&marker).map_err(at)?;
    match lock::try_lock(&lock) {
        Ok(()) => Ok((before, lock)),
        Err(TryLockError::WouldBlock) => Err(BackupError::Busy(to.to_owned())),
        // There are file systems that know no locks.
        Err(TryLockError::Error(error)) => {
            tracing::warn!(%error, "the backup's folder cannot be locked against a second run");
            Ok((before, lock))
        }
    }
}

/// One run.
struct Run<'a> {
    disk: &'a Disk<'a>,
    to: &'a Path,
    /// What it writes is in there. One that was broken off may have been there before.
    folder: String,
    /// What the last whole backup has, by path.
    known: HashMap<&'a str, &'a Entry>,
    files: Vec<Entry>,
}

impl Run<'_> {
    fn name(&mut self, path: &str, (size, blake3): (u64, String)) {
        self.files.push(Entry { path: path.to_owned(), file: Some(format!("{}/{path}", self.folder)), size, blake3 });
    }

    fn target(&self, path: &str) -> PathBuf {
        self.to.join(&self.folder).join(path)
    }

    /// The database as it is now, in one file without a log.
    fn snapshot(&mut self, path: &str, database: &Path) -> Result<(), BackupError> {
        let (to, disk) = (self.target(path), self.disk);
        if let Some(folder) = to.parent() {
            disk.make_folder(folder)?;
        }
        let part = with_end(&to, ".part");
        // An empty file is what SQLite accepts, and ours has the right mode from the start.
        drop(disk.create(&part)?);
        let failed = |source| BackupError::Database { path: database.to_owned(), source };
        disk.fill(&part, || {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(database, flags).map_err(failed)?;
            connection.execute("VACUUM INTO ?1", [part.to_string_lossy()]).map(drop).map_err(failed)
        })?;
        disk.sync(&part)?;
        let hashed = hash(&part)?;
        disk.rename(&part, &to)?;
        self.name(path, hashed);
        Ok(())
    }

    fn copy(&mut self, path: &str, from: &Path) -> Result<(), BackupError> {
        match self.disk.copy(from, &self.target(path)) {
            Ok(copied) => self.name(path, copied),
            // Removed since it was listed: it is no part of the installation any more.
            Err(BackupError::File { path, source }) if source.kind() == io::ErrorKind::NotFound && path == from => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// As an earlier run has it where it is the same; copied where that is wanted, and otherwise kept as an earlier run has it.
    fn object(&mut self, (store, inside): (&str, &str), from: &Path, is_wanted: bool) -> Result<(), BackupError> {
        let path = &*format!("{store}/{inside}");
        let is_same = |there: &Path| modified(from).is_some_and(|here| modified(there) == Some(here));
        let known = self.known.get(path).filter(|known| is_same(&self.to.join(known.file())));
        if let Some(known) = known {
            self.files.push((*known).clone());
            return Ok(());
        }
        // From a run that was broken off: it has its name because it is whole.
        let target = self.target(path);
        if is_same(&target) {
            self.name(path, hash(&target)?);
            return Ok(());
        }
        if is_wanted {
            return self.copy(path, from);
        }
        self.keep(store, inside);
        Ok(())
    }

    /// What an earlier run has of an object, in the store where that lies now: a film that moved since is the same film, and is
    /// put back to where the databases say that it lies.
    fn keep(&mut self, store: &str, inside: &str) {
        let others = STORES.into_iter().filter(|other| *other != store);
        let known = [store].into_iter().chain(others).filter_map(|name| self.known.get(&*format!("{name}/{inside}")));
        let is_there = |entry: &&&Entry| fs::metadata(self.to.join(entry.file())).is_ok_and(|found| found.len() == entry.size);
        if let Some(known) = known.into_iter().find(is_there) {
            let (path, file) = (format!("{store}/{inside}"), Some(known.file().to_owned()));
            self.files.push(Entry { path, file, ..(*known).clone() });
        }
    }
}

/// Deletes what the backup before named and this one does not, and what runs that were broken off left in their folders.
fn sweep(disk: &Disk<'_>, to: &Path, before: &[Entry], manifest: &Manifest) -> Result<(), BackupError> {
    let named: HashSet<&str> = manifest.files.iter().map(Entry::file).collect();
    let mut folders: HashSet<PathBuf> = HashSet::new();
    let mut gone: Vec<PathBuf> = before.iter().map(Entry::file).filter(|file| !named.contains(file)).map(PathBuf::from).collect();
    for entry in fs::read_dir(to).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let digits = name.strip_prefix(GENERATION).unwrap_or_default();
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            continue;
        }
        folders.extend(folders_below(&entry.path())?);
        let inside = files_below(&entry.path(), &|_| false)?;
        let files = inside.into_iter().map(|inside| Path::new(&name).join(inside));
        gone.extend(files.filter(|file| !file.to_str().is_some_and(|file| named.contains(file))));
    }
    for file in &gone {
        let path = to.join(file);
        disk.remove(&path)?;
        folders.extend(path.ancestors().skip(1).take_while(|folder| *folder != to).map(Path::to_owned));
    }
    let mut folders: Vec<PathBuf> = folders.into_iter().collect();
    // What lies in a folder before the folder.
    folders.sort_by_key(|folder| std::cmp::Reverse(folder.components().count()));
    for folder in folders {
        disk.remove_if_empty(&folder)?;
    }
    disk.remove(&with_end(&to.join(manifest::NAME), ".part"))
}

/// A folder, and all that lie in it.
fn folders_below(folder: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let mut found = vec![folder.to_owned()];
    let mut at = 0;
    while let Some(next) = found.get(at).cloned() {
        let failed = |source| BackupError::File { path: next.clone(), source };
        for entry in fs::read_dir(&next).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_type().map_err(failed)?.is_dir() {
                found.push(entry.path());
            }
        }
        at += 1;
    }
    Ok(found)
}
