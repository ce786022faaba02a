//! What was sent for each session: counted as it leaves, told of with the next heartbeat or a little later.
//!
//! A node counts what it sends itself, whoever takes the session's heartbeats. A body is counted by the bytes that the connection took of it, piece by
//! piece, so that what a player broke off counts for what it got, and what is under way when the server stops is told of like all else. That a player
//! ran out of film waits for a heartbeat, which knows how much of it is believed. Must never hold a request up: counting is an addition a piece.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    response::Response,
};
use contract::{
    device::DeviceClass,
    ids::{AccountId, ProfileId},
};
use http_body::{Frame, SizeHint};
use usage::event::{Device, Kind, Playback, Quality, SessionHash};

use super::{cmcd::PlayerReport, grant::SessionKey, heartbeat::Counted, record::SessionRecord};
use crate::services::recorder::UNTOLD_SECONDS;

/// How often it is told of what was sent for sessions whose heartbeats go elsewhere.
pub const TOLD_AFTER: Duration = Duration::from_secs(UNTOLD_SECONDS);

/// The sessions that this process sent something for. Cheap to clone.
#[derive(Clone, Default)]
pub struct Meters {
    sessions: Arc<RwLock<HashMap<SessionKey, Arc<Meter>>>>,
    region: Arc<str>,
}

/// Of one session.
#[derive(Debug)]
struct Meter {
    session: Arc<SessionRecord>,
    sent: Counters,
}

/// Since it was told of last.
#[derive(Debug, Default)]
struct Counters {
    bytes: AtomicU64,
    requests: AtomicU32,
    /// Requests that said that the player ran out of film; taken by heartbeats alone.
    starved: AtomicU32,
    /// Of the picture that was asked for: milliseconds, and their bits.
    picture_millis: AtomicU64,
    picture_bits: AtomicU64,
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sent {
    bytes: u64,
    requests: u32,
    picture_millis: u64,
    picture_bits: u64,
}

/// Something to be told, of whom.
pub struct Use {
    pub kind: Kind,
    pub profile: ProfileId,
    pub account: Option<AccountId>,
}

/// What becomes of a session.
#[derive(Clone, Copy, Debug)]
pub enum SessionStep {
    Started,
    /// So much was watched since the heartbeat before.
    Renewed(Counted),
    Stopped,
}

impl Meters {
    /// Those of a process that serves in a region.
    pub fn in_region(region: Arc<str>) -> Self {
        Self { sessions: Arc::default(), region }
    }

    /// Counts what is sent of a response, for the session that it is for, and what its player says with its request.
    pub fn count(
        &self,
        response: Response,
        (key, session): (SessionKey, &Arc<SessionRecord>),
        report: impl FnOnce() -> PlayerReport,
    ) -> Response {
        if session.metered.is_none() {
            return response;
        }
        let (meter, report) = (self.of(key, session), report());
        meter.sent.requests.fetch_add(1, Relaxed);
        meter.sent.starved.fetch_add(report.has_starved.into(), Relaxed);
        if let Some((kilobits, millis)) = report.picture {
            meter.sent.picture_millis.fetch_add(millis, Relaxed);
            meter.sent.picture_bits.fetch_add(kilobits * millis, Relaxed);
        }
        if response.body().is_end_stream() {
            return response;
        }
        response.map(|body| Body::new(Metered { body, meter }))
    }

    /// What is told of a session, with what was sent for it here since; nothing of one that an older build began.
    pub fn told(&self, key: SessionKey, session: &SessionRecord, what: SessionStep) -> Vec<Use> {
        let sent = self.sessions.read().unwrap_or_else(PoisonError::into_inner).get(&key).map(|meter| meter.sent.take());
        uses((key, session), &self.region, what, sent.unwrap_or_default())
    }

    /// How many requests of a session said since this was asked last that its player ran out of film.
    pub fn take_starved(&self, key: SessionKey) -> u32 {
        let sessions = self.sessions.read().unwrap_or_else(PoisonError::into_inner);
        sessions.get(&key).map_or(0, |meter| meter.sent.starved.swap(0, Relaxed))
    }

    /// What was sent for all sessions and is not told of yet. Sessions for which nothing was sent since are let go of.
    pub fn drain(&self) -> Vec<Use> {
        let mut told = Vec::new();
        self.sessions.write().unwrap_or_else(PoisonError::into_inner).retain(|key, meter| {
            let sent = meter.sent.take();
            if sent == Sent::default() {
                // A body that is under way counts on.
                return Arc::strong_count(meter) > 1;
            }
            told.extend(uses((*key, &meter.session), &self.region, SessionStep::Renewed(Counted::default()), sent));
            true
        });
        told
    }

    fn of(&self, key: SessionKey, session: &Arc<SessionRecord>) -> Arc<Meter> {
        if let Some(meter) = self.sessions.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Arc::clone(meter);
        }
        let mut meters = self.sessions.write().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Meter { session: Arc::clone(session), sent: Counters::default() });
        Arc::clone(meters.entry(key).or_insert_with(new))
    }
}

impl Counters {
    /// What was counted since this was called last.
    fn take(&self) -> Sent {
        Sent {
            bytes: self.bytes.swap(0, Relaxed),
            requests: self.requests.swap(0, Relaxed),
            picture_millis: self.picture_millis.swap(0, Relaxed),
            picture_bits: self.picture_bits.swap(0, Relaxed),
        }
    }
}

/// What is told of a session: its use, and how it played, where its player says so.
fn uses((key, session): (SessionKey, &SessionRecord), region: &str, what: SessionStep, sent: Sent) -> Vec<Use> {
    let Some(metered) = &session.metered else { return Vec::new() };
    let (counted, make): (_, fn(Playback) -> Kind) = match what {
        SessionStep::Started => (Counted::default(), Kind::PlaybackStarted),
        SessionStep::Renewed(counted) => (counted, Kind::PlaybackRenewed),
        SessionStep::Stopped => (Counted::default(), Kind::PlaybackStopped),
    };
    let watched_millis = counted.watched;
    let playback = make(Playback {
        session: hash(key),
        title: session.title.to_string(),
        generation: metered.generation.clone(),
        class: metered.class,
        device: device(metered.device),
        region: region.to_owned(),
        store: metered.store.to_string(),
        watched_millis,
        bytes: sent.bytes,
        requests: sent.requests,
    });
    // Of a player that measures, what was watched without a stall is told as well: hours of it are what stalls are rare in.
    let measured = counted.played.is_some_and(|played| watched_millis > 0 || !played.is_empty());
    let played = counted.played.unwrap_or_default();
    let says = measured || sent.picture_millis > 0;
    let quality = says.then(|| {
        Kind::Quality(Quality {
            session: hash(key),
            title: session.title.to_string(),
            device: device(metered.device),
            class: metered.class,
            first_picture_millis: played.first_picture_millis,
            stalls: played.stalls,
            stalled_millis: played.stalled_millis,
            errors: played.errors,
            error: played.error,
            first_error: played.is_first_error,
            bitrate_kbps: sent.picture_bits.checked_div(sent.picture_millis).and_then(|mean| u32::try_from(mean).ok()),
            played_millis: watched_millis,
        })
    });
    let of = |kind| Use { kind, profile: session.profile.clone(), account: metered.account.clone() };
    [Some(playback), quality].into_iter().flatten().map(of).collect()
}

/// An id of 128 random bits that lives for an evening: its hash says nothing of it. It is the session's for as long as that lives;
/// what is kept of it is made by the day (`services/usage/intake.rs`), so that no two days are joined by it.
fn hash(key: SessionKey) -> SessionHash {
    SessionHash::new(blake3::hash(b"marquee usage session v1").as_bytes(), &key.to_string())
}

const fn device(class: DeviceClass) -> Device {
    match class {
        DeviceClass::Phone => Device::Phone,
        DeviceClass::Tablet => Device::Tablet,
        DeviceClass::Desktop => Device::Desktop,
        DeviceClass::Tv => Device::Tv,
    }
}

/// A body that adds up what is taken of it.
struct Metered {
    body: Body,
    meter: Arc<Meter>,
}

impl HttpBody for Metered {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            self.meter.sent.bytes.fetch_add(frame.data_ref().map_or(0, |data| data.len() as u64), Relaxed);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use futures::stream;
    use http_body_util::BodyExt;

    use super::{
        super::{fixture::session, quality::Played},
        *,
    };

    const NOTHING: PlayerReport = PlayerReport { has_starved: false, picture: None };

    fn watched(watched: u64) -> SessionStep {
        SessionStep::Renewed(Counted { watched, played: None })
    }

    fn chunks() -> Response {
        Response::new(Body::from_stream(stream::iter(["one", "three"].map(Ok::<_, io::Error>))))
    }

    /// Bytes and requests.
    fn sent(told: &Use) -> (u64, u32) {
        match &told.kind {
            Kind::PlaybackStarted(playback) | Kind::PlaybackRenewed(playback) | Kind::PlaybackStopped(playback) => {
                (playback.bytes, playback.requests)
            }
            other => panic!("{other:?}"),
        }
    }

    fn only(mut told: Vec<Use>) -> Use {
        assert_eq!(told.len(), 1);
        told.remove(0)
    }

    #[tokio::test]
    async fn what_was_taken_of_a_body_is_told_of_once_also_while_it_is_under_way_and_where_it_is_broken_off() {
        let (meters, key, session) = (Meters::in_region("eu".into()), SessionKey::random(), Arc::new(session()));
        let count = |response| meters.count(response, (key, &session), || NOTHING);
        count(chunks()).into_body().collect().await.unwrap();
        let mut broken = count(chunks()).into_body();
        broken.frame().await.unwrap().unwrap();
        let told = || only(meters.told(key, &session, watched(7)));
        let told_of = told();
        assert_eq!((sent(&told_of), told_of.account), ((11, 2), Some("a1".parse().unwrap())));
        assert!(
            matches!(told_of.kind, Kind::PlaybackRenewed(of) if of.watched_millis == 7 && of.region == "eu" && of.store == "flat")
        );
        broken.frame().await.unwrap().unwrap();
        drop(broken);
        assert_eq!(sent(&told()), (5, 0));
        assert_eq!(sent(&told()), (0, 0));
        count(Response::new(Body::empty()));
        assert_eq!(sent(&only(meters.told(key, &session, SessionStep::Stopped))), (0, 1), "a request is one without a body, too");
    }

    #[tokio::test]
    async fn what_no_heartbeat_took_along_is_told_of_by_itself_and_a_session_that_rests_is_let_go_of() {
        let (meters, key, session) = (Meters::default(), SessionKey::random(), Arc::new(session()));
        let mut under_way = meters.count(chunks(), (key, &session), || NOTHING).into_body();
        under_way.frame().await.unwrap().unwrap();
        let told = only(meters.drain());
        assert_eq!((sent(&told), told.profile), ((3, 1), "p1".parse().unwrap()));
        assert!(meters.drain().is_empty());
        assert_eq!(meters.sessions.read().unwrap().len(), 1, "something is under way");
        under_way.frame().await.unwrap().unwrap();
        drop(under_way);
        assert_eq!(sent(&only(meters.drain())), (5, 0));
        assert_eq!((meters.drain().len(), meters.sessions.read().unwrap().len()), (0, 0));
    }

    #[tokio::test]
    async fn how_it_played_is_told_of_where_the_player_says_so() {
        let (meters, key, session) = (Meters::default(), SessionKey::random(), Arc::new(session()));
        for (has_starved, picture) in [(false, (1000, 2000)), (true, (4000, 4000))] {
            let report = PlayerReport { has_starved, picture: Some(picture) };
            meters.count(Response::new(Body::empty()), (key, &session), || report);
        }
        let told = meters.told(key, &session, watched(6_000));
        let Kind::Quality(quality) = &told[1].kind else { panic!("{:?}", told[1].kind) };
        assert_eq!((quality.stalls, quality.bitrate_kbps, quality.played_millis), (0, Some(3_000), 6_000));
        assert_eq!((meters.take_starved(key), meters.take_starved(key)), (1, 0), "a heartbeat knows how much of it is believed");
        assert_eq!(meters.told(key, &session, watched(1)).len(), 1, "once");
        let played = Played { first_picture_millis: Some(700), stalls: 1, stalled_millis: 250, ..Played::default() };
        let told = |watched, played| meters.told(key, &session, SessionStep::Renewed(Counted { watched, played: Some(played) }));
        let Kind::Quality(quality) = told(1, played)[1].kind.clone() else { panic!() };
        assert_eq!((quality.first_picture_millis, quality.stalls, quality.stalled_millis), (Some(700), 1, 250));
        assert_eq!(told(9_000, Played::default()).len(), 2, "what was watched without a stall counts");
        assert_eq!(told(0, Played::default()).len(), 1, "a pause says nothing");
    }

    #[tokio::test]
    async fn of_a_session_that_an_older_build_began_nothing_is_told() {
        let (meters, key, session) =
            (Meters::default(), SessionKey::random(), Arc::new(SessionRecord { metered: None, ..session() }));
        meters.count(chunks(), (key, &session), || NOTHING);
        assert!(meters.told(key, &session, SessionStep::Stopped).is_empty());
        assert!(meters.sessions.read().unwrap().is_empty());
    }
}
