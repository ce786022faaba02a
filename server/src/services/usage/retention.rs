//! What goes because it is older than it is kept: sums, raw events, and what is known of them.
//!
//! The days that there are decide, and what the config says now: neither how long something was to be kept when it was written, nor for how
//! long the server rested. While the clock is in doubt ([`crate::trusted_time`]) nothing is old. Must never delete what says
//! where the events of a day are before they are gone.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use storage::{
    StoreError,
    documents::{Collection, Direction, Documents, Find, delete_unchanged},
};

use super::{
    Usage, calendar, compaction, forgetting, parts, queries,
    record::{ACCOUNTS, BY_HEARD, BY_MONTH, BY_PERIOD, NODES, ROLLUPS},
    rollups::Period,
    v1::MONTHS,
};
use crate::services::keepers::expire;

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

/// Deletes what is older than it is kept, by a clock that is believed.
///
/// # Errors
/// [`StoreError`]; the rest is deleted by the next call.
pub async fn sweep(service: &Usage) -> Result<(), StoreError> {
    let (documents, now) = (&*service.documents, service.clock.millis());
    let before = |kept: u64| now.saturating_sub(kept);
    let retention = service.retention();
    for (period, kept) in [(Period::Hour, retention.hours), (Period::Day, retention.days)] {
        let old = Old { index: BY_PERIOD, equals: vec![json!(period.name())], field: "at" };
        delete_old(documents, &ROLLUPS, old, |at| is_before(at, before(kept))).await?;
    }
    let old = |index, field| Old { index, equals: Vec::new(), field };
    delete_old(documents, &queries::QUERIES, old(queries::BY_DAY, "at"), |at| is_before(at, before(retention.queries))).await?;
    delete_old(documents, &NODES, old(BY_HEARD, "heard"), |heard| is_before(heard, before(retention.days))).await?;
    let month = calendar::month_before(now, MONTHS);
    let is_old = |of: &Value| of.as_str().is_some_and(|of| of < month.as_str());
    delete_old(documents, &ACCOUNTS, old(BY_MONTH, "month"), is_old).await?;
    while expire(documents, &forgetting::FORGOTTEN, (forgetting::BY_EXPIRY, "expires"), now).await? > 0 {}
    events(service).await
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
        // By their ids, which are days: the oldest first.
        let page = service.documents.list(&compaction::COMPACTIONS, after.as_deref(), AT_ONCE).await?;
        for document in &page.documents {
            if calendar::begin_of_day(&document.id).is_none() {
                continue;
            }
            if !is_old(&document.id) {
                return Ok(());
            }
            if parts::of_day(&service.objects, &document.id).await?.is_empty() {
                delete_unchanged(&*service.documents, &compaction::COMPACTIONS, (&document.id, document.version)).await?;
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
    index: &'static str,
    /// Of the fields of the index before the one that says how old they are.
    equals: Vec<Value>,
    field: &'static str,
}

fn is_before(at: &Value, instant: u64) -> bool {
    at.as_u64().is_some_and(|at| at < instant)
}

async fn delete_old(
    documents: &dyn Documents,
    collection: &Collection,
    Old { index, equals, field }: Old,
    is_old: impl Fn(&Value) -> bool,
) -> Result<(), StoreError> {
    loop {
        let (equals, direction) = (equals.clone(), Direction::Ascending);
        let find = Find { index, equals, from: None, direction, after: None, limit: AT_ONCE };
        let found = documents.find(collection, find).await?.documents;
        let all = found.len();
        let old: Vec<_> = found.into_iter().take_while(|found| found.body.get(field).is_some_and(&is_old)).collect();
        for document in &old {
            delete_unchanged(documents, collection, (&document.id, document.version)).await?;
        }
        if old.len() < all || all == 0 {
            return Ok(());
        }
    }
}
