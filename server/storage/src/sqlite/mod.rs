//! The embedded engine: one SQLite file, one thread that writes, a few that read.
//!
//! Writers queue for one thread, which commits many of them together (group commit), so that no lock is
//! waited for inside the process and one `fsync` serves everyone in the queue. A write is answered only after
//! its commit is on disk. Must never know what is stored in the tables; that is the backends' business.

mod connection;
mod readers;
mod reserve;
mod writer;

#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};

use rusqlite::Connection;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use self::{readers::Readers, writer::Message};
use super::{StoreError, disk, events::Events};

pub(super) use self::{
    connection::failure,
    writer::{Chore, give_way},
};

/// Writes that may wait for their turn; whoever comes then waits to be let into the queue.
const QUEUE: usize = 1024;
/// How long a write may take: waiting for its turn, for another process, and for the disk.
const WRITE_LIMIT: Duration = Duration::from_secs(20);
/// How long a read may take, with its turn.
const READ_LIMIT: Duration = Duration::from_secs(10);

/// An open file. Cheap to clone; the last clone closes it.
#[derive(Clone)]
pub struct Sqlite {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    /// `None` only while it is being closed.
    writes: Option<mpsc::Sender<Message>>,
    readers: Readers,
    writer: Option<JoinHandle<()>>,
}

impl Sqlite {
    /// Opens the file, or makes it, readable by nobody else. What other processes write is told to `events`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the path cannot be opened; [`StoreError::Full`] where the disk has no room for a new
    /// file, or none that was kept back for one that is there; [`StoreError::Corrupt`] where the file is no database.
    pub fn open(path: &Path, events: Events) -> Result<Self, StoreError> {
        match Self::begin(path, events.clone()) {
            Err(StoreError::Full { reason }) if reserve::release(path) => {
                tracing::error!(reason, path = %path.display(), "the disk is full: what is there can be read, and nothing written");
                let opened = Self::begin(path, events)?;
                reserve::keep(path, true);
                Ok(opened)
            }
            Ok(opened) => {
                reserve::keep(path, false);
                Ok(opened)
            }
            Err(error) => Err(error),
        }
    }

    fn begin(path: &Path, events: Events) -> Result<Self, StoreError> {
        let writing = connection::open_for_writing(path)?;
        let readers = Readers::start(path)?;
        let (writes, inbox) = mpsc::channel(QUEUE);
        let writer = writer::start(writing, inbox, events)?;
        writer::start_clock(writes.downgrade())?;
        let inner = Inner { path: path.to_owned(), writes: Some(writes), readers, writer: Some(writer) };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The file that is open.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Runs `operation` inside a transaction of the writing thread. What it did is kept, durably, where it
    /// returns `Ok` and undone where it returns `Err`. A caller that goes away leaves it wholly done or not at all.
    ///
    /// # Errors
    /// The operation's own, and [`StoreError::Unavailable`] where it could not be run or made durable.
    pub async fn write<T, F>(&self, operation: F) -> Result<T, StoreError>
    where
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let outcome = self.write_each(vec![operation]).await?.into_iter().next();
        outcome.ok_or_else(closed)
    }

    /// Runs operations one after the other as [`Sqlite::write`] runs one: each is kept or undone by itself, and they become
    /// durable together. What they did, in order.
    ///
    /// # Errors
    /// As [`Sqlite::write`], of the first that failed; then what others did is kept.
    pub async fn write_each<T, F>(&self, operations: Vec<F>) -> Result<Vec<T>, StoreError>
    where
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let Some(writes) = &self.inner.writes else { return Err(closed()) };
        let begin = |operation| {
            let (reply, answer) = oneshot::channel();
            (writer::job(operation, reply), answer)
        };
        let (jobs, answers): (Vec<_>, Vec<_>) = operations.into_iter().map(begin).unzip();
        let answered = async {
            writes.send(Message::Write(jobs)).await.map_err(|_| closed())?;
            let mut outcomes = Vec::with_capacity(answers.len());
            for answer in answers {
                outcomes.push(answer.await.map_err(|_| closed())??);
            }
            Ok(outcomes)
        };
        timeout(WRITE_LIMIT, answered).await.map_err(|_| too_slow("write", WRITE_LIMIT))?
    }

    /// Runs `operation` on a connection that can only read, and sees every write acknowledged before.
    ///
    /// # Errors
    /// The operation's own, and [`StoreError::Unavailable`] where it could not be run in time.
    pub async fn read<T, F>(&self, operation: F) -> Result<T, StoreError>
    where
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let answered = self.inner.readers.run(operation);
        timeout(READ_LIMIT, answered).await.map_err(|_| too_slow("read", READ_LIMIT))?
    }

    /// Runs `chore` now and then once a minute on the writing thread, between the writes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the queue is full, which it is not at the start.
    pub fn each_minute(&self, chore: Chore) -> Result<(), StoreError> {
        let Some(writes) = &self.inner.writes else { return Err(closed()) };
        writes.try_send(Message::Chore(chore)).map_err(|_| closed())
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Without a sender the thread writes what is queued, closes the file and ends.
        self.writes = None;
        self.readers.stop();
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
        // The files that go with the last connection leave room, which the next start may need.
        reserve::keep(&self.path, disk::is_full(&self.path));
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable { reason: "the database is closed".into() }
}

fn too_slow(what: &str, limit: Duration) -> StoreError {
    StoreError::Unavailable { reason: format!("a {what} took longer than {} s", limit.as_secs()) }
}
