//! Puts the server together and runs it until it is told to stop.
//!
//! [`assemble`] wires stores, services, pages and gateway; [`run`] listens, and drains when told to. Must
//! never decide anything about a request: that is the gateway's and the services' part.

use std::{future::Future, io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::{Router, extract::Request, response::Response, serve::ListenerExt};
use contract::{Code, Problem};
use tokio::net::TcpListener;

use crate::{
    config::Config,
    gateway::{Gateway, OnlyHere, Plugins, RateLimiter, UnknownPlugin, Usage, docs, health, health::Readiness},
    jobs::Jobs,
    mount::{Mount, Peers, problem_response},
    secret::{MasterSecret, SecretError},
    site::{Site, SiteError},
    storage::events::Events,
};

/// How often the counts of those who have rested are forgotten.
const SWEEP: Duration = Duration::from_secs(60);

/// The server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Site(#[from] SiteError),
    #[error(transparent)]
    Plugin(#[from] UnknownPlugin),
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("the server broke off: {0}")]
    Serve(io::Error),
}

/// What the operator did not write into the config.
#[derive(Default)]
pub struct Surroundings {
    /// The folder of the built front end, where it is not the usual one.
    pub site: Option<PathBuf>,
    /// Layers that the config can name.
    pub plugins: Plugins,
}

/// A server that is ready to listen.
pub struct Assembled {
    pub router: Router,
    pub openapi: String,
    pub readiness: Readiness,
    pub jobs: Jobs,
    pub events: Events,
    pub site: Site,
    usage: Arc<Usage>,
    limiter: Arc<RateLimiter>,
}

/// Wires everything that answers a request.
///
/// # Errors
/// [`StartError`]: which part cannot be had, and why.
pub async fn assemble(config: &Config, surroundings: Surroundings) -> Result<Assembled, StartError> {
    let secret = MasterSecret::open(&config.data)?;
    let site = Site::load(surroundings.site)?;
    let (events, jobs, peers) = (Events::default(), Jobs::default(), Peers::default());

    let mount = Mount::new(peers.clone(), events.clone());
    let mounted = mount.finish();

    let readiness = Readiness::new(Vec::new());
    let usage = Arc::new(Usage::default());
    let limiter = Arc::new(RateLimiter::new(&config.gateway.limit));
    let router = Router::new()
        .merge(mounted.router)
        .merge(docs::routes(mounted.openapi.clone()))
        .merge(health::routes(readiness.clone()))
        .merge(site.routes())
        .fallback(nothing_here);
    let gateway = Gateway {
        config: config.gateway.clone(),
        https: config.server.https,
        identity_key: secret.derive("identity cookie v1"),
        peers,
        balancer: Arc::new(OnlyHere),
        usage: Arc::clone(&usage) as Arc<dyn crate::gateway::UsageSink>,
        limiter: Arc::clone(&limiter),
        plugins: surroundings.plugins,
    };
    let router = gateway.wrap(router)?;
    Ok(Assembled { router, openapi: mounted.openapi, readiness, jobs, events, site, usage, limiter })
}

async fn nothing_here(request: Request) -> Response {
    let path = request.uri().path();
    let code = if path == "/api" || path.starts_with("/api/") { Code::CallNotFound } else { Code::NotFound };
    problem_response(Problem::new(code))
}

impl Assembled {
    /// Listens until `stop` resolves, then drains. `started` is told the address once connections are taken.
    ///
    /// # Errors
    /// [`StartError::Listen`]; [`StartError::Serve`].
    pub async fn run(
        self,
        config: &Config,
        stop: impl Future<Output = ()> + Send + 'static,
        started: impl FnOnce(SocketAddr),
    ) -> Result<(), StartError> {
        let address = config.server.address.0;
        let listen = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        started(listener.local_addr().map_err(listen)?);
        let listener = listener.tap_io(|stream| {
            // Small answers leave at once; a stream that is gone already needs no care.
            let _ = stream.set_nodelay(true);
        });

        let housekeeping =
            tokio::spawn(keep_house(self.limiter, Arc::clone(&self.usage), config.gateway.usage_log_seconds.get()));
        let (drained, draining) = tokio::sync::oneshot::channel::<()>();
        let (notice, patience) = (config.server.drain_notice_seconds.seconds(), config.server.drain_seconds.seconds());
        let readiness = self.readiness;
        let stop = async move {
            stop.await;
            tracing::info!("stopping: no longer ready, requests under way may finish");
            readiness.drain();
            tokio::time::sleep(notice).await;
            let _ = drained.send(());
        };
        let service = self.router.into_make_service_with_connect_info::<SocketAddr>();
        let serving = axum::serve(listener, service).with_graceful_shutdown(stop);
        let too_long = async move {
            // An error means that serving ended by itself; then the other branch is done already.
            let _ = draining.await;
            tokio::time::sleep(patience).await;
        };
        tokio::select! {
            outcome = serving => outcome.map_err(StartError::Serve)?,
            () = too_long => tracing::warn!(seconds = patience.as_secs(), "requests under way were cut off"),
        }
        housekeeping.abort();
        self.usage.log();
        tracing::info!("stopped");
        Ok(())
    }
}

async fn keep_house(limiter: Arc<RateLimiter>, usage: Arc<Usage>, log_seconds: u64) {
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
