//! The follower as it runs beside requests: an index that goes away, and documents that do.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use super::*;

/// Until `holds`, or too long.
async fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_search_folder_that_is_deleted_is_noticed_and_made_anew_from_the_documents() {
    let bench = Bench::with_films().await;
    let films = FILMS.len() as u64;
    let search = bench.folder.path().join("search");
    let running = tokio::spawn(bench.catalog.follower().unwrap().run());
    assert_eq!((bench.catalog.visible(), bench.catalog.search_trouble()), (films, None));

    fs::remove_dir_all(&search).unwrap();
    assert!(bench.catalog.search_trouble().unwrap().contains("gone"), "readiness says so meanwhile");
    assert_eq!(bench.catalog.visible(), films, "what was found is found meanwhile");
    let new = NewTitle { source: "test:new".to_owned(), title: "New".to_owned(), ..NewTitle::default() };
    bench.catalog.ingest().upsert_many(vec![new]).await.unwrap();
    until("the new title is found", || bench.catalog.visible() == films + 1).await;
    until("all is well", || bench.catalog.search_trouble().is_none()).await;
    assert!(search.join("index-000001/meta.json").exists());
    running.abort();
    let _ = running.await;
    // What was made anew is what a restart finds.
    let Bench { folder, documents, objects, events, .. } = bench;
    let deletions = deletions(&documents, &events, folder.path());
    let parts = Dependencies {
        documents,
        objects,
        events,
        index_folder: &folder.path().join("search"),
        typeface: Arc::new(typeface()),
        deletions,
    };
    assert_eq!(Catalog::open(parts).unwrap().visible(), films + 1);
}

#[tokio::test]
async fn an_index_that_is_deleted_while_it_is_written_is_made_anew_by_the_next_follower() {
    let bench = Bench::with_films().await;
    let films = FILMS.len() as u64;
    // The one that writes ends with its folder; whoever supervises it begins another.
    fs::remove_dir_all(bench.folder.path().join("search")).unwrap();
    let new = NewTitle { source: "test:new".to_owned(), title: "New".to_owned(), ..NewTitle::default() };
    bench.catalog.ingest().upsert_many(vec![new]).await.unwrap();
    let Bench { mut follower, catalog, .. } = bench;
    assert!(follower.catch_up().await.is_err());
    let running = tokio::spawn(catalog.follower().unwrap().run());
    until("all is well", || catalog.visible() == films + 1 && catalog.search_trouble().is_none()).await;
    running.abort();
}

/// As if another version had made it: what is in it says so.
fn of_another_version(search: &Path) {
    let meta = search.join("index-000001/meta.json");
    let mut said: serde_json::Value = serde_json::from_slice(&fs::read(&meta).unwrap()).unwrap();
    let mut payload: serde_json::Value = serde_json::from_str(said["payload"].as_str().unwrap()).unwrap();
    payload["revision"] = "0.0".into();
    said["payload"] = payload.to_string().into();
    fs::write(meta, said.to_string()).unwrap();
}

#[tokio::test]
async fn an_index_of_another_version_is_searched_until_its_successor_is_made_beside_it() {
    let Bench { folder, catalog, follower, documents, .. } = Bench::with_films().await;
    let (films, search) = (FILMS.len() as u64, folder.path().join("search"));
    drop((catalog, follower, documents));
    of_another_version(&search);

    let bench = Bench::in_folder(folder);
    assert_eq!((bench.catalog.visible(), bench.catalog.search_trouble()), (films, None));
    // Its documents are away: what is there is searched, and nothing is made of it.
    bench.away.set(true);
    assert!(bench.catalog.follower().unwrap().run().await.is_err());
    assert_eq!(bench.catalog.visible(), films);
    bench.away.set(false);
    let running = tokio::spawn(bench.catalog.follower().unwrap().run());
    until("its successor is made", || search.join("index-000002/meta.json").exists()).await;
    until("the old one is deleted", || !search.join("index-000001").exists()).await;
    assert_eq!(bench.catalog.visible(), films);
    running.abort();
    let _ = running.await;
    let Bench { folder, catalog, follower, documents, .. } = bench;
    drop((catalog, follower, documents));
    assert_eq!(Bench::in_folder(folder).catalog.visible(), films);
}

#[tokio::test]
async fn a_follower_whose_documents_are_away_says_why_and_the_next_one_goes_on() {
    let bench = Bench::with_films().await;
    bench.away.set(true);
    let error = bench.catalog.follower().unwrap().run().await.unwrap_err();
    assert!(error.to_string().contains("taken away by the test"), "{error}");
    bench.away.set(false);
    let new = NewTitle { source: "test:new".to_owned(), title: "New".to_owned(), ..NewTitle::default() };
    bench.catalog.ingest().upsert_many(vec![new]).await.unwrap();
    let running = tokio::spawn(bench.catalog.follower().unwrap().run());
    until("the new title is found", || bench.catalog.visible() == FILMS.len() as u64 + 1).await;
    running.abort();
}
