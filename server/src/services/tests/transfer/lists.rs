//! Lists that go to another profile, or back: each to its own, whatever others are called.

use serde_json::{Value, json};

use super::{Transfer, member, of_age};
use crate::context::Viewer;

/// Lists of one name, by whether the household sees them: their notes, and their titles with theirs.
async fn presents(world: &Transfer, who: &Viewer) -> Value {
    let document = world.done(who, "GET", "/library/export", Value::Null).await;
    let said = |list: &Value| {
        let titles = list["titles"].as_array().unwrap().iter().map(|title| json!([title["title"], title["note"]]));
        json!({ "is_shared": list["is_shared"], "note": list["note"], "titles": titles.collect::<Vec<_>>() })
    };
    let mut lists: Vec<Value> = document["lists"].as_array().unwrap().iter().map(said).collect();
    lists.sort_by_key(Value::to_string);
    json!(lists)
}

#[tokio::test]
async fn lists_of_one_name_stay_apart_and_what_nobody_else_saw_goes_to_none_that_others_see() {
    let (world, ada) = (Transfer::new().await, of_age("ada", None));
    let ids = world.ids(&["Jaws", "The Matrix", "Alien"]).await;
    let [shared, private, further] = ["a", "b", "c"].map(|letter| letter.repeat(24));
    for (list, note, is_shared) in [(&shared, "", true), (&private, "for Bea", false), (&further, "for Cai", false)] {
        world
            .done(&ada, "PUT", &format!("/lists/{list}"), json!({ "name": "Presents", "note": note, "is_shared": is_shared }))
            .await;
    }
    world.done(&ada, "PUT", &format!("/lists/{shared}/titles/{}", ids[0]), json!({})).await;
    world.done(&ada, "PUT", &format!("/lists/{private}/titles/{}", ids[1]), json!({ "note": "secret" })).await;
    world.done(&ada, "PUT", &format!("/lists/{private}/titles/{}", ids[0]), json!({ "note": "hers" })).await;
    world.done(&ada, "PUT", &format!("/lists/{further}/titles/{}", ids[2]), json!({})).await;
    let (before, document) = (presents(&world, &ada).await, world.done(&ada, "GET", "/library/export", Value::Null).await);
    assert_eq!(before.as_array().unwrap().len(), 3);

    let cai = member("cai", "elsewhere");
    // A list of that name that others see is there already: nothing that is private joins it.
    world.done(&cai, "PUT", &format!("/lists/{}", "d".repeat(24)), json!({ "name": "Presents", "is_shared": true })).await;
    for who in [&ada, &cai, &cai] {
        world.import_json(who, &document).await;
        assert_eq!(presents(&world, who).await, before);
    }
    let dan = member("dan", "further");
    world.done(&dan, "PUT", &format!("/lists/{}", "e".repeat(24)), json!({ "name": "Presents", "is_shared": true })).await;
    let private =
        json!({ "format": "marquee-library", "version": 1, "lists": [{ "name": "Presents", "titles": [{ "title": "Jaws" }] }] });
    world.import_json(&dan, &private).await;
    let lists = presents(&world, &dan).await;
    let shared = lists.as_array().unwrap().iter().find(|list| list["is_shared"] == true).unwrap();
    assert_eq!((lists.as_array().unwrap().len(), &shared["titles"]), (2, &json!([])), "{lists}");
}

#[tokio::test]
async fn a_list_goes_back_to_the_one_that_it_was_although_an_earlier_one_of_the_file_is_called_so_by_now() {
    let (world, ada) = (Transfer::new().await, of_age("ada", None));
    let ids = world.ids(&["Jaws", "Alien"]).await;
    let [alpha, beta] = ["a", "b"].map(|letter| letter.repeat(24));
    for (list, name, id) in [(&alpha, "Alpha", &ids[0]), (&beta, "Beta", &ids[1])] {
        world.done(&ada, "PUT", &format!("/lists/{list}"), json!({ "name": name })).await;
        world.done(&ada, "PUT", &format!("/lists/{list}/titles/{id}"), json!({})).await;
    }
    let document = world.done(&ada, "GET", "/library/export", Value::Null).await;
    world.done(&ada, "DELETE", &format!("/lists/{alpha}"), Value::Null).await;
    world.done(&ada, "PUT", &format!("/lists/{beta}"), json!({ "name": "Alpha" })).await;
    for added in [1, 0] {
        assert_eq!(world.import_json(&ada, &document).await["added"], added);
        let after = world.done(&ada, "GET", "/library/export", Value::Null).await;
        let mut lists: Vec<(bool, &Value)> =
            after["lists"].as_array().unwrap().iter().map(|list| (list["id"] == *beta, &list["titles"][0]["title"])).collect();
        lists.sort_by_key(|(is_beta, _)| *is_beta);
        assert_eq!(lists, [(false, &json!("Jaws")), (true, &json!("Alien"))], "{after}");
    }
}

#[tokio::test]
async fn a_name_under_which_nothing_can_be_seen_is_no_reviewers() {
    let (world, ada) = (Transfer::new().await, of_age("ada", None));
    let rating = json!({ "title": "Heat", "year": 1995, "half_stars": 8, "review": { "text": "Long.", "has_spoilers": false } });
    let document = json!({ "format": "marquee-library", "version": 1, "reviewer": "\u{200b}", "ratings": [rating],
        "watchlist": [{ "title": "Heat", "year": 1995 }] });
    let report = world.import_json(&ada, &document).await;
    assert_eq!((&report["added"], world.csv(&ada, "watchlist").await.contains("Heat")), (&json!(1), true));
}
