//! What a screen needs when it is opened, and when the viewer asks to try again.

use contract::{
    catalog::{GetTitle, ListSimilarTitles, ListTitles},
    discovery::{GetHome, GetPreparation},
    identity::GetWatcher,
    ids::TitleId,
    library::GetSnapshot,
    playback::{GetProgress, ListContinueWatching, StartPlayback},
};

use super::{saved, search};
use crate::{
    route::Route,
    store::{
        Effect, Load, Question, State,
        state::{TitleState, WatchState},
    },
};

/// The first screen: what the viewer set and where they were, and what the screen itself needs.
pub fn started(state: &mut State, route: Route) -> Vec<Effect> {
    let mut effects = vec![Effect::Ask(Question::Snapshot(GetSnapshot {})), Effect::Ask(Question::Watcher(GetWatcher {}))];
    effects.extend(opened(state, route));
    effects
}

/// What a rendered page cannot have done already: claim a session, wait for what is being prepared.
pub fn hydrated(state: &mut State) -> Vec<Effect> {
    let mut effects = match state.route.clone() {
        Route::Watch { id } => watch(state, &id),
        Route::Home
        | Route::Browse { .. }
        | Route::Search { .. }
        | Route::Title { .. }
        | Route::Settings
        | Route::SignIn { .. }
        | Route::Account
        | Route::Profiles
        | Route::Operator(_)
        | Route::NotFound => Vec::new(),
    };
    if !state.preparation.is_empty() {
        effects.push(Effect::Ask(Question::Preparation(GetPreparation {})));
    }
    effects
}

/// A screen was opened: keep what is there and still good, ask for the rest.
pub fn opened(state: &mut State, route: Route) -> Vec<Effect> {
    let mut effects = match &route {
        Route::Home => home(state),
        Route::Browse { filters } => browse(state, filters),
        Route::Search { q } => search::opened(state, q),
        Route::Title { id } => title(state, id),
        Route::Watch { id } => watch(state, id),
        Route::Settings => settings(state),
        // Their slice is lazy, and follows the address by itself.
        Route::SignIn { .. } | Route::Account | Route::Profiles | Route::Operator(_) | Route::NotFound => Vec::new(),
    };
    state.route = route;
    effects.extend(saved::worth_saving(state));
    effects
}

/// Asks again for whatever failed on this screen.
pub fn retry(state: &mut State) -> Vec<Effect> {
    match state.route.clone() {
        Route::Home => {
            state.home.forget_failure();
            state.continue_watching.forget_failure();
        }
        Route::Browse { .. } => state.browse.list.forget_failure(),
        Route::Search { .. } => state.search.results.forget_failure(),
        Route::Title { .. } => {
            state.title.title.forget_failure();
            state.title.similar.forget_failure();
        }
        Route::Watch { .. } => state.watch.session = Load::Idle,
        Route::Settings => state.device.report.forget_failure(),
        Route::SignIn { .. } | Route::Account | Route::Profiles | Route::Operator(_) | Route::NotFound => {}
    }
    opened(state, state.route.clone())
}

/// The question, unless its answer is there or on its way.
fn ask_once<T>(load: &mut Load<T>, question: Question) -> Option<Effect> {
    load.ask_once().then_some(Effect::Ask(question))
}

fn home(state: &mut State) -> Vec<Effect> {
    let mut effects: Vec<Effect> = match state.home.ready() {
        // What is there stays on the screen while the rest is asked for again.
        Some(home) if !home.is_whole() => vec![Effect::Ask(Question::Home(GetHome {}))],
        Some(_) | None => ask_once(&mut state.home, Question::Home(GetHome {})).into_iter().collect(),
    };
    // What was begun changes with every visit to the player: show what is known, and ask again.
    if state.continue_watching.ready().is_none() {
        state.continue_watching = Load::Pending;
    }
    effects.push(Effect::Ask(Question::Continue(ListContinueWatching {})));
    effects.push(Effect::Ask(Question::Preparation(GetPreparation {})));
    effects
}

fn browse(state: &mut State, filters: &ListTitles) -> Vec<Effect> {
    if state.browse.filters != *filters {
        state.browse.filters = filters.clone();
        state.browse.list = Load::Idle;
    }
    ask_once(&mut state.browse.list, Question::Browse(filters.clone())).into_iter().collect()
}

fn title(state: &mut State, id: &TitleId) -> Vec<Effect> {
    if state.title.id.as_ref() != Some(id) {
        state.title = TitleState { id: Some(id.clone()), ..TitleState::default() };
    }
    let mut effects = Vec::new();
    effects.extend(ask_once(&mut state.title.title, Question::Title(GetTitle { id: id.clone() })));
    effects.extend(ask_once(&mut state.title.similar, Question::Similar(ListSimilarTitles { id: id.clone() })));
    effects.push(Effect::Ask(Question::Progress(GetProgress { id: id.clone() })));
    effects
}

fn watch(state: &mut State, id: &TitleId) -> Vec<Effect> {
    // A session is for one visit: coming back asks for a new one, with the position of now.
    let is_under_way = state.watch.id.as_ref() == Some(id) && !matches!(state.watch.session, Load::Idle | Load::Failed(_));
    if is_under_way && matches!(state.route, Route::Watch { .. }) {
        return Vec::new();
    }
    state.watch = WatchState { id: Some(id.clone()), session: Load::Pending, position: 0.0 };
    vec![Effect::Ask(Question::Playback { id: id.clone(), call: StartPlayback { title: id.clone() } })]
}

fn settings(state: &mut State) -> Vec<Effect> {
    ask_once(&mut state.device.report, Question::Device).into_iter().collect()
}
