//! How far each life of a process is: what of it is counted, what still waits on its machine, and what is lost.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use storage::{StoreError, documents::Documents};

use super::{
    intake::Counts,
    record::{NODES, NodeRecord},
    set_aside,
};
use crate::services::recorder;

/// Of this process.
#[derive(Debug)]
pub struct Progress {
    pub started: u64,
    pub queue: Arc<recorder::Counts>,
    pub intake: Arc<Counts>,
    /// Lines of the journal that could not be read.
    unreadable: AtomicU64,
    /// Events of this process that were in its journal when it was last counted.
    folded: AtomicU64,
    /// What was said last: journalled, folded, lost.
    noted: Mutex<Option<[u64; 3]>>,
}

impl Progress {
    pub fn new(started: u64, queue: Arc<recorder::Counts>, intake: Arc<Counts>) -> Self {
        Self { started, queue, intake, unreadable: AtomicU64::new(0), folded: AtomicU64::new(0), noted: Mutex::default() }
    }

    /// How many events are in the journal, or were.
    pub fn journalled(&self) -> u64 {
        self.intake.journalled.load(Relaxed)
    }

    /// So many lines of the journal could not be read since the process began.
    pub fn unreadable(&self, lines: u64) {
        self.unreadable.store(lines, Relaxed);
    }

    /// So many events that were journalled are counted.
    pub fn folded(&self, journalled: u64) {
        self.folded.store(journalled, Relaxed);
    }

    /// What was lost since the process began.
    pub fn lost(&self) -> u64 {
        self.queue.dropped.load(Relaxed) + self.intake.lost.load(Relaxed) + self.unreadable.load(Relaxed)
    }

    /// Says how far this process is, where that is another than was said before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note(&self, documents: &dyn Documents, epoch: &str, now: u64, is_over: bool) -> Result<(), StoreError> {
        let (journalled, folded, lost) = (self.intake.journalled.load(Relaxed), self.folded.load(Relaxed), self.lost());
        let noted = Some([journalled, folded, lost]);
        let is_noted = *self.noted.lock().unwrap_or_else(PoisonError::into_inner) == noted;
        if is_noted && !is_over {
            return Ok(());
        }
        // All that is said here is said anew each time: one that cannot be read is no loss.
        set_aside::update(
            documents,
            (&NODES, epoch),
            |_| NodeRecord::default(),
            |before| Some(NodeRecord { started: self.started, heard: now, journalled, folded, lost, is_over, ..before }),
        )
        .await?;
        // Only what was written was said: what fails is said again.
        *self.noted.lock().unwrap_or_else(PoisonError::into_inner) = noted;
        Ok(())
    }

    /// What a process left that is gone is counted. `span` is when the first and the last of it happened, as far as can be told.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_over(documents: &dyn Documents, epoch: &str, unreadable: u64, span: (u64, u64)) -> Result<(), StoreError> {
        set_aside::update(
            documents,
            (&NODES, epoch),
            |_| NodeRecord::default(),
            |before| {
                let folded = before.journalled.max(before.folded);
                let lost = if before.is_over { before.lost } else { before.lost + unreadable };
                let was_killed = before.was_killed || !before.is_over;
                // One that was killed before it said anything of itself is known by what it left.
                let started = if before.started == 0 { span.0 } else { before.started };
                let heard = before.heard.max(span.1);
                Some(NodeRecord { started, heard, folded, lost, was_killed, is_over: true, ..before })
            },
        )
        .await
    }
}

#[cfg(test)]
mod tests {
    use storage::{StorageUrls, documents::read, events::Events, open};

    use super::*;

    #[tokio::test]
    async fn what_could_not_be_said_is_said_the_next_time() {
        let folder = tempfile::tempdir().unwrap();
        let stores = open(&StorageUrls::embedded(folder.path()), &Events::default()).await.unwrap();
        let progress = Progress::new(1, Arc::default(), Arc::default());
        progress.intake.journalled.store(3, Relaxed);
        // No document has so long an id.
        progress.note(&*stores.documents, &"x".repeat(300), 5, false).await.unwrap_err();
        progress.note(&*stores.documents, "life", 6, false).await.unwrap();
        let stored = || read::<NodeRecord>(&*stores.documents, &NODES, "life");
        let (record, version) = stored().await.unwrap().unwrap();
        assert_eq!((record.journalled, record.heard), (3, 6));
        progress.note(&*stores.documents, "life", 7, false).await.unwrap();
        assert_eq!(stored().await.unwrap().unwrap().1, version, "nothing is new");
    }
}
