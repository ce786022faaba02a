//! The promises, kept behind the guard, and what it does beyond them: a store that is broken on purpose, in front of a
//! real one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::json;
use tokio::time::sleep;

use super::*;
use crate::{
    StoreError,
    documents::{
        self, Direction, Documents, Find, Write,
        promises::{FILMS, pages},
        sqlite::SqliteDocuments,
    },
    events::Events,
    keyvalue::{self, Entry, Expect, KeyValue, sqlite::SqliteKeyValue},
    sqlite::Sqlite,
};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn sqlite(&self) -> Sqlite {
        Sqlite::open(&self.0.path().join("store.db"), Events::default()).unwrap()
    }
}

#[async_trait]
impl keyvalue::promises::Backend for Folder {
    async fn open(&self) -> Arc<dyn KeyValue> {
        let store = Arc::new(SqliteKeyValue::open(self.sqlite()).await.unwrap());
        Arc::new(GuardedKeyValue::new("keyvalue", store, true))
    }
}

#[async_trait]
impl documents::promises::Backend for Folder {
    async fn open(&self) -> Arc<dyn Documents> {
        Arc::new(GuardedDocuments::new(Arc::new(SqliteDocuments::new(self.sqlite())), true))
    }
}

mod keyvalue_behind_it {
    use super::*;

    keyvalue::promises::keyvalue_promises!(Folder::new);
}

mod documents_behind_it {
    use super::{documents::promises, *};

    promises::documents_promises!(Folder::new);
}

/// A store that can be made slow, deaf or full.
struct Faulty {
    store: SqliteKeyValue,
    is_away: AtomicBool,
    is_full: AtomicBool,
    is_slow: AtomicBool,
    asked: AtomicUsize,
}

impl Faulty {
    async fn guarded(folder: &Folder, remembers: bool) -> (Arc<Self>, GuardedKeyValue) {
        let faulty = Arc::new(Self {
            store: SqliteKeyValue::open(folder.sqlite()).await.unwrap(),
            is_away: AtomicBool::new(false),
            is_full: AtomicBool::new(false),
            is_slow: AtomicBool::new(false),
            asked: AtomicUsize::new(0),
        });
        let guarded = GuardedKeyValue::new("keyvalue", Arc::clone(&faulty) as Arc<dyn KeyValue>, remembers);
        (faulty, guarded)
    }

    async fn suffer(&self, writes: bool) -> Result<(), StoreError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.is_slow.load(Ordering::Relaxed) {
            sleep(Duration::from_secs(3600)).await;
        }
        match self.is_away.load(Ordering::Relaxed) || (writes && self.is_full.load(Ordering::Relaxed)) {
            true => Err(StoreError::Unavailable { reason: "broken on purpose".to_owned() }),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl KeyValue for Faulty {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        self.suffer(false).await?;
        self.store.get(key).await
    }

    async fn get_expiring(&self, key: &str) -> Result<Option<(Entry, Option<Duration>)>, StoreError> {
        self.suffer(false).await?;
        self.store.get_expiring(key).await
    }

    async fn put(&self, key: &str, value: Bytes, expect: Expect, ttl: Option<Duration>) -> Result<u64, StoreError> {
        self.suffer(true).await?;
        self.store.put(key, value, expect, ttl).await
    }

    async fn delete(&self, key: &str, expect: Expect) -> Result<bool, StoreError> {
        self.suffer(true).await?;
        self.store.delete(key, expect).await
    }

    async fn scan(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<(String, Entry)>, StoreError> {
        self.suffer(false).await?;
        self.store.scan(prefix, after, limit).await
    }
}

fn is_unavailable<T>(outcome: &Result<T, StoreError>) -> bool {
    matches!(outcome, Err(StoreError::Unavailable { .. }))
}

#[tokio::test]
async fn a_store_that_fails_again_and_again_is_left_alone_and_tried_again_a_moment_later() {
    let folder = Folder::new();
    let (faulty, store) = Faulty::guarded(&folder, false).await;
    faulty.is_away.store(true, Ordering::Relaxed);
    for _ in 0..50 {
        assert!(is_unavailable(&store.get("a").await));
    }
    let asked = faulty.asked.load(Ordering::Relaxed);
    assert!(asked < 10, "asked {asked} times");

    faulty.is_away.store(false, Ordering::Relaxed);
    assert!(is_unavailable(&store.get("a").await), "it rests");
    sleep(Duration::from_millis(1100)).await;
    assert_eq!(store.get("a").await.unwrap(), None);
    assert_eq!(store.get("a").await.unwrap(), None);
}

#[tokio::test]
async fn a_full_store_refuses_writes_and_is_still_read() {
    let folder = Folder::new();
    let (faulty, store) = Faulty::guarded(&folder, false).await;
    store.put("a", "one".into(), Expect::Absent, None).await.unwrap();
    faulty.is_full.store(true, Ordering::Relaxed);
    for _ in 0..20 {
        assert!(is_unavailable(&store.put("a", "two".into(), Expect::Anything, None).await));
    }
    assert_eq!(store.get("a").await.unwrap().unwrap().value, "one");
    faulty.is_full.store(false, Ordering::Relaxed);
    sleep(Duration::from_millis(1100)).await;
    store.put("a", "two".into(), Expect::Anything, None).await.unwrap();
}

#[tokio::test]
async fn a_slow_store_is_given_up_and_holds_nobody_for_longer_than_its_limit() {
    let folder = Folder::new();
    let (faulty, store) = Faulty::guarded(&folder, false).await;
    faulty.is_slow.store(true, Ordering::Relaxed);
    let begun = Instant::now();
    let outcomes = futures::future::join_all((0..600).map(|_| store.get("a"))).await;
    assert!(outcomes.iter().all(is_unavailable));
    assert!(begun.elapsed() < READ * 2, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn while_a_store_is_away_its_last_word_is_given_with_its_age_and_writes_are_refused() {
    let folder = Folder::new();
    let (faulty, store) = Faulty::guarded(&folder, true).await;
    let version = store.put("known", "one".into(), Expect::Absent, None).await.unwrap();
    store.put("read", "two".into(), Expect::Absent, None).await.unwrap();
    store.get("read").await.unwrap();
    assert_eq!(stale::observe(store.get("known")).await.1, None);
    sleep(Duration::from_millis(50)).await;

    faulty.is_away.store(true, Ordering::Relaxed);
    for (key, value) in [("known", "one"), ("read", "two")] {
        let (outcome, age) = stale::observe(store.get(key)).await;
        assert_eq!(outcome.unwrap().unwrap().value, value);
        assert!(age.unwrap() >= Duration::from_millis(50), "{age:?}");
    }
    assert!(is_unavailable(&store.get("never read").await));
    assert!(is_unavailable(&store.scan("", None, 10).await));
    assert!(is_unavailable(&store.put("known", "three".into(), Expect::Version(version), None).await));
    assert_eq!(store.get("known").await.unwrap().unwrap().value, "one", "a refused write changes nothing");

    faulty.is_away.store(false, Ordering::Relaxed);
    sleep(Duration::from_millis(1100)).await;
    let (outcome, age) = stale::observe(store.get("known")).await;
    assert_eq!((outcome.unwrap().unwrap().version, age), (version, None));
    store.delete("known", Expect::Anything).await.unwrap();
    faulty.is_away.store(true, Ordering::Relaxed);
    assert_eq!(store.get("known").await.unwrap(), None, "what was removed stays removed");
}

#[tokio::test]
async fn documents_and_pages_that_were_read_are_given_while_the_store_is_away() {
    let folder = Folder::new();
    let database = folder.sqlite();
    let gate = Arc::new(AtomicBool::new(false));
    let store = GuardedDocuments::new(Arc::new(Gated(SqliteDocuments::new(database), Arc::clone(&gate))), true);
    let write = |id: &str, year| Write { id: id.to_owned(), body: json!({ "year": year }), expect: Expect::Anything };
    store.put(&FILMS, write("a", 1999)).await.unwrap();
    let find = |limit| Find { index: "by_year", equals: vec![], from: None, direction: Direction::Ascending, after: None, limit };
    let (one, page) = (store.get(&FILMS, "a").await.unwrap(), store.find(&FILMS, find(5)).await.unwrap());
    let many = store.get_many(&FILMS, &["a".to_owned()]).await.unwrap();

    gate.store(true, Ordering::Relaxed);
    let ((found, found_page, found_many), age) = stale::observe(async {
        (store.get(&FILMS, "a").await, store.find(&FILMS, find(5)).await, store.get_many(&FILMS, &["a".to_owned()]).await)
    })
    .await;
    assert_eq!((found.unwrap(), found_page.unwrap(), found_many.unwrap()), (one, page, many));
    assert!(age.is_some());
    assert!(is_unavailable(&store.find(&FILMS, find(6)).await), "another question");
    assert!(is_unavailable(&store.list(&FILMS, None, 10).await), "what is rebuilt from it has to be whole");
    assert!(is_unavailable(&store.put(&FILMS, write("a", 2000)).await));
}

/// Away while the gate is shut.
struct Gated(SqliteDocuments, Arc<AtomicBool>);

impl Gated {
    fn pass(&self) -> Result<&SqliteDocuments, StoreError> {
        match self.1.load(Ordering::Relaxed) {
            true => Err(StoreError::Unavailable { reason: "broken on purpose".to_owned() }),
            false => Ok(&self.0),
        }
    }
}

#[async_trait]
impl Documents for Gated {
    async fn get(&self, it: &documents::Collection, id: &str) -> Result<Option<documents::Document>, StoreError> {
        self.pass()?.get(it, id).await
    }

    async fn get_many(&self, it: &documents::Collection, ids: &[String]) -> Result<Vec<documents::Document>, StoreError> {
        self.pass()?.get_many(it, ids).await
    }

    async fn put(&self, it: &documents::Collection, write: Write) -> Result<u64, StoreError> {
        self.pass()?.put(it, write).await
    }

    async fn place(&self, it: &documents::Collection, document: documents::Document) -> Result<(), StoreError> {
        self.pass()?.place(it, document).await
    }

    async fn collections(&self) -> Result<Vec<String>, StoreError> {
        self.pass()?.collections().await
    }

    async fn put_many(&self, it: &documents::Collection, writes: Vec<Write>) -> Result<Vec<Result<u64, StoreError>>, StoreError> {
        self.pass()?.put_many(it, writes).await
    }

    async fn delete(&self, it: &documents::Collection, id: &str, expect: Expect) -> Result<bool, StoreError> {
        self.pass()?.delete(it, id, expect).await
    }

    async fn find(&self, it: &documents::Collection, find: Find<'_>) -> Result<documents::Page, StoreError> {
        self.pass()?.find(it, find).await
    }

    async fn list(&self, it: &documents::Collection, after: Option<&str>, limit: u32) -> Result<documents::Page, StoreError> {
        self.pass()?.list(it, after, limit).await
    }

    async fn count(&self, it: &documents::Collection) -> Result<u64, StoreError> {
        self.pass()?.count(it).await
    }

    async fn count_found(&self, it: &documents::Collection, find: Find<'_>) -> Result<u64, StoreError> {
        self.pass()?.count_found(it, find).await
    }

    async fn changes(
        &self,
        it: &documents::Collection,
        since: documents::feed::Since<'_>,
        limit: u32,
    ) -> Result<Option<documents::feed::Changes>, StoreError> {
        self.pass()?.changes(it, since, limit).await
    }

    async fn trim(&self, it: &documents::Collection, through: u64) -> Result<(), StoreError> {
        self.pass()?.trim(it, through).await
    }
}

#[tokio::test(start_paused = true)]
async fn time_in_the_queue_says_nothing_about_the_store() {
    let bulkhead = Bulkhead::new("documents", "read");
    let busy = || async {
        tokio::time::sleep(Duration::from_millis(2_900)).await;
        Ok::<_, StoreError>(())
    };
    // A store that answers in time, and more callers than it takes at once: those behind the fourth batch have given up.
    let outcomes = futures::future::join_all((0..1_200).map(|_| bulkhead.pass(READ, busy()))).await;
    let refused = outcomes.iter().filter(|outcome| outcome.is_err()).count();
    assert!((1..1_200).contains(&refused), "{refused} gave up in the queue");
    let next = bulkhead.pass(READ, async { Ok::<_, StoreError>(7) }).await;
    assert_eq!(next.unwrap(), 7, "the store answered every call that reached it, and is not left alone");
}

#[tokio::test]
async fn a_refusal_for_one_key_does_not_keep_others_from_the_store() {
    let bulkhead = Bulkhead::new("objects", "read");
    let denied = || StoreError::Denied { key: "media/a".to_owned(), reason: "403".to_owned() };
    for _ in 0..50 {
        assert!(matches!(bulkhead.pass(READ, async { Err::<(), _>(denied()) }).await, Err(StoreError::Denied { .. })));
    }
    assert!(bulkhead.pass(READ, async { Ok::<_, StoreError>(()) }).await.is_ok());
}

#[tokio::test]
async fn a_read_that_began_before_a_write_and_ends_after_it_does_not_cover_what_was_written() {
    let memory = stale_cache::StaleCache::new(|value: &u32| usize::try_from(*value).unwrap());
    let away = || Err::<u32, _>(StoreError::Unavailable { reason: "away".to_owned() });
    let begun = memory.begin();
    memory.keep("a", 2);
    assert_eq!(memory.stale_if_error("a", begun, Ok(1)).unwrap(), 1, "the reader has what it was given");
    assert_eq!(memory.stale_if_error("a", memory.begin(), away()).unwrap(), 2);
    // The same where only that something was written is known.
    let begun = memory.begin();
    memory.forget("a");
    memory.stale_if_error("a", begun, Ok(2)).unwrap();
    assert!(memory.stale_if_error("a", memory.begin(), away()).is_err());
    memory.stale_if_error("a", memory.begin(), Ok(3)).unwrap();
    assert_eq!(memory.stale_if_error("a", memory.begin(), away()).unwrap(), 3);
}
