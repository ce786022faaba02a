//! Upgrades, two builds beside each other, and going back to an older one: what of another build is served, and what is left
//! in the store.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::{
    body::to_bytes,
    http::{HeaderMap, HeaderValue, header},
};

use super::*;

const HOUR: u64 = 60 * 60 * 1000;

/// A place to keep builds, at a time that is set. Files are dated by the real clock, so that its time is about now.
struct Store {
    folder: tempfile::TempDir,
    objects: Objects,
    now: Arc<AtomicU64>,
}

impl Store {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let objects = Objects::in_directory(&folder.path().join("objects")).unwrap();
        Self { folder, objects, now: Arc::new(AtomicU64::new(Clock::default().millis())) }
    }

    fn pass(&self, millis: u64) {
        self.now.fetch_add(millis, Ordering::SeqCst);
    }

    fn clock(&self) -> Clock {
        let now = Arc::clone(&self.now);
        Clock::new(move || std::time::UNIX_EPOCH + Duration::from_millis(now.load(Ordering::SeqCst)))
    }

    /// A server of this build that was just begun.
    fn begin(&self, build: &str) -> PreviousBuilds {
        let folder = self.folder.path().join("sites").join(build);
        let put = |path: &str, text: &str| {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        put(
            "site.json",
            &serde_json::json!({ "build": build, "pkg": format!("/pkg/{build}"), "css": "", "page_css": "", "js": "", "wasm": "",
                "hls": "", "font": "", "fonts": [] })
            .to_string(),
        );
        put(&format!("pkg/{build}/split.wasm"), &format!("split of {build}"));
        put(&format!("pkg/{build}/split.wasm.br"), &format!("compressed of {build}"));
        put(&format!("pkg/{build}/__wasm_split.______________________.js"), "loader");
        put(&format!("pkg/{build}/snippets/a/b.js"), "snippet");
        put("favicon.svg", "<svg/>");
        let site = Site::load(Some(folder)).unwrap();
        PreviousBuilds::new(&site, self.objects.clone(), self.clock())
    }

    /// The same, after its first look after the builds.
    async fn start(&self, build: &str) -> PreviousBuilds {
        let kept = self.begin(build);
        kept.0.sweep(build).await.unwrap();
        round(&kept).await.unwrap();
        kept
    }

    async fn keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        for kind in [BUILDS, FILES] {
            let listed = self.objects.list(&folder(kind).unwrap()).await.unwrap();
            keys.extend(listed.into_iter().map(|(key, _)| key.as_str().to_owned()));
        }
        keys.sort();
        keys
    }
}

async fn round(kept: &PreviousBuilds) -> Result<(), StoreError> {
    kept.0.round(kept.0.own.as_ref().unwrap()).await
}

async fn text(kept: &PreviousBuilds, path: &str) -> Option<String> {
    let file = kept.file(path).await.unwrap()?;
    let body = to_bytes(file.respond(&HeaderMap::new()).into_body(), 99).await.unwrap();
    Some(String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn the_build_before_is_served_for_a_day_as_it_was() {
    let store = Store::new();
    store.start("old").await;
    let kept = store.start("new").await;
    store.pass(24 * HOUR);
    assert_eq!(text(&kept, "pkg/old/split.wasm").await.unwrap(), "split of old");
    assert_eq!(text(&kept, "pkg/old/snippets/a/b.js").await.unwrap(), "snippet");
    let brotli = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static("br"))]);
    let response = kept.file("pkg/old/split.wasm").await.unwrap().unwrap().respond(&brotli);
    assert_eq!(response.headers()[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/wasm");
    assert_eq!(response.headers()[header::CONTENT_ENCODING], "br");
    assert_eq!(to_bytes(response.into_body(), 99).await.unwrap(), "compressed of old");
    store.pass(2 * HOUR);
    assert_eq!(text(&kept, "pkg/old/split.wasm").await, None);
}

#[tokio::test]
async fn a_build_that_was_served_for_a_week_is_kept_for_a_day_after_it() {
    let store = Store::new();
    let old = store.start("old").await;
    for _ in 0..7 * 24 {
        store.pass(HOUR);
        round(&old).await.unwrap();
    }
    let kept = store.start("new").await;
    store.pass(23 * HOUR);
    assert!(text(&kept, "pkg/old/split.wasm").await.is_some());
}

#[tokio::test]
async fn only_what_a_build_had_is_served_of_it() {
    let store = Store::new();
    store.start("old").await;
    let kept = store.start("new").await;
    store.objects.put(&file_key("old", "added.js").unwrap(), "by somebody".into()).await.unwrap();
    for path in [
        "pkg/old/added.js",
        "pkg/old/split.wasm.br",
        "pkg/old/",
        "pkg/old",
        "pkg/../old/split.wasm",
        "pkg/old/../old/split.wasm",
        "pkg/old/%2e%2e/old/split.wasm",
        "pkg/old//split.wasm",
        "pkg/none/split.wasm",
        "pkg/new/split.wasm",
        "fonts/old/split.wasm",
        "favicon.svg",
    ] {
        assert_eq!(text(&kept, path).await, None, "{path}");
    }
    assert!(text(&kept, "pkg/old/split.wasm").await.is_some());
}

#[tokio::test]
async fn what_was_not_served_for_a_day_is_deleted_at_a_start_and_not_before() {
    let store = Store::new();
    store.start("oldest").await;
    store.pass(10 * HOUR);
    let old = store.start("old").await;
    store.pass(17 * HOUR);
    round(&old).await.unwrap();
    assert!(store.keys().await.contains(&"site/files/oldest/split.wasm".to_owned()), "nobody started");
    store.start("new").await;
    let keys = store.keys().await;
    assert!(keys.iter().all(|key| !key.contains("oldest")), "{keys:?}");
    for build in ["old", "new"] {
        assert_eq!(keys.iter().filter(|key| key.contains(&format!("/{build}"))).count(), 5, "{keys:?}");
    }
}

#[tokio::test]
async fn files_without_a_record_are_deleted_when_they_are_old_and_left_while_they_may_be_being_put() {
    let store = Store::new();
    store.objects.put(&file_key("half", "split.wasm").unwrap(), "half a build".into()).await.unwrap();
    store.start("new").await;
    assert!(store.keys().await.contains(&"site/files/half/split.wasm".to_owned()));
    store.pass(27 * HOUR);
    store.start("new").await;
    assert!(!store.keys().await.contains(&"site/files/half/split.wasm".to_owned()));
}

#[tokio::test]
async fn a_build_that_was_recorded_by_a_clock_ahead_is_deleted_at_a_start_and_nothing_is_by_a_clock_behind() {
    let store = Store::new();
    store.pass(3 * 365 * 24 * HOUR);
    store.start("ahead").await;
    store.now.fetch_sub(3 * 365 * 24 * HOUR, Ordering::SeqCst);
    let records = |keys: Vec<String>| keys.into_iter().filter(|key| key.starts_with("site/builds/")).collect::<Vec<_>>();
    store.start("old").await;
    assert_eq!(records(store.keys().await), ["site/builds/ahead", "site/builds/old"], "it may be this clock that is wrong");
    store.start("new").await;
    assert_eq!(records(store.keys().await), ["site/builds/new", "site/builds/old"], "of which there is another witness");

    store.now.fetch_sub(24 * 365 * 24 * HOUR, Ordering::SeqCst);
    store.start("newest").await;
    assert_eq!(records(store.keys().await).len(), 3, "a machine that has not set its clock yet deletes nothing");
}

#[tokio::test]
async fn of_many_builds_in_a_day_the_newest_stay() {
    let store = Store::new();
    for build in 0..AT_MOST + 3 {
        store.start(&format!("build{build:02}")).await;
        store.pass(1000);
    }
    store.start("new").await;
    let records = store.keys().await.into_iter().filter(|key| key.starts_with("site/builds/")).collect::<Vec<_>>();
    assert_eq!((records.len(), records[0].as_str()), (AT_MOST + 1, "site/builds/build03"));
}

#[tokio::test]
async fn going_back_to_an_older_build_puts_again_what_was_deleted_of_it_meanwhile() {
    let store = Store::new();
    store.start("old").await;
    let back = store.begin("old");
    // Another node saw that it is old, and deletes it while this one begins.
    store.objects.delete(&file_key("old", "split.wasm").unwrap()).await.unwrap();
    store.objects.put(&file_key("old", "snippets/a/b.js").unwrap(), "half".into()).await.unwrap();
    round(&back).await.unwrap();
    let kept = store.start("new").await;
    assert_eq!(text(&kept, "pkg/old/split.wasm").await.unwrap(), "split of old");
    assert_eq!(text(&kept, "pkg/old/snippets/a/b.js").await.unwrap(), "snippet");
}

#[tokio::test]
async fn nodes_of_two_builds_serve_each_others_files_and_look_for_them_only_now_and_then() {
    let store = Store::new();
    let first = store.start("old").await;
    store.start("new").await;
    assert!(text(&first, "pkg/new/split.wasm").await.is_some(), "the first one that is asked for is looked for");
    store.start("newer").await;
    assert_eq!(text(&first, "pkg/newer/split.wasm").await, None, "it was looked for a moment ago");
    *first.0.looked.lock().await = None;
    assert!(text(&first, "pkg/newer/split.wasm").await.is_some());
}

#[tokio::test]
async fn several_nodes_that_begin_at_once_leave_one_whole_build() {
    let store = Store::new();
    store.start("old").await;
    let nodes = [store.begin("new"), store.begin("new"), store.begin("new")];
    for outcome in futures::future::join_all(nodes.iter().map(round)).await {
        outcome.unwrap();
    }
    let kept = store.start("newer").await;
    assert!(text(&kept, "pkg/new/split.wasm").await.is_some() && text(&kept, "pkg/old/split.wasm").await.is_some());
}

#[tokio::test]
async fn a_record_that_makes_no_sense_is_none_and_stops_nothing() {
    let store = Store::new();
    store.start("old").await;
    store.objects.put(&record_key("old").unwrap(), "{".into()).await.unwrap();
    let kept = store.start("new").await;
    assert_eq!(text(&kept, "pkg/old/split.wasm").await, None);
}

#[tokio::test]
async fn a_store_that_is_away_is_said_to_be_and_tried_again_and_ends_nothing() {
    let store = Store::new();
    let kept = store.begin("new");
    let place = store.folder.path().join("objects");
    std::fs::remove_dir_all(&place).unwrap();
    std::fs::write(&place, "no folder").unwrap();
    assert!(round(&kept).await.is_err());
    let running = tokio::spawn(kept.clone().run());
    for _ in 0..2 {
        let problem = kept.file("pkg/old/split.wasm").await.err().unwrap();
        assert_eq!(problem.code, Code::Overloaded);
    }
    assert!(!running.is_finished());
    running.abort();
}
