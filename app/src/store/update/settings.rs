//! The device and what the viewer set.

use contract::{
    device::{DeviceProfile, DeviceReport},
    identity::Watching,
};

use super::{mutations, route, saved};
use crate::store::{Effect, Request, action::Response, draft::Draft, state::Preferences};

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

/// Without an answer the bar leads to the settings, as it does for a guest.
pub fn watcher_answered(state: &mut Draft<'_>, answer: Response<Watching>) -> Vec<Effect> {
    // Who is known stays, where nobody can be asked: a page that wakes without a network is no guest's for that.
    let Ok(Watching { watcher, viewer, may_not_watch, must_choose: _ }) = answer else { return Vec::new() };
    if state.viewer.is_some() && state.viewer != viewer {
        return route::somebody_else_watches(state);
    }
    *state.watcher_mut() = watcher;
    *state.may_not_watch_mut() = may_not_watch;
    if viewer.is_none() || state.viewer == viewer {
        return Vec::new();
    }
    *state.viewer_mut() = viewer;
    mutations::viewer_known(state)
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
