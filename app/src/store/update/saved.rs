//! The snapshot on the server: when it is due, what conflicts mean, what another device left behind.
//!
//! What a viewer chose is sent at once, and what they drag, or pass through, once that is quiet; what is due as the page goes is
//! sent as it goes ([`left`]).

use contract::Code;
use contract::library::{ATTEMPTS, GetSnapshot, SaveSnapshot, SnapshotRevision};

use crate::{
    route::Route,
    store::{
        Action, Effect, Request,
        action::Response,
        draft::Draft,
        effect::Timer,
        hidden_rows::HiddenRows,
        resource::may_pass,
        snapshot,
        state::{CaptionStyle, Preferences},
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

/// The page goes: what the viewer set and what is not known to have arrived goes now, and nobody is told what became of it.
///
/// A save that is under way is cut off with the page, or arrives, and what others saved since is not known here: so this is merged into
/// what is there, and follows no revision. What is under way does, and is refused where it comes after this.
pub fn left(state: &mut Draft<'_>) -> Vec<Effect> {
    let saved = &state.saved;
    let is_set = saved.unanswered.iter().chain([&saved.preferences]).any(|there| *there != state.preferences);
    if !(saved.is_due || saved.is_under_way) || !is_set {
        return Vec::new();
    }
    let call = snapshot::merge(state);
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

/// The snapshot was read, as the page was opened or after a conflict: what was set elsewhere is taken over, what was set here
/// since is kept, and saved again where the two differ.
pub fn answered(state: &mut Draft<'_>, answer: Response<SnapshotRevision>) -> Vec<Effect> {
    // Without an answer the defaults serve; the next save finds the right revision by its conflict.
    let Ok(SnapshotRevision { revision, snapshot, is_from_elsewhere }) = answer else { return Vec::new() };
    let is_first = state.saved.revision == 0;
    let stored = snapshot.and_then(|saved| snapshot::read(&saved)).unwrap_or_default();
    // What was sent and taken back again was set here as well.
    let bases = state.saved.unanswered.iter().chain([&state.saved.preferences]);
    let merged = bases.fold(stored.preferences.clone(), |merged, base| merge(base, &state.preferences, &merged));
    let has_changed = state.preferences != merged;
    let is_to_be_saved = state.saved.is_due || merged != stored.preferences;
    let saved = state.saved_mut();
    saved.revision = revision;
    saved.preferences = stored.preferences;
    if is_first
        && is_from_elsewhere
        && state.route == Route::Home
        && let Route::Watch { id, .. } = stored.route
    {
        state.saved_mut().resume_offer = Some(id);
    }
    let mut effects = Vec::new();
    if has_changed {
        *state.preferences_mut() = merged.clone();
        effects.push(Effect::Apply(merged));
    }
    if is_to_be_saved {
        effects.extend(worth_saving(state));
    }
    effects
}

/// Field by field: what was set here since `base` stays, and anything else is as it was set elsewhere.
fn merge(base: &Preferences, here: &Preferences, elsewhere: &Preferences) -> Preferences {
    fn pick<T: PartialEq + Clone>(base: &T, here: &T, elsewhere: &T) -> T {
        if here == base { elsewhere.clone() } else { here.clone() }
    }
    macro_rules! merged {
        ($($field:ident),* $(,)?) => {
            Preferences {
                $($field: pick(&base.$field, &here.$field, &elsewhere.$field),)*
                hidden_rows: HiddenRows::merged(&base.hidden_rows, &here.hidden_rows, &elsewhere.hidden_rows),
                captions: merge_captions(base.captions, here.captions, elsewhere.captions),
            }
        };
    }
    merged!(
        theme,
        letter_keys,
        autoplay_next,
        audio_language,
        audio_role,
        caption_language,
        caption_role,
        quality,
        volume,
        muted,
        speed,
    )
}

/// The same for how captions look.
fn merge_captions(base: CaptionStyle, here: CaptionStyle, elsewhere: CaptionStyle) -> CaptionStyle {
    fn pick<T: PartialEq>(base: T, here: T, elsewhere: T) -> T {
        if here == base { elsewhere } else { here }
    }
    CaptionStyle {
        size: pick(base.size, here.size, elsewhere.size),
        font: pick(base.font, here.font, elsewhere.font),
        colour: pick(base.colour, here.colour, elsewhere.colour),
        edge: pick(base.edge, here.edge, elsewhere.edge),
        ground: pick(base.ground, here.ground, elsewhere.ground),
        ground_colour: pick(base.ground_colour, here.ground_colour, elsewhere.ground_colour),
        position: pick(base.position, here.position, elsewhere.position),
    }
}

pub fn due(state: &mut Draft<'_>) -> Vec<Effect> {
    // One at a time: each follows the revision that the one before made.
    if !state.saved.is_due || state.saved.is_under_way {
        return Vec::new();
    }
    attempt(state);
    state.saved_mut().is_under_way = true;
    let call = SaveSnapshot { after: state.saved.revision, snapshot: snapshot::write(state) };
    vec![Effect::Send(Request::Save { call, preferences: state.preferences.clone() })]
}

/// `preferences` are those that were saved, or were to be. What changed meanwhile goes next, whatever became of them.
pub fn save_answered(state: &mut Draft<'_>, preferences: Preferences, answer: Response<SnapshotRevision>) -> Vec<Effect> {
    state.saved_mut().is_under_way = false;
    match answer {
        Ok(saved) => {
            let acknowledged = state.saved_mut();
            acknowledged.revision = saved.revision;
            acknowledged.preferences = preferences;
            acknowledged.unanswered.clear();
            due(state)
        }
        Err(problem) if problem.code == Code::VersionConflict => {
            state.saved_mut().is_due = true;
            vec![Effect::Send(Request::Snapshot(GetSnapshot {}))]
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
    use contract::Problem;

    use super::*;
    use crate::store::{
        State,
        state::{CaptionColour, CaptionFont, CaptionPosition, Theme},
        update::tests::update,
    };

    fn light() -> Preferences {
        Preferences { theme: Theme::Light, ..Preferences::default() }
    }

    #[test]
    fn what_is_dragged_is_saved_once_things_are_quiet() {
        let mut state = State::default();
        state.saved.revision = 4;
        let effects = update(&mut state, Action::PreferencesChanged(Preferences { volume: 40, ..Preferences::default() }));
        assert!(matches!(effects.last(), Some(Effect::After { timer: Timer::Save, .. })));
        let effects = update(&mut state, Action::SaveDue);
        let [Effect::Send(Request::Save { call, .. })] = effects.as_slice() else { panic!("{effects:?}") };
        assert_eq!(call.after, 4);
        assert_eq!(update(&mut state, Action::SaveDue), [], "nothing changed since");
    }

    /// What is sent of the preferences as the page goes: that which is acknowledged, what was attempted, and what is set.
    fn sent_on_leaving(state: &mut State) -> Option<[Vec<Preferences>; 3]> {
        let read = |state: &serde_json::Value| serde_json::from_value(state["preferences"].clone()).unwrap();
        match update(state, Action::Left).as_slice() {
            [] => None,
            [Effect::SaveOnLeaving { call, .. }] => {
                Some([vec![read(&call.from)], call.attempted.iter().map(read).collect(), vec![read(&call.to)]])
            }
            other => panic!("{other:?}"),
        }
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
        let answer = Err(Problem::new(Code::Unreachable));
        update(&mut cut_off, Action::SaveAnswered { preferences: light(), answer });
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
        let answer = Err(Problem::new(Code::Unreachable));
        update(&mut state, Action::SaveAnswered { preferences: light(), answer });
        update(&mut state, Action::SaveDue);
        let answer = Err(Problem::new(Code::VersionConflict));
        update(&mut state, Action::SaveAnswered { preferences: Preferences::default(), answer });
        update(&mut state, stored(1, light()));
        assert_eq!(state.preferences.theme, Theme::System);
    }

    #[test]
    fn what_is_chosen_is_saved_at_once_and_what_is_chosen_meanwhile_after_that() {
        let mut state = State::default();
        let effects = update(&mut state, Action::PreferencesChanged(light()));
        assert!(matches!(effects.last(), Some(Effect::Send(Request::Save { .. }))), "{effects:?}");
        let both = Preferences { letter_keys: false, ..light() };
        assert_eq!(update(&mut state, Action::PreferencesChanged(both.clone())), [], "one at a time, of one revision");
        let answer = Ok(SnapshotRevision { revision: 1, ..SnapshotRevision::default() });
        let effects = update(&mut state, Action::SaveAnswered { preferences: light(), answer });
        let [Effect::Send(Request::Save { call, preferences })] = effects.as_slice() else { panic!("{effects:?}") };
        assert_eq!((call.after, preferences), (1, &both));
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
        let mut first = State::default();
        update(&mut first, Action::PreferencesChanged(light()));
        let saved = SnapshotRevision { revision: 1, snapshot: Some(snapshot::write(&first)), is_from_elsewhere: true };
        let mut second = State::default();
        let effects = update(&mut second, Action::SnapshotAnswered(Ok(saved)));
        assert_eq!(second.preferences, light());
        assert_eq!(second.saved.revision, 1);
        assert_eq!(effects, [Effect::Apply(light())]);
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

    /// What another device stored as this revision.
    fn stored(revision: u64, preferences: Preferences) -> Action {
        let other = State { preferences, ..State::default() };
        Action::SnapshotAnswered(Ok(SnapshotRevision {
            revision,
            snapshot: Some(snapshot::write(&other)),
            is_from_elsewhere: true,
        }))
    }

    #[test]
    fn two_devices_that_set_different_things_at_once_keep_both() {
        let mut state = State::default();
        update(&mut state, stored(3, Preferences { volume: 80, ..Preferences::default() }));
        let here = Preferences { theme: Theme::Light, ..state.preferences.clone() };
        let effects = update(&mut state, Action::PreferencesChanged(here));
        let Some(Effect::Send(Request::Save { preferences, .. })) = effects.last() else { panic!("{effects:?}") };
        let refused = Err(Problem::new(Code::VersionConflict));
        let effects = update(&mut state, Action::SaveAnswered { preferences: preferences.clone(), answer: refused });
        assert_eq!(effects, [Effect::Send(Request::Snapshot(GetSnapshot {}))]);

        update(&mut state, stored(4, Preferences { volume: 80, speed: 150, ..Preferences::default() }));
        let both = Preferences { theme: Theme::Light, volume: 80, speed: 150, ..Preferences::default() };
        assert_eq!(state.preferences, both);
        let effects = update(&mut state, Action::SaveDue);
        let [Effect::Send(Request::Save { call, preferences })] = effects.as_slice() else { panic!("{effects:?}") };
        assert_eq!((call.after, preferences), (4, &both), "it is saved again, over the other device's");
    }

    #[test]
    fn of_how_captions_look_each_device_keeps_what_was_set_on_it() {
        let mut state = State::default();
        let styled = |captions| Preferences { captions, ..Preferences::default() };
        update(&mut state, stored(3, Preferences::default()));
        let here = CaptionStyle { colour: CaptionColour::Yellow, ..CaptionStyle::default() };
        update(&mut state, Action::PreferencesChanged(styled(here)));
        let elsewhere = CaptionStyle { font: CaptionFont::Serif, position: CaptionPosition::Top, ..CaptionStyle::default() };
        update(&mut state, stored(4, styled(elsewhere)));
        assert_eq!(state.preferences.captions, CaptionStyle { colour: CaptionColour::Yellow, ..elsewhere });
    }

    #[test]
    fn of_one_thing_that_two_devices_set_the_later_stays_and_what_is_acknowledged_is_no_change_of_here() {
        let mut state = State::default();
        update(&mut state, Action::PreferencesChanged(light()));
        let saved = SnapshotRevision { revision: 1, ..SnapshotRevision::default() };
        update(&mut state, Action::SaveAnswered { preferences: light(), answer: Ok(saved) });
        update(&mut state, stored(2, Preferences { theme: Theme::Dark, ..Preferences::default() }));
        assert_eq!(state.preferences.theme, Theme::Dark);
    }
}
