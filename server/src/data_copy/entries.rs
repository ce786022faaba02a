//! Entries of a key-value store, with what is left of their time: sessions, and the vault's, which stay sealed.
//!
//! The keys of days stay behind: who has a store of before shall not know whose something was that was recorded of usage. Versions
//! are the store's own and do not move: they serve a compare-and-set within one request. Must never make an entry live longer than it would
//! have, nor open one.

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use storage::{
    StoreError,
    keyvalue::{Entry, Expect, KeyValue},
};

use super::{MoveError, PAGE, Progress, SIDE_BY_SIDE};
use crate::services::usage::DAY_KEYS;

/// How many there are, and how many had to be sent. `name` is what they are called: "entries".
pub(super) async fn copy(
    name: &str,
    from: &dyn KeyValue,
    to: &dyn KeyValue,
    into_existing: bool,
    progress: Progress<'_>,
) -> Result<(u64, u64), MoveError> {
    let (mut all, mut sent) = (0, 0);
    if !into_existing {
        let mut after = None;
        while let Some(page) = page(to, after.as_deref()).await? {
            for (key, _) in &page {
                // One that has run out on both sides meanwhile is nobody's.
                if from.get(key).await?.is_none() && to.get(key).await?.is_some() {
                    return Err(MoveError::Occupied(format!("{name} under {key}")));
                }
            }
            after = page.last().map(|(key, _)| key.clone());
        }
    }
    let mut after = None;
    while let Some(page) = page(from, after.as_deref()).await? {
        after = page.last().map(|(key, _)| key.clone());
        all += page.len() as u64;
        let sending = page.into_iter().map(async |(key, entry)| send(from, to, key, entry.value).await);
        let outcomes: Vec<bool> = stream::iter(sending).buffer_unordered(SIDE_BY_SIDE).try_collect().await?;
        sent += outcomes.into_iter().filter(|sent| *sent).count() as u64;
        progress(&format!("{name}: {all}"), 0.5);
    }
    progress(&format!("comparing: {name}"), 0.0);
    let mut after = None;
    while let Some(page) = page(from, after.as_deref()).await? {
        for (key, Entry { value, .. }) in &page {
            let there = to.get(key).await?.map(|entry| entry.value);
            if there.as_ref() != Some(value) && from.get(key).await?.is_some_and(|now| now.value == *value) {
                return Err(MoveError::Differs(format!("the {name} under {key}")));
            }
        }
        after = page.last().map(|(key, _)| key.clone());
    }
    Ok((all, sent))
}

/// None behind the last entry.
async fn page(store: &dyn KeyValue, after: Option<&str>) -> Result<Option<Vec<(String, Entry)>>, StoreError> {
    let mut after = after.map(str::to_owned);
    loop {
        let mut page = store.scan("", after.as_deref(), PAGE).await?;
        let Some((last, _)) = page.last() else { return Ok(None) };
        after = Some(last.clone());
        page.retain(|(key, _)| !key.starts_with(DAY_KEYS));
        if !page.is_empty() {
            return Ok(Some(page));
        }
    }
}

/// Whether it had to be sent.
async fn send(from: &dyn KeyValue, to: &dyn KeyValue, key: String, value: Bytes) -> Result<bool, StoreError> {
    // Gone since it was read, where there is no answer.
    let Some((_, left)) = from.get_expiring(&key).await?.filter(|(entry, _)| entry.value == value) else { return Ok(false) };
    if to.get(&key).await?.is_some_and(|there| there.value == value) {
        return Ok(false);
    }
    to.put(&key, value, Expect::Anything, left).await?;
    Ok(true)
}
