//! From a file on a disk to pictures on a screen: import, find, start, manifest, segment, resume.

use std::{path::Path, process::Command, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use contract::{
    Code, Scope,
    catalog::{GetTitle, ListTitles, SearchTitles, TitleCard},
    entitlements::{PutAccountEntitlements, PutPlan},
    identity::{PutApiToken, SetUp},
    ids::TitleId,
    library::{ListHistory, MarkUnwatched, MarkWatched},
    playback::{
        GetProgress, ListContinueWatching, ListStreams, PlayState, PlaybackSession, SaveProgress, SetProgress, StartPlayback,
        StopPlayback, StopStream,
    },
};
use media::{
    import::{Choices, Importer},
    library::Outcome,
    placement::Placements,
    progress::Silent,
    run::Tools,
    store::MediaStore,
};
use runtime::clock::Clock;
use server::catalogue_sink::Cataloguer;

use crate::support::{TestApp, new_id};

/// Four seconds of a test picture with a tone.
pub fn film(path: &Path) {
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=426x240:rate=24:duration=4"])
        .args(["-f", "lavfi", "-i", "sine=frequency=440:duration=4"])
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-shortest"])
        .arg(path)
        .status()
        .unwrap();
    assert!(made.success());
}

/// What imports into an app's stores.
pub fn importer(app: &TestApp, work: &Path) -> Importer {
    let stores = &app.server.stores;
    let placements = Placements::new(Arc::clone(&stores.documents), Clock::default());
    Importer::new(Tools::default(), MediaStore::of(&stores.video()), placements, work.to_owned())
}

/// Imports what is in a folder.
pub async fn import(app: &TestApp, folder: &Path) {
    for outcome in import_with(app, folder, Choices::default()).await {
        outcome.result.unwrap_or_else(|error| panic!("{}: {error}", outcome.path.display()));
    }
}

/// Imports what is in a folder, and says what became of each file.
pub async fn import_with(app: &TestApp, folder: &Path, choices: Choices) -> Vec<Outcome> {
    let work = tempfile::tempdir().unwrap();
    let sink = Cataloguer::new(app.server.catalog.ingest(), app.server.stores.video());
    importer(app, work.path()).with(choices).import_path(folder, &sink, &Silent).await
}

/// The one title that can be watched, as soon as it can be found.
pub async fn watchable(app: &TestApp) -> TitleCard {
    for _ in 0..200 {
        let page = app.send(ListTitles { watchable: Some(true), ..ListTitles::default() }).await.unwrap();
        if let Some(card) = page.items.into_iter().next() {
            return card;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the film that was imported is not found");
}

async fn ready() -> (TestApp, TitleCard) {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    film(&folder.path().join("Hello Marquee (2026).mp4"));
    import(&app, folder.path()).await;
    let card = watchable(&app).await;
    (app, card)
}

/// The lines of a playlist that are addresses, made absolute.
pub fn addresses(playlist: &str, of: &str) -> Vec<String> {
    let base = of.rsplit_once('/').unwrap().0;
    playlist.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| format!("{base}/{line}")).collect()
}

pub async fn text(app: &TestApp, path: &str) -> String {
    let answer = app.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
    String::from_utf8(answer.body.to_vec()).unwrap()
}

#[tokio::test]
async fn a_film_goes_from_a_file_to_a_screen() {
    let (app, card) = ready().await;
    assert_eq!((card.title.as_str(), card.year), ("Hello Marquee", Some(2026)));
    assert_eq!(card.video.as_ref().map(|video| (video.height, video.duration_seconds)), Some((240, 4)));
    let title = app.send(GetTitle { id: card.id.clone() }).await.unwrap();
    assert_eq!(title.card, card);
    let found = app.send(SearchTitles { q: "helo marqee".into(), limit: None }).await.unwrap();
    assert_eq!(found.titles[0].card.id, card.id);
    for picture in [Some(&card.artwork.poster), card.artwork.backdrop.as_ref()].into_iter().flatten() {
        let answer = app.get(picture).await;
        assert_eq!(answer.status, StatusCode::OK, "{picture}");
        assert!(answer.header("content-type").is_some_and(|kind| kind.starts_with("image/")), "{answer:?}");
        assert!(answer.header("cache-control").is_some_and(|cache| cache.contains("immutable")), "{answer:?}");
        assert_eq!(answer.cookie(), None);
    }

    let session = app.send(StartPlayback { title: card.id.clone(), replaces: None }).await.unwrap();
    let master = text(&app, &session.manifest).await;
    let variants = addresses(&master, &session.manifest);
    assert!(master.starts_with("#EXTM3U") && !variants.is_empty(), "{master}");
    let playlist = text(&app, &variants[0]).await;
    let segments = addresses(&playlist, &variants[0]);
    assert!(playlist.contains("#EXT-X-MAP") && playlist.contains("#EXT-X-ENDLIST"), "{playlist}");
    let segment = app.get(&segments[0]).await;
    assert_eq!((segment.status, segment.header("content-type")), (StatusCode::OK, Some("video/mp4")));
    assert_eq!((segment.header("content-encoding"), segment.cookie()), (None, None));
    let part = app.get_with(&segments[0], &[("range", "bytes=4-7"), ("accept-encoding", "br, gzip")]).await;
    assert_eq!(part.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.body, segment.body.slice(4..8));
}

#[tokio::test]
async fn no_byte_of_video_leaves_without_its_grant() {
    let (app, card) = ready().await;
    let session = app.send(StartPlayback { title: card.id.clone(), replaces: None }).await.unwrap();
    let (_, rest) = session.manifest.split_once("/media/").unwrap();
    let (grant, file) = rest.split_once('/').unwrap();
    let mut forged = grant.to_owned();
    let last = if forged.pop() == Some('A') { 'B' } else { 'A' };
    forged.insert(0, last);
    let refused = [
        format!("/media/{file}"),
        format!("/media/none/{file}"),
        format!("/media/{forged}/{file}"),
        format!("/media/{grant}/../{}/{file}", card.id),
        format!("/media/{grant}/..%2f..%2fsecret"),
        format!("/media/{grant}//etc/passwd"),
        format!("/media/{grant}/manifest.json"),
    ];
    for path in refused {
        let answer = app.get(&path).await;
        assert!(matches!(answer.status.as_u16(), 403 | 404), "{path}: {answer:?}");
        assert!(answer.problem().request_id.is_some(), "{path}");
    }
    for method in ["POST", "PUT", "DELETE"] {
        let request = Request::builder().method(method).uri(&session.manifest).body(Body::empty()).unwrap();
        assert_eq!(app.ask(request).await.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
    }
    app.send(StopPlayback { session: session.session }).await.unwrap();
}

#[tokio::test]
async fn a_token_that_may_watch_plays_a_film_from_its_start_to_its_stop() {
    let (app, card) = ready().await;
    app.send(SetUp { login: "ada".into(), name: "Ada".into(), password: "correct horse battery".into() }).await.unwrap();
    let token = |scope| PutApiToken { id: new_id(), name: "television".into(), scopes: vec![scope], expires_in_days: None };
    let (watch, read) = (app.send(token(Scope::Watch)).await.unwrap(), app.send(token(Scope::Read)).await.unwrap());
    app.forget_cookies();
    let start = StartPlayback { title: card.id.clone(), replaces: None };
    assert_eq!(app.send_as(&read.token, start.clone()).await.unwrap_err().code, Code::NotAllowed);
    let session = app.send_as(&watch.token, start).await.unwrap();
    text(&app, &session.manifest).await;
    let [stream] = &app.send_as(&watch.token, ListStreams {}).await.unwrap()[..] else { panic!("one plays") };
    assert_eq!(stream.title.as_ref().map(|title| &title.id), Some(&card.id));
    let progress = SaveProgress {
        session: session.session.clone(),
        position: 1.0,
        state: PlayState::Playing,
        quality: None,
        buffered_millis: None,
    };
    app.send_as(&watch.token, progress.clone()).await.unwrap();
    app.send_as(&watch.token, StopStream { id: stream.id.clone() }).await.unwrap();
    let told = app.send_as(&watch.token, progress).await.unwrap_err();
    assert_eq!((told.code, told.detail.is_some()), (Code::SessionEnded, true));
    assert_eq!(app.get(&session.manifest).await.problem().code, Code::SessionEnded);
}

#[tokio::test]
async fn whoever_is_gone_before_a_film_begins_holds_no_place_for_it() {
    let (app, card) = ready().await;
    app.send(SetUp { login: "ada".into(), name: "Ada".into(), password: "correct horse battery".into() }).await.unwrap();
    let start = StartPlayback { title: card.id, replaces: None };
    app.send_and_leave(start.clone()).await;
    assert_eq!(app.send(ListStreams {}).await.unwrap(), [], "of a page that was loaded anew meanwhile");
    app.send(start).await.unwrap();
    assert_eq!(app.send(ListStreams {}).await.unwrap().len(), 1);
}

#[tokio::test]
async fn whoever_is_gone_before_the_next_film_begins_has_the_one_before_go_on_in_its_place() {
    let (app, card) = ready().await;
    let set_up = SetUp { login: "ada".into(), name: "Ada".into(), password: "correct horse battery".into() };
    let account = app.send(set_up).await.unwrap().id;
    let limits = serde_json::json!({ "streams": 1 }).as_object().unwrap().clone();
    let id: contract::ids::PlanId = "one".parse().unwrap();
    let plan = PutPlan { id: id.clone(), name: "One".into(), authorization: limits, expected_version: 0 };
    app.send(plan).await.unwrap();
    let put = PutAccountEntitlements { account, plan: id, overrides: serde_json::Map::new(), expected_version: 0 };
    app.send(put).await.unwrap();
    let first = app.send(StartPlayback { title: card.id.clone(), replaces: None }).await.unwrap();
    let next = StartPlayback { title: card.id.clone(), replaces: Some(first.session.clone()) };
    for step in 0..3 {
        app.send_and_leave(next.clone()).await;
        let other = app.send(StartPlayback { title: card.id.clone(), replaces: None }).await.unwrap_err();
        assert_eq!(other.code, Code::LimitReached, "no other device gets in between");
        save(&app, &first, 1.0 + f64::from(step)).await;
        text(&app, &first.manifest).await;
    }
    let second = app.send(next).await.unwrap();
    save(&app, &second, 1.0).await;
    assert_eq!(app.get(&first.manifest).await.problem().code, Code::SessionEnded);
}

#[tokio::test]
async fn undo_of_watched_and_of_not_watched_leaves_and_brings_back_exactly_what_was_there() {
    let (app, card) = ready().await;
    let dates = async || {
        let items = app.send(ListHistory { page_token: None, limit: None }).await.unwrap().items;
        items.into_iter().flat_map(|watched| watched.dates).collect::<Vec<u64>>()
    };
    let set = |position: f64, change: Option<u64>, restores: Option<u64>| {
        app.send(SetProgress { id: card.id.clone(), position, milliseconds_ago: None, change, restores })
    };
    let session = app.send(StartPlayback { title: card.id.clone(), replaces: None }).await.unwrap();
    save(&app, &session, 4.0).await;
    let played = dates().await;
    assert_eq!(played.len(), 1);
    // Begun again, and finished by a press: the same viewing.
    save(&app, &session, 1.0).await;
    set(4.0, Some(11), None).await.unwrap();
    for _ in 0..2 {
        set(0.0, None, Some(11)).await.unwrap();
        assert_eq!(dates().await, played);
    }
    let progress = app.send(GetProgress { id: card.id.clone() }).await.unwrap().progress;
    assert_eq!(progress.map(|progress| progress.position), Some(1.0));

    // Years of dates, of a title whose dates no page showed.
    let day: u64 = 24 * 60 * 60 * 1_000;
    for days in 1..=20_u64 {
        let date = Some(played[0] - days * day);
        app.send(MarkWatched { date, ..MarkWatched::now(card.id.clone()) }).await.unwrap();
    }
    let all = dates().await;
    assert_eq!(all.len(), 21);
    app.send(MarkUnwatched { id: card.id.clone(), date: None, change: Some(12) }).await.unwrap();
    assert_eq!(dates().await.len(), 0);
    for _ in 0..2 {
        app.send(MarkWatched { restores: Some(12), ..MarkWatched::now(card.id.clone()) }).await.unwrap();
        assert_eq!(dates().await, all);
    }
}

async fn save(app: &TestApp, session: &PlaybackSession, position: f64) {
    app.send(SaveProgress {
        session: session.session.clone(),
        position,
        state: PlayState::Playing,
        quality: None,
        buffered_millis: None,
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_session_of_one_viewer_is_nothing_to_another() {
    let (app, card) = ready().await;
    let mine = app.send(StartPlayback { title: card.id.clone(), replaces: None }).await.unwrap();
    save(&app, &mine, 1.0).await;
    app.forget_cookies();
    let theirs = app
        .send(SaveProgress {
            session: mine.session,
            position: 2.0,
            state: PlayState::Playing,
            quality: None,
            buffered_millis: None,
        })
        .await
        .unwrap_err();
    assert_eq!(theirs.code, Code::SessionEnded);
    assert!(app.send(ListContinueWatching {}).await.unwrap().is_empty());
    assert_eq!(app.send(GetProgress { id: card.id }).await.unwrap().progress, None);
}

#[tokio::test]
async fn a_title_without_video_says_so() {
    let app = TestApp::start().await;
    let file = r#"[{ "title": "Nothing to See" }]"#;
    let ingest = app.server.catalog.ingest();
    let reader = std::io::Cursor::new(file.as_bytes());
    server::services::catalog::import::import_catalogue(reader, &ingest, |bad| panic!("{bad}"), |_| {}).await.unwrap();
    let title = ingest.find_source("import:Nothing to See").await.unwrap().unwrap();
    assert_eq!(app.send(StartPlayback { title, replaces: None }).await.unwrap_err().code, Code::NotWatchable);
    let none: TitleId = "none".parse().unwrap();
    assert_eq!(app.send(StartPlayback { title: none, replaces: None }).await.unwrap_err().code, Code::NotFound);
}
