//! The requests that are under way: a newer one takes the place of the older of its kind, which is given up; or waits until it was
//! answered, where both change something and the order counts.

use std::{
    cell::RefCell,
    mem::Discriminant,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
};

use futures::{
    channel::oneshot,
    future::{AbortHandle, abortable, select},
};

/// A future of this page.
#[cfg(feature = "browser")]
pub type BoxedFuture<T> = std::pin::Pin<Box<dyn Future<Output = T>>>;

/// Of one store or slice. Cheap to clone.
pub struct InFlight<R>(Arc<Mutex<Vec<Sent<R>>>>);

/// A request, by its kind, and what ends it.
type Sent<R> = (Discriminant<R>, AbortHandle);

impl<R> Clone for InFlight<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R> Default for InFlight<R> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<R: 'static> InFlight<R> {
    /// Dispatches what `sending` gives. Of a `kind`, for requests that change nothing, only where no newer one was sent
    /// meanwhile.
    #[cfg(feature = "browser")]
    pub fn send<A: 'static>(&self, kind: Option<Discriminant<R>>, sending: BoxedFuture<A>, dispatch: impl FnOnce(A) + 'static) {
        let Some(kind) = kind else {
            return leptos::task::spawn_local(async move { dispatch(sending.await) });
        };
        let sending = self.replace(kind, sending);
        leptos::task::spawn_local(async move {
            if let Some(action) = sending.await {
                dispatch(action);
            }
        });
    }

    /// What `sending` gives, or nothing where a newer request of the same kind was sent meanwhile. For requests that change
    /// nothing: one that is given up may have arrived.
    fn replace<F: Future>(&self, kind: Discriminant<R>, sending: F) -> impl Future<Output = Option<F::Output>> + use<R, F> {
        let (sending, handle) = abortable(sending);
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A few kinds: a map would be more code than it saves time.
        if let Some((_, older)) = sent.iter_mut().find(|(other, _)| *other == kind) {
            std::mem::replace(older, handle).abort();
        } else {
            sent.push((kind, handle));
        }
        drop(sent);
        async { sending.await.ok() }
    }
}

/// Those that go one after another, in the order in which they joined.
#[derive(Default)]
pub struct Queue(RefCell<Option<oneshot::Receiver<()>>>);

/// A place in a queue: it is the next one's turn once this is gone, also where it is given up before it came.
pub struct Turn {
    before: Option<oneshot::Receiver<()>>,
    _ends: oneshot::Sender<()>,
}

impl Queue {
    pub fn join(&self) -> Turn {
        let (ends, ended) = oneshot::channel();
        Turn { before: self.0.replace(Some(ended)), _ends: ends }
    }
}

impl Turn {
    /// Waits until it has come, but no longer than `patience`; it lasts until what is given back is gone.
    pub async fn come(mut self, patience: impl Future) -> Self {
        if let Some(before) = self.before.take() {
            // Nothing is ever sent: it ends as the one before is gone.
            select(before, pin!(patience)).await;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use std::mem::discriminant;

    use futures::{FutureExt, executor::LocalPool, task::LocalSpawnExt};

    use super::*;

    #[test]
    fn nobody_waits_for_ever_behind_one_that_hangs() {
        let queue = Queue::default();
        let _hangs = queue.join();
        assert!(queue.join().come(async {}).now_or_never().is_some());
    }

    enum Request {
        Search,
        Home,
    }

    #[test]
    fn a_newer_request_of_the_same_kind_ends_the_older_and_no_other() {
        let in_flight = InFlight::default();
        let (_older, waiting) = oneshot::channel::<()>();
        let older = in_flight.replace(discriminant(&Request::Search), waiting);
        let (home, waiting) = oneshot::channel();
        let at_home = in_flight.replace(discriminant(&Request::Home), waiting);
        let newer = in_flight.replace(discriminant(&Request::Search), async { 3 });
        assert_eq!(older.now_or_never(), Some(None));
        assert_eq!(newer.now_or_never(), Some(Some(3)));
        home.send(()).unwrap();
        assert_eq!(at_home.now_or_never(), Some(Some(Ok(()))));
    }

    #[test]
    fn in_a_queue_the_later_waits_until_the_earlier_was_answered_or_given_up() {
        let (queue, said) = (Queue::default(), std::rc::Rc::new(RefCell::new(Vec::new())));
        let (answers, waiting): (Vec<_>, Vec<_>) = (0..3).map(|_| oneshot::channel::<()>()).unzip();
        let mut pool = LocalPool::new();
        for (name, waiting) in (0..).zip(waiting) {
            let (turn, said) = (queue.join(), std::rc::Rc::clone(&said));
            let sending = async move {
                let _turn = turn.come(std::future::pending::<()>()).await;
                said.borrow_mut().push(format!("sent {name}"));
                let _ = waiting.await;
                said.borrow_mut().push(format!("answered {name}"));
            };
            pool.spawner().spawn_local(sending).unwrap();
        }
        pool.run_until_stalled();
        assert_eq!(*said.borrow(), ["sent 0"]);
        let mut answers = answers.into_iter();
        drop(answers.next());
        pool.run_until_stalled();
        assert_eq!(*said.borrow(), ["sent 0", "answered 0", "sent 1"]);
        answers.for_each(drop);
        pool.run_until_stalled();
        assert_eq!(said.borrow()[3..], ["answered 1", "sent 2", "answered 2"]);
    }
}
