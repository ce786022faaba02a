//! What the parts that show reviews ask of the server.

use contract::{
    bounds,
    ids::ReviewId,
    reviews::{
        GetMyReview, GetReviewSummary, ListReviews, PutReview, RemoveReview, ReplaceReviewerName, ReportReview, UnvoteHelpful,
        VoteHelpful,
    },
};

use super::{Drafts, ReviewDraft, ReviewsAction, Way};
use crate::{client::Client, parts::dom};

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
    /// Stars that were chosen then, in milliseconds since 1970: what the viewer said of the title since, wherever, stays.
    Stars {
        rating: PutReview,
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
            Self::Stars { .. }
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
    let begun = dom::now();
    let way = || Way { begun, ended: dom::now() };
    match request {
        Request::Summary(call) => Action::SummaryAnswered { id: call.id.clone(), answer: client.send(call).await },
        Request::Own(call) => Action::OwnAnswered { id: call.id.clone(), answer: client.send(call).await },
        Request::List(asked) => Action::ListAnswered { answer: client.send(asked.clone()).await, asked },
        Request::More(asked) => Action::MoreAnswered { answer: client.send(asked.clone()).await, asked },
        Request::Stars { rating, at } => {
            let (id, call) = (rating.id.clone(), of_then(rating, at, begun));
            let answer = client.send(call).await;
            Action::StarsAnswered { id, way: way(), answer }
        }
        Request::Wait => {
            #[cfg(feature = "browser")]
            dom::wait(AGAIN_MILLISECONDS).await;
            Action::StarsDue
        }
        Request::Review { draft, name, review } => {
            let id = review.id.clone();
            if let Some(name) = &name
                && let Err(problem) = client.send(ReplaceReviewerName { name: name.clone() }).await
            {
                return Action::ReviewSaved { id, draft, name: None, way: way(), answer: Err(problem) };
            }
            let answer = client.send(review).await;
            Action::ReviewSaved { id, draft, name, way: way(), answer }
        }
        Request::KeepDrafts(drafts) => {
            drafts.keep_in_tab();
            Action::DraftsKept
        }
        Request::Remove(call) => {
            let (id, answer) = (call.id.clone(), client.send(call).await);
            Action::Removed { id, way: way(), answer }
        }
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

/// Says how long ago the viewer did it; the server knows what that is by its own clock. What waited for longer than it takes
/// counts as of the longest that it does.
fn of_then(call: PutReview, at: u64, now: u64) -> PutReview {
    PutReview { milliseconds_ago: Some(now.saturating_sub(at).min(bounds::MILLISECONDS_AGO)), ..call }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_say_how_long_ago_they_were_chosen_whatever_became_of_the_browsers_clock_since() {
        const DAY: u64 = 24 * 60 * 60 * 1_000;
        let rating = PutReview::stars("heat".parse().unwrap(), 8);
        for (at, now, ago) in [(DAY, DAY + 5, 5), (DAY, DAY - 5, 0), (DAY, 40 * DAY, 30 * DAY)] {
            assert_eq!(of_then(rating.clone(), at, now), PutReview { milliseconds_ago: Some(ago), ..rating.clone() });
        }
    }
}
