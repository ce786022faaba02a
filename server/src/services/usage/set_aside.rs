//! Documents of what is counted that cannot be read: each is set aside within the one that is begun in its place, so that it
//! stops nobody's counting, nor keeps anybody from the other sums.
//!
//! What was set aside goes with the document that has it. Must never be taken for a document that is not there: whoever reads the
//! sums is told that some of them are missing.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::Value;
use storage::{
    StoreError,
    documents::{self, Change, Collection, Document, Documents, Expect, Write},
};

/// A larger document is not kept, in bytes of JSON: it has to fit into the one in its place, beside what is counted there.
const MOST: usize = documents::BODY_LIMIT / 3;

/// What was stored and cannot be read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SetAside {
    /// As it was; nothing where it was no JSON, or too large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<Value>,
}

/// A document, as far as it can be read.
#[derive(Clone, Debug, PartialEq)]
enum Stored<R> {
    Read(R),
    Unreadable(Value),
}

impl<'de, R: DeserializeOwned> Deserialize<'de> for Stored<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let body = Value::deserialize(deserializer)?;
        Ok(R::deserialize(&body).map_or_else(|_| Self::Unreadable(body.clone()), Self::Read))
    }
}

impl<R: Serialize> Serialize for Stored<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Read(record) => record.serialize(serializer),
            Self::Unreadable(body) => body.serialize(serializer),
        }
    }
}

/// Changes the document `id` as [`documents::update`] does. Where there is none `new` makes it, and where it cannot be read `new`
/// makes the one in its place, of what is set aside. `change` says what is written; nothing where the document stays as it is.
///
/// # Errors
/// As [`documents::update`], but for [`StoreError::Corrupt`] of what is stored.
pub async fn update<R: Serialize + DeserializeOwned + Clone>(
    documents: &dyn Documents,
    (collection, id): (&Collection, &str),
    new: impl Fn(Option<SetAside>) -> R,
    mut change: impl FnMut(R) -> Option<R>,
) -> Result<(), StoreError> {
    let mut decide = |stored: Option<Stored<R>>| {
        let record = match stored {
            None => new(None),
            Some(Stored::Read(record)) => record,
            Some(Stored::Unreadable(was)) => {
                tracing::error!(collection = %collection.name, id, "a document of usage cannot be read: it is begun anew");
                new(Some(SetAside { was: Some(was).filter(|was| was.to_string().len() <= MOST) }))
            }
        };
        Ok::<_, StoreError>(change(record).map_or(Change::Keep, |record| Change::Put(Stored::Read(record))))
    };
    match documents::update(documents, collection, id, &mut decide).await {
        // This document alone: where the database is damaged nothing is written over.
        Err(StoreError::Corrupt { key, reason: error }) if key == format!("{}/{id}", collection.name) => {
            tracing::error!(%error, "a document of usage is no JSON: it is begun anew");
            begin_anew(documents, (collection, id), &new(Some(SetAside::default()))).await?;
            documents::update(documents, collection, id, &mut decide).await.map(drop)
        }
        outcome => outcome.map(drop),
    }
}

/// Writes a record in the place of a document that is no JSON, as it was found: what another node began there stays.
async fn begin_anew<R: Serialize>(
    documents: &dyn Documents,
    (collection, id): (&Collection, &str),
    record: &R,
) -> Result<(), StoreError> {
    let found = documents.get(collection, id).await?.filter(|document| document.body.is_null());
    let Some(Document { version, .. }) = found else { return Ok(()) };
    let expect = Expect::Version(version);
    let body = serde_json::to_value(record).map_err(|error| StoreError::corrupt(id, error))?;
    match documents.put(collection, Write { id: id.to_owned(), body, expect }).await {
        Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}
