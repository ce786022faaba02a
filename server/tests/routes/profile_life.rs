//! The life of a profile, over HTTP: whose it is, what is taken along at a sign-up, and what is left once it is deleted.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use contract::{
    Code, Scope,
    identity::{
        DeleteProfile, GetIdentity, GetWatcher, ListProfiles, PutApiToken, ReplaceProfile, SelectProfile, SetUp, SignIn, SignOut,
    },
    ids::{ProfileId, TitleId},
    library::{GetSnapshot, SaveSnapshot, SavedSnapshot},
    playback::{ForgetProgress, GetProgress, PlayState, SaveProgress, StartPlayback},
};
use serde_json::{Value, json};
use server::{config::Config, services::identity};
use storage::documents::{Change, update};

use crate::{
    faults::copy_all,
    process::{Running, marquee},
    stored::{FILM, is_forgotten, left_of, watched},
    support::{Ahead, Cookies, TestApp, new_account, new_id, new_profile},
    watching,
};

pub const PASSWORD: &str = "correct horse battery";
const HOUR: Duration = Duration::from_secs(60 * 60);

pub fn set_up() -> SetUp {
    SetUp { login: "ada".into(), name: "Ada".into(), password: PASSWORD.into() }
}

pub fn sign_in(login: &str) -> SignIn {
    SignIn { login: login.into(), password: PASSWORD.into(), ..SignIn::default() }
}

fn film() -> TitleId {
    FILM.parse().unwrap()
}

pub fn kid() -> ReplaceProfile {
    ReplaceProfile { pin: Some("1234".into()), ..new_profile("Kim") }
}

pub fn snapshot(text: &str) -> SaveSnapshot {
    SaveSnapshot { after: 0, snapshot: SavedSnapshot { format: 1, state: json!({ "text": text }) } }
}

pub async fn text(app: &TestApp) -> Option<String> {
    let kept = app.send(GetSnapshot {}).await.unwrap().snapshot?;
    kept.state["text"].as_str().map(str::to_owned)
}

pub async fn position(app: &TestApp) -> Option<f64> {
    app.send(GetProgress { id: film() }).await.unwrap().progress.map(|progress| progress.position)
}

/// Who a browser is where nobody is signed in.
pub fn guest(cookies: &Cookies) -> ProfileId {
    cookies["marquee_profile"].split('.').nth(1).unwrap().parse().unwrap()
}

/// A server whose clock tests set forward.
pub async fn timed() -> (TestApp, Ahead) {
    let clock = Ahead::default();
    let configure = |config: &mut Config| config.gateway.middleware.rate_limit = false;
    (TestApp::surrounded(configure, |surroundings| surroundings.clock = clock.clock()).await, clock)
}

#[tokio::test]
async fn what_a_guest_began_is_in_the_account_once_they_set_up_and_their_old_cookie_is_somebody_new() {
    let (app, clock) = timed().await;
    app.send(GetIdentity {}).await.unwrap();
    let before = app.cookies();
    let old = guest(&before);
    app.send(snapshot("mine")).await.unwrap();
    watched(&app.server.stores, &old, 30.0, 5).await;
    let account = app.send(set_up()).await.unwrap();
    assert_ne!(guest(&app.cookies()), old, "the browser has another guest from now on");
    let profiles = app.send(ListProfiles {}).await.unwrap();
    assert_ne!(profiles[0].id, old);
    assert_eq!((text(&app).await.as_deref(), position(&app).await), (Some("mine"), Some(30.0)));

    // In another tab, whose request was already on its way.
    let mine = app.be(before.clone());
    assert!(app.send(snapshot("late")).await.is_ok());
    let fresh = guest(&app.cookies());
    assert_ne!(fresh, old);
    assert_eq!(text(&app).await.as_deref(), Some("late"), "and goes on as somebody new");
    app.be(before);
    assert_eq!((text(&app).await, position(&app).await), (None, None), "the old one is nobody");
    app.be(mine);
    assert_eq!(text(&app).await.as_deref(), Some("mine"));
    is_forgotten(&app, &clock, &account.id, old.as_str()).await;
}

#[tokio::test]
async fn two_who_sign_up_in_one_browser_share_nothing_and_the_second_starts_empty() {
    let (app, clock) = timed().await;
    app.send(GetIdentity {}).await.unwrap();
    let old = guest(&app.cookies());
    watched(&app.server.stores, &old, 30.0, 5).await;
    app.send(set_up()).await.unwrap();
    let bob = new_account("bob", "Bob");
    let bob = app.send(bob).await.unwrap();
    // Written late, by a request that was on its way; and a sign-up as it is written in the same browser at the same moment.
    watched(&app.server.stores, &old, 55.0, 7).await;
    let accounts = identity::COLLECTIONS[0];
    let documents = &*app.server.stores.documents;
    let asked = update(documents, accounts, bob.id.as_str(), |stored: Option<Value>| {
        let mut body = stored.unwrap();
        body["pending"] = json!({ "adoption": { "guest": old, "into": body["profiles"][0]["id"] } });
        body["pending_due"] = json!(1);
        Ok::<_, storage::StoreError>(Change::Put(body))
    });
    asked.await.unwrap();
    for _ in 0..200 {
        let stored = documents.get(accounts, bob.id.as_str()).await.unwrap().unwrap();
        if stored.body.get("pending").is_none() {
            break;
        }
        app.server.identity.work_outbox().await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let ada = app.forget_cookies();
    app.send(sign_in("bob")).await.unwrap();
    assert_eq!(position(&app).await, None, "what the first took along is the first one's");
    let profile = app.send(ListProfiles {}).await.unwrap()[0].id.clone();
    watched(&app.server.stores, &profile, 70.0, 9).await;
    app.be(ada);
    assert_eq!(position(&app).await, Some(30.0));
    app.server.identity.delete_from_here("bob").await.unwrap();
    assert_eq!(position(&app).await, Some(30.0), "one account's deletion is nothing to another");
    is_forgotten(&app, &clock, &bob.id, profile.as_str()).await;
}

#[tokio::test]
async fn after_a_sign_out_the_browsers_guest_is_nobody_who_was_there_before() {
    let (app, _) = timed().await;
    let folder = tempfile::tempdir().unwrap();
    watching::film(&folder.path().join("Hello Marquee (2026).mp4"));
    watching::import(&app, folder.path()).await;
    let card = watching::watchable(&app).await;
    app.send(set_up()).await.unwrap();
    app.send(snapshot("of ada")).await.unwrap();
    let profile = app.send(ListProfiles {}).await.unwrap()[0].id.clone();
    watched(&app.server.stores, &profile, 30.0, 1).await;
    let before = guest(&app.cookies());
    let session = app.send(StartPlayback { title: card.id.clone(), replaces: None }).await.unwrap();
    app.send(SignOut {}).await.unwrap();
    let after = guest(&app.cookies());
    assert!(after != before && after != profile, "{after}");
    assert_eq!((text(&app).await, position(&app).await), (None, None));
    app.send(snapshot("of a guest")).await.unwrap();
    app.send(ForgetProgress { id: film(), milliseconds_ago: None, change: None }).await.unwrap();
    let beat =
        SaveProgress { session: session.session, position: 2.0, state: PlayState::Playing, quality: None, buffered_millis: None };
    assert_eq!(app.send(beat).await.unwrap_err().code, Code::SessionEnded);
    app.send(sign_in("ada")).await.unwrap();
    let third = guest(&app.cookies());
    assert!(third != after, "a sign-in, too, leaves another guest behind");
    assert_eq!(app.send(GetProgress { id: card.id }).await.unwrap().progress, None);
    assert_eq!((text(&app).await.as_deref(), position(&app).await), (Some("of ada"), Some(30.0)));
}

#[tokio::test]
async fn what_was_made_for_one_viewer_is_refused_once_another_watches_with_the_browser() {
    let (app, _) = timed().await;
    let viewer = async || app.send(GetWatcher {}).await.unwrap().viewer;
    assert_eq!(viewer().await, None, "nobody yet");
    app.send(snapshot("of a guest")).await.unwrap();
    let guest = viewer().await.unwrap();
    app.send(set_up()).await.unwrap();
    let ada = viewer().await.unwrap();
    assert_eq!(viewer().await.as_ref(), Some(&ada), "as long as they are signed in");
    let kid = app.send(kid()).await.unwrap();
    let forget = async |whose: &str| {
        let request = Request::delete("/api/v1/titles/film/progress").header("marquee-viewer", whose);
        app.ask(request.body(Body::empty()).unwrap()).await
    };
    assert_eq!(forget(&ada).await.status, StatusCode::NO_CONTENT);
    for whose in [guest.as_str(), "", "x"] {
        assert_eq!(forget(whose).await.problem().code, Code::ViewerChanged, "{whose}");
    }
    app.send(SelectProfile { id: kid.id, pin: Some("1234".into()) }).await.unwrap();
    assert_eq!(forget(&ada).await.problem().code, Code::ViewerChanged);
    assert_eq!(forget(&viewer().await.unwrap()).await.status, StatusCode::NO_CONTENT);
    app.send(SignOut {}).await.unwrap();
    assert_eq!(forget(&ada).await.problem().code, Code::ViewerChanged);
    app.send(sign_in("ada")).await.unwrap();
    assert_ne!(viewer().await, Some(ada), "each sign-in is another");
}

#[tokio::test]
async fn a_late_heartbeat_of_a_deleted_profile_is_refused_and_brings_nothing_back() {
    let (app, clock) = timed().await;
    let folder = tempfile::tempdir().unwrap();
    watching::film(&folder.path().join("Hello Marquee (2026).mp4"));
    watching::import(&app, folder.path()).await;
    let card = watching::watchable(&app).await;
    let account = app.send(set_up()).await.unwrap();
    let kim = app.send(kid()).await.unwrap().id;
    let parents = app.forget_cookies();
    app.send(sign_in("ada")).await.unwrap();
    app.send(SelectProfile { id: kim.clone(), pin: Some("1234".into()) }).await.unwrap();
    let session = app.send(StartPlayback { title: card.id.clone(), replaces: None }).await.unwrap();
    let beat =
        SaveProgress { session: session.session, position: 2.0, state: PlayState::Playing, quality: None, buffered_millis: None };
    app.send(beat.clone()).await.unwrap();
    app.send(snapshot("of kim")).await.unwrap();
    let token = PutApiToken { id: new_id(), name: "tablet".into(), scopes: vec![Scope::Read], expires_in_days: None };
    let token = app.send(token).await;
    let kims = app.be(parents);
    assert!(!left_of(&app, &account.id, kim.as_str()).await.is_empty());
    app.send(DeleteProfile { id: kim.clone() }).await.unwrap();
    assert_eq!(left_of(&app, &account.id, kim.as_str()).await, Vec::<String>::new(), "at once");

    app.be(kims);
    assert!(app.send(beat).await.is_err());
    assert!(app.send(snapshot("late")).await.is_err());
    assert!(app.send(StartPlayback { title: card.id, replaces: None }).await.is_err());
    if let Ok(token) = token {
        assert!(app.send_as(&token.token, GetSnapshot {}).await.is_err());
    }
    assert_eq!(left_of(&app, &account.id, kim.as_str()).await, Vec::<String>::new(), "nothing came back");
    // One that was past its checks when the profile went: what it writes is forgotten ten minutes later.
    watched(&app.server.stores, &kim, 50.0, 1).await;
    app.server.identity.work_outbox().await.unwrap();
    assert!(!left_of(&app, &account.id, kim.as_str()).await.is_empty(), "not yet");
    clock.forward(HOUR);
    is_forgotten(&app, &clock, &account.id, kim.as_str()).await;
}

#[tokio::test]
async fn what_guests_left_expires_and_what_members_have_does_not() {
    let (app, clock) = timed().await;
    app.send(set_up()).await.unwrap();
    app.send(snapshot("of ada")).await.unwrap();
    let profile = app.send(ListProfiles {}).await.unwrap()[0].id.clone();
    watched(&app.server.stores, &profile, 30.0, 1).await;
    let ada = app.forget_cookies();
    app.send(GetIdentity {}).await.unwrap();
    app.send(snapshot("of a guest")).await.unwrap();
    let old = app.forget_cookies();
    clock.forward(HOUR * 24 * 89);
    app.send(GetIdentity {}).await.unwrap();
    app.send(snapshot("of another")).await.unwrap();
    let young = app.be(old.clone());
    assert_eq!(app.server.identity.expire_guests().await.unwrap(), 0);
    assert_eq!(text(&app).await.as_deref(), Some("of a guest"));
    clock.forward(HOUR * 24 * 2);
    assert_eq!(app.server.identity.expire_guests().await.unwrap(), 1);
    assert_eq!(text(&app).await, None);
    app.be(young);
    assert_eq!(text(&app).await.as_deref(), Some("of another"));
    app.be(ada);
    assert_eq!((text(&app).await.as_deref(), position(&app).await), (Some("of ada"), Some(30.0)));
}

#[tokio::test]
async fn a_pin_that_was_taken_away_is_not_asked_for_and_one_that_is_set_again_is() {
    let app = TestApp::start().await;
    app.send(set_up()).await.unwrap();
    let kim = app.send(kid()).await.unwrap();
    let replace = |pin: &str| ReplaceProfile {
        id: kim.id.clone(),
        name: "Kim".into(),
        colour: "#57d39b".into(),
        maturity: None,
        language: None,
        pin: Some(pin.into()),
        current_pin: Some("1234".into()),
        expected_version: None,
    };
    let select = |pin: Option<&str>| SelectProfile { id: kim.id.clone(), pin: pin.map(str::to_owned) };
    for (pin, right) in [("", None), ("4321", Some("4321")), ("9999", Some("9999")), ("", None), ("1111", Some("1111"))] {
        let shown = app.send(replace(pin)).await.unwrap();
        assert_eq!(shown.has_pin, right.is_some(), "{pin}");
        app.send(select(right)).await.unwrap();
        if right.is_some() {
            assert_eq!(app.send(select(None)).await.unwrap_err().code, Code::WrongCredentials);
        }
    }
}

#[tokio::test]
async fn what_was_deleted_is_deleted_again_where_the_stores_are_from_before() {
    let app = TestApp::start().await;
    let account = app.send(set_up()).await.unwrap();
    let kim = app.send(kid()).await.unwrap().id;
    watched(&app.server.stores, &kim, 30.0, 1).await;
    let bob = new_account("bob", "Bob");
    let bob = app.send(bob).await.unwrap();
    let cookies = app.cookies();
    let restored = Arc::new(tempfile::tempdir().unwrap());
    copy_all(app.folder().path(), restored.path());
    app.send(DeleteProfile { id: kim.clone() }).await.unwrap();
    app.server.identity.delete_from_here("bob").await.unwrap();
    std::fs::copy(app.data().join("deletions.jsonl"), restored.path().join("data/deletions.jsonl")).unwrap();
    drop(app);

    let clock = Ahead::default();
    let app = TestApp::reopened(restored, |surroundings| surroundings.clock = clock.clock()).await;
    app.be(cookies);
    assert!(app.send(ListProfiles {}).await.unwrap().iter().all(|profile| profile.id != kim), "from the first request on");
    is_forgotten(&app, &clock, &account.id, kim.as_str()).await;
    is_forgotten(&app, &clock, &bob.id, bob.id.as_str()).await;
    app.forget_cookies();
    assert_eq!(app.send(sign_in("bob")).await.unwrap_err().code, Code::WrongCredentials);
}

#[test]
fn a_backup_that_is_put_back_over_a_deletion_does_not_bring_the_account_back() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = marquee(folder.path()).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    run(&["account", "create", "ada", "--operator"]);
    run(&["account", "create", "bob"]);
    run(&["backup", "--to", "copy"]);
    run(&["account", "delete", "bob"]);
    std::fs::rename(folder.path().join("data"), folder.path().join("old")).unwrap();
    run(&["restore", "--from", "copy", "--deletions", "old"]);
    let server = Running::start(folder.path(), &[]);
    let mut listed = String::new();
    for _ in 0..100 {
        listed = run(&["account", "list"]);
        if !listed.contains("bob") {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(listed.contains("ada") && !listed.contains("bob"), "{listed}");
    drop(server);
    let missing = marquee(folder.path()).args(["restore", "--from", "copy", "--deletions", "none", "--data", "other"]).output();
    assert!(!missing.unwrap().status.success(), "a file that is not there says nothing of what was deleted");
}
