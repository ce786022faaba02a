//! What a profile is told.

use contract::{
    catalog::TitleCard,
    discovery::{HiddenKind, LikedBy, Recommendation, Why},
};

use super::*;

#[tokio::test]
async fn a_profile_is_recommended_what_fits_its_history_because_of_it_and_no_title_twice() {
    let world = World::trained().await;
    for title in world.westerns.iter().take(3) {
        world.watch("me", title);
    }
    let rows = world.rows("me").await;
    assert_eq!(rows[0].about, RowAbout::TopPicks);
    let best: Vec<&TitleId> = rows[0].items.iter().take(5).map(|item| &item.card.id).collect();
    assert!(best.iter().all(|title| world.westerns.contains(title)), "{best:?}");
    let explained = rows[0].items.iter().take(5).filter(|item| match &item.why {
        Why::BecauseYouWatched { id, title } => world.westerns[..3].contains(id) && title.starts_with("Western"),
        Why::FitsHistory { .. } | Why::Popular | Why::PopularHere => false,
    });
    assert!(explained.count() > 0);
    let told = ids(&rows);
    assert!(world.westerns[..3].iter().all(|watched| !told.contains(watched)), "what was watched is not recommended");
    let different: std::collections::HashSet<&TitleId> = told.iter().collect();
    assert_eq!(different.len(), told.len());
}

#[tokio::test]
async fn what_was_watched_a_moment_ago_counts_without_training() {
    let world = World::trained().await;
    let before = world.rows("me").await;
    let kinds: Vec<&RowAbout> = before.iter().map(|row| &row.about).collect();
    assert_eq!(kinds, [&RowAbout::PopularHere], "of whom nothing is known nothing is said but what others watch");
    world.watch("me", &world.comedies[1]);
    world.watch("me", &world.comedies[2]);
    let after = world.rows("me").await;
    assert!(after[0].items.iter().take(5).all(|item| world.comedies.contains(&item.card.id)));
    assert!(!ids(&after).contains(&world.comedies[1]));
}

#[tokio::test]
async fn what_was_watched_long_ago_is_not_recommended_however_much_was_watched_since() {
    let world = World::trained().await;
    let since = |profile: &str, count: u64, act: Act| {
        let (profile, mut all) = (profile.parse::<ProfileId>().unwrap(), world.households.interactions.lock().unwrap());
        let elsewhere = (0..count).map(|at| Interaction {
            profile: profile.clone(),
            title: format!("elsewhere{at}").parse().unwrap(),
            instant: NOW - DAY / 2 + at,
            weight: 1.0,
            act,
        });
        all.extend(elsewhere);
    };
    let lately = |profile: &str, title: &TitleId, weight: f32| {
        let one =
            Interaction { profile: profile.parse().unwrap(), title: title.clone(), instant: NOW, weight, act: Act::Watched };
        world.households.interactions.lock().unwrap().push(one);
    };
    let (long_ago, likes) = (&world.westerns[8..], &world.westerns[1..4]);
    for title in long_ago {
        world.watch("me", title);
    }
    since("me", 2_500, Act::Watched);
    likes.iter().for_each(|title| lately("me", title, 1.0));
    let rows = world.rows("me").await;
    assert_eq!(rows[0].about, RowAbout::TopPicks, "the latest say what it likes");
    assert!(!ids(&rows).iter().any(|title| long_ago.contains(title) || likes.contains(title)), "{rows:?}");

    // Two stars of long ago take away what a second look of lately says.
    world.interact("critic", &world.westerns[2], -1.0, Act::Rated);
    since("critic", 2_500, Act::Rated);
    lately("critic", &world.westerns[2], 1.0);
    let kinds: Vec<RowAbout> = world.rows("critic").await.into_iter().map(|row| row.about).collect();
    assert_eq!(kinds, [RowAbout::PopularHere], "nothing that it likes is known");
}

#[tokio::test]
async fn a_reason_is_what_the_profile_did_with_the_title_and_nothing_it_took_back() {
    let world = World::trained().await;
    for (act, by) in [(Act::Listed, LikedBy::Listed), (Act::Rated, LikedBy::Rated)] {
        let profile = format!("{by:?}");
        for title in &world.westerns[1..4] {
            world.interact(&profile, title, 1.0, act);
        }
        let rows = world.rows(&profile).await;
        assert_eq!(rows[0].about, RowAbout::TopPicks);
        let named = |item: &Recommendation| match &item.why {
            Why::FitsHistory { liked } => liked.as_ref().map(|liked| (liked.by, world.westerns[1..4].contains(&liked.id))),
            other => panic!("nothing was watched, and it says {other:?}"),
        };
        let told: Vec<(LikedBy, bool)> = rows[..1].iter().flat_map(|row| &row.items).filter_map(named).collect();
        assert!(!told.is_empty() && told.iter().all(|told| *told == (by, true)), "{told:?}");
        assert!(rows.iter().all(|row| !matches!(row.about, RowAbout::BecauseYouWatched { .. })));
        // What was watched as well is told as watched.
        world.watch(&profile, &world.westerns[1]);
        let items: Vec<Why> = world.rows(&profile).await.into_iter().flat_map(|row| row.items).map(|item| item.why).collect();
        assert!(items.iter().any(|why| matches!(why, Why::BecauseYouWatched { id, .. } if *id == world.westerns[1])));

        // Three stars are no reason to be named.
        if act == Act::Rated {
            world.interact("fair", &world.westerns[1], 0.5, act);
            let rows = world.rows("fair").await;
            assert_eq!(rows[0].about, RowAbout::TopPicks);
            assert!(rows[0].items.iter().all(|item| item.why == Why::FitsHistory { liked: None }));
        }
        world.households.interactions.lock().unwrap().retain(|one| one.profile.as_str() != profile);
        world.service.changed(Affected::One(&Audience::Profile(profile.parse().unwrap())));
        assert!(world.rows(&profile).await.iter().all(|row| row.about == RowAbout::PopularHere), "everything was removed");
    }
}

#[tokio::test]
async fn nothing_above_the_age_of_whoever_asks_is_told() {
    let world = World::trained().await;
    let child = || asker("kid", Authorization { maturity: Some(6), ..Authorization::default() });
    for (who, sees) in [(child(), false), (asker("kid", Authorization::default()), true)] {
        let (status, rows) = world.ask_as(who, "GET", "/api/v1/my-rows", Value::Null).await;
        assert_eq!(status, 200);
        let rows: Vec<MyRow> = serde_json::from_value(rows["rows"].clone()).unwrap();
        assert!(rows[0].items.len() > 10);
        assert_eq!(ids(&rows).contains(&world.westerns[0]) || ids(&rows).contains(&world.comedies[0]), sees);
    }
    let body = json!({ "kind": "title", "of": world.westerns[0] });
    assert_eq!(world.ask_as(child(), "PUT", "/api/v1/hidden-recommendations", body).await.0, 404);
}

#[tokio::test]
async fn without_the_right_every_call_is_refused_and_says_which_right_it_is() {
    let world = World::trained().await;
    for (method, path, body) in [
        ("GET", "/api/v1/my-rows", Value::Null),
        ("GET", "/api/v1/hidden-recommendations", Value::Null),
        ("GET", "/api/v1/recommendation-settings", Value::Null),
        ("PUT", "/api/v1/recommendation-settings", json!({ "is_on": true })),
        ("PUT", "/api/v1/hidden-recommendations", json!({ "kind": "genre", "of": "Western" })),
    ] {
        let may = Authorization { gets_recommendations: false, ..Authorization::default() };
        let member = crate::context::Member {
            account: "a".parse().unwrap(),
            sign_in: "s".parse().unwrap(),
            role: contract::identity::AccountRole::Member,
            active_profile: crate::context::ActiveProfile::Unrestricted,
            scopes: None,
        };
        let who = Asker { member: Some(member), ..asker("me", may) };
        let (status, problem) = world.ask_as(who, method, path, body).await;
        assert_eq!((status, &problem["code"]), (403, &json!("not_allowed")), "{path}");
        assert!(problem["detail"].as_str().unwrap().contains("recommendations"), "{problem}");
    }
}

#[tokio::test]
async fn who_wants_no_recommendations_gets_no_rows_until_they_want_them_again() {
    let world = World::trained().await;
    for is_on in [false, true] {
        let body = json!({ "is_on": is_on });
        assert_eq!(world.ask("me", "PUT", "/api/v1/recommendation-settings", body.clone()).await.0, 204);
        assert_eq!(world.ask("me", "GET", "/api/v1/recommendation-settings", Value::Null).await.1, body);
        let rows = world.ask("me", "GET", "/api/v1/my-rows", Value::Null).await.1;
        assert_eq!((rows["is_on"].as_bool(), rows["rows"].as_array().unwrap().is_empty()), (Some(is_on), !is_on));
    }
}

#[tokio::test]
async fn what_cannot_be_read_of_somebodys_wishes_is_said_anew_and_leads_to_less_until_then() {
    let world = World::trained().await;
    let put = async |collection, id: &str, body: Value| {
        let write = Write { id: id.to_owned(), body, expect: Expect::Anything };
        world.bench.documents.put(collection, write).await.unwrap();
    };
    put(&SETTINGS, "me", json!({ "is_on": "perhaps" })).await;
    put(&HIDDEN, "me/damaged", json!({ "profile": "me", "since": 1, "kind": "mood" })).await;
    let is_on = async || world.ask("me", "GET", "/api/v1/my-rows", Value::Null).await.1["is_on"].clone();
    assert_eq!(is_on().await, json!(false));
    assert_eq!(world.ask("me", "PUT", "/api/v1/recommendation-settings", json!({ "is_on": true })).await.0, 204);
    assert_eq!(is_on().await, json!(true));

    let hidden = "/api/v1/hidden-recommendations";
    let listed = async || world.ask("me", "GET", hidden, Value::Null).await.1.as_array().unwrap().len();
    let body = json!({ "kind": "genre", "of": "western" });
    assert_eq!((world.ask("me", "PUT", hidden, body.clone()).await.0, listed().await), (204, 1));
    let id = record::HiddenRecord::id(&"me".parse().unwrap(), HiddenKind::Genre, "western");
    put(&HIDDEN, &id, json!({ "profile": "me", "since": 1, "kind": "mood" })).await;
    assert_eq!(listed().await, 0);
    assert_eq!((world.ask("me", "PUT", hidden, body).await.0, listed().await), (204, 1));
}

#[tokio::test]
async fn what_is_not_for_somebody_is_recommended_no_more_until_it_is_taken_back() {
    let world = World::trained().await;
    // With ten watched the others fill one row exactly, so that none is left out of it by the order of ids, which are random.
    for title in world.westerns.iter().take(5).chain(world.comedies.iter().take(5)) {
        world.watch("me", title);
    }
    let hidden = "/api/v1/hidden-recommendations";
    let is_told = async |title: &TitleId| ids(&world.rows("me").await).contains(title);
    let (western, comedy) = (world.westerns[5].clone(), world.comedies[5].clone());
    assert!(is_told(&western).await && is_told(&comedy).await);
    for (kind, of, gone) in [
        ("title", western.to_string(), &western),
        ("genre", "western".to_owned(), &western),
        ("genre", "Comedy".to_owned(), &comedy),
    ] {
        let body = json!({ "kind": kind, "of": of });
        for _ in 0..2 {
            assert_eq!(world.ask("me", "PUT", hidden, body.clone()).await.0, 204);
        }
        assert!(!is_told(gone).await, "{body}");
        let list = world.ask("me", "GET", hidden, Value::Null).await.1;
        assert_eq!((list.as_array().unwrap().len(), &list[0]["of"]), (1, &json!(of)));
        assert_eq!(list[0]["title"].is_string(), kind == "title");
        assert_eq!(world.ask("you", "GET", hidden, Value::Null).await.1, json!([]), "it is one profile's own");
        assert_eq!(world.ask("me", "DELETE", &format!("{hidden}?kind={kind}&of={of}"), Value::Null).await.0, 204);
        assert!(is_told(gone).await, "{body}");
    }
    let because = |rows: &[MyRow]| {
        let items: Vec<Why> = rows.iter().flat_map(|row| &row.items).map(|item| item.why.clone()).collect();
        items.iter().any(|why| matches!(why, Why::BecauseYouWatched { id, .. } if *id == world.westerns[0]))
    };
    assert!(because(&world.rows("me").await));
    assert_eq!(world.ask("me", "PUT", hidden, json!({ "kind": "because", "of": world.westerns[0] })).await.0, 204);
    assert!(!because(&world.rows("me").await));
    for of in ["none", "no/id", "\u{202e}"] {
        assert_eq!(world.ask("me", "PUT", hidden, json!({ "kind": "title", "of": of })).await.0, 404, "{of:?}");
    }
}

#[tokio::test]
async fn of_named_titles_those_that_are_not_wanted_are_told_for_themselves_and_for_their_genre() {
    let world = World::trained().await;
    let [first, second, comedy] = [&world.westerns[1], &world.westerns[2], &world.comedies[1]];
    let told = async |profile: &str| {
        let named = json!({ "ids": [first, second, comedy] });
        let (status, told) = world.ask(profile, "POST", "/api/v1/unwanted-titles", named).await;
        assert_eq!(status, 200, "{told}");
        told["ids"].clone()
    };
    assert_eq!(told("me").await, json!([]));
    for (kind, of, unwanted) in [
        ("because", first.as_str(), json!([])),
        ("title", second.as_str(), json!([second])),
        ("genre", "comedy", json!([second, comedy])),
    ] {
        let body = json!({ "kind": kind, "of": of });
        assert_eq!(world.ask("me", "PUT", "/api/v1/hidden-recommendations", body).await.0, 204);
        assert_eq!(told("me").await, unwanted, "{kind}");
    }
    assert_eq!(told("you").await, json!([]), "it is one profile's own");
}

#[tokio::test]
async fn what_is_like_a_title_is_what_its_audience_watches_and_not_what_was_hidden() {
    let world = World::trained().await;
    let path = format!("/api/v1/titles/{}/related", world.westerns[3]);
    let related = world.ask("me", "GET", &path, Value::Null).await.1;
    let related: Vec<TitleCard> = serde_json::from_value(related).unwrap();
    assert!(world.westerns.contains(&related[0].id) && related.len() <= 18);
    assert!(related.iter().all(|card| card.id != world.westerns[3]));
    let body = json!({ "kind": "title", "of": related[0].id });
    assert_eq!(world.ask("me", "PUT", "/api/v1/hidden-recommendations", body).await.0, 204);
    let without: Vec<TitleCard> = serde_json::from_value(world.ask("me", "GET", &path, Value::Null).await.1).unwrap();
    assert!(without.iter().all(|card| card.id != related[0].id));
    assert_eq!(world.ask("me", "GET", "/api/v1/titles/none/related", Value::Null).await.0, 404);
}

#[tokio::test]
async fn who_likes_one_film_above_all_has_a_row_of_what_they_watched_last_all_the_same() {
    let world = World::trained().await;
    for _ in 0..3 {
        world.interact("fan", &world.westerns[1], 3.0, Act::Listed);
    }
    world.watch("fan", &world.comedies[1]);
    let rows = world.rows("fan").await;
    let is_of_it = |row: &&MyRow| matches!(&row.about, RowAbout::BecauseYouWatched { id, .. } if *id == world.comedies[1]);
    let row = rows.iter().find(is_of_it).unwrap_or_else(|| panic!("{rows:?}"));
    let because = |item: &Recommendation| matches!(&item.why, Why::BecauseYouWatched { id, .. } if *id == world.comedies[1]);
    assert!(row.items.len() >= 4 && row.items.iter().all(because), "{row:?}");
}
