//! The reviews themselves: written, taken away, listed.
//!
//! What else is kept of a review ([`super::reactions`], [`super::totals`]) follows from what is written here. Must never show what an
//! operator hid because its writer wrote it anew.

use std::{collections::HashMap, sync::Arc};

use contract::{
    ids::{AccountId, ProfileId, ReviewId, TitleId},
    reviews::{MyRating, PutReview, ReviewQueue, ReviewSort},
};
use rand::distr::{Alphanumeric, SampleString};
use runtime::clock::Clock;
use serde_json::Map;
use storage::{
    StoreError,
    documents::{
        Change, Direction, Document, Documents, Expect, Find, PAGE_LIMIT, Write, all_of, delete_all, parse, read, update,
    },
};

use super::record::{
    BY_CREATED, BY_HELPFUL, BY_PROFILE_CREATED, BY_QUEUE, BY_REVIEW, BY_STARS, BY_TITLE, REVIEWERS, REVIEWS, ReviewRecord,
    ReviewerRecord,
};

/// Letters of a review's id: 119 random bits.
const ID: usize = 20;

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

    /// Writes a profile's review of a title; as it is then. One that says the same already is left as it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn put(&self, writer: Writer<'_>, call: &PutReview) -> Result<ReviewRecord, StoreError> {
        let now = self.clock.millis();
        let id = ReviewRecord::id(&call.id, writer.profile);
        let fresh = fresh(writer, &call.id, now)?;
        let updated = update(&*self.store, &REVIEWS, &id, |stored: Option<ReviewRecord>| {
            let before = stored.clone().unwrap_or_else(|| fresh.clone());
            let said = ReviewRecord {
                half_stars: call.half_stars,
                text: call.text.clone(),
                has_spoilers: call.has_spoilers,
                language: call.language.clone(),
                ..before.clone()
            };
            if stored.as_ref() == Some(&said) {
                return Ok::<_, StoreError>(Change::Keep);
            }
            // Stars without a text are seen by nobody, however often they change: a review is of the day of its first text. One whose text
            // was taken away was edited.
            let never_had_a_text = before.text.is_empty() && before.edited.is_none();
            let said = if before.is_withdrawn() || never_had_a_text {
                ReviewRecord { created: now, edited: None, ..said }
            } else {
                ReviewRecord { edited: Some(now), ..said }
            };
            Ok(Change::Put(said.settled()))
        });
        updated.await?.record.ok_or_else(|| StoreError::corrupt(id, "it was written and is not there"))
    }

    /// Takes a profile's review away; which one that was, where there was one. What an operator hid leaves what says so.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn withdraw(&self, profile: &ProfileId, title: &TitleId) -> Result<Option<ReviewId>, StoreError> {
        let mut taken = None;
        let id = ReviewRecord::id(title, profile);
        let withdrawn = update(&*self.store, &REVIEWS, &id, |stored: Option<ReviewRecord>| {
            taken = None;
            let Some(stored) = stored else { return Ok::<_, StoreError>(Change::Keep) };
            if stored.hidden.is_none() {
                taken = Some(stored.review);
                return Ok(Change::Delete);
            }
            let empty = ReviewRecord { half_stars: 0, text: String::new(), language: None, edited: None, ..stored };
            Ok(Change::Put(empty.settled()))
        });
        withdrawn.await?;
        Ok(taken)
    }

    /// Hides a review, or shows it again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn hide(&self, record: &ReviewRecord, is_hidden: bool) -> Result<(), StoreError> {
        let now = self.clock.millis();
        let id = ReviewRecord::id(&record.title, &record.profile);
        let hidden = update(&*self.store, &REVIEWS, &id, |stored: Option<ReviewRecord>| {
            Ok::<_, StoreError>(match stored {
                Some(stored) if stored.review == record.review && stored.hidden.is_some() != is_hidden => {
                    let changed = ReviewRecord { hidden: is_hidden.then_some(now), ..stored }.settled();
                    // Taken away by its writer: it was there for its mark alone.
                    if !is_hidden && changed.is_withdrawn() { Change::Delete } else { Change::Put(changed) }
                }
                Some(_) | None => Change::Keep,
            })
        });
        hidden.await.map(drop)
    }

    /// Deletes a review, whatever is said of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete(&self, record: &ReviewRecord) -> Result<(), StoreError> {
        let id = ReviewRecord::id(&record.title, &record.profile);
        let deleted = update(&*self.store, &REVIEWS, &id, |stored: Option<ReviewRecord>| {
            let is_it = stored.is_some_and(|stored| stored.review == record.review);
            Ok::<_, StoreError>(if is_it { Change::Delete } else { Change::Keep })
        });
        deleted.await.map(drop)
    }

    /// A profile's review of a title, unless it took that away.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn of(&self, profile: &ProfileId, title: &TitleId) -> Result<Option<ReviewRecord>, StoreError> {
        let found = read::<ReviewRecord>(&*self.store, &REVIEWS, &ReviewRecord::id(title, profile)).await?;
        Ok(found.map(|(record, _)| record).filter(|record| !record.is_withdrawn()))
    }

    /// The review of this id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find(&self, review: &ReviewId) -> Result<Option<ReviewRecord>, StoreError> {
        self.find_document(review).await?.as_ref().map(parse).transpose()
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
        Ok((page.documents.iter().map(parse).collect::<Result<_, _>>()?, page.next))
    }

    /// Some of a profile's reviews, of whatever state.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn some_of(&self, profile: &ProfileId) -> Result<Vec<ReviewRecord>, StoreError> {
        Ok(self.found(Find { limit: PAGE_LIMIT, ..all_of(BY_PROFILE_CREATED, &[profile.as_str()]) }).await?.0)
    }

    /// A page of what a profile said, the latest first; what it took away is among it.
    ///
    /// # Errors
    /// As [`Reviews::page`].
    pub async fn latest(&self, profile: &ProfileId, after: Option<&str>, limit: u32) -> Result<ReviewsPage, StoreError> {
        let find = all_of(BY_PROFILE_CREATED, &[profile.as_str()]);
        self.found(Find { direction: Direction::Descending, after, limit, ..find }).await
    }

    /// Of how many of these titles the profile never said anything.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn unrated(&self, profile: &ProfileId, ratings: &[MyRating]) -> Result<usize, StoreError> {
        let mut known = 0;
        for some in ratings.chunks(PAGE_LIMIT as usize) {
            let ids: Vec<String> = some.iter().map(|rating| ReviewRecord::id(&rating.id, profile)).collect();
            known += self.store.get_many(&REVIEWS, &ids).await?.len();
        }
        Ok(ratings.len().saturating_sub(known))
    }

    /// Rates titles of which the profile never said anything; how many that were.
    ///
    /// # Errors
    /// [`StoreError`]; then some may have been rated.
    pub async fn add_many(&self, writer: Writer<'_>, ratings: &[MyRating]) -> Result<u64, StoreError> {
        let (now, mut added) = (self.clock.millis(), 0);
        for some in ratings.chunks(PAGE_LIMIT as usize) {
            let write = |rating: &MyRating| {
                let record = ReviewRecord { half_stars: rating.half_stars, ..fresh(writer, &rating.id, now)? }.settled();
                let id = ReviewRecord::id(&rating.id, writer.profile);
                let body = serde_json::to_value(record).map_err(|error| StoreError::corrupt(&id, error))?;
                Ok::<_, StoreError>(Write { id, body, expect: Expect::Absent })
            };
            let writes = some.iter().map(write).collect::<Result<Vec<_>, _>>()?;
            for written in self.store.put_many(&REVIEWS, writes).await? {
                match written {
                    Ok(_) => added += 1,
                    Err(StoreError::Conflict { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(added)
    }

    /// # Errors
    /// [`StoreError`]; then some may be left.
    pub async fn forget_title(&self, title: &TitleId) -> Result<(), StoreError> {
        delete_all(&*self.store, &REVIEWS, BY_TITLE, &[title.as_str().into()]).await
    }

    /// The name that a profile's texts are shown under.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn name_of(&self, profile: &ProfileId) -> Result<Option<String>, StoreError> {
        Ok(read::<ReviewerRecord>(&*self.store, &REVIEWERS, profile.as_str()).await?.map(|(reviewer, _)| reviewer.name))
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
        found.iter().map(|document| Ok((document.id.clone(), parse::<ReviewerRecord>(document)?.name))).collect()
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn rename(&self, profile: &ProfileId, name: &str) -> Result<(), StoreError> {
        let renamed = update(&*self.store, &REVIEWERS, profile.as_str(), |stored: Option<ReviewerRecord>| {
            let unknown = stored.map(|stored| stored.unknown).unwrap_or_default();
            Ok::<_, StoreError>(Change::Put(ReviewerRecord { name: name.to_owned(), unknown }))
        });
        renamed.await.map(drop)
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn forget_name(&self, profile: &ProfileId) -> Result<(), StoreError> {
        self.store.delete(&REVIEWERS, profile.as_str(), Expect::Anything).await.map(drop)
    }
}

/// A review that says nothing yet.
fn fresh(writer: Writer<'_>, title: &TitleId, now: u64) -> Result<ReviewRecord, StoreError> {
    let review = Alphanumeric.sample_string(&mut rand::rng(), ID);
    Ok(ReviewRecord {
        review: review.parse().map_err(|error| StoreError::corrupt(review, error))?,
        profile: writer.profile.clone(),
        account: writer.account.clone(),
        title: title.clone(),
        half_stars: 0,
        text: String::new(),
        has_spoilers: false,
        language: None,
        created: now,
        edited: None,
        hidden: None,
        helpful: 0,
        reports: 0,
        reasons: std::collections::BTreeMap::new(),
        counted: None,
        listed: None,
        queue: None,
        unknown: Map::new(),
    })
}
