//! How an object store is had: from a URL or a path, found or begun, in its role.
//!
//! Must never begin a folder that somebody else has to ask about first: a disk that is not mounted looks like one that is new.

use std::{path::Path, sync::Arc};

use object_store::ObjectStore;

use super::{AddressError, Objects, StoreIdentity, StoreRole, address, directory::Directory, open_store};
use crate::guard::Bulkheads;

impl Objects {
    /// What a URL names: a directory, which is made where it is missing, or a bucket, which must be there.
    ///
    /// # Errors
    /// [`AddressError`]
    pub async fn at(url: &str) -> Result<Self, AddressError> {
        let found = Self::found(url, None).await?;
        found.begin()?;
        Ok(found)
    }

    /// As [`Objects::at`], but a directory that is missing or empty is away until somebody begins it ([`Objects::begin`]): its
    /// disk may not be mounted. So is one whose marker says that it is another store than `expected`.
    ///
    /// # Errors
    /// [`AddressError`]
    pub async fn found(url: &str, expected: Option<StoreIdentity>) -> Result<Self, AddressError> {
        match address::find_directory(url, expected)? {
            Some(directory) => Ok(Self::of(directory)),
            None => Ok(Self::over(open_store(url).await?, None)),
        }
    }

    /// As [`Objects::found`], for a store that may be away: a bucket is not asked for anything, and what fails fails for whoever
    /// uses it.
    ///
    /// # Errors
    /// [`AddressError`], for what no later try mends.
    pub fn unasked(url: &str, expected: Option<StoreIdentity>) -> Result<Self, AddressError> {
        match address::late_directory(url, expected)? {
            Some(directory) => Ok(Self::of(directory)),
            None => Ok(Self::over(address::unasked_bucket(url)?, None)),
        }
    }

    /// In a directory, which is made where it is missing. A put is on disk, whole, before it is seen.
    ///
    /// # Errors
    /// [`AddressError`] where it can be none.
    pub fn in_directory(path: &Path) -> Result<Self, AddressError> {
        let objects = Self::of(Directory::new(path, None)?);
        objects.begin()?;
        Ok(objects)
    }

    /// Whether it is a directory, of which there is no request that costs anything.
    pub const fn is_directory(&self) -> bool {
        self.directory.is_some()
    }

    /// Whether nobody has begun the directory, or it could not be: it is missing, or has neither a marker nor films. Blocks.
    pub fn is_to_be_begun(&self) -> bool {
        self.directory.as_ref().is_some_and(Directory::is_to_be_begun)
    }

    /// Makes a directory that is missing, and takes one that is empty: nothing is to be in it. Where that fails it is made by
    /// whoever uses it later. Blocks for a moment.
    ///
    /// # Errors
    /// [`AddressError`], for now.
    pub fn begin(&self) -> Result<(), AddressError> {
        self.directory.as_ref().map_or(Ok(()), |directory| Ok(directory.begin()?))
    }

    fn of(directory: Directory) -> Self {
        Self::over(Arc::new(directory.clone()), Some(directory))
    }

    fn over(store: Arc<dyn ObjectStore>, directory: Option<Directory>) -> Self {
        Self { store, directory, bulkheads: Arc::new(Bulkheads::new(StoreRole::PerView.setting())) }
    }

    /// As what it is known in messages: each role has a bulkhead and a circuit breaker of its own.
    #[must_use]
    pub fn in_role(self, role: StoreRole) -> Self {
        Self { bulkheads: Arc::new(Bulkheads::new(role.setting())), ..self }
    }

    /// With something between it and whoever asks.
    #[must_use]
    pub fn layered(self, layer: impl FnOnce(Arc<dyn ObjectStore>) -> Arc<dyn ObjectStore>) -> Self {
        Self { store: layer(self.store), ..self }
    }
}
