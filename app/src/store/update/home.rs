//! The home page: rows, what was begun, what the server is still making.

use contract::{
    discovery::{GetHome, GetPreparation, Home, Preparation},
    ids::TitleId,
    playback::{ContinueItem, ForgetProgress, ListContinueWatching},
};

use super::notices;
use crate::store::{Action, Effect, Load, Question, State, action::Answer, effect::Timer, state::Undo};

/// How often the server is asked what it prepares, while it prepares something.
const PREPARATION_MILLISECONDS: u32 = 2_000;

pub fn answered(state: &mut State, answer: Answer<Home>) -> Vec<Effect> {
    match answer {
        // What is on the screen stays when a fresh one cannot be had.
        Err(problem) if state.home.ready().is_some() => notices::failed(state, &problem),
        answer => {
            state.home = answer.into();
            Vec::new()
        }
    }
}

pub fn continue_answered(state: &mut State, answer: Answer<Vec<ContinueItem>>) -> Vec<Effect> {
    // A list that is on the screen stays when a fresh one cannot be had.
    if answer.is_ok() || state.continue_watching.ready().is_none() {
        state.continue_watching = answer.into();
    }
    Vec::new()
}

pub fn preparation_answered(state: &mut State, answer: Answer<Preparation>) -> Vec<Effect> {
    let before = state.preparation.len();
    let Ok(Preparation { jobs }) = answer else { return Vec::new() };
    state.preparation = jobs;
    let mut effects = Vec::new();
    // Something was finished: the rows have more to show.
    if state.preparation.len() < before {
        effects.push(Effect::Ask(Question::Home(GetHome {})));
    }
    if !state.preparation.is_empty() {
        effects.push(Effect::After {
            timer: Timer::Preparation,
            milliseconds: PREPARATION_MILLISECONDS,
            action: Box::new(Action::PreparationDue),
        });
    }
    effects
}

pub fn preparation_due() -> Vec<Effect> {
    vec![Effect::Ask(Question::Preparation(GetPreparation {}))]
}

/// Takes the title off the screen at once; the server is told when Undo is no longer offered.
pub fn forget_wanted(state: &mut State, id: &TitleId) -> Vec<Effect> {
    let Load::Ready(items) = &mut state.continue_watching else { return Vec::new() };
    let Some(at) = items.iter().position(|item| item.card.id == *id) else { return Vec::new() };
    let item = items.remove(at);
    let text = format!("\u{201c}{}\u{201d} was taken off Continue watching.", item.card.title);
    notices::toast(state, text, Some(Undo::Forget(Box::new(item))))
}

/// Where the server did not forget, the viewer is told, and the list is what the server says it is.
pub fn forget_answered(state: &mut State, answer: Answer<()>) -> Vec<Effect> {
    let Err(problem) = answer else { return Vec::new() };
    let mut effects = notices::failed(state, &problem);
    effects.push(Effect::Ask(Question::Continue(ListContinueWatching {})));
    effects
}

/// Undo for [`forget_wanted`].
pub fn restore(state: &mut State, item: ContinueItem) {
    if let Load::Ready(items) = &mut state.continue_watching {
        items.insert(0, item);
    }
}

/// What is left to do when Undo was not wanted.
pub fn forget_for_good(item: &ContinueItem) -> Effect {
    Effect::Ask(Question::Forget(ForgetProgress { id: item.card.id.clone() }))
}

#[cfg(test)]
mod tests {
    use contract::{Code, Problem};

    use super::*;
    use crate::{
        route::Route,
        store::update::{tests::continue_item, update},
    };

    fn begun() -> State {
        State { continue_watching: Load::Ready(vec![continue_item("a"), continue_item("b")]), ..State::default() }
    }

    #[test]
    fn a_title_is_forgotten_only_when_undo_is_no_longer_offered() {
        let mut state = begun();
        let effects = update(&mut state, Action::ForgetWanted { id: "a".parse().unwrap() });
        assert!(effects.iter().all(|effect| matches!(effect, Effect::After { .. })), "{effects:?}");
        assert_eq!(state.continue_watching.ready().unwrap().len(), 1);
        let toast = state.notices.toasts[0].id;
        let effects = update(&mut state, Action::ToastDue { id: toast });
        assert_eq!(effects, [Effect::Ask(Question::Forget(ForgetProgress { id: "a".parse().unwrap() }))]);
    }

    #[test]
    fn undo_brings_the_title_back_and_asks_nothing() {
        let mut state = begun();
        update(&mut state, Action::ForgetWanted { id: "a".parse().unwrap() });
        let toast = state.notices.toasts[0].id;
        assert_eq!(update(&mut state, Action::UndoWanted { id: toast }), []);
        assert_eq!(state.continue_watching.ready().unwrap()[0].card.id.as_str(), "a");
    }

    #[test]
    fn a_home_page_that_lacks_a_part_is_asked_for_again_and_stays_until_the_answer_is_there() {
        let part = Home { missing: vec!["added".into()], ..Home::default() };
        let mut state = State { home: Load::Ready(part.clone()), route: Route::Home, ..State::default() };
        assert!(state.has_failed());
        let effects = update(&mut state, Action::RetryWanted);
        assert!(effects.contains(&Effect::Ask(Question::Home(GetHome {}))), "{effects:?}");
        assert_eq!(state.home.ready(), Some(&part));
        update(&mut state, Action::HomeAnswered(Err(Problem::new(Code::Overloaded))));
        assert_eq!(state.home.ready(), Some(&part));
        update(&mut state, Action::HomeAnswered(Ok(Home::default())));
        assert!(!state.has_failed());
        let effects = update(&mut state, Action::RetryWanted);
        assert!(!effects.contains(&Effect::Ask(Question::Home(GetHome {}))), "{effects:?}");
    }

    #[test]
    fn a_list_on_the_screen_survives_a_failed_refresh() {
        let mut state = begun();
        update(&mut state, Action::ContinueAnswered(Err(Problem::new(Code::Unreachable))));
        assert_eq!(state.continue_watching.ready().unwrap().len(), 2);
    }

    #[test]
    fn preparation_is_asked_for_again_while_there_is_some() {
        let mut state = State::default();
        let job = contract::discovery::Job { name: "x".into(), stage: "y".into(), percent: 3 };
        let effects = update(&mut state, Action::PreparationAnswered(Ok(Preparation { jobs: vec![job] })));
        assert!(matches!(effects.as_slice(), [Effect::After { timer: Timer::Preparation, .. }]));
        let effects = update(&mut state, Action::PreparationAnswered(Ok(Preparation::default())));
        assert!(matches!(effects.as_slice(), [Effect::Ask(Question::Home(_))]));
    }
}
