//! What the parts that show reviews ask of the server.

use contract::{
    bounds,
    ids::{ReviewId, TitleId},
    reviews::{
        GetMyReview, GetReviewSummary, ListReviews, OwnReview, PutReview, RemoveReview, ReplaceReviewerName, ReportReview,
        UnvoteHelpful, VoteHelpful,
    },
};

use super::{Drafts, ReviewDraft, ReviewsAction, Way, outbox, stars};
use crate::{client::Client, parts::dom, store::action::Response};

/// Until stars that did not arrive are sent again, where nothing says earlier that the server answers.
#[cfg(feature = "browser")]
const AGAIN_MILLISECONDS: u32 = 30_000;

/// Over how long the tabs of a browser spread that they look for stars that wait.
#[cfg(feature = "browser")]
const SPREAD_MILLISECONDS: f64 = 400.0;

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
        /// Who chose them, where that is known.
        viewer: Option<String>,
        /// The browser keeps them, or did.
        is_stored: bool,
    },
    /// None of the server: what was said of a title until then is settled, and no older stars of it wait.
    SettleStars {
        viewer: String,
        id: TitleId,
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
            | Self::SettleStars { .. }
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
        Request::Stars { rating, at, viewer, is_stored } => {
            let id = rating.id.clone();
            #[cfg(feature = "browser")]
            if is_stored {
                // All tabs hear at once that the server answers: each sees what the one before it does.
                dom::wait_at_random(SPREAD_MILLISECONDS).await;
            }
            let begun = dom::now();
            let way = || Way { begun, ended: dom::now() };
            if let Some(held) = begin_stars(viewer.as_ref(), &id, (at, is_stored), begun) {
                return held;
            }
            let answer = client.send(of_then(rating, at, begun)).await;
            end_stars(viewer.as_ref(), &id, at, &answer);
            Action::StarsAnswered { id, way: way(), answer }
        }
        Request::SettleStars { viewer, id, at } => {
            outbox::settle(&viewer, &id, at);
            Action::DraftsKept { stored: Vec::new() }
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
            let stored = drafts.keep_in_tab();
            Action::DraftsKept { stored }
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

/// Has the other tabs of the browser leave these stars to this one; what happens instead where this one leaves them to another.
pub(super) fn begin_stars(viewer: Option<&String>, id: &TitleId, chosen: (u64, bool), now: u64) -> Option<ReviewsAction> {
    let viewer = viewer?;
    let (at, _) = chosen;
    let is_ours = outbox::lease(viewer, id, chosen, now);
    (!is_ours).then(|| ReviewsAction::StarsLeftToOthers { id: id.clone(), at, in_tab: Drafts::in_tab(viewer.clone()) })
}

/// What was answered waits no more, whatever has become of this page meanwhile.
pub(super) fn end_stars(viewer: Option<&String>, id: &TitleId, at: u64, answer: &Response<OwnReview>) {
    let Some(viewer) = viewer else { return };
    if answer.as_ref().is_err_and(stars::may_arrive) {
        outbox::release(viewer, id, at);
    } else {
        outbox::settle(viewer, id, at);
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
