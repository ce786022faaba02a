//! Changes that the server has not confirmed, kept in the browser until it has.
//!
//! In `localStorage`, one entry a change: it is there before the tab can be closed, which a transaction of IndexedDB is not, and
//! two tabs never write the same entry. Where the browser keeps nothing, a change lives as long as its page.

use leptos::prelude::window;
use serde::{Deserialize, Serialize};
use web_sys::Storage;

use crate::{
    json,
    parts::dom::{WebStorage, names_in},
    store::mutations::Mutation,
};

/// How the names of our entries begin.
const PREFIX: &str = "marquee.change.";

/// Entries that are read at a time; the next page reads the others.
const MOST: usize = 200;

/// What is in an entry.
#[derive(Serialize, Deserialize)]
struct Entry {
    viewer: Option<String>,
    mutation: Mutation,
}

pub fn keep(viewer: Option<String>, mutation: Mutation) {
    let name = name(mutation.id);
    if let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(&Entry { viewer, mutation })) {
        // A browser without room keeps none: the change is sent all the same.
        let _ = storage.set_item(&name, &text);
    }
}

pub fn discard(id: u64) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(&name(id));
    }
}

/// Everything kept, in no order, each with whose it is. What cannot be read is an older build's, and goes.
pub fn read() -> Vec<(Option<String>, Mutation)> {
    let Some(storage) = storage() else { return Vec::new() };
    let mut kept = Vec::new();
    for name in names_in(WebStorage::Local, PREFIX).iter().take(MOST) {
        let text = storage.get_item(name).ok().flatten().unwrap_or_default();
        match json::read::<Entry>(&text).filter(|entry| *name == self::name(entry.mutation.id)) {
            Some(Entry { viewer, mutation }) => kept.push((viewer, mutation)),
            None => {
                let _ = storage.remove_item(name);
            }
        }
    }
    kept
}

fn name(id: u64) -> String {
    format!("{PREFIX}{id}")
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}
