//! Serves the built front end: the client's code and styles, fonts, and the files of `public/`.
//!
//! It is read once, at the start, from the binary (feature `embed-site`) or from a folder, and kept as bytes.
//! What has a hash in its path is immutable. Must never touch the file system for a request.

mod file;
mod source;

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    response::Response,
    routing::get,
};
use contract::{Code, Problem};
use serde::Deserialize;

pub use source::SiteError;

use crate::mount::problem_response;
use file::StaticFile;

/// Names the parts of the build; written by `cargo xtask`.
const MANIFEST: &str = "site.json";
/// Which chunks of code each lazy route needs; below `pkg`, where the client looks for it too.
const CHUNKS: &str = "__wasm_split_manifest.json";
const COMPRESSED: &str = ".br";

/// Where a page finds the parts of this build. Addresses begin with `/`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SiteAssets {
    /// The hash of everything under `pkg`.
    pub build: String,
    pub pkg: String,
    pub css: String,
    /// The styles of the pages that load with their code.
    pub page_css: String,
    pub js: String,
    pub wasm: String,
    /// The player's engine, fetched on the watch page alone.
    pub hls: String,
    /// The face to preload.
    pub font: String,
    /// The faces that posters are drawn with.
    pub fonts: Vec<String>,
}

/// The front end, ready to be served. Cheap to clone.
#[derive(Clone)]
pub struct Site {
    files: Arc<HashMap<String, StaticFile>>,
    assets: Option<Arc<SiteAssets>>,
    place: Arc<str>,
}

impl Site {
    /// Reads the site from the binary, or from the folder (`target/site` where none is named). A folder that is
    /// not there is no failure: the API works without; [`Site::missing`] says so.
    ///
    /// # Errors
    /// [`SiteError`] where a file cannot be read, or the manifest makes no sense.
    pub fn load(folder: Option<PathBuf>) -> Result<Self, SiteError> {
        let (place, raw) = source::read(folder)?;
        let assets = match raw.get(MANIFEST) {
            Some(bytes) => {
                let assets = serde_json::from_slice(bytes).map_err(|error| SiteError::manifest(&place, MANIFEST, &error))?;
                Some(Arc::new(assets))
            }
            None => None,
        };
        let compressed_twin = |path: &str| raw.get(&format!("{path}{COMPRESSED}")).cloned();
        let is_served = |path: &str| path != MANIFEST && !path.ends_with(COMPRESSED);
        let files = raw
            .iter()
            .filter(|(path, _)| is_served(path))
            .map(|(path, bytes)| (path.clone(), StaticFile::new(path, bytes.clone(), compressed_twin(path))))
            .collect();
        Ok(Self { files: Arc::new(files), assets, place: place.into() })
    }

    /// What pages link to; nothing where no site was built.
    pub fn assets(&self) -> Option<Arc<SiteAssets>> {
        self.assets.clone()
    }

    /// The typeface's files (WOFF2), the one with the most used letters first; none where no site was built.
    pub fn faces(&self) -> Vec<&[u8]> {
        let addresses = self.assets.iter().flat_map(|assets| assets.fonts.iter());
        addresses.filter_map(|address| self.files.get(address.trim_start_matches('/'))).map(StaticFile::bytes).collect()
    }

    /// Which chunks of code each lazy route needs.
    ///
    /// # Errors
    /// [`SiteError::Manifest`]
    pub fn prefetches(&self) -> Result<HashMap<String, Vec<String>>, SiteError> {
        let Some(assets) = &self.assets else { return Ok(HashMap::new()) };
        let path = format!("{}/{CHUNKS}", assets.pkg.trim_start_matches('/'));
        let Some(file) = self.files.get(&path) else { return Ok(HashMap::new()) };
        serde_json::from_slice(file.bytes()).map_err(|error| SiteError::manifest(&self.place, &path, &error))
    }

    /// Why there are no pages, for the operator.
    pub fn missing(&self) -> Option<String> {
        let place = &self.place;
        self.assets.is_none().then(|| format!("no {MANIFEST} in {place}: `cargo xtask build` makes it"))
    }

    /// A route for each file that lies at the top, and one for each folder.
    pub fn routes(&self) -> Router {
        let mut router = Router::new();
        let mut folders: Vec<&str> = self.files.keys().filter_map(|path| Some(path.split_once('/')?.0)).collect();
        folders.sort_unstable();
        folders.dedup();
        for folder in folders {
            router = router.route(&format!("/{folder}/{{*path}}"), get(serve));
        }
        for path in self.files.keys().filter(|path| !path.contains('/')) {
            router = router.route(&format!("/{path}"), get(serve));
        }
        router.with_state(self.clone())
    }
}

async fn serve(State(site): State<Site>, request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    match site.files.get(path) {
        Some(file) => file.respond(request.headers()),
        None => problem_response(Problem::new(Code::NotFound)),
    }
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        http::{StatusCode, header},
    };
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
        let site = Site::load(Some(folder.path().to_owned())).unwrap();
        (folder, site)
    }

    async fn ask(site: &Site, path: &str, name: &'static str, value: &str) -> Response {
        let request = Request::builder().uri(path).header(name, value).body(Body::empty()).unwrap();
        site.routes().oneshot(request).await.unwrap()
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
}
