//! What operators do: the queue, hiding, restoring, deleting, bans, and the log of it.

use super::*;

async fn queue(world: &World, name: &str) -> Vec<(String, u64)> {
    let page = world.get(&operator(), &format!("/reported-reviews?queue={name}")).await;
    let items = page["items"].as_array().unwrap();
    assert_eq!(page["total"], items.len());
    let reports = |item: &Value| item["reports"].as_array().unwrap().iter().map(|one| one["count"].as_u64().unwrap()).sum();
    items.iter().map(|item| (item["reviewer"].as_str().unwrap().to_owned(), reports(item))).collect()
}

async fn acts(world: &World) -> Vec<String> {
    let page = world.get(&operator(), "/review-moderation").await;
    let act = |one: &Value| format!("{} {}", one["act"].as_str().unwrap(), one["is_done"]);
    page["items"].as_array().unwrap().iter().map(act).collect()
}

#[tokio::test]
async fn what_is_reported_comes_to_operators_by_how_many_and_why() {
    let world = World::new().await;
    let (ada, bob) = (world.write(&member("ada"), 2, "Rude").await, world.write(&member("bob"), 8, "Spam").await);
    for (who, review, reason) in [("cyd", &ada, "abuse"), ("cyd", &bob, "spam"), ("dan", &bob, "spam"), ("eve", &bob, "other")] {
        world.done(&member(who), "PUT", &format!("/reviews/{review}/report"), json!({ "reason": reason })).await;
    }
    // Once for each profile, whose last reason counts.
    world.done(&member("cyd"), "PUT", &format!("/reviews/{bob}/report"), json!({ "reason": "abuse" })).await;
    assert_eq!(queue(&world, "reported").await, [("bob".to_owned(), 3), ("ada".to_owned(), 1)]);
    let first = world.get(&operator(), "/reported-reviews").await["items"][0].clone();
    assert_eq!(
        (&first["title_name"], &first["account"], &first["text"]),
        (&json!("The heat"), &json!("bobs-account"), &json!("Spam"))
    );
    let reports: Vec<Value> = ["abuse", "spam", "other"].map(|reason| json!({ "reason": reason, "count": 1 })).into();
    assert_eq!(first["reports"], json!(reports));
    assert_eq!(world.get(&member("dan"), "/titles/heat/reviews").await["items"][0]["is_reported"], true);

    world.done(&operator(), "DELETE", &format!("/reviews/{bob}/hidden"), Value::Null).await;
    assert_eq!(queue(&world, "reported").await, [("ada".to_owned(), 1)], "looked after");
    world.done(&member("dan"), "PUT", &format!("/reviews/{bob}/report"), json!({ "reason": "spam" })).await;
    assert_eq!(queue(&world, "reported").await.len(), 2, "reported again");
    for viewer in [member("ada"), guest("g")] {
        for (method, path) in [
            ("GET", "/reported-reviews".to_owned()),
            ("GET", "/review-moderation".to_owned()),
            ("PUT", format!("/reviews/{bob}/hidden")),
            ("DELETE", format!("/reviews/{bob}/hidden")),
            ("DELETE", format!("/reviews/{bob}")),
            ("PUT", "/accounts/a/review-ban".to_owned()),
            ("DELETE", "/accounts/a/review-ban".to_owned()),
        ] {
            let body = if method == "PUT" { json!({}) } else { Value::Null };
            let code = world.refused(&viewer, method, &path, body).await;
            assert!(["not_allowed", "sign_in_required"].contains(&code.as_str()), "{method} {path}: {code}");
        }
    }
}

#[tokio::test]
async fn what_is_hidden_counts_for_nothing_and_stays_so_whatever_its_writer_does_until_it_is_restored() {
    let world = World::new().await;
    let (ada, id) = (member("ada"), world.write(&member("ada"), 2, "Rude").await);
    world.write(&member("bob"), 8, "Fine").await;
    world.done(&operator(), "PUT", &format!("/reviews/{id}/hidden"), json!({})).await;
    world.done(&operator(), "PUT", &format!("/reviews/{id}/hidden"), json!({})).await;
    let is_gone = async || {
        assert_eq!(world.listed("newest").await, ["bob"]);
        assert_eq!((&world.summary().await["mean"], &world.summary().await["count"]), (&json!(4.0), &json!(1)));
        assert_eq!(world.refused(&member("bob"), "PUT", &format!("/reviews/{id}/helpful"), json!({})).await, "not_found");
    };
    is_gone().await;
    assert_eq!(world.get(&ada, "/titles/heat/review").await["review"]["is_hidden"], true);
    world.write(&ada, 4, "Ruder").await;
    is_gone().await;
    world.done(&ada, "DELETE", "/titles/heat/review", Value::Null).await;
    assert_eq!(world.get(&ada, "/titles/heat/review").await["review"], Value::Null);
    is_gone().await;
    world.write(&ada, 4, "Rudest").await;
    is_gone().await;
    assert_eq!(queue(&world, "hidden").await.len(), 1);

    world.pass(1);
    world.done(&operator(), "DELETE", &format!("/reviews/{id}/hidden"), Value::Null).await;
    world.pass(1);
    assert_eq!(world.listed("newest").await.len(), 2);
    assert_eq!(world.summary().await["mean"], 3.0);
    world.done(&operator(), "DELETE", &format!("/reviews/{id}"), Value::Null).await;
    assert_eq!(world.listed("newest").await, ["bob"]);
    assert_eq!(world.refused(&operator(), "DELETE", &format!("/reviews/{id}"), Value::Null).await, "not_found");
    assert_eq!(acts(&world).await, ["delete true", "restore true", "hide true", "hide true"]);
}

#[tokio::test]
async fn who_is_banned_writes_nothing_with_any_profile_and_may_still_take_back_what_is_there() {
    let world = World::new().await;
    let (ada, bob) = (member("ada"), world.write(&member("bob"), 8, "Fine").await);
    world.write(&ada, 2, "Rude").await;
    world.done(&operator(), "PUT", "/accounts/adas-account/review-ban", json!({})).await;
    let other = Viewer { profile: "other".parse().unwrap(), ..ada.clone() };
    for viewer in [&ada, &other] {
        let rating = json!({ "half_stars": 1 });
        assert_eq!(world.refused(viewer, "PUT", "/titles/heat/review", rating).await, "not_allowed");
        assert_eq!(world.refused(viewer, "PUT", &format!("/reviews/{bob}/helpful"), json!({})).await, "not_allowed");
        assert_eq!(
            world.refused(viewer, "PUT", &format!("/reviews/{bob}/report"), json!({ "reason": "spam" })).await,
            "not_allowed"
        );
        assert_eq!(world.get(viewer, "/titles/heat/review").await["is_banned"], true);
    }
    world.done(&ada, "DELETE", "/titles/heat/review", Value::Null).await;
    world.pass(1);
    world.done(&operator(), "DELETE", "/accounts/adas-account/review-ban", Value::Null).await;
    world.write(&ada, 2, "Rude").await;
    assert_eq!(acts(&world).await, ["unban true", "ban true"]);
}

#[tokio::test]
async fn an_act_is_noted_before_it_is_done_and_one_that_broke_off_says_so() {
    let world = World::new().await;
    let id = world.write(&member("ada"), 2, "Rude").await;
    let record = world.reviews.reviews.find(&id.parse().unwrap()).await.unwrap().unwrap();
    let context = RequestContext::of(operator(), world.dispatcher.clone());
    let subject = moderation::Subject::of(&record);
    let fails = async {
        assert_eq!(acts(&world).await, ["hide false"], "noted");
        Err(StoreError::Unavailable { reason: "away".to_owned() })
    };
    let moderation = &world.reviews.moderation;
    moderation.noted(&context, contract::reviews::ModerationAct::Hide, subject, fails).await.unwrap_err();
    assert_eq!(acts(&world).await, ["hide false"]);
}

#[tokio::test]
async fn a_token_that_may_not_read_the_catalogue_sees_what_was_done_and_reported_without_the_names_of_titles() {
    let world = World::new().await;
    let id = world.write(&member("ada"), 2, "Rude").await;
    world.done(&member("bob"), "PUT", &format!("/reviews/{id}/report"), json!({ "reason": "abuse" })).await;
    let token = {
        let viewer = operator();
        let scopes = Some([contract::Scope::Operate].into());
        Viewer { member: viewer.member.clone().map(|member| Member { scopes, ..member }), ..viewer }
    };
    let reported = world.get(&token, "/reported-reviews").await["items"][0].clone();
    assert_eq!((&reported["text"], reported.get("title_name")), (&json!("Rude"), None));
    world.done(&token, "PUT", &format!("/reviews/{id}/hidden"), json!({})).await;
    let done = world.get(&token, "/review-moderation").await["items"][0].clone();
    assert_eq!((&done["act"], &done["title"], done.get("title_name")), (&json!("hide"), &json!("heat"), None));
    assert_eq!(world.get(&operator(), "/review-moderation").await["items"][0]["title_name"], "The heat");
}
