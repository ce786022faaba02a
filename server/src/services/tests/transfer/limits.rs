//! What a file, a list and a guest may have, and how long it takes.

use contract::library::{FILE_ENTRIES, GUEST_FILE_ENTRIES};
use futures::future::join_all;

use super::*;

fn many(count: usize) -> Vec<NewTitle> {
    let title = |at: usize| {
        let year = Some(1930 + u16::try_from(at % 90).unwrap());
        NewTitle { source: format!("many:{at}"), title: format!("Film number {at}"), year, ..NewTitle::default() }
    };
    (0..count).map(title).collect()
}

fn file(titles: impl Iterator<Item = usize>) -> String {
    let row =
        |at: usize| format!("Film number {at},{},20{:02}-{:02}-{:02}\n", 1930 + at % 90, 10 + at % 15, 1 + at % 12, 1 + at % 28);
    std::iter::once("Title,Year,WatchedDate\n".to_owned()).chain(titles.map(row)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn three_thousand_rows_take_seconds_and_are_there_in_their_order_once() {
    let (world, ada) = (Transfer::with(many(3_000)).await, of_age("ada", None));
    let text = file(0..3_000);
    for part in ["history", "watchlist", "favourites"] {
        let began = Instant::now();
        assert_eq!(counts(&world.import(&ada, part, &text).await), [3_000, 0, 0, 0, 0], "{part}");
        let took = began.elapsed();
        assert_eq!(counts(&world.import(&ada, part, &text).await), [0, 3_000, 0, 0, 0], "{part}");
        println!("3,000 rows into {part}: {took:?}, and again {:?}", began.elapsed() - took);
        assert!(took.as_secs() < 30, "{part}: {took:?}");
    }
    let listed = rows(&world.csv(&ada, "watchlist").await);
    let expected: Vec<String> = (0..3_000).map(|at| format!("Film number {at}|{}|||", 1930 + at % 90)).collect();
    assert_eq!(listed, expected);
    let began = Instant::now();
    let document = world.done(&ada, "GET", "/library/export", Value::Null).await;
    println!("9,000 entries exported: {:?}, {} bytes", began.elapsed(), document.to_string().len());
    world.library.forget(&ada.profile).await.unwrap();
    assert_eq!(counts(&world.import_json(&ada, &document).await), [9_000, 0, 0, 0, 0]);
    assert_eq!(world.done(&ada, "GET", "/library/export", Value::Null).await, document);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_takes_five_thousand_a_guest_a_hundred_and_what_is_beyond_is_counted() {
    let (world, ada, someone) = (Transfer::with(many(5_200)).await, of_age("ada", None), guest("someone"));
    assert_eq!(counts(&world.import(&ada, "watchlist", &file(5_100..5_200)).await), [100, 0, 0, 0, 0]);
    let report = world.import(&ada, "watchlist", &file(0..5_200)).await;
    assert_eq!(counts(&report), [4_900, 100, 0, 0, 200]);
    let told = rows(&world.csv(&ada, "watchlist").await);
    let title = |at: usize| told[at].split('|').next().unwrap();
    assert_eq!(
        (told.len(), title(0), title(4_899), title(4_900)),
        (5_000, "Film number 0", "Film number 4899", "Film number 5100")
    );
    assert_eq!(
        world
            .ask(&ada, "PUT", &format!("/lists/watchlist/titles/{}", world.ids(&["Film number 5000"]).await[0]), json!({}))
            .await
            .0,
        409
    );

    for part in ["watchlist", "favourites", "history"] {
        assert_eq!(counts(&world.import(&someone, part, &file(0..150)).await), [100, 0, 0, 0, 50], "{part}");
        assert_eq!(rows(&world.csv(&someone, part).await).len(), 100, "{part}");
        assert_eq!(counts(&world.import(&someone, part, &file(0..150)).await), [0, 100, 0, 0, 50], "{part}, twice");
    }
    let latest = rows(&world.csv(&someone, "history").await);
    let days: Vec<&str> = latest.iter().map(|row| row.rsplit('|').next().unwrap()).collect();
    let mut all: Vec<String> = rows(&file(0..150)).iter().map(|row| row.rsplit('|').next().unwrap().to_owned()).collect();
    all.sort_unstable_by(|one, other| other.cmp(one));
    assert_eq!(days, all[..100], "the latest");
    assert_eq!(world.library.expire_guests(u64::MAX).await.unwrap(), 300, "what a guest imports expires");
    assert_eq!(rows(&world.csv(&ada, "watchlist").await).len(), 5_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_read_to_its_limit_and_the_rest_is_counted() {
    let (world, ada, someone) = (Transfer::with(many(10)).await, of_age("ada", None), guest("someone"));
    let text = |rows: usize| format!("Title\n{}", "Film number 1\n".repeat(rows));
    let of = u64::try_from(FILE_ENTRIES).unwrap();
    assert_eq!(counts(&world.import(&ada, "favourites", &text(FILE_ENTRIES + 7)).await), [1, of - 1, 0, 0, 7]);
    let of = u64::try_from(GUEST_FILE_ENTRIES).unwrap();
    assert_eq!(counts(&world.import(&someone, "favourites", &text(GUEST_FILE_ENTRIES + 7)).await), [1, of - 1, 0, 0, 7]);
    let strangers: String = (0..500).map(|at| format!("Unknown {at}\n")).collect();
    let report = world.import(&ada, "favourites", &format!("Title\n{strangers}{strangers}")).await;
    assert_eq!((counts(&report), report["unmatched"].as_array().unwrap().len()), ([0, 0, 500, 0, 0], 200));
    // In a document a day is an entry, and of one title a hundred are noted.
    let days: Vec<String> = (0..300).map(|at| format!("20{:02}-{:02}-01", at / 12, 1 + at % 12)).collect();
    let watched = |title: usize| json!({ "title": format!("Film number {title}"), "dates": days });
    let document = json!({ "format": "marquee-library", "version": 1, "history": (0..10).map(watched).collect::<Vec<_>>() });
    assert_eq!(counts(&world.import_json(&someone, &document).await), [400, 0, 0, 0, 2_600]);
    assert_eq!(counts(&world.import_json(&ada, &document).await), [1_000, 0, 0, 0, 2_000]);
    assert_eq!(counts(&world.import_json(&ada, &document).await), [0, 1_000, 0, 0, 2_000]);
    // A hundred lists, and no more.
    let lists: Vec<Value> =
        (0..100).map(|at| json!({ "name": format!("L{at}"), "titles": [{ "title": "Film number 1" }] })).collect();
    let document = |lists: &[Value]| json!({ "format": "marquee-library", "version": 1, "lists": lists });
    assert_eq!(counts(&world.import_json(&ada, &document(&lists)).await), [100, 0, 0, 0, 0]);
    let more = [json!({ "name": "One more", "titles": [{ "title": "Film number 1" }] }), lists[5].clone()];
    assert_eq!(counts(&world.import_json(&ada, &document(&more)).await), [0, 1, 0, 0, 1]);
    // The lists of a document behind those are counted, and refuse none of the others.
    let behind = [json!({ "name": "Empty" }), json!({ "name": "Two", "titles": [{ "title": "Heat" }, { "title": "Ran" }] })];
    let all = [lists, behind.to_vec()].concat();
    assert_eq!(counts(&world.import_json(&of_age("bob", None), &document(&all)).await), [100, 0, 0, 0, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_more_days_than_a_file_takes_what_is_saved_comes_back_whole_and_the_rest_is_counted() {
    let (world, ada) = (Transfer::with(many(260)).await, of_age("ada", None));
    let days: Vec<String> = (0..80).map(|at| format!("20{:02}-{:02}-01", at / 12, 1 + at % 12)).collect();
    let document = |titles: std::ops::Range<usize>| {
        let watched = |title: usize| json!({ "title": format!("Film number {title}"), "dates": days });
        json!({ "format": "marquee-library", "version": 1, "history": titles.map(watched).collect::<Vec<_>>() })
    };
    assert_eq!(counts(&world.import_json(&ada, &document(0..250)).await), [20_000, 0, 0, 0, 0]);
    assert_eq!(counts(&world.import_json(&ada, &document(250..260)).await), [800, 0, 0, 0, 0]);
    let saved = world.done(&ada, "GET", "/library/export", Value::Null).await;
    let told: usize = saved["history"].as_array().unwrap().iter().map(|one| one["dates"].as_array().unwrap().len()).sum();
    assert_eq!((told, &saved["left_out"]), (20_000, &json!(800)));
    world.library.forget(&ada.profile).await.unwrap();
    assert_eq!(counts(&world.import_json(&ada, &saved).await), [20_000, 0, 0, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_more_bytes_than_an_import_takes_what_is_saved_comes_back_whole_and_the_rest_is_counted() {
    let (world, ada) = (Transfer::with(many(2_800)).await, of_age("ada", None));
    let note = "行".repeat(490) + "\"\\\n\t\u{1}";
    for part in [0..1_400, 1_400..2_800] {
        let title = |at: usize| json!({ "title": format!("Film number {at}"), "note": note });
        let document = json!({ "format": "marquee-library", "version": 1, "watchlist": part.map(title).collect::<Vec<_>>() });
        assert_eq!(counts(&world.import_json(&ada, &document).await), [1_400, 0, 0, 0, 0]);
    }
    let saved = world.done(&ada, "GET", "/library/export", Value::Null).await;
    let body = json!({ "format": "json", "text": saved.to_string() }).to_string();
    let told = saved["watchlist"].as_array().unwrap().len();
    assert!((4_000_000..=4 * 1024 * 1024).contains(&body.len()), "{}", body.len());
    assert_eq!(saved["left_out"], json!(2_800 - told));
    world.library.forget(&ada.profile).await.unwrap();
    assert_eq!(counts(&world.import_json(&ada, &saved).await)[..2], [u64::try_from(told).unwrap(), 0]);
    let again = world.done(&ada, "GET", "/library/export", Value::Null).await;
    assert_eq!((again["watchlist"].clone(), again.get("left_out")), (saved["watchlist"].clone(), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_file_does_not_wait_for_the_long_ones_of_others() {
    let world = Transfer::with(many(50)).await;
    let long: String = (0..4_000).map(|at| format!("No film is called {at} {}\n", "so ".repeat(60))).collect();
    let [ada, bob, cy] = ["ada", "bob", "cy"].map(|name| member(name, name));
    let imported = async |who: &Viewer, text: String| {
        world.import(who, "favourites", &format!("Title\n{text}")).await;
        Instant::now()
    };
    let short = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        imported(&cy, "Film number 1\n".to_owned()).await
    };
    let (first, second, short) = tokio::join!(imported(&ada, long.clone()), imported(&bob, long.clone()), short);
    assert!(short < first && short < second, "it took {:?} longer", short.duration_since(first.min(second)));
}

#[tokio::test]
async fn of_many_exports_and_imports_of_one_account_at_once_few_wait_and_others_do_not_wait_for_them() {
    let (world, ada, bob) = (Transfer::with(many(50)).await, member("ada", "house"), member("bob", "elsewhere"));
    world.import(&ada, "history", &file(0..50)).await;
    let export = async |who: &Viewer, path: &'static str| world.ask(who, "GET", path, Value::Null).await;
    for path in ["/library/export", "/library/csv?part=history"] {
        let all = join_all((0..20).map(|_| export(&ada, path)));
        let (all, other) = futures::join!(all, export(&bob, path));
        let (made, refused): (Vec<_>, Vec<_>) = all.into_iter().partition(|(status, _)| *status == 200);
        assert_eq!((made.len(), refused.len(), other.0), (4, 16, 200), "{refused:?}");
        assert!(refused.iter().all(|(_, problem)| problem["code"] == "overloaded"));
    }
    let body = json!({ "format": "csv", "into": "favourites", "text": file(0..50) });
    let imports = join_all((0..20).map(|_| world.ask(&ada, "POST", "/library/import", body.clone()))).await;
    assert_eq!(imports.iter().filter(|(status, _)| *status == 200).count(), 4, "{imports:?}");
    assert_eq!(rows(&world.csv(&ada, "favourites").await).len(), 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_at_once_add_each_title_and_each_day_once() {
    let (world, ada) = (Transfer::with(many(200)).await, of_age("ada", None));
    let text = file(0..200);
    for part in ["watchlist", "history"] {
        let reports = join_all((0..4).map(|_| world.import(&ada, part, &text))).await;
        assert_eq!(rows(&world.csv(&ada, part).await).len(), 200, "{part}");
        let added: u64 = reports.iter().map(|report| counts(report)[0]).sum();
        assert_eq!(added, 200, "{part}: {reports:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_at_once_fill_a_list_to_its_limit_and_no_further() {
    let (world, someone) = (Transfer::with(many(360)).await, guest("someone"));
    let texts: Vec<String> = (0..4).map(|part| file(part * 90..(part + 1) * 90)).collect();
    join_all(texts.iter().map(|text| world.import(&someone, "watchlist", text))).await;
    assert_eq!(rows(&world.csv(&someone, "watchlist").await).len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_at_once_make_a_list_once_and_leave_one_that_was_renamed() {
    let (world, ada) = (Transfer::new().await, of_age("ada", None));
    let document = json!({ "format": "marquee-library", "version": 1, "lists": [{ "name": "Sunday", "titles": [{ "title": "Heat", "year": 1995 }] }] });
    let names = async || -> Vec<(String, String, u64)> {
        let lists = world.done(&ada, "GET", "/lists", Value::Null).await;
        let own = lists.as_array().unwrap().iter().filter(|list| list["id"] != "watchlist");
        own.map(|list| {
            (list["name"].as_str().unwrap().into(), list["id"].as_str().unwrap().into(), list["count"].as_u64().unwrap())
        })
        .collect()
    };
    join_all((0..4).map(|_| world.import_json(&ada, &document))).await;
    let made = names().await;
    assert!(matches!(made.as_slice(), [(name, _, 1)] if name == "Sunday"), "{made:?}");
    let renamed = json!({ "name": "Monday", "note": "", "is_shared": false });
    world.done(&ada, "PUT", &format!("/lists/{}", made[0].1), renamed).await;
    world.import_json(&ada, &document).await;
    let mut both: Vec<(String, u64)> = names().await.into_iter().map(|(name, _, count)| (name, count)).collect();
    both.sort();
    assert_eq!(both, [("Monday".to_owned(), 1), ("Sunday".to_owned(), 1)]);
}

#[tokio::test]
async fn an_import_of_a_profile_that_is_gone_adds_nothing() {
    let world = Transfer::with(many(3)).await;
    let gone = Gone::default();
    gone.0.store(true, Ordering::SeqCst);
    let library = Arc::new(Library::new(
        Arc::clone(&world.bench.documents),
        Arc::new(gone),
        Clock::default(),
        Recorder::off(Clock::default()),
    ));
    let (router, dispatcher) = world.bench.mounted(&[library as Arc<dyn Service>]);
    let world = Transfer { router, dispatcher, ..world };
    let (code, _) = world.refused(&of_age("ada", None), json!({ "format": "csv", "into": "history", "text": file(0..3) })).await;
    assert_eq!((code.as_str(), rows(&world.csv(&of_age("ada", None), "history").await)), ("not_found", Vec::new()));
}
