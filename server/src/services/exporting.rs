//! What services keep of somebody, for whoever asks for all of it: documents as they are kept, by the collection's name.
//!
//! Must never hold a secret: what signs in or opens anything is in the vault and among entries, and is told by identity in words of its own.

use std::collections::HashSet;

use serde_json::{Map, Value, json};
use storage::{
    StoreError,
    documents::{Collection, Document, Documents, Find, PAGE_LIMIT, all_of},
};

/// Documents, by the names of their collections.
pub type Exported = Map<String, Value>;

/// Documents of one collection that are told at once: more than anybody's years of use make.
pub const MOST: usize = 100_000;

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
        check(collection.name.as_ref(), &all)?;
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

/// Takes in the notes of what somebody did and of what was done to them, each once: what was done, and not by whom or to whom else. The
/// fields `by` and `account` of a note are accounts.
///
/// # Errors
/// As [`found`].
pub async fn notes(
    documents: &dyn Documents,
    kept: &mut Exported,
    collection: &Collection,
    (indexes, whose): ([&'static str; 2], &str),
) -> Result<(), StoreError> {
    let mut both = Exported::new();
    for index in indexes {
        found(documents, &mut both, collection, (index, whose)).await?;
    }
    let all = both.remove(collection.name.as_ref());
    let Some(Value::Array(mut all)) = all else { return Ok(()) };
    let mut seen = HashSet::new();
    all.retain(|note| seen.insert(note.get("id").map(Value::to_string)));
    for note in all.iter_mut().filter_map(Value::as_object_mut) {
        note.retain(|name, value| !["by", "account"].contains(&name.as_str()) || *value == whose);
    }
    put(kept, collection, all);
    Ok(())
}

/// Takes in what is kept in another way than as documents of a collection, under a name of its own.
///
/// # Errors
/// As [`found`], where it is too much.
pub fn told(kept: &mut Exported, name: &str, all: Vec<Value>) -> Result<(), StoreError> {
    check(name, &all)?;
    put_as(kept, name, all);
    Ok(())
}

fn check(name: &str, all: &[Value]) -> Result<(), StoreError> {
    if all.len() > MOST {
        let reason = format!("more than {MOST} documents of {name} are kept");
        return Err(StoreError::Invalid { reason });
    }
    Ok(())
}

fn put(kept: &mut Exported, collection: &Collection, all: Vec<Value>) {
    put_as(kept, collection.name.as_ref(), all);
}

/// What is not kept is not named.
fn put_as(kept: &mut Exported, name: &str, all: Vec<Value>) {
    if all.is_empty() {
        return;
    }
    let there = kept.entry(name).or_insert_with(|| Value::Array(Vec::new()));
    if let Some(there) = there.as_array_mut() {
        there.extend(all);
    }
}

/// A document with its id, which may say what it is of. Of one that is no JSON any more it is said that it is there.
fn plain(document: Document) -> Value {
    let Document { id, body, .. } = document;
    match body {
        Value::Object(mut fields) => {
            fields.entry("id").or_insert(Value::String(id));
            Value::Object(fields)
        }
        _ => json!({ "id": id, "is_unreadable": true }),
    }
}
