//! A directory of objects, with a marker in it by which it is known again: where that is gone, the directory is away.
//!
//! Where a disk is not mounted there is an empty folder, or none. So whatever is not found, written, deleted or listed is an
//! error once the marker is gone, and never a way to find or to make something in a folder that is not the one. A folder that is
//! missing or empty is begun by whoever knows that nothing is to be in it ([`Directory::begin`]). Must never cost a read that
//! finds its object more than that read.

use std::{
    fmt,
    fs::{self, File},
    io::{self, ErrorKind, Write},
    ops::Range,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path as FilePath, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream, stream::BoxStream};
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, RenameOptions, Result, local::LocalFileSystem, path::Path,
};

use super::address::AddressError;
use crate::{atomic_file, private_folder::make_private_directory};

/// The marker's name in the directory. It is no object: no list tells of it, and no copy and no backup takes it along.
pub const MARKER: &str = ".marquee-objects";
/// For whoever finds it; that it is there is all that counts.
const MARKED: &str =
    "Marquee keeps objects in this folder. While this file is not in it, another disk is taken to be mounted here, or none.\n";
/// What a file system puts into a new disk.
const LOST: &str = "lost+found";

/// Why nothing of a directory can be believed, in words for operators.
#[derive(Debug, thiserror::Error)]
pub(super) enum DirectoryError {
    #[error(
        "the folder {} is missing or empty, and was not made anew, because films are to be in it: is its disk mounted? Where it \
         is to be empty, put an empty file called {MARKER} into it",
        .0.display()
    )]
    Empty(PathBuf),
    #[error(
        "the folder {} is gone, or is another one, because {MARKER} is not in it: is its disk mounted? Where it is the right \
         one, put an empty file of that name into it",
        .0.display()
    )]
    Gone(PathBuf),
    #[error("the folder {} cannot be used: {source}", path.display())]
    Unusable { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Refused(Error),
}

impl From<DirectoryError> for Error {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::Refused(error) => error,
            error @ (DirectoryError::Empty(_) | DirectoryError::Gone(_) | DirectoryError::Unusable { .. }) => {
                Self::Generic { store: "directory", source: Box::new(error) }
            }
        }
    }
}

impl From<DirectoryError> for AddressError {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::Refused(error) => Self::Refused(error),
            DirectoryError::Unusable { source, .. } => Self::Directory(source),
            error @ (DirectoryError::Empty(_) | DirectoryError::Gone(_)) => Self::Directory(io::Error::other(error)),
        }
    }
}

/// A directory that is found when it is used, however late. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Directory(Arc<Place>);

#[derive(Debug)]
struct Place {
    path: PathBuf,
    /// Whether it is made where it is missing, and taken where it is empty.
    may_begin: AtomicBool,
    opened: OnceLock<Arc<Opened>>,
}

/// One that was there.
#[derive(Debug)]
struct Opened {
    files: LocalFileSystem,
    root: PathBuf,
    marker: PathBuf,
    /// Device and number of one that could not be marked: its disk is full, or only to be read from.
    unmarked: Option<(u64, u64)>,
}

/// What is at the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    Marked,
    /// Objects without a marker: an older build's.
    Objects,
}

impl Directory {
    /// # Errors
    /// [`AddressError::NoDirectory`].
    pub(super) fn new(path: &FilePath) -> std::result::Result<Self, AddressError> {
        if path.as_os_str().is_empty() {
            return Err(AddressError::NoDirectory);
        }
        let (may_begin, opened) = (AtomicBool::new(false), OnceLock::new());
        Ok(Self(Arc::new(Place { path: path.to_owned(), may_begin, opened })))
    }

    /// Nothing is to be in it: it is made where it is missing, now or later. Blocks.
    ///
    /// # Errors
    /// [`DirectoryError`], for now.
    pub(super) fn begin(&self) -> std::result::Result<(), DirectoryError> {
        self.0.may_begin.store(true, Ordering::Release);
        self.0.open().map(drop)
    }

    /// Opens it where it is there. Blocks.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub(super) fn find(&self) -> std::result::Result<(), DirectoryError> {
        self.0.open().map(drop)
    }

    /// Whether it is the one that it was, by its marker.
    ///
    /// # Errors
    /// [`DirectoryError`], in the store's form.
    pub(super) async fn look(&self) -> Result<()> {
        self.ready().await.map(drop)
    }

    async fn opened(&self) -> Result<Arc<Opened>> {
        if let Some(opened) = self.0.opened.get() {
            return Ok(Arc::clone(opened));
        }
        let place = Arc::clone(&self.0);
        Ok(tokio::task::spawn_blocking(move || place.open()).await??)
    }

    /// To be had before anything is changed, or said not to be there.
    async fn ready(&self) -> Result<Arc<Opened>> {
        let opened = self.opened().await?;
        opened.check().await?;
        Ok(opened)
    }
}

impl Place {
    fn open(&self) -> std::result::Result<Arc<Opened>, DirectoryError> {
        if let Some(opened) = self.opened.get() {
            return Ok(Arc::clone(opened));
        }
        let unusable = |source| DirectoryError::Unusable { path: self.path.clone(), source };
        let found = found_at(&self.path).map_err(unusable)?;
        if found == Found::Nothing && !self.may_begin.load(Ordering::Acquire) {
            return Err(DirectoryError::Empty(self.path.clone()));
        }
        make_private_directory(&self.path).map_err(unusable)?;
        let root = fs::canonicalize(&self.path).map_err(unusable)?;
        let marker = root.join(MARKER);
        let marked = if found == Found::Marked { Ok(()) } else { mark(&marker) };
        let unmarked = match marked {
            Ok(()) => None,
            Err(error) => {
                tracing::warn!(%error, folder = %root.display(), "the folder of objects could not be marked as such");
                let there = fs::metadata(&root).map_err(unusable)?;
                Some((there.dev(), there.ino()))
            }
        };
        let files = LocalFileSystem::new_with_prefix(&root).map_err(DirectoryError::Refused)?;
        let files = files.with_automatic_cleanup(true).with_fsync(true);
        let opened = Arc::new(Opened { files, root, marker, unmarked });
        Ok(Arc::clone(self.opened.get_or_init(|| opened)))
    }
}

impl Opened {
    async fn check(self: &Arc<Self>) -> Result<()> {
        let this = Arc::clone(self);
        Ok(tokio::task::spawn_blocking(move || this.check_now()).await??)
    }

    fn check_now(&self) -> std::result::Result<(), DirectoryError> {
        match fs::symlink_metadata(&self.marker) {
            Ok(_) => Ok(()),
            Err(error) if !is_nothing(&error) => Err(DirectoryError::Unusable { path: self.root.clone(), source: error }),
            Err(_) => {
                let is_it = |found: fs::Metadata| Some((found.dev(), found.ino())) == self.unmarked;
                if fs::metadata(&self.root).is_ok_and(is_it) { Ok(()) } else { Err(DirectoryError::Gone(self.root.clone())) }
            }
        }
    }

    /// What was answered, unless it says that there is nothing while all of it is gone.
    async fn believed<T>(self: &Arc<Self>, answer: Result<T>) -> Result<T> {
        if matches!(answer, Err(Error::NotFound { .. })) {
            self.check().await?;
        }
        answer
    }

    /// A list of what is there, unless all of it is gone at its end.
    fn listed(self: Arc<Self>, list: BoxStream<'static, Result<ObjectMeta>>) -> BoxStream<'static, Result<ObjectMeta>> {
        let objects = list.try_filter(|object| std::future::ready(!is_marker(&object.location)));
        let end = stream::once(async move { self.check().await }).filter_map(|end| std::future::ready(end.err().map(Err)));
        objects.chain(end).boxed()
    }
}

fn is_marker(location: &Path) -> bool {
    location.as_ref() == MARKER
}

/// Nothing is there, or something else than a folder above it.
fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn found_at(path: &FilePath) -> io::Result<Found> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(error),
    };
    let mut found = Found::Nothing;
    for entry in entries {
        let name = entry?.file_name();
        if name == MARKER {
            return Ok(Found::Marked);
        }
        // What is hidden is put there by others: no object is.
        if name != LOST && !name.to_string_lossy().starts_with('.') {
            found = Found::Objects;
        }
    }
    Ok(found)
}

/// Made in its place: empty it says as much, and nothing is left beside it by whoever is killed.
fn mark(marker: &FilePath) -> io::Result<()> {
    match File::options().write(true).create_new(true).mode(0o600).open(marker) {
        Ok(mut file) => {
            // The words need room on the disk, the name mostly none.
            if let Err(error) = file.write_all(MARKED.as_bytes()).and_then(|()| file.sync_all()) {
                tracing::debug!(%error, "the marker of a folder of objects is without words");
            }
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        Err(error) => return Err(error),
    }
    atomic_file::sync_folder_of(marker)
}

impl fmt::Display for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.path.display())
    }
}

#[async_trait]
impl ObjectStore for Directory {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.ready().await?.files.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(&self, location: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.ready().await?.files.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let opened = self.opened().await?;
        let got = opened.files.get_opts(location, options).await;
        opened.believed(got).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let opened = self.opened().await?;
        let got = opened.files.get_ranges(location, ranges).await;
        opened.believed(got).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let this = self.clone();
        let deleting = async move {
            let opened = this.ready().await?;
            let deleted = opened.files.delete_stream(locations);
            Ok::<_, Error>(deleted.then(move |answer| {
                let opened = Arc::clone(&opened);
                async move { opened.believed(answer).await }
            }))
        };
        stream::once(deleting).try_flatten().boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (this, prefix) = (self.clone(), prefix.cloned());
        let listing = async move {
            let opened = this.ready().await?;
            let list = opened.files.list(prefix.as_ref());
            Ok::<_, Error>(opened.listed(list))
        };
        stream::once(listing).try_flatten().boxed()
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        let (this, prefix, offset) = (self.clone(), prefix.cloned(), offset.clone());
        let listing = async move {
            let opened = this.ready().await?;
            let list = opened.files.list_with_offset(prefix.as_ref(), &offset);
            Ok::<_, Error>(opened.listed(list))
        };
        stream::once(listing).try_flatten().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let opened = self.ready().await?;
        let mut listed = opened.files.list_with_delimiter(prefix).await?;
        listed.objects.retain(|object| !is_marker(&object.location));
        opened.check().await?;
        Ok(listed)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.ready().await?.files.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.ready().await?.files.rename_opts(from, to, options).await
    }
}

#[cfg(test)]
mod tests;
