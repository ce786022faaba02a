//! The one compare-and-set loop over a document: read, change, write back if nobody else wrote in between, else again.
//!
//! Whoever changes a document of which others may write a version at the same time goes through [`update`], so that giving
//! up has one meaning everywhere: nothing was written, [`StoreError::Contended`], `overloaded` for the client.

use std::time::Duration;

use serde::{Serialize, de::DeserializeOwned};

use super::{Collection, Documents, Expect, Write, found::record};
use crate::StoreError;

/// How often it is tried; each try fails only where another write succeeded in the meantime.
const TRIES: u8 = 16;

/// What becomes of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<R> {
    /// It stays as it is; nothing is written.
    Keep,
    /// This is its content from now on.
    Put(R),
    /// It is removed.
    Delete,
}

/// A document after an [`update`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Updated<R> {
    /// Absent where there is none, because there was none or it was removed.
    pub record: Option<R>,
    /// 0 where there is none.
    pub version: u64,
}

/// A document as a record; nothing where there is none.
///
/// # Errors
/// [`StoreError::Corrupt`] where what is stored is no `R`; otherwise as [`Documents::get`].
pub async fn read<R: DeserializeOwned>(
    documents: &dyn Documents,
    collection: &Collection,
    id: &str,
) -> Result<Option<(R, u64)>, StoreError> {
    let Some(document) = documents.get(collection, id).await? else { return Ok(None) };
    let record = record(format_args!("{}/{id}", collection.name), document.body)?;
    Ok(Some((record, document.version)))
}

/// Changes the document `id`: `decide` is given what is stored, or nothing where there is no such document, and says what
/// becomes of it. It may be called several times, each time with what is stored then.
///
/// # Errors
/// What `decide` says, and then nothing was written; [`StoreError::Contended`] where others were faster every time;
/// [`StoreError::Corrupt`] where what is stored is no `R`; otherwise as [`Documents::put`].
pub async fn update<R, E>(
    documents: &dyn Documents,
    collection: &Collection,
    id: &str,
    mut decide: impl FnMut(Option<R>) -> Result<Change<R>, E>,
) -> Result<Updated<R>, E>
where
    R: Serialize + DeserializeOwned + Clone,
    E: From<StoreError>,
{
    for attempt in 0..TRIES {
        let (stored, version) =
            read::<R>(documents, collection, id).await?.map_or((None, 0), |(stored, version)| (Some(stored), version));
        let expect = if version == 0 { Expect::Absent } else { Expect::Version(version) };
        let written = match decide(stored.clone())? {
            Change::Keep => return Ok(Updated { record: stored, version }),
            Change::Put(record) => {
                let body = serde_json::to_value(&record)
                    .map_err(|error| StoreError::corrupt(format_args!("{}/{id}", collection.name), error))?;
                let write = Write { id: id.to_owned(), body, expect };
                let written = documents.put(collection, write).await;
                written.map(|version| Updated { record: Some(record), version })
            }
            Change::Delete if version == 0 => return Ok(Updated { record: None, version }),
            Change::Delete => {
                let deleted = documents.delete(collection, id, expect).await;
                deleted.map(|_| Updated { record: None, version: 0 })
            }
        };
        match written {
            Err(StoreError::Conflict { .. }) => rest(attempt).await,
            outcome => return Ok(outcome?),
        }
    }
    Err(StoreError::Contended { key: format!("{}/{id}", collection.name) }.into())
}

/// Of many who lose to each other each waits for another while, up to a sixteenth of a second, so that one after the other gets through.
async fn rest(attempt: u8) {
    let longest = 1_000 << attempt.min(6);
    tokio::time::sleep(Duration::from_micros(rand::random_range(0..longest))).await;
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde::Deserialize;

    use super::*;
    use crate::{StorageUrls, events::Events, open};

    static COUNTERS: Collection = Collection::declared("counters", &[]);

    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Counter {
        count: u32,
    }

    async fn documents() -> (tempfile::TempDir, Arc<dyn Documents>) {
        let folder = tempfile::tempdir().unwrap();
        let urls = StorageUrls::embedded(folder.path());
        let documents = open(&urls, &Events::default()).await.unwrap().documents;
        (folder, documents)
    }

    fn one_more(stored: Option<Counter>) -> Result<Change<Counter>, StoreError> {
        Ok(Change::Put(Counter { count: stored.unwrap_or_default().count + 1 }))
    }

    #[tokio::test]
    async fn of_many_who_count_at_once_none_is_lost_and_who_gives_up_wrote_nothing() {
        let (_folder, documents) = documents().await;
        let tasks: Vec<_> = (0..24)
            .map(|_| {
                let documents = Arc::clone(&documents);
                tokio::spawn(async move { update(&*documents, &COUNTERS, "a", one_more).await })
            })
            .collect();
        let mut counted = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => counted += 1,
                Err(error) => assert!(matches!(error, StoreError::Contended { .. }), "{error}"),
            }
        }
        let kept = update(&*documents, &COUNTERS, "a", |_: Option<Counter>| Ok::<_, StoreError>(Change::Keep)).await.unwrap();
        assert!(counted > 1);
        assert_eq!(kept.record, Some(Counter { count: counted }));
        assert_eq!(kept.version, u64::from(counted));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_loses_every_time_is_told_so_and_has_written_nothing() {
        let (_folder, documents) = documents().await;
        let handle = tokio::runtime::Handle::current();
        let tries = std::cell::Cell::new(0);
        let error = tokio::task::block_in_place(|| {
            handle.block_on(update(&*documents, &COUNTERS, "a", |stored: Option<Counter>| {
                tries.set(tries.get() + 1);
                // Somebody else writes between the look and the write.
                let other = Write { id: "a".into(), body: serde_json::json!({ "count": 1000 }), expect: Expect::Anything };
                std::thread::scope(|scope| {
                    scope.spawn(|| handle.block_on(documents.put(&COUNTERS, other)).unwrap());
                });
                one_more(stored)
            }))
        });
        assert!(matches!(error, Err(StoreError::Contended { .. })), "{error:?}");
        assert_eq!(tries.get(), TRIES);
        assert_eq!(documents.get(&COUNTERS, "a").await.unwrap().unwrap().body["count"], 1000);
    }

    #[tokio::test]
    async fn a_document_is_removed_kept_or_left_absent_as_is_said() {
        let (_folder, documents) = documents().await;
        let decide = |change: Change<Counter>| move |_: Option<Counter>| Ok::<_, StoreError>(change.clone());
        let nothing = update(&*documents, &COUNTERS, "a", decide(Change::Delete)).await.unwrap();
        assert_eq!(nothing, Updated { record: None, version: 0 });
        update(&*documents, &COUNTERS, "a", one_more).await.unwrap();
        update(&*documents, &COUNTERS, "a", decide(Change::Delete)).await.unwrap();
        assert!(documents.get(&COUNTERS, "a").await.unwrap().is_none());
    }
}
