//! What every [`Documents`] promises of single documents and of order, as tests that each backend runs on itself.
//! Pages and cursors are in `promises/pages.rs`, the change feed in `promises/feed.rs`; a numbered collection keeps the same
//! promises (`promises/numbered.rs`).
//!
//! Must never know a backend: a [`Backend`] opens it, and opens it again.

pub(crate) mod feed;
pub(crate) mod numbered;
pub(crate) mod pages;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{BODY_LIMIT, Collection, Direction, Document, Documents, Expect, Find, Index, Write};
use crate::StoreError;

/// Somewhere to keep things that outlives the open store.
#[async_trait]
pub(crate) trait Backend: Send + Sync {
    async fn open(&self) -> Arc<dyn Documents>;
}

/// What the suite stores.
pub(crate) static FILMS: Collection = Collection::declared(
    "films",
    &[
        Index { name: "by_year", fields: &["year"], unique: false },
        Index { name: "by_genre_and_year", fields: &["genre", "year"], unique: false },
        Index { name: "by_slug", fields: &["slug"], unique: true },
        Index { name: "by_owner_and_place", fields: &["owner", "place"], unique: true },
    ],
);

/// Runs the whole suite in places that `$new` makes, one per test.
macro_rules! documents_promises {
    ($new:path) => {
        $crate::documents::promises::documents_promises!(@each $new;
            promises::what_is_put_is_read_back_and_its_version_counts_up,
            promises::what_is_placed_has_the_version_that_it_had_elsewhere,
            promises::what_nobody_declares_is_listed_and_in_its_indexes_once_somebody_does,
            promises::a_write_holds_only_where_its_expectation_does,
            promises::a_delete_holds_only_where_its_expectation_does,
            promises::a_batch_has_an_outcome_for_each_write,
            promises::many_are_read_in_the_order_that_was_asked_for,
            promises::a_unique_value_belongs_to_one_document,
            promises::of_many_that_claim_a_unique_value_exactly_one_wins,
            promises::of_many_that_count_up_no_step_is_lost,
            promises::unknown_fields_and_any_text_survive,
            promises::large_documents_are_kept_and_larger_ones_refused,
            promises::what_makes_no_sense_is_refused,
            promises::a_dropped_write_is_wholly_there_or_not_at_all,
            promises::what_was_acknowledged_is_there_after_a_restart,
            pages::an_index_sorts_numbers_before_texts_and_ties_by_id,
            pages::equal_fields_select_and_a_bound_cuts_off,
            pages::documents_without_the_field_are_not_in_the_index,
            pages::pages_in_both_directions_have_every_document_once,
            pages::a_page_is_never_empty_but_the_only_one_nor_larger_than_allowed,
            pages::a_cursor_stays_valid_while_others_insert_and_delete,
            pages::a_cursor_of_another_query_is_refused,
            pages::a_list_has_every_document_in_the_order_of_ids,
        );
    };
    (@each $new:path; $($module:ident::$name:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                $module::$name(&$new()).await;
            }
        )*
    };
}
pub(crate) use documents_promises;

pub(crate) async fn put(store: &dyn Documents, id: &str, body: Value) -> u64 {
    try_put(store, id, body, Expect::Anything).await.unwrap()
}

async fn try_put(store: &dyn Documents, id: &str, body: Value, expect: Expect) -> Result<u64, StoreError> {
    store.put(&FILMS, Write { id: id.to_owned(), body, expect }).await
}

fn is_conflict<T>(outcome: &Result<T, StoreError>, id: &str) -> bool {
    matches!(outcome, Err(StoreError::Conflict { key }) if *key == format!("films/{id}"))
}

fn is_duplicate<T>(outcome: &Result<T, StoreError>, name: &str) -> bool {
    matches!(outcome, Err(StoreError::Duplicate { index }) if index == name)
}

fn is_invalid<T>(outcome: &Result<T, StoreError>) -> bool {
    matches!(outcome, Err(StoreError::Invalid { .. }))
}

fn document(id: &str, version: u64, body: Value) -> Option<Document> {
    Some(Document { id: id.to_owned(), version, body })
}

pub(crate) async fn what_is_put_is_read_back_and_its_version_counts_up(place: &dyn Backend) {
    let store = place.open().await;
    assert_eq!(store.get(&FILMS, "a").await.unwrap(), None);
    assert_eq!(store.count(&FILMS).await.unwrap(), 0);
    for version in 1..4 {
        assert_eq!(put(&*store, "a", json!({ "step": version })).await, version);
        assert_eq!(store.get(&FILMS, "a").await.unwrap(), document("a", version, json!({ "step": version })));
    }
    assert_eq!(store.count(&FILMS).await.unwrap(), 1);
    assert!(store.delete(&FILMS, "a", Expect::Anything).await.unwrap());
    assert!(!store.delete(&FILMS, "a", Expect::Anything).await.unwrap());
    assert_eq!(store.get(&FILMS, "a").await.unwrap(), None);
    assert_eq!(put(&*store, "a", json!({})).await, 1);
}

pub(crate) async fn what_is_placed_has_the_version_that_it_had_elsewhere(place: &dyn Backend) {
    let store = place.open().await;
    let placed = |id: &str, version, body| Document { id: id.to_owned(), version, body };
    for version in [7, 3, 41] {
        let there = placed("a", version, json!({ "year": version, "slug": "one" }));
        store.place(&FILMS, there.clone()).await.unwrap();
        assert_eq!(store.get(&FILMS, "a").await.unwrap(), Some(there));
    }
    // It is in the indexes, and is counted on from there.
    let taken = store.place(&FILMS, placed("b", 1, json!({ "slug": "one" }))).await;
    assert!(is_duplicate(&taken, "by_slug"), "{taken:?}");
    assert_eq!(try_put(&*store, "a", json!({}), Expect::Version(41)).await.unwrap(), 42);
    for version in [0, u64::MAX] {
        assert!(is_invalid(&store.place(&FILMS, placed("b", version, json!({}))).await));
    }
    assert_eq!(store.count(&FILMS).await.unwrap(), 1);
}

pub(crate) async fn what_nobody_declares_is_listed_and_in_its_indexes_once_somebody_does(place: &dyn Backend) {
    let foreign = Collection::undeclared("films".to_owned());
    let film = |id: &str, year: u32| Document { id: id.to_owned(), version: 3, body: json!({ "year": year, "slug": id }) };
    let find =
        || Find { index: "by_year", equals: Vec::new(), from: None, direction: Direction::Ascending, after: None, limit: 10 };
    let mut expected = Vec::new();
    // Into a store that no version declared it in, and into one where another version did.
    for ids in [["a", "b"], ["c", "d"]] {
        let store = place.open().await;
        for (id, year) in ids.into_iter().zip(1990..) {
            store.place(&foreign, film(id, year)).await.unwrap();
            expected.push(film(id, year));
        }
        assert_eq!(store.collections().await.unwrap(), ["films"]);
        assert_eq!(store.list(&foreign, None, 10).await.unwrap().documents, expected);
        let ids = [ids[1].to_owned(), "missing".to_owned()];
        assert_eq!(store.get_many(&foreign, &ids).await.unwrap(), expected[expected.len() - 1..]);
        drop(store);
        let store = place.open().await;
        let found = store.find(&FILMS, find()).await.unwrap().documents;
        assert_eq!(found.len(), expected.len());
        assert!(expected.iter().all(|expected| found.contains(expected)), "{found:?}");
        assert!(is_duplicate(&try_put(&*store, "e", json!({ "slug": "b" }), Expect::Anything).await, "by_slug"));
    }
    let refused = place.open().await.list(&Collection::undeclared("a; DROP".to_owned()), None, 10).await;
    assert!(is_invalid(&refused));
}

pub(crate) async fn a_write_holds_only_where_its_expectation_does(place: &dyn Backend) {
    let store = place.open().await;
    for version in [0, 1, u64::MAX] {
        assert!(is_conflict(&try_put(&*store, "a", json!({}), Expect::Version(version)).await, "a"));
    }
    assert_eq!(try_put(&*store, "a", json!({ "n": 1 }), Expect::Absent).await.unwrap(), 1);
    assert!(is_conflict(&try_put(&*store, "a", json!({}), Expect::Absent).await, "a"));
    assert_eq!(try_put(&*store, "a", json!({ "n": 2 }), Expect::Version(1)).await.unwrap(), 2);
    assert!(is_conflict(&try_put(&*store, "a", json!({}), Expect::Version(1)).await, "a"));
    assert_eq!(store.get(&FILMS, "a").await.unwrap(), document("a", 2, json!({ "n": 2 })));
}

pub(crate) async fn a_delete_holds_only_where_its_expectation_does(place: &dyn Backend) {
    let store = place.open().await;
    assert!(!store.delete(&FILMS, "a", Expect::Absent).await.unwrap());
    assert!(is_conflict(&store.delete(&FILMS, "a", Expect::Version(1)).await, "a"));
    put(&*store, "a", json!({})).await;
    assert!(is_conflict(&store.delete(&FILMS, "a", Expect::Absent).await, "a"));
    assert!(is_conflict(&store.delete(&FILMS, "a", Expect::Version(2)).await, "a"));
    assert!(store.delete(&FILMS, "a", Expect::Version(1)).await.unwrap());
}

pub(crate) async fn a_batch_has_an_outcome_for_each_write(place: &dyn Backend) {
    let store = place.open().await;
    put(&*store, "old", json!({ "slug": "taken" })).await;
    let write = |id: &str, body, expect| Write { id: id.to_owned(), body, expect };
    let outcomes = store.put_many(
        &FILMS,
        vec![
            write("a", json!({ "slug": "a" }), Expect::Absent),
            write("old", json!({}), Expect::Absent),
            write("b", json!({ "slug": "taken" }), Expect::Anything),
            write("c", json!([1]), Expect::Anything),
            write("a", json!({ "slug": "a", "again": true }), Expect::Version(1)),
            write("d", json!({ "slug": "d" }), Expect::Anything),
        ],
    );
    let outcomes = outcomes.await.unwrap();
    assert!(matches!(outcomes[0], Ok(1)) && matches!(outcomes[4], Ok(2)) && matches!(outcomes[5], Ok(1)), "{outcomes:?}");
    assert!(is_conflict(&outcomes[1], "old") && is_duplicate(&outcomes[2], "by_slug") && is_invalid(&outcomes[3]));
    assert_eq!(store.count(&FILMS).await.unwrap(), 3);
    assert_eq!(store.put_many(&FILMS, Vec::new()).await.unwrap().len(), 0);

    let many = (0..5000).map(|n| write(&format!("m{n:05}"), json!({ "year": n }), Expect::Absent)).collect();
    assert!(store.put_many(&FILMS, many).await.unwrap().iter().all(|outcome| matches!(outcome, Ok(1))));
    assert_eq!(store.count(&FILMS).await.unwrap(), 5003);
}

pub(crate) async fn many_are_read_in_the_order_that_was_asked_for(place: &dyn Backend) {
    let store = place.open().await;
    for id in ["a", "b", "c"] {
        put(&*store, id, json!({ "id": id })).await;
    }
    let ids = ["c", "missing", "a", "b", "a"].map(str::to_owned);
    let found = store.get_many(&FILMS, &ids).await.unwrap();
    assert_eq!(found.iter().map(|found| &*found.id).collect::<Vec<_>>(), ["c", "a", "b", "a"]);
    assert_eq!(store.get_many(&FILMS, &[]).await.unwrap(), []);
    assert!(is_invalid(&store.get_many(&FILMS, &vec!["a".to_owned(); 1001]).await));
    assert_eq!(store.get_many(&FILMS, &vec!["a".to_owned(); 1000]).await.unwrap().len(), 1000);
}

pub(crate) async fn a_unique_value_belongs_to_one_document(place: &dyn Backend) {
    let store = place.open().await;
    put(&*store, "a", json!({ "slug": "one", "owner": "x", "place": 1 })).await;
    assert!(is_duplicate(&try_put(&*store, "b", json!({ "slug": "one" }), Expect::Absent).await, "by_slug"));
    let same_place = json!({ "owner": "x", "place": 1 });
    assert!(is_duplicate(&try_put(&*store, "b", same_place, Expect::Anything).await, "by_owner_and_place"));
    assert_eq!(store.get(&FILMS, "b").await.unwrap(), None);
    // Half a value, none, or its own again are no duplicates.
    put(&*store, "b", json!({ "owner": "x" })).await;
    put(&*store, "c", json!({ "owner": "x", "place": null })).await;
    put(&*store, "a", json!({ "slug": "one", "owner": "x", "place": 2 })).await;
    put(&*store, "c", json!({ "owner": "x", "place": 1 })).await;
    // A change into a taken value leaves the document as it was.
    assert!(is_duplicate(&try_put(&*store, "c", json!({ "slug": "one" }), Expect::Version(2)).await, "by_slug"));
    assert_eq!(store.get(&FILMS, "c").await.unwrap(), document("c", 2, json!({ "owner": "x", "place": 1 })));
    store.delete(&FILMS, "a", Expect::Anything).await.unwrap();
    put(&*store, "d", json!({ "slug": "one" })).await;
}

pub(crate) async fn of_many_that_claim_a_unique_value_exactly_one_wins(place: &dyn Backend) {
    let store = place.open().await;
    let mut claims = JoinSet::new();
    for claimant in 0..64 {
        let store = Arc::clone(&store);
        claims.spawn(async move {
            let id = format!("c{claimant}");
            let claim = try_put(&*store, &id, json!({ "slug": "only" }), Expect::Absent).await;
            assert!(claim.is_ok() || is_duplicate(&claim, "by_slug"), "{claim:?}");
            claim.is_ok().then_some(id)
        });
    }
    let winners: Vec<_> = claims.join_all().await.into_iter().flatten().collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(store.count(&FILMS).await.unwrap(), 1);
    assert!(store.get(&FILMS, &winners[0]).await.unwrap().is_some());
}

pub(crate) async fn of_many_that_count_up_no_step_is_lost(place: &dyn Backend) {
    async fn count_up(store: &dyn Documents) -> bool {
        let found = store.get(&FILMS, "counter").await.unwrap().unwrap();
        let next = found.body["count"].as_u64().unwrap() + 1;
        try_put(store, "counter", json!({ "count": next }), Expect::Version(found.version)).await.is_ok()
    }
    let store = place.open().await;
    put(&*store, "counter", json!({ "count": 0 })).await;
    let mut tasks = JoinSet::new();
    for _ in 0..16 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            for _ in 0..4 {
                while !count_up(&*store).await {}
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(store.get(&FILMS, "counter").await.unwrap(), document("counter", 65, json!({ "count": 64 })));
}

pub(crate) async fn unknown_fields_and_any_text_survive(place: &dyn Backend) {
    let store = place.open().await;
    let body = json!({
        "deep": { "list": [1, -1, 1.5, null, true, {}, [], ""], "$where": { "a.b": { "": 0 } } },
        "large": u64::MAX, "small": i64::MIN, "tiny": 5e-324, "third": 0.333_251_953_125, "zero": -0.0,
        "text": "é e\u{301} 🎬 \u{0} \u{7f} \u{feff} \" \\ \u{2028} مرحبا", "\u{0}": "\n", "🎬": "key",
        "year": 1999.5, "genre": "žánr\u{10ffff}", "_id": "mine", "id": 7, "version": "mine",
    });
    for id in ["é", "🎬", "a b", "'\"", "a\nb", "a.b", "$id", &"x".repeat(256)] {
        put(&*store, id, body.clone()).await;
        assert_eq!(store.get(&FILMS, id).await.unwrap(), document(id, 1, body.clone()));
    }
    let find = Find {
        index: "by_genre_and_year",
        equals: vec!["žánr\u{10ffff}".into(), 1999.5.into()],
        from: None,
        direction: Direction::Ascending,
        after: None,
        limit: 100,
    };
    let found = store.find(&FILMS, find).await.unwrap().documents;
    assert!(found.len() == 8 && found.iter().all(|found| found.body == body));
}

pub(crate) async fn large_documents_are_kept_and_larger_ones_refused(place: &dyn Backend) {
    let store = place.open().await;
    let empty = json!({ "text": "" }).to_string().len();
    let largest = json!({ "text": "ü".repeat((BODY_LIMIT - empty) / 2) });
    put(&*store, "large", largest.clone()).await;
    assert!(store.get(&FILMS, "large").await.unwrap().is_some_and(|found| found.body == largest));
    let larger = json!({ "text": "x".repeat(BODY_LIMIT - empty + 1) });
    assert!(is_invalid(&try_put(&*store, "large", larger, Expect::Anything).await));
    assert!(store.get(&FILMS, "large").await.unwrap().is_some_and(|found| found.body == largest));
}

pub(crate) async fn what_makes_no_sense_is_refused(place: &dyn Backend) {
    let store = place.open().await;
    for body in [json!(1), json!(null), json!("text"), json!([{}]), json!({ "year": [1999] }), json!({ "slug": true })] {
        assert!(is_invalid(&try_put(&*store, "a", body.clone(), Expect::Anything).await), "{body}");
    }
    for id in ["", &"x".repeat(257)] {
        assert!(is_invalid(&try_put(&*store, id, json!({}), Expect::Anything).await), "{id}");
    }
    let find = |index, equals: Vec<Value>, from| {
        let find = Find { index, equals, from, direction: Direction::Ascending, after: None, limit: 1 };
        store.find(&FILMS, find)
    };
    assert!(is_invalid(&find("by_nothing", vec![], None).await));
    assert!(is_invalid(&find("by_year", vec![1.into(), 2.into()], None).await));
    assert!(is_invalid(&find("by_year", vec![1.into()], Some(2.into())).await));
    assert!(is_invalid(&find("by_year", vec![json!([1])], None).await));
    assert_eq!(store.count(&FILMS).await.unwrap(), 0);
}

pub(crate) async fn a_dropped_write_is_wholly_there_or_not_at_all(place: &dyn Backend) {
    let store = place.open().await;
    let mut answered = Vec::new();
    for round in 0..60u64 {
        let id = format!("dropped{round}");
        let body = json!({ "slug": id, "padding": "x".repeat(100_000), "year": 1999 });
        let written = try_put(&*store, &id, body, Expect::Absent);
        // Some are dropped before they begin, some under way, some are done.
        answered.push(tokio::time::timeout(Duration::from_micros(round * 400), written).await.is_ok());
        // Whatever comes later in the queue comes after it.
        put(&*store, "barrier", json!({})).await;
    }
    // A server elsewhere may still be at what was dropped last.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut whole = 0;
    for (round, answered) in answered.into_iter().enumerate() {
        let id = format!("dropped{round}");
        match store.get(&FILMS, &id).await.unwrap() {
            Some(found) => {
                let body = json!({ "slug": id, "padding": "x".repeat(100_000), "year": 1999 });
                assert_eq!((found.version, found.body), (1, body));
                whole += 1;
            }
            None => assert!(!answered, "{id} was acknowledged"),
        }
    }
    assert!(whole > 0, "some writes had the time");
    let (index, equals, direction) = ("by_year", vec![1999.into()], Direction::Ascending);
    let find = Find { index, equals, from: None, direction, after: None, limit: 100 };
    assert_eq!(store.find(&FILMS, find).await.unwrap().documents.len(), whole, "the index knows the same documents");
}

pub(crate) async fn what_was_acknowledged_is_there_after_a_restart(place: &dyn Backend) {
    let store = place.open().await;
    put(&*store, "a", json!({ "slug": "one", "year": 1999 })).await;
    put(&*store, "gone", json!({ "slug": "two" })).await;
    store.delete(&FILMS, "gone", Expect::Anything).await.unwrap();
    drop(store);
    for _ in 0..2 {
        let store = place.open().await;
        assert_eq!(store.get(&FILMS, "a").await.unwrap(), document("a", 1, json!({ "slug": "one", "year": 1999 })));
        assert_eq!(store.get(&FILMS, "gone").await.unwrap(), None);
        assert!(is_duplicate(&try_put(&*store, "b", json!({ "slug": "one" }), Expect::Anything).await, "by_slug"));
        assert_eq!(store.count(&FILMS).await.unwrap(), 1);
    }
}
