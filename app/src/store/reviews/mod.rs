//! The slice of reviews: how a title is rated here, what is written of it, and the viewer's own. Loads with the pages that show it.
//!
//! A part asks for what it shows ([`ReviewsAction::Wanted`], [`ReviewsAction::OwnWanted`]), so that a page that shows nothing of it
//! asks for nothing. The viewer's stars are on the screen at once; the last that they chose is what is sent, and what does not arrive is
//! kept until the server answers (`stars.rs`). What they began to write stays until it is saved or given up (`drafts.rs`).

mod drafts;
mod outbox;
mod request;
mod stars;
mod update;

use contract::{
    ids::{ReviewId, TitleId},
    reviews::{ListReviews, MyReview, OwnReview, ReportReason, Review, ReviewPage, ReviewSort, ReviewSummary},
};
use serde::{Deserialize, Serialize};

use super::{
    Resource, Submission,
    action::Response,
    lazy::{LazyEffect, LazySlice, LazyStore},
};
use crate::{client::Client, route::Route};
pub use drafts::{Chosen, Drafts, ReviewDraft};
pub use request::ReviewsRequest;

/// What follows from an action of reviews.
pub type ReviewsEffect = LazyEffect<ReviewsRequest>;

/// What is shown of the reviews of one title.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reviews {
    pub summary: Resource<TitleId, ReviewSummary>,
    /// The viewer's own, for whoever may have one.
    pub own: Resource<TitleId, MyReview>,
    pub list: Resource<ListReviews, ReviewList>,
    pub sort: ReviewSort,
    /// The viewer's text, or its end.
    pub saving: Submission,
    /// Texts that were begun and stars that the server has not confirmed, of this title and of others. Never written into a page.
    #[serde(skip)]
    pub drafts: Drafts,
}

/// The pages of a list that were loaded so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReviewList {
    pub items: Vec<Review>,
    pub total: u64,
    pub next: Option<String>,
    /// The page after these: `Idle` until it is wanted.
    pub more: Submission,
}

/// When something was on its way to the server, in milliseconds since 1970. When it got there is not known but for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    pub begun: u64,
    pub ended: u64,
}

/// What can happen to [`Reviews`].
#[derive(Clone, Debug, PartialEq)]
pub enum ReviewsAction {
    Opened(Route),
    /// The viewer asked to try again what failed on this screen.
    RetryWanted,
    /// The reviews of a title are on the screen; `is_member` where the viewer may have one of their own.
    Wanted {
        id: TitleId,
        is_member: bool,
    },
    /// The viewer's own stars are on the screen, and nothing else of it.
    OwnWanted {
        id: TitleId,
    },
    SummaryAnswered {
        id: TitleId,
        answer: Response<ReviewSummary>,
    },
    OwnAnswered {
        id: TitleId,
        answer: Response<MyReview>,
    },
    SortWanted(ReviewSort),
    ListAnswered {
        asked: ListReviews,
        answer: Response<ReviewPage>,
    },
    MoreWanted,
    MoreAnswered {
        asked: ListReviews,
        answer: Response<ReviewPage>,
    },

    /// Another device of the viewer's rated a title, or took that back.
    RatedElsewhere {
        id: TitleId,
    },
    /// Who watches is known, and with them what the tab has of theirs: it may be somebody else. Said again once the server answers:
    /// other tabs of the browser may have kept stars meanwhile.
    ViewerKnown(Drafts),

    /// `now` in milliseconds since 1970.
    StarsChosen {
        half_stars: u8,
        now: u64,
    },
    StarsAnswered {
        id: TitleId,
        way: Way,
        answer: Response<OwnReview>,
    },
    /// They were not sent: another tab sends what was chosen then or later, or has sent it. With what the browser has by now.
    StarsLeftToOthers {
        id: TitleId,
        at: u64,
        in_tab: Drafts,
    },
    /// Time to send again the stars that did not arrive.
    StarsDue,
    /// A text is about to be written: what was wrong with another is forgotten.
    EditorOpened,
    /// The form goes, or its document, with something in it that is not saved: the viewer went elsewhere.
    DraftLeft {
        id: TitleId,
        draft: ReviewDraft,
    },
    /// The viewer gave up what they began.
    DraftGivenUp {
        id: TitleId,
    },
    /// The tab has the drafts as they are, and the browser these stars, by when they were chosen.
    DraftsKept {
        stored: Vec<(TitleId, u64)>,
    },
    /// The viewer wants the text saved, with the stars that are on the screen.
    ReviewWanted(ReviewDraft),
    /// With what was to be saved, and the name that was chosen, where that was taken.
    ReviewSaved {
        id: TitleId,
        draft: ReviewDraft,
        name: Option<String>,
        way: Way,
        answer: Response<OwnReview>,
    },
    RemovalWanted,
    Removed {
        id: TitleId,
        way: Way,
        answer: Response<()>,
    },

    VoteWanted {
        review: ReviewId,
        is_helpful: bool,
    },
    Voted {
        review: ReviewId,
        is_helpful: bool,
        answer: Response<()>,
    },
    ReportWanted {
        review: ReviewId,
        reason: ReportReason,
    },
    Reported {
        review: ReviewId,
        answer: Response<()>,
    },
}

impl LazySlice for Reviews {
    type Action = ReviewsAction;
    type Request = ReviewsRequest;

    const NAME: &'static str = "reviews";

    fn opened(route: Route) -> ReviewsAction {
        ReviewsAction::Opened(route)
    }

    fn retry_wanted() -> ReviewsAction {
        ReviewsAction::RetryWanted
    }

    fn update(&mut self, action: ReviewsAction) -> Vec<ReviewsEffect> {
        update::update(self, action)
    }

    fn is_safe(request: &ReviewsRequest) -> bool {
        request.is_safe()
    }

    fn send(client: &Client, request: ReviewsRequest) -> impl Future<Output = ReviewsAction> {
        request::send(client, request)
    }
}

/// The slice, for whoever shows something of it.
pub fn reviews() -> LazyStore<Reviews> {
    super::lazy::slice()
}

impl Reviews {
    /// The viewer's stars as they are on the screen; nothing where there are none.
    pub fn own_stars(&self) -> Option<u8> {
        let chosen = self.own.key().and_then(|id| self.drafts.stars_of(id));
        chosen.map(|chosen| chosen.half_stars).or_else(|| self.own_review().map(|review| review.half_stars))
    }

    /// What the viewer began to write of the title on the screen.
    pub fn draft(&self) -> Option<&ReviewDraft> {
        self.own.key().and_then(|id| self.drafts.of(id))
    }

    pub fn own_review(&self) -> Option<&OwnReview> {
        self.own.ready().and_then(|own| own.review.as_ref())
    }
}
