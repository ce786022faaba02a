//! Where the parts of an installation are on this machine.
//!
//! Must never let a backup lie in what it is of, nor hold it.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags};
use storage::{
    objects::{MARKER, MODELS, SITE},
    without_password,
};

use super::{BackupError, Manifest, VAULT, files_below, with_end};
use crate::{
    config::{Config, Storage, Vault},
    services::usage::DAY_KEYS,
};

/// Folders inside the data folder that are made anew where they are missing; of what was recorded of usage and is in no store yet, too, as of
/// what is kept for minutes and says more than what is kept.
const LEFT_OUT: [&str; 3] = ["search", "work", "usage"];
/// What the objects of the first store are called in a backup.
const OBJECTS: &str = "objects";
/// And those of the second.
pub const FLAT_OBJECTS: &str = "flat_objects";
pub const STORES: [&str; 2] = [OBJECTS, FLAT_OBJECTS];
/// Of the audit log's files.
const LOG: &str = "jsonl";

/// Each part's place.
pub struct Places {
    /// The settings that name a database, and its file; a file that two settings name stands here once.
    pub databases: Vec<(&'static str, PathBuf)>,
    /// The folders of objects, and what they are called in a backup: the first store, and the second one where there is one.
    pub objects: Vec<(&'static str, PathBuf)>,
    pub data: PathBuf,
    /// The vault's master keys, where they are in a file.
    pub key: Option<PathBuf>,
    /// The vault's audit log.
    pub audit: PathBuf,
    pub search: PathBuf,
}

impl Places {
    /// # Errors
    /// [`BackupError::Elsewhere`] where a store is not on this machine.
    pub fn of(config: &Config) -> Result<Self, BackupError> {
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
        let mut objects = vec![(OBJECTS, path_of("objects", "file", &config.storage.objects(&config.data))?)];
        if let Some(url) = &config.storage.flat_objects {
            objects.push((FLAT_OBJECTS, path_of("flat_objects", "file", url)?));
        }
        Ok(Self {
            databases,
            objects,
            data: config.data.clone(),
            key: config.vault.key_path(&config.data),
            audit: config.vault.audit(&config.data),
            search: config.storage.search(&config.data),
        })
    }

    /// Says where a backup's folder lies in one of these, or one of these in it, whichever way it is spelt.
    ///
    /// # Errors
    /// [`BackupError::Within`], [`BackupError::Around`].
    pub fn check_apart(&self, backup: &Path) -> Result<(), BackupError> {
        let there = real(backup)?;
        let folders = || [&self.data, &self.search, &self.audit].into_iter().chain(self.objects.iter().map(|(_, folder)| folder));
        for folder in folders() {
            if there.starts_with(real(folder)?) {
                return Err(BackupError::Within { backup: backup.to_owned(), place: folder.clone() });
            }
        }
        let files = self.databases.iter().map(|(_, path)| path).chain(&self.key);
        for place in folders().chain(files) {
            if real(place)?.starts_with(&there) {
                return Err(BackupError::Around { backup: backup.to_owned(), place: place.clone() });
            }
        }
        Ok(())
    }

    /// Whether a store of objects that holds nothing, or is not named, was lost: the first one always has something, and the second one
    /// where a title lies there.
    ///
    /// # Errors
    /// [`BackupError::Database`].
    pub fn is_needed(&self, objects: &str) -> Result<bool, BackupError> {
        let documents = self.databases.iter().find(|(setting, _)| *setting == "documents");
        let Some((_, path)) = documents.filter(|_| objects == FLAT_OBJECTS) else { return Ok(true) };
        let failed = |source| BackupError::Database { path: path.clone(), source };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        let is_there = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'document_placements')";
        if !connection.query_row(is_there, [], |row| row.get(0)).map_err(failed)? {
            return Ok(false);
        }
        let lies_there = "SELECT EXISTS (SELECT 1 FROM document_placements WHERE json_extract(body, '$.current.store') = 'flat')";
        connection.query_row(lies_there, [], |row| row.get(0)).map_err(failed)
    }

    /// Says where a backup holds films of a second store and the config names none to put them into.
    ///
    /// # Errors
    /// [`BackupError::NoSecondStore`].
    pub fn check_flat(&self, manifest: &Manifest) -> Result<(), BackupError> {
        let is_named = self.objects.iter().any(|(name, _)| *name == FLAT_OBJECTS);
        let is_needed = manifest.below(FLAT_OBJECTS).next().is_some();
        if is_needed && !is_named { Err(BackupError::NoSecondStore) } else { Ok(()) }
    }

    /// The data folder's own files but for those that have a place of their own, by their paths inside it.
    ///
    /// # Errors
    /// [`BackupError::File`].
    pub fn own_files(&self, config: &Config) -> Result<Vec<PathBuf>, BackupError> {
        let folder = real(&self.data)?;
        let key = self.key.as_deref().map(real).transpose()?;
        let audit = real(&self.audit)?;
        let mut own = own_files(config)?;
        own.retain(|inside| {
            let path = folder.join(inside);
            let is_log = path.parent() == Some(&audit) && path.extension().is_some_and(|extension| extension == LOG);
            Some(&path) != key.as_ref() && !is_log
        });
        Ok(own)
    }

    /// The objects of one of the folders, by their paths inside it: without the builds of the site, which every start puts there anew, and
    /// which say nothing about whether films are there, without models, which are trained anew, and without the folder's marker, which says
    /// as little.
    ///
    /// # Errors
    /// [`BackupError::File`].
    pub fn object_files(objects: &Path) -> Result<Vec<PathBuf>, BackupError> {
        let derived = [SITE, MODELS, MARKER].map(|name| objects.join(name));
        // What an object store is about to put in place.
        let is_unfinished = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().contains('#'));
        files_below(objects, &|path| derived.iter().any(|left_out| path == left_out) || is_unfinished(path))
    }

    /// The audit log's files, by their paths inside its folder, which may be shared with other logs.
    ///
    /// # Errors
    /// [`BackupError::File`].
    pub fn audit_files(&self) -> Result<Vec<PathBuf>, BackupError> {
        let is_log = |path: &PathBuf| path.extension().is_some_and(|extension| extension == LOG);
        Ok(files_below(&self.audit, &|path| path.is_dir())?.into_iter().filter(is_log).collect())
    }
}

/// The path without links and `..`, also where the end of it is not there yet.
fn real(path: &Path) -> Result<PathBuf, BackupError> {
    let mut real = PathBuf::new();
    let absolute = std::path::absolute(path).map_err(|source| BackupError::File { path: path.to_owned(), source })?;
    for part in absolute.components() {
        match part {
            Component::ParentDir => drop(real.pop()),
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => {
                real.push(part);
                match fs::canonicalize(&real) {
                    Ok(resolved) => real = resolved,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(source) => return Err(BackupError::File { path: real, source }),
                }
            }
        }
    }
    Ok(real)
}

/// Takes the keys of days out of a copy of a database: with them a backup would say for as long as it is there whose something was that was
/// recorded of usage, and two days later nobody is to know. A server that is put back makes new ones. One without entries stays as it is.
///
/// # Errors
/// [`BackupError::Database`].
pub fn leave_out_day_keys(copy: &Path) -> Result<(), BackupError> {
    let failed = |source| BackupError::Database { path: copy.to_owned(), source };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(copy, flags).map_err(failed)?;
    let is_there = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'keyvalue')";
    if !connection.query_row(is_there, [], |row| row.get(0)).map_err(failed)? {
        return Ok(());
    }
    // What is deleted is written over, and stands in no file beside: a copy that is broken off here is made anew.
    connection.execute_batch("PRAGMA journal_mode = OFF; PRAGMA secure_delete = ON").map_err(failed)?;
    let deleted = connection.execute("DELETE FROM keyvalue WHERE substr(key, 1, length(?1)) = ?1", [DAY_KEYS]);
    deleted.map(drop).map_err(failed)
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
        let objects = [Some(storage.objects(data)), storage.flat_objects.clone()];
        others.extend(objects.iter().flatten().filter_map(|url| local("file", url)).map(real));
    }
    let folder = real(data.clone());
    files_below(&folder, &|path| {
        let is_database = databases.iter().any(|file| {
            // Beside a database there are its log, the index of that, and room that is kept back.
            path == file
                || ["-wal", "-shm", "-journal", "-reserve"].iter().any(|end| path.as_os_str() == with_end(file, end).as_os_str())
        });
        let is_other = others.iter().any(|other| path == other) || LEFT_OUT.iter().any(|name| path == folder.join(name));
        is_database || is_other
    })
}

fn path_of(setting: &'static str, scheme: &str, url: &str) -> Result<PathBuf, BackupError> {
    local(scheme, url).ok_or_else(|| BackupError::Elsewhere { setting, given: without_password(url) })
}

/// The path that a URL of this scheme names.
fn local(scheme: &str, url: &str) -> Option<PathBuf> {
    let (_, rest) = url.split_once(':').filter(|(given, _)| *given == scheme)?;
    Some(PathBuf::from(rest.strip_prefix("//").unwrap_or(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Sources, load};

    #[test]
    fn keys_of_days_are_in_no_copy_of_a_database_not_even_where_they_were_deleted_and_everything_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("marquee.db");
        let database = Connection::open(&path).unwrap();
        leave_out_day_keys(&path).unwrap();
        database.execute_batch("CREATE TABLE keyvalue (key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL)").unwrap();
        for (key, value) in [("usage/day-key/2026-11-29", "whose it was"), ("usage/forgetting", "a"), ("session/1", "b")] {
            database.execute("INSERT INTO keyvalue VALUES (?1, ?2)", [key, value]).unwrap();
        }
        leave_out_day_keys(&path).unwrap();
        let mut keys = database.prepare("SELECT key FROM keyvalue ORDER BY key").unwrap();
        let keys: Vec<String> = keys.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(keys, ["session/1", "usage/forgetting"]);
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(12).any(|window| window == b"whose it was"), "it is only unlinked");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_was_recorded_and_is_in_no_store_yet_is_none_of_the_files_that_are_taken_along() {
        let folder = tempfile::tempdir().unwrap();
        for inside in ["usage/0123/0000000001.jsonl", "usage/0123/lock", "search/a", "secret", "kept/usage"] {
            fs::create_dir_all(folder.path().join(inside).parent().unwrap()).unwrap();
            fs::write(folder.path().join(inside), "1").unwrap();
        }
        let environment = vec![("MARQUEE_DATA".to_owned(), folder.path().display().to_string())];
        let config = load(Sources { file: None, environment, flags: Vec::new() }).unwrap();
        let own = own_files(&config).unwrap();
        assert_eq!(own, [PathBuf::from("kept/usage"), PathBuf::from("secret")]);
    }
}
