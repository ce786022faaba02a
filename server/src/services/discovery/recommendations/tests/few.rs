//! What is recommended, and of whom it is learnt, where hardly anybody watches anything.

use super::*;

impl World {
    /// The catalogue, and nobody there.
    async fn of_nobody() -> Self {
        let world = Self::new().await;
        world.households.viewers.lock().unwrap().clear();
        world.households.interactions.lock().unwrap().clear();
        world
    }

    /// Of what there is now.
    async fn train_again(&self) {
        self.service.make_due().await.unwrap();
        self.pass(11 * 60 * 1000);
        self.service.look().await.unwrap();
    }
}

fn row(rows: &[MyRow], about: &RowAbout) -> Vec<TitleId> {
    ids(rows.iter().find(|row| row.about == *about).map(std::slice::from_ref).unwrap_or_default())
}

#[tokio::test]
async fn what_one_viewer_has_is_not_told_to_another_by_a_title_that_both_have() {
    let world = World::of_nobody().await;
    let in_common = &world.westerns[1];
    for profile in ["ada", "cara"] {
        world.viewer(profile, &format!("account-{profile}"), true);
        world.watch(profile, in_common);
    }
    world.train_again().await;
    let before = world.rows("cara").await;
    assert_eq!(row(&before, &RowAbout::TopPicks).len(), 11, "the other westerns, for what they are about: {before:?}");

    // A list, ratings and a history, and profiles of the same account that have them too.
    for (at, title) in world.comedies[2..8].iter().chain(&world.westerns[8..10]).enumerate() {
        let act = [Act::Listed, Act::Rated, Act::Watched][at % 3];
        for profile in ["ada", "ada2", "ada3"] {
            world.viewer(profile, "account-ada", true);
            world.interact(profile, title, 1.5, act);
        }
    }
    world.train_again().await;
    assert_eq!(world.rows("cara").await, before, "nothing of it is seen");
    assert_eq!(world.support(&world.comedies[2]), 0, "three profiles of one account are one");

    // From three accounts on it is learnt from.
    for profile in ["ada", "bob", "dan"] {
        world.viewer(profile, &format!("account-{profile}"), true);
        for title in world.comedies[2..8].iter().chain([in_common]) {
            world.interact(profile, title, 1.5, Act::Listed);
        }
    }
    world.train_again().await;
    assert_eq!(world.support(&world.comedies[2]), 5, "profiles of three accounts");
}

#[tokio::test]
async fn of_what_one_profile_rated_itself_it_is_recommended_what_is_like_it_and_nothing_where_nothing_is() {
    let world = World::of_nobody().await;
    let film = NewTitle { source: "test:odd".into(), title: "Odd".into(), ..NewTitle::default() };
    let odd = world.bench.catalog.ingest().upsert_many(vec![film]).await.unwrap().remove(0).id;
    world.viewer("me", "account-me", true);
    for title in &world.westerns[1..4] {
        world.interact("me", title, 1.5, Act::Rated);
    }
    world.interact("odd", &odd, 1.5, Act::Rated);
    world.train_again().await;
    let rows = world.rows("me").await;
    let best = row(&rows, &RowAbout::TopPicks);
    assert!(best.len() == 9 && best.iter().all(|title| world.westerns.contains(title)), "{rows:?}");
    assert!(ids(&rows).iter().all(|title| world.westerns.contains(title)), "no row has anything else: {rows:?}");
    // Live, and before anything is learnt of it.
    for title in &world.comedies[1..4] {
        world.interact("me", title, 3.0, Act::Rated);
    }
    let best = row(&world.rows("me").await, &RowAbout::TopPicks);
    assert!(world.comedies.contains(&best[0]), "{best:?}");

    assert_eq!(world.rows("odd").await, [], "nothing is like it");
}

#[tokio::test]
async fn a_model_of_an_older_build_that_may_tell_of_one_viewer_is_replaced_once() {
    let world = World::trained().await;
    let (first, trained) = (world.service.model().trained(), || world.service.model().trained());
    let older = update(&*world.bench.documents, &STATE, record::CURRENT, |stored: Option<record::StateRecord>| {
        Ok::<_, StoreError>(Change::Put(record::StateRecord { k_anonymous: None, ..stored.unwrap() }))
    });
    older.await.unwrap();
    world.pass(11 * 60 * 1000);
    world.service.look().await.unwrap();
    let second = trained();
    assert!(second > first);
    world.pass(11 * 60 * 1000);
    world.service.look().await.unwrap();
    assert_eq!(trained(), second);
}
