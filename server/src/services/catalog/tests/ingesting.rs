//! Taking titles in: the same source is the same title, whoever brings it and how often.

use std::time::{Duration, Instant};

use contract::catalog::{GetTitle, GetTitleCards, ListSimilarTitles, ListTitles, VideoFacts};
use serde_json::json;
use storage::{
    documents::{Expect, Write},
    events::Change,
};

use super::{
    super::{Pictures, ingest::Did, record::TITLES},
    *,
};

fn video() -> VideoFacts {
    VideoFacts {
        height: 1080,
        class: Some(1080),
        duration_seconds: 61,
        audio: vec!["en".into()],
        captions: vec!["en".into(), "de".into()],
    }
}

#[tokio::test]
async fn the_same_source_is_the_same_title_and_what_did_not_change_is_not_written() {
    let mut bench = Bench::new();
    let first = bench.add(FILMS.iter().map(film).collect()).await;
    assert!(first.iter().all(|outcome| outcome.did == Did::Create));
    let again = bench.add(FILMS.iter().map(film).collect()).await;
    assert!(again.iter().all(|outcome| outcome.did == Did::Nothing));
    let ids = |outcomes: &[Outcome]| outcomes.iter().map(|outcome| outcome.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&first), ids(&again));
    let changed = NewTitle { synopsis: Some("A family.".into()), ..film(&FILMS[0]) };
    assert_eq!(bench.add(vec![changed]).await[0].did, Did::Update);
    assert_eq!(bench.catalog.visible(), FILMS.len() as u64);
}

#[tokio::test]
async fn a_source_that_is_named_twice_in_one_batch_makes_one_title_and_the_last_word_stands() {
    let mut bench = Bench::new();
    let other = NewTitle { synopsis: Some("Second.".into()), ..film(&FILMS[0]) };
    let outcomes = bench.add(vec![film(&FILMS[0]), other]).await;
    assert_eq!(outcomes[0].id, outcomes[1].id);
    let title = bench.catalog.get_title(viewer(None), GetTitle { id: outcomes[1].id.clone() }).await.unwrap();
    assert_eq!(title.synopsis.as_deref(), Some("Second."));
}

#[tokio::test]
async fn two_importers_at_once_make_each_title_once() {
    let bench = Bench::new();
    let importer = || {
        let ingest = bench.catalog.ingest();
        async move { ingest.upsert_many(FILMS.iter().map(film).collect()).await }
    };
    let (one, two, three) = tokio::join!(importer(), importer(), importer());
    let ids = |outcomes: Vec<Outcome>| outcomes.into_iter().map(|outcome| outcome.id).collect::<Vec<_>>();
    let one = ids(one.unwrap());
    assert_eq!(one, ids(two.unwrap()));
    assert_eq!(one, ids(three.unwrap()));
    assert_eq!(bench.documents.count(&TITLES).await.unwrap(), FILMS.len() as u64);
}

#[tokio::test]
async fn fields_of_a_newer_version_survive_an_update() {
    let mut bench = Bench::new();
    let id = bench.add_one(film(&FILMS[0])).await;
    let document = bench.documents.get(&TITLES, id.as_str()).await.unwrap().unwrap();
    let mut body = document.body;
    body["mood"] = json!("dark");
    body["facts"]["tagline"] = json!("An offer you can't refuse.");
    let write = Write { id: id.to_string(), body, expect: Expect::Version(document.version) };
    bench.documents.put(&TITLES, write).await.unwrap();
    bench.add_one(NewTitle { runtime_minutes: Some(176), ..film(&FILMS[0]) }).await;
    bench.catalog.ingest().attach_video(&id, video(), Pictures::default()).await.unwrap();
    let body = bench.documents.get(&TITLES, id.as_str()).await.unwrap().unwrap().body;
    assert_eq!(body["mood"], "dark");
    assert_eq!(body["facts"]["tagline"], "An offer you can't refuse.");
    assert_eq!(body["facts"]["runtime_minutes"], 176);
    assert_eq!(body["video"]["height"], 1080);
}

#[tokio::test]
async fn a_title_with_video_is_watchable_and_an_update_of_its_facts_keeps_it_so() {
    let mut bench = Bench::with_films().await;
    let id = bench.add_one(film(&FILMS[30])).await;
    let pictures = Pictures { poster: Some("p1".into()), backdrop: None };
    bench.catalog.ingest().attach_video(&id, video(), pictures).await.unwrap();
    bench.add_one(NewTitle { synopsis: Some("A count.".into()), ..film(&FILMS[30]) }).await;
    let page = bench.catalog.list_titles(viewer(None), ListTitles::default()).await.unwrap();
    let first = &page.items[0];
    assert_eq!((first.id.clone(), first.video.clone()), (id.clone(), Some(video())), "watchable titles come first");
    assert_eq!(first.runtime_minutes, Some(2), "a runtime that is not credited is the video's");
    assert_eq!(first.artwork.poster, format!("/art/{id}/p1/poster.jpg"));
    assert!(first.artwork.backdrop.as_deref().unwrap().ends_with("/backdrop.svg"));
    assert_eq!(page.facets.watchable[0].count, 1);
    let gone = "nobody".parse().unwrap();
    assert!(bench.catalog.ingest().attach_video(&gone, video(), Pictures::default()).await.is_err());
}

#[tokio::test]
async fn cards_come_in_the_order_asked_for_and_strangers_are_left_out() {
    let mut bench = Bench::new();
    let outcomes = bench.add(FILMS.iter().map(film).collect()).await;
    let stranger = "nobody".parse().unwrap();
    let ids = vec![outcomes[3].id.clone(), stranger, outcomes[0].id.clone(), outcomes[3].id.clone()];
    let cards = bench.catalog.get_title_cards(viewer(None), GetTitleCards { ids, is_fresh: false }).await.unwrap();
    let titles: Vec<&str> = cards.iter().map(|card| card.title.as_str()).collect();
    assert_eq!(titles, [FILMS[3].0, FILMS[0].0, FILMS[3].0]);
    let many = vec![outcomes[0].id.clone(); 101];
    assert_eq!(
        bench.catalog.get_title_cards(viewer(None), GetTitleCards { ids: many, is_fresh: false }).await.unwrap_err().fields[0]
            .field,
        "ids"
    );
}

#[tokio::test]
async fn similar_titles_share_people_then_genre_and_never_are_the_title_itself() {
    let mut bench = Bench::new();
    let outcomes = bench.add(FILMS.iter().map(film).collect()).await;
    let similar =
        bench.catalog.list_similar_titles(viewer(None), ListSimilarTitles { id: outcomes[0].id.clone() }).await.unwrap();
    let titles: Vec<&str> = similar.iter().map(|card| card.title.as_str()).collect();
    assert_eq!(titles[0], "The Godfather: Part II");
    assert!(titles[..3].contains(&"Apocalypse Now"), "{titles:?}");
    assert!(!titles.contains(&"The Godfather"));
    assert!(titles.len() <= 18);
    let shining = FILMS.iter().position(|film| film.0 == "The Shining").unwrap();
    let similar =
        bench.catalog.list_similar_titles(viewer(None), ListSimilarTitles { id: outcomes[shining].id.clone() }).await.unwrap();
    assert_eq!(similar[0].title, "2001: A Space Odyssey", "the same director");
    assert_eq!(similar[1].title, "Alien", "the same genre and about the same years");
}

#[tokio::test]
async fn a_change_is_visible_within_300_ms_and_is_announced() {
    let bench = Bench::with_films().await;
    let mut feed = bench.events.listen();
    let ingest = bench.catalog.ingest();
    let catalog = Arc::clone(&bench.catalog);
    let following = tokio::spawn(bench.follower.run());
    ingest
        .upsert_many(vec![NewTitle { source: "test:new".into(), title: "Brand New".into(), ..NewTitle::default() }])
        .await
        .unwrap();
    let begun = Instant::now();
    loop {
        let change = tokio::time::timeout(Duration::from_secs(10), feed.recv()).await.unwrap().unwrap();
        if change == Change::CatalogueVisible {
            break;
        }
    }
    let took = begun.elapsed();
    assert_eq!(catalog.visible(), FILMS.len() as u64 + 1);
    assert!(took < Duration::from_secs(3), "{took:?}");
    println!("visible after {took:?}");
    following.abort();
}

#[tokio::test]
async fn an_index_that_was_deleted_broken_or_left_behind_is_made_again() {
    let bench = Bench::with_films().await;
    let Bench { folder, catalog, follower, documents, .. } = bench;
    drop((catalog, follower, documents));
    let search = folder.path().join("search");
    // Left behind: nothing happens to it but what is new.
    let mut bench = Bench::in_folder(folder);
    assert_eq!(bench.catalog.visible(), FILMS.len() as u64);
    bench.add_one(NewTitle { source: "test:new".into(), title: "Brand New".into(), ..NewTitle::default() }).await;
    assert_eq!(bench.catalog.visible(), FILMS.len() as u64 + 1);
    for damage in ["deleted", "emptied", "cut short", "overwritten"] {
        let Bench { folder, catalog, follower, documents, .. } = bench;
        drop((catalog, follower, documents));
        if damage == "deleted" {
            fs::remove_dir_all(&search).unwrap();
        } else {
            let generations = fs::read_dir(&search).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
            for file in generations.flat_map(|generation| fs::read_dir(generation).unwrap()) {
                let path = file.unwrap().path();
                if path.extension().is_some_and(|kind| kind == "idx" || kind == "fast" || kind == "store") {
                    let mut bytes = fs::read(&path).unwrap();
                    match damage {
                        "emptied" => bytes.clear(),
                        "cut short" => bytes.truncate(bytes.len() / 2),
                        _ => bytes[0] ^= 0xff,
                    }
                    fs::write(path, bytes).unwrap();
                }
            }
        }
        bench = Bench::in_folder(folder);
        assert_eq!(bench.catalog.visible(), 0, "{damage}");
        bench.follower.catch_up().await.unwrap();
        assert_eq!(bench.catalog.visible(), FILMS.len() as u64 + 1, "{damage}");
    }
}
