//! The service as a whole, over HTTP, on real stores in a temporary directory, with a stand-in for the catalogue.

mod calls;
mod delivery;
mod history;
mod limits;
mod minutes;
mod operators;
mod progress;
mod progress_store;
mod streams;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use axum::{Extension, Router, body::to_bytes};
use bytes::Bytes;
use contract::{
    authorization::Authorization,
    catalog::{Artwork, Facets, GetTitleCards, ListSimilarTitles, ListTitles, TitleCard, TitlePage, VideoFacts},
    device::{DeviceClass, DeviceProfile, DeviceSource},
    discovery::{ListUnwantedTitles, UnwantedTitles},
    ids::TitleId,
    library::{ListWatchedTitles, MarkWatched, WatchedTitles},
    playback::PlaybackSession,
};
use http::{HeaderMap, Request, StatusCode};
use media::manifest::MediaManifest;
use runtime::clock::Clock;
use serde_json::{Value, json};
use storage::{StorageUrls, Stores, events::Events, objects::ObjectKey, open};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::{Playback, fixture::manifest};
use crate::{
    context::{Caller, Member, RequestContext, SeenDevice, Viewer},
    mount::{Dispatcher, Mount},
    services::{
        Service,
        cards::bare_card,
        keepers::{Gone, Tombstones},
        recorder::Recorder,
    },
    session_effect::SessionEffects,
};

/// Bytes of each segment of the stored film: more than one piece, so that bodies are streams.
const SEGMENT: usize = 700_000;
const SECRET: [u8; 32] = [42; 32];
/// Titles that the catalogue knows; the first two have video.
const FILM: &str = "film";
const OTHER: &str = "other";
const UNFILMED: &str = "unfilmed";

/// A server with this service and nothing else, kept in a directory.
struct World {
    folder: tempfile::TempDir,
    stores: Stores,
    playback: Arc<Playback>,
    mounted: Router,
    dispatcher: Dispatcher,
    /// Questions for cards that the catalogue was asked.
    card_calls: Arc<AtomicU32>,
    /// What the service's clock says, in milliseconds since 1970.
    now: Arc<AtomicU64>,
    gone: Gone,
    /// What the history was told: what was watched, and what is taken back.
    watched: Arc<Mutex<Vec<String>>>,
}

/// Who asks, on what.
#[derive(Clone)]
struct Seat {
    profile: &'static str,
    is_new: bool,
    device: DeviceProfile,
    authorization: Authorization,
    /// Absent for a guest.
    member: Option<Member>,
    agent: &'static str,
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl World {
    async fn new() -> Self {
        let world = Self::open(tempfile::tempdir().unwrap()).await;
        world.store_film(FILM, &manifest()).await;
        world.store_film(OTHER, &manifest()).await;
        world
    }

    /// The stores as they are in `folder`.
    async fn open(folder: tempfile::TempDir) -> Self {
        let stores = open(&StorageUrls::embedded(folder.path()), &Events::default()).await.unwrap();
        let now = Arc::new(AtomicU64::new(Clock::default().millis()));
        let said = Arc::clone(&now);
        let clock = Clock::new(move || UNIX_EPOCH + Duration::from_millis(said.load(Ordering::Relaxed)));
        let gone = Gone::default();
        let (documents, keyvalue) = (Arc::clone(&stores.documents), Arc::clone(&stores.keyvalue));
        let told = (Arc::new(gone.clone()) as Arc<dyn Tombstones>, clock.clone(), Recorder::off(clock), Events::default());
        let playback = Arc::new(Playback::new(&SECRET, documents, keyvalue, stores.video(), told));
        let dispatcher = Dispatcher::default();
        let mut mount = Mount::new(dispatcher.clone(), Events::default());
        let card_calls = catalogue(&mut mount);
        let watched = history(&mut mount);
        let kept = Arc::clone(&playback);
        mount.on_written(Arc::new(move |whose| kept.changed(whose)));
        Arc::clone(&playback).mount(&mut mount);
        let mounted = mount.finish().router.merge(Arc::clone(&playback).routes());
        Self { folder, stores, playback, mounted, dispatcher, card_calls, now, gone, watched }
    }

    /// Ends everything but what is on the disk.
    async fn restart(self) -> Self {
        let Self { folder, stores, playback, mounted, dispatcher, card_calls, now, gone, watched } = self;
        drop((stores, playback, mounted, dispatcher, card_calls, now, gone, watched));
        Self::open(folder).await
    }

    async fn store_film(&self, title: &str, manifest: &MediaManifest) {
        // At once: each put waits for the disk.
        let pieces = ["v360", "v720", "v1080", "a0", "a1", "a2"].into_iter().flat_map(|folder| {
            [
                (folder, "media.m3u8", format!("#EXTM3U\n# {title} {folder}\n").into()),
                (folder, "init.mp4", format!("VIDEO {title} {folder} init").into()),
                (folder, "seg_00001.m4s", segment(title, folder)),
            ]
        });
        let rest = [
            ("storyboard", "0.jpg", "VIDEO picture".into()),
            ("", "t0.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n".into()),
            ("", "poster.jpg", "VIDEO poster".into()),
            ("", "manifest.json", serde_json::to_vec(manifest).unwrap().into()),
        ];
        let puts = pieces.chain(rest).map(|(folder, name, bytes)| self.put(title, folder, name, bytes));
        futures::future::join_all(puts).await;
    }

    async fn put(&self, title: &str, folder: &str, name: &str, bytes: Bytes) {
        let segments: Vec<&str> = [folder, name].into_iter().filter(|segment| !segment.is_empty()).collect();
        let key = ObjectKey::media(&title.parse().unwrap(), &segments).unwrap();
        self.stores.objects.put(&key, bytes).await.unwrap();
    }

    async fn ask(&self, seat: &Seat, method: &str, path: &str, headers: &[(&str, &str)], body: Value) -> Reply {
        self.ask_until(&CancellationToken::new(), seat, (method, path), headers, body).await
    }

    /// The same of somebody who waits for the answer no more once this is cancelled.
    async fn ask_until(
        &self,
        disconnected: &CancellationToken,
        seat: &Seat,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: Value,
    ) -> Reply {
        let viewer = Viewer::guest(seat.profile.parse().unwrap(), seat.is_new, Arc::new(seat.authorization.clone()));
        let agent = Some(http::HeaderValue::from_static(seat.agent));
        let context = RequestContext {
            request_id: "test".into(),
            viewer: Viewer { member: seat.member.clone(), ..viewer },
            device: Arc::new(SeenDevice { profile: seat.device.clone(), source: DeviceSource::Header }),
            caller: Caller { agent, disconnected: disconnected.clone(), ..Caller::default() },
            effects: SessionEffects::default(),
            dispatcher: self.dispatcher.clone(),
        };
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !body.is_null() && !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = request.body(axum::body::Body::from(body)).unwrap();
        let response = self.mounted.clone().layer(Extension(context)).oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    async fn call(&self, seat: &Seat, method: &str, path: &str, body: Value) -> Reply {
        self.ask(seat, method, path, &[], body).await
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        // Whoever holds the grant may read: another profile, on another device.
        self.ask(&Seat::new("whoever"), "GET", path, headers, Value::Null).await
    }

    async fn start(&self, seat: &Seat, title: &str) -> PlaybackSession {
        let reply = self.call(seat, "POST", "/api/v1/playback", json!({ "title": title })).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{reply:?}");
        reply.json()
    }

    async fn progress(&self, seat: &Seat, session: &PlaybackSession, position: f64, state: &str) -> Reply {
        let path = format!("/api/v1/playback/{}/progress", session.session);
        self.call(seat, "POST", &path, json!({ "position": position, "state": state })).await
    }

    /// Lets time pass by the service's clock.
    fn pass(&self, seconds: u64) {
        self.now.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    /// Makes it noon of some day.
    fn noon(&self) {
        let day = self.seconds() / 86_400;
        self.now.store((day * 86_400 + 43_200) * 1000, Ordering::Relaxed);
    }

    /// Seconds since 1970, as the service reckons.
    fn seconds(&self) -> u64 {
        self.now.load(Ordering::Relaxed) / 1000
    }

    async fn resume_at(&self, seat: &Seat, title: &str) -> f64 {
        self.start(seat, title).await.resume_at
    }
}

impl Seat {
    fn new(profile: &'static str) -> Self {
        let device =
            DeviceProfile { class: DeviceClass::Tv, width: 3840, height: 2160, pixel_ratio: 100, ..DeviceProfile::default() };
        Self { profile, is_new: false, device, authorization: Authorization::default(), member: None, agent: "" }
    }

    /// Somebody of an account, on a device that is signed in to it.
    fn member(account: &str, profile: &'static str, sign_in: &str, agent: &'static str) -> Self {
        let member = Member {
            account: account.parse().unwrap(),
            sign_in: sign_in.parse().unwrap(),
            role: contract::identity::AccountRole::Member,
            active_profile: crate::context::ActiveProfile::Unrestricted,
            scopes: None,
        };
        Self { member: Some(member), agent, ..Self::new(profile) }
    }

    /// A telephone that shows no more than 480 lines.
    fn phone(profile: &'static str) -> Self {
        let device =
            DeviceProfile { class: DeviceClass::Phone, width: 360, height: 640, pixel_ratio: 100, ..DeviceProfile::default() };
        Self { profile, is_new: false, device, authorization: Authorization::default(), member: None, agent: "" }
    }
}

impl Reply {
    fn json<T: serde::de::DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Refused, in words, and without a byte of what is stored.
    fn assert_refused(&self, status: u16, code: &str, what: &str) {
        assert_eq!(self.status.as_u16(), status, "{what}: {self:?}");
        assert_eq!(self.json::<Value>()["code"], code, "{what}");
        assert!(!self.body.windows(5).any(|window| window == b"VIDEO"), "{what}");
        assert_eq!(self.header("content-type"), "application/problem+json", "{what}");
    }
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let start = &self.body[..self.body.len().min(400)];
        write!(f, "{} {:?} {}", self.status, self.headers, String::from_utf8_lossy(start))
    }
}

/// Bytes that differ at every place of every folder of every title.
fn segment(title: &str, folder: &str) -> Bytes {
    let seed = blake3::hash(format!("{title}/{folder}").as_bytes());
    let mut bytes = vec![0; SEGMENT];
    blake3::Hasher::new_keyed(seed.as_bytes()).finalize_xof().fill(&mut bytes);
    bytes[..5].copy_from_slice(b"VIDEO");
    bytes.into()
}

fn card(id: &str) -> TitleCard {
    let facts = VideoFacts {
        height: 1080,
        class: Some(1080),
        duration_seconds: 635,
        audio: vec!["en".into()],
        captions: vec!["en".into()],
    };
    TitleCard {
        artwork: Artwork { poster: format!("/artwork/{id}"), backdrop: None, colour: "#000000".into() },
        video: (id != UNFILMED).then_some(facts),
        ..bare_card(id.parse().unwrap())
    }
}

/// Knows the three titles, finds none of them alike, and lists the watchable ones.
fn catalogue(mount: &mut Mount) -> Arc<AtomicU32> {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    mount.call(move |_, call: GetTitleCards| {
        counted.fetch_add(1, Ordering::Relaxed);
        let known = call.ids.into_iter().filter(|id| [FILM, OTHER, UNFILMED].contains(&id.as_str()));
        let cards = known.map(|id| card(id.as_str())).collect();
        async move { Ok(cards) }
    });
    mount.call(|_, _: ListSimilarTitles| async { Ok(vec![card(UNFILMED)]) });
    mount.call(|_, _: ListTitles| async {
        Ok(TitlePage { items: vec![card(FILM), card(OTHER)], total: 2, next: None, facets: Facets::default() })
    });
    calls
}

fn history(mount: &mut Mount) -> Arc<Mutex<Vec<String>>> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let watched = Arc::clone(&told);
    mount.call(move |_, call: MarkWatched| {
        let how = match (call.restores, call.change) {
            (Some(change), _) => format!("take back {change} of"),
            (None, Some(change)) => format!("said by {change}"),
            (None, None) if call.is_played => "played".to_owned(),
            (None, None) => "said".to_owned(),
        };
        watched.lock().unwrap().push(format!("{how} {}", call.id));
        async { Ok(()) }
    });
    let watched = Arc::clone(&told);
    mount.call(move |_, call: ListWatchedTitles| {
        let told = watched.lock().unwrap();
        let is_watched = |id: &TitleId| told.iter().any(|told| told.ends_with(&format!(" {id}")));
        let ids = call.ids.into_iter().filter(is_watched).collect();
        async { Ok(WatchedTitles { ids }) }
    });
    mount.call(|_, _: ListUnwantedTitles| async { Ok(UnwantedTitles::default()) });
    told
}
