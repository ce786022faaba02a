//! Redis keeps every promise: one server, a cluster, TLS, and a server that goes and comes back.

use std::time::Instant;

use super::*;
use testing::redis::{OwnCluster, OwnRedis, Prefix, certificates};

use crate::keyvalue::promises::{Backend, keyvalue_promises};

#[async_trait]
impl Backend for Prefix {
    async fn open(&self) -> Arc<dyn KeyValue> {
        Arc::new(RedisKeyValue::open(&self.url()).await.unwrap())
    }
}

keyvalue_promises!(Prefix::make);

/// A part of a server that only one test uses.
struct Part(String);

#[async_trait]
impl Backend for Part {
    async fn open(&self) -> Arc<dyn KeyValue> {
        Arc::new(RedisKeyValue::open(&self.0).await.unwrap())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_keeps_every_promise_on_all_of_its_servers() {
    let cluster = OwnCluster::start();
    let mut number = 0;
    let mut part = || {
        number += 1;
        Part(format!("{}?prefix=part-{number}", cluster.url()))
    };
    keyvalue_promises!(one_after_another part);
    assert!(cluster.sizes().iter().all(|size| *size > 0), "{:?}", cluster.sizes());
}

async fn refusal(url: &str) -> String {
    match RedisKeyValue::open(url).await {
        Ok(_) => panic!("{url} was opened"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_server_by_an_authority_of_ones_own_is_trusted_and_no_other() {
    let (server, authority) = OwnRedis::with_tls(&[]);
    let url = server.url().replace("redis://", "rediss://");
    let store = RedisKeyValue::open(&format!("{url}?ca={}", authority.display())).await.unwrap();
    store.put("a", "sealed".into(), Expect::Absent, None).await.unwrap();
    assert_eq!(store.get("a").await.unwrap().unwrap().value, "sealed");

    let other = tempfile::tempdir().unwrap();
    let stranger = certificates(other.path());
    let message = refusal(&format!("{url}?ca={}", stranger.display())).await;
    assert!(message.contains("certificate") && message.contains("127.0.0.1"), "{message}");
    // Nor is it known to the system, nor spoken to in the clear.
    assert!(refusal(&url).await.contains("certificate"));
    refusal(&server.url()).await;
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_not_repeated() {
    let server = OwnRedis::start(&[]);
    let message = refusal(&format!("redis://:hunter2@127.0.0.1:{}", server.port)).await;
    assert!(message.contains(&format!("127.0.0.1:{}", server.port)) && !message.contains("hunter2"), "{message}");
}

#[tokio::test]
async fn a_server_that_evicts_is_refused() {
    let server = OwnRedis::start(&["--maxmemory-policy", "allkeys-lru"]);
    let message = refusal(&server.url()).await;
    assert!(message.contains("allkeys-lru") && message.contains("noeviction"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_was_killed_and_came_back_has_what_was_acknowledged_and_is_used_again() {
    let mut server = OwnRedis::start(&[]);
    let store = RedisKeyValue::open(&server.url()).await.unwrap();
    let mut kept = Vec::new();
    for round in 0..3 {
        for number in 0..50 {
            let key = format!("kept/{round}/{number}");
            let version = store.put(&key, key.clone().into(), Expect::Absent, None).await.unwrap();
            kept.push((key, version));
        }
        server.kill();
        for _ in 0..3 {
            let begun = Instant::now();
            assert!(matches!(store.get("kept/0/0").await, Err(StoreError::Unavailable { .. })));
            let write = store.put("lost", "x".into(), Expect::Anything, None).await;
            assert!(matches!(write, Err(StoreError::Unavailable { .. })));
            assert!(begun.elapsed() < Duration::from_secs(11), "{:?}", begun.elapsed());
        }
        server.resume();
        // The server may still be reading what it kept.
        let begun = Instant::now();
        while let Err(error) = store.get("kept/0/0").await {
            assert!(begun.elapsed() < Duration::from_secs(3), "{error}");
        }
        for (key, version) in &kept {
            assert_eq!(store.get(key).await.unwrap().unwrap(), Entry { value: key.clone().into(), version: *version });
        }
        assert_eq!(store.get("lost").await.unwrap(), None);
        let found = store.scan(&format!("kept/{round}/"), None, 1000).await.unwrap();
        assert_eq!(found.len(), 50);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_lost_a_server_and_has_it_back_is_used_again_with_what_was_acknowledged() {
    let mut cluster = OwnCluster::start();
    let store = RedisKeyValue::open(&cluster.url()).await.unwrap();
    let mut kept = Vec::new();
    for number in 0..60 {
        let key = format!("kept/{number}");
        let version = store.put(&key, key.clone().into(), Expect::Absent, None).await.unwrap();
        kept.push((key, version));
    }
    cluster.node(2).kill();
    let mut failed = 0;
    for (key, _) in &kept {
        let begun = Instant::now();
        match store.get(key).await {
            Ok(entry) => assert_eq!(entry.unwrap().value, key.as_bytes()),
            Err(StoreError::Unavailable { .. }) => failed += 1,
            Err(error) => panic!("{error}"),
        }
        assert!(begun.elapsed() < Duration::from_millis(5500), "{:?}", begun.elapsed());
        // Long enough for some, and for the others to notice.
        if failed == 2 {
            break;
        }
    }
    assert!(failed > 0, "a third of the keys was there");
    cluster.node(2).resume();
    let begun = Instant::now();
    for (key, version) in &kept {
        let entry = loop {
            match store.get(key).await {
                Ok(entry) => break entry.unwrap(),
                Err(error) => assert!(begun.elapsed() < Duration::from_secs(20), "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        assert_eq!(entry, Entry { value: key.clone().into(), version: *version });
    }
    store.put("kept/0", "new".into(), Expect::Version(kept[0].1), None).await.unwrap();
    assert_eq!(store.scan("kept/", None, 100).await.unwrap().len(), 60);
}

#[tokio::test]
async fn a_server_that_is_full_refuses_writes_as_a_whole_and_answers_reads() {
    let server = OwnRedis::start(&["--maxmemory", "6mb"]);
    let store = RedisKeyValue::open(&server.url()).await.unwrap();
    let large = Bytes::from(vec![7; 256 * 1024]);
    let mut written = 0;
    let refused = loop {
        match store.put(&format!("fill/x/{written}"), large.clone(), Expect::Absent, None).await {
            Ok(_) => written += 1,
            Err(error) => break error,
        }
        assert!(written < 100, "it is never full");
    };
    assert!(matches!(&refused, StoreError::Unavailable { reason } if reason.contains("OOM")), "{refused:?}");
    assert!(written > 2);
    assert_eq!(store.get(&format!("fill/x/{written}")).await.unwrap(), None);
    assert_eq!(store.scan("fill/x/", None, 100).await.unwrap().len(), written);
    assert_eq!(store.get("fill/x/0").await.unwrap().unwrap().value, large);
    for number in 0..3 {
        assert!(store.delete(&format!("fill/x/{number}"), Expect::Anything).await.unwrap());
    }
    store.put("fill/x/0", large, Expect::Absent, None).await.unwrap();
}

#[tokio::test]
async fn a_cluster_by_an_authority_of_ones_own_is_trusted_too() {
    let (server, authority) = OwnRedis::with_tls(&["--cluster-enabled", "yes", "--tls-cluster", "yes"]);
    let url = server.url().replace("redis://", "rediss+cluster://");
    let url = format!("{url}?ca={}", authority.display());
    server.ask_over_tls::<()>(&authority, &["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    let begun = Instant::now();
    while !server.ask_over_tls::<String>(&authority, &["CLUSTER", "INFO"]).contains("cluster_state:ok") {
        assert!(begun.elapsed() < Duration::from_secs(10), "the cluster does not come together");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let store = RedisKeyValue::open(&url).await.unwrap();
    store.put("a/b/c", "sealed".into(), Expect::Absent, None).await.unwrap();
    assert_eq!(store.scan("", None, 10).await.unwrap().len(), 1);
    let other = tempfile::tempdir().unwrap();
    let stranger = certificates(other.path());
    refusal(&url.replace(&authority.display().to_string(), &stranger.display().to_string())).await;
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_in_time() {
    let server = OwnRedis::start(&[]);
    let store = RedisKeyValue::open(&server.url()).await.unwrap();
    server.signal("-STOP");
    let begun = Instant::now();
    let outcome = store.get("a").await;
    assert!(matches!(outcome, Err(StoreError::Unavailable { .. })), "{outcome:?}");
    assert!(begun.elapsed() < Duration::from_millis(5500), "{:?}", begun.elapsed());
    server.signal("-CONT");
    assert_eq!(store.get("a").await.unwrap(), None);
}

#[tokio::test]
async fn installations_with_other_prefixes_do_not_see_each_other() {
    let server = OwnRedis::start(&[]);
    let (one, other) = (format!("{}?prefix=one", server.url()), format!("{}?prefix=other", server.url()));
    let (one, other) = (RedisKeyValue::open(&one).await.unwrap(), RedisKeyValue::open(&other).await.unwrap());
    one.put("a", "1".into(), Expect::Absent, None).await.unwrap();
    assert_eq!((other.get("a").await.unwrap(), other.scan("", None, 10).await.unwrap()), (None, vec![]));
    other.put("a", "2".into(), Expect::Absent, None).await.unwrap();
    assert_eq!(one.get("a").await.unwrap().unwrap().value, "1");
}

#[tokio::test]
async fn what_has_expired_leaves_the_index_by_the_sweep_and_by_a_scan() {
    let server = OwnRedis::start(&[]);
    let store = RedisKeyValue::open(&server.url()).await.unwrap();
    let soon = Some(Duration::from_millis(1));
    for number in 0..20 {
        store.put(&format!("gone/x/{number}"), "x".into(), Expect::Absent, soon).await.unwrap();
        store.put(&format!("gone/y/{number}"), "x".into(), Expect::Absent, soon).await.unwrap();
    }
    store.put("gone/x/stays", "x".into(), Expect::Absent, Some(Duration::from_secs(60))).await.unwrap();
    store.put("gone/y/stays", "x".into(), Expect::Absent, None).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let size = |name: &str| server.ask::<u64>(&["ZCARD", name]);
    let shards = Shards::new("marquee");
    let (x, y) = (shards.of("gone/x/1"), shards.of("gone/y/1"));
    assert_ne!(x.index, y.index);
    assert_eq!((size(&x.index), size(&x.expiries)), (21, 21));

    assert!(!store.keeper.sweep(x).await.unwrap());
    assert_eq!((size(&x.index), size(&x.expiries)), (1, 1));
    assert_eq!(store.scan("gone/y/", None, 10).await.unwrap().len(), 1);
    assert_eq!((size(&y.index), size(&y.expiries)), (1, 0));
    assert!(!store.keeper.sweep(y).await.unwrap());
}

#[tokio::test]
async fn what_was_written_again_before_it_expired_stays_for_as_long_as_it_was_told_last() {
    let server = OwnRedis::start(&[]);
    let store = RedisKeyValue::open(&server.url()).await.unwrap();
    let (soon, later) = (Some(Duration::from_millis(30)), Some(Duration::from_millis(400)));
    for (key, again) in [("lease/x/longer", later), ("lease/x/forever", None), ("lease/x/gone", soon)] {
        store.put(key, "x".into(), Expect::Absent, soon).await.unwrap();
        store.put(key, "y".into(), Expect::Anything, again).await.unwrap();
    }
    store.put("lease/x/forever", "z".into(), Expect::Anything, None).await.unwrap();
    tokio::time::sleep(Duration::from_millis(60)).await;
    let shards = Shards::new("marquee");
    let x = shards.of("lease/x/1");
    let sizes = || [&x.index, &x.expiries].map(|name| server.ask::<u64>(&["ZCARD", name]));
    let keys = async || store.scan("lease/x/", None, 10).await.unwrap().into_iter().map(|(key, _)| key).collect::<Vec<_>>();
    assert!(!store.keeper.sweep(x).await.unwrap());
    assert_eq!(sizes(), [2, 1], "one of them expires, and when it does is known anew");
    assert_eq!(keys().await, ["lease/x/forever", "lease/x/longer"]);
    // One that was to stay, and is to expire now: nothing but a walk through all keys finds out.
    store.put("lease/x/forever", "x".into(), Expect::Anything, soon).await.unwrap();
    tokio::time::sleep(Duration::from_millis(450)).await;
    assert!(!store.keeper.sweep(x).await.unwrap());
    let mut after = None;
    store.keeper.walk(x, &mut after).await.unwrap();
    assert_eq!((sizes(), after), ([0, 0], None));
    assert!(keys().await.is_empty());
}

#[tokio::test]
async fn an_attempt_that_is_repeated_is_no_conflict_with_itself() {
    let server = OwnRedis::start(&[]);
    let store = RedisKeyValue::open(&server.url()).await.unwrap();
    let stored = [&7u64.to_be_bytes()[..], b"value"].concat();
    for _ in 0..2 {
        let arguments: [&[u8]; 4] = [b"lease/a", &stored, b"absent", b""];
        let answer = store.keeper.on_entry(&store.keeper.put, "lease/a", &arguments, true).await.unwrap();
        assert_eq!(number(answer).unwrap(), 1);
    }
    let taken = store.put("lease/a", "x".into(), Expect::Absent, None).await;
    assert!(matches!(taken, Err(StoreError::Conflict { .. })));
}
