//! Where the files of the site come from: the binary itself, or a folder.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
};

use bytes::Bytes;

/// The site is there but cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    #[error("{}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{file} of {place} is not what `cargo xtask build` writes: {reason}")]
    Manifest { place: String, file: String, reason: String },
}

impl SiteError {
    pub(super) fn manifest(place: &str, file: &str, error: &serde_json::Error) -> Self {
        Self::Manifest { place: place.to_owned(), file: file.to_owned(), reason: error.to_string() }
    }
}

/// Bytes by path, and where they were read from, for messages.
pub type Read = (String, HashMap<String, Bytes>);

#[cfg(feature = "embed-site")]
#[derive(rust_embed::Embed)]
#[folder = "../target/site"]
#[allow_missing = true]
struct Embedded;

/// A folder that is named wins over what the binary carries.
#[cfg(feature = "embed-site")]
pub fn read(folder: Option<PathBuf>) -> Result<Read, SiteError> {
    use std::borrow::Cow;

    if let Some(folder) = folder {
        return read_folder(&folder);
    }
    let files = Embedded::iter().filter_map(|path| {
        let bytes = match Embedded::get(&path)?.data {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => Bytes::from(bytes),
        };
        Some((path.into_owned(), bytes))
    });
    Ok(("the binary".to_owned(), files.collect()))
}

#[cfg(not(feature = "embed-site"))]
pub fn read(folder: Option<PathBuf>) -> Result<Read, SiteError> {
    read_folder(&folder.unwrap_or_else(|| PathBuf::from("target/site")))
}

fn read_folder(folder: &Path) -> Result<Read, SiteError> {
    let mut files = HashMap::new();
    if folder.is_dir() {
        add(folder, "", &mut files)?;
    }
    Ok((folder.display().to_string(), files))
}

fn add(folder: &Path, prefix: &str, files: &mut HashMap<String, Bytes>) -> Result<(), SiteError> {
    let unreadable = |source| SiteError::Unreadable { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        // A name that is no UTF-8 has no address.
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = entry.path();
        if path.is_dir() {
            add(&path, &format!("{prefix}{name}/"), files)?;
        } else {
            let bytes = std::fs::read(&path).map_err(|source| SiteError::Unreadable { path, source })?;
            files.insert(format!("{prefix}{name}"), Bytes::from(bytes));
        }
    }
    Ok(())
}
