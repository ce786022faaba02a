//! Counts how the server is used: for each route how often, how it ended, how many bytes, how long.
//!
//! The outermost layer, so that what any other layer refuses counts as well: too many requests, a token that is not good, an
//! answer that took too long, a handler that panicked. The bytes of a body whose length is not known at the start are counted
//! as they leave. Must never record who asked, or for what: routes are templates, and nothing is kept of a viewer. Must never
//! allocate for a route that was seen before.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{MatchedPath, Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::Response,
};
use serde_json::json;

use super::sinks::Sink;

/// One request as it went.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    pub method: &'a Method,
    /// The route's template; nothing where no route matched.
    pub route: Option<&'a str>,
    pub status: StatusCode,
    /// Of the body, where its length is known at the start; what is sent of others follows in [`UsageSink::sent`].
    pub bytes: Option<u64>,
    /// Until the answer began.
    pub elapsed: Duration,
}

/// Takes observations. On the way of every request: it must not wait.
pub trait UsageSink: Send + Sync + 'static {
    fn record(&self, observation: &Observation<'_>);

    /// So many bytes left of a body whose length was not known when it was recorded.
    fn sent(&self, method: &Method, route: Option<&str>, bytes: u64);
}

/// Adds up, and writes a line for each request where there is a sink for that.
pub struct Observer {
    pub sums: Arc<Usage>,
    pub sink: Option<Sink>,
}

/// The sums since the process began, by the routes' templates.
#[derive(Default)]
pub struct Usage(RwLock<BTreeMap<Box<str>, Arc<ByVerb>>>);

/// Verbs that are kept apart; the last place is for all others.
const VERBS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OTHER"];
/// What stands for the template where no route matched.
const NO_ROUTE: &str = "(no route)";

type ByVerb = [OnceLock<Box<Counters>>; VERBS.len()];

/// Powers of two of microseconds: 1 us to 2 minutes.
const BUCKETS: usize = 28;

#[derive(Default)]
struct Counters {
    requests: AtomicU64,
    client_errors: AtomicU64,
    server_errors: AtomicU64,
    bytes: AtomicU64,
    microseconds: AtomicU64,
    latency: [AtomicU64; BUCKETS],
}

/// What one route came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// Verb and template, as in `GET /api/v1/titles/{id}`.
    pub route: String,
    pub requests: u64,
    pub client_errors: u64,
    pub server_errors: u64,
    pub bytes: u64,
    /// Of all requests together.
    pub microseconds: u64,
    /// How many took less than 1, 2, 4, 8, ... microseconds and not less than the bound before; the last has none.
    pub latency: Vec<u64>,
    /// Half of the requests took no longer, to the next power of two.
    pub median_microseconds: u64,
    /// 99 in 100 took no longer, to the next power of two.
    pub p99_microseconds: u64,
}

/// The layer.
pub async fn collect(State(sink): State<Arc<dyn UsageSink>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let bytes = response.body().size_hint().exact();
    sink.record(&Observation {
        method: &method,
        route: route.as_ref().map(MatchedPath::as_str),
        status: response.status(),
        bytes,
        elapsed: begun.elapsed(),
    });
    match bytes {
        Some(_) => response,
        None => response.map(|body| Body::new(Counting { body, bytes: 0, sink, method, route })),
    }
}

/// Counts what leaves, and says it when the body is at its end or given up.
struct Counting {
    body: Body,
    bytes: u64,
    sink: Arc<dyn UsageSink>,
    method: Method,
    route: Option<MatchedPath>,
}

impl HttpBody for Counting {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &frame {
            self.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        self.sink.sent(&self.method, self.route.as_ref().map(MatchedPath::as_str), self.bytes);
    }
}

impl UsageSink for Observer {
    fn record(&self, observation: &Observation<'_>) {
        self.sums.record(observation);
        if let Some(sink) = &self.sink {
            let Observation { method, route, status, bytes, elapsed } = observation;
            sink.write(json!({
                "kind": "request", "method": method.as_str(), "route": route, "status": status.as_u16(), "bytes": bytes,
                "microseconds": microseconds(*elapsed),
            }));
        }
    }

    fn sent(&self, method: &Method, route: Option<&str>, bytes: u64) {
        self.sums.sent(method, route, bytes);
        if let Some(sink) = &self.sink {
            sink.write(json!({ "kind": "sent", "method": method.as_str(), "route": route, "bytes": bytes }));
        }
    }
}

impl UsageSink for Usage {
    fn record(&self, observation: &Observation<'_>) {
        self.with(observation.method, observation.route, |counters| {
            counters.requests.fetch_add(1, Relaxed);
            if observation.status.is_client_error() {
                counters.client_errors.fetch_add(1, Relaxed);
            }
            if observation.status.is_server_error() {
                counters.server_errors.fetch_add(1, Relaxed);
            }
            counters.bytes.fetch_add(observation.bytes.unwrap_or(0), Relaxed);
            counters.microseconds.fetch_add(microseconds(observation.elapsed), Relaxed);
            counters.latency[bucket(observation.elapsed)].fetch_add(1, Relaxed);
        });
    }

    fn sent(&self, method: &Method, route: Option<&str>, bytes: u64) {
        self.with(method, route, |counters| {
            counters.bytes.fetch_add(bytes, Relaxed);
        });
    }
}

impl Usage {
    /// The sums, by route.
    pub fn sums(&self) -> Vec<Sum> {
        let routes = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let counted = routes.iter().flat_map(|(route, verbs)| {
            let verbs = VERBS.iter().zip(verbs.iter()).filter_map(|(verb, counters)| Some((verb, counters.get()?)));
            verbs.map(move |(verb, counters)| counters.sum(&format!("{verb} {route}")))
        });
        let mut sums: Vec<Sum> = counted.collect();
        sums.sort_by(|one, other| one.route.cmp(&other.route));
        sums
    }

    /// Requests in all.
    pub fn requests(&self) -> u64 {
        self.sums().iter().map(|sum| sum.requests).sum()
    }

    /// One log line for each route.
    pub fn log(&self) {
        for sum in self.sums() {
            tracing::info!(
                target: "usage",
                route = sum.route,
                requests = sum.requests,
                client_errors = sum.client_errors,
                server_errors = sum.server_errors,
                bytes = sum.bytes,
                median_us = sum.median_microseconds,
                p99_us = sum.p99_microseconds,
            );
        }
    }

    /// Routes are few: templates, and one for all that matched none.
    fn with(&self, method: &Method, route: Option<&str>, act: impl FnOnce(&Counters)) {
        let route = route.unwrap_or(NO_ROUTE);
        let place = place(method);
        if let Some(verbs) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(route) {
            return act(verbs[place].get_or_init(Box::default));
        }
        let verbs = Arc::clone(self.0.write().unwrap_or_else(PoisonError::into_inner).entry(route.into()).or_default());
        act(verbs[place].get_or_init(Box::default));
    }
}

/// The place of a verb in [`VERBS`].
fn place(method: &Method) -> usize {
    match *method {
        Method::GET => 0,
        Method::HEAD => 1,
        Method::POST => 2,
        Method::PUT => 3,
        Method::PATCH => 4,
        Method::DELETE => 5,
        _ => 6,
    }
}

impl Counters {
    fn sum(&self, route: &str) -> Sum {
        let latency: Vec<u64> = self.latency.iter().map(|bucket| bucket.load(Relaxed)).collect();
        Sum {
            route: route.to_owned(),
            requests: self.requests.load(Relaxed),
            client_errors: self.client_errors.load(Relaxed),
            server_errors: self.server_errors.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            microseconds: self.microseconds.load(Relaxed),
            median_microseconds: quantile(&latency, 50),
            p99_microseconds: quantile(&latency, 99),
            latency,
        }
    }
}

fn bucket(elapsed: Duration) -> usize {
    (64 - microseconds(elapsed).leading_zeros() as usize).min(BUCKETS - 1)
}

fn microseconds(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)
}

/// The upper bound of the bucket that holds the given percentile.
fn quantile(buckets: &[u64], percent: u64) -> u64 {
    let total: u64 = buckets.iter().sum();
    let wanted = (total * percent).div_ceil(100).max(1);
    let mut seen = 0;
    for (power, count) in buckets.iter().enumerate() {
        seen += count;
        if seen >= wanted {
            return 1 << power;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observe(usage: &Usage, status: u16, microseconds: u64) {
        usage.record(&Observation {
            method: &Method::GET,
            route: Some("/api/v1/titles/{id}"),
            status: StatusCode::from_u16(status).unwrap(),
            bytes: Some(10),
            elapsed: Duration::from_micros(microseconds),
        });
    }

    #[test]
    fn what_happened_on_a_route_adds_up() {
        let usage = Usage::default();
        for _ in 0..98 {
            observe(&usage, 200, 100);
        }
        observe(&usage, 404, 100);
        observe(&usage, 500, 1_000_000);
        let sums = usage.sums();
        assert_eq!(sums.len(), 1);
        let sum = &sums[0];
        assert_eq!((sum.requests, sum.client_errors, sum.server_errors, sum.bytes), (100, 1, 1, 1000));
        assert_eq!((sum.median_microseconds, sum.p99_microseconds), (128, 128));
        assert_eq!((sum.microseconds, sum.latency[7], sum.latency[20]), (1_009_900, 99, 1));
    }

    #[test]
    fn every_verb_has_its_place_and_what_is_sent_later_is_added() {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            assert_eq!(VERBS[place(&method)], method.as_str());
        }
        let usage = Usage::default();
        usage.sent(&Method::GET, Some("/media/{grant}/{*file}"), 70);
        usage.sent(&Method::TRACE, None, 1);
        let sums: Vec<_> = usage.sums().into_iter().map(|sum| (sum.route, sum.bytes)).collect();
        assert_eq!(sums, [("GET /media/{grant}/{*file}".to_owned(), 70), ("OTHER (no route)".to_owned(), 1)]);
    }

    #[test]
    fn a_quantile_of_nothing_is_nothing() {
        assert_eq!(quantile(&[0; BUCKETS], 99), 0);
        assert_eq!(bucket(Duration::MAX), BUCKETS - 1);
    }
}
