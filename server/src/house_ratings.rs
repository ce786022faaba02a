//! Where reviews and the catalogue meet: how a title is rated here becomes part of what is known of it, to be shown, sorted and
//! filtered by.
//!
//! Must never do what either side can do itself: it only hands on.

use async_trait::async_trait;
use contract::ids::TitleId;
use storage::StoreError;

use crate::services::{
    catalog::ingest::{Ingest, IngestError},
    reviews::{RatedTitles, Totals},
};

/// Tells the catalogue.
pub struct HouseRatings {
    ingest: Ingest,
}

impl HouseRatings {
    pub fn new(ingest: Ingest) -> Self {
        Self { ingest }
    }
}

#[async_trait]
impl RatedTitles for HouseRatings {
    async fn refresh(&self, title: &TitleId, totals: &Totals) -> Result<(), StoreError> {
        self.ingest.rate(title, || totals.sum(title)).await.map_err(|error| match error {
            IngestError::Store(error) => error,
            IngestError::NoSuchTitle(_) | IngestError::Unwritable { .. } => StoreError::corrupt(title, error),
        })
    }
}
