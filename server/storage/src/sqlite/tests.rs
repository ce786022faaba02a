//! What the engine promises to the backends, and a process that is killed while it writes.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
};

use rusqlite::params;
use tokio::task::JoinSet;

use super::*;
use crate::events::Change;

fn open(folder: &Path) -> Sqlite {
    Sqlite::open(&folder.join("engine.db"), Events::default()).unwrap()
}

async fn make_table(sqlite: &Sqlite) {
    let sql = "CREATE TABLE IF NOT EXISTS counted (number INTEGER PRIMARY KEY, bytes BLOB)";
    sqlite.write(move |connection| connection.execute_batch(sql).map_err(failure)).await.unwrap();
}

async fn insert(sqlite: &Sqlite, number: i64) -> Result<(), StoreError> {
    sqlite.write(move |connection| insert_now(connection, number)).await
}

fn insert_now(connection: &Connection, number: i64) -> Result<(), StoreError> {
    connection.execute("INSERT INTO counted (number) VALUES (?1)", [number]).map(drop).map_err(failure)
}

async fn numbers(sqlite: &Sqlite) -> Vec<i64> {
    sqlite.read(numbers_now).await.unwrap()
}

fn numbers_now(connection: &Connection) -> Result<Vec<i64>, StoreError> {
    let mut select = connection.prepare_cached("SELECT number FROM counted ORDER BY number").map_err(failure)?;
    select.query_map([], |row| row.get(0)).and_then(Iterator::collect).map_err(failure)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_or_panicking_operation_is_undone_alone_and_the_others_of_its_batch_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = open(folder.path());
    make_table(&sqlite).await;
    let mut writes = JoinSet::new();
    for number in 0..300 {
        let sqlite = sqlite.clone();
        writes.spawn(async move {
            let outcome = sqlite.write(move |connection| {
                insert_now(connection, number)?;
                match number % 3 {
                    0 => Ok(()),
                    1 => Err(StoreError::Conflict { key: number.to_string() }),
                    _ => panic!("an operation may panic"),
                }
            });
            match outcome.await {
                Ok(()) => assert_eq!(number % 3, 0),
                Err(StoreError::Conflict { key }) => assert!(number % 3 == 1 && key == number.to_string()),
                Err(StoreError::Unavailable { .. }) => assert_eq!(number % 3, 2),
                Err(other) => panic!("{other}"),
            }
        });
    }
    writes.join_all().await;
    assert_eq!(numbers(&sqlite).await, (0..300).step_by(3).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_that_wait_together_are_committed_together() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = open(folder.path());
    make_table(&sqlite).await;
    // While the thread is held up, the others gather in the queue.
    let held = Arc::new(AtomicBool::new(true));
    let gate = Arc::clone(&held);
    let holding = sqlite.clone();
    let holder = tokio::spawn(async move {
        let wait = move |_: &Connection| {
            while gate.load(Ordering::Acquire) {
                std::thread::sleep(Duration::from_millis(1));
            }
            Ok(())
        };
        holding.write(wait).await.unwrap();
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut writes = JoinSet::new();
    for number in 0..200 {
        let sqlite = sqlite.clone();
        writes.spawn(async move {
            insert(&sqlite, number).await.unwrap();
            numbers(&sqlite).await.len()
        });
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(numbers(&sqlite).await, Vec::<i64>::new(), "nothing is seen before its commit");
    held.store(false, Ordering::Release);
    holder.await.unwrap();
    let seen = writes.join_all().await;
    assert!(seen.iter().all(|seen| *seen >= 200), "one commit made all of them visible: {seen:?}");
}

#[tokio::test]
async fn a_reader_cannot_write_and_lives_on_after_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = open(folder.path());
    make_table(&sqlite).await;
    for _ in 0..20 {
        let panicked = sqlite.read(|_| -> Result<(), StoreError> { panic!("an operation may panic") }).await;
        assert!(matches!(panicked, Err(StoreError::Unavailable { .. })));
        let refused = sqlite.read(|connection| insert_now(connection, 1)).await;
        assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    }
    assert_eq!(numbers(&sqlite).await, Vec::<i64>::new());
}

#[tokio::test]
async fn a_full_disk_refuses_writes_in_words_loses_nothing_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = open(folder.path());
    make_table(&sqlite).await;
    insert(&sqlite, 1).await.unwrap();
    let pages = |pages: u32| {
        move |it: &Connection| it.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).map_err(failure)
    };
    sqlite.write(pages(10)).await.unwrap();
    let fill = |number: i64| {
        sqlite.write(move |connection| {
            let sql = "INSERT INTO counted VALUES (?1, zeroblob(100000))";
            connection.execute(sql, params![number]).map(drop).map_err(failure)
        })
    };
    let refused = fill(2).await;
    let Err(error @ StoreError::Full { .. }) = refused else { panic!("{refused:?}") };
    assert!(error.to_string().contains("full"), "{error}");
    assert_eq!(numbers(&sqlite).await, [1]);
    sqlite.write(pages(100_000)).await.unwrap();
    fill(2).await.unwrap();
    assert_eq!(numbers(&sqlite).await, [1, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_process_writes_is_told_and_what_this_one_writes_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let events = Events::default();
    let mut told = events.listen();
    let here = Sqlite::open(&folder.path().join("engine.db"), events).unwrap();
    make_table(&here).await;
    for number in 0..30 {
        insert(&here, number).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(told.try_recv().is_err(), "own writes are no news");
    let elsewhere = open(folder.path());
    insert(&elsewhere, 1000).await.unwrap();
    let change = tokio::time::timeout(Duration::from_secs(5), told.recv()).await.unwrap().unwrap();
    assert_eq!(change, Change::Elsewhere);
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert!(told.try_recv().is_err(), "one change is told once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_that_write_without_a_pause_both_get_on() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (open(folder.path()), open(folder.path()));
    make_table(&here).await;
    let mut writes = JoinSet::new();
    for client in 0..8 {
        let sqlite = if client % 2 == 0 { here.clone() } else { there.clone() };
        writes.spawn(async move {
            for number in 0..100 {
                insert(&sqlite, client * 1000 + number).await.unwrap();
            }
        });
    }
    writes.join_all().await;
    assert_eq!(numbers(&here).await.len(), 800);
    assert_eq!(numbers(&there).await.len(), 800);
}

const FOLDER_OF_CHILD: &str = "MARQUEE_TEST_KILLED_WRITER";

/// Run by itself in a process of its own, it is the writer that is killed.
#[test]
fn no_acknowledged_write_is_lost_when_the_process_is_killed() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    if let Some(folder) = std::env::var_os(FOLDER_OF_CHILD) {
        runtime.block_on(write_until_killed(Path::new(&folder)));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..10 {
        acknowledged.extend(kill_a_writer(folder.path(), Duration::from_millis(rand::random_range(1..120))));
        let sqlite = open(folder.path());
        let kept = runtime.block_on(numbers(&sqlite));
        let lost: Vec<_> = acknowledged.iter().filter(|number| kept.binary_search(number).is_err()).collect();
        assert!(lost.is_empty(), "round {round}: {lost:?} were acknowledged and are gone");
        let sound: String = runtime
            .block_on(sqlite.read(|it| it.query_row("PRAGMA integrity_check", [], |row| row.get(0)).map_err(failure)))
            .unwrap();
        assert_eq!(sound, "ok");
    }
    assert!(acknowledged.len() > 100, "the writers came to write: {}", acknowledged.len());
}

/// Starts a writer, kills it some time after its first write, and returns what it said to have written.
fn kill_a_writer(folder: &Path, after: Duration) -> Vec<i64> {
    let mut writer = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sqlite::tests::no_acknowledged_write_is_lost_when_the_process_is_killed"])
        .args(["--nocapture", "--test-threads=1"])
        .env(FOLDER_OF_CHILD, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(writer.stdout.take().unwrap()).split(b'\n').map_while(Result::ok);
    // A line that the kill cut off is not acknowledged: complete ones end in a full stop.
    let number = |line: Vec<u8>| String::from_utf8(line).ok()?.strip_prefix("wrote ")?.strip_suffix('.')?.parse().ok();
    let first = lines.by_ref().find_map(number).expect("the writer writes");
    std::thread::sleep(after);
    writer.kill().unwrap();
    writer.wait().unwrap();
    [first].into_iter().chain(lines.filter_map(number)).collect()
}

async fn write_until_killed(folder: &Path) {
    let sqlite = open(folder);
    make_table(&sqlite).await;
    let start = numbers(&sqlite).await.last().map_or(0, |last| last + 1);
    let mut clients = JoinSet::new();
    for client in 0..8 {
        let sqlite = sqlite.clone();
        clients.spawn(async move {
            for number in (start + client..).step_by(8) {
                insert(&sqlite, number).await.unwrap();
                let mut output = std::io::stdout().lock();
                output.write_all(format!("wrote {number}.\n").as_bytes()).unwrap();
                output.flush().unwrap();
            }
        });
    }
    clients.join_all().await;
}
