//! Nothing of whoever is gone: neither in documents nor in events, whenever what they did comes in.

use storage::keyvalue::Expect;

use super::*;

const DAY: &str = "2026-11-29";

async fn forget(world: &World, profile: &str) {
    world.service.forget(&profile.parse().unwrap()).await.unwrap();
    forgetting::sweep(&world.service).await.unwrap();
}

/// Which events of the day are somebody's.
async fn named(world: &World) -> Vec<bool> {
    world.events(DAY).await.iter().map(|event| event.profile.is_some()).collect()
}

async fn store(process: &Process) {
    process.journal().await;
    process.collector.publisher.publish(true).await.unwrap();
}

#[tokio::test]
async fn a_profile_that_is_deleted_is_nobody_in_the_events_of_the_days_whose_key_is_there() {
    let world = World::new().await;
    let process = world.process();
    world.service.choices.put(&"ada".parse().unwrap(), false).await.unwrap();
    process.watch("ada", "heat", 1_000);
    process.watch("bob", "heat", 2_000);
    let search = Kind::Search { query: Some("where is ada".into()), hits: 0 };
    process.recorder.record(search, Some(&"ada".parse().unwrap()), None);
    store(&process).await;
    for _ in 0..2 {
        forget(&world, "ada").await;
        assert_eq!(named(&world).await, [false, true, false]);
        assert_eq!(world.events(DAY).await[2].kind, Kind::Search { query: None, hits: 0 });
        assert_eq!(world.stores.documents.count(&record::CHOICES).await.unwrap(), 0);
    }
    assert_eq!(world.total("watched_millis").await, 3_000);
}

#[tokio::test]
async fn a_deletion_reads_no_events_and_those_of_many_profiles_are_taken_out_in_one_pass() {
    let world = World::new().await;
    let process = world.process();
    for (profile, watched) in [("ada", 1_000), ("bob", 2_000), ("eve", 3_000)] {
        process.watch(profile, "heat", watched);
        store(&process).await;
    }
    for profile in ["ada", "eve"] {
        world.service.forget(&profile.parse().unwrap()).await.unwrap();
    }
    assert_eq!(named(&world).await, [true; 3], "not in the request");
    // Another node is at it.
    let lease = world.stores.keyvalue.put("usage/forgetting", bytes::Bytes::new(), Expect::Absent, None).await.unwrap();
    forgetting::sweep(&world.service).await.unwrap();
    assert_eq!(named(&world).await, [true; 3], "one at a time among all nodes");
    world.stores.keyvalue.delete("usage/forgetting", Expect::Version(lease)).await.unwrap();
    let (one, other) = tokio::join!(forgetting::sweep(&world.service), forgetting::sweep(&world.service));
    one.and(other).unwrap();
    // Each lies in a file of its own, and these are in no order.
    let still_named = world.events(DAY).await.into_iter().filter(|event| event.profile.is_some());
    let watched = |event: Event| match event.kind {
        Kind::PlaybackRenewed(playback) => playback.watched_millis,
        other => panic!("{other:?}"),
    };
    assert_eq!(still_named.map(watched).collect::<Vec<_>>(), [2_000]);
    let noted = world.stores.documents.list(&forgetting::FORGOTTEN, None, 10).await.unwrap().documents;
    assert!(noted.len() == 2 && noted.iter().all(|note| note.body.get("due").is_none()), "{noted:?}");
    assert!(!has_word(&format!("{noted:?}"), "ada"));
    world.pass(4 * OF_A_DAY);
    retention::sweep(&world.service).await.unwrap();
    assert_eq!(world.stores.documents.count(&forgetting::FORGOTTEN).await.unwrap(), 0, "by then they are nobody's");
}

#[tokio::test]
async fn what_a_journal_tells_late_of_whoever_is_gone_is_nobodys_and_no_accounts() {
    let world = World::new().await;
    let killed = world.process();
    killed.watch("ada", "heat", 1_000);
    let search = Kind::Search { query: Some("where is ada".into()), hits: 0 };
    killed.recorder.record(search, Some(&"ada".parse().unwrap()), None);
    killed.journal().await;
    drop(killed);
    // Both passes of the deletion, while the machine is away.
    for _ in 0..2 {
        forget(&world, "ada").await;
        world.service.forget_account(&"adas-account".parse().unwrap()).await.unwrap();
    }
    world.gone.store(true, Ordering::SeqCst);
    world.process().collector.publisher.adopt().await.unwrap();
    assert_eq!((world.segments(), world.accounts().await.len()), (0, 0));
    assert_eq!(named(&world).await, [false, false]);
    let queries = world.stores.documents.list(&queries::QUERIES, None, 10).await.unwrap().documents;
    assert!(!format!("{queries:?}{:?}", world.events(DAY).await).contains("where is ada"));
    assert_eq!(world.total("watched_millis").await, 1_000, "it was watched");
}

#[tokio::test]
async fn a_part_that_cannot_be_read_keeps_nobody_in_the_others_and_without_the_days_key_nothing_is_left_to_do() {
    let world = World::new().await;
    let process = world.process();
    process.watch("ada", "heat", 1_000);
    store(&process).await;
    let damaged = storage::objects::ObjectKey::usage_events(DAY, Some("0-damaged.parquet")).unwrap();
    world.stores.objects.put(&damaged, bytes::Bytes::from_static(b"no Parquet")).await.unwrap();
    world.service.forget(&"ada".parse().unwrap()).await.unwrap();
    forgetting::sweep(&world.service).await.unwrap_err();
    world.stores.objects.delete(&damaged).await.unwrap();
    assert_eq!(named(&world).await, [false]);
    assert!(world.stores.keyvalue.delete(&format!("{DAY_KEYS}{DAY}"), Expect::Anything).await.unwrap());
    forgetting::sweep(&world.service).await.unwrap();
    let noted = world.stores.documents.list(&forgetting::FORGOTTEN, None, 10).await.unwrap().documents;
    assert!(noted.iter().all(|note| note.body.get("due").is_none()), "there is nothing to be done about it");
}

#[tokio::test]
async fn an_account_that_is_deleted_has_no_months_any_more() {
    let world = World::new().await;
    let process = world.process();
    for profile in ["ada", "bob"] {
        process.watch(profile, "heat", 1_000);
    }
    process.publish().await.unwrap();
    let body = serde_json::json!({ "account": "adas-account" });
    let write = storage::documents::Write { id: "adas-account/2026-10".into(), body, expect: Expect::Absent };
    world.stores.documents.put(&record::ACCOUNTS, write).await.unwrap();
    world.service.forget_account(&"adas-account".parse().unwrap()).await.unwrap();
    let left: Vec<_> = world.accounts().await.into_iter().map(|record| record.account.to_string()).collect();
    assert_eq!(left, ["bobs-account"], "nor one that does not say which month it is");
}

#[tokio::test]
async fn months_that_are_told_no_more_are_kept_no_more() {
    let world = World::new().await;
    let process = world.process();
    process.watch("ada", "heat", 1_000);
    process.publish().await.unwrap();
    // 2028-11-30, and the month after.
    for (days, left) in [(732, 1), (5, 0)] {
        world.pass(days * OF_A_DAY);
        retention::sweep(&world.service).await.unwrap();
        assert_eq!(world.accounts().await.len(), left, "after {days} more days");
    }
}
