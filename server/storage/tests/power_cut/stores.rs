//! The embedded stores after a power cut: what was acknowledged is there, nothing is half, and the change feed misses nothing.

use std::{collections::BTreeMap, path::Path};

use contract::ids::TitleId;
use power_cut::{Recording, Sample, acknowledge, check_async, finds_async, record_async};
use serde_json::json;
use storage::{
    StorageUrls, Stores,
    documents::{
        Collection, Expect, Write,
        feed::{Since, State},
    },
    events::Events,
    keyvalue,
    objects::ObjectKey,
    open,
};

static TITLES: Collection = Collection::declared("titles", &[]).numbered("catalogue");
/// What writes at once, and how often each does.
const WRITERS: usize = 4;
const ROUNDS: usize = 12;

async fn stores(folder: &Path) -> Result<Stores, String> {
    open(&StorageUrls::embedded(folder), &Events::default()).await.map_err(|error| error.to_string())
}

/// Each writer has a title of its own: of two that make a title's folder at once, the second does not wait until the first has
/// brought it to the disk (object_store 0.14), and is done a moment too early.
fn title(writer: &str) -> TitleId {
    format!("3kVYx0Zb8QmP1aT{writer}").parse().unwrap()
}

fn picture(name: &str) -> (ObjectKey, Vec<u8>) {
    let title = title(name.split('-').next().unwrap());
    (ObjectKey::artwork(&title, &[name]).unwrap(), name.as_bytes().repeat(400))
}

/// Documents, entries and objects by several writers at once, each write acknowledged when it was.
async fn write(folder: &Path) {
    let stores = stores(folder).await.unwrap();
    let writers = (0..WRITERS).map(|writer| {
        let stores = stores.clone();
        tokio::spawn(async move {
            for round in 0..ROUNDS {
                let id = format!("w{writer}-{}", round % 5);
                let write = Write { id: id.clone(), body: json!({ "round": round }), expect: Expect::Anything };
                stores.documents.put(&TITLES, write).await.unwrap();
                acknowledge(&format!("document {id} {round}"));
                if round % 4 == 3 {
                    let gone = format!("w{writer}-{}", (round - 1) % 5);
                    stores.documents.delete(&TITLES, &gone, Expect::Anything).await.unwrap();
                    acknowledge(&format!("document {gone} gone-{round}"));
                }
                let value = round.to_string().into();
                stores.keyvalue.put(&format!("key/{id}"), value, keyvalue::Expect::Anything, None).await.unwrap();
                acknowledge(&format!("entry key/{id} {round}"));
                if round % 3 == 0 {
                    let (key, bytes) = picture(&format!("{writer}-{round}.jpg"));
                    stores.objects.put(&key, bytes.into()).await.unwrap();
                    acknowledge(&format!("object {writer}-{round}.jpg -"));
                }
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
}

/// What was acknowledged last of each thing.
fn last<'a>(acknowledged: &[&'a str]) -> BTreeMap<(&'a str, &'a str), &'a str> {
    acknowledged
        .iter()
        .map(|line| {
            let mut words = line.split(' ');
            let mut next = || words.next().unwrap();
            ((next(), next()), next())
        })
        .collect()
}

/// At least what was acknowledged: what came after it may be there as well.
fn is_as_new(found: Option<u64>, acknowledged: &str) -> bool {
    found.is_some_and(|found| found >= acknowledged.parse().unwrap())
}

async fn is_whole(folder: &Path, acknowledged: &[&str]) -> Result<(), String> {
    let stores = stores(folder).await?;
    let last = last(acknowledged);
    let text = |error: storage::StoreError| error.to_string();
    for ((kind, name), what) in &last {
        let is_there = match *kind {
            "document" => {
                let document = stores.documents.get(&TITLES, name).await.map_err(text)?;
                let found = document.and_then(|document| document.body["round"].as_u64());
                match what.strip_prefix("gone-") {
                    // What is there was written after the deletion.
                    Some(round) => found.is_none_or(|found| found > round.parse().unwrap()),
                    // A deletion that nobody was told of may have arrived.
                    None => is_as_new(found, what) || found.is_none() && is_deleted(&stores, name).await?,
                }
            }
            "entry" => {
                let entry = stores.keyvalue.get(name).await.map_err(text)?;
                is_as_new(entry.and_then(|entry| std::str::from_utf8(&entry.value).ok()?.parse().ok()), what)
            }
            _ => {
                let (key, bytes) = picture(name);
                let object = stores.objects.open(&key).await.map_err(text)?;
                object.is_some_and(|object| object.head.size == bytes.len() as u64) && on_disk(folder, &key) == bytes
            }
        };
        if !is_there {
            return Err(format!("{kind} {name} {what} was acknowledged and is not there"));
        }
    }
    let half: Vec<String> = halves(folder);
    if half.is_empty() { feed_is_whole(&stores).await } else { Err(format!("half: {half:?}")) }
}

fn on_disk(folder: &Path, key: &ObjectKey) -> Vec<u8> {
    std::fs::read(folder.join("media").join(key.as_str())).unwrap_or_default()
}

/// Pictures under their final name that are not what they should be.
fn halves(folder: &Path) -> Vec<String> {
    let below = |writer: usize| folder.join("media/artwork").join(title(&writer.to_string()).as_str());
    let entries = (0..WRITERS).filter_map(|writer| std::fs::read_dir(below(writer)).ok()).flatten();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).filter(|name| name.ends_with(".jpg"));
    names.filter(|name| on_disk(folder, &picture(name).0) != picture(name).1).collect()
}

async fn is_deleted(stores: &Stores, id: &str) -> Result<bool, String> {
    let since = storage::documents::feed::Position { number: 0, ..position(stores).await? };
    let changes = stores.documents.changes(&TITLES, Since::Position(&since), 1000).await.map_err(|error| error.to_string())?;
    Ok(changes.is_some_and(|changes| changes.entries.iter().any(|entry| entry.id == id && entry.state == State::Deleted)))
}

async fn position(stores: &Stores) -> Result<storage::documents::feed::Position, String> {
    let listing = stores.documents.changes(&TITLES, Since::Listing(""), 1000).await.map_err(|error| error.to_string())?;
    Ok(listing.ok_or("there is no feed")?.position)
}

/// Every document has its number in the feed, and the next write a greater one.
async fn feed_is_whole(stores: &Stores) -> Result<(), String> {
    let text = |error: storage::StoreError| error.to_string();
    let position = position(stores).await?;
    let since = storage::documents::feed::Position { number: 0, ..position.clone() };
    let changes = stores.documents.changes(&TITLES, Since::Position(&since), 1000).await.map_err(text)?.ok_or("no feed")?;
    let listed = stores.documents.list(&TITLES, None, 1000).await.map_err(text)?.documents;
    for document in listed {
        if !changes.entries.iter().any(|entry| entry.id == document.id) {
            return Err(format!("{} is not in the feed", document.id));
        }
    }
    let write = Write { id: "next".to_owned(), body: json!({}), expect: Expect::Anything };
    stores.documents.put(&TITLES, write).await.map_err(text)?;
    let after = stores.documents.changes(&TITLES, Since::Position(&position), 1000).await.map_err(text)?.ok_or("no feed")?;
    match after.entries.iter().any(|entry| entry.id == "next" && entry.number > position.number) {
        true => Ok(()),
        false => Err(format!("the next write is not told to who stood at {}", position.number)),
    }
}

/// Runs as the program that is recorded, where it is one; otherwise what it did.
fn recorded(name: &str) -> Option<Recording> {
    let recording = record_async(&format!("stores::{name}"), write)?;
    assert!(recording.acknowledged(recording.operations.len()).len() >= WRITERS * ROUNDS * 2);
    Some(recording)
}

#[test]
fn whatever_a_power_cut_leaves_of_the_stores_holds_what_was_acknowledged() {
    let Some(recording) = recorded("whatever_a_power_cut_leaves_of_the_stores_holds_what_was_acknowledged") else { return };
    assert_eq!(check_async(&recording, Sample::of(40), is_whole), []);
}

#[test]
fn a_store_that_left_out_its_syncs_would_be_found() {
    let Some(recording) = recorded("a_store_that_left_out_its_syncs_would_be_found") else { return };
    assert!(finds_async(&recording.without_syncs(|name| name.ends_with("-wal")), 20, is_whole), "the log of SQLite");
    assert!(finds_async(&recording.without_syncs(|name| name.starts_with("media/")), 20, is_whole), "objects");
    assert!(finds_async(&recording.without_folder_syncs(), 20, is_whole), "folders");
}
