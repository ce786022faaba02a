//! One document that cannot be read keeps nobody from the others, is written anew, and goes with whose it is.

use storage::documents::{Collection, Expect, Write};

use super::{
    super::record::{BANS, MODERATION, REACTIONS, REVIEWERS, REVIEWS},
    *,
};
use crate::services::interactions::Interactions;

impl World {
    /// Has fields of a document say what no build of today reads; indexes find it all the same.
    async fn spoil(&self, collection: &'static Collection, id: &str, fields: Value) {
        let mut body = self.stores.documents.get(collection, id).await.unwrap().unwrap().body;
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        self.stores.documents.put(collection, Write { id: id.to_owned(), body, expect: Expect::Anything }).await.unwrap();
    }

    /// The id of the one document of a collection.
    async fn only(&self, collection: &'static Collection) -> String {
        let mut all = self.stores.documents.list(collection, None, 10).await.unwrap().documents;
        assert_eq!(all.len(), 1);
        all.remove(0).id
    }

    async fn own(&self, viewer: &Viewer) -> Value {
        self.get(viewer, "/titles/heat/review").await["review"].clone()
    }
}

#[tokio::test]
async fn a_review_that_cannot_be_read_is_left_out_of_what_is_told_to_anybody() {
    let world = World::new().await;
    let (ada, bob) = (member("ada"), member("bob"));
    let adas = world.write(&ada, 8, "Fine").await;
    world.write(&bob, 6, "Fair").await;
    world.done(&ada, "PUT", "/titles/ran/review", json!({ "half_stars": 9 })).await;
    world.done(&bob, "PUT", &format!("/reviews/{adas}/report"), json!({ "reason": "spam" })).await;
    world.spoil(&REVIEWS, "heat/ada", json!({ "text": 7 })).await;

    for sort in ["helpful", "newest", "highest", "lowest"] {
        assert_eq!(world.listed(sort).await, ["bob"], "{sort}");
    }
    assert_eq!(world.get(&ada, "/titles/heat/review").await, json!({ "name": "ada" }));
    for path in ["/ratings", "/ratings?with_texts=true"] {
        let rated = world.get(&ada, path).await;
        assert_eq!((&rated["items"][0]["id"], rated["items"].as_array().unwrap().len()), (&json!("ran"), 1));
    }
    let (own, _) = Interactions::of(&*world.reviews, &ada.profile, None, 10).await.unwrap();
    assert_eq!((own.len(), own[0].title.as_str()), (1, "ran"));
    assert_eq!(world.reviews.interactions(None).await.unwrap().0.len(), 2);
    assert_eq!(world.refused(&bob, "PUT", &format!("/reviews/{adas}/helpful"), json!({})).await, "not_found");
    assert_eq!(world.get(&operator(), "/reported-reviews").await["items"], json!([]));
    for (method, path) in [("PUT", format!("/reviews/{adas}/hidden")), ("DELETE", format!("/reviews/{adas}"))] {
        assert_eq!(world.refused(&operator(), method, &path, Value::Null).await, "not_found");
    }
    let many = json!({ "ratings": [{ "id": "heat", "half_stars": 1 }, { "id": "alien", "half_stars": 9 }] });
    assert_eq!(world.done(&ada, "POST", "/ratings", many).await["added"], 1);
    assert_eq!(world.reviews.export(&ada.profile).await.unwrap()["reviews"].as_array().unwrap().len(), 3);
    world.follower().catch_up().await.unwrap();
}

#[tokio::test]
async fn a_review_that_cannot_be_read_is_written_anew_with_what_can_be_told_of_it() {
    let (world, ada) = (World::new().await, member("ada"));
    let id = world.write(&ada, 8, "Fine").await;
    world.done(&member("bob"), "PUT", &format!("/reviews/{id}/helpful"), json!({})).await;
    world.spoil(&REVIEWS, "heat/ada", json!({ "half_stars": "x", "later": 1 })).await;
    world.pass(1_000);
    let stars = world.done(&ada, "PUT", "/titles/heat/review", json!({ "half_stars": 4, "keeps_text": true })).await;
    assert_eq!((&stars["id"], &stars["text"], &stars["half_stars"]), (&json!(id), &json!("Fine"), &json!(4)));
    let listed = world.get(&member("bob"), "/titles/heat/reviews").await["items"][0].clone();
    assert_eq!((&listed["helpful"], &listed["is_voted"]), (&json!(1), &json!(true)));
    assert_eq!((&world.summary().await["mean"], &world.summary().await["count"]), (&json!(2.0), &json!(1)));
    let stored = world.stores.documents.get(&REVIEWS, "heat/ada").await.unwrap().unwrap().body;
    assert_eq!(stored["later"], 1);

    world.spoil(&REVIEWS, "heat/ada", json!({ "text": 7, "title": 7, "created": "x" })).await;
    world.pass(1_000);
    assert_eq!(world.write(&ada, 10, "Anew").await, id);
    assert_eq!(world.own(&ada).await["text"], "Anew");
    assert_eq!(world.summary().await["distribution"][9], 1);
    // What it says of when it was said holds.
    world.spoil(&REVIEWS, "heat/ada", json!({ "text": 7 })).await;
    let late = json!({ "half_stars": 2, "keeps_text": true, "milliseconds_ago": 1 });
    assert_eq!(world.done(&ada, "PUT", "/titles/heat/review", late).await["half_stars"], 10);
}

#[tokio::test]
async fn a_review_that_cannot_be_read_is_taken_away_with_what_was_said_of_it() {
    for spoiled in [json!({ "text": 7 }), json!({ "half_stars": "x" }), json!({ "account": [] })] {
        let (world, ada) = (World::new().await, member("ada"));
        let id = world.write(&ada, 8, "Fine").await;
        world.done(&member("bob"), "PUT", &format!("/reviews/{id}/helpful"), json!({})).await;
        world.spoil(&REVIEWS, "heat/ada", spoiled.clone()).await;
        world.pass(1_000);
        world.done(&ada, "DELETE", "/titles/heat/review", Value::Null).await;
        assert_eq!((world.own(&ada).await, &world.summary().await["count"]), (Value::Null, &json!(0)), "{spoiled}");
        assert_eq!(world.stores.documents.count(&REACTIONS).await.unwrap(), 0, "{spoiled}");
        let late = json!({ "half_stars": 2, "milliseconds_ago": 1 });
        assert_eq!(world.done(&ada, "PUT", "/titles/heat/review", late).await["is_removed"], true, "{spoiled}");
    }
}

#[tokio::test]
async fn what_an_operator_hid_stays_hidden_where_it_cannot_be_read_and_is_written_anew() {
    for spoiled in [json!({ "text": 7 }), json!({ "hidden": true }), json!({ "hidden": "x", "queue": "x", "half_stars": "x" })] {
        let (world, ada) = (World::new().await, member("ada"));
        let id = world.write(&ada, 2, "Rude").await;
        world.done(&operator(), "PUT", &format!("/reviews/{id}/hidden"), Value::Null).await;
        world.spoil(&REVIEWS, "heat/ada", spoiled.clone()).await;
        world.pass(1_000);
        world.write(&ada, 4, "Ruder").await;
        let own = world.own(&ada).await;
        assert_eq!((&own["text"], &own["is_hidden"]), (&json!("Ruder"), &json!(true)), "{spoiled}");
        assert_eq!((world.listed("newest").await, &world.summary().await["count"]), (vec![], &json!(0)), "{spoiled}");
        assert_eq!(world.get(&operator(), "/reported-reviews?queue=hidden").await["total"], 1, "{spoiled}");
    }
}

#[tokio::test]
async fn nothing_is_left_of_a_profile_and_an_account_whose_documents_cannot_be_read() {
    let world = World::new().await;
    let (ada, bob) = (member("ada"), member("bob"));
    let (adas, bobs) = (world.write(&ada, 2, "Rude").await, world.write(&bob, 8, "Fine").await);
    for title in ["other", "undated"] {
        world.done(&ada, "PUT", &format!("/titles/{title}/review"), json!({ "half_stars": 3 })).await;
    }
    world.done(&bob, "PUT", &format!("/reviews/{adas}/helpful"), json!({})).await;
    world.done(&operator(), "PUT", "/accounts/adas-account/review-ban", json!({})).await;
    world.follower().catch_up().await.unwrap();
    world.spoil(&REVIEWS, "heat/ada", json!({ "text": 7 })).await;
    world.spoil(&REVIEWS, "other/ada", json!({ "review": 7 })).await;
    world.spoil(&REVIEWS, "undated/ada", json!({ "created": null, "half_stars": "x" })).await;
    assert_eq!(world.reviews.export(&ada.profile).await.unwrap()["reviews"].as_array().unwrap().len(), 3, "each is told");
    world.spoil(&REVIEWERS, "ada", json!({ "name": 7 })).await;
    let note = world.only(&MODERATION).await;
    world.spoil(&MODERATION, &note, json!({ "act": 7 })).await;

    world.reviews.forget(&ada.profile).await.unwrap();
    for account in ["adas-account", "olgas-account"] {
        world.reviews.forget_account(&account.parse().unwrap()).await.unwrap();
    }
    world.follower().catch_up().await.unwrap();
    let left = world.everything().await;
    let names = ["ada", "adas", "olga", "olgas"];
    assert!(!names.iter().any(|name| has_word(&left, name)) && left.contains(&bobs), "{left}");
    assert_eq!(world.stores.documents.count(&REACTIONS).await.unwrap(), 0);
    assert_eq!((&world.summary().await["mean"], &world.summary().await["count"]), (&json!(4.0), &json!(1)));
    assert_eq!(world.shown.0.lock().unwrap()[&"other".parse().unwrap()], None);
    assert_eq!(world.get(&operator(), "/review-moderation").await["items"], json!([]), "the log is told without it");
}

#[tokio::test]
async fn a_name_a_vote_and_a_ban_that_cannot_be_read_are_said_anew_and_lead_to_less_until_then() {
    let world = World::new().await;
    let (ada, bob) = (member("ada"), member("bob"));
    let id = world.write(&ada, 8, "Fine").await;
    world.write(&bob, 6, "Fair").await;
    world.spoil(&REVIEWERS, "ada", json!({ "name": 7 })).await;
    assert_eq!(world.listed("highest").await, ["", "bob"]);
    assert_eq!(world.get(&ada, "/titles/heat/review").await.get("name"), None);
    let text = json!({ "half_stars": 8, "text": "Fine" });
    assert_eq!(world.refused(&ada, "PUT", "/titles/heat/review", text).await, "name_required");
    world.write(&ada, 8, "Fine").await;
    assert_eq!(world.listed("highest").await, ["ada", "bob"]);

    world.done(&bob, "PUT", &format!("/reviews/{id}/helpful"), json!({})).await;
    let vote = world.only(&REACTIONS).await;
    world.spoil(&REACTIONS, &vote, json!({ "at": "x" })).await;
    world.done(&bob, "PUT", &format!("/reviews/{id}/helpful"), json!({})).await;
    assert_eq!(world.get(&bob, "/titles/heat/reviews").await["items"][0]["helpful"], 1);

    let ban = "/accounts/adas-account/review-ban";
    world.done(&operator(), "PUT", ban, json!({})).await;
    world.spoil(&BANS, "adas-account", json!({ "since": "x" })).await;
    world.done(&operator(), "PUT", ban, json!({})).await;
    assert_eq!(world.get(&ada, "/titles/heat/review").await["is_banned"], true);
    world.done(&operator(), "DELETE", ban, Value::Null).await;
    world.rate(&ada, 9).await;
}
