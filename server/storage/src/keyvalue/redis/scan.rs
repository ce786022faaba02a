//! Pages of entries in key order, out of the shards' indexes.
//!
//! Must never stop at a key that has expired: a page that is not full is the last one.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use redis::Value;

use super::{Keeper, Shard, entry, texts};
use crate::{
    StoreError,
    keyvalue::{Entry, prefix_end},
};

/// Entries that one request fetches: at most 32 MiB.
const FETCHED_AT_ONCE: usize = 32;

impl Keeper {
    /// As [`crate::keyvalue::KeyValue::scan`].
    pub(super) async fn scan(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<(String, Entry)>, StoreError> {
        let shards = self.shards.under(prefix);
        let mut found = Vec::new();
        let mut after = after.map(str::to_owned);
        loop {
            let wanted = limit - found.len();
            let keys = self.keys(shards, prefix, after.as_deref(), wanted).await?;
            let is_last = keys.len() < wanted;
            after = keys.last().cloned();
            found.extend(self.entries(keys).await?);
            if is_last || found.len() == limit {
                return Ok(found);
            }
        }
    }

    /// The first `wanted` keys of all `shards` together, expired ones included.
    pub(super) async fn keys(
        &self,
        shards: &[Shard],
        prefix: &str,
        after: Option<&str>,
        wanted: usize,
    ) -> Result<Vec<String>, StoreError> {
        let start = match after {
            Some(after) if after >= prefix => format!("({after}"),
            Some(_) | None => format!("[{prefix}"),
        };
        let end = prefix_end(prefix).map_or_else(|| "+".to_owned(), |end| format!("({end}"));
        let ask = async |shard: &Shard| {
            let mut command = redis::cmd("ZRANGEBYLEX");
            command.arg(&shard.index).arg(&start).arg(&end).arg("LIMIT").arg(0).arg(wanted);
            texts(self.connection.ask(&command).await?)
        };
        // Requests that are made together travel together.
        let mut keys = try_join_all(shards.iter().map(ask)).await?.concat();
        keys.sort_unstable();
        keys.truncate(wanted);
        Ok(keys)
    }

    /// The live ones among `keys`, in their order.
    async fn entries(&self, keys: Vec<String>) -> Result<Vec<(String, Entry)>, StoreError> {
        let mut by_shard = BTreeMap::<&str, (&Shard, Vec<String>)>::new();
        for key in keys {
            let shard = self.shards.of(&key);
            by_shard.entry(&shard.index).or_insert((shard, Vec::new())).1.push(key);
        }
        let shards = by_shard.into_values().map(|(shard, keys)| self.entries_of(shard, keys));
        let mut found = try_join_all(shards).await?.concat();
        found.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        Ok(found)
    }

    async fn entries_of(&self, shard: &Shard, keys: Vec<String>) -> Result<Vec<(String, Entry)>, StoreError> {
        let (mut found, mut expired) = (Vec::with_capacity(keys.len()), Vec::new());
        for some in keys.chunks(FETCHED_AT_ONCE) {
            let mut command = redis::cmd("MGET");
            for key in some {
                command.arg(shard.entry(key));
            }
            let Value::Array(values) = self.connection.ask(&command).await? else {
                return Err(StoreError::Unavailable { reason: "MGET was not answered with a list".to_owned() });
            };
            for (key, value) in some.iter().zip(values) {
                match entry(key, value)? {
                    Some(entry) => found.push((key.clone(), entry)),
                    None => expired.push(key.clone()),
                }
            }
        }
        if !expired.is_empty()
            && let Err(error) = self.forget(shard, &expired).await
        {
            tracing::debug!(%error, shard = shard.index, "expired keys stay in the index for now");
        }
        Ok(found)
    }
}
