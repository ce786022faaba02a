//! The slice of an operator's work on reviews: the queue of what was reported or is hidden, and the log of what was done. Loads with
//! its page.
//!
//! One act at a time; whatever comes of it, the queue is asked for anew: what an operator sees must be what is.

use contract::{
    ids::{AccountId, ReviewId},
    reviews::{
        BanReviewer, DeleteReview, HideReview, ListModerationActions, ListReportedReviews, ModerationAct, ModerationPage,
        ReportedPage, ReportedReview, RestoreReview, ReviewQueue, UnbanReviewer,
    },
};
use serde::{Deserialize, Serialize};

use super::{
    Resource, Submission,
    action::Response,
    lazy::{LazyEffect, LazySlice, LazyStore},
};
use crate::{
    client::Client,
    parts::words,
    route::{Operator, Route},
};

/// What follows from an action of the page.
type Effect = LazyEffect<ModerationRequest>;

/// What the page shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moderation {
    pub queue: Resource<ListReportedReviews, Queue>,
    pub log: Resource<(), ModerationPage>,
    /// What is being done.
    pub acting: Submission,
}

/// The pages of the queue that were loaded so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Queue {
    pub items: Vec<ReportedReview>,
    pub total: u64,
    pub next: Option<String>,
    /// The page after these: `Idle` until it is wanted.
    pub more: Submission,
}

/// Something to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    pub act: ModerationAct,
    pub review: ReviewId,
    /// Whose it is: the one that is banned.
    pub account: AccountId,
}

/// What can happen to [`Moderation`].
#[derive(Clone, Debug, PartialEq)]
pub enum ModerationAction {
    Opened(Route),
    RetryWanted,
    QueueAnswered { asked: ListReportedReviews, answer: Response<ReportedPage> },
    MoreWanted,
    MoreAnswered { asked: ListReportedReviews, answer: Response<ReportedPage> },
    LogAnswered(Response<ModerationPage>),
    ActWanted(Act),
    Acted { act: Act, answer: Response<()> },
}

/// A call to the server.
#[derive(Clone, Debug, PartialEq)]
pub enum ModerationRequest {
    Queue(ListReportedReviews),
    More(ListReportedReviews),
    Log(ListModerationActions),
    Act(Act),
}

impl LazySlice for Moderation {
    type Action = ModerationAction;
    type Request = ModerationRequest;

    const NAME: &'static str = "moderation";

    fn opened(route: Route) -> ModerationAction {
        ModerationAction::Opened(route)
    }

    fn retry_wanted() -> ModerationAction {
        ModerationAction::RetryWanted
    }

    fn update(&mut self, action: ModerationAction) -> Vec<Effect> {
        update(self, action)
    }

    fn is_safe(request: &ModerationRequest) -> bool {
        match request {
            ModerationRequest::Queue(_) | ModerationRequest::More(_) | ModerationRequest::Log(_) => true,
            ModerationRequest::Act(_) => false,
        }
    }

    async fn send(client: &Client, request: ModerationRequest) -> ModerationAction {
        use ModerationAction as Action;
        use ModerationRequest as Request;
        match request {
            Request::Queue(asked) => Action::QueueAnswered { answer: client.send(asked.clone()).await, asked },
            Request::More(asked) => Action::MoreAnswered { answer: client.send(asked.clone()).await, asked },
            Request::Log(call) => Action::LogAnswered(client.send(call).await),
            Request::Act(act) => {
                let Act { act: what, review, account } = act.clone();
                let answer = match what {
                    ModerationAct::Hide => client.send(HideReview { review }).await,
                    ModerationAct::Restore => client.send(RestoreReview { review }).await,
                    ModerationAct::Delete => client.send(DeleteReview { review }).await,
                    ModerationAct::Ban => client.send(BanReviewer { account }).await,
                    ModerationAct::Unban => client.send(UnbanReviewer { account }).await,
                };
                Action::Acted { act, answer }
            }
        }
    }
}

/// The slice, for its page.
pub fn moderation() -> LazyStore<Moderation> {
    super::lazy::slice()
}

fn update(state: &mut Moderation, action: ModerationAction) -> Vec<Effect> {
    use ModerationAction as Action;
    match action {
        Action::Opened(Route::Operator(Operator::Reviews { is_hidden })) => {
            let queue = if is_hidden { ReviewQueue::Hidden } else { ReviewQueue::Reported };
            *state = Moderation::default();
            ask(state, ListReportedReviews { queue: Some(queue), page_token: None, limit: None })
        }
        Action::Opened(_) => {
            *state = Moderation::default();
            Vec::new()
        }
        Action::RetryWanted => again(state),
        Action::QueueAnswered { asked, answer } => {
            let queue =
                |page: ReportedPage| Queue { items: page.items, total: page.total, next: page.next, more: Submission::Idle };
            state.queue.answer(&asked, answer.map(queue));
            Vec::new()
        }
        Action::MoreWanted => more_wanted(state),
        Action::MoreAnswered { asked, answer } => more_answered(state, &asked, answer),
        Action::LogAnswered(answer) => {
            state.log.answer(&(), answer);
            Vec::new()
        }
        Action::ActWanted(act) => {
            if state.acting.begin() {
                vec![LazyEffect::Send(ModerationRequest::Act(act))]
            } else {
                Vec::new()
            }
        }
        Action::Acted { act, answer } => {
            state.acting = Submission::Idle;
            let said = answer.map_or_else(|problem| words::problem(&problem), |()| done(state, &act).to_owned());
            [LazyEffect::note(said)].into_iter().chain(again(state)).collect()
        }
    }
}

/// What is said of it, and where it can be taken back.
fn done(state: &Moderation, act: &Act) -> &'static str {
    let is_hidden = |review: &ReportedReview| review.id == act.review && review.is_hidden;
    let was_hidden = state.queue.latest().is_some_and(|queue| queue.items.iter().any(is_hidden));
    match act.act {
        ModerationAct::Hide => "The review is hidden. It is under \u{201c}Hidden\u{201d}, where you can restore it.",
        ModerationAct::Restore if was_hidden => "The review is shown again.",
        ModerationAct::Restore => "The review stays as it is, and its reports are settled.",
        ModerationAct::Delete => "The review is deleted.",
        ModerationAct::Ban => "The account is banned from writing reviews.",
        ModerationAct::Unban => "The ban is lifted.",
    }
}

fn ask(state: &mut Moderation, list: ListReportedReviews) -> Vec<Effect> {
    state.queue.refresh(list.clone());
    state.log.refresh(());
    let log = ModerationRequest::Log(ListModerationActions { page_token: None, limit: None });
    vec![LazyEffect::Send(ModerationRequest::Queue(list)), LazyEffect::Send(log)]
}

/// What is on the screen stays until what is stored now is there.
fn again(state: &mut Moderation) -> Vec<Effect> {
    state.queue.key().cloned().map_or_else(Vec::new, |list| ask(state, list))
}

fn more_wanted(state: &mut Moderation) -> Vec<Effect> {
    let Some(asked) = state.queue.key().cloned() else { return Vec::new() };
    let Some(queue) = state.queue.ready_mut() else { return Vec::new() };
    match queue.next.clone() {
        Some(next) if queue.more.begin() => {
            vec![LazyEffect::Send(ModerationRequest::More(ListReportedReviews { page_token: Some(next), ..asked }))]
        }
        Some(_) | None => Vec::new(),
    }
}

fn more_answered(state: &mut Moderation, asked: &ListReportedReviews, answer: Response<ReportedPage>) -> Vec<Effect> {
    if state.queue.key() != Some(&ListReportedReviews { page_token: None, ..asked.clone() }) {
        return Vec::new();
    }
    let Some(queue) = state.queue.ready_mut().filter(|queue| queue.next == asked.page_token) else { return Vec::new() };
    let Some(page) = queue.more.end(answer) else { return Vec::new() };
    let is_new = |review: &ReportedReview| !queue.items.iter().any(|there| there.id == review.id);
    let fresh: Vec<_> = page.items.into_iter().filter(is_new).collect();
    queue.items.extend(fresh);
    (queue.total, queue.next) = (page.total, page.next);
    Vec::new()
}

#[cfg(test)]
mod tests {
    use contract::{Code, Problem};

    use super::*;
    use ModerationAction as Action;

    fn opened(is_hidden: bool) -> (Moderation, ListReportedReviews) {
        let mut state = Moderation::default();
        let effects = update(&mut state, Action::Opened(Route::Operator(Operator::Reviews { is_hidden })));
        let [LazyEffect::Send(ModerationRequest::Queue(asked)), LazyEffect::Send(ModerationRequest::Log(_))] = effects.as_slice()
        else {
            panic!("{effects:?}")
        };
        (state, asked.clone())
    }

    fn act() -> Act {
        Act { act: ModerationAct::Hide, review: "r".parse().unwrap(), account: "a".parse().unwrap() }
    }

    #[test]
    fn one_thing_is_done_at_a_time_and_then_what_is_there_is_asked_for_whatever_came_of_it() {
        let (mut state, asked) = opened(false);
        assert_eq!(asked.queue, Some(ReviewQueue::Reported));
        let page = ReportedPage { items: Vec::new(), total: 3, next: None };
        update(&mut state, Action::QueueAnswered { asked, answer: Ok(page) });
        assert_eq!(update(&mut state, Action::ActWanted(act())).len(), 1);
        assert_eq!(update(&mut state, Action::ActWanted(act())), [], "a second press");
        let effects = update(&mut state, Action::Acted { act: act(), answer: Ok(()) });
        assert!(effects[0] == LazyEffect::note(done(&state, &act())) && effects.len() == 3, "{effects:?}");
        assert_eq!(state.queue.ready().map(|queue| queue.total), Some(3), "it stays meanwhile");
        update(&mut state, Action::ActWanted(act()));
        let effects = update(
            &mut state,
            Action::Acted { act: act(), answer: Err(Problem::new(Code::NotFound).with_detail("It is gone.")) },
        );
        assert_eq!((&effects[0], effects.len()), (&LazyEffect::note("It is gone."), 3));
    }

    #[test]
    fn an_answer_to_the_other_queue_is_dropped_and_elsewhere_nothing_of_it_is_kept() {
        let (_, reported) = opened(false);
        let (mut state, hidden) = opened(true);
        let page = |total| Ok(ReportedPage { items: Vec::new(), total, next: Some("next".into()) });
        update(&mut state, Action::QueueAnswered { asked: reported, answer: page(1) });
        assert_eq!(state.queue.ready(), None);
        update(&mut state, Action::QueueAnswered { asked: hidden.clone(), answer: page(2) });
        let more = ListReportedReviews { page_token: Some("next".into()), ..hidden };
        assert_eq!(update(&mut state, Action::MoreWanted), [LazyEffect::Send(ModerationRequest::More(more.clone()))]);
        update(&mut state, Action::MoreAnswered { asked: more, answer: page(5) });
        assert_eq!(state.queue.ready().map(|queue| queue.total), Some(5));
        update(&mut state, Action::Opened(Route::Home));
        assert_eq!(state, Moderation::default());
    }
}
