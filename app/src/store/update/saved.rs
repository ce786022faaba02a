//! The snapshot on the server: when it is due, what conflicts mean, what another device left behind.

use contract::Code;
use contract::library::{GetSnapshot, SaveSnapshot, SnapshotRevision};

use crate::{
    route::Route,
    store::{Action, Effect, Question, State, action::Answer, effect::Timer, snapshot},
};

/// How long nothing worth keeping must change before a save.
const QUIET_MILLISECONDS: u32 = 2_000;

/// Something worth keeping changed: a save is due when things are quiet.
pub fn worth_saving(state: &mut State) -> Option<Effect> {
    state.saved.is_due = true;
    Some(Effect::After { timer: Timer::Save, milliseconds: QUIET_MILLISECONDS, action: Box::new(Action::SaveDue) })
}

/// The snapshot was read as the page was opened: take over what the viewer set, offer where they were.
pub fn answered(state: &mut State, answer: Answer<SnapshotRevision>) -> Vec<Effect> {
    // Without an answer the defaults serve; the next save finds the right revision by its conflict.
    let Ok(SnapshotRevision { revision, snapshot }) = answer else { return Vec::new() };
    state.saved.revision = revision;
    let Some(kept) = snapshot.and_then(|saved| snapshot::read(&saved)) else { return Vec::new() };
    let has_changed = state.preferences != kept.preferences;
    state.preferences = kept.preferences;
    if state.route == Route::Home && matches!(kept.route, Route::Watch { .. }) {
        state.saved.elsewhere = Some(kept.route);
    }
    if has_changed { vec![Effect::Apply(state.preferences.clone())] } else { Vec::new() }
}

pub fn due(state: &mut State) -> Vec<Effect> {
    if !state.saved.is_due {
        return Vec::new();
    }
    state.saved.is_due = false;
    let save = SaveSnapshot { after: state.saved.revision, snapshot: snapshot::write(state) };
    vec![Effect::Ask(Question::Save(save))]
}

/// Another device saved in between: what this screen shows is the newer, so it follows that revision.
pub fn save_answered(state: &mut State, answer: Answer<SnapshotRevision>) -> Vec<Effect> {
    match answer {
        Ok(saved) => {
            state.saved.revision = saved.revision;
            Vec::new()
        }
        Err(problem) if problem.code == Code::VersionConflict => {
            state.saved.is_due = true;
            vec![Effect::Ask(Question::Snapshot(GetSnapshot {}))]
        }
        // Nothing that the viewer did is lost by it: the next change saves all.
        Err(_) => Vec::new(),
    }
}

pub fn elsewhere_dismissed(state: &mut State) -> Vec<Effect> {
    state.saved.elsewhere = None;
    Vec::new()
}

#[cfg(test)]
mod tests {
    use contract::Problem;

    use super::*;
    use crate::store::{
        state::{Preferences, Theme},
        update::update,
    };

    fn light() -> Preferences {
        Preferences { theme: Theme::Light, ..Preferences::default() }
    }

    #[test]
    fn a_change_is_saved_once_things_are_quiet() {
        let mut state = State::default();
        state.saved.revision = 4;
        let effects = update(&mut state, Action::PreferencesChanged(light()));
        assert!(matches!(effects.last(), Some(Effect::After { timer: Timer::Save, .. })));
        let effects = update(&mut state, Action::SaveDue);
        let [Effect::Ask(Question::Save(save))] = effects.as_slice() else { panic!("{effects:?}") };
        assert_eq!(save.after, 4);
        assert_eq!(update(&mut state, Action::SaveDue), [], "nothing changed since");
    }

    #[test]
    fn what_was_set_on_one_device_is_set_on_the_next() {
        let mut first = State::default();
        update(&mut first, Action::PreferencesChanged(light()));
        let saved = SnapshotRevision { revision: 1, snapshot: Some(snapshot::write(&first)) };
        let mut second = State::default();
        let effects = update(&mut second, Action::SnapshotAnswered(Ok(saved)));
        assert_eq!(second.preferences, light());
        assert_eq!(second.saved.revision, 1);
        assert_eq!(effects, [Effect::Apply(light())]);
    }

    #[test]
    fn a_film_left_on_another_device_is_offered_on_the_home_page() {
        let watching = Route::Watch { id: "film".parse().unwrap() };
        let first = State { route: watching.clone(), ..State::default() };
        let saved = SnapshotRevision { revision: 1, snapshot: Some(snapshot::write(&first)) };
        let mut second = State::default();
        update(&mut second, Action::SnapshotAnswered(Ok(saved)));
        assert_eq!(second.saved.elsewhere, Some(watching));
    }

    #[test]
    fn a_conflict_reads_the_other_revision_and_saves_again() {
        let mut state = State::default();
        let effects = update(&mut state, Action::SaveAnswered(Err(Problem::new(Code::VersionConflict))));
        assert_eq!(effects, [Effect::Ask(Question::Snapshot(GetSnapshot {}))]);
        assert!(state.saved.is_due);
    }
}
