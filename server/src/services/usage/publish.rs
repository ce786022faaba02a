//! From the journal into the stores: sums every few seconds, Parquet every few minutes, and then the journal lets go.
//!
//! A closed segment is counted in the roll-ups, and written into the Parquet of its days together with others; neither waits for
//! the other. When both have it, it is noted as stored in the journal's folder, then deleted. Each step may be done again: the
//! roll-ups know what they have, the name of a part says which segments are in it, and what is noted as stored is only deleted.
//! What a process left that is gone is published by the next one that finds it on its machine, however late: who was deleted
//! since is nobody in it, and what an account used that is gone counts as none's. Must never delete a segment that is not in
//! both, but for events that are older than they are kept by a clock that is believed.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::PathBuf,
    sync::{Arc, PoisonError},
    time::Duration,
};

use runtime::clock::Clock;
use storage::{StoreError, documents::Documents, objects::Objects};
use tokio::{sync::Mutex, task::spawn_blocking, time::Instant};
use usage::{event::Event, rollup};

use super::{
    calendar, forgetting,
    journal::{Folder, Journal, SEGMENT_BYTES, Segment},
    lines::Lines,
    nodes::Progress,
    parts, queries,
    rollups::{self, AccountUses, Origin, Retention},
};
use crate::{services::keepers::Tombstones, trusted_time::TrustedTime};

/// How often what was journalled is counted.
const COUNT_EVERY: Duration = Duration::from_secs(10);
/// How often it is written as Parquet, at least: each time is a part of a day, which whoever looks for somebody's events reads.
const STORE_EVERY: Duration = Duration::from_secs(5 * 60);
/// Bytes of the journal that are written as Parquet together, at most, and as soon as there are so many: they are in memory for
/// that.
const STORE_BYTES: u64 = 8 * SEGMENT_BYTES;
/// Which part of what a journal may have is written as soon as it is there, where that is less.
const STORE_SHARE: u64 = 4;
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
    pub tombstones: Arc<dyn Tombstones>,
    pub retention: Retention,
    pub progress: Arc<Progress>,
    /// How far this process is, whoever publishes it.
    pub own: Arc<Mutex<Published>>,
    pub time: TrustedTime,
    pub clock: Clock,
}

/// How far the publishing of one folder is.
#[derive(Debug, Default)]
pub struct Published {
    /// Up to which segment the roll-ups have it.
    folded: u64,
    /// Up to which segment the object store has it.
    written: u64,
    /// Up to which segment the journal has let go of it.
    let_go: u64,
    /// Lines that could not be read.
    lost: u64,
    /// When the first and the last event happened, in milliseconds since 1970.
    span: Option<(u64, u64)>,
    /// When the object store got something last.
    stored: Option<Instant>,
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

    /// Publishes what the journal of this process has; all of it as Parquet, too, where this is `the_end`. How far that came is
    /// said whatever failed.
    ///
    /// # Errors
    /// [`PublishError`]; the rest waits in the journal.
    pub async fn publish(&self, the_end: bool) -> Result<(), PublishError> {
        let own = &mut *self.own.lock().await;
        // Before the segment is closed: what comes meanwhile is in the next one.
        let (journal, journalled) = (Arc::clone(&self.journal), self.progress.journalled());
        let (epoch, most, segments) = blocking(move || {
            let mut journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
            journal.close();
            Ok((journal.folder().epoch.clone(), journal.most(), journal.closed()?))
        })
        .await?;
        let folded = self.fold(&epoch, &segments, own).await;
        self.progress.unreadable(own.lost);
        if folded.is_ok() {
            self.progress.folded(journalled);
        }
        let waits = segments.iter().filter(|segment| segment.number > own.written).map(|segment| segment.bytes);
        let is_much = waits.sum::<u64>() >= STORE_BYTES.min(most / STORE_SHARE);
        let is_due = own.stored.get_or_insert_with(Instant::now).elapsed() >= STORE_EVERY;
        let mut stored = Ok(());
        if the_end || is_due || is_much {
            let note = |first, last| {
                let journal = Arc::clone(&self.journal);
                blocking(move || journal.lock().unwrap_or_else(PoisonError::into_inner).folder().note_stored(first, last))
            };
            stored = self.store(&epoch, &segments, own, note).await;
            if stored.is_ok() {
                own.stored = Some(Instant::now());
            }
        }
        let is_over = the_end && folded.is_ok() && stored.is_ok();
        let noted = self.progress.note(&*self.documents, &epoch, self.clock.millis(), is_over).await;
        folded.and(stored)?;
        Ok(noted?)
    }

    /// Publishes what processes left on this machine that are gone, each by itself.
    pub(super) async fn adopt(&self) -> Result<(), PublishError> {
        let (root, journal) = (self.root.clone(), Arc::clone(&self.journal));
        let abandoned = move || {
            let own = journal.lock().unwrap_or_else(PoisonError::into_inner).folder().epoch.clone();
            Folder::abandoned(&root, &own)
        };
        let mut outcome = Ok(());
        for folder in blocking(abandoned).await? {
            outcome = outcome.and(self.adopt_folder(Arc::new(folder)).await);
        }
        outcome
    }

    async fn adopt_folder(&self, folder: Arc<Folder>) -> Result<(), PublishError> {
        let listed = Arc::clone(&folder);
        let segments = blocking(move || listed.segments()).await?;
        let mut published = Published::default();
        let folded = self.fold(&folder.epoch, &segments, &mut published).await;
        let note = |first, last| {
            let folder = Arc::clone(&folder);
            blocking(move || folder.note_stored(first, last))
        };
        let stored = self.store(&folder.epoch, &segments, &mut published, note).await;
        folded.and(stored)?;
        let now = self.clock.millis();
        let span = published.span.unwrap_or((now, now));
        Progress::note_over(&*self.documents, &folder.epoch, published.lost, span).await?;
        tracing::info!(segments = segments.len(), "published what an earlier process recorded of usage");
        if let Some(folder) = Arc::into_inner(folder) {
            blocking(move || folder.remove()).await?;
        }
        Ok(())
    }

    /// Counts the segments that are not counted yet, in their order. A kind of sums that fails keeps no other back.
    async fn fold(&self, epoch: &str, segments: &[Segment], published: &mut Published) -> Result<(), PublishError> {
        let before = published.folded;
        for segment in segments.iter().filter(|segment| segment.number > before) {
            let Lines { events, uses, lost } = self.read(segment).await?;
            let origin = Origin { epoch, number: segment.number };
            let rollup = rollup::fold(&events, None);
            let titles = rollups::fold(&*self.documents, origin, &rollup, self.retention).await;
            let accounts = match self.of_living(uses).await {
                Ok(uses) => rollups::fold_accounts(&*self.documents, origin, uses).await,
                Err(error) => Err(error),
            };
            let queries = queries::fold(&*self.documents, origin, events.iter(), self.retention).await;
            titles.and(accounts).and(queries)?;
            for at in events.iter().map(|event| event.at_millis) {
                let (first, last) = published.span.unwrap_or((at, at));
                published.span = Some((first.min(at), last.max(at)));
            }
            published.lost += lost;
            published.folded = segment.number;
        }
        Ok(())
    }

    /// Writes the segments that are not written yet as Parquet, some at a time, and deletes those that are counted as well.
    async fn store<W>(
        &self,
        epoch: &str,
        segments: &[Segment],
        published: &mut Published,
        note: impl Fn(u64, u64) -> W,
    ) -> Result<(), PublishError>
    where
        W: Future<Output = io::Result<()>>,
    {
        // What waited to be counted alone.
        let_go(segments, published, &note).await?;
        let unwritten = segments.iter().position(|segment| segment.number > published.written).unwrap_or(segments.len());
        for some in some_at_a_time(segments.get(unwritten..).unwrap_or_default(), STORE_BYTES) {
            let (Some(first), Some(last)) = (some.first(), some.last()) else { continue };
            let mut days = BTreeMap::<String, Vec<(u64, Event)>>::new();
            for segment in some {
                for event in self.read(segment).await?.events {
                    days.entry(calendar::day(event.at_millis)).or_default().push((segment.number, event));
                }
            }
            for (day, events) in days {
                self.store_of_day(&day, epoch, (first.number, last.number), events).await?;
            }
            published.written = last.number;
            let_go(some, published, &note).await?;
        }
        Ok(())
    }

    /// Writes what a day has of some segments, each event with its segment's number, but for those that are there already.
    async fn store_of_day(
        &self,
        day: &str,
        epoch: &str,
        segments: (u64, u64),
        events: Vec<(u64, Event)>,
    ) -> Result<(), PublishError> {
        // It would be deleted again.
        if self.is_too_old(day).await? {
            return Ok(());
        }
        let stored = parts::Stored::of(&*self.documents, &self.objects, day, epoch).await?;
        let new: Vec<(u64, Event)> = events.into_iter().filter(|(number, _)| !stored.has(*number, segments)).collect();
        if let (Some((first, _)), Some((last, _))) = (new.first(), new.last()) {
            let name = (epoch, *first, *last);
            parts::put(&self.objects, day, name, new.into_iter().map(|(_, event)| event).collect()).await?;
        }
        for key in stored.renamed(segments) {
            self.objects.delete(key).await?;
        }
        Ok(())
    }

    /// Whether events of a day are kept no longer, by a clock that is believed. What is written by one in doubt is deleted once
    /// that is believed.
    async fn is_too_old(&self, day: &str) -> Result<bool, StoreError> {
        let begin = calendar::begin_of_day(day).unwrap_or(0);
        let is_older = calendar::is_older(begin, self.retention.queries, self.clock.millis());
        Ok(is_older && !self.time.check().await?.is_doubted)
    }

    /// A segment, in which whoever is gone is nobody. A line that cannot be read was cut off as its process was killed, or its
    /// disk was full.
    async fn read(&self, segment: &Segment) -> Result<Lines, PublishError> {
        let (number, segment) = (segment.number, segment.clone());
        let mut lines = blocking(move || {
            let (bytes, cut_off) = segment.read()?;
            let mut lines = Lines::read(&bytes);
            lines.lost += u64::from(cut_off > 0);
            Ok(lines)
        })
        .await?;
        if lines.lost > 0 {
            tracing::warn!(segment = number, lines = lines.lost, "lines of the journal of usage cannot be read");
        }
        forgetting::take_out(&*self.documents, &mut lines.events).await?;
        Ok(lines)
    }

    /// Without what accounts used that were deleted.
    async fn of_living(&self, mut uses: AccountUses) -> Result<AccountUses, StoreError> {
        let accounts: BTreeSet<_> = uses.keys().map(|(account, _)| account.clone()).collect();
        let gone = self.tombstones.gone_accounts(&accounts.into_iter().collect::<Vec<_>>()).await?;
        uses.retain(|(account, _), _| !gone.contains(account));
        Ok(uses)
    }
}

/// Deletes the segments that both the roll-ups and the object store have, when that is noted.
async fn let_go<W>(segments: &[Segment], published: &mut Published, note: impl Fn(u64, u64) -> W) -> Result<(), PublishError>
where
    W: Future<Output = io::Result<()>>,
{
    let in_both = published.let_go.saturating_add(1)..=published.folded.min(published.written);
    let done: Vec<Segment> = segments.iter().filter(|segment| in_both.contains(&segment.number)).cloned().collect();
    if let (Some(first), Some(last)) = (done.first(), done.last().map(|segment| segment.number)) {
        note(first.number, last).await?;
        blocking(move || done.iter().try_for_each(Segment::delete)).await?;
        published.let_go = last;
    }
    Ok(())
}

/// Segments in their order, as many together as have so many bytes, or one that has more.
fn some_at_a_time(mut segments: &[Segment], most: u64) -> Vec<&[Segment]> {
    let mut groups = Vec::new();
    while !segments.is_empty() {
        let mut bytes = 0_u64;
        let fits = |segment: &&Segment| {
            bytes = bytes.saturating_add(segment.bytes);
            bytes <= most
        };
        let (some, others) = segments.split_at(segments.iter().take_while(fits).count().max(1));
        groups.push(some);
        segments = others;
    }
    groups
}

async fn blocking<T: Send + 'static>(act: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    spawn_blocking(act).await.map_err(io::Error::other)?
}
