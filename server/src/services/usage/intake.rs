//! From the queue into the journal: whoever did something becomes a hash there, or nobody.
//!
//! Where it cannot be found out who wants to be left out, or the key of the day cannot be had, everybody is nobody. A session is
//! kept under the key of the day, too, and one of nobody under a key that no store has: nothing joins what somebody did on two
//! days, nor what they did before and after they chose to be left out. Must never write a profile's id, nor a session's hash as
//! it was recorded.

use std::{
    collections::BTreeSet,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use storage::StoreError;
use tokio::task::spawn_blocking;
use tokio_util::task::TaskTracker;
use usage::event::{Event, Kind, ProfileHash};

use super::{
    calendar,
    choices::Choices,
    day_keys::DayKeys,
    journal::{Journal, Refused},
    lines,
    rollups::AccountUses,
};
use crate::services::recorder::{Recorded, Recordings};

/// Events that are written at once.
const AT_ONCE: usize = 4096;

/// Takes what was recorded. Cheap to clone.
#[derive(Clone)]
pub struct Intake {
    pub recordings: Arc<Recordings>,
    pub journal: Arc<Mutex<Journal>>,
    pub counts: Arc<Counts>,
    pub choices: Choices,
    pub keys: DayKeys,
    /// What sessions of nobody are kept under, which goes with the process.
    pub nobodys: [u8; 32],
    /// Batches on their way into the journal: each gets there, also where whoever took it is dropped meanwhile.
    pub writing: TaskTracker,
}

/// Whose something was, with the key under which it is kept.
#[derive(Clone, Copy)]
enum Whose {
    Profile { hash: ProfileHash, day_key: [u8; 32] },
    Nobody { day_key: [u8; 32] },
}

impl Whose {
    const fn profile(self) -> Option<ProfileHash> {
        match self {
            Self::Profile { hash, .. } => Some(hash),
            Self::Nobody { .. } => None,
        }
    }

    const fn day_key(&self) -> &[u8; 32] {
        match self {
            Self::Profile { day_key, .. } | Self::Nobody { day_key } => day_key,
        }
    }
}

/// Of this life of the process.
#[derive(Debug, Default)]
pub struct Counts {
    pub journalled: AtomicU64,
    /// Because the disk refused them, or too much waits on it.
    pub lost: AtomicU64,
    /// Whether the journal was full when it was written to last.
    is_full: AtomicBool,
}

impl Counts {
    /// Whether the journal is full, and was not before, or the other way round.
    fn turned(&self, is_full: bool) -> bool {
        self.is_full.swap(is_full, Relaxed) != is_full
    }
}

impl Intake {
    /// Takes what is recorded for as long as it is asked to.
    ///
    /// # Errors
    /// What the file system says; what was taken then is lost and counted.
    pub async fn run(self) -> Result<(), String> {
        loop {
            let taken = self.recordings.take(AT_ONCE).await;
            if taken.is_empty() {
                // Nobody is left who would tell anything.
                return Ok(());
            }
            let written = self.writing.spawn(self.clone().write(taken)).await.map_err(io::Error::other).flatten();
            written.map_err(|error| format!("the journal of usage: {error}"))?;
        }
    }

    /// Takes what is in the queue, and does not wait for more; what was taken before is written when this returns.
    ///
    /// # Errors
    /// As [`Intake::run`].
    pub async fn finish(&self) -> io::Result<()> {
        self.writing.close();
        self.writing.wait().await;
        loop {
            let taken = self.recordings.take_waiting(AT_ONCE);
            if taken.is_empty() {
                return Ok(());
            }
            self.clone().write(taken).await?;
        }
    }

    async fn write(self, mut taken: Vec<Recorded>) -> io::Result<()> {
        let named = self.named(&taken).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "usage is recorded as nobody's");
            taken.iter().map(|recorded| self.nobody(recorded.at)).collect()
        });
        let (mut events, mut uses) = (Vec::with_capacity(taken.len()), AccountUses::new());
        for (recorded, whose) in taken.iter_mut().zip(named) {
            let event = Event { at_millis: recorded.at, kind: kept(&recorded.kind, whose), profile: whose.profile() };
            if let Some(account) = recorded.account.take() {
                lines::count(&mut uses, account, &event);
            }
            events.push(event);
        }
        let lines = lines::write(&events, uses)?;
        let count = taken.len() as u64;
        let journal = Arc::clone(&self.journal);
        let append = spawn_blocking(move || journal.lock().unwrap_or_else(PoisonError::into_inner).append(&lines));
        let outcome = append.await.map_err(|error| Refused::Disk(io::Error::other(error))).flatten();
        let counted = if outcome.is_ok() { &self.counts.journalled } else { &self.counts.lost };
        counted.fetch_add(count, Relaxed);
        match outcome {
            Ok(()) => {
                if self.counts.turned(false) {
                    tracing::info!(lost = self.counts.lost.load(Relaxed), "usage is kept again: the journal has room");
                }
                taken.iter_mut().for_each(Recorded::note_kept);
            }
            // Until the object store takes what waits. Said once, however much comes meanwhile.
            Err(refused @ Refused::Full) => {
                if self.counts.turned(true) {
                    tracing::warn!("usage is lost from now on: {refused}");
                }
            }
            Err(Refused::Disk(error)) => return Err(error),
        }
        Ok(())
    }

    /// Whoever did each; nobody where they want to be left out.
    async fn named(&self, taken: &[Recorded]) -> Result<Vec<Whose>, StoreError> {
        let profiles: BTreeSet<_> = taken.iter().filter_map(|recorded| recorded.profile.clone()).collect();
        if profiles.is_empty() {
            return Ok(taken.iter().map(|recorded| self.nobody(recorded.at)).collect());
        }
        let left_out = self.choices.left_out(profiles).await?;
        let mut named = Vec::with_capacity(taken.len());
        for recorded in taken {
            named.push(match recorded.profile.as_ref().filter(|profile| !left_out.contains(*profile)) {
                Some(profile) => {
                    let day_key = self.keys.of(recorded.at).await?;
                    Whose::Profile { hash: ProfileHash::new(&day_key, profile.as_str()), day_key }
                }
                None => self.nobody(recorded.at),
            });
        }
        Ok(named)
    }

    /// Nobody, on the day of an instant.
    fn nobody(&self, at: u64) -> Whose {
        Whose::Nobody { day_key: *blake3::keyed_hash(&self.nobodys, calendar::day(at).as_bytes()).as_bytes() }
    }
}

/// What is kept of what happened: what nobody is to be known by, their words neither.
fn kept(kind: &Kind, whose: Whose) -> Kind {
    let mut kind = kind.clone();
    if let Some(session) = kind.session_mut() {
        *session = session.under(whose.day_key());
    }
    if let (Kind::Search { query, .. }, None) = (&mut kind, whose.profile()) {
        *query = None;
    }
    kind
}
