//! What storage plans are made of, told by those who know it: what of each title was watched from which store, and where titles lie.
//!
//! Each is implemented by its own part and wired in `keeping.rs`. Must never tell who watched.

use std::sync::Arc;

use async_trait::async_trait;
use contract::ids::TitleId;
use storage::StoreError;
use storage_plan::bill::Store;

/// What went out of a title on a day from one store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TitleUse {
    /// Its id, as the events have it.
    pub title: String,
    pub store: Store,
    pub bytes: u64,
    pub requests: u64,
}

/// Who knows what was watched.
#[async_trait]
pub trait DailyUse: Send + Sync + 'static {
    /// What went out on a day that begins at an instant in milliseconds since 1970; of each title and store once.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn of_day(&self, begin: u64) -> Result<Vec<TitleUse>, StoreError>;
}

/// Where a title lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub title: TitleId,
    pub store: Store,
    /// Since when, in milliseconds since 1970; absent where that was not noted.
    pub since: Option<u64>,
    /// Of all its objects; absent until they are measured.
    pub bytes: Option<u64>,
    pub moving: Option<Moving>,
}

/// A move that was asked for and is not at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moving {
    pub to: Store,
    /// When it was asked for, in milliseconds since 1970.
    pub since: u64,
}

/// What is copied right now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copying {
    pub title: TitleId,
    pub bytes_done: u64,
}

/// Who knows where titles lie, and moves them.
#[async_trait]
pub trait Places: Send + Sync + 'static {
    /// Whether there is a flat store to move titles to.
    fn has_flat(&self) -> bool;

    /// The titles that lie somewhere, in the order of their ids, `limit` at most (1 to 1000), and where the next page begins.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list(&self, after: Option<&str>, limit: u32) -> Result<(Vec<Place>, Option<String>), StoreError>;

    /// Those of these titles (1000 at most) that lie somewhere, in one round trip.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn of(&self, titles: &[TitleId]) -> Result<Vec<Place>, StoreError>;

    /// Asks for a title to lie in a store. Where it lies there, or is on its way there, nothing changes; where it is on its way
    /// from there, it stays.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn request_move(&self, title: &TitleId, to: Store) -> Result<(), StoreError>;

    /// Says where new titles are put.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn set_default(&self, to: Store) -> Result<(), StoreError>;

    /// What is copied right now, by whichever node.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn copying(&self) -> Result<Option<Copying>, StoreError>;
}

/// Those who are asked. Cheap to clone.
#[derive(Clone)]
pub struct StorageSources {
    pub uses: Arc<dyn DailyUse>,
    pub places: Arc<dyn Places>,
}
