//! Search as one types: a pause asks, a late answer is dropped, the last answer stays until the next.

use contract::catalog::{SearchResults, SearchTitles};

use super::notices;
use crate::store::{Action, Effect, Load, Question, State, action::Answer, effect::Timer};

/// How long a pause in typing is.
const PAUSE_MILLISECONDS: u32 = 120;

/// The search page was opened at an address.
pub fn opened(state: &mut State, q: &str) -> Vec<Effect> {
    let is_answered = state.search.query.trim() == q.trim() && state.search.results.ready().is_some();
    if is_answered || (state.search.is_searching && state.search.query.trim() == q.trim()) {
        return Vec::new();
    }
    state.search.query = q.to_owned();
    ask(state)
}

pub fn typed(state: &mut State, q: String) -> Vec<Effect> {
    state.search.query.clone_from(&q);
    vec![Effect::After { timer: Timer::Search, milliseconds: PAUSE_MILLISECONDS, action: Box::new(Action::SearchDue { q }) }]
}

pub fn due(state: &mut State, q: String) -> Vec<Effect> {
    if state.search.query == q { ask(state) } else { Vec::new() }
}

fn ask(state: &mut State) -> Vec<Effect> {
    let q = state.search.query.trim().to_owned();
    if q.is_empty() {
        state.search.results = Load::Idle;
        state.search.is_searching = false;
        return Vec::new();
    }
    state.search.is_searching = true;
    if state.search.results.ready().is_none() {
        state.search.results = Load::Pending;
    }
    vec![Effect::Ask(Question::Search(SearchTitles { q, limit: None }))]
}

pub fn answered(state: &mut State, asked: &SearchTitles, answer: Answer<SearchResults>) -> Vec<Effect> {
    if state.search.query.trim() != asked.q {
        return Vec::new();
    }
    state.search.is_searching = false;
    let said = answer.as_ref().ok().map(|found| match found.titles.len() + found.people.len() {
        0 => format!("Nothing found for {}", asked.q),
        1 => "1 result".to_owned(),
        count => format!("{count} results"),
    });
    state.search.results = answer.into();
    said.map_or_else(Vec::new, |said| notices::announced(state, said))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::update::update;

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
        assert_eq!(effects, [Effect::Ask(Question::Search(asked("al")))]);
    }

    #[test]
    fn a_late_answer_does_not_replace_a_newer_question() {
        let mut state = State::default();
        update(&mut state, Action::SearchTyped { q: "alien".into() });
        update(&mut state, Action::SearchDue { q: "alien".into() });
        update(&mut state, Action::SearchAnswered { asked: asked("al"), answer: Ok(SearchResults::default()) });
        assert_eq!(state.search.results, Load::Pending);
        update(&mut state, Action::SearchAnswered { asked: asked("alien"), answer: Ok(SearchResults::default()) });
        assert!(state.search.results.ready().is_some());
        assert_eq!(state.notices.announcement, "Nothing found for alien");
    }

    #[test]
    fn an_emptied_field_empties_the_results() {
        let mut state = State::default();
        update(&mut state, Action::SearchTyped { q: "x".into() });
        update(&mut state, Action::SearchDue { q: "x".into() });
        update(&mut state, Action::SearchTyped { q: " ".into() });
        assert_eq!(update(&mut state, Action::SearchDue { q: " ".into() }), []);
        assert_eq!(state.search.results, Load::Idle);
    }
}
