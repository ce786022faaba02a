//! Who deletes what a title was moved from, while others delete it too, or move the title back there.

use super::*;
use crate::placement::PlaceError;

/// Longer than a claim.
const CLAIM_OVER: u64 = 21 * 60 * 1000;

/// A title that was moved to the flat store; the place before is due.
async fn moved() -> Bench {
    let bench = Bench::new().await;
    let node = bench.node();
    node.request(StoreRole::Flat).await;
    node.move_all().await;
    bench.pass(RETIRED_FOR_MILLIS);
    bench
}

/// Deletes what is due, whatever comes of it.
fn sweep_of(node: &Node) -> impl Future<Output = ()> + Send + 'static {
    let (placements, media) = (node.placements.clone(), node.media.clone());
    async move {
        let claim = placements.to_delete(&title()).await.unwrap();
        let _ = placements.sweep(&title(), &claim, &media).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_delete_at_once_at_any_operation_leave_a_film_whole_that_is_moved_back() {
    // Of the first, time passes while it waits; of the second, its clock is ahead.
    for (passes, ahead) in [(CLAIM_OVER, 0), (0, CLAIM_OVER)] {
        let mut tried = 0;
        for nth in 1.. {
            let bench = moved().await;
            let (slow, other) = (bench.node(), bench.node_ahead(ahead));
            let back = async {
                bench.pass(passes);
                other.sweep().await;
                other.request(StoreRole::PerView).await;
                other.mover.look().await.unwrap();
            };
            if !slow.begin_and_meanwhile(nth, sweep_of(&slow), back).await {
                break;
            }
            tried = nth;
            let when = format!("{passes} ms passed, {ahead} ms ahead, operation {nth}");
            bench.assert_plays_whole("first", &when).await;
            for _ in 0..3 {
                bench.pass(CLAIM_OVER);
                bench.node().sweep().await;
            }
            bench.node().move_all().await;
            assert_eq!(bench.plays().await.unwrap().store, StoreRole::PerView, "{when}");
            bench.pass(TWO_DAYS);
            bench.node().sweep().await;
            bench.assert_plays_whole("first", &when).await;
            assert_eq!(bench.lies(bench.first, StoreRole::Flat).await, BTreeMap::new(), "{when}");
            assert_eq!(bench.node().placements.due(10).await.unwrap(), [], "{when}");
        }
        assert!(tried > 10, "it was tried at {tried} operations");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lost_their_claim_deletes_nothing_and_leaves_the_claim_of_the_other() {
    let bench = moved().await;
    let (slow, other) = (bench.node(), bench.node_ahead(CLAIM_OVER));
    let lost = slow.placements.to_delete(&title()).await.unwrap();
    let own = other.placements.to_delete(&title()).await.unwrap();
    assert_eq!(lost.places(), own.places());
    let claimed = slow.placements.record(&title()).await.unwrap().unwrap().retired;
    let outcome = slow.placements.sweep(&title(), &lost, &slow.media).await;
    assert!(matches!(outcome, Err(PlaceError::ClaimLost)), "{outcome:?}");
    assert_eq!(slow.placements.record(&title()).await.unwrap().unwrap().retired, claimed);
    assert!(bench.lies(bench.first, StoreRole::PerView).await == film("first"));
    other.placements.sweep(&title(), &own, &other.media).await.unwrap();
    assert_eq!(bench.lies(bench.first, StoreRole::PerView).await, BTreeMap::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_time_left_at_any_operation_deletes_no_more_and_another_goes_on_with_it() {
    let mut tried = 0;
    for nth in 1.. {
        let bench = moved().await;
        let node = bench.node();
        let mut before = 0;
        let late = async {
            before = bench.lies(bench.first, StoreRole::PerView).await.len();
            bench.pass(CLAIM_OVER / 2);
        };
        if !node.begin_and_meanwhile(nth, sweep_of(&node), late).await {
            break;
        }
        tried = nth;
        let left = bench.lies(bench.first, StoreRole::PerView).await.len();
        // The manifest is deleted by itself, before the others.
        assert!(before < film("first").len() || left + 1 >= before, "operation {nth}: {before} before, {left} after");
        for _ in 0..2 {
            bench.pass(CLAIM_OVER);
            bench.node().sweep().await;
        }
        assert_eq!(bench.lies(bench.first, StoreRole::PerView).await, BTreeMap::new(), "operation {nth}");
        assert_eq!(bench.node().placements.due(10).await.unwrap(), [], "operation {nth}");
    }
    assert!(tried > 8, "it was late at {tried} operations");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_store_that_is_away_keeps_nothing_of_what_lies_in_the_other() {
    for is_first in [true, false] {
        let bench = Bench::new().await;
        let node = bench.node();
        let place = |store| Location { generation: bench.first, store };
        let placements = &node.placements;
        if is_first {
            node.request(StoreRole::Flat).await;
            node.mover.look().await.unwrap();
        } else {
            node.request(StoreRole::Flat).await;
            node.faults.refuse(MANIFEST_FILE);
            node.mover.look().await.unwrap();
        }
        placements.withdraw(&title()).await.unwrap();
        let without = MediaStore::new(bench.stores.objects.backend());
        let claim = placements.to_delete(&title()).await.unwrap();
        assert!(claim.places().contains(&place(StoreRole::Flat)) && claim.places().contains(&place(StoreRole::PerView)));
        let outcome = placements.sweep(&title(), &claim, &without).await;
        assert!(matches!(outcome, Err(PlaceError::Objects(_))), "{outcome:?}");
        assert_eq!(bench.lies(bench.first, StoreRole::PerView).await, BTreeMap::new());
        let left = placements.record(&title()).await.unwrap().unwrap().retired;
        assert_eq!(left.iter().map(|retired| retired.location()).collect::<Vec<_>>(), [place(StoreRole::Flat)]);
        assert_eq!(placements.due(10).await.unwrap(), [title()], "the rest is due");
        node.sweep().await;
        bench.pass(TWO_DAYS);
        node.sweep().await;
        assert_eq!(bench.everything().await, Vec::<String>::new());
        assert_eq!(placements.record(&title()).await.unwrap(), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn titles_that_wait_to_be_moved_keep_no_other_waiting() {
    let bench = Bench::new().await;
    let node = bench.node();
    for number in 0..100 {
        let waits: TitleId = format!("waits-{number}").parse().unwrap();
        let begun = node.placements.begin(&waits, "content", None).await.unwrap();
        // The catalogue was not told of it.
        node.placements.publish(&waits, begun.generation, None).await.unwrap();
        node.placements.request_move(&waits, StoreRole::Flat).await.unwrap();
    }
    bench.pass(1);
    node.request(StoreRole::Flat).await;
    for _ in 0..3 {
        node.mover.look().await.unwrap();
    }
    assert_eq!(bench.plays().await.unwrap().store, StoreRole::Flat);
    assert_eq!(node.mover.counts().failures, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_for_which_there_is_no_room_is_given_up_and_what_was_copied_is_deleted() {
    for end in ["a0/seg_00001.m4s", "move.json", MANIFEST_FILE] {
        let bench = Bench::new().await;
        let node = bench.node();
        node.request(StoreRole::Flat).await;
        node.faults.fill(end);
        assert_eq!(node.mover.look().await.unwrap(), 0);
        assert_eq!((node.mover.counts().failures, node.placements.count_moves().await.unwrap()), (1, 0), "{end}");
        node.sweep().await;
        assert_eq!(bench.everything().await.len(), film("first").len(), "{end}: what was copied is gone");
        assert_eq!(bench.plays().await, Some(Location::per_view(bench.first)), "{end}");
        bench.assert_plays_whole("first", end).await;
        let again = bench.node();
        assert_eq!(again.request(StoreRole::Flat).await, MoveRequest::Requested);
        again.move_all().await;
        bench.pass(TWO_DAYS);
        again.sweep().await;
        bench.assert_plays_whole("first", end).await;
    }
}
