//! What profiles say of each other's reviews: that one is helpful, or that operators shall look at it.
//!
//! One document each. How many there are is kept in the review, counted as [`super::totals`] counts stars and exact for the same
//! reasons: the review's version is read first, and each change of a reaction is followed by a count that begins after it.

use std::{collections::BTreeMap, sync::Arc};

use contract::{
    ids::{ProfileId, ReviewId, TitleId},
    reviews::ReportReason,
};
use futures::future::{try_join, try_join_all};
use runtime::clock::Clock;
use serde_json::Map;
use storage::{
    StoreError,
    documents::{Change, Documents, Expect, Write, all_of, delete_all, parse},
    guard::stale,
};

use super::{
    record::{BY_KIND, BY_PROFILE, BY_TITLE, Kind, REACTIONS, REVIEWS, ReactionRecord, ReviewRecord},
    store::Reviews,
};
use crate::services::readable::update_readable;

/// Tries of a recount; each fails only where the review was written in between.
const TRIES: u8 = 16;

/// Cheap to clone.
#[derive(Clone)]
pub struct Reactions {
    store: Arc<dyn Documents>,
    reviews: Reviews,
    clock: Clock,
}

impl Reactions {
    pub fn new(store: Arc<dyn Documents>, reviews: Reviews, clock: Clock) -> Self {
        Self { store, reviews, clock }
    }

    /// Notes what a profile says of a review; of each kind it says one thing, the last.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add(
        &self,
        review: &ReviewRecord,
        (kind, reason): (Kind, ReportReason),
        profile: &ProfileId,
    ) -> Result<(), StoreError> {
        let at = self.clock.millis();
        let id = ReactionRecord::id(&review.review, kind, profile);
        let added = update_readable(&*self.store, &REACTIONS, &id, |stored: Option<ReactionRecord>| {
            if stored.as_ref().is_some_and(|stored| stored.reason == reason) {
                return Ok(Change::Keep);
            }
            let unknown = stored.map_or_else(Map::new, |stored| stored.unknown);
            let (review, title) = (review.review.clone(), review.title.clone());
            Ok(Change::Put(ReactionRecord { review, kind, title, profile: profile.clone(), reason, at, unknown }))
        });
        added.await.map(drop)
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn remove(&self, review: &ReviewId, kind: Kind, profile: &ProfileId) -> Result<(), StoreError> {
        self.store.delete(&REACTIONS, &ReactionRecord::id(review, kind, profile), Expect::Anything).await.map(drop)
    }

    /// Which of these a profile found helpful or reported, as ids of documents.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn of(&self, profile: &ProfileId, reviews: &[ReviewRecord]) -> Result<Vec<String>, StoreError> {
        let ids =
            |review: &ReviewRecord| [Kind::Helpful, Kind::Report].map(|kind| ReactionRecord::id(&review.review, kind, profile));
        let ids: Vec<String> = reviews.iter().flat_map(ids).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.store.get_many(&REACTIONS, &ids).await?.into_iter().map(|document| document.id).collect())
    }

    /// Counts what was said of a review, and keeps that in it. What was said of a review that is gone is removed.
    ///
    /// # Errors
    /// [`StoreError::Contended`] where others were faster every time; [`StoreError::Unavailable`] also where the store only
    /// remembers.
    pub async fn recount(&self, review: &ReviewId) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            if self.try_recount(review).await? {
                return Ok(());
            }
        }
        Err(StoreError::Contended { key: format!("{}/{review}", REVIEWS.name) })
    }

    /// As [`Reactions::recount`], once; whether what was counted is kept.
    ///
    /// # Errors
    /// As [`Reactions::recount`].
    pub async fn try_recount(&self, review: &ReviewId) -> Result<bool, StoreError> {
        let counted = async {
            // In this order: the version first.
            let document = self.reviews.find_document(review).await?;
            Ok::<_, StoreError>((document, self.count(review).await?))
        };
        let (counted, age) = stale::observe(counted).await;
        let (document, (helpful, reasons)) = counted?;
        if age.is_some() {
            return Err(StoreError::Unavailable { reason: "what was said of reviews is not known now".to_owned() });
        }
        let Some(document) = document else {
            self.forget_review(review).await?;
            return Ok(true);
        };
        let stored: ReviewRecord = parse(&document)?;
        let reports = reasons.values().sum();
        let record = ReviewRecord { helpful, reports, reasons, ..stored.clone() }.settled();
        if record == stored {
            return Ok(true);
        }
        let body = serde_json::to_value(record).map_err(|error| StoreError::corrupt(&document.id, error))?;
        let write = Write { id: document.id, body, expect: Expect::Version(document.version) };
        match self.store.put(&REVIEWS, write).await {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// How many found it helpful, and how many reported it for each reason.
    async fn count(&self, review: &ReviewId) -> Result<(u64, BTreeMap<ReportReason, u64>), StoreError> {
        let count = |equals: Vec<&'static str>| {
            let equals: Vec<&str> = std::iter::once(review.as_str()).chain(equals).collect();
            self.store.count_found(&REACTIONS, all_of(BY_KIND, &equals))
        };
        let helpful = count(vec![Kind::Helpful.as_str()]);
        let reasons = ReportReason::ALL.map(|reason| count(vec![Kind::Report.as_str(), reason.as_str()]));
        let (helpful, counts) = try_join(helpful, try_join_all(reasons)).await?;
        Ok((helpful, ReportReason::ALL.into_iter().zip(counts).filter(|(_, count)| *count > 0).collect()))
    }

    /// Its reports were looked after.
    ///
    /// # Errors
    /// [`StoreError`]; then some are left.
    pub async fn clear_reports(&self, review: &ReviewId) -> Result<(), StoreError> {
        delete_all(&*self.store, &REACTIONS, BY_KIND, &[review.as_str().into(), Kind::Report.as_str().into()]).await
    }

    /// # Errors
    /// [`StoreError`]; then some is left.
    pub async fn forget_review(&self, review: &ReviewId) -> Result<(), StoreError> {
        delete_all(&*self.store, &REACTIONS, BY_KIND, &[review.as_str().into()]).await
    }

    /// # Errors
    /// [`StoreError`]; then some is left.
    pub async fn forget(&self, profile: &ProfileId) -> Result<(), StoreError> {
        delete_all(&*self.store, &REACTIONS, BY_PROFILE, &[profile.as_str().into()]).await
    }

    /// # Errors
    /// [`StoreError`]; then some is left.
    pub async fn forget_title(&self, title: &TitleId) -> Result<(), StoreError> {
        delete_all(&*self.store, &REACTIONS, BY_TITLE, &[title.as_str().into()]).await
    }
}
