//! The builds of the site that were served before this one, kept in the object store for the pages that are still open.
//!
//! A tab that was opened before an upgrade asks for chunks of its own build, as does one whose page came from another node. So
//! each server puts the files of its build there, and then a record that names them: `site/files/{build}/...` and
//! `site/builds/{build}`. It repeats that every hour, which says until when a build was served, and mends what another node
//! deleted at the wrong time. Each record is written by nodes of that build alone and all of them write the same, so that none
//! can undo what another wrote; what was not served for a day is deleted at a start, the record first.
//!
//! Must never hold up a start or a request for this build, and never ask the store for a name that no record has: anybody asks
//! for files of the site, as often as they like.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use bytes::Bytes;
use contract::{Code, Problem};
use futures::{StreamExt, TryStreamExt, stream};
use moka::future::Cache;
use runtime::clock::Clock;
use serde::{Deserialize, Serialize};
use storage::{
    StoreError,
    objects::{InvalidKey, ObjectHead, ObjectKey, Objects},
};
use tokio::sync::Mutex;

use super::{COMPRESSED, Site, file::StaticFile};

const BUILDS: &str = "builds";
const FILES: &str = "files";
/// How often a server says that its build is the current one.
const EVERY: Duration = Duration::from_secs(60 * 60);
/// For how long a build is served that is no more: a day, from what it said last.
const SERVED_FOR: Duration = Duration::from_secs(25 * 60 * 60);
/// How long it is there after that: clocks of nodes differ, and what is being put is not deleted.
const LATE: Duration = Duration::from_secs(60 * 60);
/// Builds that are kept at most, where there are many in a day: a developer's.
const AT_MOST: usize = 12;
/// The pause after a store that was away or full.
const AGAIN: Duration = Duration::from_secs(60);
/// How long reading a file may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is looked for builds that are new here, however many are asked for.
const LOOK: Duration = Duration::from_secs(5);
/// Files put or deleted at once.
const AT_ONCE: usize = 4;
/// Bytes of files kept ready: what a browser that goes on asks for is asked for by the next one as well.
const READY: u64 = 8 * 1024 * 1024;
/// Bytes that a file, and a record, may have.
const LARGEST: u64 = 32 * 1024 * 1024;
const LARGEST_RECORD: u64 = 1024 * 1024;

/// What is known of a build.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// When it was the current one, the last time that somebody said so; in milliseconds since 1970.
    current_at: u64,
    /// Everything below its folder, with what is compressed ahead of time.
    files: BTreeSet<String>,
}

/// The build that this server serves from memory.
struct Own {
    build: String,
    files: BTreeMap<String, Bytes>,
}

/// Whose clock is wrong where a build was recorded at a time that is yet to come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Everything lies ahead: this machine has not set its clock yet, and nothing is old by it.
    Here,
    /// That of whoever recorded the build: it would be kept until that time has come, be it in years.
    There,
}

/// The builds in the object store. Cheap to clone.
#[derive(Clone)]
pub struct PreviousBuilds(Arc<Inner>);

struct Inner {
    objects: Objects,
    clock: Clock,
    own: Option<Own>,
    /// The builds but for this server's, by their names.
    known: RwLock<HashMap<String, Arc<Record>>>,
    /// When it was looked for them for a request, and whether that was answered.
    looked: Arc<Mutex<Option<(Instant, bool)>>>,
    ready: Cache<String, Arc<StaticFile>>,
}

impl PreviousBuilds {
    pub fn new(site: &Site, objects: Objects, clock: Clock) -> Self {
        let ready = Cache::builder()
            .max_capacity(READY)
            .weigher(|path: &String, file: &Arc<StaticFile>| u32::try_from(path.len() + file.weight()).unwrap_or(u32::MAX))
            .build();
        let own = site.build_to_keep().map(|(build, files)| Own { build, files });
        Self(Arc::new(Inner { objects, clock, own, known: RwLock::default(), looked: Arc::default(), ready }))
    }

    /// Keeps this server's build, and looks after the others, for as long as the server runs.
    ///
    /// # Errors
    /// Never: a store that is away or full is tried again. It has the form of what is supervised.
    pub async fn run(self) -> Result<(), String> {
        let Some(own) = &self.0.own else { return Ok(()) };
        let mut is_swept = false;
        loop {
            if !is_swept {
                // Before anything is put, as on a full disk it makes room; what cannot be deleted is in nobody's way.
                match self.0.sweep(&own.build).await {
                    Ok(()) => is_swept = true,
                    Err(error) => tracing::warn!(%error, "builds of the site that are served no more are not deleted"),
                }
            }
            match self.0.round(own).await {
                Ok(()) => tokio::time::sleep(EVERY).await,
                Err(error) => {
                    tracing::warn!(%error, "this build of the site is not kept for pages that outlive it; it is tried again");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }

    /// A file of another build by its path (`pkg/{build}/...`), where that build was served within a day.
    pub async fn file(&self, path: &str) -> Result<Option<Arc<StaticFile>>, Problem> {
        let named = path.strip_prefix("pkg/").and_then(|below| below.split_once('/'));
        let Some((build, name)) = named.filter(|(_, name)| !name.ends_with(COMPRESSED)) else { return Ok(None) };
        let Some(has_twin) = self.has(build, name).await? else { return Ok(None) };
        let read = self.0.read(path, build, name, has_twin);
        match self.0.ready.try_get_with(path.to_owned(), read).await {
            Ok(file) => Ok(Some(file)),
            Err(problem) if problem.code == Code::NotFound => Ok(None),
            Err(problem) => Err(Problem::clone(&problem)),
        }
    }

    /// Whether a build has a file, and then whether it has it compressed as well.
    async fn has(&self, build: &str, name: &str) -> Result<Option<bool>, StoreError> {
        // This server's own is in memory as a whole, so that a file that was not found there is none.
        let is_own = self.0.own.as_ref().is_none_or(|own| own.build == build);
        if is_own || ObjectKey::site(&[FILES, build]).is_err() {
            return Ok(None);
        }
        if let Some(record) = self.0.served(build) {
            return Ok(has(&record, name));
        }
        // Where nodes are upgraded one after the other, the first ones serve a build that is new here.
        let mut looked = Arc::clone(&self.0.looked).lock_owned().await;
        if let Some(record) = self.0.served(build) {
            return Ok(has(&record, name));
        }
        match *looked {
            Some((at, was_answered)) if at.elapsed() < LOOK => {
                return if was_answered { Ok(None) } else { Err(not_answered()) };
            }
            Some(_) | None => {}
        }
        // To its end, whether or not the client waits for it: else whoever leaves at once makes it be looked for at will.
        let inner = Arc::clone(&self.0);
        let looking = tokio::spawn(async move {
            let answer = inner.look().await;
            *looked = Some((Instant::now(), answer.is_ok()));
            answer
        });
        looking.await.map_err(|_| not_answered())??;
        Ok(self.0.served(build).and_then(|record| has(&record, name)))
    }
}

fn has(record: &Record, name: &str) -> Option<bool> {
    record.files.contains(name).then(|| record.files.contains(&format!("{name}{COMPRESSED}")))
}

fn not_answered() -> StoreError {
    StoreError::Unavailable { reason: "the builds of the site could not be looked for".to_owned() }
}

fn unkept(error: InvalidKey) -> StoreError {
    StoreError::Invalid { reason: error.to_string() }
}

fn folder(kind: &str) -> Result<ObjectKey, StoreError> {
    ObjectKey::site(&[kind]).map_err(unkept)
}

fn record_key(build: &str) -> Result<ObjectKey, StoreError> {
    ObjectKey::site(&[BUILDS, build]).map_err(unkept)
}

fn file_key(build: &str, name: &str) -> Result<ObjectKey, StoreError> {
    let segments: Vec<&str> = [FILES, build].into_iter().chain(name.split('/')).collect();
    ObjectKey::site(&segments).map_err(unkept)
}

/// The build that an object below the folder of this kind belongs to.
fn build_of(kind: &str, key: &ObjectKey) -> Option<String> {
    let mut segments = key.as_str().split('/').skip(1);
    if segments.next() != Some(kind) { None } else { segments.next().map(str::to_owned) }
}

/// When an object was put, in milliseconds since 1970.
fn modified(head: &ObjectHead) -> u64 {
    let modified = head.modified.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(modified.as_millis()).unwrap_or(u64::MAX)
}

impl Inner {
    /// A build that is served.
    fn served(&self, build: &str) -> Option<Arc<Record>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(build).filter(|record| self.age(record.current_at) < SERVED_FOR).cloned()
    }

    /// A time that is yet to come is now: clocks differ.
    fn age(&self, at: u64) -> Duration {
        Duration::from_millis(self.clock.millis().saturating_sub(at))
    }

    /// Further ahead than clocks differ: written by one that was wrong, unless this one is.
    fn is_far_ahead(&self, at: u64) -> bool {
        Duration::from_millis(at.saturating_sub(self.clock.millis())) > LATE
    }

    async fn round(&self, own: &Own) -> Result<(), StoreError> {
        self.keep(own).await?;
        self.look().await
    }

    /// Puts what is not there of this build, and then says that it is the current one.
    async fn keep(&self, own: &Own) -> Result<(), StoreError> {
        let there = self.objects.list(&ObjectKey::site(&[FILES, &own.build]).map_err(unkept)?).await?;
        let there: HashMap<&str, u64> = there.iter().map(|(key, head)| (key.as_str(), head.size)).collect();
        let mut lacking = Vec::new();
        for (name, bytes) in &own.files {
            let key = file_key(&own.build, name)?;
            if there.get(key.as_str()) != Some(&(bytes.len() as u64)) {
                lacking.push((key, bytes.clone()));
            }
        }
        let puts = lacking.into_iter().map(|(key, bytes)| async move { self.objects.put(&key, bytes).await });
        stream::iter(puts).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        let record = Record { current_at: self.clock.millis(), files: own.files.keys().cloned().collect() };
        let json = serde_json::to_vec(&record).map_err(|error| StoreError::Invalid { reason: error.to_string() })?;
        self.objects.put(&record_key(&own.build)?, json.into()).await
    }

    /// Reads which builds there are.
    async fn look(&self) -> Result<(), StoreError> {
        let mut known = self.records().await?;
        if let Some(own) = &self.own {
            known.remove(&own.build);
        }
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(())
    }

    /// The record of each build that has one. What cannot be read is none.
    async fn records(&self) -> Result<HashMap<String, Arc<Record>>, StoreError> {
        let mut records = HashMap::new();
        for (key, head) in self.objects.list(&folder(BUILDS)?).await? {
            let Some(build) = build_of(BUILDS, &key).filter(|_| head.size <= LARGEST_RECORD) else { continue };
            let Some(bytes) = self.bytes(&key).await? else { continue };
            match serde_json::from_slice(&bytes) {
                Ok(record) => drop(records.insert(build, Arc::new(record))),
                Err(error) => tracing::warn!(%error, key = key.as_str(), "the record of a build of the site makes no sense"),
            }
        }
        Ok(records)
    }

    /// Deletes builds that are served no more, and what is left of those that were being put or deleted when their server
    /// ended.
    async fn sweep(&self, own: &str) -> Result<(), StoreError> {
        let mut records = self.records().await?;
        let mut objects: HashMap<String, Vec<(ObjectKey, ObjectHead)>> = HashMap::new();
        for kind in [BUILDS, FILES] {
            for (key, head) in self.objects.list(&folder(kind)?).await? {
                if let Some(build) = build_of(kind, &key).filter(|build| build != own) {
                    objects.entry(build).or_default().push((key, head));
                }
            }
        }
        let clock = if records.values().all(|record| self.is_far_ahead(record.current_at)) { Fault::Here } else { Fault::There };
        let is_fresh = |at: u64| self.age(at) < SERVED_FOR + LATE && (clock == Fault::Here || !self.is_far_ahead(at));
        records.retain(|build, record| build != own && is_fresh(record.current_at));
        let mut newest: Vec<(u64, String)> = records.into_iter().map(|(build, record)| (record.current_at, build)).collect();
        newest.sort_unstable_by(|one, other| other.cmp(one));
        let stay: BTreeSet<String> = newest.into_iter().take(AT_MOST).map(|(_, build)| build).collect();
        for (build, objects) in objects.into_iter().filter(|(build, _)| !stay.contains(build)) {
            let has_record = objects.iter().any(|(key, _)| build_of(BUILDS, key).is_some());
            // Without a record it may be one that is just being put.
            if !has_record && objects.iter().any(|(_, head)| is_fresh(modified(head))) {
                continue;
            }
            // The record first: it never names what is not there.
            let (record, files): (Vec<_>, Vec<_>) = objects.into_iter().partition(|(key, _)| build_of(BUILDS, key).is_some());
            for batch in [record, files] {
                let deletions = batch.into_iter().map(|(key, _)| async move { self.objects.delete(&key).await });
                stream::iter(deletions).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
            }
            tracing::info!(build, "a build of the site that was served before is deleted");
        }
        Ok(())
    }

    async fn read(&self, path: &str, build: &str, name: &str, has_twin: bool) -> Result<Arc<StaticFile>, Problem> {
        let twin = format!("{name}{COMPRESSED}");
        let identity = self.bytes(&file_key(build, name)?).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        let brotli = if has_twin { self.bytes(&file_key(build, &twin)?).await? } else { None };
        let path = path.to_owned();
        // Its entity tag is a hash.
        let made = tokio::task::spawn_blocking(move || StaticFile::new(&path, identity, brotli)).await;
        made.map(Arc::new).map_err(|error| {
            tracing::error!(%error, "a file of a build that was served before cannot be made ready");
            Problem::internal()
        })
    }

    async fn bytes(&self, key: &ObjectKey) -> Result<Option<Bytes>, StoreError> {
        let Some(object) = self.objects.open(key).await? else { return Ok(None) };
        if object.head.size > LARGEST {
            tracing::warn!(key = key.as_str(), size = object.head.size, "a file of the site is too large to be served");
            return Ok(None);
        }
        let read = object.read(0..object.head.size).try_fold(Vec::new(), |mut all, chunk| async move {
            all.extend_from_slice(&chunk);
            Ok(all)
        });
        let read = tokio::time::timeout(PATIENCE, read).await;
        let unavailable = |reason: String| StoreError::Unavailable { reason: format!("{}: {reason}", key.as_str()) };
        let bytes = read.map_err(|_| unavailable("it takes too long".to_owned()))?;
        Ok(Some(bytes.map_err(|error| unavailable(error.to_string()))?.into()))
    }
}

#[cfg(test)]
mod tests;
