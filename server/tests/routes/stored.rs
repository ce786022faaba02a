//! What the stores keep of a profile: put there by tests, and looked for once it has to be gone.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use contract::ids::{AccountId, ProfileId};
use futures::TryStreamExt;
use object_store::ObjectStoreExt;
use serde_json::json;
use server::{
    collections,
    services::{identity, playback},
};
use storage::{
    Stores,
    documents::{
        Document, Expect, PAGE_LIMIT, Write,
        feed::{Position, Since},
    },
    keyvalue::SCAN_LIMIT,
};
use vault::{Access, Purpose};

use crate::support::{Ahead, TestApp};

/// A film that nobody has to have: positions are kept by the film's id.
pub const FILM: &str = "film";

/// A position as playback keeps it; written today, in the order of `nth`.
pub async fn watched(stores: &Stores, profile: &ProfileId, position: f64, nth: u64) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    watched_at(stores, profile, position, u64::try_from(now.as_millis()).unwrap() + nth).await;
}

/// The same, written at this moment in milliseconds since 1970.
pub async fn watched_at(stores: &Stores, profile: &ProfileId, position: f64, updated: u64) {
    let body = json!({ "profile": profile, "title": FILM, "position": position, "duration_seconds": 100.0, "updated": updated });
    let write = Write { id: format!("{profile}/{FILM}"), body, expect: Expect::Anything };
    stores.documents.put(playback::COLLECTIONS[0], write).await.unwrap();
}

/// The ids in the change feeds that name this, deleted or not; and what they are once the feeds were trimmed.
pub async fn left_in_feeds(app: &TestApp, id: &str) -> (Vec<String>, Vec<String>) {
    let documents = &app.server.stores.documents;
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for collection in collections::all().into_iter().filter(|collection| collection.feed.is_some()) {
        let end = documents.changes(collection, Since::Listing("\u{10ffff}"), 1).await.unwrap().unwrap().position;
        let first = Position { number: 0, ..end.clone() };
        let told = documents.changes(collection, Since::Position(&first), PAGE_LIMIT).await.unwrap();
        before.extend(told.into_iter().flat_map(|told| told.entries).map(|entry| entry.id).filter(|at| at.contains(id)));
        documents.trim(collection, end.number).await.unwrap();
        let listed = documents.changes(collection, Since::Listing(""), PAGE_LIMIT).await.unwrap().unwrap();
        after.extend(listed.entries.into_iter().map(|entry| entry.id).filter(|at| at.contains(id)));
        let told = documents.changes(collection, Since::Position(&end), PAGE_LIMIT).await.unwrap().unwrap();
        after.extend(told.entries.into_iter().map(|entry| entry.id).filter(|at| at.contains(id)));
        let from_before = documents.changes(collection, Since::Position(&first), 1).await.unwrap();
        assert!(from_before.is_none() || end.number == 0, "nobody reads on who would miss something");
    }
    (before, after)
}

/// Every place in the stores that still names this, but for the tombstone, and for which profile a device last chose.
pub async fn left_of(app: &TestApp, account: &AccountId, id: &str) -> Vec<String> {
    let stores = &app.server.stores;
    let mut found = Vec::new();
    for collection in collections::all() {
        let mut after = None;
        loop {
            let page = stores.documents.list(collection, after.as_deref(), PAGE_LIMIT).await.unwrap();
            for Document { id: at, body, .. } in page.documents {
                let is_tombstone = collection.name == "profile_owners" && (at == id || at == format!("account/{id}"));
                // Whose a tombstone was.
                let is_owner = collection.name == "profile_owners" && body["life"] != "owned" && body["account"] == id;
                if !is_tombstone && !is_owner && (at.contains(id) || body.to_string().contains(id)) {
                    found.push(format!("{}/{at}: {body}", collection.name));
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
    }
    let (mut entries, mut after) = (Vec::new(), None::<String>);
    loop {
        let some = stores.keyvalue.scan("", after.as_deref(), SCAN_LIMIT).await.unwrap();
        let Some((last, _)) = some.last() else { break };
        after = Some(last.clone());
        entries.extend(some);
    }
    found.extend(entries.into_iter().filter_map(|(key, entry)| {
        let value = String::from_utf8_lossy(&entry.value).into_owned();
        let is_choice = key.starts_with("sign-in/") && !key.contains(id);
        // The claim of the first sign-up, which runs out by itself.
        let is_claim = key == "identity/set-up";
        ((key.contains(id) || value.contains(id)) && !is_choice && !is_claim).then(|| format!("{key}: {value}"))
    }));
    let names = app.server.vault.list(&Access::local_admin(Purpose::Profile), account.as_str()).await.unwrap();
    found.extend(names.into_iter().filter(|name| name.contains(id) || account.as_str() == id));
    found
}

/// The objects that name this, or have it in them.
pub async fn left_in_objects(app: &TestApp, text: &str) -> Vec<String> {
    let backend = app.server.stores.objects.backend();
    let objects: Vec<_> = backend.list(None).try_collect().await.unwrap();
    let mut found = Vec::new();
    for object in objects {
        let bytes = backend.get(&object.location).await.unwrap().bytes().await.unwrap();
        let has = bytes.windows(text.len()).any(|window| window == text.as_bytes());
        if has || object.location.as_ref().contains(text) {
            found.push(object.location.to_string());
        }
    }
    found
}

/// Waits until nothing is left of this, as the outbox works on.
pub async fn is_forgotten(app: &TestApp, clock: &Ahead, account: &AccountId, id: &str) {
    let mut left = Vec::new();
    for _ in 0..100 {
        app.server.identity.work_outbox().await.unwrap();
        left = left_of(app, account, id).await;
        if left.is_empty() {
            return;
        }
        clock.forward(Duration::from_secs(11));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("of {id} there is still: {left:#?}");
}

/// Waits for the second look, ten minutes later: then nothing is left to be done, and nothing is left of this.
pub async fn stays_forgotten(app: &TestApp, clock: &Ahead, account: &AccountId, id: &str) {
    is_forgotten(app, clock, account, id).await;
    clock.forward(Duration::from_secs(11 * 60));
    let mut due = Vec::new();
    for _ in 0..100 {
        app.server.identity.work_outbox().await.unwrap();
        let owners = app.server.stores.documents.list(identity::COLLECTIONS[1], None, PAGE_LIMIT).await.unwrap();
        due = owners.documents.into_iter().filter(|owner| owner.body.get("due").is_some()).collect();
        if due.is_empty() {
            break;
        }
        // The server's own look may be at it.
        clock.forward(Duration::from_secs(11));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(due.is_empty(), "{due:?}");
    assert_eq!(left_of(app, account, id).await, Vec::<String>::new());
}
