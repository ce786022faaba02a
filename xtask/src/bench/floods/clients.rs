//! Clients that open what they can and take nothing: each comes back a while after it was closed.
//!
//! Must never connect to anything but the loopback address that the target names.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    sync::watch,
};

use super::super::segments::Place;

/// Addresses that a flood comes from.
const SOURCES: usize = 64;
/// How long a client waits before it comes again.
const PAUSE: Duration = Duration::from_secs(2);
/// Between two bytes of a client that is slow on purpose.
const DRIP: Duration = Duration::from_secs(2);
/// How long all of them are given to come for the first time.
const ARRIVAL: Duration = Duration::from_secs(4);

pub struct Target {
    pub address: SocketAddr,
    /// Pieces of video.
    pub places: Vec<Place>,
}

/// What a client does.
#[derive(Clone, Copy)]
pub enum Flood {
    HalfSent,
    SlowReader,
    Idle,
    /// HTTP/2 with windows of nothing.
    Stalled {
        streams: usize,
    },
}

/// A flood, until it is stopped.
pub struct Running {
    stop: watch::Sender<bool>,
    counts: Arc<Counts>,
    thread: thread::JoinHandle<()>,
}

#[derive(Default)]
struct Counts {
    held: AtomicUsize,
    closed: AtomicU64,
}

impl Running {
    /// How many were held at the end, and how many were closed by the server all in all.
    pub fn stop(self) -> (usize, u64) {
        let held = self.counts.held.load(Relaxed);
        // It may have ended by itself.
        let _ = self.stop.send(true);
        drop(self.thread.join());
        (held, self.counts.closed.load(Relaxed))
    }
}

/// Starts `count` clients, and returns when they have come.
pub fn start(flood: Flood, count: usize, target: &Arc<Target>) -> Result<Running> {
    ensure!(target.address.ip().is_loopback(), "{} is not this machine", target.address);
    let (stop, mut stopped) = watch::channel(false);
    let counts = Arc::new(Counts::default());
    let (target, counted) = (Arc::clone(target), Arc::clone(&counts));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let thread = thread::spawn(move || {
        runtime.block_on(async {
            for number in 0..count {
                tokio::spawn(again_and_again(flood, number, count, Arc::clone(&target), Arc::clone(&counted)));
            }
            // The sender is dropped or says so.
            drop(stopped.wait_for(|is_over| *is_over).await);
        });
        runtime.shutdown_background();
    });
    thread::sleep(ARRIVAL);
    Ok(Running { stop, counts, thread })
}

async fn again_and_again(flood: Flood, number: usize, count: usize, target: Arc<Target>, counts: Arc<Counts>) {
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let share = number as f64 / count.max(1) as f64;
    tokio::time::sleep(ARRIVAL.mul_f64(share / 2.0)).await;
    loop {
        // Whatever ends it, the client comes again.
        drop(client(flood, number, &target, &counts).await);
        counts.closed.fetch_add(1, Relaxed);
        tokio::time::sleep(PAUSE).await;
    }
}

async fn client(flood: Flood, number: usize, target: &Target, counts: &Counts) -> Result<()> {
    let mut stream = connect(source(number)?, target.address, matches!(flood, Flood::SlowReader)).await?;
    let _held = Held::new(counts);
    match flood {
        Flood::HalfSent => {
            stream.write_all(b"GET / HTTP/1.1\r\nHost: flood\r\nX-Drip: ").await?;
            loop {
                tokio::select! {
                    read = stream.read_u8() => { read?; }
                    () = tokio::time::sleep(DRIP) => stream.write_all(b"x").await?,
                }
            }
        }
        Flood::SlowReader => {
            stream.write_all(place(target, number)?.request("flood").as_bytes()).await?;
            let mut piece = [0; 512];
            loop {
                ensure!(stream.read(&mut piece).await? > 0, "closed");
                tokio::time::sleep(DRIP).await;
            }
        }
        Flood::Idle => {
            stream.read_u8().await?;
            Ok(())
        }
        Flood::Stalled { streams } => stalled(stream, number, streams, target).await,
    }
}

async fn stalled(stream: TcpStream, number: usize, streams: usize, target: &Target) -> Result<()> {
    let (client, connection) = h2::client::Builder::new().initial_window_size(0).handshake::<_, Bytes>(stream).await?;
    let connection = tokio::spawn(connection);
    let mut client = client.ready().await?;
    let mut answers = Vec::new();
    for stream in 0..streams {
        let place = place(target, number * streams + stream)?;
        let request = http::Request::get(format!("http://flood{}", place.path)).header("range", place.range()).body(())?;
        answers.push(client.send_request(request, true)?.0);
        // What the server does not take at once waits until it does.
        if stream % 32 == 31 {
            tokio::time::sleep(DRIP / 20).await;
        }
    }
    // Heads are read, bodies are not.
    let mut bodies = Vec::new();
    for answer in answers {
        if let Ok(Ok(answer)) = tokio::time::timeout(DRIP, answer).await {
            bodies.push(answer);
        }
    }
    connection.await??;
    drop(bodies);
    Ok(())
}

fn place(target: &Target, number: usize) -> Result<&Place> {
    target.places.get(number % target.places.len().max(1)).context("there is no video")
}

/// 127.9.0.y
fn source(number: usize) -> Result<IpAddr> {
    let last = u8::try_from(number % SOURCES)? + 1;
    Ok(Ipv4Addr::new(127, 9, 0, last).into())
}

async fn connect(from: IpAddr, to: SocketAddr, is_narrow: bool) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if is_narrow {
        socket.set_recv_buffer_size(4096)?;
    }
    socket.bind(SocketAddr::new(from, 0))?;
    Ok(socket.connect(to).await?)
}

/// Counts one that is open.
struct Held<'a>(&'a Counts);

impl<'a> Held<'a> {
    fn new(counts: &'a Counts) -> Self {
        counts.held.fetch_add(1, Relaxed);
        Self(counts)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.held.fetch_sub(1, Relaxed);
    }
}
