//! What can still be found of profiles in what was recorded, for whoever asks for all that is kept of them: their events, and
//! what they searched for and did not find, of the days whose key is there. Later nobody can say whose they were.
//!
//! Each part of a day is read once for all profiles of an account, several side by side. What waits in journals is found once it
//! is in the stores, some minutes later. Must never tell a hash: it is of no use to anybody but those who would join what others
//! told.

use std::{collections::HashMap, fmt::Display, fs::File, sync::Arc};

use contract::ids::{AccountId, ProfileId};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use storage::{
    StoreError,
    documents::{Documents, Find, PAGE_LIMIT, all_of},
    objects::{ObjectKey, Objects},
};
use tokio::task::spawn_blocking;
use usage::event::{Event, ProfileHash};

use super::{
    Usage, calendar,
    queries::{BY_DAY, QUERIES, QueriesRecord},
    raw, reading,
    record::{ACCOUNTS, AccountRecord, OF_ACCOUNT},
};
use crate::services::exporting::{self, Exported, MOST};

/// Parts that are read side by side: most of the time goes by in waiting for the object store.
const SIDE_BY_SIDE: usize = 8;

/// Which profile a hash of a day is, by its place among those that are looked for.
type Whose = HashMap<ProfileHash, usize>;

/// What is found of one profile.
#[derive(Default)]
struct Found {
    events: Vec<Event>,
    queries: Vec<Value>,
}

/// What is found of each of these profiles, in their order. Days of which something cannot be read are named, and what else they
/// have is told.
///
/// # Errors
/// [`StoreError`].
pub async fn export(service: &Usage, profiles: &[ProfileId]) -> Result<Vec<Exported>, StoreError> {
    let (documents, objects) = (&*service.documents, &service.objects);
    let mut found: Vec<Found> = profiles.iter().map(|_| Found::default()).collect();
    let mut unread = Vec::<Value>::new();
    for (day, key) in service.keys.all().await? {
        let hashes = profiles.iter().map(|profile| ProfileHash::new(&key, profile.as_str()));
        let whose: Arc<Whose> = Arc::new(hashes.enumerate().map(|(place, hash)| (hash, place)).collect());
        let mut unread_of_day = asked(documents, &day, &whose, &mut found).await?;
        let parts = raw::of_day(documents, objects, &day).await?;
        let reading = parts.into_iter().map(|part| found_in(objects, part, Arc::clone(&whose)));
        let mut reading = stream::iter(reading).buffer_unordered(SIDE_BY_SIDE);
        while let Some(events) = reading.try_next().await? {
            unread_of_day += u64::from(events.is_none());
            for (place, event) in events.into_iter().flatten() {
                if let Some(found) = found.get_mut(place) {
                    found.events.push(event);
                }
            }
            // What is more than can be told is not gathered first.
            if found.iter().any(|found| found.events.len() > MOST) {
                break;
            }
        }
        if unread_of_day > 0 {
            unread.push(json!({ "day": day, "files": unread_of_day }));
        }
    }
    found.into_iter().map(|found| told(found, &unread)).collect()
}

/// What an account used, by the month. Months that cannot be read are named, and the others are told.
///
/// # Errors
/// [`StoreError`].
pub async fn export_account(documents: &dyn Documents, account: &AccountId) -> Result<Exported, StoreError> {
    let (mut kept, mut unread, mut after) = (Exported::new(), Vec::<Value>::new(), None::<String>);
    loop {
        let find = Find { after: after.as_deref(), limit: PAGE_LIMIT, ..all_of(OF_ACCOUNT, &[account.as_str()]) };
        let page = documents.find(&ACCOUNTS, find).await?;
        for document in &page.documents {
            if document.body.is_null() {
                unreadable(&document.id);
                unread.push(json!({ "month": AccountRecord::month_of_id(&document.id), "files": 1 }));
            } else {
                exporting::one(documents, &mut kept, &ACCOUNTS, &document.id).await?;
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    exporting::told(&mut kept, "usage_unread", unread)?;
    Ok(kept)
}

fn told(Found { mut events, queries }: Found, unread: &[Value]) -> Result<Exported, StoreError> {
    let mut kept = Exported::new();
    events.sort_by_key(|event| event.at_millis);
    let events = events.into_iter().map(|event| serde_json::to_value(Event { profile: None, ..event }));
    let events: Result<Vec<Value>, _> = events.collect();
    exporting::told(&mut kept, "usage_events", events.map_err(|error| StoreError::corrupt("usage_events", error))?)?;
    exporting::told(&mut kept, QUERIES.name.as_ref(), queries)?;
    exporting::told(&mut kept, "usage_unread", unread.to_vec())?;
    Ok(kept)
}

/// What they asked on a day and did not find, as far as it is known whose it was; how many documents cannot be read.
async fn asked(documents: &dyn Documents, day: &str, whose: &Whose, found: &mut [Found]) -> Result<u64, StoreError> {
    let Some(begin) = calendar::begin_of_day(day) else { return Ok(0) };
    let (mut unread, mut after) = (0, None::<String>);
    loop {
        let find = Find { equals: vec![json!(begin)], after: after.as_deref(), limit: PAGE_LIMIT, ..all_of(BY_DAY, &[]) };
        let page = reading::find::<QueriesRecord>(documents, &QUERIES, find).await?;
        for found_of_day in page.found {
            let is_whole = found_of_day.record.as_ref().is_some_and(|record| record.set_aside.is_none());
            unread += u64::from(!is_whole);
            for asked in found_of_day.record.iter().flat_map(|record| &record.queries) {
                for place in asked.askers.iter().filter_map(|hash| whose.get(hash)) {
                    if let Some(found) = found.get_mut(*place) {
                        found.queries.push(json!({ "day": day, "query": asked.query }));
                    }
                }
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(unread),
        }
    }
}

fn unreadable(what: &impl Display) {
    tracing::error!(%what, "what cannot be read of usage is left out of what is told to whoever asks for all that is kept of them");
}

/// The events of profiles in a part, each with whose it is; none where that is gone, in whose place there is another. Nothing
/// where it cannot be read.
async fn found_in(objects: &Objects, part: ObjectKey, whose: Arc<Whose>) -> Result<Option<Vec<(usize, Event)>>, StoreError> {
    let copied = raw::copied(objects, &part).await.map_err(|error| match error {
        raw::CopyError::Store(error) => error,
        raw::CopyError::File(error) => StoreError::Unavailable { reason: format!("a copy of events: {error}") },
    });
    let Some(file) = copied? else { return Ok(Some(Vec::new())) };
    let read = spawn_blocking(move || {
        let corrupt = |error: &dyn Display| StoreError::corrupt(part.as_str(), error);
        let again = file.try_clone().map_err(|error| corrupt(&error))?;
        if !is_in(file, &whose).map_err(|error| corrupt(&error))? {
            return Ok(Vec::new());
        }
        let events = usage::read(again).map_err(|error| corrupt(&error))?;
        let of_them = events.filter_map(|event| match event {
            Ok(event) => event.profile.and_then(|hash| whose.get(&hash)).map(|place| Ok((*place, event))),
            Err(error) => Some(Err(corrupt(&error))),
        });
        of_them.collect::<Result<Vec<_>, StoreError>>()
    });
    match read.await.map_err(|error| StoreError::Unavailable { reason: error.to_string() })? {
        Ok(events) => Ok(Some(events)),
        Err(error) => {
            unreadable(&error);
            Ok(None)
        }
    }
}

/// Whether one of the profiles is in a part, of which no other column is read for it.
fn is_in(file: File, whose: &Whose) -> Result<bool, usage::ReadError> {
    let (mut columns, mut batches) = (usage::Columns::default(), usage::Batches::open(file, &[usage::Name::Profile])?);
    while batches.read(&mut columns)? {
        if columns.rows().any(|row| row.profile.is_some_and(|profile| whose.contains_key(&ProfileHash(profile)))) {
            return Ok(true);
        }
    }
    Ok(false)
}
