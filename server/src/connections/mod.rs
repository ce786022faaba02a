//! Takes connections, and takes them away again: so many at most, so many from one address, none that keeps the server waiting.
//!
//! HTTP/1.1 and HTTP/2 without TLS, told apart by their first bytes. Must never stop taking connections because some are held
//! open: a newcomer gets the place of the one that has been silent for longest.

mod descriptors;
mod state;
mod watched;

use std::{convert::Infallible, future::Future, io, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    extract::ConnectInfo,
};
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{Instant, MissedTickBehavior},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

pub use descriptors::Descriptors;
pub use state::Connection;

use self::{
    state::{Limits, UnderWay},
    watched::Watched,
};
use crate::{
    config,
    gateway::Forwarded,
    network::Network,
    slots::{Bounds, Slots},
};

/// Connections that wait to be taken; the system may have fewer.
const BACKLOG: u32 = 4096;
/// How long a connection must have been silent before its place may go to somebody else. Not at all: in a flood of new ones,
/// whoever is refused is refused for sure, and whoever asks at once is served before the flood has pushed them out.
const GRACE: Duration = Duration::ZERO;
/// How long a place is waited for that is being given back.
const PATIENCE: Duration = Duration::from_millis(200);
/// The pause after the system refused a connection: it has no descriptors, or no memory.
const PAUSE: Duration = Duration::from_millis(50);
/// Between two lines in the log about the same trouble.
const TELL_AFTER: Duration = Duration::from_secs(60);

/// Bytes of a request's head, and of an answer that are copied before the client has taken what came before.
const BUFFER: usize = 64 * 1024;
/// Bytes of an HTTP/2 request's head, as RFC 9113 counts them.
const HEADER_LIST: u32 = 32 * 1024;
/// Bytes that a client may send ahead: calls have small bodies.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 256 * 1024;
/// An HTTP/2 client that does not answer a ping is gone.
const PING_EVERY: Duration = Duration::from_secs(20);

/// Where an address is listened on.
///
/// # Errors
/// Where it is taken, or not this machine's.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { tokio::net::TcpSocket::new_v4() } else { tokio::net::TcpSocket::new_v6() }?;
    // As after a restart: what is left of old connections does not keep the address.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Takes connections for a router. Cheap to clone.
#[derive(Clone)]
pub struct Connections(Arc<Inner>);

struct Inner {
    router: Router,
    forwarded: Forwarded,
    http: auto::Builder<TokioExecutor>,
    slots: Slots,
    limits: Limits,
    tasks: TaskTracker,
    /// No new requests, those under way may finish.
    draining: CancellationToken,
}

impl Connections {
    /// As many as the config says, and as the process has descriptors for beside `streams` and what else is open.
    pub fn new(config: &config::Config, router: Router, forwarded: Forwarded, descriptors: Descriptors) -> Self {
        let settings = &config.server.connections;
        let streams = descriptors.streams(config.gateway.streams_in_flight.as_u32() as usize);
        let most = descriptors.connections(settings.most.as_u32() as usize, streams);
        let most_of_one = (settings.most_per_address.as_u32() as usize).min(most);
        tracing::debug!(most, most_of_one, streams, "connections");
        let limits = Limits { header: settings.header_seconds.seconds(), idle: settings.idle_seconds.seconds() };
        Self(Arc::new(Inner {
            router,
            forwarded,
            http: builder(settings, &limits),
            slots: Slots::new(Bounds { most, most_of_one, grace: GRACE }),
            limits,
            tasks: TaskTracker::new(),
            draining: CancellationToken::new(),
        }))
    }

    /// Takes connections until [`Connections::drain`]; then waits for those that are there.
    pub async fn serve(&self, listener: TcpListener) {
        let mut told = None;
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = self.0.draining.cancelled() => break,
            };
            match accepted {
                Ok((stream, peer)) => self.admit(stream, peer, &mut told).await,
                Err(error) if is_of_one_client(&error) => {}
                Err(error) => {
                    tell(
                        &mut told,
                        || tracing::error!(%error, "a connection cannot be taken; those silent for longest are closed"),
                    );
                    self.0.slots.shed();
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        drop(listener);
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// From now on no new connection and no new request.
    pub fn drain(&self) {
        self.0.draining.cancel();
    }

    /// Closes whatever is open.
    pub fn cut_off(&self) {
        self.0.slots.sweep(|_| true);
    }

    async fn admit(&self, stream: TcpStream, peer: SocketAddr, told: &mut Option<Instant>) {
        let holder = (!self.0.forwarded.is_proxy(peer.ip())).then(|| Network::of(peer.ip()));
        let slot = match self.0.slots.claim(holder) {
            Ok(slot) => slot,
            Err(_) => match self.0.slots.claim_within(holder, PATIENCE).await {
                Ok(slot) => slot,
                Err(_) => {
                    let taken = self.0.slots.taken();
                    tell(told, || tracing::warn!(taken, %peer, "a connection is refused: there are too many that are at work"));
                    return;
                }
            },
        };
        // Small answers leave at once; a stream that is gone already needs no care.
        let _ = stream.set_nodelay(true);
        let connection = Connection::new(Arc::clone(slot.entry()));
        let parts = Arc::clone(&self.0);
        self.0.tasks.spawn(async move {
            parts.attend(stream, peer, connection, slot.ended()).await;
            // Only now is the descriptor free.
            drop(slot);
        });
    }
}

impl Inner {
    /// Serves one connection until it ends, or its place is taken away, or it keeps us waiting for too long.
    async fn attend(&self, stream: TcpStream, peer: SocketAddr, connection: Connection, ended: impl Future<Output = ()>) {
        let io = TokioIo::new(Watched::new(stream, connection.clone()));
        let requests = Requests { router: self.router.clone(), peer, connection: connection.clone() };
        let mut serving = std::pin::pin!(self.http.serve_connection(io, requests));
        let mut ended = std::pin::pin!(ended);
        let mut looking = tokio::time::interval_at(Instant::now() + self.limits.look_every(), self.limits.look_every());
        looking.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_draining = false;
        loop {
            tokio::select! {
                outcome = serving.as_mut() => {
                    if let Err(error) = outcome {
                        tracing::debug!(%error, "a connection broke off");
                    }
                    return;
                }
                () = ended.as_mut() => return,
                _ = looking.tick() => if connection.is_over(&self.limits) { return },
                () = self.draining.cancelled(), if !is_draining => {
                    is_draining = true;
                    serving.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

fn builder(settings: &config::Connections, limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // Also counts while nothing is asked. What has begun is looked at here, and more strictly.
        .header_read_timeout(limits.idle.max(limits.header))
        .max_buf_size(BUFFER);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(settings.streams.as_u32())
        .max_header_list_size(HEADER_LIST)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(BUFFER)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_EVERY);
    builder
}

/// The client gave up before its connection was taken.
fn is_of_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// At most once in a while.
fn tell(told: &mut Option<Instant>, say: impl FnOnce()) {
    if told.is_none_or(|last| last.elapsed() >= TELL_AFTER) {
        *told = Some(Instant::now());
        say();
    }
}

/// What hyper calls for each request of one connection.
struct Requests {
    router: Router,
    peer: SocketAddr,
    connection: Connection,
}

impl hyper::service::Service<Request<Incoming>> for Requests {
    type Response = Response<Counted>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let under_way = self.connection.begin(request.version());
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(self.peer));
        request.extensions_mut().insert(self.connection.clone());
        let answering = self.router.clone().oneshot(request);
        Box::pin(async move {
            let response = answering.await?;
            Ok(response.map(|body| Counted { body, _under_way: under_way }))
        })
    }
}

/// A body whose request is under way until it is dropped.
struct Counted {
    body: Body,
    _under_way: UnderWay,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
