//! How much a profile writes: so many reviews, votes and reports within any hour.
//!
//! Each is counted before it is made, so that of many at once no more are made than are allowed, and one that fails counts. Must
//! never count longer than an hour, whatever the clock does meanwhile.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use contract::{Code, Problem, ids::ProfileId};
use runtime::clock::Clock;
use storage::{
    StoreError,
    keyvalue::{Expect, KeyValue},
};

/// In milliseconds.
const HOUR: u64 = 60 * 60 * 1_000;
/// Tries of a compare-and-set; each fails only where another write was counted.
const TRIES: u8 = 16;

/// Cheap to clone.
#[derive(Clone)]
pub struct WriteLimit {
    store: Arc<dyn KeyValue>,
    clock: Clock,
    most: u32,
    of: Of,
}

/// What is counted, each by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Reviews, votes and reports.
    Writes,
    /// Ratings that are added many at once, by the hundred.
    Ratings,
}

/// Ratings that count as one.
pub const RATINGS: usize = 100;

impl WriteLimit {
    /// `most` an hour.
    pub fn new(store: Arc<dyn KeyValue>, clock: Clock, (of, most): (Of, u32)) -> Self {
        Self { store, clock, most, of }
    }

    /// Counts a write that is about to be made.
    ///
    /// # Errors
    /// `rate_limited` with the seconds to wait; `overloaded` where too many count at once, which is no limit reached; what the store
    /// says.
    pub async fn claim(&self, profile: &ProfileId) -> Result<(), Problem> {
        self.claim_many(profile, 1).await
    }

    /// The same for so many at once, all or none.
    ///
    /// # Errors
    /// As [`WriteLimit::claim`].
    pub async fn claim_many(&self, profile: &ProfileId, number: usize) -> Result<(), Problem> {
        let key = self.key_of(profile);
        for _ in 0..TRIES {
            let (mut instants, expect): (Vec<u64>, Expect) = match self.store.get(&key).await? {
                Some(entry) => (serde_json::from_slice(&entry.value).unwrap_or_default(), Expect::Version(entry.version)),
                None => (Vec::new(), Expect::Absent),
            };
            let now = self.clock.millis();
            // One of a time to come is of a clock that was put back: it counts from now on.
            instants.iter_mut().for_each(|instant| *instant = (*instant).min(now));
            instants.retain(|instant| now - instant < HOUR);
            if instants.len().saturating_add(number) > self.most as usize {
                let oldest = instants.iter().min().copied().unwrap_or(now);
                return Err(self.too_many((oldest + HOUR - now).div_ceil(1_000)));
            }
            instants.extend(std::iter::repeat_n(now, number));
            let value = Bytes::from(serde_json::to_vec(&instants).map_err(|_| Problem::internal())?);
            match self.store.put(&key, value, expect, Some(Duration::from_millis(HOUR))).await {
                Ok(_) => return Ok(()),
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Contended { key }.into())
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn forget(&self, profile: &ProfileId) -> Result<(), StoreError> {
        self.store.delete(&self.key_of(profile), Expect::Anything).await.map(drop)
    }

    fn too_many(&self, seconds: u64) -> Problem {
        let words = match self.of {
            Of::Writes => format!("That is {} reviews, votes and reports within an hour: wait a little.", self.most),
            Of::Ratings => format!("That is {} ratings within an hour: wait a little.", self.most as usize * RATINGS),
        };
        Problem::new(Code::RateLimited).with_detail(words).with_retry_after(u32::try_from(seconds.max(1)).unwrap_or(u32::MAX))
    }

    fn key_of(&self, profile: &ProfileId) -> String {
        match self.of {
            Of::Writes => format!("reviews/writes/{profile}"),
            Of::Ratings => format!("reviews/ratings/{profile}"),
        }
    }
}
