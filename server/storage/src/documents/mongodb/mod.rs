//! [`Documents`] on a server that speaks MongoDB's protocol: MongoDB itself, or FerretDB.
//!
//! A document is stored as `{_id, v, d, by, unique}`: its version, its body as it is, and one sortable text per declared
//! index (see `keys`); in a numbered collection with its number `n` in the feed, or as a tombstone (see `numbered`). Every write
//! changes one document, at once with its version; must never need a transaction or a change stream. What somebody edits in `d` by hand is read as it is, but found by its old keys until it is written again.

mod batch;
mod body;
mod connect;
mod counter;
mod explain;
mod failure;
mod keys;
mod numbered;
mod query;
mod row;
mod schema;
mod write;

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use futures::TryStreamExt;
use mongodb::{
    Client, Database,
    bson::{Document as BsonDocument, doc},
    options::Hint,
};
use tokio::sync::OnceCell;

pub use self::explain::Plan;
use self::{
    connect::{options, unreadable},
    counter::{Counter, LEASE},
    failure::{failure, refused},
    numbered::{Numbered, Operation, run_to_end},
    query::Query,
    row::{document, has_version, is_tombstone},
    write::{Checked, try_put},
};
use super::{
    Collection, Document, Documents, Expect, Find, PAGE_LIMIT, Page, Write, check,
    cursor::Cursor,
    feed::{Changes, Since, topic},
};
use crate::StoreError;

const PATIENCE: Duration = Duration::from_secs(5);
/// How often a write is tried that lost a race against another one for the same document.
const ATTEMPTS: u32 = 8;

/// JSON documents in a database of the server.
pub struct MongoDocuments {
    database: Database,
    /// The collections that were opened, by name.
    opened: RwLock<HashMap<String, Arc<Opened>>>,
    /// By topic.
    counters: RwLock<HashMap<&'static str, Arc<Counter>>>,
    /// How long a reader of a feed waits for a write that reserved a number.
    lease: Duration,
    #[cfg(test)]
    stall: tests::feed::Stall,
}

/// What was done to a collection's indexes since the store was opened.
#[derive(Default)]
struct Opened {
    /// Those that are declared were made.
    made: OnceCell<()>,
    /// Those that are not were dropped.
    bared: OnceCell<()>,
}

impl MongoDocuments {
    /// Connects to `mongodb://[USER:PASSWORD@]HOST[:PORT]/DATABASE` or `mongodb+srv://...`, with the options of MongoDB's
    /// own URLs.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] where the URL is none or names no database; [`StoreError::Unavailable`] where the server
    /// does not answer, or refuses the password. Neither repeats it.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let (options, name) = options(url).await?;
        let client = Client::with_options(options).map_err(|_| unreadable())?;
        let database = client.database(&name);
        let answer = tokio::time::timeout(PATIENCE * 2, database.run_command(doc! { "ping": 1 })).await;
        match answer {
            Ok(Ok(_)) => Ok(Self::over(database)),
            Ok(Err(error)) => Err(failure(&error)),
            Err(_) => Err(StoreError::Unavailable { reason: format!("no answer within {} s", PATIENCE.as_secs() * 2) }),
        }
    }

    fn over(database: Database) -> Self {
        Self {
            database,
            opened: RwLock::default(),
            counters: RwLock::default(),
            lease: LEASE,
            #[cfg(test)]
            stall: tests::feed::Stall::default(),
        }
    }

    /// The collection, after its indexes were made where they are missing.
    async fn collection(&self, collection: &Collection) -> Result<mongodb::Collection<BsonDocument>, StoreError> {
        let stored = self.database.collection(&collection.name);
        let make = async || {
            schema::make(&stored, collection).await?;
            match collection.feed {
                Some(topic) => self.counter(topic).make(&stored).await,
                None => Ok(()),
            }
        };
        self.opened(collection).made.get_or_try_init(make).await?;
        Ok(stored)
    }

    fn counter(&self, topic: &'static str) -> Arc<Counter> {
        let mut counters = self.counters.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(counters.entry(topic).or_insert_with(|| Arc::new(Counter::new(&self.database, topic, self.lease))))
    }

    /// The collection with its counter, where it has one.
    fn numbered(&self, stored: &mongodb::Collection<BsonDocument>, collection: &Collection) -> Option<Numbered> {
        collection.feed.map(|topic| Numbered {
            stored: stored.clone(),
            collection: collection.clone(),
            counter: self.counter(topic),
            #[cfg(test)]
            stall: self.stall.clone(),
        })
    }

    fn opened(&self, collection: &Collection) -> Arc<Opened> {
        let known = self.opened.read().unwrap_or_else(PoisonError::into_inner).get(&*collection.name).cloned();
        known.unwrap_or_else(|| {
            let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(opened.entry(collection.name.to_string()).or_default())
        })
    }

    async fn page(
        &self,
        stored: &mongodb::Collection<BsonDocument>,
        query: Query,
        limit: u32,
        end: impl Fn(&BsonDocument) -> Option<Cursor>,
    ) -> Result<Page, StoreError> {
        let found = stored.find(query.filter).sort(query.sort).hint(Hint::Keys(query.hint));
        // One more than the page has, to know whether there is another page.
        let mut found = found.limit(i64::from(limit) + 1).batch_size(limit + 1).await.map_err(|error| failure(&error))?;
        let (mut page, mut last) = (Page::default(), None);
        while let Some(row) = found.try_next().await.map_err(|error| failure(&error))? {
            if page.documents.len() == limit as usize {
                page.next = last.map(|cursor: Cursor| cursor.to_token()).transpose()?;
                break;
            }
            if page.documents.len() + 1 == limit as usize {
                last = end(&row);
            }
            page.documents.push(document(row));
        }
        Ok(page)
    }
}

#[async_trait]
impl Documents for MongoDocuments {
    async fn get(&self, collection: &Collection, id: &str) -> Result<Option<Document>, StoreError> {
        let stored = self.collection(collection).await?;
        let found = stored.find_one(doc! { "_id": id }).await.map_err(|error| failure(&error))?;
        Ok(found.filter(|row| !is_tombstone(row)).map(document))
    }

    async fn get_many(&self, collection: &Collection, ids: &[String]) -> Result<Vec<Document>, StoreError> {
        if ids.len() > PAGE_LIMIT as usize {
            return Err(check::invalid(format!("{} ids at once; at most {PAGE_LIMIT} are allowed", ids.len())));
        }
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let stored = self.collection(collection).await?;
        let mut found = stored.find(doc! { "_id": { "$in": ids } }).await.map_err(|error| failure(&error))?;
        let mut by_id = HashMap::with_capacity(ids.len());
        while let Some(row) = found.try_next().await.map_err(|error| failure(&error))? {
            if is_tombstone(&row) {
                continue;
            }
            let document = document(row);
            by_id.insert(document.id.clone(), document);
        }
        Ok(ids.iter().filter_map(|id| by_id.get(id).cloned()).collect())
    }

    async fn put(&self, collection: &Collection, write: Write) -> Result<u64, StoreError> {
        let stored = self.collection(collection).await?;
        let write = Checked::new(collection, write)?;
        match self.numbered(&stored, collection) {
            Some(numbered) => numbered.write(Operation::Put(write)).await,
            None => put(&stored, collection, &write).await,
        }
    }

    async fn place(&self, collection: &Collection, document: Document) -> Result<(), StoreError> {
        let stored = self.collection(collection).await?;
        // What is placed has no keys in an index that another version declared: that version would not find it by one.
        self.opened(collection).bared.get_or_try_init(|| schema::drop_others(&stored, collection)).await?;
        let version = check::version(&document)?;
        let write = Write { id: document.id, body: document.body, expect: Expect::Anything };
        let write = Checked::new(collection, write)?;
        if let Some(numbered) = self.numbered(&stored, collection) {
            return numbered.write(Operation::Backend(write, version)).await.map(drop);
        }
        let mut whole = write.new_document();
        whole.insert("v", version);
        let placed = stored.replace_one(doc! { "_id": &write.id }, whole).upsert(true).await;
        match placed {
            Ok(_) => Ok(()),
            Err(error) => match refused(&stored, collection, &write, &error).await? {
                failure::Refusal::Raced => Err(failure(&error)),
                failure::Refusal::Is(refusal) => Err(refusal),
            },
        }
    }

    async fn collections(&self) -> Result<Vec<String>, StoreError> {
        let mut names = self.database.list_collection_names().await.map_err(|error| failure(&error))?;
        // The server's own, and whatever else can be none of ours.
        names.retain(|name| check::name(name).is_ok());
        names.sort_unstable();
        Ok(names)
    }

    async fn put_many(&self, collection: &Collection, writes: Vec<Write>) -> Result<Vec<Result<u64, StoreError>>, StoreError> {
        let stored = self.collection(collection).await?;
        let (collection, numbered) = (collection.clone(), self.numbered(&stored, collection));
        match numbered {
            Some(numbered) => {
                run_to_end(async move { batch::put_many(&stored, &collection, Some(&numbered), writes).await }).await
            }
            None => batch::put_many(&stored, &collection, None, writes).await,
        }
    }

    async fn delete(&self, collection: &Collection, id: &str, expect: Expect) -> Result<bool, StoreError> {
        let stored = self.collection(collection).await?;
        if let Some(numbered) = self.numbered(&stored, collection) {
            return Ok(numbered.write(Operation::Delete(id.to_owned(), expect)).await? > 0);
        }
        let delete = async |filter: BsonDocument| {
            let outcome = stored.delete_one(filter).await.map_err(|error| failure(&error))?;
            Ok(outcome.deleted_count > 0)
        };
        match expect {
            Expect::Anything => delete(doc! { "_id": id }).await,
            Expect::Absent => match stored.find_one(doc! { "_id": id }).await.map_err(|error| failure(&error))? {
                Some(_) => Err(conflict(collection, id)),
                None => Ok(false),
            },
            Expect::Version(expected) => {
                let gone = delete(doc! { "_id": id, "v": has_version(expected) }).await?;
                if gone { Ok(true) } else { Err(conflict(collection, id)) }
            }
        }
    }

    async fn find(&self, collection: &Collection, find: Find<'_>) -> Result<Page, StoreError> {
        let index = check::find(collection, &find)?;
        let stored = self.collection(collection).await?;
        let query = Query::of(index, &find)?;
        let (kind, name) = (keys::kind(index), keys::name(index));
        let end = |row: &BsonDocument| {
            let key = row.get_document(kind).and_then(|keys| keys.get_str(&name)).ok()?;
            Some(Cursor { order: index.name.to_owned(), keys: Vec::new(), id: key.to_owned() })
        };
        self.page(&stored, query, page_size(find.limit), end).await
    }

    async fn list(&self, collection: &Collection, after: Option<&str>, limit: u32) -> Result<Page, StoreError> {
        let after = after.map(|token| Cursor::from_token(token, "", 0)).transpose()?;
        let stored = self.collection(collection).await?;
        let query = Query::list(after.map_or_else(String::new, |cursor| cursor.id));
        let end = |row: &BsonDocument| {
            let id = row.get_str("_id").ok()?;
            Some(Cursor { order: String::new(), keys: Vec::new(), id: id.to_owned() })
        };
        self.page(&stored, query, page_size(limit), end).await
    }

    async fn count(&self, collection: &Collection) -> Result<u64, StoreError> {
        let stored = self.collection(collection).await?;
        // Tombstones are no documents; another version's collection may have some.
        let is_unnumbered = collection.is_declared() && collection.feed.is_none();
        let filter = if is_unnumbered {
            doc! {}
        } else {
            doc! { "gone": { "$exists": false } }
        };
        // Counted in the index of ids; an estimate would be quicker and wrong.
        stored.count_documents(filter).hint(Hint::Keys(doc! { "_id": 1 })).await.map_err(|error| failure(&error))
    }

    async fn count_found(&self, collection: &Collection, find: Find<'_>) -> Result<u64, StoreError> {
        let index = check::find(collection, &find)?;
        let stored = self.collection(collection).await?;
        let Query { filter, hint, .. } = Query::of(index, &Find { after: None, ..find })?;
        stored.count_documents(filter).hint(Hint::Keys(hint)).await.map_err(|error| failure(&error))
    }

    async fn changes(&self, collection: &Collection, since: Since<'_>, limit: u32) -> Result<Option<Changes>, StoreError> {
        topic(collection)?;
        let stored = self.collection(collection).await?;
        match self.numbered(&stored, collection) {
            Some(numbered) => numbered.changes(&self.database, since, page_size(limit)).await,
            None => Ok(None),
        }
    }

    async fn trim(&self, collection: &Collection, through: u64) -> Result<(), StoreError> {
        topic(collection)?;
        let stored = self.collection(collection).await?;
        match self.numbered(&stored, collection) {
            Some(numbered) => numbered.trim(through).await,
            None => Ok(()),
        }
    }
}

async fn put(stored: &mongodb::Collection<BsonDocument>, collection: &Collection, write: &Checked) -> Result<u64, StoreError> {
    let mut attempt = 1;
    loop {
        match try_put(stored, write).await {
            Ok(Some(version)) => return Ok(version),
            Ok(None) => return Err(conflict(collection, &write.id)),
            Err(error) => match refused(stored, collection, write, &error).await? {
                // Another writer made the document between our look and our insert.
                failure::Refusal::Raced if attempt < ATTEMPTS => {}
                failure::Refusal::Raced => return Err(failure(&error)),
                failure::Refusal::Is(refusal) => return Err(refusal),
            },
        }
        tokio::time::sleep(Duration::from_millis(u64::from(attempt * attempt))).await;
        attempt += 1;
    }
}

/// A version beyond what can be stored is one that no document has.
fn stored_version(expected: u64) -> i64 {
    i64::try_from(expected).unwrap_or(-1)
}

fn page_size(limit: u32) -> u32 {
    limit.clamp(1, PAGE_LIMIT)
}

fn conflict(collection: &Collection, id: &str) -> StoreError {
    StoreError::Conflict { key: format!("{}/{id}", collection.name) }
}
