//! What is done about all documents that an index finds, a page at a time.

use serde_json::Value;

use super::{Collection, Direction, Document, Documents, Expect, Find};
use crate::StoreError;

/// Documents of one page.
const AT_ONCE: u32 = 200;

/// Deletes every document whose first fields in an index are these.
///
/// # Errors
/// [`StoreError`]; then some of them may be left.
pub async fn delete_all(
    documents: &dyn Documents,
    collection: &Collection,
    index: &'static str,
    equals: &[Value],
) -> Result<(), StoreError> {
    loop {
        let (equals, direction) = (equals.to_vec(), Direction::Ascending);
        let find = Find { index, equals, from: None, direction, after: None, limit: AT_ONCE };
        let some = documents.find(collection, find).await?.documents;
        if some.is_empty() {
            return Ok(());
        }
        for document in some {
            documents.delete(collection, &document.id, Expect::Anything).await?;
        }
    }
}

/// The documents whose `due`, in milliseconds since 1970, has come by `now`, the longest due first; at most `limit`. `index` is
/// over that field alone.
///
/// # Errors
/// [`StoreError`].
pub async fn due(
    documents: &dyn Documents,
    collection: &Collection,
    index: &'static str,
    (now, limit): (u64, u32),
) -> Result<Vec<Document>, StoreError> {
    let find = Find { index, equals: Vec::new(), from: None, direction: Direction::Ascending, after: None, limit };
    let is_due = |found: &Document| found.body.get("due").and_then(Value::as_u64).is_some_and(|due| due <= now);
    Ok(documents.find(collection, find).await?.documents.into_iter().take_while(is_due).collect())
}
