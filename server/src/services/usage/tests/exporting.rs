//! What can be found of somebody is told to them, and nothing of anybody else.

use super::*;

#[tokio::test]
async fn what_a_profile_did_and_asked_is_exported_while_it_can_be_known_that_it_was_theirs() {
    let world = World::new().await;
    let process = world.process();
    let search = |query: &str| Kind::Search { query: Some(query.into()), hits: 0 };
    process.watch("ada", "heat", 1_000);
    process.watch("bob", "alien", 2_000);
    process.recorder.record(search("where is ada"), Some(&"ada".parse().unwrap()), None);
    process.recorder.record(search("where is bob"), Some(&"bob".parse().unwrap()), None);
    process.journal().await;
    process.collector.publisher.publish(true).await.unwrap();
    let export = async |profile: &str| world.service.export(&profile.parse().unwrap()).await.unwrap();
    for _ in 0..3 {
        let kept = export("ada").await;
        let events = kept["usage_events"].as_array().unwrap();
        let kinds: Vec<&str> = events.iter().map(|event| event["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["playback_renewed", "search"], "{events:?}");
        assert_eq!((&events[0]["title"], events[0].get("profile")), (&"heat".into(), None));
        assert_eq!(kept["usage_queries"], serde_json::json!([{ "day": "2026-11-29", "query": "where is ada" }]));
        // The day after it is the same.
        world.pass(OF_A_DAY);
    }
    world.stores.keyvalue.delete("usage/day-key/2026-11-29", storage::keyvalue::Expect::Anything).await.unwrap();
    assert!(export("ada").await.is_empty(), "nobody can say whose it was");
    assert!(export("eve").await.is_empty());
}
