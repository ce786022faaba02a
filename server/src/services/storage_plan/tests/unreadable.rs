//! Tests of what cannot be read: days that lost rows, or were broken by hand, and choices of a later version.

use contract::storage_plan::{AdviceReason, StorageChoice, StoreRole};
use storage::documents::{Expect, Write};

use super::*;

impl World {
    /// The name of the day so many days before today.
    fn day(&self, before: i32) -> String {
        Day::new(i32::try_from(self.millis() / OF_A_DAY).unwrap()).plus(-before).to_string()
    }

    /// Rows of that day are lost.
    async fn lose_rows(&self, before: i32) {
        let day = format!("{}/", self.day(before));
        let ids: Vec<String> = self.ids(&ROWS).await.into_iter().filter(|id| id.starts_with(&day)).collect();
        assert!(!ids.is_empty(), "{day} has no rows");
        for id in ids {
            self.stores.documents.delete(&ROWS, &id, Expect::Anything).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_day_that_lost_its_rows_is_made_anew_of_its_use_and_is_billed_as_it_was() {
    let world = World::usual().await;
    world.live(20, &[("watched", 40)]).await;
    let before = world.days().await;
    // One that is settled, and yesterday.
    for lost in [10, 1] {
        world.lose_rows(lost).await;
    }
    world.service.settings.choose(StorageChoice::PerView).await.unwrap();
    world.pass(Duration::from_secs(60));
    world.restarted().look().await.unwrap();
    assert_eq!(world.decided().await.unwrap().unread_days, 0);
    let rename =
        |days: Vec<DayRecord>| days.into_iter().map(|day| DayRecord { attempt: String::new(), ..day }).collect::<Vec<_>>();
    assert_eq!(rename(world.days().await), rename(before));
    world.is_tidy().await;
}

#[tokio::test]
async fn a_day_that_lost_its_rows_and_whose_use_is_gone_is_left_out_and_the_answer_says_so() {
    let world = World::usual().await;
    world.live(20, &[("watched", 40)]).await;
    let (lost, bases) = (10, world.days().await.iter().filter(|day| day.is_base).count());
    assert!(bases > 0);
    world.lose_rows(lost).await;
    let at = world.millis() / OF_A_DAY * OF_A_DAY - u64::try_from(lost).unwrap() * OF_A_DAY;
    world.stores.documents.delete(&USED, &at.to_string(), Expect::Anything).await.unwrap();
    world.live(1, &[("watched", 40)]).await;
    assert_eq!(world.decided().await.unwrap().unread_days, 1);
    let shown = world.shown().await;
    assert!(shown.notices.iter().any(|notice| notice.contains("1 days cannot be read")), "{:?}", shown.notices);
    assert_eq!(shown.decision.unwrap().titles, 2);
}

#[tokio::test]
async fn days_that_were_broken_by_hand_keep_nobody_from_deciding() {
    let world = World::usual().await;
    world.live(20, &[("watched", 40)]).await;
    let first = world.days().await[0].at / OF_A_DAY;
    let first = Day::new(i32::try_from(first).unwrap()).to_string();
    // The first of all, which names every title; one in between; and yesterday.
    for day in [first, world.day(10), world.day(1)] {
        let write = Write { id: day, body: json!({ "at": "never" }), expect: Expect::Anything };
        world.stores.documents.put(&DAYS, write).await.unwrap();
    }
    world.pass(Duration::from_millis(OF_A_DAY));
    world.restarted().look().await.unwrap();
    let decided = world.decided().await.unwrap();
    assert_eq!((decided.titles, decided.day), (2, i32::try_from(world.millis() / OF_A_DAY).unwrap()));
    assert!(world.service.days_since(Day::new(0)).await.unwrap().len() > 100);
}

#[tokio::test]
async fn what_is_no_json_any_more_keeps_nobody_from_deciding_and_is_said_anew() {
    let world = World::usual().await;
    world.live(3, &[("watched", 40)]).await;
    let damage = |collection, ids: &str| crate::test_support::damage(world.folder.path(), collection, ids);
    damage(&DECISIONS, "%");
    damage(&DAYS, &world.day(1));
    world.pass(Duration::from_millis(OF_A_DAY));
    world.restarted().look().await.unwrap();
    assert_eq!(world.decided().await.unwrap().day, i32::try_from(world.millis() / OF_A_DAY).unwrap());

    world.service.settings.choose_for(&"watched".parse().unwrap(), Some(StorageChoice::PerView)).await.unwrap();
    // What operators chose is not known: every title stays where it lies, until they choose anew.
    damage(&record::CHOICES, "%");
    assert_eq!(world.service.settings.choices().await.unwrap().0.of("watched"), None);
    assert!(world.shown().await.notices.iter().any(|notice| notice.contains("this version does not know")));
    world.service.settings.choose(StorageChoice::Flat).await.unwrap();
    assert_eq!(world.service.settings.choices().await.unwrap().0.of("watched"), Some(storage_plan::plan::Choice::Flat));

    // Whoever saves sheets does so onto the version that is shown.
    let sheets = world.service.settings.sheets().await.unwrap().document.unwrap();
    damage(&record::SHEETS, "%");
    let shown = world.service.settings.sheets().await.unwrap();
    assert!(shown.document.is_none() && matches!(shown.checked, Some(Err(_))), "{shown:?}");
    world.service.settings.replace_sheets(sheets.clone(), shown.version).await.unwrap();
    assert_eq!(world.service.settings.sheets().await.unwrap().document, Some(sheets));
}

#[tokio::test]
async fn a_choice_of_a_later_version_leaves_its_title_where_it_lies_and_stays_what_it_is() {
    let world = World::usual().await;
    let changed = update(&*world.stores.documents, &record::CHOICES, record::CHOICES_ID, |_: Option<Value>| {
        Ok::<_, StoreError>(Change::Put(json!({ "overall": "flat", "titles": { "idle": "coldest" } })))
    });
    changed.await.unwrap();
    world.service.look().await.unwrap();
    assert_eq!((world.placed("watched").await.to_flat, world.placed("idle").await.to_flat), (Some(true), None));
    let idle = world.advice("idle").await;
    assert_eq!((idle.advice, idle.reason, idle.choice), (StoreRole::PerView, AdviceReason::Chosen, None));
    assert!(
        world.shown().await.notices.iter().any(|notice| notice.contains("1 titles are ones that this version does not know"))
    );
    world.service.choose_for(&"watched".parse().unwrap(), Some(StorageChoice::PerView)).await.unwrap();
    let stored = world.stores.documents.get(&record::CHOICES, record::CHOICES_ID).await.unwrap().unwrap();
    assert_eq!(stored.body, json!({ "overall": "flat", "titles": { "idle": "coldest", "watched": "per_view" } }));
    // What a person chooses now goes before it.
    world.service.choose_for(&"idle".parse().unwrap(), Some(StorageChoice::Flat)).await.unwrap();
    assert_eq!(world.shown().await.chosen_titles, 2);
    assert_eq!(world.advice("idle").await.choice, Some(StorageChoice::Flat));
}
