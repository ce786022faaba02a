//! What happens to the slice of reviews. Pure.

use contract::{
    ids::{ReviewId, TitleId},
    reviews::{
        GetMyReview, GetReviewSummary, ListReviews, MyReview, OwnReview, PutReview, RemoveReview, ReportReview, Review,
        ReviewPage,
    },
};

use super::{Chosen, ReviewList, Reviews, ReviewsAction, ReviewsEffect, ReviewsRequest};
use crate::{
    parts::words,
    route::Route,
    store::{Submission, action::Response, lazy::LazyEffect},
};

pub fn update(state: &mut Reviews, action: ReviewsAction) -> Vec<ReviewsEffect> {
    use ReviewsAction as Action;
    match action {
        Action::Opened(route) => opened(state, &route),
        Action::RetryWanted => retry(state),
        Action::Wanted { id, is_member } => wanted(state, id, is_member),
        Action::OwnWanted { id } => {
            forget_others(state, &id);
            own_wanted(state, id)
        }
        Action::SummaryAnswered { id, answer } => {
            let is_open = answer.as_ref().is_ok_and(|summary| !summary.is_closed);
            if state.summary.answer(&id, answer) && is_open { list(state, id) } else { Vec::new() }
        }
        Action::OwnAnswered { id, answer } => {
            state.own.answer(&id, answer);
            Vec::new()
        }
        Action::SortWanted(sort) => {
            state.sort = sort;
            state.summary.key().cloned().map_or_else(Vec::new, |id| list(state, id))
        }
        Action::ListAnswered { asked, answer } => {
            state.list.answer(&asked, answer.map(ReviewList::from));
            Vec::new()
        }
        Action::MoreWanted => more_wanted(state),
        Action::MoreAnswered { asked, answer } => more_answered(state, &asked, answer),
        Action::StarsChosen { half_stars } => stars_chosen(state, half_stars),
        Action::StarsAnswered { id, answer } => stars_answered(state, &id, answer),
        Action::EditorOpened => {
            state.saving = Submission::Idle;
            Vec::new()
        }
        Action::ReviewWanted { name, review } => {
            if !state.saving.begin() {
                return Vec::new();
            }
            vec![LazyEffect::Send(ReviewsRequest::Review { name, review })]
        }
        Action::ReviewSaved { id, name, answer } => saved(state, &id, name, answer),
        Action::RemovalWanted => {
            let Some(id) = state.own.key().cloned().filter(|_| state.saving.begin()) else { return Vec::new() };
            vec![LazyEffect::Send(ReviewsRequest::Remove(RemoveReview { id }))]
        }
        Action::Removed { id, answer } => removed(state, &id, answer),
        Action::VoteWanted { review, is_helpful } => {
            voted(state, &review, is_helpful);
            vec![LazyEffect::Send(ReviewsRequest::Vote { review, is_helpful })]
        }
        Action::Voted { review, is_helpful, answer } => match answer {
            Ok(()) => Vec::new(),
            Err(problem) => {
                voted(state, &review, !is_helpful);
                vec![LazyEffect::note(words::problem(&problem))]
            }
        },
        Action::ReportWanted { review, reason } => {
            vec![LazyEffect::Send(ReviewsRequest::Report(ReportReview { review, reason }))]
        }
        Action::Reported { review, answer } => {
            if answer.is_ok()
                && let Some(found) = find(state, &review)
            {
                found.is_reported = true;
            }
            vec![LazyEffect::note(match answer {
                Ok(()) => "Thank you. An operator looks at it.".to_owned(),
                Err(problem) => words::problem(&problem),
            })]
        }
    }
}

/// Another title's reviews are asked for by the part that shows them.
fn opened(state: &mut Reviews, route: &Route) -> Vec<ReviewsEffect> {
    match route {
        Route::Title { id } | Route::Watch { id, .. } => forget_others(state, id),
        Route::Home
        | Route::Browse { .. }
        | Route::Search { .. }
        | Route::Settings
        | Route::SignIn { .. }
        | Route::Account
        | Route::Profiles { .. }
        | Route::Operator(_)
        | Route::NotFound => *state = Reviews { sort: state.sort, ..Reviews::default() },
    }
    Vec::new()
}

fn forget_others(state: &mut Reviews, id: &TitleId) {
    let is_of_another = |key: Option<&TitleId>| key.is_some_and(|key| key != id);
    if is_of_another(state.summary.key()) || is_of_another(state.own.key()) {
        *state = Reviews { sort: state.sort, ..Reviews::default() };
    }
}

fn wanted(state: &mut Reviews, id: TitleId, is_member: bool) -> Vec<ReviewsEffect> {
    forget_others(state, &id);
    let mut effects = Vec::new();
    if state.summary.load(id.clone()) {
        effects.push(LazyEffect::Send(ReviewsRequest::Summary(GetReviewSummary { id: id.clone() })));
    }
    if is_member {
        effects.extend(own_wanted(state, id));
    }
    effects
}

fn own_wanted(state: &mut Reviews, id: TitleId) -> Vec<ReviewsEffect> {
    if state.own.load(id.clone()) { vec![LazyEffect::Send(ReviewsRequest::Own(GetMyReview { id }))] } else { Vec::new() }
}

fn list(state: &mut Reviews, id: TitleId) -> Vec<ReviewsEffect> {
    let asked = ListReviews { id, sort: Some(state.sort), page_token: None, limit: None };
    state.list.refresh(asked.clone());
    vec![LazyEffect::Send(ReviewsRequest::List(asked))]
}

/// What others are shown is another by now. The list follows the summary.
fn anew(state: &mut Reviews) -> Vec<ReviewsEffect> {
    let Some(id) = state.summary.key().cloned() else { return Vec::new() };
    state.summary.refresh(id.clone());
    vec![LazyEffect::Send(ReviewsRequest::Summary(GetReviewSummary { id }))]
}

fn retry(state: &mut Reviews) -> Vec<ReviewsEffect> {
    let mut effects = Vec::new();
    if state.summary.failed().is_some() || state.list.failed().is_some() {
        effects.extend(anew(state));
    }
    if state.own.failed().is_some()
        && let Some(id) = state.own.key().cloned()
    {
        effects.extend(own_wanted(state, id));
    }
    effects
}

fn more_wanted(state: &mut Reviews) -> Vec<ReviewsEffect> {
    let Some(asked) = state.list.key().cloned() else { return Vec::new() };
    let Some(list) = state.list.ready_mut() else { return Vec::new() };
    match list.next.clone() {
        Some(next) if list.more.begin() => {
            vec![LazyEffect::Send(ReviewsRequest::More(ListReviews { page_token: Some(next), ..asked }))]
        }
        Some(_) | None => Vec::new(),
    }
}

fn more_answered(state: &mut Reviews, asked: &ListReviews, answer: Response<ReviewPage>) -> Vec<ReviewsEffect> {
    if state.list.key() != Some(&ListReviews { page_token: None, ..asked.clone() }) {
        return Vec::new();
    }
    let Some(list) = state.list.ready_mut().filter(|list| list.next == asked.page_token) else { return Vec::new() };
    let Some(page) = list.more.end(answer) else { return Vec::new() };
    // One whose place in the order changed meanwhile stands where it stood.
    let is_new = |review: &Review| !list.items.iter().any(|there| there.id == review.id);
    let fresh: Vec<_> = page.items.into_iter().filter(is_new).collect();
    list.items.extend(fresh);
    (list.total, list.next) = (page.total, page.next);
    Vec::new()
}

/// The stars are on the screen at once; one request at a time, and the last that was chosen is the last that is sent.
fn stars_chosen(state: &mut Reviews, half_stars: u8) -> Vec<ReviewsEffect> {
    if state.own.ready().is_none() {
        return Vec::new();
    }
    match &mut state.chosen {
        Some(chosen) => {
            chosen.half_stars = half_stars;
            Vec::new()
        }
        None => {
            state.chosen = Some(Chosen { half_stars, sent: half_stars });
            send_stars(state, half_stars)
        }
    }
}

fn send_stars(state: &Reviews, half_stars: u8) -> Vec<ReviewsEffect> {
    let Some(id) = state.own.key().cloned() else { return Vec::new() };
    let rating = PutReview { id, half_stars, text: String::new(), has_spoilers: false, language: None };
    let call = match state.own_review() {
        // The text stays as it is.
        Some(own) => {
            PutReview { text: own.text.clone(), has_spoilers: own.has_spoilers, language: own.language.clone(), ..rating }
        }
        None => rating,
    };
    vec![LazyEffect::Send(ReviewsRequest::Stars(call))]
}

fn stars_answered(state: &mut Reviews, id: &TitleId, answer: Response<OwnReview>) -> Vec<ReviewsEffect> {
    if state.own.key() != Some(id) {
        return Vec::new();
    }
    let chosen = state.chosen.take();
    match answer {
        Ok(review) => {
            own_is(state, Some(review), None);
            match chosen.filter(|chosen| chosen.half_stars != chosen.sent) {
                Some(Chosen { half_stars, .. }) => {
                    state.chosen = Some(Chosen { half_stars, sent: half_stars });
                    send_stars(state, half_stars)
                }
                None => anew(state),
            }
        }
        Err(problem) => vec![LazyEffect::note(words::problem(&problem))],
    }
}

fn saved(state: &mut Reviews, id: &TitleId, name: Option<String>, answer: Response<OwnReview>) -> Vec<ReviewsEffect> {
    if state.own.key() != Some(id) {
        return Vec::new();
    }
    if let (Some(own), Some(name)) = (state.own.ready_mut(), name) {
        own.name = Some(name);
    }
    let Some(review) = state.saving.end(answer) else { return Vec::new() };
    state.saving = Submission::Done;
    own_is(state, Some(review), None);
    anew(state)
}

fn removed(state: &mut Reviews, id: &TitleId, answer: Response<()>) -> Vec<ReviewsEffect> {
    if state.own.key() != Some(id) {
        return Vec::new();
    }
    if state.saving.end(answer).is_none() {
        return Vec::new();
    }
    state.saving = Submission::Done;
    own_is(state, None, None);
    anew(state)
}

fn own_is(state: &mut Reviews, review: Option<OwnReview>, name: Option<String>) {
    if let Some(own) = state.own.ready_mut() {
        *own = MyReview { review, name: name.or_else(|| own.name.clone()), is_banned: own.is_banned };
    }
}

fn find<'a>(state: &'a mut Reviews, review: &ReviewId) -> Option<&'a mut Review> {
    state.list.ready_mut().and_then(|list| list.items.iter_mut().find(|found| found.id == *review))
}

fn voted(state: &mut Reviews, review: &ReviewId, is_helpful: bool) {
    let Some(found) = find(state, review).filter(|found| found.is_voted != is_helpful) else { return };
    found.is_voted = is_helpful;
    found.helpful = if is_helpful { found.helpful.saturating_add(1) } else { found.helpful.saturating_sub(1) };
}

impl From<ReviewPage> for ReviewList {
    fn from(page: ReviewPage) -> Self {
        Self { items: page.items, total: page.total, next: page.next, more: Submission::Idle }
    }
}

#[cfg(test)]
mod tests {
    use contract::{Code, Problem, reviews::ReviewSummary};

    use super::*;
    use ReviewsAction as Action;

    fn id(text: &str) -> TitleId {
        text.parse().unwrap()
    }

    fn own(half_stars: u8, text: &str) -> OwnReview {
        OwnReview {
            id: "r".parse().unwrap(),
            half_stars,
            text: text.into(),
            has_spoilers: true,
            language: None,
            created: 1,
            edited: None,
            helpful: 0,
            is_hidden: false,
        }
    }

    fn review(id: &str) -> Review {
        Review {
            id: id.parse().unwrap(),
            reviewer: "Bob".into(),
            half_stars: 7,
            text: "Fine".into(),
            has_spoilers: false,
            language: None,
            created: 1,
            edited: None,
            helpful: 2,
            is_own: false,
            is_voted: false,
            is_reported: false,
        }
    }

    fn page(ids: &[&str], next: Option<&str>) -> ReviewPage {
        ReviewPage { items: ids.iter().map(|id| review(id)).collect(), total: 9, next: next.map(str::to_owned) }
    }

    /// A member on the page of `heat`, with these reviews of others and this one of their own.
    fn opened_with(mine: Option<OwnReview>) -> Reviews {
        let mut state = Reviews::default();
        update(&mut state, Action::Wanted { id: id("heat"), is_member: true });
        let answer = Ok(MyReview { review: mine, name: None, is_banned: false });
        update(&mut state, Action::OwnAnswered { id: id("heat"), answer });
        let effects = update(&mut state, Action::SummaryAnswered { id: id("heat"), answer: Ok(ReviewSummary::default()) });
        let [LazyEffect::Send(ReviewsRequest::List(asked))] = effects.as_slice() else { panic!("{effects:?}") };
        update(&mut state, Action::ListAnswered { asked: asked.clone(), answer: Ok(page(&["a", "b"], Some("next"))) });
        state
    }

    fn sent_stars(effects: &[ReviewsEffect]) -> Vec<(u8, String)> {
        let stars = |effect: &ReviewsEffect| match effect {
            LazyEffect::Send(ReviewsRequest::Stars(call)) => Some((call.half_stars, call.text.clone())),
            LazyEffect::Send(_) | LazyEffect::Tell(_) => None,
        };
        effects.iter().filter_map(stars).collect()
    }

    #[test]
    fn the_last_stars_that_are_chosen_are_the_last_that_are_sent_one_request_at_a_time_and_the_text_stays() {
        let mut state = opened_with(Some(own(4, "Text")));
        assert_eq!(sent_stars(&update(&mut state, Action::StarsChosen { half_stars: 6 })), [(6, "Text".to_owned())]);
        assert_eq!(state.own_stars(), Some(6), "at once");
        for half_stars in [7, 9] {
            assert_eq!(update(&mut state, Action::StarsChosen { half_stars }), []);
        }
        let effects = update(&mut state, Action::StarsAnswered { id: id("heat"), answer: Ok(own(6, "Text")) });
        assert_eq!((sent_stars(&effects), state.own_stars()), (vec![(9, "Text".to_owned())], Some(9)));
        let effects = update(&mut state, Action::StarsAnswered { id: id("heat"), answer: Ok(own(9, "Text")) });
        assert!(matches!(effects.as_slice(), [LazyEffect::Send(ReviewsRequest::Summary(_))]), "{effects:?}");
        assert_eq!(state.own_stars(), Some(9));
    }

    #[test]
    fn stars_that_are_refused_are_taken_back_in_words_and_none_are_sent_before_it_is_known_what_is_there() {
        let mut state = opened_with(None);
        update(&mut state, Action::StarsChosen { half_stars: 6 });
        let refused = Err(Problem::new(Code::RateLimited).with_detail("Wait a little."));
        let effects = update(&mut state, Action::StarsAnswered { id: id("heat"), answer: refused });
        assert_eq!((effects, state.own_stars()), (vec![LazyEffect::note("Wait a little.")], None));
        let mut state = Reviews::default();
        update(&mut state, Action::OwnWanted { id: id("heat") });
        assert_eq!(update(&mut state, Action::StarsChosen { half_stars: 6 }), []);
        assert_eq!(state.own_stars(), None);
    }

    #[test]
    fn a_guest_to_whom_it_is_closed_is_asked_for_nothing_but_that() {
        let mut state = Reviews::default();
        let effects = update(&mut state, Action::Wanted { id: id("heat"), is_member: false });
        assert_eq!(effects, [LazyEffect::Send(ReviewsRequest::Summary(GetReviewSummary { id: id("heat") }))]);
        assert_eq!(update(&mut state, Action::Wanted { id: id("heat"), is_member: false }), [], "once");
        let closed = Ok(ReviewSummary { is_closed: true, ..ReviewSummary::default() });
        assert_eq!(update(&mut state, Action::SummaryAnswered { id: id("heat"), answer: closed }), []);
    }

    #[test]
    fn a_vote_is_counted_at_once_and_taken_back_where_it_is_refused() {
        let mut state = opened_with(None);
        let b: ReviewId = "b".parse().unwrap();
        let helpful = |state: &Reviews| state.list.ready().unwrap().items[1].helpful;
        update(&mut state, Action::VoteWanted { review: b.clone(), is_helpful: true });
        assert_eq!(helpful(&state), 3);
        let answer = Err(Problem::new(Code::NotAllowed));
        assert_eq!(update(&mut state, Action::Voted { review: b, is_helpful: true, answer }).len(), 1);
        assert_eq!((helpful(&state), state.list.ready().unwrap().items[1].is_voted), (2, false));
    }

    #[test]
    fn a_list_grows_by_pages_each_review_once_and_an_answer_to_another_order_is_dropped() {
        let mut state = opened_with(None);
        let effects = update(&mut state, Action::MoreWanted);
        let [LazyEffect::Send(ReviewsRequest::More(asked))] = effects.as_slice() else { panic!("{effects:?}") };
        assert_eq!(update(&mut state, Action::MoreWanted), [], "it is on its way");
        let late = ListReviews { sort: Some(contract::reviews::ReviewSort::Lowest), ..asked.clone() };
        update(&mut state, Action::MoreAnswered { asked: late, answer: Ok(page(&["z"], None)) });
        update(&mut state, Action::MoreAnswered { asked: asked.clone(), answer: Ok(page(&["b", "c"], None)) });
        let list = state.list.ready().unwrap();
        assert_eq!(list.items.iter().map(|review| review.id.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(list.next, None);
    }

    #[test]
    fn a_text_that_is_refused_keeps_what_was_there_and_a_name_that_was_taken_stays() {
        let mut state = opened_with(Some(own(4, "")));
        let review = PutReview { id: id("heat"), half_stars: 4, text: "Text".into(), has_spoilers: false, language: None };
        let wanted = Action::ReviewWanted { name: Some("A. L.".into()), review };
        assert_eq!(update(&mut state, wanted.clone()).len(), 1);
        assert_eq!(update(&mut state, wanted), [], "a second press");
        let answer = Err(Problem::new(Code::Unreachable));
        update(&mut state, Action::ReviewSaved { id: id("heat"), name: Some("A. L.".into()), answer });
        let own_now = state.own.ready().unwrap();
        assert_eq!((own_now.name.as_deref(), own_now.review.as_ref().unwrap().text.as_str()), (Some("A. L."), ""));
        assert!(state.saving.failed().is_some());
    }

    #[test]
    fn on_the_page_of_another_title_nothing_of_the_one_before_is_shown() {
        let mut state = opened_with(Some(own(4, "Text")));
        update(&mut state, Action::Opened(Route::Watch { id: id("heat"), at: None }));
        assert_eq!(state.own_stars(), Some(4));
        update(&mut state, Action::Opened(Route::Title { id: id("alien") }));
        assert_eq!((state.own_stars(), state.list.ready()), (None, None));
        update(&mut state, Action::StarsAnswered { id: id("heat"), answer: Ok(own(9, "Text")) });
        assert_eq!(state.own_stars(), None);
    }
}
