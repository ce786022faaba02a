//! What a store said last, for while it is away.
//!
//! Bounded in bytes and in time. Must never be asked while the store answers.

use std::time::Instant;

use moka::sync::Cache;

use super::{BELIEVED, stale};
use crate::storage::StoreError;

/// Bytes that one store's last words may take, about.
const CAPACITY: u64 = 16 * 1024 * 1024;

/// Last words by what was asked.
pub struct Memory<T>(Cache<Box<str>, (Instant, T)>);

impl<T: Clone + Send + Sync + 'static> Memory<T> {
    /// `weigh` is about how many bytes something takes.
    pub fn new(weigh: impl Fn(&T) -> usize + Send + Sync + 'static) -> Self {
        let kept = Cache::<Box<str>, (Instant, T)>::builder()
            .max_capacity(CAPACITY)
            .time_to_live(BELIEVED)
            .weigher(move |question, (_, said)| u32::try_from(question.len() + weigh(said)).unwrap_or(u32::MAX));
        Self(kept.build())
    }

    pub fn keep(&self, question: &str, said: T) {
        self.0.insert(question.into(), (Instant::now(), said));
    }

    pub fn forget(&self, question: &str) {
        self.0.invalidate(question);
    }

    /// What the store said to this, or what it said last where it is away and had said something.
    ///
    /// # Errors
    /// The store's, where it said nothing before, or its failure is not its absence.
    pub fn or_last(&self, question: &str, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        match outcome {
            Err(error @ StoreError::Unavailable { .. }) => {
                let (at, said) = self.0.get(question).ok_or(error)?;
                stale::note(at.elapsed());
                Ok(said)
            }
            Ok(said) => {
                self.keep(question, said.clone());
                Ok(said)
            }
            Err(
                error @ (StoreError::Conflict { .. }
                | StoreError::Contended { .. }
                | StoreError::Duplicate { .. }
                | StoreError::Invalid { .. }
                | StoreError::Corrupt { .. }),
            ) => Err(error),
        }
    }
}
