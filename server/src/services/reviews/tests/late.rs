//! What arrives late: nothing that was said since is taken back, nor is anything brought back that was taken away since.

use storage::documents::{Expect, Write, parse};

use super::{
    super::record::{REVIEWS, ReviewRecord},
    *,
};

const HOUR: u64 = 60 * 60 * 1_000;
const DAY: u64 = 24 * HOUR;

impl World {
    /// Stars of `heat` that the viewer gave so long ago; the answer.
    async fn rate_late(&self, viewer: &Viewer, half_stars: u8, milliseconds_ago: u64) -> Value {
        let call = json!({ "half_stars": half_stars, "keeps_text": true, "milliseconds_ago": milliseconds_ago });
        self.done(viewer, "PUT", "/titles/heat/review", call).await
    }

    async fn remove(&self, viewer: &Viewer) {
        self.done(viewer, "DELETE", "/titles/heat/review", Value::Null).await;
    }

    /// The profile's stars of `heat`.
    async fn stars_of(&self, viewer: &Viewer) -> Option<u64> {
        self.get(viewer, "/titles/heat/review").await["review"]["half_stars"].as_u64()
    }

    /// The document of the profile's review of `heat`.
    async fn stored(&self, viewer: &Viewer) -> Option<ReviewRecord> {
        let id = ReviewRecord::id(&"heat".parse().unwrap(), &viewer.profile);
        let found = self.stores.documents.get(&REVIEWS, &id).await.unwrap();
        found.map(|document| parse(&document).unwrap())
    }
}

#[tokio::test]
async fn stars_that_arrive_late_give_way_to_what_was_said_since_and_are_told_what_that_is() {
    let (world, ada) = (World::new().await, member("ada"));
    world.rate(&ada, 7).await;
    world.pass(HOUR);
    let given_way = world.rate_late(&ada, 3, HOUR + 1).await;
    assert_eq!((&given_way["half_stars"], given_way.get("is_removed")), (&json!(7), None));
    assert_eq!(world.stars_of(&ada).await, Some(7));
    assert_eq!(world.summary().await["distribution"][6], 1);

    // Given since, wherever and by whichever clock the browser goes.
    let taken = world.rate_late(&ada, 4, HOUR / 2).await;
    assert_eq!((&taken["half_stars"], &taken["created"]), (&json!(4), &json!(1_800_000_000_000 + HOUR / 2)));
    assert_eq!(world.rate_late(&ada, 5, HOUR / 2 + 1).await["half_stars"], 4, "they are of then, and not of when they came");
    assert_eq!(world.summary().await["distribution"][3], 1);

    // Whoever does not say when says it now.
    world.rate(&ada, 9).await;
    assert_eq!(world.rate_late(&ada, 4, 1).await["half_stars"], 9);
    for wrong in
        [json!({ "half_stars": 5, "milliseconds_ago": 30 * DAY + 1 }), json!({ "half_stars": 5, "milliseconds_ago": -1 })]
    {
        assert_eq!(world.refused(&ada, "PUT", "/titles/heat/review", wrong).await, "invalid_request");
    }
}

#[tokio::test]
async fn what_was_said_again_since_is_of_then() {
    let (world, ada) = (World::new().await, member("ada"));
    world.rate(&ada, 8).await;
    world.pass(HOUR);
    let before = world.get(&ada, "/titles/heat/review").await;
    world.rate(&ada, 8).await;
    assert_eq!(world.get(&ada, "/titles/heat/review").await, before, "as it was");
    world.pass(HOUR);
    assert_eq!(world.rate_late(&ada, 2, HOUR + HOUR / 2).await["half_stars"], 8);
}

#[tokio::test]
async fn stars_alone_leave_the_text_as_it_is_and_need_no_name() {
    let (world, ada) = (World::new().await, member("ada"));
    world.rate_late(&ada, 8, 0).await;
    world.done(&ada, "PUT", "/reviewer-name", json!({ "name": "Ada" })).await;
    let review = json!({ "half_stars": 8, "text": "Slow.", "has_spoilers": true, "language": "en" });
    world.done(&ada, "PUT", "/titles/heat/review", review).await;
    world.pass(HOUR);
    let stars = json!({ "half_stars": 3, "text": "Old.", "keeps_text": true });
    let written = world.done(&ada, "PUT", "/titles/heat/review", stars).await;
    let said = ["half_stars", "text", "has_spoilers", "language"].map(|field| written[field].clone());
    assert_eq!(said, [json!(3), json!("Slow."), json!(true), json!("en")]);
    assert_eq!(world.listed("newest").await, ["Ada"]);
    world.done(&ada, "PUT", "/titles/heat/review", json!({ "half_stars": 3 })).await;
    assert_eq!(world.listed("newest").await, [""; 0], "whoever does not say so says all of it");
}

#[tokio::test]
async fn a_rating_that_was_taken_away_is_brought_back_by_nothing_of_before() {
    let (world, ada) = (World::new().await, member("ada"));
    let id = world.write(&ada, 8, "Text").await;
    world.pass(HOUR);
    world.remove(&ada).await;
    world.pass(HOUR);
    let given_way = world.rate_late(&ada, 3, HOUR + 1).await;
    assert_eq!((&given_way["is_removed"], &given_way["half_stars"], &given_way["text"]), (&json!(true), &json!(0), &json!("")));
    assert_eq!((world.stars_of(&ada).await, &world.summary().await["count"]), (None, &json!(0)));

    // A removal that arrives late takes nothing away that was said since.
    let taken = world.rate_late(&ada, 5, HOUR / 2).await;
    assert_eq!((&taken["half_stars"], &taken["text"], taken.get("is_removed")), (&json!(5), &json!(""), None));
    assert_ne!(taken["id"], id, "another review");
    world.done(&ada, "DELETE", &format!("/titles/heat/review?milliseconds_ago={}", HOUR / 2 + 1), Value::Null).await;
    assert_eq!(world.stars_of(&ada).await, Some(5));
    world.done(&ada, "DELETE", "/titles/heat/review?milliseconds_ago=1", Value::Null).await;
    assert_eq!(world.stars_of(&ada).await, None);
    // What was never there leaves nothing.
    world.remove(&member("bob")).await;
    assert_eq!(world.stored(&member("bob")).await, None);
}

#[tokio::test]
async fn what_an_operator_deletes_or_shows_again_after_it_was_taken_away_is_brought_back_by_nothing_of_before() {
    let (world, ada, bob) = (World::new().await, member("ada"), member("bob"));
    let (adas, bobs) = (world.write(&ada, 2, "Rude").await, world.write(&bob, 3, "Ruder").await);
    world.pass(HOUR);
    world.done(&operator(), "DELETE", &format!("/reviews/{adas}"), Value::Null).await;
    world.done(&operator(), "PUT", &format!("/reviews/{bobs}/hidden"), json!({})).await;
    world.remove(&bob).await;
    world.pass(HOUR);
    assert_eq!(world.rate_late(&bob, 9, HOUR + 1).await["is_removed"], true, "hidden");
    world.done(&operator(), "DELETE", &format!("/reviews/{bobs}/hidden"), Value::Null).await;
    for viewer in [&ada, &bob] {
        assert_eq!(world.rate_late(viewer, 9, HOUR + 1).await["is_removed"], true);
        assert_eq!(world.stars_of(viewer).await, None);
    }
    for review in [adas, bobs] {
        assert_eq!(world.refused(&operator(), "PUT", &format!("/reviews/{review}/hidden"), json!({})).await, "not_found");
    }
    world.rate(&ada, 9).await;
    assert_eq!(world.stars_of(&ada).await, Some(9));
}

#[tokio::test]
async fn a_tombstone_is_in_no_list_no_count_and_no_export_and_goes_after_thirty_days_with_its_profile_and_with_its_title() {
    use crate::services::interactions::Interactions;

    let (world, ada, bob) = (World::new().await, member("ada"), member("bob"));
    let id = world.write(&ada, 8, "Text").await;
    world.rate(&bob, 6).await;
    for viewer in [&ada, &bob] {
        world.remove(viewer).await;
    }
    world.follower().catch_up().await.unwrap();
    let tombstone = world.stored(&ada).await.unwrap();
    assert!(tombstone.is_tombstone() && tombstone.text.is_empty() && tombstone.review.as_str() != id, "{tombstone:?}");
    assert_eq!(world.get(&ada, "/ratings").await, json!({ "items": [] }));
    assert_eq!((world.listed("newest").await.len(), &world.summary().await["count"]), (0, &json!(0)));
    assert_eq!(world.shown.0.lock().unwrap()[&"heat".parse().unwrap()], None);
    assert_eq!(Interactions::count(&*world.reviews).await.unwrap(), 0);
    assert_eq!(Interactions::of(&*world.reviews, &ada.profile, None, 9).await.unwrap(), (Vec::new(), None));
    assert_eq!(world.get(&operator(), "/reported-reviews?queue=hidden").await["total"], 0);
    assert!(!world.reviews.export(&ada.profile).await.unwrap().contains_key("reviews"));
    world.done(&ada, "PUT", "/titles/ran/review", json!({ "half_stars": 7 })).await;
    let told = world.reviews.export(&ada.profile).await.unwrap();
    assert_eq!(told["reviews"].as_array().unwrap().len(), 1, "{told:?}");

    world.reviews.forget(&bob.profile).await.unwrap();
    assert_eq!(world.stored(&bob).await, None);
    world.pass(31 * DAY);
    assert_eq!(world.reviews.expire_guests(0).await.unwrap(), 0);
    world.pass(1);
    assert_eq!((world.reviews.expire_guests(0).await.unwrap(), world.reviews.expire_guests(0).await.unwrap()), (1, 0));
    assert_eq!(
        (world.stored(&ada).await, world.get(&ada, "/titles/ran/review").await["review"]["half_stars"].as_u64()),
        (None, Some(7))
    );

    world.rate(&ada, 8).await;
    world.remove(&ada).await;
    world.reviews.forget_title(&"heat".parse().unwrap()).await.unwrap();
    assert_eq!(world.stored(&ada).await, None);
}

#[tokio::test]
async fn ratings_of_a_file_are_taken_also_where_some_were_taken_away_once() {
    let (world, ada) = (World::new().await, member("ada"));
    world.rate(&ada, 8).await;
    world.remove(&ada).await;
    let file = json!({ "ratings": [{ "id": "heat", "half_stars": 5 }, { "id": "ran", "half_stars": 6 }] });
    let again = world.done(&ada, "POST", "/ratings", file.clone()).await;
    assert_eq!((again, world.stars_of(&ada).await), (json!({ "added": 2, "known": 0, "left_out": 0 }), Some(5)));
    let again = world.done(&ada, "POST", "/ratings", file).await;
    assert_eq!(again, json!({ "added": 0, "known": 2, "left_out": 0 }));
    assert_eq!(world.rate_late(&ada, 2, 1).await["half_stars"], 5, "they were said when the file was read");
}

#[tokio::test]
async fn what_an_operator_hid_and_its_writer_took_away_is_left_out_of_a_file_and_said_to_be() {
    let (world, ada) = (World::new().await, member("ada"));
    let id = world.write(&ada, 2, "Rude").await;
    world.done(&operator(), "PUT", &format!("/reviews/{id}/hidden"), Value::Null).await;
    let file = json!({ "ratings": [{ "id": "heat", "half_stars": 2, "review": { "text": "Rude" } }] });
    let there = world.done(&ada, "POST", "/ratings", file.clone()).await;
    assert_eq!(there, json!({ "added": 0, "known": 1, "left_out": 0 }));
    world.remove(&ada).await;
    let hidden = world.done(&ada, "POST", "/ratings", file).await;
    assert_eq!((hidden, world.stars_of(&ada).await), (json!({ "added": 0, "known": 0, "left_out": 1, "hidden": 1 }), None));
}

#[tokio::test]
async fn a_text_joins_the_stars_that_it_came_with_and_is_of_the_day_on_which_others_first_read_it() {
    let (world, ada) = (World::new().await, member("ada"));
    let rating =
        |half_stars: u8| json!({ "id": "heat", "half_stars": half_stars, "review": { "text": "Fine", "has_spoilers": true } });
    let file = |half_stars: u8| json!({ "ratings": [rating(half_stars)] });
    let nameless = world.done(&ada, "POST", "/ratings", file(8)).await;
    assert_eq!(nameless, json!({ "added": 1, "known": 0, "left_out": 1, "nameless": 1 }));
    let again = world.done(&ada, "POST", "/ratings", file(8)).await;
    assert_eq!(again, json!({ "added": 0, "known": 1, "left_out": 1, "nameless": 1 }));
    world.pass(DAY);
    world.done(&ada, "PUT", "/reviewer-name", json!({ "name": "ada" })).await;
    assert_eq!(world.done(&ada, "POST", "/ratings", file(7)).await, json!({ "added": 0, "known": 1, "left_out": 0 }));
    let joined = world.done(&ada, "POST", "/ratings", file(8)).await;
    assert_eq!(joined, json!({ "added": 0, "known": 0, "left_out": 0, "reviews": 1, "name": "ada" }));
    let record = world.stored(&ada).await.unwrap();
    let now = world.now.load(Ordering::Relaxed);
    assert_eq!((record.half_stars, record.text.as_str(), record.created, record.edited), (8, "Fine", now, None));
    assert_eq!((world.listed("newest").await, record.has_spoilers), (vec!["ada".to_owned()], true));
    assert_eq!(world.done(&ada, "POST", "/ratings", file(8)).await["known"], 1);
}

/// One of a build that knows nothing of all that.
fn of_an_older_build(mut body: Value) -> Value {
    body.as_object_mut().unwrap().remove("said");
    body
}

#[tokio::test]
async fn what_an_older_build_wrote_says_by_its_other_dates_when_that_was_and_what_it_wrote_over_a_tombstone_stays() {
    let (world, ada) = (World::new().await, member("ada"));
    let id = ReviewRecord::id(&"heat".parse().unwrap(), &ada.profile);
    let put = async |body: Value| {
        world.stores.documents.put(&REVIEWS, Write { id: id.clone(), body, expect: Expect::Anything }).await.unwrap();
    };
    world.rate(&ada, 8).await;
    let record = world.stored(&ada).await.unwrap();
    put(of_an_older_build(serde_json::to_value(&record).unwrap())).await;
    world.pass(HOUR);
    assert_eq!(world.rate_late(&ada, 3, HOUR + 1).await["half_stars"], 8);
    assert_eq!(world.rate_late(&ada, 3, HOUR - 1).await["half_stars"], 3);

    world.remove(&ada).await;
    let tombstone = world.stored(&ada).await.unwrap();
    let anew = ReviewRecord { half_stars: 6, counted: Some("heat".parse().unwrap()), ..tombstone };
    put(of_an_older_build(serde_json::to_value(&anew).unwrap())).await;
    world.pass(31 * DAY + 1);
    assert_eq!((world.reviews.expire_guests(0).await.unwrap(), world.reviews.expire_guests(0).await.unwrap()), (1, 0));
    let left = world.stored(&ada).await.unwrap();
    assert_eq!((left.half_stars, left.withdrawn, left.counted.is_some()), (6, None, true));
}

#[tokio::test]
async fn a_clock_that_ran_ahead_keeps_nobody_from_rating() {
    let (world, ada) = (World::new().await, member("ada"));
    world.rate(&ada, 8).await;
    world.now.fetch_sub(DAY, Ordering::Relaxed);
    assert_eq!(world.rate_late(&ada, 3, 0).await["half_stars"], 3);
    world.remove(&ada).await;
    assert_eq!(world.stars_of(&ada).await, None);
}
