//! Takes titles from one object store to the other while they are watched.
//!
//! What a placement asks for (`moving`) is done beside requests, by one node at a time: every object of what plays is copied,
//! hashed and read back, the manifest last, and then one write of the placement names the other store. What was copied is
//! remembered beside the copy ([`copied`]), so that a kill costs what was under way. Until that write nothing reads the copy,
//! and after it whoever was granted the old place reads on from there. A copy for which there is no room is given up. Must
//! never swap before everything that the manifest which plays names was read back from the other store.

mod back;
mod copied;
mod copy;
mod lease;
mod limit;
mod run;
#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use contract::ids::TitleId;
use runtime::{clock::Clock, retries::Retries, supervise};
use storage::{StoreError, disk, keyvalue::KeyValue};

use self::{lease::Lease, limit::Bandwidth, run::Run};
use super::{placement::Placements, store::MediaStore};

pub use self::lease::{MoveProgress, under_way};

/// What moves read and write a second where nobody says how much: a third of a gigabit line.
pub const BYTES_PER_SECOND: u64 = 40_000_000;
/// How often it is looked for what is to be moved.
const EVERY: Duration = Duration::from_secs(5);
/// And how often where there is one store: a title that lies in another, which is away, may be asked back.
const EVERY_WITHOUT_FLAT: Duration = Duration::from_secs(60);
/// Titles of one look.
const AT_ONCE: u32 = 100;
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
    #[error("there is less of what plays than was put there")]
    NotWhole,
    #[error("work beside requests broke off: {0}")]
    Stopped(String),
}

impl MoveError {
    /// Whether the store that was copied to has no room.
    fn says_full(&self) -> bool {
        match self {
            Self::Store(error) => disk::says_full(error),
            Self::Documents(_) | Self::Differs(_) | Self::OneStore | Self::NoManifest | Self::NotWhole | Self::Stopped(_) => {
                false
            }
        }
    }
}

/// What became of a title that was to be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Moved,
    /// Somebody is at work on it: an import adds to it, or what was there before is being deleted.
    Waits,
    /// Nobody wants it any more.
    Unwanted,
    /// There is no room for it: what was copied is deleted, and it stays where it lies until it is asked for anew.
    GivenUp,
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

    /// Moves titles for as long as the server runs.
    ///
    /// # Errors
    /// Never; as [`supervise::look`].
    pub async fn run(self: Arc<Self>) -> Result<(), String> {
        let every = if self.media.has_flat() { EVERY } else { EVERY_WITHOUT_FLAT };
        supervise::look(every, "titles are moved a little later", || self.look()).await
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
                Ok(Outcome::Waits) => {
                    // It rests as one that failed does, so that many who wait keep no other waiting.
                    self.retries.failed(title);
                    tracing::debug!(%title, "a title is moved once what is under way on it is done");
                }
                Ok(Outcome::GivenUp) => {
                    self.retries.failed(title);
                    self.counters.failures.fetch_add(1, Relaxed);
                }
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
        if record.is_being_deleted(to) || record.current.is_some_and(|current| current.announce_at.is_some()) {
            return Ok(Outcome::Waits);
        }
        let run = Run { mover: self, title, from, to, epoch, lease };
        let outcome = match run.all().await {
            // What was deleted in the middle cannot be read either.
            Err(error) => match run.verdict().await? {
                Some(verdict) => verdict,
                None if error.says_full() => run.give_up(&error).await?,
                None => run.take_back(error).await?,
            },
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
