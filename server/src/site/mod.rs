//! Serves the built front end: the client's code and styles, fonts, and the files of `public/`.
//!
//! It is read once, at the start, from the binary (feature `embed-site`) or from a folder, and kept as bytes.
//! What has a hash in its path is immutable. Must never touch the file system for a request of this build; the builds before
//! it are `previous.rs`'s.

mod file;
mod previous;
mod source;

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::Arc,
};

use axum::{
    Router,
    extract::{Request, State},
    response::Response,
    routing::get,
};
use bytes::Bytes;
use contract::{Code, Problem};
use serde::Deserialize;

pub use previous::PreviousBuilds;
pub use source::SiteError;

use crate::mount::problem_response;
use file::StaticFile;

/// Names the parts of the build; written by `cargo xtask`.
const MANIFEST: &str = "site.json";
/// Which chunks of code each lazy route needs; below `pkg`, where the client looks for it too.
const CHUNKS: &str = "__wasm_split_manifest.json";
const COMPRESSED: &str = ".br";
/// Where a developer's pages ask whether there is another build: there is one with each change, and no page outlives it.
const RELOAD: &str = "reload.txt";

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
        addresses
            .filter_map(|address| self.files.get(address.trim_start_matches('/')))
            .map(|file| file.bytes().as_ref())
            .collect()
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

    /// What pages of this build may ask for when another one is served: its name, and its files by their names in its folder.
    fn build_to_keep(&self) -> Option<(String, BTreeMap<String, Bytes>)> {
        let assets = self.assets.as_ref().filter(|_| !self.files.contains_key(RELOAD))?;
        let folder = format!("pkg/{}/", assets.build);
        let mut files = BTreeMap::new();
        for (path, file) in self.files.iter() {
            let Some(name) = path.strip_prefix(&folder) else { continue };
            files.insert(name.to_owned(), file.bytes().clone());
            if let Some(compressed) = file.compressed() {
                files.insert(format!("{name}{COMPRESSED}"), compressed.clone());
            }
        }
        (!files.is_empty()).then(|| (assets.build.clone(), files))
    }

    /// A route for each file that lies at the top, and one for each folder. What this build has not may be in one of
    /// `previous`.
    pub fn routes(&self, previous: &PreviousBuilds) -> Router {
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
        router.with_state((self.clone(), previous.clone()))
    }
}

async fn serve(State((site, previous)): State<(Site, PreviousBuilds)>, request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    if let Some(file) = site.files.get(path) {
        return file.respond(request.headers());
    }
    match previous.file(path).await {
        Ok(Some(file)) => file.respond(request.headers()),
        Ok(None) => problem_response(Problem::new(Code::NotFound)),
        Err(problem) => problem_response(problem),
    }
}

#[cfg(test)]
mod tests;
