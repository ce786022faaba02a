//! One title on its way: everything of it copied and verified, and then what plays read from there.
//!
//! Must never swap before everything that the manifest which plays names was read back from the other store.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use contract::ids::TitleId;
use futures::{StreamExt, stream};
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, path::Path};
use storage::StoreError;
use tokio::time::Instant;

use super::{
    MoveError, Mover, Outcome,
    copied::{Copied, Verified},
    copy::{Way, in_time},
    lease::{Lease, MoveProgress},
};
use crate::{
    location::Location,
    manifest::{MANIFEST_FILE, MediaManifest},
    placement::{Extent, Swap, WholeCopy},
    store::{Listed, MediaStore},
};

/// Objects that are copied at once: segments are many and small, and a store far away answers slowly.
const COPIES: usize = 4;
/// How often it is remembered what was copied, and looked whether it is still wanted.
pub(super) const CHECKED_EVERY: Duration = Duration::from_secs(2);

/// One title on its way.
pub(super) struct Run<'a> {
    pub(super) mover: &'a Mover,
    pub(super) title: &'a TitleId,
    pub(super) from: Location,
    pub(super) to: Location,
    /// As [`PlacementRecord::epoch`](crate::placement::PlacementRecord::epoch) was when this run of it began.
    pub(super) epoch: Option<u32>,
    pub(super) lease: &'a Lease,
}

/// How far it is.
struct Progress {
    copied: Copied,
    told: Told,
    checked: Instant,
}

/// What others are told of how far it is.
#[derive(Clone, Copy)]
pub(super) struct Told {
    /// In bytes.
    pub(super) done: u64,
    pub(super) total: u64,
    /// Milliseconds since 1970.
    pub(super) begun: u64,
}

impl Run<'_> {
    /// Copies it, and has it read from there.
    pub(super) async fn all(&self) -> Result<Outcome, MoveError> {
        let media = &self.mover.media;
        let (from, to) = (media.store(self.from.store)?, media.store(self.to.store)?);
        let manifest = self.manifest(from).await?;
        // What an import is at work on gains objects that no listing has yet.
        let read = parse(&manifest)?;
        if !read.complete {
            return Ok(Outcome::Waits);
        }
        let way = Way { from, to, limit: &self.mover.bandwidth };
        let objects = media.list(self.title, self.from).await?;
        let extent = extent(&objects, &read);
        if self.lacks_some_of(extent).await? {
            return Err(MoveError::NotWhole);
        }
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
        self.swap(extent).await
    }

    /// Has what was verified to be all in the other store read from there.
    pub(super) async fn swap(&self, extent: Extent) -> Result<Outcome, MoveError> {
        let copy = WholeCopy { extent, epoch: self.epoch };
        match self.mover.placements.swap(self.title, (self.from, self.to), copy).await? {
            Swap::Done => {
                let to = self.mover.media.store(self.to.store)?;
                if let Err(error) = Copied::forget(to, self.title, self.to).await {
                    tracing::warn!(title = %self.title, %error, "what a move remembered stays beside its copy");
                }
                Ok(Outcome::Moved)
            }
            Swap::Later => Ok(Outcome::Waits),
            Swap::Unwanted => Ok(Outcome::Unwanted),
        }
    }

    /// Whether less was found of it than was put where it plays.
    pub(super) async fn lacks_some_of(&self, Extent { objects, bytes, .. }: Extent) -> Result<bool, StoreError> {
        let current = self.mover.placements.current(self.title).await?;
        Ok(current.is_some_and(|current| current.lacks_some_of(objects, bytes)))
    }

    /// There is no room for it: what was copied goes, and it stays where it lies.
    pub(super) async fn give_up(&self, error: &MoveError) -> Result<Outcome, MoveError> {
        if !self.mover.placements.give_up_move(self.title, (self.from, self.to), self.epoch).await? {
            return Ok(Outcome::Waits);
        }
        tracing::warn!(title = %self.title, to = %self.to.store, %error, "a move is given up, because there is no room for the copy");
        Ok(Outcome::GivenUp)
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
            told: Told { done: 0, total: objects.iter().map(|object| object.size).sum(), begun: self.mover.clock.millis() },
            checked: Instant::now(),
        };
        let is_there = |object: &Listed| there.get(&object.name) == Some(&object.size);
        let (done, left): (Vec<Listed>, Vec<Listed>) = objects
            .into_iter()
            .filter(|object| object.name != MANIFEST_FILE)
            .partition(|object| is_there(object) && progress.copied.has(&object.name, object.size));
        // One that is gone was deleted since it was verified.
        left.iter().for_each(|object| progress.copied.forget_one(&object.name));
        progress.told.done = done.iter().map(|object| object.size).sum();
        self.tell(progress.told).await?;
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
            progress.told.done += object.size;
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

    /// A title that was moved to where it lies would be deleted there later: however the settings spell it, what is put into
    /// the one store must not be seen in the other.
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
        self.tell(progress.told).await?;
        progress.checked = Instant::now();
        Ok(None)
    }

    /// What the placement says of this run: nothing where it is to go on. One that was asked for anew begins anew, because what
    /// was given up in between may have been deleted.
    pub(super) async fn verdict(&self) -> Result<Option<Outcome>, StoreError> {
        let record = self.mover.placements.record(self.title).await?.unwrap_or_default();
        Ok(match record.to_move() == Some((self.from, self.to)) {
            false => Some(Outcome::Unwanted),
            true if record.epoch() != self.epoch => Some(Outcome::Waits),
            true => None,
        })
    }

    /// Says how far it is, and hears how fast it may be.
    pub(super) async fn tell(&self, Told { done, total, begun }: Told) -> Result<(), MoveError> {
        let (title, to) = (self.title.clone(), self.to.store);
        self.lease.tell(MoveProgress { title, to, begun, bytes_done: done, bytes_total: total });
        let settings = self.mover.placements.settings().await?;
        self.mover.bandwidth.set(settings.move_bytes_per_second.unwrap_or(self.mover.bytes_per_second));
        Ok(())
    }

    /// What a store has of the manifest.
    pub(super) async fn manifest(&self, store: &Arc<dyn ObjectStore>) -> Result<Bytes, MoveError> {
        match in_time(store.get(&self.key(MANIFEST_FILE))).await {
            Ok(found) => Ok(in_time(found.bytes()).await?),
            Err(object_store::Error::NotFound { .. }) => Err(MoveError::NoManifest),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn key(&self, name: &str) -> Path {
        MediaStore::key(self.title, self.from.generation, name)
    }
}

/// A manifest that was read.
pub(super) fn parse(manifest: &[u8]) -> Result<MediaManifest, MoveError> {
    serde_json::from_slice(manifest).map_err(|_| MoveError::NoManifest)
}

/// What a listing comes to.
pub(super) fn extent(objects: &[Listed], manifest: &MediaManifest) -> Extent {
    let bytes = objects.iter().map(|object| object.size).sum();
    Extent { objects: objects.len() as u64, bytes, seconds: manifest.seconds() }
}
