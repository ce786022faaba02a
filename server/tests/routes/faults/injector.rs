//! Stores that fail, lose their answer, or never answer, at one chosen operation.
//!
//! Everything that the services ask of documents, entries and the vault passes here and is counted. Must never change what
//! an operation does, but for the one that is chosen.

use std::{
    future::Future,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use axum::body::Bytes;
use runtime::supervise;
use storage::{
    StoreError, StoreLayer, Stores,
    documents::{
        Collection, Document, Documents, Find, Page, Write,
        feed::{Changes, Since},
    },
    keyvalue::{Entry, Expect, KeyValue},
};
use tokio::sync::Notify;

/// The indexes that the server's own work is found by, in its own time: no operation of a viewer's is counted by it.
const OUTBOXES: [&str; 3] = ["by_pending", "by_due", "by_guest_updated"];
/// Which node looks after what guests leave.
const SWEEPS: &str = "identity/guests-";
/// The work beside requests that ends what a request began. All other has a time of its own.
const FINISHES: [&str; 4] = ["deleted_titles", "profiles", "media", "start"];

/// What befalls an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is refused, and nothing is done.
    Refused,
    /// It is done, and its answer is lost.
    AnswerLost,
    /// It is done, and nobody hears of it again: the process ends after it, which is before the next one.
    Ends,
}

impl Fault {
    pub const ALL: [Self; 3] = [Self::Refused, Self::AnswerLost, Self::Ends];

    /// Whether the process is at its end with it.
    pub fn ends_the_process(self) -> bool {
        match self {
            Self::Refused | Self::AnswerLost => false,
            Self::Ends => true,
        }
    }
}

/// Which operation is next to fail, counted from 1.
#[derive(Debug)]
struct Armed {
    fault: Fault,
    left: u32,
}

/// Chooses the operation. Cheap to clone.
#[derive(Clone, Default)]
pub struct Injector(Arc<Inner>);

#[derive(Default)]
struct Inner {
    armed: Mutex<Option<Armed>>,
    hit: Mutex<Option<String>>,
    /// Every operation stands still from now on: the process is gone.
    ended: std::sync::atomic::AtomicBool,
    stopped: Notify,
}

impl Injector {
    /// The `nth` operation from now on fails, the first being 1.
    pub fn arm(&self, nth: u32, fault: Fault) {
        *self.0.hit.lock().unwrap() = None;
        *self.0.armed.lock().unwrap() = Some(Armed { fault, left: nth });
    }

    /// No operation fails any more; which one did, if any was reached.
    pub fn disarm(&self) -> Option<String> {
        *self.0.armed.lock().unwrap() = None;
        self.0.hit.lock().unwrap().take()
    }

    /// Resolves once the process has come to its end.
    pub async fn stopped(&self) {
        self.0.stopped.notified().await;
    }

    async fn pass<T>(
        &self,
        what: impl FnOnce() -> String,
        operation: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        if self.0.ended.load(std::sync::atomic::Ordering::SeqCst) {
            return std::future::pending().await;
        }
        if supervise::current().is_some_and(|name| !FINISHES.contains(&name)) {
            return operation.await;
        }
        let Some(fault) = self.next(what) else { return operation.await };
        match fault {
            Fault::Refused => Err(unavailable()),
            Fault::AnswerLost => {
                operation.await?;
                Err(unavailable())
            }
            Fault::Ends => {
                let _ = operation.await;
                self.end().await
            }
        }
    }

    fn next(&self, what: impl FnOnce() -> String) -> Option<Fault> {
        let mut armed = self.0.armed.lock().unwrap();
        let chosen = armed.as_mut()?;
        chosen.left -= 1;
        if chosen.left > 0 {
            return None;
        }
        let fault = chosen.fault;
        *armed = None;
        *self.0.hit.lock().unwrap() = Some(what());
        Some(fault)
    }

    async fn end<T>(&self) -> Result<T, StoreError> {
        self.0.ended.store(true, std::sync::atomic::Ordering::SeqCst);
        self.0.stopped.notify_one();
        std::future::pending().await
    }
}

fn unavailable() -> StoreError {
    StoreError::Unavailable { reason: "chosen by the test".to_owned() }
}

impl StoreLayer for Injector {
    fn stores(&self, stores: Stores) -> Stores {
        Stores {
            documents: Arc::new(FailingDocuments { inner: stores.documents, injector: self.clone() }),
            keyvalue: Arc::new(FailingEntries { name: "entries", inner: stores.keyvalue, injector: self.clone() }),
            objects: stores.objects,
            flat_objects: stores.flat_objects,
        }
    }

    fn vault(&self, store: Arc<dyn KeyValue>) -> Arc<dyn KeyValue> {
        Arc::new(FailingEntries { name: "vault", inner: store, injector: self.clone() })
    }
}

struct FailingDocuments {
    inner: Arc<dyn Documents>,
    injector: Injector,
}

#[async_trait]
impl Documents for FailingDocuments {
    async fn get(&self, collection: &Collection, id: &str) -> Result<Option<Document>, StoreError> {
        self.injector.pass(|| format!("get {}/{id}", collection.name), self.inner.get(collection, id)).await
    }

    async fn get_many(&self, collection: &Collection, ids: &[String]) -> Result<Vec<Document>, StoreError> {
        self.injector.pass(|| format!("get many of {}", collection.name), self.inner.get_many(collection, ids)).await
    }

    async fn put(&self, collection: &Collection, write: Write) -> Result<u64, StoreError> {
        let what = format!("put {}/{}", collection.name, write.id);
        self.injector.pass(|| what, self.inner.put(collection, write)).await
    }

    async fn place(&self, collection: &Collection, document: Document) -> Result<(), StoreError> {
        self.injector.pass(|| format!("place in {}", collection.name), self.inner.place(collection, document)).await
    }

    async fn collections(&self) -> Result<Vec<String>, StoreError> {
        self.injector.pass(|| "collections".to_owned(), self.inner.collections()).await
    }

    async fn put_many(&self, collection: &Collection, writes: Vec<Write>) -> Result<Vec<Result<u64, StoreError>>, StoreError> {
        self.injector.pass(|| format!("put many into {}", collection.name), self.inner.put_many(collection, writes)).await
    }

    async fn delete(&self, collection: &Collection, id: &str, expect: Expect) -> Result<bool, StoreError> {
        self.injector.pass(|| format!("delete {}/{id}", collection.name), self.inner.delete(collection, id, expect)).await
    }

    async fn find(&self, collection: &Collection, find: Find<'_>) -> Result<Page, StoreError> {
        if OUTBOXES.contains(&find.index) {
            return self.inner.find(collection, find).await;
        }
        self.injector.pass(|| format!("find in {}", collection.name), self.inner.find(collection, find)).await
    }

    async fn list(&self, collection: &Collection, after: Option<&str>, limit: u32) -> Result<Page, StoreError> {
        // So is what the first start looks for that guests of an older build left, and how large films are.
        if matches!(&*collection.name, "progress" | "snapshots" | "placements") {
            return self.inner.list(collection, after, limit).await;
        }
        self.injector.pass(|| format!("list {}", collection.name), self.inner.list(collection, after, limit)).await
    }

    async fn count(&self, collection: &Collection) -> Result<u64, StoreError> {
        self.injector.pass(|| format!("count {}", collection.name), self.inner.count(collection)).await
    }

    async fn count_found(&self, collection: &Collection, find: Find<'_>) -> Result<u64, StoreError> {
        self.injector.pass(|| format!("count in {}", collection.name), self.inner.count_found(collection, find)).await
    }

    /// The index follows the titles in its own time: no operation of a viewer's is counted by it.
    async fn changes(&self, collection: &Collection, since: Since<'_>, limit: u32) -> Result<Option<Changes>, StoreError> {
        self.inner.changes(collection, since, limit).await
    }

    async fn trim(&self, collection: &Collection, through: u64) -> Result<(), StoreError> {
        self.inner.trim(collection, through).await
    }
}

struct FailingEntries {
    name: &'static str,
    inner: Arc<dyn KeyValue>,
    injector: Injector,
}

#[async_trait]
impl KeyValue for FailingEntries {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        if key.starts_with(SWEEPS) {
            return self.inner.get(key).await;
        }
        self.injector.pass(|| format!("{}: get {key}", self.name), self.inner.get(key)).await
    }

    async fn get_expiring(&self, key: &str) -> Result<Option<(Entry, Option<Duration>)>, StoreError> {
        self.injector.pass(|| format!("{}: get {key}", self.name), self.inner.get_expiring(key)).await
    }

    async fn put(&self, key: &str, value: Bytes, expect: Expect, ttl: Option<Duration>) -> Result<u64, StoreError> {
        if key.starts_with(SWEEPS) {
            return self.inner.put(key, value, expect, ttl).await;
        }
        self.injector.pass(|| format!("{}: put {key}", self.name), self.inner.put(key, value, expect, ttl)).await
    }

    async fn delete(&self, key: &str, expect: Expect) -> Result<bool, StoreError> {
        self.injector.pass(|| format!("{}: delete {key}", self.name), self.inner.delete(key, expect)).await
    }

    async fn scan(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<(String, Entry)>, StoreError> {
        self.injector.pass(|| format!("{}: scan {prefix}", self.name), self.inner.scan(prefix, after, limit)).await
    }
}
