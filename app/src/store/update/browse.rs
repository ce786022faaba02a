//! The browse page: one list, of which the pages that come near the screen are asked for.

use contract::catalog::{ListTitles, TitlePage};

use super::notices;
use crate::store::{
    Effect, Request,
    action::Response,
    draft::Draft,
    message::Message,
    resource::Submission,
    state::{BrowseList, PAGE},
};

pub fn answered(state: &mut Draft<'_>, asked: &ListTitles, answer: Response<TitlePage>) -> Vec<Effect> {
    // What is on the screen is the same part of the next list.
    let shown = state.browse.list.latest().map(|list| list.shown).unwrap_or_default();
    let list = answer.map(|page| BrowseList {
        pages: vec![state.keep_titles(page.items)],
        total: u32::try_from(page.total).unwrap_or(u32::MAX),
        outdated: Vec::new(),
        facets: page.facets,
        shown,
        page: Submission::Idle,
    });
    let total = list.as_ref().ok().map(|list| list.total);
    if !state.browse_mut().list.answer(asked, list) {
        return Vec::new();
    }
    let mut effects = ask(state);
    effects.extend(total.into_iter().flat_map(|total| notices::announced(state, Message::Titles(total))));
    effects
}

/// Other numbers came near the screen.
pub fn shown(state: &mut Draft<'_>, from: u32, to: u32) -> Vec<Effect> {
    match state.browse_mut().list.ready_mut() {
        Some(list) => list.shown = (from, to),
        None => return Vec::new(),
    }
    let effects = ask(state);
    if effects.is_empty() { ask_anew(state) } else { effects }
}

/// Asks for what is shown and may be another by now: as the viewer scrolls to it, and no sooner, or a list that grows all the time
/// would be asked for all the time.
fn ask_anew(state: &mut Draft<'_>) -> Vec<Effect> {
    let outdated = state.browse_mut().list.ready_mut().and_then(|list| list.outdated());
    outdated.map_or_else(Vec::new, |page| ask_for(state, page))
}

/// Asks for the first page that is shown and not there. One at a time: where the viewer scrolls fast, what they passed is never
/// asked for.
fn ask(state: &mut Draft<'_>) -> Vec<Effect> {
    let missing = state.browse_mut().list.ready_mut().and_then(|list| list.missing());
    missing.map_or_else(Vec::new, |page| ask_for(state, page))
}

fn ask_for(state: &mut Draft<'_>, page: u32) -> Vec<Effect> {
    let filters = state.browse.filters();
    let Some(list) = state.browse_mut().list.ready_mut() else { return Vec::new() };
    if !list.page.begin() {
        return Vec::new();
    }
    vec![Effect::Send(Request::BrowsePage(ListTitles { offset: Some(page.saturating_mul(PAGE)), ..filters }))]
}

pub fn page_answered(state: &mut Draft<'_>, asked: &ListTitles, answer: Response<TitlePage>) -> Vec<Effect> {
    let Some(offset) = asked.offset else { return Vec::new() };
    if state.browse.filters() != (ListTitles { offset: None, ..asked.clone() }) {
        return Vec::new();
    }
    let answer = answer.map(|page| (state.keep_titles(page.items), u32::try_from(page.total).unwrap_or(u32::MAX)));
    let Some(list) = state.browse_mut().list.ready_mut() else { return Vec::new() };
    let Some((titles, total)) = list.page.end(answer) else { return Vec::new() };
    list.put(offset / PAGE, titles, total);
    ask(state)
}

/// Asks again for the page that did not come.
pub fn retry(state: &mut Draft<'_>) -> Vec<Effect> {
    ask(state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        route::Route,
        store::{
            Action, State,
            update::tests::{card, update},
        },
    };

    fn page(from: u32, to: u32, total: u64) -> TitlePage {
        let items = (from..to).map(|number| card(&format!("t{number}"))).collect();
        TitlePage { items, total, next: None, facets: contract::catalog::Facets::default() }
    }

    fn drama() -> ListTitles {
        ListTitles { genre: Some("Drama".into()), ..ListTitles::default() }
    }

    fn at(offset: u32) -> ListTitles {
        ListTitles { offset: Some(offset), ..drama() }
    }

    /// The dramas' page, with its first titles of 1,000.
    fn opened() -> State {
        let mut state = State::default();
        update(&mut state, Action::Opened(Route::Browse { filters: drama() }));
        update(&mut state, Action::BrowseAnswered { asked: drama(), answer: Ok(page(0, 40, 1_000)) });
        state
    }

    fn title(state: &State, number: u32) -> Option<&str> {
        state.browse.list.ready().unwrap().title(number).map(contract::ids::TitleId::as_str)
    }

    #[test]
    fn a_late_answer_to_other_filters_is_dropped() {
        let mut state = State::default();
        update(&mut state, Action::Opened(Route::Browse { filters: ListTitles::default() }));
        update(&mut state, Action::Opened(Route::Browse { filters: drama() }));
        update(&mut state, Action::BrowseAnswered { asked: ListTitles::default(), answer: Ok(page(0, 1, 1)) });
        assert_eq!(state.browse.list.ready(), None);
        assert!(state.browse.list.is_loading());
        update(&mut state, Action::BrowseAnswered { asked: drama(), answer: Ok(page(7, 8, 1)) });
        assert_eq!(title(&state, 0), Some("t7"));
    }

    #[test]
    fn what_comes_near_the_screen_is_asked_for_by_its_place_a_page_at_a_time_and_once() {
        let mut state = opened();
        assert_eq!(update(&mut state, Action::BrowseShown { from: 0, to: 30 }), [], "it is there");
        let effects = update(&mut state, Action::BrowseShown { from: 30, to: 90 });
        assert_eq!(effects, [Effect::Send(Request::BrowsePage(at(40)))]);
        assert_eq!(update(&mut state, Action::BrowseShown { from: 31, to: 91 }), [], "it is on its way");
        let effects = update(&mut state, Action::BrowsePageAnswered { asked: at(40), answer: Ok(page(40, 80, 1_000)) });
        assert_eq!(effects, [Effect::Send(Request::BrowsePage(at(80)))], "the rest of what is shown");
        assert_eq!((title(&state, 79), title(&state, 80)), (Some("t79"), None));
    }

    #[test]
    fn what_was_passed_in_haste_is_never_asked_for() {
        let mut state = opened();
        update(&mut state, Action::BrowseShown { from: 100, to: 140 });
        update(&mut state, Action::BrowseShown { from: 500, to: 520 });
        update(&mut state, Action::BrowseShown { from: 900, to: 930 });
        let effects = update(&mut state, Action::BrowsePageAnswered { asked: at(80), answer: Ok(page(80, 120, 1_000)) });
        assert_eq!(effects, [Effect::Send(Request::BrowsePage(at(880)))]);
        let effects = update(&mut state, Action::BrowsePageAnswered { asked: at(880), answer: Ok(page(880, 920, 1_000)) });
        assert_eq!(effects, [Effect::Send(Request::BrowsePage(at(920)))]);
        assert_eq!((title(&state, 100), title(&state, 500), title(&state, 900)), (Some("t100"), None, Some("t900")));
    }

    #[test]
    fn a_page_that_fails_is_asked_for_again_when_the_viewer_scrolls_or_wants_to() {
        let mut state = opened();
        update(&mut state, Action::BrowseShown { from: 30, to: 60 });
        let failed = Err(contract::Problem::new(contract::Code::Unreachable));
        assert_eq!(update(&mut state, Action::BrowsePageAnswered { asked: at(40), answer: failed }), [], "not at once");
        assert!(state.has_failed());
        let again = [Effect::Send(Request::BrowsePage(at(40)))];
        assert_eq!(update(&mut state.clone(), Action::BrowseShown { from: 31, to: 61 }), again);
        assert!(update(&mut state, Action::RetryWanted).starts_with(&again));
    }

    #[test]
    fn a_list_that_became_shorter_ends_there_and_one_that_grew_is_asked_for_its_rest() {
        let mut state = opened();
        let total = |state: &State| state.browse.list.ready().unwrap().total;
        update(&mut state, Action::BrowseShown { from: 970, to: 1_000 });
        let effects = update(&mut state, Action::BrowsePageAnswered { asked: at(960), answer: Ok(page(0, 0, 900)) });
        assert_eq!((effects, total(&state)), (vec![], 960), "nothing stands there any more, and is asked for no more");

        update(&mut state, Action::BrowseShown { from: 80, to: 200 });
        update(&mut state, Action::BrowsePageAnswered { asked: at(80), answer: Ok(page(80, 100, 100)) });
        assert_eq!(total(&state), 100);
        update(&mut state, Action::BrowseShown { from: 40, to: 80 });
        update(&mut state, Action::BrowsePageAnswered { asked: at(40), answer: Ok(page(40, 80, 110)) });
        let effects = update(&mut state, Action::BrowseShown { from: 60, to: 110 });
        assert_eq!(effects, [Effect::Send(Request::BrowsePage(at(80)))]);
    }

    #[test]
    fn coming_back_to_a_list_keeps_what_was_loaded() {
        let mut state = opened();
        update(&mut state, Action::Opened(Route::Home));
        let effects = update(&mut state, Action::Opened(Route::Browse { filters: drama() }));
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::Send(Request::Browse(_)))));
        assert_eq!(title(&state, 39), Some("t39"));
    }
}
