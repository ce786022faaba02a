//! What can still be found of a profile in what was recorded, for whoever asks for all that is kept of them: its events, and what it searched for
//! and did not find, of the days whose key is there. Later nobody can say whose they were.
//!
//! What waits in journals is found once it is in the stores, some minutes later. Must never tell a hash: it is of no use to anybody but those who
//! would join what others told.

use std::{fmt::Display, fs::File};

use contract::ids::ProfileId;
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
    raw,
};
use crate::services::exporting::{self, Exported, MOST};

/// Takes in what is found of a profile.
///
/// # Errors
/// [`StoreError`].
pub async fn export(service: &Usage, profile: &ProfileId, kept: &mut Exported) -> Result<(), StoreError> {
    let (documents, objects) = (&*service.documents, &service.objects);
    let (mut events, mut queries) = (Vec::new(), Vec::new());
    for (day, key) in service.keys.all().await? {
        let hash = ProfileHash::new(&key, profile.as_str());
        asked(documents, &day, hash, &mut queries).await?;
        for part in raw::of_day(documents, objects, &day).await? {
            events.extend(found_in(objects, &part, hash).await?);
            // What is more than can be told is not gathered first.
            if events.len() > MOST {
                break;
            }
        }
    }
    events.sort_by_key(|event| event.at_millis);
    let events = events.into_iter().map(|event| serde_json::to_value(Event { profile: None, ..event }));
    let events: Result<Vec<Value>, _> = events.collect();
    exporting::told(kept, "usage_events", events.map_err(|error| StoreError::corrupt("usage_events", error))?)?;
    exporting::told(kept, QUERIES.name.as_ref(), queries)
}

/// What somebody asked on a day and did not find, as far as it is known whose it was.
async fn asked(documents: &dyn Documents, day: &str, hash: ProfileHash, queries: &mut Vec<Value>) -> Result<(), StoreError> {
    let Some(begin) = calendar::begin_of_day(day) else { return Ok(()) };
    let mut after = None::<String>;
    loop {
        let find = Find { equals: vec![json!(begin)], after: after.as_deref(), limit: PAGE_LIMIT, ..all_of(BY_DAY, &[]) };
        let page = documents.find(&QUERIES, find).await?;
        for document in &page.documents {
            let record: QueriesRecord = storage::documents::parse(document)?;
            let of_them = record.queries.into_iter().filter(|asked| asked.askers.contains(&hash));
            queries.extend(of_them.map(|asked| json!({ "day": day, "query": asked.query })));
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

/// The events of a profile in a part; none where that is gone, in whose place there is another.
async fn found_in(objects: &Objects, part: &ObjectKey, hash: ProfileHash) -> Result<Vec<Event>, StoreError> {
    let copied = raw::copied(objects, part).await.map_err(|error| match error {
        raw::CopyError::Store(error) => error,
        raw::CopyError::File(error) => StoreError::Unavailable { reason: format!("a copy of events: {error}") },
    });
    let Some(file) = copied? else { return Ok(Vec::new()) };
    let name = part.as_str().to_owned();
    let read = spawn_blocking(move || {
        let corrupt = |error: &dyn Display| StoreError::corrupt(&name, error);
        let again = file.try_clone().map_err(|error| corrupt(&error))?;
        if !is_in(file, hash).map_err(|error| corrupt(&error))? {
            return Ok(Vec::new());
        }
        let events = usage::read(again).map_err(|error| corrupt(&error))?;
        let of_them = events.filter(|event| !matches!(event, Ok(event) if event.profile != Some(hash)));
        of_them.collect::<Result<Vec<Event>, _>>().map_err(|error| corrupt(&error))
    });
    read.await.map_err(|error| StoreError::Unavailable { reason: error.to_string() })?
}

/// Whether a profile is in a part, of which no other column is read for it.
fn is_in(file: File, hash: ProfileHash) -> Result<bool, usage::ReadError> {
    let (mut columns, mut batches) = (usage::Columns::default(), usage::Batches::open(file, &[usage::Name::Profile])?);
    while batches.read(&mut columns)? {
        if columns.rows().any(|row| row.profile.is_some_and(|profile| ProfileHash(profile) == hash)) {
            return Ok(true);
        }
    }
    Ok(false)
}
