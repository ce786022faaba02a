//! The client's code after an upgrade: pages that are open go on with their own build.

use std::{path::Path, sync::Arc, time::Duration};

use serde_json::json;

use crate::support::{Hands, TestApp};

/// A front end of one build, in a folder of its own below `folder`.
fn site(folder: &Path, build: &str) -> std::path::PathBuf {
    let site = folder.join("sites").join(build);
    let pkg = site.join("pkg").join(build);
    std::fs::create_dir_all(&pkg).unwrap();
    let at = |name: &str| format!("/pkg/{build}/{name}");
    let manifest = json!({ "build": build, "pkg": format!("/pkg/{build}"), "css": at("a.css"), "page_css": at("b.css"), "js": at("a.js"),
        "wasm": at("a.wasm"), "hls": at("hls.mjs"), "font": "/fonts/f/a.woff2", "fonts": [] });
    std::fs::write(site.join("site.json"), manifest.to_string()).unwrap();
    std::fs::write(pkg.join("split_3.wasm"), format!("code of {build}")).unwrap();
    std::fs::write(pkg.join("split_3.wasm.br"), format!("compressed code of {build}")).unwrap();
    site
}

/// A server of this build on what the one before left, once it has put its build into the store.
async fn upgraded(folder: &Arc<tempfile::TempDir>, build: &str, hands: &Hands) -> TestApp {
    let site = site(folder.path(), build);
    let clock = hands.clock();
    let app = TestApp::reopened(Arc::clone(folder), |surroundings| {
        surroundings.site = Some(site);
        surroundings.clock = clock;
    })
    .await;
    let record = app.data().join("media/site/builds").join(build);
    for _ in 0..500 {
        if record.exists() {
            return app;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{build} is not kept");
}

#[tokio::test]
async fn a_chunk_of_the_build_before_is_served_for_a_day_after_an_upgrade() {
    let (folder, hands) = (Arc::new(tempfile::tempdir().unwrap()), Hands::at_work());
    drop(upgraded(&folder, "1a2b", &hands).await);
    let app = upgraded(&folder, "3c4d", &hands).await;

    let old = app.get_with("/pkg/1a2b/split_3.wasm", &[("accept-encoding", "br")]).await;
    assert_eq!((old.status.as_u16(), old.body.as_ref()), (200, b"compressed code of 1a2b".as_slice()));
    let new = app.get_with("/pkg/3c4d/split_3.wasm", &[("accept-encoding", "br")]).await;
    for name in ["cache-control", "content-type", "content-encoding", "vary"] {
        assert!(new.header(name).is_some(), "{name}");
        assert_eq!(old.header(name), new.header(name), "{name}");
    }
    let known = [("accept-encoding", "br"), ("if-none-match", old.header("etag").unwrap())];
    assert_eq!(app.get_with("/pkg/1a2b/split_3.wasm", &known).await.status, 304);
    let plain = app.get("/pkg/1a2b/split_3.wasm").await;
    assert_eq!(plain.body, "code of 1a2b");

    for none in
        ["/pkg/1a2b/split_4.wasm", "/pkg/1a2b/split_3.wasm.br", "/pkg/5e6f/split_3.wasm", "/pkg/1a2b/%2e%2e/1a2b/split_3.wasm"]
    {
        assert_eq!(app.get(none).await.status, 404, "{none}");
    }
    hands.forward(Duration::from_secs(26 * 60 * 60));
    assert_eq!(app.get("/pkg/1a2b/split_3.wasm").await.status, 404);
    assert_eq!(app.get("/pkg/3c4d/split_3.wasm").await.status, 200);
}

#[tokio::test]
async fn a_start_deletes_builds_that_were_not_served_for_days_and_no_others() {
    let (folder, hands) = (Arc::new(tempfile::tempdir().unwrap()), Hands::at_work());
    drop(upgraded(&folder, "1a2b", &hands).await);
    hands.forward(Duration::from_secs(48 * 60 * 60));
    drop(upgraded(&folder, "3c4d", &hands).await);
    let app = upgraded(&folder, "5e6f", &hands).await;
    let files = app.data().join("media/site/files");
    assert!(!files.join("1a2b").exists() && files.join("3c4d").exists() && files.join("5e6f").exists());
}
