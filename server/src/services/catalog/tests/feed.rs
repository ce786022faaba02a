//! The index at the heels of the change feed: exactly what changed, after restarts, kills and restores too.

use std::time::{Duration, Instant};

use contract::catalog::ListTitles;
use serde_json::json;
use storage::documents::{Document, Expect, Write};

use super::*;
use crate::services::catalog::{ingest::Did, poster_variety::PosterVariety, record::TITLES};

const ALL: u64 = FILMS.len() as u64;

fn new_title(title: &str) -> NewTitle {
    NewTitle { source: format!("test:{title}"), title: title.to_owned(), ..NewTitle::default() }
}

/// The process ends, and another one opens what it left.
fn restarted(bench: Bench) -> Bench {
    Bench::in_folder(stopped(bench))
}

fn stopped(bench: Bench) -> TempDir {
    let Bench { folder, catalog, follower, documents, .. } = bench;
    drop((catalog, follower, documents));
    folder
}

/// The index of one folder beside the database of another, as it is now, in a folder of their own. Whoever had them open may not
/// be done with them yet.
fn combined(index_of: &Path, database: &Path) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::rename(index_of.join("search"), folder.path().join("search")).unwrap();
    copy_database(database, &folder.path().join("marquee.db"));
    folder
}

/// As SQLite reads it: what was written last may be in the write-ahead log alone.
fn copy_database(from: &Path, to: &Path) {
    let database = rusqlite::Connection::open(from).unwrap();
    database.execute("VACUUM INTO ?1", [to.to_str().unwrap()]).unwrap();
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn title_of(bench: &Bench, id: &TitleId) -> Document {
    bench.documents.get(&TITLES, id.as_str()).await.unwrap().unwrap()
}

/// The titles of everything that is found, in order.
async fn titles(bench: &Bench) -> Vec<String> {
    let list = ListTitles { limit: Some(100), ..ListTitles::default() };
    let page = bench.catalog.list_titles(viewer(None), list).await.unwrap();
    assert_eq!(page.next, None);
    let mut found: Vec<String> = page.items.into_iter().map(|card| card.title).collect();
    found.sort();
    found
}

#[tokio::test]
async fn a_deleted_title_is_found_no_more_and_one_that_is_made_again_is() {
    let mut bench = Bench::with_films().await;
    let id = bench.add_one(new_title("Gone")).await;
    let stored = title_of(&bench, &id).await;
    assert!(bench.documents.delete(&TITLES, id.as_str(), Expect::Anything).await.unwrap());
    // The process that deletes it may be another one than the one that follows.
    let mut bench = restarted(bench);
    assert_eq!(bench.catalog.visible(), ALL + 1);
    assert_eq!(bench.follower.catch_up().await.unwrap(), 1);
    assert_eq!(bench.catalog.visible(), ALL);
    assert!(!titles(&bench).await.contains(&"Gone".to_owned()));
    let again = Write { id: id.to_string(), body: stored.body, expect: Expect::Absent };
    bench.documents.put(&TITLES, again).await.unwrap();
    assert_eq!(bench.follower.catch_up().await.unwrap(), 1);
    assert!(titles(&bench).await.contains(&"Gone".to_owned()));
}

#[tokio::test]
async fn after_a_restart_exactly_what_changed_meanwhile_is_indexed() {
    let bench = Bench::with_films().await;
    let mut bench = restarted(bench);
    assert_eq!(bench.follower.catch_up().await.unwrap(), 0);
    let renamed = NewTitle { original_title: Some("Il padrino".to_owned()), ..film(&FILMS[0]) };
    bench.catalog.ingest().upsert_many(vec![renamed, new_title("New")]).await.unwrap();
    let mut bench = restarted(bench);
    assert_eq!(bench.follower.catch_up().await.unwrap(), 2);
    assert_eq!((bench.follower.catch_up().await.unwrap(), bench.catalog.visible()), (0, ALL + 1));
}

#[tokio::test]
async fn a_title_that_cannot_be_read_is_in_no_list_keeps_nothing_back_and_costs_nothing_at_the_next_start() {
    let mut bench = Bench::with_films().await;
    let id = bench.add_one(new_title("Legible")).await;
    let stored = title_of(&bench, &id).await;
    let broken = Write { id: id.to_string(), body: json!({ "facts": 7 }), expect: Expect::Version(stored.version) };
    bench.documents.put(&TITLES, broken).await.unwrap();
    assert_eq!(bench.add(vec![new_title("After")]).await.len(), 1);
    assert_eq!(bench.catalog.visible(), ALL + 1);
    assert!(titles(&bench).await.contains(&"After".to_owned()));
    let mut bench = restarted(bench);
    assert_eq!(bench.follower.catch_up().await.unwrap(), 0, "nothing is indexed again because of it");
    let whole = Write { id: id.to_string(), body: stored.body, expect: Expect::Anything };
    bench.documents.put(&TITLES, whole).await.unwrap();
    bench.follower.catch_up().await.unwrap();
    assert_eq!(bench.catalog.visible(), ALL + 2);
}

#[tokio::test]
async fn an_index_that_followed_another_store_is_searched_until_its_successor_is_made() {
    let elsewhere = Bench::new();
    elsewhere.catalog.ingest().upsert_many(vec![new_title("Elsewhere")]).await.unwrap();
    let elsewhere = stopped(elsewhere);
    let films = stopped(Bench::with_films().await);
    let mut bench = Bench::in_folder(combined(films.path(), &elsewhere.path().join("marquee.db")));
    assert_eq!((bench.follower.catch_up().await.unwrap(), bench.catalog.visible()), (0, ALL), "the start does not wait for it");
    let running = tokio::spawn(bench.catalog.follower().unwrap().run());
    until("the other store's titles are found", || bench.catalog.visible() == 1).await;
    running.abort();
    let _ = running.await;
    assert_eq!(titles(&bench).await, ["Elsewhere"]);
    assert_eq!(restarted(bench).follower.catch_up().await.unwrap(), 0);
}

#[tokio::test]
async fn a_store_that_was_restored_to_an_older_state_is_indexed_from_the_beginning() {
    let folder = stopped(Bench::with_films().await);
    copy_database(&folder.path().join("marquee.db"), &folder.path().join("backup"));
    let mut bench = Bench::in_folder(folder);
    bench.add(vec![new_title("Lost"), film(&FILMS[3])]).await;
    assert_eq!(bench.catalog.visible(), ALL + 1);
    let folder = stopped(bench);
    let bench = Bench::in_folder(combined(folder.path(), &folder.path().join("backup")));
    let running = tokio::spawn(bench.catalog.follower().unwrap().run());
    until("what was lost is found no more", || bench.catalog.visible() == ALL).await;
    running.abort();
}

#[tokio::test]
async fn an_index_of_a_build_before_the_feed_is_searched_until_its_successor_is_made() {
    let folder = stopped(Bench::with_films().await);
    let meta = folder.path().join("search/index-000001/meta.json");
    let mut said: serde_json::Value = serde_json::from_slice(&fs::read(&meta).unwrap()).unwrap();
    let payload: serde_json::Value = serde_json::from_str(said["payload"].as_str().unwrap()).unwrap();
    said["payload"] = json!({ "revision": payload["revision"], "position": 1_700_000_000_000_000u64 }).to_string().into();
    fs::write(meta, said.to_string()).unwrap();
    let mut bench = Bench::in_folder(folder);
    assert_eq!((bench.follower.catch_up().await.unwrap(), bench.catalog.visible()), (0, ALL));
    let running = tokio::spawn(bench.catalog.follower().unwrap().run());
    let successor = bench.folder.path().join("search/index-000002/meta.json");
    until("its successor is made", || successor.exists() && !bench.folder.path().join("search/index-000001").exists()).await;
    assert_eq!(bench.catalog.visible(), ALL);
    running.abort();
}

#[tokio::test]
async fn a_write_that_nobody_told_of_is_found_all_the_same() {
    let Bench { folder, documents, objects, .. } = Bench::with_films().await;
    // Its events are not those of the store.
    let deletions = deletions(&documents, &Events::default(), folder.path());
    let parts = Dependencies {
        documents: Arc::clone(&documents),
        objects,
        events: Events::default(),
        deletions,
        index_folder: &folder.path().join("silent"),
        typeface: Arc::new(typeface()),
    };
    let silent = Arc::new(Catalog::open(parts).unwrap());
    let running = tokio::spawn(silent.follower().unwrap().run());
    until("all films are found", || silent.visible() == ALL).await;
    let ingest = super::super::ingest::Ingest::new(documents, Events::default());
    ingest.upsert_many(vec![new_title("Unheard")]).await.unwrap();
    until("it is found", || silent.visible() == ALL + 1).await;
    running.abort();
}

#[tokio::test]
async fn a_follower_that_is_killed_anywhere_ends_with_the_same_index_and_lists_nothing_twice() {
    let mut bench = Bench::new();
    let many = (0..2_300).map(|number| new_title(&format!("Film {number}"))).collect();
    let outcomes = bench.catalog.ingest().upsert_many(many).await.unwrap();
    let (mut indexed, mut kills) = (0, 0);
    for patience in (0..).map(|round| Duration::from_millis(30 + round * 25)) {
        let away = bench.away.clone();
        let breaking_off = tokio::spawn(async move {
            tokio::time::sleep(patience).await;
            away.set(true);
        });
        match bench.follower.catch_up().await {
            Ok(titles) => {
                breaking_off.abort();
                let _ = breaking_off.await;
                // It may have come between the last look and the end.
                bench.away.set(false);
                indexed = titles;
                break;
            }
            Err(error) => assert!(error.to_string().contains("taken away by the test"), "{error}"),
        }
        breaking_off.await.unwrap();
        bench.away.set(false);
        kills += 1;
        // A write and a deletion between a kill and the next start.
        let at = kills * 2;
        bench.documents.delete(&TITLES, outcomes[at].id.as_str(), Expect::Anything).await.unwrap();
        let renamed = NewTitle { year: Some(1999), ..new_title(&format!("Film {}", at + 1)) };
        bench.catalog.ingest().upsert_many(vec![renamed]).await.unwrap();
        bench = restarted(bench);
    }
    assert!(kills > 0, "it was never killed");
    assert!(indexed < 2_300, "the last start began from nothing: {indexed}");
    assert_eq!(bench.catalog.visible(), bench.documents.count(&TITLES).await.unwrap());
    assert_eq!(bench.catalog.visible(), 2_300 - kills as u64);
    let list = ListTitles { limit: Some(100), decade: Some(1990), ..ListTitles::default() };
    let renamed = bench.catalog.list_titles(viewer(None), list).await.unwrap();
    assert_eq!(renamed.items.len(), kills);
    assert_eq!(restarted(bench).follower.catch_up().await.unwrap(), 0);
}

#[tokio::test]
async fn titles_of_two_writers_whose_clocks_are_ten_minutes_apart_are_all_found_whoever_wrote_last() {
    let mut bench = Bench::new();
    let titles_of = |range: std::ops::Range<u32>| range.map(|number| new_title(&format!("Film {number:02}"))).collect();
    let ids: Vec<TitleId> = bench.add(titles_of(0..20)).await.into_iter().map(|outcome| outcome.id).collect();
    // In turn by the one who is ahead and the one who is behind; read now and then in between.
    for (turn, id) in ids.iter().chain(ids.iter().rev()).enumerate() {
        let Document { id, version, mut body } = title_of(&bench, id).await;
        let ten_minutes = 600_000_000;
        let now = body["change"].as_u64().unwrap();
        body["change"] = if turn % 2 == 0 { now + ten_minutes } else { now - ten_minutes }.into();
        body["facts"]["title"] = format!("Turn {turn:02}").into();
        bench.documents.put(&TITLES, Write { id, body, expect: Expect::Version(version) }).await.unwrap();
        if turn % 3 == 0 {
            bench.follower.catch_up().await.unwrap();
        }
    }
    assert_eq!(bench.follower.catch_up().await.unwrap(), 0);
    let mut found = titles(&bench).await;
    found.sort();
    assert_eq!(found, (20..40).map(|turn| format!("Turn {turn:02}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_is_deleted_between_the_steps_of_an_import_comes_back_under_another_id() {
    let mut bench = Bench::with_films().await;
    let id = bench.add_one(new_title("Gone")).await;
    let ingest = bench.catalog.ingest();
    let identified = ingest.identify(vec![new_title("Gone")], &mut PosterVariety::default()).await.unwrap();
    deletions(&bench.documents, &bench.events, bench.folder.path()).delete(&id).await.unwrap();
    let outcome = ingest.write(identified).await.unwrap().remove(0);
    assert_eq!(outcome.did, Did::Create);
    assert_ne!(outcome.id, id);
    assert!(bench.documents.get(&TITLES, id.as_str()).await.unwrap().is_none());
    bench.follower.catch_up().await.unwrap();
    assert_eq!(bench.catalog.visible(), ALL + 1);
    let again = ingest.upsert_many(vec![new_title("Gone")]).await.unwrap().remove(0);
    assert_eq!((again.id, again.did), (outcome.id, Did::Nothing));
}

#[tokio::test]
async fn what_was_deleted_is_known_by_its_id_and_its_source_to_whoever_adds_the_same_again() {
    let mut bench = Bench::with_films().await;
    let id = bench.add_one(new_title("Gone")).await;
    let ingest = bench.catalog.ingest();
    assert!(ingest.deleted().await.unwrap().is_empty());
    let deletions = deletions(&bench.documents, &bench.events, bench.folder.path());
    deletions.delete(&id).await.unwrap();
    let known = ["test:Gone".to_owned(), id.to_string()];
    assert_eq!(ingest.deleted().await.unwrap(), known.clone().into());
    // What is deleted a second time, when it is gone, is known by its source still.
    assert!(deletions.delete(&id).await.is_err());
    assert_eq!(ingest.deleted().await.unwrap(), known.into());
}
