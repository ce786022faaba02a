//! The part of the state that is worth keeping, saved per profile on the server: where the viewer was and what they set, never
//! what the server can tell anyway. Small, and versioned.

use contract::library::{MergeSnapshot, SavedSnapshot};
use serde::{Deserialize, Serialize};

use super::state::{Preferences, State};
use crate::{json, route::Route};

/// The shape of [`Snapshot`]; a snapshot of another is ignored.
const FORMAT: u16 = 1;

/// What is worth keeping of a screen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Snapshot {
    /// The screen, as its address.
    #[serde(rename = "address")]
    pub route: Route,
    pub preferences: Preferences,
}

/// The part of the state that is saved.
pub fn write(state: &State) -> SavedSnapshot {
    let kept = Snapshot { route: state.route.clone(), preferences: state.preferences.clone() };
    SavedSnapshot { format: FORMAT, state: serde_json::to_value(kept).unwrap_or_default() }
}

/// What was saved; nothing where its format is not known here.
pub fn read(saved: &SavedSnapshot) -> Option<Snapshot> {
    if saved.format == FORMAT { json::read(&saved.state.to_string()) } else { None }
}

/// What saves it: what changed since the preferences that are acknowledged, to be merged into whatever is stored by now.
pub fn save(state: &State) -> MergeSnapshot {
    let set = |preferences: &Preferences| serde_json::to_value(OnlyPreferences { preferences }).unwrap_or_default();
    let SavedSnapshot { format, state: to } = write(state);
    MergeSnapshot {
        format,
        from: set(&state.saved.preferences),
        attempted: state.saved.unanswered.iter().map(set).collect(),
        to,
        notifies: state.saved.differs_from(&state.preferences),
    }
}

/// A snapshot that names no screen, so that the one at hand is saved.
#[derive(Serialize)]
struct OnlyPreferences<'a> {
    preferences: &'a Preferences,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_of_another_format_is_ignored_and_new_fields_have_defaults() {
        assert_eq!(read(&SavedSnapshot { format: 99, state: serde_json::json!({}) }), None);
        let sparse = SavedSnapshot { format: FORMAT, state: serde_json::json!({ "preferences": { "theme": "light" } }) };
        let kept = read(&sparse).unwrap();
        assert_eq!(kept.preferences.volume, 100);
    }
}
