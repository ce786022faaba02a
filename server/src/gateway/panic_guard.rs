//! A handler that panics costs its request an answer of 500, and nobody else anything.
//!
//! Must never tell the outside what broke.

use std::{any::Any, panic::AssertUnwindSafe};

use axum::{extract::Request, middleware::Next, response::Response};
use contract::Problem;
use futures::FutureExt;

use crate::mount::problem_response;

/// The layer.
pub async fn guard(request: Request, next: Next) -> Response {
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(payload) => {
            tracing::error!(reason = reason(payload.as_ref()), "a handler panicked");
            problem_response(Problem::internal())
        }
    }
}

fn reason(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("unknown")
}
