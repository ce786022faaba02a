//! More at once than the server is good for is asked to come back, instead of slowing down all.
//!
//! A request holds its place until the last byte of its answer is taken. Answers with video have places of their own, and so have
//! streams of events, so that films, calls and whoever only listens do not push each other out. Who lets an answer wait, or sends half of a request, loses its place first
//! to whoever comes, and an answer's to nobody at the latest after `stall_seconds`. Health is always answered: a balancer must be able to see a busy server.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use contract::{Code, Problem};

use super::{arriving, forwarded::Origin, route::Kind, slot_body};
use crate::{
    config,
    connections::{Connection, Descriptors},
    mount::problem_response,
    network::Network,
    slots::{Bounds, Slots},
};

/// How long a request or an answer must have waited for its client before its place may go to somebody else.
const GRACE: Duration = Duration::from_secs(3);
/// How long a place is waited for that is being given back.
const PATIENCE: Duration = Duration::from_millis(200);

/// The places. Cheap to clone.
#[derive(Clone)]
pub struct InFlight {
    requests: Slots,
    streams: Slots,
    events: Slots,
    stall: Duration,
}

impl InFlight {
    /// Of the config's numbers, as many as the process has descriptors for.
    pub fn new(gateway: &config::Gateway, connections: &config::Connections, descriptors: Descriptors) -> Self {
        let bounded = |most: usize| if gateway.middleware.load_shed { most } else { usize::MAX };
        let places = |most| Slots::new(Bounds { most, most_of_one: usize::MAX, grace: GRACE });
        Self {
            requests: places(bounded(gateway.in_flight.as_u32() as usize)),
            streams: places(bounded(descriptors.streams(gateway.streams_in_flight.as_u32() as usize))),
            // A connection each, which are counted by what the process has.
            events: places(bounded(gateway.events_in_flight.as_u32() as usize)),
            stall: connections.stall_seconds.seconds(),
        }
    }

    /// Breaks off answers of which nothing was taken for too long. To be called every second or so.
    pub fn sweep(&self) {
        for places in [&self.requests, &self.streams, &self.events] {
            places.sweep(|entry| entry.rest().is_some_and(|rest| rest >= self.stall));
        }
    }
}

/// The layer.
pub async fn shed(State(in_flight): State<InFlight>, request: Request, next: Next) -> Response {
    let places = match Kind::of(&request) {
        Kind::Health => return next.run(request).await,
        Kind::Media => &in_flight.streams,
        Kind::Events => &in_flight.events,
        Kind::Call | Kind::Page | Kind::Asset | Kind::Picture => &in_flight.requests,
    };
    let network = request.extensions().get::<Origin>().map(|origin| Network::of(origin.address));
    let Ok(slot) = places.claim_within(network, PATIENCE).await else { return overloaded() };
    let connection = request.extensions().get::<Connection>().cloned();
    let request = arriving::watch(request, slot.entry(), connection.as_ref());
    let mut answering = std::pin::pin!(next.run(request));
    let response = tokio::select! {
        biased;
        response = answering.as_mut() => response,
        // Where the rest came meanwhile, it is being done, and is not broken off in the middle.
        () = slot.ended() => if slot.entry().rest().is_some() { return overloaded() } else { answering.await },
    };
    slot_body::hold(response, slot, connection)
}

fn overloaded() -> Response {
    problem_response(Problem::new(Code::Overloaded).with_retry_after(1))
}
