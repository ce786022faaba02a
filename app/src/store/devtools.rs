//! The Redux DevTools browser extension, in debug builds: every action and state, and time travel.
//!
//! Does nothing where the extension is not installed. Must never be part of a release build's path.

use js_sys::{Function, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};

use super::{Action, AppStore, State};
use crate::json;

thread_local! {
    static CONNECTION: Option<JsValue> = connect();
}

/// Shows one step.
pub fn send(action: &Action, state: &State) {
    CONNECTION.with(|connection| {
        let Some(connection) = connection else { return };
        let entry = Object::new();
        let _ = Reflect::set(&entry, &"type".into(), &name(action).into());
        let _ = Reflect::set(&entry, &"payload".into(), &parsed(action));
        let _ = method(connection, "send").and_then(|send| send.call2(connection, &entry, &parsed(state)).ok());
    });
}

/// Shows one step of a lazy slice: what was said without its secrets, and what the slice came to.
pub fn send_slice<S: serde::Serialize>(said: &str, slice: &S, state: &State) {
    CONNECTION.with(|connection| {
        let Some(connection) = connection else { return };
        let entry = Object::new();
        let _ = Reflect::set(&entry, &"type".into(), &said.into());
        let _ = Reflect::set(&entry, &"slice".into(), &parsed(slice));
        let _ = method(connection, "send").and_then(|send| send.call2(connection, &entry, &parsed(state)).ok());
    });
}

/// Takes the store to whatever state the extension jumps to.
pub fn listen(store: AppStore) {
    CONNECTION.with(|connection| {
        let Some(connection) = connection else { return };
        let on_message = Closure::<dyn Fn(JsValue)>::new(move |message: JsValue| {
            if text(&message, "type").as_deref() == Some("DISPATCH")
                && let Some(state) = text(&message, "state").and_then(|state| json::read(&state))
            {
                leptos::prelude::Set::set(&store.state, state);
            }
        });
        let _ = method(connection, "subscribe").and_then(|subscribe| subscribe.call1(connection, on_message.as_ref()).ok());
        on_message.forget();
    });
}

fn connect() -> Option<JsValue> {
    let window: JsValue = leptos::prelude::window().into();
    let extension = Reflect::get(&window, &"__REDUX_DEVTOOLS_EXTENSION__".into()).ok().filter(JsValue::is_truthy)?;
    let options = Object::new();
    let _ = Reflect::set(&options, &"name".into(), &"Marquee".into());
    method(&extension, "connect")?.call1(&extension, &options).ok()
}

fn method(of: &JsValue, name: &str) -> Option<Function> {
    Reflect::get(of, &name.into()).ok()?.dyn_into().ok()
}

fn text(of: &JsValue, name: &str) -> Option<String> {
    Reflect::get(of, &name.into()).ok()?.as_string()
}

fn parsed<T: serde::Serialize>(value: &T) -> JsValue {
    serde_json::to_string(value).ok().and_then(|text| js_sys::JSON::parse(&text).ok()).unwrap_or(JsValue::NULL)
}

/// The action's name: what its JSON begins with.
fn name(action: &Action) -> String {
    match serde_json::to_value(action) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(serde_json::Value::Object(fields)) => fields.keys().next().cloned().unwrap_or_default(),
        Ok(_) | Err(_) => String::new(),
    }
}
