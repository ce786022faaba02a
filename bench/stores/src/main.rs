//! What the stores do, beside what their drivers do alone: run by `cargo xtask bench`, one JSON line a figure.
//!
//! The embedded store in a folder of its own; Redis and MongoDB where `MARQUEE_TEST_*` name them, each with the same work
//! by the bare driver against the same server in the same run. Must never be part of the tests: it is timed.

#![expect(clippy::print_stdout, reason = "its figures are read by xtask")]

use std::{
    error::Error,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use mongodb::bson::{Document, doc};
use serde_json::json;
use storage::{
    StoreError,
    documents::{Collection, Documents, Expect, Index, Write, mongodb::MongoDocuments, sqlite::SqliteDocuments},
    events::Events,
    keyvalue::{KeyValue, redis::RedisKeyValue, sqlite::SqliteKeyValue},
    sqlite::Sqlite,
};
use tokio::task::JoinSet;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const CLIENTS: u64 = 64;
const KEYS: u64 = 10_000;
/// How long each kind of work goes on.
const ROUND: Duration = Duration::from_secs(4);
/// How long ours and the bare driver's work go on in turn, and how often: whatever else the machine does meets both.
const TURN: Duration = Duration::from_secs(1);
const TURNS: usize = 9;
/// How long what is written is kept.
const TIME_TO_LIVE: Duration = Duration::from_secs(600);
/// What a session takes, about.
const VALUE: [u8; 256] = [7; 256];

static FILMS: Collection = Collection::declared("films", &[Index { name: "by_year", fields: &["year"], unique: false }]);

#[tokio::main]
async fn main() -> Outcome<()> {
    embedded().await?;
    if let Ok(url) = std::env::var("MARQUEE_TEST_REDIS") {
        against_redis(&url).await?;
    }
    if let Ok(url) = std::env::var("MARQUEE_TEST_MONGODB") {
        against_mongodb(&url).await?;
    }
    Ok(())
}

fn tell(figure: &str, value: f64) {
    println!("{}", json!({ "figure": figure, "value": value }));
}

async fn embedded() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let sqlite = Sqlite::open(&folder.path().join("store.db"), Events::default())?;
    let store: Arc<dyn KeyValue> = Arc::new(SqliteKeyValue::open(sqlite.clone()).await?);
    fill(&*store).await?;
    let (reads, writes) = (Arc::clone(&store), Arc::clone(&store));
    tell("embedded reads", rate(ROUND, move |n| read(Arc::clone(&reads), n)).await?);
    tell("embedded writes", rate(ROUND, move |n| write(Arc::clone(&writes), n)).await?);
    tell("embedded read p99", beside_an_import(store, Arc::new(SqliteDocuments::new(sqlite))).await?);
    Ok(())
}

async fn fill(store: &dyn KeyValue) -> Outcome<()> {
    let put = |n| async move { store.put(&key(n), Bytes::from_static(&VALUE), Expect::Anything, None).await };
    let puts = stream::iter((0..KEYS).map(put)).buffer_unordered(64);
    puts.try_for_each(async |_| Ok::<(), StoreError>(())).await?;
    Ok(())
}

async fn read(store: Arc<dyn KeyValue>, n: u64) -> Outcome<()> {
    store.get(&key(n)).await?.ok_or("a key is gone")?;
    Ok(())
}

async fn write(store: Arc<dyn KeyValue>, n: u64) -> Outcome<()> {
    store.put(&key(n), Bytes::from_static(&VALUE), Expect::Anything, Some(TIME_TO_LIVE)).await?;
    Ok(())
}

fn key(n: u64) -> String {
    format!("bench/{}/{n}", n % 100)
}

fn film(n: u64) -> Write {
    let body = json!({ "year": 1900 + n % 120, "title": "A film", "synopsis": "x".repeat(600) });
    Write { id: format!("film{n}"), body, expect: Expect::Anything }
}

/// How often a second `work` is done by so many clients, each one after the other, over keys in no order.
async fn rate<W, F>(time: Duration, work: W) -> Outcome<f64>
where
    W: Fn(u64) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Outcome<()>> + Send,
{
    let (done, begun) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let (work, done) = (work.clone(), Arc::clone(&done));
        clients.spawn(async move {
            let mut n = client;
            while begun.elapsed() < time {
                // A way through all keys that is none in order.
                n = (n * 7_919 + 13) % KEYS;
                work(n).await?;
                done.fetch_add(1, Ordering::Relaxed);
            }
            Outcome::Ok(())
        });
    }
    while let Some(client) = clients.join_next().await {
        client??;
    }
    #[expect(clippy::cast_precision_loss, reason = "some hundred thousands")]
    Ok(done.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64())
}

/// The p99 of single reads, in milliseconds, while a catalogue is imported as fast as it will go.
async fn beside_an_import(store: Arc<dyn KeyValue>, documents: Arc<dyn Documents>) -> Outcome<f64> {
    let is_over = Arc::new(AtomicBool::new(false));
    let ends = Arc::clone(&is_over);
    let import = tokio::spawn(async move {
        let mut films = 0;
        while !ends.load(Ordering::Relaxed) {
            documents.put_many(&FILMS, (films..films + 500).map(film).collect()).await?;
            films += 500;
        }
        Outcome::Ok(films)
    });
    let (mut times, mut n) = (Vec::new(), 0);
    let begun = Instant::now();
    while begun.elapsed() < ROUND {
        let asked = Instant::now();
        n = (n * 7_919 + 13) % KEYS;
        read(Arc::clone(&store), n).await?;
        times.push(asked.elapsed());
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
    is_over.store(true, Ordering::Relaxed);
    if import.await?? == 0 {
        return Err("nothing was imported meanwhile".into());
    }
    times.sort_unstable();
    let p99 = times.get(times.len() * 99 / 100).ok_or("nothing was read")?;
    Ok(p99.as_secs_f64() * 1000.0)
}

/// Ours and the bare driver's in turn; the median turn of each counts.
async fn beside<W, F, B, G>(name: &str, ours: W, bare: B) -> Outcome<()>
where
    W: Fn(u64) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Outcome<()>> + Send,
    B: Fn(u64) -> G + Clone + Send + Sync + 'static,
    G: Future<Output = Outcome<()>> + Send,
{
    let (mut our_turns, mut bare_turns) = (Vec::with_capacity(TURNS), Vec::with_capacity(TURNS));
    for _ in 0..TURNS {
        our_turns.push(rate(TURN, ours.clone()).await?);
        bare_turns.push(rate(TURN, bare.clone()).await?);
    }
    tell(name, median(our_turns));
    tell(&format!("{name}, bare"), median(bare_turns));
    Ok(())
}

fn median(mut turns: Vec<f64>) -> f64 {
    turns.sort_unstable_by(f64::total_cmp);
    turns.get(turns.len() / 2).copied().unwrap_or_default()
}

async fn against_redis(url: &str) -> Outcome<()> {
    let prefix = format!("bench{:016x}", rand::random::<u64>());
    let store: Arc<dyn KeyValue> = Arc::new(RedisKeyValue::open(&format!("{url}?prefix={prefix}")).await?);
    fill(&*store).await?;
    let driver = redis::Client::open(url)?.get_connection_manager().await?;
    let bare = Arc::new(BareRedis { driver, prefix });
    for n in 0..KEYS {
        bare.set(n).await?;
    }
    let (reads, bare_reads) = (Arc::clone(&store), Arc::clone(&bare));
    let bare_read = move |n| {
        let bare = Arc::clone(&bare_reads);
        async move { bare.get(n).await }
    };
    beside("Redis reads", move |n| read(Arc::clone(&reads), n), bare_read).await?;
    let bare_write = move |n| {
        let bare = Arc::clone(&bare);
        async move { bare.set(n).await }
    };
    beside("Redis writes", move |n| write(Arc::clone(&store), n), bare_write).await
}

struct BareRedis {
    driver: redis::aio::ConnectionManager,
    prefix: String,
}

impl BareRedis {
    async fn get(&self, n: u64) -> Outcome<()> {
        let key = format!("{}-bare/{}", self.prefix, key(n));
        let value: Option<Vec<u8>> = redis::cmd("GET").arg(key).query_async(&mut self.driver.clone()).await?;
        value.ok_or("a key is gone")?;
        Ok(())
    }

    /// It goes by itself: what is measured is left to nobody.
    async fn set(&self, n: u64) -> Outcome<()> {
        let key = format!("{}-bare/{}", self.prefix, key(n));
        let set = redis::cmd("SET").arg(key).arg(&VALUE[..]).arg("EX").arg(TIME_TO_LIVE.as_secs()).to_owned();
        Ok(set.exec_async(&mut self.driver.clone()).await?)
    }
}

async fn against_mongodb(url: &str) -> Outcome<()> {
    let (start, query) = url.split_once('?').map_or((url, String::new()), |(start, query)| (start, format!("?{query}")));
    let hosts: Vec<&str> = start.splitn(4, '/').take(3).collect();
    let name = format!("bench{:016x}", rand::random::<u64>());
    let url = format!("{}/{name}{query}", hosts.join("/"));
    let client = mongodb::Client::with_uri_str(&url).await?;
    let outcome = in_database(&url, &client.database(&name)).await;
    client.database(&name).drop().await?;
    outcome
}

async fn in_database(url: &str, database: &mongodb::Database) -> Outcome<()> {
    let store: Arc<dyn Documents> = Arc::new(MongoDocuments::open(url).await?);
    for batch in 0..KEYS / 500 {
        store.put_many(&FILMS, (batch * 500..(batch + 1) * 500).map(film).collect()).await?;
    }
    let bare = database.collection::<Document>("bare");
    bare.insert_many((0..KEYS).map(bare_film)).await?;
    let (reads, bare_reads) = (Arc::clone(&store), bare.clone());
    let our_read = move |n| {
        let store = Arc::clone(&reads);
        async move { Ok(store.get(&FILMS, &format!("film{n}")).await?.map(drop).ok_or("a film is gone")?) }
    };
    let bare_read = move |n| {
        let bare = bare_reads.clone();
        async move { Ok(bare.find_one(doc! { "_id": format!("film{n}") }).await?.map(drop).ok_or("a film is gone")?) }
    };
    beside("MongoDB reads", our_read, bare_read).await?;
    let our_write = move |n| {
        let store = Arc::clone(&store);
        async move { Ok(store.put(&FILMS, film(n)).await.map(drop)?) }
    };
    let bare_write = move |n| {
        let bare = bare.clone();
        async move {
            let update = doc! { "$set": { "year": 1999, "title": "A film", "synopsis": "x".repeat(600) }, "$inc": { "v": 1 } };
            Ok(bare.find_one_and_update(doc! { "_id": format!("film{n}") }, update).await.map(drop)?)
        }
    };
    beside("MongoDB writes", our_write, bare_write).await
}

fn bare_film(n: u64) -> Document {
    let year = i64::try_from(1900 + n % 120).unwrap_or_default();
    doc! { "_id": format!("film{n}"), "v": 1_i64, "year": year, "title": "A film", "synopsis": "x".repeat(600) }
}
