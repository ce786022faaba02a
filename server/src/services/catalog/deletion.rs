//! Deleting titles: the record, its sources, its film, what everybody's profile has of it, and what plays.
//!
//! The intent is written first, and what follows from it is done at once and once more after ten minutes, by whichever node
//! looks: a kill in between only delays it, and what was under way meanwhile leaves nothing. Must never delete a title that
//! was made anew under the same id.

use std::{sync::Arc, time::Duration};

use contract::{Problem, ids::TitleId};
use serde_json::Value;

use super::{
    ingest,
    record::{DELETED, DELETED_BY_DUE, DeletedRecord, SOURCES, SOURCES_BY_TITLE, TITLES},
};
use crate::{
    clock::Clock,
    deletions::{Deletion, DeletionLog},
    media::placement::Placements,
    services::keepers::Keepers,
    storage::{
        StoreError,
        documents::{self, Change, Direction, Documents, Expect, Find, PAGE_LIMIT},
        events::{self, Events},
    },
};

/// How long after a deletion what is left is deleted once more.
const AGAIN_MILLIS: u64 = 10 * 60 * 1000;
/// How often it is looked for what is due.
const EVERY: Duration = Duration::from_secs(30);
/// Titles of one look.
const AT_ONCE: u32 = 100;

/// What deleting a title takes.
pub struct Parts {
    pub documents: Arc<dyn Documents>,
    pub placements: Placements,
    pub keepers: Keepers,
    pub log: Arc<DeletionLog>,
    pub events: Events,
    pub clock: Clock,
}

/// Deletes titles.
pub struct TitleDeletions(Parts);

impl TitleDeletions {
    pub fn new(parts: Parts) -> Self {
        Self(parts)
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
        let intent = DeletedRecord { deleted: now, due: Some(now), is_second: false };
        let write = |_: Option<DeletedRecord>| Ok::<_, StoreError>(Change::Put(intent.clone()));
        documents::update(&*self.0.documents, &DELETED, title.as_str(), write).await.map(drop)
    }

    /// Does what an intent says, where it is due; the intent is then due once more, or done.
    async fn carry_out(&self, title: &TitleId) -> Result<(), StoreError> {
        let Parts { documents, placements, keepers, log, events, clock } = &self.0;
        let Some(document) = documents.get(&DELETED, title.as_str()).await? else { return Ok(()) };
        let corrupt = |error: serde_json::Error| StoreError::Corrupt { key: document.id.clone(), reason: error.to_string() };
        let record: DeletedRecord = serde_json::from_value(document.body.clone()).map_err(corrupt)?;
        if record.due.is_none() {
            return Ok(());
        }
        if !record.is_second || self.is_left_over(title, &record).await? {
            placements.withdraw(title).await?;
            documents.delete(&TITLES, title.as_str(), Expect::Anything).await?;
            self.forget_sources(title).await?;
            keepers.forget_title(title).await?;
            log.note(Deletion::Title { title: title.clone(), at: record.deleted }).await?;
            events.publish(events::Change::Titles(Arc::from([title.to_string()])));
        }
        let now = clock.millis();
        let settled = documents::update(&**documents, &DELETED, title.as_str(), |stored: Option<DeletedRecord>| {
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

    async fn forget_sources(&self, title: &TitleId) -> Result<(), StoreError> {
        loop {
            let equals = vec![title.as_str().into()];
            let (index, direction) = (SOURCES_BY_TITLE, Direction::Ascending);
            let find = Find { index, equals, from: None, direction, after: None, limit: AT_ONCE };
            let some = self.0.documents.find(&SOURCES, find).await?.documents;
            if some.is_empty() {
                return Ok(());
            }
            for document in some {
                self.0.documents.delete(&SOURCES, &document.id, Expect::Anything).await?;
            }
        }
    }

    /// Looks once for what is due; of how many titles it was done. One that fails keeps no other waiting, and is still due.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn look(&self) -> Result<usize, StoreError> {
        let (index, direction) = (DELETED_BY_DUE, Direction::Ascending);
        let find = Find { index, equals: Vec::new(), from: None, direction, after: None, limit: AT_ONCE };
        let now = self.0.clock.millis();
        let is_due = |body: &Value| body.get("due").and_then(Value::as_u64).is_some_and(|due| due <= now);
        let page = self.0.documents.find(&DELETED, find).await?;
        let due: Vec<TitleId> =
            page.documents.iter().take_while(|it| is_due(&it.body)).filter_map(|it| it.id.parse().ok()).collect();
        let mut done = 0;
        for title in &due {
            match self.carry_out(title).await {
                Ok(()) => done += 1,
                Err(error) => tracing::warn!(%title, %error, "a title is deleted a little later"),
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
        loop {
            match self.look().await {
                Ok(0) => tokio::time::sleep(EVERY).await,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "deletions of titles wait for their store");
                    tokio::time::sleep(EVERY).await;
                }
            }
        }
    }
}
