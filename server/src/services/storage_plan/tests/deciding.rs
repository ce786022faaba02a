//! Tests of the decision: what moves, who says so, and that nothing moves without cause.

use contract::storage_plan::{AdviceReason, StorageChoice, StoreRole};
use futures::future::join_all;

use super::*;

#[tokio::test]
async fn a_title_that_is_watched_goes_to_the_flat_store_and_one_that_is_not_stays_and_the_figures_say_why() {
    let world = World::new().await;
    world.service.settings.replace_sheets(sheets(), 0).await.unwrap();
    world.put("watched", 50).await;
    // Beside the other it has no room on the step of 100, and is worth no larger one.
    world.put("idle", 60).await;
    world.live(40, &[("watched", 40)]).await;
    assert_eq!((world.placed("watched").await.flat, world.placed("idle").await.flat), (true, false));
    assert_eq!((world.placed("watched").await.asked, world.placed("idle").await.asked), (1, 0), "it moved once");
    let (watched, idle) = (world.advice("watched").await, world.advice("idle").await);
    assert_eq!((watched.lies, watched.advice, idle.lies, idle.advice), {
        use StoreRole::{Flat, PerView};
        (Flat, Flat, PerView, PerView)
    });
    // 50 GB at 0.01, and up to 40 GB a day at 0.05, which are 61 a month: it was idle for long before. Half of the step of 10 beside it.
    assert!((2_000..6_200).contains(&watched.per_view_month.amount), "{watched:?}");
    assert_eq!((watched.flat_month.amount, watched.flat_month.currency.as_str()), (500, "USD"));
    assert_eq!(watched.saving_month.amount, watched.per_view_month.amount - 500);
    assert!(idle.per_view_month.amount < 500 && idle.saving_month.amount > 0, "{idle:?}");
    let shown = world.shown().await;
    let decision = shown.decision.unwrap();
    assert_eq!((decision.titles, decision.moves, decision.is_requested, decision.capacity_gb), (2, 0, true, Some(100)));
    // What is expected is what is billed: the rent, which is no title's, and what lies per view.
    let rent = decision.rent_month.unwrap().amount;
    assert_eq!(
        (rent, (decision.month.amount - rent - idle.per_view_month.amount).abs() <= 1),
        (1000, true),
        "{}",
        decision.month.amount
    );
    assert!(shown.stores_day.is_some(), "what lies where is of a day, which is said");
    assert_eq!(shown.stores.iter().map(|stored| (stored.titles, stored.bytes)).collect::<Vec<_>>(), [(1, 60 * GB), (1, 50 * GB)]);
    assert!(shown.notices.is_empty(), "{:?}", shown.notices);
    world.is_tidy().await;
}

#[tokio::test]
async fn without_sheets_nothing_is_advised_or_moves_and_the_answer_says_so_though_days_are_known() {
    let world = World::new().await;
    world.put("watched", 50).await;
    world.service.settings.choose(StorageChoice::Flat).await.unwrap();
    world.live(3, &[("watched", 40)]).await;
    let shown = world.shown().await;
    assert!(shown.notices.iter().any(|notice| notice.contains("no cost sheets")), "{shown:?}");
    assert!(shown.decision.is_none() && shown.bills.is_empty(), "{shown:?}");
    assert_eq!((world.placed("watched").await.asked, world.days().await.len()), (0, 92));
    assert!(world.service.advice_page(0, 100).await.unwrap().items.is_empty());
    // As soon as there are some, what was known before counts.
    world.service.settings.replace_sheets(sheets(), 0).await.unwrap();
    world.pass(Duration::from_secs(60));
    world.service.look().await.unwrap();
    assert_eq!(world.placed("watched").await.asked, 1);
}

#[tokio::test]
async fn without_a_flat_store_it_is_advised_and_nothing_moves_until_there_is_one() {
    let world = World::usual().await;
    world.places.has_flat.store(false, Ordering::SeqCst);
    world.service.settings.choose(StorageChoice::Flat).await.unwrap();
    world.service.look().await.unwrap();
    let advice = world.advice("idle").await;
    assert_eq!((advice.lies, advice.advice, advice.reason), (StoreRole::PerView, StoreRole::Flat, AdviceReason::Chosen));
    let shown = world.shown().await;
    assert!(shown.notices.iter().any(|notice| notice.contains("Only one store is set up")), "{shown:?}");
    assert!(!shown.decision.unwrap().is_requested);
    assert_eq!(world.placed("idle").await.asked, 0);
    // The config of the next start has one.
    world.places.has_flat.store(true, Ordering::SeqCst);
    world.pass(Duration::from_secs(60));
    world.restarted().look().await.unwrap();
    assert_eq!((world.placed("idle").await.asked, world.placed("watched").await.asked), (1, 1));
}

#[tokio::test]
async fn what_is_chosen_is_in_force_a_minute_later_and_a_title_of_its_own_choice_goes_before_all() {
    let world = World::usual().await;
    world.service.look().await.unwrap();
    let first = world.decided().await.unwrap();
    world.service.settings.choose(StorageChoice::Flat).await.unwrap();
    world.service.choose_for(&"idle".parse().unwrap(), Some(StorageChoice::PerView)).await.unwrap();
    assert!(world.shown().await.notices.iter().any(|notice| notice.contains("within a minute")));
    world.pass(Duration::from_secs(59));
    world.service.look().await.unwrap();
    assert_eq!(world.decided().await.unwrap().id, first.id, "at most once a minute");
    world.pass(Duration::from_secs(1));
    world.service.look().await.unwrap();
    assert_eq!((world.placed("watched").await.to_flat, world.placed("idle").await.to_flat), (Some(true), None));
    assert!(world.placed("the/default").await.flat, "new titles go there, too");
    let idle = world.advice("idle").await;
    assert_eq!((idle.choice, idle.reason), (Some(StorageChoice::PerView), AdviceReason::Chosen));
    // Taken back before the move is at its end: it is given up.
    world.service.settings.choose(StorageChoice::PerView).await.unwrap();
    world.pass(Duration::from_secs(60));
    world.service.look().await.unwrap();
    assert_eq!(world.placed("watched").await.to_flat, None);
    assert!(!world.placed("the/default").await.flat);
    // Nothing else changes: nothing is decided again.
    let last = world.decided().await.unwrap();
    world.pass(Duration::from_secs(3600));
    world.service.look().await.unwrap();
    assert_eq!(world.decided().await.unwrap(), last);
    world.is_tidy().await;
}

#[tokio::test]
async fn a_title_that_moved_stays_for_thirty_days_over_restarts_however_little_it_is_watched_then() {
    let world = World::usual().await;
    let mut before = 0;
    while !world.placed("watched").await.flat {
        world.live(1, &[("watched", 40)]).await;
        before += 1;
        assert!(before < 60, "it never moves");
    }
    let begun = world.placed("watched").await;
    let moved = begun.since.unwrap() / OF_A_DAY;
    let mut stayed = 0;
    while world.placed("watched").await.flat {
        let advice = world.advice("watched").await;
        let days = world.millis() / OF_A_DAY - moved;
        if days < 30 {
            assert_eq!((advice.advice, advice.reason), (StoreRole::Flat, AdviceReason::MinimumStay), "after {days} days");
            stayed += 1;
        }
        assert!(days < 200, "it stays for good");
        world.live(1, &[]).await;
    }
    assert_eq!(stayed, 29);
    assert!(world.placed("watched").await.since.unwrap() / OF_A_DAY - moved >= 30);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_decide_at_once_make_each_day_once_and_one_decision_also_where_no_lease_keeps_them_apart() {
    let world = World::usual().await;
    world.watch("watched", 40).await;
    world.pass(Duration::from_millis(OF_A_DAY));
    let nodes: Vec<_> = (0..4).map(|_| world.restarted()).collect();
    for outcome in join_all(nodes.iter().map(|node| node.look())).await {
        outcome.unwrap();
    }
    world.service.look().await.unwrap();
    world.is_tidy().await;
    let first = world.decided().await.unwrap();
    world.watch("watched", 40).await;
    world.pass(Duration::from_millis(OF_A_DAY));
    let inputs = world.service.inputs().await.unwrap();
    let outcomes = join_all(nodes.iter().map(|node| node.look_alone(&inputs))).await;
    assert!(outcomes.iter().any(Result::is_ok), "{outcomes:?}");
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(()) | Err(StoreError::Conflict { .. }))), "{outcomes:?}");
    let second = world.decided().await.unwrap();
    assert!(second.id != first.id && second.day == first.day + 1);
    world.is_tidy().await;
    let watched = world.placed("watched").await;
    assert!(watched.asked <= 1, "{watched:?}");
}

#[tokio::test]
async fn advice_comes_by_pages_in_the_order_of_what_it_saves() {
    let world = World::usual().await;
    for number in 0..120 {
        world.put(&format!("t{number:03}"), 1 + number % 7).await;
    }
    world.service.look().await.unwrap();
    let (mut offset, mut told) = (0, Vec::new());
    loop {
        let page = world.service.advice_page(offset, 50).await.unwrap();
        assert_eq!(page.total, 122);
        told.extend(page.items);
        match page.next {
            Some(next) => offset = next.parse().unwrap(),
            None => break,
        }
    }
    let titles: std::collections::BTreeSet<_> = told.iter().map(|item| item.title.to_string()).collect();
    assert_eq!((told.len(), titles.len()), (122, 122));
    let savings: Vec<i64> = told.iter().map(|item| item.saving_month.amount).collect();
    // Each is rounded by itself.
    assert!(savings.windows(2).all(|pair| pair[0] + 1 >= pair[1]), "{savings:?}");
}

#[tokio::test]
async fn a_title_that_is_deleted_takes_its_choice_along_and_is_advised_on_no_more() {
    let world = World::usual().await;
    let idle: TitleId = "idle".parse().unwrap();
    world.service.choose_for(&idle, Some(StorageChoice::Flat)).await.unwrap();
    world.service.look().await.unwrap();
    assert_eq!(world.shown().await.chosen_titles, 1);
    let unknown = world.service.choose_for(&"nobody".parse().unwrap(), Some(StorageChoice::Flat)).await.unwrap_err();
    assert_eq!(unknown.code, contract::Code::NotFound);
    world.stores.documents.delete(&PLACED, "idle", storage::documents::Expect::Anything).await.unwrap();
    Service::forget_title(&*world.service, &idle).await.unwrap();
    assert_eq!(world.shown().await.chosen_titles, 0);
    let page = world.service.advice_page(0, 100).await.unwrap();
    assert!(page.items.iter().all(|item| item.title != idle), "{page:?}");
}
