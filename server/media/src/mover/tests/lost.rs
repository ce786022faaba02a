//! Titles whose film is lost where it plays, while the place that it was moved from still has it.

use super::*;

const HOUR: u64 = 60 * 60 * 1000;

/// A title that was moved to the flat store, whose place before is due, and of which these objects are lost where it plays.
async fn lost(is_lost: impl Fn(&str) -> bool) -> Bench {
    let bench = Bench::new().await;
    let node = bench.node();
    node.request(StoreRole::Flat).await;
    node.move_all().await;
    bench.pass(RETIRED_FOR_MILLIS);
    bench.lose(bench.first, StoreRole::Flat, is_lost).await;
    bench
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_whole_copy_is_not_deleted_and_is_played_from_again_without_a_copy() {
    for (what, end) in [("everything", ""), ("the manifest", MANIFEST_FILE), ("one segment", "a0/seg_00001.m4s")] {
        let bench = lost(|name| name.ends_with(end)).await;
        let node = bench.node();
        for _ in 0..3 {
            node.sweep().await;
            assert!(bench.lies(bench.first, StoreRole::PerView).await == film("first"), "{what}");
            let due = node.placements.record(&title()).await.unwrap().unwrap().due;
            assert_eq!(due, Some(bench.now.load(Relaxed) + HOUR), "{what}: it is looked again");
            bench.pass(HOUR);
        }
        assert_eq!(node.request(StoreRole::PerView).await, MoveRequest::Requested);
        node.move_all().await;
        assert_eq!(bench.plays().await, Some(Location::per_view(bench.first)), "{what}");
        bench.assert_plays_whole("first", what).await;
        assert_eq!(node.faults.puts(), Vec::<String>::new(), "{what}: nothing was copied");
        bench.pass(TWO_DAYS);
        node.sweep().await;
        assert_eq!(bench.lies(bench.first, StoreRole::Flat).await, BTreeMap::new(), "{what}");
        bench.assert_plays_whole("first", what).await;
        assert_eq!(node.placements.due(10).await.unwrap(), [], "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_deleted_once_what_plays_is_there_again() {
    let bench = lost(|name| name == "t0.vtt").await;
    let node = bench.node();
    node.sweep().await;
    let key = MediaStore::key(&title(), bench.first, "t0.vtt");
    node.media.store(StoreRole::Flat).unwrap().put(&key, Bytes::new().into()).await.unwrap();
    bench.pass(HOUR);
    node.sweep().await;
    assert_eq!(bench.lies(bench.first, StoreRole::PerView).await, BTreeMap::new());
    bench.assert_plays_whole("first", "after it").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_that_plays_from_a_store_which_is_not_configured_any_more_is_taken_back_from_where_it_was() {
    let bench = lost(|_| false).await;
    let node = bench.node();
    let one = MediaStore::new(bench.stores.objects.backend());
    let claim = node.placements.to_delete(&title()).await.unwrap();
    node.placements.sweep(&title(), &claim, &one).await.unwrap();
    assert!(bench.lies(bench.first, StoreRole::PerView).await == film("first"));
    node.request(StoreRole::PerView).await;
    let mover = Mover::new(node.placements.clone(), one, Arc::clone(&bench.stores.keyvalue), (bench.clock(), 1_000_000_000));
    assert_eq!(mover.look().await.unwrap(), 1);
    assert_eq!(bench.plays().await, Some(Location::per_view(bench.first)));
    bench.assert_plays_whole("first", "after it").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_whole_nowhere_stays_where_it_is() {
    let bench = lost(|name| name == MANIFEST_FILE).await;
    let node = bench.node();
    bench.lose(bench.first, StoreRole::PerView, |name| name == "v240/init.mp4").await;
    let (here, there) = (bench.lies(bench.first, StoreRole::PerView).await, bench.lies(bench.first, StoreRole::Flat).await);
    node.request(StoreRole::PerView).await;
    node.mover.look().await.unwrap();
    assert_eq!((bench.plays().await.unwrap().store, node.mover.counts().failures), (StoreRole::Flat, 1));
    bench.pass(TWO_DAYS);
    node.sweep().await;
    node.request(StoreRole::Flat).await;
    bench.pass(TWO_DAYS);
    node.sweep().await;
    assert!(bench.lies(bench.first, StoreRole::PerView).await == here);
    assert!(bench.lies(bench.first, StoreRole::Flat).await == there);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_of_which_an_object_is_lost_is_not_moved_as_if_it_were_whole() {
    let bench = Bench::new().await;
    let node = bench.node();
    let at = Location::per_view(bench.first);
    let whole = node.media.manifest(&title(), at).await.unwrap().unwrap();
    let extent = node.media.extent(&title(), at, &whole).await.unwrap();
    node.placements.note_extent(&title(), at, extent).await.unwrap();
    bench.lose(bench.first, StoreRole::PerView, |name| name == "v240/init.mp4").await;
    node.request(StoreRole::Flat).await;
    node.mover.look().await.unwrap();
    assert_eq!((bench.plays().await, node.mover.counts().failures), (Some(at), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_back_that_is_killed_or_refused_at_any_operation_is_gone_on_with() {
    let mut tried = 0;
    'operations: for nth in 1.. {
        for fault in [Fault::Ends, Fault::Refused] {
            let bench = lost(|name| name.starts_with("v240")).await;
            let node = bench.node();
            node.request(StoreRole::PerView).await;
            if !node.breaks_off(nth, fault).await {
                break 'operations;
            }
            tried = nth;
            let when = format!("{fault:?} at operation {nth}");
            assert!(bench.lies(bench.first, StoreRole::PerView).await.contains_key("v240/init.mp4"), "{when}");
            bench.lease_runs_out().await;
            let next = bench.node();
            next.sweep().await;
            next.move_all().await;
            assert_eq!(bench.plays().await, Some(Location::per_view(bench.first)), "{when}");
            bench.assert_plays_whole("first", &when).await;
            bench.pass(TWO_DAYS);
            next.sweep().await;
            bench.assert_plays_whole("first", &when).await;
            assert_eq!(next.placements.due(10).await.unwrap(), [], "{when}");
        }
    }
    assert!(tried > 15, "a fault was tried at {tried} operations");
}
