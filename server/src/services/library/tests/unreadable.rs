//! One document that cannot be read keeps nobody from the others, can be removed, and is begun anew.

use super::{
    super::record::{HISTORY_SETTINGS, LIST_IDS, LISTED, LISTS, TAKEN_OFF, WATCHED, WATCHED_CHANGES},
    history::DAY,
    lists::{Lists, guest, member},
    taking_back::{done, on},
    *,
};

const LIST: &str = "aaaaaaaaaaaaaaaaaaaa";

impl Lists {
    /// Has a document be one that cannot be read, and is found by its indexes all the same.
    async fn spoil(&self, collection: &'static Collection, id: &str, body: Value) {
        let write = Write { id: id.to_owned(), body, expect: Expect::Anything };
        self.library.documents.put(collection, write).await.unwrap();
    }
}

#[tokio::test]
async fn a_title_on_a_list_that_cannot_be_read_is_left_out_and_can_be_taken_off_or_put_on_anew() {
    let lists = Lists::new().await;
    let ada = member("ada", "a");
    for title in ["t1", "t2"] {
        done(&lists, "PUT", &format!("/lists/watchlist/titles/{title}"), json!({ "change": 1 })).await;
    }
    let spoil = async || {
        let body = json!({ "profile": "ada", "list": "ada/watchlist", "place": "0", "title": "t3", "added": "x" });
        lists.spoil(&LISTED, "ada/watchlist/t3", body).await;
    };
    spoil().await;
    assert_eq!(on(&lists, "/lists/watchlist").await, ["t2", "t1"]);
    assert_eq!(lists.ask(&ada, "GET", "/marks", Value::Null).await.1["watchlist"], json!(["t2", "t1"]));
    let key = super::super::lists::ListKey::watchlist(&ada.profile);
    assert_eq!(lists.library.lists.records(&key, 10).await.unwrap().len(), 2);
    assert_eq!(lists.ask(&ada, "GET", "/lists?title=t3", Value::Null).await.1[0]["has_title"], false);
    done(&lists, "PUT", "/lists/watchlist/titles/t4", json!({})).await;
    assert_eq!(on(&lists, "/lists/watchlist").await.len(), 3);
    let moved = json!({ "behind": "t1" });
    assert_eq!(lists.ask(&ada, "PUT", "/lists/watchlist/titles/t3/place", moved).await.0, 412);
    let behind = json!({ "behind": "t3" });
    assert_eq!(lists.ask(&ada, "PUT", "/lists/watchlist/titles/t1/place", behind).await.0, 412);
    done(&lists, "DELETE", "/lists/watchlist/titles/t3?change=2&undoes=7", Value::Null).await;
    done(&lists, "DELETE", "/lists/watchlist/titles/t3?change=3", Value::Null).await;
    assert_eq!(lists.library.lists.count(&key).await.unwrap(), 3);
    spoil().await;
    done(&lists, "PUT", "/lists/watchlist/titles/t3", json!({ "note": "Anew.", "change": 4 })).await;
    assert!(on(&lists, "/lists/watchlist").await.contains(&"t3 Anew.".to_owned()));
}

#[tokio::test]
async fn what_is_kept_of_a_title_that_was_taken_off_and_cannot_be_read_is_begun_anew() {
    let lists = Lists::new().await;
    let path = "/lists/watchlist/titles/t1";
    let spoiled = json!({ "profile": "ada", "list": "ada/watchlist", "title": "t1", "taken_off": "x" });
    done(&lists, "PUT", path, json!({ "note": "With Kim.", "change": 1 })).await;
    done(&lists, "DELETE", &format!("{path}?change=2"), Value::Null).await;
    lists.spoil(&TAKEN_OFF, "ada/watchlist/t1", spoiled.clone()).await;
    done(&lists, "PUT", path, json!({ "change": 3, "restores": 2 })).await;
    assert_eq!(on(&lists, "/lists/watchlist").await, [""; 0]);
    lists.spoil(&TAKEN_OFF, "ada/watchlist/t1", spoiled.clone()).await;
    done(&lists, "PUT", path, json!({ "note": "With Bob.", "change": 4 })).await;
    done(&lists, "DELETE", &format!("{path}?change=5"), Value::Null).await;
    done(&lists, "PUT", path, json!({ "change": 6, "restores": 5 })).await;
    assert_eq!(on(&lists, "/lists/watchlist").await, ["t1 With Bob."]);
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_left_out_and_can_be_named_anew_or_deleted() {
    let lists = Lists::new().await;
    let ada = member("ada", "a");
    let path = format!("/lists/{LIST}");
    let names = async || {
        let all = lists.ask(&ada, "GET", "/lists", Value::Null).await.1;
        all.as_array().unwrap().iter().map(|list| list["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let save = async |path: &str| lists.ask(&ada, "PUT", path, json!({ "name": "Ours" })).await.0;
    assert_eq!(save(&path).await, 200);
    lists.spoil(&LISTS, &format!("ada/{LIST}"), json!({ "profile": "ada", "name": 7 })).await;
    assert_eq!(names().await, ["My list"]);
    assert_eq!(save(&path).await, 200);
    assert_eq!(names().await, ["My list", "Ours"]);
    lists.spoil(&LISTS, &format!("ada/{LIST}"), json!({ "profile": "ada", "name": 7 })).await;
    lists.spoil(&LIST_IDS, "ada", json!({ "making": 7 })).await;
    assert_eq!(save(&format!("/lists/{}", "b".repeat(20))).await, 200);
    lists.spoil(&LIST_IDS, "ada", json!({ "making": 7 })).await;
    done(&lists, "DELETE", &path, Value::Null).await;
    assert_eq!(save(&path).await, 404);
}

#[tokio::test]
async fn of_a_history_too_what_cannot_be_read_is_left_out_and_begun_anew() {
    let (world, ada) = (Lists::new().await, member("ada", "house"));
    world.say(&ada, json!({ "change": 1 })).await;
    let spoil_changes = async || {
        let body = json!({ "profile": "ada", "title": "heat", "updated": 5, "changes": "x" });
        world.spoil(&WATCHED_CHANGES, "ada/heat", body).await;
    };
    spoil_changes().await;
    world.later(DAY);
    world.say(&ada, json!({ "change": 2 })).await;
    assert_eq!(world.dates(&ada).await.len(), 2);
    spoil_changes().await;
    world.say(&ada, json!({ "restores": 2 })).await;
    assert_eq!(world.dates(&ada).await.len(), 1, "a date knows by what it is there");
    spoil_changes().await;
    world.unsay(&ada, "change=3").await;
    assert!(world.history(&ada).await.is_empty());
    spoil_changes().await;
    assert_eq!(world.ask(&ada, "DELETE", "/history", Value::Null).await.0, 204);

    let spoil = async || {
        let body = json!({ "profile": "ada", "title": "heat", "watched": 5, "dates": "x" });
        world.spoil(&WATCHED, "ada/heat", body).await;
    };
    assert_eq!(world.watch(&ada, "ran", json!({})).await, 204);
    spoil().await;
    assert_eq!(world.history(&ada).await.len(), 1);
    assert_eq!(world.library.history.page(&ada.profile, None, 10).await.unwrap().0.len(), 1);
    world.say(&ada, json!({ "change": 4 })).await;
    assert_eq!(world.dates(&ada).await.len(), 1);
    spoil().await;
    world.unsay(&ada, "").await;
    assert!(world.library.documents.get(&WATCHED, "ada/heat").await.unwrap().is_none());
}

#[tokio::test]
async fn where_it_cannot_be_read_whether_a_history_is_kept_nothing_that_is_played_is_noted_until_it_is_said_anew() {
    let (world, ada) = (Lists::new().await, member("ada", "house"));
    world.spoil(&HISTORY_SETTINGS, "ada", json!({ "is_kept": "x" })).await;
    world.say(&ada, json!({ "is_played": true })).await;
    assert!(world.history(&ada).await.is_empty());
    assert_eq!(world.ask(&ada, "PUT", "/history-settings", json!({ "is_kept": true })).await.0, 204);
    world.say(&ada, json!({ "is_played": true })).await;
    assert_eq!(world.dates(&ada).await.len(), 1);
}

#[tokio::test]
async fn whoever_signs_up_takes_along_what_can_be_read() {
    let (lists, someone, ada) = (Lists::new().await, guest("someone"), member("ada", "a"));
    assert_eq!(lists.ask(&someone, "PUT", "/lists/watchlist/titles/t1", json!({})).await.0, 204);
    assert_eq!(lists.watch(&someone, "heat", json!({})).await, 204);
    let listed = json!({ "profile": "someone", "list": "someone/watchlist", "place": "0", "title": "t3" });
    lists.spoil(&LISTED, "someone/watchlist/t3", listed).await;
    lists.spoil(&WATCHED, "someone/ran", json!({ "profile": "someone", "title": "ran", "watched": 5 })).await;
    lists.library.merge(&someone.profile, &ada.profile).await.unwrap();
    assert_eq!(on(&lists, "/lists/watchlist").await, ["t1"]);
    assert_eq!(lists.history(&ada).await.len(), 1);
    for collection in [&LISTED, &WATCHED] {
        assert_eq!(lists.library.documents.count(collection).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn nothing_is_left_of_a_profile_whose_documents_do_not_say_when_they_are_of() {
    let (lists, ada) = (Lists::new().await, member("ada", "a"));
    let spoiled: [(&'static Collection, &str); 5] = [
        (&LISTS, "ada/l"),
        (&LISTED, "ada/l/t1"),
        (&TAKEN_OFF, "ada/l/t1"),
        (&WATCHED, "ada/heat"),
        (&WATCHED_CHANGES, "ada/heat"),
    ];
    let spoil = async || {
        for (collection, id) in spoiled {
            lists.spoil(collection, id, json!({ "profile": "ada", "title": "heat", "list": "ada/l" })).await;
        }
    };
    let left = async || {
        let mut left = Vec::new();
        for (collection, _) in spoiled {
            left.push(lists.library.documents.count(collection).await.unwrap());
        }
        left
    };
    spoil().await;
    let told = lists.library.export(&ada.profile).await.unwrap();
    assert!(spoiled.iter().all(|(collection, _)| told.contains_key(collection.name.as_ref())), "{told:?}");
    assert_eq!(lists.ask(&ada, "DELETE", "/history", Value::Null).await.0, 204);
    assert_eq!(left().await, [1, 1, 1, 0, 0], "nor of a history that is forgotten");
    spoil().await;
    lists.library.forget(&ada.profile).await.unwrap();
    assert_eq!(left().await, [0; 5]);
}
