//! What is served of a site that was built, and what is said where none was.

use axum::{
    body::{Body, to_bytes},
    http::{StatusCode, header},
};
use runtime::clock::Clock;
use storage::objects::Objects;
use tower::ServiceExt;

use super::*;

fn built() -> (tempfile::TempDir, Site) {
    let folder = tempfile::tempdir().unwrap();
    let put = |path: &str, bytes: &[u8]| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    };
    let manifest = r#"{"build":"h","pkg":"/pkg/h","css":"/pkg/h/marquee.css","page_css":"/pkg/h/pages.css","js":"/pkg/h/marquee.js",
        "wasm":"/pkg/h/marquee.wasm","hls":"/pkg/h/hls.min.mjs","font":"/fonts/f/a.woff2","fonts":["/fonts/f/a.woff2"]}"#;
    put("site.json", manifest.as_bytes());
    put("pkg/h/marquee.wasm", b"\0asm plain");
    put("pkg/h/marquee.wasm.br", b"compressed");
    put("favicon.svg", b"<svg/>");
    put("service-worker.js", b"self.addEventListener('fetch', () => {});");
    let site = Site::load(Some(folder.path().to_owned())).unwrap();
    (folder, site)
}

async fn ask(site: &Site, path: &str, name: &'static str, value: &str) -> Response {
    let request = Request::builder().uri(path).header(name, value).body(Body::empty()).unwrap();
    let objects = tempfile::tempdir().unwrap();
    let previous = PreviousBuilds::new(site, Objects::in_directory(objects.path()).unwrap(), Clock::default());
    site.routes(&previous).oneshot(request).await.unwrap()
}

#[tokio::test]
async fn a_file_with_a_hash_in_its_path_is_immutable_and_comes_compressed_to_who_takes_it() {
    let (_folder, site) = built();
    let response = ask(&site, "/pkg/h/marquee.wasm", "accept-encoding", "gzip, br").await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/wasm");
    assert_eq!(response.headers()[header::CONTENT_ENCODING], "br");
    assert_eq!(response.headers()[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
    assert_eq!(response.headers()[header::VARY], "accept-encoding");
    assert_eq!(to_bytes(response.into_body(), 99).await.unwrap(), "compressed");
    let plain = ask(&site, "/pkg/h/marquee.wasm", "accept-encoding", "gzip").await;
    assert!(!plain.headers().contains_key(header::CONTENT_ENCODING));
    assert_eq!(to_bytes(plain.into_body(), 99).await.unwrap(), "\0asm plain");
}

#[tokio::test]
async fn a_public_file_is_revalidated() {
    let (_folder, site) = built();
    let response = ask(&site, "/favicon.svg", "accept", "*/*").await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "image/svg+xml");
    let tag = response.headers()[header::ETAG].to_str().unwrap().to_owned();
    let again = ask(&site, "/favicon.svg", "if-none-match", &tag).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn the_service_worker_is_revalidated_and_may_ask_this_server_for_what_it_keeps() {
    let (_folder, site) = built();
    let response = ask(&site, "/service-worker.js", "accept", "*/*").await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
    assert_eq!(response.headers()[header::CACHE_CONTROL], "public, no-cache");
    let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("connect-src 'self'") && !policy.contains("sandbox"), "{policy}");
    assert!(!ask(&site, "/favicon.svg", "accept", "*/*").await.headers().contains_key(header::CONTENT_SECURITY_POLICY));
}

#[tokio::test]
async fn nothing_but_the_site_is_served() {
    let (_folder, site) = built();
    for path in ["/site.json", "/pkg/h/marquee.wasm.br", "/pkg/../site.json", "/pkg/%2e%2e/site.json", "/pkg/h/none.js"] {
        assert_eq!(ask(&site, path, "accept", "*/*").await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[test]
fn a_site_that_was_not_built_is_said_to_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::load(Some(folder.path().join("none"))).unwrap();
    assert!(site.missing().unwrap().contains("cargo xtask"));
    assert_eq!(site.assets(), None);
}

#[test]
fn a_manifest_that_makes_no_sense_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("site.json"), "{}").unwrap();
    assert!(Site::load(Some(folder.path().to_owned())).is_err());
}
