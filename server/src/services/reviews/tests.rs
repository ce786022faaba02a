//! The service over HTTP, on real stores in a temporary directory, with a catalogue that has every title but one.

mod counting;
mod interacting;
mod late;
mod leaving;
mod limiting;
mod moderating;
mod unreadable;
mod writing;

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{Extension, Router, body::to_bytes};
use contract::{
    authorization::Authorization,
    catalog::GetTitleCards,
    identity::{Account, AccountRole, GetAccount},
};
use http::Request;
use serde_json::{Value, json};
use storage::{StorageUrls, Stores, open};
use tower::ServiceExt;

use super::*;
use crate::{
    context::{ActiveProfile, Member, RequestContext, Viewer},
    mount::Dispatcher,
    services::{cards::bare_card, keepers::Gone, recorder::Recorder},
    test_support::has_word,
};

/// A title that is not for whoever asks.
const HIDDEN: &str = "hidden";

/// What the catalogue would show.
#[derive(Default)]
struct Shown(Mutex<HashMap<TitleId, Option<(u64, u64)>>>);

#[async_trait]
impl RatedTitles for Shown {
    async fn refresh(&self, title: &TitleId, totals: &Totals) -> Result<(), StoreError> {
        let sum = totals.sum(title).await?;
        self.0.lock().unwrap().insert(title.clone(), sum);
        Ok(())
    }
}

struct World {
    _folder: tempfile::TempDir,
    stores: Stores,
    events: Events,
    router: Router,
    dispatcher: Dispatcher,
    reviews: Arc<Reviews>,
    shown: Arc<Shown>,
    now: Arc<AtomicU64>,
}

fn guest(profile: &str) -> Viewer {
    Viewer::guest(profile.parse().unwrap(), false, Arc::default())
}

/// A profile of an account that is called the same.
fn member(profile: &str) -> Viewer {
    let member = Member {
        account: format!("{profile}s-account").parse().unwrap(),
        sign_in: "s".parse().unwrap(),
        role: AccountRole::Member,
        active_profile: ActiveProfile::Unrestricted,
        scopes: None,
    };
    Viewer { member: Some(member), ..guest(profile) }
}

fn operator() -> Viewer {
    let viewer = member("olga");
    Viewer { member: viewer.member.clone().map(|member| Member { role: AccountRole::Operator, ..member }), ..viewer }
}

fn settings(writes_per_hour: u64) -> Settings {
    Settings { guests_may_read: false, writes_per_hour: crate::config::Bounded::of(writes_per_hour) }
}

impl World {
    async fn new() -> Self {
        Self::with(settings(10_000)).await
    }

    async fn with(settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let events = Events::default();
        let stores = open(&StorageUrls::embedded(folder.path()), &events).await.unwrap();
        let now = Arc::new(AtomicU64::new(1_800_000_000_000));
        let said = Arc::clone(&now);
        let clock = Clock::new(move || std::time::UNIX_EPOCH + std::time::Duration::from_millis(said.load(Ordering::Relaxed)));
        let dispatcher = Dispatcher::default();
        let mut mount = Mount::new(dispatcher.clone(), Events::default());
        mount.call(|_, call: GetTitleCards| async move {
            Ok(call.ids.into_iter().filter(|id| id.as_str() != HIDDEN).map(bare_card).collect())
        });
        mount.call(|_, call: GetAccount| async move { Ok(account(call.id)) });
        let reviews = Arc::new(Reviews::new(Dependencies {
            documents: Arc::clone(&stores.documents),
            keyvalue: Arc::clone(&stores.keyvalue),
            tombstones: Arc::new(Gone::default()),
            settings,
            recorder: Recorder::off(clock.clone()),
            clock,
        }));
        Arc::clone(&reviews).mount(&mut mount);
        let router = mount.finish().router;
        Self { _folder: folder, stores, events, router, dispatcher, reviews, shown: Arc::default(), now }
    }

    fn follower(&self) -> Follower {
        self.reviews.follower(Arc::clone(&self.shown) as Arc<dyn RatedTitles>, self.events.clone())
    }

    async fn ask(&self, viewer: &Viewer, method: &str, path: &str, body: Value) -> (u16, Value) {
        let context = RequestContext::of(viewer.clone(), self.dispatcher.clone());
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request::builder().method(method).uri(format!("/api/v1{path}")).header("content-type", "application/json");
        let request = request.body(axum::body::Body::from(body)).unwrap();
        let response = self.router.clone().layer(Extension(context)).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    async fn done(&self, viewer: &Viewer, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(viewer, method, path, body).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    async fn get(&self, viewer: &Viewer, path: &str) -> Value {
        self.done(viewer, "GET", path, Value::Null).await
    }

    async fn refused(&self, viewer: &Viewer, method: &str, path: &str, body: Value) -> String {
        let (status, problem) = self.ask(viewer, method, path, body).await;
        assert!(status >= 400, "{method} {path}: {status}");
        problem["code"].as_str().unwrap().to_owned()
    }

    /// A profile's rating of `heat`.
    async fn rate(&self, viewer: &Viewer, half_stars: u8) {
        self.done(viewer, "PUT", "/titles/heat/review", json!({ "half_stars": half_stars })).await;
    }

    /// A profile's text on `heat`, under the profile's name; its id.
    async fn write(&self, viewer: &Viewer, half_stars: u8, text: &str) -> String {
        self.done(viewer, "PUT", "/reviewer-name", json!({ "name": viewer.profile.as_str() })).await;
        let call = json!({ "half_stars": half_stars, "text": text });
        self.done(viewer, "PUT", "/titles/heat/review", call).await["id"].as_str().unwrap().to_owned()
    }

    /// Who wrote on `heat`, as somebody else is told.
    async fn listed(&self, sort: &str) -> Vec<String> {
        let (mut names, mut after) = (Vec::new(), String::new());
        loop {
            let page = self.get(&member("reader"), &format!("/titles/heat/reviews?limit=2&sort={sort}{after}")).await;
            names.extend(page["items"].as_array().unwrap().iter().map(|one| one["reviewer"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => after = format!("&page_token={next}"),
                None => return names,
            }
        }
    }

    async fn summary(&self) -> Value {
        self.get(&member("reader"), "/titles/heat/review-summary").await
    }

    fn pass(&self, milliseconds: u64) {
        self.now.fetch_add(milliseconds, Ordering::Relaxed);
    }
}

fn account(id: AccountId) -> Account {
    let told = json!({ "id": id, "login": id, "name": id, "role": "member", "is_disabled": false, "created": 0 });
    serde_json::from_value(told).unwrap()
}
