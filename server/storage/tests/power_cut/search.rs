//! The search index after a power cut: one that was put in the place of another is there, with all that was in it.

use std::{path::Path, sync::Arc};

use power_cut::{Recording, Sample, acknowledge, check, finds, record};
use storage::{
    documents::feed::Position,
    search::{Definition, Generation, Progress, Put, SearchIndex},
};
use tantivy::{
    Term, doc,
    schema::{Field, STORED, STRING, Schema},
};

/// How many documents each index holds that is put in the place of the one before.
const SUCCESSORS: [u64; 3] = [3, 5, 9];

fn definition() -> (Definition, Field) {
    let mut schema = Schema::builder();
    let name = schema.add_text_field("name", STRING | STORED);
    (Definition { schema: schema.build(), tokenizers: Vec::new(), revision: "1".to_owned() }, name)
}

fn open(folder: &Path) -> Result<SearchIndex, String> {
    SearchIndex::open(&folder.join("search"), definition().0).map_err(|error| error.to_string())
}

/// In commits of one document, as the follower makes of single changes.
fn fill(generation: &Generation, documents: u64) {
    let (_, name) = definition();
    for number in 1..=documents {
        let text = format!("title {number}");
        let put = Put { key: Term::from_field_text(name, &text), document: doc!(name => text) };
        let progress = Progress { position: Position { feed: "feed".to_owned(), number }, listed: None };
        generation.apply(vec![put], Vec::new(), &progress).unwrap();
    }
}

fn write(folder: &Path) {
    let index = open(folder).unwrap();
    for documents in SUCCESSORS {
        let successor = index.anew().unwrap();
        fill(&successor, documents);
        index.replace_with(Arc::clone(&successor)).unwrap();
        acknowledge(&documents.to_string());
        successor.rest().unwrap();
    }
}

fn is_whole(folder: &Path, acknowledged: &[&str]) -> Result<(), String> {
    let index = open(folder)?;
    let found = index.searcher().num_docs();
    let replaced: u64 = acknowledged.last().map_or(0, |documents| documents.parse().unwrap());
    if found < replaced {
        return Err(format!("an index of {replaced} documents was put in place, and {found} are found"));
    }
    let progress = index.current().progress().map_err(|error| error.to_string())?;
    match progress.map_or(0, |progress| progress.position.number) {
        number if number == found => Ok(()),
        number => Err(format!("it stands at {number} and holds {found}")),
    }
}

fn recorded(name: &str) -> Option<Recording> {
    let recording = record(&format!("search::{name}"), write)?;
    assert_eq!(recording.acknowledged(recording.operations.len()), ["3", "5", "9"]);
    Some(recording)
}

#[test]
fn an_index_that_was_put_in_place_is_there_after_a_power_cut() {
    let Some(recording) = recorded("an_index_that_was_put_in_place_is_there_after_a_power_cut") else { return };
    assert_eq!(check(&recording, Sample::of(40), is_whole), []);
}

#[test]
fn an_index_that_left_out_its_syncs_would_be_found() {
    let Some(recording) = recorded("an_index_that_left_out_its_syncs_would_be_found") else { return };
    let without_files = recording.without_syncs(|name| name.starts_with("search/index-"));
    assert!(finds(&without_files, 20, is_whole), "files");
    assert!(finds(&recording.without_folder_syncs(), 20, is_whole), "folders");
}
