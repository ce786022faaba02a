//! `/healthz` and `/readyz`

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use axum::{body::Bytes, http::StatusCode};
use contract::{
    Code,
    operations::{GetHealth, Health},
    playback::StartPlayback,
};
use media::placement::Placements;
use runtime::clock::Clock;
use server::config::Config;
use storage::{
    StoreError, StoreLayer, Stores,
    keyvalue::{Entry, Expect, KeyValue},
    objects::StoreRole,
};

use crate::{
    deleting::set_up,
    support::TestApp,
    watching::{film, import, watchable},
};

#[tokio::test]
async fn a_server_that_started_is_alive_and_ready() {
    let app = TestApp::start().await;
    assert_eq!(app.get("/healthz").await.status, StatusCode::OK);
    let ready = app.get("/readyz").await;
    assert_eq!((ready.status, ready.json()["ready"].as_bool()), (StatusCode::OK, Some(true)));
}

#[tokio::test]
async fn a_server_that_drains_is_alive_but_not_ready_and_says_why() {
    let app = TestApp::start().await;
    app.server.readiness.drain();
    assert_eq!(app.get("/healthz").await.status, StatusCode::OK);
    let ready = app.get("/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.json()["reasons"][0], "the server is stopping");
    assert_eq!(ready.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn health_is_answered_under_load_and_makes_no_profile() {
    let app = TestApp::with(|config| config.gateway.limit.burst = server::config::Bounded::of(1)).await;
    for _ in 0..5 {
        let answer = app.get("/healthz").await;
        assert_eq!((answer.status, answer.cookie()), (StatusCode::OK, None));
    }
}

/// A vault that names a host when it fails, and counts how often it is asked whether it is there.
#[derive(Clone, Default)]
struct FaultyVault {
    is_away: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

const REASON: &str = "connect to vault.internal.example:6379: connection refused";

impl StoreLayer for FaultyVault {
    fn stores(&self, stores: Stores) -> Stores {
        stores
    }

    fn vault(&self, store: Arc<dyn KeyValue>) -> Arc<dyn KeyValue> {
        Arc::new(Faulty { store, faults: self.clone() })
    }
}

struct Faulty {
    store: Arc<dyn KeyValue>,
    faults: FaultyVault,
}

#[async_trait]
impl KeyValue for Faulty {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        if key == "ready" {
            self.faults.asked.fetch_add(1, Ordering::SeqCst);
        }
        match self.faults.is_away.load(Ordering::SeqCst) {
            true => Err(StoreError::Unavailable { reason: REASON.to_owned() }),
            false => self.store.get(key).await,
        }
    }

    async fn get_expiring(&self, key: &str) -> Result<Option<(Entry, Option<Duration>)>, StoreError> {
        self.store.get_expiring(key).await
    }

    async fn put(&self, key: &str, value: Bytes, expect: Expect, ttl: Option<Duration>) -> Result<u64, StoreError> {
        self.store.put(key, value, expect, ttl).await
    }

    async fn delete(&self, key: &str, expect: Expect) -> Result<bool, StoreError> {
        self.store.delete(key, expect).await
    }

    async fn scan(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<(String, Entry)>, StoreError> {
        self.store.scan(prefix, after, limit).await
    }
}

#[tokio::test]
async fn readyz_asks_the_stores_once_however_many_ask_and_tells_no_host_to_strangers() {
    let faults = FaultyVault::default();
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let app = TestApp::reopened(folder, |surroundings| surroundings.stores = Some(Arc::new(faults.clone()))).await;
    faults.is_away.store(true, Ordering::SeqCst);
    let begun = Instant::now();
    let answers = futures::future::join_all((0..200).map(|_| app.get("/readyz"))).await;
    let looked = 1 + usize::try_from(begun.elapsed().as_secs()).unwrap();
    assert!((1..=looked).contains(&faults.asked.load(Ordering::SeqCst)), "once a second at most");
    for answer in &answers {
        assert_eq!((answer.status, answer.json()["degraded"].to_string()), (StatusCode::OK, r#"["vault"]"#.to_owned()));
    }
    let strict = app.get("/readyz?strict").await;
    assert_eq!(
        (strict.status, strict.json()["reasons"].to_string()),
        (StatusCode::SERVICE_UNAVAILABLE, r#"["vault"]"#.to_owned())
    );
    assert!(!String::from_utf8_lossy(&strict.body).contains("example"));
    let detailed = server::gateway::health::detailed(app.server.readiness.clone());
    let request = axum::http::Request::get("/readyz").body(axum::body::Body::empty()).unwrap();
    let answer = crate::support::ask(&detailed, request).await;
    assert!(answer.json()["degraded"][0].as_str().unwrap().contains("vault.internal.example"), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn films_of_a_store_that_the_config_does_not_name_are_told_of_and_nobody_is_asked_to_wait_for_them() {
    let (folder, flat, films) =
        (Arc::new(tempfile::tempdir().unwrap()), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let named = |config: &mut Config| config.storage.flat_objects = Some(format!("file:{}", flat.path().display()));
    let before = TestApp::opened(Arc::clone(&folder), named, |_| ()).await.unwrap();
    before.send(set_up()).await.unwrap();
    let placements = Placements::new(Arc::clone(&before.server.stores.documents), Clock::default());
    placements.change_settings(|settings| settings.default_store = StoreRole::Flat).await.unwrap();
    film(&films.path().join("Hello Marquee (2026).mp4"));
    import(&before, films.path()).await;
    let title = watchable(&before).await.id;
    let start = || StartPlayback { title: title.clone(), replaces: None };
    let manifest = before.send(start()).await.unwrap().manifest;
    assert_eq!(before.get("/readyz").await.json()["degraded"].to_string(), "[]");
    let cookies = before.cookies();
    drop(before);

    let app = TestApp::reopened(folder, |_| ()).await;
    app.be(cookies);
    let refused = app.send(start()).await.unwrap_err();
    assert_eq!((refused.code, refused.status, refused.retry_after), (Code::NotWatchable, 409, None));
    assert!(refused.detail.unwrap().contains("name that store again"));
    // Nor who holds a grant of before.
    assert_eq!(app.get(&manifest).await.problem().code, Code::NotWatchable);
    let (begun, mut ready) = (Instant::now(), app.get("/readyz").await);
    while !ready.json()["degraded"].to_string().contains("flat_objects") {
        assert!(begun.elapsed() < Duration::from_secs(20), "{ready:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
        ready = app.get("/readyz").await;
    }
    assert_eq!(ready.status, StatusCode::OK);
    let outcomes = app.server.readiness.outcomes().await;
    let reason = outcomes.iter().find_map(|(name, outcome)| outcome.as_ref().err().filter(|_| *name == "flat_objects"));
    assert!(reason.unwrap().contains("1 titles lie in storage.flat_objects"), "{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_store_whose_disk_is_gone_is_told_of_and_never_made_anew_and_its_films_play_once_it_is_back() {
    let (folder, films) = (Arc::new(tempfile::tempdir().unwrap()), tempfile::tempdir().unwrap());
    let (disk, elsewhere) = (films.path().join("disk"), films.path().join("elsewhere"));
    let named = |config: &mut Config| config.storage.flat_objects = Some(format!("file:{}", disk.display()));
    let app = TestApp::opened(Arc::clone(&folder), named, |_| ()).await.unwrap();
    app.send(set_up()).await.unwrap();
    let placements = Placements::new(Arc::clone(&app.server.stores.documents), Clock::default());
    placements.change_settings(|settings| settings.default_store = StoreRole::Flat).await.unwrap();
    film(&films.path().join("Hello Marquee (2026).mp4"));
    import(&app, films.path()).await;
    let title = watchable(&app).await.id;
    let start = || StartPlayback { title: title.clone(), replaces: None };
    let cookies = app.cookies();

    std::fs::rename(&disk, &elsewhere).unwrap();
    assert_is_away(&app).await;
    let refused = app.send(start()).await.unwrap_err();
    assert_eq!((refused.code, refused.status), (Code::Overloaded, 503));
    drop(app);

    // Nor is it by a start.
    let app = TestApp::opened(folder, named, |_| ()).await.unwrap();
    app.be(cookies);
    assert_is_away(&app).await;
    assert_eq!(app.send(start()).await.unwrap_err().code, Code::Overloaded);
    assert!(!disk.exists());
    std::fs::rename(&elsewhere, &disk).unwrap();
    // Whoever asked a moment ago left it alone for a second.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    app.send(start()).await.unwrap();
    assert_eq!(app.get("/readyz").await.json()["degraded"].to_string(), "[]");
}

/// Operators are told of the second store, with the reason.
async fn assert_is_away(app: &TestApp) {
    let (begun, mut health) = (Instant::now(), app.send(GetHealth {}).await.unwrap());
    let failure = |health: &Health| health.stores.iter().find(|store| store.name == "flat_objects")?.failure.clone();
    while failure(&health).is_none() {
        assert!(begun.elapsed() < Duration::from_secs(10), "{health:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
        health = app.send(GetHealth {}).await.unwrap();
    }
    assert!(failure(&health).unwrap().contains("is its disk mounted?"), "{health:?}");
    assert!(app.get("/readyz").await.json()["degraded"].to_string().contains("flat_objects"));
}

#[tokio::test]
async fn a_store_that_is_not_named_and_not_missed_is_none_that_is_told_of() {
    let app = TestApp::start().await;
    let outcomes = app.server.readiness.outcomes().await;
    assert!(!outcomes.iter().any(|(name, _)| *name == "flat_objects"), "{outcomes:?}");
}

#[tokio::test]
async fn a_task_that_panics_is_begun_again_and_seen_in_readyz_and_in_metrics() {
    let mut app = TestApp::start().await;
    let rounds = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&rounds);
    app.server.also("of_the_test", move || {
        let round = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            assert!(round > 0, "broken on purpose");
            std::future::pending().await
        }
    });
    let _running = app.server.begin_background();
    let begun = Instant::now();
    while rounds.load(Ordering::SeqCst) < 2 {
        assert!(begun.elapsed() < Duration::from_secs(20), "it is not begun again");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // A store that a busy machine kept waiting as everything began is well again a second later.
    let mut ready = app.get("/readyz").await;
    while ready.json()["degraded"].as_array().is_some_and(|failing| failing.len() > 1)
        && begun.elapsed() < Duration::from_secs(20)
    {
        tokio::time::sleep(Duration::from_millis(200)).await;
        ready = app.get("/readyz").await;
    }
    assert_eq!((ready.status, ready.json()["degraded"].to_string()), (StatusCode::OK, r#"["task of_the_test"]"#.to_owned()));
    let metrics = app.server.metrics.text().await.unwrap();
    for line in [
        "marquee_task_restarts_total{task=\"of_the_test\"} 1",
        "marquee_task_well{task=\"of_the_test\"} 0",
        "marquee_task_well{task=\"index_follower\"} 1",
        "marquee_task_well{task=\"vault_housekeeping\"} 1",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} is not in {metrics}");
    }
}
