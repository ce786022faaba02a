//! `backup.json`: what a backup consists of. Written last, so that a backup without it is none, and one that is broken off is
//! the one before.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{BackupError, disk::Disk};

pub const NAME: &str = "backup.json";
/// Of the folder's layout, as it is written. In the first one every file stood under its own path, and a run wrote over them.
const FORMAT: u32 = 2;
const FORMATS: std::ops::RangeInclusive<u32> = 1..=FORMAT;

/// Everything in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// The version of Marquee that took it.
    pub version: String,
    /// RFC 3339, UTC.
    pub taken: String,
    /// Counts the runs that ended; 0 in the first format.
    #[serde(default)]
    pub generation: u64,
    pub files: Vec<Entry>,
}

/// One file of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What it is, `/`-separated: `databases/`, `data/`, `vault/` or `objects/` and more.
    pub path: String,
    /// Where it is inside the backup, `/`-separated; at its path where that is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// In bytes.
    pub size: u64,
    /// BLAKE3, in hexadecimal.
    pub blake3: String,
}

impl Entry {
    /// Where it is inside the backup.
    pub fn file(&self) -> &str {
        self.file.as_deref().unwrap_or(&self.path)
    }
}

impl Manifest {
    pub fn new(generation: u64, files: Vec<Entry>) -> Self {
        let taken = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        Self { format: FORMAT, version: env!("CARGO_PKG_VERSION").to_owned(), taken, generation, files }
    }

    /// The backup in `folder`, where one was ever whole.
    ///
    /// # Errors
    /// As [`Manifest::read`], but where there is none.
    pub fn find(folder: &Path) -> Result<Option<Self>, BackupError> {
        match fs::symlink_metadata(folder.join(NAME)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Ok(_) | Err(_) => Self::read(folder).map(Some),
        }
    }

    /// # Errors
    /// [`BackupError::NoBackup`] where there is none that this version understands.
    pub fn read(folder: &Path) -> Result<Self, BackupError> {
        let no_backup = |reason: String| BackupError::NoBackup { path: folder.to_owned(), reason };
        let text = fs::read(folder.join(NAME)).map_err(|error| no_backup(format!("{NAME}: {error}")))?;
        let manifest: Self = serde_json::from_slice(&text).map_err(|error| no_backup(format!("{NAME}: {error}")))?;
        if !FORMATS.contains(&manifest.format) {
            return Err(no_backup(format!("its format is {}, and this version knows up to {FORMAT}", manifest.format)));
        }
        match manifest.files.iter().find(|entry| !is_inside(&entry.path) || !is_inside(entry.file())) {
            Some(entry) => Err(no_backup(format!("{:?} leads out of it", entry.file()))),
            None => Ok(manifest),
        }
    }

    /// From now on this is the backup.
    ///
    /// # Errors
    /// [`BackupError::File`]; then it is the one before.
    pub fn write(&self, disk: &Disk<'_>, folder: &Path) -> Result<(), BackupError> {
        let path = folder.join(NAME);
        let text = serde_json::to_vec_pretty(self);
        disk.write(&path, &text.map_err(|error| BackupError::File { path: path.clone(), source: error.into() })?)?;
        disk.settle()
    }

    /// The files below one of the backup's folders, each with its path inside that folder.
    pub fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (PathBuf, &'a Entry)> {
        self.files.iter().filter_map(move |entry| {
            let path = entry.path.strip_prefix(folder)?.strip_prefix('/')?;
            Some((PathBuf::from(path), entry))
        })
    }

    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|entry| entry.size).sum()
    }
}

fn is_inside(path: &str) -> bool {
    !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_leads_out_of_the_backup_is_refused() {
        for (path, inside) in [
            ("databases/documents.db", true),
            ("objects/media/a..b/1.m4s", true),
            ("../secret", false),
            ("objects/../../secret", false),
            ("/etc/passwd", false),
            ("", false),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let entry = Entry { path: path.to_owned(), file: None, size: 1, blake3: String::new() };
            Manifest::new(1, vec![entry.clone()]).write(&Disk::default(), folder.path()).unwrap();
            assert_eq!(Manifest::read(folder.path()).is_ok(), inside, "{path:?}");
            let entry = Entry { path: "data/secret".to_owned(), file: Some(path.to_owned()), ..entry };
            Manifest::new(1, vec![entry]).write(&Disk::default(), folder.path()).unwrap();
            assert_eq!(Manifest::read(folder.path()).is_ok(), inside, "{path:?}");
        }
    }
}
