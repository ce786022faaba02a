//! A handler that panics costs its request an answer of 500, and nobody else anything.
//!
//! Must never tell the outside what broke.

use std::panic::AssertUnwindSafe;

use axum::{extract::Request, middleware::Next, response::Response};
use contract::Problem;
use futures::FutureExt;
use runtime::supervise::panic_reason;

use crate::mount::problem_response;

/// The layer.
pub async fn guard(request: Request, next: Next) -> Response {
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(payload) => {
            tracing::error!(reason = panic_reason(payload.as_ref()), "a handler panicked");
            problem_response(Problem::internal())
        }
    }
}
