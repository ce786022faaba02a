//! How many films an account plays at once: so many places, each held by one session and its heartbeats.
//!
//! A place is taken with a compare-and-set, so that of two devices that press play at the same instant one gets the
//! last place. Whoever vanishes gives theirs back within [`LEASE`]. A place whose session was ended is free, whatever a
//! heartbeat that was under way did to it: must never refuse anybody for a film that nobody is sent any more.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use contract::ids::{SessionId, SignInId, TitleId};
use serde::{Deserialize, Serialize};
use storage::{
    StoreError,
    keyvalue::{Entry, Expect, KeyValue, SCAN_LIMIT},
};

use super::{grant::SessionKey, sessions::Sessions};

/// How long a place is kept without a heartbeat: two of them.
pub const LEASE: Duration = Duration::from_secs(30);
/// Looks at the places; each but the first only because somebody else was quicker.
const TRIES: u8 = 8;

/// Which place a session holds. Kept with the session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The account, or the profile of a guest.
    pub owner: String,
    pub number: u64,
}

/// Who holds a place, in words for whoever finds them all taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub session: SessionId,
    pub title: TitleId,
    /// The title's name.
    pub name: String,
    /// The title's rating, where it has one.
    pub maturity: Option<String>,
    pub device: String,
    /// Absent for a guest.
    pub sign_in: Option<SignInId>,
    /// Milliseconds since 1970.
    pub started: u64,
}

/// A place that is taken.
#[derive(Clone, Debug)]
pub struct Held {
    pub place: Place,
    pub holder: Holder,
    version: u64,
}

pub struct Streams {
    store: Arc<dyn KeyValue>,
    sessions: Sessions,
    lease: Duration,
}

impl Streams {
    pub fn new(store: Arc<dyn KeyValue>, sessions: Sessions, lease: Duration) -> Self {
        Self { store, sessions, lease }
    }

    /// Takes one of `places`; who holds them where all are taken.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take(&self, owner: &str, places: u16, holder: &Holder) -> Result<Result<Place, Vec<Held>>, StoreError> {
        for _ in 0..TRIES {
            let held = self.of(owner).await?;
            // Also those beyond the numbers: they were taken when the limit was higher, or when there was none.
            if held.len() >= usize::from(places) {
                if self.free_ended(&held).await? {
                    continue;
                }
                return Ok(Err(held));
            }
            for number in (0..u64::from(places)).filter(|number| held.iter().all(|held| held.place.number != *number)) {
                let place = Place { owner: owner.to_owned(), number };
                match self.put(&place, holder, Expect::Absent).await {
                    Ok(()) => return Ok(Ok(place)),
                    Err(StoreError::Conflict { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Err(StoreError::Unavailable { reason: "one account's places are taken by too many at once".to_owned() })
    }

    /// A place for whoever needs none, so that the account sees what it plays. It is held from [`Streams::hold`] on.
    pub fn any_place(owner: &str) -> Place {
        Place { owner: owner.to_owned(), number: rand::random() }
    }

    /// Holds a place of [`Streams::any_place`].
    ///
    /// # Errors
    /// [`StoreError`]; a conflict happens to one in 2^64.
    pub async fn hold(&self, place: &Place, holder: &Holder) -> Result<(), StoreError> {
        self.put(place, holder, Expect::Absent).await
    }

    /// The places that an owner's sessions hold; at most 1,000.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn of(&self, owner: &str) -> Result<Vec<Held>, StoreError> {
        let prefix = prefix(owner);
        let entries = self.store.scan(&prefix, None, SCAN_LIMIT).await?;
        let held = entries.into_iter().map(|(key, entry)| {
            let number = key.strip_prefix(&prefix).and_then(|number| number.parse().ok());
            let number = number.ok_or_else(|| StoreError::Corrupt { key: key.clone(), reason: "no number".to_owned() })?;
            let place = Place { owner: owner.to_owned(), number };
            let holder = read(&place, &entry)?;
            Ok(Held { place, holder, version: entry.version })
        });
        held.collect()
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
    pub async fn give_back(&self, place: &Place, holder: &Holder) -> Result<(), StoreError> {
        match self.holder(place).await? {
            Some((other, version)) if other.session == holder.session => self.free(place, version).await,
            Some(_) | None => Ok(()),
        }
    }

    /// Frees every place of an account, or of a guest.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget(&self, owner: &str) -> Result<(), StoreError> {
        loop {
            let entries = self.store.scan(&prefix(owner), None, SCAN_LIMIT).await?;
            if entries.is_empty() {
                return Ok(());
            }
            for (key, _) in entries {
                self.store.delete(&key, Expect::Anything).await?;
            }
        }
    }

    /// Frees the places of sessions that were ended; whether there was one.
    async fn free_ended(&self, held: &[Held]) -> Result<bool, StoreError> {
        let mut any = false;
        for Held { place, holder, version } in held {
            let Some(key) = SessionKey::of(&holder.session) else { continue };
            // One that does not exist yet is just being begun.
            if self.sessions.read(key).await?.is_some_and(|session| session.end.is_some()) {
                self.free(place, *version).await?;
                any = true;
            }
        }
        Ok(any)
    }

    async fn free(&self, place: &Place, version: u64) -> Result<(), StoreError> {
        match self.store.delete(&key(place), Expect::Version(version)).await {
            Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn holder(&self, place: &Place) -> Result<Option<(Holder, u64)>, StoreError> {
        let Some(entry) = self.store.get(&key(place)).await? else { return Ok(None) };
        Ok(Some((read(place, &entry)?, entry.version)))
    }

    async fn put(&self, place: &Place, holder: &Holder, expect: Expect) -> Result<(), StoreError> {
        let value = serde_json::to_vec(holder).map_err(|error| corrupt(place, &error))?;
        self.store.put(&key(place), Bytes::from(value), expect, Some(self.lease)).await.map(|_| ())
    }
}

fn prefix(owner: &str) -> String {
    format!("playback/place/{owner}/")
}

fn key(place: &Place) -> String {
    format!("{}{}", prefix(&place.owner), place.number)
}

fn read(place: &Place, entry: &Entry) -> Result<Holder, StoreError> {
    serde_json::from_slice(&entry.value).map_err(|error| corrupt(place, &error))
}

fn corrupt(place: &Place, error: &serde_json::Error) -> StoreError {
    StoreError::Corrupt { key: key(place), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use storage::{StorageUrls, events::Events, open};

    use super::*;
    use crate::services::playback::record::{End, SessionRecord};

    async fn streams(lease: Duration) -> (tempfile::TempDir, Streams) {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}/marquee.db", folder.path().display());
        let objects = format!("file:{}/media", folder.path().display());
        let urls = StorageUrls { documents: database.clone(), keyvalue: database, objects };
        let stores = open(&urls, &Events::default()).await.unwrap();
        let sessions = Sessions::new(Arc::clone(&stores.keyvalue), Duration::from_secs(90));
        (folder, Streams::new(stores.keyvalue, sessions, lease))
    }

    fn holder() -> Holder {
        Holder {
            session: SessionKey::random().id().unwrap(),
            title: "solaris".parse().unwrap(),
            name: "Solaris".into(),
            maturity: None,
            device: "Firefox on Linux".into(),
            sign_in: None,
            started: 7,
        }
    }

    #[tokio::test]
    async fn of_many_who_press_play_at_once_as_many_play_as_there_are_places() {
        let (_folder, streams) = streams(LEASE).await;
        let holders: Vec<Holder> = (0..20).map(|_| holder()).collect();
        let taken = futures::future::join_all(holders.iter().map(|holder| streams.take("ada", 3, holder))).await;
        let places: Vec<u64> = taken.iter().flatten().flatten().map(|place| place.number).collect();
        let mut sorted = places.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 1, 2]);
        let refused = taken.into_iter().flatten().find_map(Result::err).unwrap();
        assert!(refused.len() == 3 && refused.iter().all(|held| held.holder.device == "Firefox on Linux"), "{refused:?}");
        assert!(streams.take("eve", 1, &holder()).await.unwrap().is_ok(), "another account's places are its own");
    }

    #[tokio::test]
    async fn a_place_is_free_once_it_is_given_back_or_nobody_keeps_it() {
        let (_folder, streams) = streams(Duration::from_millis(300)).await;
        let first = holder();
        let place = streams.take("ada", 1, &first).await.unwrap().unwrap();
        let other = holder();
        assert!(streams.take("ada", 1, &other).await.unwrap().is_err());
        streams.give_back(&place, &other).await.unwrap();
        assert!(streams.take("ada", 1, &other).await.unwrap().is_err(), "only who has it gives it back");
        streams.give_back(&place, &first).await.unwrap();
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

    #[tokio::test]
    async fn a_lower_limit_counts_the_places_that_were_taken_under_a_higher_one() {
        let (_folder, streams) = streams(LEASE).await;
        let (first, second, third) = (holder(), holder(), holder());
        let place = streams.take("ada", 3, &first).await.unwrap().unwrap();
        streams.take("ada", 3, &second).await.unwrap().unwrap();
        let unlimited = Streams::any_place("ada");
        streams.hold(&unlimited, &third).await.unwrap();
        streams.give_back(&place, &first).await.unwrap();
        assert_eq!(streams.take("ada", 2, &holder()).await.unwrap().unwrap_err().len(), 2);
        streams.give_back(&unlimited, &third).await.unwrap();
        assert!(streams.take("ada", 2, &holder()).await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn a_heartbeat_that_was_under_way_does_not_keep_the_place_of_a_session_that_was_ended() {
        let (_folder, streams) = streams(LEASE).await;
        let stopped = holder();
        let place = streams.take("ada", 1, &stopped).await.unwrap().unwrap();
        assert!(streams.take("ada", 1, &holder()).await.unwrap().is_err(), "a session that is just being begun is not ended");
        let record = SessionRecord {
            profile: "p1".parse().unwrap(),
            title: stopped.title.clone(),
            duration_seconds: 60.0,
            position: 0.0,
            end: None,
            place: Some(place.clone()),
            holder: Some(stopped.clone()),
        };
        let key = SessionKey::of(&stopped.session).unwrap();
        streams.sessions.begin(key, &record).await.unwrap();
        assert!(streams.take("ada", 1, &holder()).await.unwrap().is_err());
        streams.sessions.end(key, End::StoppedFromList).await.unwrap();
        streams.give_back(&place, &stopped).await.unwrap();
        assert!(streams.keep(&place, &stopped).await.unwrap(), "the late heartbeat");
        let next = holder();
        assert_eq!(streams.take("ada", 1, &next).await.unwrap().unwrap(), place);
        assert!(!streams.keep(&place, &stopped).await.unwrap());
    }
}
