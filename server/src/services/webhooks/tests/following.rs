//! From changes to deliveries: nothing is lost, and nothing is told twice, wherever it is broken off.

use storage::documents::{Change, update};

use super::*;
use crate::services::domain_events::EventOutbox;

/// What was to be delivered so far, as `type id`.
async fn told(world: &World) -> Vec<String> {
    let page = world.stores.documents.list(&record::DELIVERIES, None, 1000).await.unwrap();
    let mut told: Vec<String> = page
        .documents
        .iter()
        .map(|document| {
            let body: Value = serde_json::from_str(document.body["body"].as_str().unwrap()).unwrap();
            format!("{} {}", body["type"].as_str().unwrap(), body["data"]["id"].as_str().unwrap_or_default())
        })
        .collect();
    told.sort();
    told
}

#[tokio::test]
async fn what_was_there_before_is_no_news_and_what_happens_afterwards_is_told_once() {
    let world = World::new().await;
    world.write("old", "one").await;
    let node = world.node();
    make(&node, "one", "https://receiver.example/").await;
    node.catch_up().await.unwrap();
    assert!(told(&world).await.is_empty());
    world.write("new", "one").await;
    world.write("old", "two").await;
    node.catch_up().await.unwrap();
    // Another node, or this one after a restart, goes on from there.
    let other = world.node();
    other.catch_up().await.unwrap();
    assert_eq!(told(&world).await, ["title.changed old", "title.published new"]);
    // Written again as it was.
    world.write("old", "two").await;
    world.stores.documents.delete(&WORDS, "new", Expect::Anything).await.unwrap();
    other.catch_up().await.unwrap();
    assert_eq!(told(&world).await, ["title.changed old", "title.deleted new", "title.published new"]);
}

#[tokio::test]
async fn a_kill_between_the_deliveries_the_note_and_the_position_tells_nothing_twice_and_loses_nothing() {
    let world = World::new().await;
    let node = world.node();
    make(&node, "one", "https://receiver.example/").await;
    node.catch_up().await.unwrap();
    let before = world.stores.documents.get(&record::POSITIONS, "words").await.unwrap().unwrap();
    world.write("a", "one").await;
    node.catch_up().await.unwrap();
    let all = told(&world).await;
    assert_eq!(all, ["title.published a"]);
    let step_back = async || {
        let changed = update(&*world.stores.documents, &record::POSITIONS, "words", |_: Option<Value>| {
            Ok::<_, StoreError>(Change::Put(before.body.clone()))
        });
        changed.await.unwrap();
    };
    // Killed before the position was kept.
    step_back().await;
    world.node().catch_up().await.unwrap();
    assert_eq!(told(&world).await, all);
    // Killed before the note was written.
    step_back().await;
    world.stores.documents.delete(&record::NOTES, "words/a", Expect::Anything).await.unwrap();
    world.node().catch_up().await.unwrap();
    assert_eq!(told(&world).await, all);
    // Killed before the delivery was written.
    step_back().await;
    world.stores.documents.delete(&record::NOTES, "words/a", Expect::Anything).await.unwrap();
    let delivery = world.stores.documents.list(&record::DELIVERIES, None, 1).await.unwrap().documents.remove(0);
    world.stores.documents.delete(&record::DELIVERIES, &delivery.id, Expect::Anything).await.unwrap();
    world.node().catch_up().await.unwrap();
    assert_eq!(told(&world).await, all);
}

#[tokio::test]
async fn what_comes_changes_and_goes_again_is_told_each_time() {
    let world = World::new().await;
    let node = world.node();
    make(&node, "one", "https://receiver.example/").await;
    node.catch_up().await.unwrap();
    let mut all = Vec::new();
    for _ in 0..3 {
        for word in ["one", "two"] {
            world.write("a", word).await;
            node.catch_up().await.unwrap();
        }
        world.stores.documents.delete(&WORDS, "a", Expect::Anything).await.unwrap();
        node.catch_up().await.unwrap();
        all.extend(["title.changed a", "title.deleted a", "title.published a"]);
    }
    all.sort_unstable();
    assert_eq!(told(&world).await, all);
}

#[tokio::test]
async fn what_follows_from_a_note_of_an_older_build_is_told_beside_what_followed_from_one_before_it() {
    let world = World::new().await;
    let node = world.node();
    make(&node, "one", "https://receiver.example/").await;
    node.catch_up().await.unwrap();
    for _ in 0..2 {
        world.write("a", "one").await;
        node.catch_up().await.unwrap();
        // As older builds wrote it; a later one has put a field beside.
        let body = json!({ "topic": "words", "note": "one", "later": 1 });
        world.stores.documents.delete(&record::NOTES, "words/a", Expect::Anything).await.unwrap();
        let write = Write { id: "words/a".into(), body, expect: Expect::Absent };
        world.stores.documents.put(&record::NOTES, write).await.unwrap();
        world.write("a", "two").await;
        node.catch_up().await.unwrap();
        let note = world.stores.documents.get(&record::NOTES, "words/a").await.unwrap().unwrap().body;
        assert_eq!((&note["note"], &note["later"], note["begun"].is_string()), (&json!("two"), &json!(1), true));
        world.stores.documents.delete(&WORDS, "a", Expect::Anything).await.unwrap();
        node.catch_up().await.unwrap();
    }
    let told = told(&world).await;
    assert_eq!(told.iter().filter(|one| *one == "title.changed a").count(), 2, "{told:?}");
    assert_eq!(told.len(), 6);
}

#[tokio::test]
async fn what_a_node_cannot_read_is_as_it_was_and_is_not_told_as_deleted() {
    let world = World::new().await;
    let node = world.node();
    make(&node, "one", "https://receiver.example/").await;
    node.catch_up().await.unwrap();
    world.write("a", "one").await;
    node.catch_up().await.unwrap();
    let put = async |collection: &'static Collection, id: &str, body: Value| {
        let write = Write { id: id.into(), body, expect: Expect::Anything };
        world.stores.documents.put(collection, write).await.unwrap();
    };
    put(&WORDS, "a", json!({ "word": { "of": "a later build" } })).await;
    // Neither where it is looked at as it changes, nor where everything is compared.
    node.catch_up().await.unwrap();
    put(&record::POSITIONS, "words", json!({ "position": { "feed": "another", "number": 7 } })).await;
    node.catch_up().await.unwrap();
    assert_eq!(told(&world).await, ["title.published a"]);
    world.write("a", "two").await;
    node.catch_up().await.unwrap();
    assert_eq!(told(&world).await, ["title.changed a", "title.published a"]);
    // What a later build announced is told by one.
    put(&crate::services::domain_events::ANNOUNCED, "later", json!({ "key": { "of": "a later build" } })).await;
    node.catch_up().await.unwrap();
    assert_eq!(world.stores.documents.count(&crate::services::domain_events::ANNOUNCED).await.unwrap(), 1);
}

#[tokio::test]
async fn where_no_process_follows_a_feed_what_it_remembers_of_deletions_is_let_go_of_and_whoever_follows_later_misses_nothing() {
    use storage::documents::feed::Since;

    use crate::services::trimming::{AFTER, Trimming};

    let (world, mut trimming) = (World::new().await, Trimming::default());
    let node = world.node();
    make(&node, "one", "https://receiver.example/").await;
    world.write("a", "one").await;
    node.catch_up().await.unwrap();
    let stood = node.position_of(&word_source()).await.unwrap().unwrap();
    world.stores.documents.delete(&WORDS, "a", Expect::Anything).await.unwrap();
    let remembers = async || world.stores.documents.changes(&WORDS, Since::Position(&stood), 9).await.unwrap().is_some();
    // Another process, which follows nothing.
    let other = world.node();
    for is_remembered in [true, false] {
        other.trim_to_its_end(0, &mut trimming).await.unwrap();
        assert_eq!(remembers().await, is_remembered);
        tokio::time::pause();
        tokio::time::advance(AFTER).await;
        tokio::time::resume();
    }
    node.catch_up().await.unwrap();
    assert_eq!(told(&world).await, ["title.deleted a"]);
}

#[tokio::test]
async fn after_a_feed_became_another_one_what_differs_is_told_also_of_what_is_gone() {
    let world = World::new().await;
    for id in ["stays", "goes"] {
        world.write(id, "one").await;
    }
    let node = world.node();
    make(&node, "one", "https://receiver.example/").await;
    node.catch_up().await.unwrap();
    world.stores.documents.delete(&WORDS, "goes", Expect::Anything).await.unwrap();
    world.write("comes", "one").await;
    let other = json!({ "position": { "feed": "another", "number": 7 } });
    let write = Write { id: "words".into(), body: other, expect: Expect::Anything };
    world.stores.documents.put(&record::POSITIONS, write).await.unwrap();
    node.catch_up().await.unwrap();
    assert_eq!(told(&world).await, ["title.deleted goes", "title.published comes"]);
    world.write("comes", "two").await;
    node.catch_up().await.unwrap();
    assert_eq!(told(&world).await.len(), 3, "it goes on from where that feed stands");
}

#[tokio::test]
async fn what_is_announced_twice_under_one_key_is_told_once_and_is_announced_no_more() {
    let world = World::new().await;
    let node = world.node();
    make(&node, "one", "https://receiver.example/").await;
    let outbox = EventOutbox::new(Arc::clone(&world.stores.documents), node.clock.clone());
    for _ in 0..2 {
        outbox.storage_moved("move 1", "t1", "disk", "bucket").await.unwrap();
        outbox.storage_moved("move 1", "t1", "disk", "bucket").await.unwrap();
        node.catch_up().await.unwrap();
    }
    outbox.storage_moved("move 2", "t2", "disk", "bucket").await.unwrap();
    node.catch_up().await.unwrap();
    assert_eq!(told(&world).await.len(), 2);
    let left = world.stores.documents.count(&crate::services::domain_events::ANNOUNCED).await.unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_webhook_is_told_of_what_it_names_alone() {
    let world = World::new().await;
    let node = world.node();
    for (id, events, is_enabled) in [
        ("deletions", vec!["title.deleted".to_owned()], true),
        ("titles", vec!["review.reported".to_owned(), "title.*".to_owned()], true),
        ("accounts", vec!["account.*".to_owned()], true),
        ("off", vec!["*".to_owned()], false),
    ] {
        let call = ReplaceWebhook { events, is_enabled, ..new_webhook(id, "https://receiver.example/") };
        node.replace(context(), call).await.unwrap();
    }
    node.catch_up().await.unwrap();
    world.write("a", "one").await;
    node.catch_up().await.unwrap();
    world.stores.documents.delete(&WORDS, "a", Expect::Anything).await.unwrap();
    node.catch_up().await.unwrap();
    let listed = node.list(context(), ListWebhooks {}).await.unwrap();
    let mut waiting: Vec<_> = listed.iter().map(|one| (one.id.as_str().trim_end_matches('x'), one.waiting)).collect();
    waiting.sort_unstable();
    assert_eq!(waiting, [("accounts", 0), ("deletions", 1), ("off", 0), ("titles", 2)]);
}

#[tokio::test]
async fn one_node_at_a_time_has_the_lease() {
    let world = World::new().await;
    let (one, other) =
        (lease::Lease::new(Arc::clone(&world.stores.keyvalue)), lease::Lease::new(Arc::clone(&world.stores.keyvalue)));
    assert!(lease::Lease::is_held(Some(&one)).await.unwrap());
    assert!(!lease::Lease::is_held(Some(&other)).await.unwrap());
    assert!(lease::Lease::is_held(Some(&one)).await.unwrap());
    // It ran out, and somebody else was faster.
    world.stores.keyvalue.delete("webhooks/follow", storage::keyvalue::Expect::Anything).await.unwrap();
    assert!(lease::Lease::is_held(Some(&other)).await.unwrap());
}
