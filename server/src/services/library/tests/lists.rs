//! Lists: their order, who sees and changes them, what is left of them.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use contract::{
    authorization::Authorization,
    bounds::SHOWN,
    catalog::{GetTitleCards, ListShownTitles, ShownTitles},
    identity::AccountRole,
};

use super::*;
use crate::{
    context::{ActiveProfile, Member},
    services::{
        cards::bare_card,
        recorder::{Recorder, Recordings},
    },
    test_support::has_word,
};

/// A title that is not for whoever asks.
pub(super) const HIDDEN: &str = "hidden";
const LIST: &str = "aaaaaaaaaaaaaaaaaaaa";

pub(super) struct Lists {
    _folder: tempfile::TempDir,
    router: Router,
    dispatcher: Dispatcher,
    pub(super) library: Arc<Library>,
    pub(super) now: Arc<std::sync::atomic::AtomicU64>,
    pub(super) recordings: Recordings,
    pub(super) asked: Arc<Asked>,
}

/// What the catalogue was asked.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) cards: AtomicUsize,
    /// Questions which of some titles are shown.
    pub(super) shown: AtomicUsize,
    /// Such questions at once, now and at most.
    now: AtomicUsize,
    pub(super) most: AtomicUsize,
}

pub(super) fn guest(profile: &str) -> Viewer {
    Viewer::guest(profile.parse().unwrap(), false, Arc::default())
}

pub(super) fn member(profile: &str, account: &str) -> Viewer {
    let member = Member {
        account: account.parse().unwrap(),
        sign_in: "s".parse().unwrap(),
        role: AccountRole::Member,
        active_profile: ActiveProfile::Unrestricted,
        scopes: None,
    };
    Viewer { member: Some(member), ..guest(profile) }
}

impl Lists {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stores = open(&StorageUrls::embedded(folder.path()), &Events::default()).await.unwrap();
        let now = Arc::new(std::sync::atomic::AtomicU64::new(1_800_000_000_000));
        let said = Arc::clone(&now);
        let millis = move || std::time::Duration::from_millis(said.load(std::sync::atomic::Ordering::Relaxed));
        let clock = Clock::new(move || std::time::UNIX_EPOCH + millis());
        let dispatcher = Dispatcher::default();
        let mut mount = Mount::new(dispatcher.clone(), Events::default());
        let asked = Arc::<Asked>::default();
        let of = Arc::clone(&asked);
        mount.call(move |_, call: GetTitleCards| {
            of.cards.fetch_add(call.ids.len(), Relaxed);
            async move { Ok(call.ids.into_iter().filter(|id| id.as_str() != HIDDEN).map(bare_card).collect()) }
        });
        let of = Arc::clone(&asked);
        mount.call(move |_, call: ListShownTitles| {
            let of = Arc::clone(&of);
            async move {
                assert!(call.ids.len() <= SHOWN);
                of.shown.fetch_add(1, Relaxed);
                of.most.fetch_max(of.now.fetch_add(1, Relaxed) + 1, Relaxed);
                tokio::task::yield_now().await;
                of.now.fetch_sub(1, Relaxed);
                Ok(ShownTitles { ids: call.ids.into_iter().filter(|id| id.as_str() != HIDDEN).collect() })
            }
        });
        let (recorder, recordings) = Recorder::new(clock.clone());
        let library = Arc::new(Library::new(stores.documents, Arc::new(Gone::default()), clock, recorder));
        Arc::clone(&library).mount(&mut mount);
        Self { _folder: folder, router: mount.finish().router, dispatcher, library, now, recordings, asked }
    }

    pub(super) async fn ask(&self, viewer: &Viewer, method: &str, path: &str, body: Value) -> (u16, Value) {
        let context = RequestContext::of(viewer.clone(), self.dispatcher.clone());
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request::builder().method(method).uri(format!("/api/v1{path}")).header("content-type", "application/json");
        let request = request.body(axum::body::Body::from(body)).unwrap();
        let response = self.router.clone().layer(Extension(context)).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    pub(super) async fn done(&self, viewer: &Viewer, method: &str, path: &str, body: Value) {
        let (status, answer) = self.ask(viewer, method, path, body).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
    }

    async fn refused(&self, viewer: &Viewer, method: &str, path: &str, body: Value) -> String {
        let (status, problem) = self.ask(viewer, method, path, body).await;
        assert!(status >= 400, "{method} {path}: {status}");
        problem["code"].as_str().unwrap().to_owned()
    }

    async fn add(&self, viewer: &Viewer, list: &str, title: &str) {
        self.done(viewer, "PUT", &format!("/lists/{list}/titles/{title}"), json!({})).await;
    }

    /// The ids on a list, over pages of three.
    async fn titles(&self, viewer: &Viewer, path: &str) -> Vec<String> {
        let (mut titles, mut after) = (Vec::new(), String::new());
        loop {
            let (status, page) = self.ask(viewer, "GET", &format!("{path}?limit=3{after}"), Value::Null).await;
            assert_eq!(status, 200, "{page}");
            titles.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => after = format!("&page_token={next}"),
                None => return titles,
            }
        }
    }
}

#[tokio::test]
async fn what_is_added_is_on_top_once_and_what_is_removed_is_off() {
    let lists = Lists::new().await;
    let ada = member("ada", "a");
    for title in ["t1", "t2", "t3", "t4", "t2"] {
        lists.add(&ada, "watchlist", title).await;
    }
    assert_eq!(lists.titles(&ada, "/lists/watchlist").await, ["t4", "t3", "t2", "t1"]);
    for _ in 0..2 {
        lists.done(&ada, "DELETE", "/lists/watchlist/titles/t3", Value::Null).await;
    }
    lists.done(&ada, "PUT", "/favourites/t1", json!({})).await;
    let marks = lists.ask(&ada, "GET", "/marks", Value::Null).await;
    assert_eq!(marks, (200, json!({ "watchlist": ["t4", "t2", "t1"], "favourites": ["t1"], "watched": [] })));
    assert_eq!(lists.titles(&ada, "/favourites").await, ["t1"]);
    lists.done(&ada, "DELETE", "/favourites/t1", Value::Null).await;
    assert_eq!(lists.titles(&ada, "/favourites").await, [""; 0]);
    assert_eq!(lists.titles(&member("bea", "a"), "/lists/watchlist").await, [""; 0], "another profile's is another");
}

#[tokio::test]
async fn a_note_is_kept_until_another_takes_its_place() {
    let lists = Lists::new().await;
    let ada = member("ada", "a");
    let path = "/lists/watchlist/titles/t1";
    lists.done(&ada, "PUT", path, json!({ "note": "<b>Bob</b> said so" })).await;
    lists.done(&ada, "PUT", path, json!({})).await;
    let note = async || lists.ask(&ada, "GET", "/lists/watchlist", Value::Null).await.1["items"][0]["note"].clone();
    assert_eq!(note().await, "<b>Bob</b> said so");
    lists.done(&ada, "PUT", path, json!({ "note": "" })).await;
    assert_eq!(note().await, Value::Null);
    assert_eq!(lists.refused(&ada, "PUT", path, json!({ "note": "x".repeat(501) })).await, "invalid_request");
}

#[tokio::test]
async fn a_title_stands_where_it_was_moved_however_often_and_a_list_that_is_another_by_now_says_so() {
    let lists = Lists::new().await;
    let ada = member("ada", "a");
    let mut expected: Vec<String> = (0..8).map(|number| format!("t{number}")).collect();
    for title in expected.iter().rev() {
        lists.add(&ada, "watchlist", title).await;
    }
    // Always into the gap behind the first, where places become longest, and to the ends.
    for step in 0..60 {
        let from = 2 + step % (expected.len() - 2);
        let to = [0, 1, expected.len() - 1][step % 3];
        let title = expected.remove(from);
        expected.insert(to, title.clone());
        let before = to.checked_sub(1).map(|at| expected[at].clone());
        let place = json!({ "before": before, "behind": expected.get(to + 1) });
        lists.done(&ada, "PUT", &format!("/lists/watchlist/titles/{title}/place"), place).await;
        assert_eq!(lists.titles(&ada, "/lists/watchlist").await, expected, "step {step}");
    }
    let turned = json!({ "before": expected[5], "behind": expected[4] });
    let place = format!("/lists/watchlist/titles/{}/place", expected[0]);
    assert_eq!(lists.refused(&ada, "PUT", &place, turned).await, "version_conflict");
    assert_eq!(lists.refused(&ada, "PUT", &place, json!({ "before": "none" })).await, "version_conflict");
    let absent = json!({ "before": expected[1] });
    assert_eq!(lists.refused(&ada, "PUT", "/lists/watchlist/titles/none/place", absent).await, "version_conflict");
    assert_eq!(lists.titles(&ada, "/lists/watchlist").await, expected);
}

#[tokio::test]
async fn of_many_devices_that_add_at_once_each_title_is_there_once() {
    let lists = Lists::new().await;
    let ada = member("ada", "a");
    let titles: Vec<String> = (0..30).map(|number| format!("t{}", number / 2)).collect();
    futures::future::join_all(titles.iter().map(|title| lists.add(&ada, "watchlist", title))).await;
    let mut there = lists.titles(&ada, "/lists/watchlist").await;
    there.sort_unstable();
    let mut expected: Vec<String> = (0..15).map(|number| format!("t{number}")).collect();
    expected.sort_unstable();
    assert_eq!(there, expected);
}

#[tokio::test]
async fn a_title_that_is_not_for_the_viewer_is_neither_added_nor_told() {
    let lists = Lists::new().await;
    let ada = member("ada", "a");
    assert_eq!(lists.refused(&ada, "PUT", "/lists/watchlist/titles/hidden", json!({})).await, "not_found");
    let key = super::super::lists::ListKey::watchlist(&"ada".parse().unwrap());
    lists.library.lists.add(&key, &HIDDEN.parse().unwrap(), None, false).await.unwrap();
    lists.add(&ada, "watchlist", "t1").await;
    assert_eq!(lists.titles(&ada, "/lists/watchlist").await, ["t1"]);
}

#[tokio::test]
async fn what_is_above_the_age_of_a_profile_is_in_none_of_its_counts() {
    let lists = Lists::new().await;
    let authorization = Arc::new(Authorization { maturity: Some(12), ..Authorization::default() });
    let kim = Viewer { authorization, ..member("kim", "a") };
    let profile = "kim".parse().unwrap();
    for key in [super::super::lists::ListKey::watchlist(&profile), super::super::lists::ListKey::favourites(&profile)] {
        lists.library.lists.add(&key, &HIDDEN.parse().unwrap(), None, false).await.unwrap();
    }
    lists.add(&kim, "watchlist", "t1").await;
    let total = async |path: &str| lists.ask(&kim, "GET", path, Value::Null).await.1["total"].clone();
    assert_eq!((total("/lists/watchlist").await, total("/favourites").await), (json!(1), json!(0)));
    assert_eq!(lists.ask(&kim, "GET", "/lists", Value::Null).await.1[0]["count"], 1);
    let marks = lists.ask(&kim, "GET", "/marks", Value::Null).await.1;
    assert_eq!(marks, json!({ "watchlist": ["t1"], "favourites": [], "watched": [] }));

    let ada = member("ada", "a");
    lists.done(&ada, "PUT", &format!("/lists/{LIST}"), json!({ "name": "Ours", "is_shared": true })).await;
    let key = super::super::lists::ListKey::new(&"ada".parse().unwrap(), &LIST.parse().unwrap());
    lists.library.lists.add(&key, &HIDDEN.parse().unwrap(), None, false).await.unwrap();
    let count = async |viewer: &Viewer| lists.ask(viewer, "GET", "/lists", Value::Null).await.1[1]["count"].clone();
    assert_eq!((count(&kim).await, count(&ada).await), (json!(0), json!(1)));
    assert_eq!(total(&format!("/lists/{LIST}")).await, 0);
}

#[tokio::test]
async fn each_list_says_whether_it_has_the_title_that_is_asked_about_and_of_one_above_an_age_that_none_has_it() {
    let lists = Lists::new().await;
    let (ada, bea, someone) = (member("ada", "a"), member("bea", "a"), guest("someone"));
    for viewer in [&ada, &someone] {
        lists.done(viewer, "PUT", &format!("/lists/{LIST}"), json!({ "name": "Ours", "is_shared": true })).await;
        lists.add(viewer, LIST, "t1").await;
    }
    lists.add(&ada, "watchlist", "t2").await;
    let key = super::super::lists::ListKey::new(&ada.profile, &LIST.parse().unwrap());
    lists.library.lists.add(&key, &HIDDEN.parse().unwrap(), None, false).await.unwrap();
    let told = async |viewer: &Viewer, query: &str| {
        let all = lists.ask(viewer, "GET", &format!("/lists{query}"), Value::Null).await.1;
        all.as_array().unwrap().iter().map(|list| list["has_title"].clone()).collect::<Vec<_>>()
    };
    for viewer in [&ada, &bea, &someone] {
        assert_eq!(told(viewer, "").await, [Value::Null, Value::Null], "nothing was asked");
        assert_eq!(told(viewer, "?title=t1").await, [json!(false), json!(true)], "{}", viewer.profile);
        assert_eq!(told(viewer, "?title=none").await, [json!(false), json!(false)]);
    }
    assert_eq!(told(&ada, "?title=t2").await, [json!(true), json!(false)]);
    assert_eq!(told(&bea, "?title=t2").await, [json!(false), json!(false)], "another profile's \"My list\" is another");
    let new = Viewer { is_new: true, ..guest("new") };
    assert_eq!(told(&new, "?title=t1").await, [json!(false)]);
    let authorization = Arc::new(Authorization { maturity: Some(12), ..Authorization::default() });
    let kim = Viewer { authorization, ..member("kim", "a") };
    assert_eq!(told(&kim, "?title=t1").await, [json!(false), json!(true)]);
    assert_eq!(told(&kim, &format!("?title={HIDDEN}")).await, [json!(false), json!(false)]);
    assert_eq!(told(&ada, &format!("?title={HIDDEN}")).await, [json!(false), json!(true)]);
    assert_eq!(lists.refused(&ada, "GET", "/lists?title=no%20id", Value::Null).await, "invalid_request");
}

#[tokio::test]
async fn a_list_of_ones_own_is_made_once_renamed_shared_and_deleted_with_what_is_on_it() {
    let lists = Lists::new().await;
    let (ada, bea, eve) = (member("ada", "a"), member("bea", "a"), member("eve", "e"));
    let path = format!("/lists/{LIST}");
    assert_eq!(lists.refused(&ada, "PUT", &format!("{path}/titles/t1"), json!({})).await, "not_found");
    for name in ["Westerns", "Old westerns"] {
        let (status, list) = lists.ask(&ada, "PUT", &path, json!({ "name": name, "note": "dusty" })).await;
        assert_eq!((status, &list["name"], &list["count"]), (200, &json!(name), &json!(0)));
    }
    lists.add(&ada, LIST, "t1").await;
    let names = async |viewer: &Viewer| {
        let all = lists.ask(viewer, "GET", "/lists", Value::Null).await.1;
        let told = |list: &Value| format!("{} {} {}", list["name"].as_str().unwrap(), list["is_own"], list["count"]);
        all.as_array().unwrap().iter().map(told).collect::<Vec<_>>()
    };
    assert_eq!(names(&ada).await, ["My list true 0", "Old westerns true 1"]);
    assert_eq!(names(&bea).await, ["My list true 0"]);
    assert_eq!(lists.refused(&bea, "GET", &path, Value::Null).await, "not_found");
    lists.done(&ada, "PUT", &path, json!({ "name": "Ours", "is_shared": true })).await;
    assert_eq!(names(&bea).await, ["My list true 0", "Ours false 1"]);
    assert_eq!(lists.titles(&bea, &path).await, ["t1"]);
    assert_eq!(lists.refused(&eve, "GET", &path, Value::Null).await, "not_found", "another household");
    assert_eq!(lists.refused(&bea, "PUT", &format!("{path}/titles/t2"), json!({})).await, "not_found");
    lists.done(&bea, "DELETE", &path, Value::Null).await;
    lists.done(&bea, "DELETE", &format!("{path}/titles/t1"), Value::Null).await;
    assert_eq!(lists.titles(&ada, &path).await, ["t1"], "its owner alone changes it");
    lists.done(&ada, "DELETE", &path, Value::Null).await;
    assert_eq!(lists.refused(&ada, "GET", &path, Value::Null).await, "not_found");
    assert_eq!(lists.refused(&ada, "PUT", &path, json!({ "name": "Old westerns" })).await, "not_found", "it was sent again");
    assert_eq!(names(&ada).await, ["My list true 0"]);
    for id in ["watchlist", "favourites", "short"] {
        assert_eq!(lists.refused(&ada, "PUT", &format!("/lists/{id}"), json!({ "name": "x" })).await, "invalid_request");
        assert_eq!(lists.refused(&ada, "DELETE", &format!("/lists/{id}"), Value::Null).await, "not_found");
    }
}

#[tokio::test]
async fn what_the_plan_does_not_allow_is_refused_by_its_right_and_favourites_are_no_list() {
    let lists = Lists::new().await;
    let with = |watchlists, favourites| {
        let authorization =
            Authorization { may_keep_watchlists: watchlists, may_keep_favourites: favourites, ..Authorization::default() };
        Viewer { authorization: Arc::new(authorization), ..member("ada", "a") }
    };
    lists.add(&with(true, true), "watchlist", "t1").await;
    lists.done(&with(true, true), "PUT", "/favourites/t1", json!({})).await;
    let (no_lists, no_favourites) = (with(false, true), with(true, false));
    assert_eq!(lists.refused(&no_lists, "PUT", "/lists/watchlist/titles/t2", json!({})).await, "not_allowed");
    assert_eq!(lists.refused(&no_favourites, "PUT", "/favourites/t2", json!({})).await, "not_allowed");
    assert_eq!(lists.refused(&no_favourites, "GET", "/lists/favourites", Value::Null).await, "not_found");
    assert_eq!(lists.refused(&no_favourites, "PUT", "/lists/favourites/titles/t2", json!({})).await, "not_found");
    let marks = async |viewer: &Viewer| lists.ask(viewer, "GET", "/marks", Value::Null).await.1;
    assert_eq!(marks(&no_lists).await, json!({ "watchlist": [], "favourites": ["t1"], "watched": [] }));
    assert_eq!(marks(&no_favourites).await, json!({ "watchlist": ["t1"], "favourites": [], "watched": [] }));
}

#[tokio::test]
async fn a_guest_keeps_a_hundred_and_what_they_keep_is_taken_along_or_expires() {
    let lists = Lists::new().await;
    let someone = guest("someone");
    for number in 0..100 {
        lists.add(&someone, "watchlist", &format!("t{number:03}")).await;
    }
    assert_eq!(lists.refused(&someone, "PUT", "/lists/watchlist/titles/more", json!({})).await, "limit_reached");
    lists.add(&someone, "watchlist", "t000").await;
    lists.done(&someone, "PUT", &format!("/lists/{LIST}"), json!({ "name": "Westerns" })).await;
    lists.done(&someone, "DELETE", "/lists/watchlist/titles/t007", Value::Null).await;
    lists.add(&someone, LIST, "t007").await;
    let ada = member("ada", "a");
    lists.add(&ada, "watchlist", "t000").await;
    let (from, into) = ("someone".parse().unwrap(), "ada".parse().unwrap());
    for _ in 0..2 {
        lists.library.merge(&from, &into).await.unwrap();
    }
    assert_eq!(lists.titles(&ada, "/lists/watchlist").await.len(), 99);
    assert_eq!(lists.titles(&ada, &format!("/lists/{LIST}")).await, ["t007"]);
    assert_eq!(lists.titles(&someone, "/lists/watchlist").await, [""; 0]);

    let other = guest("other");
    lists.add(&other, "watchlist", "t1").await;
    lists.done(&other, "PUT", &format!("/lists/{LIST}"), json!({ "name": "Westerns" })).await;
    let then = lists.now.fetch_add(1_000, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(lists.library.expire_guests(then).await.unwrap(), 0);
    assert_eq!(lists.library.expire_guests(then + 1).await.unwrap(), 3, "with what is known of its list's id");
    assert_eq!(lists.library.expire_guests(then + 1).await.unwrap(), 0, "a member's stays");
    assert_eq!(lists.titles(&ada, "/lists/watchlist").await.len(), 99);
}

#[tokio::test]
async fn nothing_is_left_of_a_profile_or_a_title_that_is_gone() {
    let lists = Lists::new().await;
    let (ada, bea) = (member("ada", "a"), member("bea", "a"));
    for viewer in [&ada, &bea] {
        lists.done(viewer, "PUT", &format!("/lists/{LIST}"), json!({ "name": "Ours", "is_shared": true })).await;
        for title in ["t1", "t2"] {
            lists.add(viewer, LIST, title).await;
            lists.add(viewer, "watchlist", title).await;
            lists.done(viewer, "PUT", &format!("/favourites/{title}"), json!({})).await;
        }
    }
    lists.library.forget_title(&"t1".parse().unwrap()).await.unwrap();
    lists.library.forget(&"ada".parse().unwrap()).await.unwrap();
    for collection in COLLECTIONS {
        let left = lists.library.documents.list(collection, None, 1000).await.unwrap().documents;
        let told: Vec<String> = left.iter().map(|document| document.body.to_string()).collect();
        assert!(told.iter().all(|text| !has_word(text, "ada") && !text.contains("\"t1\"")), "{told:?}");
    }
    assert_eq!(lists.titles(&bea, &format!("/lists/{LIST}")).await, ["t2"]);
}
