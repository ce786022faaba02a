//! What plays now, on every node: read from the sessions themselves, which are gone by themselves where nobody renews them, so that nothing
//! beside them has to be kept in step when a node dies.
//!
//! To read them is to read every session that there is, a page at a time. However many operators ask, that is done once a second at most,
//! and again where something else is known to play, once for all who wait. Must never hold more sessions than it tells of, and a page of others.

use std::{
    cmp::Reverse,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use contract::{
    ids::{ProfileId, StreamId},
    playback::{PLAYING, PlayingAccount, PlayingNow, PlayingSession, StreamedTitle},
};
use storage::StoreError;
use tokio::sync::Mutex;

use super::{
    record::{Presence, SessionRecord},
    sessions::Sessions,
};

/// How long what was read is told again.
const FRESH: Duration = Duration::from_secs(1);
/// Sessions that are in memory before those that began first are let go of.
const GATHERED: usize = 2 * PLAYING;

/// What was read last.
#[derive(Default)]
pub struct NowPlayingCache {
    last: Mutex<Option<Read>>,
    /// How often it was begun to read.
    begun: AtomicU64,
}

struct Read {
    at: Instant,
    /// The how many-th it is, from one.
    number: u64,
    /// [`Sessions::changes`] before it was read.
    changes: u64,
    playing: Arc<Found>,
}

/// The sessions that are told of, the latest started first, and how many there are.
#[derive(Debug, Default)]
pub struct Found {
    pub sessions: Vec<FoundSession>,
    pub total: u64,
}

/// A session under way.
#[derive(Debug)]
pub struct FoundSession {
    pub id: StreamId,
    pub profile: ProfileId,
    pub record: SessionRecord,
    pub presence: Presence,
}

impl NowPlayingCache {
    /// What plays now, as it was a second ago at most; one reads for all who wait.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn get(&self, sessions: &Sessions) -> Result<Arc<Found>, StoreError> {
        self.get_by(|| sessions.changes(), || read(sessions)).await
    }

    async fn get_by<R>(&self, changes: impl FnOnce() -> u64, read: impl FnOnce() -> R) -> Result<Arc<Found>, StoreError>
    where
        R: Future<Output = Result<Found, StoreError>>,
    {
        let before = self.begun.load(SeqCst);
        let mut last = self.last.lock().await;
        let changes = changes();
        // What was begun to be read after this was asked has all that whoever asks can know of, whatever changed since.
        let serves = |read: &&Read| read.number > before || (read.changes == changes && read.at.elapsed() < FRESH);
        if let Some(read) = last.as_ref().filter(serves) {
            return Ok(Arc::clone(&read.playing));
        }
        let (at, number) = (Instant::now(), self.begun.fetch_add(1, SeqCst) + 1);
        let playing = Arc::new(read().await?);
        *last = Some(Read { at, number, changes, playing: Arc::clone(&playing) });
        Ok(playing)
    }
}

async fn read(sessions: &Sessions) -> Result<Found, StoreError> {
    let mut found = Found::default();
    sessions
        .each(|key, mut record| {
            if record.end.is_some() {
                return;
            }
            // One that an older build began, of which nothing is known that could be told.
            let Some(presence) = record.presence.take() else { return };
            let Ok(id) = key.stream() else { return };
            found.total += 1;
            found.sessions.push(FoundSession { id, profile: record.profile.clone(), record, presence });
            if found.sessions.len() >= GATHERED {
                found.keep_latest();
            }
        })
        .await?;
    found.keep_latest();
    Ok(found)
}

impl Found {
    fn keep_latest(&mut self) {
        self.sessions.sort_by(|one, other| one.order().cmp(&other.order()));
        self.sessions.truncate(PLAYING);
    }

    /// As it is told, with what each account and profile is called.
    pub fn told(&self, now: u64, account: impl Fn(&FoundSession) -> Option<PlayingAccount>) -> PlayingNow {
        let told = |session: &FoundSession| PlayingSession {
            id: session.id.clone(),
            title: StreamedTitle { id: session.record.title.clone(), title: session.presence.name.clone() },
            account: account(session),
            device: session.presence.device.clone(),
            device_class: session.presence.device_class,
            class: session.presence.class,
            position: session.record.position,
            duration_seconds: session.record.duration_seconds,
            is_paused: session.presence.is_paused,
            buffered_millis: session.presence.buffered_millis,
            started: session.presence.started,
            heard: session.presence.heard,
        };
        PlayingNow { items: self.sessions.iter().map(told).collect(), total: self.total, now }
    }
}

impl FoundSession {
    fn order(&self) -> (Reverse<u64>, &str) {
        (Reverse(self.presence.started), self.id.as_str())
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_reading_serves_all_who_wait_though_something_changes_all_the_time() {
        let (cache, changes, readings) = (NowPlayingCache::default(), AtomicU64::new(0), AtomicU64::new(0));
        let (cache, changes, readings) = (&cache, &changes, &readings);
        let read = move || async move {
            readings.fetch_add(1, SeqCst);
            tokio::time::sleep(Duration::from_millis(100)).await;
            Ok(Found::default())
        };
        let ask = || cache.get_by(|| changes.fetch_add(1, SeqCst), read);
        // All of them come while the first reads: what it reads may lack what they know of.
        assert!(join_all((0..50).map(|_| ask())).await.iter().all(Result::is_ok));
        assert_eq!(readings.load(SeqCst), 2);
        ask().await.unwrap();
        assert_eq!(readings.load(SeqCst), 3, "whoever asks later is told what changed");
    }
}
