//! Documents of which each write goes through a test: before it something else happens, or it fails.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::future::BoxFuture;
use storage::{
    StoreError,
    documents::{
        Collection, Document, Documents, Expect, Find, Page, Write,
        feed::{Changes, Since},
    },
};

/// What is done with each write.
#[async_trait]
pub(crate) trait Interpose: Send + Sync + 'static {
    /// `write` writes once it is awaited.
    async fn write<T: Send>(
        &self,
        collection: &Collection,
        write: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError>;
}

/// Documents before whose first write to a collection something happens, once.
pub(crate) fn before(
    documents: &Arc<dyn Documents>,
    collection: &'static Collection,
    happens: impl Future<Output = ()> + Send + 'static,
) -> Arc<dyn Documents> {
    let by = Before { collection, happens: Mutex::new(Some(Box::pin(happens))) };
    Arc::new(Interposed { inner: Arc::clone(documents), by })
}

struct Before {
    collection: &'static Collection,
    happens: Mutex<Option<BoxFuture<'static, ()>>>,
}

#[async_trait]
impl Interpose for Before {
    async fn write<T: Send>(
        &self,
        collection: &Collection,
        write: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let happens = (collection.name == self.collection.name).then(|| self.happens.lock().unwrap().take()).flatten();
        if let Some(happens) = happens {
            happens.await;
        }
        write.await
    }
}

pub(crate) struct Interposed<I> {
    pub inner: Arc<dyn Documents>,
    pub by: I,
}

#[async_trait]
impl<I: Interpose> Documents for Interposed<I> {
    async fn get(&self, collection: &Collection, id: &str) -> Result<Option<Document>, StoreError> {
        self.inner.get(collection, id).await
    }

    async fn get_many(&self, collection: &Collection, ids: &[String]) -> Result<Vec<Document>, StoreError> {
        self.inner.get_many(collection, ids).await
    }

    async fn put(&self, collection: &Collection, write: Write) -> Result<u64, StoreError> {
        self.by.write(collection, self.inner.put(collection, write)).await
    }

    async fn place(&self, collection: &Collection, document: Document) -> Result<(), StoreError> {
        self.by.write(collection, self.inner.place(collection, document)).await
    }

    async fn collections(&self) -> Result<Vec<String>, StoreError> {
        self.inner.collections().await
    }

    async fn put_many(&self, collection: &Collection, writes: Vec<Write>) -> Result<Vec<Result<u64, StoreError>>, StoreError> {
        self.by.write(collection, self.inner.put_many(collection, writes)).await
    }

    async fn delete(&self, collection: &Collection, id: &str, expect: Expect) -> Result<bool, StoreError> {
        self.by.write(collection, self.inner.delete(collection, id, expect)).await
    }

    async fn find(&self, collection: &Collection, find: Find<'_>) -> Result<Page, StoreError> {
        self.inner.find(collection, find).await
    }

    async fn list(&self, collection: &Collection, after: Option<&str>, limit: u32) -> Result<Page, StoreError> {
        self.inner.list(collection, after, limit).await
    }

    async fn count(&self, collection: &Collection) -> Result<u64, StoreError> {
        self.inner.count(collection).await
    }

    async fn count_found(&self, collection: &Collection, find: Find<'_>) -> Result<u64, StoreError> {
        self.inner.count_found(collection, find).await
    }

    async fn changes(&self, collection: &Collection, since: Since<'_>, limit: u32) -> Result<Option<Changes>, StoreError> {
        self.inner.changes(collection, since, limit).await
    }

    async fn trim(&self, collection: &Collection, through: u64) -> Result<(), StoreError> {
        self.inner.trim(collection, through).await
    }
}
