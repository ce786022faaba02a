//! The objects of one generation of a title's film: the one way to their bytes, wherever they lie.
//!
//! Must never be made from what a request says: the grant, or the title's placement, names the generation and the store.

use contract::ids::TitleId;
use storage::{
    StoreError,
    objects::{InvalidKey, Object, ObjectKey, VideoStores},
};

use super::location::Location;

/// What a manifest names is found by this.
#[derive(Clone, Copy, Debug)]
pub struct ObjectsFor<'a> {
    pub stores: &'a VideoStores,
    pub title: &'a TitleId,
    pub location: Location,
}

impl ObjectsFor<'_> {
    /// The key of an object; `name` as the manifest has it.
    ///
    /// # Errors
    /// [`InvalidKey`], where no manifest of ours has such a name.
    pub fn key(&self, name: &str) -> Result<ObjectKey, InvalidKey> {
        let path = format!("{}{name}", self.location.generation.prefix());
        ObjectKey::media(self.title, &path.split('/').collect::<Vec<_>>())
    }

    /// Opens an object, if there is one; a name that none can have is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open(&self, name: &str) -> Result<Option<Object>, StoreError> {
        match self.key(name) {
            Ok(key) => self.stores.of(self.location.store)?.open(&key).await,
            Err(InvalidKey) => Ok(None),
        }
    }
}
