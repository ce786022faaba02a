//! Documents that can be taken away, and count how often they are asked.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use storage::{
    StoreError,
    documents::{
        Collection, Document, Documents, Expect, Find, Page, Write,
        feed::{Changes, Since},
    },
};

/// The switch and the counter. Cheap to clone.
#[derive(Clone, Default)]
pub struct Away {
    is_away: Arc<AtomicBool>,
    gets: Arc<AtomicUsize>,
}

impl Away {
    pub fn set(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }

    /// How often a single document was asked for.
    pub fn gets(&self) -> usize {
        self.gets.load(Ordering::SeqCst)
    }

    fn check(&self) -> Result<(), StoreError> {
        match self.is_away.load(Ordering::SeqCst) {
            true => Err(StoreError::Unavailable { reason: "taken away by the test".to_owned() }),
            false => Ok(()),
        }
    }
}

pub struct Switched {
    pub store: Arc<dyn Documents>,
    pub away: Away,
}

#[async_trait]
impl Documents for Switched {
    async fn get(&self, collection: &Collection, id: &str) -> Result<Option<Document>, StoreError> {
        self.away.gets.fetch_add(1, Ordering::SeqCst);
        self.away.check()?;
        self.store.get(collection, id).await
    }

    async fn get_many(&self, collection: &Collection, ids: &[String]) -> Result<Vec<Document>, StoreError> {
        self.away.check()?;
        self.store.get_many(collection, ids).await
    }

    async fn put(&self, collection: &Collection, write: Write) -> Result<u64, StoreError> {
        self.away.check()?;
        self.store.put(collection, write).await
    }

    async fn place(&self, collection: &Collection, document: Document) -> Result<(), StoreError> {
        self.away.check()?;
        self.store.place(collection, document).await
    }

    async fn collections(&self) -> Result<Vec<String>, StoreError> {
        self.away.check()?;
        self.store.collections().await
    }

    async fn put_many(&self, collection: &Collection, writes: Vec<Write>) -> Result<Vec<Result<u64, StoreError>>, StoreError> {
        self.away.check()?;
        self.store.put_many(collection, writes).await
    }

    async fn delete(&self, collection: &Collection, id: &str, expect: Expect) -> Result<bool, StoreError> {
        self.away.check()?;
        self.store.delete(collection, id, expect).await
    }

    async fn find(&self, collection: &Collection, find: Find<'_>) -> Result<Page, StoreError> {
        self.away.check()?;
        self.store.find(collection, find).await
    }

    async fn list(&self, collection: &Collection, after: Option<&str>, limit: u32) -> Result<Page, StoreError> {
        self.away.check()?;
        self.store.list(collection, after, limit).await
    }

    async fn count(&self, collection: &Collection) -> Result<u64, StoreError> {
        self.away.check()?;
        self.store.count(collection).await
    }

    async fn count_found(&self, collection: &Collection, find: Find<'_>) -> Result<u64, StoreError> {
        self.away.check()?;
        self.store.count_found(collection, find).await
    }

    async fn changes(&self, collection: &Collection, since: Since<'_>, limit: u32) -> Result<Option<Changes>, StoreError> {
        self.away.check()?;
        self.store.changes(collection, since, limit).await
    }

    async fn trim(&self, collection: &Collection, through: u64) -> Result<(), StoreError> {
        self.away.check()?;
        self.store.trim(collection, through).await
    }
}
