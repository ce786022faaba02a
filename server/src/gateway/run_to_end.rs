//! What changes something runs to its end, also when its client is gone or its time is up.
//!
//! The rest of the stack runs in a task of its own, joined when the server stops. So a handler of several steps is never
//! cut off between two of them by somebody who closes a tab, what it says of the browser's session is read when it is done,
//! and the permits that the layers below hold belong to the work, not to whoever waits for it. What only reads is dropped
//! with its client: nothing is half done by that.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use contract::Problem;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::route;
use crate::mount::problem_response;

/// The layer.
pub async fn run(State(under_way): State<TaskTracker>, request: Request, next: Next) -> Response {
    if !route::changes_something(&request) {
        return next.run(request).await;
    }
    match under_way.spawn(next.run(request).in_current_span()).await {
        Ok(response) => response,
        Err(error) => match error.try_into_panic() {
            // The layer around this one answers it.
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => problem_response(Problem::internal()),
        },
    }
}
