//! Search as one types: a pause asks, a late answer is dropped, the last answer stays until the next.

use contract::catalog::{SearchResults, SearchTitles, TitleHit};

use super::notices;
use crate::{
    route::Route,
    store::{
        Action, Effect, Request, State,
        action::Response,
        draft::Draft,
        effect::Timer,
        message::Message,
        resource::Resource,
        state::{SearchHit, SearchHits},
    },
};

/// How long a pause in typing is.
const PAUSE_MILLISECONDS: u32 = 120;
/// Titles on the page: as many as the server gives.
const PAGE: Option<u8> = Some(50);

/// The search page was opened at an address.
pub fn opened(state: &mut Draft<'_>, q: &str) -> Vec<Effect> {
    if state.search.query.trim() != q.trim() {
        q.clone_into(&mut state.search_mut().query);
    }
    ask(state, PAGE)
}

pub fn typed(state: &mut Draft<'_>, q: String) -> Vec<Effect> {
    state.search_mut().query.clone_from(&q);
    vec![Effect::After { timer: Timer::Search, milliseconds: PAUSE_MILLISECONDS, action: Box::new(Action::SearchDue { q }) }]
}

pub fn due(state: &mut Draft<'_>, q: String) -> Vec<Effect> {
    let limit = limit(state);
    if state.search.query == q { ask(state, limit) } else { Vec::new() }
}

/// Asks again for what is in the field by now, which the address may not say yet.
pub fn retry(state: &mut Draft<'_>) -> Vec<Effect> {
    state.search_mut().results.forget_failure();
    let limit = limit(state);
    ask(state, limit)
}

/// The page shows as many as there may be; the bar, on every other page, some.
fn limit(state: &State) -> Option<u8> {
    if matches!(state.route, Route::Search { .. }) { PAGE } else { None }
}

fn ask(state: &mut Draft<'_>, limit: Option<u8>) -> Vec<Effect> {
    let call = SearchTitles { q: state.search.query.trim().to_owned(), limit };
    if call.q.is_empty() {
        state.search_mut().results = Resource::default();
        return Vec::new();
    }
    let is_new = state.search_mut().results.load_beside(call.clone());
    is_new.then_some(Effect::Send(Request::Search(call))).into_iter().collect()
}

pub fn answered(state: &mut Draft<'_>, asked: &SearchTitles, answer: Response<SearchResults>) -> Vec<Effect> {
    let said = answer.as_ref().ok().map(|found| match found.titles.len() + found.people.len() {
        0 => Message::NothingFound { q: asked.q.clone() },
        count => Message::Results(count),
    });
    let answer = answer.map(|SearchResults { titles, people }| {
        let keep = |TitleHit { card, matches }| SearchHit { id: state.keep_title(card), matches };
        SearchHits { titles: titles.into_iter().map(keep).collect(), people }
    });
    if !state.search_mut().results.answer(asked, answer) {
        return Vec::new();
    }
    said.map_or_else(Vec::new, |said| notices::announced(state, said))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::update::tests::update;

    fn asked(q: &str) -> SearchTitles {
        SearchTitles { q: q.into(), limit: None }
    }

    #[test]
    fn only_the_last_word_typed_is_asked_for() {
        let mut state = State::default();
        update(&mut state, Action::SearchTyped { q: "a".into() });
        update(&mut state, Action::SearchTyped { q: "al".into() });
        assert_eq!(update(&mut state, Action::SearchDue { q: "a".into() }), []);
        let effects = update(&mut state, Action::SearchDue { q: "al".into() });
        assert_eq!(effects, [Effect::Send(Request::Search(asked("al")))]);
    }

    #[test]
    fn a_late_answer_does_not_replace_a_newer_question() {
        let mut state = State::default();
        update(&mut state, Action::SearchTyped { q: "alien".into() });
        update(&mut state, Action::SearchDue { q: "alien".into() });
        update(&mut state, Action::SearchAnswered { asked: asked("al"), answer: Ok(SearchResults::default()) });
        assert_eq!(state.search.results.ready(), None);
        update(&mut state, Action::SearchAnswered { asked: asked("alien"), answer: Ok(SearchResults::default()) });
        assert!(state.search.results.ready().is_some());
        let said = state.notices.announcement.map(|said| said.message);
        assert_eq!(said, Some(Message::NothingFound { q: "alien".into() }));
    }

    #[test]
    fn an_emptied_field_empties_the_results() {
        let mut state = State::default();
        update(&mut state, Action::SearchTyped { q: "x".into() });
        update(&mut state, Action::SearchDue { q: "x".into() });
        update(&mut state, Action::SearchTyped { q: " ".into() });
        assert_eq!(update(&mut state, Action::SearchDue { q: " ".into() }), []);
        assert_eq!(state.search.results, Resource::default());
    }

    #[test]
    fn the_page_asks_for_more_than_the_bar() {
        let mut state = State::default();
        let effects = update(&mut state, Action::Opened(Route::Search { q: "alien".into() }));
        let page = SearchTitles { q: "alien".into(), limit: Some(50) };
        assert!(effects.contains(&Effect::Send(Request::Search(page.clone()))), "{effects:?}");
        assert_eq!(update(&mut state, Action::SearchDue { q: "alien".into() }), [], "it is on its way");
        update(&mut state, Action::SearchAnswered { asked: page.clone(), answer: Err(contract::Problem::internal()) });
        update(&mut state, Action::SearchTyped { q: "aliens".into() });
        let effects = update(&mut state, Action::RetryWanted);
        let typed = SearchTitles { q: "aliens".into(), ..page };
        assert_eq!(effects, [Effect::Send(Request::Search(typed))], "what is in the field by now");
    }
}
