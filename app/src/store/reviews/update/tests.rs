//! The slice of reviews as scripts of actions.

use contract::{Code, Problem, reviews::ReviewSummary};

use super::*;
use crate::store::reviews::ReviewDraft;
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

fn draft(text: &str) -> ReviewDraft {
    ReviewDraft { text: text.into(), ..ReviewDraft::default() }
}

/// A text was begun on the page of `heat`, and the viewer went home.
fn left_with_draft() -> Reviews {
    let mut state = opened_with(Some(own(4, "")));
    update(&mut state, Action::ViewerKnown("ada".into()));
    update(&mut state, Action::EditorOpened);
    update(&mut state, Action::Opened(Route::Home));
    update(&mut state, Action::DraftLeft { id: id("heat"), draft: draft("Slow, and") });
    state
}

#[test]
fn a_text_that_was_begun_is_there_again_on_the_page_of_its_title_and_on_no_other() {
    let mut state = left_with_draft();
    update(&mut state, Action::Wanted { id: id("alien"), is_member: true });
    assert_eq!(state.draft(), None);
    update(&mut state, Action::Wanted { id: id("heat"), is_member: true });
    assert_eq!(state.draft(), Some(&draft("Slow, and")));
    update(&mut state, Action::DraftGivenUp { id: id("heat") });
    assert_eq!(state.draft(), None);
}

#[test]
fn what_is_saved_is_no_draft_any_more_wherever_the_viewer_is_when_the_answer_comes() {
    for is_elsewhere in [false, true] {
        let mut state = left_with_draft();
        update(&mut state, Action::Wanted { id: id("heat"), is_member: true });
        update(&mut state, Action::OwnAnswered { id: id("heat"), answer: Ok(MyReview::default()) });
        let review = PutReview { id: id("heat"), half_stars: 4, text: "Text".into(), has_spoilers: false, language: None };
        update(&mut state, Action::ReviewWanted { name: None, review });
        if is_elsewhere {
            update(&mut state, Action::DraftLeft { id: id("heat"), draft: draft("Text") });
            update(&mut state, Action::Opened(Route::Home));
        }
        update(&mut state, Action::ReviewSaved { id: id("heat"), name: None, answer: Ok(own(4, "Text")) });
        if !is_elsewhere {
            update(&mut state, Action::DraftLeft { id: id("heat"), draft: draft("Text") });
        }
        assert_eq!(state.drafts.of(&id("heat")), None, "elsewhere: {is_elsewhere}");
    }
}

#[test]
fn what_is_refused_stays_a_draft() {
    let mut state = left_with_draft();
    let answer = Err(Problem::new(Code::Unreachable));
    update(&mut state, Action::ReviewSaved { id: id("heat"), name: None, answer });
    assert_eq!(state.drafts.of(&id("heat")), Some(&draft("Slow, and")));
}

#[test]
fn a_draft_is_gone_as_soon_as_somebody_else_watches() {
    let mut state = left_with_draft();
    update(&mut state, Action::ViewerKnown("ada".into()));
    assert!(state.drafts.of(&id("heat")).is_some());
    update(&mut state, Action::ViewerKnown("bob".into()));
    assert_eq!(state.drafts.of(&id("heat")), None);
}
