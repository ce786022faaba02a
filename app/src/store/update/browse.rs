//! The browse page: one list, a page at a time.

use contract::catalog::{ListTitles, TitlePage};

use super::notices;
use crate::store::{Effect, Request, action::Response, draft::Draft, resource::Submission, state::BrowseList};

pub fn answered(state: &mut Draft<'_>, asked: &ListTitles, answer: Response<TitlePage>) -> Vec<Effect> {
    let list = answer.map(|page| BrowseList {
        items: page.items,
        total: page.total,
        facets: page.facets,
        next: page.next,
        more: Submission::Idle,
    });
    let total = list.as_ref().ok().map(|list| list.total);
    if !state.browse_mut().list.answer(asked, list) {
        return Vec::new();
    }
    match total {
        Some(1) => notices::announced(state, "1 title".to_owned()),
        Some(total) => notices::announced(state, format!("{total} titles")),
        None => Vec::new(),
    }
}

pub fn more_wanted(state: &mut Draft<'_>) -> Vec<Effect> {
    let filters = state.browse.filters();
    let Some(list) = state.browse_mut().list.ready_mut() else { return Vec::new() };
    let Some(next) = list.next.clone() else { return Vec::new() };
    if !list.more.begin() {
        return Vec::new();
    }
    vec![Effect::Send(Request::More(ListTitles { page_token: Some(next), ..filters }))]
}

pub fn more_answered(state: &mut Draft<'_>, asked: &ListTitles, answer: Response<TitlePage>) -> Vec<Effect> {
    let asked_filters = ListTitles { page_token: None, ..asked.clone() };
    if state.browse.filters() != asked_filters {
        return Vec::new();
    }
    let Some(list) = state.browse_mut().list.ready_mut().filter(|list| list.next == asked.page_token) else { return Vec::new() };
    match answer {
        Ok(page) => {
            list.items.extend(page.items);
            list.next = page.next;
            list.more = Submission::Idle;
        }
        Err(problem) => list.more = Submission::Failed(problem),
    }
    Vec::new()
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

    fn page(ids: &[&str], next: Option<&str>) -> TitlePage {
        TitlePage { items: ids.iter().map(|id| card(id)).collect(), total: 3, next: next.map(str::to_owned), ..empty() }
    }

    fn empty() -> TitlePage {
        TitlePage { items: Vec::new(), total: 0, next: None, facets: contract::catalog::Facets::default() }
    }

    fn drama() -> ListTitles {
        ListTitles { genre: Some("Drama".into()), ..ListTitles::default() }
    }

    #[test]
    fn a_late_answer_to_other_filters_is_dropped() {
        let mut state = State::default();
        update(&mut state, Action::Opened(Route::Browse { filters: ListTitles::default() }));
        update(&mut state, Action::Opened(Route::Browse { filters: drama() }));
        update(&mut state, Action::BrowseAnswered { asked: ListTitles::default(), answer: Ok(page(&["a"], None)) });
        assert_eq!(state.browse.list.ready(), None);
        assert!(state.browse.list.is_loading());
        update(&mut state, Action::BrowseAnswered { asked: drama(), answer: Ok(page(&["b"], None)) });
        assert_eq!(state.browse.list.ready().unwrap().items[0].id.as_str(), "b");
    }

    #[test]
    fn the_list_grows_by_pages_and_never_asks_twice_for_one() {
        let mut state = State::default();
        update(&mut state, Action::Opened(Route::Browse { filters: drama() }));
        update(&mut state, Action::BrowseAnswered { asked: drama(), answer: Ok(page(&["a", "b"], Some("t1"))) });
        let effects = update(&mut state, Action::MoreWanted);
        let [Effect::Send(Request::More(asked))] = effects.as_slice() else { panic!("{effects:?}") };
        assert_eq!(update(&mut state, Action::MoreWanted), []);
        update(&mut state, Action::MoreAnswered { asked: asked.clone(), answer: Ok(page(&["c"], None)) });
        assert_eq!(state.browse.list.ready().unwrap().items.len(), 3);
        update(&mut state, Action::MoreAnswered { asked: asked.clone(), answer: Ok(page(&["c"], None)) });
        assert_eq!(state.browse.list.ready().unwrap().items.len(), 3, "an answer that came twice");
        assert_eq!(update(&mut state, Action::MoreWanted), []);
    }

    #[test]
    fn coming_back_to_a_list_keeps_what_was_loaded() {
        let mut state = State::default();
        update(&mut state, Action::Opened(Route::Browse { filters: drama() }));
        update(&mut state, Action::BrowseAnswered { asked: drama(), answer: Ok(page(&["a"], None)) });
        update(&mut state, Action::Opened(Route::Home));
        let effects = update(&mut state, Action::Opened(Route::Browse { filters: drama() }));
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::Send(Request::Browse(_)))));
        assert!(state.browse.list.ready().is_some());
    }
}
