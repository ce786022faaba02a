//! Who has a slot that one session took over from another: the later one, once its player was heard; until then both go on as one.
//!
//! A film that begins in the place of another may come to nothing: its page is loaded anew, a store fails, the process is killed. Must
//! never end the film that goes on because of one of which nobody ever heard.

use storage::{StoreError, keyvalue::Expect};

use super::{
    super::{grant::SessionKey, record::SessionRecord},
    SlotOwner, StreamSlot, Streams, TRIES, unless_changed,
};

/// Whether a session has its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    Renewed,
    /// Its own player plays another film in it.
    Replaced,
    /// Another device has it.
    Taken,
}

/// How far a session came.
enum Stage {
    /// Or it is just being begun, or is over for so long that nothing is known of it.
    NeverBegan,
    /// Its player said nothing yet.
    Unheard,
    Heard,
    Ended,
}

impl Streams {
    /// Keeps a slot for another lease. One that was given back meanwhile is taken again, unless somebody else has it; one that another
    /// session took over goes back where that never began or was given up.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keep(&self, slot: &StreamSlot, holder: &SlotOwner) -> Result<Renewal, StoreError> {
        for _ in 0..TRIES {
            let (whose, expect) = match self.holder(slot).await? {
                None => (holder.clone(), Expect::Absent),
                Some((now, version)) if now.session == holder.session => (holder.clone(), Expect::Version(version)),
                // A heartbeat of the one before took it back while this one was being begun.
                Some((now, version)) if holder.replaced.as_ref() == Some(&now.session) => {
                    (holder.clone(), Expect::Version(version))
                }
                Some((now, version)) if now.replaced.as_ref() == Some(&holder.session) => {
                    let expect = Expect::Version(version);
                    match self.stage(&now).await? {
                        Stage::NeverBegan | Stage::Ended => (holder.clone(), expect),
                        // Whether anybody knows of it, its first heartbeat says: until then it is kept for both.
                        Stage::Unheard => (now, expect),
                        Stage::Heard => return Ok(Renewal::Replaced),
                    }
                }
                Some(_) => return Ok(Renewal::Taken),
            };
            match self.put(slot, &whose, expect).await {
                Ok(()) => return Ok(Renewal::Renewed),
                // Two heartbeats at once, or another device in between: looked at again.
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Unavailable { reason: "a slot is kept by too many at once".to_owned() })
    }

    /// Gives up a slot in which nobody will play after all, if this session has it: to the session that it was taken over from, where
    /// that goes on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn give_up(&self, slot: &StreamSlot, holder: &SlotOwner, before: Option<&SessionRecord>) -> Result<(), StoreError> {
        let before = before.and_then(|before| Some((before.place.as_ref()?, before.holder.as_ref()?)));
        let Some((their_slot, before)) = before else { return self.give_back(slot, holder).await };
        match self.stage(before).await? {
            Stage::NeverBegan | Stage::Ended => self.give_back(slot, holder).await,
            Stage::Unheard | Stage::Heard if their_slot == slot => match self.holder(slot).await? {
                // By one write, so that nobody gets in between.
                Some((now, version)) if now.session == holder.session => {
                    unless_changed(self.put(slot, before, Expect::Version(version)).await)
                }
                Some(_) | None => Ok(()),
            },
            // Theirs was beyond the numbers, and is free since.
            Stage::Unheard | Stage::Heard => {
                unless_changed(self.put(their_slot, before, Expect::Absent).await)?;
                self.give_back(slot, holder).await
            }
        }
    }

    async fn stage(&self, holder: &SlotOwner) -> Result<Stage, StoreError> {
        let Some(key) = SessionKey::of(&holder.session) else { return Ok(Stage::NeverBegan) };
        Ok(match self.sessions.read(key).await? {
            None => Stage::NeverBegan,
            Some(session) if session.end.is_some() => Stage::Ended,
            Some(session) => match session.presence {
                Some(presence) if presence.heard <= presence.started => Stage::Unheard,
                // Of a session that an older build began it is not known.
                Some(_) | None => Stage::Heard,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use contract::device::DeviceClass;

    use super::{
        super::{
            super::{
                fixture,
                record::{End, Presence},
                sessions::LEASE as SESSION_LEASE,
            },
            LEASE,
            tests::{holder, streams},
        },
        *,
    };

    /// A session that holds this, begun a second ago, and heard of since or not.
    async fn begin(streams: &Streams, slot: &StreamSlot, holder: &SlotOwner, is_heard: bool) -> SessionRecord {
        let presence = Presence {
            account: None,
            name: holder.name.clone(),
            device: holder.device.clone(),
            device_class: DeviceClass::Tv,
            class: 720,
            started: 1_000,
            heard: if is_heard { 2_000 } else { 1_000 },
            is_paused: false,
            buffered_millis: None,
            message: None,
        };
        let (place, held) = (Some(slot.clone()), Some(holder.clone()));
        let record = SessionRecord { place, holder: held, presence: Some(presence), ..fixture::session() };
        streams.sessions.begin(SessionKey::of(&holder.session).unwrap(), &record).await.unwrap();
        record
    }

    fn next_of(before: &SlotOwner) -> SlotOwner {
        SlotOwner { replaced: Some(before.session.clone()), ..holder() }
    }

    async fn has(streams: &Streams, slot: &StreamSlot, holder: &SlotOwner) -> bool {
        streams.holder(slot).await.unwrap().is_some_and(|(now, _)| now == *holder)
    }

    #[tokio::test]
    async fn a_film_goes_on_while_the_one_that_is_to_replace_it_is_begun_and_also_where_that_never_is() {
        assert!(LEASE < SESSION_LEASE);
        let (_folder, streams) = streams(LEASE).await;
        let (before, next) = (holder(), holder());
        let next = SlotOwner { replaced: Some(before.session.clone()), ..next };
        let slot = streams.take("ada", 1, &before, None).await.unwrap().unwrap();
        begin(&streams, &slot, &before, true).await;
        streams.take("ada", 1, &next, Some(&before.session)).await.unwrap().unwrap();
        assert_eq!(streams.keep(&slot, &before).await.unwrap(), Renewal::Renewed);
        assert!(has(&streams, &slot, &before).await, "of the other nothing is known: it has its place again");
        assert!(streams.take("ada", 1, &holder(), None).await.unwrap().is_err(), "which is nobody else's meanwhile");
        // It was only slow: it is begun, and takes the place once more.
        begin(&streams, &slot, &next, false).await;
        assert_eq!(streams.keep(&slot, &next).await.unwrap(), Renewal::Renewed);
        assert_eq!(streams.keep(&slot, &before).await.unwrap(), Renewal::Renewed, "nobody was heard there yet");
        assert!(has(&streams, &slot, &next).await);
    }

    #[tokio::test]
    async fn whoever_is_heard_in_a_place_that_was_taken_over_has_it() {
        let (_folder, streams) = streams(LEASE).await;
        let before = holder();
        let next = next_of(&before);
        let slot = streams.take("ada", 1, &before, None).await.unwrap().unwrap();
        begin(&streams, &slot, &before, true).await;
        streams.take("ada", 1, &next, Some(&before.session)).await.unwrap().unwrap();
        begin(&streams, &slot, &next, true).await;
        assert_eq!(streams.keep(&slot, &before).await.unwrap(), Renewal::Replaced, "and not by another device");
        assert_eq!(streams.keep(&slot, &next).await.unwrap(), Renewal::Renewed);
        assert_eq!(streams.keep(&slot, &holder()).await.unwrap(), Renewal::Taken);
    }

    #[tokio::test]
    async fn what_is_given_up_goes_back_to_the_film_that_goes_on_and_is_free_where_none_does() {
        let (_folder, streams) = streams(LEASE).await;
        let before = holder();
        let slot = streams.take("ada", 1, &before, None).await.unwrap().unwrap();
        let record = begin(&streams, &slot, &before, true).await;
        for _ in 0..2 {
            let next = next_of(&before);
            streams.take("ada", 1, &next, Some(&before.session)).await.unwrap().unwrap();
            streams.give_up(&slot, &next, Some(&record)).await.unwrap();
            assert!(has(&streams, &slot, &before).await);
        }
        // A heartbeat takes it back as well, where whoever gave it up was killed before that.
        let next = next_of(&before);
        let key = SessionKey::of(&next.session).unwrap();
        streams.take("ada", 1, &next, Some(&before.session)).await.unwrap().unwrap();
        begin(&streams, &slot, &next, false).await;
        streams.sessions.end(key, End::Stopped).await.unwrap();
        assert_eq!(streams.keep(&slot, &before).await.unwrap(), Renewal::Renewed);
        assert!(has(&streams, &slot, &before).await);

        let next = next_of(&before);
        streams.take("ada", 1, &next, Some(&before.session)).await.unwrap().unwrap();
        streams.sessions.end(SessionKey::of(&before.session).unwrap(), End::Stopped).await.unwrap();
        streams.give_up(&slot, &next, Some(&record)).await.unwrap();
        assert!(streams.take("ada", 1, &holder(), None).await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn a_place_beyond_the_numbers_goes_back_as_well() {
        let (_folder, streams) = streams(LEASE).await;
        let before = holder();
        let beyond = StreamSlot { owner: "ada".into(), number: 40 };
        streams.hold(&beyond, &before).await.unwrap();
        let record = begin(&streams, &beyond, &before, true).await;
        let next = next_of(&before);
        let slot = streams.take("ada", 1, &next, Some(&before.session)).await.unwrap().unwrap();
        streams.give_up(&slot, &next, Some(&record)).await.unwrap();
        assert!(has(&streams, &beyond, &before).await);
        assert_eq!(streams.of("ada").await.unwrap().len(), 1, "and the other is free");
    }
}
