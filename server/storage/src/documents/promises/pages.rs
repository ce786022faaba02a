//! What every [`Documents`] promises of queries, pages and cursors.
//!
//! Must never rely on the form of a cursor.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Backend, FILMS, is_invalid, put};
use crate::documents::{Direction, Documents, Expect, Find, Page, Write};

const BOTH: [Direction; 2] = [Direction::Ascending, Direction::Descending];

fn by(index: &'static str, equals: Vec<Value>) -> Find<'static> {
    Find { index, equals, from: None, direction: Direction::Ascending, after: None, limit: 1000 }
}

fn ids(page: &Page) -> Vec<&str> {
    page.documents.iter().map(|document| &*document.id).collect()
}

/// Follows the cursors to the end: where nobody writes meanwhile there are as many as are counted.
async fn every_id(store: &dyn Documents, find: &Find<'_>) -> Vec<String> {
    let found = followed(store, find).await;
    assert_eq!(store.count_found(&FILMS, find.clone()).await.unwrap(), found.len() as u64, "{find:?}");
    found
}

async fn followed(store: &dyn Documents, find: &Find<'_>) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.find(&FILMS, Find { after: cursor.as_deref(), ..find.clone() }).await.unwrap();
        assert!(page.documents.len() <= find.limit as usize);
        found.extend(page.documents.into_iter().map(|document| document.id));
        match page.next {
            Some(next) => cursor = Some(next),
            None => return found,
        }
    }
}

async fn put_all(store: &dyn Documents, bodies: impl Iterator<Item = (String, Value)>) {
    let writes = bodies.map(|(id, body)| Write { id, body, expect: Expect::Absent }).collect();
    assert!(store.put_many(&FILMS, writes).await.unwrap().iter().all(Result::is_ok));
}

pub(crate) async fn an_index_sorts_numbers_before_texts_and_ties_by_id(place: &dyn Backend) {
    let store = place.open().await;
    let years = [json!(-1e300), json!(-2), json!(-1.5), json!(0), json!(9), json!(9.5), json!(10), json!(1e18)];
    let texts = ["", "10", "9", "A", "Z", "a", "z", "ä", "\u{ffff}", "🎬"].map(Value::from);
    let sorted: Vec<_> = years.into_iter().chain(texts).collect();
    for (place, year) in sorted.iter().enumerate().rev() {
        for id in ["b", "a"] {
            put(&*store, &format!("{id}{place:02}"), json!({ "year": year })).await;
        }
    }
    let mut expected: Vec<_> = (0..sorted.len()).flat_map(|place| [format!("a{place:02}"), format!("b{place:02}")]).collect();
    for direction in BOTH {
        for limit in [1, 3, 1000] {
            let find = Find { direction, limit, ..by("by_year", vec![]) };
            assert_eq!(every_id(&*store, &find).await, expected, "{direction:?} {limit}");
        }
        expected.reverse();
    }
}

pub(crate) async fn equal_fields_select_and_a_bound_cuts_off(place: &dyn Backend) {
    let store = place.open().await;
    let bodies = (0..40).map(|n| (format!("f{n:02}"), json!({ "genre": (["war", "love"][n % 2]), "year": 1980 + n / 4 })));
    put_all(&*store, bodies).await;
    let find = by("by_genre_and_year", vec!["love".into(), 1983.into()]);
    assert_eq!(ids(&store.find(&FILMS, find).await.unwrap()), ["f13", "f15"]);
    let mut expected = vec!["f33", "f35", "f37", "f39"];
    for direction in BOTH {
        let find = Find { from: Some(1988.into()), direction, limit: 3, ..by("by_genre_and_year", vec!["love".into()]) };
        assert_eq!(every_id(&*store, &find).await, expected, "{direction:?}");
        expected.reverse();
    }
    let all_since = Find { from: Some(1989.0.into()), ..by("by_year", vec![]) };
    assert_eq!(ids(&store.find(&FILMS, all_since).await.unwrap()), ["f36", "f37", "f38", "f39"]);
    let texts_only = Find { from: Some("m".into()), ..by("by_genre_and_year", vec![]) };
    assert_eq!(every_id(&*store, &texts_only).await.len(), 20);
    // A text is no number, whatever it looks like.
    assert_eq!(store.find(&FILMS, by("by_year", vec!["1983".into()])).await.unwrap(), Page::default());
    let none = by("by_genre_and_year", vec!["Love".into()]);
    assert_eq!(store.find(&FILMS, none).await.unwrap(), Page::default());
}

pub(crate) async fn documents_without_the_field_are_not_in_the_index(place: &dyn Backend) {
    let store = place.open().await;
    put(&*store, "both", json!({ "genre": "war", "year": 1 })).await;
    put(&*store, "null", json!({ "genre": "war", "year": null })).await;
    put(&*store, "none", json!({ "genre": "war" })).await;
    put(&*store, "nested", json!({ "film": { "genre": "war", "year": 1 } })).await;
    assert_eq!(ids(&store.find(&FILMS, by("by_genre_and_year", vec!["war".into()])).await.unwrap()), ["both"]);
    assert_eq!(ids(&store.find(&FILMS, by("by_year", vec![])).await.unwrap()), ["both"]);
    assert_eq!(store.count(&FILMS).await.unwrap(), 4);
    // A change moves a document into an index, and out of it.
    put(&*store, "none", json!({ "year": 2 })).await;
    put(&*store, "both", json!({ "genre": "war" })).await;
    assert_eq!(ids(&store.find(&FILMS, by("by_year", vec![])).await.unwrap()), ["none"]);
}

pub(crate) async fn pages_in_both_directions_have_every_document_once(place: &dyn Backend) {
    let store = place.open().await;
    let body = |n: u32| json!({ "genre": "war", "year": n % 3, "owner": n / 10, "place": n, "slug": format!("s{n:03}") });
    put_all(&*store, (0..100).map(|n| (format!("f{n:03}"), body(n)))).await;
    let tied: Vec<_> = (0..3).flat_map(|year| (0..100).filter(move |n| n % 3 == year)).map(|n| format!("f{n:03}")).collect();
    let plain: Vec<_> = (0..100).map(|n| format!("f{n:03}")).collect();
    let cases = [
        (by("by_year", vec![]), tied.clone()),
        (by("by_genre_and_year", vec![]), tied.clone()),
        (by("by_genre_and_year", vec!["war".into()]), tied.clone()),
        (by("by_genre_and_year", vec!["war".into(), 1.into()]), tied[34..67].to_vec()),
        (by("by_slug", vec![]), plain.clone()),
        (by("by_slug", vec!["s042".into()]), vec!["f042".into()]),
        (by("by_owner_and_place", vec![]), plain.clone()),
        (by("by_owner_and_place", vec![4.into()]), plain[40..50].to_vec()),
    ];
    for (find, mut expected) in cases {
        for direction in BOTH {
            for limit in [1, 7, 100] {
                let find = Find { direction, limit, ..find.clone() };
                assert_eq!(every_id(&*store, &find).await, expected, "{find:?}");
            }
            expected.reverse();
        }
    }
}

pub(crate) async fn a_page_is_never_empty_but_the_only_one_nor_larger_than_allowed(place: &dyn Backend) {
    let store = place.open().await;
    assert_eq!(store.find(&FILMS, by("by_year", vec![])).await.unwrap(), Page::default());
    assert_eq!(store.list(&FILMS, None, 10).await.unwrap(), Page::default());
    put_all(&*store, (0..2000).map(|n| (format!("f{n:04}"), json!({ "year": n })))).await;
    for (limit, size) in [(0, 1), (1, 1), (1000, 1000), (1001, 1000), (u32::MAX, 1000)] {
        let page = store.find(&FILMS, Find { limit, ..by("by_year", vec![]) }).await.unwrap();
        assert!(page.documents.len() == size && page.next.is_some(), "{limit}");
        let page = store.list(&FILMS, None, limit).await.unwrap();
        assert!(page.documents.len() == size && page.next.is_some(), "{limit}");
    }
    // The second page of two is full, and still says that it is the last.
    let first = store.find(&FILMS, by("by_year", vec![])).await.unwrap().next;
    let second = store.find(&FILMS, Find { after: first.as_deref(), ..by("by_year", vec![]) }).await.unwrap();
    assert_eq!((second.documents.len(), second.next), (1000, None));
}

pub(crate) async fn a_cursor_stays_valid_while_others_insert_and_delete(place: &dyn Backend) {
    let store = place.open().await;
    let stays = |n: u32| (format!("stays{n:03}"), json!({ "genre": "war", "year": n / 5 }));
    put_all(&*store, (0..200).map(stays)).await;
    let mut others = JoinSet::new();
    for task in 0..4u32 {
        let store = Arc::clone(&store);
        others.spawn(async move {
            for n in 0..100u32 {
                let id = format!("{}{task}-{n}", ["a", "z"][n as usize % 2]);
                put(&*store, &id, json!({ "genre": "war", "year": n % 40 })).await;
                if n % 3 == 0 {
                    store.delete(&FILMS, &id, Expect::Anything).await.unwrap();
                }
            }
        });
    }
    let expected: Vec<_> = (0..200).map(|n| stays(n).0).collect();
    for direction in BOTH.into_iter().cycle().take(10) {
        let find = Find { direction, limit: 9, ..by("by_genre_and_year", vec!["war".into()]) };
        let mut found: Vec<_> = followed(&*store, &find).await.into_iter().filter(|id| id.starts_with("stays")).collect();
        if direction == Direction::Descending {
            found.reverse();
        }
        assert_eq!(found, expected, "none is missing and none comes twice");
    }
    others.join_all().await;

    // The document that a page ended with may be gone.
    let page = store.find(&FILMS, Find { limit: 3, ..by("by_year", vec![]) }).await.unwrap();
    let rest = Find { after: page.next.as_deref(), ..by("by_year", vec![]) };
    let before = store.find(&FILMS, rest.clone()).await.unwrap();
    store.delete(&FILMS, &page.documents[2].id, Expect::Anything).await.unwrap();
    assert_eq!(store.find(&FILMS, rest).await.unwrap(), before);
}

pub(crate) async fn a_cursor_of_another_query_is_refused(place: &dyn Backend) {
    let store = place.open().await;
    put_all(&*store, (0..4).map(|n| (format!("f{n}"), json!({ "genre": "war", "year": n })))).await;
    let by_year = store.find(&FILMS, Find { limit: 1, ..by("by_year", vec![]) }).await.unwrap().next.unwrap();
    let listed = store.list(&FILMS, None, 1).await.unwrap().next.unwrap();
    let genre = || by("by_genre_and_year", vec!["war".into()]);
    for forged in ["", "0", "%", "é", "eyJ4IjoiIn0", &"A".repeat(100_000), &listed, &by_year, &by_year[1..]] {
        assert!(is_invalid(&store.find(&FILMS, Find { after: Some(forged), ..genre() }).await), "{forged}");
    }
    assert!(is_invalid(&store.list(&FILMS, Some(&by_year), 1).await));
    let rest = store.find(&FILMS, Find { after: Some(&by_year), ..by("by_year", vec![]) }).await.unwrap();
    assert_eq!(ids(&rest), ["f1", "f2", "f3"]);
}

pub(crate) async fn a_list_has_every_document_in_the_order_of_ids(place: &dyn Backend) {
    let store = place.open().await;
    let mut expected: Vec<_> = ["A", "Z", "a", "a b", "z", "ä", "\u{ffff}", "🎬"].map(str::to_owned).into();
    expected.extend((0..50).map(|n| format!("n{n:02}")));
    put_all(&*store, expected.iter().rev().map(|id| (id.clone(), json!({ "id": id })))).await;
    expected.sort_unstable();
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.list(&FILMS, cursor.as_deref(), 7).await.unwrap();
        found.extend(page.documents.into_iter().map(|document| document.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(found, expected);
}
