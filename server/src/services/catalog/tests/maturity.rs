//! A viewer with an age limit: in lists with their counts, in search, beside a title, on its page, on the home page.

use std::collections::HashSet;

use axum::{Router, http::StatusCode};
use contract::{
    catalog::{FacetCount, GetTitleCards, ListShownTitles, ListTitles, SearchTitles},
    maturity::is_for,
};
use serde_json::Value;

use super::{
    routes::{get, json},
    *,
};

/// Old enough for PG, not for PG-13; a film that nobody rated is not shown at that age.
const CHILD: Option<u8> = Some(12);

fn films_for(age: Option<u8>) -> HashSet<&'static str> {
    FILMS.iter().filter(|film| is_for(Some(film.4), age)).map(|film| film.0).collect()
}

fn titles(items: &Value) -> Vec<&str> {
    items.as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap()).collect()
}

async fn answer(router: &Router, path: &str) -> Value {
    json(get(router, path).await).await
}

#[tokio::test]
async fn a_list_its_total_and_its_counts_know_of_nothing_above_the_age() {
    let bench = Bench::with_films().await;
    for age in [Some(0), Some(8), CHILD, Some(13), Some(17), Some(18), None] {
        let expected = films_for(age);
        let page = ListTitles { limit: Some(100), ..ListTitles::default() };
        let page = bench.catalog.list_titles(viewer(age), page).await.unwrap();
        let found: HashSet<&str> = page.items.iter().map(|card| card.title.as_str()).collect();
        assert_eq!((found, page.total), (expected.clone(), expected.len() as u64), "{age:?}");
        let sum = |counts: &[FacetCount]| counts.iter().map(|count| count.count).sum::<u64>();
        assert_eq!((sum(&page.facets.decade), sum(&page.facets.watchable)), (page.total, page.total), "{age:?}");
        assert!(page.facets.maturity.iter().all(|count| is_for(Some(&count.value), age)), "{age:?} {:?}", page.facets.maturity);
    }
    assert!(films_for(None).len() > films_for(Some(17)).len() && films_for(Some(8)).len() == 7, "{:?}", films_for(Some(8)));
}

#[tokio::test]
async fn counts_beside_a_filter_are_those_of_the_age_and_a_filter_for_more_finds_nothing() {
    let bench = Bench::with_films().await;
    let list = |genre: &str, maturity: Option<&str>| ListTitles {
        genre: Some(genre.to_owned()),
        maturity: maturity.map(str::to_owned),
        ..ListTitles::default()
    };
    let page = bench.catalog.list_titles(viewer(CHILD), list("Adventure", Some("PG"))).await.unwrap();
    let counts: Vec<_> = page.facets.genre.iter().map(|count| (count.value.as_str(), count.count)).collect();
    assert_eq!(counts, [("Adventure", 5), ("Comedy", 1), ("Thriller", 1)]);
    assert_eq!(page.facets.maturity.iter().map(|count| count.value.as_str()).collect::<Vec<_>>(), ["PG"]);
    let none = bench.catalog.list_titles(viewer(CHILD), list("Drama", Some("R"))).await.unwrap();
    assert_eq!((none.total, none.items.len()), (0, 0));
}

#[tokio::test]
async fn pages_of_a_limited_list_neither_repeat_nor_miss_and_take_no_place_of_what_is_hidden() {
    let bench = Bench::with_films().await;
    let mut seen = Vec::new();
    let mut page_token = None;
    loop {
        let list = ListTitles { limit: Some(3), page_token, ..ListTitles::default() };
        let page = bench.catalog.list_titles(viewer(CHILD), list).await.unwrap();
        assert!(page.items.len() == 3 || page.next.is_none(), "a page is full but the last");
        seen.extend(page.items.into_iter().map(|card| card.title));
        page_token = page.next;
        if page_token.is_none() {
            break;
        }
    }
    let unique: HashSet<&str> = seen.iter().map(String::as_str).collect();
    assert_eq!((unique.len(), unique), (seen.len(), films_for(CHILD)));
}

#[tokio::test]
async fn a_search_finds_no_title_above_the_age_and_counts_no_person_by_them() {
    let bench = Bench::with_films().await;
    let search = |q: &str, age| bench.catalog.search_titles(viewer(age), SearchTitles { q: q.to_owned(), limit: None });
    for q in ["star", "the godfather", "godfathr", "alien", "spielberg", "the shining kubrick"] {
        let (child, all) = (search(q, CHILD).await.unwrap(), search(q, None).await.unwrap());
        let shown = films_for(CHILD);
        assert!(child.titles.iter().all(|hit| shown.contains(hit.card.title.as_str())), "{q}: {child:?}");
        // What is for both stands in the same order with the same marks: the limit weighs nothing.
        let for_both: Vec<_> = all.titles.iter().filter(|hit| shown.contains(hit.card.title.as_str())).collect();
        let in_both: Vec<_> = child.titles.iter().filter(|hit| for_both.contains(hit)).collect();
        assert_eq!(for_both, in_both, "{q}");
    }
    let spielberg = |results: contract::catalog::SearchResults| results.people.first().map(|hit| hit.titles);
    assert_eq!(spielberg(search("steven spielberg", CHILD).await.unwrap()), Some(2));
    assert_eq!(spielberg(search("steven spielberg", None).await.unwrap()), Some(4));
    assert!(search("coppola", CHILD).await.unwrap().people.is_empty());
}

#[tokio::test]
async fn a_title_above_the_age_is_not_found_nor_what_is_like_it_nor_its_card() {
    let bench = Bench::with_films().await;
    let everybody = bench.router_for(&[])(None);
    let child = bench.router_for(&[])(CHILD);
    let id = |title: &str| {
        let path = format!("/api/v1/search?q={}", title.replace(' ', "%20"));
        let everybody = everybody.clone();
        async move { answer(&everybody, &path).await["titles"][0]["id"].as_str().unwrap().to_owned() }
    };
    let (alien, jaws) = (id("Alien").await, id("Jaws").await);
    for below in ["", "/similar"] {
        let refused = get(&child, &format!("/api/v1/titles/{alien}{below}")).await;
        assert_eq!(refused.status(), StatusCode::NOT_FOUND);
        let gone = get(&child, &format!("/api/v1/titles/nobody{below}")).await;
        assert_eq!(json(refused).await, json(gone).await, "nothing tells it from one that does not exist");
    }
    let beside = answer(&child, &format!("/api/v1/titles/{jaws}/similar")).await;
    let shown = films_for(CHILD);
    assert!(!titles(&beside).is_empty() && titles(&beside).iter().all(|title| shown.contains(title)), "{beside}");
    let beside = answer(&everybody, &format!("/api/v1/titles/{jaws}/similar")).await;
    assert!(titles(&beside).iter().any(|title| !shown.contains(title)), "{beside}");
    let ids = [&alien, &jaws].map(|id| id.parse().unwrap()).to_vec();
    let cards = bench.catalog.get_title_cards(viewer(CHILD), GetTitleCards { ids, is_fresh: false }).await.unwrap();
    assert_eq!(cards.iter().map(|card| card.title.as_str()).collect::<Vec<_>>(), ["Jaws"]);
}

#[tokio::test]
async fn of_many_titles_those_are_told_that_lists_show_at_that_age_in_the_order_asked_for() {
    let mut bench = Bench::new();
    // Several segments, and titles that are dead in the ones before.
    for films in FILMS.chunks(9) {
        bench.add(films.iter().map(film).collect()).await;
    }
    let jaws = FILMS.iter().find(|film| film.0 == "Jaws").unwrap();
    bench.add_one(NewTitle { maturity: Some("R".into()), ..film(jaws) }).await;
    let all = ListTitles { limit: Some(100), ..ListTitles::default() };
    let all = bench.catalog.list_titles(viewer(None), all).await.unwrap().items;
    let mut ids: Vec<TitleId> = all.iter().rev().map(|card| card.id.clone()).collect();
    ids.insert(3, "nobody".parse().unwrap());
    for age in [Some(0), Some(8), CHILD, Some(17), Some(18), None] {
        let shown = bench.catalog.list_shown_titles(viewer(age), ListShownTitles { ids: ids.clone() }).await.unwrap().ids;
        let expected = all.iter().rev().filter(|card| is_for(card.maturity.as_deref(), age)).map(|card| &card.id);
        assert!(shown.iter().eq(expected), "{age:?} {shown:?}");
        assert_eq!(shown.len() < all.len(), age.is_some_and(|age| age < 18), "{age:?}");
    }
    let many = ListShownTitles { ids: vec![ids[0].clone(); contract::bounds::SHOWN + 1] };
    assert_eq!(bench.catalog.list_shown_titles(viewer(None), many).await.unwrap_err().fields[0].field, "ids");
}

#[tokio::test]
async fn a_film_whose_rating_changes_moves_with_it() {
    let mut bench = Bench::with_films().await;
    let jaws = FILMS.iter().find(|film| film.0 == "Jaws").unwrap();
    let count = |bench: &Bench| {
        let catalog = Arc::clone(&bench.catalog);
        async move { catalog.list_titles(viewer(CHILD), ListTitles::default()).await.unwrap().total }
    };
    let before = count(&bench).await;
    bench.add_one(NewTitle { maturity: Some("R".into()), ..film(jaws) }).await;
    assert_eq!(count(&bench).await, before - 1);
    bench.add_one(NewTitle { maturity: None, ..film(jaws) }).await;
    assert_eq!(count(&bench).await, before - 1, "nobody rated it");
    bench.add_one(film(jaws)).await;
    assert_eq!(count(&bench).await, before);
}
