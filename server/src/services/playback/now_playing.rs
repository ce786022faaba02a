//! What plays now, on every node: read from the sessions themselves, which are gone by themselves where nobody renews them, so that nothing
//! beside them has to be kept in step when a node dies.
//!
//! To read them is to read every session that there is, a page at a time. However many operators ask, that is done once a second at most,
//! and again as soon as something else is known to play. Must never hold more sessions than it tells of, and a page of others.

use std::{
    cmp::Reverse,
    sync::Arc,
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
pub struct NowPlayingCache(Mutex<Option<Read>>);

struct Read {
    at: Instant,
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
        let mut last = self.0.lock().await;
        let changes = sessions.changes();
        if let Some(read) = last.as_ref().filter(|read| read.changes == changes && read.at.elapsed() < FRESH) {
            return Ok(Arc::clone(&read.playing));
        }
        let at = Instant::now();
        let playing = Arc::new(read(sessions).await?);
        *last = Some(Read { at, changes, playing: Arc::clone(&playing) });
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
