//! The handlers of a profile's own ratings, many at once.

use std::collections::HashSet;

use contract::{
    Problem, bounds,
    ids::ProfileId,
    reviews::{AddRatings, AddedRatings, HALF_STARS, ListMyRatings, MyRating, MyRatingPage, ReviewText},
};
use serde_json::json;

use super::super::{
    Reviews,
    limit::RATINGS,
    record::ReviewRecord,
    store::{Sorted, Writer},
};
use crate::{
    context::RequestContext,
    services::{
        cards::shown_cards,
        names::{has_visible, visible},
    },
};

/// Ratings on a page where the request does not say.
const PAGE: u16 = 100;
/// Ratings on a page with texts at most: some megabytes.
const PAGE_OF_TEXTS: u16 = 50;
/// Ratings that one with a text counts as: others read it.
const OF_A_TEXT: usize = 10;

impl Reviews {
    pub(in super::super) async fn list_my_ratings(
        &self,
        context: RequestContext,
        call: ListMyRatings,
    ) -> Result<MyRatingPage, Problem> {
        if context.viewer.member.is_none() {
            return Ok(MyRatingPage::default());
        }
        let (profile, limit) = (&context.viewer.profile, call.limit.unwrap_or(PAGE));
        let name = if call.with_texts { self.reviews.name_of(profile).await? } else { None };
        // Whoever has no name to show texts under wrote none.
        let limit = if name.is_some() { limit.min(PAGE_OF_TEXTS) } else { limit };
        let (records, next) = self.reviews.latest(profile, call.page_token.as_deref(), u32::from(limit)).await?;
        let cards = shown_cards(&context, records.iter().map(|record| &record.title)).await?;
        let rated = records.into_iter().filter(|record| !record.is_withdrawn() && cards.contains_key(&record.title));
        let rating = |ReviewRecord { title: id, half_stars, text, has_spoilers, language, .. }| {
            let is_told = call.with_texts && !text.is_empty();
            MyRating { id, half_stars, review: is_told.then_some(ReviewText { text, has_spoilers, language }) }
        };
        Ok(MyRatingPage { items: rated.map(rating).collect(), name, next })
    }

    /// A limit of their own, of which what is rated already takes nothing: the same file can be sent again. The follower counts.
    pub(in super::super) async fn add_ratings(
        &self,
        context: RequestContext,
        mut call: AddRatings,
    ) -> Result<AddedRatings, Problem> {
        let member = self.check_writer(&context.viewer).await?;
        for (at, rating) in call.ratings.iter_mut().enumerate() {
            check(at, rating)?;
        }
        let profile = &context.viewer.profile;
        let cards = shown_cards(&context, call.ratings.iter().map(|rating| &rating.id)).await?;
        let mut seen = HashSet::new();
        call.ratings.retain(|rating| seen.insert(rating.id.clone()));
        call.ratings.retain(|rating| cards.contains_key(&rating.id));
        let not_shown = count(seen.len() - call.ratings.len());
        let Sorted { unrated, mut textless, mut known, hidden } = self.reviews.sorted(profile, call.ratings).await?;
        let (mut reviews, mut stars): (Vec<_>, Vec<_>) = unrated.into_iter().partition(|rating| rating.review.is_some());
        let has_texts = !reviews.is_empty() || !textless.is_empty();
        let name = if has_texts { self.name_for(profile, call.name.as_deref()).await? } else { None };
        let mut nameless = 0;
        if name.is_none() {
            nameless = count(reviews.len() + textless.len());
            known += count(textless.len());
            textless.clear();
            // What was said with stars is theirs without a name, too.
            stars.extend(reviews.drain(..).map(|rating| MyRating { review: None, ..rating }));
        }
        let weight = (reviews.len() + textless.len()) * OF_A_TEXT + stars.len();
        if weight > 0 {
            self.ratings_limit.claim_many(profile, weight.div_ceil(RATINGS)).await?;
        }
        let writer = || Writer { profile, account: &member.account };
        let with_texts = self.reviews.add_many(writer(), &reviews).await?;
        let completed = self.reviews.add_texts(writer(), &textless).await?;
        let added = with_texts + self.reviews.add_many(writer(), &stars).await?;
        // What was said meanwhile was there before.
        known += count(reviews.len() + textless.len() + stars.len()).saturating_sub(added + completed);
        let (published, left_out) = (with_texts + completed, not_shown + nameless + hidden);
        let name = name.filter(|_| published > 0);
        Ok(AddedRatings { added, known, left_out, nameless, hidden, reviews: published, name })
    }

    /// The name to show texts under; where there is none, the one that is offered is it from now on.
    async fn name_for(&self, profile: &ProfileId, offered: Option<&str>) -> Result<Option<String>, Problem> {
        if let Some(name) = self.reviews.name_of(profile).await? {
            return Ok(Some(name));
        }
        let Some(offered) = offered else { return Ok(None) };
        self.reviews.name(profile, &visible("name", offered)?).await?;
        // Another request may have named it first.
        Ok(self.reviews.name_of(profile).await?)
    }
}

/// Stars and a text as [`contract::reviews::PutReview`] takes them; a text in which nothing is to be seen is none.
fn check(at: usize, rating: &mut MyRating) -> Result<(), Problem> {
    if !(1..=HALF_STARS).contains(&rating.half_stars) {
        return Err(Problem::invalid("ratings", format!("at {at}: `half_stars` is 1 to {HALF_STARS}")));
    }
    let Some(review) = &mut rating.review else { return Ok(()) };
    let said = json!({ "text": review.text, "language": review.language });
    if let Some(fault) = bounds::first_fault(ReviewText::BOUNDS, &said) {
        return Err(Problem::invalid("ratings", format!("at {at}: `review.{}`: {}", fault.field, fault.message)));
    }
    review.text.truncate(review.text.trim_end().len());
    if !has_visible(&review.text) {
        rating.review = None;
    }
    Ok(())
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
