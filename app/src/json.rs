//! From JSON to types.
//!
//! The browser has a parser: the client lets it make objects of the text, and reads the types from those. A parser of
//! our own, with the code that each type needs to be read from text, would be a tenth of what a first visit loads. Must
//! stay the only way in, or that code comes back.

use serde::de::DeserializeOwned;

/// What a text says; nothing where it is no JSON, or not that of a `T`.
#[cfg(feature = "browser")]
pub fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    from_object(js_sys::JSON::parse(text).ok()?)
}

/// What an object says that the browser made of a text; nothing where it is not that of a `T`.
#[cfg(feature = "browser")]
pub fn from_object<T: DeserializeOwned>(object: wasm_bindgen::JsValue) -> Option<T> {
    serde_wasm_bindgen::from_value(object).ok()
}

/// What a text says; nothing where it is no JSON, or not that of a `T`.
#[cfg(not(feature = "browser"))]
pub fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}
