//! How many films an account plays at once: so many places, each held by one session and its heartbeats.
//!
//! A place is taken with a compare-and-set, so that of two devices that press play at the same instant one gets the
//! last place. Whoever vanishes gives theirs back within [`LEASE`].

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::grant::SessionKey;
use crate::storage::{
    StoreError,
    keyvalue::{Expect, KeyValue},
};

/// How long a place is kept without a heartbeat: two of them.
pub const LEASE: Duration = Duration::from_secs(30);

/// Which place a session holds. Kept with the session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The account, or the profile of a guest.
    pub owner: String,
    pub number: u16,
}

/// Who holds a place, in words for whoever finds them all taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    session: String,
    pub title: String,
    pub device: String,
}

impl Holder {
    pub fn new(session: SessionKey, title: String, device: String) -> Self {
        Self { session: session.to_string(), title, device }
    }
}

pub struct Streams {
    store: Arc<dyn KeyValue>,
    lease: Duration,
}

impl Streams {
    pub fn new(store: Arc<dyn KeyValue>, lease: Duration) -> Self {
        Self { store, lease }
    }

    /// Takes one of `places`; who holds them where all are taken.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take(&self, owner: &str, places: u16, holder: &Holder) -> Result<Result<Place, Vec<Holder>>, StoreError> {
        for number in 0..places {
            let place = Place { owner: owner.to_owned(), number };
            match self.put(&place, holder, Expect::Absent).await {
                Ok(()) => return Ok(Ok(place)),
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let mut holders = Vec::new();
        for number in 0..places {
            let place = Place { owner: owner.to_owned(), number };
            holders.extend(self.holder(&place).await?.map(|(holder, _)| holder));
        }
        Ok(Err(holders))
    }

    /// Keeps a place for another lease. A place that was given back meanwhile is taken again, unless somebody else has
    /// it: then `false`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keep(&self, place: &Place, holder: &Holder) -> Result<bool, StoreError> {
        let expect = match self.holder(place).await? {
            Some((other, _)) if other.session != holder.session => return Ok(false),
            Some((_, version)) => Expect::Version(version),
            None => Expect::Absent,
        };
        match self.put(place, holder, expect).await {
            Ok(()) => Ok(true),
            // Two heartbeats of one session at once: the other one has kept it.
            Err(StoreError::Conflict { .. }) => {
                Ok(self.holder(place).await?.is_some_and(|(now, _)| now.session == holder.session))
            }
            Err(error) => Err(error),
        }
    }

    /// Gives a place back, if this session has it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn give_back(&self, place: &Place, session: SessionKey) -> Result<(), StoreError> {
        let Some((holder, version)) = self.holder(place).await? else { return Ok(()) };
        if holder.session != session.to_string() {
            return Ok(());
        }
        match self.store.delete(&key(place), Expect::Version(version)).await {
            Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn holder(&self, place: &Place) -> Result<Option<(Holder, u64)>, StoreError> {
        let Some(entry) = self.store.get(&key(place)).await? else { return Ok(None) };
        let holder = serde_json::from_slice(&entry.value).map_err(|error| corrupt(place, &error))?;
        Ok(Some((holder, entry.version)))
    }

    async fn put(&self, place: &Place, holder: &Holder, expect: Expect) -> Result<(), StoreError> {
        let value = serde_json::to_vec(holder).map_err(|error| corrupt(place, &error))?;
        self.store.put(&key(place), Bytes::from(value), expect, Some(self.lease)).await.map(|_| ())
    }
}

fn key(place: &Place) -> String {
    format!("playback/place/{}/{}", place.owner, place.number)
}

fn corrupt(place: &Place, error: &serde_json::Error) -> StoreError {
    StoreError::Corrupt { key: key(place), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{StorageUrls, events::Events, open};

    async fn streams(lease: Duration) -> (tempfile::TempDir, Streams) {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}/marquee.db", folder.path().display());
        let objects = format!("file:{}/media", folder.path().display());
        let urls = StorageUrls { documents: database.clone(), keyvalue: database, objects };
        let stores = open(&urls, &Events::default()).await.unwrap();
        (folder, Streams::new(stores.keyvalue, lease))
    }

    fn holder() -> (SessionKey, Holder) {
        let session = SessionKey::random();
        (session, Holder::new(session, "Solaris".into(), "Firefox on Linux".into()))
    }

    #[tokio::test]
    async fn of_many_who_press_play_at_once_as_many_play_as_there_are_places() {
        let (_folder, streams) = streams(LEASE).await;
        let holders: Vec<Holder> = (0..20).map(|_| holder().1).collect();
        let taken = futures::future::join_all(holders.iter().map(|holder| streams.take("ada", 3, holder))).await;
        let places: Vec<u16> = taken.iter().flatten().flatten().map(|place| place.number).collect();
        let mut sorted = places.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 1, 2]);
        let refused = taken.into_iter().flatten().find_map(Result::err).unwrap();
        assert!(refused.iter().all(|holder| holder.device == "Firefox on Linux"), "{refused:?}");
        assert!(streams.take("eve", 1, &holder().1).await.unwrap().is_ok(), "another account's places are its own");
    }

    #[tokio::test]
    async fn a_place_is_free_once_it_is_given_back_or_nobody_keeps_it() {
        let (_folder, streams) = streams(Duration::from_millis(300)).await;
        let (first_session, first) = holder();
        let place = streams.take("ada", 1, &first).await.unwrap().unwrap();
        let (other_session, other) = holder();
        assert!(streams.take("ada", 1, &other).await.unwrap().is_err());
        streams.give_back(&place, other_session).await.unwrap();
        assert!(streams.take("ada", 1, &other).await.unwrap().is_err(), "only who has it gives it back");
        streams.give_back(&place, first_session).await.unwrap();
        let place = streams.take("ada", 1, &other).await.unwrap().unwrap();

        for _ in 0..4 {
            tokio::time::sleep(Duration::from_millis(150)).await;
            assert!(streams.keep(&place, &other).await.unwrap(), "kept by heartbeats");
        }
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert!(streams.keep(&place, &other).await.unwrap(), "a late heartbeat takes it again where it is free");
        tokio::time::sleep(Duration::from_millis(400)).await;
        streams.take("ada", 1, &first).await.unwrap().unwrap();
        assert!(!streams.keep(&place, &other).await.unwrap(), "somebody else has it now");
    }
}
