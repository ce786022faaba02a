//! Recommendations on a real catalogue and real stores, with histories that the tests make up.

mod answering;
mod few;
mod learning;
mod long_histories;
mod picking;

use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use contract::{
    authorization::Authorization,
    discovery::{MyRow, RowAbout},
};
use serde_json::{Value, json};
use storage::{StorageUrls, events::Events};
use tower::ServiceExt;

use super::*;
use crate::{
    context::Viewer as Asker,
    services::{
        catalog::{
            facts::NewTitle,
            tests::{Bench, film, routes::viewer},
        },
        feeds::Audience,
        interactions::{Act, Interaction, Interactions, Viewer, Viewers},
        keepers::Gone,
    },
};

/// Titles of each of two genres.
const OF_A_GENRE: usize = 12;
const DAY: u64 = 24 * 60 * 60 * 1000;
const NOW: u64 = 1_800_000_000_000;

/// Histories and households as a test has them.
#[derive(Default)]
struct Households {
    interactions: Mutex<Vec<Interaction>>,
    viewers: Mutex<Vec<Viewer>>,
    /// Whose pages were asked for, in their order.
    asked: Mutex<Vec<ProfileId>>,
}

#[async_trait]
impl Interactions for Households {
    async fn interactions(&self, after: Option<&str>) -> Result<(Vec<Interaction>, Option<String>), StoreError> {
        // Two at a time, so that there are pages.
        let from: usize = after.map_or(0, |after| after.parse().unwrap());
        let all = self.interactions.lock().unwrap();
        let next = (from + 2 < all.len()).then(|| (from + 2).to_string());
        Ok((all.iter().skip(from).take(2).cloned().collect(), next))
    }

    async fn of(
        &self,
        profile: &ProfileId,
        after: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<Interaction>, Option<String>), StoreError> {
        self.asked.lock().unwrap().push(profile.clone());
        tokio::task::yield_now().await;
        let (from, limit) = (after.map_or(0, |after| after.parse().unwrap()), usize::try_from(limit).unwrap());
        let all = self.interactions.lock().unwrap();
        let mut all: Vec<&Interaction> = all.iter().filter(|one| one.profile == *profile).collect();
        all.sort_by_key(|one| std::cmp::Reverse(one.instant));
        let next = (from + limit < all.len()).then(|| (from + limit).to_string());
        Ok((all.into_iter().skip(from).take(limit).cloned().collect(), next))
    }

    async fn count(&self) -> Result<u64, StoreError> {
        Ok(self.interactions.lock().unwrap().len() as u64)
    }
}

#[async_trait]
impl Viewers for Households {
    async fn viewers(&self, _: Option<&str>) -> Result<(Vec<Viewer>, Option<String>), StoreError> {
        Ok((self.viewers.lock().unwrap().clone(), None))
    }
}

struct World {
    bench: Bench,
    _folder: tempfile::TempDir,
    keyvalue: Arc<dyn KeyValue>,
    households: Arc<Households>,
    now: Arc<AtomicU64>,
    service: Arc<Recommendations>,
    westerns: Vec<TitleId>,
    comedies: Vec<TitleId>,
}

impl World {
    /// Ten accounts that watch westerns, ten that watch comedies, each all but two of them; nothing is trained.
    async fn new() -> Self {
        let (mut bench, folder) = (Bench::new(), tempfile::tempdir().unwrap());
        let urls = StorageUrls::embedded(folder.path());
        let keyvalue = storage::open(&urls, &Events::default()).await.unwrap().keyvalue;
        let mut titles = Vec::new();
        for genre in ["Western", "Comedy"] {
            let films = (0..OF_A_GENRE).map(|at| {
                let rated = if at == 0 { "R" } else { "G" };
                let film = film(&("Film", 1990, genre, "", rated, 100, 70, 900));
                NewTitle { source: format!("test:{genre} {at}"), title: format!("{genre} {at}"), ..film }
            });
            titles.push(bench.add(films.collect()).await.into_iter().map(|outcome| outcome.id).collect::<Vec<_>>());
        }
        let (comedies, westerns) = (titles.pop().unwrap(), titles.pop().unwrap());
        let (households, now) = (Arc::new(Households::default()), Arc::new(AtomicU64::new(NOW)));
        let service = Self::node(&bench, &keyvalue, &households, &now);
        let world = Self { bench, _folder: folder, keyvalue, households, now, service, westerns, comedies };
        for at in 0..10 {
            for (genre, titles) in [("w", &world.westerns), ("c", &world.comedies)] {
                world.viewer(&format!("{genre}{at}"), &format!("account-{genre}{at}"), true);
                let watched = titles.iter().enumerate().filter(|(title, _)| title % 10 != at);
                watched.for_each(|(_, title)| world.watch(&format!("{genre}{at}"), title));
            }
        }
        world
    }

    fn node(
        bench: &Bench,
        keyvalue: &Arc<dyn KeyValue>,
        households: &Arc<Households>,
        now: &Arc<AtomicU64>,
    ) -> Arc<Recommendations> {
        let now = Arc::clone(now);
        Arc::new(Recommendations::new(Dependencies {
            documents: Arc::clone(&bench.documents),
            keyvalue: Arc::clone(keyvalue),
            objects: bench.objects.clone(),
            sources: Sources {
                interactions: [Arc::clone(households) as Arc<dyn Interactions>].into(),
                viewers: Arc::clone(households) as Arc<dyn Viewers>,
                titles: Arc::new(bench.catalog.ingest()),
            },
            tombstones: Arc::new(Gone::default()),
            clock: Clock::new(move || std::time::UNIX_EPOCH + std::time::Duration::from_millis(now.load(Ordering::SeqCst))),
        }))
    }

    fn another_node(&self) -> Arc<Recommendations> {
        Self::node(&self.bench, &self.keyvalue, &self.households, &self.now)
    }

    async fn trained() -> Self {
        let world = Self::new().await;
        world.service.look().await.unwrap();
        world
    }

    fn viewer(&self, profile: &str, account: &str, is_learnt_from: bool) {
        let viewer = Viewer { profile: profile.parse().unwrap(), account: account.parse().unwrap(), is_learnt_from };
        self.households.viewers.lock().unwrap().push(viewer);
    }

    fn watch(&self, profile: &str, title: &TitleId) {
        self.interact(profile, title, 1.0, Act::Watched);
    }

    fn interact(&self, profile: &str, title: &TitleId, weight: f32, act: Act) {
        let (profile, title) = (profile.parse().unwrap(), title.clone());
        let one = Interaction { profile, title, instant: NOW - DAY, weight, act };
        // As the change feeds tell every node.
        let audience = Audience::Profile(one.profile.clone());
        self.households.interactions.lock().unwrap().push(one);
        self.service.changed(Affected::One(&audience));
    }

    fn pass(&self, millis: u64) {
        self.now.fetch_add(millis, Ordering::SeqCst);
    }

    fn router(&self, asker: Asker) -> Router {
        let (router, dispatcher) = self.bench.mounted(&[Arc::clone(&self.service) as Arc<dyn Service>]);
        router.layer(axum::Extension(RequestContext { viewer: asker, dispatcher, ..viewer(None) }))
    }

    async fn ask_as(&self, asker: Asker, method: &str, path: &str, body: Value) -> (u16, Value) {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json").body(body).unwrap();
        let response = self.router(asker).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    async fn ask(&self, profile: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
        self.ask_as(asker(profile, Authorization::default()), method, path, body).await
    }

    async fn rows(&self, profile: &str) -> Vec<MyRow> {
        let (status, rows) = self.ask(profile, "GET", "/api/v1/my-rows", Value::Null).await;
        assert_eq!((status, &rows["is_on"]), (200, &json!(true)), "{rows}");
        serde_json::from_value(rows["rows"].clone()).unwrap()
    }

    /// The bytes of every model in the object store.
    fn models(&self) -> Vec<Vec<u8>> {
        let folder = self.bench.folder.path().join("objects").join("models");
        let files: Vec<std::path::PathBuf> =
            std::fs::read_dir(folder).map(|files| files.map(|file| file.unwrap().path()).collect()).unwrap_or_default();
        files.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
    }

    fn support(&self, title: &TitleId) -> u32 {
        let model = self.service.model();
        model.title(model.number(title.as_str()).unwrap()).unwrap().support
    }
}

/// Somebody without an account, for whom nothing but the profile and what they may do counts here.
fn asker(profile: &str, may: Authorization) -> Asker {
    Asker::guest(profile.parse().unwrap(), false, Arc::new(may))
}

fn ids(rows: &[MyRow]) -> Vec<TitleId> {
    rows.iter().flat_map(|row| &row.items).map(|item| item.card.id.clone()).collect()
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
