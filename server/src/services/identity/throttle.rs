//! Slows down who guesses passwords: so many wrong ones for an account, or from an address, and then a wait.
//!
//! Must never lock an account out for good, which would let anybody do so: the wait grows to a quarter of an hour and
//! no further.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use contract::{Code, Problem};
use serde::{Deserialize, Serialize};

use super::now_millis;
use crate::storage::{
    StoreError,
    keyvalue::{Expect, KeyValue},
};

/// Wrong ones that cost nothing.
const FREE: u32 = 5;
/// The first wait; each wrong one after it doubles it.
const FIRST_WAIT: u64 = 2;
const LONGEST_WAIT: u64 = 15 * 60;
/// After so long without a wrong one, all is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(60 * 60);
/// Tries of a compare-and-set.
const TRIES: u8 = 8;

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Count {
    wrong: u32,
    /// Milliseconds since 1970.
    last: u64,
}

pub struct Throttle {
    store: Arc<dyn KeyValue>,
}

impl Throttle {
    pub fn new(store: Arc<dyn KeyValue>) -> Self {
        Self { store }
    }

    /// Whether another try is due for this name.
    ///
    /// # Errors
    /// `rate_limited` with the seconds to wait; what the store says.
    pub async fn check(&self, name: &str) -> Result<(), Problem> {
        let (count, _) = self.count(name).await?;
        due(count)
    }

    /// Counts a try before it is made: of many at once, no more are made than are due. [`Throttle::right`] forgets it.
    ///
    /// # Errors
    /// As [`Throttle::check`].
    pub async fn claim(&self, name: &str) -> Result<(), Problem> {
        for _ in 0..TRIES {
            let (count, expect) = self.count(name).await?;
            due(count)?;
            match self.put(name, count, expect).await {
                Err(StoreError::Conflict { .. }) => {}
                other => return Ok(other?),
            }
        }
        Err(too_many(1))
    }

    /// A try was wrong.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn wrong(&self, name: &str) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let (count, expect) = self.count(name).await?;
            match self.put(name, count, expect).await {
                Err(StoreError::Conflict { .. }) => {}
                other => return other,
            }
        }
        Ok(())
    }

    /// A try was right.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn right(&self, name: &str) -> Result<(), StoreError> {
        self.store.delete(&key(name), Expect::Anything).await.map(|_| ())
    }

    /// One more than `count`.
    async fn put(&self, name: &str, count: Count, expect: Expect) -> Result<(), StoreError> {
        let count = Count { wrong: count.wrong.saturating_add(1), last: now_millis() };
        let value = Bytes::from(serde_json::to_vec(&count).unwrap_or_default());
        self.store.put(&key(name), value, expect, Some(FORGOTTEN)).await.map(|_| ())
    }

    async fn count(&self, name: &str) -> Result<(Count, Expect), StoreError> {
        Ok(match self.store.get(&key(name)).await? {
            Some(entry) => (serde_json::from_slice(&entry.value).unwrap_or_default(), Expect::Version(entry.version)),
            None => (Count::default(), Expect::Absent),
        })
    }
}

fn due(count: Count) -> Result<(), Problem> {
    let elapsed = now_millis().saturating_sub(count.last) / 1000;
    match wait(count.wrong).saturating_sub(elapsed) {
        0 => Ok(()),
        seconds => Err(too_many(u32::try_from(seconds).unwrap_or(u32::MAX))),
    }
}

fn too_many(seconds: u32) -> Problem {
    Problem::new(Code::RateLimited).with_detail("Too many wrong tries.").with_retry_after(seconds)
}

/// Seconds to wait after so many wrong ones.
fn wait(wrong: u32) -> u64 {
    match wrong.checked_sub(FREE) {
        None => 0,
        Some(over) => FIRST_WAIT.saturating_mul(1 << over.min(20)).min(LONGEST_WAIT),
    }
}

/// Names are hashed: a key has a length limit, and what was typed is nobody's to read.
fn key(name: &str) -> String {
    format!("throttle/{}", blake3::hash(name.as_bytes()).to_hex())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_from_nothing_to_a_quarter_of_an_hour() {
        let waits: Vec<u64> = [0, 4, 5, 6, 10, 14, 100, u32::MAX].into_iter().map(wait).collect();
        assert_eq!(waits, [0, 0, 2, 4, 64, 900, 900, 900]);
    }
}
