//! What every [`KeyValue`] promises, as tests that each backend runs on itself.
//!
//! Must never know a backend: a [`Backend`] opens it, and opens it again.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::{task::JoinSet, time::sleep};

use super::{Entry, Expect, KeyValue, SCAN_LIMIT, VALUE_LIMIT};
use crate::StoreError;

/// Somewhere to keep things that outlives the open store.
#[async_trait]
pub(crate) trait Backend: Send + Sync {
    async fn open(&self) -> Arc<dyn KeyValue>;
}

/// Runs the whole suite in places that `$new` makes, one per test; or, as `one_after_another`, in one place each within
/// one test, for servers that are dear to start.
macro_rules! keyvalue_promises {
    ($new:path) => {
        $crate::keyvalue::promises::keyvalue_promises!(@list each $new);
    };
    (one_after_another $new:expr) => {
        $crate::keyvalue::promises::keyvalue_promises!(@list in_turn $new);
    };
    (@list $how:ident $new:expr) => {
        $crate::keyvalue::promises::keyvalue_promises!(@$how $new;
            what_is_put_is_read_back,
            a_write_holds_only_where_its_expectation_does,
            a_delete_holds_only_where_its_expectation_does,
            an_expired_entry_is_absent_at_once,
            what_is_left_of_an_entrys_time_is_told,
            of_many_that_claim_a_key_exactly_one_wins,
            of_many_that_count_up_no_step_is_lost,
            a_scan_is_sorted_and_goes_on_where_it_stopped,
            a_prefix_is_taken_literally,
            any_text_is_a_key_and_any_bytes_are_a_value,
            large_values_are_kept_and_larger_ones_refused,
            a_dropped_write_is_wholly_there_or_not_at_all,
            what_was_acknowledged_is_there_after_a_restart,
            a_prefix_may_end_anywhere_in_a_key,
            an_empty_page_is_empty_and_a_huge_one_is_cut_at_the_limit,
            a_page_is_full_even_behind_entries_that_have_expired,
            a_time_to_live_may_be_nothing_or_longer_than_anyone_lives,
        );
    };
    (@each $new:expr; $($name:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                $crate::keyvalue::promises::$name(&$new()).await;
            }
        )*
    };
    (@in_turn $new:expr; $($name:ident,)*) => {
        $(
            $crate::keyvalue::promises::$name(&$new()).await;
        )*
    };
}
pub(crate) use keyvalue_promises;

async fn put(store: &dyn KeyValue, key: &str, value: &'static str) -> u64 {
    store.put(key, value.into(), Expect::Anything, None).await.unwrap()
}

async fn value(store: &dyn KeyValue, key: &str) -> Option<Bytes> {
    store.get(key).await.unwrap().map(|entry| entry.value)
}

fn is_conflict<T>(outcome: &Result<T, StoreError>, key: &str) -> bool {
    matches!(outcome, Err(StoreError::Conflict { key: named }) if named == key)
}

pub(crate) async fn what_is_put_is_read_back(place: &dyn Backend) {
    let store = place.open().await;
    assert_eq!(store.get("a").await.unwrap(), None);
    let first = put(&*store, "a", "one").await;
    assert_eq!(store.get("a").await.unwrap(), Some(Entry { value: "one".into(), version: first }));
    let second = put(&*store, "a", "two").await;
    assert_ne!(first, second);
    assert_eq!(store.get("a").await.unwrap(), Some(Entry { value: "two".into(), version: second }));
    assert!(store.delete("a", Expect::Anything).await.unwrap());
    assert!(!store.delete("a", Expect::Anything).await.unwrap());
    assert_eq!(store.get("a").await.unwrap(), None);
}

pub(crate) async fn a_write_holds_only_where_its_expectation_does(place: &dyn Backend) {
    let store = place.open().await;
    for version in [0, 1, u64::MAX] {
        assert!(is_conflict(&store.put("a", "x".into(), Expect::Version(version), None).await, "a"));
    }
    let first = store.put("a", "one".into(), Expect::Absent, None).await.unwrap();
    assert!(is_conflict(&store.put("a", "x".into(), Expect::Absent, None).await, "a"));
    let second = store.put("a", "two".into(), Expect::Version(first), None).await.unwrap();
    assert!(is_conflict(&store.put("a", "x".into(), Expect::Version(first), None).await, "a"));
    assert_eq!(store.get("a").await.unwrap(), Some(Entry { value: "two".into(), version: second }));

    // An entry that is made again is another one, even where it looks the same.
    store.delete("a", Expect::Version(second)).await.unwrap();
    store.put("a", "one".into(), Expect::Absent, None).await.unwrap();
    assert!(is_conflict(&store.put("a", "x".into(), Expect::Version(first), None).await, "a"));
}

pub(crate) async fn a_delete_holds_only_where_its_expectation_does(place: &dyn Backend) {
    let store = place.open().await;
    assert!(!store.delete("a", Expect::Absent).await.unwrap());
    assert!(is_conflict(&store.delete("a", Expect::Version(1)).await, "a"));
    let version = put(&*store, "a", "one").await;
    assert!(is_conflict(&store.delete("a", Expect::Absent).await, "a"));
    assert!(is_conflict(&store.delete("a", Expect::Version(version + 1)).await, "a"));
    assert_eq!(value(&*store, "a").await, Some("one".into()));
    assert!(store.delete("a", Expect::Version(version)).await.unwrap());
}

pub(crate) async fn an_expired_entry_is_absent_at_once(place: &dyn Backend) {
    let store = place.open().await;
    let (short, long) = (Some(Duration::from_millis(300)), Some(Duration::from_secs(3600)));
    let expired = store.put("e/short", "x".into(), Expect::Absent, short).await.unwrap();
    store.put("e/long", "x".into(), Expect::Absent, long).await.unwrap();
    store.put("e/renewed", "x".into(), Expect::Absent, short).await.unwrap();
    store.put("e/renewed", "x".into(), Expect::Anything, long).await.unwrap();
    store.put("e/kept", "x".into(), Expect::Absent, short).await.unwrap();
    store.put("e/kept", "x".into(), Expect::Anything, None).await.unwrap();
    assert!(value(&*store, "e/short").await.is_some());
    sleep(Duration::from_millis(400)).await;

    assert_eq!(store.get("e/short").await.unwrap(), None);
    let left: Vec<_> = store.scan("e/", None, 10).await.unwrap().into_iter().map(|(key, _)| key).collect();
    assert_eq!(left, ["e/kept", "e/long", "e/renewed"]);
    assert!(is_conflict(&store.put("e/short", "x".into(), Expect::Version(expired), None).await, "e/short"));
    assert!(is_conflict(&store.delete("e/short", Expect::Version(expired)).await, "e/short"));
    assert!(!store.delete("e/short", Expect::Absent).await.unwrap());
    let again = store.put("e/short", "y".into(), Expect::Absent, None).await.unwrap();
    assert_eq!(store.get("e/short").await.unwrap(), Some(Entry { value: "y".into(), version: again }));
}

pub(crate) async fn what_is_left_of_an_entrys_time_is_told(place: &dyn Backend) {
    let store = place.open().await;
    let hour = Duration::from_secs(3600);
    put(&*store, "stays", "s").await;
    store.put("goes", "g".into(), Expect::Anything, Some(hour)).await.unwrap();
    let (stays, none) = store.get_expiring("stays").await.unwrap().unwrap();
    assert_eq!((Some(stays), none), (store.get("stays").await.unwrap(), None));
    let (goes, left) = store.get_expiring("goes").await.unwrap().unwrap();
    assert_eq!(Some(goes), store.get("goes").await.unwrap());
    let left = left.unwrap();
    assert!(left <= hour && left > hour.saturating_sub(Duration::from_secs(60)), "{left:?}");
    store.put("goes", "g".into(), Expect::Anything, None).await.unwrap();
    assert!(store.get_expiring("goes").await.unwrap().unwrap().1.is_none());
    store.put("gone", "g".into(), Expect::Anything, Some(Duration::from_millis(1))).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(store.get_expiring("gone").await.unwrap(), None);
    assert_eq!(store.get_expiring("never").await.unwrap(), None);
}

pub(crate) async fn of_many_that_claim_a_key_exactly_one_wins(place: &dyn Backend) {
    let store = place.open().await;
    for round in 0..5 {
        let key = format!("lease/{round}");
        let mut claims = JoinSet::new();
        for claimant in 0..64u8 {
            let (store, key) = (Arc::clone(&store), key.clone());
            claims.spawn(async move {
                let claim = store.put(&key, vec![claimant].into(), Expect::Absent, None).await;
                assert!(claim.is_ok() || is_conflict(&claim, &key), "{claim:?}");
                claim.ok().map(|version| (claimant, version))
            });
        }
        let winners: Vec<_> = claims.join_all().await.into_iter().flatten().collect();
        let [(winner, version)] = winners[..] else { panic!("{} won {key}", winners.len()) };
        assert_eq!(store.get(&key).await.unwrap(), Some(Entry { value: vec![winner].into(), version }));
    }
}

pub(crate) async fn of_many_that_count_up_no_step_is_lost(place: &dyn Backend) {
    async fn count_up(store: &dyn KeyValue) -> bool {
        let entry = store.get("counter").await.unwrap().unwrap();
        let count: u32 = std::str::from_utf8(&entry.value).unwrap().parse().unwrap();
        store.put("counter", (count + 1).to_string().into(), Expect::Version(entry.version), None).await.is_ok()
    }
    let store = place.open().await;
    put(&*store, "counter", "0").await;
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
    assert_eq!(value(&*store, "counter").await, Some("64".into()));
}

pub(crate) async fn a_scan_is_sorted_and_goes_on_where_it_stopped(place: &dyn Backend) {
    let store = place.open().await;
    assert_eq!(store.scan("", None, 10).await.unwrap(), []);
    let keys = ["p", "p/", "p/1", "p/10", "p/2", "p/B", "p/a", "p/ä", "p/\u{ffff}", "p/\u{1f3ac}", "q/1"];
    for key in keys.iter().rev() {
        put(&*store, key, "x").await;
    }
    let mut found = Vec::new();
    while let Ok(page) = store.scan("p/", found.last().map(String::as_str), 3).await {
        assert!(page.len() <= 3);
        if page.is_empty() {
            break;
        }
        found.extend(page.into_iter().map(|(key, _)| key));
    }
    assert_eq!(found, keys[1..10]);
    let all = store.scan("", None, u32::MAX).await.unwrap();
    assert_eq!(all.len(), keys.len());
    assert_eq!(store.scan("", None, 0).await.unwrap().len(), 1, "a limit is at least 1");
    assert_eq!(store.scan("p/", Some("q"), 10).await.unwrap(), []);
    assert_eq!(store.scan("p/", Some("a"), 1).await.unwrap()[0].0, "p/");
}

pub(crate) async fn a_prefix_is_taken_literally(place: &dyn Backend) {
    let store = place.open().await;
    for key in ["a%b/1", "a_b/1", "a*b/1", "a[b/1", "A_b/1", "a\\b/1", "azb/1", "a\u{10ffff}", "a\u{10ffff}b", "b"] {
        put(&*store, key, "x").await;
    }
    for (prefix, count) in [("a%b/", 1), ("a_b/", 1), ("a*", 1), ("a[b", 1), ("a\\b/", 1), ("a\u{10ffff}", 2), ("a", 8)] {
        assert_eq!(store.scan(prefix, None, 100).await.unwrap().len(), count, "{prefix}");
    }
    put(&*store, "\u{10ffff}/1", "x").await;
    assert_eq!(store.scan("\u{10ffff}", None, 100).await.unwrap().len(), 1);
}

pub(crate) async fn any_text_is_a_key_and_any_bytes_are_a_value(place: &dyn Backend) {
    let store = place.open().await;
    let every_byte = Bytes::from_iter(0..=255u8);
    let longest = "x".repeat(512);
    let keys = ["é", "e\u{301}", "مرحبا", "🎬", "a\nb", "a\0b", "a'b\"c", " ", "\u{feff}", &longest];
    for (number, key) in keys.iter().enumerate() {
        let value: Bytes = [&every_byte[..], &[u8::try_from(number).unwrap()]].concat().into();
        store.put(key, value.clone(), Expect::Absent, None).await.unwrap();
        assert_eq!(store.get(key).await.unwrap().unwrap().value, value, "{key:?}");
    }
    let scanned: BTreeSet<_> = store.scan("", None, 100).await.unwrap().into_iter().map(|(key, _)| key).collect();
    assert_eq!(scanned, keys.iter().map(ToString::to_string).collect());
    store.put("empty", Bytes::new(), Expect::Absent, None).await.unwrap();
    assert_eq!(value(&*store, "empty").await, Some(Bytes::new()));
    for key in ["", &"x".repeat(513)] {
        let refused = store.put(key, "x".into(), Expect::Anything, None).await;
        assert!(matches!(refused, Err(StoreError::Invalid { .. })), "{refused:?}");
    }
}

pub(crate) async fn large_values_are_kept_and_larger_ones_refused(place: &dyn Backend) {
    let store = place.open().await;
    let large: Bytes = (0..VALUE_LIMIT).map(|at| u8::try_from(at * 31 % 251).unwrap()).collect::<Vec<_>>().into();
    for key in ["large/1", "large/2"] {
        store.put(key, large.clone(), Expect::Anything, None).await.unwrap();
    }
    let both = store.scan("large/", None, 10).await.unwrap();
    assert!(both.len() == 2 && both.iter().all(|(_, entry)| entry.value == large));
    let refused = store.put("large/1", vec![0; VALUE_LIMIT + 1].into(), Expect::Anything, None).await;
    assert!(matches!(refused, Err(StoreError::Invalid { .. })), "{refused:?}");
    assert_eq!(value(&*store, "large/1").await, Some(large));
}

pub(crate) async fn a_dropped_write_is_wholly_there_or_not_at_all(place: &dyn Backend) {
    let store = place.open().await;
    let (mut whole, size) = (0, 100_000);
    for round in 0..60u64 {
        let key = format!("dropped/{round}");
        let written = store.put(&key, vec![7; size].into(), Expect::Absent, None);
        // Some are dropped before they begin, some under way, some are done.
        let patience = Duration::from_micros(round * 100);
        let answered = tokio::time::timeout(patience, written).await.is_ok();
        // Whatever comes later in the queue comes after it.
        put(&*store, "barrier", "x").await;
        match store.get(&key).await.unwrap() {
            Some(entry) => {
                assert!(entry.value.len() == size && entry.value.iter().all(|byte| *byte == 7));
                whole += 1;
            }
            None => assert!(!answered, "{key} was acknowledged"),
        }
        let claim = store.put(&key, "x".into(), Expect::Absent, None).await;
        assert!(claim.is_ok() || is_conflict(&claim, &key), "{claim:?}");
    }
    assert!(whole > 0, "some writes had the time");
}

pub(crate) async fn what_was_acknowledged_is_there_after_a_restart(place: &dyn Backend) {
    let long = Some(Duration::from_secs(3600));
    let store = place.open().await;
    let version = store.put("a", "one".into(), Expect::Absent, long).await.unwrap();
    put(&*store, "gone", "x").await;
    store.delete("gone", Expect::Anything).await.unwrap();
    drop(store);
    for _ in 0..2 {
        let store = place.open().await;
        assert_eq!(store.get("a").await.unwrap(), Some(Entry { value: "one".into(), version }));
        assert_eq!(store.get("gone").await.unwrap(), None);
        assert!(is_conflict(&store.put("a", "x".into(), Expect::Absent, None).await, "a"));
    }
}

pub(crate) async fn a_prefix_may_end_anywhere_in_a_key(place: &dyn Backend) {
    let store = place.open().await;
    let keys = ["s", "s/", "s/a", "s/a/", "s/a/1", "s/a/2/x", "s/ab/1", "s/b/1", "sa/a/1"];
    for key in keys {
        put(&*store, key, "x").await;
    }
    for prefix in ["", "s", "s/", "s/a", "s/a/", "s/a/2", "s/a/2/", "s/a/2/x", "s/a/2/x/"] {
        let expected: Vec<_> = keys.into_iter().filter(|key| key.starts_with(prefix)).collect();
        let found: Vec<_> = store.scan(prefix, None, 100).await.unwrap().into_iter().map(|(key, _)| key).collect();
        assert_eq!(found, expected, "{prefix:?}");
    }
}

pub(crate) async fn an_empty_page_is_empty_and_a_huge_one_is_cut_at_the_limit(place: &dyn Backend) {
    let store = place.open().await;
    assert_eq!(store.scan("page/", None, 10).await.unwrap(), []);
    let mut writes = JoinSet::new();
    for number in 0..1100u32 {
        let store = Arc::clone(&store);
        writes.spawn(async move { put(&*store, &format!("page/{number:04}"), "x").await });
    }
    writes.join_all().await;
    let first = store.scan("page/", None, u32::MAX).await.unwrap();
    assert_eq!(first.len(), SCAN_LIMIT as usize);
    assert!(first.iter().enumerate().all(|(number, (key, _))| *key == format!("page/{number:04}")));
    let rest = store.scan("page/", Some("page/0999"), SCAN_LIMIT).await.unwrap();
    assert_eq!((rest.len(), rest[0].0.as_str()), (100, "page/1000"));
    assert_eq!(store.scan("page/", Some("page/1099"), SCAN_LIMIT).await.unwrap(), []);
}

pub(crate) async fn a_page_is_full_even_behind_entries_that_have_expired(place: &dyn Backend) {
    let store = place.open().await;
    let mut writes = JoinSet::new();
    for number in 0..200u32 {
        let (store, ttl) = (Arc::clone(&store), (number % 40 != 39).then_some(Duration::from_millis(1)));
        writes.spawn(async move { store.put(&format!("m/{number:03}"), "x".into(), Expect::Absent, ttl).await.unwrap() });
    }
    writes.join_all().await;
    sleep(Duration::from_millis(5)).await;
    let page = |after| {
        let store = Arc::clone(&store);
        async move { store.scan("m/", after, 3).await.unwrap().into_iter().map(|(key, _)| key).collect::<Vec<_>>() }
    };
    assert_eq!(page(None).await, ["m/039", "m/079", "m/119"]);
    assert_eq!(page(Some("m/119")).await, ["m/159", "m/199"]);
    assert_eq!(page(None).await, ["m/039", "m/079", "m/119"]);
}

pub(crate) async fn a_time_to_live_may_be_nothing_or_longer_than_anyone_lives(place: &dyn Backend) {
    let store = place.open().await;
    store.put("t/none", "x".into(), Expect::Absent, None).await.unwrap();
    store.put("t/none", "x".into(), Expect::Anything, Some(Duration::ZERO)).await.unwrap();
    store.put("t/new", "x".into(), Expect::Absent, Some(Duration::ZERO)).await.unwrap();
    store.put("t/long", "x".into(), Expect::Absent, Some(Duration::MAX)).await.unwrap();
    let left: Vec<_> = store.scan("t/", None, 10).await.unwrap().into_iter().map(|(key, _)| key).collect();
    assert_eq!(left, ["t/long"]);
    assert_eq!((value(&*store, "t/none").await, value(&*store, "t/new").await), (None, None));
    assert!(value(&*store, "t/long").await.is_some());
}
