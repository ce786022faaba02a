//! From the journal into the stores: sums every few seconds, Parquet every few minutes, and then the journal lets go.
//!
//! A closed segment is counted in the roll-ups, then written into the Parquet of its days together with others, then noted as stored in the
//! journal's folder, then deleted. Each step may be done again: the roll-ups know what they have, the Parquet of the same segments has the
//! same name, and what is noted as stored is only deleted. What a process left that is gone is published by the next one that finds it on
//! its machine. Must never delete a segment that is not stored.

use std::{
    collections::BTreeMap,
    io,
    path::PathBuf,
    sync::{Arc, PoisonError},
    time::Duration,
};

use runtime::clock::Clock;
use storage::{StoreError, documents::Documents, objects::Objects};
use tokio::{sync::Mutex, task::spawn_blocking, time::Instant};
use usage::{
    event::{Event, Kind},
    rollup,
};

use super::{
    calendar,
    intake::Line,
    journal::{Folder, Journal, Segment},
    nodes::Progress,
    parts, queries,
    rollups::{self, AccountUses, Origin, Retention},
};

/// How often what was journalled is counted.
const COUNT_EVERY: Duration = Duration::from_secs(10);
/// How often it is written as Parquet, at least.
const STORE_EVERY: Duration = Duration::from_secs(5 * 60);
/// Segments that are written as Parquet together at most: they are in memory for that.
const STORE_AT_MOST: usize = 8;
/// How often it is looked for what other processes left.
const LOOK_EVERY: Duration = Duration::from_secs(5 * 60);

/// Why something could not be published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error("the journal of usage: {0}")]
    Journal(#[from] io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("usage cannot be written as Parquet: {0}")]
    Parquet(#[from] usage::WriteError),
}

/// What publishing works on. Cheap to clone.
#[derive(Clone)]
pub struct Publisher {
    pub root: PathBuf,
    pub journal: Arc<std::sync::Mutex<Journal>>,
    pub documents: Arc<dyn Documents>,
    pub objects: Objects,
    pub retention: Retention,
    pub progress: Arc<Progress>,
    /// How far this process is, whoever publishes it.
    pub own: Arc<Mutex<Published>>,
    pub clock: Clock,
}

/// How far the publishing of one folder is.
#[derive(Debug, Default)]
pub struct Published {
    /// Up to which segment the roll-ups have it.
    folded: u64,
    /// Lines that could not be read.
    lost: u64,
    stored: Option<Instant>,
}

/// A segment's events.
struct Read {
    segment: Segment,
    lines: Vec<Line>,
    /// Lines that cannot be read.
    lost: u64,
}

impl Publisher {
    /// Publishes for as long as it is asked to.
    ///
    /// # Errors
    /// Never; what fails is tried again.
    pub async fn run(self) -> Result<(), String> {
        let mut looked = None::<Instant>;
        loop {
            if looked.is_none_or(|at| at.elapsed() >= LOOK_EVERY) {
                if let Err(error) = self.adopt().await {
                    tracing::warn!(%error, "what an earlier process recorded of usage waits");
                }
                looked = Some(Instant::now());
            }
            if let Err(error) = self.publish(false).await {
                tracing::warn!(%error, "what was recorded of usage waits in the journal");
            }
            tokio::time::sleep(COUNT_EVERY).await;
        }
    }

    /// Publishes what the journal of this process has; all of it as Parquet, too, where this is `the_end`.
    ///
    /// # Errors
    /// [`PublishError`]; the rest waits in the journal.
    pub async fn publish(&self, the_end: bool) -> Result<(), PublishError> {
        let own = &mut *self.own.lock().await;
        // Before the segment is closed: what comes meanwhile is in the next one.
        let (journal, journalled) = (Arc::clone(&self.journal), self.progress.journalled());
        let (epoch, segments) = blocking(move || {
            let mut journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
            journal.close();
            Ok((journal.folder().epoch.clone(), journal.closed()?))
        })
        .await?;
        let folded = self.fold(&epoch, &segments, own).await;
        self.progress.unreadable(own.lost);
        folded?;
        self.progress.folded(journalled);
        let is_due = own.stored.get_or_insert_with(Instant::now).elapsed() >= STORE_EVERY;
        if the_end || is_due || segments.len() >= STORE_AT_MOST {
            self.store(&epoch, &segments, |first, last| {
                let journal = Arc::clone(&self.journal);
                blocking(move || journal.lock().unwrap_or_else(PoisonError::into_inner).folder().note_stored(first, last))
            })
            .await?;
            own.stored = Some(Instant::now());
        }
        Ok(self.progress.note(&*self.documents, &epoch, self.clock.millis(), the_end).await?)
    }

    /// Publishes what processes left on this machine that are gone.
    pub(super) async fn adopt(&self) -> Result<(), PublishError> {
        let (root, journal) = (self.root.clone(), Arc::clone(&self.journal));
        let abandoned = move || {
            let own = journal.lock().unwrap_or_else(PoisonError::into_inner).folder().epoch.clone();
            Folder::abandoned(&root, &own)
        };
        for folder in blocking(abandoned).await? {
            let folder = Arc::new(folder);
            let listed = Arc::clone(&folder);
            let segments = blocking(move || listed.segments()).await?;
            let mut published = Published::default();
            self.fold(&folder.epoch, &segments, &mut published).await?;
            self.store(&folder.epoch, &segments, |first, last| {
                let folder = Arc::clone(&folder);
                blocking(move || folder.note_stored(first, last))
            })
            .await?;
            Progress::note_over(&*self.documents, &folder.epoch, published.lost).await?;
            tracing::info!(segments = segments.len(), "published what an earlier process recorded of usage");
            if let Some(folder) = Arc::into_inner(folder) {
                blocking(move || folder.remove()).await?;
            }
        }
        Ok(())
    }

    /// Counts the segments that are not counted yet, in their order.
    async fn fold(&self, epoch: &str, segments: &[Segment], published: &mut Published) -> Result<(), PublishError> {
        let before = published.folded;
        for segment in segments.iter().filter(|segment| segment.number > before) {
            let read = read(segment.clone()).await?;
            let origin = Origin { epoch, number: segment.number };
            let rollup = rollup::fold(read.lines.iter().map(|line| &line.event), None);
            rollups::fold(&*self.documents, origin, &rollup, self.retention).await?;
            rollups::fold_accounts(&*self.documents, origin, uses(&read.lines)).await?;
            queries::fold(&*self.documents, origin, read.lines.iter().map(|line| &line.event), self.retention).await?;
            published.lost += read.lost;
            published.folded = segment.number;
        }
        Ok(())
    }

    /// Writes segments as Parquet, some at a time, and deletes them.
    async fn store<W>(&self, epoch: &str, segments: &[Segment], note: impl Fn(u64, u64) -> W) -> Result<(), PublishError>
    where
        W: Future<Output = io::Result<()>>,
    {
        for some in segments.chunks(STORE_AT_MOST) {
            let (Some(first), Some(last)) = (some.first(), some.last()) else { continue };
            let mut days = BTreeMap::<String, Vec<Event>>::new();
            for segment in some {
                for line in read(segment.clone()).await?.lines {
                    days.entry(calendar::day(line.event.at_millis)).or_default().push(line.event);
                }
            }
            for (day, events) in days {
                parts::put(&self.objects, &day, (epoch, first.number), events).await?;
            }
            note(first.number, last.number).await?;
            let some = some.to_vec();
            blocking(move || some.iter().try_for_each(Segment::delete)).await?;
        }
        Ok(())
    }
}

/// Reads a segment. A line that cannot be read was cut off as its process was killed, or its disk was full.
async fn read(segment: Segment) -> io::Result<Read> {
    blocking(move || {
        let (bytes, cut_off) = segment.read()?;
        let texts = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let (mut lines, mut lost) = (Vec::new(), u64::from(cut_off > 0));
        for text in texts {
            match serde_json::from_slice(text) {
                Ok(line) => lines.push(line),
                Err(_) => lost += 1,
            }
        }
        Ok(Read { segment, lines, lost })
    })
    .await
    .inspect(|read| {
        if read.lost > 0 {
            tracing::warn!(segment = read.segment.number, lines = read.lost, "lines of the journal of usage cannot be read");
        }
    })
}

/// What accounts used of what these lines say.
fn uses(lines: &[Line]) -> AccountUses {
    let mut uses = AccountUses::new();
    for line in lines {
        let Some(account) = &line.account else { continue };
        let (playback, sessions) = match &line.event.kind {
            Kind::PlaybackStarted(playback) => (playback, 1),
            Kind::PlaybackRenewed(playback) | Kind::PlaybackStopped(playback) => (playback, 0),
            Kind::Quality(_)
            | Kind::Search { .. }
            | Kind::SignIn { .. }
            | Kind::ListChanged { .. }
            | Kind::ReviewWritten { .. } => {
                continue;
            }
        };
        let used = uses.entry((account.clone(), calendar::month(line.event.at_millis))).or_default();
        used.sessions = used.sessions.saturating_add(sessions);
        used.watched_millis = used.watched_millis.saturating_add(playback.watched_millis);
        used.bytes = used.bytes.saturating_add(playback.bytes);
    }
    uses
}

async fn blocking<T: Send + 'static>(act: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    spawn_blocking(act).await.map_err(io::Error::other)?
}
