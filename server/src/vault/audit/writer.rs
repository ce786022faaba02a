//! The thread that writes the audit log.
//!
//! What changes the vault waits until its line is on disk, and is not done where it cannot be written. A read waits only
//! until its line is handed over: the operating system has it before the thread takes the next, so that a killed process
//! loses none, and the disk within a tenth of a second, so that a machine that loses power may lose those of its last
//! tenth. Where lines cannot be written, nothing is read either. Must never do its work on a thread that serves requests.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError};
use tokio::{sync::oneshot, time::timeout};

use super::{AuditError, Entry, Heads, Reached, file::AuditFile};
use crate::storage::StoreError;

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
    /// What is on disk.
    reached: Mutex<Reached>,
}

impl Audit {
    /// Opens a file of the folder that has what the vault remembers of it, and starts the thread.
    ///
    /// # Errors
    /// [`AuditError`].
    pub fn open(folder: &Path, heads: &Heads) -> Result<Self, AuditError> {
        let file = AuditFile::open(folder, heads)?;
        let name = file.name().to_owned();
        let (inbox, messages) = crossbeam_channel::bounded(QUEUE);
        let reached = Mutex::new(file.reached.clone());
        let shared = Arc::new(Shared { is_broken: AtomicBool::new(false), reached });
        let failed = |source| AuditError::File { path: folder.display().to_string(), source };
        let theirs = Arc::clone(&shared);
        thread::Builder::new().name("audit".into()).spawn(move || write(file, &messages, &theirs)).map_err(failed)?;
        Ok(Self { inbox, shared, file: name })
    }

    /// Hands over the line of a read.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the log cannot be written.
    pub fn note(&self, entry: Entry) -> Result<(), StoreError> {
        // Where it is broken, only a change finds out that it is not any more; a read tries on behalf of the next one.
        let was_broken = self.shared.is_broken.load(Ordering::Acquire);
        self.send(Message::Line { entry, written: None })?;
        if was_broken { Err(unavailable("it cannot be written")) } else { Ok(()) }
    }

    /// Waits until the line of a change is on disk.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where it is not.
    pub async fn record(&self, entry: Entry) -> Result<(), StoreError> {
        let (written, told) = oneshot::channel();
        self.send(Message::Line { entry, written: Some(written) })?;
        wait(told).await
    }

    /// Waits until every line is on disk that was handed over before.
    ///
    /// # Errors
    /// As [`Audit::record`].
    pub async fn flush(&self) -> Result<(), StoreError> {
        let (written, told) = oneshot::channel();
        self.send(Message::End { written })?;
        wait(told).await
    }

    /// The file, and how far it has come on disk.
    pub fn reached(&self) -> (&str, Reached) {
        (&self.file, self.shared.reached.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn send(&self, message: Message) -> Result<(), StoreError> {
        self.inbox.try_send(message).map_err(|error| match error {
            TrySendError::Full(_) => unavailable("too many lines wait for the disk"),
            TrySendError::Disconnected(_) => unavailable("its writer ended"),
        })
    }
}

async fn wait(told: oneshot::Receiver<bool>) -> Result<(), StoreError> {
    match timeout(PATIENCE, told).await {
        Ok(Ok(true)) => Ok(()),
        Ok(Ok(false) | Err(_)) => Err(unavailable("it cannot be written")),
        Err(_) => Err(unavailable("the disk does not answer")),
    }
}

fn unavailable(reason: &str) -> StoreError {
    StoreError::Unavailable { reason: format!("the vault's audit log: {reason}") }
}

/// Takes what is there, writes it at once, and sees to it that it gets to the disk in time.
fn write(mut file: AuditFile, messages: &Receiver<Message>, shared: &Shared) {
    let mut unsynced: Option<Instant> = None;
    loop {
        let wait = unsynced.map_or(Duration::from_secs(3600), |since| LAZY.saturating_sub(since.elapsed()));
        let first = match messages.recv_timeout(wait) {
            Ok(message) => Some(message),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        let batch: Vec<Message> = first.into_iter().chain(messages.try_iter().take(BATCH)).collect();
        let (entries, waiting) = sort(batch);
        let mut outcome = add(&mut file, &entries);
        if outcome.is_ok() && !entries.is_empty() {
            unsynced.get_or_insert_with(Instant::now);
        }
        let is_due = unsynced.is_some_and(|since| !waiting.is_empty() || since.elapsed() >= LAZY);
        if outcome.is_ok() && is_due {
            outcome = file.sync();
            unsynced = None;
            *shared.reached.lock().unwrap_or_else(PoisonError::into_inner) = file.reached.clone();
        }
        let was_broken = shared.is_broken.load(Ordering::Acquire);
        match &outcome {
            // A silence says nothing about the disk.
            Ok(()) if entries.is_empty() => {}
            Ok(()) => shared.is_broken.store(false, Ordering::Release),
            Err(error) => {
                shared.is_broken.store(true, Ordering::Release);
                if !was_broken {
                    tracing::error!(%error, "the audit log cannot be written: the vault refuses every access");
                }
            }
        }
        for told in waiting {
            let _ = told.send(outcome.is_ok());
        }
    }
    if let Err(error) = file.sync() {
        tracing::error!(%error, "the audit log's last lines may be lost");
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

fn add(file: &mut AuditFile, entries: &[Entry]) -> std::io::Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let now = u64::try_from(now).unwrap_or(u64::MAX);
    let (mut lines, mut reached) = (Vec::new(), file.reached.clone());
    for entry in entries {
        let (line, next) = reached.next(entry, now)?;
        lines.extend_from_slice(&line);
        reached = next;
    }
    file.append(&lines, reached)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::record::{Access, Act, Purpose};

    fn entry(what: &str) -> Entry {
        Entry { access: Access::own(Purpose::Migration), act: Act::Put, what: what.to_owned() }
    }

    #[tokio::test]
    async fn two_processes_write_two_files_and_the_next_one_goes_on_with_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) =
            (Audit::open(folder.path(), &Heads::new()).unwrap(), Audit::open(folder.path(), &Heads::new()).unwrap());
        assert_ne!(one.file, other.file);
        one.record(entry("a/x")).await.unwrap();
        one.record(entry("a/y")).await.unwrap();
        let (name, reached) = (one.file.clone(), one.reached().1);
        assert_eq!(reached.lines, 2);
        drop((one, other));
        let mut again = Audit::open(folder.path(), &Heads::new()).unwrap();
        for _ in 0..100 {
            // The threads of the others let go of their files a moment later.
            if super::super::file::files(folder.path()).unwrap().len() == 2 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
            drop(again);
            again = Audit::open(folder.path(), &Heads::new()).unwrap();
        }
        let names: Vec<String> = super::super::file::files(folder.path())
            .unwrap()
            .iter()
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        assert!(names.contains(&name) && names.contains(&again.file), "{names:?}");
    }

    #[tokio::test]
    async fn a_read_is_on_disk_within_its_time_though_nobody_waits_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let audit = Audit::open(folder.path(), &Heads::new()).unwrap();
        audit.note(entry("a/x")).unwrap();
        for _ in 0..200 {
            if audit.reached().1.lines == 1 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the line is not on disk");
    }
}
