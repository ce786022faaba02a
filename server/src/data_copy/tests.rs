//! There and back: every kind of store, equal by hash; broken off and gone on with; never over what is somebody else's.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use object_store::{ObjectStoreExt, PutPayload};
use serde_json::json;
use storage::{
    SideUrls,
    documents::{Collection, Expect, Write},
    objects::Objects,
};
use testing::{mongodb::Scratch, redis::Prefix};

use super::*;
use crate::collections;

fn quiet(_: &str, _: f64) {}

async fn embedded(folder: &tempfile::TempDir) -> Side {
    let database = format!("sqlite:{}/marquee.db", folder.path().display());
    let objects = format!("file:{}/media", folder.path().display());
    let vault = format!("sqlite:{}/vault.db", folder.path().display());
    open(&database, &database, &objects, &vault).await
}

async fn open(documents: &str, entries: &str, objects: &str, vault: &str) -> Side {
    let [documents, entries, objects, vault] = [documents, entries, objects, vault].map(|url| Some(url.to_owned()));
    storage::open_each(&SideUrls { documents, entries, objects, flat_objects: None, vault }).await.unwrap()
}

/// Those that are declared, and one that is not.
fn every_collection() -> Vec<Collection> {
    let declared = collections::all().into_iter().cloned();
    declared.chain([Collection::undeclared("of_the_future".to_owned())]).collect()
}

/// What `fill` puts in.
fn filled() -> Moved {
    let documents = 450 * every_collection().len() as u64;
    Moved { documents, entries: 300, objects: 3, vault: 250, sent: documents + 553 }
}

/// Something of everything.
async fn fill(side: &Side) {
    let (documents, entries) = (side.documents.as_ref().unwrap(), side.entries.as_ref().unwrap());
    for collection in &every_collection() {
        for n in 0..450u64 {
            let fields = collection.indexes.iter().flat_map(|index| index.fields);
            let mut body: serde_json::Map<_, _> = fields.map(|field| ((*field).to_owned(), json!(n))).collect();
            body.insert("unknown.$field".into(), json!({ "large": u64::MAX, "zero": -0.0, "text": "žánr \u{0}" }));
            let write = |expect| Write { id: format!("é{n}"), body: body.clone().into(), expect };
            documents.put(collection, write(Expect::Absent)).await.unwrap();
            if n % 7 == 0 {
                documents.put(collection, write(Expect::Version(1))).await.unwrap();
            }
        }
    }
    for n in 0..300u64 {
        let time = (n % 2 == 0).then(|| Duration::from_secs(3600 * (1 + n % 5)));
        let value = Bytes::from(vec![u8::try_from(n % 256).unwrap(); 40]);
        entries.put(&format!("session/{n}"), value, Expect::Absent, time).await.unwrap();
    }
    let vault = side.vault.as_ref().unwrap();
    for n in 0..250u64 {
        vault.put(&format!("record/{n}/password"), Bytes::from(vec![0xff; 200]), Expect::Absent, None).await.unwrap();
    }
    let objects = side.objects.as_ref().unwrap().backend();
    for (name, size) in [("media/a/master.m3u8", 10), ("media/a/v/1.m4s", 12_000_000), ("artwork/b/poster.avif", 0)] {
        let bytes: Vec<u8> = (0..size).map(|n: usize| u8::try_from(n * 7 % 251).unwrap()).collect();
        objects.put(&name.into(), PutPayload::from(bytes)).await.unwrap();
    }
}

/// A hash of every collection, the entries with their times in hours, the objects.
async fn everything(side: &Side) -> Vec<String> {
    let mut all = Vec::new();
    for collection in &every_collection() {
        let digest = documents::digest(&**side.documents.as_ref().unwrap(), collection).await.unwrap();
        all.push(format!("{} {digest}", collection.name));
    }
    for entries in [side.entries.as_ref().unwrap(), side.vault.as_ref().unwrap()] {
        for (key, entry) in entries.scan("", None, 1000).await.unwrap() {
            let left = entries.get_expiring(&key).await.unwrap().unwrap().1.map(|left| left.as_secs().div_ceil(3600));
            all.push(format!("{key} {:?} {left:?}", entry.value));
        }
    }
    all.extend(objects::digest(side.objects.as_ref().unwrap()).await.unwrap());
    all
}

/// A folder of its own in the bucket that all tests share.
fn bucket() -> String {
    let server = testing::server("MARQUEE_TEST_S3");
    let (bucket, options) = server.split_once('?').unwrap();
    format!("{bucket}/moving-{:016x}?{options}", rand::random::<u64>())
}

async fn empty(side: &Side) {
    use futures::TryStreamExt;
    let objects = side.objects.as_ref().unwrap().backend();
    let found: Vec<_> = objects.list(None).try_collect().await.unwrap();
    for object in found {
        objects.delete(&object.location).await.unwrap();
    }
}

#[tokio::test]
async fn builds_of_the_site_stay_behind_and_stand_in_nobodys_way() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let [from, to] = [&one, &other].map(|folder| Objects::in_directory(folder.path()).unwrap());
    for (store, name) in [(&from, "site/files/1a2b/a.js"), (&from, "media/site/a.m4s"), (&to, "site/files/3c4d/a.js")] {
        store.backend().put(&name.into(), PutPayload::from(vec![1; 10])).await.unwrap();
    }
    let mut moved = Moved::default();
    objects::copy(&from, &to, false, &quiet, &mut moved).await.unwrap();
    assert_eq!((moved.objects, moved.sent), (1, 1));
    assert!(to.backend().head(&"site/files/1a2b/a.js".into()).await.is_err());
    assert!(to.backend().head(&"media/site/a.m4s".into()).await.is_ok());
}

#[tokio::test]
async fn keys_of_days_stay_behind_and_stand_in_nobodys_way() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (home, away) = (embedded(&one).await, embedded(&other).await);
    let entries = |side: &Side| std::sync::Arc::clone(side.entries.as_ref().unwrap());
    let put = async |side: &Side, key: &str| {
        entries(side).put(key, Bytes::from_static(b"key"), Expect::Absent, None).await.unwrap();
    };
    for number in 0..250 {
        put(&home, &format!("usage/day-key/{number:03}")).await;
    }
    put(&home, "session/1").await;
    put(&home, "usage/forgetting").await;
    put(&away, "usage/day-key/of-another").await;
    let moved = copy(&home, &away, false, &quiet).await.unwrap();
    assert_eq!((moved.entries, moved.sent), (2, 2));
    let there = entries(&away).scan("", None, 1000).await.unwrap().into_iter().map(|(key, _)| key).collect::<Vec<_>>();
    assert_eq!(there, ["session/1", "usage/day-key/of-another", "usage/forgetting"]);
}

#[tokio::test]
async fn films_of_a_second_store_are_copied_to_the_second_store() {
    let folders: [_; 4] = std::array::from_fn(|_| tempfile::tempdir().unwrap());
    let [first, second, to_first, to_second] = folders.each_ref().map(|folder| Objects::in_directory(folder.path()).unwrap());
    for (store, name) in [(&first, "media/one/a.m4s"), (&second, "media/two/a.m4s")] {
        store.backend().put(&name.into(), PutPayload::from(vec![1; 10])).await.unwrap();
    }
    let side = |objects: &Objects, flat: &Objects| {
        let (objects, flat_objects) = (Some(objects.clone()), Some(flat.clone()));
        Side { objects, flat_objects, ..Side::default() }
    };
    let moved = copy(&side(&first, &second), &side(&to_first, &to_second), false, &quiet).await.unwrap();
    assert_eq!((moved.objects, moved.sent), (2, 2));
    assert!(to_second.backend().head(&"media/two/a.m4s".into()).await.is_ok());
    assert!(to_first.backend().head(&"media/two/a.m4s".into()).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_and_back_everything_is_the_same_by_hash() {
    let (first, last) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (database, prefix, sealed) = (Scratch::new(), Prefix::make(), Prefix::make());
    let home = embedded(&first).await;
    fill(&home).await;
    let servers = open(database.url(), &prefix.url(), &bucket(), &sealed.url()).await;
    let there = copy(&home, &servers, false, &quiet).await.unwrap();
    assert_eq!(there, filled());
    let back = embedded(&last).await;
    assert_eq!(copy(&servers, &back, false, &quiet).await.unwrap(), there);
    let expected = everything(&home).await;
    assert_eq!(everything(&servers).await, expected);
    assert_eq!(everything(&back).await, expected);
    empty(&servers).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_was_broken_off_anywhere_goes_on_and_sends_nothing_twice() {
    let (first, last) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let home = embedded(&first).await;
    fill(&home).await;
    let away = embedded(&last).await;
    for limit in [1, 5, 12, 21, 25, 28, 31] {
        // Dropped where a kill would have stopped it: between any two steps.
        let (steps, told) = (AtomicU64::new(0), tokio::sync::Notify::new());
        let progress = |_: &str, _: f64| {
            if steps.fetch_add(1, Ordering::SeqCst) + 1 == limit {
                told.notify_one();
            }
        };
        tokio::select! {
            biased;
            () = told.notified() => {}
            done = copy(&home, &away, false, &progress) => { done.unwrap(); }
        }
    }
    let rest = copy(&home, &away, false, &quiet).await.unwrap();
    assert!(rest.sent < filled().sent, "{rest:?}");
    assert_eq!(Moved { sent: filled().sent, ..rest }, filled());
    assert_eq!(copy(&home, &away, false, &quiet).await.unwrap().sent, 0);
    assert_eq!(everything(&away).await, everything(&home).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_holds_something_else_is_left_alone_unless_told_otherwise() {
    let (first, last) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (home, away) = (embedded(&first).await, embedded(&last).await);
    fill(&home).await;
    let plans = collections::all().into_iter().find(|collection| collection.name == "plans").unwrap();
    let other = Write { id: "theirs".into(), body: json!({}), expect: Expect::Absent };
    away.documents.as_ref().unwrap().put(plans, other).await.unwrap();
    let refused = copy(&home, &away, false, &quiet).await.unwrap_err().to_string();
    assert!(refused.contains("plans/theirs") && refused.contains("--into-existing"), "{refused}");
    assert_eq!(away.documents.as_ref().unwrap().count(plans).await.unwrap(), 1, "nothing was written");
    copy(&home, &away, true, &quiet).await.unwrap();
    assert_eq!(away.documents.as_ref().unwrap().count(plans).await.unwrap(), 451);
    let vault = away.vault.as_ref().unwrap();
    vault.put("record/theirs/password", Bytes::from_static(b"sealed"), Expect::Absent, None).await.unwrap();
    let unknown = Collection::undeclared("of_the_past".to_owned());
    let old = Write { id: "theirs".into(), body: json!({}), expect: Expect::Absent };
    away.documents.as_ref().unwrap().put(&unknown, old).await.unwrap();
    for (kind, name) in [("documents", "of_the_past/theirs"), ("vault", "record/theirs/password")] {
        let only = |side: &Side| match kind {
            "vault" => Side { vault: side.vault.clone(), ..Side::default() },
            _ => Side { documents: side.documents.clone(), ..Side::default() },
        };
        away.documents.as_ref().unwrap().delete(plans, "theirs", Expect::Anything).await.unwrap();
        let refused = copy(&only(&home), &only(&away), false, &quiet).await.unwrap_err().to_string();
        assert!(refused.contains(name), "{refused}");
    }
    let nothing = copy(&Side::default(), &away, false, &quiet).await.unwrap_err();
    assert!(matches!(nothing, MoveError::NothingInCommon));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_difference_after_the_copy_is_found_and_named() {
    let (first, last) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (home, away) = (embedded(&first).await, embedded(&last).await);
    fill(&home).await;
    copy(&home, &away, false, &quiet).await.unwrap();
    // Of the same size, so that only its hash tells.
    let objects = away.objects.as_ref().unwrap().backend();
    objects.put(&"media/a/master.m3u8".into(), PutPayload::from(vec![1; 10])).await.unwrap();
    let told = Mutex::new(Vec::new());
    let progress = |what: &str, _: f64| told.lock().unwrap().push(what.to_owned());
    let differs = copy(&home, &away, false, &progress).await.unwrap_err().to_string();
    assert!(differs.contains("media/a/master.m3u8"), "{differs}");
    assert!(told.lock().unwrap().iter().any(|what| what.starts_with("comparing")));
    assert_eq!(copy(&home, &away, false, &quiet).await.unwrap().sent, 1, "the next run sends it anew");
}
