//! A fair queue: work that only some may do at once, in turns by whoever it is for (fair queuing, a bulkhead between tenants).
//!
//! Each key has one turn at a time and one place in the queue for all who ask by it: who asks a hundred times at once waits for
//! themselves, and others for one turn of theirs. Long work is done in slices with a turn for each. More than so many of one key are
//! refused at once. Of this process alone. Must never be asked for a turn by whoever has one of the same key: they would wait for themselves.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use contract::{Code, Problem};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Seconds after which whoever is refused may try again.
const AGAIN: u32 = 5;

/// The queue. Cheap to clone.
pub struct FairQueue<K: Hash + Eq>(Arc<Inner<K>>);

struct Inner<K: Hash + Eq> {
    /// Who has or waits for a turn, by key.
    parties: Mutex<HashMap<K, Party>>,
    /// In the order in which keys came to ask: a key is among those who wait once at most.
    turns: Arc<Semaphore>,
    most_of_one: usize,
}

/// Those of one key.
struct Party {
    alone: Arc<Semaphore>,
    members: usize,
}

/// Somebody of a party, until this is dropped.
struct Member<K: Hash + Eq> {
    queue: Arc<Inner<K>>,
    key: K,
}

/// That a slice of work may be done, until this is dropped. Fields go in this order: others before those of the same key.
pub struct Turn<K: Hash + Eq> {
    _turn: OwnedSemaphorePermit,
    _alone: OwnedSemaphorePermit,
    _member: Member<K>,
}

/// Too many of the same key wait already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many wait for the same")]
pub struct Crowded;

impl From<Crowded> for Problem {
    fn from(_: Crowded) -> Self {
        Self::new(Code::Overloaded).with_retry_after(AGAIN)
    }
}

impl<K: Hash + Eq> Clone for FairQueue<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Hash + Eq + Clone> FairQueue<K> {
    /// With so many turns at once, for which so many of one key wait or have one.
    pub fn new(at_once: usize, most_of_one: usize) -> Self {
        Self(Arc::new(Inner { parties: Mutex::default(), turns: Arc::new(Semaphore::new(at_once)), most_of_one }))
    }

    /// Waits for a turn: behind those of the same key who wait, and of others behind one turn of each who waits.
    ///
    /// # Errors
    /// [`Crowded`], at once.
    pub async fn turn(&self, key: &K) -> Result<Turn<K>, Crowded> {
        let (member, alone) = self.enter(key)?;
        // Neither is ever closed.
        let alone = alone.acquire_owned().await.map_err(|_| Crowded)?;
        let turn = Arc::clone(&self.0.turns).acquire_owned().await.map_err(|_| Crowded)?;
        Ok(Turn { _turn: turn, _alone: alone, _member: member })
    }

    fn enter(&self, key: &K) -> Result<(Member<K>, Arc<Semaphore>), Crowded> {
        let mut parties = self.0.parties.lock().unwrap_or_else(PoisonError::into_inner);
        let party = parties.entry(key.clone()).or_insert_with(|| Party { alone: Arc::new(Semaphore::new(1)), members: 0 });
        if party.members >= self.0.most_of_one {
            return Err(Crowded);
        }
        party.members += 1;
        Ok((Member { queue: Arc::clone(&self.0), key: key.clone() }, Arc::clone(&party.alone)))
    }
}

impl<K: Hash + Eq> Drop for Member<K> {
    fn drop(&mut self) {
        let mut parties = self.queue.parties.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(party) = parties.get_mut(&self.key) {
            party.members -= 1;
            if party.members == 0 {
                parties.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, future::join_all};

    use super::*;

    #[tokio::test]
    async fn keys_take_turns_however_often_one_of_them_asks() {
        let (queue, order) = (FairQueue::new(1, 100), Mutex::new(Vec::new()));
        let work = async |who: &'static str, slices: usize| {
            for _ in 0..slices {
                let _turn = queue.turn(&who).await.unwrap();
                order.lock().unwrap().push(who);
                tokio::task::yield_now().await;
            }
        };
        let many = join_all((0..20).map(|_| work("eve", 3)));
        futures::join!(many, work("ada", 3), work("bob", 1));
        let order = order.into_inner().unwrap();
        assert_eq!(order[..7], ["eve", "ada", "bob", "eve", "ada", "eve", "ada"], "{order:?}");
        assert_eq!(order.len(), 64);
        assert!(queue.0.parties.lock().unwrap().is_empty(), "nothing is kept of who is done");
    }

    #[tokio::test]
    async fn a_key_has_one_turn_at_a_time_and_others_find_one_free() {
        let queue = FairQueue::new(2, 100);
        let first = queue.turn(&"eve").now_or_never();
        let mut second = Box::pin(queue.turn(&"eve"));
        assert!(first.is_some() && second.as_mut().now_or_never().is_none());
        let other = queue.turn(&"ada").now_or_never();
        assert!(other.is_some());
        assert!(queue.turn(&"bob").now_or_never().is_none(), "both are taken");
        drop(other);
        assert!(second.as_mut().now_or_never().is_none());
        drop(first);
        assert!(second.now_or_never().is_some());
    }

    #[tokio::test]
    async fn more_of_one_key_than_may_wait_are_refused_at_once_and_who_gives_up_makes_room() {
        let queue = FairQueue::new(2, 2);
        let first = queue.turn(&"eve").now_or_never().unwrap().ok();
        let mut waiting = Box::pin(queue.turn(&"eve"));
        assert!(waiting.as_mut().now_or_never().is_none());
        let refused = queue.turn(&"eve").now_or_never().unwrap().err().unwrap();
        assert_eq!((Problem::from(refused).code, refused), (Code::Overloaded, Crowded));
        assert!(queue.turn(&"ada").now_or_never().unwrap().is_ok());
        drop(waiting);
        let mut next = Box::pin(queue.turn(&"eve"));
        assert!(next.as_mut().now_or_never().is_none());
        drop(first);
        assert!(next.await.is_ok());
    }
}
