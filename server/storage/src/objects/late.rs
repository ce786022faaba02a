//! A directory that could not be made or opened when a process began: a disk that is full, a link to one that is not mounted.
//!
//! Whoever uses it tries once more, so that nothing has to be started anew. Must never be more than a way to the store behind it.

use std::{
    fmt,
    ops::Range,
    path::{Path as File, PathBuf},
    sync::{Arc, OnceLock},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream, stream::BoxStream};
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, RenameOptions, Result, path::Path,
};

use super::address::open_directory;

#[derive(Debug)]
pub(super) struct LateDirectory {
    path: PathBuf,
    opened: OnceLock<Arc<dyn ObjectStore>>,
}

impl LateDirectory {
    pub(super) fn new(path: &File) -> Self {
        Self { path: path.to_owned(), opened: OnceLock::new() }
    }

    /// The directory, where it can be had by now. Making one blocks for a moment, in the one call that succeeds.
    fn store(&self) -> Result<&Arc<dyn ObjectStore>> {
        if let Some(store) = self.opened.get() {
            return Ok(store);
        }
        let opened = open_directory(&self.path);
        let store = opened.map_err(|error| Error::Generic { store: "directory", source: error.into() })?;
        Ok(self.opened.get_or_init(|| store))
    }
}

impl fmt::Display for LateDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())
    }
}

fn failed<T: Send + 'static>(error: Error) -> BoxStream<'static, Result<T>> {
    stream::once(std::future::ready(Err(error))).boxed()
}

#[async_trait]
impl ObjectStore for LateDirectory {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.store()?.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(&self, location: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.store()?.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.store()?.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.store()?.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.store().map_or_else(failed, |store| store.delete_stream(locations))
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.store().map_or_else(failed, |store| store.list(prefix))
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.store().map_or_else(failed, |store| store.list_with_offset(prefix, offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.store()?.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.store()?.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.store()?.rename_opts(from, to, options).await
    }
}
