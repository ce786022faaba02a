//! The threads that read: each has a connection of its own and takes the next read from one queue.
//!
//! Must never be handed anything that writes; their connections refuse it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    thread::{self, JoinHandle},
};

use crossbeam_channel::{Receiver, Sender, unbounded};
use rusqlite::Connection;
use tokio::sync::{Semaphore, oneshot};

use super::{closed, connection};
use crate::StoreError;

/// Reads in the queue at a time; whoever comes then waits to be let in.
const QUEUE: usize = 1024;

type Job = Box<dyn FnOnce(&Connection) + Send>;

pub(super) struct Readers {
    /// `None` only while it is being closed.
    jobs: Option<Sender<Job>>,
    places: Semaphore,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    /// As many as there are processors, and enough that a long list does not hold up everyone else.
    pub(super) fn start(path: &Path) -> Result<Self, StoreError> {
        let count = thread::available_parallelism().map_or(4, usize::from).clamp(4, 8);
        let (jobs, queue) = unbounded();
        let mut threads = Vec::with_capacity(count);
        for number in 0..count {
            let reading = connection::open_for_reading(path)?;
            let queue: Receiver<Job> = queue.clone();
            let thread = thread::Builder::new()
                .name(format!("store-read-{number}"))
                .spawn(move || queue.iter().for_each(|job| job(&reading)))
                .map_err(|error| StoreError::Unavailable { reason: error.to_string() })?;
            threads.push(thread);
        }
        Ok(Self { jobs: Some(jobs), places: Semaphore::new(QUEUE), threads })
    }

    pub(super) async fn run<T, F>(&self, operation: F) -> Result<T, StoreError>
    where
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let _place = self.places.acquire().await.map_err(|_| closed())?;
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            if reply.is_closed() {
                return;
            }
            let outcome = catch_unwind(AssertUnwindSafe(|| operation(connection)));
            let _ = reply.send(outcome.unwrap_or_else(|_| Err(broken())));
        });
        let Some(jobs) = &self.jobs else { return Err(closed()) };
        jobs.send(job).map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    pub(super) fn stop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// A read or write panicked. The thread lives on; the panic itself was logged where it happened.
pub(super) fn broken() -> StoreError {
    StoreError::Unavailable { reason: "the operation broke off".into() }
}
