//! Writes of numbered collections: each reserves a number, writes on the condition that the document's own is less, and lets
//! readers pass. A condition that does not hold means that another write was faster, or that a reader gave this one up: it is
//! made again with another number.
//!
//! A write goes on when nobody waits for it any more, so that its reservation does not hold up readers. What is deleted stays
//! as a tombstone `{_id, n, gone}`, which no other query shows. Must never give a number back while its write may arrive.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use mongodb::{
    Database,
    bson::{Document as BsonDocument, doc},
    options::Hint,
};
use rand::Rng;

use super::{
    super::{
        Collection, Expect,
        feed::{Changes, Entry, Position, Since, State},
    },
    ATTEMPTS, conflict,
    counter::{Counter, Reservation, Stand, below, integer},
    document,
    failure::{Refusal, failure, refused},
    has_version, is_tombstone,
    query::Query,
    stored_version,
    write::{Checked, try_put},
};
use crate::StoreError;

/// A numbered collection, with what its writes need. Cheap to clone.
#[derive(Clone)]
pub(super) struct Numbered {
    pub stored: mongodb::Collection<BsonDocument>,
    pub collection: Collection,
    pub counter: Arc<Counter>,
    #[cfg(test)]
    pub stall: super::tests::feed::Stall,
}

/// One write.
#[derive(Clone)]
pub(super) enum Operation {
    Put(Checked),
    /// With the version that it has elsewhere.
    Backend(Checked, i64),
    Delete(String, Expect),
}

impl Operation {
    fn id(&self) -> &str {
        match self {
            Self::Put(write) | Self::Backend(write, _) => &write.id,
            Self::Delete(id, _) => id,
        }
    }
}

/// What became of one try.
pub(super) enum Attempt {
    /// The new version, or whether there was something to delete.
    Done(u64),
    /// Another write was faster, or a reader gave this one up.
    Overtaken,
}

impl Numbered {
    /// The new version; of a deletion, 1 where there was something to delete, else 0.
    pub(super) async fn write(&self, operation: Operation) -> Result<u64, StoreError> {
        let this = self.clone();
        run_to_end(async move { this.try_often(operation).await }).await
    }

    pub(super) async fn try_often(&self, mut operation: Operation) -> Result<u64, StoreError> {
        for attempt in 1..=ATTEMPTS * 4 {
            if let Operation::Delete(id, expect) = &operation
                && !self.is_to_be_deleted(id, *expect).await?
            {
                return Ok(0);
            }
            let reservation = self.counter.reserve(&self.collection.name, vec![operation.id().to_owned()]).await?;
            #[cfg(test)]
            self.stall.wait().await;
            let outcome = self.attempt(&mut operation, reservation.first, attempt > 1).await;
            match self.settle(reservation, outcome).await? {
                Attempt::Done(version) => return Ok(version),
                Attempt::Overtaken => {}
            }
            let pause = rand::rng().random_range(0..=u64::from(attempt * attempt).min(100));
            tokio::time::sleep(std::time::Duration::from_millis(pause)).await;
        }
        Err(StoreError::Contended { key: format!("{}/{}", self.collection.name, operation.id()) })
    }

    /// Gives the number back, unless it is not known whether the write will still arrive: then readers give it up.
    async fn settle(&self, reservation: Reservation, outcome: Result<Attempt, StoreError>) -> Result<Attempt, StoreError> {
        if outcome.as_ref().err().is_none_or(is_definite) {
            self.counter.release(reservation).await;
        }
        outcome
    }

    /// With this number; `again` where the first try found something in its way.
    pub(super) async fn attempt(&self, operation: &mut Operation, number: i64, again: bool) -> Result<Attempt, StoreError> {
        match operation {
            Operation::Put(write) => {
                write.number = Some(number);
                self.put(write, again).await
            }
            Operation::Backend(write, version) => {
                write.number = Some(number);
                let mut whole = write.new_document();
                whole.insert("v", *version);
                let filter = doc! { "_id": &write.id, "n": below(number) };
                match self.stored.replace_one(filter, whole).upsert(true).await {
                    Ok(_) => Ok(Attempt::Done(version.cast_unsigned())),
                    Err(error) => self.refused(write, &error).await,
                }
            }
            Operation::Delete(id, expect) => self.delete(id, *expect, number).await,
        }
    }

    async fn put(&self, write: &Checked, again: bool) -> Result<Attempt, StoreError> {
        if again && write.expect == Expect::Absent {
            // What was in the way may be a tombstone.
            let filter = doc! { "_id": &write.id, "gone": true, "n": write.condition() };
            let revived = self.stored.update_one(filter, write.update()).await;
            match revived {
                Ok(update) if update.matched_count > 0 => return Ok(Attempt::Done(1)),
                Ok(_) => {}
                Err(error) => return self.refused(write, &error).await,
            }
        }
        match try_put(&self.stored, write).await {
            Ok(Some(version)) => Ok(Attempt::Done(version)),
            Ok(None) => match (self.look(&write.id).await?, write.expect) {
                (Some(row), Expect::Version(expected)) if integer(&row, "v").unwrap_or(0) == stored_version(expected) => {
                    Ok(Attempt::Overtaken)
                }
                (_, Expect::Anything) => Ok(Attempt::Overtaken),
                (_, Expect::Version(_) | Expect::Absent) => Err(conflict(&self.collection, &write.id)),
            },
            Err(error) => self.refused(write, &error).await,
        }
    }

    async fn refused(&self, write: &Checked, error: &mongodb::error::Error) -> Result<Attempt, StoreError> {
        match refused(&self.stored, &self.collection, write, error).await? {
            Refusal::Raced => Ok(Attempt::Overtaken),
            Refusal::Is(refusal) => Err(refusal),
        }
    }

    async fn delete(&self, id: &str, expect: Expect, number: i64) -> Result<Attempt, StoreError> {
        let mut filter = doc! { "_id": id, "gone": { "$exists": false }, "n": below(number) };
        if let Expect::Version(expected) = expect {
            filter.insert("v", has_version(expected));
        }
        let change = doc! {
            "$set": { "n": number, "gone": true },
            "$unset": { "v": "", "d": "", "by": "", "unique": "" },
        };
        let deleted = self.stored.update_one(filter, change).await.map_err(|error| failure(&error))?;
        match deleted.matched_count {
            // Whether there is still something to delete is looked at before the next try.
            0 => Ok(Attempt::Overtaken),
            _ => Ok(Attempt::Done(1)),
        }
    }

    async fn is_to_be_deleted(&self, id: &str, expect: Expect) -> Result<bool, StoreError> {
        let found = self.look(id).await?;
        let holds = match (&found, expect) {
            (_, Expect::Anything) | (None, Expect::Absent) => true,
            (Some(row), Expect::Version(expected)) => integer(row, "v").unwrap_or(0) == stored_version(expected),
            (Some(_), Expect::Absent) | (None, Expect::Version(_)) => false,
        };
        if holds { Ok(found.is_some()) } else { Err(conflict(&self.collection, id)) }
    }

    /// What there is of a document but its body; tombstones are nothing.
    async fn look(&self, id: &str) -> Result<Option<BsonDocument>, StoreError> {
        let found = self.stored.find_one(doc! { "_id": id }).projection(doc! { "v": 1, "n": 1, "gone": 1 }).await;
        Ok(found.map_err(|error| failure(&error))?.filter(|row| !is_tombstone(row)))
    }

    /// See [`super::super::Documents::changes`].
    pub(super) async fn changes(&self, database: &Database, since: Since<'_>, limit: u32) -> Result<Option<Changes>, StoreError> {
        let Some(mut stand) = self.counter.stand().await? else {
            // Dropped by somebody since this store was opened.
            self.counter.make(&self.stored).await?;
            return Ok(None);
        };
        if self.counter.give_up(&stand, database).await? > 0
            && let Some(later) = self.counter.stand().await?
        {
            stand = later;
        }
        let settled = stand.settled.cast_unsigned();
        let entries = match since {
            Since::Listing(after) => self.listed(after, limit).await?,
            Since::Position(position) if !stand.knows(position) => return Ok(None),
            // One that was begun anew from a state before would be told of by its identity.
            Since::Position(position) if position.number >= settled => {
                return Ok(Some(Changes { entries: Vec::new(), position: position.clone(), more: false }));
            }
            Since::Position(position) if position.number < stand.floor(&self.collection.name) => return Ok(None),
            Since::Position(position) => self.numbered(position.number.cast_signed(), stand.settled, limit).await?,
        };
        Ok(Some(Changes::cut(stand.identity, entries, limit, settled, since)))
    }

    /// See [`super::super::Documents::trim`]: readers are told first.
    pub(super) async fn trim(&self, through: u64) -> Result<(), StoreError> {
        let through = through.cast_signed();
        self.counter.raise_floor(&self.collection.name, through).await?;
        let old = doc! { "gone": true, "n": { "$gt": 0i64, "$lte": through } };
        let trimmed = self.stored.delete_many(old).hint(Hint::Keys(doc! { "n": 1 })).await;
        trimmed.map(drop).map_err(|error| failure(&error))
    }

    async fn listed(&self, after: &str, limit: u32) -> Result<Vec<Entry>, StoreError> {
        let query = Query::list(after.to_owned());
        let rows = self.rows(query, limit).await?;
        Ok(rows.into_iter().map(|row| Entry::of(0, document(row))).collect())
    }

    async fn numbered(&self, after: i64, settled: i64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        let rows = self.rows(Query::numbered(after, settled), limit).await?;
        let entry = |row: BsonDocument| {
            let number = integer(&row, "n").unwrap_or_default().cast_unsigned();
            match is_tombstone(&row) {
                true => Entry { number, id: document(row).id, state: State::Deleted },
                false => Entry::of(number, document(row)),
            }
        };
        Ok(rows.into_iter().map(entry).collect())
    }

    async fn rows(&self, query: Query, limit: u32) -> Result<Vec<BsonDocument>, StoreError> {
        let found = self.stored.find(query.filter).sort(query.sort).hint(Hint::Keys(query.hint));
        let found = found.limit(i64::from(limit) + 1).batch_size(limit + 1).await.map_err(|error| failure(&error))?;
        found.try_collect().await.map_err(|error| failure(&error))
    }

    /// Many writes, each of another document: with one reservation, and those that were overtaken once more alone.
    pub(super) async fn write_all(
        &self,
        writes: Vec<(usize, Checked)>,
    ) -> Result<Vec<(usize, Result<u64, StoreError>)>, StoreError> {
        let ids = writes.iter().map(|(_, write)| write.id.clone()).collect();
        let reservation = self.counter.reserve(&self.collection.name, ids).await?;
        let numbered = writes.into_iter().zip(reservation.first..).map(|((place, mut write), number)| {
            write.number = Some(number);
            (place, write)
        });
        let (new, changed): (Vec<_>, Vec<_>) = numbered.partition(|(_, write)| write.expect == Expect::Absent);
        let (mut outcomes, mut again) = (Vec::with_capacity(new.len() + changed.len()), Vec::new());
        let refusals = super::batch::insert(&self.stored, &new).await?;
        for ((place, write), refusal) in new.into_iter().zip(refusals) {
            match refusal {
                None => outcomes.push((place, Ok(1))),
                Some(_) => again.push((place, write)),
            }
        }
        let changes = changed.into_iter().map(async |(place, write)| {
            let outcome = self.put(&write, false).await;
            (place, write, outcome)
        });
        let changed: Vec<_> = stream::iter(changes).buffer_unordered(super::batch::SIDE_BY_SIDE).collect().await;
        for (place, write, outcome) in changed {
            match outcome {
                Ok(Attempt::Done(version)) => outcomes.push((place, Ok(version))),
                Ok(Attempt::Overtaken) => again.push((place, write)),
                Err(error) if is_definite(&error) => outcomes.push((place, Err(error))),
                // Some of these may still arrive: readers give the numbers up.
                Err(error) => return Err(error),
            }
        }
        self.counter.release(reservation).await;
        let alone = again.into_iter().map(async |(place, write)| (place, self.try_often(Operation::Put(write)).await));
        outcomes.extend(stream::iter(alone).buffer_unordered(super::batch::SIDE_BY_SIDE).collect::<Vec<_>>().await);
        Ok(outcomes)
    }
}

impl Stand {
    /// Whether the position is one of this feed's.
    fn knows(&self, position: &Position) -> bool {
        position.feed == self.identity && position.number <= self.last.cast_unsigned()
    }

    /// Up to which number a collection's tombstones were let go of.
    fn floor(&self, collection: &str) -> u64 {
        self.floors.as_ref().and_then(|floors| integer(floors, collection)).unwrap_or_default().cast_unsigned()
    }
}

/// Whether a write that failed like this was certainly not made, and will not be.
fn is_definite(error: &StoreError) -> bool {
    match error {
        StoreError::Conflict { .. }
        | StoreError::Contended { .. }
        | StoreError::Duplicate { .. }
        | StoreError::Invalid { .. }
        | StoreError::Denied { .. }
        | StoreError::Full { .. } => true,
        StoreError::Unavailable { .. } | StoreError::Corrupt { .. } => false,
    }
}

/// Goes on where the caller does not.
pub(super) async fn run_to_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    let ended = tokio::spawn(work).await;
    ended.unwrap_or_else(|error| Err(StoreError::Unavailable { reason: error.to_string() }))
}
