//! What is tried of saving what a viewer set.

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

fn told(revision: u64) -> Action {
    Action::SettingsMayHaveChanged { revision: Some(revision) }
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
    let effects = update(&mut other, refused());
    assert!(
        matches!(effects.as_slice(), [Effect::After { timer: Timer::Toast(_), .. }]),
        "refused again it would be: {effects:?}"
    );
    update(&mut state, Action::PreferencesChanged(Preferences { letter_keys: false, ..light() }));
    let effects = update(&mut state, refused());
    assert!(matches!(effects.last(), Some(Effect::Send(Request::Save { .. }))), "{effects:?}");
}

#[test]
fn that_settings_are_refused_is_said_once_and_what_another_device_sets_is_taken_over_all_the_same() {
    let mut state = State::default();
    update(&mut state, stored(Preferences::default()));
    let refused = |state: &mut State| {
        let answer = Err(Problem::new(Code::VersionConflict));
        update(state, Action::SaveAnswered { preferences: state.preferences.clone(), answer })
    };
    let said = |state: &State| state.notices.toasts.iter().map(|toast| toast.message.clone()).collect::<Vec<_>>();
    update(&mut state, Action::Opened(Route::Settings));
    update(&mut state, Action::SaveDue);
    refused(&mut state);
    assert_eq!(said(&state), [], "the viewer set nothing");
    update(&mut state, Action::PreferencesChanged(light()));
    assert_eq!(update(&mut state, told(4)), [], "after the save");
    let effects = refused(&mut state);
    assert!(effects.contains(&Effect::Send(Request::Snapshot(GetSnapshot {}))), "{effects:?}");
    update(&mut state, Action::PreferencesChanged(Preferences { letter_keys: false, ..light() }));
    refused(&mut state);
    assert_eq!(said(&state), [Message::SettingsNotSaved(Code::VersionConflict)]);
    assert!(!state.preferences.letter_keys, "it holds on this page");
    let elsewhere = Preferences { volume: 40, ..Preferences::default() };
    let answer = Ok(SnapshotRevision { revision: 4, ..revision(elsewhere.clone()) });
    update(&mut state, Action::SnapshotAnswered(answer));
    assert_eq!(state.preferences, elsewhere);
}

#[test]
fn a_snapshot_that_this_build_cannot_read_changes_nothing_and_is_asked_for_once() {
    let mut state = State::default();
    update(&mut state, stored(light()));
    assert_eq!(update(&mut state, told(4)).len(), 1);
    let mut newer = revision(Preferences::default()).snapshot.unwrap();
    newer.format += 1;
    let answer = SnapshotRevision { revision: 4, snapshot: Some(newer), is_from_elsewhere: true };
    assert_eq!(update(&mut state, Action::SnapshotAnswered(Ok(answer))), []);
    assert_eq!(state.preferences, light());
    assert_eq!(update(&mut state, told(4)), []);
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

#[test]
fn what_another_device_sets_is_asked_for_once_and_taken_over() {
    let mut state = State::default();
    let asked = [Effect::Send(Request::Snapshot(GetSnapshot {}))];
    update(&mut state, stored(Preferences::default()));
    assert_eq!(update(&mut state, told(3)), [], "it is known here");
    assert_eq!(update(&mut state, Action::SettingsMayHaveChanged { revision: None }), asked);
    assert_eq!(update(&mut state, told(4)), asked);
    let answer = |revision| Action::SnapshotAnswered(Ok(SnapshotRevision { revision, ..self::revision(light()) }));
    assert_eq!(update(&mut state, answer(2)), [], "of before");
    assert_eq!(update(&mut state, answer(4)), [Effect::Apply(light())]);
    assert_eq!(update(&mut state, told(4)), []);
}

#[test]
fn what_may_have_been_set_is_asked_for_once_and_not_with_each_screen_after_it() {
    let mut state = State::default();
    let asked = Effect::Send(Request::Snapshot(GetSnapshot {}));
    let maybe = Action::SettingsMayHaveChanged { revision: None };
    update(&mut state, stored(Preferences::default()));
    assert!(update(&mut state, maybe.clone()).contains(&asked));
    assert!(!update(&mut state, Action::Opened(Route::Settings)).contains(&asked));
    update(&mut state, Action::Opened(Route::watch("heat".parse().unwrap())));
    assert_eq!(update(&mut state, maybe), [], "a film that plays is left alone");
    assert!(update(&mut state, Action::Opened(Route::Settings)).contains(&asked), "it is asked for after that");
}

#[test]
fn what_another_device_sets_while_a_save_is_under_way_is_asked_for_after_that_unless_it_came_with_it() {
    for (heard, asks) in [(3, false), (4, true)] {
        let mut state = State::default();
        update(&mut state, Action::PreferencesChanged(light()));
        assert_eq!(update(&mut state, told(heard)), []);
        let effects = update(&mut state, saved(&light(), light()));
        assert_eq!(effects.contains(&Effect::Send(Request::Snapshot(GetSnapshot {}))), asks, "{effects:?}");
    }
}

#[test]
fn of_what_is_set_others_are_told_and_of_another_screen_nobody_is() {
    let mut state = State::default();
    let notifies = |effects: &[Effect]| match effects {
        [Effect::Send(Request::Save { call, .. })] => call.notifies,
        other => panic!("{other:?}"),
    };
    update(&mut state, Action::Opened(Route::Home));
    assert!(!notifies(&update(&mut state, Action::SaveDue)));
    update(&mut state, saved(&Preferences::default(), Preferences::default()));
    update(&mut state, Action::PreferencesChanged(Preferences { volume: 40, ..Preferences::default() }));
    assert!(notifies(&update(&mut state, Action::SaveDue)));
}

#[test]
fn a_film_that_plays_is_as_it_was_set_here_until_it_is_left() {
    let film = Route::watch("film".parse().unwrap());
    let loud = Preferences { volume: 80, ..light() };
    let mut state = State::default();
    update(&mut state, stored(Preferences::default()));
    update(&mut state, Action::Opened(film));
    assert_eq!(update(&mut state, told(4)), []);
    update(&mut state, Action::PreferencesChanged(light()));
    let answer = Ok(SnapshotRevision { revision: 5, ..revision(loud.clone()) });
    update(&mut state, Action::SaveAnswered { preferences: light(), answer });
    assert_eq!(state.preferences, light());
    let effects = update(&mut state, Action::Opened(Route::Settings));
    assert!(effects.contains(&Effect::Send(Request::Snapshot(GetSnapshot {}))), "{effects:?}");
    update(&mut state, Action::SnapshotAnswered(Ok(SnapshotRevision { revision: 5, ..revision(loud.clone()) })));
    assert_eq!(state.preferences, loud);
}

#[test]
fn a_film_in_a_document_that_was_rendered_begins_with_what_was_set_as_the_page_before_it_went() {
    let answered = |revision: u64, preferences: Preferences| {
        Action::SnapshotAnswered(Ok(SnapshotRevision { revision, ..self::revision(preferences) }))
    };
    let mut state = State::default();
    update(&mut state, Action::Started(Route::watch("film".parse().unwrap())));
    update(&mut state, answered(2, Preferences::default()));
    let effects = update(&mut state, Action::Hydrated);
    assert!(effects.contains(&Effect::Send(Request::Snapshot(GetSnapshot {}))), "{effects:?}");
    assert_eq!(update(&mut state, answered(3, light())), [Effect::Apply(light())]);
    assert_eq!(update(&mut state, answered(4, Preferences::default())), [], "it plays");
    assert_eq!(state.preferences, light());
    let effects = update(&mut State::default(), Action::Hydrated);
    assert!(!effects.contains(&Effect::Send(Request::Snapshot(GetSnapshot {}))), "no other page asks for it twice: {effects:?}");
}

#[test]
fn a_save_that_did_not_arrive_goes_as_soon_as_there_is_a_network_and_one_that_only_waits_for_quiet_does_not() {
    let mut state = State::default();
    update(&mut state, Action::Opened(Route::Settings));
    assert_eq!(update(&mut state, Action::CameOnline), []);
    update(&mut state, Action::PreferencesChanged(light()));
    assert_eq!(update(&mut state, Action::CameOnline), [], "it is under way");
    let answer = Err(Problem::new(Code::Unreachable));
    update(&mut state, Action::SaveAnswered { preferences: light(), answer });
    assert!(snapshot::waits(&state.saved));
    let effects = update(&mut state, Action::CameOnline);
    assert!(matches!(effects.as_slice(), [Effect::Send(Request::Save { .. })]), "{effects:?}");
    assert!(!snapshot::waits(&state.saved));
}
