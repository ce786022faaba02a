//! Writers that are delayed between their reservation and their write, and writers that never come.

use std::sync::Mutex;

use tokio::sync::Notify;

use super::*;
use crate::documents::feed::{Changes, Position, Since, State};

static NUMBERED: Collection =
    Collection::declared("films", &[Index { name: "by_slug", fields: &["slug"], unique: true }]).numbered("catalogue");

/// Holds up the next write of a store between its reservation and its write.
#[derive(Clone, Default)]
pub(in crate::documents::mongodb) struct Stall(Arc<Mutex<Option<Arc<Gate>>>>);

#[derive(Default)]
struct Gate {
    arrived: Notify,
    go: Notify,
}

impl Stall {
    pub(in crate::documents::mongodb) async fn wait(&self) {
        let gate = self.0.lock().unwrap().take();
        if let Some(gate) = gate {
            gate.arrived.notify_one();
            gate.go.notified().await;
        }
    }

    fn next(&self) -> Arc<Gate> {
        let gate = Arc::new(Gate::default());
        *self.0.lock().unwrap() = Some(Arc::clone(&gate));
        gate
    }
}

/// Readers of a store with this lease give up what they see, or wait for as long as the test runs.
async fn store(scratch: &Scratch, lease: Duration) -> MongoDocuments {
    MongoDocuments { lease, ..super::open(scratch).await }
}

const AT_ONCE: Duration = Duration::ZERO;
const NEVER: Duration = Duration::from_secs(3600);

/// A write that has its number and waits.
struct Delayed<T> {
    gate: Arc<Gate>,
    task: tokio::task::JoinHandle<T>,
}

impl<T: Send + 'static> Delayed<T> {
    async fn new(store: &MongoDocuments, write: impl Future<Output = T> + Send + 'static) -> Self {
        let gate = store.stall.next();
        let task = tokio::spawn(write);
        gate.arrived.notified().await;
        Self { gate, task }
    }

    async fn finish(self) -> T {
        self.gate.go.notify_one();
        self.task.await.unwrap()
    }
}

fn write(id: &str, number: u32, expect: Expect) -> Write {
    Write { id: id.to_owned(), body: json!({ "number": number }), expect }
}

async fn delayed(store: &Arc<MongoDocuments>, write: Write) -> Delayed<Result<u64, StoreError>> {
    let writer = Arc::clone(store);
    Delayed::new(store, async move { writer.put(&NUMBERED, write).await }).await
}

async fn since(store: &MongoDocuments, position: &Position) -> Changes {
    store.changes(&NUMBERED, Since::Position(position), 100).await.unwrap().unwrap()
}

async fn position(store: &MongoDocuments) -> Position {
    store.changes(&NUMBERED, Since::Listing(""), 1).await.unwrap().unwrap().position
}

fn told(changes: &Changes) -> Vec<(&str, Option<u64>)> {
    let number = |state: &State| match state {
        State::Stored(document) => document.body["number"].as_u64(),
        State::Deleted => None,
        State::Unreadable => panic!("unreadable"),
    };
    changes.entries.iter().map(|entry| (&*entry.id, number(&entry.state))).collect()
}

#[tokio::test]
async fn a_reader_does_not_pass_a_write_that_is_under_way_and_sees_it_when_it_has_come() {
    let scratch = Scratch::new();
    let (writer, reader) = (Arc::new(store(&scratch, NEVER).await), store(&scratch, NEVER).await);
    let start = position(&reader).await;
    let slow = delayed(&writer, write("slow", 1, Expect::Absent)).await;
    writer.put(&NUMBERED, write("quick", 2, Expect::Absent)).await.unwrap();
    let waiting = since(&reader, &start).await;
    assert_eq!((told(&waiting), &waiting.position), (vec![], &start), "the quick one's number is behind the slow one's");
    assert_eq!(slow.finish().await.unwrap(), 1);
    let all = since(&reader, &waiting.position).await;
    assert_eq!(told(&all), [("slow", Some(1)), ("quick", Some(2))]);
}

#[tokio::test]
async fn a_write_that_comes_after_it_was_given_up_takes_another_number_and_is_seen() {
    for expect in [Expect::Anything, Expect::Version(1), Expect::Absent] {
        let scratch = Scratch::new();
        let (writer, reader) = (Arc::new(store(&scratch, NEVER).await), store(&scratch, AT_ONCE).await);
        let exists = expect != Expect::Absent;
        if exists {
            writer.put(&NUMBERED, write("late", 1, Expect::Absent)).await.unwrap();
        }
        let start = position(&reader).await;
        let late = delayed(&writer, write("late", 2, expect)).await;
        writer.put(&NUMBERED, write("other", 3, Expect::Absent)).await.unwrap();
        let passed = since(&reader, &start).await;
        assert_eq!(told(&passed), [("late", exists.then_some(1)), ("other", Some(3))], "{expect:?}: what it gave up it looks at");
        assert!(!passed.more);
        assert_eq!(late.finish().await.unwrap(), if exists { 2 } else { 1 }, "{expect:?}");
        let later = since(&reader, &passed.position).await;
        assert_eq!(told(&later), [("late", Some(2))], "{expect:?}: nothing is missed");
        assert_eq!(reader.count(&NUMBERED).await.unwrap(), 2);
    }
}

#[tokio::test]
async fn a_deletion_that_comes_after_it_was_given_up_is_seen_and_one_of_a_version_that_is_gone_is_none() {
    let scratch = Scratch::new();
    let (writer, reader) = (Arc::new(store(&scratch, NEVER).await), store(&scratch, AT_ONCE).await);
    writer.put(&NUMBERED, write("a", 1, Expect::Absent)).await.unwrap();
    let start = position(&reader).await;
    for (expect, outcome) in [(Expect::Version(1), false), (Expect::Anything, true)] {
        let deleting = Arc::clone(&writer);
        let late = Delayed::new(&writer, async move { deleting.delete(&NUMBERED, "a", expect).await }).await;
        since(&reader, &start).await;
        writer.put(&NUMBERED, write("a", 2, Expect::Anything)).await.unwrap();
        assert_eq!(late.finish().await.is_ok_and(|deleted| deleted), outcome, "{expect:?}");
    }
    assert_eq!(told(&since(&reader, &start).await), [("a", None)]);
}

#[tokio::test]
async fn of_two_writes_the_one_with_the_lower_number_comes_last_and_is_numbered_anew() {
    let scratch = Scratch::new();
    let store = Arc::new(store(&scratch, NEVER).await);
    store.put(&NUMBERED, write("a", 0, Expect::Absent)).await.unwrap();
    let start = position(&store).await;
    let slow = delayed(&store, write("a", 1, Expect::Anything)).await;
    store.put(&NUMBERED, write("a", 2, Expect::Anything)).await.unwrap();
    assert_eq!(slow.finish().await.unwrap(), 3);
    let changes = since(&store, &start).await;
    assert_eq!(told(&changes), [("a", Some(1))]);
    assert_eq!(changes.entries[0].number, changes.position.number, "the last number is the last write's");
}

#[tokio::test]
async fn a_writer_that_was_killed_holds_readers_up_for_the_lease_alone() {
    let scratch = Scratch::new();
    let writer = Arc::new(store(&scratch, NEVER).await);
    let start = position(&writer).await;
    writer.put(&NUMBERED, write("there", 1, Expect::Absent)).await.unwrap();
    for id in ["there", "never"] {
        let killed = delayed(&writer, write(id, 9, Expect::Anything)).await;
        killed.task.abort();
    }
    let waiting = since(&writer, &start).await;
    assert_eq!((told(&waiting).len(), since(&writer, &waiting.position).await.entries.len()), (1, 0));
    let reader = store(&scratch, AT_ONCE).await;
    let passed = since(&reader, &waiting.position).await;
    assert_eq!(told(&passed), [("there", Some(1)), ("never", None)]);
    assert!(since(&writer, &passed.position).await.entries.is_empty(), "given up once for all");
    assert_eq!(writer.get(&NUMBERED, "never").await.unwrap(), None);
    assert_eq!(writer.list(&NUMBERED, None, 10).await.unwrap().documents.len(), 1);
}

#[tokio::test]
async fn a_client_that_goes_away_holds_no_reader_up() {
    let scratch = Scratch::new();
    let store = Arc::new(store(&scratch, NEVER).await);
    let start = position(&store).await;
    let gate = store.stall.next();
    let gone = tokio::time::timeout(Duration::from_millis(50), store.put(&NUMBERED, write("a", 1, Expect::Absent)));
    assert!(gone.await.is_err());
    gate.go.notify_one();
    let begun = std::time::Instant::now();
    while since(&store, &start).await.entries.is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(5), "it is not gone on with");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn many_who_reserve_at_once_have_numbers_of_their_own() {
    let scratch = Scratch::new();
    let stores = [Arc::new(store(&scratch, NEVER).await), Arc::new(store(&scratch, NEVER).await)];
    let start = position(&stores[0]).await;
    let writes = (0..100u32).map(|at| {
        let store = Arc::clone(&stores[at as usize % 2]);
        tokio::spawn(async move { store.put(&NUMBERED, write(&format!("f{at}"), at, Expect::Absent)).await.unwrap() })
    });
    for written in writes.collect::<Vec<_>>() {
        written.await.unwrap();
    }
    let changes = since(&stores[0], &start).await;
    let numbers: Vec<u64> = changes.entries.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, (start.number + 1..=start.number + 100).collect::<Vec<_>>());
}

#[tokio::test]
async fn documents_that_were_restored_without_their_counter_are_written_and_readers_begin_anew() {
    let scratch = Scratch::new();
    let before = store(&scratch, NEVER).await;
    // Further than a write that is tried again and again would come.
    for number in 0..100 {
        before.put(&NUMBERED, write("a", number, Expect::Anything)).await.unwrap();
    }
    let old = position(&before).await;
    before.database.collection::<BsonDocument>("_feed_counters").drop().await.unwrap();
    let store = store(&scratch, NEVER).await;
    assert_eq!(store.put(&NUMBERED, write("a", 9, Expect::Version(100))).await.unwrap(), 101);
    assert_eq!(store.changes(&NUMBERED, Since::Position(&old), 10).await.unwrap(), None);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_told_as_one_and_holds_nothing_back() {
    let scratch = Scratch::new();
    let store = store(&scratch, NEVER).await;
    let start = position(&store).await;
    for (id, number) in [("a", 1), ("b", 2), ("c", 3)] {
        store.put(&NUMBERED, write(id, number, Expect::Absent)).await.unwrap();
    }
    let raw = store.database.collection::<BsonDocument>("films");
    raw.update_one(doc! { "_id": "b" }, doc! { "$unset": { "v": "" } }).await.unwrap();
    let listing = store.changes(&NUMBERED, Since::Listing(""), 10).await.unwrap().unwrap();
    for changes in [since(&store, &start).await, listing] {
        let [a, b, c] = &*changes.entries else { panic!("{changes:?}") };
        assert!(matches!((&a.state, &c.state), (State::Stored(_), State::Stored(_))));
        assert!(b.id == "b" && b.state == State::Unreadable, "{b:?}");
    }
}

#[tokio::test]
async fn changes_are_found_by_their_index() {
    let scratch = Scratch::new();
    let store = store(&scratch, NEVER).await;
    let writes = (0..1500).map(|n| write(&format!("d{n:04}"), n, Expect::Absent)).collect();
    assert!(store.put_many(&NUMBERED, writes).await.unwrap().iter().all(Result::is_ok));
    let plan = store.plan(&NUMBERED, Query::numbered(700, 1400)).await.unwrap();
    assert!(plan.is_by("_feed"), "{plan}");
}
