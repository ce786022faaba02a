//! What somebody else does to a title at any operation of its move.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_title_that_is_deleted_at_any_operation_of_its_move_leaves_nothing_in_either_store() {
    let mut tried = 0;
    for nth in 1.. {
        let bench = Bench::new().await;
        let (node, beside) = (bench.node(), bench.node());
        node.request(StoreRole::Flat).await;
        let deleted = async {
            beside.placements.withdraw(&title()).await.unwrap();
            beside.sweep().await;
        };
        if !node.look_and_meanwhile(nth, deleted).await {
            break;
        }
        tried = nth;
        assert_eq!(bench.plays().await, None, "deleted at operation {nth}");
        beside.sweep().await;
        let left = bench.everything().await;
        assert_eq!(left, Vec::<String>::new(), "deleted at operation {nth}");
        bench.pass(TWO_DAYS);
        beside.sweep().await;
        assert_eq!(beside.placements.record(&title()).await.unwrap(), None, "deleted at operation {nth}: nothing is left to do");
    }
    assert!(tried > 30, "it was deleted at {tried} operations");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_that_is_replaced_at_any_operation_of_its_move_leaves_the_new_one_where_it_is_wanted() {
    let mut tried = 0;
    for nth in 1.. {
        let bench = Bench::new().await;
        let (node, beside) = (bench.node(), bench.node());
        node.request(StoreRole::Flat).await;
        let replaced = async {
            bench.replace("second").await;
        };
        if !node.look_and_meanwhile(nth, replaced).await {
            break;
        }
        tried = nth;
        let when = format!("replaced at operation {nth}");
        beside.sweep().await;
        bench.assert_plays_whole("second", &when).await;
        assert_eq!(bench.plays().await.unwrap().store, StoreRole::Flat, "{when}: it was imported to where the title was to lie");
        assert!(bench.lies(bench.first, StoreRole::PerView).await == film("first"), "{when}: a grant may still name it");
        bench.pass(RETIRED_FOR_MILLIS);
        beside.sweep().await;
        bench.pass(TWO_DAYS);
        beside.sweep().await;
        bench.assert_plays_whole("second", &when).await;
        assert_eq!(bench.everything().await.len(), film("second").len(), "{when}: {:?}", bench.everything().await);
    }
    assert!(tried > 30, "it was replaced at {tried} operations");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_added_to_a_film_at_any_operation_of_its_move_is_there_after_it() {
    let mut tried = 0;
    for nth in 1.. {
        let bench = Bench::new().await;
        let (node, beside) = (bench.node(), bench.node());
        node.request(StoreRole::Flat).await;
        let added = async {
            beside.placements.publish(&title(), bench.first, Some(bench.first)).await.unwrap();
            let store = beside.placements.current(&title()).await.unwrap().unwrap().store;
            for (name, bytes) in [("v480/seg_00001.m4s", b"more".to_vec()), (MANIFEST_FILE, manifest("first", 2))] {
                let key = MediaStore::key(&title(), bench.first, name);
                beside.media.store(store).unwrap().put(&key, bytes.into()).await.unwrap();
            }
            beside.placements.told(&title(), bench.first, None).await.unwrap();
        };
        if !node.look_and_meanwhile(nth, added).await {
            break;
        }
        tried = nth;
        node.move_all().await;
        assert_eq!(bench.plays().await.unwrap().store, StoreRole::Flat);
        let there = bench.lies(bench.first, StoreRole::Flat).await;
        assert_eq!(there.get("v480/seg_00001.m4s").map(|bytes| &bytes[..]), Some(&b"more"[..]), "added at operation {nth}");
        assert_eq!(there[MANIFEST_FILE], manifest("first", 2), "added at operation {nth}");
    }
    assert!(tried > 30, "it was added to at {tried} operations");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_that_is_moved_back_stays_whole_though_the_time_of_its_old_place_runs_out_at_any_operation() {
    let mut tried = 0;
    for nth in 1.. {
        let bench = Bench::new().await;
        let (node, beside) = (bench.node(), bench.node());
        node.request(StoreRole::Flat).await;
        node.move_all().await;
        bench.pass(RETIRED_FOR_MILLIS / 2);
        assert_eq!(node.request(StoreRole::PerView).await, MoveRequest::Requested);
        let due = async {
            bench.pass(RETIRED_FOR_MILLIS / 2);
            beside.sweep().await;
            bench.assert_plays_whole("first", "while it moves").await;
        };
        let again = bench.node();
        if !again.look_and_meanwhile(nth, due).await {
            break;
        }
        tried = nth;
        again.move_all().await;
        let when = format!("due at operation {nth}");
        assert_eq!(bench.plays().await.unwrap().store, StoreRole::PerView, "{when}");
        for _ in 0..2 {
            bench.assert_plays_whole("first", &when).await;
            bench.pass(TWO_DAYS);
            beside.sweep().await;
        }
        assert_eq!(bench.lies(bench.first, StoreRole::Flat).await, BTreeMap::new(), "{when}");
        assert_eq!(beside.placements.due(10).await.unwrap(), [], "{when}");
    }
    assert!(tried > 20, "it was due at {tried} operations");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_somebody_began_to_delete_is_emptied_before_a_title_is_moved_there() {
    let bench = Bench::new().await;
    let (node, killed) = (bench.node(), bench.node());
    node.request(StoreRole::Flat).await;
    node.move_all().await;
    bench.pass(RETIRED_FOR_MILLIS);
    // Killed between the claim and the deleting.
    let claimed = killed.placements.to_delete(&title()).await.unwrap();
    assert_eq!(claimed.places(), [Location { generation: bench.first, store: StoreRole::PerView }]);
    assert_eq!(node.request(StoreRole::PerView).await, MoveRequest::Requested);
    assert_eq!(node.mover.look().await.unwrap(), 0, "it waits");
    assert_eq!(bench.plays().await.unwrap().store, StoreRole::Flat);
    assert_eq!(node.placements.due(10).await.unwrap(), [], "whoever claimed it may be at it");
    assert_eq!(node.placements.to_delete(&title()).await.unwrap().places(), [], "one deletes at a time");
    bench.pass(TWO_DAYS);
    assert_eq!(node.placements.due(10).await.unwrap(), [title()], "they are not any more: whoever looks goes on with it");
    node.sweep().await;
    assert_eq!(bench.lies(bench.first, StoreRole::PerView).await, BTreeMap::new());
    assert_eq!(bench.node().mover.look().await.unwrap(), 0, "by their own clock they may have time left: it waits");
    bench.pass(TWO_DAYS);
    node.sweep().await;
    bench.node().move_all().await;
    assert_eq!(bench.plays().await.unwrap().store, StoreRole::PerView);
    bench.assert_plays_whole("first", "after the way back").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_is_given_up_and_asked_for_again_at_any_operation_misses_nothing_that_was_deleted_between() {
    let mut tried = 0;
    for nth in 1.. {
        let bench = Bench::new().await;
        let (node, beside) = (bench.node(), bench.node());
        node.request(StoreRole::Flat).await;
        let again = async {
            if beside.request(StoreRole::PerView).await == MoveRequest::Cancelled {
                beside.sweep().await;
                assert_eq!(beside.request(StoreRole::Flat).await, MoveRequest::Requested);
            }
        };
        if !node.look_and_meanwhile(nth, again).await {
            break;
        }
        tried = nth;
        let when = format!("asked for again at operation {nth}");
        bench.assert_plays_whole("first", &when).await;
        beside.sweep().await;
        if beside.placements.count_moves().await.unwrap() > 0 {
            bench.node().move_all().await;
        }
        bench.assert_plays_whole("first", &when).await;
        bench.pass(TWO_DAYS);
        beside.sweep().await;
        bench.assert_plays_whole("first", &when).await;
    }
    assert!(tried > 30, "it was asked for again at {tried} operations");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_is_given_up_leaves_the_title_where_it_lies_and_nothing_in_the_other_store() {
    let mut tried = 0;
    for nth in 1.. {
        let bench = Bench::new().await;
        let (node, beside) = (bench.node(), bench.node());
        node.request(StoreRole::Flat).await;
        let mut is_swapped = false;
        let given_up = async {
            is_swapped = beside.request(StoreRole::PerView).await != MoveRequest::Cancelled;
            beside.sweep().await;
        };
        if !node.look_and_meanwhile(nth, given_up).await {
            break;
        }
        tried = nth;
        if is_swapped {
            continue;
        }
        assert_eq!(bench.plays().await.unwrap().store, StoreRole::PerView, "given up at operation {nth}");
        bench.pass(TWO_DAYS);
        beside.sweep().await;
        assert_eq!(bench.lies(bench.first, StoreRole::Flat).await, BTreeMap::new(), "given up at operation {nth}");
        bench.assert_plays_whole("first", &format!("given up at operation {nth}")).await;
        assert_eq!(bench.everything().await.len(), film("first").len(), "given up at operation {nth}");
    }
    assert!(tried > 30, "it was given up at {tried} operations");
}
