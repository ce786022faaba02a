//! The sessions under way: begun, renewed by heartbeats, ended, and looked at by every request for video.
//!
//! The hot path asks [`Sessions::is_live`], which looks into the store once in [`SEEN_FOR`] at most. A session that
//! nobody renews is gone after its lease. Must never bring back a session that was ended.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use contract::ids::{ProfileId, TitleId};
use moka::sync::Cache;
use storage::{
    StoreError,
    keyvalue::{Expect, KeyValue, SCAN_LIMIT},
};

use super::{
    grant::SessionKey,
    record::{End, SessionRecord},
};

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
    seen: Cache<SessionKey, bool>,
}

impl Sessions {
    /// With sessions that live for `lease` after each heartbeat.
    pub fn new(store: Arc<dyn KeyValue>, lease: Duration) -> Self {
        Self { store, lease, seen: Cache::builder().max_capacity(SEEN_AT_MOST).time_to_live(SEEN_FOR).build() }
    }

    /// `key` is new: made by [`SessionKey::random`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn begin(&self, key: SessionKey, record: &SessionRecord) -> Result<(), StoreError> {
        self.store.put(&name(key), encode(record)?, Expect::Absent, Some(self.lease)).await?;
        self.seen.insert(key, true);
        Ok(())
    }

    /// The session, also one that was ended a moment ago.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn read(&self, key: SessionKey) -> Result<Option<SessionRecord>, StoreError> {
        Ok(self.entry(key).await?.map(|(record, _)| record))
    }

    /// Renews the lease and notes the position. Whether the session is still under way.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn renew(&self, key: SessionKey, position: f64) -> Result<bool, StoreError> {
        self.change(key, self.lease, |record| {
            record.position = position;
            record.end.is_none()
        })
        .await
    }

    /// Ends the session; ending it again is no failure, and the first reason stays.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end(&self, key: SessionKey, why: End) -> Result<(), StoreError> {
        let changed = self.change(key, LAST_WORD, |record| record.end.replace(record.end.unwrap_or(why)).is_none()).await;
        self.seen.insert(key, false);
        changed.map(|_| ())
    }

    /// Removes every session of a profile; what they were. Looks at all sessions that there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget(&self, profile: &ProfileId) -> Result<Vec<SessionRecord>, StoreError> {
        let forgotten = self.that(|record| record.profile == *profile).await?;
        for (key, _) in &forgotten {
            self.store.delete(&name(*key), Expect::Anything).await?;
        }
        Ok(forgotten.into_iter().map(|(_, record)| record).collect())
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

    /// The sessions of which this holds.
    async fn that(&self, holds: impl Fn(&SessionRecord) -> bool) -> Result<Vec<(SessionKey, SessionRecord)>, StoreError> {
        let (mut found, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = self.store.scan(PREFIX, after.as_deref(), SCAN_LIMIT).await?;
            let Some((last, _)) = page.last() else { return Ok(found) };
            after = Some(last.clone());
            found.extend(page.iter().filter_map(|(name, entry)| {
                let key = SessionKey::of(&name.strip_prefix(PREFIX)?.parse().ok()?)?;
                let record: SessionRecord = serde_json::from_slice(&entry.value).ok()?;
                holds(&record).then_some((key, record))
            }));
        }
    }

    /// Whether video may be sent for this session.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_live(&self, key: SessionKey) -> Result<bool, StoreError> {
        if let Some(live) = self.seen.get(&key) {
            return Ok(live);
        }
        let live = self.read(key).await?.is_some_and(|record| record.end.is_none());
        self.seen.insert(key, live);
        Ok(live)
    }

    /// Reads, changes and writes, again where another write came in between. `false` where there is no session, or
    /// where `change` says that nothing is to be written.
    async fn change(
        &self,
        key: SessionKey,
        ttl: Duration,
        change: impl Fn(&mut SessionRecord) -> bool,
    ) -> Result<bool, StoreError> {
        for _ in 0..TRIES {
            let Some((mut record, version)) = self.entry(key).await? else { return Ok(false) };
            if !change(&mut record) {
                return Ok(false);
            }
            let written = self.store.put(&name(key), encode(&record)?, Expect::Version(version), Some(ttl)).await;
            if !matches!(written, Err(StoreError::Conflict { .. })) {
                return written.map(|_| true);
            }
        }
        Err(StoreError::Unavailable { reason: "a session is written by too many at once".to_owned() })
    }

    async fn entry(&self, key: SessionKey) -> Result<Option<(SessionRecord, u64)>, StoreError> {
        let Some(entry) = self.store.get(&name(key)).await? else { return Ok(None) };
        let record = serde_json::from_slice(&entry.value).map_err(|error| StoreError::corrupt(UNKEYED, error))?;
        Ok(Some((record, entry.version)))
    }
}

const PREFIX: &str = "playback/session/";
/// What messages name in place of the key, which is a secret of its session.
const UNKEYED: &str = "playback/session";

fn name(key: SessionKey) -> String {
    format!("{PREFIX}{key}")
}

fn encode(record: &SessionRecord) -> Result<Bytes, StoreError> {
    serde_json::to_vec(record).map(Bytes::from).map_err(|error| StoreError::corrupt(UNKEYED, error))
}

#[cfg(test)]
mod tests {
    use storage::{StorageUrls, events::Events, open};

    use super::*;

    async fn sessions(lease: Duration) -> (tempfile::TempDir, Sessions) {
        let folder = tempfile::tempdir().unwrap();
        let stores = open(&StorageUrls::embedded(folder.path()), &Events::default()).await.unwrap();
        (folder, Sessions::new(stores.keyvalue, lease))
    }

    async fn begin(sessions: &Sessions) -> SessionKey {
        let key = SessionKey::random();
        sessions.begin(key, &record()).await.unwrap();
        key
    }

    fn record() -> SessionRecord {
        SessionRecord {
            profile: "p1".parse().unwrap(),
            title: "film".parse().unwrap(),
            duration_seconds: 60.0,
            position: 0.0,
            end: None,
            place: None,
            holder: None,
        }
    }

    #[tokio::test]
    async fn a_session_lives_as_long_as_it_is_renewed() {
        let (_folder, sessions) = sessions(Duration::from_millis(1500)).await;
        let (kept, left) = (begin(&sessions).await, begin(&sessions).await);
        for step in 0..4 {
            tokio::time::sleep(Duration::from_millis(600)).await;
            assert!(sessions.renew(kept, f64::from(step)).await.unwrap());
        }
        assert_eq!(sessions.read(kept).await.unwrap().unwrap().position, 3.0);
        assert_eq!(sessions.read(left).await.unwrap(), None);
        assert!(!sessions.renew(left, 1.0).await.unwrap(), "a heartbeat does not bring it back");
        assert_eq!(sessions.read(left).await.unwrap(), None);
    }

    #[tokio::test]
    async fn no_heartbeat_brings_back_a_session_that_was_ended() {
        let (_folder, sessions) = sessions(LEASE).await;
        let key = begin(&sessions).await;
        let renewals = futures::future::join_all((0..4).map(|step| sessions.renew(key, f64::from(step))));
        let (renewals, ended) = tokio::join!(renewals, sessions.end(key, End::Stopped));
        assert!(renewals.into_iter().all(|renewal| renewal.is_ok()) && ended.is_ok());
        assert!(!sessions.renew(key, 9.0).await.unwrap());
        assert!(!sessions.is_live(key).await.unwrap());
        sessions.end(key, End::PlaceTaken).await.unwrap();
        assert_eq!(sessions.read(key).await.unwrap().unwrap().end, Some(End::Stopped), "the first reason stays");
    }
}
