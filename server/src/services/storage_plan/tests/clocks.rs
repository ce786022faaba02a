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
async fn a_clock_that_is_far_ahead_or_behind_for_a_while_changes_nothing_and_operators_are_told() {
    let world = World::usual().await;
    world.live(45, &[("watched", 40)]).await;
    let today = Day::new(i32::try_from(world.millis() / OF_A_DAY).unwrap());
    let (before, decided) = (world.days().await, world.decided().await);
    let days = |days: u64| Duration::from_millis(days * OF_A_DAY);
    for (ahead, behind) in
        [(FAR, days(0)), (days(8), days(0)), (days(0), days(3)), (days(0), days(8)), (days(0), days(15)), (days(0), FAR)]
    {
        world.pass(ahead);
        world.go_back(behind);
        let node = world.restarted();
        for _ in 0..3 {
            node.look().await.unwrap();
        }
        assert_eq!((world.days().await, world.decided().await), (before.clone(), decided.clone()), "{ahead:?} {behind:?}");
        let shown = node.shown().await.unwrap();
        assert!(shown.notices.iter().any(|notice| notice.contains("until the clock is right")), "{:?}", shown.notices);
        // What is shown is what was known before.
        for bill in shown.bills {
            assert_eq!(bill.through, Some(today.plus(-1).to_string()), "{ahead:?} {behind:?}");
        }
        world.go_back(ahead);
        world.pass(behind);
        node.look().await.unwrap();
        assert!(node.shown().await.unwrap().notices.is_empty());
    }
    world.live(1, &[("watched", 40)]).await;
    assert_eq!(world.days().await.len(), before.len() + 1);
    assert_eq!(world.days().await[..before.len()], before);
    world.is_tidy().await;
}

#[tokio::test]
async fn days_that_a_clock_made_that_was_ahead_for_long_are_told_to_nobody_and_made_anew_when_their_time_comes() {
    let world = World::usual().await;
    world.live(20, &[("watched", 40)]).await;
    let before = world.days().await;
    let far = Duration::from_millis(200 * OF_A_DAY);
    world.pass(far);
    world.look_for_an_hour(&world.restarted()).await;
    let made_up = world.days().await;
    assert_eq!(made_up.len(), before.len() + 200);
    world.go_back(far);
    let today = Day::new(i32::try_from(world.millis() / OF_A_DAY).unwrap());
    let node = world.restarted();
    node.look().await.unwrap();
    assert_eq!(world.days().await, made_up, "it may be this clock that is wrong");
    world.look_for_an_hour(&node).await;
    assert_eq!(world.decided().await.unwrap().day, today.number());
    for bill in world.shown().await.bills {
        assert_eq!(bill.through, Some(today.plus(-1).to_string()));
        let (so_far, forecast) = (bill.so_far.total.unwrap().amount, bill.forecast.total.unwrap().amount);
        assert!(forecast >= so_far && forecast > 0, "{so_far} {forecast}");
    }
    let costs = world.service.costs(today.plus(-2), Day::parse("2031-01-01").unwrap()).await.unwrap();
    assert_eq!(costs.days.len(), 2);
    world.live(3, &[("watched", 30)]).await;
    let days = world.days().await;
    assert_eq!((days.len(), &days[..before.len()]), (made_up.len(), &before[..]));
    let anew: Vec<_> = days[before.len()..].iter().take(4).map(|day| (day.bytes_out / GB, day.set_backs)).collect();
    assert_eq!(anew, [(30, 1), (30, 1), (30, 1), (0, 0)]);
    world.is_tidy().await;
}

#[tokio::test]
async fn a_clock_that_is_behind_for_long_costs_no_day_that_is_known_once_it_is_right_again() {
    for behind in [5, 30] {
        let world = World::usual().await;
        world.live(40, &[("watched", 40)]).await;
        let before = world.days().await;
        let behind = Duration::from_millis(behind * OF_A_DAY);
        world.go_back(behind);
        world.look_for_an_hour(&world.restarted()).await;
        assert_eq!(world.decided().await.unwrap().day, i32::try_from(world.millis() / OF_A_DAY).unwrap(), "it is believed");
        assert_eq!(world.days().await, before);
        // A title goes, which would be missed in days that are made anew.
        world.stores.documents.delete(&PLACED, "idle", storage::documents::Expect::Anything).await.unwrap();
        world.pass(behind);
        world.look_for_an_hour(&world.restarted()).await;
        assert_eq!(world.days().await, before);
        world.live(1, &[("watched", 40)]).await;
        assert_eq!(world.days().await[..before.len()], before);
        assert_eq!(world.days().await.len(), before.len() + 1);
        world.is_tidy().await;
    }
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
    // As far apart as clocks may be that are believed, at midnight.
    let apart = Duration::from_secs(14 * 60);
    world.pass(Duration::from_millis(OF_A_DAY - world.millis() % OF_A_DAY) - apart);
    let (here, ahead) = (world.restarted(), world.node(apart, true));
    assert!(decisions(&world, [&here, &ahead], 5).await <= 2);
    assert!(decisions(&world, [&ahead, &here], 5).await <= 1);
    let day = world.decided().await.unwrap().day;
    // The one that is behind decides, and not for a day before.
    world.service.settings.choose(StorageChoice::Flat).await.unwrap();
    world.pass(Duration::from_secs(60));
    here.look().await.unwrap();
    assert_eq!(world.decided().await.unwrap().day, day);
    assert_eq!(world.placed("idle").await.to_flat, Some(true));
    assert_eq!(decisions(&world, [&ahead, &here], 2).await, 1);
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
