//! How members rated a title, brought into what is known of it.

use std::future::Future;

use contract::ids::TitleId;
use storage::{
    StoreError,
    documents::{self, Expect},
    events,
};

use super::{Ingest, IngestError, write_of};
use crate::services::catalog::record::{HouseRating, TITLES, TitleRecord, next_change};

/// Tries; each fails only where the title was written in between.
const TRIES: u8 = 16;

impl Ingest {
    /// Asks how a title is rated, half stars in all and by how many, and keeps that; a title that there is not has no rating. The
    /// title's version is read before it is asked: what was asked earlier never replaces what was asked later, as long as whatever
    /// changes a rating is followed by a call of this.
    ///
    /// # Errors
    /// [`IngestError::Store`]; what `rating` says.
    pub async fn rate<F>(&self, id: &TitleId, rating: impl Fn() -> F + Send) -> Result<(), IngestError>
    where
        F: Future<Output = Result<Option<(u64, u64)>, StoreError>> + Send,
    {
        for _ in 0..TRIES {
            let found = documents::read::<TitleRecord>(&*self.documents, &TITLES, id.as_str()).await?;
            let Some((record, version)) = found else { return Ok(()) };
            let house_rating = rating().await?.map(|(half_stars, count)| HouseRating { half_stars, count });
            if record.house_rating == house_rating {
                return Ok(());
            }
            let record = TitleRecord { house_rating, change: next_change(), ..record };
            match self.documents.put(&TITLES, write_of(id, &record, Expect::Version(version))?).await {
                Ok(_) => {
                    self.events.publish(events::Change::Titles([id.to_string()].into()));
                    return Ok(());
                }
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Contended { key: format!("{}/{id}", TITLES.name) }.into())
    }
}
