//! An import and the replacement of what it made after a power cut: what plays is whole, what was published plays, and a step
//! counts as stored only where all of it is.

use std::{path::Path, sync::Arc};

use contract::ids::TitleId;
use object_store::ObjectStoreExt;
use power_cut::{Recording, Sample, acknowledge, check_async, finds_async, record_async};
use runtime::clock::Clock;
use serde_json::json;
use storage::{StorageUrls, Stores, events::Events, open};

use crate::{
    generation::Generation,
    journal::{Done, Journal},
    location::Location,
    manifest::MediaManifest,
    placement::{Begun, Placements},
    store::MediaStore,
};

const STEPS: [&str; 2] = ["v360", "audio"];
const FILES: [&str; 3] = ["init.mp4", "media.m3u8", "seg_00001.m4s"];

fn title() -> TitleId {
    "3kVYx0Zb8QmP1aTe".parse().unwrap()
}

fn done() -> Done {
    Done::LeftOut { warning: "a step of a test".to_owned() }
}

/// Long enough for more than one sector.
fn content(generation: Generation, step: &str, file: &str) -> Vec<u8> {
    format!("{generation} {step} {file}\n").repeat(40).into_bytes()
}

fn manifest(content: &str) -> MediaManifest {
    let source = json!({ "file_name": "film.mkv", "size": 1, "fingerprint": content, "height": 360, "width": 640 });
    serde_json::from_value(json!({
        "schema": 1, "revision": 1, "complete": true, "duration_seconds": 6.0, "segment_seconds": 6,
        "renditions": [], "audio": [], "captions": [], "chapters": [], "source": source, "warnings": [],
    }))
    .unwrap()
}

async fn stores(folder: &Path) -> Result<Stores, String> {
    open(&StorageUrls::embedded(folder), &Events::default()).await.map_err(|error| error.to_string())
}

async fn write(folder: &Path) {
    let stores = stores(folder).await.unwrap();
    let media = MediaStore::new(stores.objects.backend());
    let placements = Placements::new(Arc::clone(&stores.documents), Clock::default());
    for film in ["first", "second"] {
        let mut journal = Journal::open(&folder.join("work")).unwrap();
        let Begun { generation, store, over } = placements.begin(&title(), film, None).await.unwrap();
        journal.store_under(generation).unwrap();
        for step in STEPS {
            let made = journal.begin(step).unwrap();
            for file in FILES {
                std::fs::write(made.join(file), content(generation, step, file)).unwrap();
            }
            journal.finish(step, &made, &done()).unwrap();
            media.put_folder(&title(), Location { generation, store }, &format!("{step}/"), &journal.made(step)).await.unwrap();
            journal.record(step, done()).unwrap();
        }
        media.put_manifest(&title(), Location { generation, store }, &manifest(film)).await.unwrap();
        placements.publish(&title(), generation, over).await.unwrap();
        acknowledge(&format!("{generation} {film}"));
        journal.close();
    }
}

/// What lacks of a step that counts as stored.
async fn step_is_whole(stores: &Stores, generation: Generation, step: &str) -> Result<(), String> {
    for file in FILES {
        let key = MediaStore::key(&title(), generation, &format!("{step}/{file}"));
        let found = match stores.objects.backend().get(&key).await {
            Ok(found) => found.bytes().await.map_err(|error| error.to_string())?,
            Err(error) => return Err(format!("{key}: {error}")),
        };
        if found != content(generation, step, file) {
            return Err(format!("{key} is half"));
        }
    }
    Ok(())
}

async fn is_whole(folder: &Path, acknowledged: &[&str]) -> Result<(), String> {
    let stores = stores(folder).await?;
    let media = MediaStore::new(stores.objects.backend());
    let placements = Placements::new(Arc::clone(&stores.documents), Clock::default());
    let current = placements.current(&title()).await.map_err(|error| error.to_string())?;
    match (&current, acknowledged.last()) {
        (None, Some(published)) => return Err(format!("{published} was published, and nothing plays")),
        (Some(current), Some(published)) => {
            // A later one may have arrived, of which nobody was told.
            let is_later = acknowledged.iter().all(|line| !line.starts_with(&current.generation.to_string()));
            if !is_later && !published.starts_with(&current.generation.to_string()) {
                return Err(format!("{published} was published, and {} plays", current.generation));
            }
        }
        (_, None) => {}
    }
    if let Some(current) = &current {
        let manifest = media.manifest(&title(), current.location()).await.map_err(|error| error.to_string())?;
        if manifest.is_none() {
            return Err(format!("{} plays without a manifest", current.generation));
        }
        for step in STEPS {
            step_is_whole(&stores, current.generation, step).await?;
        }
    }
    let journal = Journal::open(&folder.join("work")).map_err(|error| error.to_string())?;
    if let Some(generation) = journal.generation() {
        for step in STEPS.into_iter().filter(|step| journal.stored(step).is_some()) {
            step_is_whole(&stores, generation, step).await?;
        }
        for step in STEPS.into_iter().filter(|step| journal.made_already(step).is_some()) {
            let is_half = |file: &&&str| {
                let made = std::fs::read_to_string(journal.made(step).join(file)).unwrap_or_default();
                let line = made.lines().next().unwrap_or_default();
                !line.ends_with(**file) || made != format!("{line}\n").repeat(40)
            };
            if let Some(file) = FILES.iter().find(is_half) {
                return Err(format!("{step}/{file} counts as made and is half"));
            }
        }
    }
    Ok(())
}

fn recorded(name: &str) -> Option<Recording> {
    let recording = record_async(&format!("tests::power_cut::{name}"), write)?;
    assert_eq!(recording.acknowledged(recording.operations.len()).len(), 2);
    Some(recording)
}

#[test]
fn whatever_a_power_cut_leaves_of_an_import_plays_or_goes_on() {
    let Some(recording) = recorded("whatever_a_power_cut_leaves_of_an_import_plays_or_goes_on") else { return };
    assert_eq!(check_async(&recording, Sample::of(40), is_whole), []);
}

#[test]
fn an_import_that_left_out_its_syncs_would_be_found() {
    let Some(recording) = recorded("an_import_that_left_out_its_syncs_would_be_found") else { return };
    assert!(finds_async(&recording.without_syncs(|name| name.starts_with("media/")), 20, is_whole), "objects");
    assert!(finds_async(&recording.without_syncs(|name| name.starts_with("work/")), 20, is_whole), "the work folder");
    assert!(finds_async(&recording.without_folder_syncs(), 20, is_whole), "folders");
}
