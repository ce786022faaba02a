//! Folders for their owner only.

use std::{fs::DirBuilder, io, os::unix::fs::DirBuilderExt, path::Path};

use crate::atomic_file;

/// Makes a directory and those above it that are missing, for their owner only. They are there also after a power cut.
///
/// # Errors
/// What the system says.
pub fn make_private_directory(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    let missing: Vec<&Path> = path.ancestors().take_while(is_missing).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    if missing.is_empty() {
        // Whoever made it may have been ended before its name was on the disk. Who may not read the folder above did not make
        // it.
        if let Err(error) = atomic_file::sync_folder_of(path) {
            tracing::debug!(%error, folder = %path.display(), "the name of a folder that is there was not brought to the disk");
        }
    }
    missing.into_iter().try_for_each(atomic_file::sync_folder_of)
}
