//! The same suite over a numbered collection: numbers change nothing of what is promised otherwise.

use std::sync::Arc;

use async_trait::async_trait;

use super::Backend;
use crate::{
    StoreError,
    documents::{
        Collection, Document, Documents, Expect, Find, Page, Write,
        feed::{Changes, Since},
    },
};

/// A place whose stores number every collection that is declared.
pub(crate) struct Numbered<P>(pub P);

#[async_trait]
impl<P: Backend> Backend for Numbered<P> {
    async fn open(&self) -> Arc<dyn Documents> {
        Arc::new(Numbering(self.0.open().await))
    }
}

struct Numbering(Arc<dyn Documents>);

/// As it is where another version declares it.
fn numbered(collection: &Collection) -> Collection {
    if collection.is_declared() { collection.clone().numbered("suite") } else { collection.clone() }
}

#[async_trait]
impl Documents for Numbering {
    async fn get(&self, collection: &Collection, id: &str) -> Result<Option<Document>, StoreError> {
        self.0.get(&numbered(collection), id).await
    }

    async fn get_many(&self, collection: &Collection, ids: &[String]) -> Result<Vec<Document>, StoreError> {
        self.0.get_many(&numbered(collection), ids).await
    }

    async fn put(&self, collection: &Collection, write: Write) -> Result<u64, StoreError> {
        self.0.put(&numbered(collection), write).await
    }

    async fn place(&self, collection: &Collection, document: Document) -> Result<(), StoreError> {
        self.0.place(&numbered(collection), document).await
    }

    async fn collections(&self) -> Result<Vec<String>, StoreError> {
        self.0.collections().await
    }

    async fn put_many(&self, collection: &Collection, writes: Vec<Write>) -> Result<Vec<Result<u64, StoreError>>, StoreError> {
        self.0.put_many(&numbered(collection), writes).await
    }

    async fn delete(&self, collection: &Collection, id: &str, expect: Expect) -> Result<bool, StoreError> {
        self.0.delete(&numbered(collection), id, expect).await
    }

    async fn find(&self, collection: &Collection, find: Find<'_>) -> Result<Page, StoreError> {
        self.0.find(&numbered(collection), find).await
    }

    async fn list(&self, collection: &Collection, after: Option<&str>, limit: u32) -> Result<Page, StoreError> {
        self.0.list(&numbered(collection), after, limit).await
    }

    async fn count(&self, collection: &Collection) -> Result<u64, StoreError> {
        self.0.count(&numbered(collection)).await
    }

    async fn count_found(&self, collection: &Collection, find: Find<'_>) -> Result<u64, StoreError> {
        self.0.count_found(&numbered(collection), find).await
    }

    async fn changes(&self, collection: &Collection, since: Since<'_>, limit: u32) -> Result<Option<Changes>, StoreError> {
        self.0.changes(&numbered(collection), since, limit).await
    }

    async fn trim(&self, collection: &Collection, through: u64) -> Result<(), StoreError> {
        self.0.trim(&numbered(collection), through).await
    }
}
