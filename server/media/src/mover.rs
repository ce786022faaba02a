//! Takes titles from one object store to the other while they are watched.
//!
//! What a placement asks for (`moving`) is done beside requests, by one node at a time: every object of what plays is copied, hashed and read
//! back, the manifest last, and then one write of the placement names the other store. What was copied is remembered beside the copy
//! ([`copied`]), so that a kill costs what was under way. Until that write nothing reads the copy, and after it whoever was granted the old
//! place reads on from there. Must never swap before everything that the manifest which plays names was read back from the other store.

mod copied;
mod copy;
mod lease;
mod limit;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use contract::ids::TitleId;
use futures::{StreamExt, stream};
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, path::Path};
use runtime::{clock::Clock, retries::Retries, supervise};
use storage::{StoreError, keyvalue::KeyValue};
use tokio::time::Instant;

use self::{
    copied::{Copied, Verified},
    copy::{Way, in_time},
    lease::Lease,
    limit::Bandwidth,
};
use super::{
    location::Location,
    manifest::{MANIFEST_FILE, MediaManifest},
    placement::{Placements, Swap},
    store::{Listed, MediaStore},
};

pub use self::lease::{MoveProgress, under_way};

/// What moves read and write a second where nobody says how much: a third of a gigabit line.
pub const BYTES_PER_SECOND: u64 = 40_000_000;
/// How often it is looked for what is to be moved.
const EVERY: Duration = Duration::from_secs(5);
/// Titles of one look.
const AT_ONCE: u32 = 100;
/// Objects that are copied at once: segments are many and small, and a store far away answers slowly.
const COPIES: usize = 4;
/// How often it is remembered what was copied, and looked whether it is still wanted.
const CHECKED_EVERY: Duration = Duration::from_secs(2);

/// Why a title was not moved; it is still to be.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    #[error(transparent)]
    Documents(#[from] StoreError),
    #[error("an object store failed: {0}")]
    Store(#[from] object_store::Error),
    #[error("{0} is not the same where it was copied to")]
    Differs(String),
    #[error("both settings of `[storage]` name the same store: `objects` and `flat_objects`; nothing is moved")]
    OneStore,
    #[error("what plays has no manifest that can be read")]
    NoManifest,
    #[error("work beside requests broke off: {0}")]
    Stopped(String),
}

/// What became of a title that was to be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Moved,
    /// Somebody is at work on it: an import adds to it, or what was there before is being deleted.
    Waits,
    /// Nobody wants it any more.
    Unwanted,
}

/// What was done since the process began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MoverCounts {
    /// Copied and verified.
    pub bytes: u64,
    pub titles: u64,
    /// Tries that ended with an error.
    pub failures: u64,
}

#[derive(Debug, Default)]
struct Counters {
    bytes: AtomicU64,
    titles: AtomicU64,
    failures: AtomicU64,
}

/// Moves titles.
pub struct Mover {
    placements: Placements,
    media: MediaStore,
    keyvalue: Arc<dyn KeyValue>,
    clock: Clock,
    /// What the config says.
    bytes_per_second: u64,
    bandwidth: Bandwidth,
    retries: Retries<TitleId>,
    counters: Counters,
}

impl Mover {
    /// Over these stores, at so many bytes a second where the settings say nothing else.
    pub fn new(
        placements: Placements,
        media: MediaStore,
        keyvalue: Arc<dyn KeyValue>,
        (clock, bytes_per_second): (Clock, u64),
    ) -> Self {
        let bandwidth = Bandwidth::new(bytes_per_second);
        let (retries, counters) = (Retries::default(), Counters::default());
        Self { placements, media, keyvalue, clock, bytes_per_second, bandwidth, retries, counters }
    }

    /// Moves titles for as long as the server runs; where there is one store, there is nothing to do.
    ///
    /// # Errors
    /// Never; as [`supervise::look`].
    pub async fn run(self: Arc<Self>) -> Result<(), String> {
        if !self.media.has_flat() {
            return Ok(());
        }
        supervise::look(EVERY, "titles are moved a little later", || self.look()).await
    }

    pub fn counts(&self) -> MoverCounts {
        let Counters { bytes, titles, failures } = &self.counters;
        MoverCounts { bytes: bytes.load(Relaxed), titles: titles.load(Relaxed), failures: failures.load(Relaxed) }
    }

    /// How many titles are to be moved, and what is moved now, by whichever node.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn status(&self) -> Result<(u64, Option<MoveProgress>), StoreError> {
        tokio::try_join!(self.placements.count_moves(), under_way(&*self.keyvalue))
    }

    /// Moves what is to be moved, unless another node does; how many titles. One that fails keeps no other waiting.
    ///
    /// # Errors
    /// What the documents and entries say.
    pub async fn look(&self) -> Result<usize, MoveError> {
        let titles = self.placements.to_be_moved(self.retries.with_resting(AT_ONCE)).await?;
        let titles: Vec<TitleId> = titles.into_iter().filter(|title| self.retries.is_due(title)).collect();
        if titles.is_empty() {
            return Ok(0);
        }
        let Some(lease) = Lease::take(&self.keyvalue).await? else { return Ok(0) };
        let done = tokio::select! {
            done = self.each(&titles, &lease) => done,
            // What is under way is dropped: another node may be at it.
            () = lease.keep() => return Ok(0),
        };
        lease.give_back().await;
        Ok(done)
    }

    async fn each(&self, titles: &[TitleId], lease: &Lease) -> usize {
        let mut done = 0;
        for title in titles {
            match self.move_title(title, lease).await {
                Ok(Outcome::Moved | Outcome::Unwanted) => {
                    self.retries.done(title);
                    done += 1;
                }
                Ok(Outcome::Waits) => tracing::debug!(%title, "a title is moved once what is under way on it is done"),
                Err(error) => {
                    self.retries.failed(title);
                    self.counters.failures.fetch_add(1, Relaxed);
                    tracing::warn!(%title, %error, "a title is moved a little later");
                }
            }
        }
        done
    }

    /// Moves one title, as far as it is to be moved.
    async fn move_title(&self, title: &TitleId, lease: &Lease) -> Result<Outcome, MoveError> {
        let Some(record) = self.placements.record(title).await? else { return Ok(Outcome::Unwanted) };
        let Some((from, to)) = record.to_move() else { return Ok(Outcome::Unwanted) };
        let epoch = record.epoch();
        if record.is_being_deleted(to) || record.current.is_some_and(|current| current.untold.is_some()) {
            return Ok(Outcome::Waits);
        }
        let run = Run { mover: self, title, from, to, epoch, lease };
        let outcome = match run.all().await {
            // What was deleted in the middle cannot be read either.
            Err(error) => run.verdict().await?.ok_or(error)?,
            Ok(outcome) => outcome,
        };
        if outcome == Outcome::Unwanted {
            self.placements.discard_copy(title, to).await?;
        }
        if outcome == Outcome::Moved {
            self.counters.titles.fetch_add(1, Relaxed);
            tracing::info!(%title, to = %to.store, "a title lies in another store");
        }
        Ok(outcome)
    }
}

/// One title on its way.
struct Run<'a> {
    mover: &'a Mover,
    title: &'a TitleId,
    from: Location,
    to: Location,
    /// As [`super::placement::PlacementRecord::epoch`] was when this run of it began.
    epoch: Option<u32>,
    lease: &'a Lease,
}

/// How far it is.
struct Progress {
    copied: Copied,
    done: u64,
    total: u64,
    begun: u64,
    checked: Instant,
}

impl Run<'_> {
    async fn all(&self) -> Result<Outcome, MoveError> {
        let media = &self.mover.media;
        let (from, to) = (media.store(self.from.store)?, media.store(self.to.store)?);
        let manifest = self.manifest(from).await?;
        // What an import is at work on gains objects that no listing has yet.
        if !serde_json::from_slice::<MediaManifest>(&manifest).map_err(|_| MoveError::NoManifest)?.complete {
            return Ok(Outcome::Waits);
        }
        let way = Way { from, to, limit: &self.mover.bandwidth };
        let objects = media.list(self.title, self.from).await?;
        if let Some(verdict) = self.copy_all(&way, objects.clone()).await? {
            return Ok(verdict);
        }
        // Last, so that a copy which is no whole one has none; and what was added meanwhile is copied by the next try.
        in_time(to.put(&self.key(MANIFEST_FILE), PutPayload::from_bytes(manifest.clone()))).await?;
        if self.manifest(to).await? != manifest {
            return Err(MoveError::Differs(self.key(MANIFEST_FILE).to_string()));
        }
        if self.manifest(from).await? != manifest || !self.is_all_there(&objects).await? {
            return Ok(Outcome::Waits);
        }
        let bytes = objects.iter().map(|object| object.size).sum();
        match self.mover.placements.swap(self.title, (self.from, self.to), (bytes, self.epoch)).await? {
            Swap::Done => {
                if let Err(error) = Copied::forget(to, self.title, self.to).await {
                    tracing::warn!(title = %self.title, %error, "what a move remembered stays beside its copy");
                }
                Ok(Outcome::Moved)
            }
            Swap::Later => Ok(Outcome::Waits),
            Swap::Unwanted => Ok(Outcome::Unwanted),
        }
    }

    /// Whether nobody took away anything of the copy since it was verified.
    async fn is_all_there(&self, objects: &[Listed]) -> Result<bool, MoveError> {
        let there = self.mover.media.list(self.title, self.to).await?;
        let there: HashMap<&str, u64> = there.iter().map(|object| (object.name.as_str(), object.size)).collect();
        Ok(objects.iter().all(|object| there.get(object.name.as_str()) == Some(&object.size)))
    }

    /// Copies all but the manifest; nothing where it is wanted to the end.
    async fn copy_all(&self, way: &Way<'_>, objects: Vec<Listed>) -> Result<Option<Outcome>, MoveError> {
        let there: HashMap<String, u64> =
            self.mover.media.list(self.title, self.to).await?.into_iter().map(|object| (object.name, object.size)).collect();
        let mut progress = Progress {
            copied: Copied::read(way.to, self.title, self.to).await?,
            done: 0,
            total: objects.iter().map(|object| object.size).sum(),
            begun: self.mover.clock.millis(),
            checked: Instant::now(),
        };
        let is_there = |object: &Listed| there.get(&object.name) == Some(&object.size);
        let (done, left): (Vec<Listed>, Vec<Listed>) = objects
            .into_iter()
            .filter(|object| object.name != MANIFEST_FILE)
            .partition(|object| is_there(object) && progress.copied.has(&object.name, object.size));
        // One that is gone was deleted since it was verified.
        left.iter().for_each(|object| progress.copied.forget_one(&object.name));
        progress.done = done.iter().map(|object| object.size).sum();
        self.tell(&progress).await?;
        self.refuse_one_store(way, &mut progress.copied).await?;
        // After a failure those under way are waited for, because what is verified is not copied again, and no other is begun.
        let is_broken = AtomicBool::new(false);
        let copies = left.into_iter().map(|object| async {
            if is_broken.load(Relaxed) {
                return Ok(None);
            }
            let hash = way.copy(&self.key(&object.name), object.size, is_there(&object)).await;
            is_broken.fetch_or(hash.is_err(), Relaxed);
            Ok::<_, MoveError>(Some((object, hash?)))
        });
        let mut copies = stream::iter(copies).buffer_unordered(COPIES);
        let mut failure = None;
        while let Some(copy) = copies.next().await {
            let (object, hash) = match copy {
                Ok(Some(copy)) => copy,
                Ok(None) => continue,
                Err(error) => {
                    failure.get_or_insert(error);
                    continue;
                }
            };
            self.mover.counters.bytes.fetch_add(object.size, Relaxed);
            progress.done += object.size;
            progress.copied.add(object.name, Verified { size: object.size, blake3: hash.to_hex().to_string() });
            if progress.checked.elapsed() >= CHECKED_EVERY
                && let Some(verdict) = self.check(way, &mut progress).await?
            {
                return Ok(Some(verdict));
            }
        }
        if let Some(error) = failure {
            progress.copied.store(way.to, self.title, self.to).await?;
            return Err(error);
        }
        self.check(way, &mut progress).await
    }

    /// A title that was moved to where it lies would be deleted there later: however the settings spell it, what is put into the one store
    /// must not be seen in the other.
    async fn refuse_one_store(&self, way: &Way<'_>, copied: &mut Copied) -> Result<(), MoveError> {
        copied.begin();
        copied.store(way.to, self.title, self.to).await?;
        let seen = Copied::read(way.from, self.title, self.from).await?;
        if copied.is_of_the_run_of(&seen) { Err(MoveError::OneStore) } else { Ok(()) }
    }

    /// Remembers what was copied, and says so; nothing where it is still wanted.
    async fn check(&self, way: &Way<'_>, progress: &mut Progress) -> Result<Option<Outcome>, MoveError> {
        if let Some(verdict) = self.verdict().await? {
            return Ok(Some(verdict));
        }
        progress.copied.store(way.to, self.title, self.to).await?;
        self.tell(progress).await?;
        progress.checked = Instant::now();
        Ok(None)
    }

    /// What the placement says of this run: nothing where it is to go on. One that was asked for anew begins anew, because what was given
    /// up in between may have been deleted.
    async fn verdict(&self) -> Result<Option<Outcome>, StoreError> {
        let record = self.mover.placements.record(self.title).await?.unwrap_or_default();
        Ok(match record.to_move() == Some((self.from, self.to)) {
            false => Some(Outcome::Unwanted),
            true if record.epoch() != self.epoch => Some(Outcome::Waits),
            true => None,
        })
    }

    /// Says how far it is, and hears how fast it may be.
    async fn tell(&self, progress: &Progress) -> Result<(), MoveError> {
        let Progress { done, total, begun, .. } = *progress;
        let (title, to) = (self.title.clone(), self.to.store);
        self.lease.tell(MoveProgress { title, to, begun, bytes_done: done, bytes_total: total });
        let settings = self.mover.placements.settings().await?;
        self.mover.bandwidth.set(settings.move_bytes_per_second.unwrap_or(self.mover.bytes_per_second));
        Ok(())
    }

    /// What a store has of the manifest.
    async fn manifest(&self, store: &Arc<dyn ObjectStore>) -> Result<Bytes, MoveError> {
        match in_time(store.get(&self.key(MANIFEST_FILE))).await {
            Ok(found) => Ok(in_time(found.bytes()).await?),
            Err(object_store::Error::NotFound { .. }) => Err(MoveError::NoManifest),
            Err(error) => Err(error.into()),
        }
    }

    fn key(&self, name: &str) -> Path {
        MediaStore::key(self.title, self.from.generation, name)
    }
}
