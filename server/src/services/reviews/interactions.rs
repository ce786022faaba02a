//! What stars say of whoever gave them: for titles like this one, or against it.
//!
//! Must never tell what an operator hid as something that others are recommended titles by.

use async_trait::async_trait;
use contract::ids::ProfileId;
use futures::future::try_join;
use storage::{
    StoreError,
    documents::{Document, PAGE_LIMIT, all_of},
};

use super::{
    Reviews,
    record::{BY_WITHDRAWN, REVIEWS, ReviewRecord},
};
use crate::services::interactions::{Act, Interaction, Interactions};

/// What stars say, where a film that was watched says 1.
const FOUR_STARS: f32 = 1.5;
const FAIR: f32 = 0.5;
/// Whoever gives two stars or fewer was not pleased, also where they watched all of it.
const AGAINST: f32 = -1.0;

fn weight(half_stars: u8) -> f32 {
    match half_stars {
        0..=4 => AGAINST,
        5..=7 => FAIR,
        8.. => FOUR_STARS,
    }
}

/// Nothing of what was taken away.
fn interaction(record: ReviewRecord) -> Option<Interaction> {
    if record.is_withdrawn() {
        return None;
    }
    let (instant, weight) = (record.edited.unwrap_or(record.created), weight(record.half_stars));
    Some(Interaction { profile: record.profile, title: record.title, instant, weight, act: Act::Rated })
}

/// As [`interaction`], for others. What an operator hid counts for nobody, as in the title's stars; a ban is of what is written from
/// then on, so that the stars of before count there and here.
fn told(document: Document) -> Option<Interaction> {
    // One that cannot be read is none.
    let record: ReviewRecord = serde_json::from_value(document.body).ok()?;
    let is_hidden = record.hidden.is_some();
    let told = interaction(record)?;
    Some(if is_hidden { Interaction { weight: 0.0, ..told } } else { told })
}

#[async_trait]
impl Interactions for Reviews {
    async fn interactions(&self, after: Option<&str>) -> Result<(Vec<Interaction>, Option<String>), StoreError> {
        let page = self.documents.list(&REVIEWS, after, PAGE_LIMIT).await?;
        Ok((page.documents.into_iter().filter_map(told).collect(), page.next))
    }

    /// Hidden or not: it is what the profile thinks, and nobody else is told.
    async fn of(
        &self,
        profile: &ProfileId,
        after: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<Interaction>, Option<String>), StoreError> {
        let (reviews, next) = self.reviews.latest(profile, after, limit).await?;
        Ok((reviews.into_iter().filter_map(interaction).collect(), next))
    }

    async fn count(&self) -> Result<u64, StoreError> {
        let (all, tombstones) =
            try_join(self.documents.count(&REVIEWS), self.documents.count_found(&REVIEWS, all_of(BY_WITHDRAWN, &[]))).await?;
        Ok(all.saturating_sub(tombstones))
    }
}
