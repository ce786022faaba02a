//! How long what was collected is kept where the config changes: what it says now counts, for what is there already.

use super::*;

const DAY: &str = "2026-11-29";

/// The same stores under a config that keeps events for so many days, sums by the hour for as many, and those by the day for twice as many.
fn configured(world: &World, days: u64) -> Usage {
    Usage::new(Dependencies {
        documents: Arc::clone(&world.stores.documents),
        keyvalue: Arc::clone(&world.stores.keyvalue),
        objects: world.stores.objects.clone(),
        tombstones: Arc::new(Gone::default()),
        settings: Settings {
            events_days: Bounded::of(days),
            hourly_days: Bounded::of(days),
            daily_days: Bounded::of(2 * days),
            ..Settings::default()
        },
        time: world.service.time.clone(),
        clock: world.service.clock.clone(),
    })
}

/// A day of five parts that are one file since, with a search of somebody and a process that is over.
async fn a_day_that_is_over() -> World {
    let world = World::new().await;
    let process = world.process();
    for number in 0..5 {
        process.watch("ada", &format!("title-{number}"), 1_000);
        let search = Kind::Search { query: Some("dune".into()), hits: 0 };
        process.recorder.record(search, Some(&"ada".parse().unwrap()), None);
        process.journal().await;
        process.collector.publisher.publish(true).await.unwrap();
    }
    world.pass(3 * OF_A_DAY);
    let key = format!("{DAY_KEYS}{DAY}");
    assert!(world.stores.keyvalue.delete(&key, storage::keyvalue::Expect::Anything).await.unwrap());
    compaction::sweep(&world.service).await.unwrap();
    assert_eq!(world.events(DAY).await.len(), 10);
    world
}

/// Events, documents of hours and of days, queries, records of compaction.
async fn there(world: &World) -> [usize; 5] {
    let rollups = world.rollups().await;
    let of = |period: &str| rollups.iter().filter(|record| record.period == period).count().min(1);
    let count = async |collection| usize::try_from(world.stores.documents.count(collection).await.unwrap()).unwrap();
    let (queries, compactions) = (count(&queries::QUERIES).await, count(&compaction::COMPACTIONS).await);
    [world.events(DAY).await.len(), of("hour"), of("day"), queries, compactions]
}

#[tokio::test]
async fn days_that_are_to_be_kept_for_less_go_however_long_ago_they_were() {
    let world = a_day_that_is_over().await;
    world.pass(70 * OF_A_DAY);
    let shorter = configured(&world, 10);
    retention::sweep(&shorter).await.unwrap();
    assert_eq!(there(&world).await, [0; 5]);
    assert_eq!(parts::of_day(&world.stores.objects, DAY).await.unwrap(), []);
}

#[tokio::test]
async fn days_that_are_to_be_kept_for_longer_stay_and_are_read() {
    let world = a_day_that_is_over().await;
    let longer = configured(&world, 1000);
    for _ in 0..10 {
        world.pass(90 * OF_A_DAY);
        retention::sweep(&longer).await.unwrap();
        compaction::compact(&longer, DAY).await.unwrap();
        assert_eq!(there(&world).await, [10, 1, 1, 1, 1]);
    }
    world.pass(100 * OF_A_DAY);
    retention::sweep(&longer).await.unwrap();
    assert_eq!(there(&world).await, [0, 0, 1, 0, 0], "sums of days are kept for longer");
}

#[tokio::test]
async fn a_file_whose_record_an_older_build_deleted_is_read_until_its_day_is_too_old() {
    let world = a_day_that_is_over().await;
    world.pass(400 * OF_A_DAY);
    let before = world.events(DAY).await.len();
    while crate::services::keepers::expire(
        &*world.stores.documents,
        &compaction::COMPACTIONS,
        ("by_expires", "expires"),
        world.service.clock.millis(),
    )
    .await
    .unwrap()
        > 0
    {}
    assert_eq!((world.stores.documents.count(&compaction::COMPACTIONS).await.unwrap(), before), (0, 10));
    assert_eq!(world.events(DAY).await.len(), before);
    retention::sweep(&world.service).await.unwrap();
    assert_eq!(there(&world).await, [0, 0, 1, 0, 0]);
}

#[tokio::test]
async fn a_clock_that_is_ahead_or_behind_deletes_nothing_and_after_a_true_pause_it_goes_on_in_an_hour() {
    let world = a_day_that_is_over().await;
    let (before, hour) = (there(&world).await, 60 * 60 * 1000);
    let looked = async || (retention::look(&world.service).await, there(&world).await, world.accounts().await.len());
    // At the first start of a build that has a mark what is stored says until when time passed.
    world.pass(35 * OF_A_DAY);
    assert_eq!(looked().await, (false, before, 1));
    world.now.fetch_sub(35 * OF_A_DAY, Ordering::Relaxed);
    assert_eq!(looked().await, (true, before, 1));
    for days in [35, 90, 800, 4_000] {
        world.pass(days * OF_A_DAY);
        assert_eq!(looked().await, (false, before, 1), "{days} days ahead");
        world.now.fetch_sub(days * OF_A_DAY, Ordering::Relaxed);
    }
    world.now.fetch_sub(300 * OF_A_DAY, Ordering::Relaxed);
    assert_eq!(looked().await, (false, before, 1));
    world.pass(4_300 * OF_A_DAY);
    assert_eq!(looked().await, (false, before, 1));
    world.pass(hour);
    world.uptime.fetch_add(hour, Ordering::Relaxed);
    assert_eq!(looked().await, (true, [0; 5], 0));
}

#[tokio::test]
async fn what_is_published_by_a_clock_in_doubt_is_stored_however_old_it_seems() {
    let world = World::new().await;
    let hour = 60 * 60 * 1000;
    // The mark says until when time passed.
    assert!(retention::look(&world.service).await);
    let killed = world.process();
    killed.watch("ada", "heat", 1_000);
    killed.journal().await;
    drop(killed);
    let process = world.process();
    process.watch("bob", "heat", 2_000);
    process.journal().await;
    // Past what is kept of events.
    world.pass(200 * OF_A_DAY);
    process.collector.publisher.adopt().await.unwrap();
    assert_eq!((world.events(DAY).await.len(), world.segments()), (1, 1), "of one that was killed");
    process.collector.close().await;
    assert_eq!((world.events(DAY).await.len(), world.segments()), (2, 0), "at the stop");
    world.now.fetch_sub(200 * OF_A_DAY, Ordering::Relaxed);
    assert!(retention::look(&world.service).await);
    assert_eq!((world.total("watched_millis").await, world.events(DAY).await.len()), (3_000, 2));

    // A pause that was one: what still waits is too old once the clock is believed, and what was stored meanwhile goes.
    let last = world.process();
    last.watch("ada", "heat", 4_000);
    last.journal().await;
    world.pass(200 * OF_A_DAY);
    assert!(!retention::look(&world.service).await);
    world.pass(hour);
    world.uptime.fetch_add(hour, Ordering::Relaxed);
    assert!(retention::look(&world.service).await);
    last.collector.close().await;
    assert_eq!((world.events(DAY).await.len(), world.segments()), (0, 0));
}
