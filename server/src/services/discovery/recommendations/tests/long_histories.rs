//! Who waits for whom where histories are long.

use futures::future::{join, join_all};

use super::*;

/// So many interactions of a profile with titles that are not here.
fn lives_long(world: &World, profile: &str, count: u64) {
    let profile: ProfileId = profile.parse().unwrap();
    let elsewhere = (0..count).map(|at| Interaction {
        profile: profile.clone(),
        title: format!("elsewhere{at}").parse().unwrap(),
        instant: NOW - DAY / 2 + at,
        weight: 1.0,
        act: Act::Listed,
    });
    world.households.interactions.lock().unwrap().extend(elsewhere);
    forget(world, profile.as_str());
}

fn forget(world: &World, profile: &str) {
    world.service.changed(Affected::One(&Audience::Profile(profile.parse().unwrap())));
}

/// Whose pages were asked for since this was called last.
fn asked(world: &World) -> Vec<String> {
    std::mem::take(&mut *world.households.asked.lock().unwrap()).iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_history_is_read_once_however_many_ask_at_once() {
    let world = World::trained().await;
    lives_long(&world, "eve", 5_500);
    asked(&world);
    let rows = join_all((0..40).map(|_| world.rows("eve"))).await;
    assert!(rows.iter().all(|answer| answer.len() == rows[0].len()), "{rows:?}");
    assert_eq!(asked(&world), ["eve"; 6]);
    forget(&world, "eve");
    world.rows("eve").await;
    assert_eq!(asked(&world), ["eve"; 6], "and again once something has changed");
}

#[tokio::test]
async fn pages_of_long_histories_are_read_in_turns_by_profile() {
    let world = World::trained().await;
    lives_long(&world, "eve", 10_500);
    lives_long(&world, "ada", 2_500);
    asked(&world);
    // Each after a change, so that none of them can be joined.
    let many = join_all((0..10).map(|_| async {
        forget(&world, "eve");
        world.rows("eve").await
    }));
    join(many, world.rows("ada")).await;
    let pages = asked(&world);
    let last = pages.iter().rposition(|page| page == "ada").unwrap();
    let before = pages[..last].iter().filter(|page| *page == "eve").count();
    assert_eq!((pages.len() - 3, pages.iter().filter(|page| *page == "ada").count()), (110, 3));
    assert!(before < 55, "{before} of 110 pages were read before the third of somebody else: {pages:?}");
}
