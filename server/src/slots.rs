//! So many places and no more, for what lasts: connections, and replies whose bodies are still being read.
//!
//! Whoever comes when all are taken gets the place of one that waits for its own holder: the one that has waited longest,
//! of the network that holds most where one network holds a good part of all. A place that works is never taken. Must never
//! end anything while its table is locked, because what ends gives its place back.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::network::Network;

/// In [`Entry::moved`]: the server is at work, and its holder waits for it.
const AT_WORK: u64 = u64::MAX;
/// How long requests under way may leave a connection silent before it counts as waiting for its peer.
const WORKING: Duration = Duration::from_secs(5);
/// A network that holds this part of all places is the first to lose some.
const DOMINANT: usize = 8;
/// Of so many candidates one is ended at a time, so that looking for them costs little for each newcomer.
const BATCH: usize = 32;

/// What the places are for.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// All together.
    pub most: usize,
    /// Of one network.
    pub most_of_one: usize,
    /// How long a place must have waited for its holder before it may be taken.
    pub grace: Duration,
}

/// Every place is taken by somebody who is at work, or was a moment ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// The places. Cheap to clone.
#[derive(Clone)]
pub struct Slots(Arc<Shared>);

struct Shared {
    bounds: Bounds,
    began: Instant,
    table: Mutex<Table>,
    freed: Notify,
}

#[derive(Default)]
struct Table {
    next: u64,
    entries: HashMap<u64, Arc<Entry>>,
    holders: HashMap<Network, usize>,
}

/// Told when a place is taken away.
pub trait Ends: Send + Sync {
    /// Lets go of everything that the place stands for. Must not wait.
    fn end(&self);
}

/// What is known of a place that is taken.
pub struct Entry {
    id: u64,
    /// Absent where a proxy speaks for many.
    holder: Option<Network>,
    began: Instant,
    /// Milliseconds from `began` to when something last moved, or [`AT_WORK`].
    moved: AtomicU64,
    /// Requests under way on a connection.
    requests: AtomicUsize,
    /// Those of them whose bodies are still to come.
    arriving: AtomicUsize,
    ended: CancellationToken,
    on_end: OnceLock<Weak<dyn Ends>>,
}

/// A place; given back when it is dropped.
pub struct Slot {
    shared: Arc<Shared>,
    entry: Arc<Entry>,
}

impl Entry {
    /// Something moved just now: from here on the holder's turn.
    pub fn moved(&self) {
        self.moved.store(self.now(), Relaxed);
    }

    /// The server's turn: nothing is held against the holder.
    pub fn at_work(&self) {
        self.moved.store(AT_WORK, Relaxed);
    }

    /// Milliseconds since the places were opened.
    pub fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(AT_WORK - 1)
    }

    /// When something last moved, as [`Entry::now`] counts.
    pub fn last(&self) -> u64 {
        self.moved.load(Relaxed)
    }

    /// Requests under way, where the place is a connection's.
    pub fn requests(&self) -> &AtomicUsize {
        &self.requests
    }

    /// Those of [`Entry::requests`] whose bodies the holder has not sent yet.
    pub fn arriving(&self) -> &AtomicUsize {
        &self.arriving
    }

    /// How long its holder has let it wait; nothing where the server is at work.
    pub fn rest(&self) -> Option<Duration> {
        let moved = self.moved.load(Relaxed);
        if moved == AT_WORK {
            return None;
        }
        let rest = Duration::from_millis(self.now().saturating_sub(moved));
        let is_at_work = self.requests.load(Relaxed) > self.arriving.load(Relaxed);
        if is_at_work { rest.checked_sub(WORKING) } else { Some(rest) }
    }

    /// Whether all that is under way are answers: nothing of a request is still to come.
    pub fn waits_for_client(&self) -> bool {
        self.requests.load(Relaxed) > self.arriving.load(Relaxed) && self.arriving.load(Relaxed) == 0
    }

    /// How long nothing moved, whatever is under way.
    fn still(&self) -> Duration {
        let moved = self.moved.load(Relaxed);
        if moved == AT_WORK { Duration::ZERO } else { Duration::from_millis(self.now().saturating_sub(moved)) }
    }

    /// Takes the place away.
    pub fn end(&self) {
        self.ended.cancel();
        if let Some(told) = self.on_end.get().and_then(Weak::upgrade) {
            told.end();
        }
    }
}

impl Slot {
    pub fn entry(&self) -> &Arc<Entry> {
        &self.entry
    }

    /// Who is told when the place is taken away; the first one stands.
    pub fn tell(&self, told: Weak<dyn Ends>) {
        // A place has one use.
        let _ = self.entry.on_end.set(told);
    }

    /// Resolves when the place is taken away.
    pub async fn ended(&self) {
        self.entry.ended.cancelled().await;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut table = self.shared.table();
        table.entries.remove(&self.entry.id);
        if let Some(holder) = self.entry.holder
            && let Some(count) = table.holders.get_mut(&holder)
        {
            *count -= 1;
            if *count == 0 {
                table.holders.remove(&holder);
            }
        }
        drop(table);
        self.shared.freed.notify_one();
    }
}

impl Slots {
    pub fn new(bounds: Bounds) -> Self {
        let (began, table, freed) = (Instant::now(), Mutex::default(), Notify::new());
        Self(Arc::new(Shared { bounds, began, table, freed }))
    }

    /// Places that are taken.
    pub fn taken(&self) -> usize {
        self.0.table().entries.len()
    }

    /// A place for one of this network, taken from who waits longest where there is none.
    ///
    /// # Errors
    /// [`Full`].
    pub fn claim(&self, holder: Option<Network>) -> Result<Slot, Full> {
        let victims = match self.0.try_claim(holder) {
            Ok(slot) => return Ok(slot),
            Err(victims) => victims,
        };
        victims.iter().for_each(|entry| entry.end());
        self.0.try_claim(holder).map_err(|_| Full)
    }

    /// The same where what is ended gives its place back a little later.
    ///
    /// # Errors
    /// [`Full`], at the latest after `patience`.
    pub async fn claim_within(&self, holder: Option<Network>, patience: Duration) -> Result<Slot, Full> {
        let deadline = Instant::now() + patience;
        loop {
            // Listened for before it is tried, so that no place is given back in between unheard.
            let mut freed = std::pin::pin!(self.0.freed.notified());
            freed.as_mut().enable();
            let victims = match self.0.try_claim(holder) {
                Ok(slot) => return Ok(slot),
                Err(victims) => victims,
            };
            if victims.is_empty() {
                return Err(Full);
            }
            victims.iter().for_each(|entry| entry.end());
            tokio::time::timeout_at(deadline, freed).await.map_err(|_| Full)?;
        }
    }

    /// Takes away those of whom `is_over` says so.
    pub fn sweep(&self, is_over: impl Fn(&Entry) -> bool) {
        let over: Vec<Arc<Entry>> = self.0.table().entries.values().filter(|entry| is_over(entry)).cloned().collect();
        over.iter().for_each(|entry| entry.end());
    }

    /// Takes away some of those who wait, so that what they hold is there for others.
    pub fn shed(&self) {
        let victims = self.0.choose(&self.0.table(), None);
        victims.iter().for_each(|entry| entry.end());
    }
}

impl Shared {
    fn table(&self) -> MutexGuard<'_, Table> {
        // Nothing panics in between; and what is counted is still right.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place, or those whose places may be taken.
    fn try_claim(self: &Arc<Self>, holder: Option<Network>) -> Result<Slot, Vec<Arc<Entry>>> {
        let mut table = self.table();
        let own = table.held(holder);
        if own >= self.bounds.most_of_one {
            return Err(longest(table.of(holder), self.bounds.grace));
        }
        if table.entries.len() >= self.bounds.most {
            return Err(self.choose(&table, holder));
        }
        table.next += 1;
        let entry = Arc::new(Entry {
            id: table.next,
            holder,
            began: self.began,
            moved: AtomicU64::new(AT_WORK),
            requests: AtomicUsize::new(0),
            arriving: AtomicUsize::new(0),
            ended: CancellationToken::new(),
            on_end: OnceLock::new(),
        });
        table.entries.insert(entry.id, Arc::clone(&entry));
        if let Some(holder) = holder {
            *table.holders.entry(holder).or_default() += 1;
        }
        Ok(Slot { shared: Arc::clone(self), entry })
    }

    fn choose(&self, table: &Table, newcomer: Option<Network>) -> Vec<Arc<Entry>> {
        let grace = self.bounds.grace;
        let largest = table.holders.iter().max_by_key(|(_, count)| **count).map(|(holder, count)| (*holder, *count));
        let dominant = largest.filter(|(_, count)| count * DOMINANT >= self.bounds.most);
        if let Some((holder, _)) = dominant {
            let victims = longest(table.of(Some(holder)), grace);
            if !victims.is_empty() {
                return victims;
            }
        }
        let victims = longest(table.entries.values(), grace);
        if !victims.is_empty() {
            return victims;
        }
        // All moved a moment ago: one network that holds far more than the newcomer does gives way nevertheless.
        match dominant {
            Some((holder, count)) if count > 2 * (table.held(newcomer) + 1) => {
                let waiting = longest(table.of(Some(holder)), Duration::ZERO);
                if waiting.is_empty() { stillest(table.of(Some(holder))) } else { waiting }
            }
            Some(_) | None => Vec::new(),
        }
    }
}

impl Table {
    fn held(&self, holder: Option<Network>) -> usize {
        holder.and_then(|holder| self.holders.get(&holder)).copied().unwrap_or_default()
    }

    fn of(&self, holder: Option<Network>) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries.values().filter(move |entry| entry.holder == holder)
    }
}

/// One in [`BATCH`] of those who have waited for at least `grace`, and at least one where there is any: those who have
/// waited longest.
/// Those of which nothing moved for longest, be they at work or not.
fn stillest<'a>(entries: impl Iterator<Item = &'a Arc<Entry>>) -> Vec<Arc<Entry>> {
    batch(entries.map(|entry| (entry.still(), entry)).collect())
}

fn longest<'a>(entries: impl Iterator<Item = &'a Arc<Entry>>, grace: Duration) -> Vec<Arc<Entry>> {
    let waiting = entries.filter_map(|entry| Some((entry.rest()?, entry))).filter(|(rest, _)| *rest >= grace);
    batch(waiting.collect())
}

fn batch(mut waiting: Vec<(Duration, &Arc<Entry>)>) -> Vec<Arc<Entry>> {
    if waiting.is_empty() {
        return Vec::new();
    }
    let wanted = waiting.len().div_ceil(BATCH);
    waiting.select_nth_unstable_by_key(wanted - 1, |(rest, _)| std::cmp::Reverse(*rest));
    waiting.into_iter().take(wanted).map(|(_, entry)| Arc::clone(entry)).collect()
}

#[cfg(test)]
mod tests;
