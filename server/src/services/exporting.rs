//! What services keep of somebody, for whoever asks for all of it: documents as they are kept, by the collection's name.
//!
//! Must never hold a secret: what signs in or opens anything is in the vault and among entries, and is told by identity in words of its own.

use serde_json::{Map, Value};
use storage::{
    StoreError,
    documents::{Collection, Document, Documents, Find, PAGE_LIMIT, all_of},
};

/// Documents, by the names of their collections.
pub type Exported = Map<String, Value>;

/// Documents of one collection that are told at once: more than anybody's years of use make.
const MOST: usize = 100_000;

/// Takes in the documents that an index has of somebody.
///
/// # Errors
/// [`StoreError`]; [`StoreError::Invalid`] where there are too many to be told at once.
pub async fn found(
    documents: &dyn Documents,
    kept: &mut Exported,
    collection: &Collection,
    (index, whose): (&'static str, &str),
) -> Result<(), StoreError> {
    let (mut all, mut after) = (Vec::new(), None::<String>);
    loop {
        let find = Find { after: after.as_deref(), limit: PAGE_LIMIT, ..all_of(index, &[whose]) };
        let page = documents.find(collection, find).await?;
        all.extend(page.documents.into_iter().map(plain));
        if all.len() > MOST {
            let reason = format!("more than {MOST} documents of {} are kept", collection.name);
            return Err(StoreError::Invalid { reason });
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    put(kept, collection, all);
    Ok(())
}

/// Takes in the document of an id, where there is one.
///
/// # Errors
/// [`StoreError`].
pub async fn one(documents: &dyn Documents, kept: &mut Exported, collection: &Collection, id: &str) -> Result<(), StoreError> {
    let document = documents.get(collection, id).await?;
    put(kept, collection, document.into_iter().map(plain).collect());
    Ok(())
}

/// What is not kept is not named.
fn put(kept: &mut Exported, collection: &Collection, all: Vec<Value>) {
    if all.is_empty() {
        return;
    }
    let there = kept.entry(collection.name.as_ref()).or_insert_with(|| Value::Array(Vec::new()));
    if let Some(there) = there.as_array_mut() {
        there.extend(all);
    }
}

/// A document with its id, which may say what it is of.
fn plain(document: Document) -> Value {
    let Document { id, mut body, .. } = document;
    if let Some(fields) = body.as_object_mut() {
        fields.entry("id").or_insert(Value::String(id));
    }
    body
}
