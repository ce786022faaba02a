//! What was sent for each session: counted as it leaves, told of with the next heartbeat or a little later.
//!
//! A node counts what it sends itself, whoever takes the session's heartbeats. A body is counted by the bytes that the connection took of it, so that
//! what a player broke off counts for what it got. Must never hold a request up: counting is two additions.

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

use super::{cmcd::PlayerReport, grant::SessionKey, record::SessionRecord};
use crate::services::recorder::UNTOLD_SECONDS;

/// How often it is told of what was sent for sessions whose heartbeats go elsewhere.
pub const TOLD_AFTER: Duration = Duration::from_secs(UNTOLD_SECONDS);
/// Where films are stored, as long as there is one place.
const STORE: &str = "objects";
/// Which region this is, as long as there is one.
const REGION: &str = "";

/// The sessions that this process sent something for. Cheap to clone.
#[derive(Clone, Default)]
pub struct Meters(Arc<RwLock<HashMap<SessionKey, Arc<Meter>>>>);

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
    stalls: AtomicU32,
    /// Of the picture that was asked for: milliseconds, and their bits.
    picture_millis: AtomicU64,
    picture_bits: AtomicU64,
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sent {
    bytes: u64,
    requests: u32,
    stalls: u32,
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
pub enum Told {
    Started,
    /// So many milliseconds were watched since the heartbeat before.
    Renewed {
        watched: u64,
    },
    Stopped,
}

impl Meters {
    /// Counts what is sent of a response, for the session that it is for, and what its player says.
    pub fn count(&self, response: Response, (key, session): (SessionKey, &Arc<SessionRecord>), report: PlayerReport) -> Response {
        if session.metered.is_none() {
            return response;
        }
        let meter = self.of(key, session);
        meter.sent.requests.fetch_add(1, Relaxed);
        meter.sent.stalls.fetch_add(report.has_starved.into(), Relaxed);
        if let Some((kilobits, millis)) = report.picture {
            meter.sent.picture_millis.fetch_add(millis, Relaxed);
            meter.sent.picture_bits.fetch_add(kilobits * millis, Relaxed);
        }
        if response.body().is_end_stream() {
            return response;
        }
        response.map(|body| Body::new(Counted { body, meter, bytes: 0 }))
    }

    /// What is told of a session, with what was sent for it here since; nothing of one that an older build began.
    pub fn told(&self, key: SessionKey, session: &SessionRecord, what: Told) -> Vec<Use> {
        let sent = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&key).map(|meter| meter.sent.take());
        uses((key, session), what, sent.unwrap_or_default())
    }

    /// What was sent for all sessions and is not told of yet. Sessions for which nothing was sent since are let go of.
    pub fn drain(&self) -> Vec<Use> {
        let mut told = Vec::new();
        self.0.write().unwrap_or_else(PoisonError::into_inner).retain(|key, meter| {
            let sent = meter.sent.take();
            if sent == Sent::default() {
                // A body that is under way counts on.
                return Arc::strong_count(meter) > 1;
            }
            told.extend(uses((*key, &meter.session), Told::Renewed { watched: 0 }, sent));
            true
        });
        told
    }

    fn of(&self, key: SessionKey, session: &Arc<SessionRecord>) -> Arc<Meter> {
        if let Some(meter) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Arc::clone(meter);
        }
        let mut meters = self.0.write().unwrap_or_else(PoisonError::into_inner);
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
            stalls: self.stalls.swap(0, Relaxed),
            picture_millis: self.picture_millis.swap(0, Relaxed),
            picture_bits: self.picture_bits.swap(0, Relaxed),
        }
    }
}

/// What is told of a session: its use, and how it played, where its player says so.
fn uses((key, session): (SessionKey, &SessionRecord), what: Told, sent: Sent) -> Vec<Use> {
    let Some(metered) = &session.metered else { return Vec::new() };
    let (watched_millis, make): (_, fn(Playback) -> Kind) = match what {
        Told::Started => (0, Kind::PlaybackStarted),
        Told::Renewed { watched } => (watched, Kind::PlaybackRenewed),
        Told::Stopped => (0, Kind::PlaybackStopped),
    };
    let playback = make(Playback {
        session: hash(key),
        title: session.title.to_string(),
        generation: metered.generation.clone(),
        class: metered.class,
        device: device(metered.device),
        region: REGION.to_owned(),
        store: STORE.to_owned(),
        watched_millis,
        bytes: sent.bytes,
        requests: sent.requests,
    });
    let says = sent.stalls > 0 || sent.picture_millis > 0;
    let quality = says.then(|| {
        Kind::Quality(Quality {
            session: hash(key),
            title: session.title.to_string(),
            device: device(metered.device),
            class: metered.class,
            first_picture_millis: None,
            stalls: sent.stalls,
            stalled_millis: 0,
            errors: 0,
            bitrate_kbps: sent.picture_bits.checked_div(sent.picture_millis).and_then(|mean| u32::try_from(mean).ok()),
            played_millis: watched_millis,
        })
    });
    let of = |kind| Use { kind, profile: session.profile.clone(), account: metered.account.clone() };
    [Some(playback), quality].into_iter().flatten().map(of).collect()
}

/// An id of 128 random bits that lives for an evening: its hash says nothing of it.
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
struct Counted {
    body: Body,
    meter: Arc<Meter>,
    bytes: u64,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            self.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
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

impl Drop for Counted {
    fn drop(&mut self) {
        self.meter.sent.bytes.fetch_add(self.bytes, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use futures::stream;
    use http_body_util::BodyExt;

    use super::{super::record::Metered, *};

    fn session(metered: Option<Metered>) -> Arc<SessionRecord> {
        Arc::new(SessionRecord {
            profile: "p1".parse().unwrap(),
            title: "film".parse().unwrap(),
            duration_seconds: 60.0,
            position: 0.0,
            end: None,
            place: None,
            holder: None,
            metered,
            presence: None,
        })
    }

    fn metered() -> Option<Metered> {
        let account = Some("a1".parse().unwrap());
        Some(Metered { account, generation: "g1".into(), class: 720, device: DeviceClass::Tv, counted: 5 })
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
    async fn what_was_taken_of_a_body_is_told_of_once_and_what_was_broken_off_counts_for_what_was_taken() {
        let (meters, key, session) = (Meters::default(), SessionKey::random(), session(metered()));
        let count = |response| meters.count(response, (key, &session), PlayerReport::default());
        count(chunks()).into_body().collect().await.unwrap();
        let mut broken = count(chunks()).into_body();
        broken.frame().await.unwrap().unwrap();
        let told = || only(meters.told(key, &session, Told::Renewed { watched: 7 }));
        assert_eq!(sent(&told()), (8, 2), "what is under way is told of when it is over");
        drop(broken);
        let told_of = told();
        assert_eq!((sent(&told_of), told_of.account), ((3, 0), Some("a1".parse().unwrap())));
        assert!(matches!(told_of.kind, Kind::PlaybackRenewed(of) if of.watched_millis == 7 && of.device == Device::Tv));
        assert_eq!(sent(&told()), (0, 0));
        count(Response::new(Body::empty()));
        assert_eq!(sent(&only(meters.told(key, &session, Told::Stopped))), (0, 1), "a request is one without a body, too");
    }

    #[tokio::test]
    async fn what_no_heartbeat_took_along_is_told_of_by_itself_and_a_session_that_rests_is_let_go_of() {
        let (meters, key, session) = (Meters::default(), SessionKey::random(), session(metered()));
        let mut under_way = meters.count(chunks(), (key, &session), PlayerReport::default()).into_body();
        under_way.frame().await.unwrap().unwrap();
        let told = only(meters.drain());
        assert_eq!((sent(&told), told.profile), ((0, 1), "p1".parse().unwrap()));
        assert!(meters.drain().is_empty());
        assert_eq!(meters.0.read().unwrap().len(), 1, "something is under way");
        drop(under_way);
        assert_eq!(sent(&only(meters.drain())), (3, 0));
        assert_eq!((meters.drain().len(), meters.0.read().unwrap().len()), (0, 0));
    }

    #[tokio::test]
    async fn how_it_played_is_told_of_where_the_player_says_so() {
        let (meters, key, session) = (Meters::default(), SessionKey::random(), session(metered()));
        for (has_starved, kilobits, millis) in [(false, 1_000, 2_000), (true, 4_000, 4_000)] {
            let report = PlayerReport { has_starved, picture: Some((kilobits, millis)) };
            meters.count(Response::new(Body::empty()), (key, &session), report);
        }
        let told = meters.told(key, &session, Told::Renewed { watched: 6_000 });
        let Kind::Quality(quality) = &told[1].kind else { panic!("{:?}", told[1].kind) };
        assert_eq!((quality.stalls, quality.bitrate_kbps, quality.played_millis), (1, Some(3_000), 6_000));
        assert_eq!(meters.told(key, &session, Told::Renewed { watched: 1 }).len(), 1, "once");
    }

    #[tokio::test]
    async fn of_a_session_that_an_older_build_began_nothing_is_told() {
        let (meters, key, session) = (Meters::default(), SessionKey::random(), session(None));
        meters.count(chunks(), (key, &session), PlayerReport::default());
        assert!(meters.told(key, &session, Told::Stopped).is_empty());
        assert!(meters.0.read().unwrap().is_empty());
    }
}
