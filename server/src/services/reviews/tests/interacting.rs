//! What stars tell of a profile to whoever recommends titles.

use super::*;
use crate::services::interactions::{Act, Interactions};

async fn all(world: &World) -> Vec<(String, String, f32)> {
    let (told, next) = Interactions::interactions(&*world.reviews, None).await.unwrap();
    assert!(next.is_none() && told.iter().all(|one| one.act == Act::Rated));
    let mut told: Vec<_> = told.into_iter().map(|one| (one.profile.to_string(), one.title.to_string(), one.weight)).collect();
    told.sort_by(|one, other| one.partial_cmp(other).unwrap());
    told
}

async fn own(world: &World, profile: &str, limit: u32) -> Vec<(String, f32)> {
    let (told, _) = Interactions::of(&*world.reviews, &profile.parse().unwrap(), None, limit).await.unwrap();
    told.into_iter().map(|one| (one.title.to_string(), one.weight)).collect()
}

#[tokio::test]
async fn four_stars_speak_for_a_title_three_a_little_and_two_against_it() {
    let world = World::new().await;
    let weights = [-1.0, -1.0, -1.0, -1.0, 0.5, 0.5, 0.5, 1.5, 1.5, 1.5];
    let mut expected = Vec::new();
    for (half_stars, weight) in (1..=10_u8).zip(weights) {
        world.rate(&member(&format!("p{half_stars}")), half_stars).await;
        expected.push((format!("p{half_stars}"), "heat".to_owned(), weight));
    }
    expected.sort_by(|one, other| one.partial_cmp(other).unwrap());
    assert_eq!(all(&world).await, expected);
    assert_eq!(Interactions::count(&*world.reviews).await.unwrap(), 10);
    world.done(&member("p9"), "DELETE", "/titles/heat/review", Value::Null).await;
    assert!(all(&world).await.iter().all(|(profile, _, _)| profile != "p9"), "what was taken away says nothing");
}

#[tokio::test]
async fn what_operators_hid_is_still_what_its_writer_thinks_and_says_nothing_to_others() {
    let world = World::new().await;
    let (ada, bob) = (member("ada"), member("bob"));
    let review = world.write(&ada, 10, "The best.").await;
    world.rate(&bob, 10).await;
    let bobs_account = format!("/accounts/{}/review-ban", bob.member.as_ref().unwrap().account);
    world.done(&operator(), "PUT", &format!("/reviews/{review}/hidden"), Value::Null).await;
    world.done(&operator(), "PUT", &bobs_account, Value::Null).await;
    let heat = "heat".to_owned();
    assert_eq!(all(&world).await, [("ada".to_owned(), heat.clone(), 0.0), ("bob".to_owned(), heat.clone(), 1.5)]);
    assert_eq!(own(&world, "ada", 10).await, [(heat, 1.5)]);
    world.done(&ada, "DELETE", "/titles/heat/review", Value::Null).await;
    assert_eq!((all(&world).await.len(), own(&world, "ada", 10).await), (1, vec![]), "its mark alone is left");
}

#[tokio::test]
async fn the_latest_of_a_profiles_stars_are_told_and_its_ratings_are_listed_in_that_order_page_by_page() {
    let world = World::new().await;
    let ada = member("ada");
    for title in ["heat", "ran", "alien"] {
        world.done(&ada, "PUT", &format!("/titles/{title}/review"), json!({ "half_stars": 8 })).await;
        world.pass(1_000);
    }
    world.rate(&member("bob"), 3).await;
    assert_eq!(own(&world, "ada", 2).await, [("alien".to_owned(), 1.5), ("ran".to_owned(), 1.5)]);
    let (_, next) = Interactions::of(&*world.reviews, &"ada".parse().unwrap(), None, 2).await.unwrap();
    let rest = Interactions::of(&*world.reviews, &"ada".parse().unwrap(), next.as_deref(), 2).await.unwrap();
    assert!(matches!(&rest, (some, None) if some.len() == 1 && some[0].title.as_str() == "heat"), "{rest:?}");
    let first = world.get(&ada, "/ratings?limit=2").await;
    let named = |page: &Value| {
        page["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(named(&first), ["alien", "ran"]);
    let second = world.get(&ada, &format!("/ratings?limit=2&page_token={}", first["next"].as_str().unwrap())).await;
    assert_eq!((named(&second), second.get("next")), (vec!["heat".to_owned()], None));
    assert_eq!(world.get(&guest("someone"), "/ratings").await, json!({ "items": [] }));
    let more = json!({ "ratings": [{ "id": "heat", "half_stars": 1 }, { "id": "stalker", "half_stars": 9 }, { "id": HIDDEN, "half_stars": 9 }] });
    let told = world.done(&ada, "POST", "/ratings", more).await;
    assert_eq!(told, json!({ "added": 1, "known": 1, "left_out": 1 }));
    assert_eq!(world.get(&ada, "/titles/heat/review").await["review"]["half_stars"], 8, "it stays as it was");
    world.follower().catch_up().await.unwrap();
    let summary = world.get(&ada, "/titles/stalker/review-summary").await;
    assert_eq!((&summary["count"], &summary["mean"]), (&json!(1), &json!(4.5)));
}
