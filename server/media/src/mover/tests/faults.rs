//! Stores that refuse one chosen operation, end the process after it, or wait there while somebody else does something.
//!
//! Must never change what an operation does, but for the one that is chosen.

use std::{
    fmt,
    ops::Range,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{FutureExt, StreamExt, TryStreamExt, future::pending, stream, stream::BoxStream};
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions,
    PutPayload, PutResult, UploadPart, path::Path,
};
use storage::{
    StoreError,
    documents::{
        Collection, Document, Documents, Find, Page, Write,
        feed::{Changes, Since},
    },
    keyvalue::{Entry, Expect, KeyValue},
};
use tokio::sync::Notify;

/// What befalls an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is refused, and nothing is done.
    Refused,
    /// It is done, and nobody hears of it: the process ends.
    Ends,
    /// It waits for [`Faults::go_on`].
    Waits,
}

/// Chooses the operation. Cheap to clone.
#[derive(Clone, Default)]
pub struct Faults(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// Which operation from now on, the first being 1.
    armed: Mutex<Option<(u32, Fault)>>,
    count: AtomicU32,
    has_ended: AtomicBool,
    reached: Notify,
    resumed: Notify,
    /// The end of a key that is written with another byte in it, once.
    corrupted: Mutex<Option<&'static str>>,
    refused: Mutex<Option<&'static str>>,
    /// The end of a key for which there is no room.
    filled: Mutex<Option<&'static str>>,
    puts: Mutex<Vec<String>>,
}

impl Faults {
    pub fn arm(&self, nth: u32, fault: Fault) {
        *self.0.armed.lock().unwrap() = Some((self.0.count.load(SeqCst) + nth, fault));
    }

    /// Whether the chosen operation was reached.
    pub fn disarm(&self) -> bool {
        self.0.armed.lock().unwrap().take().is_none()
    }

    pub fn corrupt(&self, end: &'static str) {
        *self.0.corrupted.lock().unwrap() = Some(end);
    }

    /// Refuses to store what ends like this, once.
    pub fn refuse(&self, end: &'static str) {
        *self.0.refused.lock().unwrap() = Some(end);
    }

    /// Has no room for what ends like this.
    pub fn fill(&self, end: &'static str) {
        *self.0.filled.lock().unwrap() = Some(end);
    }

    /// The keys of all objects that were put, each as often as it was.
    pub fn puts(&self) -> Vec<String> {
        self.0.puts.lock().unwrap().clone()
    }

    /// Resolves once the chosen operation is reached.
    pub async fn reached(&self) {
        self.0.reached.notified().await;
    }

    pub fn go_on(&self) {
        self.0.resumed.notify_one();
    }

    async fn pass<T, E: From<StoreError>>(&self, operation: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        match self.next() {
            _ if self.0.has_ended.load(SeqCst) => pending().await,
            None => operation.await,
            Some(Fault::Refused) => Err(StoreError::Unavailable { reason: "chosen by the test".to_owned() }.into()),
            Some(Fault::Ends) => {
                let _ = operation.await;
                self.0.has_ended.store(true, SeqCst);
                self.0.reached.notify_one();
                pending().await
            }
            Some(Fault::Waits) => {
                self.0.reached.notify_one();
                self.0.resumed.notified().await;
                operation.await
            }
        }
    }

    async fn pass_object<T>(&self, operation: impl Future<Output = object_store::Result<T>>) -> object_store::Result<T> {
        let passed = self.pass(async { operation.await.map_err(Failed::Objects) });
        passed.await.map_err(|failed| match failed {
            Failed::Objects(error) => error,
            Failed::Chosen(error) => object_store::Error::Generic { store: "test", source: error.into() },
        })
    }

    fn next(&self) -> Option<Fault> {
        let now = self.0.count.fetch_add(1, SeqCst) + 1;
        let mut armed = self.0.armed.lock().unwrap();
        let (at, fault) = (*armed)?;
        if now != at {
            return None;
        }
        *armed = None;
        Some(fault)
    }
}

enum Failed {
    Objects(object_store::Error),
    Chosen(StoreError),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Chosen(error)
    }
}

pub struct FaultyDocuments(pub Arc<dyn Documents>, pub Faults);

#[async_trait]
impl Documents for FaultyDocuments {
    async fn get(&self, collection: &Collection, id: &str) -> Result<Option<Document>, StoreError> {
        self.1.pass(self.0.get(collection, id)).await
    }

    async fn get_many(&self, collection: &Collection, ids: &[String]) -> Result<Vec<Document>, StoreError> {
        self.1.pass(self.0.get_many(collection, ids)).await
    }

    async fn put(&self, collection: &Collection, write: Write) -> Result<u64, StoreError> {
        self.1.pass(self.0.put(collection, write)).await
    }

    async fn place(&self, collection: &Collection, document: Document) -> Result<(), StoreError> {
        self.1.pass(self.0.place(collection, document)).await
    }

    async fn collections(&self) -> Result<Vec<String>, StoreError> {
        self.0.collections().await
    }

    async fn put_many(&self, collection: &Collection, writes: Vec<Write>) -> Result<Vec<Result<u64, StoreError>>, StoreError> {
        self.1.pass(self.0.put_many(collection, writes)).await
    }

    async fn delete(&self, collection: &Collection, id: &str, expect: Expect) -> Result<bool, StoreError> {
        self.1.pass(self.0.delete(collection, id, expect)).await
    }

    async fn find(&self, collection: &Collection, find: Find<'_>) -> Result<Page, StoreError> {
        self.1.pass(self.0.find(collection, find)).await
    }

    async fn list(&self, collection: &Collection, after: Option<&str>, limit: u32) -> Result<Page, StoreError> {
        self.1.pass(self.0.list(collection, after, limit)).await
    }

    async fn count(&self, collection: &Collection) -> Result<u64, StoreError> {
        self.0.count(collection).await
    }

    async fn count_found(&self, collection: &Collection, find: Find<'_>) -> Result<u64, StoreError> {
        self.0.count_found(collection, find).await
    }

    async fn changes(&self, collection: &Collection, since: Since<'_>, limit: u32) -> Result<Option<Changes>, StoreError> {
        self.0.changes(collection, since, limit).await
    }

    async fn trim(&self, collection: &Collection, through: u64) -> Result<(), StoreError> {
        self.0.trim(collection, through).await
    }
}

pub struct FaultyEntries(pub Arc<dyn KeyValue>, pub Faults);

#[async_trait]
impl KeyValue for FaultyEntries {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        self.1.pass(self.0.get(key)).await
    }

    async fn get_expiring(&self, key: &str) -> Result<Option<(Entry, Option<Duration>)>, StoreError> {
        self.0.get_expiring(key).await
    }

    async fn put(&self, key: &str, value: Bytes, expect: Expect, ttl: Option<Duration>) -> Result<u64, StoreError> {
        self.1.pass(self.0.put(key, value, expect, ttl)).await
    }

    async fn delete(&self, key: &str, expect: Expect) -> Result<bool, StoreError> {
        self.1.pass(self.0.delete(key, expect)).await
    }

    async fn scan(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<(String, Entry)>, StoreError> {
        self.0.scan(prefix, after, limit).await
    }
}

pub struct FaultyObjects(pub Arc<dyn ObjectStore>, pub Faults);

impl fmt::Debug for FaultyObjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FaultyObjects({})", self.0)
    }
}

impl fmt::Display for FaultyObjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FaultyObjects({})", self.0)
    }
}

#[async_trait]
impl ObjectStore for FaultyObjects {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> object_store::Result<PutResult> {
        let is = |chosen: &Mutex<Option<&'static str>>| {
            chosen.lock().unwrap().take_if(|end| location.as_ref().ends_with(*end)).is_some()
        };
        if is(&self.1.0.refused) {
            return Err(object_store::Error::Generic { store: "test", source: "full".into() });
        }
        if self.1.0.filled.lock().unwrap().is_some_and(|end| location.as_ref().ends_with(end)) {
            let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
            return Err(object_store::Error::Generic { store: "test", source: full.into() });
        }
        self.1.0.puts.lock().unwrap().push(location.to_string());
        let payload = if is(&self.1.0.corrupted) { corrupted(payload) } else { payload };
        self.1.pass_object(self.0.put_opts(location, payload, options)).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.1.0.puts.lock().unwrap().push(location.to_string());
        let upload = self.1.pass_object(self.0.put_multipart_opts(location, options)).await?;
        Ok(Box::new(FaultyUpload(upload, self.1.clone())))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        self.1.pass_object(self.0.get_opts(location, options)).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> object_store::Result<Vec<Bytes>> {
        self.1.pass_object(self.0.get_ranges(location, ranges)).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        let (inner, faults) = (Arc::clone(&self.0), self.1.clone());
        let passed = async move { faults.pass_object(async { Ok(inner.delete_stream(locations)) }).await };
        stream::once(passed).try_flatten().boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        let (listed, faults) = (self.0.list(prefix), self.1.clone());
        stream::once(async move { faults.pass_object(async { Ok(listed) }).await }).try_flatten().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.0.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> object_store::Result<()> {
        self.0.copy_opts(from, to, options).await
    }
}

fn corrupted(payload: PutPayload) -> PutPayload {
    let mut bytes = Bytes::from(payload).to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    bytes.into()
}

#[derive(Debug)]
struct FaultyUpload(Box<dyn MultipartUpload>, Faults);

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faults")
    }
}

#[async_trait]
impl MultipartUpload for FaultyUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (part, faults) = (self.0.put_part(data), self.1.clone());
        async move { faults.pass_object(part).await }.boxed()
    }

    async fn complete(&mut self) -> object_store::Result<PutResult> {
        self.1.pass_object(self.0.complete()).await
    }

    async fn abort(&mut self) -> object_store::Result<()> {
        self.1.pass_object(self.0.abort()).await
    }
}
