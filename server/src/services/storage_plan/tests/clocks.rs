//! Tests of clocks that are wrong for a while, and of nodes whose clocks differ.

use std::collections::BTreeSet;

use contract::storage_plan::StorageChoice;

use super::*;

const FAR: Duration = Duration::from_millis(500 * OF_A_DAY);

impl World {
    fn go_back(&self, time: Duration) {
        self.now.fetch_sub(u64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_clock_that_is_far_ahead_for_a_while_costs_no_day_that_is_known_and_leaves_none_that_is_to_come() {
    let world = World::usual().await;
    world.live(45, &[("watched", 40)]).await;
    let before = world.days().await;
    world.pass(FAR);
    world.restarted().look().await.unwrap();
    assert!(world.days().await.len() > before.len(), "a day of a time that is to come is made");
    world.go_back(FAR);
    // Also before it is looked again, nothing is said of days that are to come.
    let today = Day::new(i32::try_from(world.millis() / OF_A_DAY).unwrap());
    for is_settled in [false, true] {
        for bill in world.shown().await.bills {
            assert_eq!(bill.through, Some(today.plus(-1).to_string()), "{is_settled}");
            let (so_far, forecast) = (bill.so_far.total.unwrap().amount, bill.forecast.total.unwrap().amount);
            assert!(forecast >= so_far && forecast > 0, "{so_far} {forecast}");
        }
        let costs = world.service.costs(today.plus(-2), Day::parse("2031-01-01").unwrap()).await.unwrap();
        assert_eq!(costs.days.len(), 2);
        world.restarted().look().await.unwrap();
    }
    assert_eq!(world.days().await, before);
    assert_eq!(world.decided().await.unwrap().day, today.number());
    world.live(1, &[("watched", 40)]).await;
    assert_eq!(world.days().await.len(), before.len() + 1);
    world.is_tidy().await;
}

#[tokio::test]
async fn days_between_a_short_time_and_a_clock_far_ahead_go_when_it_is_right_again_and_push_none_out() {
    let world = World::usual().await;
    world.live(20, &[("watched", 40)]).await;
    let before = world.days().await;
    // All days in between are made, which are more than are kept.
    let far = Duration::from_millis(370 * OF_A_DAY);
    world.pass(far);
    world.restarted().look().await.unwrap();
    assert!(world.days().await.len() > 400, "nothing is deleted while the clock is doubted");
    world.go_back(far);
    world.restarted().look().await.unwrap();
    assert_eq!(world.days().await, before);
    world.is_tidy().await;
}

#[tokio::test]
async fn a_clock_that_is_far_behind_changes_nothing_until_it_is_so_for_an_hour() {
    let world = World::usual().await;
    world.live(10, &[("watched", 40)]).await;
    let (before, decided) = (world.days().await, world.decided().await);
    world.go_back(FAR);
    for _ in 0..3 {
        world.service.look().await.unwrap();
    }
    assert_eq!((world.days().await, world.decided().await), (before.clone(), decided));
    let shown = world.shown().await;
    assert!(shown.notices.iter().any(|notice| notice.contains("until the clock is right")), "{:?}", shown.notices);
    // It is right again: all goes on.
    world.pass(FAR);
    world.live(1, &[("watched", 40)]).await;
    assert_eq!(world.days().await.len(), before.len() + 1);
    assert_eq!(world.days().await[..before.len()], before);
    // It was the clock of before that was wrong.
    world.go_back(FAR);
    world.service.look().await.unwrap();
    world.service.doubt.begin_earlier();
    world.service.look().await.unwrap();
    let days = world.days().await;
    assert!(!days.is_empty() && days.iter().all(|day| day.at < world.millis()), "{days:?}");
    assert_eq!(world.decided().await.unwrap().day, i32::try_from(world.millis() / OF_A_DAY).unwrap());
    world.is_tidy().await;
}

/// How many decisions two nodes make that look one after the other, each five seconds, for so many minutes.
async fn decisions(world: &World, nodes: [&StoragePlan; 2], minutes: u32) -> usize {
    let mut seen = BTreeSet::new();
    for _ in 0..minutes * 6 {
        for node in nodes {
            node.look().await.unwrap();
            seen.insert(world.decided().await.unwrap().id);
            world.pass(Duration::from_secs(5));
        }
    }
    seen.len()
}

#[tokio::test]
async fn nodes_on_different_days_decide_once_a_day_and_follow_choices_all_the_same() {
    let world = World::usual().await;
    let (here, ahead) = (world.restarted(), world.node(Duration::from_millis(OF_A_DAY), true));
    assert!(decisions(&world, [&here, &ahead], 10).await <= 2);
    assert!(decisions(&world, [&ahead, &here], 10).await <= 1);
    let day = world.decided().await.unwrap().day;
    // The one that is behind decides, and not for a day before.
    world.service.settings.choose(StorageChoice::Flat).await.unwrap();
    world.pass(Duration::from_secs(60));
    here.look().await.unwrap();
    assert_eq!(world.decided().await.unwrap().day, day);
    assert_eq!(world.placed("idle").await.to_flat, Some(true));
    assert_eq!(decisions(&world, [&ahead, &here], 10).await, 1);
}

#[tokio::test]
async fn nodes_whose_clocks_are_many_days_apart_replace_each_others_decision_once_an_hour_at_most() {
    let world = World::usual().await;
    let (here, ahead) = (world.restarted(), world.node(Duration::from_millis(30 * OF_A_DAY), true));
    assert!(decisions(&world, [&here, &ahead], 20).await <= 4);
}

#[tokio::test]
async fn nodes_that_differ_in_whether_they_have_a_flat_store_do_not_replace_each_others_decision_for_good() {
    let world = World::usual().await;
    let (with, without) = (world.node(Duration::ZERO, true), world.node(Duration::ZERO, false));
    assert!(decisions(&world, [&without, &with], 20).await <= 2);
    assert!(world.decided().await.unwrap().has_flat);
}
