//! What every [`Documents`] promises of its change feed.
//!
//! No test sets a clock, because no store asks one. Must never rely on how numbers are given, beyond their order.

use std::{collections::BTreeMap, sync::Arc};

use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::json;
use tokio::task::JoinSet;

use super::{Backend, is_invalid};
use crate::documents::{
    Collection, Document, Documents, Expect, Index, Write,
    feed::{Changes, Position, Since, State},
};

/// Runs what is promised of the change feed, in places that `$new` makes.
macro_rules! feed_promises {
    ($new:path) => {
        use $crate::documents::promises::feed as feed_suite;
        $crate::documents::promises::documents_promises!(@each $new;
            feed_suite::numbers_ascend_and_each_id_comes_once_with_its_latest,
            feed_suite::a_page_of_changes_says_where_to_go_on_and_whether_there_is_more,
            feed_suite::a_deleted_document_is_a_change_and_made_again_is_another,
            feed_suite::what_was_deleted_before_a_number_is_let_go_of_and_a_reader_from_before_begins_anew,
            feed_suite::what_a_batch_and_a_copy_write_is_told,
            feed_suite::what_was_written_before_it_was_numbered_is_listed,
            feed_suite::a_position_of_another_feed_or_beyond_its_end_is_refused,
            feed_suite::a_collection_without_numbers_has_no_changes,
            feed_suite::a_reader_that_runs_beside_many_writers_misses_nothing,
            feed_suite::a_reader_killed_anywhere_and_begun_again_ends_with_the_same_content,
        );
    };
}
pub(crate) use feed_promises;

const BY_SLUG: Index = Index { name: "by_slug", fields: &["slug"], unique: true };

pub(crate) static NUMBERED: Collection = Collection::declared("numbered", &[BY_SLUG]).numbered("catalogue");

fn write(id: &str, number: u64, expect: Expect) -> Write {
    Write { id: id.to_owned(), body: json!({ "number": number }), expect }
}

async fn put(store: &dyn Documents, id: &str, number: u64) {
    store.put(&NUMBERED, write(id, number, Expect::Anything)).await.unwrap();
}

async fn listing(store: &dyn Documents) -> Changes {
    store.changes(&NUMBERED, Since::Listing(""), 1000).await.unwrap().unwrap()
}

async fn since(store: &dyn Documents, position: &Position, limit: u32) -> Changes {
    store.changes(&NUMBERED, Since::Position(position), limit).await.unwrap().unwrap()
}

/// Ids with the number in their bodies; without one where they were deleted.
fn told(changes: &Changes) -> Vec<(&str, Option<u64>)> {
    let number = |state: &State| match state {
        State::Stored(document) => document.body["number"].as_u64(),
        State::Deleted => None,
        State::Unreadable => panic!("unreadable"),
    };
    assert!(changes.entries.is_sorted_by(|one, next| one.number < next.number), "{changes:?}");
    changes.entries.iter().map(|entry| (&*entry.id, number(&entry.state))).collect()
}

pub(crate) async fn numbers_ascend_and_each_id_comes_once_with_its_latest(place: &dyn Backend) {
    let (one, other) = (place.open().await, place.open().await);
    let start = listing(&*one).await.position;
    for (number, id) in (1..).zip(["a", "b", "a", "c", "b", "a"]) {
        put(if number % 2 == 0 { &*one } else { &*other }, id, number).await;
    }
    for store in [&*one, &*other] {
        let changes = since(store, &start, 100).await;
        assert_eq!(told(&changes), [("c", Some(4)), ("b", Some(5)), ("a", Some(6))]);
        assert!(!changes.more && since(store, &changes.position, 100).await.entries.is_empty());
    }
    // A write that is refused is no change.
    let before = since(&*one, &start, 100).await.position;
    assert!(one.put(&NUMBERED, write("a", 7, Expect::Absent)).await.is_err());
    assert!(!one.delete(&NUMBERED, "missing", Expect::Anything).await.unwrap());
    assert!(since(&*one, &before, 100).await.entries.is_empty());
}

pub(crate) async fn a_page_of_changes_says_where_to_go_on_and_whether_there_is_more(place: &dyn Backend) {
    let store = place.open().await;
    let start = listing(&*store).await.position;
    for number in 0..10 {
        put(&*store, &format!("f{number}"), number).await;
    }
    store.delete(&NUMBERED, "f3", Expect::Anything).await.unwrap();
    for limit in [1, 3, 5, 10, 100] {
        let (mut position, mut ids) = (start.clone(), Vec::new());
        loop {
            let changes = since(&*store, &position, limit).await;
            assert!(changes.entries.len() <= limit as usize);
            assert!(!changes.more || changes.entries.len() == limit as usize, "only a full page has another one");
            ids.extend(told(&changes).into_iter().map(|(id, _)| id.to_owned()));
            position = changes.position;
            if !changes.more {
                break;
            }
        }
        assert_eq!(ids, ["f0", "f1", "f2", "f4", "f5", "f6", "f7", "f8", "f9", "f3"], "{limit}");
    }
    let (mut after, mut ids) = (String::new(), Vec::new());
    loop {
        let page = store.changes(&NUMBERED, Since::Listing(&after), 4).await.unwrap().unwrap();
        ids.extend(page.entries.iter().map(|entry| entry.id.clone()));
        if !page.more {
            break;
        }
        after.clone_from(ids.last().unwrap());
    }
    assert_eq!(ids, ["f0", "f1", "f2", "f4", "f5", "f6", "f7", "f8", "f9"]);
}

pub(crate) async fn what_was_deleted_before_a_number_is_let_go_of_and_a_reader_from_before_begins_anew(place: &dyn Backend) {
    let store = place.open().await;
    for id in ["a", "b", "c"] {
        put(&*store, id, 1).await;
    }
    let before = listing(&*store).await.position;
    assert!(store.delete(&NUMBERED, "a", Expect::Anything).await.unwrap());
    let between = since(&*store, &before, 9).await.position;
    assert!(store.delete(&NUMBERED, "b", Expect::Anything).await.unwrap());
    let after = since(&*store, &before, 9).await.position;

    store.trim(&NUMBERED, between.number).await.unwrap();
    assert_eq!(told(&since(&*store, &between, 9).await), [("b", None)], "what is behind it stays");
    assert_eq!(store.changes(&NUMBERED, Since::Position(&before), 9).await.unwrap(), None);
    store.trim(&NUMBERED, after.number).await.unwrap();
    store.trim(&NUMBERED, between.number).await.unwrap();
    assert_eq!(store.changes(&NUMBERED, Since::Position(&between), 9).await.unwrap(), None, "it is not undone");
    assert_eq!(told(&since(&*store, &after, 9).await), []);
    // What is there is not touched, and what was let go of is made again as new.
    let body = json!({ "number": 2 });
    store.put(&NUMBERED, Write { id: "a".into(), body, expect: Expect::Absent }).await.unwrap();
    assert_eq!(told(&since(&*store, &after, 9).await), [("a", Some(2))]);
    let there = listing(&*store).await.entries;
    assert_eq!(there.iter().map(|entry| &*entry.id).collect::<Vec<_>>(), ["a", "c"]);
}

pub(crate) async fn a_deleted_document_is_a_change_and_made_again_is_another(place: &dyn Backend) {
    let store = place.open().await;
    put(&*store, "a", 1).await;
    let mut position = listing(&*store).await.position;
    for round in 0..3 {
        assert!(store.delete(&NUMBERED, "a", Expect::Version(1)).await.unwrap());
        let deleted = since(&*store, &position, 100).await;
        assert_eq!(told(&deleted), [("a", None)]);
        assert_eq!((store.get(&NUMBERED, "a").await.unwrap(), store.count(&NUMBERED).await.unwrap()), (None, 0));
        assert!(listing(&*store).await.entries.is_empty() && store.list(&NUMBERED, None, 9).await.unwrap().documents.is_empty());
        assert!(store.get_many(&NUMBERED, &["a".to_owned()]).await.unwrap().is_empty());
        // However it is made again.
        let body = json!({ "number": round, "slug": "same" });
        let expect = if round == 0 { Expect::Absent } else { Expect::Anything };
        match round {
            0 | 1 => assert_eq!(store.put(&NUMBERED, Write { id: "a".into(), body, expect }).await.unwrap(), 1),
            _ => store.place(&NUMBERED, Document { id: "a".into(), version: 1, body }).await.unwrap(),
        }
        let made = since(&*store, &deleted.position, 100).await;
        assert_eq!(told(&made), [("a", Some(round))]);
        assert_eq!(told(&since(&*store, &position, 100).await), [("a", Some(round))], "the tombstone is gone");
        position = made.position;
    }
}

pub(crate) async fn what_a_batch_and_a_copy_write_is_told(place: &dyn Backend) {
    let store = place.open().await;
    put(&*store, "there", 1).await;
    put(&*store, "gone", 1).await;
    store.delete(&NUMBERED, "gone", Expect::Anything).await.unwrap();
    let start = listing(&*store).await.position;
    let slug = |id: &str| Write { id: id.to_owned(), body: json!({ "number": 5, "slug": "one" }), expect: Expect::Anything };
    let batch = vec![
        write("new", 1, Expect::Absent),
        write("there", 2, Expect::Absent),
        write("there", 3, Expect::Version(1)),
        write("gone", 4, Expect::Absent),
        slug("first"),
        slug("second"),
        write("new", 6, Expect::Version(1)),
        write("missing", 7, Expect::Version(1)),
    ];
    let outcomes: Vec<_> = store.put_many(&NUMBERED, batch).await.unwrap().into_iter().map(Result::ok).collect();
    assert_eq!((&outcomes[..4], &outcomes[6..]), (&[Some(1), None, Some(2), Some(1)][..], &[Some(2), None][..]));
    assert_eq!(outcomes[4..6].iter().flatten().count(), 1, "one has the value");
    store.place(&NUMBERED, Document { id: "placed".into(), version: 7, body: json!({ "number": 8 }) }).await.unwrap();
    let changes = since(&*store, &start, 100).await;
    let told: BTreeMap<_, _> = told(&changes).into_iter().collect();
    let winner = if outcomes[4].is_some() { "first" } else { "second" };
    let expected = [("new", 6), ("there", 3), ("gone", 4), (winner, 5), ("placed", 8)];
    assert_eq!(told, expected.map(|(id, number)| (id, Some(number))).into());
    assert_eq!((changes.entries.len(), store.count(&NUMBERED).await.unwrap()), (5, 5));
}

pub(crate) async fn what_was_written_before_it_was_numbered_is_listed(place: &dyn Backend) {
    static BEFORE: Collection = Collection::declared("numbered", &[BY_SLUG]);
    place.open().await.put(&BEFORE, write("old", 1, Expect::Absent)).await.unwrap();
    let store = place.open().await;
    let start = listing(&*store).await;
    assert_eq!(start.entries.iter().map(|entry| &*entry.id).collect::<Vec<_>>(), ["old"]);
    assert!(since(&*store, &start.position, 10).await.entries.is_empty());
    assert_eq!(store.put(&NUMBERED, write("old", 2, Expect::Version(1))).await.unwrap(), 2);
    assert_eq!(told(&since(&*store, &start.position, 10).await), [("old", Some(2))]);
    assert!(store.delete(&NUMBERED, "old", Expect::Version(2)).await.unwrap());
    // The next start knows where it stood.
    assert_eq!(told(&since(&*place.open().await, &start.position, 10).await), [("old", None)]);
}

pub(crate) async fn a_position_of_another_feed_or_beyond_its_end_is_refused(place: &dyn Backend) {
    let store = place.open().await;
    put(&*store, "a", 1).await;
    let now = listing(&*store).await.position;
    let ask = async |position| store.changes(&NUMBERED, Since::Position(&position), 10).await.unwrap();
    assert!(ask(now.clone()).await.is_some());
    // A store that was restored to an older state has not come so far.
    for number in [now.number + 1, u64::MAX] {
        assert_eq!(ask(Position { number, ..now.clone() }).await, None);
    }
    assert_eq!(ask(Position { feed: "another".into(), ..now }).await, None);
}

pub(crate) async fn a_collection_without_numbers_has_no_changes(place: &dyn Backend) {
    let store = place.open().await;
    assert!(is_invalid(&store.changes(&super::FILMS, Since::Listing(""), 10).await));
}

/// A reader that keeps what it was told together with where it stood, as an index does with a commit.
#[derive(Clone, Default)]
struct Reader {
    position: Option<Position>,
    /// How far its listing has come, where that is not at its end.
    listed: Option<String>,
    content: BTreeMap<String, Document>,
}

impl Reader {
    /// After one more part of the feed; whether there is more.
    async fn next(&self, store: &dyn Documents, limit: u32) -> (Self, bool) {
        let mut next = self.clone();
        let listed = self.position.as_ref().map_or(Some(""), |_| self.listed.as_deref());
        let question = match (&self.position, listed) {
            (Some(position), None) => Since::Position(position),
            (_, listed) => Since::Listing(listed.unwrap_or_default()),
        };
        let Some(changes) = store.changes(&NUMBERED, question, limit).await.unwrap() else { return (Self::default(), true) };
        let last = changes.entries.last().map(|entry| entry.id.clone());
        for entry in changes.entries {
            match entry.state {
                State::Stored(document) => next.content.insert(entry.id, document),
                State::Deleted => next.content.remove(&entry.id),
                State::Unreadable => panic!("unreadable"),
            };
        }
        let is_listing = listed.is_some();
        next.listed = last.filter(|_| is_listing && changes.more);
        if !is_listing || next.position.is_none() {
            next.position = Some(changes.position);
        }
        // A listing is followed from where it began.
        (next, changes.more || is_listing)
    }

    async fn catch_up(&mut self, store: &dyn Documents) {
        loop {
            let (next, more) = self.next(store, 100).await;
            *self = next;
            if !more {
                return;
            }
        }
    }
}

async fn content(store: &dyn Documents) -> BTreeMap<String, Document> {
    let page = store.list(&NUMBERED, None, 1000).await.unwrap();
    assert_eq!(page.next, None);
    page.documents.into_iter().map(|document| (document.id.clone(), document)).collect()
}

/// One write that somebody might make; what is refused is refused.
async fn write_something(store: &dyn Documents, random: &mut StdRng) {
    let (id, number) = (format!("d{}", random.random_range(0..12)), random.random());
    match random.random_range(0..6) {
        0 => drop(store.put(&NUMBERED, write(&id, number, Expect::Absent)).await),
        1 => drop(store.delete(&NUMBERED, &id, Expect::Anything).await.unwrap()),
        2 => {
            let many = (0..5).map(|_| {
                let expect = if random.random() { Expect::Absent } else { Expect::Anything };
                write(&format!("d{}", random.random_range(0..12)), random.random(), expect)
            });
            store.put_many(&NUMBERED, many.collect()).await.unwrap();
        }
        3 => {
            if let Some(found) = store.get(&NUMBERED, &id).await.unwrap() {
                drop(store.put(&NUMBERED, write(&id, number, Expect::Version(found.version))).await);
            }
        }
        4 => {
            if let Some(found) = store.get(&NUMBERED, &id).await.unwrap() {
                drop(store.delete(&NUMBERED, &id, Expect::Version(found.version)).await);
            }
        }
        _ => put(store, &id, number).await,
    }
}

pub(crate) async fn a_reader_that_runs_beside_many_writers_misses_nothing(place: &dyn Backend) {
    let mut writers = JoinSet::new();
    for seed in 0..6 {
        // Each as another process would.
        let store = place.open().await;
        writers.spawn(async move {
            let mut random = StdRng::seed_from_u64(seed);
            for _ in 0..30 {
                write_something(&*store, &mut random).await;
            }
        });
    }
    let store: Arc<dyn Documents> = place.open().await;
    let mut reader = Reader::default();
    while !writers.is_empty() {
        reader = reader.next(&*store, 3).await.0;
        while let Some(ended) = writers.try_join_next() {
            ended.unwrap();
        }
    }
    reader.catch_up(&*store).await;
    assert_eq!(reader.content, content(&*store).await);
}

pub(crate) async fn a_reader_killed_anywhere_and_begun_again_ends_with_the_same_content(place: &dyn Backend) {
    let stores = [place.open().await, place.open().await];
    let mut reader = Reader::default();
    for seed in 0..u64::from(testing::cases(30, 300)) {
        let mut random = StdRng::seed_from_u64(seed);
        for _ in 0..12 {
            let store = &*stores[random.random_range(0..2)];
            match random.random_range(0..8) {
                0 | 1 => reader = reader.next(store, random.random_range(1..5)).await.0,
                // Killed before it kept what it was told.
                2 => drop(reader.next(store, random.random_range(1..5)).await),
                3 if random.random_range(0..6) == 0 => reader = Reader::default(),
                _ => write_something(store, &mut random).await,
            }
        }
        reader.catch_up(&*stores[0]).await;
        assert_eq!(reader.content, content(&*stores[1]).await, "seed {seed}");
    }
}
