//! The service's handlers, version 1.
//!
//! Must never do anything about a title that whoever asks is not shown.

mod moderation;
mod ratings;

use contract::{
    Code, Problem,
    ids::{ReviewId, TitleId},
    reviews::{
        GetMyReview, GetReviewSummary, ListReviews, MyReview, OwnReview, PutReview, RemoveReview, ReplaceReviewerName,
        ReportReason, ReportReview, Review, ReviewPage, ReviewSummary, UnvoteHelpful, VoteHelpful,
    },
};
use futures::future::{try_join, try_join3};

use super::{
    Reviews,
    record::{Kind, ReactionRecord, ReviewRecord},
    store::{Put, Writer},
};
use crate::{
    context::{Member, RequestContext, Viewer},
    services::{
        cards::shown_card,
        names::{has_visible, visible},
    },
};

/// Reviews on a page where the request does not say.
const PAGE: u8 = 20;

impl Reviews {
    pub(super) async fn get_review_summary(
        &self,
        context: RequestContext,
        call: GetReviewSummary,
    ) -> Result<ReviewSummary, Problem> {
        // A page asks this first, and is told that there is nothing more to ask for.
        if context.viewer.member.is_none() && !self.settings.guests_may_read {
            shown_card(&context, &call.id).await?;
            return Ok(ReviewSummary { is_closed: true, ..ReviewSummary::default() });
        }
        self.check_reader(&context, &call.id).await?;
        Ok(self.totals.of(&call.id).await?.into())
    }

    pub(super) async fn list_reviews(&self, context: RequestContext, call: ListReviews) -> Result<ReviewPage, Problem> {
        self.check_reader(&context, &call.id).await?;
        let limit = u32::from(call.limit.unwrap_or(PAGE));
        let page = self.reviews.page(&call.id, call.sort.unwrap_or_default(), call.page_token.as_deref(), limit);
        let ((records, next), total) = try_join(page, self.reviews.count(&call.id)).await?;
        let profile = &context.viewer.profile;
        let (names, said) = try_join(self.reviews.names(&records), self.reactions.of(profile, &records)).await?;
        let review = |record: ReviewRecord| {
            let has_said = |kind| said.contains(&ReactionRecord::id(&record.review, kind, profile));
            Review {
                reviewer: names.get(record.profile.as_str()).cloned().unwrap_or_default(),
                is_own: record.profile == *profile,
                is_voted: has_said(Kind::Helpful),
                is_reported: has_said(Kind::Report),
                id: record.review,
                half_stars: record.half_stars,
                text: record.text,
                has_spoilers: record.has_spoilers,
                language: record.language,
                created: record.created,
                edited: record.edited,
                helpful: record.helpful,
            }
        };
        Ok(ReviewPage { items: records.into_iter().map(review).collect(), total, next })
    }

    pub(super) async fn get_my_review(&self, context: RequestContext, call: GetMyReview) -> Result<MyReview, Problem> {
        self.check_reader(&context, &call.id).await?;
        let profile = &context.viewer.profile;
        let Some(member) = &context.viewer.member else { return Ok(MyReview::default()) };
        let review = self.reviews.of(profile, &call.id);
        let (review, name, is_banned) =
            try_join3(review, self.reviews.name_of(profile), self.moderation.is_banned(&member.account)).await?;
        Ok(MyReview { review: review.map(OwnReview::from), name, is_banned })
    }

    pub(super) async fn put_review(&self, context: RequestContext, mut call: PutReview) -> Result<OwnReview, Problem> {
        let member = self.check_writer(&context.viewer).await?;
        shown_card(&context, &call.id).await?;
        call.text.truncate(call.text.trim_end().len());
        if call.keeps_text || !has_visible(&call.text) {
            call.text.clear();
        }
        let profile = &context.viewer.profile;
        if !call.text.is_empty() && self.reviews.name_of(profile).await?.is_none() {
            return Err(Problem::new(Code::NameRequired).with_detail("A review is shown under a name that you choose."));
        }
        self.limit.claim(profile).await?;
        let Put { record, is_done } = self.reviews.put(Writer { profile, account: &member.account }, &call).await?;
        if is_done {
            self.count(&call.id).await;
            let kind = usage::event::Kind::ReviewWritten { title: call.id.to_string(), half_stars: call.half_stars };
            self.recorder.record(kind, Some(profile), Some(&member.account));
        }
        Ok(record.into())
    }

    pub(super) async fn remove_review(&self, context: RequestContext, call: RemoveReview) -> Result<(), Problem> {
        let (profile, member) = (&context.viewer.profile, context.viewer.member()?);
        self.limit.claim(profile).await?;
        if let Some(taken) = self.reviews.withdraw(Writer { profile, account: &member.account }, &call).await? {
            self.reactions.forget_review(&taken).await?;
        }
        self.count(&call.id).await;
        Ok(())
    }

    pub(super) async fn replace_reviewer_name(&self, context: RequestContext, call: ReplaceReviewerName) -> Result<(), Problem> {
        self.check_writer(&context.viewer).await?;
        self.limit.claim(&context.viewer.profile).await?;
        Ok(self.reviews.rename(&context.viewer.profile, &visible("name", &call.name)?).await?)
    }

    pub(super) async fn vote_helpful(&self, context: RequestContext, call: VoteHelpful) -> Result<(), Problem> {
        // A vote has no reason: every one is counted alike.
        self.react(&context, &call.review, (Kind::Helpful, ReportReason::Other)).await
    }

    pub(super) async fn report_review(&self, context: RequestContext, call: ReportReview) -> Result<(), Problem> {
        self.react(&context, &call.review, (Kind::Report, call.reason)).await
    }

    async fn react(&self, context: &RequestContext, review: &ReviewId, said: (Kind, ReportReason)) -> Result<(), Problem> {
        self.check_writer(&context.viewer).await?;
        let profile = &context.viewer.profile;
        let review = self.shown(context, review).await?;
        if review.profile == *profile {
            return Err(Problem::new(Code::NotAllowed).with_detail("This review is your own."));
        }
        self.limit.claim(profile).await?;
        self.reactions.add(&review, said, profile).await?;
        self.count_reactions(&review.review).await;
        Ok(())
    }

    pub(super) async fn unvote_helpful(&self, context: RequestContext, call: UnvoteHelpful) -> Result<(), Problem> {
        let profile = &context.viewer.profile;
        self.limit.claim(profile).await?;
        self.reactions.remove(&call.review, Kind::Helpful, profile).await?;
        self.count_reactions(&call.review).await;
        Ok(())
    }

    /// A review that others are shown, of a title that whoever asks is shown.
    async fn shown(&self, context: &RequestContext, review: &ReviewId) -> Result<ReviewRecord, Problem> {
        let found = self.reviews.find(review).await?.filter(|found| found.listed.is_some());
        let found = found.ok_or_else(|| Problem::not_found("review"))?;
        shown_card(context, &found.title).await.map_err(|_| Problem::not_found("review"))?;
        Ok(found)
    }

    /// Guests read where the config says so, and none for whom films are limited to an age.
    async fn check_reader(&self, context: &RequestContext, title: &TitleId) -> Result<(), Problem> {
        let viewer = &context.viewer;
        if viewer.member.is_none() {
            if !self.settings.guests_may_read {
                return Err(Problem::new(Code::SignInRequired));
            }
            if viewer.authorization.maturity.is_some() {
                return Err(Problem::new(Code::NotAllowed).with_detail("Reviews are not for viewers with an age limit."));
            }
        }
        shown_card(context, title).await.map(drop)
    }

    /// Whoever writes: nothing is kept for a profile that is gone, and nothing is taken of an account that is banned.
    async fn check_writer<'a>(&self, viewer: &'a Viewer) -> Result<&'a Member, Problem> {
        let member = viewer.member()?;
        let (is_gone, is_banned) =
            try_join(self.tombstones.is_gone(&viewer.profile), self.moderation.is_banned(&member.account)).await?;
        if is_gone {
            return Err(Problem::not_found("profile"));
        }
        if is_banned {
            return Err(Problem::new(Code::NotAllowed).with_detail("An operator banned this account from writing reviews."));
        }
        Ok(member)
    }

    /// Counts at once, so that whoever wrote finds it counted; what fails here the follower makes good.
    async fn count(&self, title: &TitleId) {
        if let Err(error) = self.totals.try_recount(title).await {
            tracing::debug!(%error, "how a title is rated is counted later");
        }
    }

    async fn count_reactions(&self, review: &ReviewId) {
        if let Err(error) = self.reactions.try_recount(review).await {
            tracing::debug!(%error, "what is said of a review is counted later");
        }
    }
}

impl From<ReviewRecord> for OwnReview {
    fn from(record: ReviewRecord) -> Self {
        Self {
            is_removed: record.is_withdrawn(),
            id: record.review,
            half_stars: record.half_stars,
            text: record.text,
            has_spoilers: record.has_spoilers,
            language: record.language,
            created: record.created,
            edited: record.edited,
            helpful: record.helpful,
            is_hidden: record.hidden.is_some(),
        }
    }
}
