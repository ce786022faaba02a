//! Knowing that nothing changed: hashes of inputs, and stamps that remember them.
//!
//! Must never answer "unchanged" from a date: only content counts.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// A hash over named parts; both the names and the order count.
#[derive(Default)]
pub struct Fingerprint(blake3::Hasher);

impl Fingerprint {
    /// Adds one part. Lengths are hashed too, so that parts cannot run into each other.
    pub fn add(&mut self, name: &str, content: &[u8]) -> &mut Self {
        for bytes in [name.as_bytes(), content] {
            self.0.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
        }
        self
    }

    /// Adds a file's content under its own name.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn add_file(&mut self, path: &Path) -> Result<&mut Self> {
        let content = fs::read(path).with_context(|| format!("could not read {}", path.display()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(self.add(&name, &content))
    }

    /// Sixteen hexadecimal digits: plenty to tell builds apart, short enough for an address.
    pub fn short(&self) -> String {
        self.0.finalize().to_hex()[..16].to_owned()
    }
}

/// Remembers the fingerprint that a step was last finished with.
pub struct Stamp(PathBuf);

impl Stamp {
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Whether the step was finished with this fingerprint.
    pub fn matches(&self, fingerprint: &str) -> bool {
        fs::read_to_string(&self.0).is_ok_and(|kept| kept == fingerprint)
    }

    /// Forgets, before a step that may be killed halfway.
    ///
    /// # Errors
    /// Where the stamp is there and cannot be removed.
    pub fn clear(&self) -> Result<()> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Remembers, after the step is finished.
    ///
    /// # Errors
    /// Where the stamp cannot be written.
    pub fn set(&self, fingerprint: &str) -> Result<()> {
        write_if_changed(&self.0, fingerprint.as_bytes()).map(drop)
    }
}

/// Writes a file, and its folders, unless it has this content already: cargo goes by dates, and would build the
/// server anew. Whether it was written.
///
/// # Errors
/// Where it cannot be written.
pub fn write_if_changed(path: &Path, content: &[u8]) -> Result<bool> {
    if fs::read(path).is_ok_and(|kept| kept == content) {
        return Ok(false);
    }
    let context = || format!("could not write {}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(context)?;
    }
    fs::write(path, content).with_context(context)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        let one = Fingerprint::default().add("a", b"bc").short();
        let other = Fingerprint::default().add("ab", b"c").short();
        assert_ne!(one, other);
        assert_eq!(one, Fingerprint::default().add("a", b"bc").short());
    }

    #[test]
    fn a_stamp_matches_only_what_it_was_set_to() {
        let folder = tempfile::tempdir().unwrap();
        let stamp = Stamp::new(folder.path().join("deep/stamp"));
        assert!(!stamp.matches("one"));
        stamp.set("one").unwrap();
        assert!(stamp.matches("one") && !stamp.matches("two"));
        stamp.clear().unwrap();
        stamp.clear().unwrap();
        assert!(!stamp.matches("one"));
    }

    #[test]
    fn the_same_content_is_not_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert!(write_if_changed(&path, b"x").unwrap());
        assert!(!write_if_changed(&path, b"x").unwrap());
        assert!(write_if_changed(&path, b"y").unwrap());
    }
}
