//! The history: dates, what is one viewing, the switch, what is left of it.

use super::{
    lists::{HIDDEN, Lists, guest, member},
    *,
};
use crate::services::interactions::{Act, Interactions};

pub(super) const DAY: u64 = 24 * 60 * 60 * 1_000;
pub(super) const HOUR: u64 = DAY / 24;

impl Lists {
    pub(super) async fn history(&self, viewer: &Viewer) -> Vec<(String, Vec<u64>)> {
        let (status, page) = self.ask(viewer, "GET", "/history", Value::Null).await;
        assert_eq!(status, 200, "{page}");
        let items = page["items"].as_array().unwrap().iter();
        let dates = |item: &Value| serde_json::from_value(item["dates"].clone()).unwrap();
        items.map(|item| (item["id"].as_str().unwrap().to_owned(), dates(item))).collect()
    }

    pub(super) async fn watch(&self, viewer: &Viewer, title: &str, body: Value) -> u16 {
        self.ask(viewer, "PUT", &format!("/history/{title}"), body).await.0
    }

    pub(super) fn later(&self, milliseconds: u64) -> u64 {
        self.now.fetch_add(milliseconds, std::sync::atomic::Ordering::Relaxed) + milliseconds
    }
}

#[tokio::test]
async fn what_was_watched_is_listed_with_its_dates_the_latest_first_and_said_twice_is_there_once() {
    let (world, ada) = (Lists::new().await, member("ada", "house"));
    let first = world.later(0);
    assert_eq!(world.watch(&ada, "heat", json!({})).await, 204);
    world.later(HOUR);
    assert_eq!(world.watch(&ada, "heat", json!({})).await, 204);
    assert_eq!(world.watch(&ada, "heat", json!({ "is_played": true })).await, 204);
    let second = world.later(7 * HOUR);
    assert_eq!(world.watch(&ada, "ran", json!({})).await, 204);
    assert_eq!(world.watch(&ada, "heat", json!({ "date": first - 3 * DAY })).await, 204);
    let all = [("ran".to_owned(), vec![second]), ("heat".to_owned(), vec![first, first - 3 * DAY])];
    assert_eq!(world.history(&ada).await, all);
    let marks = world.ask(&ada, "GET", "/marks", Value::Null).await.1;
    assert_eq!(marks["watched"], json!(["ran", "heat"]));
    assert_eq!(world.history(&member("bob", "house")).await, [], "not another profile's of the household");
}

#[tokio::test]
async fn of_named_titles_those_that_this_profile_has_watched_are_told_in_the_order_asked_for() {
    let (world, ada) = (Lists::new().await, member("ada", "house"));
    for title in ["heat", "ran"] {
        assert_eq!(world.watch(&ada, title, json!({})).await, 204);
    }
    let told = async |viewer: &Viewer, ids: &[&str]| world.ask(viewer, "POST", "/watched-titles", json!({ "ids": ids })).await;
    assert_eq!(told(&ada, &["ran", "alien", "heat"]).await, (200, json!({ "ids": ["ran", "heat"] })));
    assert_eq!(told(&ada, &["alien"]).await, (200, json!({ "ids": [] })));
    assert_eq!(told(&member("bob", "house"), &["ran"]).await, (200, json!({ "ids": [] })), "not another profile's");
    assert_eq!(told(&ada, &["ran"; 101]).await.0, 422);
}

#[tokio::test]
async fn what_is_not_for_whoever_asks_and_what_is_to_come_is_not_noted() {
    let (world, ada) = (Lists::new().await, member("ada", "house"));
    assert_eq!(world.watch(&ada, HIDDEN, json!({})).await, 404);
    let now = world.later(0);
    assert_eq!(world.watch(&ada, "heat", json!({ "date": now + 2 * DAY })).await, 422);
    assert_eq!(world.history(&ada).await, []);
    assert_eq!(world.watch(&ada, "heat", json!({ "date": now + HOUR })).await, 204, "a clock that is ahead");
    assert_eq!(world.history(&ada).await, [("heat".to_owned(), vec![now])]);
}

#[tokio::test]
async fn one_viewing_one_title_and_everything_are_removed() {
    let (world, ada) = (Lists::new().await, member("ada", "house"));
    let now = world.later(0);
    for (title, date) in [("heat", now), ("heat", now - DAY), ("ran", now), ("alien", now)] {
        assert_eq!(world.watch(&ada, title, json!({ "date": date })).await, 204);
    }
    let gone = |path: &'static str| world.ask(&ada, "DELETE", path, Value::Null);
    assert_eq!(gone("/history/heat?date=7").await.0, 204);
    assert_eq!(world.history(&ada).await.len(), 3, "another day's");
    let day_before = format!("/history/heat?date={}", now - DAY + HOUR);
    assert_eq!(world.ask(&ada, "DELETE", &day_before, Value::Null).await.0, 204);
    let heat = world.history(&ada).await.into_iter().find(|(title, _)| title == "heat");
    assert_eq!(heat, Some(("heat".to_owned(), vec![now])));
    let last = format!("/history/heat?date={now}");
    assert_eq!(world.ask(&ada, "DELETE", &last, Value::Null).await.0, 204);
    assert_eq!(gone("/history/ran").await.0, 204);
    assert_eq!(world.history(&ada).await, [("alien".to_owned(), vec![now])]);
    assert_eq!(gone("/history").await.0, 204);
    assert_eq!(world.history(&ada).await, []);
}

#[tokio::test]
async fn a_profile_that_keeps_no_history_notes_what_it_says_and_nothing_that_it_plays() {
    let (world, ada) = (Lists::new().await, member("ada", "house"));
    let settings = "/history-settings";
    assert_eq!(world.ask(&ada, "GET", settings, Value::Null).await.1, json!({ "is_kept": true }));
    assert_eq!(world.ask(&ada, "PUT", settings, json!({ "is_kept": false })).await.0, 204);
    assert_eq!(world.watch(&ada, "heat", json!({ "is_played": true })).await, 204);
    assert_eq!(world.history(&ada).await, []);
    assert_eq!(world.watch(&ada, "ran", json!({})).await, 204);
    assert_eq!(world.history(&ada).await.len(), 1);
    assert_eq!(world.ask(&ada, "GET", settings, Value::Null).await.1, json!({ "is_kept": false }));
    assert_eq!(world.ask(&ada, "PUT", settings, json!({ "is_kept": true })).await.0, 204);
    assert_eq!(world.watch(&ada, "heat", json!({ "is_played": true })).await, 204);
    assert_eq!(world.history(&ada).await.len(), 2);
}

#[tokio::test]
async fn a_guests_history_is_bounded_taken_along_and_gone_with_them() {
    let (world, someone, ada) = (Lists::new().await, guest("someone"), member("ada", "house"));
    let now = world.later(0);
    for number in 0..110 {
        assert_eq!(world.watch(&someone, &format!("t{number}"), json!({ "date": now - (200 - number) * DAY })).await, 204);
    }
    let marks = world.ask(&someone, "GET", "/marks", Value::Null).await.1;
    let watched = marks["watched"].as_array().unwrap();
    assert_eq!((watched.len(), &watched[0], &watched[99]), (100, &json!("t109"), &json!("t10")));

    assert_eq!(world.watch(&ada, "t109", json!({ "date": now })).await, 204);
    world.library.merge(&someone.profile, &ada.profile).await.unwrap();
    assert_eq!(world.history(&someone).await, []);
    let taken = world.history(&ada).await;
    assert_eq!(taken[0], ("t109".to_owned(), vec![now, now - 91 * DAY]));
    assert_eq!(world.ask(&ada, "GET", "/history", Value::Null).await.1["total"], 100);
    world.library.forget_title(&"t109".parse().unwrap()).await.unwrap();
    assert_eq!(world.ask(&ada, "GET", "/history", Value::Null).await.1["total"], 99);
    world.library.forget(&ada.profile).await.unwrap();
    assert_eq!(world.history(&ada).await, []);

    assert_eq!(world.watch(&someone, "heat", json!({})).await, 204);
    assert_eq!(world.library.expire_guests(now).await.unwrap(), 0);
    assert_eq!(world.library.expire_guests(now + 1).await.unwrap(), 1);
    assert_eq!(world.history(&someone).await, []);
}

#[tokio::test]
async fn what_is_listed_and_what_was_watched_is_told_to_recommendations_once_page_by_page() {
    let (world, ada) = (Lists::new().await, member("ada", "house"));
    assert_eq!(world.watch(&ada, "heat", json!({})).await, 204);
    let now = world.later(1);
    assert_eq!(world.ask(&ada, "PUT", "/favourites/ran", json!({})).await.0, 204);
    let (mut told, mut after) = (Vec::new(), None::<String>);
    loop {
        let (some, next) = world.library.interactions(after.as_deref()).await.unwrap();
        told.extend(some.into_iter().map(|one| (one.title.to_string(), one.weight, one.act)));
        match next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert_eq!(told, [("ran".to_owned(), 1.5, Act::Listed), ("heat".to_owned(), 1.0, Act::Watched)]);
    let (latest, next) = world.library.of(&ada.profile, None, 1).await.unwrap();
    let told: Vec<_> = latest.iter().map(|one| (one.title.as_str(), one.instant, one.act)).collect();
    assert_eq!((told, next), (vec![("ran", now, Act::Listed), ("heat", now - 1, Act::Watched)], None));
    assert_eq!(world.library.count().await.unwrap(), 2);
}

#[tokio::test]
async fn of_one_profile_everything_is_told_page_by_page_whatever_it_has_more_of() {
    let (world, ada, bob) = (Lists::new().await, member("ada", "house"), member("bob", "house"));
    for number in 0..7 {
        assert_eq!(world.watch(&ada, &format!("w{number}"), json!({})).await, 204);
        world.later(1);
    }
    for number in 0..3 {
        assert_eq!(world.ask(&ada, "PUT", &format!("/favourites/l{number}"), json!({})).await.0, 204);
    }
    assert_eq!(world.watch(&bob, "heat", json!({})).await, 204);
    let (mut told, mut after, mut pages) = (Vec::new(), None::<String>, 0);
    loop {
        let (some, next) = world.library.of(&ada.profile, after.as_deref(), 2).await.unwrap();
        if pages == 0 {
            let watched: Vec<&str> = some.iter().filter(|one| one.act == Act::Watched).map(|one| one.title.as_str()).collect();
            assert_eq!(watched, ["w6", "w5"], "the latest are on the first page");
        }
        pages += 1;
        told.extend(some.into_iter().map(|one| one.title.to_string()));
        match next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    told.sort();
    assert_eq!((told, pages), (["l0", "l1", "l2", "w0", "w1", "w2", "w3", "w4", "w5", "w6"].map(str::to_owned).to_vec(), 4));
    let foreign = world.library.of(&ada.profile, Some("watched:"), 2).await;
    assert!(matches!(foreign, Err(StoreError::Invalid { .. })), "{foreign:?}");
}
