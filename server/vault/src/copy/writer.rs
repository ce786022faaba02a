//! The task that copies: whatever waits becomes one object.
//!
//! Where the copy does not answer, what waits is tried again, with pauses; what finds the queue full is found in the
//! outbox later. An account's key is there before its records. Must never delete or overwrite in the copy, nor copy what
//! does not open: garbage in the live store stays there.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use moka::sync::Cache;
use object_store::path::Path;
use runtime::supervise::Tasks;
use storage::{
    StoreError,
    keyvalue::{Expect, KeyValue, SCAN_LIMIT},
};
use tokio::{
    sync::{Mutex, mpsc, oneshot},
    time::{sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    Copy, Link, failed, lay_out,
    outbox::{Intent, Outbox},
};
use crate::{RECORDS, keys::AccountKeys, now_millis, record::RecordKey, records::Records};

/// Changes of one object at most.
const BATCH: usize = 512;
/// Changes that wait in memory at most.
const QUEUE: usize = 2048;
/// How long a change waits for its copy before it is acknowledged without.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long one object may take.
const REQUEST: Duration = Duration::from_secs(10);
/// Between two tries, at first and at most.
const PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How often the outbox is looked into.
const SWEEP: Duration = Duration::from_secs(5);
/// An intent of this age was left behind by somebody.
const LEFT_BEHIND_MILLIS: u64 = 5_000;
/// Keys that are known to be in the copy.
const KNOWN: u64 = 100_000;
/// Where the log's end was seen last. A hint: whoever changes it makes the search longer.
const HINT: &str = "copy/end";

/// A change that is in the store.
pub struct Change {
    pub record: RecordKey,
    pub envelope: Bytes,
    pub intent: Intent,
}

struct Queued {
    change: Change,
    done: oneshot::Sender<()>,
}

/// The copy, from the side of those who change something.
pub struct Copier {
    queue: mpsc::Sender<Queued>,
    _task: AbortOnDropHandle<()>,
}

impl Copier {
    /// Starts the task.
    pub fn start(copy: Copy, store: Arc<dyn KeyValue>, keys: Arc<AccountKeys>, tasks: &Tasks) -> Self {
        let (queue, queued) = mpsc::channel(QUEUE);
        let queued = Arc::new(Mutex::new(queued));
        // What a panic takes with it is in the outbox, and found there when the work begins again.
        let work = tasks.supervise("vault_copier", move || {
            let (copy, store, keys) = (copy.clone(), Arc::clone(&store), Arc::clone(&keys));
            let records = Records::new(Arc::clone(&store), Arc::clone(&keys));
            let outbox = Outbox::new(Arc::clone(&store));
            let task = Task { copy, store, keys, records, outbox, end: None, known: Cache::new(KNOWN) };
            let queued = Arc::clone(&queued);
            async move {
                task.run(&mut *queued.lock().await).await;
                Ok(())
            }
        });
        Self { queue, _task: AbortOnDropHandle::new(tokio::spawn(work)) }
    }

    /// Waits until the change is in the copy, or for two seconds; whether it is there.
    pub async fn copied(&self, change: Change) -> bool {
        let (done, told) = oneshot::channel();
        if self.queue.try_send(Queued { change, done }).is_err() {
            return false;
        }
        matches!(timeout(PATIENCE, told).await, Ok(Ok(())))
    }
}

struct Task {
    copy: Copy,
    store: Arc<dyn KeyValue>,
    keys: Arc<AccountKeys>,
    records: Records,
    outbox: Outbox,
    /// The log's last object.
    end: Option<Link>,
    known: Cache<Path, ()>,
}

impl Task {
    async fn run(mut self, queued: &mut mpsc::Receiver<Queued>) {
        self.insist(Chore::Begin).await;
        let mut swept = Instant::now();
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            match timeout(SWEEP, queued.recv_many(&mut batch, BATCH)).await {
                Ok(0) => return,
                Ok(_) => {
                    let changes: Vec<_> = batch.iter().map(|Queued { change, .. }| written(change)).collect();
                    self.write(changes).await;
                    let mut intents = Vec::with_capacity(batch.len());
                    for Queued { change, done } in batch.drain(..) {
                        // Whoever waited longer than two seconds has gone.
                        let _ = done.send(());
                        intents.push(change.intent);
                    }
                    self.outbox.end(intents).await;
                }
                // Nothing came.
                Err(_) => {}
            }
            if swept.elapsed() >= SWEEP {
                self.insist(Chore::Sweep).await;
                swept = Instant::now();
            }
        }
    }

    /// A copy that is empty gets everything: it was configured later than the vault was filled.
    async fn begin(&mut self) -> Result<(), StoreError> {
        if self.find_end().await?.number > 0 {
            return self.sweep().await;
        }
        let mut after: Option<String> = None;
        loop {
            let page = self.store.scan(RECORDS, after.as_deref(), SCAN_LIMIT).await?;
            let Some((last, _)) = page.last() else { return self.sweep().await };
            after = Some(last.clone());
            let mut changes = Vec::with_capacity(page.len());
            for (key, _) in page {
                if let Some(record) = key.strip_prefix(RECORDS).and_then(RecordKey::parse) {
                    changes.extend(self.current(&record).await?);
                }
            }
            for part in changes.chunks(BATCH) {
                self.write(part.to_vec()).await;
            }
        }
    }

    /// Copies what was left behind: by a process that was killed, or where the queue was full.
    async fn sweep(&mut self) -> Result<(), StoreError> {
        loop {
            let left = self.outbox.left_behind(LEFT_BEHIND_MILLIS).await?;
            if left.is_empty() {
                return Ok(());
            }
            for part in left.chunks(BATCH) {
                let mut changes = Vec::new();
                let records: HashSet<_> = part.iter().filter_map(|(_, record)| record.clone()).collect();
                for record in records {
                    changes.extend(self.current(&record).await?);
                }
                self.write(changes).await;
                self.outbox.end(part.iter().map(|(intent, _)| intent.clone())).await;
            }
        }
    }

    /// What a record holds now, where it opens.
    async fn current(&self, record: &RecordKey) -> Result<Option<(String, Bytes)>, StoreError> {
        match self.records.find(record).await {
            Ok(found) => Ok(found.map(|found| (record.to_string(), found.envelope))),
            Err(StoreError::Corrupt { key, reason }) => {
                tracing::error!(target: "vault", key, reason, "a record does not open: it is not copied");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Puts changes into the copy, however long it takes.
    async fn write(&mut self, changes: Vec<(String, Bytes)>) {
        if changes.is_empty() {
            return;
        }
        let mut pause = PAUSE;
        while let Err(error) = self.try_write(&changes).await {
            tracing::warn!(target: "vault", %error, changes = changes.len(), "the copy lags behind");
            // Somebody else may have written meanwhile, or this very object may be there.
            self.end = None;
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn try_write(&mut self, changes: &[(String, Bytes)]) -> Result<(), StoreError> {
        let accounts: HashSet<&str> = changes.iter().filter_map(|(record, _)| record.split('/').next()).collect();
        for account in accounts {
            self.copy_key(account).await?;
        }
        loop {
            let end = self.find_end().await?;
            let bytes =
                lay_out(&end, now_millis(), changes).map_err(|error| StoreError::Invalid { reason: error.to_string() })?;
            let link = Link::of(end.number + 1, &bytes);
            if within(self.copy.add(link.number, bytes)).await? {
                self.remember(link).await;
                return Ok(());
            }
            // Another node was faster: its object is the end now.
            self.end = None;
        }
    }

    /// The account's key, as it is wrapped now. Where it was destroyed meanwhile, its changes are noise.
    async fn copy_key(&self, account: &str) -> Result<(), StoreError> {
        let Some(wrapped) = self.keys.wrapped(account).await? else { return Ok(()) };
        let path = Copy::key_path(account, &wrapped);
        if !self.known.contains_key(&path) {
            within(self.copy.add_key(&path, wrapped)).await?;
            self.known.insert(path, ());
        }
        Ok(())
    }

    async fn find_end(&mut self) -> Result<Link, StoreError> {
        if let Some(end) = &self.end {
            return Ok(end.clone());
        }
        let hint = self.store.get(HINT).await?;
        let hint: Option<Link> = hint.and_then(|entry| serde_json::from_slice(&entry.value).ok());
        // What the hint says of an object is looked up: it may be of another copy.
        let mut number = match hint {
            Some(hint) if hint.number > 0 && within(self.copy.fetch(hint.number)).await?.is_some() => hint.number,
            Some(_) | None => within(self.copy.last_number(0)).await?.unwrap_or(0),
        };
        let mut end = match number {
            0 => Link::beginning(),
            _ => match within(self.copy.fetch(number)).await? {
                Some(bytes) => Link::of(number, &bytes),
                None => return Err(StoreError::Unavailable { reason: "the vault's copy loses objects".to_owned() }),
            },
        };
        while let Some(bytes) = within(self.copy.fetch(number + 1)).await? {
            number += 1;
            end = Link::of(number, &bytes);
        }
        self.end = Some(end.clone());
        Ok(end)
    }

    async fn remember(&mut self, end: Link) {
        match serde_json::to_vec(&end) {
            Ok(bytes) => {
                if let Err(error) = self.store.put(HINT, bytes.into(), Expect::Anything, None).await {
                    tracing::debug!(%error, "the copy's end is not remembered");
                }
            }
            Err(error) => tracing::debug!(%error, "the copy's end cannot be written down"),
        }
        self.end = Some(end);
    }

    /// Does something until it succeeds.
    async fn insist(&mut self, chore: Chore) {
        let mut pause = PAUSE;
        loop {
            let outcome = match chore {
                Chore::Begin => self.begin().await,
                Chore::Sweep => self.sweep().await,
            };
            let Err(error) = outcome else { return };
            tracing::warn!(target: "vault", %error, "the copy lags behind");
            self.end = None;
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

#[derive(Clone, Copy)]
enum Chore {
    Begin,
    Sweep,
}

fn written(change: &Change) -> (String, Bytes) {
    (change.record.to_string(), change.envelope.clone())
}

async fn within<T>(work: impl Future<Output = Result<T, object_store::Error>>) -> Result<T, StoreError> {
    match timeout(REQUEST, work).await {
        Ok(outcome) => outcome.map_err(|error| failed(&error)),
        Err(_) => Err(StoreError::Unavailable { reason: format!("the vault's copy: no answer within {} s", REQUEST.as_secs()) }),
    }
}
