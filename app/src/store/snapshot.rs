//! The part of the state that is worth keeping, saved per profile on the server: where the viewer was and what they set, never
//! what the server can tell anyway. Small, and versioned.

use contract::library::{MergeSnapshot, SavedSnapshot};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    hidden_rows,
    state::{Preferences, SavedState, State},
};
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

/// Whether a save did not arrive, and is tried again later.
pub fn waits(saved: &SavedState) -> bool {
    saved.is_due && !saved.is_under_way && !saved.unanswered.is_empty()
}

/// The part of the state that is saved.
pub fn write(state: &State) -> SavedSnapshot {
    let kept = Snapshot { route: state.route.clone(), preferences: state.preferences.clone() };
    SavedSnapshot { format: FORMAT, state: serde_json::to_value(kept).unwrap_or_default() }
}

/// What was saved; nothing where its format is not known here. Of what this build cannot read (a choice that a newer one added, a
/// number out of range) that alone is as if nothing were set.
pub fn read(saved: &SavedSnapshot) -> Option<Snapshot> {
    let as_whole = |state: &Value| json::read::<Snapshot>(&state.to_string());
    // A list would be read as the members of a snapshot in their order.
    if saved.format != FORMAT || !saved.state.is_object() {
        return None;
    }
    as_whole(&saved.state).or_else(|| as_whole(&readable(&saved.state, &|part| as_whole(&part).is_some())?))
}

/// What of `value` can be read: a member and an element each by itself. `can_be_read` says so of a value in its place.
fn readable(value: &Value, can_be_read: &dyn Fn(Value) -> bool) -> Option<Value> {
    if can_be_read(value.clone()) {
        return Some(value.clone());
    }
    match value {
        Value::Object(members) if can_be_read(Value::Object(Map::new())) => {
            let member = |(name, member): (&String, &Value)| {
                let in_place = |part| can_be_read(Value::Object(Map::from_iter([(name.clone(), part)])));
                Some((name.clone(), readable(member, &in_place)?))
            };
            Some(Value::Object(members.iter().filter_map(member).collect()))
        }
        Value::Array(elements) if can_be_read(Value::Array(Vec::new())) => {
            // Whoever stores a list without end has its end read.
            let latest = elements.iter().skip(elements.len().saturating_sub(hidden_rows::AT_MOST));
            let element = |element| readable(element, &|part| can_be_read(Value::Array(vec![part])));
            Some(Value::Array(latest.filter_map(element).collect()))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
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

    #[test]
    fn of_what_a_newer_build_stored_only_what_this_one_cannot_read_is_as_if_nothing_were_set() {
        let row = |key: Value| serde_json::json!({ "key": key, "heading": "Row" });
        let captions = |size: &str| serde_json::json!({ "size": size, "font": 7, "newer": [1] });
        let state = serde_json::json!({
            "address": 5,
            "newer": { "x": 1 },
            "preferences": {
                "theme": "sepia",
                "letter_keys": false,
                "volume": 300,
                "speed": -1,
                "quality": 720,
                "muted": null,
                "audio_role": "of a newer build",
                "caption_language": "de",
                "captions": captions("large"),
                "hidden_rows": [row("a".into()), row(1.into()), "b", row("c".into())],
            },
        });
        let kept = read(&SavedSnapshot { format: FORMAT, state }).unwrap();
        let mut expected =
            Preferences { letter_keys: false, quality: Some(720), caption_language: Some("de".into()), ..Preferences::default() };
        expected.captions.size = crate::store::state::CaptionSize::Large;
        for key in ["a", "c"] {
            expected.hidden_rows.hide(hidden_rows::HiddenRow { key: key.into(), heading: "Row".into() });
        }
        assert_eq!(kept, Snapshot { route: Route::Home, preferences: expected });
    }

    #[test]
    fn what_is_no_snapshot_at_all_is_none() {
        for state in [serde_json::json!("x"), serde_json::json!([1]), Value::Null] {
            assert_eq!(read(&SavedSnapshot { format: FORMAT, state }), None);
        }
    }
}
