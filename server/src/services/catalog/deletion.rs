//! Deleting titles: the record, its sources, its film, what everybody's profile has of it, and what plays.
//!
//! The intent is written first, and what follows from it is done at once and once more after ten minutes, by whichever node
//! looks: a kill in between only delays it, and what was under way meanwhile leaves nothing. Must never delete a title that
//! was made anew under the same id.

use std::{sync::Arc, time::Duration};

use contract::{Problem, ids::TitleId};
use media::placement::Placements;
use runtime::{clock::Clock, retries::Retries, supervise};
use storage::{
    StoreError,
    documents::{self, Change, Documents, Expect, PAGE_LIMIT, delete_all},
    events::{self, Events},
};

use super::{
    ingest,
    record::{DELETED, DELETED_BY_DUE, DeletedRecord, SOURCES, SOURCES_BY_TITLE, TITLES},
};
use crate::{
    deletions::{Deletion, DeletionLog},
    services::keepers::Keepers,
};

/// How long after a deletion what is left is deleted once more.
const AGAIN_MILLIS: u64 = 10 * 60 * 1000;
/// How often it is looked for what is due.
const EVERY: Duration = Duration::from_secs(30);
/// Titles of one look.
const AT_ONCE: u32 = 100;

/// What deleting a title takes.
pub struct Dependencies {
    pub documents: Arc<dyn Documents>,
    pub placements: Placements,
    pub keepers: Keepers,
    pub log: Arc<DeletionLog>,
    pub events: Events,
    pub clock: Clock,
}

/// Deletes titles.
pub struct TitleDeletions(Dependencies, Retries<TitleId>);

impl TitleDeletions {
    pub fn new(parts: Dependencies) -> Self {
        Self(parts, Retries::default())
    }

    /// Deletes a title. On return it is neither found nor played, and nothing keeps it but the bytes of its film, which go
    /// within the minute. What fails is done by [`TitleDeletions::run`].
    ///
    /// # Errors
    /// `not_found`; what a store says, and then it may be deleted a little later.
    pub async fn delete(&self, title: &TitleId) -> Result<(), Problem> {
        if self.0.documents.get(&TITLES, title.as_str()).await?.is_none() {
            return Err(Problem::not_found("title"));
        }
        self.intend(title).await?;
        Ok(self.carry_out(title).await?)
    }

    /// Notes that a title is to be deleted: from here on it is, whatever happens to this process.
    async fn intend(&self, title: &TitleId) -> Result<(), StoreError> {
        let now = self.0.clock.millis();
        let stored = self.0.documents.get(&TITLES, title.as_str()).await?;
        // One that cannot be read is deleted all the same.
        let source = stored.and_then(|document| ingest::read(&document).ok()).map(|record| record.source);
        let write = |before: Option<DeletedRecord>| {
            let source = source.clone().or_else(|| before.and_then(|before| before.source));
            Ok::<_, StoreError>(Change::Put(DeletedRecord { deleted: now, due: Some(now), is_second: false, source }))
        };
        documents::update(&*self.0.documents, &DELETED, title.as_str(), write).await.map(drop)
    }

    /// Does what an intent says, where it is due; the intent is then due once more, or done.
    async fn carry_out(&self, title: &TitleId) -> Result<(), StoreError> {
        let Dependencies { documents: store, placements, keepers, log, events, clock } = &self.0;
        let found = documents::read::<DeletedRecord>(&**store, &DELETED, title.as_str()).await?;
        let Some((record, _)) = found.filter(|(record, _)| record.due.is_some()) else { return Ok(()) };
        if !record.is_second || self.is_left_over(title, &record).await? {
            // Before its film: whoever deletes that deletes the pictures of a title that is gone, and keeps those of one that is there.
            store.delete(&TITLES, title.as_str(), Expect::Anything).await?;
            placements.withdraw(title).await?;
            delete_all(&**store, &SOURCES, SOURCES_BY_TITLE, &[title.as_str().into()]).await?;
            keepers.forget_title(title).await?;
            log.note(Deletion::Title { title: title.clone(), at: record.deleted }).await?;
            events.publish(events::Change::Titles(Arc::from([title.to_string()])));
        }
        let now = clock.millis();
        let settled = documents::update(&**store, &DELETED, title.as_str(), |stored: Option<DeletedRecord>| {
            // Deleted again meanwhile: that is another intent.
            Ok::<_, StoreError>(match stored {
                Some(stored) if stored == record => Change::Put(DeletedRecord {
                    due: (!record.is_second).then_some(now + AGAIN_MILLIS),
                    is_second: true,
                    ..stored
                }),
                Some(_) | None => Change::Keep,
            })
        });
        settled.await.map(drop)
    }

    /// Whether what is there of a title ten minutes later is what an import that was under way put back, and not a title that
    /// somebody made anew: that one was told of by a catalogue, or has a film that plays.
    async fn is_left_over(&self, title: &TitleId, deleted: &DeletedRecord) -> Result<bool, StoreError> {
        let Some(document) = self.0.documents.get(&TITLES, title.as_str()).await? else { return Ok(true) };
        let record = ingest::read(&document)?;
        let is_playing = self.0.placements.current(title).await?.is_some();
        Ok(record.added <= deleted.deleted || (record.video.is_some() && !is_playing))
    }

    /// Looks once for what is due; of how many titles it was done. One that fails keeps no other waiting, and is still due.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn look(&self) -> Result<usize, StoreError> {
        let due =
            documents::due(&*self.0.documents, &DELETED, DELETED_BY_DUE, (self.0.clock.millis(), self.1.with_resting(AT_ONCE)))
                .await?;
        let due: Vec<TitleId> = due.iter().filter_map(|document| document.id.parse().ok()).collect();
        let mut done = 0;
        for title in due.iter().filter(|title| self.1.is_due(title)) {
            match self.carry_out(title).await {
                Ok(()) => {
                    self.1.done(title);
                    done += 1;
                }
                Err(error) => {
                    self.1.failed(title);
                    tracing::warn!(%title, %error, "a title is deleted a little later");
                }
            }
        }
        Ok(done)
    }

    /// Deletes once more what was deleted here and is back, because a store is from before: a backup was restored. How many.
    ///
    /// # Errors
    /// What a store says.
    pub async fn replay(&self) -> Result<usize, Problem> {
        let mut replayed = 0;
        let titles: Vec<TitleId> = self.0.log.all().await?.into_iter().filter_map(Deletion::title).collect();
        for some in titles.chunks(PAGE_LIMIT as usize) {
            let ids: Vec<String> = some.iter().map(TitleId::to_string).collect();
            let known = self.0.documents.get_many(&DELETED, &ids).await?;
            for title in some.iter().filter(|title| known.iter().all(|known| known.id != title.as_str())) {
                self.intend(title).await?;
                self.carry_out(title).await?;
                replayed += 1;
            }
        }
        if replayed > 0 {
            tracing::warn!(replayed, "titles that were deleted were back: a backup from before was restored");
        }
        Ok(replayed)
    }

    /// Does what is due for as long as the server runs.
    ///
    /// # Errors
    /// Never: a store that is away is told of by itself, and what is due waits for it.
    pub async fn run(self: Arc<Self>) -> Result<(), String> {
        let look = || self.look();
        supervise::look(EVERY, "deletions of titles wait for their store", look).await
    }
}
