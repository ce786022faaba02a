//! The film as the operating system shows it: title, artwork, and its keys (W3C Media Session).
//!
//! Browsers without it lose nothing else.

use js_sys::{Array, Function, Object, Reflect};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};

use super::{
    controller::Controller,
    engine::{member, number},
    keys::Command,
};

/// Tells the system what plays, and listens to its keys until the player goes.
pub fn begin(controller: Controller) {
    let Some(session) = find() else { return };
    set(&session, "metadata", &metadata(controller).unwrap_or(JsValue::NULL));
    // A headset that is taken off says "pause", whether or not anything plays.
    let actions: [(&str, Command); 5] = [
        ("play", Command::Play),
        ("pause", Command::Pause),
        ("stop", Command::Pause),
        ("seekbackward", Command::Skip(-10.0)),
        ("seekforward", Command::Skip(10.0)),
    ];
    for (name, command) in actions {
        handle(&session, name, move |_| controller.run(command));
    }
    handle(&session, "seekto", move |details| {
        if let Some(seconds) = number(&details, "seekTime") {
            controller.seek(seconds);
        }
    });
    let next = controller.session.with_value(|session| session.up_next.clone());
    if let Some(next) = next {
        let href = crate::route::Route::watch(next.id).href();
        let navigate = leptos_router::hooks::use_navigate();
        handle(&session, "nexttrack", move |_| navigate(&href, super::in_its_place()));
    }
    // What moves the system's bar is told at once; a heartbeat, which tells the place too, is seconds away.
    Effect::new(move |_| {
        controller.live.is_playing.track();
        controller.live.duration.track();
        controller.preferences.track();
        tell(controller);
    });
    on_cleanup(end);
}

/// Whether it plays and where the film is, so that the system's own bar moves along.
pub fn tell(controller: Controller) {
    let Some(session) = find() else { return };
    let playing = if controller.live.is_playing.get_untracked() { "playing" } else { "paused" };
    set(&session, "playbackState", &playing.into());
    let state = Object::new();
    let duration = controller.live.duration.get_untracked();
    set(&state, "duration", &duration.into());
    set(&state, "position", &controller.live.position.get_untracked().clamp(0.0, duration).into());
    set(&state, "playbackRate", &(f64::from(controller.preferences.get_untracked().speed) / 100.0).into());
    if let Some(Ok(tell)) = member(&session, "setPositionState").map(JsCast::dyn_into::<Function>) {
        // Refused while the duration is not known; the next one comes soon.
        let _ = tell.call1(&session, &state);
    }
}

fn end() {
    let Some(session) = find() else { return };
    set(&session, "metadata", &JsValue::NULL);
    set(&session, "playbackState", &"none".into());
    for name in ["play", "pause", "stop", "seekbackward", "seekforward", "seekto", "nexttrack"] {
        register(&session, name, &JsValue::NULL);
    }
}

fn find() -> Option<JsValue> {
    member(&window().navigator(), "mediaSession")
}

fn metadata(controller: Controller) -> Option<JsValue> {
    let constructor = member(&window(), "MediaMetadata")?.dyn_into::<Function>().ok()?;
    let card = controller.session.with_value(|session| session.title.clone());
    let artwork = Object::new();
    set(&artwork, "src", &card.artwork.backdrop.unwrap_or(card.artwork.poster).into());
    let about = Object::new();
    set(&about, "title", &card.title.into());
    set(&about, "artwork", &Array::of1(&artwork));
    Reflect::construct(&constructor, &Array::of1(&about)).ok()
}

fn handle(session: &JsValue, name: &str, act: impl Fn(JsValue) + 'static) {
    let listener = Closure::<dyn Fn(JsValue)>::new(act).into_js_value();
    register(session, name, &listener);
}

fn register(session: &JsValue, name: &str, listener: &JsValue) {
    if let Some(Ok(register)) = member(session, "setActionHandler").map(JsCast::dyn_into::<Function>) {
        // A browser refuses actions that it does not know.
        let _ = register.call2(session, &name.into(), listener);
    }
}

fn set(on: &JsValue, name: &str, value: &JsValue) {
    let _ = Reflect::set(on, &name.into(), value);
}
