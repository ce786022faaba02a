//! Many writes at once: new documents in one message, changes side by side on the pool's connections.
//!
//! Writes of one document keep their order; must never report an outcome of another write.

use std::collections::HashMap;

use futures::{StreamExt, stream};
use mongodb::{bson::Document as BsonDocument, error::ErrorKind};

use super::{
    super::{Collection, Expect, Write},
    Checked,
    failure::{Refusal, failure, means_duplicate, taken},
    put,
};
use crate::storage::StoreError;

/// Changes under way at once.
const SIDE_BY_SIDE: usize = 16;
/// New documents in one message.
const TOGETHER: usize = 1000;
/// Their size, in bytes; servers take 48 MB.
const MESSAGE: usize = 16 * 1024 * 1024;

type Outcome = Result<u64, StoreError>;

pub(super) async fn put_many(
    stored: &mongodb::Collection<BsonDocument>,
    collection: &Collection,
    writes: Vec<Write>,
) -> Result<Vec<Outcome>, StoreError> {
    let mut outcomes: Vec<Option<Outcome>> = Vec::new();
    outcomes.resize_with(writes.len(), || None);
    // A document's second write is in the second round.
    let mut rounds: Vec<Vec<(usize, Checked)>> = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::with_capacity(writes.len());
    for (place, write) in writes.into_iter().enumerate() {
        match Checked::new(collection, write) {
            Ok(write) => {
                let round = seen.entry(write.id.clone()).or_insert(0);
                if rounds.len() == *round {
                    rounds.push(Vec::new());
                }
                rounds[*round].push((place, write));
                *round += 1;
            }
            Err(refused) => outcomes[place] = Some(Err(refused)),
        }
    }
    for round in rounds {
        let (new, changed): (Vec<_>, Vec<_>) = round.into_iter().partition(|(_, write)| write.expect == Expect::Absent);
        let mut inserted = insert(stored, collection, new).await?;
        let changes = changed.into_iter().map(async |(place, write)| (place, put(stored, collection, &write).await));
        inserted.extend(stream::iter(changes).buffer_unordered(SIDE_BY_SIDE).collect::<Vec<_>>().await);
        for (place, outcome) in inserted {
            match outcome {
                // Without a server there is no batch either.
                Err(error @ (StoreError::Unavailable { .. } | StoreError::Full { .. })) => return Err(error),
                outcome => outcomes[place] = Some(outcome),
            }
        }
    }
    let unanswered = || Err(StoreError::Unavailable { reason: "a write of a batch was not answered".into() });
    Ok(outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(unanswered)).collect())
}

async fn insert(
    stored: &mongodb::Collection<BsonDocument>,
    collection: &Collection,
    writes: Vec<(usize, Checked)>,
) -> Result<Vec<(usize, Outcome)>, StoreError> {
    let mut outcomes = Vec::with_capacity(writes.len());
    let mut rest = &writes[..];
    while !rest.is_empty() {
        let (mut size, mut count) = (0, 0);
        while count < rest.len().min(TOGETHER) && (count == 0 || size < MESSAGE) {
            size += rest[count].1.size;
            count += 1;
        }
        let (together, later) = rest.split_at(count);
        rest = later;
        let documents = together.iter().map(|(_, write)| write.new_document());
        match stored.insert_many(documents).ordered(false).await {
            Ok(_) => outcomes.extend(together.iter().map(|(place, _)| (*place, Ok(1)))),
            Err(error) => {
                let ErrorKind::InsertMany(many) = error.kind.as_ref() else { return Err(failure(&error)) };
                if many.write_concern_error.is_some() {
                    return Err(failure(&error));
                }
                let refused: HashMap<usize, _> =
                    many.write_errors.iter().flatten().map(|refused| (refused.index, refused)).collect();
                for (index, (place, write)) in together.iter().enumerate() {
                    let outcome = match refused.get(&index) {
                        None => Ok(1),
                        Some(refused) if means_duplicate(refused.code, &refused.message) => {
                            match taken(stored, collection, write, &refused.message).await? {
                                Refusal::Is(refusal) => Err(refusal),
                                Refusal::Raced => put(stored, collection, write).await,
                            }
                        }
                        // Alone, it says what is wrong with it.
                        Some(_) => put(stored, collection, write).await,
                    };
                    outcomes.push((*place, outcome));
                }
            }
        }
    }
    Ok(outcomes)
}
