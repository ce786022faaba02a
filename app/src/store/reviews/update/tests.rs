//! The slice of reviews as scripts of actions.

mod stars;
#[cfg(not(feature = "browser"))]
mod tabs;

use contract::{
    Code, Problem,
    reviews::{MyReview, PutReview, ReviewSummary},
};

use super::*;
use crate::store::{
    Action as AppAction,
    reviews::{Chosen, Drafts, ReviewDraft, Way},
};
use ReviewsAction as Action;

/// Before any stars are chosen.
const WAY: Way = Way { begun: 0, ended: 0 };

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
        is_removed: false,
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
    let draft = ReviewDraft { name: " A. L. ".into(), ..draft("Text\r\n") };
    let wanted = || Action::ReviewWanted(draft.clone());
    let review = PutReview { text: "Text\n".into(), ..PutReview::stars(id("heat"), 4) };
    let sent = LazyEffect::Send(ReviewsRequest::Review { draft: draft.clone(), name: Some("A. L.".into()), review });
    assert_eq!(update(&mut state, wanted()), [sent]);
    assert_eq!(update(&mut state, wanted()), [], "a second press");
    let answer = Err(Problem::new(Code::Unreachable));
    let answered = Action::ReviewSaved { id: id("heat"), draft: draft.clone(), name: Some("A. L.".into()), way: WAY, answer };
    update(&mut state, answered);
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
    update(&mut state, Action::StarsAnswered { id: id("heat"), way: WAY, answer: Ok(own(9, "Text")) });
    assert_eq!(state.own_stars(), None);
}

fn draft(text: &str) -> ReviewDraft {
    ReviewDraft { text: text.into(), ..ReviewDraft::default() }
}

fn known(viewer: &str) -> Action {
    Action::ViewerKnown(Drafts::in_tab(viewer.into()))
}

/// The text that is stored is the one of this draft.
fn own_as(draft: &ReviewDraft) -> OwnReview {
    OwnReview { has_spoilers: draft.has_spoilers, ..own(4, &draft.text) }
}

/// A text was begun on the page of `heat`, and the viewer went home.
fn left_with_draft() -> Reviews {
    let mut state = opened_with(Some(own(4, "")));
    update(&mut state, known("ada"));
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

/// The answer to saving `sent`, on the page of `heat` or elsewhere, where `typed` stood in the form by then; what is left of a draft.
fn saved_and_left(sent: &ReviewDraft, typed: &ReviewDraft, is_elsewhere: bool) -> Option<ReviewDraft> {
    let mut state = opened_with(Some(own(4, "")));
    update(&mut state, known("ada"));
    update(&mut state, Action::EditorOpened);
    update(&mut state, Action::ReviewWanted(sent.clone()));
    let left = Action::DraftLeft { id: id("heat"), draft: typed.clone() };
    if is_elsewhere {
        update(&mut state, left.clone());
        update(&mut state, Action::Opened(Route::Home));
    }
    let answer = Ok(own_as(sent));
    update(&mut state, Action::ReviewSaved { id: id("heat"), draft: sent.clone(), name: None, way: WAY, answer });
    if !is_elsewhere {
        update(&mut state, left);
    }
    state.drafts.of(&id("heat")).cloned()
}

#[test]
fn what_is_saved_is_no_draft_any_more_and_what_was_typed_since_is_one_wherever_the_viewer_is_when_the_answer_comes() {
    let (sent, typed) = (draft("Text"), draft("Text, and more"));
    for is_elsewhere in [false, true] {
        assert_eq!(saved_and_left(&sent, &sent, is_elsewhere), None, "elsewhere: {is_elsewhere}");
        assert_eq!(saved_and_left(&sent, &typed, is_elsewhere).as_ref(), Some(&typed), "elsewhere: {is_elsewhere}");
    }
}

#[test]
fn a_draft_that_was_saved_as_its_document_went_is_none_in_the_next() {
    let stored = ReviewDraft { name: "A. L.".into(), ..draft("Text") };
    for (kept, is_there) in
        [(draft("Text"), true), (stored.clone(), false), (ReviewDraft { text: "Text \n".into(), ..stored }, false)]
    {
        let mut state = Reviews::default();
        update(&mut state, known("ada"));
        state.drafts.keep(id("heat"), kept);
        update(&mut state, Action::Wanted { id: id("heat"), is_member: true });
        let answer = Ok(MyReview { review: Some(own_as(&draft("Text"))), name: Some("A. L.".into()), is_banned: false });
        update(&mut state, Action::OwnAnswered { id: id("heat"), answer });
        assert_eq!(state.draft().is_some(), is_there);
    }
}

#[test]
fn the_tab_is_told_of_each_draft_that_is_left_or_given_up() {
    let mut state = left_with_draft();
    let kept = |effects: &[ReviewsEffect]| match effects {
        [LazyEffect::Send(ReviewsRequest::KeepDrafts(drafts))] => drafts.of(&id("heat")).cloned(),
        other => panic!("{other:?}"),
    };
    let left = Action::DraftLeft { id: id("alien"), draft: draft("Good") };
    assert_eq!(kept(&update(&mut state, left)), Some(draft("Slow, and")), "one of another title beside it");
    assert_eq!(kept(&update(&mut state, Action::DraftGivenUp { id: id("heat") })), None);
}

#[test]
fn a_text_that_is_on_its_way_is_waited_for_by_the_next_form() {
    let mut state = opened_with(Some(own(4, "")));
    update(&mut state, Action::ReviewWanted(draft("First")));
    update(&mut state, Action::EditorOpened);
    assert_eq!(update(&mut state, Action::ReviewWanted(draft("Second"))), []);
}

#[test]
fn what_is_refused_stays_a_draft() {
    let mut state = left_with_draft();
    let answer = Err(Problem::new(Code::Unreachable));
    update(&mut state, Action::ReviewSaved { id: id("heat"), draft: draft("Slow, and"), name: None, way: WAY, answer });
    assert_eq!(state.drafts.of(&id("heat")), Some(&draft("Slow, and")));
}

#[test]
fn a_draft_is_gone_as_soon_as_somebody_else_watches() {
    let mut state = left_with_draft();
    update(&mut state, known("ada"));
    assert!(state.drafts.of(&id("heat")).is_some());
    update(&mut state, known("bob"));
    assert_eq!(state.drafts.of(&id("heat")), None);
}

#[test]
fn what_is_deleted_is_said_to_be_what_it_was() {
    for (text, said) in [("Slow.", "Your review is deleted."), ("", "Your rating is deleted.")] {
        let mut state = opened_with(Some(own(8, text)));
        update(&mut state, Action::RemovalWanted);
        let effects = update(&mut state, Action::Removed { id: id("heat"), way: WAY, answer: Ok(()) });
        assert!(effects.contains(&LazyEffect::note(said)), "{effects:?}");
    }
}
