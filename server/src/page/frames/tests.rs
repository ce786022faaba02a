//! Home pages of several viewers over one frame, and how soon each is given the next one.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use app::{
    client::{Client, rendered::Answers},
    shell::PageAssets,
    store::run::preload,
};
use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use bytes::Bytes;
use contract::{
    Problem,
    authorization::Authorization,
    catalog::{Artwork, DeleteTitle, TitleCard},
    discovery::{GetHome, GetPreparation, Home, HomeRow, Preparation},
    identity::{AccountRole, GetWatcher, Watcher, Watching},
    library::{GetSnapshot, SavedSnapshot, SnapshotRevision},
    playback::{ContinueItem, ListContinueWatching, Progress},
};
use serde_json::json;
use storage::{
    events::{Change, Events},
    guard::stale,
};
use tokio::time::Duration;
use tower::ServiceExt;

use crate::{
    context::{ActiveProfile, Member, RequestContext, Viewer},
    jobs::Jobs,
    mount::{Dispatcher, Mount},
    page::Pages,
};

const SENTENCE: &str = "A part of this page could not be loaded just now.";

fn card(id: &str) -> TitleCard {
    TitleCard {
        id: id.parse().unwrap(),
        title: format!("The {id}"),
        year: None,
        runtime_minutes: None,
        maturity: None,
        genres: Vec::new(),
        score: None,
        house_rating: None,
        artwork: Artwork { poster: format!("/art/{id}"), backdrop: None, colour: "#000000".to_owned() },
        video: None,
    }
}

/// What the services answer, and how often they were asked for the home page.
struct Stage {
    home: Arc<Mutex<Home>>,
    asked: Arc<AtomicUsize>,
    events: Events,
    calls: Router,
    pages: Router,
    whole: Arc<Pages>,
    dispatcher: Dispatcher,
}

/// The minutes that somebody has left of the film that they have begun.
fn minutes(profile: &str) -> f64 {
    if profile == "ada" { 11.0 } else { 22.0 }
}

impl Stage {
    fn new() -> Self {
        let items = ["kept", "gone"].map(card).to_vec();
        let row = HomeRow { key: "first".to_owned(), heading: "First".to_owned(), more: Default::default(), items };
        let home = Arc::new(Mutex::new(Home { rows: vec![row], ..Home::default() }));
        let (events, asked, dispatcher) = (Events::default(), Arc::<AtomicUsize>::default(), Dispatcher::default());
        let mut mount = Mount::new(dispatcher.clone(), events.clone());
        let (shown, counted) = (Arc::clone(&home), Arc::clone(&asked));
        mount.call(move |_, _: GetHome| {
            counted.fetch_add(1, Ordering::SeqCst);
            let home = shown.lock().unwrap().clone();
            async move {
                if !home.is_whole() {
                    stale::note_partial();
                }
                Ok(home)
            }
        });
        mount.call(|_, _: GetPreparation| async { Ok(Preparation::default()) });
        mount.call(|context: RequestContext, _: GetSnapshot| async move { Ok(snapshot(context.viewer.profile.as_str())) });
        mount.call(|context: RequestContext, _: GetWatcher| async move {
            let name = format!("Named {}", context.viewer.profile);
            let watcher = Watcher { name, colour: "#123456".to_owned(), language: None, ..Watcher::default() };
            Ok(Watching { watcher: (!context.viewer.is_new).then_some(watcher), ..Watching::default() })
        });
        mount.call(|context: RequestContext, _: ListContinueWatching| async move {
            if context.viewer.is_new || context.viewer.profile.as_str() == "fay" {
                return Ok(Vec::new());
            }
            let duration_seconds = 6_000.0;
            let position = duration_seconds - 60.0 * minutes(context.viewer.profile.as_str());
            Ok(vec![ContinueItem { card: card("begun"), progress: Progress { position, duration_seconds } }])
        });
        let (shown, changed) = (Arc::clone(&home), events.clone());
        mount.call(move |_, call: DeleteTitle| {
            shown.lock().unwrap().rows.iter_mut().for_each(|row| row.items.retain(|card| card.id != call.id));
            changed.publish(Change::CatalogueVisible);
            async { Ok::<_, Problem>(()) }
        });
        let calls = mount.finish().router;
        let whole = Pages::new(PageAssets::default(), String::new(), Default::default(), events.clone(), Jobs::default());
        Self { home, asked, events, calls, pages: Arc::clone(&whole).routes(), whole, dispatcher }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn context(&self, viewer: Viewer) -> RequestContext {
        RequestContext::of(viewer, self.dispatcher.clone())
    }

    async fn page(&self, viewer: Viewer) -> (StatusCode, String) {
        let router = self.pages.clone().layer(Extension(self.context(viewer)));
        let response = router.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
        let (status, is_kept) = (response.status(), response.headers().contains_key(header::ETAG));
        let html = String::from_utf8(to_bytes(response.into_body(), 8 << 20).await.unwrap().to_vec()).unwrap();
        assert_eq!(is_kept, !html.contains("Named "), "what is somebody's own is nobody's to keep");
        (status, html)
    }

    async fn html(&self, viewer: Viewer) -> String {
        self.page(viewer).await.1
    }

    /// The page as it is rendered as a whole.
    async fn whole(&self, viewer: Viewer) -> String {
        let context = self.context(viewer);
        let frame = self.whole.frames.of(&context, None).await;
        let answers = Answers::default();
        let client = Client::InProcess(Arc::new(context.clone()), answers.clone());
        let state = preload(frame.frame.begin(&answers), &client).await;
        assert!(frame.frame.shape(&state).is_some(), "it is like others");
        let request = Request::get("/").body(Body::empty()).unwrap();
        let page = self.whole.whole(&frame, state, answers, client, &Bytes::new(), request).await.unwrap().unwrap();
        String::from_utf8(page.plain().to_vec()).unwrap()
    }

    async fn delete(&self, viewer: Viewer, title: &str) {
        let router = self.calls.clone().layer(Extension(self.context(viewer)));
        let request = Request::delete(format!("/api/v1/titles/{title}")).body(Body::empty()).unwrap();
        assert_eq!(router.oneshot(request).await.unwrap().status(), StatusCode::NO_CONTENT);
    }
}

/// What a viewer set: each of them something else.
fn snapshot(profile: &str) -> SnapshotRevision {
    let hidden = |key: &str| json!({ "theme": "light", "hidden_rows": [{ "key": key, "heading": "Hidden" }] });
    let preferences = match profile {
        "dan" => hidden("first"),
        "eve" => hidden("continue"),
        _ => json!({ "volume": 30 }),
    };
    let state = json!({ "preferences": preferences });
    SnapshotRevision { revision: 3, snapshot: Some(SavedSnapshot { format: 1, state }), is_from_elsewhere: false }
}

fn member(name: &str, authorization: Authorization) -> Viewer {
    let member = Member {
        account: format!("account-{name}").parse().unwrap(),
        sign_in: "s1".parse().unwrap(),
        role: AccountRole::Operator,
        active_profile: ActiveProfile::Unrestricted,
        scopes: None,
    };
    Viewer { profile: name.parse().unwrap(), is_new: false, member: Some(member), authorization: Arc::new(authorization) }
}

fn viewer(name: &str) -> Viewer {
    member(name, Authorization::default())
}

/// Who was never here before.
fn stranger() -> Viewer {
    Viewer::guest("stranger".parse().unwrap(), true, Arc::new(Authorization::default()))
}

/// leptos writes one into each page, which no policy names.
fn without_nonce(page: &str) -> String {
    let parts = page.split(" nonce=\"").enumerate();
    parts.map(|(at, part)| if at == 0 { part } else { part.split_once('"').unwrap().1 }).collect()
}

/// The first row of everybody's, and the answer that it came of.
fn frame(html: &str) -> (&str, &str) {
    let within = |from: &str, to: &str| {
        let rest = &html[html.find(from).unwrap_or_else(|| panic!("no {from} in {html}"))..];
        &rest[..rest.find(to).unwrap()]
    };
    (within("aria-labelledby=\"row-first\"", "</section>"), within("\"/api/v1/home\":", "]}"))
}

#[tokio::test(start_paused = true)]
async fn members_and_strangers_are_given_one_frame_that_is_made_once_and_nothing_of_each_other() {
    let stage = Stage::new();
    let (ada, bob, nobody) = (stage.html(viewer("ada")).await, stage.html(viewer("bob")).await, stage.html(stranger()).await);
    assert_eq!(stage.asked(), 1);
    assert!(frame(&ada).0.contains("The kept") && frame(&ada).1.contains("The gone"), "{ada}");
    assert_eq!(frame(&ada), frame(&bob));
    assert_eq!(frame(&ada), frame(&nobody));
    assert!(ada.contains("Named ada") && ada.contains("11 min left") && ada.contains("The begun"), "{ada}");
    assert!(bob.contains("Named bob") && bob.contains("22 min left"), "{bob}");
    assert!(!ada.contains("Named bob") && !ada.contains("22 min") && !bob.contains("Named ada") && !bob.contains("11 min"));
    assert!(!nobody.contains("The begun") && !nobody.contains("min left") && !nobody.contains("Named ada"), "{nobody}");
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_put_together_of_a_template_is_the_page_that_is_rendered_as_a_whole() {
    let stage = Stage::new();
    for name in ["ada", "bob", "dan", "eve", "fay", "ada"] {
        let page = stage.html(viewer(name)).await;
        assert_eq!(without_nonce(&page), without_nonce(&stage.whole(viewer(name)).await), "{name}");
        assert!(page.contains(&format!("Named {name}")) && !page.contains("<!--frame:"), "{page}");
        assert_eq!(page.contains("data-theme=\"light\""), ["dan", "eve"].contains(&name), "{page}");
        assert_eq!(page.contains("id=\"row-first\""), name != "dan", "{page}");
        assert_eq!(page.contains("id=\"row-continue\""), !["eve", "fay"].contains(&name), "{page}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_wrote_finds_it_in_their_next_page_whoever_is_new_too_and_others_within_a_second() {
    let stage = Stage::new();
    assert!(stage.html(viewer("bob")).await.contains("The gone"));
    stage.events.publish(Change::CatalogueVisible);
    assert!(stage.html(viewer("bob")).await.contains("The gone"));
    stage.delete(viewer("ada"), "gone").await;
    assert!(stage.html(viewer("bob")).await.contains("The gone"), "what all share is dropped once a second");
    assert!(!stage.html(viewer("ada")).await.contains("The gone"));
    // Kept from this change on, and so made of nothing from before it.
    assert!(!stage.html(stranger()).await.contains("The gone"));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(!stage.html(viewer("bob")).await.contains("The gone"));
    assert!(!stage.html(stranger()).await.contains("The gone"));
    assert_eq!(stage.asked(), 3, "one for each state of the catalogue");
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_lacks_a_part_is_given_to_whoever_asked_and_kept_for_nobody() {
    let stage = Stage::new();
    stage.home.lock().unwrap().missing = vec!["genres".to_owned()];
    assert!(stage.html(viewer("ada")).await.contains(SENTENCE));
    stage.home.lock().unwrap().missing.clear();
    assert!(!stage.html(viewer("bob")).await.contains(SENTENCE));
    assert!(!stage.html(stranger()).await.contains(SENTENCE));
    assert_eq!(stage.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn who_may_not_browse_is_given_no_frame_that_was_made_for_others_and_each_age_has_its_own() {
    let stage = Stage::new();
    assert!(stage.html(viewer("ada")).await.contains("The gone"));
    let (status, html) = stage.page(member("bob", Authorization { may_browse: false, ..Authorization::default() })).await;
    assert!(status != StatusCode::OK && !html.contains("The kept") && !html.contains("row-first"), "{status} {html}");
    assert_eq!(stage.asked(), 1);
    stage.home.lock().unwrap().rows[0].items.pop();
    let child = stage.html(member("bob", Authorization { maturity: Some(6), ..Authorization::default() })).await;
    assert!(child.contains("The kept") && !child.contains("The gone"), "{child}");
    assert!(stage.html(viewer("ada")).await.contains("The gone"));
}
