//! Taking back what was said of the history: exactly what a change did, once, by the change's number.

use super::{
    history::{DAY, HOUR},
    lists::{Lists, guest, member},
    *,
};
use crate::services::library::record::WATCHED_CHANGES;

impl Lists {
    /// The dates of "Heat", and nothing else.
    pub(super) async fn dates(&self, viewer: &Viewer) -> Vec<u64> {
        self.history(viewer).await.into_iter().find(|(title, _)| title == "heat").map(|(_, dates)| dates).unwrap_or_default()
    }

    pub(super) async fn say(&self, viewer: &Viewer, body: Value) {
        assert_eq!(self.watch(viewer, "heat", body).await, 204);
    }

    pub(super) async fn unsay(&self, viewer: &Viewer, words: &str) {
        assert_eq!(self.ask(viewer, "DELETE", &format!("/history/heat?{words}"), Value::Null).await.0, 204);
    }

    async fn changes(&self) -> usize {
        self.library.documents.list(&WATCHED_CHANGES, None, 1000).await.unwrap().documents.len()
    }
}

#[tokio::test]
async fn undo_takes_out_the_date_that_its_change_added_and_no_other() {
    let (world, ada) = (Lists::new().await, member("ada", "house"));
    let played = world.later(0);
    world.say(&ada, json!({ "is_played": true })).await;
    // The same viewing: nothing comes of it, and so nothing goes.
    world.later(HOUR);
    world.say(&ada, json!({ "change": 11 })).await;
    world.say(&ada, json!({ "restores": 11 })).await;
    assert_eq!(world.dates(&ada).await, [played]);
    let said = world.later(2 * DAY);
    world.say(&ada, json!({ "change": 12 })).await;
    assert_eq!(world.dates(&ada).await, [said, played]);
    world.say(&ada, json!({ "restores": 12 })).await;
    assert_eq!(world.dates(&ada).await, [played]);
    world.say(&ada, json!({ "restores": 99 })).await;
    assert_eq!(world.dates(&ada).await, [played], "nothing is known of that one");
}

#[tokio::test]
async fn an_undo_or_a_change_that_is_sent_once_more_does_nothing_to_what_was_watched_in_between() {
    let (world, ada) = (Lists::new().await, member("ada", "house"));
    let before = world.later(0);
    for _ in 0..2 {
        world.say(&ada, json!({ "change": 1 })).await;
        world.later(HOUR * 7);
    }
    assert_eq!(world.dates(&ada).await, [before], "sent twice it is one");
    world.say(&ada, json!({ "restores": 1 })).await;
    let between = world.later(0);
    world.say(&ada, json!({})).await;
    world.say(&ada, json!({ "restores": 1 })).await;
    world.say(&ada, json!({ "change": 1, "date": before })).await;
    assert_eq!(world.dates(&ada).await, [between]);
    // The same of what was removed.
    world.unsay(&ada, "change=2").await;
    let since = world.later(DAY);
    world.say(&ada, json!({})).await;
    world.unsay(&ada, "change=2").await;
    assert_eq!(world.dates(&ada).await, [since]);
    for _ in 0..2 {
        world.say(&ada, json!({ "restores": 2 })).await;
        assert_eq!(world.dates(&ada).await, [since, between]);
    }
    world.unsay(&ada, "").await;
    world.say(&ada, json!({ "restores": 2 })).await;
    assert!(world.history(&ada).await.is_empty(), "it was taken back once");
    world.say(&ada, json!({ "change": 3 })).await;
    world.unsay(&ada, "").await;
    world.say(&ada, json!({ "change": 3 })).await;
    assert!(world.history(&ada).await.is_empty(), "it was done, and another device took it out since");
}

#[tokio::test]
async fn what_is_not_watched_any_more_comes_back_with_all_its_dates_and_one_viewing_with_its_own() {
    let (world, ada) = (Lists::new().await, member("ada", "house"));
    let now = world.later(0);
    let all: Vec<u64> = (0..100).map(|number| now - number * DAY).collect();
    for date in &all {
        world.say(&ada, json!({ "date": date })).await;
    }
    world.unsay(&ada, "change=1").await;
    assert_eq!(world.history(&ada).await, []);
    world.say(&ada, json!({ "restores": 1 })).await;
    assert_eq!(world.dates(&ada).await, all);
    world.unsay(&ada, &format!("date={}&change=2", now - DAY + HOUR)).await;
    assert_eq!(world.dates(&ada).await.len(), 99);
    world.say(&ada, json!({ "restores": 2 })).await;
    assert_eq!(world.dates(&ada).await, all);
    // The oldest of a hundred gave way to one more: it comes back as that goes.
    world.later(DAY);
    world.say(&ada, json!({ "change": 3 })).await;
    assert!(!world.dates(&ada).await.contains(&all[99]));
    world.say(&ada, json!({ "restores": 3 })).await;
    assert_eq!(world.dates(&ada).await, all);
}

#[tokio::test]
async fn undo_knows_the_date_of_a_clock_that_is_hours_ahead() {
    let (world, ada) = (Lists::new().await, member("ada", "house"));
    let now = world.later(0);
    world.say(&ada, json!({ "date": now + 20 * HOUR, "change": now + 20 * HOUR })).await;
    assert_eq!(world.dates(&ada).await, [now]);
    world.say(&ada, json!({ "restores": now + 20 * HOUR })).await;
    assert_eq!(world.history(&ada).await, []);
}

#[tokio::test]
async fn what_changes_did_is_known_of_so_many_for_so_long_and_gone_with_the_history() {
    let (world, ada, someone) = (Lists::new().await, member("ada", "house"), guest("someone"));
    for number in 0..10 {
        world.say(&ada, json!({ "change": number })).await;
        world.later(DAY);
    }
    assert_eq!(world.dates(&ada).await.len(), 10);
    for number in 0..10 {
        world.say(&ada, json!({ "restores": number })).await;
    }
    assert_eq!(world.dates(&ada).await.len(), 0, "a date knows by what it is there, also of those before");
    for number in 0..10 {
        world.later(DAY);
        world.say(&ada, json!({})).await;
        world.unsay(&ada, &format!("change={}", 100 + number)).await;
    }
    world.say(&ada, json!({ "restores": 109 })).await;
    assert_eq!(world.dates(&ada).await.len(), 1);
    world.say(&ada, json!({ "restores": 100 })).await;
    world.say(&ada, json!({ "restores": 101 })).await;
    assert_eq!(world.dates(&ada).await.len(), 1, "of the first two nothing is known any more");
    assert_eq!(world.ask(&ada, "DELETE", "/history/never-heard-of?change=3", Value::Null).await.0, 204);
    assert_eq!(world.changes().await, 1, "nor is anything noted of what was never watched");

    world.unsay(&ada, "change=20").await;
    assert_eq!(world.ask(&ada, "DELETE", "/history", Value::Null).await.0, 204);
    world.say(&ada, json!({ "restores": 20 })).await;
    assert_eq!((world.history(&ada).await, world.changes().await), (vec![], 1), "and which they were stays known");

    world.say(&ada, json!({ "change": 21 })).await;
    for number in 0..110 {
        world.later(1);
        assert_eq!(world.watch(&someone, &format!("t{number}"), json!({ "change": number })).await, 204);
    }
    assert_eq!(world.changes().await, 101, "a guest's are bounded");
    world.library.merge(&someone.profile, &ada.profile).await.unwrap();
    assert_eq!(world.changes().await, 1);
    world.later(30 * DAY);
    world.library.expire_guests(0).await.unwrap();
    assert_eq!(world.changes().await, 1, "it may be sent still");
    world.later(2 * DAY);
    world.library.expire_guests(0).await.unwrap();
    assert_eq!(world.changes().await, 0);
    let (records, _) = world.library.history.page(&ada.profile, None, 1000).await.unwrap();
    let heat = records.iter().find(|record| record.title.as_str() == "heat").unwrap();
    assert_eq!(heat.dates.len(), 1, "and what it did stays");
}

#[tokio::test]
async fn marks_tell_more_titles_than_anybody_watches_in_years() {
    use crate::services::library::history::{Owner, Viewings};
    let (world, ada) = (Lists::new().await, member("ada", "house"));
    let viewings = || Viewings { days: Vec::new(), undated: 1 };
    let titles = (0..5_001).map(|number| (format!("t{number}").parse().unwrap(), viewings())).collect();
    world.library.history.add_many(Owner { profile: &ada.profile, is_guest: false }, titles).await.unwrap();
    let marks = world.ask(&ada, "GET", "/marks", Value::Null).await.1;
    assert_eq!(marks["watched"].as_array().unwrap().len(), 5_001);
}
