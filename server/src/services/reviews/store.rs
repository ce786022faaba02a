//! The reviews themselves: written and taken away ([`writing`]), added many at once ([`many`]), listed, and the names that they are shown under.
//!
//! What else is kept of a review ([`super::reactions`], [`super::totals`]) follows from what is written here. One that cannot be read
//! keeps nobody from the others, its writer neither: it is left out of what is told, and written anew.

mod many;
mod writing;

use std::{collections::HashMap, sync::Arc};

use contract::{
    ids::{AccountId, ProfileId, ReviewId, TitleId},
    reviews::{ReviewQueue, ReviewSort},
};
use runtime::clock::Clock;
use serde_json::Map;
use storage::{
    StoreError,
    documents::{Change, Direction, Document, Documents, Expect, Find, PAGE_LIMIT, all_of, delete_all},
};

pub use self::{many::Sorted, writing::Put};
use super::record::{
    BY_CREATED, BY_HELPFUL, BY_PROFILE, BY_PROFILE_CREATED, BY_QUEUE, BY_REVIEW, BY_STARS, BY_TITLE, REVIEWERS, REVIEWS,
    ReviewRecord, ReviewerRecord,
};
use crate::services::readable::{read_readable, readable, update_readable};

/// Who writes.
#[derive(Clone, Copy, Debug)]
pub struct Writer<'a> {
    pub profile: &'a ProfileId,
    pub account: &'a AccountId,
}

/// A page of reviews, with where the next begins.
pub type ReviewsPage = (Vec<ReviewRecord>, Option<String>);

/// Cheap to clone.
#[derive(Clone)]
pub struct Reviews {
    store: Arc<dyn Documents>,
    clock: Clock,
}

impl Reviews {
    pub fn new(store: Arc<dyn Documents>, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// A profile's review of a title, unless it took that away or it cannot be read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn of(&self, profile: &ProfileId, title: &TitleId) -> Result<Option<ReviewRecord>, StoreError> {
        let found = read_readable::<ReviewRecord>(&*self.store, &REVIEWS, &ReviewRecord::id(title, profile)).await?;
        Ok(found.map(|(record, _)| record).filter(|record| !record.is_withdrawn()))
    }

    /// The review of this id, where it can be read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find(&self, review: &ReviewId) -> Result<Option<ReviewRecord>, StoreError> {
        Ok(self.find_document(review).await?.as_ref().and_then(readable))
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn find_document(&self, review: &ReviewId) -> Result<Option<Document>, StoreError> {
        Ok(self.store.find(&REVIEWS, all_of(BY_REVIEW, &[review.as_str()])).await?.documents.pop())
    }

    /// A page of the texts of a title that are shown.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Invalid`] where the cursor is of another list.
    pub async fn page(
        &self,
        title: &TitleId,
        sort: ReviewSort,
        after: Option<&str>,
        limit: u32,
    ) -> Result<ReviewsPage, StoreError> {
        let (index, direction) = match sort {
            ReviewSort::Helpful => (BY_HELPFUL, Direction::Descending),
            ReviewSort::Newest => (BY_CREATED, Direction::Descending),
            ReviewSort::Highest => (BY_STARS, Direction::Descending),
            ReviewSort::Lowest => (BY_STARS, Direction::Ascending),
        };
        self.found(Find { direction, after, limit, ..all_of(index, &[title.as_str()]) }).await
    }

    /// How many of those there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count(&self, title: &TitleId) -> Result<u64, StoreError> {
        self.store.count_found(&REVIEWS, all_of(BY_CREATED, &[title.as_str()])).await
    }

    /// A page of what operators look at, what most reported first, with how many there are.
    ///
    /// # Errors
    /// As [`Reviews::page`].
    pub async fn queue(&self, queue: ReviewQueue, after: Option<&str>, limit: u32) -> Result<(ReviewsPage, u64), StoreError> {
        let name = match queue {
            ReviewQueue::Reported => "reported",
            ReviewQueue::Hidden => "hidden",
        };
        let page = self.found(Find { direction: Direction::Descending, after, limit, ..all_of(BY_QUEUE, &[name]) }).await?;
        Ok((page, self.store.count_found(&REVIEWS, all_of(BY_QUEUE, &[name])).await?))
    }

    async fn found(&self, find: Find<'_>) -> Result<ReviewsPage, StoreError> {
        let page = self.store.find(&REVIEWS, find).await?;
        Ok((page.documents.iter().filter_map(readable).collect(), page.next))
    }

    /// Some of a profile's reviews, of whatever state, as they are stored: each goes, also where it cannot be read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn some_of(&self, profile: &ProfileId) -> Result<Vec<Document>, StoreError> {
        let find = Find { limit: PAGE_LIMIT, ..all_of(BY_PROFILE, &[profile.as_str()]) };
        Ok(self.store.find(&REVIEWS, find).await?.documents)
    }

    /// A page of what a profile said, the latest first; what it took away is among it.
    ///
    /// # Errors
    /// As [`Reviews::page`].
    pub async fn latest(&self, profile: &ProfileId, after: Option<&str>, limit: u32) -> Result<ReviewsPage, StoreError> {
        let find = all_of(BY_PROFILE_CREATED, &[profile.as_str()]);
        self.found(Find { direction: Direction::Descending, after, limit, ..find }).await
    }

    /// # Errors
    /// [`StoreError`]; then some may be left.
    pub async fn forget_title(&self, title: &TitleId) -> Result<(), StoreError> {
        delete_all(&*self.store, &REVIEWS, BY_TITLE, &[title.as_str().into()]).await
    }

    /// The name that a profile's texts are shown under. Whoever's cannot be read has none until they choose one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn name_of(&self, profile: &ProfileId) -> Result<Option<String>, StoreError> {
        let found = read_readable::<ReviewerRecord>(&*self.store, &REVIEWERS, profile.as_str()).await?;
        Ok(found.map(|(reviewer, _)| reviewer.name))
    }

    /// The names of those who wrote these, by profile.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn names(&self, reviews: &[ReviewRecord]) -> Result<HashMap<String, String>, StoreError> {
        let mut ids: Vec<String> = reviews.iter().map(|review| review.profile.to_string()).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let found = self.store.get_many(&REVIEWERS, &ids).await?;
        Ok(found.iter().filter_map(|document| Some((document.id.clone(), readable::<ReviewerRecord>(document)?.name))).collect())
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn rename(&self, profile: &ProfileId, name: &str) -> Result<(), StoreError> {
        let renamed = update_readable(&*self.store, &REVIEWERS, profile.as_str(), |stored: Option<ReviewerRecord>| {
            let unknown = stored.map(|stored| stored.unknown).unwrap_or_default();
            Ok(Change::Put(ReviewerRecord { name: name.to_owned(), unknown }))
        });
        renamed.await.map(drop)
    }

    /// Names a profile that has no name; one that it has stays.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn name(&self, profile: &ProfileId, name: &str) -> Result<(), StoreError> {
        let named = update_readable(&*self.store, &REVIEWERS, profile.as_str(), |stored: Option<ReviewerRecord>| {
            let record = ReviewerRecord { name: name.to_owned(), unknown: Map::new() };
            Ok(if stored.is_some() { Change::Keep } else { Change::Put(record) })
        });
        named.await.map(drop)
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn forget_name(&self, profile: &ProfileId) -> Result<(), StoreError> {
        self.store.delete(&REVIEWERS, profile.as_str(), Expect::Anything).await.map(drop)
    }
}
