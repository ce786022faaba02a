//! The counter of a topic: which numbers were given, and which of them may still be written with.
//!
//! One document a topic, `{_id, identity, last, pending, floors}`, in a collection of its own that no service can name. A write
//! reserves its number together with the collection and the id that it is for, writes on the condition that the document's
//! own number is less, and then takes its reservation back; readers stop before the least number that is reserved.
//! A reservation that a reader has looked at for longer than the lease is given up: its documents are first given the number
//! themselves, where theirs is less (an absent one becomes a tombstone), so that a writer that comes late finds its condition
//! broken and takes another number. Every step changes one document, atomically; clocks are compared with themselves alone.
//! Writers of this process that come at once share one update. Must never take a reservation back whose write may still
//! arrive.

use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures::{StreamExt, TryStreamExt, stream};
use mongodb::{
    Database,
    bson::{Bson, Document as BsonDocument, doc},
    options::{Hint, ReturnDocument},
};
use tokio::sync::oneshot;

use super::{
    ATTEMPTS, PATIENCE,
    failure::{failure, is_duplicate},
};
use crate::StoreError;

/// No collection of a service has this name: theirs begin with a letter.
const COUNTERS: &str = "_feed_counters";
/// How long a reader waits for a write that reserved a number: longer than any takes that is not broken off.
pub(super) const LEASE: Duration = Duration::from_secs(10);
/// Ids that one update reserves for at most, so that it stays small beside what a server takes.
const TOGETHER: usize = 4000;
/// Documents that are given a number at once, where a reservation is given up.
const SIDE_BY_SIDE: usize = 16;

/// See the module above.
pub(super) struct Counter {
    stored: mongodb::Collection<BsonDocument>,
    topic: &'static str,
    waiting: Mutex<Waiting>,
    /// Whoever holds it sends what waits.
    turn: tokio::sync::Mutex<()>,
    /// When each reservation that is there was first looked at.
    seen: Mutex<HashMap<String, Instant>>,
    lease: Duration,
}

#[derive(Default)]
struct Waiting {
    requests: Vec<Request>,
    released: Vec<String>,
}

struct Request {
    token: String,
    collection: String,
    ids: Vec<String>,
    reply: oneshot::Sender<Result<i64, StoreError>>,
}

/// Numbers that nobody else has, and that readers do not pass.
#[derive(Debug)]
pub(super) struct Reservation {
    token: String,
    /// The number of the first id; each further id has the next one.
    pub first: i64,
}

/// How a topic stands.
pub(super) struct Stand {
    pub identity: String,
    /// The last number that was given.
    pub last: i64,
    /// Up to this number nothing can come any more.
    pub settled: i64,
    /// Up to which number the tombstones of each collection were let go of, by its name.
    pub floors: Option<BsonDocument>,
    pending: Vec<Pending>,
}

struct Pending {
    token: String,
    first: i64,
    collection: String,
    ids: Vec<String>,
}

impl Counter {
    pub(super) fn new(database: &Database, topic: &'static str, lease: Duration) -> Self {
        let stored = database.collection(COUNTERS);
        Self { stored, topic, waiting: Mutex::default(), turn: tokio::sync::Mutex::default(), seen: Mutex::default(), lease }
    }

    /// Makes the counter where there is none, above every number that the collection's documents have: what was restored
    /// without its counter can still be written.
    pub(super) async fn make(&self, documents: &mongodb::Collection<BsonDocument>) -> Result<(), StoreError> {
        let mut attempt = 1;
        while self.find().await?.is_none() {
            let identity = format!("{:032x}", rand::random::<u128>());
            let new = doc! { "_id": self.topic, "identity": identity, "last": 0i64, "pending": [] };
            match self.stored.insert_one(new).await {
                Ok(_) => break,
                // Several processes that begin at once may get into each other's way.
                Err(error) if is_duplicate(&error) || attempt < ATTEMPTS => {
                    tokio::time::sleep(PATIENCE / 50 * attempt).await;
                    attempt += 1;
                }
                Err(error) => return Err(failure(&error)),
            }
        }
        let highest = documents.find_one(doc! { "n": { "$gt": 0i64 } }).sort(doc! { "n": -1 }).hint(Hint::Keys(doc! { "n": 1 }));
        let highest = highest.projection(doc! { "n": 1 }).await.map_err(|error| failure(&error))?;
        if let Some(highest) = highest.and_then(|row| integer(&row, "n")) {
            let filter = doc! { "_id": self.topic, "last": { "$lt": highest } };
            let raised = self.stored.update_one(filter, doc! { "$set": { "last": highest } }).await;
            raised.map_err(|error| failure(&error))?;
        }
        Ok(())
    }

    async fn find(&self) -> Result<Option<BsonDocument>, StoreError> {
        self.stored.find_one(doc! { "_id": self.topic }).await.map_err(|error| failure(&error))
    }

    /// How the topic stands; nothing where its counter is gone.
    pub(super) async fn stand(&self) -> Result<Option<Stand>, StoreError> {
        let Some(found) = self.find().await? else { return Ok(None) };
        let corrupt = || StoreError::corrupt(format_args!("{COUNTERS}/{}", self.topic), "it is no counter");
        let last = integer(&found, "last").ok_or_else(corrupt)?;
        let identity = found.get_str("identity").map_err(|_| corrupt())?.to_owned();
        let listed = found.get_array("pending").map_err(|_| corrupt())?;
        let pending: Option<Vec<Pending>> = listed.iter().map(|entry| Pending::of(entry.as_document()?)).collect();
        let pending = pending.ok_or_else(corrupt)?;
        let settled = pending.iter().map(|entry| entry.first - 1).min().unwrap_or(last);
        let floors = found.get_document("floors").ok().cloned();
        Ok(Some(Stand { identity, last, settled, floors, pending }))
    }

    /// Says that tombstones of a collection are let go of up to this number.
    pub(super) async fn raise_floor(&self, collection: &str, through: i64) -> Result<(), StoreError> {
        let mut floor = BsonDocument::new();
        floor.insert(format!("floors.{collection}"), through);
        let raised = self.stored.update_one(doc! { "_id": self.topic }, doc! { "$max": floor }).await;
        raised.map(drop).map_err(|error| failure(&error))
    }

    /// Numbers for writes of these documents.
    pub(super) async fn reserve(&self, collection: &str, ids: Vec<String>) -> Result<Reservation, StoreError> {
        let token = format!("{:032x}", rand::random::<u128>());
        let (reply, answer) = oneshot::channel();
        let request = Request { token: token.clone(), collection: collection.to_owned(), ids, reply };
        self.waiting().requests.push(request);
        self.send().await;
        let unanswered = |_| StoreError::Unavailable { reason: "a number was not given".into() };
        Ok(Reservation { token, first: answer.await.map_err(unanswered)?? })
    }

    /// Lets readers pass, after the writes were made or can be made no more. Where this fails it is tried again with the next
    /// reservation; until then readers wait, for the lease at most.
    pub(super) async fn release(&self, reservation: Reservation) {
        self.waiting().released.push(reservation.token);
        self.send().await;
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends what waits, unless somebody else has sent it by the time that it is this one's turn.
    async fn send(&self) {
        let _turn = self.turn.lock().await;
        loop {
            let (requests, released) = {
                let mut waiting = self.waiting();
                let mut ids = 0;
                let fits = waiting.requests.iter().take_while(|request| {
                    ids += request.ids.len();
                    ids <= TOGETHER
                });
                let most = waiting.requests.len().min(fits.count().max(1));
                (waiting.requests.drain(..most).collect::<Vec<_>>(), mem::take(&mut waiting.released))
            };
            if requests.is_empty() && released.is_empty() {
                return;
            }
            match self.update(&requests, &released).await {
                Ok(last) => {
                    let count: usize = requests.iter().map(|request| request.ids.len()).sum();
                    let mut first = last - to_i64(count) + 1;
                    for request in requests {
                        let next = first + to_i64(request.ids.len());
                        // Whoever does not wait any more has left a reservation, which is given up in time.
                        let _ = request.reply.send(Ok(first));
                        first = next;
                    }
                }
                Err(error) => {
                    tracing::debug!(%error, topic = self.topic, "numbers were not reserved or given back");
                    self.waiting().released.extend(released);
                    for request in requests {
                        let _ = request.reply.send(Err(same(&error)));
                    }
                    return;
                }
            }
        }
    }

    /// The last number that was given, after these were reserved and those given back.
    async fn update(&self, requests: &[Request], released: &[String]) -> Result<i64, StoreError> {
        let mut offset = 0;
        let added: Vec<Bson> = requests
            .iter()
            .map(|request| {
                let first = doc! { "$add": ["$last", offset + 1] };
                offset += to_i64(request.ids.len());
                let ids = doc! { "$literal": &request.ids };
                Bson::from(doc! { "token": &request.token, "first": first, "collection": &request.collection, "ids": ids })
            })
            .collect();
        let is_released = doc! { "$in": ["$$entry.token", { "$literal": released.to_vec() }] };
        let kept = doc! { "$filter": { "input": "$pending", "as": "entry", "cond": { "$not": [is_released] } } };
        let pending = doc! { "$concatArrays": [kept, added] };
        let change = vec![doc! { "$set": { "last": { "$add": ["$last", offset] }, "pending": pending } }];
        let update = self.stored.find_one_and_update(doc! { "_id": self.topic }, change);
        let update = update.return_document(ReturnDocument::After).projection(doc! { "last": 1 });
        let row = update.await.map_err(|error| failure(&error))?;
        // Somebody dropped the counter: the next who opens the store makes another.
        let gone = || StoreError::Unavailable { reason: format!("the counter of {} is gone", self.topic) };
        row.and_then(|row| integer(&row, "last")).ok_or_else(gone)
    }

    /// Gives up reservations that have been looked at for longer than the lease; how many.
    pub(super) async fn give_up(&self, stand: &Stand, database: &Database) -> Result<usize, StoreError> {
        let lapsed: Vec<&Pending> = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.retain(|token, _| stand.pending.iter().any(|entry| entry.token == *token));
            let mut first_seen = |entry: &Pending| *seen.entry(entry.token.clone()).or_insert_with(Instant::now);
            stand.pending.iter().filter(|entry| first_seen(entry).elapsed() >= self.lease).collect()
        };
        if lapsed.is_empty() {
            return Ok(0);
        }
        for entry in &lapsed {
            tracing::warn!(
                collection = entry.collection,
                documents = entry.ids.len(),
                "a write that reserved a number never came"
            );
            let documents = database.collection::<BsonDocument>(&entry.collection);
            let fences = entry.ids.iter().cloned().zip(entry.first..).map(|(id, number)| fence(documents.clone(), id, number));
            stream::iter(fences).buffer_unordered(SIDE_BY_SIDE).try_collect::<()>().await?;
        }
        let tokens: Vec<String> = lapsed.iter().map(|entry| entry.token.clone()).collect();
        self.update(&[], &tokens).await?;
        Ok(lapsed.len())
    }
}

impl Pending {
    fn of(entry: &BsonDocument) -> Option<Self> {
        let ids = entry.get_array("ids").ok()?.iter().map(|id| id.as_str().map(str::to_owned));
        Some(Self {
            token: entry.get_str("token").ok()?.to_owned(),
            first: integer(entry, "first")?,
            collection: entry.get_str("collection").ok()?.to_owned(),
            ids: ids.collect::<Option<_>>()?,
        })
    }
}

/// Gives a document this number, unless its own is as great: whoever still wants to write with the number cannot any more.
async fn fence(documents: mongodb::Collection<BsonDocument>, id: String, number: i64) -> Result<(), StoreError> {
    let change = doc! { "$set": { "n": number }, "$setOnInsert": { "gone": true } };
    match documents.update_one(doc! { "_id": id, "n": below(number) }, change).upsert(true).await {
        Ok(_) => Ok(()),
        // It is there, with a number as great.
        Err(error) if is_duplicate(&error) => Ok(()),
        Err(error) => Err(failure(&error)),
    }
}

/// Holds for a document's number that is less, and where it has none.
pub(super) fn below(number: i64) -> BsonDocument {
    doc! { "$not": { "$gte": number } }
}

pub(super) fn integer(row: &BsonDocument, name: &str) -> Option<i64> {
    match row.get(name)? {
        Bson::Int64(integer) => Some(*integer),
        Bson::Int32(integer) => Some(i64::from(*integer)),
        _ => None,
    }
}

fn to_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// One failure for each of those who waited together.
fn same(error: &StoreError) -> StoreError {
    match error {
        StoreError::Full { reason } => StoreError::Full { reason: reason.clone() },
        other => StoreError::Unavailable { reason: other.to_string() },
    }
}
