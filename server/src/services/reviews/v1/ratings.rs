//! The handlers of a profile's own ratings, many at once.

use std::collections::HashSet;

use contract::{
    Problem,
    reviews::{AddRatings, AddedRatings, HALF_STARS, ListMyRatings, MyRating, MyRatingPage},
};

use super::super::{Reviews, limit::RATINGS, store::Writer};
use crate::{context::RequestContext, services::cards::shown_cards};

/// Ratings on a page where the request does not say.
const PAGE: u16 = 100;

impl Reviews {
    pub(in super::super) async fn list_my_ratings(
        &self,
        context: RequestContext,
        call: ListMyRatings,
    ) -> Result<MyRatingPage, Problem> {
        if context.viewer.member.is_none() {
            return Ok(MyRatingPage::default());
        }
        let limit = u32::from(call.limit.unwrap_or(PAGE));
        let (records, next) = self.reviews.latest(&context.viewer.profile, call.page_token.as_deref(), limit).await?;
        let cards = shown_cards(&context, records.iter().map(|record| &record.title)).await?;
        let rated = records.into_iter().filter(|record| !record.is_withdrawn() && cards.contains_key(&record.title));
        Ok(MyRatingPage {
            items: rated.map(|record| MyRating { id: record.title, half_stars: record.half_stars }).collect(),
            next,
        })
    }

    /// A limit of their own, of which what is rated already takes nothing: the same file can be sent again. The follower counts.
    pub(in super::super) async fn add_ratings(&self, context: RequestContext, call: AddRatings) -> Result<AddedRatings, Problem> {
        let member = self.check_writer(&context.viewer).await?;
        if let Some(at) = call.ratings.iter().position(|rating| !(1..=HALF_STARS).contains(&rating.half_stars)) {
            return Err(Problem::invalid("ratings", format!("at {at}: `half_stars` is 1 to {HALF_STARS}")));
        }
        let profile = &context.viewer.profile;
        let cards = shown_cards(&context, call.ratings.iter().map(|rating| &rating.id)).await?;
        let mut seen = HashSet::new();
        let named: Vec<MyRating> = call.ratings.into_iter().filter(|rating| seen.insert(rating.id.clone())).collect();
        let (shown, hidden): (Vec<_>, Vec<_>) = named.into_iter().partition(|rating| cards.contains_key(&rating.id));
        let unrated = self.reviews.unrated(profile, &shown).await?;
        if unrated > 0 {
            self.ratings_limit.claim_many(profile, unrated.div_ceil(RATINGS)).await?;
        }
        let added = self.reviews.add_many(Writer { profile, account: &member.account }, &shown).await?;
        Ok(AddedRatings { added, known: count(shown.len()).saturating_sub(added), left_out: count(hidden.len()) })
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
