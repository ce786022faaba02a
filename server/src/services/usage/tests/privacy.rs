//! Whose something was: a hash of the day, or nobody's.

use super::*;

/// What is stored of `profile` in every document, object and journal, as text.
async fn everything(world: &World) -> String {
    let mut text = String::new();
    for collection in COLLECTIONS {
        let page = world.stores.documents.list(collection, None, 1000).await.unwrap();
        page.documents.iter().for_each(|document| text.push_str(&format!("{} {}\n", document.id, document.body)));
    }
    for day in ["2026-11-29", "2026-11-30"] {
        for event in world.events(day).await {
            text.push_str(&serde_json::to_string(&event).unwrap());
        }
    }
    text
}

#[tokio::test]
async fn no_profile_is_stored_by_its_id_and_no_two_days_of_one_can_be_joined() {
    let world = World::new().await;
    let process = world.process();
    for _ in 0..2 {
        process.watch("ada-the-profile", "heat", 1_000);
        process.journal().await;
        world.pass(OF_A_DAY);
    }
    let journal = std::fs::read_dir(world.folder.path().join("usage")).unwrap().next().unwrap().unwrap().path();
    let journalled = std::fs::read_to_string(journal.join("0000000001.jsonl")).unwrap();
    assert!(!journalled.contains("ada-the-profile\""), "{journalled}");
    let both = |line: &&str| line.contains("ada-the-profiles-account") && line.contains("profile\":");
    assert_eq!((journalled.lines().count(), journalled.lines().find(both)), (4, None), "whose it is, and which account's");
    process.collector.publisher.publish(true).await.unwrap();
    let stored = everything(&world).await;
    assert!(!stored.replace("ada-the-profiles-account", "").contains("ada-the-profile"), "{stored}");
    let (one, other) = (world.events("2026-11-29").await[0].profile, world.events("2026-11-30").await[0].profile);
    assert!(one.is_some() && other.is_some() && one != other);
}

#[tokio::test]
async fn who_wants_to_be_left_out_is_counted_as_nobody_and_their_words_are_not_kept() {
    let world = World::new().await;
    let (process, ada) = (world.process(), "ada".parse().unwrap());
    world.service.choices.put(&ada, true).await.unwrap();
    process.watch("ada", "heat", 1_000);
    process.watch("bob", "heat", 1_000);
    let search = || Kind::Search { query: Some("something private".into()), hits: 0 };
    process.recorder.record(search(), Some(&ada), None);
    process.journal().await;
    process.collector.publisher.publish(true).await.unwrap();
    let events = world.events("2026-11-29").await;
    assert_eq!(events.iter().map(|event| event.profile.is_some()).collect::<Vec<_>>(), [false, true, false]);
    assert!(!everything(&world).await.contains("something private"));
    assert_eq!((world.total("watched_millis").await, world.total("searches").await), (2_000, 1), "it counts all the same");
    world.service.choices.put(&ada, false).await.unwrap();
    process.recorder.record(search(), Some(&ada), None);
    process.journal().await;
    process.collector.publisher.publish(true).await.unwrap();
    assert!(everything(&world).await.contains("something private"));
}
