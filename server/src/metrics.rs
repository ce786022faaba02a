//! What monitoring reads: `GET /metrics`, in the text form of OpenMetrics 1.0 (the Prometheus project's specification).
//!
//! At an address of its own, which no proxy for viewers passes on and which is closed unless the config names it: whoever
//! reaches it is not asked who they are. Gathered when somebody reads, so that it costs nothing between. Must never name an
//! account, a title or an address.

use std::{fmt, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use media::mover::{MoveProgress, Mover, MoverCounts};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric, NoLabelSet, text::encode},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge, info::Info},
    registry::{Registry, Unit},
};
use runtime::supervise::TaskReport;
use tokio::net::TcpListener;
use vault::{Vault, VaultHealth};

use crate::{
    assemble::StartError,
    gateway::{
        SinkReader, Usage,
        health::{self, Readiness},
        sinks::SinkCounts,
        usage::Sum,
    },
};

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Bounds of latency that go into one: powers of four are enough for a graph, and half the series.
const MERGED: usize = 2;

/// Everything that can be read. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    readiness: Readiness,
    usage: Arc<Usage>,
    vault: Arc<Vault>,
    mover: Arc<Mover>,
    sinks: SinkReader,
}

impl Metrics {
    pub fn new(readiness: Readiness, usage: Arc<Usage>, vault: Arc<Vault>, (mover, sinks): (Arc<Mover>, SinkReader)) -> Self {
        Self { readiness, usage, vault, mover, sinks }
    }

    /// Takes the address.
    ///
    /// # Errors
    /// [`StartError::Listen`].
    pub async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
        TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
    }

    /// Answers until it is dropped.
    ///
    /// # Errors
    /// Why it can no longer be read.
    pub async fn serve(self, listener: TcpListener) -> Result<(), String> {
        let router = Router::new().route("/metrics", get(read)).with_state(self.clone()).merge(health::detailed(self.readiness));
        axum::serve(listener, router).await.map_err(|error| error.to_string())
    }

    /// What there is to say now, as text.
    ///
    /// # Errors
    /// None that are known: text is written into memory.
    pub async fn text(&self) -> Result<String, fmt::Error> {
        let (outcomes, vault, moves) = tokio::join!(self.readiness.outcomes(), self.vault.health(), self.mover.status());
        let mut registry = Registry::with_prefix("marquee");
        registry.register("build", "What runs here", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        registry.register_collector(Box::new(Reading {
            stores: outcomes.iter().map(|(store, outcome)| (*store, outcome.is_ok())).collect(),
            tasks: self.readiness.tasks(),
            // A store that is away says nothing of the copy; that it is away is said above.
            vault: vault.unwrap_or_else(|_| self.vault.counted()),
            routes: self.usage.sums(),
            moved: self.mover.counts(),
            // That the store is away is said above.
            moves: moves.ok(),
            sinks: self.sinks.counts(),
        }));
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }
}

async fn read(State(metrics): State<Metrics>) -> Response {
    match metrics.text().await {
        Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE), (header::CACHE_CONTROL, "no-store")], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// How things were when somebody read.
#[derive(Debug)]
struct Reading {
    stores: Vec<(&'static str, bool)>,
    tasks: Vec<TaskReport>,
    vault: VaultHealth,
    routes: Vec<Sum>,
    moved: MoverCounts,
    /// How many titles are to be moved, and what is moved now; absent where the store does not say.
    moves: Option<(u64, Option<MoveProgress>)>,
    sinks: Vec<SinkCounts>,
}

impl Collector for Reading {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        self.stores(&mut encoder)?;
        self.tasks(&mut encoder)?;
        self.vault(&mut encoder)?;
        self.moves(&mut encoder)?;
        self.sinks(&mut encoder)?;
        self.requests(&mut encoder)
    }
}

impl Reading {
    fn stores(&self, encoder: &mut DescriptorEncoder) -> fmt::Result {
        let mut family = encoder.encode_descriptor("store_answers", "1 where the store answers", None, MetricType::Gauge)?;
        for (store, answers) in &self.stores {
            family.encode_family(&[("store", *store)])?.encode_gauge(&u32::from(*answers))?;
        }
        Ok(())
    }

    fn tasks(&self, encoder: &mut DescriptorEncoder) -> fmt::Result {
        let help = "1 where work beside requests does what it is for, 0 while it is begun again after a failure";
        let mut family = encoder.encode_descriptor("task_well", help, None, MetricType::Gauge)?;
        for task in &self.tasks {
            family.encode_family(&[("task", task.name)])?.encode_gauge(&u32::from(task.is_well))?;
        }
        let help = "How often work beside requests was begun again";
        let mut family = encoder.encode_descriptor("task_restarts", help, None, MetricType::Counter)?;
        for task in &self.tasks {
            family.encode_family(&[("task", task.name)])?.encode_counter::<NoLabelSet, _, u64>(&task.restarts, None)?;
        }
        Ok(())
    }

    fn vault(&self, encoder: &mut DescriptorEncoder) -> fmt::Result {
        let VaultHealth { counts, unconfirmed, copy } = self.vault;
        for (name, help, count) in [
            ("vault_reads", "Reads of credentials and billing", counts.reads),
            ("vault_changes", "Changes of credentials and billing", counts.changes),
            (
                "vault_reads_without_request",
                "Alert on any: reads that neither a request nor a command asked for",
                counts.reads_without_request,
            ),
            (
                "vault_bulk_reads",
                "Alert on any: minutes in which one account or address read more than anybody does by hand",
                counts.bulk_reads,
            ),
            ("vault_unconfirmed", "Changes that were acknowledged before they were in the copy", unconfirmed),
        ] {
            let counter = ConstCounter::new(count);
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        let Some(lag) = copy else { return Ok(()) };
        let waiting = ConstGauge::new(lag.changes);
        let help = "Changes that wait for the copy";
        waiting.encode(encoder.encode_descriptor("vault_copy_waiting_changes", help, None, waiting.metric_type())?)?;
        let seconds = ConstGauge::new(lag.seconds);
        let help = "How long the first of them has waited";
        seconds.encode(encoder.encode_descriptor("vault_copy_lag", help, Some(&Unit::Seconds), seconds.metric_type())?)
    }

    fn moves(&self, encoder: &mut DescriptorEncoder) -> fmt::Result {
        for (name, help, count) in [
            ("moved_bytes", "Bytes that were copied to another object store and verified, by this process", self.moved.bytes),
            ("moved_titles", "Titles that this process moved to another object store", self.moved.titles),
            ("move_failures", "Tries of this process to move a title that failed", self.moved.failures),
        ] {
            let counter = ConstCounter::new(count);
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        let Some((waiting, under_way)) = &self.moves else { return Ok(()) };
        let (done, total) = under_way.as_ref().map_or((0, 0), |progress| (progress.bytes_done, progress.bytes_total));
        for (name, help, value) in [
            ("moves_waiting", "Titles that are to be moved to another object store", *waiting),
            ("move_under_way_done_bytes", "What was copied and verified of the title that is moved now, by whichever node", done),
            ("move_under_way_total_bytes", "What there is of the title that is moved now", total),
        ] {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        Ok(())
    }

    fn sinks(&self, encoder: &mut DescriptorEncoder) -> fmt::Result {
        let help = "Lines that sinks of the gateway took (outcome: written), and that were dropped because one was full or did not take them";
        let mut family = encoder.encode_descriptor("sink_lines", help, None, MetricType::Counter)?;
        for sink in &self.sinks {
            for (outcome, count) in [("written", sink.written), ("dropped", sink.dropped)] {
                let labels = [("sink", sink.name.as_str()), ("outcome", outcome)];
                family.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&count, None)?;
            }
        }
        Ok(())
    }

    fn requests(&self, encoder: &mut DescriptorEncoder) -> fmt::Result {
        let help = "Until the answer began, by the route's template";
        let mut family = encoder.encode_descriptor("request_duration", help, Some(&Unit::Seconds), MetricType::Histogram)?;
        for sum in &self.routes {
            let buckets = buckets(&sum.latency);
            let requests = sum.latency.iter().sum();
            let labels = [("route", sum.route.as_str())];
            let duration = seconds(sum.microseconds);
            family.encode_family(&labels)?.encode_histogram::<NoLabelSet>(duration, requests, &buckets, None)?;
        }
        let help = "Requests that ended with 4xx (by: client) or 5xx (by: server)";
        let mut family = encoder.encode_descriptor("request_errors", help, None, MetricType::Counter)?;
        for sum in &self.routes {
            for (by, count) in [("client", sum.client_errors), ("server", sum.server_errors)] {
                let labels = [("route", sum.route.as_str()), ("by", by)];
                family.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&count, None)?;
            }
        }
        let help = "Bytes of bodies that were sent, streamed ones included";
        let mut family = encoder.encode_descriptor("response_body", help, Some(&Unit::Bytes), MetricType::Counter)?;
        for sum in &self.routes {
            let labels = [("route", sum.route.as_str())];
            family.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&sum.bytes, None)?;
        }
        Ok(())
    }
}

/// Bounds in seconds with what lies below each and above the one before; the last has no bound.
fn buckets(latency: &[u64]) -> Vec<(f64, u64)> {
    let chunks = latency.chunks(MERGED).enumerate();
    let mut buckets: Vec<(f64, u64)> =
        chunks.map(|(place, counts)| (seconds(1 << (place * MERGED + counts.len() - 1)), counts.iter().sum())).collect();
    if let Some(last) = buckets.last_mut() {
        last.0 = f64::INFINITY;
    }
    buckets
}

#[expect(clippy::cast_precision_loss, reason = "a microsecond in a hundred years of requests")]
fn seconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_stays_in_its_place_when_bounds_are_merged() {
        // Less than 1, 2, 4, 8, 16 microseconds, and all above.
        let buckets = buckets(&[1, 2, 4, 8, 16, 32]);
        assert_eq!(buckets, [(0.000_002, 3), (0.000_008, 12), (f64::INFINITY, 48)]);
    }
}
