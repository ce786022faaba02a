//! How many films an account plays at once: so many slots, each held by one session and its heartbeats.
//!
//! A slot is taken with a compare-and-set, so that of two devices that press play at the same instant one gets the
//! last slot. Whoever vanishes gives theirs back within [`LEASE`]. A slot whose session was ended is free, whatever a
//! heartbeat that was under way did to it: must never refuse anybody for a film that nobody is sent any more.

mod keeping;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use contract::ids::{SessionId, SignInId, TitleId};
use serde::{Deserialize, Serialize};
use storage::{
    StoreError,
    keyvalue::{Entry, Expect, KeyValue, SCAN_LIMIT},
};

pub use self::keeping::Renewal;
use super::{grant::SessionKey, record::End, sessions::Sessions};

/// How long a slot is kept without a heartbeat: two of them.
pub const LEASE: Duration = Duration::from_secs(30);
/// Looks at the slots; each but the first only because somebody else was quicker.
const TRIES: u8 = 8;

/// Which slot a session holds. Kept with the session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamSlot {
    /// The account, or the profile of a guest.
    pub owner: String,
    pub number: u64,
}

/// Who holds a slot, in words for whoever finds them all taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotOwner {
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
    /// The session that this one took the slot from: whoever never heard that it did, and asks again, takes it once more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<SessionId>,
}

/// A slot that is taken.
#[derive(Clone, Debug)]
pub struct TakenSlot {
    pub slot: StreamSlot,
    pub holder: SlotOwner,
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

    /// Takes the slot of the session that this one `replaces`, where that has one, else one of `slots`; who holds them where
    /// all are taken.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take(
        &self,
        owner: &str,
        slots: u16,
        holder: &SlotOwner,
        replaces: Option<&SessionId>,
    ) -> Result<Result<StreamSlot, Vec<TakenSlot>>, StoreError> {
        for _ in 0..TRIES {
            let held = self.of(owner).await?;
            let is_own = |held: &&TakenSlot| {
                replaces.is_some_and(|id| held.holder.session == *id || held.holder.replaced.as_ref() == Some(id))
            };
            let own = held.iter().find(is_own);
            // By one write, so that nobody gets in between.
            if let Some(TakenSlot { slot, version, holder: before }) = own
                && slot.number < u64::from(slots)
                && held.len() <= usize::from(slots)
            {
                match self.put(slot, holder, Expect::Version(*version)).await {
                    Ok(()) => {
                        self.end_unheard(before, replaces).await?;
                        return Ok(Ok(slot.clone()));
                    }
                    Err(StoreError::Conflict { .. }) => continue,
                    Err(error) => return Err(error),
                }
            }
            // Also those beyond the numbers: they were taken when the limit was higher, or when there was none.
            if held.len() - usize::from(own.is_some()) >= usize::from(slots) {
                if self.free_ended(&held).await? {
                    continue;
                }
                return Ok(Err(held));
            }
            for number in (0..u64::from(slots)).filter(|number| held.iter().all(|held| held.slot.number != *number)) {
                let slot = StreamSlot { owner: owner.to_owned(), number };
                match self.put(&slot, holder, Expect::Absent).await {
                    Ok(()) => {
                        // One beyond the numbers: it was taken when the limit was higher.
                        if let Some(TakenSlot { slot, version, holder: before }) = own {
                            self.free(slot, *version).await?;
                            self.end_unheard(before, replaces).await?;
                        }
                        return Ok(Ok(slot));
                    }
                    Err(StoreError::Conflict { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Err(StoreError::Unavailable { reason: "one account's slots are taken by too many at once".to_owned() })
    }

    /// A slot for whoever needs none, so that the account sees what it plays. It is held from [`Streams::hold`] on.
    pub fn unlimited_slot(owner: &str) -> StreamSlot {
        StreamSlot { owner: owner.to_owned(), number: rand::random() }
    }

    /// Holds a slot of [`Streams::unlimited_slot`].
    ///
    /// # Errors
    /// [`StoreError`]; a conflict happens to one in 2^64.
    pub async fn hold(&self, slot: &StreamSlot, holder: &SlotOwner) -> Result<(), StoreError> {
        self.put(slot, holder, Expect::Absent).await
    }

    /// The slots that an owner's sessions hold; at most 1,000.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn of(&self, owner: &str) -> Result<Vec<TakenSlot>, StoreError> {
        let prefix = prefix(owner);
        let entries = self.store.scan(&prefix, None, SCAN_LIMIT).await?;
        let held = entries.into_iter().map(|(key, entry)| {
            let number = key.strip_prefix(&prefix).and_then(|number| number.parse().ok());
            let number = number.ok_or_else(|| StoreError::corrupt(&key, "no number"))?;
            let slot = StreamSlot { owner: owner.to_owned(), number };
            let holder = read(&slot, &entry)?;
            Ok(TakenSlot { slot, holder, version: entry.version })
        });
        held.collect()
    }

    /// Gives a slot back, if this session has it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn give_back(&self, slot: &StreamSlot, holder: &SlotOwner) -> Result<(), StoreError> {
        match self.holder(slot).await? {
            Some((other, version)) if other.session == holder.session => self.free(slot, version).await,
            Some(_) | None => Ok(()),
        }
    }

    /// Frees every slot of an account, or of a guest.
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

    /// A session that was begun in the place of the same one, whose answer nobody heard: nothing is sent for it any more, or
    /// who asks often enough would play as often.
    async fn end_unheard(&self, before: &SlotOwner, replaces: Option<&SessionId>) -> Result<(), StoreError> {
        match SessionKey::of(&before.session).filter(|_| replaces != Some(&before.session)) {
            Some(key) => self.sessions.end(key, End::PlaceTaken).await,
            None => Ok(()),
        }
    }

    /// Frees the slots of sessions that were ended; whether there was one.
    async fn free_ended(&self, held: &[TakenSlot]) -> Result<bool, StoreError> {
        let mut any = false;
        for TakenSlot { slot, holder, version } in held {
            let Some(key) = SessionKey::of(&holder.session) else { continue };
            // One that does not exist yet is just being begun.
            if self.sessions.read(key).await?.is_some_and(|session| session.end.is_some()) {
                self.free(slot, *version).await?;
                any = true;
            }
        }
        Ok(any)
    }

    async fn free(&self, slot: &StreamSlot, version: u64) -> Result<(), StoreError> {
        unless_changed(self.store.delete(&key(slot), Expect::Version(version)).await)
    }

    async fn holder(&self, slot: &StreamSlot) -> Result<Option<(SlotOwner, u64)>, StoreError> {
        let Some(entry) = self.store.get(&key(slot)).await? else { return Ok(None) };
        Ok(Some((read(slot, &entry)?, entry.version)))
    }

    async fn put(&self, slot: &StreamSlot, holder: &SlotOwner, expect: Expect) -> Result<(), StoreError> {
        let value = serde_json::to_vec(holder).map_err(|error| StoreError::corrupt(key(slot), error))?;
        self.store.put(&key(slot), Bytes::from(value), expect, Some(self.lease)).await.map(|_| ())
    }
}

/// Whoever wrote in between knows better.
fn unless_changed<T>(written: Result<T, StoreError>) -> Result<(), StoreError> {
    match written {
        Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

fn prefix(owner: &str) -> String {
    format!("playback/place/{owner}/")
}

fn key(slot: &StreamSlot) -> String {
    format!("{}{}", prefix(&slot.owner), slot.number)
}

fn read(slot: &StreamSlot, entry: &Entry) -> Result<SlotOwner, StoreError> {
    serde_json::from_slice(&entry.value).map_err(|error| StoreError::corrupt(key(slot), error))
}

#[cfg(test)]
mod tests {
    use storage::{StorageUrls, events::Events, open};

    use super::*;
    use crate::services::playback::record::SessionRecord;

    pub(super) async fn streams(lease: Duration) -> (tempfile::TempDir, Streams) {
        let folder = tempfile::tempdir().unwrap();
        let urls = StorageUrls::embedded(folder.path());
        let stores = open(&urls, &Events::default()).await.unwrap();
        let sessions = Sessions::new(Arc::clone(&stores.keyvalue), Duration::from_secs(90), Events::default());
        (folder, Streams::new(stores.keyvalue, sessions, lease))
    }

    pub(super) fn holder() -> SlotOwner {
        SlotOwner {
            session: SessionKey::random().id().unwrap(),
            title: "solaris".parse().unwrap(),
            name: "Solaris".into(),
            maturity: None,
            device: "Firefox on Linux".into(),
            sign_in: None,
            started: 7,
            replaced: None,
        }
    }

    #[tokio::test]
    async fn who_replaces_a_session_takes_over_its_place_and_nobody_elses() {
        let (_folder, streams) = streams(LEASE).await;
        let (before, next, stranger) = (holder(), holder(), holder());
        let slot = streams.take("ada", 1, &before, None).await.unwrap().unwrap();
        assert!(streams.take("ada", 1, &next, Some(&stranger.session)).await.unwrap().is_err());
        assert_eq!(streams.take("ada", 1, &next, Some(&before.session)).await.unwrap().unwrap(), slot);
        assert_ne!(streams.keep(&slot, &before).await.unwrap(), Renewal::Renewed, "it is the next one's now");
        assert!(streams.take("ada", 1, &stranger, Some(&before.session)).await.unwrap().is_err(), "and was given once");
        // The answer was lost: whoever asks again, with the same words, takes over what they were given.
        let unheard = SlotOwner { replaced: Some(next.session.clone()), ..holder() };
        assert_eq!(streams.take("ada", 1, &unheard, Some(&next.session)).await.unwrap().unwrap(), slot);
        assert_eq!(streams.take("ada", 1, &next, Some(&next.session)).await.unwrap().unwrap(), slot);
        let many =
            futures::future::join_all((0..8).map(|_| async { streams.take("ada", 1, &holder(), Some(&next.session)).await }));
        let taken = many.await.into_iter().flatten().filter(Result::is_ok).count();
        assert_eq!(taken, 1, "of many who replace it at once");
    }

    #[tokio::test]
    async fn a_place_from_when_the_limit_was_higher_is_taken_over_as_well() {
        let (_folder, streams) = streams(LEASE).await;
        let (before, next) = (holder(), holder());
        let beyond = StreamSlot { owner: "ada".into(), number: 40 };
        streams.hold(&beyond, &before).await.unwrap();
        let slot = streams.take("ada", 1, &next, Some(&before.session)).await.unwrap().unwrap();
        assert_eq!(slot.number, 0);
        assert_eq!(streams.of("ada").await.unwrap().len(), 1, "the one before is free");
    }

    #[tokio::test]
    async fn of_many_who_press_play_at_once_as_many_play_as_there_are_places() {
        let (_folder, streams) = streams(LEASE).await;
        let holders: Vec<SlotOwner> = (0..20).map(|_| holder()).collect();
        let taken = futures::future::join_all(holders.iter().map(|holder| streams.take("ada", 3, holder, None))).await;
        let slots: Vec<u64> = taken.iter().flatten().flatten().map(|slot| slot.number).collect();
        let mut sorted = slots.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 1, 2]);
        let refused = taken.into_iter().flatten().find_map(Result::err).unwrap();
        assert!(refused.len() == 3 && refused.iter().all(|held| held.holder.device == "Firefox on Linux"), "{refused:?}");
        assert!(streams.take("eve", 1, &holder(), None).await.unwrap().is_ok(), "another account's slots are its own");
    }

    #[tokio::test]
    async fn a_place_is_free_once_it_is_given_back_or_nobody_keeps_it() {
        let (_folder, streams) = streams(Duration::from_millis(300)).await;
        let first = holder();
        let slot = streams.take("ada", 1, &first, None).await.unwrap().unwrap();
        let other = holder();
        assert!(streams.take("ada", 1, &other, None).await.unwrap().is_err());
        streams.give_back(&slot, &other).await.unwrap();
        assert!(streams.take("ada", 1, &other, None).await.unwrap().is_err(), "only who has it gives it back");
        streams.give_back(&slot, &first).await.unwrap();
        let slot = streams.take("ada", 1, &other, None).await.unwrap().unwrap();

        for _ in 0..4 {
            tokio::time::sleep(Duration::from_millis(150)).await;
            assert_eq!(streams.keep(&slot, &other).await.unwrap(), Renewal::Renewed, "kept by heartbeats");
        }
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert_eq!(
            streams.keep(&slot, &other).await.unwrap(),
            Renewal::Renewed,
            "a late heartbeat takes it again where it is free"
        );
        tokio::time::sleep(Duration::from_millis(400)).await;
        streams.take("ada", 1, &first, None).await.unwrap().unwrap();
        assert_ne!(streams.keep(&slot, &other).await.unwrap(), Renewal::Renewed, "somebody else has it now");
    }

    #[tokio::test]
    async fn a_lower_limit_counts_the_places_that_were_taken_under_a_higher_one() {
        let (_folder, streams) = streams(LEASE).await;
        let (first, second, third) = (holder(), holder(), holder());
        let slot = streams.take("ada", 3, &first, None).await.unwrap().unwrap();
        streams.take("ada", 3, &second, None).await.unwrap().unwrap();
        let unlimited = Streams::unlimited_slot("ada");
        streams.hold(&unlimited, &third).await.unwrap();
        streams.give_back(&slot, &first).await.unwrap();
        assert_eq!(streams.take("ada", 2, &holder(), None).await.unwrap().unwrap_err().len(), 2);
        streams.give_back(&unlimited, &third).await.unwrap();
        assert!(streams.take("ada", 2, &holder(), None).await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn a_heartbeat_that_was_under_way_does_not_keep_the_place_of_a_session_that_was_ended() {
        let (_folder, streams) = streams(LEASE).await;
        let stopped = holder();
        let slot = streams.take("ada", 1, &stopped, None).await.unwrap().unwrap();
        assert!(
            streams.take("ada", 1, &holder(), None).await.unwrap().is_err(),
            "a session that is just being begun is not ended"
        );
        let record = SessionRecord {
            profile: "p1".parse().unwrap(),
            title: stopped.title.clone(),
            duration_seconds: 60.0,
            position: 0.0,
            end: None,
            place: Some(slot.clone()),
            holder: Some(stopped.clone()),
            metered: None,
            presence: None,
            played: Vec::new(),
        };
        let key = SessionKey::of(&stopped.session).unwrap();
        streams.sessions.begin(key, &record).await.unwrap();
        assert!(streams.take("ada", 1, &holder(), None).await.unwrap().is_err());
        streams.sessions.end(key, End::StoppedFromList).await.unwrap();
        streams.give_back(&slot, &stopped).await.unwrap();
        assert_eq!(streams.keep(&slot, &stopped).await.unwrap(), Renewal::Renewed, "the late heartbeat");
        let next = holder();
        assert_eq!(streams.take("ada", 1, &next, None).await.unwrap().unwrap(), slot);
        assert_ne!(streams.keep(&slot, &stopped).await.unwrap(), Renewal::Renewed);
    }
}
