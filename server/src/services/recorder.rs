//! What services tell of how they are used, into one queue that nobody waits for.
//!
//! A service says what it knows ([`Recorder::record`]); the usage service takes it at the other end and knows what to keep of it. The queue is
//! bounded, and what finds it full is dropped and counted. Must never slow down, hold up or fail what it tells of.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use contract::ids::{AccountId, ProfileId};
use runtime::clock::Clock;
use tokio::sync::{Mutex, mpsc, oneshot};
use usage::event::Kind;

/// What may wait in the queue: some seconds of the most that one process does.
const CAPACITY: usize = 65_536;
/// For how many seconds at most somebody may sum up what they do before they tell it.
pub const UNTOLD_SECONDS: u64 = 20;
/// How long somebody waits at most to know that what they told is kept.
const PATIENCE: Duration = Duration::from_millis(50);

/// Something that happened, with those whom it concerns by their ids; the usage service keeps neither of a profile.
#[derive(Debug)]
pub struct Recorded {
    /// Milliseconds since 1970.
    pub at: u64,
    pub kind: Kind,
    pub profile: Option<ProfileId>,
    /// Whose use it is that is reckoned up by the month.
    pub account: Option<AccountId>,
    kept: Option<oneshot::Sender<()>>,
}

/// Where services tell it. Cheap to clone.
#[derive(Clone)]
pub struct Recorder {
    /// Nothing where no usage is collected.
    queue: Option<mpsc::Sender<Recorded>>,
    counts: Arc<Counts>,
    clock: Clock,
    region: Arc<str>,
}

/// The other end, for one at a time.
pub struct Recordings {
    queue: Mutex<mpsc::Receiver<Recorded>>,
    pub counts: Arc<Counts>,
}

/// Since the process began.
#[derive(Debug, Default)]
pub struct Counts {
    pub recorded: AtomicU64,
    /// Because the queue was full.
    pub dropped: AtomicU64,
}

impl Recorded {
    /// Tells whoever waits that it is kept.
    pub fn note_kept(&mut self) {
        if let Some(kept) = self.kept.take() {
            // Whoever waited may have given up.
            let _ = kept.send(());
        }
    }
}

impl Recorder {
    /// One that drops what it is told: no usage is collected.
    pub fn off(clock: Clock) -> Self {
        Self { queue: None, counts: Arc::default(), clock, region: Arc::default() }
    }

    /// One with its other end.
    pub fn new(clock: Clock) -> (Self, Recordings) {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        let counts = Arc::<Counts>::default();
        let (queue, region) = (Some(sender), Arc::default());
        (Self { queue, counts: Arc::clone(&counts), clock, region }, Recordings { queue: Mutex::new(receiver), counts })
    }

    /// One of a process that serves in a region.
    #[must_use]
    pub fn in_region(self, region: &str) -> Self {
        Self { region: region.into(), ..self }
    }

    /// Where this process serves, as the config names it; empty where it names none. The balancer answers every request here
    /// (`gateway/balance.rs`); where it picks another place, that one tells of what it serves.
    pub fn region(&self) -> Arc<str> {
        Arc::clone(&self.region)
    }

    /// Whether anybody takes what is told.
    pub const fn is_on(&self) -> bool {
        self.queue.is_some()
    }

    /// Tells of something that happened now. It costs no more than to make the event.
    pub fn record(&self, kind: Kind, profile: Option<&ProfileId>, account: Option<&AccountId>) {
        self.send(kind, (profile, account), None);
    }

    /// As [`Recorder::record`], and returns when it outlives the process, or after 50 ms. To be awaited beside a write to a store, which takes
    /// longer.
    pub async fn keep(&self, kind: Kind, profile: Option<&ProfileId>, account: Option<&AccountId>) {
        let (sender, kept) = oneshot::channel();
        if self.send(kind, (profile, account), Some(sender)) {
            // Later than that it is kept a little later, or was dropped and counted.
            let _ = tokio::time::timeout(PATIENCE, kept).await;
        }
    }

    /// Whether it is in the queue.
    fn send(
        &self,
        kind: Kind,
        (profile, account): (Option<&ProfileId>, Option<&AccountId>),
        kept: Option<oneshot::Sender<()>>,
    ) -> bool {
        let Some(queue) = &self.queue else { return false };
        let recorded = Recorded { at: self.clock.millis(), kind, profile: profile.cloned(), account: account.cloned(), kept };
        let is_in = queue.try_send(recorded).is_ok();
        let count = if is_in { &self.counts.recorded } else { &self.counts.dropped };
        count.fetch_add(1, Ordering::Relaxed);
        is_in
    }
}

impl Recordings {
    /// Waits for something, and takes as much as there is, `most` at most; nothing where nobody is left who would tell anything.
    pub async fn take(&self, most: usize) -> Vec<Recorded> {
        let mut taken = Vec::new();
        self.queue.lock().await.recv_many(&mut taken, most).await;
        taken
    }

    /// As [`Recordings::take`], without waiting: nothing where somebody else takes it.
    pub fn take_waiting(&self, most: usize) -> Vec<Recorded> {
        let Ok(mut queue) = self.queue.try_lock() else { return Vec::new() };
        std::iter::from_fn(|| queue.try_recv().ok()).take(most).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind() -> Kind {
        Kind::SignIn { method: usage::event::Method::Password, succeeded: true }
    }

    #[tokio::test]
    async fn what_finds_the_queue_full_is_dropped_and_counted_and_what_is_in_it_is_taken_in_order() {
        let (recorder, recordings) = Recorder::new(Clock::default());
        let profiles: Vec<ProfileId> = (0..CAPACITY + 3).map(|n| format!("p{n}").parse().unwrap()).collect();
        for profile in &profiles {
            recorder.record(kind(), Some(profile), None);
        }
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        assert_eq!((count(&recordings.counts.recorded), count(&recordings.counts.dropped)), (CAPACITY as u64, 3));
        let first = recordings.take(2).await;
        assert_eq!(first.iter().map(|one| one.profile.clone().unwrap()).collect::<Vec<_>>(), profiles[..2]);
        recorder.record(kind(), None, None);
        assert_eq!(count(&recordings.counts.dropped), 3, "there is room again");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_is_told_that_it_is_kept_and_waits_no_longer_than_50_ms_where_nobody_takes_it() {
        let (recorder, recordings) = Recorder::new(Clock::default());
        let begun = tokio::time::Instant::now();
        recorder.keep(kind(), None, None).await;
        assert_eq!(begun.elapsed(), PATIENCE);
        assert_eq!(recordings.take(9).await.len(), 1);
        let taking = async { recordings.take(9).await.iter_mut().for_each(Recorded::note_kept) };
        let begun = tokio::time::Instant::now();
        tokio::join!(recorder.keep(kind(), None, None), taking);
        assert_eq!(begun.elapsed(), Duration::ZERO);
        let off = Recorder::off(Clock::default());
        off.keep(kind(), None, None).await;
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }
}
