//! The many parts of a day that is over become few files.
//!
//! A day is compacted once its key is gone, three days later: nothing in it can be anybody's any more, so that no part of it is written anew for
//! somebody who is deleted. The node with the lease writes the larger files beside the parts, then says in one document which files take the
//! place of which parts, then deletes the parts. For whoever reads by that document ([`parts_of_day`]: reports, `marquee report`) an event is
//! there once at each moment; a program that lists the folder itself reads some twice between the second step and the last, a matter of seconds,
//! and never misses one. Whatever is broken off is gone on with: the document knows what is to be deleted, and once a node claims
//! the day in it no other can say anything of what it wrote before. The document goes when the day's folder is empty (`retention.rs`). Must
//! never delete a part before the document says what has its events, nor a larger file of which no document knows.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use storage::{
    StoreError,
    documents::{Change, Collection, Documents, Index, read, update},
    keyvalue::Expect,
    objects::{ObjectKey, Objects},
};
use tokio::task::spawn_blocking;
use usage::Writer;

use super::{OF_A_DAY, Usage, calendar, parts, raw};

/// Which files take the place of which parts, one document for each day, by its text.
pub static COMPACTIONS: Collection =
    Collection::declared("usage_compactions", &[Index { name: BY_EXPIRY, fields: &["expires"], unique: false }]);

pub(super) const BY_EXPIRY: &str = "by_expires";

/// What the names of files begin with that take the place of others.
const PREFIX: &str = "compacted-";
/// Days after which the key of a day is gone, the day itself among them.
const KEY_IS_GONE: u64 = 3;
/// Days that are looked at: a server may have rested for so long.
const LOOK_BACK: u64 = 31;
/// Fewer parts are left as they are.
const ENOUGH: usize = 4;
/// Rows of a file: some tens of megabytes, which are in memory as it is written.
const ROWS: usize = 2_000_000;
/// Parts that one document takes in; the rest is compacted the next time.
const MOST_PARTS: usize = 10_000;
const LEASE: &str = "usage/compaction";
/// How long a node may take before another begins, which claims the day then.
const LEASED_FOR: std::time::Duration = std::time::Duration::from_secs(60 * 60);

/// A document of [`COMPACTIONS`]. Names are those of objects within the day's folder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CompactionRecord {
    /// From when on an older build deletes it, in milliseconds since 1970; this one looks whether the folder is empty.
    #[serde(default)]
    pub expires: u64,
    /// What has the events.
    pub files: BTreeSet<String>,
    /// What had them, and may still be there.
    pub replaced: BTreeSet<String>,
    /// Whoever claimed the day last: nobody else says what takes the place of what.
    #[serde(default)]
    pub claim: u64,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The objects that have a day's events, each event in one of them.
///
/// # Errors
/// [`StoreError`].
pub async fn parts_of_day(documents: &dyn Documents, objects: &Objects, day: &str) -> Result<Vec<ObjectKey>, StoreError> {
    // The document first: a compaction between the two leaves parts that are gone, whose files would be missed the other way round.
    for _ in 0..TRIES {
        let before = record(documents, day).await?;
        let listed = parts::of_day(objects, day).await?;
        let now = record(documents, day).await?;
        if now.as_ref().map(CompactionRecord::places) == before.as_ref().map(CompactionRecord::places) {
            return Ok(listed.into_iter().filter(|key| has(before.as_ref(), name(key))).collect());
        }
    }
    Err(StoreError::Unavailable { reason: format!("the events of {day} are being moved") })
}

/// A day is compacted once.
const TRIES: usize = 5;

impl CompactionRecord {
    const fn places(&self) -> (&BTreeSet<String>, &BTreeSet<String>) {
        (&self.files, &self.replaced)
    }
}

/// Whether an object's events are to be read there. A day is claimed in its document before a larger file is written: where there is one and no
/// document, that was deleted by an older build once it had said so.
fn has(record: Option<&CompactionRecord>, name: &str) -> bool {
    let Some(record) = record else { return true };
    if name.starts_with(PREFIX) { record.files.contains(name) } else { !record.replaced.contains(name) }
}

/// The document of a day.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn record(documents: &dyn Documents, day: &str) -> Result<Option<CompactionRecord>, StoreError> {
    Ok(read(documents, &COMPACTIONS, day).await?.map(|(record, _)| record))
}

/// Compacts the days that are over, where no other node is at it.
///
/// # Errors
/// [`StoreError`]; the rest is done by the next call.
pub async fn sweep(service: &Usage) -> Result<(), StoreError> {
    let lease = match service.keyvalue.put(LEASE, Bytes::new(), Expect::Absent, Some(LEASED_FOR)).await {
        Ok(lease) => lease,
        Err(StoreError::Conflict { .. }) => return Ok(()),
        Err(error) => return Err(error),
    };
    let swept = days(service).await;
    match service.keyvalue.delete(LEASE, Expect::Version(lease)).await {
        Ok(_) | Err(StoreError::Conflict { .. }) => {}
        Err(error) => tracing::warn!(%error, "the lease of compaction is left to run out"),
    }
    swept
}

async fn days(service: &Usage) -> Result<(), StoreError> {
    let (now, mut outcome) = (service.clock.millis(), Ok(()));
    for ago in KEY_IS_GONE..KEY_IS_GONE + LOOK_BACK {
        let Some(at) = now.checked_sub(ago * OF_A_DAY) else { break };
        let day = calendar::day(at);
        // Where a key is kept for longer than it should be, the day waits: somebody may be taken out of it.
        if service.keys.kept(&day).await?.is_none() {
            // One that cannot be read keeps no other in many parts.
            outcome = outcome.and(compact(service, &day).await);
        }
    }
    outcome
}

/// Compacts one day, or goes on with what was broken off.
pub(super) async fn compact(service: &Usage, day: &str) -> Result<(), StoreError> {
    let listed: BTreeMap<String, ObjectKey> =
        parts::of_day(&service.objects, day).await?.into_iter().map(|key| (name(&key).to_owned(), key)).collect();
    let stored = record(&*service.documents, day).await?;
    let is_part = |name: &String| has(stored.as_ref(), name) && !name.starts_with(PREFIX);
    let is_left = |name: &String| !has(stored.as_ref(), name);
    if listed.keys().filter(|name| is_part(name)).count() < ENOUGH && !listed.keys().any(is_left) {
        return Ok(());
    }
    let found = listed.keys().filter(|name| name.starts_with(PREFIX)).cloned().collect();
    let claim = claim(service, day, &found).await?;
    // Read once more: what was said until it was claimed counts.
    let stored = record(&*service.documents, day).await?;
    // What a process wrote again that did not know; and what somebody wrote who can say nothing of it any more.
    for key in listed.iter().filter(|(name, _)| !has(stored.as_ref(), name)).map(|(_, key)| key) {
        service.objects.delete(key).await?;
    }
    let is_part = |name: &String| has(stored.as_ref(), name) && !name.starts_with(PREFIX);
    let parts: Vec<(&String, &ObjectKey)> = listed.iter().filter(|(name, _)| is_part(name)).take(MOST_PARTS).collect();
    if parts.len() < ENOUGH {
        return Ok(());
    }
    let names: BTreeSet<String> = parts.iter().map(|(name, _)| (*name).clone()).collect();
    let files = write(service, (day, claim), parts.iter().map(|(_, key)| *key)).await?;
    if !say(service, (day, claim), files.clone(), names.clone()).await? {
        return Ok(());
    }
    for (_, key) in parts {
        service.objects.delete(key).await?;
    }
    tracing::info!(day, parts = names.len(), files = files.len(), "the events of a day are in fewer files");
    Ok(())
}

/// Claims a day: from now on nobody else says anything of it who claimed it before. `found` are the larger files that were there: where no
/// document knows of them, the new one does.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn claim(service: &Usage, day: &str, found: &BTreeSet<String>) -> Result<u64, StoreError> {
    // Half of the numbers, which every store keeps as they are.
    let claim = rand::random::<u64>() >> 1;
    let expires = calendar::begin_of_day(day).unwrap_or(0).saturating_add(kept(service));
    let claimed = update(&*service.documents, &COMPACTIONS, day, |stored: Option<CompactionRecord>| {
        let stored = stored.unwrap_or_else(|| CompactionRecord { files: found.clone(), ..CompactionRecord::default() });
        Ok::<_, StoreError>(Change::Put(CompactionRecord { claim, expires, ..stored }))
    });
    claimed.await?;
    Ok(claim)
}

/// Says that files have the events of parts; whether the day was still claimed by whoever says so.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn say(
    service: &Usage,
    (day, claim): (&str, u64),
    files: BTreeSet<String>,
    parts: BTreeSet<String>,
) -> Result<bool, StoreError> {
    update(&*service.documents, &COMPACTIONS, day, |stored: Option<CompactionRecord>| {
        let Some(mut record) = stored.filter(|record| record.claim == claim) else {
            return Ok::<_, StoreError>(Change::Keep);
        };
        record.files.extend(files.iter().cloned());
        record.replaced.extend(parts.iter().cloned());
        Ok(Change::Put(record))
    })
    .await?;
    let record = record(&*service.documents, day).await?.unwrap_or_default();
    Ok(files.is_subset(&record.files) && parts.is_subset(&record.replaced))
}

/// Writes the events of parts into few files, whose names are those of the claim: nobody else ever writes or names them.
async fn write<'a>(
    service: &Usage,
    (day, claim): (&str, u64),
    parts: impl Iterator<Item = &'a ObjectKey>,
) -> Result<BTreeSet<String>, StoreError> {
    let file = |number: usize| format!("{PREFIX}{claim:016x}-{number:05}.parquet");
    let (mut files, mut merged) = (BTreeSet::new(), Merged::default());
    for key in parts {
        let failed = |reason: String| StoreError::corrupt(key.as_str(), reason);
        let part = raw::copied(&service.objects, key).await.map_err(|error| failed(error.to_string()))?;
        // Parts of such a day are deleted by whoever has the lease alone.
        let part = part.ok_or_else(|| StoreError::Unavailable { reason: format!("{} went while it was read", key.as_str()) })?;
        let taken = spawn_blocking(move || merged.take(part)).await;
        let full;
        (merged, full) = taken.map_err(|error| failed(error.to_string()))?.map_err(failed)?;
        for bytes in full {
            let name = file(files.len());
            parts::put_file(&service.objects, day, &name, bytes).await?;
            files.insert(name);
        }
    }
    let last = spawn_blocking(move || merged.finish()).await.map_err(|error| StoreError::corrupt(day, error))?;
    if let Some(bytes) = last.map_err(|error| StoreError::corrupt(day, error))? {
        let name = file(files.len());
        parts::put_file(&service.objects, day, &name, bytes).await?;
        files.insert(name);
    }
    Ok(files)
}

/// A file that is being written, in memory.
#[derive(Default)]
struct Merged {
    writer: Option<Writer<Vec<u8>>>,
    rows: usize,
}

impl Merged {
    /// Adds the events of a part, those of kinds that this build does not know among them; what is full by then.
    fn take(mut self, part: std::fs::File) -> Result<(Self, Vec<Vec<u8>>), String> {
        let mut full = Vec::new();
        let mut batches = usage::Batches::open(part, usage::Name::ALL).map_err(|error| error.to_string())?;
        let mut columns = usage::Columns::default();
        while batches.read(&mut columns).map_err(|error| error.to_string())? {
            for row in columns.rows() {
                let writer = match &mut self.writer {
                    Some(writer) => writer,
                    none => none.insert(Writer::new(Vec::new()).map_err(|error| error.to_string())?),
                };
                writer.push_row(&row).map_err(|error| error.to_string())?;
                self.rows += 1;
            }
            if self.rows >= ROWS {
                full.extend(std::mem::take(&mut self).finish()?);
            }
        }
        Ok((self, full))
    }

    fn finish(self) -> Result<Option<Vec<u8>>, String> {
        self.writer.map(|writer| writer.finish().map_err(|error| error.to_string())).transpose()
    }
}

/// An object's name in its folder.
pub(super) fn name(key: &ObjectKey) -> &str {
    key.as_str().rsplit('/').next().unwrap_or_default()
}

fn kept(service: &Usage) -> u64 {
    // As long as events, and as long after as their last part may come again.
    (u64::from(service.settings.events_days.as_u32()) + LOOK_BACK) * OF_A_DAY
}
