//! A body that holds its request's slot until it is sent, and lets go of everything when the slot is taken away.
//!
//! Whoever sends a body drops it when nothing of it is left to be sent: over HTTP/2 the last piece waits beside it for a window.
//! What was read ahead, the open file and the slot go at once, also while nobody reads; the client then sees an answer that
//! is cut off. Must never count time against a client while the server is the one who has nothing to give.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    response::Response,
};
use http_body::{Frame, SizeHint};

use crate::{
    connections::Connection,
    slots::{Ends, Slot},
};

/// Gives the slot to the body; nothing is left to hold it where there is none.
pub fn hold(response: Response, slot: Slot, connection: Option<Connection>) -> Response {
    if response.body().is_end_stream() {
        return response;
    }
    response.map(|body| Body::new(SlotBody::new(body, slot, connection)))
}

struct SlotBody(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    /// What the bytes go out over.
    connection: Option<Connection>,
}

enum State {
    /// Without a body once that is read to its end: the last piece may still wait for its client.
    Sending(Option<Body>, Slot),
    /// The place was taken away before the end.
    BrokenOff,
}

impl SlotBody {
    fn new(body: Body, slot: Slot, connection: Option<Connection>) -> Self {
        // The head is there: from here on it is the client's turn.
        slot.entry().moved();
        let inner = Arc::new_cyclic(|inner: &Weak<Inner>| {
            let told: Weak<dyn Ends> = Weak::<Inner>::clone(inner);
            slot.tell(told);
            Inner { state: Mutex::new(State::Sending(Some(body), slot)), connection }
        });
        Self(inner)
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        // A body that panicked is not polled again.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ends for Inner {
    fn end(&self) {
        let mut state = self.state();
        let before = match *state {
            State::Sending(..) => std::mem::replace(&mut *state, State::BrokenOff),
            State::BrokenOff => return,
        };
        drop(state);
        // Dropping it gives back the slot, whose table must not be waited for under our lock.
        drop(before);
        if let Some(connection) = &self.connection {
            connection.broke_off();
        }
    }
}

impl Drop for SlotBody {
    fn drop(&mut self) {
        if let (State::BrokenOff, Some(connection)) = (&*self.0.state(), &self.0.connection) {
            connection.let_go();
        }
    }
}

impl HttpBody for SlotBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut state = self.0.state();
        let (polled, is_over) = match &mut *state {
            State::Sending(Some(body), slot) => {
                let polled = Pin::new(&mut *body).poll_frame(context);
                match &polled {
                    Poll::Pending => slot.entry().at_work(),
                    Poll::Ready(_) => slot.entry().moved(),
                }
                let is_over = match &polled {
                    Poll::Pending => false,
                    Poll::Ready(Some(Ok(_))) => body.is_end_stream(),
                    Poll::Ready(None | Some(Err(_))) => true,
                };
                (polled, is_over)
            }
            State::Sending(None, _) => return Poll::Ready(None),
            State::BrokenOff => return Poll::Ready(Some(Err(axum::Error::new(io::Error::from(io::ErrorKind::TimedOut))))),
        };
        if is_over && let State::Sending(body, _) = &mut *state {
            let body = body.take();
            drop(state);
            // The file behind it is closed at once.
            drop(body);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        match &*self.0.state() {
            State::Sending(Some(body), _) => body.is_end_stream(),
            State::Sending(None, _) => true,
            State::BrokenOff => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &*self.0.state() {
            State::Sending(Some(body), _) => body.size_hint(),
            State::Sending(None, _) => SizeHint::with_exact(0),
            State::BrokenOff => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::{StreamExt, stream};
    use http_body_util::BodyExt;

    use super::*;
    use crate::slots::{Bounds, Slots};

    fn one_place() -> Slots {
        Slots::new(Bounds { most: 1, most_of_one: 1, grace: Duration::from_secs(1) })
    }

    fn chunks() -> Body {
        Body::from_stream(stream::iter(["one", "two"].map(Ok::<_, io::Error>)))
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_is_held_until_the_last_byte_is_sent_or_nobody_reads_any_more() {
        let places = one_place();
        let mut response = hold(Response::new(chunks()), places.claim(None).unwrap(), None);
        assert_eq!(places.taken(), 1);
        assert_eq!(response.body_mut().frame().await.unwrap().unwrap().into_data().unwrap(), "one");
        assert_eq!(places.taken(), 1);
        assert_eq!(response.body_mut().collect().await.unwrap().to_bytes(), "two");
        assert_eq!(places.taken(), 1, "whoever sends it has the last piece in hand");
        drop(response);
        assert_eq!(places.taken(), 0);

        let dropped = hold(Response::new(chunks()), places.claim(None).unwrap(), None);
        assert_eq!(places.taken(), 1);
        drop(dropped);
        assert_eq!(places.taken(), 0);
        drop(hold(Response::new(Body::empty()), places.claim(None).unwrap(), None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_that_is_taken_away_lets_go_of_the_body_without_its_being_read() {
        let places = one_place();
        let (held, gone) = tokio::sync::oneshot::channel::<()>();
        let body = Body::from_stream(stream::iter([Ok::<_, io::Error>("one")]).chain(stream::once(async move {
            drop(held);
            Ok("two")
        })));
        let mut response = hold(Response::new(body), places.claim(None).unwrap(), None);
        response.body_mut().frame().await.unwrap().unwrap();
        tokio::time::advance(Duration::from_secs(1)).await;
        let second = places.claim(None);
        assert!(second.is_ok());
        assert!(gone.await.is_err(), "what the body held is dropped");
        assert!(response.body_mut().frame().await.unwrap().is_err(), "never a whole answer");
    }

    #[tokio::test(start_paused = true)]
    async fn a_last_piece_that_waits_for_its_client_gives_its_place_away() {
        let places = one_place();
        let mut response = hold(Response::new(Body::from("all")), places.claim(None).unwrap(), None);
        assert_eq!(response.body_mut().frame().await.unwrap().unwrap().into_data().unwrap(), "all");
        assert!(response.body().is_end_stream(), "so that it is sent as the last one");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(places.claim(None).is_ok());
        assert_eq!(places.taken(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn time_that_the_server_takes_is_not_held_against_the_client() {
        let places = one_place();
        let body = Body::from_stream(stream::pending::<Result<Bytes, io::Error>>());
        let mut response = hold(Response::new(body), places.claim(None).unwrap(), None);
        let waiting = tokio::spawn(async move { response.body_mut().frame().await.map(drop) });
        tokio::task::yield_now().await;
        tokio::time::advance(Duration::from_secs(600)).await;
        assert!(places.claim(None).is_err());
        waiting.abort();
    }
}
