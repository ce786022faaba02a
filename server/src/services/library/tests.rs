//! The service over HTTP, on a real store in a temporary directory.

mod counting;
mod history;
mod lists;
mod overlapping;
mod sent_again;
mod taking_back;
mod unreadable;
mod viewings;

use axum::{Extension, Router, body::to_bytes};
use http::Request;
use runtime::clock::Clock;
use serde_json::{Value, json};
use storage::{
    StorageUrls,
    documents::{Expect, Write},
    events::Events,
    open,
};
use tower::ServiceExt;

use super::*;
use crate::{
    context::{RequestContext, Viewer},
    mount::Dispatcher,
    services::{keepers::Gone, recorder::Recorder},
};

struct World {
    _folder: tempfile::TempDir,
    documents: Arc<dyn Documents>,
    library: Arc<Library>,
    router: Router,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let urls = StorageUrls::embedded(folder.path());
        let stores = open(&urls, &Events::default()).await.unwrap();
        let mut mount = Mount::new(Dispatcher::default(), Events::default());
        let (documents, clock) = (stores.documents, Clock::default());
        let library = Library::new(Arc::clone(&documents), Arc::new(Gone::default()), clock.clone(), Recorder::off(clock));
        let library = Arc::new(library);
        Arc::clone(&library).mount(&mut mount);
        Self { _folder: folder, documents, library, router: mount.finish().router }
    }

    async fn ask(&self, profile: &str, method: &str, body: Value) -> (u16, Value) {
        self.ask_as(Viewer::guest(profile.parse().unwrap(), false, Arc::default()), method, body).await
    }

    async fn ask_as(&self, viewer: Viewer, method: &str, body: Value) -> (u16, Value) {
        let context = RequestContext::of(viewer, Dispatcher::default());
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request::builder()
            .method(method)
            .uri("/api/v1/snapshot")
            .header("content-type", "application/json")
            .body(axum::body::Body::from(body))
            .unwrap();
        let response = self.router.clone().layer(Extension(context)).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }
}

fn save(after: u64, format: u16, state: Value) -> Value {
    json!({ "after": after, "snapshot": { "format": format, "state": state } })
}

#[tokio::test]
async fn a_save_is_told_of_whatever_was_noted_before_it() {
    let world = World::new().await;
    let merge =
        |theme: &str| json!({ "format": 1, "from": {}, "to": { "format": 1, "state": { "theme": theme } }, "notifies": true });
    let noted = async || world.documents.get(&SETTINGS_CHANGES, "p1").await.unwrap().unwrap().body["revision"].clone();
    for (theme, broken) in [("a", json!({ "revision": "x" })), ("b", json!({ "revision": 188 })), ("c", json!({}))] {
        let write = Write { id: "p1".into(), body: broken, expect: Expect::Anything };
        world.documents.put(&SETTINGS_CHANGES, write).await.unwrap();
        let (status, answer) = world.ask("p1", "PATCH", merge(theme)).await;
        assert_eq!((status, noted().await), (200, answer["revision"].clone()), "{theme}: {answer}");
    }
}

#[tokio::test]
async fn a_save_as_a_whole_is_told_of_where_something_is_set_by_it_and_not_where_only_the_screen_is_another() {
    let world = World::new().await;
    let noted = async || {
        let note = world.documents.get(&SETTINGS_CHANGES, "p1").await.unwrap();
        note.map(|note| note.body["revision"].clone())
    };
    let state = |address: &str, theme: &str| json!({ "address": address, "preferences": { "theme": theme } });
    assert_eq!(world.ask("p1", "PUT", save(0, 1, json!({ "address": "/" }))).await.0, 200);
    assert_eq!(noted().await, None, "nothing was ever set");
    let mut revisions = Vec::new();
    for (address, theme) in [("/", "light"), ("/settings", "light"), ("/settings", "dark"), ("/", "dark")] {
        let after = 1 + u64::try_from(revisions.len()).unwrap();
        let (status, answer) = world.ask("p1", "PUT", save(after, 1, state(address, theme))).await;
        assert_eq!(status, 200, "{answer}");
        revisions.push((answer["revision"].clone(), noted().await.unwrap()));
    }
    let [first, screen, second, other] = revisions.as_slice() else { panic!("{revisions:?}") };
    assert_eq!(first.0, first.1);
    assert_eq!(screen.1, first.0);
    assert_eq!(second.0, second.1);
    assert_eq!(other.1, second.0);
    let (status, _) = world.ask("p1", "PUT", save(1, 1, state("/", "light"))).await;
    assert_eq!((status, noted().await), (412, Some(second.0.clone())), "a save that is refused is told of to nobody");
}

#[tokio::test]
async fn a_snapshot_comes_back_as_it_was_saved_whatever_its_format() {
    let world = World::new().await;
    assert_eq!(world.ask("p1", "GET", Value::Null).await, (200, json!({ "revision": 0 })));
    for (after, format, state) in [
        (0, 1, json!({ "route": "/watch/film", "list": [1, 2.5, null], "ä": "\u{0}" })),
        (1, 9999, json!({ "another": "shape" })),
        (2, 2, json!({})),
    ] {
        let reply = world.ask("p1", "PUT", save(after, format, state.clone())).await;
        assert_eq!(reply, (200, json!({ "revision": after + 1 })));
        let expected = json!({ "revision": after + 1, "snapshot": { "format": format, "state": state } });
        assert_eq!(world.ask("p1", "GET", Value::Null).await, (200, expected));
    }
}

#[tokio::test]
async fn a_save_that_follows_another_revision_is_refused() {
    let world = World::new().await;
    assert_eq!(world.ask("p1", "PUT", save(0, 1, json!({ "route": "first" }))).await.0, 200);
    for after in [0, 2, u64::from(u32::MAX)] {
        let (status, problem) = world.ask("p1", "PUT", save(after, 1, json!({ "route": "second" }))).await;
        assert_eq!((status, &problem["code"]), (412, &json!("version_conflict")), "{after}");
    }
    assert_eq!(world.ask("p1", "GET", Value::Null).await.1["snapshot"]["state"]["route"], "first");
}

#[tokio::test]
async fn two_devices_that_save_at_once_do_not_undo_each_other() {
    let world = World::new().await;
    let saves = (0..6).map(|device| world.ask("p1", "PUT", save(0, 1, json!({ "device": device }))));
    let statuses: Vec<u16> = futures::future::join_all(saves).await.into_iter().map(|(status, _)| status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 5, "{statuses:?}");
}

#[tokio::test]
async fn what_changed_is_merged_into_whatever_was_saved_before_it_and_refused_where_the_whole_would_be() {
    let world = World::new().await;
    let merge = |from: Value, to: Value| json!({ "format": 1, "from": from, "to": to });
    let state = async || world.ask("p1", "GET", Value::Null).await.1["snapshot"]["state"].clone();
    let saved =
        |revision: u64, state: &Value| (200, json!({ "revision": revision, "snapshot": { "format": 1, "state": state } }));
    let light = json!({ "theme": "light" });
    assert_eq!(world.ask("p1", "PATCH", merge(json!({}), light.clone())).await, saved(1, &light));
    assert_eq!(
        world.ask("p1", "PUT", save(1, 1, json!({ "theme": "light", "sound": 3, "rows": [{ "key": "1" }] }))).await.0,
        200
    );
    let change = merge(
        json!({ "theme": "light", "sound": 1, "rows": [] }),
        json!({ "theme": "dark", "sound": 1, "rows": [{ "key": "2" }] }),
    );
    let both = json!({ "theme": "dark", "sound": 3, "rows": [{ "key": "1" }, { "key": "2" }] });
    for _ in 0..2 {
        assert_eq!(world.ask("p1", "PATCH", change.clone()).await, saved(3, &both), "with what another saved, and once");
        assert_eq!(state().await, both);
    }
    assert_eq!(world.ask("p1", "PUT", save(2, 1, json!({}))).await.0, 412, "what was under way comes late");
    let many = json!({ "format": 1, "from": {}, "attempted": vec![json!({}); 9], "to": {} });
    for (wrong, status) in [
        (merge(json!({}), json!([])), 422),
        (merge(Value::Null, json!({})), 422),
        (many, 422),
        (merge(json!({}), json!({ "x": "x".repeat(32 * 1024) })), 413),
        (merge(json!({}), json!({ "x": "x".repeat(32 * 1024 - 50) })), 413),
    ] {
        assert_eq!(world.ask("p1", "PATCH", wrong).await.0, status);
    }
    assert_eq!(world.ask("p1", "GET", Value::Null).await.1["revision"], 3);
    let changes = (0..4).map(|device| world.ask("p1", "PATCH", merge(json!({}), json!({ format!("device{device}"): true }))));
    let statuses: Vec<u16> = futures::future::join_all(changes).await.into_iter().map(|(status, _)| status).collect();
    assert_eq!(statuses, [200; 4]);
    let together = state().await;
    assert!((0..4).all(|device| together[format!("device{device}")] == true), "{together}");
    assert_eq!(world.ask("p1", "PATCH", json!({ "format": 2, "from": {}, "to": { "a": 1 } })).await.0, 200);
    assert_eq!(
        world.ask("p1", "GET", Value::Null).await.1["snapshot"],
        json!({ "format": 2, "state": { "a": 1 } }),
        "another shape"
    );
    assert_eq!(world.ask("p1", "PATCH", change).await.0, 412, "an older one of a tab that is still open");
}

#[tokio::test]
async fn a_snapshot_that_is_too_large_is_refused_and_the_largest_is_not() {
    let world = World::new().await;
    let frame = r#"{"format":1,"state":{"x":""}}"#.len();
    let (status, problem) = world.ask("p1", "PUT", save(0, 1, json!({ "x": "x".repeat(32 * 1024 - frame + 1) }))).await;
    assert_eq!((status, &problem["code"]), (413, &json!("too_large")));
    assert_eq!(world.ask("p1", "PUT", save(0, 1, json!({ "x": "x".repeat(32 * 1024 - frame) }))).await.0, 200);
}

fn hidden_rows(keys: std::ops::Range<usize>) -> Value {
    keys.map(|key| json!({ "key": format!("row-{key}"), "heading": "行".repeat(98) })).collect()
}

#[tokio::test]
async fn where_a_snapshot_is_full_the_oldest_rows_give_way_to_what_is_set() {
    let world = World::new().await;
    let state = |theme: &str, rows: Value| json!({ "preferences": { "theme": theme, "hidden_rows": rows } });
    let merge = |from: &Value, to: &Value| json!({ "format": 1, "from": from, "to": to });
    let (empty, full) = (state("dark", json!([])), state("dark", hidden_rows(0..95)));
    let size = json!({ "format": 1, "state": full }).to_string().len();
    assert!((30_000..32 * 1024 - 100).contains(&size), "{size}");
    assert_eq!(world.ask("p1", "PATCH", merge(&empty, &full)).await.0, 200);
    // Of another build, nearly to the limit.
    let other = json!({ "newer": "x".repeat(32 * 1024 - size - 20) });
    assert_eq!(world.ask("p1", "PATCH", merge(&json!({}), &other)).await.0, 200);
    let rows = |answer: &Value| answer["snapshot"]["state"]["preferences"]["hidden_rows"].clone();
    let light = state("a theme with a long name", hidden_rows(0..95));
    for _ in 0..2 {
        let (status, answer) = world.ask("p1", "PATCH", merge(&full, &light)).await;
        assert_eq!((status, rows(&answer), &answer["revision"]), (200, hidden_rows(1..95), &json!(3)), "twice is once");
        assert_eq!(answer["snapshot"]["state"]["newer"], other["newer"]);
    }
    // More than a snapshot has, of one device.
    let more = state("dark", hidden_rows(0..110));
    let (status, answer) = world.ask("p2", "PATCH", merge(&empty, &more)).await;
    let kept = rows(&answer);
    let kept = kept.as_array().unwrap();
    assert_eq!((status, kept.last()), (200, hidden_rows(109..110).get(0)), "{answer}");
    assert!((90..110).contains(&kept.len()) && answer["snapshot"].to_string().len() <= 32 * 1024, "{}", kept.len());
}

/// Lists in each other, `levels` with the object that has them.
fn nested(levels: usize) -> Value {
    json!({ "x": (2..levels).fold(json!([]), |inner, _| json!([inner])) })
}

#[tokio::test]
async fn a_snapshot_has_as_many_levels_as_whoever_reads_json_reads() {
    let world = World::new().await;
    let merge = |to: Value| json!({ "format": 1, "from": {}, "to": to });
    assert_eq!(world.ask("p1", "PATCH", merge(nested(64))).await.0, 200);
    assert_eq!(world.ask("p1", "PUT", save(1, 1, nested(64))).await.0, 200);
    for (method, body) in [("PATCH", merge(nested(65))), ("PUT", save(2, 1, nested(65)))] {
        let (status, problem) = world.ask("p1", method, body).await;
        assert_eq!((status, &problem["code"]), (422, &json!("invalid_request")), "{problem}");
        assert!(problem["fields"][0]["message"].as_str().unwrap().contains("64"), "{problem}");
    }
    // One that was kept before that was refused.
    let body = json!({ "format": 1, "state": nested(120) });
    world.documents.put(&SNAPSHOTS, Write { id: "p1".into(), body, expect: Expect::Anything }).await.unwrap();
    let told = world.ask("p1", "GET", Value::Null).await.1;
    assert_eq!(told, json!({ "revision": 3, "snapshot": { "format": 1, "state": {} } }));
    let (status, answer) = world.ask("p1", "PATCH", merge(json!({ "theme": "dark" }))).await;
    assert_eq!((status, &answer["snapshot"]["state"]), (200, &json!({ "theme": "dark" })), "{answer}");
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_read_is_none_and_is_begun_anew_by_the_next_save() {
    let world = World::new().await;
    let merge = |to: Value| json!({ "format": 1, "from": {}, "to": to, "notifies": true });
    let unreadable = async || {
        let write = Write { id: "p1".into(), body: json!({ "format": "x" }), expect: Expect::Anything };
        world.documents.put(&SNAPSHOTS, write).await.unwrap()
    };
    unreadable().await;
    assert_eq!(world.ask("p1", "GET", Value::Null).await, (200, json!({ "revision": 0 })));
    let changes = (0..4).map(|device| world.ask("p1", "PATCH", merge(json!({ format!("device{device}"): true }))));
    let statuses: Vec<u16> = futures::future::join_all(changes).await.into_iter().map(|(status, _)| status).collect();
    assert_eq!(statuses, [200; 4]);
    let (_, told) = world.ask("p1", "GET", Value::Null).await;
    let state = &told["snapshot"]["state"];
    assert!((0..4).all(|device| state[format!("device{device}")] == true), "{told}");
    assert!(told["revision"].as_u64().unwrap() > 1, "others are told of what is later");
    let revision = unreadable().await;
    let (status, answer) = world.ask("p1", "PUT", save(0, 1, json!({ "theme": "dark" }))).await;
    assert_eq!((status, &answer["revision"]), (200, &json!(revision + 1)));
    // Whoever signs in takes along what a guest has.
    unreadable().await;
    assert_eq!(world.ask("guest", "PATCH", merge(json!({ "theme": "light" }))).await.0, 200);
    world.library.merge(&"guest".parse().unwrap(), &"p1".parse().unwrap()).await.unwrap();
    assert_eq!(world.ask("p1", "GET", Value::Null).await.1["snapshot"]["state"]["theme"], "light");
    unreadable().await;
    world.library.merge(&"p1".parse().unwrap(), &"p2".parse().unwrap()).await.unwrap();
    assert_eq!(world.ask("p2", "GET", Value::Null).await, (200, json!({ "revision": 0 })));
}

#[tokio::test]
async fn of_saves_at_once_the_latest_is_told_of_however_late_another_says_so() {
    let world = World::new().await;
    let viewer = Viewer::guest("p1".parse().unwrap(), false, Arc::default());
    let noted = async || world.documents.get(&SETTINGS_CHANGES, "p1").await.unwrap().unwrap().body["revision"].clone();
    let merge = |device: usize| json!({ "format": 1, "from": {}, "to": { format!("d{device}"): 1 }, "notifies": true });
    for device in 0..2 {
        assert_eq!(world.ask("p1", "PATCH", merge(device)).await.0, 200);
    }
    world.library.note_settings(&viewer, 1).await.unwrap();
    assert_eq!(noted().await, 2, "a slow one leaves what is noted");
    futures::future::join_all((2..12).map(|device| world.ask("p1", "PATCH", merge(device)))).await;
    let revision = world.ask("p1", "GET", Value::Null).await.1["revision"].clone();
    assert_eq!((noted().await, revision), (json!(12), json!(12)));
}

#[tokio::test]
async fn a_profile_sees_its_own_snapshot_alone_and_a_new_one_none() {
    let world = World::new().await;
    assert_eq!(world.ask("p1", "PUT", save(0, 1, json!({ "route": "mine" }))).await.0, 200);
    assert_eq!(world.ask("p2", "GET", Value::Null).await.1, json!({ "revision": 0 }));
    let new = Viewer::guest("p1".parse().unwrap(), true, Arc::default());
    assert_eq!(world.ask_as(new, "GET", Value::Null).await.1, json!({ "revision": 0 }), "not even looked for");
}
