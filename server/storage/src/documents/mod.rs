//! JSON documents in collections, found by id or by a declared index: catalogue, progress, snapshots.
//!
//! One document changes atomically with its version. There is no transaction over several, no query without
//! an index, and no list without a limit. Unknown fields survive every round trip, because a backend stores
//! the document as it is.

mod check;
mod cursor;
pub mod feed;
mod found;
pub mod mongodb;
pub mod sqlite;
mod update;

#[cfg(test)]
pub(crate) mod promises;

use std::borrow::Cow;

use async_trait::async_trait;
use serde_json::Value;

use self::feed::{Changes, Since};
use super::StoreError;

pub use self::{
    found::{all_of, by_id, delete_all, delete_unchanged, due, find_first, get_readable, parse},
    update::{Change, Updated, read, update},
};
pub use super::keyvalue::Expect;

/// Documents in one page, or ids in one request, at most.
pub const PAGE_LIMIT: u32 = 1000;
/// The longest id, in bytes.
pub const ID_LIMIT: usize = 256;
/// The largest body, in bytes of JSON.
pub const BODY_LIMIT: usize = 15 * 1024 * 1024;

/// A stored document.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub id: String,
    /// Counts up by one with every write, from 1. 0 where somebody's tool left none, which is then what a write expects.
    pub version: u64,
    /// An object. `null` where what is stored is none, as a damaged disk leaves it: no record is read from that ([`parse`]), and it keeps nobody
    /// from other documents.
    pub body: Value,
}

/// One write of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    pub id: String,
    pub body: Value,
    pub expect: Expect,
}

/// A collection and the indexes that its queries use. Declared by the service that owns it, as a constant;
/// backends create what is missing when the collection is first opened.
#[derive(Clone, Debug)]
pub struct Collection {
    /// Like the names of indexes and fields: lower-case letters, digits and `_`, a letter first, at most 48.
    pub name: Cow<'static, str>,
    pub indexes: &'static [Index],
    /// The topic whose numbers its writes take, where they take any; named like a collection.
    pub feed: Option<&'static str>,
}

impl Collection {
    pub const fn declared(name: &'static str, indexes: &'static [Index]) -> Self {
        Self { name: Cow::Borrowed(name), indexes, feed: None }
    }

    /// The same, with a change feed: see [`feed`].
    #[must_use]
    pub const fn numbered(mut self, topic: &'static str) -> Self {
        self.feed = Some(topic);
        self
    }

    /// One that nobody here declares, for whoever moves stores: another version's. That version makes its indexes when it
    /// opens it. Must never be opened in one process with one that is declared by the same name.
    pub const fn undeclared(name: String) -> Self {
        Self { name: Cow::Owned(name), indexes: &[], feed: None }
    }

    /// Whether it is declared here, with all the indexes that it shall have.
    pub(super) const fn is_declared(&self) -> bool {
        matches!(self.name, Cow::Borrowed(_))
    }
}

/// An index over top-level fields of a document's body, in this order.
#[derive(Debug)]
pub struct Index {
    pub name: &'static str,
    /// Each a top-level field that holds a string, a number or nothing (documents without the field are not in the index).
    pub fields: &'static [&'static str],
    pub unique: bool,
}

/// A page of documents in an index's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Find<'a> {
    /// The name of a declared index.
    pub index: &'static str,
    /// Values for the index's first fields; all documents whose fields equal them match.
    pub equals: Vec<Value>,
    /// The least value of the field after those, itself included; `equals` names fewer fields than the index has.
    pub from: Option<Value>,
    pub direction: Direction,
    /// The cursor that the page before this one returned.
    pub after: Option<&'a str>,
    /// 1 to 1000.
    pub limit: u32,
}

/// Which end of the index comes first. Ties are broken by id, in the same direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    #[default]
    Ascending,
    Descending,
}

/// One page of a [`Find`] or a [`Documents::list`]; stable under inserts and deletes elsewhere.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    pub documents: Vec<Document>,
    /// Absent on the last page.
    pub next: Option<String>,
}

/// Ids are UTF-8, at most 256 bytes; bodies are JSON objects of at most 15 MiB.
#[async_trait]
pub trait Documents: Send + Sync + 'static {
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Corrupt`] where the store itself is damaged.
    async fn get(&self, collection: &Collection, id: &str) -> Result<Option<Document>, StoreError>;

    /// The body of a document as JSON text, for whoever reads it into a type of their own at once: parsed one time, not two.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Corrupt`] where a store cannot read it, which not every store tries.
    async fn get_text(&self, collection: &Collection, id: &str) -> Result<Option<String>, StoreError> {
        Ok(self.get(collection, id).await?.map(|document| document.body.to_string()))
    }

    /// The documents that exist, in the order of `ids`; at most 1000 ids, one round trip.
    ///
    /// # Errors
    /// As [`Documents::get`].
    async fn get_many(&self, collection: &Collection, ids: &[String]) -> Result<Vec<Document>, StoreError>;

    /// Writes durably before it returns, and returns the new version.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the expectation does not hold; [`StoreError::Duplicate`];
    /// [`StoreError::Invalid`] where the body is no object, is too large, or has an indexed field that cannot be
    /// sorted; [`StoreError::Unavailable`].
    async fn put(&self, collection: &Collection, write: Write) -> Result<u64, StoreError>;

    /// Puts a document where it is to be with the version that it has, whatever is there: for whoever moves stores. A
    /// server that is in use has [`Documents::put`]. Indexes that another version declares hold it once that version opens
    /// the store.
    ///
    /// # Errors
    /// As [`Documents::put`], but for [`StoreError::Conflict`].
    async fn place(&self, collection: &Collection, document: Document) -> Result<(), StoreError>;

    /// The names of the collections that there are, whoever made them, in order; some may hold nothing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn collections(&self) -> Result<Vec<String>, StoreError>;

    /// Many writes in one round trip, each with its own outcome, in order. Each is atomic; the batch is not.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the store was not reached; then any of them may have happened.
    async fn put_many(&self, collection: &Collection, writes: Vec<Write>) -> Result<Vec<Result<u64, StoreError>>, StoreError>;

    /// Removes the document; whether there was one.
    ///
    /// # Errors
    /// As [`Documents::put`].
    async fn delete(&self, collection: &Collection, id: &str, expect: Expect) -> Result<bool, StoreError>;

    /// # Errors
    /// As [`Documents::get`], and [`StoreError::Invalid`] where the index is not declared or the cursor is of
    /// another query.
    async fn find(&self, collection: &Collection, find: Find<'_>) -> Result<Page, StoreError>;

    /// Every document in id order, a page at a time, to rebuild what is derived.
    ///
    /// # Errors
    /// As [`Documents::get`].
    async fn list(&self, collection: &Collection, after: Option<&str>, limit: u32) -> Result<Page, StoreError>;

    /// How many documents there are.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn count(&self, collection: &Collection) -> Result<u64, StoreError>;

    /// How many documents a [`Find`] has on all of its pages: counted in the index, none is read. Where it would begin and how
    /// long a page of it would be makes no difference.
    ///
    /// # Errors
    /// As [`Documents::find`].
    async fn count_found(&self, collection: &Collection, find: Find<'_>) -> Result<u64, StoreError>;

    /// What changed in a numbered collection, `limit` entries at most (1 to 1000), in the order of their numbers. A document
    /// that cannot be read is told as one, and keeps nothing back. Nothing where the position is none of this store's feed:
    /// it is another store, or an older state of it, and a reader begins again with a listing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Invalid`] where the collection is not numbered.
    async fn changes(&self, collection: &Collection, since: Since<'_>, limit: u32) -> Result<Option<Changes>, StoreError>;

    /// Lets go of the tombstones of a numbered collection up to a number, itself included: what was deleted before is nowhere any
    /// more. A reader that stands before it begins again with a listing. To be called with numbers that were settled minutes ago.
    ///
    /// # Errors
    /// As [`Documents::changes`]; then some of them may be left.
    async fn trim(&self, collection: &Collection, through: u64) -> Result<(), StoreError>;
}
