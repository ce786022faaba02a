//! Keeps the index at the documents' heels: at the start from where it stood, then with every change.
//!
//! What was written is found by its change number. Two processes may write out of order, so the follower
//! reads a while back and knows what it has seen there. Must never index from an event's payload alone.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use contract::ids::TitleId;
use tokio::{sync::broadcast::error::RecvError, task::JoinError};

use super::CatalogIndex;
use crate::{
    services::catalog::{
        ingest,
        record::{CHANGES, TITLES, TitleRecord},
    },
    storage::{
        StoreError,
        documents::{Direction, Documents, Find},
        events::{Change, Events},
        search::{Put, SearchError},
    },
};

/// How far back it reads, in change numbers, which are microseconds: longer than any write takes.
const LOOK_BACK: u64 = 30_000_000;
/// Documents that one commit makes visible.
const COMMIT: u32 = 500;
/// A burst of events is waited for this long before it is read.
const GATHER: Duration = Duration::from_millis(20);
/// After this long without a change the writer is put away.
const IDLE: Duration = Duration::from_secs(3);
/// After a failure it tries again as often as this.
const RETRY: Duration = Duration::from_secs(2);

/// Why the index could not follow.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Search(#[from] SearchError),
    #[error("indexing stopped: {0}")]
    Task(#[from] JoinError),
}

/// Follows the documents of one store.
pub struct Follower {
    index: Arc<CatalogIndex>,
    documents: Arc<dyn Documents>,
    events: Events,
    /// The highest change number that is indexed.
    position: u64,
    /// Versions that are indexed already, of what is younger than [`LOOK_BACK`].
    seen: HashMap<String, (u64, u64)>,
}

impl Follower {
    /// Stands where the index stood when it was closed.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn new(index: Arc<CatalogIndex>, documents: Arc<dyn Documents>, events: Events) -> Result<Self, FollowError> {
        let position = index.index.position()?;
        Ok(Self { index, documents, events, position, seen: HashMap::new() })
    }

    /// Indexes everything that changed; how many titles that were.
    ///
    /// # Errors
    /// [`FollowError`]; what was indexed before the failure stays.
    pub async fn catch_up(&mut self) -> Result<usize, FollowError> {
        let from = self.position.saturating_sub(LOOK_BACK);
        let mut after: Option<String> = None;
        let mut indexed = 0;
        loop {
            let find = Find {
                index: CHANGES,
                equals: Vec::new(),
                from: Some(from.into()),
                direction: Direction::Ascending,
                after: after.as_deref(),
                limit: COMMIT,
            };
            let page = self.documents.find(&TITLES, find).await?;
            let mut puts = Vec::with_capacity(page.documents.len());
            let mut position = self.position;
            for document in &page.documents {
                // One record that cannot be read must not keep the others out of the index.
                match ingest::read(document) {
                    Ok(record) => {
                        position = position.max(record.change);
                        puts.extend(self.unseen(&document.id, document.version, &record));
                    }
                    Err(error) => tracing::error!(%error, "a title is left out of the search index"),
                }
            }
            indexed += puts.len();
            if !puts.is_empty() {
                let index = Arc::clone(&self.index);
                tokio::task::spawn_blocking(move || index.apply(puts, position)).await??;
                self.events.publish(Change::CatalogueVisible);
            }
            self.position = position;
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        let oldest = self.position.saturating_sub(LOOK_BACK);
        self.seen.retain(|_, (_, change)| *change >= oldest);
        Ok(indexed)
    }

    fn unseen(&mut self, id: &str, version: u64, record: &TitleRecord) -> Option<Put> {
        if self.seen.get(id).is_some_and(|(seen, _)| *seen >= version) {
            return None;
        }
        let title: TitleId = id.parse().ok()?;
        let put = self.index.fields().document(&title, record).ok()?;
        self.seen.insert(id.to_owned(), (version, record.change));
        Some(put)
    }

    /// Begins from nothing where the index has lost titles, or never had them.
    async fn recount(&mut self) -> Result<(), FollowError> {
        self.catch_up().await?;
        if self.documents.count(&TITLES).await? != self.index.count() {
            tracing::info!("the search index and the titles differ in number: all are indexed again");
            self.position = 0;
            self.seen.clear();
            self.catch_up().await?;
        }
        Ok(())
    }

    /// Follows until the change feed ends.
    pub async fn run(mut self) {
        let mut feed = self.events.listen();
        if let Err(error) = self.recount().await {
            tracing::error!(%error, "the search index is behind");
            self.seen.clear();
        }
        let mut awake = true;
        loop {
            let begun = Instant::now();
            match self.catch_up().await {
                Ok(0) => {}
                Ok(titles) => {
                    awake = true;
                    tracing::debug!(titles, took = ?begun.elapsed(), "indexed");
                }
                Err(error) => {
                    tracing::error!(%error, "the search index is behind");
                    // Nothing that failed to be written counts as seen.
                    self.seen.clear();
                    tokio::time::sleep(RETRY).await;
                    continue;
                }
            }
            loop {
                match tokio::time::timeout(if awake { IDLE } else { Duration::MAX }, feed.recv()).await {
                    Err(_) => {
                        awake = false;
                        self.rest().await;
                    }
                    Ok(Err(RecvError::Closed)) => return,
                    Ok(Err(RecvError::Lagged(_)) | Ok(Change::Titles(_) | Change::Elsewhere)) => break,
                    Ok(Ok(Change::CatalogueVisible | Change::Guests)) => {}
                }
            }
            tokio::time::sleep(GATHER).await;
            // What came meanwhile is read in one go.
            while feed.try_recv().is_ok() {}
        }
    }

    async fn rest(&self) {
        let index = Arc::clone(&self.index);
        match tokio::task::spawn_blocking(move || index.index.rest()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the search index cannot be tidied"),
            Err(error) => tracing::warn!(%error, "the search index cannot be tidied"),
        }
    }
}
