//! What is left of a profile, an account or a title that is gone: nothing.

use super::*;

impl World {
    /// Everything that is stored, as text.
    pub(super) async fn everything(&self) -> String {
        let mut text = String::new();
        for collection in COLLECTIONS {
            for document in self.stores.documents.list(collection, None, 1000).await.unwrap().documents {
                text.push_str(&format!("{} {} {}\n", collection.name, document.id, document.body));
            }
        }
        for (key, entry) in self.stores.keyvalue.scan("reviews/", None, 1000).await.unwrap() {
            text.push_str(&format!("{key} {:?}\n", entry.value));
        }
        text
    }
}

#[tokio::test]
async fn nothing_is_left_of_a_profile_and_what_it_counted_for_follows() {
    let world = World::new().await;
    let (ada, bob) = (member("ada"), member("bob"));
    let (adas, bobs) = (world.write(&ada, 2, "Rude").await, world.write(&bob, 8, "Fine").await);
    world.done(&ada, "PUT", "/titles/other/review", json!({ "half_stars": 3 })).await;
    world.done(&ada, "PUT", &format!("/reviews/{bobs}/helpful"), json!({})).await;
    world.done(&ada, "PUT", &format!("/reviews/{bobs}/report"), json!({ "reason": "spam" })).await;
    world.done(&bob, "PUT", &format!("/reviews/{adas}/helpful"), json!({})).await;
    world.done(&operator(), "PUT", &format!("/reviews/{adas}/hidden"), json!({})).await;
    world.done(&operator(), "PUT", "/accounts/adas-account/review-ban", json!({})).await;
    world.follower().catch_up().await.unwrap();
    let there = world.everything().await;
    assert!(["ada", "adas"].iter().all(|name| has_word(&there, name)), "{there}");

    world.reviews.forget(&"ada".parse().unwrap()).await.unwrap();
    world.reviews.forget_account(&"adas-account".parse().unwrap()).await.unwrap();
    world.follower().catch_up().await.unwrap();
    let left = world.everything().await;
    assert!(!["ada", "adas"].iter().any(|name| has_word(&left, name)) && !left.contains(&format!("{adas}/")), "{left}");
    let review = world.get(&member("cyd"), "/titles/heat/reviews").await["items"][0].clone();
    assert_eq!((&review["reviewer"], &review["helpful"]), (&json!("bob"), &json!(0)));
    assert_eq!(world.get(&operator(), "/reported-reviews").await["total"], 0, "its report, too");
    assert_eq!(world.summary().await["count"], 1);
    assert_eq!(world.shown.0.lock().unwrap()[&"other".parse().unwrap()], None);
    let log = world.get(&operator(), "/review-moderation").await;
    assert_eq!(log["items"].as_array().unwrap().len(), 2, "what was done stays in the log");
    // An operator's account, in turn.
    world.reviews.forget_account(&"olgas-account".parse().unwrap()).await.unwrap();
    let left = world.everything().await;
    assert!(!["olga", "olgas"].iter().any(|name| has_word(&left, name)), "{left}");
}

#[tokio::test]
async fn nothing_is_left_of_a_title() {
    let world = World::new().await;
    let id = world.write(&member("ada"), 2, "Rude").await;
    world.done(&member("bob"), "PUT", &format!("/reviews/{id}/helpful"), json!({})).await;
    world.done(&member("bob"), "PUT", "/titles/other/review", json!({ "half_stars": 3 })).await;
    world.follower().catch_up().await.unwrap();
    world.reviews.forget_title(&"heat".parse().unwrap()).await.unwrap();
    world.follower().catch_up().await.unwrap();
    let left = world.everything().await;
    assert!(!left.contains("heat") && left.contains("other"), "{left}");
    assert_eq!(world.summary().await["count"], 0);
}

#[tokio::test]
async fn what_is_said_of_a_review_that_is_gone_is_removed() {
    let world = World::new().await;
    let id = world.write(&member("ada"), 2, "Rude").await;
    let record = world.reviews.reviews.find(&id.parse().unwrap()).await.unwrap().unwrap();
    world.done(&member("ada"), "DELETE", "/titles/heat/review", Value::Null).await;
    // A vote that was under way meanwhile.
    let said = (record::Kind::Helpful, contract::reviews::ReportReason::Other);
    world.reviews.reactions.add(&record, said, &"bob".parse().unwrap()).await.unwrap();
    assert!(has_word(&world.everything().await, "bob"));
    world.follower().catch_up().await.unwrap();
    assert!(!has_word(&world.everything().await, "bob"));
}

#[tokio::test]
async fn each_profile_is_told_what_it_rated_and_that_it_took_it_back() {
    use contract::events::Event;
    use storage::documents::feed::Since;

    let world = World::new().await;
    world.rate(&member("ada"), 7).await;
    world.rate(&member("bob"), 3).await;
    world.done(&member("bob"), "DELETE", "/titles/heat/review", Value::Null).await;
    let position = storage::documents::feed::Position { number: 0, ..begin(&world).await };
    let since = Since::Position(&position);
    let entries = world.stores.documents.changes(&record::REVIEWS, since, 100).await.unwrap().unwrap().entries;
    let tell = feeds::FEEDS[0].tell;
    let told: Vec<_> = entries.iter().flat_map(tell).collect();
    let rated = |half_stars| Event::Rated { id: "heat".parse().unwrap(), half_stars };
    let notice = |who: &str, half_stars| crate::services::feeds::Notice::of(who.parse().unwrap(), rated(half_stars));
    assert_eq!(told, [notice("ada", Some(7)), notice("bob", None)]);
}

async fn begin(world: &World) -> storage::documents::feed::Position {
    let since = storage::documents::feed::Since::Listing("");
    world.stores.documents.changes(&record::REVIEWS, since, 1).await.unwrap().unwrap().position
}
