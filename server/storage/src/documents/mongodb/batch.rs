//! Many writes at once: new documents in one message, changes side by side on the pool's connections.
//!
//! Writes of one document keep their order; must never report an outcome of another write.

use std::collections::HashMap;

use futures::{StreamExt, stream};
use mongodb::{bson::Document as BsonDocument, error::ErrorKind};

use super::{
    super::{Collection, Expect, Write},
    failure::{Refusal, failure, means_duplicate, taken},
    numbered::Numbered,
    put,
    write::Checked,
};
use crate::StoreError;

/// Changes under way at once.
pub(super) const SIDE_BY_SIDE: usize = 16;
/// New documents in one message.
const TOGETHER: usize = 1000;
/// Their size, in bytes; servers take 48 MB.
const MESSAGE: usize = 16 * 1024 * 1024;

type Outcome = Result<u64, StoreError>;

pub(super) async fn put_many(
    stored: &mongodb::Collection<BsonDocument>,
    collection: &Collection,
    numbered: Option<&Numbered>,
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
    for mut round in rounds {
        while !round.is_empty() {
            let later = round.split_off(round.len().min(TOGETHER));
            let written = match numbered {
                Some(numbered) => numbered.write_all(round).await?,
                None => write_all(stored, collection, round).await?,
            };
            for (place, outcome) in written {
                match outcome {
                    // Without a server there is no batch either.
                    Err(error @ (StoreError::Unavailable { .. } | StoreError::Full { .. })) => return Err(error),
                    outcome => outcomes[place] = Some(outcome),
                }
            }
            round = later;
        }
    }
    let unanswered = || Err(StoreError::Unavailable { reason: "a write of a batch was not answered".into() });
    Ok(outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(unanswered)).collect())
}

async fn write_all(
    stored: &mongodb::Collection<BsonDocument>,
    collection: &Collection,
    writes: Vec<(usize, Checked)>,
) -> Result<Vec<(usize, Outcome)>, StoreError> {
    let (new, changed): (Vec<_>, Vec<_>) = writes.into_iter().partition(|(_, write)| write.expect == Expect::Absent);
    let mut outcomes = Vec::with_capacity(new.len() + changed.len());
    let refusals = insert(stored, &new).await?;
    for ((place, write), refusal) in new.iter().zip(refusals) {
        let outcome = match refusal {
            None => Ok(1),
            Some((code, message)) if means_duplicate(code, &message) => match taken(stored, collection, write, &message).await? {
                Refusal::Is(refusal) => Err(refusal),
                Refusal::Raced => put(stored, collection, write).await,
            },
            // Alone, it says what is wrong with it.
            Some(_) => put(stored, collection, write).await,
        };
        outcomes.push((*place, outcome));
    }
    let changes = changed.into_iter().map(async |(place, write)| (place, put(stored, collection, &write).await));
    outcomes.extend(stream::iter(changes).buffer_unordered(SIDE_BY_SIDE).collect::<Vec<_>>().await);
    Ok(outcomes)
}

/// Makes new documents; for each, in order, why it was refused, where it was.
pub(super) async fn insert(
    stored: &mongodb::Collection<BsonDocument>,
    writes: &[(usize, Checked)],
) -> Result<Vec<Option<(i32, String)>>, StoreError> {
    let mut refusals = Vec::with_capacity(writes.len());
    let mut rest = writes;
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
            Ok(_) => refusals.extend(together.iter().map(|_| None)),
            Err(error) => {
                let ErrorKind::InsertMany(many) = error.kind.as_ref() else { return Err(failure(&error)) };
                if many.write_concern_error.is_some() {
                    return Err(failure(&error));
                }
                let mut refused: HashMap<usize, _> =
                    many.write_errors.iter().flatten().map(|refused| (refused.index, refused)).collect();
                refusals.extend(
                    (0..together.len())
                        .map(|index| refused.remove(&index).map(|refused| (refused.code, refused.message.clone()))),
                );
            }
        }
    }
    Ok(refusals)
}
