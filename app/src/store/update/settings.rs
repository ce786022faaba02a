//! The device and what the viewer set.

use contract::{
    device::{DeviceProfile, DeviceReport},
    identity::Watching,
};

use super::{mutations, notices, route, saved};
use crate::store::{
    Effect, Request,
    action::Response,
    draft::Draft,
    hidden_rows::HiddenRow,
    message::Message,
    state::{Preferences, Undo},
};

pub fn device_recognised(state: &mut Draft<'_>, profile: DeviceProfile) -> Vec<Effect> {
    state.device_mut().profile.clone_from(&profile);
    let mut effects = vec![Effect::Identify(profile)];
    // What the server said of this device before was said of a guess.
    if state.device.report.ready().is_some() {
        state.device_mut().report.refresh(());
        effects.push(Effect::Send(Request::Device));
    }
    effects
}

pub fn device_answered(state: &mut Draft<'_>, answer: Response<DeviceReport>) -> Vec<Effect> {
    state.device_mut().report.answer(&(), answer);
    Vec::new()
}

pub fn preferences_changed(state: &mut Draft<'_>, preferences: Preferences) -> Vec<Effect> {
    if state.preferences == preferences {
        return Vec::new();
    }
    let mut effects = Vec::new();
    if state.preferences.theme != preferences.theme || state.preferences.captions != preferences.captions {
        effects.push(Effect::Apply(preferences.clone()));
    }
    // The one thing that is dragged.
    let is_dragged = Preferences { volume: preferences.volume, ..state.preferences.clone() } == preferences;
    *state.preferences_mut() = preferences;
    if is_dragged {
        effects.extend(saved::worth_saving(state))
    } else {
        effects.extend(saved::set(state))
    }
    effects
}

/// Undo has the row stand where it stood.
pub fn row_hidden(state: &mut Draft<'_>, row: HiddenRow, text: String) -> Vec<Effect> {
    let undo = Undo::ShowRow(row.key.clone());
    let mut preferences = state.preferences.clone();
    preferences.hidden_rows.hide(row);
    let mut effects = preferences_changed(state, preferences);
    effects.extend(notices::toast(state, Message::Text(text), Some(undo)));
    effects
}

/// With nothing to say where Undo did it: the row that is back says it.
pub fn row_shown(state: &mut Draft<'_>, key: &str, text: Option<String>) -> Vec<Effect> {
    let mut preferences = state.preferences.clone();
    preferences.hidden_rows.bring_back(key);
    let mut effects = preferences_changed(state, preferences);
    // That it is hidden is no longer so.
    let undo = Some(Undo::ShowRow(key.to_owned()));
    state.notices_mut().toasts.retain(|toast| toast.undo != undo);
    effects.extend(text.into_iter().flat_map(|text| notices::toast(state, Message::Text(text), None)));
    effects
}

/// Without an answer the bar leads to the settings, as it does for a guest.
pub fn watcher_answered(state: &mut Draft<'_>, answer: Response<Watching>) -> Vec<Effect> {
    // Who is known stays, where nobody can be asked: a page that wakes without a network is no guest's for that.
    let Ok(Watching { watcher, viewer, may_not_watch, must_choose }) = answer else { return Vec::new() };
    if state.viewer.is_some() && state.viewer != viewer {
        // Who has to choose is signed in, though nobody of the account watches yet.
        return route::somebody_else_watches(state, watcher.is_some() || must_choose);
    }
    *state.watcher_mut() = watcher;
    *state.may_not_watch_mut() = may_not_watch;
    if viewer.is_none() {
        return vec![Effect::ForgetDrafts { but_of: None }];
    }
    if state.viewer == viewer {
        // Under a film somebody else may have watched meanwhile: what is written from now on is this viewer's again.
        return vec![Effect::ForgetDrafts { but_of: viewer }];
    }
    state.viewer_mut().clone_from(&viewer);
    let mut effects = mutations::viewer_known(state);
    effects.push(Effect::ForgetDrafts { but_of: viewer });
    effects
}

#[cfg(test)]
mod tests {
    use contract::{Code, Problem, device::DeviceSource, identity::Watcher};

    use super::*;
    use crate::store::{Action, State, resource::Resource, update::tests::update};

    #[test]
    fn who_watches_stays_known_where_nobody_can_be_asked() {
        let mut state = State::default();
        let viewer = Some("ada".to_owned());
        let watching = Watching { watcher: Some(Watcher::default()), viewer, may_not_watch: true, ..Watching::default() };
        update(&mut state, Action::WatcherAnswered(Ok(watching)));
        let known = state.clone();
        assert_eq!(update(&mut state, Action::WatcherAnswered(Err(Problem::new(Code::Unreachable)))), []);
        assert_eq!(state, known);
    }

    #[test]
    fn what_somebody_else_was_writing_in_this_tab_is_forgotten_as_soon_as_it_is_known_who_watches() {
        let known = |viewer: Option<&str>| {
            let viewer = viewer.map(str::to_owned);
            Action::WatcherAnswered(Ok(Watching { viewer, ..Watching::default() }))
        };
        for viewer in [Some("ada"), None] {
            let forgotten = Effect::ForgetDrafts { but_of: viewer.map(str::to_owned) };
            let effects = update(&mut State::default(), known(viewer));
            assert!(effects.contains(&forgotten), "{effects:?}");
        }
        let mut state = State::default();
        update(&mut state, known(Some("ada")));
        let rendered = update(&mut state.clone(), Action::Hydrated);
        assert!(rendered.contains(&Effect::ForgetDrafts { but_of: Some("ada".into()) }), "{rendered:?}");
        let left = update(&mut state.clone(), Action::ViewerChanged { address: "/".into() });
        let gone = Effect::ForgetDrafts { but_of: None };
        assert!(left.contains(&gone) && update(&mut state, known(Some("bob"))).contains(&gone), "{left:?}");
        let back = Effect::ForgetDrafts { but_of: Some("ada".into()) };
        assert_eq!(update(&mut state, known(Some("ada"))), [back], "who watches again may write again");
    }

    #[test]
    fn a_row_that_is_hidden_comes_back_by_undo_and_by_the_way_back_which_says_so() {
        let mut state = State::default();
        let hide = || Action::RowHidden {
            row: HiddenRow { key: "added".into(), heading: "New on this server".into() },
            text: "It is hidden.".into(),
        };
        update(&mut state, hide());
        assert!(state.preferences.hidden_rows.has("added"));
        let toast = state.notices.toasts[0].id;
        update(&mut state, Action::UndoWanted { id: toast, now: 1 });
        assert!(!state.preferences.hidden_rows.has("added") && state.notices.toasts.is_empty());
        assert!(state.mutations.is_empty(), "it is no change of the log: the preferences are saved as a whole");

        update(&mut state, hide());
        update(&mut state, Action::RowShown { key: "added".into(), text: "It is back.".into() });
        assert!(!state.preferences.hidden_rows.has("added"));
        let said: Vec<_> = state.notices.toasts.iter().map(|toast| (toast.message.clone(), toast.undo.is_some())).collect();
        assert_eq!(said, [(Message::Text("It is back.".into()), false)], "and no more that it is hidden");
    }

    #[test]
    fn what_was_said_of_a_guess_is_asked_again_once_the_device_is_known() {
        let profile = DeviceProfile::default();
        let mut state = State::default();
        let known = || Action::DeviceRecognised(DeviceProfile::default());
        assert_eq!(update(&mut state, known()), [Effect::Identify(profile.clone())]);
        let report = DeviceReport { profile: profile.clone(), source: DeviceSource::Default, offered_height: 1080 };
        state.device.report = Resource::of((), report);
        assert_eq!(update(&mut state, known()), [Effect::Identify(profile), Effect::Send(Request::Device)]);
    }
}
