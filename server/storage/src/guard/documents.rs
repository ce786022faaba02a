//! A document store behind its guard.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use super::{BULK, Bulkheads, READ, WRITE, stale_cache::StaleCache};
use crate::{
    StoreError,
    documents::{
        Collection, Document, Documents, Expect, Find, Page, Write,
        feed::{Changes, Since},
    },
    events::Events,
};

/// See the module above.
pub struct GuardedDocuments {
    store: Arc<dyn Documents>,
    bulkheads: Bulkheads,
    /// Absent for a store on this machine: it goes when we go.
    memory: Option<Memories>,
    /// Who is told of writes that have a number.
    events: Option<Events>,
}

struct Memories {
    single: StaleCache<Option<Document>>,
    many: StaleCache<Vec<Document>>,
    pages: StaleCache<Page>,
}

impl GuardedDocuments {
    /// `remembers`: for a store elsewhere.
    pub fn new(store: Arc<dyn Documents>, remembers: bool) -> Self {
        let memories = || Memories {
            single: StaleCache::new(|found: &Option<Document>| found.as_ref().map_or(0, weight)),
            many: StaleCache::new(|found: &Vec<Document>| found.iter().map(weight).sum()),
            pages: StaleCache::new(|page: &Page| page.documents.iter().map(weight).sum()),
        };
        Self { store, bulkheads: Bulkheads::new("documents"), memory: remembers.then(memories), events: None }
    }

    /// The same, which tells whoever follows a collection's feed that something in it was written.
    #[must_use]
    pub fn telling(mut self, events: Events) -> Self {
        self.events = Some(events);
        self
    }

    /// Tells of a write that succeeded, or may have: whoever follows looks for themselves.
    fn tell(&self, collection: &Collection) {
        if let (Some(events), Some(feed)) = (&self.events, collection.feed) {
            events.wrote(feed);
        }
    }
}

#[async_trait]
impl Documents for GuardedDocuments {
    async fn get(&self, collection: &Collection, id: &str) -> Result<Option<Document>, StoreError> {
        let reading = self.bulkheads.reads.pass(READ, self.store.get(collection, id));
        match &self.memory {
            None => reading.await,
            Some(memory) => {
                let begun = memory.single.begin();
                memory.single.stale_if_error(&name(collection, id), begun, reading.await)
            }
        }
    }

    async fn get_text(&self, collection: &Collection, id: &str) -> Result<Option<String>, StoreError> {
        match &self.memory {
            None => self.bulkheads.reads.pass(READ, self.store.get_text(collection, id)).await,
            // One memory for both forms.
            Some(_) => Ok(self.get(collection, id).await?.map(|document| document.body.to_string())),
        }
    }

    async fn get_many(&self, collection: &Collection, ids: &[String]) -> Result<Vec<Document>, StoreError> {
        let reading = self.bulkheads.reads.pass(READ, self.store.get_many(collection, ids));
        match &self.memory {
            None => reading.await,
            Some(memory) => {
                let begun = memory.many.begin();
                memory.many.stale_if_error(&format!("{} {ids:?}", collection.name), begun, reading.await)
            }
        }
    }

    async fn put(&self, collection: &Collection, write: Write) -> Result<u64, StoreError> {
        let written = self.memory.as_ref().map(|memory| (memory, name(collection, &write.id)));
        let outcome = self.bulkheads.writes.pass(WRITE, self.store.put(collection, write)).await;
        self.tell(collection);
        if let (Some((memory, name)), Ok(_)) = (written, &outcome) {
            memory.single.forget(&name);
        }
        outcome
    }

    async fn place(&self, collection: &Collection, document: Document) -> Result<(), StoreError> {
        let written = self.memory.as_ref().map(|memory| (memory, name(collection, &document.id)));
        let outcome = self.bulkheads.writes.pass(WRITE, self.store.place(collection, document)).await;
        self.tell(collection);
        if let Some((memory, name)) = written {
            memory.single.forget(&name);
        }
        outcome
    }

    /// Never from memory either.
    async fn collections(&self) -> Result<Vec<String>, StoreError> {
        self.bulkheads.reads.pass(BULK, self.store.collections()).await
    }

    async fn put_many(&self, collection: &Collection, writes: Vec<Write>) -> Result<Vec<Result<u64, StoreError>>, StoreError> {
        let names: Vec<String> = match &self.memory {
            Some(_) => writes.iter().map(|write| name(collection, &write.id)).collect(),
            None => Vec::new(),
        };
        let outcome = self.bulkheads.writes.pass(BULK, self.store.put_many(collection, writes)).await;
        self.tell(collection);
        if let (Some(memory), Ok(_)) = (&self.memory, &outcome) {
            names.iter().for_each(|name| memory.single.forget(name));
        }
        outcome
    }

    async fn delete(&self, collection: &Collection, id: &str, expect: Expect) -> Result<bool, StoreError> {
        let outcome = self.bulkheads.writes.pass(WRITE, self.store.delete(collection, id, expect)).await;
        self.tell(collection);
        if let (Some(memory), Ok(_)) = (&self.memory, &outcome) {
            memory.single.forget(&name(collection, id));
        }
        outcome
    }

    async fn find(&self, collection: &Collection, find: Find<'_>) -> Result<Page, StoreError> {
        match &self.memory {
            None => self.bulkheads.reads.pass(READ, self.store.find(collection, find)).await,
            Some(memory) => {
                let question = format!("{} {find:?}", collection.name);
                let begun = memory.pages.begin();
                memory.pages.stale_if_error(
                    &question,
                    begun,
                    self.bulkheads.reads.pass(READ, self.store.find(collection, find)).await,
                )
            }
        }
    }

    /// Never from memory: what is rebuilt from it has to be whole.
    async fn list(&self, collection: &Collection, after: Option<&str>, limit: u32) -> Result<Page, StoreError> {
        self.bulkheads.reads.pass(BULK, self.store.list(collection, after, limit)).await
    }

    async fn count(&self, collection: &Collection) -> Result<u64, StoreError> {
        self.bulkheads.reads.pass(BULK, self.store.count(collection)).await
    }

    async fn count_found(&self, collection: &Collection, find: Find<'_>) -> Result<u64, StoreError> {
        self.bulkheads.reads.pass(READ, self.store.count_found(collection, find)).await
    }

    /// Never from memory: a reader that was told an old part of the feed would take it for the newest.
    async fn changes(&self, collection: &Collection, since: Since<'_>, limit: u32) -> Result<Option<Changes>, StoreError> {
        self.bulkheads.reads.pass(BULK, self.store.changes(collection, since, limit)).await
    }

    async fn trim(&self, collection: &Collection, through: u64) -> Result<(), StoreError> {
        self.bulkheads.writes.pass(BULK, self.store.trim(collection, through)).await
    }
}

fn name(collection: &Collection, id: &str) -> String {
    format!("{} {id}", collection.name)
}

/// About how many bytes a document takes in memory.
fn weight(document: &Document) -> usize {
    document.id.len() + 64 + value_weight(&document.body)
}

fn value_weight(value: &Value) -> usize {
    let inside = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(value_weight).sum(),
        Value::Object(fields) => fields.iter().map(|(name, value)| name.len() + 48 + value_weight(value)).sum(),
    };
    inside + std::mem::size_of::<Value>()
}
