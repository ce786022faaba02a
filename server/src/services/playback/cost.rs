//! What counting costs each request for video, for `marquee report --measure`.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Instant,
};

use axum::{
    body::{Body, HttpBody},
    http::{HeaderMap, HeaderName, HeaderValue},
    response::Response,
};
use contract::device::DeviceClass;
use storage::objects::StoreRole;

use super::{
    cmcd::PlayerReport,
    grant::SessionKey,
    meters::Meters,
    record::{ElapsedRecord, Metered, QualityRecord, SessionRecord},
};

/// Requests of one round, and rounds: the quickest counts, in which nothing else had the processor.
const REQUESTS: u32 = 100_000;
const ROUNDS: u32 = 10;

/// Nanoseconds that a request for video takes longer because it is counted: with what hls.js says of it, and its body taken to its end.
pub fn nanoseconds_of_a_request() -> Option<f64> {
    let (meters, key) = (Meters::default(), SessionKey::random());
    let counted = session(Some(Metered {
        account: None,
        generation: "g1".to_owned(),
        store: StoreRole::PerView,
        class: 1080,
        device: DeviceClass::Tv,
        counted: 0,
        elapsed: ElapsedRecord::default(),
        quality: QualityRecord::default(),
    }))?;
    let (counted, uncounted) = (Arc::new(counted), Arc::new(session(None)?));
    let headers = HeaderMap::from_iter([
        (HeaderName::from_static("cmcd-object"), HeaderValue::from_static("br=3200,d=4004,ot=v")),
        (HeaderName::from_static("cmcd-request"), HeaderValue::from_static("bl=8000,mtp=25400,su")),
    ]);
    let round = |session: &Arc<SessionRecord>| {
        let begun = Instant::now();
        for _ in 0..REQUESTS {
            take(meters.count(Response::new(Body::from("segment")), (key, session), || PlayerReport::of(&headers)));
        }
        begun.elapsed().as_secs_f64() * 1e9 / f64::from(REQUESTS)
    };
    let quickest = |session: &Arc<SessionRecord>| (0..ROUNDS).map(|_| round(session)).fold(f64::INFINITY, f64::min);
    Some((quickest(&counted) - quickest(&uncounted)).max(0.0))
}

/// As a connection takes a body that is there.
fn take(response: Response) {
    let (mut body, mut context) = (response.into_body(), Context::from_waker(Waker::noop()));
    while let Poll::Ready(Some(_)) = Pin::new(&mut body).poll_frame(&mut context) {}
}

fn session(metered: Option<Metered>) -> Option<SessionRecord> {
    Some(SessionRecord {
        profile: "profile".parse().ok()?,
        title: "title".parse().ok()?,
        duration_seconds: 60.0,
        position: 0.0,
        end: None,
        place: None,
        holder: None,
        metered,
        presence: None,
        played: Vec::new(),
    })
}
