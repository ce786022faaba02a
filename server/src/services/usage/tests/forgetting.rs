//! Nothing of whoever is gone: neither in documents nor in events.

use super::*;

#[tokio::test]
async fn a_profile_that_is_deleted_is_nobody_in_the_events_of_the_days_whose_key_is_there() {
    let world = World::new().await;
    let process = world.process();
    world.service.choices.put(&"ada".parse().unwrap(), false).await.unwrap();
    process.watch("ada", "heat", 1_000);
    process.watch("bob", "heat", 2_000);
    let search = Kind::Search { query: Some("where is ada".into()), hits: 0 };
    process.recorder.record(search, Some(&"ada".parse().unwrap()), None);
    process.journal().await;
    process.collector.publisher.publish(true).await.unwrap();
    for _ in 0..2 {
        world.service.forget(&"ada".parse().unwrap()).await.unwrap();
        let events = world.events("2026-11-29").await;
        assert_eq!(events.iter().map(|event| event.profile.is_some()).collect::<Vec<_>>(), [false, true, false]);
        assert_eq!(events[2].kind, Kind::Search { query: None, hits: 0 });
        assert_eq!(world.stores.documents.count(&record::CHOICES).await.unwrap(), 0);
    }
    assert_eq!(world.total("watched_millis").await, 3_000);
}

#[tokio::test]
async fn an_account_that_is_deleted_has_no_months_any_more() {
    let world = World::new().await;
    let process = world.process();
    for profile in ["ada", "bob"] {
        process.watch(profile, "heat", 1_000);
    }
    process.publish().await.unwrap();
    world.service.forget_account(&"adas-account".parse().unwrap()).await.unwrap();
    let left: Vec<_> = world.accounts().await.into_iter().map(|record| record.account.to_string()).collect();
    assert_eq!(left, ["bobs-account"]);
}
