//! The sessions under way: begun, renewed by heartbeats, ended, and looked at by every request for video.
//!
//! The hot path asks [`Sessions::live`], which looks into the store once in [`SEEN_FOR`] at most. A session that
//! nobody renews is gone after its lease. Must never bring back a session that was ended.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use contract::ids::{ProfileId, StreamId, TitleId};
use moka::sync::Cache;
use storage::{
    StoreError,
    events::Events,
    keyvalue::{Entry, Expect, KeyValue, SCAN_LIMIT},
};

use super::{
    elapsed::NodeClock,
    grant::SessionKey,
    heartbeat::{Counted, Heartbeat},
    record::{End, SessionRecord},
};
use crate::services::feeds::PLAYING_CHANGED;

/// How long a session lives without a heartbeat. Six heartbeats: a browser lets a tab in the background speak once
/// a minute.
pub const LEASE: Duration = Duration::from_secs(90);
/// How long after its end a session's last word on the position is still taken.
const LAST_WORD: Duration = Duration::from_secs(60);
/// How long an ended session may still be served, where another process ended it.
const SEEN_FOR: Duration = Duration::from_secs(5);
/// Sessions remembered at once.
const SEEN_AT_MOST: u64 = 20_000;
/// Tries of a compare-and-set; each fails only where another write succeeded.
const TRIES: u8 = 8;

/// Cheap to clone.
#[derive(Clone)]
pub struct Sessions {
    store: Arc<dyn KeyValue>,
    lease: Duration,
    seen: Cache<SessionKey, Option<Arc<SessionRecord>>>,
    events: Events,
    clock: Arc<NodeClock>,
}

impl Sessions {
    /// With sessions that live for `lease` after each heartbeat. `events` is told where others play than before.
    pub fn new(store: Arc<dyn KeyValue>, lease: Duration, events: Events) -> Self {
        let seen = Cache::builder().max_capacity(SEEN_AT_MOST).time_to_live(SEEN_FOR).build();
        Self { store, lease, seen, events, clock: Arc::default() }
    }

    /// What sessions are counted by that this node hears.
    pub fn clock(&self) -> &NodeClock {
        &self.clock
    }

    /// How often other films played than before, as far as this node was told.
    pub fn changes(&self) -> u64 {
        *self.events.written(PLAYING_CHANGED).borrow()
    }

    fn changed(&self) {
        self.events.wrote(PLAYING_CHANGED);
    }

    /// `key` is new: made by [`SessionKey::random`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn begin(&self, key: SessionKey, record: &SessionRecord) -> Result<(), StoreError> {
        self.store.put(&name(key), encode(record)?, Expect::Absent, Some(self.lease)).await?;
        self.seen.insert(key, Some(Arc::new(record.clone())));
        self.changed();
        Ok(())
    }

    /// The session, also one that was ended a moment ago.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn read(&self, key: SessionKey) -> Result<Option<SessionRecord>, StoreError> {
        self.store.get(&name(key)).await?.as_ref().map(decode).transpose()
    }

    /// Renews the lease and notes the position; what was watched since the heartbeat before, each moment of which is told of once, however
    /// many heartbeats arrive together. Nothing where the session is not under way any more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn renew(&self, key: SessionKey, heartbeat: Heartbeat) -> Result<Option<Counted>, StoreError> {
        let (counted, is_another) = (Mutex::new(Counted::default()), AtomicBool::new(false));
        let is_renewed = self.change(key, self.lease, |record, left| {
            let was_paused = record.presence.as_ref().is_some_and(|presence| presence.is_paused);
            is_another.store(was_paused != heartbeat.is_paused, Relaxed);
            *counted.lock().unwrap_or_else(PoisonError::into_inner) = heartbeat.count(record, (self.lease, left), &self.clock);
            record.end.is_none()
        });
        if !is_renewed.await? {
            return Ok(None);
        }
        if is_another.load(Relaxed) {
            self.changed();
        }
        Ok(Some(counted.into_inner().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Ends the session; ending it again is no failure, and the first reason stays.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end(&self, key: SessionKey, why: End) -> Result<(), StoreError> {
        self.end_with(key, why, None).await.map(drop)
    }

    /// The same with a message to whoever watches; whether it was under way until then.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_with(&self, key: SessionKey, why: End, message: Option<&str>) -> Result<bool, StoreError> {
        let changed = self.change(key, LAST_WORD, |record, _| {
            let is_under_way = record.end.is_none();
            if is_under_way {
                record.end = Some(why);
                if let Some(presence) = &mut record.presence {
                    presence.message = message.map(str::to_owned);
                }
            }
            is_under_way
        });
        let changed = changed.await;
        self.seen.insert(key, None);
        if matches!(changed, Ok(true)) {
            self.changed();
        }
        changed
    }

    /// Removes every session of a profile; what they were. Looks at all sessions that there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget(&self, profile: &ProfileId) -> Result<Vec<SessionRecord>, StoreError> {
        let forgotten = self.that(|record| record.profile == *profile).await?;
        for (key, _) in &forgotten {
            self.store.delete(&name(*key), Expect::Anything).await?;
            self.changed();
        }
        Ok(forgotten.into_iter().map(|(_, record)| record).collect())
    }

    /// The sessions of a profile that go on. Looks at all sessions that there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn of_profile(&self, profile: &ProfileId) -> Result<Vec<SessionRecord>, StoreError> {
        let found = self.that(|record| record.profile == *profile && record.end.is_none()).await?;
        Ok(found.into_iter().map(|(_, record)| record).collect())
    }

    /// Ends every session of a title; what they were. Looks at all sessions that there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_title(&self, title: &TitleId) -> Result<Vec<SessionRecord>, StoreError> {
        let ended = self.that(|record| record.title == *title && record.end.is_none()).await?;
        for (key, _) in &ended {
            self.end(*key, End::TitleDeleted).await?;
        }
        Ok(ended.into_iter().map(|(_, record)| record).collect())
    }

    /// The session under way that others know by this id. Looks at all sessions that there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find(&self, id: &StreamId) -> Result<Option<(SessionKey, SessionRecord)>, StoreError> {
        let mut found = None;
        self.each(|key, record| {
            if record.end.is_none() && key.stream().is_ok_and(|stream| stream == *id) {
                found = Some((key, record));
            }
        })
        .await?;
        Ok(found)
    }

    /// The sessions of which this holds.
    async fn that(&self, holds: impl Fn(&SessionRecord) -> bool) -> Result<Vec<(SessionKey, SessionRecord)>, StoreError> {
        let mut found = Vec::new();
        self.each(|key, record| {
            if holds(&record) {
                found.push((key, record));
            }
        })
        .await?;
        Ok(found)
    }

    /// Every session that there is, a page of them in memory at a time; those that ended a moment ago are among them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn each(&self, mut take: impl FnMut(SessionKey, SessionRecord)) -> Result<(), StoreError> {
        let mut after = None::<String>;
        loop {
            let page = self.store.scan(PREFIX, after.as_deref(), SCAN_LIMIT).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = Some(last.clone());
            for (name, entry) in &page {
                let id = name.strip_prefix(PREFIX).and_then(|id| id.parse().ok());
                let key = id.and_then(|id| SessionKey::of(&id));
                if let (Some(key), Ok(record)) = (key, serde_json::from_slice(&entry.value)) {
                    take(key, record);
                }
            }
        }
    }

    /// The session, as it was a moment ago, where video may be sent for it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn live(&self, key: SessionKey) -> Result<Option<Arc<SessionRecord>>, StoreError> {
        if let Some(seen) = self.seen.get(&key) {
            return Ok(seen);
        }
        let live = self.read(key).await?.filter(|record| record.end.is_none()).map(Arc::new);
        self.seen.insert(key, live.clone());
        Ok(live)
    }

    /// Reads, changes and writes, again where another write came in between. `change` is given what was left of the session's time, by the
    /// store's clock. `false` where there is no session, or where `change` says that nothing is to be written.
    async fn change(
        &self,
        key: SessionKey,
        ttl: Duration,
        change: impl Fn(&mut SessionRecord, Duration) -> bool,
    ) -> Result<bool, StoreError> {
        for _ in 0..TRIES {
            let Some((entry, left)) = self.store.get_expiring(&name(key)).await? else { return Ok(false) };
            let mut record = decode(&entry)?;
            // One that stays, which nobody writes, was written nobody knows when.
            if !change(&mut record, left.unwrap_or(Duration::MAX)) {
                return Ok(false);
            }
            let written = self.store.put(&name(key), encode(&record)?, Expect::Version(entry.version), Some(ttl)).await;
            if !matches!(written, Err(StoreError::Conflict { .. })) {
                return written.map(|_| true);
            }
        }
        Err(StoreError::Unavailable { reason: "a session is written by too many at once".to_owned() })
    }
}

const PREFIX: &str = "playback/session/";
/// What messages name in place of the key, which is a secret of its session.
const UNKEYED: &str = "playback/session";

fn name(key: SessionKey) -> String {
    format!("{PREFIX}{key}")
}

fn decode(entry: &Entry) -> Result<SessionRecord, StoreError> {
    serde_json::from_slice(&entry.value).map_err(|error| StoreError::corrupt(UNKEYED, error))
}

fn encode(record: &SessionRecord) -> Result<Bytes, StoreError> {
    serde_json::to_vec(record).map(Bytes::from).map_err(|error| StoreError::corrupt(UNKEYED, error))
}

#[cfg(test)]
mod tests {
    use contract::playback::PlayQuality;
    use storage::{StorageUrls, events::Events, open};

    use super::{
        super::{elapsed::tests::Time, fixture::session, record::Metered},
        *,
    };

    async fn sessions(lease: Duration) -> (tempfile::TempDir, Sessions) {
        let folder = tempfile::tempdir().unwrap();
        let stores = open(&StorageUrls::embedded(folder.path()), &Events::default()).await.unwrap();
        (folder, Sessions::new(stores.keyvalue, lease, Events::default()))
    }

    async fn begin(sessions: &Sessions) -> SessionKey {
        let key = SessionKey::random();
        sessions.begin(key, &session()).await.unwrap();
        key
    }

    const MOVED: Heartbeat = Heartbeat {
        position: 1.0,
        has_moved: true,
        is_paused: false,
        buffered_millis: None,
        now: 1_000_000,
        quality: None,
        starved: 0,
    };

    fn at(position: f64) -> Heartbeat {
        Heartbeat { position, ..MOVED }
    }

    #[tokio::test]
    async fn a_session_lives_as_long_as_it_is_renewed() {
        let (_folder, sessions) = sessions(Duration::from_millis(1500)).await;
        let (kept, left) = (begin(&sessions).await, begin(&sessions).await);
        for step in 0..4 {
            tokio::time::sleep(Duration::from_millis(600)).await;
            assert!(sessions.renew(kept, at(f64::from(step))).await.unwrap().is_some());
        }
        assert_eq!(sessions.read(kept).await.unwrap().unwrap().position, 3.0);
        assert_eq!(sessions.read(left).await.unwrap(), None);
        assert!(sessions.renew(left, at(1.0)).await.unwrap().is_none(), "a heartbeat does not bring it back");
        assert_eq!(sessions.read(left).await.unwrap(), None);
    }

    #[tokio::test]
    async fn no_heartbeat_brings_back_a_session_that_was_ended() {
        let (_folder, sessions) = sessions(LEASE).await;
        let key = begin(&sessions).await;
        let renewals = futures::future::join_all((0..4).map(|step| sessions.renew(key, at(f64::from(step)))));
        let (renewals, ended) = tokio::join!(renewals, sessions.end(key, End::Stopped));
        assert!(renewals.into_iter().all(|renewal| renewal.is_ok()) && ended.is_ok());
        assert!(sessions.renew(key, at(9.0)).await.unwrap().is_none());
        assert!(sessions.live(key).await.unwrap().is_none());
        sessions.end(key, End::PlaceTaken).await.unwrap();
        assert_eq!(sessions.read(key).await.unwrap().unwrap().end, Some(End::Stopped), "the first reason stays");
    }

    #[tokio::test]
    async fn each_moment_of_watching_is_told_of_once_however_many_heartbeats_arrive_together() {
        let (_folder, sessions) = sessions(LEASE).await;
        let time = Time::default();
        // Two servers, which hear of it at once.
        let nodes = [5, 700].map(|before| Sessions { clock: Arc::new(time.node(before)), ..sessions.clone() });
        let (key, begun) = (SessionKey::random(), session());
        let metered = begun.metered.clone().map(|metered| Metered { elapsed: nodes[0].clock().begin(), ..metered });
        nodes[0].begin(key, &SessionRecord { metered, ..begun }).await.unwrap();
        let quality = Some(PlayQuality { stalls: 2, stalled_millis: 700, ..PlayQuality::default() });
        let heartbeat = Heartbeat { quality, ..MOVED };
        time.pass(15_000);
        assert_eq!(nodes[0].renew(key, heartbeat).await.unwrap().unwrap().watched, 15_000);
        tokio::time::sleep(Duration::from_millis(1_000)).await;
        time.pass(1_000);
        let quality = Some(PlayQuality { stalls: 5, stalled_millis: 900, ..PlayQuality::default() });
        let again = Heartbeat { quality, ..MOVED };
        let together = futures::future::join_all((0..6).map(|at| nodes[at % 2].renew(key, again))).await;
        let together: Vec<Counted> = together.into_iter().map(|told| told.unwrap().unwrap()).collect();
        let watched = together.iter().map(|told| told.watched).sum::<u64>();
        // The other one knows it from the store, whose clock goes by itself.
        assert!((900..3_000).contains(&watched), "{together:?}");
        let stalls = together.iter().map(|told| told.played.unwrap()).map(|played| (played.stalls, played.stalled_millis));
        assert_eq!(stalls.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1)), (3, 200), "{together:?}");
    }
}
