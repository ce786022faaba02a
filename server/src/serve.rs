//! Listens, and stops in good order: what was begun is finished, what is new is not taken.
//!
//! Must never be the place where parts are put together: that is `assemble.rs`.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use futures::{
    FutureExt,
    future::{BoxFuture, join_all},
};
use tokio::net::TcpListener;

use crate::{
    assemble::{Assembled, StartError},
    config::Config,
    connections::{self, Connections, Descriptors},
    gateway::{InFlight, RateLimiter, Usage},
    metrics::Metrics,
};

/// How often the counts of those who have rested are forgotten.
const SWEEP: Duration = Duration::from_secs(60);
/// How long the end waits for work beside requests.
const LETTING_GO: Duration = Duration::from_secs(5);
/// How often it is looked for answers that nobody takes.
const LOOK: Duration = Duration::from_secs(1);

impl Assembled {
    /// Listens until `stop` resolves, then drains. `started` is told the address once connections are taken.
    ///
    /// # Errors
    /// [`StartError::Listen`].
    pub async fn run(
        mut self,
        config: &Config,
        stop: impl Future<Output = ()> + Send + 'static,
        started: impl FnOnce(SocketAddr),
    ) -> Result<(), StartError> {
        let address = config.server.address.0;
        let listen = |source| StartError::Listen { address, source };
        let listener = connections::listen(address).map_err(listen)?;
        // Before anybody is told that the server is there.
        if let Some(address) = config.server.metrics_address {
            let listener = Metrics::bind(address.0).await?;
            self.also("metrics_listener", serve_metrics(self.metrics.clone(), address.0, listener));
        }
        started(listener.local_addr().map_err(listen)?);

        let (limiter, usage, log_seconds) = (self.limiter.clone(), self.usage.clone(), config.gateway.usage_log_seconds.get());
        self.also("housekeeping", move || maintenance(Arc::clone(&limiter), Arc::clone(&usage), log_seconds).map(Ok));
        let in_flight = self.in_flight.clone();
        self.also("stalled_answers", move || break_off(in_flight.clone()).map(Ok));
        let mut background = self.begin_background();
        let (notice, patience) = (config.server.drain_notice_seconds.seconds(), config.server.drain_seconds.seconds());
        let readiness = self.readiness;
        let connections = Connections::new(config, self.router, self.forwarded, Descriptors::now());
        let serving = connections.serve(listener);
        let (hub, collector) = (self.hub, self.collector);
        let stopping = async {
            stop.await;
            tracing::info!("stopping: no longer ready, requests under way may finish");
            readiness.drain();
            tokio::time::sleep(notice).await;
            // Whoever follows what changes goes to another server.
            hub.stop();
            connections.drain();
            tokio::time::sleep(patience).await;
        };
        let under_way = self.under_way;
        let finishing = async {
            serving.await;
            // Clients that are gone have left work behind.
            under_way.close();
            under_way.wait().await;
        };
        tokio::select! {
            () = finishing => {}
            () = stopping => {
                tracing::warn!(seconds = patience.as_secs(), "requests under way were cut off");
                connections.cut_off();
            }
        }
        // Nobody asks any more: what waits for a sink is all that there is.
        join_all(self.sinks.iter().map(|sink| sink.close(LETTING_GO))).await;
        // Each is dropped where it waits, between two steps that are whole; one that does not let go is left behind.
        if tokio::time::timeout(LETTING_GO, background.shutdown()).await.is_err() {
            tracing::warn!(seconds = LETTING_GO.as_secs(), "work beside requests did not end in time");
        }
        self.searches.close();
        self.playback.tell_of_delivered();
        if let Some(collector) = collector
            && tokio::time::timeout(LETTING_GO, collector.close()).await.is_err()
        {
            tracing::warn!(seconds = LETTING_GO.as_secs(), "what was recorded of usage waits for the next start");
        }
        self.vault.close().await;
        self.usage.log();
        tracing::info!("stopped");
        Ok(())
    }
}

/// On the listener that was bound before anybody was told that the server is there, and after a failure on a new one.
fn serve_metrics(
    metrics: Metrics,
    address: SocketAddr,
    listener: TcpListener,
) -> impl FnMut() -> BoxFuture<'static, Result<(), String>> + Send + 'static {
    let mut listener = Some(listener);
    move || {
        let (metrics, bound) = (metrics.clone(), listener.take());
        async move {
            let listener = match bound {
                Some(listener) => listener,
                None => Metrics::bind(address).await.map_err(|error| error.to_string())?,
            };
            metrics.serve(listener).await
        }
        .boxed()
    }
}

async fn break_off(in_flight: InFlight) {
    loop {
        tokio::time::sleep(LOOK).await;
        in_flight.sweep();
    }
}

async fn maintenance(limiter: Arc<RateLimiter>, usage: Arc<Usage>, log_seconds: u64) {
    let mut since_log = Duration::ZERO;
    let mut logged = 0;
    loop {
        tokio::time::sleep(SWEEP).await;
        limiter.sweep();
        since_log += SWEEP;
        if log_seconds > 0 && since_log >= Duration::from_secs(log_seconds) {
            since_log = Duration::ZERO;
            let requests = usage.requests();
            if requests != logged {
                usage.log();
                logged = requests;
            }
        }
    }
}

/// Resolves when the process is asked to stop: SIGTERM, or Ctrl+C.
pub async fn stop_signal() {
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::warn!(%error, "SIGTERM cannot be listened for");
                std::future::pending().await
            }
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = terminate => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
