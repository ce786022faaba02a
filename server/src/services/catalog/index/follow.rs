//! Keeps the index at the documents' heels: at the start from where it stood, then with every change.
//!
//! What was written is found by its change number. Two processes may write out of order, so the follower
//! reads a while back and knows what it has seen there. An index that is gone from the disk, has no room there or is another
//! version's is made anew beside the one that is searched, which goes on answering until the new one is whole. Must never
//! index from an event's payload alone.

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
        search::{Generation, Put, SearchError, Trouble},
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
/// How often it looks whether the index is still there.
const LOOK: Duration = Duration::from_secs(2);
/// How often an index is tried to be made on the disk, at first and at most.
const MOVE: Duration = Duration::from_secs(5);
const LONGEST_MOVE: Duration = Duration::from_secs(300);

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
    /// The index that it writes: the one that is searched, or one that is to replace it.
    target: Arc<Generation>,
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
        let target = index.index.current();
        let position = target.position()?;
        Ok(Self { index, target, documents, events, position, seen: HashMap::new() })
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
                let target = Arc::clone(&self.target);
                tokio::task::spawn_blocking(move || target.apply(puts, position)).await??;
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
        if self.documents.count(&TITLES).await? != self.target.count() {
            tracing::info!("the search index and the titles differ in number: all are indexed again");
            self.position = 0;
            self.seen.clear();
            self.catch_up().await?;
        }
        Ok(())
    }

    /// Another index in the folder, which nobody searches yet.
    async fn anew(&self) -> Result<Arc<Generation>, FollowError> {
        let index = Arc::clone(&self.index);
        Ok(tokio::task::spawn_blocking(move || index.index.anew()).await??)
    }

    /// Fills another index from the documents, and puts it in the place of the one that is searched.
    async fn renew(&mut self, target: Arc<Generation>) -> Result<(), FollowError> {
        let begun = Instant::now();
        self.position = target.position()?;
        self.target = target;
        self.seen.clear();
        let titles = self.catch_up().await?;
        let (index, target) = (Arc::clone(&self.index), Arc::clone(&self.target));
        tokio::task::spawn_blocking(move || index.index.replace_with(target)).await??;
        self.events.publish(Change::CatalogueVisible);
        tracing::info!(titles, took = ?begun.elapsed(), "the search index was made anew");
        Ok(())
    }

    /// Follows until the change feed ends.
    ///
    /// # Errors
    /// [`FollowError`]: what is indexed stays, and whoever begins again goes on from there.
    pub async fn run(mut self) -> Result<(), FollowError> {
        let mut feed = self.events.listen();
        let mut mover = Mover::default();
        self.look_after(&mut mover).await?;
        self.recount().await?;
        let mut awake = true;
        loop {
            self.look_after(&mut mover).await?;
            let begun = Instant::now();
            let titles = self.catch_up().await?;
            if titles > 0 {
                awake = true;
                tracing::debug!(titles, took = ?begun.elapsed(), "indexed");
            }
            loop {
                match tokio::time::timeout(if awake { IDLE } else { LOOK }, feed.recv()).await {
                    Err(_) => {
                        if std::mem::take(&mut awake) {
                            self.rest().await;
                        }
                        self.look_after(&mut mover).await?;
                    }
                    Ok(Err(RecvError::Closed)) => return Ok(()),
                    Ok(Err(RecvError::Lagged(_)) | Ok(Change::Titles(_) | Change::Elsewhere)) => break,
                    Ok(Ok(Change::CatalogueVisible | Change::Guests)) => {}
                }
            }
            tokio::time::sleep(GATHER).await;
            // What came meanwhile is read in one go.
            while feed.try_recv().is_ok() {}
        }
    }

    /// Makes the index anew where it is gone, and where it is in memory or another version's tries now and then to make one on
    /// the disk.
    async fn look_after(&mut self, mover: &mut Mover) -> Result<(), FollowError> {
        let index = Arc::clone(&self.index);
        match tokio::task::spawn_blocking(move || index.trouble()).await? {
            None => Ok(()),
            Some(trouble @ Trouble::Gone) => {
                tracing::error!("{trouble}");
                let target = self.anew().await?;
                self.renew(target).await
            }
            Some(Trouble::InMemory(_) | Trouble::Outdated) if mover.is_due() => {
                mover.wait_longer();
                self.move_to_disk().await
            }
            Some(Trouble::InMemory(_) | Trouble::Outdated) => Ok(()),
        }
    }

    /// Where there is no room, the index that is searched goes on.
    async fn move_to_disk(&mut self) -> Result<(), FollowError> {
        let target = self.anew().await?;
        if target.is_in_memory() {
            return Ok(());
        }
        let before = (Arc::clone(&self.target), self.position);
        match self.renew(target).await {
            Ok(()) => {
                tracing::info!("the search index is on the disk as this version makes it");
                Ok(())
            }
            // What was begun on the disk found no room half-way.
            Err(FollowError::Search(error)) => {
                tracing::warn!(%error, "the search index stays as it is");
                (self.target, self.position) = before;
                self.seen.clear();
                Ok(())
            }
            Err(error @ (FollowError::Store(_) | FollowError::Task(_))) => Err(error),
        }
    }

    async fn rest(&self) {
        let target = Arc::clone(&self.target);
        match tokio::task::spawn_blocking(move || target.rest()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the search index cannot be tidied"),
            Err(error) => tracing::warn!(%error, "the search index cannot be tidied"),
        }
    }
}

/// When an index is tried to be made on the disk: at once, and then after pauses that double.
#[derive(Default)]
struct Mover {
    tried: Option<(Instant, Duration)>,
}

impl Mover {
    fn is_due(&self) -> bool {
        self.tried.is_none_or(|(tried, pause)| tried.elapsed() >= pause)
    }

    fn wait_longer(&mut self) {
        let pause = self.tried.map_or(MOVE, |(_, pause)| (pause * 2).min(LONGEST_MOVE));
        self.tried = Some((Instant::now(), pause));
    }
}
