//! State to and from the server: the whole of it embedded in a rendered page, and the part worth keeping
//! saved per profile.
//!
//! A page carries its state as JSON, so that hydration starts with what was rendered and asks for nothing
//! twice. What is saved is small and versioned: where the viewer was and what they set, never what the server
//! can tell anyway.

use contract::library::SavedSnapshot;
use serde::{Deserialize, Serialize};

use super::state::{Preferences, State};
use crate::{head, json, route::Route};

/// The id of the element that carries the state of a rendered page.
pub const ELEMENT_ID: &str = "state";

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

/// The whole state, or a lazy slice of it, as the content of a `<script type="application/json">`.
pub fn embed<T: Serialize>(state: &T) -> String {
    head::json_in_script(&serde_json::to_string(state).unwrap_or_default())
}

/// The state that a rendered page carries.
pub fn parse(text: &str) -> Option<State> {
    json::read(text)
}

/// What the element `id` of a rendered page carries; nothing where there is none.
#[cfg(feature = "browser")]
pub fn carried<T: serde::de::DeserializeOwned>(id: &str) -> Option<T> {
    json::read(&leptos::prelude::document().get_element_by_id(id)?.text_content()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_embedded_state_comes_back_whole_and_cannot_end_its_script() {
        let mut state = State::default();
        state.search.query = "</script><b>\u{2028}".to_owned();
        let text = embed(&state);
        assert!(!text.contains('<'));
        assert_eq!(parse(&text), Some(state));
    }

    #[test]
    fn a_snapshot_of_another_format_is_ignored_and_new_fields_have_defaults() {
        assert_eq!(read(&SavedSnapshot { format: 99, state: serde_json::json!({}) }), None);
        let sparse = SavedSnapshot { format: FORMAT, state: serde_json::json!({ "preferences": { "theme": "light" } }) };
        let kept = read(&sparse).unwrap();
        assert_eq!(kept.preferences.volume, 100);
    }
}
