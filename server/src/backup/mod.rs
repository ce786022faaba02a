//! A copy of everything that one machine keeps, taken while the server runs, and put back into an empty place.
//!
//! For stores on this machine alone: SQLite files and a directory. What is kept elsewhere has its own tools, and `marquee
//! data copy`. A backup is a folder that a person can look into: `databases/`, `objects/`, `data/` and `backup.json`, which
//! names every file with its hash. Must never hold what is derived (the search index), and never be readable by others: it
//! has the installation's keys in it.

mod manifest;
mod restore;
mod take;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::SystemTime,
};

pub use manifest::{Entry, Manifest};
pub use restore::restore;
pub use take::take;

use crate::{
    config::{Config, Storage, Vault},
    storage::{make_private_directory, without_password},
};

/// Folders inside the data folder that are made anew where they are missing.
const DERIVED: [&str; 2] = ["search", "work"];
/// What is read and written at a time.
const CHUNK: usize = 1024 * 1024;

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
    #[error("{}: damaged, or not the file that was backed up; nothing was put back", .0.display())]
    Damaged(PathBuf),
    #[error("{}: is there already; name an empty data folder, or move this one away", .0.display())]
    Occupied(PathBuf),
    #[error("{}: this folder holds something else than a backup", .0.display())]
    NotOurs(PathBuf),
}

/// The database whose setting stands in a section of its own. Its audit log is copied after it, so that no line is missing
/// that the vault remembers.
const VAULT: &str = "vault";

fn named(setting: &str) -> String {
    if setting == VAULT { "vault.store".to_owned() } else { format!("storage.{setting}") }
}

/// Told how far it is: 0 to 1, and what is being done.
pub type Progress<'a> = &'a (dyn Fn(f64, &str) + Send + Sync);

/// Where the parts of an installation are on this machine.
struct Places {
    /// The settings that name a database, and its file; a file that two settings name stands here once.
    databases: Vec<(&'static str, PathBuf)>,
    objects: PathBuf,
    data: PathBuf,
}

impl Places {
    fn of(config: &Config) -> Result<Self, BackupError> {
        let mut databases: Vec<(&'static str, PathBuf)> = Vec::new();
        let settings = [
            ("documents", config.storage.documents(&config.data)),
            ("keyvalue", config.storage.keyvalue(&config.data)),
            (VAULT, config.vault.store(&config.data)),
        ];
        for (setting, url) in settings {
            let path = path_of(setting, "sqlite", &url)?;
            if !databases.iter().any(|(_, known)| *known == path) {
                databases.push((setting, path));
            }
        }
        let objects = path_of("objects", "file", &config.storage.objects(&config.data))?;
        Ok(Self { databases, objects, data: config.data.clone() })
    }
}

/// What an installation keeps in its data folder beside its stores: keys, the audit log. By the paths inside it.
///
/// # Errors
/// [`BackupError::File`].
pub fn own_files(config: &Config) -> Result<Vec<PathBuf>, BackupError> {
    // However the settings spell the way there.
    let real = |path: PathBuf| fs::canonicalize(&path).unwrap_or(path);
    let data = &config.data;
    // What was left where stores are by default, when they were moved, is still a store's.
    let (mut databases, mut others) = (Vec::new(), vec![real(config.storage.search(data))]);
    for (storage, vault) in [(&config.storage, &config.vault), (&Storage::default(), &Vault::default())] {
        let files = [storage.documents(data), storage.keyvalue(data), vault.store(data)];
        databases.extend(files.iter().filter_map(|url| local("sqlite", url)).map(real));
        others.extend(local("file", &storage.objects(data)).map(real));
    }
    let folder = real(data.clone());
    files_below(&folder, &|path| {
        let is_database = databases.iter().any(|file| {
            // Beside a database there are its log and its index of it.
            path == file || ["-wal", "-shm", "-journal"].iter().any(|end| path.as_os_str() == with_end(file, end).as_os_str())
        });
        let is_other = others.iter().any(|other| path == other) || DERIVED.iter().any(|name| path == folder.join(name));
        is_database || is_other
    })
}

fn with_end(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn path_of(setting: &'static str, scheme: &str, url: &str) -> Result<PathBuf, BackupError> {
    local(scheme, url).ok_or_else(|| BackupError::Elsewhere { setting, given: without_password(url) })
}

/// The path that a URL of this scheme names.
fn local(scheme: &str, url: &str) -> Option<PathBuf> {
    let (_, rest) = url.split_once(':').filter(|(given, _)| *given == scheme)?;
    Some(PathBuf::from(rest.strip_prefix("//").unwrap_or(rest)))
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
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| BackupError::File { path, source }
    };
    let mut source = File::open(from).map_err(at(from))?;
    let modified = source.metadata().and_then(|it| it.modified()).map_err(at(from))?;
    if let Some(folder) = to.parent() {
        make_private_directory(folder).map_err(at(folder))?;
    }
    let part = with_end(to, ".part");
    let mut target = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part).map_err(at(&part))?;
    let (mut hasher, mut size, mut buffer) = (blake3::Hasher::new(), 0, vec![0; CHUNK]);
    loop {
        let count = source.read(&mut buffer).map_err(at(from))?;
        let Some(read) = buffer.get(..count).filter(|read| !read.is_empty()) else { break };
        hasher.update(read);
        target.write_all(read).map_err(at(&part))?;
        size += count as u64;
    }
    target.set_modified(modified).and_then(|()| target.sync_all()).map_err(at(&part))?;
    fs::rename(&part, to).map_err(at(to))?;
    Ok((size, hasher.finalize().to_hex().to_string()))
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
