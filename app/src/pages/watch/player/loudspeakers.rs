//! How many loudspeakers there are, as the browser's sound knows it (Web Audio API, `maxChannelCount`).

use js_sys::{Function, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};

use super::engine::{member, number};

/// Channels that the system plays at once; two where it cannot be asked.
pub fn count() -> u8 {
    ask().unwrap_or(2).max(2)
}

fn ask() -> Option<u8> {
    let constructor = member(&window(), "AudioContext")?.dyn_into::<Function>().ok()?;
    let context: JsValue = Reflect::construct(&constructor, &js_sys::Array::new()).ok()?;
    let channels = member(&context, "destination").and_then(|destination| number(&destination, "maxChannelCount"));
    if let Some(close) = member(&context, "close").and_then(|close| close.dyn_into::<Function>().ok()) {
        let _ = close.call0(&context);
    }
    (1..=64_u8).rev().find(|count| channels.is_some_and(|channels| f64::from(*count) <= channels))
}
