//! No request waits for ever: one without an answer in time is given up.
//!
//! Counts until the answer begins; the bytes of a long answer (video) may take as long as they take.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use contract::{Code, Problem};

use crate::mount::problem_response;

/// The layer.
pub async fn limit(State(longest): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(longest, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            tracing::warn!(seconds = longest.as_secs(), "gave up on a request");
            problem_response(Problem::new(Code::TimedOut))
        }
    }
}
