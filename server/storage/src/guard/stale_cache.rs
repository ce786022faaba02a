//! What a store answered last, for while it is away: stale-if-error (RFC 5861, section 4).
//!
//! Bounded in bytes and in time. Reads and writes are numbered, so that a read that began before a write, and ends after it,
//! never covers what was written. Must never be asked while the store answers.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use moka::{ops::compute::Op, sync::Cache};

use super::{BELIEVED, stale};
use crate::StoreError;

/// Bytes that one store's answers may take, about.
const CAPACITY: u64 = 16 * 1024 * 1024;

/// What a store answered, by what was asked.
pub struct StaleCache<T> {
    kept: Cache<Box<str>, Entry<T>>,
    next: AtomicU64,
}

#[derive(Clone)]
struct Entry<T> {
    number: u64,
    at: Instant,
    /// Nothing where it was written and is not known since.
    value: Option<T>,
}

/// When a read began, among the reads and writes of one store.
#[derive(Clone, Copy, Debug)]
pub struct Begun(u64);

impl<T: Clone + Send + Sync + 'static> StaleCache<T> {
    /// `weigh` is about how many bytes something takes.
    pub fn new(weigh: impl Fn(&T) -> usize + Send + Sync + 'static) -> Self {
        let kept = Cache::<Box<str>, Entry<T>>::builder()
            .max_capacity(CAPACITY)
            .time_to_live(BELIEVED)
            .weigher(move |question, kept| {
                u32::try_from(question.len() + kept.value.as_ref().map_or(0, &weigh)).unwrap_or(u32::MAX)
            })
            .build();
        Self { kept, next: AtomicU64::new(0) }
    }

    /// To be called before the store is asked, for [`StaleCache::stale_if_error`].
    pub fn begin(&self) -> Begun {
        Begun(self.next.fetch_add(1, Ordering::AcqRel))
    }

    /// This was written, and the store has acknowledged it.
    pub fn keep(&self, question: &str, value: T) {
        self.put(question, self.begin(), Some(value));
    }

    /// Something else was written, and nobody has read it since.
    pub fn forget(&self, question: &str) {
        self.put(question, self.begin(), None);
    }

    /// What the store answers to this, or what it answered last where it is away and had answered.
    ///
    /// # Errors
    /// The store's, where it answered nothing before, or its failure is not its absence.
    pub fn stale_if_error(&self, question: &str, begun: Begun, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        match outcome {
            Err(error @ StoreError::Unavailable { .. }) => {
                let Some(Entry { at, value: Some(value), .. }) = self.kept.get(question) else { return Err(error) };
                stale::note(at.elapsed());
                Ok(value)
            }
            Ok(value) => {
                self.put(question, begun, Some(value.clone()));
                Ok(value)
            }
            Err(
                error @ (StoreError::Conflict { .. }
                | StoreError::Contended { .. }
                | StoreError::Duplicate { .. }
                | StoreError::Full { .. }
                | StoreError::Denied { .. }
                | StoreError::Invalid { .. }
                | StoreError::Corrupt { .. }),
            ) => Err(error),
        }
    }

    fn put(&self, question: &str, Begun(number): Begun, value: Option<T>) {
        self.kept.entry(question.into()).and_compute_with(|before| match before {
            Some(before) if before.value().number > number => Op::Nop,
            Some(_) | None => Op::Put(Entry { number, at: Instant::now(), value }),
        });
    }
}
