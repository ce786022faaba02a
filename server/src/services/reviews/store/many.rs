//! Ratings that are added many at once, as a file has them: what is said of their titles already stays.
//!
//! A text joins the very stars that it came with, where these were taken without it: nobody was told it yet, and its writer said nothing
//! else since. Must never bring back a text that its writer took away, nor what an operator hid.

use std::collections::HashMap;

use contract::{
    ids::ProfileId,
    reviews::{MyRating, ReviewText},
};
use storage::{
    StoreError,
    documents::{Document, Expect, PAGE_LIMIT, Write, parse},
};

use super::{
    super::record::{REVIEWS, ReviewRecord},
    Reviews, Writer,
    writing::fresh,
};

/// Ratings by what their writer has said of the titles already.
#[derive(Debug, Default)]
pub struct Sorted {
    /// Nothing.
    pub unrated: Vec<MyRating>,
    /// The very stars of these, and never a text, which these have.
    pub textless: Vec<MyRating>,
    /// Something else, or all of it.
    pub known: u64,
    /// What an operator hid, and its writer took away.
    pub hidden: u64,
}

/// What there is of a title by a profile.
#[derive(Clone, Debug, PartialEq)]
enum There {
    /// Where it cannot be read what it said, too.
    Review,
    /// Stars that never had a text.
    Stars { version: u64, record: Box<ReviewRecord> },
    /// What an operator hid, and its writer took away.
    Hidden,
    /// Of what was taken away.
    Tombstone { version: u64 },
}

impl There {
    fn of(document: &Document) -> Self {
        let version = document.version;
        match parse::<ReviewRecord>(document) {
            Ok(record) if record.is_tombstone() => Self::Tombstone { version },
            Ok(record) if record.is_withdrawn() => Self::Hidden,
            Ok(record) if record.never_had_a_text() && record.hidden.is_none() => {
                Self::Stars { version, record: Box::new(record) }
            }
            Ok(_) | Err(_) => Self::Review,
        }
    }

    /// Whether the text of a rating is what these stars were given with.
    fn lacks_text_of(&self, rating: &MyRating) -> bool {
        matches!(self, Self::Stars { record, .. } if rating.review.is_some() && record.half_stars == rating.half_stars)
    }
}

impl Reviews {
    /// Tells ratings apart by what is there of their titles.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sorted(&self, profile: &ProfileId, ratings: Vec<MyRating>) -> Result<Sorted, StoreError> {
        let mut there = HashMap::new();
        for some in ratings.chunks(PAGE_LIMIT as usize) {
            there.extend(self.there(profile, some).await?);
        }
        let mut sorted = Sorted::default();
        for rating in ratings {
            match there.get(&ReviewRecord::id(&rating.id, profile)) {
                None | Some(There::Tombstone { .. }) => sorted.unrated.push(rating),
                Some(stars) if stars.lacks_text_of(&rating) => sorted.textless.push(rating),
                Some(There::Hidden) => sorted.hidden += 1,
                Some(There::Review | There::Stars { .. }) => sorted.known += 1,
            }
        }
        Ok(sorted)
    }

    /// Rates titles of which the profile has said nothing; how many that were.
    ///
    /// # Errors
    /// [`StoreError`]; then some may have been rated.
    pub async fn add_many(&self, writer: Writer<'_>, ratings: &[MyRating]) -> Result<u64, StoreError> {
        let now = self.clock.millis();
        self.write_many(writer, ratings, |there, rating| {
            let expect = match there {
                None => Expect::Absent,
                Some(There::Tombstone { version }) => Expect::Version(*version),
                Some(There::Review | There::Stars { .. } | There::Hidden) => return Ok(None),
            };
            let ReviewText { text, has_spoilers, language } = rating.review.clone().unwrap_or_default();
            let (half_stars, fresh) = (rating.half_stars, fresh(writer, &rating.id, now)?);
            Ok(Some((ReviewRecord { half_stars, text, has_spoilers, language, ..fresh }, expect)))
        })
        .await
    }

    /// Gives stars the texts that they were given with ([`Sorted::textless`]); how many these were.
    ///
    /// # Errors
    /// [`StoreError`]; then some may have theirs.
    pub async fn add_texts(&self, writer: Writer<'_>, ratings: &[MyRating]) -> Result<u64, StoreError> {
        let now = self.clock.millis();
        self.write_many(writer, ratings, |there, rating| {
            let (Some(There::Stars { version, record }), Some(review)) = (there, rating.review.clone()) else { return Ok(None) };
            if record.half_stars != rating.half_stars {
                return Ok(None);
            }
            let ReviewText { text, has_spoilers, language } = review;
            // A review is of the day of its first text.
            let record = ReviewRecord { text, has_spoilers, language, created: now, said: Some(now), ..(**record).clone() };
            Ok(Some((record, Expect::Version(*version))))
        })
        .await
    }

    /// Writes what `decide` says of ratings and what is there of their titles; how many were written. What was written meanwhile stays.
    async fn write_many(
        &self,
        writer: Writer<'_>,
        ratings: &[MyRating],
        decide: impl Fn(Option<&There>, &MyRating) -> Result<Option<(ReviewRecord, Expect)>, StoreError>,
    ) -> Result<u64, StoreError> {
        let mut written = 0;
        for some in ratings.chunks(PAGE_LIMIT as usize) {
            let there = self.there(writer.profile, some).await?;
            let mut writes = Vec::with_capacity(some.len());
            for rating in some {
                let id = ReviewRecord::id(&rating.id, writer.profile);
                let Some((record, expect)) = decide(there.get(&id), rating)? else { continue };
                let body = serde_json::to_value(record.settled()).map_err(|error| StoreError::corrupt(&id, error))?;
                writes.push(Write { id, body, expect });
            }
            if writes.is_empty() {
                continue;
            }
            for outcome in self.store.put_many(&REVIEWS, writes).await? {
                match outcome {
                    Ok(_) => written += 1,
                    Err(StoreError::Conflict { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(written)
    }

    /// What there is of titles, by the ids of the documents; at most [`PAGE_LIMIT`].
    async fn there(&self, profile: &ProfileId, ratings: &[MyRating]) -> Result<HashMap<String, There>, StoreError> {
        let ids: Vec<String> = ratings.iter().map(|rating| ReviewRecord::id(&rating.id, profile)).collect();
        let found = self.store.get_many(&REVIEWS, &ids).await?;
        Ok(found.into_iter().map(|document| (document.id.clone(), There::of(&document))).collect())
    }
}
