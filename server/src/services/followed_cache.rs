//! A cache of what was read of documents, for whoever hears of every change of them: what is kept is let go of with the change that it is
//! told of, not with time. What is not kept is read once for all who ask for it at once.
//!
//! Must never keep what was read before a change that was told of meanwhile, nor give it to who asked after that: a reader counts the
//! changes before they read ([`FollowedCache::asked`]), what they read is kept only where nothing has changed since, and who asks joins
//! those alone who counted as many.

use std::{
    future::Future,
    hash::{BuildHasher, Hash, RandomState},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use contract::{Problem, ids::ProfileId};
use moka::sync::Cache;
use storage::guard::stale;

use super::{
    feeds::{Affected, Audience},
    single_flight::{SingleFlight, note},
};

/// Keys share as many counters of their changes.
const COUNTERS: usize = 4096;

/// See the module above. `P` is what a reading hangs on beside its key: a part of what is kept under it, or for whom it is made.
pub struct FollowedCache<K: Hash + Eq, V, P: Hash + Eq = ()> {
    values: Cache<K, V>,
    /// How often something of a key was told of, of each that has this number.
    changes: Box<[AtomicU64]>,
    hasher: RandomState,
    /// What is being read.
    flights: SingleFlight<(K, P, Asked), V>,
}

/// When something was asked for, as [`FollowedCache`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Asked(u64);

impl<K, V, P> FollowedCache<K, V, P>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    P: Hash + Eq + Clone + Send + Sync + 'static,
{
    /// Of `capacity` bytes as `weigh` says, beside what each takes in any case, and nothing for longer than `longest`, should nobody follow.
    pub fn new(capacity: u64, longest: Duration, weigh: fn(&V) -> usize) -> Self {
        let weigh = move |_: &K, value: &V| u32::try_from(weigh(value) + size_of::<(K, V)>()).unwrap_or(u32::MAX);
        let values = Cache::builder().max_capacity(capacity).weigher(weigh).time_to_live(longest).build();
        let changes = (0..COUNTERS).map(|_| AtomicU64::new(0)).collect();
        Self { values, changes, hasher: RandomState::new(), flights: SingleFlight::default() }
    }

    pub fn get(&self, key: &K) -> Option<V> {
        self.values.get(key)
    }

    /// What `read` has of the documents, which is kept, or what somebody else has who reads the same and was first. Not kept is what lacks
    /// something, or what a store only remembers: that may be from before a change that was told of.
    ///
    /// # Errors
    /// Those of the reading.
    pub async fn read(&self, key: &K, part: P, read: impl Future<Output = Result<V, Problem>>) -> Result<V, Problem> {
        let (asked, read) = (self.asked(key), Box::pin(read));
        let kept = async {
            let (value, seen) = stale::observe_all(read).await;
            note(seen);
            let value = value?;
            if seen.is_whole() {
                self.keep(asked, key, value.clone());
            }
            Ok(value)
        };
        self.flights.join((key.clone(), part, asked), kept).await
    }

    /// As [`FollowedCache::read`], where nothing is to be kept.
    ///
    /// # Errors
    /// Those of the reading.
    pub async fn join(&self, key: &K, part: P, read: impl Future<Output = Result<V, Problem>>) -> Result<V, Problem> {
        self.flights.join((key.clone(), part, self.asked(key)), read).await
    }

    /// To be taken before the documents are asked.
    pub fn asked(&self, key: &K) -> Asked {
        Asked(self.counter(key).map_or(0, |counter| counter.load(Ordering::SeqCst)))
    }

    /// Keeps what was read since, unless something of it has changed meanwhile.
    pub fn keep(&self, asked: Asked, key: &K, value: V) {
        if self.asked(key) != asked {
            return;
        }
        self.values.insert(key.clone(), value);
        if self.asked(key) != asked {
            self.values.invalidate(key);
        }
    }

    /// Something of this is another.
    pub fn forget(&self, key: &K) {
        if let Some(counter) = self.counter(key) {
            counter.fetch_add(1, Ordering::SeqCst);
        }
        self.values.invalidate(key);
    }

    /// Everything may be: what was told before is not known.
    pub fn forget_all(&self) {
        for counter in &self.changes {
            counter.fetch_add(1, Ordering::SeqCst);
        }
        self.values.invalidate_all();
    }

    fn counter(&self, key: &K) -> Option<&AtomicU64> {
        self.changes.get(self.hasher.hash_one(key) as usize % COUNTERS)
    }
}

impl<V, P> FollowedCache<ProfileId, V, P>
where
    V: Clone + Send + Sync + 'static,
    P: Hash + Eq + Clone + Send + Sync + 'static,
{
    /// Of what profiles keep: of accounts' nothing is here.
    pub fn told(&self, whose: Affected<'_>) {
        match whose {
            Affected::One(Audience::Profile(profile)) => self.forget(profile),
            Affected::One(Audience::Account(_) | Audience::Operators) => {}
            Affected::Anybody => self.forget_all(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use contract::Code;
    use futures::{FutureExt, future::join_all};
    use tokio::sync::Notify;

    use super::*;

    fn texts() -> FollowedCache<u32, &'static str> {
        FollowedCache::new(1 << 20, Duration::from_secs(60), |_| 1)
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let cache = texts();
        for change in [|cache: &FollowedCache<_, _>| cache.forget(&1), FollowedCache::forget_all] {
            let asked = cache.asked(&1);
            cache.keep(asked, &1, "before");
            assert_eq!(cache.get(&1), Some("before"));
            change(&cache);
            assert_eq!(cache.get(&1), None);
            cache.keep(asked, &1, "before");
            assert_eq!(cache.get(&1), None, "it was read before the change");
            cache.keep(cache.asked(&1), &1, "after");
            assert_eq!(cache.get(&1), Some("after"));
        }
    }

    #[test]
    fn a_change_of_one_leaves_others() {
        let cache: FollowedCache<u32, u32> = FollowedCache::new(1 << 20, Duration::from_secs(60), |_| 1);
        let keys: Vec<u32> = (0..100).collect();
        keys.iter().for_each(|key| cache.keep(cache.asked(key), key, *key));
        cache.forget(&7);
        let left: Vec<u32> = keys.iter().copied().filter(|key| cache.get(key).is_some()).collect();
        assert_eq!(left.len(), 99);
        assert!(!left.contains(&7));
    }

    #[tokio::test]
    async fn all_who_ask_at_once_are_read_for_once_and_a_failure_is_theirs_alone() {
        let (cache, readings) = (texts(), AtomicUsize::new(0));
        let read = |outcome: Result<&'static str, Code>| {
            let readings = &readings;
            async move {
                readings.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                outcome.map_err(Problem::new)
            }
        };
        for outcome in [Err(Code::Overloaded), Ok("read")] {
            let all = join_all((0..50).map(|_| cache.read(&1, (), read(outcome)))).await;
            assert!(all.into_iter().all(|answer| answer.map_err(|problem| problem.code) == outcome));
            assert_eq!(cache.get(&1), outcome.ok());
        }
        assert_eq!(readings.load(Ordering::SeqCst), 2);
        cache.join(&2, (), read(Ok("read"))).await.unwrap();
        assert_eq!(cache.get(&2), None);
    }

    #[tokio::test]
    async fn what_is_read_as_it_changes_is_for_those_who_asked_before() {
        let (cache, gate) = (texts(), Notify::new());
        let before = || async {
            gate.notified().await;
            Ok("before")
        };
        let (mut first, mut second) = (Box::pin(cache.read(&1, (), before())), Box::pin(cache.read(&1, (), before())));
        assert!(first.as_mut().now_or_never().is_none() && second.as_mut().now_or_never().is_none());
        cache.forget(&1);
        let after = cache.read(&1, (), async { Ok("after") }).now_or_never();
        assert_eq!(after.and_then(Result::ok), Some("after"));
        gate.notify_one();
        assert_eq!((first.await.ok(), second.await.ok()), (Some("before"), Some("before")));
        assert_eq!(cache.get(&1), Some("after"));
    }
}
