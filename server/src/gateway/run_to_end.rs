//! What changes something runs to its end, also when its client is gone or its time is up.
//!
//! The rest of the stack runs in a task of its own, joined when the server stops. So a handler of several steps is never
//! cut off between two of them by somebody who closes a tab, what it says of the browser's session is read when it is done,
//! and the permits that the layers below hold belong to the work, not to whoever waits for it. What only reads is dropped
//! with its client: nothing is half done by that. A handler whose work is of no use to anybody but whoever asked sees that they
//! are gone ([`Disconnected`]), and takes it back.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use contract::Problem;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

use super::route;
use crate::mount::problem_response;

/// Is cancelled once nobody waits for the answer any more.
#[derive(Clone, Debug, Default)]
pub struct Disconnected(pub CancellationToken);

/// The layer.
pub async fn run(State(under_way): State<TaskTracker>, mut request: Request, next: Next) -> Response {
    if !route::changes_something(&request) {
        return next.run(request).await;
    }
    let disconnected = Disconnected::default();
    let waiting = disconnected.0.clone().drop_guard();
    request.extensions_mut().insert(disconnected);
    let answer = under_way.spawn(next.run(request).in_current_span()).await;
    waiting.disarm();
    match answer {
        Ok(response) => response,
        Err(error) => match error.try_into_panic() {
            // The layer around this one answers it.
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => problem_response(Problem::internal()),
        },
    }
}
