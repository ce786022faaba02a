//! Keeps the index at the documents' heels: at the start from where it stood, then with every change.
//!
//! It reads the change feed of the titles and keeps its position there with what it indexed, in one commit: a kill anywhere
//! only delays. Without a position it lists every title first. A title that cannot be read is told once in the log, and is in
//! no list. An index that is gone from the disk, has no room there, is another version's or has followed another store is made
//! anew beside the one that is searched, which goes on answering until the new one is whole. Events only wake it: it looks
//! every half second for what nobody told. Must never index from an event's payload alone.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use contract::ids::TitleId;
use runtime::priority::{BrokenOff, Work, run_beside};
use storage::{
    StoreError,
    documents::{
        Documents,
        feed::{Changes, Since, State},
    },
    events::{Change, Events},
    search::{Generation, Progress, Put, SearchError, Trouble},
};
use tantivy::Term;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    task::JoinError,
};

use super::{CatalogIndex, schema::Fields};
use crate::services::catalog::{ingest, record::TITLES};

/// Documents that one commit makes visible.
const COMMIT: u32 = 500;
/// A burst of events is waited for this long before it is read.
const GATHER: Duration = Duration::from_millis(20);
/// After this long without a change the writer is put away.
const IDLE: Duration = Duration::from_secs(3);
/// How often it looks for changes that nobody told of, and whether the index is still there: one row of the documents is read.
const LOOK: Duration = Duration::from_millis(500);
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
    #[error(transparent)]
    BrokenOff(#[from] BrokenOff),
    #[error("the documents became another store's while the search index was made anew")]
    Replaced,
}

/// Follows the documents of one store.
pub struct Follower {
    index: Arc<CatalogIndex>,
    /// The index that it writes: the one that is searched, or one that is to replace it.
    target: Arc<Generation>,
    documents: Arc<dyn Documents>,
    events: Events,
    /// What is indexed; nothing in an index that has not begun.
    progress: Option<Progress>,
    /// The target has not followed this store, or a later state of it: another one has to be made.
    is_lost: bool,
}

/// What made it look.
enum Woken {
    ByEvent,
    ByTime,
    /// Nobody writes any more.
    Never,
}

impl Follower {
    /// Stands where the index stood when it was closed; one whose folder is gone by now is to be made anew.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn new(index: Arc<CatalogIndex>, documents: Arc<dyn Documents>, events: Events) -> Result<Self, FollowError> {
        let target = index.index.current();
        let progress = match target.progress() {
            Err(_) if index.trouble() == Some(Trouble::Gone) => None,
            progress => progress?,
        };
        Ok(Self { index, target, documents, events, progress, is_lost: false })
    }

    /// Indexes everything that changed; how many titles that were. Where the index has followed another store, nothing:
    /// [`Follower::run`] makes another one.
    ///
    /// # Errors
    /// [`FollowError`]; what was indexed before the failure stays.
    pub async fn catch_up(&mut self) -> Result<usize, FollowError> {
        let mut indexed = 0;
        // What a build before the change feed made says nothing of where it stands.
        self.is_lost = self.progress.is_none() && self.target.count() > 0;
        while !self.is_lost {
            let Some((changes, progress)) = self.read().await? else {
                self.is_lost = true;
                break;
            };
            let is_done = !changes.more && self.progress.as_ref().is_some_and(|progress| progress.listed.is_none());
            indexed += changes.entries.len();
            let changed: Vec<TitleId> = changes.entries.iter().filter_map(|entry| entry.id.parse().ok()).collect();
            changed.iter().for_each(|id| self.index.kept_cards().forget(id));
            if !changes.entries.is_empty() {
                let (index, target, keep) = (Arc::clone(&self.index), Arc::clone(&self.target), progress.clone());
                let apply = move || {
                    let (puts, gone) = edits(index.fields(), changes);
                    target.apply(puts, gone, &keep)
                };
                run_beside(Work::Soon, apply).await??;
                self.events.publish(Change::CatalogueVisible);
            }
            self.progress = Some(progress);
            self.show();
            if is_done {
                break;
            }
        }
        Ok(indexed)
    }

    /// Says up to where lists and searches find what was written, where they run on what it writes.
    fn show(&self) {
        if let Some(Progress { position, listed: None }) = &self.progress
            && Arc::ptr_eq(&self.target, &self.index.index.current())
        {
            self.events.show(position);
        }
    }

    /// The next part of the feed, and the progress of an index that has it; nothing where the index has followed another
    /// store.
    async fn read(&self) -> Result<Option<(Changes, Progress)>, StoreError> {
        let (since, begun) = match &self.progress {
            None => (Since::Listing(""), None),
            Some(Progress { position, listed: Some(after) }) => (Since::Listing(after), Some(position)),
            Some(Progress { position, listed: None }) => (Since::Position(position), None),
        };
        let Some(changes) = self.documents.changes(&TITLES, since, COMMIT).await? else { return Ok(None) };
        if begun.is_some_and(|begun| begun.feed != changes.position.feed) {
            return Ok(None);
        }
        let is_listing = matches!(since, Since::Listing(_));
        let last = changes.entries.last().map(|entry| entry.id.clone());
        // What changes while it lists is behind the position of the listing's beginning.
        let position = begun.unwrap_or(&changes.position).clone();
        let progress = Progress { position, listed: last.filter(|_| is_listing && changes.more) };
        Ok(Some((changes, progress)))
    }

    /// Another index in the folder, which nobody searches yet.
    async fn anew(&self) -> Result<Arc<Generation>, FollowError> {
        let index = Arc::clone(&self.index);
        Ok(tokio::task::spawn_blocking(move || index.index.anew()).await??)
    }

    /// Fills another index from the documents, and puts it in the place of the one that is searched.
    async fn renew(&mut self, target: Arc<Generation>) -> Result<(), FollowError> {
        let begun = Instant::now();
        self.progress = target.progress()?;
        self.target = target;
        let titles = self.catch_up().await?;
        if self.is_lost {
            return Err(FollowError::Replaced);
        }
        self.put_in_place().await?;
        tracing::info!(titles, took = ?begun.elapsed(), "the search index was made anew");
        Ok(())
    }

    /// From now on the target is searched.
    async fn put_in_place(&mut self) -> Result<(), FollowError> {
        let (index, target) = (Arc::clone(&self.index), Arc::clone(&self.target));
        tokio::task::spawn_blocking(move || index.index.replace_with(target)).await??;
        self.events.publish(Change::CatalogueVisible);
        self.show();
        Ok(())
    }

    /// Indexes everything that changed, in another index where this one has followed another store.
    async fn follow(&mut self) -> Result<usize, FollowError> {
        let titles = self.catch_up().await?;
        if self.is_lost {
            tracing::warn!("the search index has not followed these documents: another one is made");
            self.index.kept_cards().forget_all();
            let target = self.anew().await?;
            self.renew(target).await?;
        } else if !Arc::ptr_eq(&self.target, &self.index.index.current()) {
            // The documents went away while it was made, and it is whole now.
            self.put_in_place().await?;
        }
        Ok(titles)
    }

    /// Follows until the events end.
    ///
    /// # Errors
    /// [`FollowError`]: what is indexed stays, and whoever begins again goes on from there.
    pub async fn run(mut self) -> Result<(), FollowError> {
        let mut feed = self.events.listen();
        let mut mover = Mover::default();
        let mut woken = Woken::ByEvent;
        let mut busy: Option<Instant> = Some(Instant::now());
        loop {
            self.look_after(&mut mover).await?;
            let begun = Instant::now();
            match self.follow().await {
                Ok(0) => {}
                Ok(titles) => {
                    busy = Some(Instant::now());
                    tracing::debug!(titles, took = ?begun.elapsed(), "indexed");
                }
                // Nobody has written: whoever looks after the documents says that they are away.
                Err(FollowError::Store(error)) if matches!(woken, Woken::ByTime) => {
                    tracing::debug!(%error, "changes cannot be looked for");
                }
                Err(error) => return Err(error),
            }
            if busy.is_some_and(|since| since.elapsed() >= IDLE) {
                busy = None;
                self.rest().await;
            }
            woken = wait(&mut feed).await;
            match woken {
                Woken::ByEvent => {
                    tokio::time::sleep(GATHER).await;
                    // What came meanwhile is read in one go.
                    while feed.try_recv().is_ok() {}
                }
                Woken::ByTime => {}
                Woken::Never => return Ok(()),
            }
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
        let before = (Arc::clone(&self.target), self.progress.clone());
        match self.renew(target).await {
            Ok(()) => {
                tracing::info!("the search index is on the disk as this version makes it");
                Ok(())
            }
            // What was begun on the disk found no room half-way.
            Err(FollowError::Search(error)) => {
                tracing::warn!(%error, "the search index stays as it is");
                (self.target, self.progress) = before;
                Ok(())
            }
            Err(error @ (FollowError::Store(_) | FollowError::Task(_) | FollowError::BrokenOff(_) | FollowError::Replaced)) => {
                Err(error)
            }
        }
    }

    async fn rest(&self) {
        let target = Arc::clone(&self.target);
        match run_beside(Work::Soon, move || target.rest()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the search index cannot be tidied"),
            Err(error) => tracing::warn!(%error, "the search index cannot be tidied"),
        }
    }
}

/// What is to be put into the index, and what is in it no more.
fn edits(fields: &Fields, changes: Changes) -> (Vec<Put>, Vec<Term>) {
    let (mut puts, mut gone) = (Vec::with_capacity(changes.entries.len()), Vec::new());
    for entry in changes.entries {
        let put = match &entry.state {
            State::Deleted => None,
            State::Unreadable => {
                tracing::error!(title = entry.id, "a title cannot be read, and is left out of the search index");
                None
            }
            State::Stored(document) => {
                let record = ingest::read(document).map_err(|error| error.to_string());
                let put = record.and_then(|record| {
                    let id: TitleId = entry.id.parse().map_err(|_| "its id is none".to_owned())?;
                    fields.document(&id, &record).map_err(|error| error.to_string())
                });
                put.inspect_err(|reason| {
                    tracing::error!(title = entry.id, reason, "a title is left out of the search index");
                })
                .ok()
            }
        };
        match put {
            Some(put) => puts.push(put),
            None => gone.push(fields.key(&entry.id)),
        }
    }
    (puts, gone)
}

/// For an event after which there may be changes, or for as long as it goes without a look.
async fn wait(feed: &mut Receiver<Change>) -> Woken {
    let until = tokio::time::Instant::now() + LOOK;
    loop {
        match tokio::time::timeout_at(until, feed.recv()).await {
            Err(_) => return Woken::ByTime,
            Ok(Err(RecvError::Closed)) => return Woken::Never,
            Ok(Err(RecvError::Lagged(_)) | Ok(Change::Titles(_) | Change::Elsewhere)) => return Woken::ByEvent,
            Ok(Ok(Change::CatalogueVisible | Change::Guests)) => {}
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
