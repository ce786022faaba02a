//! What the player asks of the browser beyond the video element: full screen, picture in picture, focus.

use leptos::{
    html::Div,
    prelude::*,
    web_sys::{Element, HtmlElement, HtmlVideoElement},
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::engine::member;

/// Plays; whether the browser let it. Nothing where the attempt was overtaken by another.
pub async fn play(video: &HtmlVideoElement) -> Option<bool> {
    let promise = video.play().ok()?;
    match JsFuture::from(promise).await {
        Ok(_) => Some(true),
        Err(error) => {
            let name = member(&error, "name").and_then(|name| name.as_string());
            (name.as_deref() == Some("NotAllowedError")).then_some(false)
        }
    }
}

/// The whole player on the whole screen, or back.
pub fn toggle_full_screen(stage: NodeRef<Div>) {
    let document = document();
    if document.fullscreen_element().is_some() {
        document.exit_fullscreen();
    } else if let Some(stage) = stage.get_untracked() {
        // Refused where the browser has no full screen; the button then does nothing.
        let _ = stage.request_fullscreen();
    }
}

pub fn is_full_screen() -> bool {
    document().fullscreen_element().is_some()
}

/// Whether the browser has picture in picture (W3C Picture-in-Picture).
pub fn has_picture_in_picture() -> bool {
    let document: JsValue = document().into();
    member(&document, "pictureInPictureEnabled").is_some_and(|enabled| enabled.is_truthy())
}

/// The film in a small window of its own, or back.
pub fn toggle_picture_in_picture(video: &HtmlVideoElement) {
    let document: JsValue = document().into();
    if member(&document, "pictureInPictureElement").is_some() {
        call(&document, "exitPictureInPicture");
    } else {
        call(video, "requestPictureInPicture");
    }
}

/// Whether the viewer moves among the controls with the keyboard, so that they must not go.
pub fn has_visible_focus_within(stage: NodeRef<Div>) -> bool {
    let Some(Some(stage)) = stage.try_get_untracked() else { return false };
    stage.query_selector("button:focus-visible, input:focus-visible, a:focus-visible").is_ok_and(|element| element.is_some())
}

/// Moves the focus to the first thing inside `selector` that takes it.
pub fn focus_first(selector: &str) {
    if let Ok(Some(element)) = document().query_selector(selector)
        && let Ok(element) = element.dyn_into::<HtmlElement>()
    {
        let _ = element.focus();
    }
}

/// What an event was aimed at.
pub fn target(event: &leptos::web_sys::Event) -> Option<Element> {
    event.target().and_then(|target| target.dyn_into().ok())
}

fn call(of: &JsValue, name: &str) {
    if let Some(Ok(function)) = member(of, name).map(JsCast::dyn_into::<js_sys::Function>) {
        // A promise whose failure means that the browser did not want to; nothing follows from it.
        let _ = function.call0(of);
    }
}
