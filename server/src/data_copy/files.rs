//! The data folder's own files: keys and the audit log, which no store keeps.
//!
//! The list is the one that a backup takes. Must never write over a file that is not an earlier state of the same one, and
//! never make one that others can read.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use super::MoveError;
use crate::{
    backup::{self, BackupError},
    config::Config,
};

/// Each file, and where it is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    pairs: Vec<(PathBuf, PathBuf)>,
    /// What somebody who takes the target elsewhere takes along: files, and the audit log's folder.
    pub along: Vec<PathBuf>,
}

impl Files {
    /// What an installation as `to` says needs of one as `from` says; nothing where both name the same places.
    ///
    /// # Errors
    /// [`MoveError::File`].
    pub fn of(from: &Config, to: &Config) -> Result<Self, MoveError> {
        let mut files = Self::default();
        let audit = (from.vault.audit(&from.data), to.vault.audit(&to.data));
        let key = (from.vault.key_path(&from.data), to.vault.key_path(&to.data));
        for inside in backup::own_files(from)? {
            let path = from.data.join(&inside);
            // These have places of their own.
            if !path.starts_with(&audit.0) && Some(&path) != key.0.as_ref() {
                files.add(path, to.data.join(&inside), None);
            }
        }
        if let (Some(from), Some(to)) = key
            && from.exists()
        {
            files.add(from, to, None);
        }
        for inside in backup::files_below(&audit.0, &|_| false)? {
            files.add(audit.0.join(&inside), audit.1.join(&inside), Some(&audit.1));
        }
        Ok(files)
    }

    fn add(&mut self, from: PathBuf, to: PathBuf, folder: Option<&Path>) {
        if is_same(&from, &to) {
            return;
        }
        let along = folder.unwrap_or(&to);
        if !self.along.iter().any(|known| known == along) {
            self.along.push(along.to_owned());
        }
        self.pairs.push((from, to));
    }

    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Says before anything is written what stands in the way.
    ///
    /// # Errors
    /// [`MoveError::Foreign`], [`MoveError::File`].
    pub fn check(&self) -> Result<(), MoveError> {
        for (from, to) in &self.pairs {
            if !is_earlier(to, from)? {
                return Err(MoveError::Foreign { from: from.clone(), to: to.clone() });
            }
        }
        Ok(())
    }

    /// Copies what is not there as it is, and compares; how many files there are, and how many were copied.
    ///
    /// # Errors
    /// As [`Files::check`]; [`MoveError::Differs`].
    pub fn copy(&self) -> Result<(u64, u64), MoveError> {
        self.check()?;
        let mut sent = 0;
        for (from, to) in &self.pairs {
            if to.exists() && backup::hash(from)? == backup::hash(to)? {
                continue;
            }
            let copied = backup::copy(from, to)?;
            if backup::hash(to)? != copied || backup::hash(from)? != copied {
                return Err(MoveError::Differs(from.display().to_string()));
            }
            sent += 1;
        }
        Ok((self.pairs.len() as u64, sent))
    }
}

/// Whether both name the same file, which may not be there.
fn is_same(one: &Path, other: &Path) -> bool {
    one == other || matches!((fs::canonicalize(one), fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
}

/// Whether `path` is missing, or what `whole` was before more was added to it: the audit log only grows.
fn is_earlier(path: &Path, whole: &Path) -> Result<bool, BackupError> {
    let (size, before) = match fs::metadata(path) {
        Ok(_) => backup::hash(path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(source) => return Err(BackupError::File { path: path.to_owned(), source }),
    };
    let at = |source| BackupError::File { path: whole.to_owned(), source };
    let mut hasher = blake3::Hasher::new();
    io::copy(&mut File::open(whole).map_err(at)?.take(size), &mut hasher).map_err(at)?;
    Ok(hasher.count() == size && hasher.finalize().to_hex().as_str() == before)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn config(text: &str, folder: &Path) -> Config {
        let path = folder.join("marquee.toml");
        fs::write(&path, text).unwrap();
        let sources = crate::config::Sources { file: Some(path), environment: Vec::new(), flags: Vec::new() };
        crate::config::load(sources).unwrap()
    }

    fn at(folder: &Path, more: &str) -> Config {
        config(&format!("data = \"{}/data\"\n{more}", folder.display()), folder)
    }

    fn write(folder: &Path, files: &[(&str, &str)]) {
        for (name, text) in files {
            let path = folder.join("data").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    const OWN: [(&str, &str); 3] = [("secret", "32 bytes"), ("vault.key", "first"), ("audit/a.jsonl", "1\n")];
    const OTHERS: [(&str, &str); 6] =
        [("marquee.db", ""), ("marquee.db-wal", ""), ("vault.db", ""), ("media/a", ""), ("search/a", ""), ("work/a", "")];

    #[test]
    fn keys_and_the_audit_log_are_copied_for_their_owner_only_and_nothing_that_a_store_keeps() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write(one.path(), &OWN);
        write(one.path(), &OTHERS);
        let elsewhere = format!("[vault]\nkey_file = \"{}/keys/master\"", other.path().display());
        let (from, to) = (at(one.path(), ""), at(other.path(), &elsewhere));
        let files = Files::of(&from, &to).unwrap();
        let moved_away =
            "[storage]\ndocuments = \"mongodb://db.home/m\"\nobjects = \"s3://films\"\n[vault]\nstore = \"redis://db.home\"";
        assert_eq!(Files::of(&at(one.path(), moved_away), &to).unwrap(), files, "what stores left behind");
        files.check().unwrap();
        assert_eq!(files.copy().unwrap(), (3, 3));
        assert_eq!(files.copy().unwrap(), (3, 0), "what is there is not copied again");
        let there = [("data/secret", "32 bytes"), ("keys/master", "first"), ("data/audit/a.jsonl", "1\n")];
        for (name, text) in there {
            let path = other.path().join(name);
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        }
        for folder in ["data", "keys", "data/audit"] {
            assert_eq!(fs::metadata(other.path().join(folder)).unwrap().permissions().mode() & 0o777, 0o700, "{folder}");
        }
        assert_eq!(backup::files_below(&other.path().join("data"), &|_| false).unwrap().len(), 2);
        let along = ["data/secret", "keys/master", "data/audit"].map(|name| other.path().join(name));
        assert_eq!(files.along, along);
        assert_eq!(Files::of(&from, &from).unwrap(), Files::default(), "one folder on both sides");
    }

    #[test]
    fn a_log_that_grew_is_copied_anew_and_another_installations_key_never_written_over() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write(one.path(), &OWN);
        let files = Files::of(&at(one.path(), ""), &at(other.path(), "")).unwrap();
        files.copy().unwrap();
        write(one.path(), &[("audit/a.jsonl", "1\n2\n")]);
        assert_eq!(files.copy().unwrap(), (3, 1));
        for (name, text) in [("vault.key", "other"), ("secret", "33 bytes are"), ("audit/a.jsonl", "1\n2\n3\n")] {
            write(other.path(), &[(name, text)]);
            let refused = files.copy().unwrap_err().to_string();
            assert!(refused.starts_with(&*other.path().join("data").join(name).to_string_lossy()), "{refused}");
            assert!(refused.contains("never written over"), "{refused}");
            assert_eq!(fs::read_to_string(other.path().join("data").join(name)).unwrap(), text);
            let right = fs::read_to_string(one.path().join("data").join(name)).unwrap();
            write(other.path(), &[(name, &right)]);
        }
        assert_eq!(files.copy().unwrap(), (3, 0));
    }
}
