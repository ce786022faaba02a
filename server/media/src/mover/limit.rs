//! How many bytes a second moves may read and write: the generic cell rate algorithm, in kibibytes.
//!
//! It is changed while it is used; whoever waits notices within a second.

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};

/// What is counted as one.
const KIBIBYTE: u64 = 1024;
/// The most that is asked for at once: one part ([`super::copy::PART`]).
const MOST_AT_ONCE: u32 = 8 << 10;
const MOST_A_SECOND: u32 = 1_000_000_000;
/// How long a change of the rate may wait to be noticed.
const NOTICED_WITHIN: Duration = Duration::from_secs(1);

/// A rate that can be changed while it is used.
pub struct Bandwidth {
    clock: DefaultClock,
    current: Mutex<(u64, Arc<DefaultDirectRateLimiter>)>,
}

impl Bandwidth {
    /// So many bytes a second; less than a kibibyte counts as one.
    pub fn new(bytes_per_second: u64) -> Self {
        Self { clock: DefaultClock::default(), current: Mutex::new((bytes_per_second, limiter(bytes_per_second))) }
    }

    /// So many bytes a second from now on.
    pub fn set(&self, bytes_per_second: u64) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.0 != bytes_per_second {
            *current = (bytes_per_second, limiter(bytes_per_second));
        }
    }

    /// Waits until so many bytes may be read or written, [`super::copy::PART`] at most.
    pub async fn take(&self, bytes: u64) {
        let cells = u32::try_from(bytes.div_ceil(KIBIBYTE)).unwrap_or(u32::MAX).min(MOST_AT_ONCE);
        let Some(cells) = NonZeroU32::new(cells) else { return };
        loop {
            let limiter = Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner).1);
            match limiter.check_n(cells) {
                Ok(Ok(())) => return,
                Ok(Err(early)) => tokio::time::sleep(early.wait_time_from(self.clock.now()).min(NOTICED_WITHIN)).await,
                // More than it ever lets pass at once, which `limiter` does not make.
                Err(_) => return,
            }
        }
    }
}

fn limiter(bytes_per_second: u64) -> Arc<DefaultDirectRateLimiter> {
    // A cell takes a nanosecond at least.
    let cells = u32::try_from(bytes_per_second / KIBIBYTE).unwrap_or(MOST_A_SECOND).min(MOST_A_SECOND);
    let at_least_one = |cells| NonZeroU32::new(cells).unwrap_or(NonZeroU32::MIN);
    let quota = Quota::per_second(at_least_one(cells)).allow_burst(at_least_one(MOST_AT_ONCE));
    Arc::new(RateLimiter::direct(quota))
}
