//! The follower as it runs beside requests: an index that goes away, and documents that do.

use std::time::{Duration, Instant};

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
    assert!(search.join("meta.json").exists());
    running.abort();
    let _ = running.await;
    // What was made anew is what a restart finds.
    let Bench { folder, documents, objects, events, .. } = bench;
    let deletions = deletions(&documents, &events, folder.path());
    let parts = Parts {
        documents,
        objects,
        events,
        index_folder: &folder.path().join("search"),
        typeface: Arc::new(poster::tests::typeface()),
        deletions,
    };
    assert_eq!(Catalog::open(parts).unwrap().visible(), films + 1);
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
