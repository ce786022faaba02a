//! What happens to the slice of recommendations. Pure.

use contract::discovery::MyRows;

use super::{
    Recommendations, RecommendationsAction as Action, RecommendationsEffect as Effect, RecommendationsRequest as Request,
};
use crate::{
    parts::words,
    route::Route,
    store::{Resource, Submission, action::Response},
};

pub fn update(state: &mut Recommendations, action: Action) -> Vec<Effect> {
    match action {
        Action::Opened(route) => opened(state, &route),
        Action::RetryWanted => retry(state),
        Action::RowsAnswered(answer) => {
            state.rows.answer(&(), answer);
            Vec::new()
        }
        Action::SettingsWanted => settings(state),
        Action::SettingsAnswered(answer) => {
            state.is_on.answer(&(), answer);
            Vec::new()
        }
        // It is kept up to date from then on.
        Action::HiddenWanted => state.hidden.load(()).then_some(Effect::Send(Request::Hidden)).into_iter().collect(),
        Action::HiddenAnswered(answer) => {
            state.hidden.answer(&(), answer);
            Vec::new()
        }
        Action::SwitchWanted { is_on } => {
            if !state.switching.begin() {
                return Vec::new();
            }
            vec![Effect::Send(Request::Switch { is_on })]
        }
        Action::SwitchAnswered { is_on, answer } => switched(state, is_on, answer),
        Action::HiddenChanged => {
            state.is_outdated = true;
            if state.hidden.key().is_none() {
                return Vec::new();
            }
            state.hidden.refresh(());
            vec![Effect::Send(Request::Hidden)]
        }
        Action::ChangedElsewhere => {
            state.is_outdated = true;
            let is_of_settings = state.is_on.key().is_some();
            if is_of_settings {
                return settings(state);
            }
            if state.hidden.key().is_none() {
                return Vec::new();
            }
            state.hidden.refresh(());
            vec![Effect::Send(Request::Hidden)]
        }
    }
}

/// The rows stay as they are for as long as nothing changes what they are made of: whoever comes back finds what they left.
fn opened(state: &mut Recommendations, route: &Route) -> Vec<Effect> {
    state.is_outdated |= matches!(route, Route::Watch { .. });
    if *route != Route::Home {
        return Vec::new();
    }
    if std::mem::take(&mut state.is_outdated) {
        state.rows.refresh(());
        return vec![Effect::Send(Request::Rows)];
    }
    state.rows.load(()).then_some(Effect::Send(Request::Rows)).into_iter().collect()
}

fn settings(state: &mut Recommendations) -> Vec<Effect> {
    state.is_on.refresh(());
    state.hidden.refresh(());
    vec![Effect::Send(Request::Settings), Effect::Send(Request::Hidden)]
}

/// Rows that fail are no failure of the home page: it is whole without them.
fn retry(state: &mut Recommendations) -> Vec<Effect> {
    let mut effects = Vec::new();
    if state.rows.failed().is_some() {
        state.rows.refresh(());
        effects.push(Effect::Send(Request::Rows));
    }
    if state.is_on.failed().is_some() {
        effects.extend(settings(state));
    }
    effects
}

fn switched(state: &mut Recommendations, is_on: bool, answer: Response<()>) -> Vec<Effect> {
    state.switching = Submission::Idle;
    match answer {
        Ok(()) => {
            state.is_on = Resource::of((), is_on);
            // Those of before are nobody's any more.
            state.rows = if is_on { Resource::default() } else { Resource::of((), MyRows { is_on, rows: Vec::new() }) };
            vec![Effect::note(if is_on {
                "Films are recommended to you from now on."
            } else {
                "Recommendations are off. Within an hour, what you watch and rate is not used for anybody else\u{2019}s either."
            })]
        }
        Err(problem) => vec![Effect::note(words::problem(&problem))],
    }
}

#[cfg(test)]
mod tests {
    use contract::{Code, Problem};

    use super::*;

    fn answered(state: &mut Recommendations) {
        update(state, Action::RowsAnswered(Ok(MyRows { is_on: true, rows: Vec::new() })));
    }

    #[test]
    fn rows_are_asked_for_once_and_again_after_something_was_watched() {
        let mut state = Recommendations::default();
        let rows = [Effect::Send(Request::Rows)];
        assert_eq!(update(&mut state, Action::Opened(Route::Home)), rows);
        answered(&mut state);
        assert_eq!(update(&mut state, Action::Opened(Route::Settings)), []);
        assert_eq!(update(&mut state, Action::Opened(Route::Home)), []);
        update(&mut state, Action::Opened(Route::watch("x".parse().unwrap())));
        assert_eq!(update(&mut state, Action::Opened(Route::Home)), rows);
        assert!(state.rows.ready().is_some(), "what is on the screen stays meanwhile");
    }

    #[test]
    fn what_is_unwanted_is_asked_for_once_by_what_shows_it_and_again_where_it_changed() {
        let mut state = Recommendations::default();
        let hidden = [Effect::Send(Request::Hidden)];
        assert_eq!(update(&mut state, Action::HiddenWanted), hidden);
        assert_eq!(update(&mut state, Action::HiddenWanted), [], "it is on its way");
        update(&mut state, Action::HiddenAnswered(Ok(Vec::new())));
        assert_eq!(update(&mut state, Action::HiddenWanted), []);
        assert_eq!(update(&mut state, Action::ChangedElsewhere), hidden, "and nothing of the settings, which nobody looks at");
    }

    #[test]
    fn rows_that_failed_are_asked_for_when_the_viewer_tries_again() {
        let mut state = Recommendations::default();
        update(&mut state, Action::Opened(Route::Home));
        update(&mut state, Action::RowsAnswered(Err(Problem::new(Code::Overloaded))));
        assert_eq!(update(&mut state, Action::RetryWanted), [Effect::Send(Request::Rows)]);
    }

    #[test]
    fn who_wants_none_has_no_rows_at_once_and_a_refusal_changes_nothing() {
        let mut state = Recommendations::default();
        update(&mut state, Action::Opened(Route::Home));
        answered(&mut state);
        assert_eq!(update(&mut state, Action::SwitchWanted { is_on: false }), [Effect::Send(Request::Switch { is_on: false })]);
        assert_eq!(update(&mut state, Action::SwitchWanted { is_on: false }), [], "it is on its way");
        let refused = Action::SwitchAnswered { is_on: false, answer: Err(Problem::new(Code::NotAllowed)) };
        assert_eq!(update(&mut state, refused).len(), 1);
        assert!(state.rows.ready().is_some_and(|rows| rows.is_on));
        update(&mut state, Action::SwitchWanted { is_on: false });
        update(&mut state, Action::SwitchAnswered { is_on: false, answer: Ok(()) });
        assert!(state.rows.ready().is_some_and(|rows| !rows.is_on));
        assert_eq!(state.is_on.ready(), Some(&false));
    }

    #[test]
    fn what_another_device_changed_is_asked_for_where_it_is_on_the_screen_and_for_rows_by_the_next_home_page() {
        let mut state = Recommendations::default();
        update(&mut state, Action::Opened(Route::Home));
        answered(&mut state);
        assert_eq!(update(&mut state, Action::ChangedElsewhere), [], "rows do not change under a viewer");
        update(&mut state, Action::Opened(Route::Settings));
        assert_eq!(update(&mut state, Action::Opened(Route::Home)), [Effect::Send(Request::Rows)]);
        update(&mut state, Action::SettingsWanted);
        let both = [Effect::Send(Request::Settings), Effect::Send(Request::Hidden)];
        assert_eq!(update(&mut state, Action::ChangedElsewhere), both);
    }
}
