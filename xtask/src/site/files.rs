//! A folder in memory, and laying it over one on disk.
//!
//! Must never leave a file behind that is not part of it: an old build would be served, or embedded.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use walkdir::WalkDir;

use crate::fingerprint::{Fingerprint, write_if_changed};

/// Files by their path, with `/` between its parts.
#[derive(Default)]
pub struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    /// Reads a folder on disk; hidden files stay out.
    ///
    /// # Errors
    /// Where something in it cannot be read. A folder that is not there is empty.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut files = Self::default();
        if !folder.is_dir() {
            return Ok(files);
        }
        let visible = |entry: &walkdir::DirEntry| entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.');
        for entry in WalkDir::new(folder).into_iter().filter_entry(visible) {
            let entry = entry?;
            if entry.file_type().is_file() {
                let content = fs::read(entry.path()).with_context(|| format!("could not read {}", entry.path().display()))?;
                files.put(&name_below(folder, entry.path()), content);
            }
        }
        Ok(files)
    }

    pub fn put(&mut self, path: &str, content: Vec<u8>) {
        self.0.insert(path.to_owned(), content);
    }

    /// Takes over all of `files`, each path behind `prefix`.
    pub fn put_all(&mut self, prefix: &str, files: Files) {
        for (path, content) in files.0 {
            self.0.insert(format!("{prefix}{path}"), content);
        }
    }

    /// Whether it was there.
    pub fn remove(&mut self, path: &str) -> bool {
        self.0.remove(path).is_some()
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.0.get(path).map(Vec::as_slice)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(path, content)| (path.as_str(), content.as_slice()))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// One hash over every path and content, after what `seed` holds already.
    pub fn fingerprint(&self, seed: &mut Fingerprint) -> String {
        self.iter().fold(seed, |fingerprint, (path, content)| fingerprint.add(path, content)).short()
    }

    /// Makes `folder` hold exactly these files; how many had to be written.
    ///
    /// # Errors
    /// Where a file cannot be written or an old one not be removed.
    pub fn lay_over(&self, folder: &Path) -> Result<usize> {
        let mut written = 0;
        for (path, content) in self.iter() {
            written += usize::from(write_if_changed(&folder.join(path), content)?);
        }
        for entry in WalkDir::new(folder).contents_first(true).min_depth(1) {
            let entry = entry?;
            if entry.file_type().is_dir() {
                // Fails where something is left inside, which is what should be kept.
                drop(fs::remove_dir(entry.path()));
            } else if self.get(&name_below(folder, entry.path())).is_none() {
                fs::remove_file(entry.path()).with_context(|| format!("could not remove {}", entry.path().display()))?;
            }
        }
        Ok(written)
    }
}

fn name_below(folder: &Path, path: &Path) -> String {
    let relative: PathBuf = path.strip_prefix(folder).unwrap_or(path).to_path_buf();
    relative.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_from_the_site_goes_from_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let mut old = Files::default();
        old.put("pkg/old/a.js", b"1".to_vec());
        old.put("kept.txt", b"2".to_vec());
        assert_eq!(old.lay_over(folder.path()).unwrap(), 2);

        let mut new = Files::default();
        new.put("pkg/new/a.js", b"1".to_vec());
        new.put("kept.txt", b"2".to_vec());
        assert_eq!(new.lay_over(folder.path()).unwrap(), 1, "the kept file is not written again");

        assert!(!folder.path().join("pkg/old").exists());
        let read = Files::read(folder.path()).unwrap();
        assert_eq!(read.iter().map(|(path, _)| path).collect::<Vec<_>>(), ["kept.txt", "pkg/new/a.js"]);
    }

    #[test]
    fn the_fingerprint_changes_with_a_path_and_with_a_content() {
        let of = |path: &str, content: &[u8]| {
            let mut files = Files::default();
            files.put(path, content.to_vec());
            files.fingerprint(&mut Fingerprint::default())
        };
        assert_eq!(of("a", b"1"), of("a", b"1"));
        assert_ne!(of("a", b"1"), of("b", b"1"));
        assert_ne!(of("a", b"1"), of("a", b"2"));
    }
}
