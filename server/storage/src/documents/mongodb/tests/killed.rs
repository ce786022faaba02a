//! A server that is killed while it is written to, and comes back.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use tokio::task::JoinSet;

use super::*;
use testing::OwnServer;

const WRITERS: usize = 4;
const ROUNDS: usize = 2;
/// How long who asks may be kept waiting for a refusal, where the driver waits for a server for five seconds.
const SOON: Duration = Duration::from_secs(11);

/// What one writer knows: what was acknowledged to it, of new documents and of its one that it changes again and again.
#[derive(Default)]
struct Acknowledged {
    documents: Vec<String>,
    /// The number in the last change that was acknowledged, and in the last one that was tried.
    acknowledged: u64,
    tried: u64,
    refused: u64,
}

/// As long as a torn one could not be mistaken for a whole one.
fn body(number: u64) -> serde_json::Value {
    json!({ "first": number, "words": vec![number; 500], "last": number })
}

fn number_of(document: &Document) -> u64 {
    let number = document.body["first"].as_u64().unwrap();
    assert_eq!(document.body, body(number), "{} is torn", document.id);
    number
}

async fn write(store: Arc<MongoDocuments>, writer: usize, is_done: Arc<AtomicBool>) -> Acknowledged {
    let (changed, mut known) = (format!("changed-{writer}"), Acknowledged::default());
    for number in 1.. {
        if is_done.load(Ordering::SeqCst) {
            break;
        }
        let begun = Instant::now();
        let id = format!("new-{writer}-{number}");
        known.tried = number;
        let outcomes = [
            store.put(&promises::FILMS, put(&id, body(number))).await.map(|_| known.documents.push(id)),
            store.put(&promises::FILMS, put(&changed, body(number))).await.map(|_| known.acknowledged = number),
        ];
        for outcome in outcomes {
            match outcome {
                Ok(()) => {}
                Err(StoreError::Unavailable { .. }) => known.refused += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
        assert!(begun.elapsed() < 2 * SOON, "two answers took {:?}", begun.elapsed());
    }
    known
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_was_killed_and_came_back_has_what_was_acknowledged_and_is_used_without_opening_anew() {
    let mut server = OwnServer::start("MARQUEE_TEST_MONGODB_COMMAND");
    let shared = testing::server("MARQUEE_TEST_MONGODB");
    let (before, after) = shared.split_once("//").unwrap();
    let (hosts, rest) = after.split_once('/').unwrap_or((after, ""));
    let user = hosts.rsplit_once('@').map_or(String::new(), |(user, _)| format!("{user}@"));
    let scratch = Scratch::on(&format!("{before}//{user}127.0.0.1:{}/{rest}", server.port));
    let store = Arc::new(super::open(&scratch).await);
    // Its collection and its indexes are made.
    store.put(&promises::FILMS, put("before", body(7))).await.unwrap();

    let is_done = Arc::new(AtomicBool::new(false));
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(write(Arc::clone(&store), writer, Arc::clone(&is_done)));
    }
    for round in 0..ROUNDS {
        tokio::time::sleep(Duration::from_millis(700)).await;
        server.kill();
        let begun = Instant::now();
        let read = store.get(&promises::FILMS, "before").await;
        assert!(matches!(read, Err(StoreError::Unavailable { .. })), "{read:?}");
        assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
        server.resume();
        let begun = Instant::now();
        while let Err(error) = store.put(&promises::FILMS, put(&format!("round-{round}"), body(1))).await {
            assert!(begun.elapsed() < Duration::from_secs(15), "{error}");
        }
    }
    tokio::time::sleep(Duration::from_millis(700)).await;
    is_done.store(true, Ordering::SeqCst);

    let (mut kept, mut refused) = (0, 0);
    while let Some(known) = writers.join_next().await {
        let known = known.unwrap();
        kept += known.documents.len();
        refused += known.refused;
        assert!(known.acknowledged > 0, "a writer got nowhere");
        for ids in known.documents.chunks(1000) {
            let found = store.get_many(&promises::FILMS, ids).await.unwrap();
            assert_eq!(found.len(), ids.len(), "all that was acknowledged");
            for document in &found {
                number_of(document);
            }
        }
        let writer = known.documents[0].split('-').nth(1).unwrap().to_owned();
        let changed = store.get(&promises::FILMS, &format!("changed-{writer}")).await.unwrap().unwrap();
        let number = number_of(&changed);
        assert!((known.acknowledged..=known.tried).contains(&number), "{number} of {}", known.acknowledged);
        // Each change counts once: one whose answer was lost may be there and may not.
        assert!(changed.version <= number, "version {} of {number} tries", changed.version);
    }
    assert!(kept > 8 && refused > 0, "{kept} kept, {refused} refused");
    // What was refused and is there all the same is whole.
    let mut after = None;
    loop {
        let page = store.list(&promises::FILMS, after.as_deref(), 1000).await.unwrap();
        for document in &page.documents {
            number_of(document);
        }
        let Some(next) = page.next else { break };
        after = Some(next);
    }
    drop(store);
    drop(scratch);
}
