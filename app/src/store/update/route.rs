//! What a screen needs when it is opened, and when the viewer asks to try again.

use contract::{
    catalog::{GetTitle, ListTitles},
    discovery::{GetHome, GetPreparation, ListRelatedTitles},
    identity::GetWatcher,
    ids::TitleId,
    library::GetSnapshot,
    playback::{GetProgress, ListContinueWatching},
};

use super::{browse, mutations, saved, search, watch};
use crate::{
    route::Route,
    store::{Effect, Request, draft::Draft},
};

/// The first screen: what the viewer set and where they were, and what the screen itself needs.
pub fn started(state: &mut Draft<'_>, route: Route) -> Vec<Effect> {
    let mut effects = vec![Effect::Send(Request::Snapshot(GetSnapshot {})), Effect::Send(Request::Watcher(GetWatcher {}))];
    effects.extend(opened(state, route));
    effects
}

/// What a rendered page cannot have done already: claim a session, wait for what is being prepared.
pub fn hydrated(state: &mut Draft<'_>) -> Vec<Effect> {
    let mut effects = Vec::new();
    if let Route::Watch { id, at } = state.route.clone() {
        // Whoever is quick was on another page, and pressed Play since: that film is under way.
        effects = watch::opened(state, &id, at);
        effects.push(saved::asked_anew(state));
    }
    if !state.preparation.is_empty() {
        effects.push(Effect::Send(Request::Preparation(GetPreparation {})));
    }
    if state.viewer.is_some() {
        effects.push(Effect::ForgetDrafts { but_of: state.viewer.clone() });
    }
    effects.push(Effect::ReadKept);
    effects
}

/// A screen was opened: keep what is there and still good, ask for the rest.
pub fn opened(state: &mut Draft<'_>, route: Route) -> Vec<Effect> {
    let mut effects = match &route {
        Route::Watch { id, at } => watch::opened(state, id, *at),
        Route::Home => home(state),
        Route::Browse { filters } => list(state, filters),
        Route::Search { q } => search::opened(state, q),
        Route::Title { id } => title(state, id),
        Route::Settings => settings(state),
        // Their slice is lazy, and follows the address by itself.
        Route::MyList { .. }
        | Route::SignIn { .. }
        | Route::Account
        | Route::Profiles { .. }
        | Route::Operator(_)
        | Route::NotFound => Vec::new(),
    };
    if let Route::Watch { id, .. } = &route {
        // It goes on here: nothing is left to be offered.
        if state.saved.resume_offer.as_ref() == Some(id) {
            state.saved_mut().resume_offer = None;
        }
    } else {
        watch::closed(state);
    }
    *state.route_mut() = route;
    effects.extend(saved::screen_opened(state));
    effects.extend(saved::worth_saving(state));
    effects
}

/// Asks again for whatever failed on this screen.
pub fn retry(state: &mut Draft<'_>) -> Vec<Effect> {
    match state.route.clone() {
        Route::Home => {
            state.home_mut().forget_failure();
            state.continue_watching_mut().forget_failure();
        }
        Route::Browse { .. } => {
            state.browse_mut().list.forget_failure();
            let mut effects = browse::retry(state);
            effects.extend(opened(state, state.route.clone()));
            return effects;
        }
        Route::Search { .. } => return search::retry(state),
        Route::Title { .. } => {
            let page = state.title_mut();
            page.title.forget_failure();
            page.similar.forget_failure();
        }
        Route::Watch { id, .. } => return watch::begin(state, &id, state.watch.at),
        Route::Settings => state.device_mut().report.forget_failure(),
        Route::MyList { .. }
        | Route::SignIn { .. }
        | Route::Account
        | Route::Profiles { .. }
        | Route::Operator(_)
        | Route::NotFound => {}
    }
    opened(state, state.route.clone())
}

/// Somebody else watches with this browser: nothing of this page is theirs, and it becomes theirs. Not under a film, which ends
/// in words: nobody has asked for it to begin anew.
pub fn somebody_else_watches(state: &mut Draft<'_>, is_signed_in: bool) -> Vec<Effect> {
    let mut effects = mutations::forget(state);
    effects.push(Effect::ForgetDrafts { but_of: None });
    if matches!(state.route, Route::Watch { .. }) {
        // A guest was never signed in.
        let is_signed_out = !is_signed_in && state.watcher.is_some();
        if is_signed_out {
            *state.watcher_mut() = None;
        }
        watch::viewer_gone(state, is_signed_out);
    } else {
        effects.push(Effect::LoadAnew { address: state.route.href() });
    }
    effects
}

/// The network is back: what failed on this screen is asked for again. A film that plays waits for a session of its own.
pub fn came_online(state: &mut Draft<'_>) -> Vec<Effect> {
    let waits = watch::came_online(state);
    // What another page could not have is no reason to ask for another session.
    let is_watching = matches!(state.route, Route::Watch { .. });
    let has_failed = if is_watching { state.watch.session.has_failed() } else { state.has_failed() };
    if waits.is_empty() && has_failed { retry(state) } else { waits }
}

fn home(state: &mut Draft<'_>) -> Vec<Effect> {
    let mut effects = Vec::new();
    // What is there stays on the screen while the rest is asked for again.
    if state.home.ready().is_some_and(|home| !home.missing.is_empty()) {
        state.home_mut().refresh(());
        effects.push(Effect::Send(Request::Home(GetHome {})));
    } else if state.home_mut().load(()) {
        effects.push(Effect::Send(Request::Home(GetHome {})));
    }
    // What was begun changes with every visit to the player: show what is known, and ask again.
    state.continue_watching_mut().refresh(());
    effects.push(Effect::Send(Request::Continue(ListContinueWatching {})));
    effects.push(Effect::Send(Request::Preparation(GetPreparation {})));
    effects
}

fn list(state: &mut Draft<'_>, filters: &ListTitles) -> Vec<Effect> {
    let is_new = state.browse_mut().list.load_beside(filters.clone());
    is_new.then(|| Effect::Send(Request::Browse(filters.clone()))).into_iter().collect()
}

fn title(state: &mut Draft<'_>, id: &TitleId) -> Vec<Effect> {
    let page = state.title_mut();
    let mut effects = Vec::new();
    if page.title.load(id.clone()) {
        effects.push(Effect::Send(Request::Title(GetTitle { id: id.clone() })));
    }
    if page.similar.load(id.clone()) {
        effects.push(Effect::Send(Request::Similar(ListRelatedTitles { id: id.clone() })));
    }
    effects.push(Effect::Send(Request::Progress(GetProgress { id: id.clone() })));
    effects
}

fn settings(state: &mut Draft<'_>) -> Vec<Effect> {
    state.device_mut().report.load(()).then_some(Effect::Send(Request::Device)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use contract::{Code, Problem, identity::Watching};

    use super::*;
    use crate::store::{Action, State, update::tests::update};

    fn away() -> Problem {
        Problem::new(Code::Unreachable)
    }

    #[test]
    fn what_failed_on_the_screen_is_asked_for_again_once_the_network_is_back_and_nothing_else_is() {
        let mut state = State::default();
        let id: TitleId = "t1".parse().unwrap();
        update(&mut state, Action::Opened(Route::Title { id: id.clone() }));
        update(&mut state, Action::SimilarAnswered { id: id.clone(), answer: Ok(Vec::new()) });
        assert_eq!(update(&mut state, Action::CameOnline), [], "nothing has failed");
        update(&mut state, Action::TitleAnswered { id: id.clone(), answer: Err(away()) });
        let effects = update(&mut state, Action::CameOnline);
        assert!(effects.contains(&Effect::Send(Request::Title(GetTitle { id: id.clone() }))), "{effects:?}");
        assert!(!effects.contains(&Effect::Send(Request::Similar(ListRelatedTitles { id: id.clone() }))), "{effects:?}");

        update(&mut state, Action::TitleAnswered { id, answer: Err(Problem::new(Code::NotFound)) });
        assert_eq!(update(&mut state, Action::CameOnline), [], "that there is none is an answer");
    }

    #[test]
    fn a_page_becomes_theirs_who_watch_by_now_and_a_film_is_not_begun_anew_for_them() {
        let mut state = State { viewer: Some("ada".to_owned()), ..State::default() };
        let asked = [Effect::Send(Request::Watcher(GetWatcher {}))];
        let told = update(&mut state, Action::ViewerMayHaveChanged);
        let [Effect::After { action, .. }] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!(update(&mut state, (**action).clone()), asked, "it may be this page's own doing, which leads elsewhere");
        let other = || Action::WatcherAnswered(Ok(Watching { viewer: Some("bea".to_owned()), ..Watching::default() }));
        update(&mut state, Action::Opened(Route::Home));
        let forgotten = Effect::ForgetDrafts { but_of: None };
        assert_eq!(update(&mut state, other()), [forgotten.clone(), Effect::LoadAnew { address: "/".to_owned() }]);
        update(&mut state, Action::Opened(Route::watch("t1".parse().unwrap())));
        assert_eq!(update(&mut state, other()), [forgotten]);
        assert!(state.watch.session.failed().is_some(), "it ends in words");
    }

    #[test]
    fn what_another_device_left_off_is_offered_until_it_goes_on_here() {
        let film: TitleId = "film".parse().unwrap();
        let mut state = State::default();
        state.saved.resume_offer = Some(film.clone());
        update(&mut state, Action::Opened(Route::watch("other".parse().unwrap())));
        assert_eq!(state.saved.resume_offer.as_ref(), Some(&film));
        update(&mut state, Action::Opened(Route::watch(film)));
        assert_eq!(state.saved.resume_offer, None);
    }

    #[test]
    fn a_film_is_not_begun_anew_because_another_page_failed() {
        let mut state = State::default();
        update(&mut state, Action::Opened(Route::Home));
        update(&mut state, Action::HomeAnswered(Err(away())));
        let film: TitleId = "film".parse().unwrap();
        update(&mut state, Action::Opened(Route::watch(film.clone())));
        assert_eq!(update(&mut state, Action::CameOnline), []);
        let visit = state.watch.session.key().cloned().unwrap();
        update(&mut state, Action::PlaybackAnswered { visit, answer: Err(away()) });
        let effects = update(&mut state, Action::CameOnline);
        assert!(matches!(effects.as_slice(), [Effect::Send(Request::Playback { .. })]), "{effects:?}");
    }

    #[test]
    fn a_search_that_failed_is_asked_again_as_it_stands() {
        let mut state = State::default();
        update(&mut state, Action::Opened(Route::Search { q: "alien".into() }));
        let asked = state.search.results.key().cloned().unwrap();
        update(&mut state, Action::SearchAnswered { asked: asked.clone(), answer: Err(away()) });
        let effects = update(&mut state, Action::CameOnline);
        assert!(effects.contains(&Effect::Send(Request::Search(asked))), "{effects:?}");
    }
}
