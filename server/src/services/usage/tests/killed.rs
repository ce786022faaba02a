//! Wherever a process is killed: each event is counted once, by whoever comes after it.

use super::*;

impl Process {
    /// Gone as by `kill -9`: what was journalled is the system's.
    fn kill(self) {
        drop(self);
    }
}

async fn adopt(world: &World) {
    let process = world.process();
    process.collector.publisher.adopt().await.unwrap();
}

/// What all documents and all Parquet say was watched.
async fn sums(world: &World) -> (u64, u64, u64) {
    let accounts: u64 = world.accounts().await.iter().map(|record| record.watched_millis).sum();
    let raw = world.events("2026-11-29").await.into_iter().map(|event| match event.kind {
        Kind::PlaybackRenewed(playback) => playback.watched_millis,
        _ => 0,
    });
    (world.total("watched_millis").await, accounts, raw.sum())
}

#[tokio::test]
async fn what_a_process_journalled_that_is_gone_is_counted_by_the_next_one() {
    let world = World::new().await;
    let process = world.process();
    process.watch("ada", "heat", 10_000);
    process.journal().await;
    process.watch("ada", "heat", 1);
    process.kill();
    assert_eq!(world.total("watched_millis").await, 0);
    adopt(&world).await;
    // What was in the queue is lost: nobody was told that it is kept.
    assert_eq!(sums(&world).await, (10_000, 10_000, 10_000));
    assert_eq!(world.segments(), 0);
    adopt(&world).await;
    assert_eq!(sums(&world).await, (10_000, 10_000, 10_000));
}

#[tokio::test]
async fn a_process_that_is_killed_between_any_two_writes_costs_no_event_and_counts_none_twice() {
    // As many writes as a segment takes, each time one fewer gets through.
    for writes in 0.. {
        let world = World::new().await;
        let process = world.process();
        for number in 0..40 {
            process.watch(["ada", "bob"][number % 2], &format!("title-{number}"), 1_000);
        }
        process.journal().await;
        let publishing = process.collector.publisher.publish(true);
        let whole = give_up_after(writes, publishing).await;
        process.kill();
        adopt(&world).await;
        assert_eq!(sums(&world).await, (40_000, 40_000, 40_000), "given up after {writes} polls");
        assert_eq!(world.segments(), 0);
        if whole {
            assert!(writes > 5, "nothing was broken off");
            return;
        }
    }
}

#[tokio::test]
async fn two_processes_count_in_the_same_documents_and_one_that_is_killed_leaves_the_others_alone() {
    let world = World::new().await;
    let (here, there) = (world.process(), world.process());
    for _ in 0..5 {
        here.watch("ada", "heat", 1_000);
        there.watch("bob", "heat", 10_000);
        let (one, other) = tokio::join!(here.publish(), there.publish());
        one.unwrap();
        other.unwrap();
    }
    here.watch("ada", "heat", 1_000);
    here.journal().await;
    here.kill();
    there.watch("bob", "heat", 10_000);
    there.publish().await.unwrap();
    assert_eq!(world.total("watched_millis").await, 65_000);
    let report = world.report(ReportKind::Totals).await;
    assert_eq!((report.lost, report.waiting), (0, 0), "it said how far it was when it counted last");
    there.collector.publisher.adopt().await.unwrap();
    assert_eq!(world.total("watched_millis").await, 66_000);
}

#[tokio::test]
async fn a_line_that_was_cut_off_is_counted_as_lost() {
    let world = World::new().await;
    let process = world.process();
    process.watch("ada", "heat", 1_000);
    process.journal().await;
    process.collector.intake.journal.lock().unwrap().append(b"{\"at_millis\":17").unwrap();
    process.kill();
    adopt(&world).await;
    let report = world.report(ReportKind::Totals).await;
    assert_eq!((world.total("watched_millis").await, report.lost), (1_000, 1));
}

#[tokio::test]
async fn a_line_that_cannot_be_read_is_lost_once_however_often_its_segment_is_looked_at() {
    let world = World::new().await;
    let process = world.process();
    process.close_with_an_unreadable_line().await;
    let report = world.report(ReportKind::Totals).await;
    assert_eq!((world.total("watched_millis").await, report.lost), (1_000, 1));
}

#[tokio::test]
async fn while_too_much_waits_for_the_object_store_what_comes_is_lost_and_counted_and_what_waits_stays() {
    let world = World::new().await;
    let process = world.process();
    process.watch("ada", "heat", 1_000);
    process.journal().await;
    let most = Settings::default().journal_megabytes.get() * MEGABYTE;
    // A file with a hole: as long as may be, of no bytes on the disk.
    let other = world.folder.path().join("usage/of-another");
    std::fs::create_dir(&other).unwrap();
    std::fs::File::create(other.join("0000000001.jsonl")).unwrap().set_len(most).unwrap();
    process.publish().await.unwrap();
    process.watch("ada", "heat", 10_000);
    process.journal().await;
    std::fs::remove_dir_all(&other).unwrap();
    process.publish().await.unwrap();
    process.watch("ada", "heat", 5);
    process.publish().await.unwrap();
    let report = world.report(ReportKind::Totals).await;
    assert_eq!((world.total("watched_millis").await, report.lost), (1_005, 1));
}

#[tokio::test]
async fn what_a_full_disk_refuses_is_counted_as_lost_and_what_comes_after_it_is_kept() {
    let world = World::new().await;
    let process = world.process();
    let folder = std::fs::read_dir(world.folder.path().join("usage")).unwrap().next().unwrap().unwrap().path();
    // A folder in the place of the first segment.
    std::fs::create_dir(folder.join("0000000001.jsonl")).unwrap();
    process.watch("ada", "heat", 1_000);
    process.collector.intake.finish().await.unwrap_err();
    std::fs::remove_dir(folder.join("0000000001.jsonl")).unwrap();
    process.watch("ada", "heat", 10_000);
    process.publish().await.unwrap();
    let report = world.report(ReportKind::Totals).await;
    assert_eq!((world.total("watched_millis").await, report.lost), (10_000, 1));
}

#[tokio::test]
async fn what_is_on_its_way_into_the_journal_gets_there_where_whoever_took_it_is_stopped_meanwhile() {
    let world = World::new().await;
    let process = world.process();
    let intake = &process.collector.intake;
    process.watch("ada", "heat", 1_000);
    assert!(!give_up_after(1, intake.clone().run()).await);
    intake.finish().await.unwrap();
    assert_eq!(intake.counts.journalled.load(Ordering::Relaxed), 1);
}
