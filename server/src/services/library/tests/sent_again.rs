//! Changes that are sent again, that another device was faster than, or that were taken back before they came.

use std::sync::atomic::Ordering::Relaxed;

use contract::{Code, library::WATCHLIST};

use super::{
    super::{
        lists::ListKey,
        record::{LIST_IDS, LISTED, LISTS, ListRecord, TAKEN_OFF, WATCHED_CHANGES},
    },
    history::{DAY, HOUR},
    lists::{HIDDEN, Lists, guest, member},
    taking_back::{done, on},
    *,
};

const LIST: &str = "aaaaaaaaaaaaaaaaaaaa";
const T1: &str = "/lists/watchlist/titles/t1";

impl Lists {
    async fn there(&self) -> Vec<String> {
        on(self, "/lists/watchlist").await
    }

    async fn put(&self, body: Value) {
        self.now.fetch_add(1, Relaxed);
        done(self, "PUT", T1, body).await;
    }

    async fn take(&self, words: &str) {
        self.now.fetch_add(1, Relaxed);
        done(self, "DELETE", &format!("{T1}{words}"), Value::Null).await;
    }
}

#[tokio::test]
async fn an_undo_of_a_removal_that_is_sent_again_does_nothing_whoever_took_the_title_off_since() {
    for by_another in ["?change=3", "", "?change=3&undoes=2"] {
        let lists = Lists::new().await;
        lists.put(json!({ "note": "With Kim.", "change": 9 })).await;
        lists.take("?change=1").await;
        lists.put(json!({ "change": 2, "restores": 1 })).await;
        assert_eq!(lists.there().await, ["t1 With Kim."]);
        lists.take(by_another).await;
        assert_eq!(lists.there().await, [""; 0]);
        for change in [2, 4] {
            lists.put(json!({ "change": change, "restores": 1 })).await;
            assert_eq!(lists.there().await, [""; 0], "{by_another} {change}");
        }
    }
}

#[tokio::test]
async fn an_addition_or_a_removal_that_is_sent_again_does_nothing_to_what_another_did_since() {
    for by_another in ["", "?change=7"] {
        let lists = Lists::new().await;
        lists.put(json!({ "note": "First.", "change": 1 })).await;
        lists.put(json!({ "note": "Second." })).await;
        lists.put(json!({ "note": "First.", "change": 1 })).await;
        assert_eq!(lists.there().await, ["t1 Second."]);
        lists.take(by_another).await;
        lists.put(json!({ "change": 1 })).await;
        assert_eq!(lists.there().await, [""; 0], "an addition: {by_another}");
    }
    for by_another in [json!({}), json!({ "change": 7 })] {
        let lists = Lists::new().await;
        lists.put(json!({ "change": 1 })).await;
        lists.take("?change=2").await;
        lists.put(by_another.clone()).await;
        lists.take("?change=2").await;
        assert_eq!(lists.there().await, ["t1"], "a removal: {by_another}");
    }
}

#[tokio::test]
async fn what_found_nothing_to_do_does_nothing_later_and_neither_does_its_undo() {
    let lists = Lists::new().await;
    lists.put(json!({ "note": "With Kim.", "change": 1 })).await;
    // It was there already, and another takes it off.
    lists.put(json!({ "change": 2 })).await;
    lists.take("?change=3").await;
    lists.put(json!({ "change": 2 })).await;
    assert_eq!(lists.there().await, [""; 0]);
    // It was off already.
    lists.take("?change=4").await;
    lists.put(json!({ "change": 5, "restores": 4 })).await;
    assert_eq!(lists.there().await, [""; 0]);
    lists.put(json!({ "change": 6, "restores": 3 })).await;
    assert_eq!(lists.there().await, ["t1 With Kim."]);
    lists.take("?change=4").await;
    assert_eq!(lists.there().await, ["t1 With Kim."]);
    // Of a title that nobody knows.
    lists.take("?change=8").await;
    done(&lists, "DELETE", "/lists/watchlist/titles/t2?change=10", Value::Null).await;
    done(&lists, "PUT", "/lists/watchlist/titles/t2", json!({ "change": 11, "restores": 10 })).await;
    assert_eq!(lists.there().await, [""; 0]);
}

#[tokio::test]
async fn an_addition_or_a_removal_that_was_taken_back_does_nothing_should_it_come_again_or_only_then() {
    let lists = Lists::new().await;
    lists.put(json!({ "change": 1 })).await;
    lists.take("?change=2&undoes=1").await;
    lists.put(json!({ "change": 1 })).await;
    assert_eq!(lists.there().await, [""; 0]);
    // The Undo overtakes its change.
    lists.take("?change=4&undoes=3").await;
    lists.put(json!({ "change": 3 })).await;
    assert_eq!(lists.there().await, [""; 0]);
    lists.put(json!({ "change": 5 })).await;
    lists.put(json!({ "change": 7, "restores": 6 })).await;
    lists.take("?change=6").await;
    assert_eq!(lists.there().await, ["t1"]);
    lists.take("?change=8").await;
    lists.put(json!({ "change": 10, "restores": 9 })).await;
    lists.put(json!({})).await;
    lists.take("?change=9").await;
    assert_eq!(lists.there().await, ["t1"]);
    // What takes an Undo back.
    lists.take("?change=11").await;
    lists.put(json!({ "change": 12, "restores": 11 })).await;
    lists.take("?change=13&undoes=12").await;
    assert_eq!(lists.there().await, [""; 0]);
    lists.put(json!({ "change": 14, "restores": 13 })).await;
    assert_eq!(lists.there().await, ["t1"]);
}

#[tokio::test]
async fn a_removal_that_was_broken_off_before_the_title_was_off_goes_on_and_comes_back_with_its_place() {
    let lists = Lists::new().await;
    lists.put(json!({ "note": "With Kim.", "change": 1 })).await;
    let documents = &lists.library.documents;
    let stood = documents.get(&LISTED, "ada/watchlist/t1").await.unwrap().unwrap().body;
    lists.take("?change=2").await;
    let write = Write { id: "ada/watchlist/t1".into(), body: stood, expect: Expect::Absent };
    documents.put(&LISTED, write).await.unwrap();
    lists.take("?change=2").await;
    assert_eq!(lists.there().await, [""; 0]);
    lists.put(json!({ "change": 3, "restores": 2 })).await;
    assert_eq!(lists.there().await, ["t1 With Kim."]);
}

#[tokio::test]
async fn an_addition_that_was_broken_off_after_it_put_back_what_was_taken_off_meanwhile_is_off_once_it_is_sent_again() {
    let lists = Lists::new().await;
    lists.put(json!({ "note": "With Kim.", "change": 1 })).await;
    let (id, documents) = ("ada/watchlist/t1", &lists.library.documents);
    let stood = documents.get(&LISTED, id).await.unwrap().unwrap().body;
    let place = async |body: Value| {
        documents.put(&LISTED, Write { id: id.into(), body, expect: Expect::Absent }).await.unwrap();
    };
    lists.take("?change=2").await;
    // As a repetition writes it that looked before.
    place(stood.clone()).await;
    lists.put(json!({ "note": "With Kim.", "change": 1 })).await;
    assert_eq!(lists.there().await, [""; 0]);
    // Where the removal was taken back, the title stays.
    place(stood.clone()).await;
    lists.put(json!({ "change": 3, "restores": 2 })).await;
    lists.put(json!({ "note": "With Kim.", "change": 1 })).await;
    assert_eq!(lists.there().await, ["t1 With Kim."]);
    lists.take("").await;
    lists.put(json!({})).await;
    lists.put(json!({ "change": 1 })).await;
    assert_eq!(lists.there().await, ["t1"], "another's stays");
}

#[tokio::test]
async fn what_an_earlier_build_noted_of_a_removal_is_taken_back_once() {
    for (is_restored, expected) in [(false, vec!["t1 With Kim."]), (true, vec![])] {
        let lists = Lists::new().await;
        lists.put(json!({ "note": "With Kim." })).await;
        let documents = &lists.library.documents;
        let was = documents.get(&LISTED, "ada/watchlist/t1").await.unwrap().unwrap().body;
        documents.delete(&LISTED, "ada/watchlist/t1", Expect::Anything).await.unwrap();
        let body = json!({
            "profile": "ada", "list": "ada/watchlist", "title": "t1", "taken_off": 5, "change": 2, "is_restored": is_restored,
            "was": was,
        });
        documents.put(&TAKEN_OFF, Write { id: "ada/watchlist/t1".into(), body, expect: Expect::Absent }).await.unwrap();
        lists.put(json!({ "change": 3, "restores": 2 })).await;
        assert_eq!(lists.there().await, expected);
    }
}

#[tokio::test]
async fn what_is_known_of_a_title_on_a_list_is_bounded_and_goes_along_into_a_file_and_back() {
    let lists = Lists::new().await;
    for number in 0..30 {
        lists.put(json!({ "change": 2 * number })).await;
        lists.take(&format!("?change={}", 2 * number + 1)).await;
    }
    let off = lists.library.documents.get(&TAKEN_OFF, "ada/watchlist/t1").await.unwrap().unwrap().body;
    assert_eq!(off["changes"].as_array().unwrap().len(), 16);
    // Another adds many at once: what was taken off before stays known.
    let key = ListKey::watchlist(&"ada".parse().unwrap());
    lists.library.lists.add_many(&key, vec![("t1".parse().unwrap(), String::new())], false).await.unwrap();
    lists.take("?change=59").await;
    assert_eq!(lists.there().await, ["t1"]);
}

#[tokio::test]
async fn a_list_that_was_deleted_is_not_made_by_a_request_that_is_sent_again_nor_by_one_that_comes_late() {
    let lists = Lists::new().await;
    let (ada, path, other) = (member("ada", "a"), format!("/lists/{LIST}"), format!("/lists/{}", "b".repeat(20)));
    let make = async |path: &str| lists.ask(&ada, "PUT", path, json!({ "name": "Ours" })).await.0;
    assert_eq!(make(&path).await, 200);
    done(&lists, "DELETE", &path, Value::Null).await;
    assert_eq!(make(&path).await, 404);
    done(&lists, "DELETE", &other, Value::Null).await;
    assert_eq!(make(&other).await, 404, "what takes it back was faster");
    assert_eq!(lists.library.documents.count(&LISTS).await.unwrap(), 0);
    // Whoever imports it wants it.
    let key = ListKey::new(&ada.profile, &LIST.parse().unwrap());
    let record = ListRecord::named(&ada.profile, "Ours");
    lists.library.lists.replace(&key, record).await.unwrap();
    assert_eq!(make(&path).await, 200);
    // Places of lists that are gone are free.
    for number in 0..120 {
        let path = format!("/lists/{number:020}");
        assert_eq!(make(&path).await, 200);
        done(&lists, "DELETE", &path, Value::Null).await;
    }
}

#[tokio::test]
async fn undo_of_watched_leaves_what_was_played_or_said_since() {
    let (world, ada) = (Lists::new().await, member("ada", "house"));
    let marked = world.later(0);
    world.say(&ada, json!({ "change": 1 })).await;
    world.later(HOUR);
    world.say(&ada, json!({ "is_played": true })).await;
    world.say(&ada, json!({ "restores": 1 })).await;
    assert_eq!(world.dates(&ada).await, [marked], "it was played");
    world.unsay(&ada, "").await;
    let marked = world.later(DAY);
    for change in [2, 3] {
        world.say(&ada, json!({ "change": change })).await;
        world.later(HOUR);
    }
    world.say(&ada, json!({ "restores": 2 })).await;
    assert_eq!(world.dates(&ada).await, [marked], "another device says so, too");
    world.say(&ada, json!({ "restores": 3 })).await;
    assert!(world.history(&ada).await.is_empty(), "the last that said so is taken back");
    // What is taken out and comes back is there by what it was before.
    world.say(&ada, json!({ "change": 4 })).await;
    world.unsay(&ada, "change=5").await;
    world.say(&ada, json!({ "restores": 5 })).await;
    assert_eq!(world.dates(&ada).await.len(), 1);
    world.say(&ada, json!({ "restores": 4 })).await;
    assert!(world.history(&ada).await.is_empty());
}

#[tokio::test]
async fn of_the_history_too_an_undo_that_is_faster_than_its_change_is_known_when_that_comes() {
    let (world, ada) = (Lists::new().await, member("ada", "house"));
    world.say(&ada, json!({ "restores": 1 })).await;
    world.say(&ada, json!({ "change": 1 })).await;
    assert!(world.history(&ada).await.is_empty());
    world.say(&ada, json!({})).await;
    world.say(&ada, json!({ "restores": 2 })).await;
    world.unsay(&ada, "change=2").await;
    assert_eq!(world.dates(&ada).await.len(), 1);
    // Nothing is noted of titles that are none for whoever asks.
    let before = world.library.documents.count(&WATCHED_CHANGES).await.unwrap();
    assert_eq!(world.watch(&ada, HIDDEN, json!({ "restores": 3 })).await, 204);
    assert_eq!(world.library.documents.count(&WATCHED_CHANGES).await.unwrap(), before);
}

#[tokio::test]
async fn a_change_and_its_undo_at_the_same_time_leave_nothing_of_it() {
    for round in 0..20 {
        let (world, ada) = (Lists::new().await, member("ada", "house"));
        let played = world.later(0);
        world.say(&ada, json!({})).await;
        world.later(DAY);
        // Noted, so that both find it, and not done.
        let changes = json!([{ "change": 1, "added": [played + DAY] }]);
        let body = json!({ "profile": "ada", "title": "heat", "updated": played, "changes": changes });
        let write = Write { id: "ada/heat".into(), body, expect: Expect::Absent };
        world.library.documents.put(&WATCHED_CHANGES, write).await.unwrap();
        futures::join!(world.say(&ada, json!({ "change": 1 })), async {
            for _ in 0..round {
                tokio::task::yield_now().await;
            }
            world.say(&ada, json!({ "restores": 1 })).await;
        });
        assert_eq!(world.dates(&ada).await, [played], "{round}");
    }
}

#[tokio::test]
async fn what_was_said_before_the_history_was_forgotten_stays_forgotten() {
    let (world, ada) = (Lists::new().await, member("ada", "house"));
    world.say(&ada, json!({ "change": 1 })).await;
    world.unsay(&ada, "change=2").await;
    world.say(&ada, json!({ "change": 3 })).await;
    assert_eq!(world.ask(&ada, "DELETE", "/history", Value::Null).await.0, 204);
    for change in [1, 3] {
        world.say(&ada, json!({ "change": change })).await;
    }
    world.say(&ada, json!({ "restores": 2 })).await;
    assert!(world.history(&ada).await.is_empty());
    let kept = world.library.documents.get(&WATCHED_CHANGES, "ada/heat").await.unwrap().unwrap().body;
    assert!(!kept.to_string().contains("added") && !kept.to_string().contains("removed"), "{kept}");
    world.say(&ada, json!({ "change": 4 })).await;
    assert_eq!(world.dates(&ada).await.len(), 1);
    world.library.forget(&ada.profile).await.unwrap();
    assert_eq!(world.library.documents.count(&WATCHED_CHANGES).await.unwrap(), 0);
}

#[tokio::test]
async fn a_guests_lists_and_their_ids_are_gone_once_they_are_taken_along() {
    let (lists, someone) = (Lists::new().await, guest("someone"));
    let path = format!("/lists/{LIST}");
    assert_eq!(lists.ask(&someone, "PUT", &path, json!({ "name": "Ours" })).await.0, 200);
    lists.library.merge(&someone.profile, &"ada".parse().unwrap()).await.unwrap();
    assert!(lists.library.documents.get(&LIST_IDS, "someone").await.unwrap().is_none());
    assert_eq!(lists.library.lists.of(&"ada".parse().unwrap()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn nothing_is_noted_for_a_profile_that_is_gone() {
    let (world, ada) = (Lists::new().await, member("ada", "house"));
    let (documents, gone, clock) = (Arc::clone(&world.library.documents), Gone::default(), Clock::default());
    let library = Library::new(Arc::clone(&documents), Arc::new(gone.clone()), clock.clone(), Recorder::off(clock));
    world.say(&ada, json!({})).await;
    gone.0.store(true, Relaxed);
    let context = || RequestContext::of(ada.clone(), Dispatcher::default());
    let unwatched = MarkUnwatched { id: "heat".parse().unwrap(), date: None, change: Some(1) };
    let removed = RemoveFromList { list: WATCHLIST.parse().unwrap(), id: "heat".parse().unwrap(), change: None, undoes: Some(1) };
    for answer in [
        library.mark_unwatched(context(), unwatched).await,
        library.remove_from_list(context(), removed).await,
        library.delete_list(context(), DeleteList { id: LIST.parse().unwrap() }).await,
        library.forget_history(context(), ForgetHistory {}).await,
    ] {
        assert_eq!(answer.unwrap_err().code, Code::NotFound);
    }
    for collection in [&WATCHED_CHANGES, &TAKEN_OFF, &LIST_IDS] {
        assert_eq!(documents.count(collection).await.unwrap(), 0);
    }
}
