//! What follows from placements, for as long as a server runs: the catalogue is told of what plays, generations that play no
//! more are deleted, and what an older build packaged is found by its content.
//!
//! Every step may be done twice, by this node and another, and is found done. Must never delete what a placement names as
//! playing, nor fail as a whole because of one title.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use contract::ids::TitleId;
use media::{
    placement::{PlaceError, PlacedTitle, Placements},
    sink::{CatalogueSink, Packaged},
    store::MediaStore,
};
use runtime::{retries::Retries, supervise};
use storage::{
    StoreError, Stores,
    documents::PAGE_LIMIT,
    keyvalue::{Expect, KeyValue},
};

use crate::{
    catalogue_sink::Cataloguer,
    services::catalog::ingest::{Ingest, IngestError, Listed},
};

/// How often it is looked for what is due.
const EVERY: Duration = Duration::from_secs(30);
/// Titles of one look.
const AT_ONCE: u32 = 100;
/// Whether what builds without generations packaged was found.
const ADOPTED: &str = "media/adopted";

/// Looks after packaged films.
pub struct MediaMaintenance {
    placements: Placements,
    media: MediaStore,
    cataloguer: Cataloguer,
    ingest: Ingest,
    keyvalue: Arc<dyn KeyValue>,
    retries: Retries<TitleId>,
}

/// Why something was not done for one title; it is still due.
#[derive(Debug, thiserror::Error)]
pub enum MaintenanceError {
    #[error(transparent)]
    Place(#[from] PlaceError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Ingest(#[from] IngestError),
    #[error("the media store failed: {0}")]
    Objects(#[from] object_store::Error),
    #[error("{0}")]
    Catalogue(String),
}

impl MediaMaintenance {
    pub fn new(stores: &Stores, placements: Placements, ingest: Ingest) -> Self {
        Self {
            placements,
            media: MediaStore::of(&stores.video()),
            cataloguer: Cataloguer::new(ingest.clone(), stores.video()),
            ingest,
            keyvalue: Arc::clone(&stores.keyvalue),
            retries: Retries::default(),
        }
    }

    /// Does what is due; for how many titles.
    ///
    /// # Errors
    /// What a store says.
    pub async fn look(&self) -> Result<usize, MaintenanceError> {
        let mut done = 0;
        let due = self.placements.due(self.retries.with_resting(AT_ONCE)).await?;
        for title in due.into_iter().filter(|title| self.retries.is_due(title)) {
            match self.look_after(&title).await {
                Ok(()) => {
                    self.retries.done(&title);
                    done += 1;
                }
                Err(error) => {
                    self.retries.failed(&title);
                    tracing::warn!(%title, %error, "a film is looked after a little later");
                }
            }
        }
        Ok(done)
    }

    /// Does what is due for one title.
    ///
    /// # Errors
    /// [`MaintenanceError`]; what is left is still due.
    pub async fn look_after(&self, title: &TitleId) -> Result<(), MaintenanceError> {
        if let Some(placed) = self.placements.current(title).await?.filter(|placed| placed.untold.is_some()) {
            let location = placed.location();
            if let Some(manifest) = self.media.manifest(title, location).await? {
                let file_name = &manifest.source.file_name;
                let packaged = Packaged { title, location, manifest: &manifest, file_name };
                self.cataloguer.on_packaged(packaged).await.map_err(MaintenanceError::Catalogue)?;
            }
            self.placements.told(title, placed.generation, Some(self.media.bytes(title, location).await?)).await?;
        }
        // The placement goes last, because it says that there is something to do: a kill before only delays it. What is withdrawn
        // from here on is left to the next look, which finds the title gone.
        let retired = self.placements.to_delete(title).await?;
        match self.ingest.pictures_of(title).await? {
            Some(shown) => self.media.keep_pictures(title, &shown).await?,
            None => self.media.delete_pictures(title).await?,
        }
        Ok(self.placements.sweep(title, &retired, &self.media).await?)
    }

    /// Finds what builds without generations packaged, once for good: from then on it is known by its content.
    ///
    /// # Errors
    /// What a store says; then it is to be called again.
    pub async fn adopt_older(&self) -> Result<usize, MaintenanceError> {
        if self.keyvalue.get(ADOPTED).await?.is_some() {
            return Ok(0);
        }
        let (mut adopted, mut after) = (0, None::<String>);
        loop {
            let (titles, next) = self.ingest.titles_after(after.as_deref()).await?;
            for Listed { id, .. } in titles.into_iter().filter(|title| title.is_watchable) {
                if self.placements.record(&id).await?.is_none()
                    && let Some(placed) = self.placements.adopt(&id, &self.media).await?
                {
                    self.cataloguer.adopt(&id, &placed.content).await?;
                    adopted += 1;
                }
            }
            match next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        self.keyvalue.put(ADOPTED, Bytes::from_static(b"1"), Expect::Anything, None).await?;
        Ok(adopted)
    }

    /// Counts what nobody has counted yet: what builds with one store put in place. Of how many titles.
    ///
    /// # Errors
    /// What a store says; then it is to be called again.
    pub async fn count_bytes(&self) -> Result<usize, MaintenanceError> {
        let (mut counted, mut after) = (0, None::<String>);
        loop {
            let page = self.placements.list(after.as_deref(), PAGE_LIMIT).await?;
            for PlacedTitle { title, .. } in page.placed.into_iter().filter(|placed| placed.bytes.is_none()) {
                let Some(placed) = self.placements.current(&title).await? else { continue };
                let bytes = self.media.bytes(&title, placed.location()).await?;
                self.placements.note_bytes(&title, placed.location(), bytes).await?;
                counted += 1;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(counted),
            }
        }
    }

    /// Looks for as long as the server runs.
    ///
    /// # Errors
    /// Never: a store that is away is told of by itself, and what is due waits for it.
    pub async fn run(self: Arc<Self>) -> Result<(), String> {
        while let Err(error) = self.adopt_older().await {
            tracing::warn!(%error, "films of an older version are found a little later");
            tokio::time::sleep(EVERY).await;
        }
        if let Err(error) = self.count_bytes().await {
            tracing::warn!(%error, "how large older films are is counted at the next start");
        }
        supervise::look(EVERY, "films are looked after a little later", || self.look()).await
    }
}
