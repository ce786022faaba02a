//! What takes a change of a list back, and what is beyond a limit.

use std::sync::atomic::Ordering::Relaxed;

use storage::documents::feed::Since;

use super::{
    super::{
        feeds::FEEDS,
        lists::{ListKey, TITLES},
        record::{HOUSEHOLD_LISTS, LISTED, LISTS, TAKEN_OFF},
    },
    lists::{Lists, guest, member},
    *,
};
use crate::services::feeds::Audience;

const LIST: &str = "aaaaaaaaaaaaaaaaaaaa";

/// What is on a list, with what is noted of it.
pub(super) async fn on(lists: &Lists, path: &str) -> Vec<String> {
    let (status, page) = lists.ask(&member("ada", "a"), "GET", path, Value::Null).await;
    assert_eq!(status, 200, "{page}");
    let told = |item: &Value| format!("{} {}", item["id"].as_str().unwrap(), item["note"].as_str().unwrap_or_default());
    page["items"].as_array().unwrap().iter().map(|item| told(item).trim().to_owned()).collect()
}

pub(super) async fn done(lists: &Lists, method: &str, path: &str, body: Value) {
    let (status, answer) = lists.ask(&member("ada", "a"), method, path, body).await;
    assert_eq!(status, 204, "{method} {path}: {answer}");
}

#[tokio::test]
async fn undo_takes_off_what_its_change_put_there_and_nothing_that_was_there_before() {
    let lists = Lists::new().await;
    let path = "/lists/watchlist/titles/t1";
    done(&lists, "PUT", path, json!({ "note": "With Kim.", "change": 1 })).await;
    done(&lists, "PUT", "/lists/watchlist/titles/t2", json!({ "change": 2 })).await;
    // It is there already: the change did nothing, and so does what takes it back.
    done(&lists, "PUT", path, json!({ "change": 3 })).await;
    for _ in 0..2 {
        done(&lists, "DELETE", &format!("{path}?change=4&undoes=3"), Value::Null).await;
    }
    assert_eq!(on(&lists, "/lists/watchlist").await, ["t2", "t1 With Kim."]);
    done(&lists, "DELETE", &format!("{path}?change=5&undoes=1"), Value::Null).await;
    assert_eq!(on(&lists, "/lists/watchlist").await, ["t2"]);
    done(&lists, "DELETE", "/lists/watchlist/titles/t2", Value::Null).await;
    assert_eq!(on(&lists, "/lists/watchlist").await, [""; 0], "what is taken off for its own sake is off, whoever put it there");

    done(&lists, "PUT", "/favourites/t1", json!({})).await;
    done(&lists, "POST", "/favourites", json!({ "id": "t1", "change": 6 })).await;
    done(&lists, "DELETE", "/favourites/t1?change=7&undoes=6", Value::Null).await;
    assert_eq!(on(&lists, "/favourites").await, ["t1"]);
}

#[tokio::test]
async fn what_was_taken_off_comes_back_once_to_its_place_with_its_note() {
    let lists = Lists::new().await;
    for title in ["t1", "t2", "t3"] {
        done(&lists, "PUT", &format!("/lists/watchlist/titles/{title}"), json!({ "note": format!("of {title}") })).await;
        done(&lists, "PUT", &format!("/favourites/{title}"), json!({})).await;
    }
    let path = "/lists/watchlist/titles/t2";
    let before = on(&lists, "/lists/watchlist").await;
    assert_eq!(before, ["t3 of t3", "t2 of t2", "t1 of t1"]);
    lists.now.fetch_add(60_000, Relaxed);
    // Each as it is sent again where its answer was lost.
    for _ in 0..2 {
        done(&lists, "DELETE", &format!("{path}?change=1"), Value::Null).await;
    }
    assert_eq!(on(&lists, "/lists/watchlist").await, ["t3 of t3", "t1 of t1"]);
    for _ in 0..2 {
        done(&lists, "PUT", path, json!({ "change": 2, "restores": 1 })).await;
    }
    assert_eq!(on(&lists, "/lists/watchlist").await, before);
    // Taken off since, by somebody else: the same Undo, which is late, brings nothing back.
    done(&lists, "DELETE", path, Value::Null).await;
    done(&lists, "PUT", path, json!({ "change": 2, "restores": 1 })).await;
    assert_eq!(on(&lists, "/lists/watchlist").await, ["t3 of t3", "t1 of t1"]);
    // Nothing is brought back of a change that nobody knows.
    done(&lists, "PUT", path, json!({ "change": 3, "restores": 77 })).await;
    assert_eq!(on(&lists, "/lists/watchlist").await, ["t3 of t3", "t1 of t1"]);

    done(&lists, "DELETE", "/favourites/t2?change=4", Value::Null).await;
    done(&lists, "POST", "/favourites", json!({ "id": "t2", "change": 5, "restores": 4 })).await;
    assert_eq!(on(&lists, "/favourites").await, ["t3", "t2", "t1"]);
}

#[tokio::test]
async fn of_what_was_taken_off_the_latest_hundred_are_kept_and_none_of_a_list_that_is_gone() {
    let lists = Lists::new().await;
    let path = format!("/lists/{LIST}");
    lists.ask(&member("ada", "a"), "PUT", &path, json!({ "name": "Ours" })).await;
    for number in 0..103 {
        lists.now.fetch_add(1, Relaxed);
        done(&lists, "PUT", &format!("{path}/titles/t{number:03}"), json!({})).await;
        done(&lists, "DELETE", &format!("{path}/titles/t{number:03}?change={number}"), Value::Null).await;
    }
    let kept = lists.library.documents.list(&TAKEN_OFF, None, 1_000).await.unwrap().documents;
    let titles: Vec<&str> = kept.iter().map(|document| document.body["title"].as_str().unwrap()).collect();
    assert_eq!((titles.len(), titles.first(), titles.last()), (100, Some(&"t003"), Some(&"t102")));
    done(&lists, "DELETE", &path, Value::Null).await;
    assert_eq!(lists.library.documents.count(&TAKEN_OFF).await.unwrap(), 0);
}

#[tokio::test]
async fn of_lists_and_titles_that_are_put_there_at_once_none_is_beyond_the_limit() {
    let lists = Lists::new().await;
    let ada = member("ada", "a");
    let make = async |number: usize| {
        let path = format!("/lists/{number:020}");
        lists.ask(&ada, "PUT", &path, json!({ "name": format!("List {number}") })).await.0
    };
    for number in 0..95 {
        assert_eq!(make(number).await, 200);
    }
    let statuses = futures::future::join_all((95..135).map(make)).await;
    let made = statuses.iter().filter(|status| **status == 200).count();
    let there = lists.library.documents.count(&LISTS).await.unwrap();
    assert_eq!((made, there), (5, 100), "as many as there is room for, and who was told that it is there has it: {statuses:?}");
    assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");

    let key = ListKey::watchlist(&"ada".parse().unwrap());
    let many = (0..TITLES - 5).map(|number| (format!("t{number}").parse().unwrap(), String::new())).collect();
    lists.library.lists.add_many(&key, many, false).await.unwrap();
    let add = async |number: usize| lists.ask(&ada, "PUT", &format!("/lists/watchlist/titles/more{number}"), json!({})).await.0;
    let several = (0..40).map(|number| (format!("several{number}").parse().unwrap(), String::new())).collect();
    let (statuses, tally) =
        futures::join!(futures::future::join_all((0..40).map(add)), lists.library.lists.add_many(&key, several, false));
    let added = statuses.iter().filter(|status| **status == 204).count() as u64 + tally.unwrap().added;
    let there = lists.library.lists.count(&key).await.unwrap();
    assert_eq!(there, TITLES - 5 + added, "{statuses:?}");
    assert!(there <= TITLES, "{there}");
}

#[tokio::test]
async fn what_a_guest_takes_along_is_as_much_as_there_is_room_for() {
    let lists = Lists::new().await;
    let (ada, someone) = (member("ada", "a"), guest("someone"));
    for number in 0..99 {
        lists.ask(&ada, "PUT", &format!("/lists/{number:020}"), json!({ "name": "Hers" })).await;
    }
    for list in ["b", "c"] {
        let path = format!("/lists/{}", list.repeat(20));
        lists.ask(&someone, "PUT", &path, json!({ "name": list })).await;
        lists.ask(&someone, "PUT", &format!("{path}/titles/t1"), json!({})).await;
    }
    let key = ListKey::watchlist(&"ada".parse().unwrap());
    let many = (0..TITLES - 1).map(|number| (format!("t{number}").parse().unwrap(), String::new())).collect();
    lists.library.lists.add_many(&key, many, false).await.unwrap();
    for title in ["t1", "x1", "x2"] {
        lists.ask(&someone, "PUT", &format!("/lists/watchlist/titles/{title}"), json!({})).await;
    }
    for _ in 0..2 {
        lists.library.merge(&"someone".parse().unwrap(), &"ada".parse().unwrap()).await.unwrap();
    }
    assert_eq!(lists.library.documents.count(&LISTS).await.unwrap(), 100);
    assert_eq!(lists.library.lists.count(&key).await.unwrap(), TITLES);
    let listed = lists.library.documents.count(&LISTED).await.unwrap();
    assert_eq!(listed, TITLES + 1, "and what is on the list that went along, but nothing of the one that did not");
}

#[tokio::test]
async fn a_household_is_told_that_it_sees_a_list_no_more_and_nobody_is_told_what_a_list_of_ones_own_does_then() {
    let lists = Lists::new().await;
    let ada = member("ada", "a");
    let path = format!("/lists/{LIST}");
    let say = async |is_shared: bool| {
        assert_eq!(lists.ask(&ada, "PUT", &path, json!({ "name": "Ours", "is_shared": is_shared })).await.0, 200);
    };
    let told = async || {
        let changes = lists.library.documents.changes(&HOUSEHOLD_LISTS, Since::Listing(""), 10).await.unwrap().unwrap();
        let feed = FEEDS.iter().find(|feed| feed.collection.name == HOUSEHOLD_LISTS.name).unwrap();
        let notices: Vec<_> = changes.entries.iter().flat_map(|entry| (feed.tell)(entry)).collect();
        (changes.position.number, notices)
    };
    say(false).await;
    say(true).await;
    assert_eq!(told().await.1, []);
    say(false).await;
    let (first, notices) = told().await;
    let audience = Audience::Account("a".parse().unwrap());
    let event = Some(contract::events::Event::ListChanged { id: LIST.parse().unwrap() });
    assert_eq!(notices, [crate::services::feeds::Notice { audience, event }]);
    say(false).await;
    assert_eq!(told().await.0, first, "what is one's own alone is nobody else's business");
    say(true).await;
    assert_eq!(told().await.0, first);
    done(&lists, "DELETE", &path, Value::Null).await;
    assert!(told().await.0 > first);
    lists.library.forget_account(&"a".parse().unwrap()).await.unwrap();
    assert_eq!(told().await.1, []);
}
