//! Ratings in files: there and back, in what Letterboxd and IMDb write, and of who may not rate.

use super::*;

/// What the profile rated, by titles' names.
async fn rated(world: &Transfer, who: &Viewer) -> Vec<(String, u64)> {
    let document = world.done(who, "GET", "/library/export", Value::Null).await;
    let none = Vec::new();
    let all = document["ratings"].as_array().unwrap_or(&none).iter();
    let mut all: Vec<(String, u64)> =
        all.map(|one| (one["title"].as_str().unwrap().to_owned(), one["half_stars"].as_u64().unwrap())).collect();
    all.sort();
    all
}

/// How many texts a report says were published, and under which name.
fn published(report: &Value) -> (u64, Option<&str>) {
    (report["reviews"].as_u64().unwrap_or_default(), report["reviewer"].as_str())
}

fn some(ratings: &[(&str, u64)]) -> Vec<(String, u64)> {
    ratings.iter().map(|(title, half_stars)| ((*title).to_owned(), *half_stars)).collect()
}

#[tokio::test]
async fn what_is_rated_is_in_each_file_and_comes_back_with_it() {
    let (world, ada) = (Transfer::new().await, of_age("ada", None));
    let ids = world.ids(&["Jaws", "Alien", "The Matrix", "Heat"]).await;
    for (id, half_stars) in ids.iter().zip([9, 4, 1]) {
        world.done(&ada, "PUT", &format!("/titles/{id}/review"), json!({ "half_stars": half_stars })).await;
    }
    for id in ids.iter().rev() {
        world.done(&ada, "PUT", &format!("/lists/watchlist/titles/{id}"), json!({})).await;
    }
    let file = world.csv(&ada, "watchlist").await;
    assert_eq!(rows(&file), ["Jaws|1975||4.5|", "Alien|1979||2|", "The Matrix|1999||0.5|", "Heat|1995|tt0113277||"]);
    let document = world.done(&ada, "GET", "/library/export", Value::Null).await;
    let expected = some(&[("Alien", 4), ("Jaws", 9), ("The Matrix", 1)]);
    assert_eq!(rated(&world, &ada).await, expected);

    let bob = of_age("bob", None);
    let report = world.import(&bob, "watchlist", &file).await;
    assert_eq!((counts(&report), &report["rated"]), ([4, 0, 0, 0, 0], &json!(3)), "{report}");
    assert_eq!(rated(&world, &bob).await, expected);
    let eve = of_age("eve", None);
    let report = world.import_json(&eve, &document).await;
    assert_eq!((counts(&report), &report["rated"]), ([4, 0, 0, 0, 0], &json!(3)), "{report}");
    assert_eq!(rated(&world, &eve).await, expected);
    let report = world.import_json(&eve, &document).await;
    assert_eq!((counts(&report), report.get("rated")), ([0, 4, 0, 0, 0], None), "the same file twice adds nothing");
    assert_eq!(report["rated_before"], 3, "and says so of ratings, too");
}

#[tokio::test]
async fn texts_of_reviews_come_back_under_the_name_that_they_had_and_change_nothing_that_is_there() {
    let (world, ada) = (Transfer::new().await, of_age("ada", None));
    let ids = world.ids(&["Jaws", "Alien", "Heat"]).await;
    world.done(&ada, "PUT", "/reviewer-name", json!({ "name": "Ada L." })).await;
    let text = "Two\n<b>men</b> \u{202e}\u{1f600}\"";
    let said = json!({ "half_stars": 9, "text": text, "has_spoilers": true, "language": "en" });
    world.done(&ada, "PUT", &format!("/titles/{}/review", ids[0]), said.clone()).await;
    world.done(&ada, "PUT", &format!("/titles/{}/review", ids[1]), json!({ "half_stars": 4, "text": "Dark." })).await;
    world.done(&ada, "PUT", &format!("/titles/{}/review", ids[2]), json!({ "half_stars": 6 })).await;
    let document = world.done(&ada, "GET", "/library/export", Value::Null).await;
    assert_eq!(document["reviewer"], "Ada L.");
    assert!(!world.done(&ada, "GET", "/ratings", Value::Null).await.to_string().contains("Dark."), "not asked for");

    let bob = of_age("bob", None);
    world.done(&bob, "PUT", &format!("/titles/{}/review", ids[1]), json!({ "half_stars": 2 })).await;
    let report = world.import_json(&bob, &document).await;
    assert_eq!((&report["rated"], published(&report)), (&json!(2), (1, Some("Ada L."))), "{report}");
    let again = world.import_json(&bob, &document).await;
    assert_eq!(published(&again), (0, None), "what is there already is not published again: {again}");
    let own = world.done(&bob, "GET", &format!("/titles/{}/review", ids[0]), Value::Null).await;
    for (field, value) in said.as_object().unwrap() {
        assert_eq!(&own["review"][field], value, "{field}");
    }
    assert_eq!(own["name"], "Ada L.");
    let own = world.done(&bob, "GET", &format!("/titles/{}/review", ids[1]), Value::Null).await;
    assert_eq!((&own["review"]["half_stars"], &own["review"]["text"]), (&json!(2), &json!("")), "what is there stays");
    let named = of_age("eve", None);
    world.done(&named, "PUT", "/reviewer-name", json!({ "name": "Eve" })).await;
    let report = world.import_json(&named, &document).await;
    assert_eq!((&report["rated"], published(&report)), (&json!(3), (2, Some("Eve"))), "under the name that one has: {report}");
    let page = world.done(&ada, "GET", &format!("/titles/{}/reviews?sort=newest", ids[1]), Value::Null).await;
    let mut names: Vec<&str> = page["items"].as_array().unwrap().iter().map(|one| one["reviewer"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Ada L.", "Eve"], "of bob's there is no text");
}

#[tokio::test]
async fn without_a_name_to_show_them_under_texts_are_left_out_and_their_stars_are_taken() {
    let (world, mel) = (Transfer::new().await, of_age("mel", None));
    let rating =
        |title: &str, half_stars: u8, text: &str| json!({ "title": title, "half_stars": half_stars, "review": { "text": text } });
    let ratings = [rating("Jaws", 9, "Two men."), rating("Alien", 4, "Dark."), json!({ "title": "Heat", "half_stars": 6 })];
    let document = json!({ "format": "marquee-library", "version": 1, "ratings": ratings });
    let report = world.import_json(&mel, &document).await;
    assert_eq!((&report["rated"], &report["left_out"], &report["nameless"]), (&json!(3), &json!(2), &json!(2)), "{report}");
    assert_eq!(published(&report), (0, None), "{report}");
    assert_eq!(rated(&world, &mel).await, some(&[("Alien", 4), ("Heat", 6), ("Jaws", 9)]));
    let jaws = world.ids(&["Jaws"]).await.remove(0);
    let own = world.done(&mel, "GET", &format!("/titles/{jaws}/review"), Value::Null).await;
    assert_eq!((&own["review"]["text"], own.get("name")), (&json!(""), None), "{own}");
    let report = world.import_json(&mel, &document).await;
    assert_eq!((&report["rated_before"], &report["nameless"], report.get("rated")), (&json!(3), &json!(2), None), "{report}");

    // Once there is a name, they join their stars, where these are what they were.
    world.done(&mel, "PUT", "/reviewer-name", json!({ "name": "Mel" })).await;
    let alien = world.ids(&["Alien"]).await.remove(0);
    world.done(&mel, "PUT", &format!("/titles/{alien}/review"), json!({ "half_stars": 5 })).await;
    let report = world.import_json(&mel, &document).await;
    assert_eq!(
        (published(&report), &report["rated_before"], report.get("rated")),
        ((1, Some("Mel")), &json!(2), None),
        "{report}"
    );
    assert_eq!(report["left_out"], 0, "{report}");
    let page = world.done(&of_age("ada", None), "GET", &format!("/titles/{jaws}/reviews"), Value::Null).await;
    assert_eq!((&page["items"][0]["text"], &page["items"][0]["reviewer"]), (&json!("Two men."), &json!("Mel")), "{page}");
    let own = world.done(&mel, "GET", &format!("/titles/{alien}/review"), Value::Null).await;
    assert_eq!((&own["review"]["half_stars"], &own["review"]["text"]), (&json!(5), &json!("")), "{own}");
    let report = world.import_json(&mel, &document).await;
    assert_eq!((published(&report), &report["rated_before"]), ((0, None), &json!(3)), "{report}");
    // One that its writer took away stays away.
    world.done(&mel, "PUT", &format!("/titles/{jaws}/review"), json!({ "half_stars": 9 })).await;
    assert_eq!(published(&world.import_json(&mel, &document).await), (0, None));
    let own = world.done(&mel, "GET", &format!("/titles/{jaws}/review"), Value::Null).await;
    assert_eq!(own["review"]["text"], "", "{own}");
}

#[tokio::test]
async fn a_text_counts_as_ten_ratings_of_those_that_may_be_added_within_an_hour() {
    let titles =
        (0..600).map(|at| NewTitle { source: format!("many:{at}"), title: format!("Film number {at}"), ..NewTitle::default() });
    let (world, ada) = (Transfer::with(titles.collect()).await, of_age("ada", None));
    let rating = |at| json!({ "title": format!("Film number {at}"), "half_stars": 7, "review": { "text": "Long." } });
    let ratings: Vec<Value> = (0..600).map(rating).collect();
    let document = json!({ "format": "marquee-library", "version": 1, "reviewer": "Ada", "ratings": ratings });
    let report = world.import_json(&ada, &document).await;
    assert_eq!((&report["rated"], &report["left_out"]), (&json!(500), &json!(100)), "{report}");
    assert_eq!(report["rate_limited"], 100, "{report}");
}

#[tokio::test]
async fn letterboxds_stars_and_imdbs_points_are_read_and_what_was_rated_stays_as_it_is() {
    let (world, ada) = (Transfer::new().await, of_age("ada", None));
    let id = world.ids(&["Alien"]).await.remove(0);
    world.done(&ada, "PUT", "/reviewer-name", json!({ "name": "Ada" })).await;
    let own = json!({ "half_stars": 2, "text": "Too dark." });
    world.done(&ada, "PUT", &format!("/titles/{id}/review"), own).await;
    let diary = "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\r\n\
        2024-03-05,Jaws,1975,x,4.5,Yes,,2024-03-05\r\n2024-03-02,Jaws,1975,x,3,,,2024-03-01\r\n\
        2024-03-02,Alien,1979,x,5,,,2024-03-01\r\n2024-03-02,Heat,1995,x,PG-13,,,2024-03-01\r\n";
    let report = world.import(&ada, "history", diary).await;
    assert_eq!((counts(&report), &report["rated"]), ([4, 0, 0, 0, 0], &json!(1)), "{report}");
    assert_eq!(rated(&world, &ada).await, some(&[("Alien", 2), ("Jaws", 9)]), "the latest day of several");
    let review = world.done(&ada, "GET", &format!("/titles/{id}/review"), Value::Null).await;
    assert_eq!(review["review"]["text"], "Too dark.");
    let points = "Const,Your Rating,Date Rated,Title,IMDb Rating,Year\ntt0211915,9,2020-05-06,Amélie,8.3,2001\n\
        tt0113277,11,2020-05-06,Heat,8.3,1995\n";
    assert_eq!(world.import(&ada, "favourites", points).await["rated"], 1);
    let german = "Title;Rating\nThe Matrix;3,5\n";
    assert_eq!(world.import(&ada, "favourites", german).await["rated"], 1);
    assert_eq!(rated(&world, &ada).await, some(&[("Alien", 2), ("Amélie", 9), ("Jaws", 9), ("The Matrix", 7)]));
    let document = json!({ "format": "marquee-library", "version": 1, "ratings": [{ "title": "Jaws", "half_stars": 11 }] });
    let (code, said) = world.refused(&ada, json!({ "format": "json", "text": document.to_string() })).await;
    assert!(code == "invalid_request" && said.contains("ratings[0].half_stars"), "{said}");
}

#[tokio::test]
async fn of_who_may_not_rate_a_file_is_taken_without_its_ratings_and_no_title_is_rated_above_an_age() {
    let world = Transfer::new().await;
    let file = "Title,Rating\nJaws,4.5\nAlien,4\n";
    let without = Authorization { may_review: false, ..Authorization::default() };
    let unentitled = Viewer { authorization: Arc::new(without), ..member("bob", "house") };
    for who in [unentitled, guest("someone")] {
        let report = world.import(&who, "favourites", file).await;
        assert_eq!((counts(&report), report.get("rated")), ([2, 0, 0, 0, 2], None), "{report}");
        assert_eq!(report["not_allowed"], 2, "{report}");
        assert_eq!(rated(&world, &who).await, []);
    }
    let ada = of_age("ada", None);
    let id = world.ids(&["Alien"]).await.remove(0);
    world.done(&ada, "PUT", &format!("/titles/{id}/review"), json!({ "half_stars": 8 })).await;
    let limited = of_age("ada", Some(12));
    assert_eq!(rated(&world, &limited).await, [], "what it is not shown is in no file");
    let child = json!({ "ratings": [{ "id": id, "half_stars": 8 }] });
    let told = world.done(&of_age("kid", Some(12)), "POST", "/ratings", child).await;
    assert_eq!(told, json!({ "added": 0, "known": 0, "left_out": 1 }));
    let off = json!({ "ratings": [{ "id": id, "half_stars": 0 }] });
    assert_eq!(world.ask(&ada, "POST", "/ratings", off).await.0, 422);
}

#[tokio::test]
async fn two_thousand_ratings_are_taken_in_one_go_within_the_hours_limit_and_are_counted_for_their_titles() {
    let titles =
        (0..2_000).map(|at| NewTitle { source: format!("many:{at}"), title: format!("Film number {at}"), ..NewTitle::default() });
    let (world, ada) = (Transfer::with(titles.collect()).await, of_age("ada", None));
    let file: String = (0..2_000).map(|at| format!("Film number {at},{}\n", 1 + at % 5)).collect();
    let report = world.import(&ada, "favourites", &format!("Title,Rating\n{file}")).await;
    assert_eq!((counts(&report), &report["rated"]), ([2_000, 0, 0, 0, 0], &json!(2_000)), "{report}");
    assert_eq!(rated(&world, &ada).await.len(), 2_000);
    let pages = world.done(&ada, "GET", "/ratings?limit=500", Value::Null).await;
    assert_eq!((pages["items"].as_array().unwrap().len(), pages["next"].is_string()), (500, true));
    use crate::services::interactions::Interactions;
    assert_eq!(Interactions::count(&*world.reviews).await.unwrap(), 2_000);
}
