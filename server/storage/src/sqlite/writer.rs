//! The thread that writes. Whatever is in the queue becomes one transaction, with a savepoint per operation so
//! that one conflict leaves the others alone; nobody is answered before the commit.
//!
//! Must never answer `Ok` for what is not on disk.

use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::{connection::failure, readers::broken};
use crate::{
    StoreError,
    events::{Change, Events},
};

/// Operations in one transaction at most, so that the first does not wait long for the last.
const BATCH: usize = 256;
/// Steps after which the thread lets those who wait for its processor have their turn: a reader's is short, and would
/// otherwise wait for as long as the system lets a busy thread go on (some milliseconds).
const STEPS: usize = 16;
/// How often another process's writes are looked for.
const TICK: Duration = Duration::from_millis(500);
/// How often chores are run.
const CHORES: Duration = Duration::from_secs(60);

/// Housekeeping in small steps: does one and says whether there is more to do.
pub(crate) type Chore = fn(&Connection) -> Result<bool, StoreError>;

pub(super) enum Message {
    /// To be committed together.
    Write(Vec<Box<dyn Job>>),
    Chore(Chore),
    Tick,
}

/// One operation, from the queue to its answer.
pub(super) trait Job: Send {
    /// Whether nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;
    /// Runs the operation and keeps its outcome; whether what it did is to be kept.
    fn run(&mut self, connection: &Connection) -> bool;
    /// Whether its outcome is that the disk is full.
    fn found_no_room(&self) -> bool;
    /// Answers with the outcome, or with why the transaction was lost.
    fn answer(self: Box<Self>, lost: Option<&Lost>);
}

/// Why a transaction was lost.
pub(super) enum Lost {
    Full(String),
    Failed(String),
}

impl From<StoreError> for Lost {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full { reason } => Self::Full(reason),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl Lost {
    fn error(&self) -> StoreError {
        match self {
            Self::Full(reason) => StoreError::Full { reason: reason.clone() },
            Self::Failed(reason) => StoreError::Unavailable { reason: reason.clone() },
        }
    }
}

struct Operation<T, F> {
    operation: Option<F>,
    outcome: Result<T, StoreError>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

pub(super) fn job<T, F>(operation: F, reply: oneshot::Sender<Result<T, StoreError>>) -> Box<dyn Job>
where
    F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    T: Send + 'static,
{
    Box::new(Operation { operation: Some(operation), outcome: Err(broken()), reply })
}

impl<T, F> Job for Operation<T, F>
where
    F: FnOnce(&Connection) -> Result<T, StoreError> + Send,
    T: Send,
{
    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run(&mut self, connection: &Connection) -> bool {
        if let Some(operation) = self.operation.take() {
            let outcome = catch_unwind(AssertUnwindSafe(|| operation(connection)));
            self.outcome = outcome.unwrap_or_else(|_| Err(broken()));
        }
        self.outcome.is_ok()
    }

    fn found_no_room(&self) -> bool {
        matches!(self.outcome, Err(StoreError::Full { .. }))
    }

    fn answer(self: Box<Self>, lost: Option<&Lost>) {
        let outcome = match lost {
            None => self.outcome,
            Some(lost) => Err(lost.error()),
        };
        let _ = self.reply.send(outcome);
    }
}

pub(super) fn start(
    connection: Connection,
    inbox: mpsc::Receiver<Message>,
    events: Events,
) -> Result<JoinHandle<()>, StoreError> {
    let seen = data_version(&connection);
    let writer = Writer { connection, inbox, events, seen, chores: Vec::new(), swept: Instant::now() };
    spawn("store-write", move || writer.run())
}

/// Sends a tick twice a second for as long as the file is open.
pub(super) fn start_clock(writes: mpsc::WeakSender<Message>) -> Result<(), StoreError> {
    let tick = move || {
        loop {
            thread::sleep(TICK);
            let Some(writes) = writes.upgrade() else { return };
            // A full queue needs no tick: the writer looks after each batch when one is due.
            let _ = writes.try_send(Message::Tick);
        }
    };
    spawn("store-clock", tick).map(drop)
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
    let thread = thread::Builder::new().name(name.to_owned()).stack_size(512 * 1024).spawn(run);
    thread.map_err(|error| StoreError::Unavailable { reason: error.to_string() })
}

struct Writer {
    connection: Connection,
    inbox: mpsc::Receiver<Message>,
    events: Events,
    seen: Option<i64>,
    chores: Vec<Chore>,
    swept: Instant,
}

impl Writer {
    fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(first) = self.inbox.blocking_recv() {
            let mut next = Some(first);
            while let Some(message) = next {
                match message {
                    Message::Write(jobs) => batch.extend(jobs),
                    Message::Chore(chore) => self.adopt(chore),
                    Message::Tick => self.tick(),
                }
                next = if batch.len() < BATCH { self.inbox.try_recv().ok() } else { None };
            }
            if !batch.is_empty() {
                commit(&self.connection, &mut batch);
            }
        }
    }

    fn adopt(&mut self, chore: Chore) {
        self.chores.push(chore);
        self.sweep();
    }

    /// `data_version` differs from the last look only where *another* connection wrote; the readers never do.
    fn tick(&mut self) {
        let now = data_version(&self.connection);
        if now.is_some() && now != self.seen {
            self.seen = now;
            self.events.publish(Change::Elsewhere);
        }
        if self.swept.elapsed() >= CHORES {
            self.sweep();
        }
    }

    /// One step of each chore; where there is more to do, the rest is done at the next tick.
    fn sweep(&mut self) {
        let mut unfinished = false;
        for chore in &self.chores {
            match chore(&self.connection) {
                Ok(more) => unfinished |= more,
                Err(error) => tracing::warn!(%error, "housekeeping of the store failed; it is tried again"),
            }
        }
        if !unfinished {
            self.swept = Instant::now();
        }
    }
}

fn data_version(connection: &Connection) -> Option<i64> {
    let version = connection.prepare_cached("PRAGMA data_version").and_then(|mut pragma| pragma.query_one([], |row| row.get(0)));
    version.inspect_err(|error| tracing::warn!(%error, "cannot look for changes of other processes")).ok()
}

/// To be called between the steps of something long, with their numbers.
pub(crate) fn give_way(step: usize) {
    if step % STEPS == STEPS - 1 {
        thread::yield_now();
    }
}

/// One transaction for all of `batch`, which is empty afterwards.
fn commit(connection: &Connection, batch: &mut Vec<Box<dyn Job>>) {
    batch.retain(|job| !job.is_abandoned());
    let lost = transaction(connection, batch).err().map(Lost::from);
    if let Some(lost) = &lost {
        tracing::error!(error = %lost.error(), writes = batch.len(), "a transaction was lost");
        if !connection.is_autocommit() {
            let _ = connection.execute_batch("ROLLBACK");
        }
    }
    for job in mem::take(batch) {
        job.answer(lost.as_ref());
    }
    batch.reserve(BATCH);
}

fn transaction(connection: &Connection, batch: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    let execute = |sql: &str| connection.prepare_cached(sql).and_then(|mut it| it.execute([])).map_err(failure);
    execute("BEGIN IMMEDIATE")?;
    for (step, job) in batch.iter_mut().enumerate() {
        give_way(step);
        execute("SAVEPOINT operation")?;
        let keep = job.run(connection);
        // A full disk makes SQLite give up the whole transaction, not only the statement.
        if connection.is_autocommit() {
            return Err(match job.found_no_room() {
                true => StoreError::Full { reason: "the transaction was undone".into() },
                false => StoreError::Unavailable { reason: "the disk is failing: the transaction was undone".into() },
            });
        }
        if !keep {
            execute("ROLLBACK TO operation")?;
        }
        execute("RELEASE operation")?;
    }
    execute("COMMIT").map(drop)
}
