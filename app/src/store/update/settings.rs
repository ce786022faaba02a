//! The device and what the viewer set.

use contract::device::{DeviceProfile, DeviceReport};

use super::saved;
use crate::store::{Effect, Question, State, action::Answer, state::Preferences};

pub fn device_recognised(state: &mut State, profile: DeviceProfile) -> Vec<Effect> {
    state.device.profile.clone_from(&profile);
    let mut effects = vec![Effect::Identify(profile)];
    // What the server said of this device before was said of a guess.
    if state.device.report.ready().is_some() {
        effects.push(Effect::Ask(Question::Device));
    }
    effects
}

pub fn device_answered(state: &mut State, answer: Answer<DeviceReport>) -> Vec<Effect> {
    state.device.report = answer.into();
    Vec::new()
}

pub fn preferences_changed(state: &mut State, preferences: Preferences) -> Vec<Effect> {
    if state.preferences == preferences {
        return Vec::new();
    }
    let mut effects = Vec::new();
    if state.preferences.theme != preferences.theme || state.preferences.captions != preferences.captions {
        effects.push(Effect::Apply(preferences.clone()));
    }
    state.preferences = preferences;
    effects.extend(saved::worth_saving(state));
    effects
}
