//! Tests of a kill between any two writes, and of a write that is refused each time: what is left is done by the next look, once, and nothing piles up.

use std::sync::atomic::AtomicI64;

use storage::documents::{Expect, Write};

use super::*;
use crate::test_support::interposed::{Interpose, Interposed};

/// A process that is gone after so many writes: the next one is never made, or is made and nobody hears of it. Or one whose writes to a
/// collection are refused.
struct Dying {
    left: AtomicI64,
    is_written: bool,
    refused: Option<&'static str>,
}

#[async_trait]
impl Interpose for Dying {
    async fn write<T: Send>(
        &self,
        collection: &Collection,
        write: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        if self.refused == Some(&*collection.name) {
            return Err(StoreError::Unavailable { reason: "refused".to_owned() });
        }
        let left = self.left.fetch_sub(1, Ordering::SeqCst);
        if left > 0 {
            return write.await;
        }
        if self.is_written && left == 0 {
            drop(write.await);
        }
        Err(StoreError::Unavailable { reason: "killed".to_owned() })
    }
}

/// What a world comes to: days without their attempts, what was decided, and what was asked for.
async fn outcome(world: &World) -> (Vec<DayRecord>, (i32, u64, u64, bool), [Option<bool>; 2]) {
    let days = world.days().await.into_iter().map(|day| DayRecord { attempt: String::new(), ..day }).collect();
    let decided = world.decided().await.unwrap();
    let asked = [world.placed("watched").await.to_flat, world.placed("idle").await.to_flat];
    (days, (decided.day, decided.titles, decided.moves, decided.is_pending), asked)
}

/// A world of which the next look makes two days, lets go of a decision, and asks for two moves.
async fn about_to_decide() -> World {
    let world = World::usual().await;
    world.watch("watched", 40).await;
    world.service.look().await.unwrap();
    world.pass(Duration::from_millis(OF_A_DAY));
    world.watch("watched", 30).await;
    world.pass(Duration::from_millis(OF_A_DAY));
    world.service.settings.choose(contract::storage_plan::StorageChoice::Flat).await.unwrap();
    world
}

#[tokio::test]
async fn a_kill_after_any_write_of_a_decision_only_delays_it_and_moves_are_asked_for_again() {
    let whole = about_to_decide().await;
    whole.service.look().await.unwrap();
    let expected = outcome(&whole).await;
    assert_eq!(expected.2, [Some(true), Some(true)]);
    let (mut kills, mut between) = (0, 0);
    for is_written in [false, true] {
        for writes in 0.. {
            let world = about_to_decide().await;
            let inner = Arc::clone(&world.stores.documents);
            let by = Dying { left: AtomicI64::new(writes), is_written, refused: None };
            let dying = Arc::new(Interposed { inner, by });
            let node = service(&world.places, dying, &world.stores);
            let inputs = node.inputs().await.unwrap();
            if node.look_alone(&inputs).await.is_ok() {
                assert!(writes > 5, "it takes {writes} writes");
                break;
            }
            kills += 1;
            let asked = [world.placed("watched").await.to_flat, world.placed("idle").await.to_flat];
            let is_decided = world.decided().await.is_some_and(|decided| decided.day == expected.1.0);
            assert!(is_decided || asked == [None, None], "nothing is asked for before it is decided: {asked:?}");
            between += u32::from(is_decided && asked != [Some(true), Some(true)]);
            let node = world.restarted();
            node.look().await.unwrap();
            assert_eq!(outcome(&world).await, expected, "after {writes} writes");
            world.is_tidy().await;
            assert!([world.placed("watched").await.asked, world.placed("idle").await.asked].iter().all(|asked| *asked == 1));
        }
    }
    assert!(kills > 12 && between > 1, "{kills} {between}");
}

#[tokio::test]
async fn a_write_that_is_refused_each_time_leaves_what_one_try_leaves() {
    for refused in ["storage_decisions", "storage_plan_days"] {
        let world = about_to_decide().await;
        let inner = Arc::clone(&world.stores.documents);
        let by = Dying { left: AtomicI64::new(i64::MAX), is_written: false, refused: Some(refused) };
        let dying = Arc::new(Interposed { inner, by });
        let node = service(&world.places, dying, &world.stores);
        let mut left = Vec::new();
        for _ in 0..4 {
            assert!(node.look().await.is_err(), "{refused}");
            left.push((world.ids(&ADVICE).await.len(), world.ids(&ROWS).await.len()));
            // What comes in between makes other rows.
            world.watch_at(world.millis() - OF_A_DAY, "idle", 1).await;
            world.put("idle", 50 + u64::try_from(left.len()).unwrap()).await;
        }
        assert!(left.iter().all(|count| *count == left[0]), "{refused}: {left:?}");
        world.restarted().look().await.unwrap();
        world.is_tidy().await;
    }
}

#[tokio::test]
async fn advice_that_nothing_names_goes_with_the_next_decision() {
    let world = about_to_decide().await;
    for number in 0..50 {
        let body = serde_json::to_value(record::AdviceRecord { decision: "of-a-kill".into(), ..Default::default() }).unwrap();
        let write = Write { id: format!("of-a-kill/{number:05}"), body, expect: Expect::Absent };
        world.stores.documents.put(&ADVICE, write).await.unwrap();
    }
    world.service.look().await.unwrap();
    world.is_tidy().await;
}

#[tokio::test]
async fn a_decision_that_cannot_be_read_is_decided_anew() {
    let world = World::usual().await;
    world.service.look().await.unwrap();
    let write = Write { id: DECISION_ID.to_owned(), body: json!({ "id": 7 }), expect: Expect::Anything };
    world.stores.documents.put(&DECISIONS, write).await.unwrap();
    world.service.look().await.unwrap();
    assert_eq!(world.shown().await.decision.unwrap().titles, 2);
    world.is_tidy().await;
}

#[tokio::test]
async fn a_lease_is_held_for_as_long_as_its_work_goes_on_and_runs_out_soon_after_a_kill() {
    let world = World::usual().await;
    let terms = lease::Terms { lasts: Duration::from_millis(600), renewed: Duration::from_millis(100) };
    let (at_work, other) = (Arc::clone(&world.service), world.restarted());
    let work = tokio::spawn(async move {
        let long = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            Ok(())
        };
        at_work.leased(terms, long).await
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut came_in = 0;
    while !work.is_finished() {
        let counted = async {
            came_in += u32::from(!work.is_finished());
            Ok(())
        };
        other.leased(terms, counted).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    work.await.unwrap().unwrap();
    assert_eq!(came_in, 0, "the lease is renewed");
    // Whoever is killed lets nobody wait for longer than a lease lasts.
    let at_work = Arc::clone(&world.service);
    let killed = tokio::spawn(async move { at_work.leased(terms, std::future::pending()).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    killed.abort();
    tokio::time::sleep(terms.lasts + Duration::from_millis(100)).await;
    let mut done = false;
    let work = async {
        done = true;
        Ok(())
    };
    other.leased(terms, work).await.unwrap();
    assert!(done && lease::TERMS.lasts <= Duration::from_secs(60) && lease::TERMS.renewed * 3 < lease::TERMS.lasts);
}

#[tokio::test]
async fn work_whose_lease_another_node_has_by_now_is_given_up() {
    let world = World::usual().await;
    let terms = lease::Terms { lasts: Duration::from_secs(60), renewed: Duration::from_millis(50) };
    let at_work = Arc::clone(&world.service);
    let work = tokio::spawn(async move { at_work.leased(terms, std::future::pending()).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let (anything, lasts) = (storage::keyvalue::Expect::Anything, Some(Duration::from_secs(60)));
    world.stores.keyvalue.put(lease::LEASE, bytes::Bytes::new(), anything, lasts).await.unwrap();
    let outcome = tokio::time::timeout(Duration::from_secs(10), work).await.expect("it goes on").unwrap();
    assert!(matches!(outcome, Err(StoreError::Conflict { .. })), "{outcome:?}");
}
