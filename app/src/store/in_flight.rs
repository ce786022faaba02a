//! The requests that are under way: a newer one takes the place of the older of its kind, which is given up.

use std::{
    collections::HashMap,
    mem::Discriminant,
    sync::{Arc, Mutex, PoisonError},
};

use futures::future::{AbortHandle, abortable};

/// Of one store or slice. Cheap to clone.
pub struct InFlight<R>(Arc<Mutex<HashMap<Discriminant<R>, AbortHandle>>>);

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

impl<R> InFlight<R> {
    /// What `sending` gives, or nothing where a newer request of the same kind was sent meanwhile. For requests that change
    /// nothing: one that is given up may have arrived.
    pub fn replace<F: Future>(&self, kind: Discriminant<R>, sending: F) -> impl Future<Output = Option<F::Output>> + use<R, F> {
        let (sending, handle) = abortable(sending);
        let older = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(kind, handle);
        if let Some(older) = older {
            older.abort();
        }
        async { sending.await.ok() }
    }
}

#[cfg(test)]
mod tests {
    use std::mem::discriminant;

    use futures::{FutureExt, channel::oneshot};

    use super::*;

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
}
