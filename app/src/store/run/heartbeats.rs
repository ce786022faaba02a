//! What is told of playback sessions goes one after another: a session that is over, or that another one replaced, takes no heartbeat,
//! and connections keep no order.

use std::cell::Cell;

use gloo_timers::future::TimeoutFuture;

use crate::store::{
    Request,
    in_flight::{Queue, Turn},
};

/// How long is waited for the one before: over a connection that hangs, the next film begins without it.
const PATIENCE_MILLISECONDS: u32 = 3_000;

thread_local! {
    static ORDER: Queue = Queue::default();
    /// How many words on a session were to be sent.
    static TOLD: Cell<u32> = const { Cell::new(0) };
}

/// A heartbeat waited for its turn, and a newer word on what is watched came meanwhile: over a connection that hangs they would
/// become ever more, each of them late.
pub struct Overtaken;

/// Waits until it is this request's turn, which lasts until what is given is gone. Other requests wait for nothing.
pub async fn turn_of(request: &Request) -> Result<Option<Turn>, Overtaken> {
    let number = match request {
        Request::SaveProgress(_) | Request::SaveLast(_) => TOLD.get() + 1,
        Request::Playback { call, .. } => {
            if call.replaces.is_some() {
                // The player of the session that is replaced says its last word as it goes, a moment after the next is asked for.
                TimeoutFuture::new(0).await;
            }
            return Ok(Some(turn().await));
        }
        _ => return Ok(None),
    };
    TOLD.set(number);
    let turn = turn().await;
    let is_overtaken = matches!(request, Request::SaveProgress(_)) && TOLD.get() != number;
    if is_overtaken { Err(Overtaken) } else { Ok(Some(turn)) }
}

async fn turn() -> Turn {
    ORDER.with(Queue::join).come(TimeoutFuture::new(PATIENCE_MILLISECONDS)).await
}
