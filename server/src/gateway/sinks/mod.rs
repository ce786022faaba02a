//! Where middleware of the gateway writes what it sees: lines of JSON for a sink that the config names.
//!
//! A line is put into a queue that is bounded and that nobody waits for; what finds it full, what a sink could not take after some
//! tries, and what it has not taken when the server ends is dropped and counted. Must never hold up a request.

mod file;
mod writer;

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use runtime::clock::Clock;
use serde::Serialize;
use tokio::{
    sync::{Mutex, mpsc, watch},
    time::Instant,
};

use self::writer::Writer;
use crate::{config, outbound::Outbound};

/// Lines that wait for a sink at most: some seconds of the most that one process answers.
const CAPACITY: usize = 16_384;

/// The sinks that the config names, of which middleware is given one.
#[derive(Default)]
pub struct Sinks {
    all: BTreeMap<String, Opened>,
    /// Which middleware is given which.
    of: BTreeMap<String, String>,
}

struct Opened {
    sink: Sink,
    /// Until somebody runs it.
    worker: Option<SinkWorker>,
}

/// One sink, for whoever writes to it. Cheap to clone.
#[derive(Clone)]
pub struct Sink {
    queue: mpsc::Sender<String>,
    counts: Arc<Counts>,
    clock: Clock,
}

/// The other end of a sink: takes lines out of the queue, and writes them.
pub struct SinkWorker {
    name: String,
    queue: Mutex<mpsc::Receiver<String>>,
    writer: Writer,
    counts: Arc<Counts>,
    /// Until when lines may be written, once the server ends.
    closing: watch::Sender<Option<Instant>>,
}

/// Lines since the process began.
#[derive(Debug, Default)]
struct Counts {
    written: AtomicU64,
    dropped: AtomicU64,
}

/// How many lines a sink took, and how many were dropped, since the process began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkCounts {
    pub name: String,
    pub written: u64,
    pub dropped: u64,
}

/// Reads what sinks came to. Cheap to clone.
#[derive(Clone, Default)]
pub struct SinkReader(Arc<[(String, Arc<Counts>)]>);

/// A sink is named that cannot be written to, or is none.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    #[error("`gateway.sink_of.{middleware}` names the sink `{sink}`, which is not there; there is: {known}")]
    Unknown { middleware: String, sink: String, known: String },
    #[error("`gateway.sink_of` names `{middleware}`, which takes no sink; these do: {known}")]
    NoTaker { middleware: String, known: String },
    #[error("gateway.sinks.{name}: {source}")]
    Unwritable { name: String, source: io::Error },
}

impl Sinks {
    /// Opens those that some middleware is given.
    ///
    /// # Errors
    /// [`SinkError`].
    pub fn open(config: &config::Gateway, clock: &Clock) -> Result<Self, SinkError> {
        let mut all = BTreeMap::new();
        for (middleware, name) in &config.sink_of {
            let Some(found) = config.sinks.get(name) else {
                let (middleware, sink, known) = (middleware.clone(), name.clone(), listed(config.sinks.keys()));
                return Err(SinkError::Unknown { middleware, sink, known });
            };
            if !all.contains_key(name) {
                let writer = Writer::open(found).map_err(|source| SinkError::Unwritable { name: name.clone(), source })?;
                all.insert(name.clone(), Opened::new(name, writer, clock));
            }
        }
        Ok(Self { all, of: config.sink_of.clone() })
    }

    /// The sink of a middleware, where it is given one. Must be asked for each that takes one.
    pub fn take(&mut self, middleware: &str) -> Option<Sink> {
        let name = self.of.remove(middleware)?;
        self.all.get(&name).map(|opened| opened.sink.clone())
    }

    /// Whether everybody that is given one took it; `known` are those that do.
    ///
    /// # Errors
    /// [`SinkError::NoTaker`].
    pub fn check_taken<'a>(&self, known: impl Iterator<Item = &'a str>) -> Result<(), SinkError> {
        match self.of.keys().next() {
            Some(middleware) => Err(SinkError::NoTaker { middleware: middleware.clone(), known: listed(known) }),
            None => Ok(()),
        }
    }

    /// The other ends, to be run.
    pub fn workers(&mut self) -> Vec<SinkWorker> {
        self.all.values_mut().filter_map(|opened| opened.worker.take()).collect()
    }

    pub fn reader(&self) -> SinkReader {
        SinkReader(self.all.iter().map(|(name, opened)| (name.clone(), Arc::clone(&opened.sink.counts))).collect())
    }
}

impl Opened {
    fn new(name: &str, writer: Writer, clock: &Clock) -> Self {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        let counts = Arc::<Counts>::default();
        let sink = Sink { queue: sender, counts: Arc::clone(&counts), clock: clock.clone() };
        let (queue, closing) = (Mutex::new(receiver), watch::Sender::default());
        Self { sink, worker: Some(SinkWorker { name: name.to_owned(), queue, writer, counts, closing }) }
    }
}

impl Sink {
    /// Writes one line: the fields of `what`, with the time beside them.
    pub fn write(&self, what: impl Serialize) {
        #[derive(Serialize)]
        struct Line<T> {
            /// Milliseconds since 1970.
            at: u64,
            #[serde(flatten)]
            what: T,
        }
        let line = serde_json::to_string(&Line { at: self.clock.millis(), what }).ok();
        if line.is_none_or(|line| self.queue.try_send(line).is_err()) {
            self.counts.dropped.fetch_add(1, Relaxed);
        }
    }
}

impl SinkWorker {
    /// Writes what comes, for as long as somebody writes to it, or until it is closed.
    ///
    /// # Errors
    /// Never; what cannot be written is dropped and counted.
    pub async fn run(self: Arc<Self>) -> Result<(), String> {
        let (mut queue, mut closing) = (self.queue.lock().await, self.closing.subscribe());
        loop {
            let mut lines = Vec::new();
            let received = tokio::select! {
                received = queue.recv_many(&mut lines, self.writer.batch()) => received,
                _ = end(&mut closing), if !queue.is_closed() => {
                    queue.close();
                    continue;
                }
            };
            if received == 0 {
                return Ok(());
            }
            self.write(lines, &mut closing).await;
        }
    }

    /// Takes no more lines, and has those that wait written within `patience`; what is not is dropped and counted.
    pub async fn close(&self, patience: Duration) {
        self.closing.send_replace(Some(Instant::now() + patience));
        // Whoever runs it lets go of the queue when it is empty.
        let mut queue = self.queue.lock().await;
        queue.close();
        // What is there still is there because nobody runs it.
        let mut left = 0;
        while queue.try_recv().is_ok() {
            left += 1;
        }
        if left > 0 {
            self.counts.dropped.fetch_add(left, Relaxed);
            tracing::warn!(sink = self.name, lines = left, "lines for a sink were dropped");
        }
    }

    async fn write(&self, lines: Vec<String>, closing: &mut watch::Receiver<Option<Instant>>) {
        // Counted also where whoever runs it is dropped in between.
        let mut batch = Batch { counts: &self.counts, lines: lines.len() as u64, is_written: false };
        let too_late = async { tokio::time::sleep_until(end(closing).await).await };
        let outcome = tokio::select! {
            biased;
            () = too_late => Err("the server ended first".to_owned()),
            outcome = self.writer.write(lines) => outcome,
        };
        batch.is_written = outcome.is_ok();
        if let Err(error) = outcome {
            tracing::warn!(sink = self.name, lines = batch.lines, error, "lines for a sink were dropped");
        }
    }
}

/// Until when lines may be written, as soon as somebody says so.
async fn end(closing: &mut watch::Receiver<Option<Instant>>) -> Instant {
    let end = closing.wait_for(Option::is_some).await.ok().and_then(|end| *end);
    match end {
        Some(end) => end,
        None => std::future::pending().await,
    }
}

/// Lines that are being written, and are counted when that is over.
struct Batch<'a> {
    counts: &'a Counts,
    lines: u64,
    is_written: bool,
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        let counted = if self.is_written { &self.counts.written } else { &self.counts.dropped };
        counted.fetch_add(self.lines, Relaxed);
    }
}

impl SinkReader {
    pub fn counts(&self) -> Vec<SinkCounts> {
        let counts = self.0.iter().map(|(name, counts)| SinkCounts {
            name: name.clone(),
            written: counts.written.load(Relaxed),
            dropped: counts.dropped.load(Relaxed),
        });
        counts.collect()
    }
}

fn listed(names: impl Iterator<Item = impl AsRef<str>>) -> String {
    let names: Vec<String> = names.map(|name| name.as_ref().to_owned()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// What files and posts are made with.
fn outbound() -> Outbound {
    // The config says where to: nobody else has a say.
    Outbound::anywhere()
}

#[cfg(test)]
mod tests;
