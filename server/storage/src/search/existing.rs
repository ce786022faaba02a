//! An index that is there: whether it can be searched.
//!
//! Broken is what was read and is not as it was written. What cannot be read (too many open files, no permission, a disk that
//! fails) is an error, so that nothing is made anew because of it. Must never write.

use std::{fs, io, path::Path};

use tantivy::{
    Index, IndexMeta, TantivyError,
    directory::error::{OpenDirectoryError, OpenReadError},
};

use super::{Definition, SearchError, payload};

/// The least that a file of a segment takes: its footer.
const FOOTER: u64 = 64;

/// What was found.
pub enum Existing {
    /// It can be searched; by which revision its documents were made.
    Whole { index: Index, revision: String },
    /// It cannot, for a reason that does not go away.
    Broken(String),
}

/// Looks at every byte of the index in `folder`: a file that is missing, cut short or overwritten shows here and not in a query.
///
/// # Errors
/// [`SearchError`] where it cannot be read.
pub fn open(folder: &Path, definition: &Definition) -> Result<Existing, SearchError> {
    match look(folder, definition) {
        Err(SearchError::Index(error)) if is_damage(&error) => Ok(Existing::Broken(error.to_string())),
        outcome => outcome,
    }
}

fn look(folder: &Path, definition: &Definition) -> Result<Existing, SearchError> {
    let index = Index::open_in_dir(folder)?;
    if index.schema() != definition.schema {
        return Ok(Existing::Broken("it has other fields".to_owned()));
    }
    let metas = index.load_metas()?;
    if has_stubs(folder, &metas).map_err(|source| SearchError::Folder { path: folder.to_owned(), source })? {
        return Ok(Existing::Broken("a file of it is cut short".to_owned()));
    }
    let mut broken = index.validate_checksum()?.into_iter();
    if let Some(file) = broken.next() {
        return Ok(Existing::Broken(format!("{} is damaged", file.display())));
    }
    let is_empty = metas.segments.is_empty();
    let revision = match payload(&index)? {
        Some(payload) => payload.revision,
        None if is_empty => definition.revision.clone(),
        // What is in it was made by somebody else.
        None => String::new(),
    };
    Ok(Existing::Whole { index, revision })
}

/// A crash leaves empty files; tantivy takes it for granted that each has room for its footer. What a writer that was ended had
/// begun is no part of the index.
fn has_stubs(folder: &Path, metas: &IndexMeta) -> io::Result<bool> {
    for name in metas.list_segment_files() {
        match fs::metadata(folder.join(name)) {
            Ok(file) if file.len() < FOOTER => return Ok(true),
            Ok(_) => {}
            // A segment need not have a file of each kind; one that is missing shows when they are read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

/// Whether it says that what is there is not as it was written.
fn is_damage(error: &TantivyError) -> bool {
    match error {
        TantivyError::DataCorruption(_)
        | TantivyError::IncompatibleIndex(_)
        | TantivyError::SchemaError(_)
        | TantivyError::OpenDirectoryError(OpenDirectoryError::DoesNotExist(_) | OpenDirectoryError::NotADirectory(_))
        | TantivyError::OpenReadError(OpenReadError::FileDoesNotExist(_) | OpenReadError::IncompatibleIndex(_)) => true,
        TantivyError::OpenReadError(OpenReadError::IoError { io_error, .. }) | TantivyError::IoError(io_error) => {
            matches!(io_error.kind(), io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustix::io::Errno;

    use super::*;

    #[test]
    fn what_the_system_refuses_to_read_is_never_taken_for_damage() {
        let says = |error: io::Error| {
            let (io_error, filepath) = (Arc::new(error), "x.idx".into());
            is_damage(&TantivyError::OpenReadError(OpenReadError::IoError { io_error, filepath }))
        };
        for errno in [Errno::MFILE, Errno::NFILE, Errno::ACCESS, Errno::PERM, Errno::IO, Errno::NOMEM, Errno::LOOP, Errno::NOSPC]
        {
            assert!(!says(io::Error::from(errno)), "{errno:?}");
        }
        for kind in [io::ErrorKind::UnexpectedEof, io::ErrorKind::InvalidData, io::ErrorKind::NotFound] {
            assert!(says(kind.into()), "{kind:?}");
        }
    }
}
