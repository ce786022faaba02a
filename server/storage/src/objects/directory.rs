//! A directory of objects, with a marker in it by which it is known again: where that is gone, or says that the directory is
//! another store, it is away.
//!
//! Where a disk is not mounted there is an empty folder, or none, or one with whatever somebody put there to tell; where two are
//! mounted in each other's place there is another store. So whatever is not found, written, deleted or listed is an error unless
//! the marker is there and is this store's, and never a way to find or to make something in a folder that is not the one. A folder
//! without a marker and without films is begun by whoever knows that no film is to be in it ([`Directory::begin`]). Must never cost
//! a read that finds its object more than that read.

use std::{
    fmt, fs,
    io::{self, ErrorKind},
    ops::Range,
    os::unix::fs::MetadataExt,
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

pub use self::marker::MARKER;
use self::marker::{Foreign, Marked};
use super::{FILMS, StoreIdentity, address::AddressError};
use crate::private_folder::make_private_directory;

mod marker;

/// Why nothing of a directory can be believed, in words for operators.
#[derive(Debug, thiserror::Error)]
pub(super) enum DirectoryError {
    #[error(
        "the folder {} is missing or has no films, and was not made anew, because films are to be in it: is its disk mounted? \
         Where it is the right one, put an empty file called {MARKER} into it",
        .0.display()
    )]
    Empty(PathBuf),
    #[error(
        "the folder {} is gone, or is another one, because {MARKER} is not in it: is its disk mounted? Where it is the right \
         one, put an empty file of that name into it",
        .0.display()
    )]
    Gone(PathBuf),
    #[error(
        "the folder {} is {found}, as {MARKER} in it says, and not storage.{setting} of this one: {} Where it is the right one, empty that \
         file",
        path.display(),
        found.cause()
    )]
    Other { path: PathBuf, found: Foreign, setting: &'static str },
    #[error(
        "the folder {} cannot be used, because {MARKER} in it cannot be read: {source}. Let the user that Marquee runs as read and write that \
         file, or, where it is the right folder, put an empty one in its place that is that user's",
        path.display()
    )]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("the folder {} cannot be used: {source}", path.display())]
    Unusable { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Refused(Error),
}

impl From<DirectoryError> for Error {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::Refused(error) => error,
            error @ (DirectoryError::Empty(_)
            | DirectoryError::Gone(_)
            | DirectoryError::Other { .. }
            | DirectoryError::Unreadable { .. }
            | DirectoryError::Unusable { .. }) => Self::Generic { store: "directory", source: Box::new(error) },
        }
    }
}

impl From<DirectoryError> for AddressError {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::Refused(error) => Self::Refused(error),
            DirectoryError::Unusable { source, .. } => Self::Directory(source),
            error @ (DirectoryError::Empty(_)
            | DirectoryError::Gone(_)
            | DirectoryError::Other { .. }
            | DirectoryError::Unreadable { .. }) => Self::Directory(io::Error::other(error)),
        }
    }
}

/// A directory that is found when it is used, however late. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Directory(Arc<Place>);

#[derive(Debug)]
struct Place {
    path: PathBuf,
    /// Which store it is to be; any for whoever copies alone.
    expected: Option<StoreIdentity>,
    /// Whether it is made where it is missing, and taken where nothing says that it is a store.
    may_begin: AtomicBool,
    opened: OnceLock<Arc<Opened>>,
}

/// One that was there.
#[derive(Debug)]
struct Opened {
    files: LocalFileSystem,
    root: PathBuf,
    marker: PathBuf,
    expected: Option<StoreIdentity>,
    /// Device and number of one that could not be marked: its disk is full, or only to be read from.
    unmarked: Option<(u64, u64)>,
    /// Whether it is told that the marker is nobody's and stays so.
    is_told: AtomicBool,
}

/// What is at the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// Whatever else may be there.
    Nothing,
    Marked,
    /// Films without a marker: an older build's.
    Films,
}

impl Directory {
    /// # Errors
    /// [`AddressError::NoDirectory`].
    pub(super) fn new(path: &FilePath, expected: Option<StoreIdentity>) -> std::result::Result<Self, AddressError> {
        if path.as_os_str().is_empty() {
            return Err(AddressError::NoDirectory);
        }
        let (may_begin, opened) = (AtomicBool::new(false), OnceLock::new());
        Ok(Self(Arc::new(Place { path: path.to_owned(), expected, may_begin, opened })))
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

    /// Whether it waits to be begun: what is there says neither that it is a store, nor that it is another one. Blocks.
    pub(super) fn is_to_be_begun(&self) -> bool {
        match self.find() {
            Ok(()) | Err(DirectoryError::Other { .. }) => false,
            Err(
                DirectoryError::Empty(_)
                | DirectoryError::Gone(_)
                | DirectoryError::Unreadable { .. }
                | DirectoryError::Unusable { .. }
                | DirectoryError::Refused(_),
            ) => true,
        }
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
        let marked = if found == Found::Marked { Ok(()) } else { marker::make(&marker, self.expected.as_ref()) };
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
        let opened = Opened { files, root, marker, expected: self.expected.clone(), unmarked, is_told: AtomicBool::new(false) };
        opened.check_now()?;
        let opened = Arc::new(opened);
        Ok(Arc::clone(self.opened.get_or_init(|| opened)))
    }
}

impl Opened {
    async fn check(self: &Arc<Self>) -> Result<()> {
        let this = Arc::clone(self);
        Ok(tokio::task::spawn_blocking(move || this.check_now()).await??)
    }

    fn check_now(&self) -> std::result::Result<(), DirectoryError> {
        match marker::read(&self.marker, self.expected.as_ref()) {
            Ok(Marked::Ours) => Ok(()),
            Ok(Marked::Nobodys) => {
                if let Err(error) = marker::adopt(&self.marker, self.expected.as_ref())
                    && !self.is_told.swap(true, Ordering::Relaxed)
                {
                    tracing::warn!(
                        %error, marker = %self.marker.display(),
                        "a folder of objects cannot be marked as this store: that another disk is mounted in its place would not be noticed"
                    );
                }
                Ok(())
            }
            Ok(Marked::Others(found)) => {
                let setting = self.expected.as_ref().map_or("objects", |expected| expected.role.setting());
                Err(DirectoryError::Other { path: self.root.clone(), found, setting })
            }
            Err(error) if !is_nothing(&error) => Err(DirectoryError::Unreadable { path: self.root.clone(), source: error }),
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

/// Only films are a sign of the store: in a mount point there may be a note, or what a build without markers wrote while the disk was
/// away. Where no film is to be, it does not matter.
fn found_at(path: &FilePath) -> io::Result<Found> {
    match fs::read_dir(path) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(error),
    }
    let there = |name| match fs::metadata(path.join(name)) {
        Ok(found) => Ok(Some(found)),
        Err(error) if is_nothing(&error) => Ok(None),
        Err(error) => Err(error),
    };
    if there(MARKER)?.is_some() {
        return Ok(Found::Marked);
    }
    Ok(if there(FILMS)?.is_some_and(|found| found.is_dir()) { Found::Films } else { Found::Nothing })
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
