//! What follows from placements, for as long as a server runs: the catalogue is told of what plays, generations that play no
//! more are deleted, and what an older build packaged is found by its content.
//!
//! Every step may be done twice, by this node and another, and is found done. Must never delete what a placement names as
//! playing, nor fail as a whole because of one title, or of one store.

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::Bytes;
use contract::ids::TitleId;
use media::{
    location::Location,
    placement::{PlaceError, Placements},
    sink::{CatalogueSink, Packaged},
    store::MediaStore,
};
use runtime::{retries::Retries, supervise};
use storage::{
    StoreError, Stores,
    documents::PAGE_LIMIT,
    keyvalue::{Expect, KeyValue},
    objects::StoreRole,
};

use crate::{
    catalogue_sink::Cataloguer,
    services::catalog::ingest::{Ingest, IngestError, Listed},
};

/// How often it is looked for what is due.
const EVERY: Duration = Duration::from_secs(30);
/// How often it is looked, at the least, for what could not be counted.
const COUNTED_EVERY: Duration = Duration::from_secs(60 * 60);
/// After so many titles in a row that a store could not be asked for, its others are counted by a later look.
const MOST_FAILURES: u32 = 3;
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

/// How many titles were counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    pub titles: usize,
    /// Those whose store could not be asked.
    pub left: usize,
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

    /// Does what is due for one title, each thing though another fails.
    ///
    /// # Errors
    /// The first [`MaintenanceError`]; what is left is still due.
    pub async fn look_after(&self, title: &TitleId) -> Result<(), MaintenanceError> {
        let told = self.tell(title).await;
        // The placement goes last, because it says that there is something to do: a kill before only delays it. What is withdrawn
        // from here on is left to the next look, which finds the title gone.
        let claim = self.placements.to_delete(title).await?;
        let pictures = self.look_after_pictures(title).await;
        let swept = match &pictures {
            Ok(()) => self.placements.sweep(title, &claim, &self.media).await,
            Err(_) => self.placements.sweep_and_stay_due(title, &claim, &self.media).await,
        };
        told.and(pictures).and(swept.map_err(MaintenanceError::from))
    }

    /// Tells the catalogue of what plays, where that was not done.
    async fn tell(&self, title: &TitleId) -> Result<(), MaintenanceError> {
        let current = self.placements.current(title).await?;
        let Some(placed) = current.filter(|placed| placed.announce_at.is_some()) else { return Ok(()) };
        let location = placed.location();
        let extent = match self.media.manifest(title, location).await? {
            Some(manifest) => {
                let file_name = &manifest.source.file_name;
                let packaged = Packaged { title, location, manifest: &manifest, file_name };
                self.cataloguer.on_packaged(packaged).await.map_err(MaintenanceError::Catalogue)?;
                Some(self.media.extent(title, location, &manifest).await?)
            }
            // What is lost is not counted as little.
            None => None,
        };
        Ok(self.placements.told(title, placed.generation, extent).await?)
    }

    async fn look_after_pictures(&self, title: &TitleId) -> Result<(), MaintenanceError> {
        match self.ingest.pictures_of(title).await? {
            Some(shown) => self.media.keep_pictures(title, &shown).await?,
            None => self.media.delete_pictures(title).await?,
        }
        Ok(())
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

    /// Counts what nobody has counted yet: what older builds put in place. A title that fails keeps no other waiting.
    ///
    /// # Errors
    /// What the documents say; then it is to be called again.
    pub async fn count_bytes(&self) -> Result<Counted, MaintenanceError> {
        let (mut counted, mut after, mut failures) = (Counted::default(), None::<String>, HashMap::<StoreRole, u32>::new());
        loop {
            let (uncounted, next) = self.placements.uncounted(after.as_deref(), PAGE_LIMIT).await?;
            for (title, location) in uncounted {
                let failures = failures.entry(location.store).or_default();
                if *failures >= MOST_FAILURES {
                    counted.left += 1;
                    continue;
                }
                match self.count(&title, location).await {
                    Ok(()) => (counted.titles, *failures) = (counted.titles + 1, 0),
                    Err(error) => {
                        (counted.left, *failures) = (counted.left + 1, *failures + 1);
                        tracing::warn!(%title, %error, "how large a film is is counted later");
                    }
                }
            }
            match next {
                Some(next) => after = Some(next),
                None => return Ok(counted),
            }
        }
    }

    async fn count(&self, title: &TitleId, location: Location) -> Result<(), MaintenanceError> {
        // Without a manifest there is nothing that plays, which is not to be counted.
        if let Some(manifest) = self.media.manifest(title, location).await? {
            let extent = self.media.extent(title, location, &manifest).await?;
            self.placements.note_extent(title, location, extent).await?;
        }
        Ok(())
    }

    /// Counts until everything is counted, after pauses that double.
    async fn count_all(&self) {
        let mut pause = EVERY;
        loop {
            match self.count_bytes().await {
                Ok(Counted { left: 0, .. }) => return,
                Ok(Counted { left, .. }) => tracing::warn!(left, "how large some films are is counted a little later"),
                Err(error) => tracing::warn!(%error, "how large older films are is counted a little later"),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(COUNTED_EVERY);
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
        let look = supervise::look(EVERY, "films are looked after a little later", || self.look());
        tokio::join!(self.count_all(), look).1
    }
}
