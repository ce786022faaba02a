//! Counts how the server is used: for each route how often, how it ended, how many bytes, how long.
//!
//! Must never record who asked, or for what: routes are templates, and nothing is kept of a viewer.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use axum::{
    body::HttpBody,
    extract::{MatchedPath, Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::Response,
};

/// One request as it went.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    pub method: &'a Method,
    /// The route's template; nothing where no route matched.
    pub route: Option<&'a str>,
    pub status: StatusCode,
    /// Of the body, where its length is known at the start.
    pub bytes: Option<u64>,
    /// Until the answer began.
    pub elapsed: Duration,
}

/// Takes observations. On the way of every request: it must not wait.
pub trait UsageSink: Send + Sync + 'static {
    fn record(&self, observation: &Observation<'_>);
}

/// The sums since the process began.
#[derive(Default)]
pub struct Usage(RwLock<BTreeMap<Box<str>, Arc<Counters>>>);

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
    sink.record(&Observation {
        method: &method,
        route: route.as_ref().map(MatchedPath::as_str),
        status: response.status(),
        bytes: response.body().size_hint().exact(),
        elapsed: begun.elapsed(),
    });
    response
}

impl UsageSink for Usage {
    fn record(&self, observation: &Observation<'_>) {
        let counters = self.counters(&key(observation));
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
    }
}

impl Usage {
    /// The sums, by route.
    pub fn sums(&self) -> Vec<Sum> {
        let routes = self.0.read().unwrap_or_else(PoisonError::into_inner);
        routes.iter().map(|(route, counters)| counters.sum(route)).collect()
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

    fn counters(&self, key: &str) -> Arc<Counters> {
        if let Some(counters) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(key) {
            return Arc::clone(counters);
        }
        let mut routes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(routes.entry(key.into()).or_default())
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

/// Routes are few: templates, and one for all that matched none. Verbs that nobody knows are not kept apart.
fn key(observation: &Observation<'_>) -> String {
    let method = match *observation.method {
        Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::PATCH | Method::DELETE => observation.method.as_str(),
        _ => "OTHER",
    };
    format!("{method} {}", observation.route.unwrap_or("(no route)"))
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
    fn a_quantile_of_nothing_is_nothing() {
        assert_eq!(quantile(&[0; BUCKETS], 99), 0);
        assert_eq!(bucket(Duration::MAX), BUCKETS - 1);
    }
}
