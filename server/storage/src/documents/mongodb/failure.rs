//! What the driver reports, as what a store reports.
//!
//! Must never take a race for a refusal, nor a server that is away for one that refuses.

use mongodb::{
    bson::{Document as BsonDocument, doc},
    error::{Error, ErrorKind, WriteFailure},
};

use super::{
    super::{Collection, check},
    conflict, is_tombstone, keys,
    write::Checked,
};
use crate::{StoreError, disk};

const DUPLICATE_KEY: i32 = 11_000;
const OUT_OF_DISK_SPACE: i32 = 14_031;
/// Bad value, failed to parse, overflow, too large, too deep.
const REFUSALS: [i32; 7] = [2, 9, 15, 10_334, 17_280, 17_419, 17_420];

/// Anything that is not about a document's own value.
pub(super) fn failure(error: &Error) -> StoreError {
    // The whole error quotes the server's answer, and with it what was written.
    let reason = error.kind.to_string();
    match code_and_message(error) {
        Some((code, _)) if REFUSALS.contains(&code) => check::invalid(reason),
        Some((code, message)) if code == OUT_OF_DISK_SPACE || disk::is_full_in_words(message) => StoreError::Full { reason },
        Some(_) | None => match error.kind.as_ref() {
            ErrorKind::BsonDeserialization(_) => StoreError::corrupt("a stored document", reason),
            _ => StoreError::Unavailable { reason },
        },
    }
}

/// Why a write was refused.
pub(super) enum Refusal {
    /// It may succeed when it is tried again.
    Raced,
    Is(StoreError),
}

pub(super) fn is_duplicate(error: &Error) -> bool {
    code_and_message(error).is_some_and(|(code, message)| means_duplicate(code, message))
}

/// MongoDB says so by a code; FerretDB also by what PostgreSQL said.
pub(super) fn means_duplicate(code: i32, message: &str) -> bool {
    const POSTGRESQL: [&str; 3] =
        ["violates exclusion constraint", "violates unique constraint", "could not create exclusion constraint"];
    code == DUPLICATE_KEY || POSTGRESQL.iter().any(|words| message.contains(words))
}

/// What the server meant. Asks it which value is taken, where it only says that one is.
pub(super) async fn refused(
    stored: &mongodb::Collection<BsonDocument>,
    collection: &Collection,
    write: &Checked,
    error: &Error,
) -> Result<Refusal, StoreError> {
    let Some((code, message)) = code_and_message(error) else { return Err(failure(error)) };
    if message.contains("deadlock detected") || message.contains("could not serialize") || code == WRITE_CONFLICT {
        return Ok(Refusal::Raced);
    }
    if !means_duplicate(code, message) {
        return Err(failure(error));
    }
    taken(stored, collection, write, message).await
}

const WRITE_CONFLICT: i32 = 112;

pub(super) async fn taken(
    stored: &mongodb::Collection<BsonDocument>,
    collection: &Collection,
    write: &Checked,
    message: &str,
) -> Result<Refusal, StoreError> {
    use super::Expect;
    let unique = || collection.indexes.iter().filter(|index| index.unique);
    if let Some(index) = unique().find(|index| names(message, index.name)) {
        return Ok(Refusal::Is(StoreError::Duplicate { index: index.name.to_owned() }));
    }
    for index in unique() {
        let own = write.fields.get_document("unique").and_then(|keys| keys.get_str(keys::name(index)));
        let Ok(key) = own else { continue };
        let other = doc! { keys::path(index): key, "_id": { "$ne": &write.id } };
        if stored.find_one(other).await.map_err(|error| failure(&error))?.is_some() {
            return Ok(Refusal::Is(StoreError::Duplicate { index: index.name.to_owned() }));
        }
    }
    match write.expect {
        Expect::Absent if names(message, "_id_") && collection.feed.is_none() => Ok(Refusal::Is(conflict(collection, &write.id))),
        Expect::Absent => match stored.find_one(doc! { "_id": &write.id }).await.map_err(|error| failure(&error))? {
            Some(row) if !is_tombstone(&row) => Ok(Refusal::Is(conflict(collection, &write.id))),
            Some(_) | None => Ok(Refusal::Raced),
        },
        Expect::Anything | Expect::Version(_) => Ok(Refusal::Raced),
    }
}

/// `index: NAME dup key` is MongoDB's way, `Index 'NAME'` FerretDB's.
fn names(message: &str, index: &str) -> bool {
    message.contains(&format!("index: {index} ")) || message.contains(&format!("Index '{index}'"))
}

fn code_and_message(error: &Error) -> Option<(i32, &str)> {
    match error.kind.as_ref() {
        ErrorKind::Command(command) => Some((command.code, &command.message)),
        ErrorKind::Write(WriteFailure::WriteError(write)) => Some((write.code, &write.message)),
        _ => None,
    }
}
