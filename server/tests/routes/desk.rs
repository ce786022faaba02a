//! The operator's desk: who plays what now, stopping it with a message, and how the place fares.

use axum::http::StatusCode;
use contract::{
    Code,
    catalog::TitleCard,
    entitlements::PutPlan,
    events::Event,
    identity::{AccountRole, Confirm, PutAccount, ReplaceProfile, SelectProfile, SetUp, SignIn, UpdateAccount},
    operations::GetHealth,
    playback::{
        ListPlaying, ListPlayingStops, PlayState, PlaybackSession, PlayingSession, SaveProgress, StartPlayback, StopPlayback,
        StopPlaying,
    },
    usage::{Cell, GetReport, ReportKind},
};
use serde_json::json;

use crate::{
    events::Following,
    support::{Cookies, TestApp, new_account, new_profile},
    watching::{addresses, film, import, text, watchable},
};

const PASSWORD: &str = "correct horse battery";

/// A film, the operator Ada, and the member Bob; as Ada.
struct Place {
    app: TestApp,
    card: TitleCard,
    ada: Cookies,
    bob: Cookies,
}

async fn place() -> Place {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    film(&folder.path().join("Hello Marquee (2026).mp4"));
    import(&app, folder.path()).await;
    let card = watchable(&app).await;
    app.send(SetUp { login: "ada".into(), name: "Ada".into(), password: PASSWORD.into() }).await.unwrap();
    app.send(new_account("bob", "Robert")).await.unwrap();
    let ada = app.forget_cookies();
    app.send(SignIn { login: "bob".into(), password: PASSWORD.into(), ..SignIn::default() }).await.unwrap();
    let bob = app.be(ada.clone());
    Place { app, card, ada, bob }
}

impl Place {
    async fn play(&self) -> PlaybackSession {
        self.app.send(StartPlayback { title: self.card.id.clone(), replaces: None }).await.unwrap()
    }

    async fn playing(&self) -> Vec<PlayingSession> {
        self.app.be(self.ada.clone());
        self.app.send(ListPlaying {}).await.unwrap().items
    }
}

fn beat(session: &PlaybackSession, position: f64, state: PlayState) -> SaveProgress {
    SaveProgress { session: session.session.clone(), position, state, quality: None, buffered_millis: Some(2_500) }
}

fn stop(session: &PlayingSession, message: &str) -> StopPlaying {
    StopPlaying { id: session.id.clone(), message: Some(message.to_owned()) }
}

/// The first segment of a session's film.
async fn segment(app: &TestApp, session: &PlaybackSession) -> String {
    let master = text(app, &session.manifest).await;
    let playlist = addresses(&master, &session.manifest).remove(0);
    addresses(&text(app, &playlist).await, &playlist).remove(0)
}

#[tokio::test]
async fn an_operator_sees_who_plays_what_on_which_device_and_how_far_it_is() {
    let place = place().await;
    let guests = json!({ "may_browse": true, "may_watch": true }).as_object().unwrap().clone();
    let plan = PutPlan { id: "guest".parse().unwrap(), name: "Guests".into(), authorization: guests, expected_version: 0 };
    place.app.send(plan).await.unwrap();
    assert_eq!(place.playing().await, []);

    place.app.be(place.bob.clone());
    let bobs = place.play().await;
    place.app.send(beat(&bobs, 1.5, PlayState::Paused)).await.unwrap();
    let seen = place.playing().await;
    let [session] = &seen[..] else { panic!("{seen:?}") };
    let account = session.account.as_ref().unwrap();
    assert_eq!((account.login.as_deref(), account.profile.as_deref()), (Some("bob"), Some("Robert")));
    assert_eq!((&session.title.id, session.title.title.as_str()), (&place.card.id, "Hello Marquee"));
    assert_eq!((session.position, session.is_paused, session.buffered_millis), (1.5, true, Some(2_500)));
    assert_eq!((session.duration_seconds.round(), session.class), (4.0, 240));
    assert!(session.started <= session.heard && session.started > 0, "{session:?}");
    assert!(!serde_json::to_string(&seen).unwrap().contains(bobs.session.as_str()), "it lets nobody speak for the session");

    place.app.forget_cookies();
    // A guest is somebody once something is kept of them.
    place.app.get("/api/v1/identity").await;
    let guests = place.play().await;
    place.app.send(beat(&guests, 1.0, PlayState::Playing)).await.unwrap();
    let guest = place.app.cookies();
    let seen = place.playing().await;
    let [first, second] = &seen[..] else { panic!("{seen:?}") };
    assert!(first.account.is_none() && !first.is_paused, "the latest is first: {seen:?}");
    assert!(second.account.is_some());

    place.app.be(guest);
    place.app.send(StopPlayback { session: guests.session }).await.unwrap();
    assert_eq!(place.playing().await.len(), 1, "what is over is told of no more");
}

#[tokio::test]
async fn what_others_play_is_for_operators_alone_and_not_for_their_childrens_profiles() {
    let place = place().await;
    place.app.be(place.bob.clone());
    let bobs = place.play().await;
    let id = place.playing().await.remove(0).id;
    let refused = async |code: Code| {
        let app = &place.app;
        assert_eq!(app.send(ListPlaying {}).await.unwrap_err().code, code);
        assert_eq!(app.send(StopPlaying { id: id.clone(), message: None }).await.unwrap_err().code, code);
        assert_eq!(app.send(ListPlayingStops::default()).await.unwrap_err().code, code);
        assert_eq!(app.send(GetHealth {}).await.unwrap_err().code, code);
    };
    place.app.be(Cookies::new());
    refused(Code::SignInRequired).await;
    place.app.be(place.bob.clone());
    refused(Code::NotAllowed).await;
    place.app.be(place.ada.clone());
    let kim = place.app.send(ReplaceProfile { maturity: Some(8), ..new_profile("Kim") }).await.unwrap().id;
    place.app.send(SelectProfile { id: kim, pin: None }).await.unwrap();
    refused(Code::NotAllowed).await;
    place.app.be(place.bob.clone());
    place.app.send(beat(&bobs, 1.0, PlayState::Playing)).await.unwrap();
}

#[tokio::test]
async fn a_film_that_an_operator_stops_is_sent_no_more_and_its_viewer_reads_why_while_others_play_on() {
    let place = place().await;
    let adas = place.play().await;
    place.app.be(place.bob.clone());
    let bobs = place.play().await;
    let address = segment(&place.app, &bobs).await;
    assert_eq!(place.app.get(&address).await.status, StatusCode::OK);
    let seen = place.playing().await;
    let session = seen.iter().find(|session| session.account.as_ref().unwrap().login.as_deref() == Some("bob")).unwrap();

    let too_long = stop(session, &"x".repeat(201));
    assert_eq!(place.app.send(too_long).await.unwrap_err().code, Code::InvalidRequest);
    assert_eq!(place.app.get(&address).await.status, StatusCode::OK, "a refused stop stops nothing");
    let message = "<b>We close</b> \u{202e}now\u{2069}";
    place.app.send(stop(session, message)).await.unwrap();
    let over = place.app.get(&address).await;
    assert_eq!((over.status, over.problem().code), (StatusCode::GONE, Code::SessionEnded));
    assert_eq!(place.app.send(stop(session, "again")).await.unwrap_err().code, Code::NotFound);

    place.app.be(place.bob.clone());
    for _ in 0..2 {
        let told = place.app.send(beat(&bobs, 1.0, PlayState::Playing)).await.unwrap_err();
        assert_eq!(told.code, Code::SessionEnded);
        assert_eq!(told.detail.as_deref(), Some("Stopped by the operator: \u{2068}<b>We close</b> now\u{2069}"));
    }
    place.app.be(place.ada.clone());
    place.app.send(beat(&adas, 1.0, PlayState::Playing)).await.unwrap();
    let own = segment(&place.app, &adas).await;
    assert_eq!(place.app.get(&own).await.status, StatusCode::OK);

    let noted = place.app.send(ListPlayingStops::default()).await.unwrap().items;
    let [noted] = &noted[..] else { panic!("{noted:?}") };
    assert_eq!((noted.by_login.as_deref(), noted.login.as_deref(), noted.is_done), (Some("ada"), Some("bob"), true));
    assert_eq!((noted.title_name.as_str(), noted.message.as_deref()), ("Hello Marquee", Some("<b>We close</b> now")));
    assert_eq!(place.playing().await.len(), 1);
}

#[tokio::test]
async fn operators_are_told_that_something_else_plays_and_nobody_else_is() {
    let place = place().await;
    let mut ada = Following::begin(&place.app, &place.ada, None).await;
    let mut bob = Following::begin(&place.app, &place.bob, None).await;
    place.app.be(place.bob.clone());
    let session = place.play().await;
    assert_eq!(ada.next().await, Some(Event::PlayingChanged));
    assert!(bob.is_silent().await);
    place.app.be(place.bob.clone());
    place.app.send(beat(&session, 1.0, PlayState::Playing)).await.unwrap();
    assert!(ada.is_silent().await, "that it plays on is no change");
    // Two changes within a second are told of once.
    place.app.send(beat(&session, 1.0, PlayState::Paused)).await.unwrap();
    place.app.send(beat(&session, 1.0, PlayState::Playing)).await.unwrap();
    place.app.send(StopPlayback { session: session.session }).await.unwrap();
    let begun = std::time::Instant::now();
    let mut changes = 0;
    while begun.elapsed() < std::time::Duration::from_millis(900) {
        changes += u32::from(!ada.is_silent().await);
    }
    assert!((1..=2).contains(&changes), "{changes}");
    assert_eq!(place.playing().await, []);
}

#[tokio::test]
async fn whoever_is_no_operator_any_more_is_told_no_more() {
    let place = place().await;
    let second = PutAccount { role: AccountRole::Operator, ..new_account("eve", "Eve") };
    let eve = place.app.send(second).await.unwrap().id;
    place.app.forget_cookies();
    place.app.send(SignIn { login: "eve".into(), password: PASSWORD.into(), ..SignIn::default() }).await.unwrap();
    let mut following = Following::begin(&place.app, &place.app.cookies(), None).await;
    place.app.be(place.ada.clone());
    place.app.send(Confirm { password: Some(PASSWORD.into()), ..Confirm::default() }).await.unwrap();
    let member = UpdateAccount { id: eve, role: Some(AccountRole::Member), is_disabled: None, removes_factors: false };
    place.app.send(member).await.unwrap();
    assert_eq!(following.next().await, Some(Event::ViewerChanged));
    assert_eq!(following.next().await, None);
}

#[tokio::test]
async fn health_tells_of_every_store_and_of_the_work_beside_requests() {
    let place = place().await;
    let health = place.app.send(GetHealth {}).await.unwrap();
    let names: Vec<&str> = health.stores.iter().map(|store| store.name.as_str()).collect();
    assert_eq!(names, ["documents", "keyvalue", "objects", "vault", "search", "disk"]);
    assert!(health.stores.iter().all(|store| store.failure.is_none()), "{health:?}");
    assert!(health.tasks.iter().any(|task| task.name == "index_follower" && task.is_well), "{health:?}");
}

#[tokio::test]
async fn the_report_of_hours_has_every_hour_of_eight_days_up_to_this_one() {
    let place = place().await;
    let session = place.play().await;
    place.app.send(StopPlayback { session: session.session }).await.unwrap();
    place.app.server.collector.as_ref().unwrap().close().await;
    let report = place.app.send(GetReport { kind: ReportKind::Hours, from: None, to: None, limit: None }).await.unwrap();
    assert!((7 * 24 + 1..=8 * 24).contains(&report.rows.len()), "{}", report.rows.len());
    let hour = |row: &Vec<Cell>| match &row[0] {
        Cell::Text(hour) => hour.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(hour(&report.rows[0]), format!("{}T00", report.from));
    assert!(hour(report.rows.last().unwrap()).starts_with(&report.to));
    let sessions = report.columns.iter().position(|column| column.name == "sessions").unwrap();
    let sum = |rows: &[Vec<Cell>]| rows.iter().filter(|row| row[sessions] == Cell::Number(1)).count();
    assert_eq!(sum(&report.rows[report.rows.len() - 2..]), 1, "what began a moment ago is in the last hour");
    assert_eq!(sum(&report.rows), 1);
    let few = GetReport { kind: ReportKind::Hours, from: None, to: None, limit: Some(5) };
    let few = place.app.send(few).await.unwrap();
    assert_eq!((few.rows.len(), few.notes.len()), (5, 1));
}
