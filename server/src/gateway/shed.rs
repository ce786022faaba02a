//! More requests at once than the server is good for are asked to come back, instead of slowing down all.
//!
//! Health is always answered: a balancer must be able to see a busy server.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use contract::{Code, Problem};
use tokio::sync::Semaphore;

use super::route::Kind;
use crate::mount::problem_response;

/// How many more requests may come in.
#[derive(Clone)]
pub struct InFlight(Arc<Semaphore>);

impl InFlight {
    pub fn new(most: u32) -> Self {
        Self(Arc::new(Semaphore::new(most as usize)))
    }
}

/// The layer.
pub async fn shed(State(in_flight): State<InFlight>, request: Request, next: Next) -> Response {
    if Kind::of(request.uri().path()) == Kind::Health {
        return next.run(request).await;
    }
    match in_flight.0.try_acquire() {
        Ok(_under_way) => next.run(request).await,
        Err(_) => problem_response(Problem::new(Code::Overloaded).with_retry_after(1)),
    }
}
