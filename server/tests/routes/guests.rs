//! What whoever is not signed in may see: everything until there is an account, then what their plan says.

use std::time::Duration;

use axum::http::StatusCode;
use contract::{
    Code, Problem,
    catalog::{GetTitle, ListTitles, TitleCard},
    discovery::GetHome,
    entitlements::{GetEntitlements, PutPlan},
    identity::{GetIdentity, ListProfiles, ReplaceProfile, SelectProfile, SetUp},
    ids::TitleId,
    playback::{ListContinueWatching, StartPlayback},
};
use serde_json::{Value, json};
use server::services::catalog::facts::NewTitle;

use crate::{
    process,
    support::{TestApp, new_profile},
};

const PASSWORD: &str = "correct horse battery";

async fn set_up(app: &TestApp) {
    app.send(SetUp { login: "ada".into(), name: "Ada".into(), password: PASSWORD.into() }).await.unwrap();
}

/// As an operator; whoever asks afterwards is the same as before.
async fn guests_may(app: &TestApp, authorization: Value, expected_version: u64) {
    let authorization = authorization.as_object().unwrap().clone();
    let plan = PutPlan { id: "guest".parse().unwrap(), name: "Guests".into(), authorization, expected_version };
    app.send(plan).await.unwrap();
}

/// What a guest is answered who asks for titles, and whether one may watch.
async fn guest(app: &TestApp) -> (Option<Code>, bool) {
    let listed = app.send_afresh(ListTitles::default()).await.err().map(|problem| problem.code);
    (listed, app.send_afresh(GetIdentity {}).await.unwrap().authorization.may_watch)
}

/// What was known of guests is at most five seconds old.
async fn guests_are_out(app: &TestApp) {
    for _ in 0..70 {
        if guest(app).await == (Some(Code::SignInRequired), false) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("guests may browse seven seconds after the first account was made");
}

/// Two films: one for everybody, one for adults.
async fn films(app: &TestApp) -> [TitleCard; 2] {
    let film = |title: &str, maturity: &str| NewTitle {
        source: format!("test:{title}"),
        title: title.into(),
        year: Some(1999),
        maturity: Some(maturity.into()),
        ..NewTitle::default()
    };
    app.server.catalog.ingest().upsert_many(vec![film("Abattoir", "R"), film("Meadow", "G")]).await.unwrap();
    for _ in 0..200 {
        let found = app.send(ListTitles::default()).await.unwrap().items;
        if let Ok([one, other]) = <[TitleCard; 2]>::try_from(found) {
            return if one.title == "Meadow" { [one, other] } else { [other, one] };
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the films that were imported are not found");
}

#[tokio::test]
async fn guests_browse_and_watch_until_somebody_sets_up_and_not_a_moment_longer() {
    let app = TestApp::start().await;
    assert_eq!(guest(&app).await, (None, true));
    set_up(&app).await;
    assert_eq!(guest(&app).await, (Some(Code::SignInRequired), false));
    let id: TitleId = "none".parse().unwrap();
    let refused = |answer: Option<Problem>| assert_eq!(answer.map(|problem| problem.code), Some(Code::SignInRequired));
    refused(app.send_afresh(GetHome {}).await.err());
    refused(app.send_afresh(GetTitle { id: id.clone() }).await.err());
    refused(app.send_afresh(StartPlayback { title: id, replaces: None }).await.err());
    refused(app.send_afresh(ListContinueWatching {}).await.err());
    assert!(!app.send_afresh(GetEntitlements {}).await.unwrap().authorization.may_browse);
    assert!(app.send(ListTitles::default()).await.is_ok(), "the operator browses");
}

#[tokio::test]
async fn an_account_that_the_command_line_made_closes_the_door_on_guests_within_five_seconds() {
    let app = TestApp::start().await;
    assert_eq!(guest(&app).await, (None, true));
    let data = app.data();
    process::succeeds(&data, &[("MARQUEE_DATA", data.to_str().unwrap())], &["account", "create", "ada", "--operator"]);
    guests_are_out(&app).await;
}

#[tokio::test]
async fn an_account_that_another_server_made_closes_the_door_on_guests_within_five_seconds() {
    let app = TestApp::start().await;
    assert_eq!(guest(&app).await, (None, true));
    set_up(&app.beside(|_| {}).await).await;
    guests_are_out(&app).await;
}

#[tokio::test]
async fn the_plan_of_guests_lets_them_in_and_one_of_an_older_build_that_does_not_say_so_does_not() {
    let app = TestApp::start().await;
    set_up(&app).await;
    guests_may(&app, json!({ "resolution": "HD" }), 0).await;
    assert_eq!(guest(&app).await, (Some(Code::SignInRequired), false));
    guests_may(&app, json!({ "may_browse": true }), 1).await;
    assert_eq!(guest(&app).await, (None, false));
    guests_may(&app, json!({ "may_browse": true, "may_watch": true }), 2).await;
    assert_eq!(guest(&app).await, (None, true));
}

#[tokio::test]
async fn pictures_are_for_who_may_see_the_title() {
    let app = TestApp::start().await;
    let [meadow, abattoir] = films(&app).await.map(|card| card.artwork.poster);
    let everybodys = app.get(&abattoir).await;
    assert_eq!((everybodys.status, everybodys.header("set-cookie")), (StatusCode::OK, None));
    assert!(everybodys.header("cache-control").unwrap().starts_with("public, "));

    let guest = app.forget_cookies();
    set_up(&app).await;
    let of_member = app.get(&abattoir).await;
    assert_eq!(of_member.status, StatusCode::OK);
    assert!(of_member.header("cache-control").unwrap().starts_with("private, max-age="), "{of_member:?}");
    let member = app.be(guest);
    let refused = app.get(&abattoir).await;
    assert_eq!((refused.problem().code, refused.header("cache-control")), (Code::SignInRequired, Some("no-store")));

    // By its refresh token alone, and nothing is renewed for a picture.
    let mut idle = member.clone();
    idle.remove("marquee_access");
    app.be(idle);
    let known = app.get(&abattoir).await;
    assert_eq!((known.status, known.header("set-cookie")), (StatusCode::OK, None));

    app.be(member);
    let call = ReplaceProfile { maturity: Some(6), ..new_profile("Kim") };
    let child = app.send(call).await.unwrap();
    app.send(SelectProfile { id: child.id, pin: None }).await.unwrap();
    assert_eq!(app.get(&meadow).await.status, StatusCode::OK);
    assert_eq!(app.get(&abattoir).await.problem().code, Code::NotFound, "though it was drawn before");
    assert_eq!(app.send(ListProfiles {}).await.unwrap().len(), 2);
}

#[tokio::test]
async fn where_nobody_is_recognised_nobody_may_do_anything() {
    let app = TestApp::with(|config| config.gateway.middleware.identity = false).await;
    assert_eq!(app.send(ListTitles::default()).await.unwrap_err().code, Code::SignInRequired);
    let authorization = app.send(GetIdentity {}).await.unwrap().authorization;
    assert!(!authorization.may_browse && !authorization.may_watch && !authorization.may_review);
}
