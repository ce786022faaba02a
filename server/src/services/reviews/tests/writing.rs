//! Writing, reading, voting, reporting; who may.

use super::*;

#[tokio::test]
async fn a_rating_needs_no_name_a_text_does_and_what_is_said_twice_is_there_once() {
    let (world, ada) = (World::new().await, member("ada"));
    world.rate(&ada, 7).await;
    let mine = world.get(&ada, "/titles/heat/review").await;
    assert_eq!((&mine["review"]["half_stars"], &mine["review"]["text"], &mine["name"]), (&json!(7), &json!(""), &Value::Null));
    assert_eq!(world.summary().await, json!({ "mean": 3.5, "count": 1, "distribution": [0, 0, 0, 0, 0, 0, 1, 0, 0, 0] }));
    assert_eq!(world.listed("newest").await, [""; 0], "no text");

    let call = json!({ "half_stars": 9, "text": "Two\n<b>men</b> \u{202e}\u{200b}\n", "has_spoilers": true, "language": "en" });
    assert_eq!(world.refused(&ada, "PUT", "/titles/heat/review", call.clone()).await, "name_required");
    world.done(&ada, "PUT", "/reviewer-name", json!({ "name": "A. L." })).await;
    world.pass(1_000);
    let first = world.done(&ada, "PUT", "/titles/heat/review", call.clone()).await;
    world.pass(1_000);
    assert_eq!(world.done(&ada, "PUT", "/titles/heat/review", call).await, first);
    assert_eq!(first["text"], "Two\n<b>men</b> \u{202e}\u{200b}", "as it was written");
    assert_eq!((&first["created"], &first["edited"]), (&json!(1_800_000_001_000_u64), &Value::Null), "its first text");
    let page = world.get(&member("bob"), "/titles/heat/reviews").await;
    let told = page["items"][0].to_string();
    assert_eq!((&page["total"], &page["items"][0]["reviewer"]), (&json!(1), &json!("A. L.")));
    assert!(!["ada", "adas"].iter().any(|name| has_word(&told, name)), "{told}");
    assert_eq!(world.summary().await["distribution"], json!([0, 0, 0, 0, 0, 0, 0, 0, 1, 0]));

    world.done(&ada, "DELETE", "/titles/heat/review", Value::Null).await;
    world.done(&ada, "DELETE", "/titles/heat/review", Value::Null).await;
    assert_eq!(world.get(&ada, "/titles/heat/review").await, json!({ "name": "A. L." }));
    assert_eq!(world.summary().await, json!({ "count": 0, "distribution": [0, 0, 0, 0, 0, 0, 0, 0, 0, 0] }));
}

#[tokio::test]
async fn what_no_review_can_be_is_refused_and_ten_thousand_emoji_are_one() {
    let (world, ada) = (World::new().await, member("ada"));
    world.done(&ada, "PUT", "/reviewer-name", json!({ "name": "Ada" })).await;
    for call in [
        json!({ "half_stars": 0 }),
        json!({ "half_stars": 11 }),
        json!({ "half_stars": 5, "text": "a\tb" }),
        json!({ "half_stars": 5, "text": "\u{0}" }),
        json!({ "half_stars": 5, "text": "x".repeat(10_001) }),
        json!({ "half_stars": 5, "language": "no language" }),
    ] {
        assert_eq!(world.refused(&ada, "PUT", "/titles/heat/review", call).await, "invalid_request");
    }
    let emoji = "\u{1f600}".repeat(10_000);
    let review = world.done(&ada, "PUT", "/titles/heat/review", json!({ "half_stars": 10, "text": emoji })).await;
    assert_eq!(review["text"], emoji);
    for name in ["", "  ", "a\nb", &"x".repeat(33)] {
        assert_eq!(world.refused(&ada, "PUT", "/reviewer-name", json!({ "name": name })).await, "invalid_request");
    }
    let hidden = format!("/titles/{HIDDEN}/review");
    assert_eq!(world.refused(&ada, "PUT", &hidden, json!({ "half_stars": 5 })).await, "not_found");
    assert_eq!(world.refused(&ada, "GET", &hidden, Value::Null).await, "not_found");
}

#[tokio::test]
async fn reviews_come_by_helpfulness_date_and_stars_and_each_once_over_pages() {
    let world = World::new().await;
    let mut ids = HashMap::new();
    for (name, half_stars) in [("ada", 4), ("bob", 10), ("cyd", 1), ("dan", 7), ("eve", 4)] {
        ids.insert(name, world.write(&member(name), half_stars, "Text").await);
        world.pass(1_000);
    }
    for (voter, review) in [("bob", "ada"), ("cyd", "ada"), ("dan", "ada"), ("ada", "dan")] {
        world.done(&member(voter), "PUT", &format!("/reviews/{}/helpful", ids[review]), json!({})).await;
    }
    assert_eq!(world.listed("helpful").await, ["ada", "dan", "eve", "cyd", "bob"]);
    assert_eq!(world.listed("newest").await, ["eve", "dan", "cyd", "bob", "ada"]);
    assert_eq!(world.listed("highest").await, ["bob", "dan", "eve", "ada", "cyd"]);
    assert_eq!(world.listed("lowest").await, ["cyd", "ada", "eve", "dan", "bob"]);
    let token = world.get(&member("bob"), "/titles/heat/reviews?limit=1").await["next"].as_str().unwrap().to_owned();
    for wrong in [format!("sort=newest&page_token={token}"), "page_token=nonsense".to_owned()] {
        let path = format!("/titles/heat/reviews?{wrong}");
        assert_eq!(world.refused(&member("bob"), "GET", &path, Value::Null).await, "invalid_request");
    }
}

#[tokio::test]
async fn a_vote_counts_once_is_taken_back_and_never_ones_own() {
    let world = World::new().await;
    let (ada, bob) = (member("ada"), member("bob"));
    let id = world.write(&ada, 8, "Text").await;
    let vote = format!("/reviews/{id}/helpful");
    let told = async |viewer: &Viewer| {
        let one = world.get(viewer, "/titles/heat/reviews").await["items"][0].clone();
        (one["helpful"].as_u64().unwrap(), one["is_voted"] == true, one["is_own"] == true)
    };
    world.done(&bob, "PUT", &vote, json!({})).await;
    world.done(&bob, "PUT", &vote, json!({})).await;
    assert_eq!((told(&bob).await, told(&ada).await), ((1, true, false), (1, false, true)));
    world.done(&bob, "DELETE", &vote, Value::Null).await;
    world.done(&bob, "DELETE", &vote, Value::Null).await;
    assert_eq!(told(&bob).await, (0, false, false));
    assert_eq!(world.refused(&ada, "PUT", &vote, json!({})).await, "not_allowed");
    let report = format!("/reviews/{id}/report");
    assert_eq!(world.refused(&ada, "PUT", &report, json!({ "reason": "spam" })).await, "not_allowed");
    assert_eq!(world.refused(&bob, "PUT", "/reviews/none/helpful", json!({})).await, "not_found");
    // What others said of a review that is gone is not said of the next one.
    world.done(&bob, "PUT", &vote, json!({})).await;
    world.done(&ada, "DELETE", "/titles/heat/review", Value::Null).await;
    assert_ne!(world.write(&ada, 8, "Text").await, id);
    assert_eq!(told(&bob).await, (0, false, false));
}

#[tokio::test]
async fn guests_write_nothing_and_read_where_the_config_says_so_and_children_do_neither() {
    let closed = World::new().await;
    let open = World::with(Settings { guests_may_read: true, ..settings(30) }).await;
    let child = {
        let viewer = member("kid");
        let member = viewer.member.clone().map(|member| Member { active_profile: ActiveProfile::AgeLimited, ..member });
        Viewer { member, ..viewer }
    };
    let limited = |viewer: Viewer| Viewer {
        authorization: Arc::new(Authorization { maturity: Some(12), ..Authorization::default() }),
        ..viewer
    };
    for world in [&closed, &open] {
        let id = world.write(&member("ada"), 8, "Text").await;
        for (method, path, body) in [
            ("PUT", "/titles/heat/review".to_owned(), json!({ "half_stars": 1 })),
            ("DELETE", "/titles/heat/review".to_owned(), Value::Null),
            ("PUT", "/reviewer-name".to_owned(), json!({ "name": "x" })),
            ("PUT", format!("/reviews/{id}/helpful"), json!({})),
            ("DELETE", format!("/reviews/{id}/helpful"), Value::Null),
            ("PUT", format!("/reviews/{id}/report"), json!({ "reason": "spam" })),
        ] {
            assert_eq!(world.refused(&guest("g"), method, &path, body.clone()).await, "sign_in_required", "{path}");
            assert_eq!(world.refused(&child, method, &path, body).await, "not_allowed", "{path}");
        }
        for path in ["/titles/heat/reviews", "/titles/heat/review", "/titles/heat/review-summary"] {
            assert_eq!(world.refused(&child, "GET", path, Value::Null).await, "not_allowed", "{path}");
        }
    }
    assert_eq!(
        closed.get(&guest("g"), "/titles/heat/review-summary").await,
        json!({ "count": 0, "distribution": [], "is_closed": true })
    );
    for path in ["/titles/heat/reviews", "/titles/heat/review", "/titles/heat/review-summary"] {
        if path != "/titles/heat/review-summary" {
            assert_eq!(closed.refused(&guest("g"), "GET", path, Value::Null).await, "sign_in_required", "{path}");
        }
        open.get(&guest("g"), path).await;
        assert_eq!(open.refused(&limited(guest("g")), "GET", path, Value::Null).await, "not_allowed", "{path}");
    }
    assert_eq!(open.get(&guest("g"), "/titles/heat/reviews").await["items"][0]["text"], "Text");
}

#[tokio::test]
async fn a_plan_without_reviews_says_so() {
    let world = World::new().await;
    let authorization = Arc::new(Authorization { may_review: false, ..Authorization::default() });
    let ada = Viewer { authorization, ..member("ada") };
    let (status, problem) = world.ask(&ada, "PUT", "/titles/heat/review", json!({ "half_stars": 5 })).await;
    assert_eq!((status, problem["code"].as_str()), (403, Some("not_allowed")));
    assert!(problem["detail"].as_str().unwrap().contains("reviews"), "{problem}");
    world.get(&ada, "/titles/heat/reviews").await;
}

#[tokio::test]
async fn so_many_are_written_within_any_hour_of_many_at_once_no_more_and_a_clock_that_steps_locks_nobody_out() {
    let world = World::with(settings(30)).await;
    let ada = member("ada");
    let tries = (0..40).map(|number| {
        let (world, ada) = (&world, &ada);
        async move {
            let call = json!({ "half_stars": 1 + number % 10 });
            world.ask(ada, "PUT", &format!("/titles/t{number}/review"), call).await
        }
    });
    let answers = futures::future::join_all(tries).await;
    let done = answers.iter().filter(|(status, _)| *status == 200).count();
    // Of so many at once some may be faster each time, and then nothing was written.
    assert!(done <= 30 && answers.iter().all(|(status, _)| matches!(status, 200 | 429 | 503)), "{done}");
    for _ in done..30 {
        world.rate(&ada, 5).await;
    }
    let (status, problem) = world.ask(&ada, "PUT", "/titles/heat/review", json!({ "half_stars": 5 })).await;
    assert_eq!((status, problem["code"].as_str(), problem["retry_after"].as_u64()), (429, Some("rate_limited"), Some(3_600)));
    assert_eq!(world.refused(&ada, "DELETE", "/titles/heat/review", Value::Null).await, "rate_limited");
    world.rate(&member("bob"), 5).await;
    world.pass(60 * 60 * 1_000 - 1);
    assert_eq!(world.refused(&ada, "PUT", "/titles/heat/review", json!({ "half_stars": 5 })).await, "rate_limited");
    world.pass(1);
    world.rate(&ada, 6).await;
    // A day back, and what was counted counts for an hour from there.
    world.now.fetch_sub(24 * 60 * 60 * 1_000, Ordering::Relaxed);
    world.rate(&ada, 5).await;
    world.pass(60 * 60 * 1_000);
    for _ in 0..30 {
        world.rate(&ada, 5).await;
    }
}
