//! What the parts that show reviews ask of the server.

use contract::{
    ids::{ReviewId, TitleId},
    reviews::{
        GetMyReview, GetReviewSummary, ListReviews, OwnReview, PutReview, RemoveReview, ReplaceReviewerName, ReportReview,
        UnvoteHelpful, VoteHelpful,
    },
};

use super::{Drafts, ReviewDraft, ReviewsAction, stars::rating};
use crate::{client::Client, store::action::Response};

/// Until stars that did not arrive are sent again, where nothing says earlier that the server answers.
#[cfg(feature = "browser")]
const AGAIN_MILLISECONDS: u32 = 30_000;

/// A call to the server.
#[derive(Clone, Debug, PartialEq)]
pub enum ReviewsRequest {
    Summary(GetReviewSummary),
    Own(GetMyReview),
    List(ListReviews),
    /// A further page of the list on the screen.
    More(ListReviews),
    Stars(PutReview),
    /// Stars of a title of whose review it is not known what it says by now: that is asked first.
    LateStars {
        id: TitleId,
        half_stars: u8,
        at: u64,
    },
    /// None of the server: stars that did not arrive are due after a while.
    Wait,
    /// The name first, where one was chosen.
    Review {
        draft: ReviewDraft,
        name: Option<String>,
        review: PutReview,
    },
    /// None of the server: the tab is to have these.
    KeepDrafts(Drafts),
    Remove(RemoveReview),
    Vote {
        review: ReviewId,
        is_helpful: bool,
    },
    Report(ReportReview),
}

impl ReviewsRequest {
    /// Whether asking changes nothing (RFC 9110, section 9.2.1).
    pub const fn is_safe(&self) -> bool {
        match self {
            Self::Summary(_) | Self::Own(_) | Self::List(_) | Self::More(_) => true,
            Self::Stars(_)
            | Self::LateStars { .. }
            | Self::Wait
            | Self::Review { .. }
            | Self::KeepDrafts(_)
            | Self::Remove(_)
            | Self::Vote { .. }
            | Self::Report(_) => false,
        }
    }
}

/// Sends one request and makes an action of the answer.
pub async fn send(client: &Client, request: ReviewsRequest) -> ReviewsAction {
    use ReviewsAction as Action;
    use ReviewsRequest as Request;
    match request {
        Request::Summary(call) => Action::SummaryAnswered { id: call.id.clone(), answer: client.send(call).await },
        Request::Own(call) => Action::OwnAnswered { id: call.id.clone(), answer: client.send(call).await },
        Request::List(asked) => Action::ListAnswered { answer: client.send(asked.clone()).await, asked },
        Request::More(asked) => Action::MoreAnswered { answer: client.send(asked.clone()).await, asked },
        Request::Stars(call) => Action::StarsAnswered { id: call.id.clone(), answer: client.send(call).await },
        Request::LateStars { id, half_stars, at } => {
            Action::StarsAnswered { answer: late_stars(client, &id, half_stars, at).await, id }
        }
        Request::Wait => {
            #[cfg(feature = "browser")]
            crate::parts::dom::wait(AGAIN_MILLISECONDS).await;
            Action::StarsDue
        }
        Request::Review { draft, name, review } => {
            let id = review.id.clone();
            if let Some(name) = &name
                && let Err(problem) = client.send(ReplaceReviewerName { name: name.clone() }).await
            {
                return Action::ReviewSaved { id, draft, name: None, answer: Err(problem) };
            }
            Action::ReviewSaved { id, draft, name, answer: client.send(review).await }
        }
        Request::KeepDrafts(drafts) => {
            drafts.keep_in_tab();
            Action::DraftsKept
        }
        Request::Remove(call) => Action::Removed { id: call.id.clone(), answer: client.send(call).await },
        Request::Vote { review, is_helpful } => {
            let answer = if is_helpful {
                client.send(VoteHelpful { review: review.clone() }).await
            } else {
                client.send(UnvoteHelpful { review: review.clone() }).await
            };
            Action::Voted { review, is_helpful, answer }
        }
        Request::Report(call) => Action::Reported { review: call.review.clone(), answer: client.send(call).await },
    }
}

/// The text stays as it is by now. Stars that were given since, here or on another device, are what the viewer wants.
async fn late_stars(client: &Client, id: &TitleId, half_stars: u8, at: u64) -> Response<OwnReview> {
    match client.send(GetMyReview { id: id.clone() }).await?.review {
        Some(own) if own.edited.unwrap_or(own.created) > at => Ok(own),
        own => client.send(rating(id.clone(), half_stars, own.as_ref())).await,
    }
}
