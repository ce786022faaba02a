//! Counts tries at secrets, each before it is made: whose are counted together, how many there are, how long one waits.
//!
//! A try that was cut off stays counted, and so does one whose store failed. Must never lock anybody out for good, which
//! would let anybody do so: no wait is longer than a quarter of an hour, whatever the clock does meanwhile. Must never keep
//! more counters than there are names for: what strangers type or come from is hashed into a bounded number of them.

use std::{net::IpAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use contract::{Code, Problem};
use runtime::clock::Clock;
use serde::{Deserialize, Serialize};
use storage::{
    StoreError,
    keyvalue::{Expect, KeyValue},
};

use crate::{network::Network, secret::MasterSecret};

/// Tries that cost nothing.
const FREE: u32 = 5;
/// The first wait, in milliseconds; each try after it doubles it.
const FIRST_WAIT: u64 = 2_000;
const LONGEST_WAIT: u64 = 15 * 60 * 1000;
/// After so long without a try, all is forgotten.
const HOUR: u64 = 60 * 60 * 1000;
/// Tries that strangers have at once, and again in each hour: within any hour they are a hundred at most.
const STRANGERS: u64 = 50;
/// Each is given back after so many milliseconds.
const EACH: u64 = HOUR / STRANGERS;
/// Tries of a compare-and-set.
const TRIES: u8 = 16;

/// Whose tries are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted<'a> {
    /// Passwords for a login, from browsers that never signed in to it. By the login's key.
    Login(&'a str),
    /// Recovery codes for a login, likewise.
    RecoveryCodes(&'a str),
    /// Passwords from an address, or a network of one subscriber, whatever the login.
    Address(IpAddr),
    /// Passkeys from there.
    Passkeys(IpAddr),
    /// From a browser that signed in to a login before: by what its cookie says.
    Browser(&'a str),
    /// At a secret of one account, by whoever may try it at all.
    Secret(&'a str),
}

impl<'a> From<&'a str> for Counted<'a> {
    fn from(name: &'a str) -> Self {
        Self::Secret(name)
    }
}

impl<'a> From<&'a String> for Counted<'a> {
    fn from(name: &'a String) -> Self {
        Self::Secret(name)
    }
}

impl Counted<'_> {
    /// Whether so many an hour are allowed, rather than a few and then growing waits.
    const fn is_hourly(self) -> bool {
        match self {
            Self::Login(_) | Self::RecoveryCodes(_) => true,
            Self::Address(_) | Self::Passkeys(_) | Self::Browser(_) | Self::Secret(_) => false,
        }
    }

    /// Whether strangers share it: then one who was right leaves the tries of the others counted.
    const fn is_shared(self) -> bool {
        match self {
            Self::Login(_) | Self::RecoveryCodes(_) | Self::Address(_) | Self::Passkeys(_) => true,
            Self::Browser(_) | Self::Secret(_) => false,
        }
    }
}

/// What is stored of a counter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Count {
    /// Tries since it was forgotten.
    wrong: u32,
    /// Of the latest; milliseconds since 1970.
    last: u64,
    /// Of an hourly one, at that time: milliseconds until all of its tries are given back.
    #[serde(default)]
    debt: u64,
}

pub struct Throttle {
    store: Arc<dyn KeyValue>,
    clock: Clock,
    key: [u8; 32],
}

impl Throttle {
    pub fn new(secret: &MasterSecret, store: Arc<dyn KeyValue>, clock: Clock) -> Self {
        Self { store, clock, key: secret.derive("guesses v1") }
    }

    /// Whether another try is due; nothing is counted.
    ///
    /// # Errors
    /// As [`Throttle::claim`].
    pub async fn check<'a>(&self, counted: impl Into<Counted<'a>>) -> Result<(), Problem> {
        let counted = counted.into();
        let (count, _) = self.count(&self.key_of(counted)).await?;
        let now = self.clock.millis();
        due(counted, seen_at(count, now), now)
    }

    /// Counts a try before it is made: of many at once, no more are made than are due. [`Throttle::right`] takes it back.
    ///
    /// # Errors
    /// `rate_limited` with the seconds to wait, also where too many count at once; what the store says. Then no try is due.
    pub async fn claim<'a>(&self, counted: impl Into<Counted<'a>>) -> Result<(), Problem> {
        let counted = counted.into();
        let key = self.key_of(counted);
        for _ in 0..TRIES {
            let (stored, expect) = self.count(&key).await?;
            let now = self.clock.millis();
            let count = seen_at(stored, now);
            if let Err(problem) = due(counted, count, now) {
                // Otherwise a time to come would make its wait begin anew with every look at it.
                if stored.last > now {
                    self.put(&key, count, expect).await.or_else(unless_conflict)?;
                }
                return Err(problem);
            }
            match self.put(&key, one_more(counted, count, now), expect).await {
                Err(StoreError::Conflict { .. }) => {}
                other => return Ok(other?),
            }
        }
        Err(too_many(counted, 1))
    }

    /// Claims each of them, or none.
    ///
    /// # Errors
    /// As [`Throttle::claim`], of the first that refuses.
    pub async fn claim_all(&self, all: &[Counted<'_>]) -> Result<(), Problem> {
        for (at, counted) in all.iter().enumerate() {
            if let Err(problem) = self.claim(*counted).await {
                for claimed in all.iter().take(at) {
                    self.give_back(*claimed).await;
                }
                return Err(problem);
            }
        }
        Ok(())
    }

    /// The try that was claimed was right: it is given back, and where nobody else counts there, all is forgotten.
    ///
    /// A store that fails leaves it counted, and keeps nobody out who was right.
    pub async fn right<'a>(&self, counted: impl Into<Counted<'a>>) {
        let counted = counted.into();
        if counted.is_shared() {
            return self.give_back(counted).await;
        }
        if let Err(error) = self.forget(counted).await {
            tracing::warn!(%error, "a right guess stays counted");
        }
    }

    /// No try is counted there any more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget(&self, counted: Counted<'_>) -> Result<(), StoreError> {
        self.store.delete(&self.key_of(counted), Expect::Anything).await.map(|_| ())
    }

    /// As [`Throttle::right`], for each of them.
    pub async fn right_all(&self, all: &[Counted<'_>]) {
        for counted in all {
            self.right(*counted).await;
        }
    }

    /// One try less.
    async fn give_back(&self, counted: Counted<'_>) {
        let key = self.key_of(counted);
        for _ in 0..TRIES {
            let outcome = match self.count(&key).await {
                Ok((_, Expect::Absent | Expect::Anything)) => return,
                Ok((count, expect @ Expect::Version(_))) => self.put(&key, one_less(count), expect).await,
                Err(error) => Err(error),
            };
            match outcome {
                Ok(()) => return,
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => {
                    tracing::warn!(%error, "a right guess stays counted");
                    return;
                }
            }
        }
    }

    async fn put(&self, key: &str, count: Count, expect: Expect) -> Result<(), StoreError> {
        let value = Bytes::from(serde_json::to_vec(&count).unwrap_or_default());
        self.store.put(key, value, expect, Some(Duration::from_millis(HOUR))).await.map(|_| ())
    }

    async fn count(&self, key: &str) -> Result<(Count, Expect), StoreError> {
        Ok(match self.store.get(key).await? {
            Some(entry) => (serde_json::from_slice(&entry.value).unwrap_or_default(), Expect::Version(entry.version)),
            None => (Count::default(), Expect::Absent),
        })
    }

    /// Where it is counted. Names are hashed with a key: what was typed is nobody's to read, and nobody finds two that share
    /// a counter. A login that nobody has is counted as one that somebody has.
    fn key_of(&self, counted: Counted<'_>) -> String {
        let hash = |name: &str| blake3::keyed_hash(&self.key, name.as_bytes()).to_hex();
        match counted {
            Counted::Login(login) => format!("throttle/login/{}", &hash(&format!("login {login}"))[..4]),
            Counted::RecoveryCodes(login) => format!("throttle/recovery/{}", &hash(&format!("recovery {login}"))[..4]),
            Counted::Address(address) => format!("throttle/address/{}", &hash(&format!("address {}", Network::of(address)))[..5]),
            Counted::Passkeys(address) => {
                format!("throttle/passkeys/{}", &hash(&format!("address {}", Network::of(address)))[..5])
            }
            Counted::Browser(browser) => format!("throttle/browser/{}", hash(browser)),
            Counted::Secret(name) => format!("throttle/{}", hash(name)),
        }
    }
}

/// Somebody else wrote the same, or something newer.
fn unless_conflict(error: StoreError) -> Result<(), StoreError> {
    match error {
        StoreError::Conflict { .. } => Ok(()),
        error => Err(error),
    }
}

/// A counter as it stands now: what is given back is off it, and a time to come, of a clock that was put back, is now.
fn seen_at(count: Count, now: u64) -> Count {
    let last = count.last.min(now);
    let elapsed = now - last;
    let wrong = if elapsed >= HOUR { 0 } else { count.wrong };
    // Never more than there is to owe, whatever was written.
    let debt = count.debt.min(STRANGERS * EACH).saturating_sub(elapsed);
    Count { wrong, last, debt }
}

fn due(counted: Counted<'_>, count: Count, now: u64) -> Result<(), Problem> {
    let wait = if counted.is_hourly() {
        (count.debt + EACH).saturating_sub(STRANGERS * EACH)
    } else {
        wait(count.wrong).saturating_sub(now - count.last)
    };
    match wait.div_ceil(1000) {
        0 => Ok(()),
        seconds => Err(too_many(counted, u32::try_from(seconds).unwrap_or(u32::MAX))),
    }
}

fn one_more(counted: Counted<'_>, count: Count, now: u64) -> Count {
    let debt = if counted.is_hourly() { count.debt + EACH } else { 0 };
    Count { wrong: count.wrong.saturating_add(1), last: now, debt }
}

const fn one_less(count: Count) -> Count {
    Count { wrong: count.wrong.saturating_sub(1), debt: count.debt.saturating_sub(EACH), ..count }
}

fn too_many(counted: Counted<'_>, seconds: u32) -> Problem {
    let time = match seconds {
        0 | 1 => "a second".to_owned(),
        2..60 => format!("{seconds} seconds"),
        60..=90 => "a minute".to_owned(),
        more => format!("{} minutes", more.div_ceil(60)),
    };
    let words = match counted {
        Counted::Login(_) | Counted::RecoveryCodes(_) | Counted::Address(_) => format!(
            "Too many tries to sign in. Wait {time}, or use a browser that has signed in here before: it gets in at once."
        ),
        Counted::Passkeys(_) | Counted::Browser(_) | Counted::Secret(_) => format!("Too many wrong tries. Wait {time}."),
    };
    Problem::new(Code::RateLimited).with_detail(words).with_retry_after(seconds)
}

/// Milliseconds to wait after so many tries.
fn wait(wrong: u32) -> u64 {
    match wrong.checked_sub(FREE) {
        None => 0,
        Some(over) => FIRST_WAIT.saturating_mul(1 << over.min(20)).min(LONGEST_WAIT),
    }
}

#[cfg(test)]
mod tests;
