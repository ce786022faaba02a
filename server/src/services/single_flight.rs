//! Single flight: what several ask for at once is read once for all of them.
//!
//! The first does the work, and the others wait for it. Where they go away in the middle of it, the next of those who wait begins it
//! anew. What it comes to is for those who waited: a failure is kept for nobody, and whoever asks after it begins anew.
//! Must never join questions whose answers may differ: all that an answer hangs on is in the key.

use std::{
    collections::HashMap,
    future::Future,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use contract::Problem;
use storage::guard::stale::{self, Seen};
use tokio::sync::OnceCell;

/// What the work came to, and what was noted of it.
type Flight<V> = Arc<OnceCell<(Result<V, Problem>, Seen)>>;

/// What is being read.
pub struct SingleFlight<K: Hash + Eq, V>(Mutex<HashMap<K, Flight<V>>>);

/// One who waits for a flight, or does its work, until this is dropped.
struct Seat<'a, K: Hash + Eq, V> {
    flights: &'a SingleFlight<K, V>,
    key: K,
    flight: Flight<V>,
}

impl<K: Hash + Eq, V> Default for SingleFlight<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Hash + Eq + Clone, V: Clone> SingleFlight<K, V> {
    /// What `work` comes to, or the work of somebody who asks for the same and was first.
    ///
    /// # Errors
    /// Those of the work that was done.
    pub async fn join(&self, key: K, work: impl Future<Output = Result<V, Problem>>) -> Result<V, Problem> {
        let seat = self.board(key);
        // On the heap: what is read is deep, and each who waits would have it on the stack.
        let work = Box::pin(work);
        let flown = async {
            let landed = stale::observe_all(work).await;
            seat.leave(|_| true);
            landed
        };
        let (outcome, seen) = seat.flight.get_or_init(|| flown).await;
        note(*seen);
        outcome.clone()
    }

    fn board(&self, key: K) -> Seat<'_, K, V> {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let flight = Arc::clone(flights.entry(key.clone()).or_default());
        Seat { flights: self, key, flight }
    }
}

impl<K: Hash + Eq, V> Seat<'_, K, V> {
    /// Lets nobody board this flight any more, where `is_due` says so.
    fn leave(&self, is_due: impl FnOnce(&Flight<V>) -> bool) {
        let mut flights = self.flights.0.lock().unwrap_or_else(PoisonError::into_inner);
        if flights.get(&self.key).is_some_and(|flight| Arc::ptr_eq(flight, &self.flight) && is_due(flight)) {
            flights.remove(&self.key);
        }
    }
}

impl<K: Hash + Eq, V> Drop for Seat<'_, K, V> {
    fn drop(&mut self) {
        // The last: nobody else has it but the table.
        self.leave(|flight| Arc::strong_count(flight) <= 2);
    }
}

/// Notes for whoever asked what was noted of the work.
pub fn note(seen: Seen) {
    if let Some(age) = seen.age {
        stale::note(age);
    }
    if seen.is_partial {
        stale::note_partial();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering::SeqCst},
        time::Duration,
    };

    use contract::Code;
    use futures::{FutureExt, future::join_all};
    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn what_many_ask_for_at_once_is_done_once_and_nothing_of_it_is_left() {
        let (flights, done) = (SingleFlight::<u8, u8>::default(), AtomicUsize::new(0));
        let work = |outcome: Result<u8, Problem>| {
            let done = &done;
            async move {
                done.fetch_add(1, SeqCst);
                tokio::task::yield_now().await;
                stale::note(Duration::from_secs(7));
                outcome
            }
        };
        for (outcome, expected) in [(Ok(7), Ok(7)), (Err(Problem::new(Code::Overloaded)), Err(Code::Overloaded))] {
            let before = done.load(SeqCst);
            let ask = || stale::observe(flights.join(1, work(outcome.clone())));
            for (answer, age) in join_all((0..50).map(|_| ask())).await {
                assert_eq!(answer.map_err(|problem| problem.code), expected);
                assert_eq!(age, Some(Duration::from_secs(7)), "whoever waited knows what was noted");
            }
            assert_eq!(done.load(SeqCst), before + 1);
            assert!(flights.0.lock().unwrap().is_empty());
            drop(ask().await);
            assert_eq!(done.load(SeqCst), before + 2, "whoever comes later begins anew");
        }
        join_all((0..4).map(|key| flights.join(key, work(Ok(key))))).await;
        assert_eq!(done.load(SeqCst), 8, "what is not the same is not joined");
    }

    #[tokio::test]
    async fn whoever_goes_away_leaves_the_others_going() {
        let (flights, gate, done) = (SingleFlight::<u8, &str>::default(), Notify::new(), AtomicUsize::new(0));
        let work = || async {
            done.fetch_add(1, SeqCst);
            gate.notified().await;
            Ok("done")
        };
        let mut first = Box::pin(flights.join(1, work()));
        let (mut second, mut third) = (Box::pin(flights.join(1, work())), Box::pin(flights.join(1, work())));
        assert!(first.as_mut().now_or_never().is_none() && second.as_mut().now_or_never().is_none());
        assert!(third.as_mut().now_or_never().is_none());
        assert_eq!(done.load(SeqCst), 1);
        drop(first);
        drop(third);
        assert!(second.as_mut().now_or_never().is_none());
        assert_eq!(done.load(SeqCst), 2, "the next does it");
        gate.notify_one();
        assert_eq!(second.await.ok(), Some("done"));
        let mut alone = Box::pin(flights.join(2, work()));
        assert!(alone.as_mut().now_or_never().is_none());
        drop(alone);
        assert!(flights.0.lock().unwrap().is_empty());
    }
}
