//! Titles on their way between a directory and a bucket, while they are watched.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{body::Bytes, http::StatusCode};
use contract::{
    catalog::{DeleteTitle, TitleCard},
    ids::TitleId,
    playback::{PlaybackSession, StartPlayback},
};
use futures::TryStreamExt;
use media::{
    location::Location,
    manifest::MediaManifest,
    placement::{Extent, MoveRequest, Placements, RETIRED_FOR_MILLIS, WholeCopy},
    store::MediaStore,
};
use object_store::ObjectStoreExt;
use runtime::clock::Clock;
use serde_json::json;
use server::config::Config;
use storage::{
    documents::{self, Write},
    keyvalue::Expect,
    objects::StoreRole,
};
use testing::server as test_server;

use crate::{
    deleting::{left_of, set_up},
    metrics::value,
    relay::{Line, Relay},
    support::{Ahead, TestApp},
    watching::{addresses, film, import, watchable},
};

/// A folder of its own in the bucket that all tests share.
fn bucket() -> String {
    let server = test_server("MARQUEE_TEST_S3");
    let (bucket, options) = server.split_once('?').unwrap();
    format!("{bucket}/placement-{:016x}?{options}", rand::random::<u64>())
}

/// A server whose first store is a directory and whose second is `flat`, with a film of four seconds.
struct House {
    app: TestApp,
    clock: Ahead,
    film: TitleCard,
}

impl House {
    async fn with(flat: String) -> Self {
        let clock = Ahead::default();
        let hands = clock.clone();
        let configure = move |config: &mut Config| config.storage.flat_objects = Some(flat);
        let app = TestApp::surrounded(configure, move |surroundings| surroundings.clock = hands.clock()).await;
        app.send(set_up()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        film(&folder.path().join("Hello Marquee (2026).mp4"));
        import(&app, folder.path()).await;
        let film = watchable(&app).await;
        Self { app, clock, film }
    }

    fn placements(&self) -> Placements {
        Placements::new(Arc::clone(&self.app.server.stores.documents), self.clock.clock())
    }

    async fn lies(&self) -> Location {
        self.placements().current(&self.film.id).await.unwrap().unwrap().location()
    }

    async fn request(&self, to: StoreRole) -> MoveRequest {
        self.placements().request_move(&self.film.id, to).await.unwrap()
    }

    async fn start(&self) -> PlaybackSession {
        self.app.send(StartPlayback { title: self.film.id.clone(), replaces: None }).await.unwrap()
    }

    /// Everything that a player reads of a session, by the address behind its grant.
    async fn watch(&self, session: &PlaybackSession) -> BTreeMap<String, Bytes> {
        let base = session.manifest.rsplit_once('/').unwrap().0;
        let (mut read, mut left) = (BTreeMap::new(), vec![session.manifest.clone()]);
        while let Some(address) = left.pop() {
            let answer = self.app.get(&address).await;
            assert_eq!(answer.status, StatusCode::OK, "{address}");
            if address.ends_with(".m3u8") {
                let text = std::str::from_utf8(&answer.body).unwrap();
                left.extend(addresses(text, &address));
                // Renditions of sound, and the beginnings of segments.
                let named = text.split("URI=\"").skip(1).filter_map(|rest| rest.split('"').next());
                let below = address.rsplit_once('/').unwrap().0;
                left.extend(named.map(|name| format!("{below}/{name}")));
            }
            read.insert(address.strip_prefix(base).unwrap().to_owned(), answer.body);
        }
        assert!(read.keys().filter(|name| name.ends_with(".m4s")).count() > 2, "{:?}", read.keys());
        read
    }

    /// Waits for what the server does by itself.
    async fn moved_to(&self, store: StoreRole) {
        for _ in 0..600 {
            if self.lies().await.store == store {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{:?}", self.placements().record(&self.film.id).await.unwrap());
    }

    /// The keys of video in one of the stores.
    async fn video_in(&self, store: StoreRole) -> Vec<String> {
        let objects = self.app.server.stores.video().of(store).unwrap().backend();
        let found: Vec<_> = objects.list(Some(&"media".into())).try_collect().await.unwrap();
        found.into_iter().map(|object| object.location.to_string()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_moves_to_a_bucket_and_back_while_it_is_watched_and_whoever_watches_reads_every_byte() {
    let house = House::with(bucket()).await;
    let before = house.start().await;
    let film = house.watch(&before).await;
    assert_eq!(house.request(StoreRole::Flat).await, MoveRequest::Requested);
    while house.lies().await.store == StoreRole::PerView {
        assert!(house.watch(&before).await == film, "while it moves");
    }
    assert!(house.watch(&before).await == film, "who began before reads on where they began");
    let after = house.start().await;
    assert!(house.watch(&after).await == film, "who begins now reads the same");
    assert_eq!(after.media_version, before.media_version, "what a player has loaded of the one holds for the other");
    assert_eq!(house.video_in(StoreRole::Flat).await.len(), house.video_in(StoreRole::PerView).await.len());

    house.clock.forward(Duration::from_millis(RETIRED_FOR_MILLIS));
    house.app.server.media.look().await.unwrap();
    assert_eq!(house.video_in(StoreRole::PerView).await, Vec::<String>::new());
    // Grants of before have expired by now.
    let after = house.start().await;
    assert!(house.watch(&after).await == film, "there is one copy, and it plays");

    assert_eq!(house.request(StoreRole::PerView).await, MoveRequest::Requested);
    house.moved_to(StoreRole::PerView).await;
    assert!(house.watch(&after).await == film && house.watch(&house.start().await).await == film, "after the way back");
    house.app.send(DeleteTitle { id: house.film.id.clone() }).await.unwrap();
    house.app.server.media.look().await.unwrap();
    assert_eq!(house.video_in(StoreRole::Flat).await, Vec::<String>::new());
    assert_eq!(left_of(&house.app.server.stores, &house.film.id).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_that_lies_in_a_bucket_which_is_away_is_answered_with_503_and_what_lies_elsewhere_plays_on() {
    let (line, flat) = Relay::to(&bucket());
    let house = House::with(flat).await;
    let session = house.start().await;
    let film = house.watch(&session).await;
    line.set(Line::Cut);
    house.request(StoreRole::Flat).await;
    house.app.server.mover.look().await.unwrap();
    assert!(house.watch(&session).await == film, "the move fails, and nobody notices");
    assert_eq!(house.lies().await.store, StoreRole::PerView);
    let ready = house.app.get("/readyz").await;
    assert_eq!((ready.status, ready.json()["degraded"].to_string().contains("flat_objects")), (StatusCode::OK, true));

    line.set(Line::Open);
    house.moved_to(StoreRole::Flat).await;
    let moved = house.start().await;
    assert!(house.watch(&moved).await == film);
    let text = house.app.server.metrics.text().await.unwrap();
    assert_eq!(value(&text, "marquee_moves_waiting"), Some(0.0));
    assert!(
        value(&text, "marquee_moved_bytes_total").unwrap() + value(&text, "marquee_moved_titles_total").unwrap() > 1.0,
        "{text}"
    );
    assert!(value(&text, "marquee_move_failures_total").unwrap() >= 1.0, "{text}");

    line.set(Line::Cut);
    let segment = house.watch(&session).await.into_keys().find(|name| name.ends_with("2.m4s")).unwrap();
    let base = moved.manifest.rsplit_once('/').unwrap().0;
    let answer = house.app.get_with(&format!("{base}{segment}"), &[("range", "bytes=1-2")]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(house.watch(&session).await == film, "the other store plays on: each has a circuit breaker of its own");
    line.set(Line::Open);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_films_go_where_the_settings_say() {
    let house = House::with(bucket()).await;
    house.placements().change_settings(|settings| settings.default_store = StoreRole::Flat).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    film(&folder.path().join("Another (2026).mp4"));
    // Of another content.
    std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=24:duration=2", "-c:v", "libx264"])
        .arg(folder.path().join("Another (2026).mp4"))
        .status()
        .unwrap();
    import(&house.app, folder.path()).await;
    let placed = house.placements().list(None, 10).await.unwrap().placed;
    let flat: Vec<_> = placed.iter().filter(|one| one.store == StoreRole::Flat).collect();
    assert_eq!((placed.len(), flat.len()), (2, 1));
    let media = MediaStore::of(&house.app.server.stores.video());
    let location = house.placements().current(&flat[0].title).await.unwrap().unwrap().location();
    assert_eq!(flat[0].bytes, Some(media.bytes(&flat[0].title, location).await.unwrap()));
    assert!(house.video_in(StoreRole::Flat).await.len() > 3);
}

fn placements(app: &TestApp) -> Placements {
    Placements::new(Arc::clone(&app.server.stores.documents), Clock::default())
}

/// A title whose film lies in the first store, as an older build put it there; `to` says where its placement says that it lies
/// by now.
async fn placed(app: &TestApp, title: &str, to: StoreRole) -> TitleId {
    let (placements, title) = (placements(app), title.parse().unwrap());
    let begun = placements.begin(&title, "content", None).await.unwrap();
    let source = json!({ "file_name": "a.mkv", "size": 1, "fingerprint": "content", "height": 240, "width": 426 });
    let manifest = json!({
        "schema": 1, "revision": 1, "complete": true, "duration_seconds": 60.0, "segment_seconds": 6,
        "renditions": [], "audio": [], "captions": [], "chapters": [], "source": source, "warnings": [],
    });
    let manifest: MediaManifest = serde_json::from_value(manifest).unwrap();
    let here = Location { generation: begun.generation, store: begun.store };
    MediaStore::of(&app.server.stores.video()).put_manifest(&title, here, &manifest).await.unwrap();
    placements.publish(&title, begun.generation, begun.over).await.unwrap();
    placements.told(&title, begun.generation, None).await.unwrap();
    if to != here.store {
        placements.request_move(&title, to).await.unwrap();
        let epoch = placements.record(&title).await.unwrap().unwrap().epoch();
        let copy = WholeCopy { extent: Extent { objects: 1, bytes: 1, seconds: 60 }, epoch };
        placements.swap(&title, (here, here.in_store(to)), copy).await.unwrap();
    }
    title
}

#[tokio::test(flavor = "multi_thread")]
async fn titles_in_a_store_that_is_away_keep_no_other_from_being_counted() {
    let app = TestApp::surrounded(|_| {}, |_| {}).await;
    app.send(set_up()).await.unwrap();
    for number in 0..5 {
        let title = placed(&app, &format!("a-{number}"), StoreRole::Flat).await;
        // What a build did that moved it and counted bytes alone.
        let collection = &media::placement::PLACEMENTS;
        let (mut record, version) =
            documents::read::<serde_json::Value>(&*app.server.stores.documents, collection, title.as_str())
                .await
                .unwrap()
                .unwrap();
        for counted in ["objects", "seconds"] {
            record["current"].as_object_mut().unwrap().remove(counted).unwrap();
        }
        let expect = Expect::Version(version);
        let write = Write { id: title.to_string(), body: record, expect };
        app.server.stores.documents.put(collection, write).await.unwrap();
    }
    let last = placed(&app, "b-0", StoreRole::PerView).await;
    assert_eq!(app.server.media.count_bytes().await.unwrap().left, 5);
    let counted = placements(&app).current(&last).await.unwrap().unwrap();
    assert_eq!((counted.objects, counted.seconds), (Some(1), Some(60)));
    assert!(counted.bytes.is_some_and(|bytes| bytes > 100), "{counted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_that_is_deleted_while_one_store_is_away_leaves_nothing_in_the_other_and_the_rest_is_due() {
    let app = TestApp::surrounded(|_| {}, |_| {}).await;
    app.send(set_up()).await.unwrap();
    let title = placed(&app, "a-title", StoreRole::Flat).await;
    let objects = app.server.stores.objects.backend();
    objects.put(&format!("artwork/{title}/a.jpg").as_str().into(), "a picture".into()).await.unwrap();
    placements(&app).withdraw(&title).await.unwrap();
    app.server.media.look_after(&title).await.unwrap_err();
    for folder in ["media", "artwork"] {
        let left: Vec<_> = objects.list(Some(&format!("{folder}/{title}").as_str().into())).try_collect().await.unwrap();
        assert_eq!(left, [], "{folder}");
    }
    let record = placements(&app).record(&title).await.unwrap().unwrap();
    let left: Vec<StoreRole> = record.retired.iter().map(|retired| retired.store).collect();
    assert_eq!(left, [StoreRole::Flat]);
    assert!(record.due.is_some());
}
