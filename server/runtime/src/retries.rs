//! Work that failed twice is tried again after a pause of its own, so that what fails forever keeps nothing else waiting.
//!
//! Kept in memory: a start tries everything once more.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// The pause after a second failure, and the longest; they double. After the first it is tried by the next look.
const PAUSES: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(3600));
/// Items that rest at most; where more fail, they are tried each time.
const MOST: usize = 900;

/// What failed, and until when it rests.
#[derive(Debug)]
pub struct Retries<K>(Mutex<HashMap<K, Rest>>);

#[derive(Clone, Copy, Debug)]
struct Rest {
    until: Instant,
    pause: Duration,
}

impl<K> Default for Retries<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash> Retries<K> {
    /// How many items are to be asked for, so that `wanted` are among them that do not rest.
    pub fn with_resting(&self, wanted: u32) -> u32 {
        let rest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        wanted.saturating_add(u32::try_from(rest.len()).unwrap_or(u32::MAX))
    }

    /// Whether it is to be tried now.
    pub fn is_due(&self, item: &K) -> bool {
        let rest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rest.get(item).is_none_or(|rest| rest.until <= Instant::now())
    }

    /// It is done.
    pub fn done(&self, item: &K) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(item);
    }

    /// It failed: from the second time on it rests, for longer each time.
    pub fn failed(&self, item: &K) {
        let now = Instant::now();
        let mut rests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody else did it, or it would have been tried again long since.
        rests.retain(|_, rest| now.saturating_duration_since(rest.until) < PAUSES.1);
        let pause = rests.get(item).map_or(Duration::ZERO, |rest| (rest.pause * 2).clamp(PAUSES.0, PAUSES.1));
        if rests.len() < MOST || rests.contains_key(item) {
            rests.insert(item.clone(), Rest { until: now + pause, pause });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One look at a thousand items that are due, of which the first hundred fail forever; which were tried.
    fn look(retries: &Retries<u32>, left: &mut Vec<u32>) -> Vec<u32> {
        let asked = retries.with_resting(100) as usize;
        let tried: Vec<u32> = left.iter().take(asked).copied().filter(|item| retries.is_due(item)).take(100).collect();
        for item in &tried {
            if *item < 100 {
                retries.failed(item);
            } else {
                retries.done(item);
                left.retain(|other| other != item);
            }
        }
        tried
    }

    #[tokio::test(start_paused = true)]
    async fn a_hundred_that_fail_forever_keep_no_other_waiting_and_rest_for_longer_each_time() {
        let (retries, mut left) = (Retries::default(), (0..1000).collect());
        for _ in 0..2 {
            assert_eq!(look(&retries, &mut left), (0..100).collect::<Vec<_>>(), "it may have been the store");
        }
        for _ in 0..9 {
            assert!(look(&retries, &mut left).iter().all(|item| *item >= 100));
        }
        assert_eq!(left, (0..100).collect::<Vec<_>>());
        assert_eq!(look(&retries, &mut left), [], "they rest");
        for pause in [30, 60, 120, 240, 480, 960, 1920, 3600, 3600] {
            tokio::time::advance(Duration::from_secs(pause) - Duration::from_millis(1)).await;
            assert_eq!(look(&retries, &mut left), [], "not yet after {pause} s");
            tokio::time::advance(Duration::from_millis(1)).await;
            assert_eq!(look(&retries, &mut left).len(), 100, "after {pause} s");
        }
    }

    #[test]
    fn what_rests_is_bounded() {
        let retries = Retries::default();
        for item in (0..2 * MOST).chain(0..2 * MOST) {
            retries.failed(&item);
        }
        assert_eq!(retries.with_resting(100) as usize, 100 + MOST);
        assert!(retries.is_due(&(2 * MOST - 1)) && !retries.is_due(&0));
    }
}
