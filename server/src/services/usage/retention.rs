//! What goes because it is older than it is kept: sums, raw events, and what is known of them.
//!
//! The days that there are decide, and what the config says now: neither how long something was to be kept when it was written, nor for how
//! long the server rested. While the clock is in doubt ([`crate::trusted_time`]) nothing is old. Must never delete what says
//! where the events of a day are before they are gone.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use storage::{
    StoreError,
    documents::{Collection, Direction, Document, Find, delete_unchanged},
};

use super::{
    Usage, calendar, compaction, forgetting, parts, queries,
    record::{ACCOUNTS, AccountRecord, BY_HEARD, BY_MONTH, BY_PERIOD, NODES, ROLLUPS},
    rollups::{self, Period},
    v1::MONTHS,
};

const LOOK_EVERY: Duration = Duration::from_secs(60 * 60);
/// While the clock is in doubt, or the stores do not say whether it is.
const DOUBTED_EVERY: Duration = Duration::from_secs(60);
/// Documents that are looked at together.
const AT_ONCE: u32 = 200;

/// Deletes for as long as it is asked to: what is old every hour, what is of profiles that are gone every few seconds.
///
/// # Errors
/// Never; what fails is tried again.
pub async fn run(service: &Arc<Usage>) -> Result<(), String> {
    // Side by side: a day that is being compacted keeps nobody waiting who is to be forgotten.
    futures::future::try_join3(forgetting::run(service), of_old(service), service.time.run()).await.map(drop)
}

async fn of_old(service: &Arc<Usage>) -> Result<(), String> {
    loop {
        tokio::time::sleep(if look(service).await { LOOK_EVERY } else { DOUBTED_EVERY }).await;
    }
}

/// Deletes what is old, and puts together the events of days that are over, where the clock is believed; whether it is.
pub async fn look(service: &Usage) -> bool {
    match service.time.check().await {
        Ok(told) if told.is_doubted => return false,
        Ok(_) => {}
        Err(error) => {
            tracing::warn!(%error, "old usage is deleted later: whether the clock can be believed is not known");
            return false;
        }
    }
    if let Err(error) = sweep(service).await {
        tracing::warn!(%error, "old usage is deleted later");
    }
    if let Err(error) = compaction::sweep(service).await {
        tracing::warn!(%error, "the events of a day stay in many files for now");
    }
    true
}

/// Deletes what is older than it is kept, by a clock that is believed. A kind that fails keeps no other.
///
/// # Errors
/// [`StoreError`]; the rest is deleted by the next call.
pub async fn sweep(service: &Usage) -> Result<(), StoreError> {
    let (now, retention) = (service.clock.millis(), service.retention());
    let before = |kept: u64| now.saturating_sub(kept);
    let mut outcome = Ok(());
    for (period, kept) in [(Period::Hour, retention.hours), (Period::Day, retention.days)] {
        let old =
            Old { collection: &ROLLUPS, index: BY_PERIOD, equals: vec![json!(period.name())], field: "at", of_id: at_of_sums };
        outcome = outcome.and(delete_old(service, old, |at| is_before(at, before(kept))).await);
    }
    let of = |collection, index, field, of_id| Old { collection, index, equals: Vec::new(), field, of_id };
    let queries = of(&queries::QUERIES, queries::BY_DAY, "at", at_of_queries);
    outcome = outcome.and(delete_old(service, queries, |at| is_before(at, before(retention.queries))).await);
    let nodes = of(&NODES, BY_HEARD, "heard", unknown);
    outcome = outcome.and(delete_old(service, nodes, |heard| is_before(heard, before(retention.days))).await);
    let month = calendar::month_before(now, MONTHS);
    let is_old = |of: &Value| of.as_str().is_some_and(|of| of < month.as_str());
    outcome = outcome.and(delete_old(service, of(&ACCOUNTS, BY_MONTH, "month", month_of_use), is_old).await);
    let forgotten = of(&forgetting::FORGOTTEN, forgetting::BY_EXPIRY, "expires", expiry_of_note);
    outcome = outcome.and(delete_old(service, forgotten, |expires| is_before(expires, now)).await);
    outcome.and(events(service).await)
}

/// Deletes the raw events of days that are older than they are kept, and then what is known of these days.
async fn events(service: &Usage) -> Result<(), StoreError> {
    let (now, kept) = (service.clock.millis(), service.retention().queries);
    let is_old = |day: &str| calendar::begin_of_day(day).is_some_and(|begin| calendar::is_older(begin, kept, now));
    for day in parts::days(&service.objects).await?.iter().filter(|day| is_old(day)) {
        parts::delete_day(&service.objects, day).await?;
    }
    let mut after = None::<String>;
    loop {
        let (equals, direction) = (Vec::new(), Direction::Ascending);
        let find = Find { index: compaction::BY_EXPIRY, equals, from: None, direction, after: after.as_deref(), limit: AT_ONCE };
        let page = service.documents.find(&compaction::COMPACTIONS, find).await?;
        // By their ids, which are days.
        for Document { id, version, .. } in page.documents.iter().filter(|document| is_old(&document.id)) {
            if parts::of_day(&service.objects, id).await?.is_empty() {
                delete_unchanged(&*service.documents, &compaction::COMPACTIONS, (id, *version)).await?;
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

/// Documents in the order of how old they are.
struct Old {
    collection: &'static Collection,
    index: &'static str,
    /// Of the fields of the index before the one that says how old they are.
    equals: Vec<Value>,
    field: &'static str,
    /// That field of a document that cannot be read, where its id says it.
    of_id: fn(&str) -> Option<Value>,
}

fn at_of_sums(id: &str) -> Option<Value> {
    rollups::begin_of_id(id).map(Value::from)
}

fn at_of_queries(id: &str) -> Option<Value> {
    queries::begin_of_id(id).map(Value::from)
}

fn month_of_use(id: &str) -> Option<Value> {
    AccountRecord::month_of_id(id).map(Value::from)
}

fn expiry_of_note(id: &str) -> Option<Value> {
    forgetting::ForgottenRecord::of_id(id).map(|note| note.expires.into())
}

/// Ids that say nothing: one that cannot be read goes with the next in the order that can.
const fn unknown(_: &str) -> Option<Value> {
    None
}

fn is_before(at: &Value, instant: u64) -> bool {
    at.as_u64().is_some_and(|at| at < instant)
}

/// Deletes the first documents of an index, up to the last that is old; those that cannot be read among them.
async fn delete_old(service: &Usage, old: Old, is_old: impl Fn(&Value) -> bool) -> Result<(), StoreError> {
    let documents = &*service.documents;
    let Old { collection, index, equals, field, of_id } = old;
    // Nothing where it cannot be told.
    let is_document_old = |document: &Document| match document.body.is_null() {
        true => of_id(&document.id).as_ref().map(&is_old),
        false => document.body.get(field).map(&is_old),
    };
    loop {
        let (equals, direction) = (equals.clone(), Direction::Ascending);
        let find = Find { index, equals, from: None, direction, after: None, limit: AT_ONCE };
        let found = documents.find(collection, find).await?.documents;
        let count = found.iter().rposition(|document| is_document_old(document) == Some(true)).map_or(0, |last| last + 1);
        let (mut outcome, mut deleted) = (Ok(()), 0);
        for document in found.iter().take(count).filter(|document| is_document_old(document) != Some(false)) {
            match delete_unchanged(documents, collection, (&document.id, document.version)).await {
                Ok(is_deleted) => deleted += usize::from(is_deleted),
                Err(error) => outcome = Err(error),
            }
        }
        outcome?;
        if deleted < found.len() || found.is_empty() {
            return Ok(());
        }
    }
}
