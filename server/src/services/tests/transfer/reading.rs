//! What others write, what cannot be read, and what is said of it.

use super::*;

#[tokio::test]
async fn what_letterboxd_and_imdb_export_is_found_and_each_viewing_is_there_once() {
    let (world, ada) = (Transfer::new().await, of_age("ada", None));
    let diary = "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\r\n\
        2024-03-02,Jaws,1975,https://boxd.it/a,4.5,,,2024-03-01\r\n2024-03-05,Jaws,1975,https://boxd.it/a,4.5,Yes,\"with, kids\",2024-03-05\r\n\
        2024-03-04,No Such Film,1985,https://boxd.it/b,,,,2024-03-04\r\n2024-03-04,\"Commas, \"\"quotes\"\"\nand lines\",,https://boxd.it/b,,,,2024-03-04\r\n";
    let report = world.import(&ada, "history", diary).await;
    assert_eq!(counts(&report), [3, 0, 1, 0, 0], "{report}");
    assert_eq!(report["unmatched"], json!([{ "title": "No Such Film", "year": 1985 }]));
    let imdb = "Position,Const,Created,Modified,Description,Title,Original Title,URL,Title Type,IMDb Rating,Runtime (mins),Year\n\
        1,tt0211915,2020-05-06,2020-05-06,,Le Fabuleux Destin,x,https://imdb.com,Movie,8.3,122,2001\n2,tt0078748,2020-05-06,,,Alien,Alien,x,Movie,8.5,117,1979\n";
    assert_eq!(counts(&world.import(&ada, "watchlist", imdb).await), [2, 0, 0, 0, 0]);
    assert_eq!(rows(&world.csv(&ada, "watchlist").await), ["Amélie|2001|tt0211915||", "Alien|1979|||"], "the file's order");
    // What is there stays where it is.
    assert_eq!(counts(&world.import(&ada, "watchlist", "Title\nJaws\nAlien\nJaws\n").await), [1, 2, 0, 0, 0]);
    assert_eq!(rows(&world.csv(&ada, "watchlist").await), ["Jaws|1975||4.5|", "Amélie|2001|tt0211915||", "Alien|1979|||"]);
    // Without a day it is watched now, unless it was before.
    assert_eq!(counts(&world.import(&ada, "history", "Title\nJaws\nAlien\nAlien\n").await), [1, 2, 0, 0, 0]);
    let told = [
        "Alien|1979|||2026-11-28",
        "Jaws|1975||4.5|2024-03-05",
        "Commas, \"quotes\"\nand lines||||2024-03-04",
        "Jaws|1975||4.5|2024-03-01",
    ];
    let mut there = rows(&world.csv(&ada, "history").await);
    there.sort_by_key(|row| std::cmp::Reverse(row.rsplit('|').next().unwrap().to_owned()));
    assert_eq!(there, told);
}

#[tokio::test]
async fn a_day_on_which_a_title_was_watched_at_any_hour_is_there_already() {
    let (world, ada) = (Transfer::new().await, of_age("ada", None));
    let id = world.ids(&["Jaws"]).await.remove(0);
    // 2024-03-01, at the last minute.
    world.done(&ada, "PUT", &format!("/history/{id}"), json!({ "date": 1_709_337_540_000_u64 })).await;
    let text = "Title,WatchedDate\nJaws,2024-03-01\nJaws,2024-03-02\nJaws,2024-03-01\nJaws,2026-11-28\nJaws,2026-11-29\n";
    assert_eq!(counts(&world.import(&ada, "history", text).await), [2, 3, 0, 0, 0], "it is tomorrow somewhere");
    assert_eq!(
        rows(&world.csv(&ada, "history").await),
        ["Jaws|1975|||2026-11-28", "Jaws|1975|||2024-03-02", "Jaws|1975|||2024-03-01"]
    );
    assert_eq!(counts(&world.import(&ada, "history", "Title,WatchedDate\nJaws,2026-11-30\n").await), [0, 0, 0, 1, 0]);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_refused_with_what_is_wrong_and_a_row_by_its_number() {
    let (world, ada) = (Transfer::new().await, of_age("ada", None));
    let report =
        world.import(&ada, "history", "Title,Year,WatchedDate\nJaws,1975,soon\nAlien,1979,2024-01-01\n,1,\nAlien,x,\n").await;
    assert_eq!((counts(&report), &report["unreadable"]), ([1, 0, 0, 3, 0], &json!([2, 4, 5])));
    let csv = |text: &str| json!({ "format": "csv", "into": "history", "text": text });
    let garbage = String::from_utf8_lossy(&(0..2_000_u32).map(|at| (at * 7_919 % 251) as u8).collect::<Vec<_>>()).into_owned();
    for text in ["", "Jaws\nAlien\n", &garbage, "{\"format\":\"marquee-library\"}"] {
        let (code, said) = world.refused(&ada, csv(text)).await;
        assert!(code == "invalid_request" && said.contains("called Title"), "{text:?}: {code} {said}");
    }
    let (code, said) = world.refused(&ada, json!({ "format": "csv", "text": "Title\nJaws\n" })).await;
    assert!(code == "invalid_request" && said.contains("where"), "{said}");
    let document = |more: Value| {
        let mut document = json!({ "format": "marquee-library", "version": 1, "favourites": [{ "title": "Jaws" }] });
        document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        document.to_string()
    };
    for (text, part) in [
        (garbage.clone(), "not one that Marquee saved"),
        ("[]".into(), "not one that Marquee saved"),
        ("{}".into(), "not one that Marquee saved"),
        ("Title\nJaws\n".into(), "not one that Marquee saved"),
        (format!("{} {{}}", document(json!({}))), "not one that Marquee saved"),
        ("[".repeat(100_000), "not one that Marquee saved"),
        (document(json!({ "format": "else" })), "not one that Marquee saved"),
        (document(json!({ "version": 2 })), "version 2"),
        (document(json!({ "lists": [{ "name": "ok" }, { "name": "x".repeat(65) }] })), "lists[1]"),
        (document(json!({ "lists": [{ "name": "a\nb" }] })), "lists[0]"),
        (document(json!({ "watchlist": [{ "title": "Jaws", "note": "x".repeat(501) }] })), "watchlist[0].note"),
        (document(json!({ "watchlist": [{ "year": 1975 }] })), "watchlist"),
        (document(json!({ "history": [{ "title": "Jaws", "dates": ["2024-01-01", "01/02/2024"] }] })), "history[0].dates[1]"),
        (document(json!({ "history": [{ "title": "Jaws", "dates": ["2027-01-01"] }] })), "history[0].dates[0]"),
        (document(json!({ "history": [{ "title": "Jaws" }] })), "history"),
        (document(json!({ "reviewer": "x".repeat(33) })), "reviewer"),
        (
            document(json!({ "ratings": [{ "title": "Jaws", "half_stars": 1, "review": { "text": "x".repeat(10_001) } }] })),
            "ratings[0].review",
        ),
        (
            document(
                json!({ "ratings": [{ "title": "Jaws", "half_stars": 1, "review": { "text": "x", "language": "no one" } }] }),
            ),
            "ratings[0].review",
        ),
    ] {
        let (code, said) = world.refused(&ada, json!({ "format": "json", "text": text })).await;
        assert!(code == "invalid_request" && said.contains(part), "{part}: {code} {said}");
    }
    assert_eq!(rows(&world.csv(&ada, "favourites").await), [""; 0], "nothing of what was refused");
    let long = world.import(&ada, "favourites", &format!("Title\n{}\n", "🎬".repeat(10_000))).await;
    assert_eq!(counts(&long), [0, 0, 0, 1, 0]);
    let favourite = json!({ "title": "🎬".repeat(10_000), "imdb": "x".repeat(5_000) });
    let document = json!({ "format": "marquee-library", "version": 1, "favourites": [favourite] });
    let long = world.import_json(&ada, &document).await;
    assert!(counts(&long) == [0, 0, 1, 0, 0] && long.to_string().len() < 3_000, "{long}");
}

#[tokio::test]
async fn a_body_above_four_mebibytes_is_refused() {
    let (world, ada) = (Transfer::new().await, of_age("ada", None));
    let body = |bytes: usize| json!({ "format": "csv", "into": "favourites", "text": format!("Title\nJaws\n{}", "\n".repeat(bytes / 2)) });
    let (code, _) = world.refused(&ada, body(10_000_000)).await;
    assert_eq!(code, "too_large");
    let (status, report) = world.ask(&ada, "POST", "/library/import", body(4_000_000)).await;
    assert_eq!((status, counts(&report)), (200, [1, 0, 0, 0, 0]));
}
