//! A cache of what was read of documents, for whoever hears of every change of them: what is kept is let go of with the change that it is
//! told of, not with time.
//!
//! Must never keep what was read before a change that was told of meanwhile: a reader counts the changes before they read
//! ([`FollowedCache::asked`]), and what they read is kept only where nothing has changed since.

use std::{
    future::Future,
    hash::{BuildHasher, Hash, RandomState},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use contract::ids::ProfileId;
use moka::sync::Cache;
use storage::guard::stale;

use super::feeds::{Audience, Told};

/// Keys share as many counters of their changes.
const COUNTERS: usize = 4096;

/// See the module above.
pub struct FollowedCache<K, V> {
    values: Cache<K, V>,
    /// How often something of a key was told of, of each that has this number.
    changes: Box<[AtomicU64]>,
    hasher: RandomState,
}

/// When something was asked for, as [`FollowedCache`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked(u64);

impl<K, V> FollowedCache<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Of `capacity` bytes as `weigh` says, beside what each takes in any case, and nothing for longer than `longest`, should nobody follow.
    pub fn new(capacity: u64, longest: Duration, weigh: fn(&V) -> usize) -> Self {
        let weigh = move |_: &K, value: &V| u32::try_from(weigh(value) + size_of::<(K, V)>()).unwrap_or(u32::MAX);
        let values = Cache::builder().max_capacity(capacity).weigher(weigh).time_to_live(longest).build();
        Self { values, changes: (0..COUNTERS).map(|_| AtomicU64::new(0)).collect(), hasher: RandomState::new() }
    }

    pub fn get(&self, key: &K) -> Option<V> {
        self.values.get(key)
    }

    /// What `read` has of the documents, which is kept. Not so what a store only remembers: that may be from before a change that was
    /// told of.
    ///
    /// # Errors
    /// Those of `read`.
    pub async fn read<E>(&self, key: &K, read: impl Future<Output = Result<V, E>>) -> Result<V, E> {
        let asked = self.asked(key);
        let (value, age) = stale::observe(read).await;
        age.inspect(|age| stale::note(*age));
        let value = value?;
        if age.is_none() {
            self.keep(asked, key, value.clone());
        }
        Ok(value)
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

impl<V: Clone + Send + Sync + 'static> FollowedCache<ProfileId, V> {
    /// Of what profiles keep: of accounts' nothing is here.
    pub fn told(&self, whose: Told<'_>) {
        match whose {
            Told::To(Audience::Profile(profile)) => self.forget(profile),
            Told::To(Audience::Account(_) | Audience::Operators) => {}
            Told::Unknown => self.forget_all(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let cache = FollowedCache::new(1 << 20, Duration::from_secs(60), |_: &&str| 1);
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
        let cache = FollowedCache::new(1 << 20, Duration::from_secs(60), |_: &u32| 1);
        let keys: Vec<u32> = (0..100).collect();
        keys.iter().for_each(|key| cache.keep(cache.asked(key), key, *key));
        cache.forget(&7);
        let left: Vec<u32> = keys.iter().copied().filter(|key| cache.get(key).is_some()).collect();
        assert_eq!(left.len(), 99);
        assert!(!left.contains(&7));
    }
}
