//! Small files that are there whole, also after a power cut, or not at all: written under another name, brought to the disk, and
//! put in place.
//!
//! They have mode 0600. Must never be for what is too large for memory.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
};

use tempfile::NamedTempFile;

/// Puts a file in place of whatever has its name. Blocks.
///
/// # Errors
/// What the file system says; then what was there is there.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    written(folder_of(path), bytes)?.persist(path)?;
    sync_folder_of(path)
}

/// Puts a file in place unless there is one: of two who make it at once, both are left with the first. Blocks.
///
/// # Errors
/// What the file system says.
pub fn make(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match written(folder_of(path), bytes)?.persist_noclobber(path) {
        Ok(_) => sync_folder_of(path),
        // Whoever was first may not have brought its name to the disk yet, and whoever is left with it relies on it.
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => sync_folder_of(path),
        Err(error) => Err(error.error),
    }
}

/// As [`make`], where there mostly is one: nothing is written beside it, for which a full disk would have no room. Blocks.
///
/// # Errors
/// What the file system says.
pub fn make_if_missing(path: &Path, bytes: impl FnOnce() -> Vec<u8>) -> io::Result<()> {
    if path.try_exists()? { sync_folder_of(path) } else { make(path, &bytes()) }
}

/// Brings a name that is new, or gone, to the disk: what is synced under it may otherwise be nowhere after a power cut. Blocks.
///
/// # Errors
/// What the file system says.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn written(folder: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        make(&path, b"first").unwrap();
        make(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"first");
        replace(&path, b"third").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"third");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }
}
