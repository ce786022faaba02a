//! What goes: sums and raw events that are older than they are kept, and what can be known of a profile that is gone.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use contract::ids::ProfileId;
use storage::{StoreError, objects::ObjectKey};
use tokio::task::spawn_blocking;
use usage::event::{Event, Kind, ProfileHash};

use super::{
    OF_A_DAY, Usage, calendar, compaction, parts, queries,
    record::{BY_EXPIRY, BY_HEARD, NODES, ROLLUPS},
};
use crate::services::keepers::expire;

const LOOK_EVERY: Duration = Duration::from_secs(60 * 60);
/// Days before the last that is kept whose raw events are looked for: a server may have rested for so long.
const LOOK_BACK: u64 = 31;
/// Bytes of a part that is read as a whole: parts are of some segments of some MB.
const PART_AT_MOST: u64 = 256 * 1024 * 1024;

/// Deletes for as long as it is asked to.
pub async fn run(service: &Arc<Usage>) -> Result<(), String> {
    loop {
        if let Err(error) = sweep(service).await {
            tracing::warn!(%error, "old usage is deleted later");
        }
        if let Err(error) = compaction::sweep(service).await {
            tracing::warn!(%error, "the events of a day stay in many files for now");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Deletes what is older than it is kept.
///
/// # Errors
/// [`StoreError`]; the rest is deleted by the next call.
pub async fn sweep(service: &Usage) -> Result<(), StoreError> {
    let now = service.clock.millis();
    while expire(&*service.documents, &ROLLUPS, (BY_EXPIRY, "expires"), now).await? > 0 {}
    let kept = u64::from(service.settings.daily_days.as_u32()) * OF_A_DAY;
    while expire(&*service.documents, &NODES, (BY_HEARD, "heard"), now.saturating_sub(kept)).await? > 0 {}
    while expire(&*service.documents, &queries::QUERIES, (queries::BY_EXPIRY, "expires"), now).await? > 0 {}
    while expire(&*service.documents, &compaction::COMPACTIONS, (compaction::BY_EXPIRY, "expires"), now).await? > 0 {}
    let raw = u64::from(service.settings.events_days.as_u32());
    for ago in raw + 1..=raw + LOOK_BACK {
        let Some(at) = now.checked_sub(ago * OF_A_DAY) else { break };
        parts::delete_day(&service.objects, &calendar::day(at)).await?;
    }
    Ok(())
}

/// Makes what a profile did nobody's, for as long as it can be known whose it was: while the key of the day is there.
///
/// # Errors
/// [`StoreError`]; it is to be called again.
pub async fn forget(service: &Usage, profile: &ProfileId) -> Result<(), StoreError> {
    let now = service.clock.millis();
    for ago in 0..=2 {
        let Some(at) = now.checked_sub(ago * OF_A_DAY) else { break };
        let day = calendar::day(at);
        let Some(key) = service.keys.kept(&day).await? else { continue };
        let hash = ProfileHash::new(&key, profile.as_str());
        queries::forget(&*service.documents, &day, hash).await?;
        for part in parts::of_day(&service.objects, &day).await? {
            forget_in(service, &part, hash).await?;
        }
    }
    Ok(())
}

/// Rewrites a part without a profile, where it is in it.
async fn forget_in(service: &Usage, part: &ObjectKey, hash: ProfileHash) -> Result<(), StoreError> {
    let Some(bytes) = service.objects.get(part, PART_AT_MOST).await? else { return Ok(()) };
    let key = part.clone();
    let rewritten = spawn_blocking(move || rewrite(bytes, hash).map_err(|reason| StoreError::corrupt(key.as_str(), reason)));
    match rewritten.await.map_err(|error| StoreError::Invalid { reason: error.to_string() })?? {
        Some(bytes) => service.objects.put(part, bytes.into()).await,
        None => Ok(()),
    }
}

/// Nothing where the profile is not in it.
fn rewrite(bytes: Bytes, hash: ProfileHash) -> Result<Option<Vec<u8>>, String> {
    let events = usage::read(bytes).map_err(|error| error.to_string())?;
    let mut events: Vec<Event> = events.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    let mut found = false;
    for event in events.iter_mut().filter(|event| event.profile == Some(hash)) {
        found = true;
        event.profile = None;
        if let Kind::Search { query, .. } = &mut event.kind {
            *query = None;
        }
    }
    if !found {
        return Ok(None);
    }
    usage::write(&events, Vec::new()).map(Some).map_err(|error| error.to_string())
}
