//! The service `reviews`: what members think of titles, what others think of that, and what operators do about it.
//!
//! Owns the documents `reviews`, `review_reactions`, `review_totals`, `reviewers`, `review_bans`, `review_moderation` and
//! `review_followers`, and the entries `reviews/…`. Depends on the catalogue's calls for what a viewer is shown, and on whoever shows
//! ratings ([`RatedTitles`]). Must never tell whose a review is but to operators, nor show anything to a profile with an age limit.

mod domain_events;
mod feeds;
mod follow;
mod interactions;
mod limit;
mod moderation;
mod reactions;
mod record;
mod store;
mod totals;
mod v1;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use contract::{
    ids::{AccountId, ProfileId, TitleId},
    reviews::{
        AddRatings, BanReviewer, DeleteReview, GetMyReview, GetReviewSummary, HideReview, ListModerationActions, ListMyRatings,
        ListReportedReviews, ListReviews, PutReview, RemoveReview, ReplaceReviewerName, ReportReview, RestoreReview,
        UnbanReviewer, UnvoteHelpful, VoteHelpful,
    },
};
use runtime::clock::Clock;
use storage::{
    StoreError,
    documents::{Document, Documents},
    events::Events,
    keyvalue::KeyValue,
};

pub use self::{
    follow::{Follower, RatedTitles},
    totals::Totals,
};
use self::{
    limit::{Of, WriteLimit},
    moderation::Moderation,
    reactions::Reactions,
    record::ReviewRecord,
    store::Reviews as Stored,
};
use super::{
    Service, answer,
    exporting::{self, Exported},
    feeds::Feed,
    keepers::Tombstones,
    recorder::Recorder,
};
use crate::{config::Reviews as Settings, mount::Mount};

/// What the service is made of.
pub struct Dependencies {
    pub documents: Arc<dyn Documents>,
    pub keyvalue: Arc<dyn KeyValue>,
    pub tombstones: Arc<dyn Tombstones>,
    pub settings: Settings,
    pub clock: Clock,
    pub recorder: Recorder,
}

/// Hundreds of ratings that a profile adds within an hour: a file of a viewer's life has some thousands.
const RATINGS_PER_HOUR: u32 = 50;

/// The service.
pub struct Reviews {
    documents: Arc<dyn Documents>,
    reviews: Stored,
    reactions: Reactions,
    totals: Totals,
    moderation: Moderation,
    limit: WriteLimit,
    ratings_limit: WriteLimit,
    tombstones: Arc<dyn Tombstones>,
    settings: Settings,
    recorder: Recorder,
}

impl Reviews {
    pub fn new(parts: Dependencies) -> Self {
        let Dependencies { documents, keyvalue, tombstones, settings, clock, recorder } = parts;
        let reviews = Stored::new(Arc::clone(&documents), clock.clone());
        Self {
            reactions: Reactions::new(Arc::clone(&documents), reviews.clone(), clock.clone()),
            totals: Totals::new(Arc::clone(&documents)),
            moderation: Moderation::new(Arc::clone(&documents), clock.clone()),
            limit: WriteLimit::new(Arc::clone(&keyvalue), clock.clone(), (Of::Writes, settings.writes_per_hour.as_u32())),
            ratings_limit: WriteLimit::new(keyvalue, clock, (Of::Ratings, RATINGS_PER_HOUR)),
            documents,
            reviews,
            tombstones,
            settings,
            recorder,
        }
    }

    /// What counts for everything that was written, for as long as the process lives.
    pub fn follower(&self, titles: Arc<dyn RatedTitles>, events: Events) -> Follower {
        Follower::new(Arc::clone(&self.documents), (self.totals.clone(), self.reactions.clone()), titles, events)
    }

    /// Deletes a review and what was said of it, as far as its id can be read.
    async fn forget_review(&self, document: &Document) -> Result<(), StoreError> {
        let Some(review) = ReviewRecord::review_of(document) else { return self.reviews.delete(document).await };
        // Before as well as after: one that is gone is found by nobody who begins again.
        self.reactions.forget_review(&review).await?;
        self.reviews.delete(document).await?;
        self.reactions.forget_review(&review).await
    }
}

/// Guests write nothing here, so that there is nothing of theirs to take along or to expire.
#[async_trait]
impl Service for Reviews {
    fn name(&self) -> &'static str {
        "reviews"
    }

    fn mount(self: Arc<Self>, mount: &mut Mount) {
        answer!(mount, self, GetReviewSummary, get_review_summary);
        answer!(mount, self, ListReviews, list_reviews);
        answer!(mount, self, GetMyReview, get_my_review);
        answer!(mount, self, PutReview, put_review);
        answer!(mount, self, RemoveReview, remove_review);
        answer!(mount, self, ListMyRatings, list_my_ratings);
        answer!(mount, self, AddRatings, add_ratings);
        answer!(mount, self, ReplaceReviewerName, replace_reviewer_name);
        answer!(mount, self, VoteHelpful, vote_helpful);
        answer!(mount, self, UnvoteHelpful, unvote_helpful);
        answer!(mount, self, ReportReview, report_review);
        answer!(mount, self, ListReportedReviews, list_reported_reviews);
        answer!(mount, self, HideReview, hide_review);
        answer!(mount, self, RestoreReview, restore_review);
        answer!(mount, self, DeleteReview, delete_review);
        answer!(mount, self, BanReviewer, ban_reviewer);
        answer!(mount, self, UnbanReviewer, unban_reviewer);
        answer!(mount, self, ListModerationActions, list_moderation_actions);
    }

    fn feeds(&self) -> Vec<Feed> {
        feeds::FEEDS.to_vec()
    }

    async fn forget(&self, profile: &ProfileId) -> Result<(), StoreError> {
        loop {
            let some = self.reviews.some_of(profile).await?;
            if some.is_empty() {
                break;
            }
            for document in some {
                self.forget_review(&document).await?;
            }
        }
        self.reactions.forget(profile).await?;
        self.reviews.forget_name(profile).await?;
        self.limit.forget(profile).await?;
        self.ratings_limit.forget(profile).await
    }

    async fn export(&self, profile: &ProfileId) -> Result<Exported, StoreError> {
        let (documents, whose, mut kept) = (&*self.documents, profile.as_str(), Exported::new());
        exporting::found(documents, &mut kept, &record::REVIEWS, (record::BY_PROFILE, whose)).await?;
        record::without_tombstones(&mut kept);
        exporting::found(documents, &mut kept, &record::REACTIONS, (record::BY_PROFILE, whose)).await?;
        exporting::one(documents, &mut kept, &record::REVIEWERS, whose).await?;
        Ok(kept)
    }

    async fn export_account(&self, account: &AccountId) -> Result<Exported, StoreError> {
        let (documents, mut kept) = (&*self.documents, Exported::new());
        exporting::one(documents, &mut kept, &record::BANS, account.as_str()).await?;
        let either = [record::BY_ACCOUNT, record::BY_OPERATOR];
        exporting::notes(documents, &mut kept, &record::MODERATION, (either, account.as_str())).await?;
        Ok(kept)
    }

    async fn forget_account(&self, account: &AccountId) -> Result<(), StoreError> {
        self.moderation.forget_account(account).await
    }

    /// What expires here is of members: what says that they took something away.
    async fn expire_guests(&self, _before: u64) -> Result<u64, StoreError> {
        self.reviews.expire_withdrawn().await
    }

    async fn forget_title(&self, title: &TitleId) -> Result<(), StoreError> {
        self.reviews.forget_title(title).await?;
        self.reactions.forget_title(title).await?;
        self.totals.forget(title).await
    }
}

pub use domain_events::SOURCES;

/// What is stored here, for whoever moves or checks stores as a whole.
pub static COLLECTIONS: &[&storage::documents::Collection] = &[
    &record::REVIEWS,
    &record::REACTIONS,
    &record::TOTALS,
    &record::REVIEWERS,
    &record::BANS,
    &record::MODERATION,
    &record::FOLLOWED,
];
