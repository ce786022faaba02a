//! The home page: rows, what was begun, what the server is still making.

use contract::{
    discovery::{GetHome, GetPreparation, Home, Preparation},
    ids::TitleId,
    playback::ContinueItem,
};

use super::{mutations, notices};
use crate::store::{Action, Effect, Request, action::Response, draft::Draft, effect::Timer, mutations::Change};

/// How often the server is asked what it prepares, while it prepares something.
const PREPARATION_MILLISECONDS: u32 = 2_000;

pub fn answered(state: &mut Draft<'_>, answer: Response<Home>) -> Vec<Effect> {
    let problem = answer.as_ref().err().cloned();
    state.home_mut().answer(&(), answer);
    match problem {
        // What is on the screen stays, and so it has to be said.
        Some(problem) if state.home.ready().is_some() => notices::failed(state, &problem),
        Some(_) | None => Vec::new(),
    }
}

pub fn continue_answered(state: &mut Draft<'_>, answer: Response<Vec<ContinueItem>>) -> Vec<Effect> {
    // What is under way is not in the answer yet.
    let answer = answer.map(|mut items| {
        state.mutations.lay_over(&mut items);
        items
    });
    state.continue_watching_mut().answer(&(), answer);
    Vec::new()
}

pub fn preparation_answered(state: &mut Draft<'_>, answer: Response<Preparation>) -> Vec<Effect> {
    let before = state.preparation.len();
    let Ok(Preparation { jobs }) = answer else { return Vec::new() };
    *state.preparation_mut() = jobs;
    let mut effects = Vec::new();
    // Something was finished: the rows have more to show.
    if state.preparation.len() < before {
        state.home_mut().refresh(());
        effects.push(Effect::Send(Request::Home(GetHome {})));
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
    vec![Effect::Send(Request::Preparation(GetPreparation {}))]
}

/// Takes the title off the screen and tells the server; Undo brings it back.
pub fn forget_wanted(state: &mut Draft<'_>, id: &TitleId) -> Vec<Effect> {
    let Some(items) = state.continue_watching.ready() else { return Vec::new() };
    let Some((place, item)) = items.iter().enumerate().find(|(_, item)| item.card.id == *id) else { return Vec::new() };
    let text = format!("\u{201c}{}\u{201d} was taken off Continue watching.", item.card.title);
    let change = Change::Forget { item: Box::new(item.clone()), place };
    let mut effects = mutations::change(state, change.clone());
    effects.extend(notices::toast(state, text, Some(change.inverse())));
    effects
}

#[cfg(test)]
mod tests {
    use contract::{Code, Problem, playback::ListContinueWatching};

    use super::*;
    use crate::{
        route::Route,
        store::{
            State,
            mutations::Mutation,
            resource::Resource,
            update::tests::{continue_item, update},
        },
    };

    fn begun() -> State {
        let items = vec![continue_item("a"), continue_item("b")];
        State { continue_watching: Resource::of((), items), ..State::default() }
    }

    fn ids(state: &State) -> Vec<&str> {
        state.continue_watching.ready().unwrap().iter().map(|item| item.card.id.as_str()).collect()
    }

    fn sent(effects: &[Effect]) -> Vec<&Mutation> {
        effects
            .iter()
            .filter_map(|effect| if let Effect::Send(Request::Mutate(mutation)) = effect { Some(mutation) } else { None })
            .collect()
    }

    #[test]
    fn a_title_is_forgotten_at_once_on_the_screen_and_on_the_server() {
        let mut state = begun();
        let effects = update(&mut state, Action::ForgetWanted { id: "a".parse().unwrap() });
        assert!(matches!(sent(&effects).as_slice(), [Mutation { change: Change::Forget { .. }, .. }]), "{effects:?}");
        assert_eq!(ids(&state), ["b"]);
        // The server has not done it yet.
        update(&mut state, Action::Opened(Route::Home));
        update(&mut state, Action::ContinueAnswered(Ok(vec![continue_item("a"), continue_item("b")])));
        assert_eq!(ids(&state), ["b"]);
    }

    #[test]
    fn undo_brings_the_title_back_to_its_place_on_the_screen_and_then_on_the_server() {
        let mut state = begun();
        let effects = update(&mut state, Action::ForgetWanted { id: "b".parse().unwrap() });
        let forgotten = sent(&effects)[0].id;
        let toast = state.notices.toasts[0].id;
        let effects = update(&mut state, Action::UndoWanted { id: toast });
        assert_eq!((sent(&effects), ids(&state)), (vec![], vec!["a", "b"]), "after what is under way");
        let effects = update(&mut state, Action::MutationAnswered { id: forgotten, answer: Ok(()) });
        let restored = sent(&effects)[0].clone();
        assert!(matches!(restored.change, Change::Restore { .. }));
        let effects = update(&mut state, Action::MutationAnswered { id: restored.id, answer: Ok(()) });
        assert_eq!(effects, [Effect::Send(Request::Continue(ListContinueWatching {}))], "what was asked before is out of date");
        assert_eq!(ids(&state), ["a", "b"]);
        assert_eq!(update(&mut state, Action::ToastDue { id: toast }), []);
    }

    #[test]
    fn what_the_server_refuses_is_taken_back_in_words() {
        let mut state = begun();
        let effects = update(&mut state, Action::ForgetWanted { id: "a".parse().unwrap() });
        let id = sent(&effects)[0].id;
        update(&mut state, Action::MutationAnswered { id, answer: Err(Problem::new(Code::Unreachable)) });
        assert_eq!(ids(&state), ["a", "b"]);
        assert!(state.notices.toasts.last().unwrap().text.contains("could not be taken off"));
        let offers: Vec<bool> = state.notices.toasts.iter().map(|toast| toast.undo.is_some()).collect();
        assert_eq!(offers, [false], "nothing is left to be undone");
    }

    #[test]
    fn a_home_page_that_lacks_a_part_is_asked_for_again_and_stays_until_the_answer_is_there() {
        let part = Home { missing: vec!["added".into()], ..Home::default() };
        let mut state = State { home: Resource::of((), part.clone()), route: Route::Home, ..State::default() };
        assert!(state.has_failed());
        let effects = update(&mut state, Action::RetryWanted);
        assert!(effects.contains(&Effect::Send(Request::Home(GetHome {}))), "{effects:?}");
        assert_eq!(state.home.ready(), Some(&part));
        update(&mut state, Action::HomeAnswered(Err(Problem::new(Code::Overloaded))));
        assert_eq!(state.home.ready(), Some(&part));
        update(&mut state, Action::HomeAnswered(Ok(Home::default())));
        assert!(!state.has_failed());
        let effects = update(&mut state, Action::RetryWanted);
        assert!(!effects.contains(&Effect::Send(Request::Home(GetHome {}))), "{effects:?}");
    }

    #[test]
    fn a_list_on_the_screen_survives_a_failed_refresh() {
        let mut state = begun();
        update(&mut state, Action::Opened(Route::Home));
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
        assert!(matches!(effects.as_slice(), [Effect::Send(Request::Home(_))]));
    }
}
