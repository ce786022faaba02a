//! `backup.json`: what a backup consists of. Written last, so that a backup without it is none.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{BackupError, with_end};

const NAME: &str = "backup.json";
/// Of the folder's layout; another is refused.
const FORMAT: u32 = 1;

/// Everything in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// The version of Marquee that took it.
    pub version: String,
    /// RFC 3339, UTC.
    pub taken: String,
    pub files: Vec<Entry>,
}

/// One file of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Inside the backup, `/`-separated.
    pub path: String,
    /// In bytes.
    pub size: u64,
    /// BLAKE3, in hexadecimal.
    pub blake3: String,
}

impl Manifest {
    pub fn new(files: Vec<Entry>) -> Self {
        let taken = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        Self { format: FORMAT, version: env!("CARGO_PKG_VERSION").to_owned(), taken, files }
    }

    /// # Errors
    /// [`BackupError::NoBackup`] where there is none that this version understands.
    pub fn read(folder: &Path) -> Result<Self, BackupError> {
        let no_backup = |reason: String| BackupError::NoBackup { path: folder.to_owned(), reason };
        let text = fs::read(folder.join(NAME)).map_err(|error| no_backup(format!("{NAME}: {error}")))?;
        let manifest: Self = serde_json::from_slice(&text).map_err(|error| no_backup(format!("{NAME}: {error}")))?;
        if manifest.format != FORMAT {
            return Err(no_backup(format!("its format is {}, and this version knows {FORMAT}", manifest.format)));
        }
        match manifest.files.iter().find(|entry| !is_inside(&entry.path)) {
            Some(entry) => Err(no_backup(format!("{:?} leads out of it", entry.path))),
            None => Ok(manifest),
        }
    }

    /// # Errors
    /// [`BackupError::File`].
    pub fn write(&self, folder: &Path) -> Result<(), BackupError> {
        let path = folder.join(NAME);
        let at = |source| BackupError::File { path: path.clone(), source };
        let part = with_end(&path, ".part");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part).map_err(at)?;
        let text = serde_json::to_vec_pretty(self).map_err(|error| at(error.into()))?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(at)?;
        fs::rename(&part, &path).and_then(|()| fs::File::open(folder)?.sync_all()).map_err(at)
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
            let entry = Entry { path: path.to_owned(), size: 1, blake3: String::new() };
            Manifest::new(vec![entry]).write(folder.path()).unwrap();
            assert_eq!(Manifest::read(folder.path()).is_ok(), inside, "{path:?}");
        }
    }
}
