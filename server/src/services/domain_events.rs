//! What other systems are told of what happens here: events by type, each with ids and what is public, never an address or a secret.
//!
//! Most follow from what is stored ([`ChangeSource`]): the change feed says which document to look at again, and what was noted of it when it
//! was looked at last says what has happened since. What no feed tells is announced ([`EventOutbox`]), in a document that stays until it was
//! told. Must never hold up or fail what it tells of for longer than one write takes.

use std::sync::Arc;

use runtime::clock::Clock;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use storage::{
    StoreError,
    documents::{Collection, Document, Documents, Expect, Write},
};

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct DomainEvent {
    /// One of [`contract::webhooks::EVENT_TYPES`].
    pub kind: &'static str,
    /// An object: ids, and what is public of them.
    pub data: Value,
}

/// What is noted of a document ([`ChangeSource::note`]).
pub type Note = fn(&Document) -> Result<Option<Value>, StoreError>;

/// A numbered collection, and what its changes mean to other systems.
#[derive(Clone, Copy)]
pub struct ChangeSource {
    pub collection: &'static Collection,
    /// What is noted of a document, to be compared with when it has changed: small. Nothing where it is nobody's business; then it is as
    /// if there were no such document. [`StoreError::Corrupt`] where this build cannot read it, which a later one may: nothing is told
    /// of it then, and what was noted stays.
    pub note: Note,
    /// What happened to a document between two notes.
    pub events: fn(id: &str, before: Option<&Value>, after: Option<&Value>) -> Vec<DomainEvent>,
    /// Nobody else follows its feed: what that remembers of deletions may go once it was told.
    pub is_followed_here_alone: bool,
}

impl DomainEvent {
    pub const fn new(kind: &'static str, data: Value) -> Self {
        Self { kind, data }
    }
}

/// What was announced and is still to be told, under a hash of its key.
pub static ANNOUNCED: Collection = Collection::declared("announced_events", &[]);

/// What is stored here, for whoever moves or checks stores as a whole.
pub static COLLECTIONS: &[&Collection] = &[&ANNOUNCED];

/// A document of [`ANNOUNCED`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Announced {
    /// What it was announced under.
    pub key: String,
    /// One of [`contract::webhooks::EVENT_TYPES`], of this build or a later one.
    pub kind: String,
    pub data: Value,
    /// Milliseconds since 1970.
    pub at: u64,
}

/// Where work that no feed tells of says what came of it: a transactional outbox, whose documents go when they were told. Cheap to clone.
#[derive(Clone)]
pub struct EventOutbox {
    documents: Arc<dyn Documents>,
    clock: Clock,
}

impl EventOutbox {
    pub fn new(documents: Arc<dyn Documents>, clock: Clock) -> Self {
        Self { documents, clock }
    }

    /// Announces an event. Whoever does so again, because it was broken off before it noted that it did, names the same key: of one key
    /// one event is told.
    ///
    /// # Errors
    /// [`StoreError`]; then it is to be announced again.
    pub async fn announce(&self, key: &str, event: DomainEvent) -> Result<(), StoreError> {
        let DomainEvent { kind, data } = event;
        let id = blake3::hash(format!("{kind} {key}").as_bytes()).to_hex().to_string();
        let body = json!(Announced { key: key.to_owned(), kind: kind.to_owned(), data, at: self.clock.millis() });
        match self.documents.put(&ANNOUNCED, Write { id, body, expect: Expect::Absent }).await {
            Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// A title's films were moved to another store of objects.
    ///
    /// # Errors
    /// As [`EventOutbox::announce`].
    pub async fn storage_moved(&self, key: &str, title: &str, from: &str, to: &str) -> Result<(), StoreError> {
        self.announce(key, DomainEvent::new("storage.moved", json!({ "title": title, "from": from, "to": to }))).await
    }

    /// What is to be stored where was planned anew.
    ///
    /// # Errors
    /// As [`EventOutbox::announce`].
    pub async fn storage_plan_changed(&self, key: &str, data: Value) -> Result<(), StoreError> {
        self.announce(key, DomainEvent::new("storage.plan_changed", data)).await
    }
}
