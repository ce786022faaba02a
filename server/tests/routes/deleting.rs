//! Deleting a title while it is watched, and replacing one: what is left of it, and whom that concerns.

use std::{sync::Arc, time::Duration};

use axum::http::StatusCode;
use contract::{
    Code,
    catalog::{DeleteTitle, GetTitle, ListTitles, VideoFacts},
    identity::SetUp,
    ids::TitleId,
    playback::{GetProgress, ListContinueWatching, ListStreams, PlayState, PlaybackSession, SaveProgress, StartPlayback},
};
use futures::TryStreamExt;
use media::{
    generation::Generation,
    location::Location,
    manifest::MediaManifest,
    placement::{Begun, Placements, RETIRED_FOR_MILLIS},
    sink::{CatalogueSink, Packaged},
    store::MediaStore,
};
use object_store::ObjectStoreExt;
use serde_json::json;
use server::{
    catalogue_sink::Cataloguer,
    collections,
    services::catalog::{Pictures, artwork, facts::NewTitle},
};
use storage::{
    Stores,
    documents::{Document, PAGE_LIMIT},
};

use crate::{
    faults::copy_all,
    support::{Ahead, TestApp},
};

const FILM: &str = "The Meadow";

pub fn set_up() -> SetUp {
    SetUp { login: "ada".into(), name: "Ada".into(), password: "correct horse battery".into() }
}

fn manifest(content: &str) -> MediaManifest {
    let rendition = json!({
        "height": 240, "width": 426, "bandwidth": 1, "average_bandwidth": 1, "codecs": "avc1.64001f", "frame_rate": 24.0,
        "playlist": "v240/media.m3u8",
    });
    let source = json!({ "file_name": format!("{content}.mkv"), "size": 1, "fingerprint": content, "height": 240, "width": 426 });
    serde_json::from_value(json!({
        "schema": 1, "revision": 1, "complete": true, "duration_seconds": 60.0, "segment_seconds": 6,
        "renditions": [rendition], "audio": [], "captions": [], "chapters": [], "source": source, "warnings": [],
    }))
    .unwrap()
}

fn placements(app: &TestApp, clock: &Ahead) -> Placements {
    Placements::new(Arc::clone(&app.server.stores.documents), clock.clock())
}

/// Packages a film of one segment for a title, as an import does, in the place of what plays.
async fn package(app: &TestApp, clock: &Ahead, title: &TitleId, content: &str) -> Generation {
    let (media, placements) = (MediaStore::new(app.server.stores.objects.backend()), placements(app, clock));
    let Begun { generation, store, over } = placements.begin(title, content, None).await.unwrap();
    for name in ["v240/media.m3u8", "v240/init.mp4", "v240/seg_00001.m4s"] {
        let bytes = format!("{content} {name}");
        app.server.stores.objects.backend().put(&MediaStore::key(title, generation, name), bytes.into()).await.unwrap();
    }
    media.put_manifest(title, Location { generation, store }, &manifest(content)).await.unwrap();
    placements.publish(title, generation, over).await.unwrap();
    generation
}

/// A title that can be watched.
pub async fn filmed(app: &TestApp, clock: &Ahead) -> TitleId {
    let ingest = app.server.catalog.ingest();
    let new = NewTitle { source: "test:meadow".to_owned(), title: FILM.to_owned(), ..NewTitle::default() };
    let title = ingest.upsert_many(vec![new]).await.unwrap().remove(0).id;
    let facts = VideoFacts { height: 240, duration_seconds: 60, ..VideoFacts::default() };
    ingest.attach_video(&title, facts, Pictures::default()).await.unwrap();
    package(app, clock, &title, "first").await;
    app.server.stores.objects.put(&artwork::key(&title, "0123456789abcdef").unwrap(), "picture".into()).await.unwrap();
    title
}

/// A server with such a title and its operator, on a clock that is set forward.
async fn scene() -> (TestApp, Ahead, TitleId) {
    let clock = Ahead::default();
    let hands = clock.clone();
    let app = TestApp::surrounded(|_| {}, move |surroundings| surroundings.clock = hands.clock()).await;
    app.send(set_up()).await.unwrap();
    let title = filmed(&app, &clock).await;
    (app, clock, title)
}

pub fn at(session: &PlaybackSession, position: f64) -> SaveProgress {
    SaveProgress { session: session.session.clone(), position, state: PlayState::Playing, quality: None, buffered_millis: None }
}

fn segment(session: &PlaybackSession) -> String {
    session.manifest.replace("master.m3u8", "v240/seg_00001.m4s")
}

/// Collections that know a title after it is gone.
const STAYS: [&str; 3] = ["deleted_titles", "usage_rollups", "storage_plan_rows"];

/// Everything that any store says of a title, but for the tombstone, and for the sums of what was watched and the days that storage is billed
/// by, which were so and stay so.
pub async fn left_of(stores: &Stores, title: &TitleId) -> Vec<String> {
    let mut left = Vec::new();
    for collection in collections::all().into_iter().filter(|collection| !STAYS.contains(&&*collection.name)) {
        let page = stores.documents.list(collection, None, PAGE_LIMIT).await.unwrap();
        let names =
            |document: &Document| document.id.contains(title.as_str()) || document.body.to_string().contains(title.as_str());
        left.extend(page.documents.iter().filter(|one| names(one)).map(|one| format!("{} {}", collection.name, one.id)));
    }
    let objects: Vec<_> = stores.objects.backend().list(None).try_collect().await.unwrap();
    let keys = objects.into_iter().map(|object| object.location.to_string());
    left.extend(keys.filter(|key| key.contains(title.as_str())));
    left
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_that_is_deleted_while_somebody_watches_is_gone_and_its_player_is_told() {
    let (app, _, title) = scene().await;
    let session = app.send(StartPlayback { title: title.clone(), replaces: None }).await.unwrap();
    app.send(at(&session, 30.0)).await.unwrap();
    assert_eq!(app.get(&segment(&session)).await.status, StatusCode::OK);
    assert_eq!(app.send(ListStreams {}).await.unwrap().len(), 1);

    app.send(DeleteTitle { id: title.clone() }).await.unwrap();

    assert_eq!(app.get(&segment(&session)).await.problem().code, Code::SessionEnded);
    let told = app.send(at(&session, 31.0)).await.unwrap_err();
    assert_eq!(told.code, Code::SessionEnded);
    assert_eq!(told.detail.as_deref(), Some("This film was taken out of the library."));
    assert_eq!(app.send(StartPlayback { title: title.clone(), replaces: None }).await.unwrap_err().code, Code::NotFound);
    assert_eq!(app.send(GetTitle { id: title.clone() }).await.unwrap_err().code, Code::NotFound);
    assert_eq!(app.send(ListContinueWatching {}).await.unwrap(), []);
    assert_eq!(app.send(GetProgress { id: title.clone() }).await.unwrap().progress, None);
    assert_eq!(app.send(ListStreams {}).await.unwrap(), []);
    assert_eq!(app.send(DeleteTitle { id: title.clone() }).await.unwrap_err().code, Code::NotFound);
    assert_eq!(app.send(ListTitles::default()).await.unwrap().items, [], "whoever deleted it sees so at once");

    app.server.media.look().await.unwrap();
    assert_eq!(left_of(&app.server.stores, &title).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_watches_a_film_that_is_replaced_sees_it_to_its_end_and_who_begins_sees_the_other() {
    let (app, clock, title) = scene().await;
    let before = app.send(StartPlayback { title: title.clone(), replaces: None }).await.unwrap();

    let second = package(&app, &clock, &title, "second").await;
    let after = app.send(StartPlayback { title: title.clone(), replaces: None }).await.unwrap();
    let body = async |path: String| app.get(&path).await.body;
    assert_eq!(body(segment(&before)).await, "first v240/seg_00001.m4s");
    assert_eq!(body(segment(&after)).await, "second v240/seg_00001.m4s");

    clock.forward(Duration::from_millis(RETIRED_FOR_MILLIS));
    app.server.media.look().await.unwrap();
    let left = left_of(&app.server.stores, &title).await;
    let is_media = |key: &&String| key.starts_with("media/");
    assert!(left.iter().filter(is_media).all(|key| key.contains(&second.to_string())), "{left:?}");
    assert_eq!(left.iter().filter(is_media).count(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_that_was_deleted_stays_deleted_where_a_backup_from_before_is_restored() {
    let (app, _, title) = scene().await;
    let before = Arc::new(tempfile::tempdir().unwrap());
    copy_all(app.folder().path(), before.path());
    app.send(DeleteTitle { id: title.clone() }).await.unwrap();
    let deletions = std::fs::read(app.data().join("deletions.jsonl")).unwrap();
    std::fs::write(before.path().join("data/deletions.jsonl"), deletions).unwrap();
    drop(app);

    let restored = TestApp::reopened(before, |_| {}).await;
    restored.send_afresh(GetTitle { id: title.clone() }).await.unwrap_err();
    restored.server.media.look().await.unwrap();
    assert_eq!(left_of(&restored.server.stores, &title).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_that_was_made_anew_under_the_id_of_a_deleted_one_stays() {
    let (app, clock, title) = scene().await;
    app.send(DeleteTitle { id: title.clone() }).await.unwrap();
    tokio::time::sleep(Duration::from_millis(2)).await;
    let ingest = app.server.catalog.ingest();
    ingest.claim("test:meadow", &title).await.unwrap();
    let again = filmed(&app, &clock).await;
    assert_eq!(again, title);

    clock.forward(Duration::from_secs(11 * 60));
    assert_eq!(app.server.title_deletions.look().await.unwrap(), 1, "it is looked at once more");
    app.send(GetTitle { id: title.clone() }).await.unwrap();
    app.send(StartPlayback { title, replaces: None }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_tells_of_its_film_once_the_title_is_deleted_makes_no_title_of_it() {
    let (app, _, title) = scene().await;
    app.send(DeleteTitle { id: title.clone() }).await.unwrap();
    let cataloguer = Cataloguer::new(app.server.catalog.ingest(), app.server.stores.video());
    let (manifest, generation) = (manifest("first"), Generation::random());
    let location = Location::per_view(generation);
    let packaged = Packaged { title: &title, location, manifest: &manifest, file_name: "The Meadow (2001).mkv" };
    let refused = cataloguer.on_packaged(packaged).await.unwrap_err();
    assert!(refused.contains(title.as_str()), "{refused}");
    app.server.media.look().await.unwrap();
    assert_eq!(left_of(&app.server.stores, &title).await, Vec::<String>::new());
}
