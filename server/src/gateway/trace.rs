//! One log line for each request: what was asked, how it went, how long it took.
//!
//! The same goes to a sink, where the config names one. Must never write a query, a header's value, a cookie or a grant.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use contract::Problem;
use serde_json::json;
use tracing::Instrument;

use super::{
    request_id::RequestId,
    route::{Kind, redacted},
    sinks::Sink,
};

/// The layer.
pub async fn log(State(sink): State<Option<Sink>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    let kind = Kind::of(&request);
    let path = redacted(request.uri().path());
    let call = request.extensions().get::<MatchedPath>().cloned();
    let id = request.extensions().get::<RequestId>().cloned();
    let span = tracing::info_span!("request", id = id.as_ref().map(|id| id.0.as_ref()));
    let response = next.run(request).instrument(span.clone()).await;

    let _entered = span.enter();
    let status = response.status().as_u16();
    let milliseconds = begun.elapsed().as_secs_f64() * 1000.0;
    let call = call.as_ref().map(MatchedPath::as_str);
    let problem = response.extensions().get::<Problem>().map(|problem| problem.code.as_str());
    if let Some(sink) = sink {
        sink.write(json!({
            "id": id.as_ref().map(|id| id.0.as_ref()), "method": method.as_str(), "path": path, "route": call, "status": status,
            "milliseconds": milliseconds, "problem": problem,
        }));
    }
    // Levels are constants to the log, so there is a line for each.
    match (status, kind) {
        (500.., _) => tracing::warn!(target: "request", %method, path, call, status, milliseconds, problem),
        (_, Kind::Call | Kind::Events | Kind::Page) => {
            tracing::info!(target: "request", %method, path, call, status, milliseconds, problem);
        }
        (_, Kind::Media | Kind::Asset | Kind::Picture | Kind::Health) => {
            tracing::debug!(target: "request", %method, path, call, status, milliseconds, problem);
        }
    }
    response
}
