//! How much is held of large requests at once, of one sender and of all: known before anything of a body is read.
//!
//! A call that takes a file takes megabytes from the first byte that is read until its handler ends, also while it waits for others.
//! Who sends more at once than is held of one, or when as much is held as of all, is told at once to come back. Bodies up to [`LARGE`]
//! are bounded by the number of requests alone.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::http::{HeaderMap, header};
use contract::{Call, Code, Problem, ids::AccountId};

use crate::{context::RequestContext, network::Network};

/// Bytes of a body up to which nothing is counted.
const LARGE: usize = 256 * 1024;
/// Bytes that are held of one sender, and of all.
const OF_ONE: usize = 16 * 1024 * 1024;
const OF_ALL: usize = 256 * 1024 * 1024;
/// Seconds after which whoever is refused may try again.
const AGAIN: u32 = 5;

/// Whose large requests are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Sender {
    /// All profiles of it.
    Account(AccountId),
    /// Whoever has no account, by where they are: a new cookie buys nothing.
    Guests(Network),
}

impl Sender {
    pub fn of(context: &RequestContext) -> Self {
        match &context.viewer.member {
            Some(member) => Self::Account(member.account.clone()),
            None => Self::Guests(Network::of(context.caller.address)),
        }
    }
}

/// What is held in this process. Cheap to clone.
#[derive(Clone, Default)]
pub struct Bodies(Arc<Mutex<Bytes>>);

#[derive(Default)]
struct Bytes {
    all: usize,
    by_sender: HashMap<Sender, usize>,
}

/// Room for one body, until this is dropped.
pub struct BodyRoom {
    bodies: Bodies,
    sender: Sender,
    bytes: usize,
}

impl Bodies {
    /// Room for the body of a call that comes with these headers; nothing where it takes too little to count. A body that does not say
    /// how long it is counts as the longest that its call takes.
    ///
    /// # Errors
    /// `overloaded`.
    pub fn room_for<C: Call>(&self, context: &RequestContext, headers: &HeaderMap) -> Result<Option<BodyRoom>, Problem> {
        let said = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let bytes = C::BODY_LIMIT.min(said.unwrap_or(usize::MAX));
        if !C::METHOD.has_body() || bytes <= LARGE {
            return Ok(None);
        }
        self.claim(Sender::of(context), bytes).map(Some)
    }

    fn claim(&self, sender: Sender, bytes: usize) -> Result<BodyRoom, Problem> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_one = held.by_sender.get(&sender).copied().unwrap_or(0) + bytes;
        if of_one > OF_ONE || held.all + bytes > OF_ALL {
            return Err(Problem::new(Code::Overloaded).with_retry_after(AGAIN));
        }
        held.all += bytes;
        held.by_sender.insert(sender.clone(), of_one);
        Ok(BodyRoom { bodies: self.clone(), sender, bytes })
    }
}

impl Drop for BodyRoom {
    fn drop(&mut self) {
        let mut held = self.bodies.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.all -= self.bytes;
        if let Some(of_one) = held.by_sender.get_mut(&self.sender) {
            *of_one -= self.bytes;
            if *of_one == 0 {
                held.by_sender.remove(&self.sender);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::{Extension, body::Body};
    use contract::{
        bounds,
        library::{ImportLibrary, ImportReport, SaveSnapshot},
    };
    use futures::{FutureExt, future::join_all, stream};
    use storage::events::Events;
    use tokio::sync::Semaphore;
    use tower::ServiceExt;

    use super::*;
    use crate::{
        context::Viewer,
        mount::{Dispatcher, Mount},
    };

    fn guest(address: [u8; 4]) -> RequestContext {
        let mut context = RequestContext::of(Viewer::guest("p".parse().unwrap(), false, Arc::default()), Dispatcher::default());
        context.caller.address = address.into();
        context
    }

    fn length(bytes: usize) -> HeaderMap {
        HeaderMap::from_iter([(header::CONTENT_LENGTH, bytes.into())])
    }

    #[test]
    fn one_sender_and_all_together_hold_so_much_and_give_it_back() {
        let (bodies, ada, unsaid) = (Bodies::default(), guest([192, 0, 2, 1]), HeaderMap::new());
        let room = |context: &RequestContext, headers: &HeaderMap| bodies.room_for::<ImportLibrary>(context, headers);
        let small: Vec<_> = (0..10_000).map(|_| room(&ada, &length(LARGE)).unwrap()).collect();
        assert!(small.iter().all(Option::is_none));
        let mut files: Vec<_> = (0..OF_ONE / bounds::FILE).map(|_| room(&ada, &unsaid).unwrap().unwrap()).collect();
        let refused = room(&ada, &length(LARGE + 1)).err().unwrap();
        assert_eq!((refused.code, refused.retry_after), (Code::Overloaded, Some(AGAIN)));
        assert!(bodies.room_for::<SaveSnapshot>(&ada, &unsaid).unwrap().is_none(), "its longest is no large one");
        let others: Vec<_> = (2..).map_while(|of| room(&guest([192, 0, 2, of]), &length(usize::MAX)).ok()).collect();
        assert_eq!(others.len() + files.len(), OF_ALL / bounds::FILE);
        files.pop();
        assert!(room(&ada, &unsaid).is_ok());
        drop((files, others));
        let held = bodies.0.lock().unwrap();
        assert_eq!((held.all, held.by_sender.len()), (0, 0));
    }

    #[tokio::test]
    async fn a_body_beyond_what_is_held_of_one_sender_is_refused_before_it_is_read_and_held_until_the_handler_ends() {
        let (gate, taken) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
        let waits = Arc::clone(&gate);
        let mut mount = Mount::new(Dispatcher::default(), Events::default());
        mount.call(move |_, _: ImportLibrary| {
            let waits = Arc::clone(&waits);
            async move {
                drop(waits.acquire().await);
                Ok(ImportReport::default())
            }
        });
        let router = mount.finish().router;
        let ask = |address| {
            let counted = Arc::clone(&taken);
            let body = stream::once(async move {
                counted.fetch_add(1, Ordering::SeqCst);
                Ok::<_, std::io::Error>(r#"{ "format": "csv", "into": "history", "text": "Title" }"#)
            });
            let request = http::Request::post(ImportLibrary::PATH).header(header::CONTENT_TYPE, "application/json");
            let request = request.body(Body::from_stream(body)).unwrap();
            Box::pin(router.clone().layer(Extension(guest(address))).oneshot(request))
        };
        // None says how long it is.
        let mut waiting: Vec<_> = (0..OF_ONE / bounds::FILE).map(|_| ask([192, 0, 2, 1])).collect();
        assert!(waiting.iter_mut().all(|one| one.as_mut().now_or_never().is_none()));
        let read = taken.load(Ordering::SeqCst);
        assert_eq!(read, waiting.len());
        let refused = ask([192, 0, 2, 1]).await.unwrap();
        assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].as_bytes()), (503, &b"5"[..]));
        assert_eq!(taken.load(Ordering::SeqCst), read, "nothing of it was read");
        let mut other = ask([192, 0, 2, 2]);
        assert!(other.as_mut().now_or_never().is_none());
        assert_eq!(taken.load(Ordering::SeqCst), read + 1);
        // One of them is for the other, which nobody asks again.
        gate.add_permits(2);
        assert!(join_all(waiting).await.into_iter().all(|answer| answer.unwrap().status() == 200));
        assert_eq!(ask([192, 0, 2, 1]).await.unwrap().status(), 200);
    }
}
