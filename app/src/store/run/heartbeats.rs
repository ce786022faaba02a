//! What is told of playback sessions goes one after another: a session that is over, or that another one replaced, takes no heartbeat,
//! and connections keep no order.

use gloo_timers::future::TimeoutFuture;

use crate::store::{
    Request,
    in_flight::{Queue, Turn},
};

thread_local! {
    static ORDER: Queue = Queue::default();
}

/// Waits until it is this request's turn, which lasts until what is given is gone. Other requests wait for nothing.
pub async fn turn_of(request: &Request) -> Option<Turn> {
    let replaces = match request {
        Request::SaveProgress(_) | Request::SaveLast(_) => false,
        Request::Playback { call, .. } => call.replaces.is_some(),
        _ => return None,
    };
    if replaces {
        // The player of the session that is replaced says its last word as it goes, a moment after the next is asked for.
        TimeoutFuture::new(0).await;
    }
    Some(ORDER.with(Queue::join).come().await)
}
