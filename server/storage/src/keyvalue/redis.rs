//! [`KeyValue`] on Redis, one server or a cluster.
//!
//! Every write that makes an entry is one script on one shard: entry, index and expiry change together or not at all. Must never return an
//! expired entry: Redis itself no longer has it; only the index may name it for a while, and is swept.
//!
//! Where a connection to a cluster breaks between a delete and its answer, it may be asked again, and then find nothing.

mod scan;
mod shards;
mod survey;

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::{Buf, Bytes};
use redis::Value;
use runtime::clock::Clock;
use tokio_util::task::AbortOnDropHandle;

use self::shards::{Shard, Shards};
use super::{Entry, Expect, KeyValue, SCAN_LIMIT, check_key, check_value};
use crate::{
    StoreError,
    redis::{Address, AddressError, Connection, Prepared},
};

/// How often expired keys are taken out of the indexes.
const SWEEP: Duration = Duration::from_secs(60);
/// Expired keys that one step takes out, so that other requests never wait long for it.
const SWEPT_AT_ONCE: usize = 500;
/// Steps in one shard before it is the next one's turn.
const STEPS: usize = 100;
/// Versions stay exact in JSON numbers (RFC 8259, section 6).
const GREATEST_VERSION: u64 = (1 << 53) - 1;
/// The longest time to live, in milliseconds: thirty thousand years, exact in a Lua number.
const LONGEST: u128 = 1_000_000_000_000_000;
/// A time to live that is over.
const GONE: &str = "0";
/// A version's bytes.
const VERSION: usize = 8;

/// Why a Redis cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenRedisError {
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error("{hosts} cannot be used: {reason}")]
    Unreachable { hosts: String, reason: String },
    #[error(
        "{hosts} evicts what it holds when its memory is full (maxmemory-policy {policy}), and sessions would vanish: \
         set maxmemory-policy to noeviction"
    )]
    Evicts { hosts: String, policy: String },
}

/// Small values in a Redis.
pub struct RedisKeyValue {
    keeper: Arc<Keeper>,
    _sweeper: AbortOnDropHandle<()>,
}

/// What asks the server.
struct Keeper {
    connection: Connection,
    shards: Shards,
    put: Prepared,
    delete: Prepared,
    forget: Prepared,
}

impl RedisKeyValue {
    /// Connects to what `url` names (see [`Address::parse`]), looks whether it keeps what it is given,
    /// and starts the sweeper.
    ///
    /// # Errors
    /// [`OpenRedisError`]
    pub async fn open(url: &str) -> Result<Self, OpenRedisError> {
        let address = Address::parse(url)?;
        let hosts = address.hosts();
        let unreachable = |reason: String| OpenRedisError::Unreachable { hosts: hosts.clone(), reason };
        let connection = Connection::open(&address).await.map_err(|error| unreachable(error.to_string()))?;
        survey::look(&connection, &hosts).await?;
        let keeper = Arc::new(Keeper {
            connection,
            shards: Shards::new(&address.prefix),
            put: Prepared::new(include_str!("redis/put.lua")),
            delete: Prepared::new(include_str!("redis/delete.lua")),
            forget: Prepared::new(include_str!("redis/forget.lua")),
        });
        let sweeper = tokio::spawn(sweep_forever(Arc::clone(&keeper)));
        Ok(Self { keeper, _sweeper: AbortOnDropHandle::new(sweeper) })
    }
}

#[async_trait]
impl KeyValue for RedisKeyValue {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        check_key(key)?;
        let mut command = redis::cmd("GET");
        command.arg(self.keeper.shards.entry(key));
        entry(key, self.keeper.connection.ask(&command).await?)
    }

    async fn get_expiring(&self, key: &str) -> Result<Option<(Entry, Option<Duration>)>, StoreError> {
        let Some(entry) = self.get(key).await? else { return Ok(None) };
        let mut command = redis::cmd("PTTL");
        command.arg(self.keeper.shards.entry(key));
        // -1: it stays; -2: it is gone since.
        match number(self.keeper.connection.ask(&command).await?)? {
            -1 => Ok(Some((entry, None))),
            left => Ok(u64::try_from(left).ok().map(|left| (entry, Some(Duration::from_millis(left))))),
        }
    }

    async fn put(&self, key: &str, value: Bytes, expect: Expect, ttl: Option<Duration>) -> Result<u64, StoreError> {
        check_key(key)?;
        check_value(key, &value)?;
        // Random, so that an entry made again after it expired never has the version of the one before; and chosen
        // here, so that an attempt that is repeated is recognised.
        let version = rand::random_range(1..=GREATEST_VERSION);
        let mut stored = Vec::with_capacity(VERSION + value.len());
        stored.extend_from_slice(&version.to_be_bytes());
        stored.extend_from_slice(&value);
        let ttl = ttl.map_or_else(String::new, |ttl| ttl.as_millis().min(LONGEST).to_string());
        if expect == Expect::Anything && ttl != GONE && self.keeper.replace(key, &stored, &ttl).await? {
            return Ok(version);
        }
        let expected = expected(expect);
        let arguments = [key.as_bytes(), &stored, &expected, ttl.as_bytes()];
        // What replaces anything would also replace what others wrote since.
        let repeatable = !matches!(expect, Expect::Anything);
        match number(self.keeper.on_entry(&self.keeper.put, key, &arguments, repeatable).await?)? {
            0 => Err(StoreError::Conflict { key: key.to_owned() }),
            _ => Ok(version),
        }
    }

    async fn delete(&self, key: &str, expect: Expect) -> Result<bool, StoreError> {
        check_key(key)?;
        let arguments = [key.as_bytes(), &expected(expect)];
        match number(self.keeper.on_entry(&self.keeper.delete, key, &arguments, false).await?)? {
            ..0 => Err(StoreError::Conflict { key: key.to_owned() }),
            found => Ok(found > 0),
        }
    }

    async fn scan(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<(String, Entry)>, StoreError> {
        self.keeper.scan(prefix, after, limit.clamp(1, SCAN_LIMIT) as usize).await
    }
}

impl Keeper {
    /// Writes over an entry without a look at it; whether there was one. One that is there is in the index, so that this
    /// takes no script.
    async fn replace(&self, key: &str, stored: &[u8], ttl: &str) -> Result<bool, StoreError> {
        let mut command = redis::cmd("SET");
        command.arg(self.shards.entry(key)).arg(stored).arg("XX");
        if !ttl.is_empty() {
            command.arg("PX").arg(ttl);
        }
        // What replaces anything would also replace what others wrote since: it is not asked twice.
        Ok(self.connection.ask_once(&command).await? != Value::Nil)
    }

    async fn on_entry(&self, script: &Prepared, key: &str, arguments: &[&[u8]], repeatable: bool) -> Result<Value, StoreError> {
        let shard = self.shards.of(key);
        let keys = [&shard.entry(key), &shard.index, &shard.expiries];
        self.connection.run(script, &keys, arguments, repeatable).await
    }

    /// Takes `keys`, all of one shard, out of the index where their entries have expired.
    async fn forget(&self, shard: &Shard, keys: &[String]) -> Result<(), StoreError> {
        let entries: Vec<String> = keys.iter().map(|key| shard.entry(key)).collect();
        let names: Vec<&String> = [&shard.index, &shard.expiries].into_iter().chain(&entries).collect();
        let arguments: Vec<&[u8]> = keys.iter().map(|key| key.as_bytes()).collect();
        self.connection.run(&self.forget, &names, &arguments, true).await.map(drop)
    }

    /// Looks after the next keys of a shard, expected to expire or not: one that was to stay and was replaced by one that
    /// expires is nowhere else. Behind the last it begins anew.
    async fn walk(&self, shard: &Shard, after: &mut Option<String>) -> Result<(), StoreError> {
        let keys = self.keys(std::slice::from_ref(shard), "", after.as_deref(), SWEPT_AT_ONCE).await?;
        *after = keys.last().filter(|_| keys.len() == SWEPT_AT_ONCE).cloned();
        if keys.is_empty() { Ok(()) } else { self.forget(shard, &keys).await }
    }

    /// One step of one shard; whether there may be more to do.
    async fn sweep(&self, shard: &Shard) -> Result<bool, StoreError> {
        let mut command = redis::cmd("ZRANGEBYSCORE");
        command.arg(&shard.expiries).arg("-inf").arg(Clock::default().millis()).arg("LIMIT").arg(0).arg(SWEPT_AT_ONCE);
        let expired = texts(self.connection.ask(&command).await?)?;
        if expired.is_empty() {
            return Ok(false);
        }
        // The clocks may differ, and entries be written again: what the server still has stays.
        self.forget(shard, &expired).await?;
        Ok(expired.len() == SWEPT_AT_ONCE)
    }
}

async fn sweep_forever(keeper: Arc<Keeper>) {
    let mut walked = vec![None; keeper.shards.all().len()];
    loop {
        // Several nodes share one server: they take turns.
        tokio::time::sleep(SWEEP.mul_f64(rand::random_range(0.5..1.5))).await;
        for (shard, after) in keeper.shards.all().iter().zip(&mut walked) {
            if let Err(error) = keeper.walk(shard, after).await {
                tracing::debug!(%error, shard = shard.index, "expired keys stay in the index for now");
            }
            for _ in 0..STEPS {
                match keeper.sweep(shard).await {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        tracing::debug!(%error, shard = shard.index, "expired keys stay in the index for now");
                        break;
                    }
                }
            }
        }
    }
}

/// What the scripts compare with what is there.
fn expected(expect: Expect) -> Vec<u8> {
    match expect {
        Expect::Anything => Vec::new(),
        Expect::Absent => b"absent".to_vec(),
        Expect::Version(version) => version.to_be_bytes().to_vec(),
    }
}

fn entry(key: &str, stored: Value) -> Result<Option<Entry>, StoreError> {
    let corrupt = |reason: &str| StoreError::corrupt(key, reason);
    let bytes = match stored {
        Value::Nil => return Ok(None),
        Value::BulkString(bytes) => bytes,
        _ => return Err(corrupt("it is no string")),
    };
    let Some(version) = bytes.first_chunk::<VERSION>() else {
        return Err(corrupt("it has no version"));
    };
    let version = u64::from_be_bytes(*version);
    let mut value = Bytes::from(bytes);
    value.advance(VERSION);
    Ok(Some(Entry { value, version }))
}

fn number(value: Value) -> Result<i64, StoreError> {
    redis::from_redis_value(value).map_err(|error| StoreError::Unavailable { reason: error.to_string() })
}

fn texts(value: Value) -> Result<Vec<String>, StoreError> {
    redis::from_redis_value(value).map_err(|error| StoreError::Unavailable { reason: error.to_string() })
}
