//! The thread that writes the audit log.
//!
//! What changes the vault waits until its line is on disk, and is not done where it cannot be written. A read waits only
//! until its line is handed over: the operating system has it before the thread takes the next, so that a killed process
//! loses none, and the disk within a tenth of a second, so that a machine that loses power may lose those of its last
//! tenth. Where lines cannot be written, nothing is read either, until one can; after a sync that failed, until a restart.
//! Must never do its work on a thread that serves requests, and never say that something is on disk that no sync brought there.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError};
use storage::StoreError;
use tokio::{sync::oneshot, time::timeout};

use super::{
    AuditError, ChainHeads, Entry, Reached,
    file::{AppendError, AuditFile, LogFile},
};
use crate::now_millis;

/// How long a read's line may be on its way to the disk.
const LAZY: Duration = Duration::from_millis(100);
/// Lines that are written together at most.
const BATCH: usize = 512;
/// Lines that wait at most.
const QUEUE: usize = 8192;
/// How long a change waits for its line.
const PATIENCE: Duration = Duration::from_secs(5);

enum Message {
    Line { entry: Entry, written: Option<oneshot::Sender<bool>> },
    End { written: oneshot::Sender<bool> },
}

/// The log, from the side of those who add to it.
pub struct Audit {
    inbox: Sender<Message>,
    shared: Arc<Shared>,
    file: String,
}

struct Shared {
    /// Whether the last lines could not be written.
    is_broken: AtomicBool,
    /// When the disk failed in a way after which nobody knows what is there, in milliseconds since 1970; 0 while it did not.
    disk_failed: AtomicU64,
    /// What is on disk.
    reached: Mutex<Reached>,
}

/// What a person is told whose access is refused after a sync that failed.
const DISK_FAILED: &str = "its disk failed to keep what was written; nothing is read or changed until the server is restarted, \
    and the disk should be looked at first";

impl Audit {
    /// Opens a file of the folder that has what the vault remembers of it, and starts the thread.
    ///
    /// # Errors
    /// [`AuditError`].
    pub fn open(folder: &Path, heads: &ChainHeads) -> Result<Self, AuditError> {
        let file = AuditFile::open(folder, heads)?;
        let name = file.name().to_owned();
        Self::over(file, name).map_err(|source| AuditError::File { path: folder.display().to_string(), source })
    }

    /// Starts the thread that writes to `file`.
    pub(crate) fn over(file: impl LogFile, name: String) -> std::io::Result<Self> {
        let (inbox, messages) = crossbeam_channel::bounded(QUEUE);
        let reached = Mutex::new(file.reached().clone());
        let shared = Arc::new(Shared { is_broken: AtomicBool::new(false), disk_failed: AtomicU64::new(0), reached });
        let writer = Writer { file, shared: Arc::clone(&shared), unsynced: None };
        thread::Builder::new().name("audit".into()).spawn(move || writer.run(&messages))?;
        Ok(Self { inbox, shared, file: name })
    }

    /// Whether accesses can be written down.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], with why not.
    pub fn check(&self) -> Result<(), StoreError> {
        match (self.disk_failed(), self.shared.is_broken.load(Ordering::Acquire)) {
            (Some(_), _) => Err(unavailable(DISK_FAILED)),
            (None, true) => Err(unavailable("it cannot be written")),
            (None, false) => Ok(()),
        }
    }

    /// When the disk failed in a way after which nobody knows what is there, in milliseconds since 1970.
    pub fn disk_failed(&self) -> Option<u64> {
        Some(self.shared.disk_failed.load(Ordering::Acquire)).filter(|at| *at > 0)
    }

    /// Hands over the line of a read.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the log cannot be written.
    pub fn note(&self, entry: Entry) -> Result<(), StoreError> {
        // Where it is broken, only a change finds out that it is not any more; a read tries on behalf of the next one.
        let before = self.check();
        self.send(Message::Line { entry, written: None })?;
        before
    }

    /// Waits until the line of a change is on disk.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where it is not.
    pub async fn record(&self, entry: Entry) -> Result<(), StoreError> {
        let (written, told) = oneshot::channel();
        self.send(Message::Line { entry, written: Some(written) })?;
        self.wait(told).await
    }

    /// Waits until every line is on disk that was handed over before.
    ///
    /// # Errors
    /// As [`Audit::record`].
    pub async fn flush(&self) -> Result<(), StoreError> {
        let (written, told) = oneshot::channel();
        self.send(Message::End { written })?;
        self.wait(told).await
    }

    /// The file, and how far it has come on disk.
    pub fn reached(&self) -> (&str, Reached) {
        (&self.file, self.shared.reached.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    async fn wait(&self, told: oneshot::Receiver<bool>) -> Result<(), StoreError> {
        match timeout(PATIENCE, told).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false) | Err(_)) => self.check().and(Err(unavailable("it cannot be written"))),
            Err(_) => Err(unavailable("the disk does not answer")),
        }
    }

    fn send(&self, message: Message) -> Result<(), StoreError> {
        self.inbox.try_send(message).map_err(|error| match error {
            TrySendError::Full(_) => unavailable("too many lines wait for the disk"),
            TrySendError::Disconnected(_) => unavailable("its writer ended"),
        })
    }
}

fn unavailable(reason: &str) -> StoreError {
    StoreError::Unavailable { reason: format!("the vault's audit log: {reason}") }
}

/// The thread's side: takes what is there, writes it at once, and sees to it that it gets to the disk in time.
struct Writer<F> {
    file: F,
    shared: Arc<Shared>,
    /// Since when something is on its way to the disk.
    unsynced: Option<Instant>,
}

impl<F: LogFile> Writer<F> {
    fn run(mut self, messages: &Receiver<Message>) {
        loop {
            let wait = self.unsynced.map_or(Duration::from_secs(3600), |since| LAZY.saturating_sub(since.elapsed()));
            let first = match messages.recv_timeout(wait) {
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let batch: Vec<Message> = first.into_iter().chain(messages.try_iter().take(BATCH)).collect();
            let (entries, waiting) = sort(batch);
            let is_written = self.write(&entries, !waiting.is_empty());
            for told in waiting {
                let _ = told.send(is_written);
            }
        }
        if !self.has_failed() && self.sync().is_err() {
            tracing::error!("the audit log's last lines may be lost");
        }
    }

    /// Whether what was given now, and all before it, is where it has to be: on disk where somebody waits.
    fn write(&mut self, entries: &[Entry], is_waited_for: bool) -> bool {
        if self.has_failed() {
            return false;
        }
        match add(&mut self.file, entries) {
            Ok(()) => {
                if !entries.is_empty() {
                    self.unsynced.get_or_insert_with(Instant::now);
                }
            }
            Err(AppendError::Refused(error)) => {
                if !self.shared.is_broken.swap(true, Ordering::AcqRel) {
                    tracing::error!(%error, "the audit log cannot be written: the vault refuses every access until it can");
                }
                return false;
            }
            Err(AppendError::Torn(error)) => {
                self.fail(&error);
                return false;
            }
        }
        let is_due = self.unsynced.is_some_and(|since| is_waited_for || since.elapsed() >= LAZY);
        if is_due && let Err(error) = self.sync() {
            self.fail(&error);
            return false;
        }
        // A silence says nothing about the disk.
        if !entries.is_empty() {
            self.shared.is_broken.store(false, Ordering::Release);
        }
        true
    }

    /// What was written is on disk from here on, and only where this succeeds.
    fn sync(&mut self) -> std::io::Result<()> {
        self.file.sync()?;
        self.unsynced = None;
        *self.shared.reached.lock().unwrap_or_else(PoisonError::into_inner) = self.file.reached().clone();
        Ok(())
    }

    fn has_failed(&self) -> bool {
        self.shared.disk_failed.load(Ordering::Acquire) > 0
    }

    /// There is no going on in this process: the system may have dropped what it could not write, and would say so to nobody
    /// a second time.
    fn fail(&mut self, error: &std::io::Error) {
        self.unsynced = None;
        self.shared.disk_failed.store(now_millis().max(1), Ordering::Release);
        tracing::error!(
            %error,
            "the disk failed to keep the audit log: the vault refuses every access until the server is restarted; whoever is \
             signed in stays so"
        );
    }
}

fn sort(batch: Vec<Message>) -> (Vec<Entry>, Vec<oneshot::Sender<bool>>) {
    let (mut entries, mut waiting) = (Vec::with_capacity(batch.len()), Vec::new());
    for message in batch {
        match message {
            Message::Line { entry, written } => {
                entries.push(entry);
                waiting.extend(written);
            }
            Message::End { written } => waiting.push(written),
        }
    }
    (entries, waiting)
}

fn add(file: &mut impl LogFile, entries: &[Entry]) -> Result<(), AppendError> {
    if entries.is_empty() {
        return Ok(());
    }
    let now = now_millis();
    let (mut lines, mut reached) = (Vec::new(), file.reached().clone());
    for entry in entries {
        let (line, next) = reached.next(entry, now).map_err(|error| AppendError::Refused(error.into()))?;
        lines.extend_from_slice(&line);
        reached = next;
    }
    file.append(&lines, reached)
}

#[cfg(test)]
mod tests;
