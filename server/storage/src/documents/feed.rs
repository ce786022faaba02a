//! The change feed of a collection: what a reader is told, and where it stands.
//!
//! Every write of a document of a numbered collection takes the next number of the collection's topic, given by the store
//! and kept with the document; a deletion leaves a tombstone with its number. A number says "look at this id again": an id
//! that is written twice is told once, at its latest number. Clocks play no part. A reader that keeps the [`Position`] of
//! what it has taken misses nothing, in whatever order writes arrive. Must never depend on a backend.

use serde::{Deserialize, Serialize};

use super::{Collection, Document};
use crate::StoreError;

/// Where a reader stands. It is opaque to everyone but the store that gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The feed's identity, made at random with its counter: another store, or one that was begun anew, has another.
    pub feed: String,
    /// Everything up to this number was told.
    pub number: u64,
}

/// From where a reader wants to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since<'a> {
    /// Every document behind this id, in the order of ids; all of them behind the empty one. For a reader without a
    /// position, which keeps the one of its first page and goes on from there when it has seen every document: those that
    /// were written before the collection was numbered are found in no other way.
    Listing(&'a str),
    /// What changed since the reader stood here.
    Position(&'a Position),
}

/// What a document is now.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    Stored(Document),
    Deleted,
    /// There is one, and what is stored of it cannot be read.
    Unreadable,
}

/// One document to look at again.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Of its last write, in ascending order among the entries; 0 in a listing.
    pub number: u64,
    pub id: String,
    pub state: State,
}

/// A part of the feed, each id at most once.
#[derive(Clone, Debug, PartialEq)]
pub struct Changes {
    pub entries: Vec<Entry>,
    /// Where a reader stands that has taken all entries. Of a listing: from where it follows after the last page.
    pub position: Position,
    /// Whether there is more at once.
    pub more: bool,
}

impl Changes {
    /// `entries` hold one more than `limit` where there are more; everything up to `settled` is told.
    pub(super) fn cut(feed: String, mut entries: Vec<Entry>, limit: u32, settled: u64, since: Since<'_>) -> Self {
        let more = entries.len() > limit as usize;
        entries.truncate(limit as usize);
        let last = entries.last().map_or(settled, |entry| entry.number);
        let number = match since {
            Since::Position(_) if more => last,
            Since::Position(_) | Since::Listing(_) => settled,
        };
        Self { entries, position: Position { feed, number }, more }
    }
}

impl Entry {
    /// An entry for a document as it was read.
    pub(super) fn of(number: u64, document: Document) -> Self {
        let id = document.id.clone();
        let state = if document.body.is_null() { State::Unreadable } else { State::Stored(document) };
        Self { number, id, state }
    }
}

/// The topic of a collection that has one.
pub(super) fn topic(collection: &Collection) -> Result<&'static str, StoreError> {
    let missing = || StoreError::Invalid { reason: format!("{} is not numbered", collection.name) };
    collection.feed.ok_or_else(missing)
}
