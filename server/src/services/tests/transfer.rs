//! Files of what a profile keeps, with the real catalogue beside: there and back, what others write, whom they are for, limits.

mod limits;
mod lists;
mod rating;
mod reading;

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant, UNIX_EPOCH},
};

use contract::{authorization::Authorization, identity::AccountRole};
use runtime::clock::Clock;
use serde_json::{Value, json};
use storage::{StorageUrls, events::Events};

use super::*;
use crate::{
    context::{ActiveProfile, Member},
    mount::Dispatcher,
    services::{
        keepers::Gone,
        recorder::Recorder,
        reviews::{self, Reviews},
    },
};

/// Titles that other programs trip over, with ids of IMDb where they have one.
const ODD: [(&str, Option<u16>, &str); 12] = [
    ("Amélie", Some(2001), "import:tt0211915"),
    ("=HYPERLINK(\"http://x\",\"Free\")", Some(2002), "odd:formula"),
    ("-30-", Some(1959), "odd:minus"),
    ("+1", Some(2013), "odd:plus"),
    ("@Home", Some(2014), "odd:at"),
    ("'71", Some(2014), "odd:apostrophe"),
    ("<script>alert(1)</script>", Some(2015), "odd:markup"),
    ("\u{202e}Bidi\u{202c}", Some(2016), "odd:bidi"),
    ("Zero\u{200b}Width", Some(2017), "odd:zero"),
    ("🎬🎬🎬", Some(2018), "odd:emoji"),
    ("Commas, \"quotes\"\nand lines", None, "odd:quotes"),
    ("Heat", Some(1995), "import:tt0113277"),
];

struct Transfer {
    bench: Bench,
    router: Router,
    dispatcher: Dispatcher,
    library: Arc<Library>,
    reviews: Arc<Reviews>,
    now: Arc<AtomicU64>,
    _folder: tempfile::TempDir,
}

impl Transfer {
    /// With [`FILMS`] and [`ODD`] ones.
    async fn new() -> Self {
        let odd = |(title, year, source): &(&str, Option<u16>, &str)| NewTitle {
            source: (*source).into(),
            title: (*title).into(),
            year: *year,
            maturity: Some("R".into()),
            ..NewTitle::default()
        };
        Self::with(FILMS.iter().map(film).chain(ODD.iter().map(odd)).collect()).await
    }

    async fn with(titles: Vec<NewTitle>) -> Self {
        let mut bench = Bench::new();
        bench.add(titles).await;
        // 2026-11-28, in the evening.
        let now = Arc::new(AtomicU64::new(1_795_896_000_000));
        let said = Arc::clone(&now);
        let millis = move || Duration::from_millis(said.load(Ordering::Relaxed));
        let clock = Clock::new(move || UNIX_EPOCH + millis());
        let library = Arc::new(Library::new(
            Arc::clone(&bench.documents),
            Arc::new(Gone::default()),
            clock.clone(),
            Recorder::off(clock.clone()),
        ));
        let folder = tempfile::tempdir().unwrap();
        let stores = storage::open(&StorageUrls::embedded(folder.path()), &Events::default()).await.unwrap();
        let reviews = Arc::new(Reviews::new(reviews::Dependencies {
            documents: Arc::clone(&bench.documents),
            keyvalue: stores.keyvalue,
            tombstones: Arc::new(Gone::default()),
            settings: crate::config::Reviews::default(),
            recorder: Recorder::off(clock.clone()),
            clock,
        }));
        let (router, dispatcher) =
            bench.mounted(&[Arc::clone(&library) as Arc<dyn Service>, Arc::clone(&reviews) as Arc<dyn Service>]);
        Self { bench, router, dispatcher, library, reviews, now, _folder: folder }
    }

    async fn ask(&self, who: &Viewer, method: &str, path: &str, body: Value) -> (u16, Value) {
        let context = RequestContext { viewer: who.clone(), dispatcher: self.dispatcher.clone(), ..viewer(None) };
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request::builder().method(method).uri(format!("/api/v1{path}")).header("content-type", "application/json");
        let request = request.body(Body::from(body)).unwrap();
        let response = self.router.clone().layer(Extension(context)).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    async fn done(&self, who: &Viewer, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(who, method, path, body).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// The ids of titles that are called so, for everybody.
    async fn ids(&self, names: &[&str]) -> Vec<String> {
        let titles: Vec<Value> = names.iter().map(|name| json!({ "title": name })).collect();
        let found = self.done(&member("someone", "other"), "POST", "/title-matches", json!({ "titles": titles })).await;
        let id = |found: &Value| found["id"].as_str().unwrap().to_owned();
        found.as_array().unwrap().iter().map(id).collect()
    }

    async fn csv(&self, who: &Viewer, part: &str) -> String {
        self.done(who, "GET", &format!("/library/csv?part={part}"), Value::Null).await["text"].as_str().unwrap().to_owned()
    }

    async fn import(&self, who: &Viewer, into: &str, text: &str) -> Value {
        self.done(who, "POST", "/library/import", json!({ "format": "csv", "into": into, "text": text })).await
    }

    async fn import_json(&self, who: &Viewer, document: &Value) -> Value {
        self.done(who, "POST", "/library/import", json!({ "format": "json", "text": document.to_string() })).await
    }

    async fn refused(&self, who: &Viewer, body: Value) -> (String, String) {
        let (status, problem) = self.ask(who, "POST", "/library/import", body).await;
        assert!(status >= 400, "{problem}");
        let said = problem["fields"][0]["message"].as_str().or(problem["detail"].as_str()).unwrap_or_default();
        (problem["code"].as_str().unwrap().to_owned(), said.to_owned())
    }
}

fn guest(profile: &str) -> Viewer {
    Viewer::guest(profile.parse().unwrap(), false, Arc::default())
}

fn member(profile: &str, account: &str) -> Viewer {
    let member = Member {
        account: account.parse().unwrap(),
        sign_in: "s".parse().unwrap(),
        role: AccountRole::Member,
        active_profile: ActiveProfile::Unrestricted,
        scopes: None,
    };
    Viewer { member: Some(member), ..guest(profile) }
}

/// What became of an import: added, known, unmatched, unreadable, left out.
fn counts(report: &Value) -> [u64; 5] {
    ["added", "known", "unmatched_total", "unreadable_total", "left_out"].map(|name| report[name].as_u64().unwrap())
}

/// Somebody who may keep everything, and to whom films up to an age are shown.
fn of_age(profile: &str, age: Option<u8>) -> Viewer {
    let authorization = Authorization { maturity: age, ..Authorization::default() };
    Viewer { authorization: Arc::new(authorization), ..member(profile, "house") }
}

/// A document, but for the ids of its lists: those that are gone do not come back.
fn of_new_lists(mut document: Value) -> Value {
    let lists = document["lists"].as_array_mut().unwrap().iter_mut();
    lists.for_each(|list| drop(list.as_object_mut().unwrap().remove("id").unwrap()));
    document
}

/// The titles in the rows of a file.
fn rows(text: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().collect::<Vec<_>>().join("|")).collect()
}

#[tokio::test]
async fn what_is_exported_forgotten_and_imported_is_there_again_in_its_order() {
    let (world, ada) = (Transfer::new().await, of_age("ada", None));
    let names: Vec<&str> = ODD.iter().map(|odd| odd.0).chain(["Jaws", "The Matrix", "Alien"]).collect();
    let ids = world.ids(&names).await;
    let list = "a".repeat(24);
    world.done(&ada, "PUT", &format!("/lists/{list}"), json!({ "name": "<b>Best</b> \u{202e}🎬", "note": "=1+1" })).await;
    world.done(&ada, "PUT", &format!("/lists/{}", "b".repeat(24)), json!({ "name": "Empty", "is_shared": true })).await;
    for id in &ids {
        world.done(&ada, "PUT", &format!("/lists/watchlist/titles/{id}"), json!({ "note": format!("of {id}, \"=1\"") })).await;
        world.done(&ada, "PUT", &format!("/favourites/{id}"), json!({})).await;
    }
    for id in ids.iter().rev() {
        world.done(&ada, "PUT", &format!("/lists/{list}/titles/{id}"), json!({})).await;
    }
    // Two on one day, which a file knows as one; and one of today, whose noon is past.
    let now = world.now.load(Ordering::Relaxed);
    for (at, id) in ids.iter().enumerate() {
        let at = at as u64;
        for before in [0, at * 86_400_000, at * 86_400_000 + 7 * 3_600_000, 400 * 86_400_000] {
            world.done(&ada, "PUT", &format!("/history/{id}"), json!({ "date": now - before })).await;
        }
    }
    let document = world.done(&ada, "GET", "/library/export", Value::Null).await;
    assert_eq!(
        (&document["format"], &document["version"], document.get("left_out")),
        (&json!("marquee-library"), &json!(1), None)
    );
    for part in ["watchlist", "favourites", "history"] {
        assert_eq!(document[part].as_array().unwrap().len(), ids.len(), "{part}");
    }
    assert_eq!(document["lists"][0]["name"], "<b>Best</b> \u{202e}🎬");
    assert_eq!(document["lists"][0]["titles"].as_array().unwrap().len(), ids.len());
    assert_eq!(document["lists"][1], json!({ "id": "b".repeat(24), "name": "Empty", "is_shared": true, "titles": [] }));
    assert_eq!(document["watchlist"][0]["note"], format!("of {}, \"=1\"", ids[ids.len() - 1]));
    let parts = ["history", "watchlist", "favourites"];
    let mut files = Vec::new();
    for part in parts {
        files.push(world.csv(&ada, part).await);
    }
    assert!(files[0].contains("2026-11-28") && !files[1].contains("2026"), "{files:?}");
    assert!(files[1].contains("Amélie,2001,tt0211915,,\r\n") && files[1].contains("'-30-,1959,,,"), "{}", files[1]);
    let entries = ids.len() as u64 * 3;
    let viewings: u64 =
        document["history"].as_array().unwrap().iter().map(|one| one["dates"].as_array().unwrap().len() as u64).sum();

    // As it is, nothing is added: neither by the document nor by a file.
    assert_eq!(counts(&world.import_json(&ada, &document).await), [0, entries + viewings, 0, 0, 0]);
    for (part, file) in parts.iter().zip(&files) {
        let report = world.import(&ada, part, file).await;
        assert_eq!((report["added"].as_u64(), report["unmatched_total"].as_u64()), (Some(0), Some(0)), "{part}: {report}");
    }
    assert_eq!(world.done(&ada, "GET", "/library/export", Value::Null).await, document);

    world.library.forget(&ada.profile).await.unwrap();
    assert_eq!(rows(&world.csv(&ada, "history").await), [""; 0]);
    assert_eq!(counts(&world.import_json(&ada, &document).await), [entries + viewings, 0, 0, 0, 0]);
    let after = world.done(&ada, "GET", "/library/export", Value::Null).await;
    assert_eq!(of_new_lists(after), of_new_lists(document.clone()));
    assert_eq!(counts(&world.import_json(&ada, &document).await), [0, entries + viewings, 0, 0, 0], "twice");

    world.library.forget(&ada.profile).await.unwrap();
    for (part, file) in parts.iter().zip(&files) {
        let report = world.import(&ada, part, file).await;
        assert_eq!(counts(&report), [rows(file).len() as u64, 0, 0, 0, 0], "{part}: {report}");
        assert_eq!(world.csv(&ada, part).await, *file, "{part}");
        assert_eq!(world.import(&ada, part, file).await["added"], 0, "{part}, twice");
    }
}

#[tokio::test]
async fn a_document_of_another_server_means_titles_by_what_they_are_called() {
    let (world, ada) = (Transfer::new().await, of_age("ada", None));
    let ids = world.ids(&["Jaws", "Alien"]).await;
    let document = json!({
        "format": "marquee-library", "version": 1, "of_a_later_version": [1],
        "watchlist": [{ "title": "Jaws", "year": 1975, "id": ids[1] }, { "title": "Nowhere", "year": 1999, "id": "elsewhere" }],
        "lists": [{ "name": "Both", "titles": [{ "title": "Changed its name", "imdb": "tt0211915" }, { "title": "Jaws" }] }],
        "history": [{ "title": "Alien", "year": 1979, "dates": [] }, { "title": "Nowhere", "year": 1999, "dates": ["2020-01-01"] }],
    });
    let report = world.import_json(&ada, &document).await;
    assert_eq!(counts(&report), [4, 0, 1, 0, 0], "{report}");
    assert_eq!(report["unmatched"], json!([{ "title": "Nowhere", "year": 1999 }]));
    assert_eq!(rows(&world.csv(&ada, "watchlist").await), ["Jaws|1975|||"]);
    assert_eq!(rows(&world.csv(&ada, "history").await), ["Alien|1979|||2026-11-28"]);
    let lists = world.done(&ada, "GET", "/lists", Value::Null).await;
    assert_eq!((&lists[1]["name"], &lists[1]["count"], &lists[1]["is_shared"]), (&json!("Both"), &json!(2), &json!(false)));
    let path = format!("/library/csv?part=list&list={}", lists[1]["id"].as_str().unwrap());
    let file = world.done(&ada, "GET", &path, Value::Null).await;
    assert_eq!(
        (file["name"].as_str(), rows(file["text"].as_str().unwrap())),
        (Some("marquee-both.csv"), vec!["Amélie|2001|tt0211915||".to_owned(), "Jaws|1975|||".to_owned()])
    );
    let (status, _) = world.ask(&member("eve", "elsewhere"), "GET", &path, Value::Null).await;
    assert_eq!(status, 404, "another household's");
    // Another document's list of the same name is the same list, and what is new on it is on top.
    let more = json!({ "format": "marquee-library", "version": 1, "lists": [{ "name": "Both", "note": "no", "titles": [{ "title": "Alien" }, { "title": "Jaws" }, { "title": "Heat" }] }] });
    assert_eq!(counts(&world.import_json(&ada, &more).await), [2, 1, 0, 0, 0]);
    let file = world.done(&ada, "GET", &path, Value::Null).await;
    let titles: Vec<String> =
        rows(file["text"].as_str().unwrap()).iter().map(|row| row.split('|').next().unwrap().to_owned()).collect();
    assert_eq!(titles, ["Alien", "Heat", "Amélie", "Jaws"]);
    assert_eq!(world.done(&ada, "GET", "/lists", Value::Null).await[1]["note"], Value::Null);
}

#[tokio::test]
async fn a_childs_profile_exports_and_imports_nothing_above_its_age() {
    let (world, ada, kim) = (Transfer::new().await, of_age("kim", None), of_age("kim", Some(12)));
    let text = "Title,Year,imdbID,WatchedDate\nJaws,1975,,2024-01-01\nAlien,1979,,2024-01-02\nAmélie,2001,tt0211915,2024-01-03\n";
    for part in ["history", "watchlist", "favourites"] {
        let report = world.import(&kim, part, text).await;
        assert_eq!(counts(&report), [1, 0, 2, 0, 0], "{part}: {report}");
        assert_eq!(rows(&world.csv(&ada, part).await).len(), 1, "{part}: nothing else is there");
        assert_eq!(world.import(&ada, part, text).await["added"], 2, "{part}");
        let told = rows(&world.csv(&kim, part).await);
        assert!(told.len() == 1 && told[0].starts_with("Jaws|"), "{part}: {told:?}");
    }
    let document = world.done(&kim, "GET", "/library/export", Value::Null).await;
    for part in ["history", "watchlist", "favourites"] {
        assert_eq!(document[part].as_array().unwrap().len(), 1, "{part}");
    }
    // Not by what it is here either.
    let id = world.ids(&["Alien"]).await.remove(0);
    let hidden =
        json!({ "format": "marquee-library", "version": 1, "favourites": [{ "title": "Alien", "year": 1979, "id": id }] });
    assert_eq!(counts(&world.import_json(&kim, &hidden).await), [0, 0, 1, 0, 0]);
}

#[tokio::test]
async fn what_the_plan_does_not_allow_is_refused_by_its_right_before_anything_is_added() {
    let world = Transfer::new().await;
    let with = |watchlists, favourites| {
        let authorization =
            Authorization { may_keep_watchlists: watchlists, may_keep_favourites: favourites, ..Authorization::default() };
        Viewer { authorization: Arc::new(authorization), ..member("ada", "a") }
    };
    let (all, no_lists, no_favourites) = (with(true, true), with(false, true), with(true, false));
    let text = "Title\nJaws\n";
    let csv = |into: &str| json!({ "format": "csv", "into": into, "text": text });
    let document = |part: &str| {
        let titles = json!([{ "title": "Jaws" }]);
        let mut document = json!({ "format": "marquee-library", "version": 1, "history": [{ "title": "Jaws", "dates": [] }] });
        document[part] = if part == "lists" { json!([{ "name": "Mine", "titles": titles }]) } else { titles };
        json!({ "format": "json", "text": document.to_string() })
    };
    for (who, body, right) in [
        (&no_lists, csv("watchlist"), "My list"),
        (&no_favourites, csv("favourites"), "favourites"),
        (&no_lists, document("watchlist"), "My list"),
        (&no_lists, document("lists"), "My list"),
        (&no_favourites, document("favourites"), "favourites"),
    ] {
        let (code, said) = world.refused(who, body.clone()).await;
        assert!(code == "not_allowed" && said.contains(right), "{body}: {code} {said}");
        assert_eq!(rows(&world.csv(&all, "history").await), [""; 0], "{body}");
    }
    for part in ["history", "watchlist", "favourites"] {
        world.import(&all, part, text).await;
    }
    for (who, part, right) in
        [(&no_lists, "watchlist", "My list"), (&no_lists, "list", "My list"), (&no_favourites, "favourites", "favourites")]
    {
        let (status, problem) = world.ask(who, "GET", &format!("/library/csv?part={part}"), Value::Null).await;
        assert!(status == 403 && problem["detail"].as_str().unwrap().contains(right), "{problem}");
    }
    let told = async |who: &Viewer| {
        let document = world.done(who, "GET", "/library/export", Value::Null).await;
        ["history", "watchlist", "favourites"].map(|part| document[part].as_array().unwrap().len())
    };
    assert_eq!((told(&all).await, told(&no_lists).await, told(&no_favourites).await), ([1, 1, 1], [1, 0, 1], [1, 1, 0]));
    let new = Viewer::guest("new".parse().unwrap(), true, Arc::default());
    assert_eq!((told(&new).await, rows(&world.csv(&new, "history").await)), ([0, 0, 0], Vec::<String>::new()));
}

#[tokio::test]
async fn a_file_goes_onto_a_list_of_ones_own_that_is_there_and_onto_no_other() {
    let world = Transfer::new().await;
    let (ada, bob) = (member("ada", "a"), member("bob", "a"));
    let (list, other) = ("a".repeat(24), "b".repeat(24));
    world.done(&ada, "PUT", &format!("/lists/{list}"), json!({ "name": "Sunday" })).await;
    world.done(&bob, "PUT", &format!("/lists/{other}"), json!({ "name": "Bob's", "is_shared": true })).await;
    let into = |list: &str| json!({ "format": "csv", "into": "list", "list": list, "text": "Title\nJaws\nAlien\n" });
    let report = world.done(&ada, "POST", "/library/import", into(&list)).await;
    assert_eq!(report["added"], 2);
    let exported = world.csv(&ada, &format!("list&list={list}")).await;
    assert_eq!(rows(&exported).len(), 2);
    assert_eq!(world.done(&ada, "POST", "/library/import", into(&list)).await["known"], 2);
    // Favourites ask for a right of their own.
    for elsewhere in [&other, &"c".repeat(24), "favourites"] {
        assert_eq!(world.refused(&ada, into(elsewhere)).await.0, "not_found", "{elsewhere}");
    }
    let unsaid = json!({ "format": "csv", "into": "list", "text": "Title\nJaws\n" });
    assert_eq!(
        world.refused(&ada, unsaid).await,
        ("invalid_request".into(), "say which list the titles of the file are to go to".into())
    );
    assert_eq!(rows(&world.csv(&ada, "watchlist").await).len(), 0);
}
