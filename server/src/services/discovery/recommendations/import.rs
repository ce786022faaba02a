//! Histories from elsewhere: strangers', who stay strangers, and train the model.
//!
//! A stranger is a digest of their name under a key of this installation, so that the same file again is the same strangers, and nobody
//! finds out who they are from what is stored. Must never keep a name of the file.

use std::{
    collections::{BTreeMap, HashMap},
    io::Read,
};

use contract::ids::TitleId;
use recommender::{
    dataset::{EVENTS, OF_A_PROFILE},
    events::{self, EventsError},
};
use storage::{
    StoreError,
    documents::{Change, Documents, Expect, PAGE_LIMIT, Write, update},
};

use super::record::{IMPORTED, ImportedEvent, ImportedRecord};
use crate::services::interactions::Titles;

/// What keys strangers are made with, derived from the installation's secret.
pub const PURPOSE: &str = "imported histories v1";
/// Documents that are written at a time.
const BATCH: usize = 500;

/// Why an import broke off.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    Events(#[from] EventsError),
    #[error("there are more than {EVENTS} events")]
    TooMany,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub events: u64,
    pub strangers: u64,
    /// Events of titles that the catalogue does not have.
    pub unmatched: u64,
    /// Titles that the catalogue does not have.
    pub unmatched_titles: u64,
}

/// Takes a file in, replacing what is there of the same strangers.
///
/// # Errors
/// [`ImportError`]; what is stored by then stays, and the same file again goes on.
pub async fn import(
    file: impl Read,
    documents: &dyn Documents,
    titles: &dyn Titles,
    key: &[u8; 32],
) -> Result<Imported, ImportError> {
    let known = by_name(titles).await?;
    let (mut outcome, mut strangers) = (Imported::default(), BTreeMap::<String, Vec<ImportedEvent>>::new());
    let mut unmatched = std::collections::HashSet::new();
    events::read(file, |event| {
        let Some(title) = known.get(event.title.as_str()) else {
            outcome.unmatched += 1;
            unmatched.insert(event.title);
            return Ok(());
        };
        outcome.events += 1;
        if outcome.events > EVENTS as u64 {
            return Err(ImportError::TooMany);
        }
        let stranger = blake3::keyed_hash(key, event.user.as_bytes()).to_hex();
        let weight = event.weight.unwrap_or(1.0);
        // Of a number that is not negative the whole part is what counts.
        let instant = event.timestamp as u64;
        strangers.entry(stranger.to_string()).or_default().push(ImportedEvent { title: title.clone(), instant, weight });
        Ok(())
    })?;
    (outcome.strangers, outcome.unmatched_titles) = (strangers.len() as u64, unmatched.len() as u64);
    let mut writes = Vec::with_capacity(BATCH);
    for (id, mut events) in strangers {
        events.sort_by_key(|event| event.instant);
        let surplus = events.len().saturating_sub(OF_A_PROFILE);
        let events = events.split_off(surplus);
        let body = serde_json::to_value(ImportedRecord { events }).map_err(|error| StoreError::corrupt(&id, error))?;
        writes.push(Write { id, body, expect: Expect::Anything });
        if writes.len() >= BATCH {
            store(documents, std::mem::take(&mut writes)).await?;
        }
    }
    store(documents, writes).await?;
    Ok(outcome)
}

async fn store(documents: &dyn Documents, writes: Vec<Write>) -> Result<(), StoreError> {
    if writes.is_empty() {
        return Ok(());
    }
    documents.put_many(&IMPORTED, writes).await?.into_iter().try_for_each(|written| written.map(drop))
}

/// Titles by their ids, and by their numbers at the Internet Movie Database.
async fn by_name(titles: &dyn Titles) -> Result<HashMap<String, TitleId>, StoreError> {
    let (mut known, mut after) = (HashMap::new(), None::<String>);
    loop {
        let (some, next) = titles.titles(after.as_deref()).await?;
        for title in some {
            if let Some(imdb) = title.imdb {
                known.entry(imdb).or_insert_with(|| title.id.clone());
            }
            known.insert(title.id.to_string(), title.id);
        }
        match next {
            Some(next) => after = Some(next),
            None => return Ok(known),
        }
    }
}

/// Takes a title out of all of them.
///
/// # Errors
/// [`StoreError`]; then some may have it.
pub(super) async fn forget_title(documents: &dyn Documents, title: &TitleId) -> Result<(), StoreError> {
    let mut after = None::<String>;
    loop {
        let page = documents.list(&IMPORTED, after.as_deref(), PAGE_LIMIT).await?;
        for document in page.documents {
            let has = |record: &ImportedRecord| record.events.iter().any(|event| event.title == *title);
            if !serde_json::from_value::<ImportedRecord>(document.body).is_ok_and(|record| has(&record)) {
                continue;
            }
            let taken = update(documents, &IMPORTED, &document.id, |stored: Option<ImportedRecord>| {
                Ok::<_, StoreError>(match stored {
                    Some(mut record) if has(&record) => {
                        record.events.retain(|event| event.title != *title);
                        Change::Put(record)
                    }
                    Some(_) | None => Change::Keep,
                })
            });
            taken.await?;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}
