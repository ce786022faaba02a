//! The stream of what changes: who is told what, what is missed by nobody, and what ends it.

use std::time::{Duration, Instant};

use axum::{
    body::{Body, BodyDataStream},
    http::{HeaderValue, Request, StatusCode, header},
};
use contract::{
    catalog::GetTitleCards,
    discovery::{HiddenKind, HideRecommendation, RestoreRecommendation},
    entitlements::PutPlan,
    events::Event,
    identity::{Confirm, DeleteProfile, ReplaceProfile, SelectProfile, SetUp, SignIn, SignOut},
    ids::{ListId, ProfileId, TitleId},
    library::{
        AddFavourite, AddToList, DeleteList, MarkWatched, MergeSnapshot, RemoveFromList, ReplaceHistorySettings, ReplaceList,
    },
};
use futures::StreamExt;
use serde_json::json;
use server::services::catalog::facts::NewTitle;
use tokio::time::timeout;
use tower::ServiceExt;

use crate::{
    stored::{left_in_feeds, left_of},
    support::{Cookies, TestApp, new_id, new_profile},
};

const PASSWORD: &str = "correct horse battery";
/// Within which a session is looked at again, and a little more.
const SOON: Duration = Duration::from_millis(5_500);

/// A stream as a browser with these cookies follows it.
pub struct Following {
    body: BodyDataStream,
    read: String,
    /// Of the last event.
    pub id: String,
}

impl Following {
    pub async fn begin(app: &TestApp, cookies: &Cookies, after: Option<&str>) -> Self {
        let (status, body) = ask(app, cookies, after).await;
        assert_eq!(status, StatusCode::OK);
        let mut following = Self { body: body.into_data_stream(), read: String::new(), id: String::new() };
        if after.is_none() {
            assert_eq!(following.next().await, Some(Event::Begun));
        }
        following
    }

    /// The next event; nothing where the stream ended.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
                let (id, data) = (field("id:"), field("data:"));
                self.read = rest.to_owned();
                self.id = id;
                return Some(serde_json::from_str(&data).unwrap());
            }
            let piece = timeout(Duration::from_secs(20), self.body.next()).await.expect("nothing is said")?;
            self.read.push_str(std::str::from_utf8(&piece.unwrap()).unwrap());
        }
    }

    /// Whether nothing is said for a while.
    pub async fn is_silent(&mut self) -> bool {
        timeout(Duration::from_millis(700), self.next()).await.is_err()
    }

    /// How long it takes until the stream ends, with this as its last event.
    async fn ends_with(&mut self, last: Event) -> Duration {
        let begun = Instant::now();
        assert_eq!(self.next().await, Some(last));
        assert_eq!(self.next().await, None);
        begun.elapsed()
    }
}

async fn ask(app: &TestApp, cookies: &Cookies, after: Option<&str>) -> (StatusCode, Body) {
    let line: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut request = Request::get("/api/v1/events").header(header::HOST, HeaderValue::from_static("localhost"));
    if !line.is_empty() {
        request = request.header(header::COOKIE, line.join("; "));
    }
    if let Some(after) = after {
        request = request.header("last-event-id", after);
    }
    let response = app.server.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    (response.status(), response.into_body())
}

fn set_up() -> SetUp {
    SetUp { login: "ada".into(), name: "Ada".into(), password: PASSWORD.into() }
}

/// Another device of Ada's.
async fn second_device(app: &TestApp) -> Cookies {
    let first = app.forget_cookies();
    app.send(SignIn { login: "ada".into(), password: PASSWORD.into(), ..SignIn::default() }).await.unwrap();
    app.be(first)
}

pub async fn film(app: &TestApp, name: &str, maturity: Option<&str>) -> TitleId {
    let source = format!("test:{name}");
    let maturity = maturity.map(str::to_owned);
    let genres = vec!["Drama".to_owned()];
    let film = NewTitle { source: source.clone(), title: name.into(), maturity, genres, ..NewTitle::default() };
    let ingest = app.server.catalog.ingest();
    ingest.upsert_many(vec![film]).await.unwrap();
    ingest.find_source(&source).await.unwrap().unwrap()
}

pub fn watchlist() -> ListId {
    "watchlist".parse().unwrap()
}

fn listed(id: &TitleId, is_on: bool) -> Event {
    Event::Listed { list: watchlist(), id: id.clone(), is_on }
}

#[tokio::test]
async fn what_one_device_does_the_others_of_the_profile_are_told_at_once_and_nobody_else_is() {
    let app = TestApp::start().await;
    let heat = film(&app, "Heat", Some("G")).await;
    app.send(set_up()).await.unwrap();
    let second = second_device(&app).await;
    let mut other = Following::begin(&app, &second, None).await;
    let bob = app.send(new_profile("Bob")).await.unwrap().id;
    let first = app.be(second.clone());
    app.send(SelectProfile { id: bob, pin: None }).await.unwrap();
    let mut bobs = Following::begin(&app, &app.cookies(), None).await;
    app.be(first);
    // The second device watches as Bob from here on: what it followed as Ada has ended.
    other.ends_with(Event::ViewerChanged).await;
    let third = second_device(&app).await;
    let mut other = Following::begin(&app, &third, None).await;

    let begun = Instant::now();
    app.send(AddToList { list: watchlist(), id: heat.clone(), note: None, change: None, restores: None }).await.unwrap();
    assert_eq!(other.next().await, Some(listed(&heat, true)));
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    app.send(AddFavourite { id: heat.clone() }).await.unwrap();
    assert_eq!(other.next().await, Some(Event::Favourite { id: heat.clone(), is_on: true }));
    app.send(MarkWatched::now(heat.clone())).await.unwrap();
    assert_eq!(other.next().await, Some(Event::Watched { id: heat.clone(), is_watched: true }));
    app.send(RemoveFromList { list: watchlist(), id: heat.clone(), change: None, undoes: None }).await.unwrap();
    assert_eq!(other.next().await, Some(listed(&heat, false)));
    let id: ListId = new_id();
    let list = ReplaceList { id: id.clone(), name: "Rainy days".into(), note: String::new(), is_shared: false };
    app.send(list.clone()).await.unwrap();
    assert_eq!(other.next().await, Some(Event::ListChanged { id: id.clone() }));
    let (from, light) = (json!({}), json!({ "theme": "light" }));
    let screen = MergeSnapshot { format: 1, from: from.clone(), attempted: vec![], to: from, notifies: false };
    app.send(screen.clone()).await.unwrap();
    let revision = app.send(MergeSnapshot { to: light, notifies: true, ..screen }).await.unwrap().revision;
    assert_eq!(other.next().await, Some(Event::SettingsChanged { revision }), "of what was set, and of no screen");
    app.send(HideRecommendation { kind: HiddenKind::Title, of: heat.to_string() }).await.unwrap();
    let unwanted = Event::Unwanted { what: HiddenKind::Title, of: heat.to_string(), title: Some(heat.clone()) };
    assert_eq!(other.next().await, Some(unwanted));
    app.send(RestoreRecommendation { kind: HiddenKind::Title, of: heat.to_string() }).await.unwrap();
    assert_eq!(other.next().await, Some(Event::RecommendationsChanged));
    assert!(bobs.is_silent().await);
    app.send(ReplaceList { is_shared: true, ..list.clone() }).await.unwrap();
    assert_eq!(other.next().await, Some(Event::ListChanged { id: id.clone() }));
    let changed = Some(Event::ListChanged { id: id.clone() });
    assert_eq!(bobs.next().await, changed, "the household is told of what it shares");
    app.send(list.clone()).await.unwrap();
    assert_eq!(bobs.next().await, changed, "and that it is shared no more");
    app.send(ReplaceList { name: "Mine".into(), ..list.clone() }).await.unwrap();
    assert!(bobs.is_silent().await, "of a list of one's own nobody else is told");
    app.send(ReplaceList { is_shared: true, ..list }).await.unwrap();
    assert_eq!(bobs.next().await, changed);
    app.send(DeleteList { id }).await.unwrap();
    assert_eq!(bobs.next().await, changed, "nor is one that is deleted left on a page");
}

#[tokio::test]
async fn whoever_comes_back_is_told_what_was_missed_in_its_order_and_a_stranger_to_it_asks_anew() {
    let app = TestApp::start().await;
    let (heat, ran) = (film(&app, "Heat", None).await, film(&app, "Ran", None).await);
    app.send(set_up()).await.unwrap();
    let cookies = app.cookies();
    let mut following = Following::begin(&app, &cookies, None).await;
    app.send(AddToList { list: watchlist(), id: heat.clone(), note: None, change: None, restores: None }).await.unwrap();
    assert_eq!(following.next().await, Some(listed(&heat, true)));
    let last = following.id.clone();
    drop(following);
    app.send(AddToList { list: watchlist(), id: ran.clone(), note: None, change: None, restores: None }).await.unwrap();
    app.send(RemoveFromList { list: watchlist(), id: heat.clone(), change: None, undoes: None }).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut back = Following::begin(&app, &cookies, Some(&last)).await;
    assert_eq!(back.next().await, Some(listed(&ran, true)));
    assert_eq!(back.next().await, Some(listed(&heat, false)));
    assert_eq!(back.next().await, Some(Event::Begun));
    assert!(back.is_silent().await);
    let mut stranger = Following::begin(&app, &cookies, Some("another.1.2.3.4")).await;
    assert_eq!(stranger.next().await, Some(Event::Resync));
    app.send(AddFavourite { id: ran.clone() }).await.unwrap();
    assert_eq!(stranger.next().await, Some(Event::Favourite { id: ran, is_on: true }));
}

#[tokio::test]
async fn a_guest_who_is_new_has_nothing_to_follow_and_one_who_is_known_has_their_own() {
    let app = TestApp::start().await;
    let heat = film(&app, "Heat", None).await;
    let (status, _) = ask(&app, &Cookies::new(), None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    app.send(AddFavourite { id: heat.clone() }).await.unwrap();
    // What was written before is told by now.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut following = Following::begin(&app, &app.cookies(), None).await;
    app.send(AddToList { list: watchlist(), id: heat.clone(), note: None, change: None, restores: None }).await.unwrap();
    assert_eq!(following.next().await, Some(listed(&heat, true)));
}

#[tokio::test]
async fn a_sign_out_a_profile_that_is_deleted_and_another_plan_end_a_stream_within_five_seconds() {
    let app = TestApp::start().await;
    app.send(set_up()).await.unwrap();
    let second = second_device(&app).await;
    let mut following = Following::begin(&app, &second, None).await;
    let first = app.be(second);
    app.send(SignOut {}).await.unwrap();
    assert!(following.ends_with(Event::ViewerChanged).await < SOON);

    app.be(first);
    let kim = app.send(new_profile("Kim")).await.unwrap().id;
    let third = second_device(&app).await;
    let first = app.be(third);
    app.send(SelectProfile { id: kim.clone(), pin: None }).await.unwrap();
    let mut following = Following::begin(&app, &app.cookies(), None).await;
    app.be(first);
    app.send(DeleteProfile { id: kim }).await.unwrap();
    assert!(following.ends_with(Event::ViewerChanged).await < SOON);

    let mut following = Following::begin(&app, &app.cookies(), None).await;
    let authorization = json!({ "may_browse": true, "may_watch": true, "may_keep_watchlists": false });
    let authorization = authorization.as_object().unwrap().clone();
    app.send(PutPlan { id: "member".parse().unwrap(), name: "Member".into(), authorization, expected_version: 0 }).await.unwrap();
    assert!(following.ends_with(Event::ViewerChanged).await < SOON);
}

#[tokio::test]
async fn a_profile_with_an_age_limit_is_told_of_no_title_above_it() {
    let app = TestApp::start().await;
    let (meadow, abattoir) = (film(&app, "Meadow", Some("G")).await, film(&app, "Abattoir", Some("R")).await);
    app.send(set_up()).await.unwrap();
    let kim: ProfileId = app.send(new_profile("Kim")).await.unwrap().id;
    app.send(SelectProfile { id: kim.clone(), pin: None }).await.unwrap();
    for id in [&meadow, &abattoir] {
        app.send(AddToList { list: watchlist(), id: id.clone(), note: None, change: None, restores: None }).await.unwrap();
    }
    let limited = ReplaceProfile { id: kim, expected_version: Some(1), maturity: Some(8), ..new_profile("Kim") };
    app.send(Confirm { password: Some(PASSWORD.into()), ..Confirm::default() }).await.unwrap();
    app.send(limited).await.unwrap();
    tokio::time::sleep(SOON).await;
    let cards = GetTitleCards { ids: vec![meadow.clone(), abattoir.clone()], is_fresh: false };
    assert_eq!(app.send(cards).await.unwrap().len(), 1, "the profile is limited by now");
    let mut following = Following::begin(&app, &app.cookies(), None).await;
    for id in [&abattoir, &meadow] {
        app.send(RemoveFromList { list: watchlist(), id: id.clone(), change: None, undoes: None }).await.unwrap();
    }
    assert_eq!(following.next().await, Some(listed(&meadow, false)));
    assert!(following.is_silent().await);
}

#[tokio::test]
async fn a_server_that_stops_says_so_and_ends_its_streams() {
    let app = TestApp::start().await;
    app.send(set_up()).await.unwrap();
    let mut following = Following::begin(&app, &app.cookies(), None).await;
    app.server.hub.stop();
    assert!(following.ends_with(Event::Stopping).await < Duration::from_secs(1));
    assert_eq!(ask(&app, &app.cookies(), None).await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(app.server.hub.followers(), 0);
}

#[tokio::test]
async fn of_a_deleted_profile_that_kept_all_that_can_be_kept_no_store_and_no_feed_knows_anything() {
    let app = TestApp::start().await;
    let heat = film(&app, "Heat", None).await;
    let account = app.send(set_up()).await.unwrap();
    let kim: ProfileId = app.send(new_profile("Kim")).await.unwrap().id;
    let first = app.cookies();
    let second = second_device(&app).await;
    app.be(second);
    app.send(SelectProfile { id: kim.clone(), pin: None }).await.unwrap();
    let list: ListId = new_id();
    let named = ReplaceList { id: list.clone(), name: "Rain".into(), note: String::new(), is_shared: true };
    app.send(named).await.unwrap();
    for list in [watchlist(), list] {
        app.send(AddToList { list, id: heat.clone(), note: Some("soon".into()), change: None, restores: None }).await.unwrap();
    }
    app.send(AddFavourite { id: heat.clone() }).await.unwrap();
    app.send(MarkWatched::now(heat.clone())).await.unwrap();
    app.send(ReplaceHistorySettings { is_kept: false }).await.unwrap();
    let (from, to) = (json!({}), json!({ "theme": "light" }));
    app.send(MergeSnapshot { format: 1, from, attempted: vec![], to, notifies: true }).await.unwrap();
    assert!(left_of(&app, &account.id, kim.as_str()).await.len() >= 9);
    app.be(first);
    app.send(DeleteProfile { id: kim.clone() }).await.unwrap();
    assert_eq!(left_of(&app, &account.id, kim.as_str()).await, [""; 0]);
    let (remembered, left) = left_in_feeds(&app, kim.as_str()).await;
    assert!(remembered.len() >= 5, "until they are trimmed, feeds tell that it is deleted: {remembered:?}");
    assert_eq!(left, [""; 0]);
}
