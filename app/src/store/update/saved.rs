//! The snapshot on the server: when it is due, and what another device left behind.
//!
//! What a viewer chose is sent at once, and what they drag, or pass through, once that is quiet; what is due as the page goes is
//! sent as it goes ([`left`]). Each save names what it started from and what it makes of that, the server merges it into what is stored
//! by then, and answers with what came of it: two devices never conflict.

use contract::library::{ATTEMPTS, SnapshotRevision};

use crate::{
    route::Route,
    store::{
        Action, Effect, Request, action::Response, draft::Draft, effect::Timer, resource::may_pass, snapshot, state::Preferences,
    },
};

/// How long nothing worth keeping must change before a save.
const QUIET_MILLISECONDS: u32 = 2_000;
/// Until a save that did not arrive is tried again.
const AGAIN_MILLISECONDS: u32 = 30_000;

/// Something worth keeping changed: a save is due when things are quiet.
pub fn worth_saving(state: &mut Draft<'_>) -> Option<Effect> {
    state.saved_mut().is_due = true;
    Some(Effect::After { timer: Timer::Save, milliseconds: QUIET_MILLISECONDS, action: Box::new(Action::SaveDue) })
}

/// The viewer set something: it is saved at once, or after the save that is under way.
pub fn set(state: &mut Draft<'_>) -> Vec<Effect> {
    state.saved_mut().is_due = true;
    due(state)
}

/// The page goes: what the viewer set and what is not known to have arrived goes now, and nobody is told what became of it. A save that
/// is under way is cut off with the page, or arrives.
pub fn left(state: &mut Draft<'_>) -> Vec<Effect> {
    let saved = &state.saved;
    let is_set = saved.unanswered.iter().chain([&saved.preferences]).any(|there| *there != state.preferences);
    if !(saved.is_due || saved.is_under_way) || !is_set {
        return Vec::new();
    }
    let call = snapshot::save(state);
    attempt(state);
    vec![Effect::SaveOnLeaving { call, viewer: state.viewer.clone() }]
}

/// What is set goes now, and may arrive whether that is heard of or not.
fn attempt(state: &mut Draft<'_>) {
    let preferences = state.preferences.clone();
    let saved = state.saved_mut();
    saved.is_due = false;
    if !saved.unanswered.contains(&preferences) {
        saved.unanswered.push(preferences);
        let surplus = saved.unanswered.len().saturating_sub(ATTEMPTS);
        saved.unanswered.drain(..surplus);
    }
}

/// The snapshot was read as the page was opened. What was set here before it came stays: the save of that is answered with both.
pub fn read(state: &mut Draft<'_>, answer: Response<SnapshotRevision>) -> Vec<Effect> {
    // Without an answer the defaults serve, and the first save is answered with what is stored.
    let Ok(SnapshotRevision { snapshot, is_from_elsewhere, .. }) = answer else { return Vec::new() };
    let stored = snapshot.and_then(|saved| snapshot::read(&saved)).unwrap_or_default();
    if is_from_elsewhere
        && state.route == Route::Home
        && let Route::Watch { id, .. } = stored.route
    {
        state.saved_mut().resume_offer = Some(id);
    }
    if state.preferences == state.saved.preferences && !state.saved.is_under_way {
        return take_over(state, stored.preferences);
    }
    Vec::new()
}

/// What is stored is what is set here.
fn take_over(state: &mut Draft<'_>, stored: Preferences) -> Vec<Effect> {
    state.saved_mut().preferences = stored.clone();
    if state.preferences == stored {
        return Vec::new();
    }
    *state.preferences_mut() = stored.clone();
    vec![Effect::Apply(stored)]
}

pub fn due(state: &mut Draft<'_>) -> Vec<Effect> {
    // One at a time: the next starts from what became of this one.
    if !state.saved.is_due || state.saved.is_under_way {
        return Vec::new();
    }
    let call = snapshot::save(state);
    attempt(state);
    state.saved_mut().is_under_way = true;
    vec![Effect::Send(Request::Save { call, preferences: state.preferences.clone() })]
}

/// `preferences` are those that were saved, or were to be. What changed meanwhile goes next, whatever became of them.
pub fn save_answered(state: &mut Draft<'_>, preferences: Preferences, answer: Response<SnapshotRevision>) -> Vec<Effect> {
    state.saved_mut().is_under_way = false;
    match answer {
        Ok(SnapshotRevision { snapshot, .. }) => {
            let has_changed = state.preferences != preferences;
            let acknowledged = state.saved_mut();
            acknowledged.unanswered.clear();
            acknowledged.preferences = preferences;
            if has_changed {
                return due(state);
            }
            let mut effects = snapshot
                .and_then(|saved| snapshot::read(&saved))
                .map_or_else(Vec::new, |stored| take_over(state, stored.preferences));
            effects.extend(due(state));
            effects
        }
        Err(problem) if !may_pass(&problem) => due(state),
        Err(_) => {
            state.saved_mut().is_due = true;
            vec![Effect::After { timer: Timer::Save, milliseconds: AGAIN_MILLISECONDS, action: Box::new(Action::SaveDue) }]
        }
    }
}

pub fn resume_offer_dismissed(state: &mut Draft<'_>) -> Vec<Effect> {
    state.saved_mut().resume_offer = None;
    Vec::new()
}

#[cfg(test)]
mod tests {
    use contract::{Code, Problem};

    use super::*;
    use crate::store::{
        State,
        state::{CaptionFont, CaptionStyle, Theme},
        update::tests::update,
    };

    fn light() -> Preferences {
        Preferences { theme: Theme::Light, ..Preferences::default() }
    }

    #[test]
    fn what_is_dragged_is_saved_once_things_are_quiet() {
        let mut state = State::default();
        let quiet = Preferences { volume: 40, ..Preferences::default() };
        let effects = update(&mut state, Action::PreferencesChanged(quiet.clone()));
        assert!(matches!(effects.last(), Some(Effect::After { timer: Timer::Save, .. })));
        assert_eq!(sent(&update(&mut state, Action::SaveDue)), Some([vec![Preferences::default()], vec![], vec![quiet]]));
        assert_eq!(update(&mut state, Action::SaveDue), [], "nothing changed since");
    }

    /// What is sent of the preferences: those that are acknowledged, what was attempted, and what is set.
    fn sent(effects: &[Effect]) -> Option<[Vec<Preferences>; 3]> {
        let read = |state: &serde_json::Value| serde_json::from_value(state["preferences"].clone()).unwrap();
        match effects {
            [] => None,
            [Effect::SaveOnLeaving { call, .. } | Effect::Send(Request::Save { call, .. })] => {
                Some([vec![read(&call.from)], call.attempted.iter().map(read).collect(), vec![read(&call.to)]])
            }
            other => panic!("{other:?}"),
        }
    }

    fn sent_on_leaving(state: &mut State) -> Option<[Vec<Preferences>; 3]> {
        sent(&update(state, Action::Left))
    }

    /// That these were saved, and what is stored since.
    fn saved(preferences: &Preferences, stored: Preferences) -> Action {
        Action::SaveAnswered { preferences: preferences.clone(), answer: Ok(revision(stored)) }
    }

    /// What another device stored.
    fn stored(preferences: Preferences) -> Action {
        Action::SnapshotAnswered(Ok(SnapshotRevision { is_from_elsewhere: true, ..revision(preferences) }))
    }

    fn revision(preferences: Preferences) -> SnapshotRevision {
        let snapshot = snapshot::write(&State { preferences, ..State::default() });
        SnapshotRevision { revision: 3, snapshot: Some(snapshot), is_from_elsewhere: false }
    }

    fn unreachable(preferences: Preferences) -> Action {
        Action::SaveAnswered { preferences, answer: Err(Problem::new(Code::Unreachable)) }
    }

    #[test]
    fn as_the_page_goes_all_that_may_not_have_arrived_is_named_whatever_became_of_the_save_under_way() {
        let mut state = State::default();
        assert_eq!(sent_on_leaving(&mut state), None, "nothing was set");
        update(&mut state, Action::PreferencesChanged(light()));
        let both = Preferences { letter_keys: false, ..light() };
        update(&mut state, Action::PreferencesChanged(both.clone()));
        let mut cut_off = state.clone();
        // Browsers end what is under way before the page hears that it goes.
        update(&mut cut_off, unreachable(light()));
        for mut state in [state, cut_off] {
            let sent = [vec![Preferences::default()], vec![light()], vec![both.clone()]];
            assert_eq!(sent_on_leaving(&mut state), Some(sent));
        }
    }

    #[test]
    fn what_is_taken_back_while_its_save_is_under_way_is_said_as_the_page_goes() {
        let mut state = State::default();
        update(&mut state, Action::PreferencesChanged(light()));
        update(&mut state, Action::PreferencesChanged(Preferences::default()));
        let sent = [vec![Preferences::default()], vec![light()], vec![Preferences::default()]];
        assert_eq!(sent_on_leaving(&mut state), Some(sent));
    }

    #[test]
    fn what_is_taken_back_while_nobody_knows_whether_its_save_arrived_does_not_come_back_by_itself() {
        let mut state = State::default();
        update(&mut state, Action::PreferencesChanged(light()));
        update(&mut state, Action::PreferencesChanged(Preferences::default()));
        update(&mut state, unreachable(light()));
        let again = [vec![Preferences::default()], vec![light()], vec![Preferences::default()]];
        assert_eq!(sent(&update(&mut state, Action::SaveDue)), Some(again));
    }

    #[test]
    fn what_is_chosen_is_saved_at_once_and_what_is_chosen_meanwhile_after_that() {
        let mut state = State::default();
        let effects = update(&mut state, Action::PreferencesChanged(light()));
        assert!(matches!(effects.last(), Some(Effect::Send(Request::Save { .. }))), "{effects:?}");
        let both = Preferences { letter_keys: false, ..light() };
        assert_eq!(update(&mut state, Action::PreferencesChanged(both.clone())), [], "one at a time");
        let effects = update(&mut state, saved(&light(), Preferences { volume: 80, ..light() }));
        assert_eq!(sent(&effects), Some([vec![light()], vec![], vec![both.clone()]]), "from what is known to have arrived");
        assert_eq!(state.preferences, both, "what others saved comes with the answer to that");
        update(&mut state, saved(&both, Preferences { volume: 80, ..both.clone() }));
        assert_eq!(state.preferences, Preferences { volume: 80, ..both });
        assert_eq!(sent_on_leaving(&mut state), None);
    }

    #[test]
    fn what_is_chosen_while_a_save_is_refused_is_saved_all_the_same() {
        let mut state = State::default();
        update(&mut state, Action::PreferencesChanged(light()));
        let refused = || Action::SaveAnswered { preferences: light(), answer: Err(Problem::new(Code::InvalidRequest)) };
        let mut other = state.clone();
        assert_eq!(update(&mut other, refused()), [], "what is refused once is refused again");
        update(&mut state, Action::PreferencesChanged(Preferences { letter_keys: false, ..light() }));
        let effects = update(&mut state, refused());
        assert!(matches!(effects.as_slice(), [Effect::Send(Request::Save { .. })]), "{effects:?}");
    }

    #[test]
    fn what_was_set_and_is_not_sent_yet_is_sent_as_the_page_goes_and_nothing_else_is() {
        let mut state = State::default();
        update(&mut state, Action::Opened(Route::Home));
        assert_eq!(update(&mut state, Action::Left), [], "where a viewer is, is no setting");
        update(&mut state, Action::PreferencesChanged(Preferences { volume: 40, ..Preferences::default() }));
        let effects = update(&mut state, Action::Left);
        assert!(matches!(effects.as_slice(), [Effect::SaveOnLeaving { .. }]), "{effects:?}");
        assert_eq!(update(&mut state, Action::Left), [], "once");
    }

    #[test]
    fn what_was_set_on_one_device_is_set_on_the_next() {
        let mut state = State::default();
        assert_eq!(update(&mut state, stored(light())), [Effect::Apply(light())]);
        assert_eq!(state.preferences, light());
        assert_eq!(sent_on_leaving(&mut state), None, "nothing was set here");
    }

    #[test]
    fn a_film_left_on_another_device_is_offered_on_the_home_page() {
        let watching = Route::watch("film".parse().unwrap());
        let first = State { route: watching.clone(), ..State::default() };
        let saved = SnapshotRevision { revision: 1, snapshot: Some(snapshot::write(&first)), is_from_elsewhere: true };
        let mut second = State::default();
        update(&mut second, Action::SnapshotAnswered(Ok(saved.clone())));
        assert_eq!(second.saved.resume_offer, Some("film".parse().unwrap()));
        let mut again = State::default();
        update(&mut again, Action::SnapshotAnswered(Ok(SnapshotRevision { is_from_elsewhere: false, ..saved })));
        assert_eq!(again.saved.resume_offer, None, "it was left here");
    }

    #[test]
    fn two_devices_that_set_different_things_at_once_keep_both() {
        let mut state = State::default();
        let loud = Preferences { volume: 80, ..Preferences::default() };
        update(&mut state, stored(loud.clone()));
        let here = Preferences { theme: Theme::Light, ..loud.clone() };
        update(&mut state, Action::PreferencesChanged(here.clone()));
        let both = Preferences { speed: 150, ..here.clone() };
        let effects = update(&mut state, saved(&here, both.clone()));
        assert_eq!(effects, [Effect::Apply(both.clone())]);
        assert_eq!((&state.preferences, &state.saved.preferences), (&both, &both));
    }

    #[test]
    fn what_is_set_before_the_snapshot_is_read_stays_and_what_was_stored_comes_with_its_save() {
        let elsewhere = Preferences { captions: CaptionStyle { font: CaptionFont::Serif, ..CaptionStyle::default() }, ..light() };
        for is_quiet in [true, false] {
            let mut state = State::default();
            let here = if is_quiet { Preferences { volume: 40, ..Preferences::default() } } else { light() };
            update(&mut state, Action::PreferencesChanged(here.clone()));
            assert_eq!(update(&mut state, stored(elsewhere.clone())), []);
            assert_eq!(state.preferences, here);
            let [from, _, to] = sent_on_leaving(&mut state).unwrap();
            assert_eq!((from, to), (vec![Preferences::default()], vec![here.clone()]), "no change of what it never read");
            update(&mut state, saved(&here, Preferences { volume: here.volume, ..elsewhere.clone() }));
            assert_eq!(state.preferences, Preferences { volume: here.volume, ..elsewhere.clone() });
        }
    }
}
