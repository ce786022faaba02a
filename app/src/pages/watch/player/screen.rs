//! What the player asks of the browser beyond the video element: full screen, picture in picture, focus.

use leptos::{
    html::Div,
    prelude::*,
    web_sys::{Element, HtmlElement, HtmlVideoElement},
};
use wasm_bindgen::{
    JsCast, JsValue,
    prelude::{Closure, wasm_bindgen},
};
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

/// What is loaded of a film, from and to which second.
pub fn loaded_ranges(video: &HtmlVideoElement) -> Vec<(f64, f64)> {
    let ranges = video.buffered();
    (0..ranges.length()).filter_map(|index| Some((ranges.start(index).ok()?, ranges.end(index).ok()?))).collect()
}

/// How much of the film of this page is loaded ahead of where it is, in milliseconds; nothing where there is none.
#[cfg(feature = "browser")]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "no number is less than nothing, and a cast stops at the most"
)]
pub fn loaded_ahead_millis() -> Option<u32> {
    let video = document().query_selector("video").ok().flatten()?.dyn_into::<HtmlVideoElement>().ok()?;
    let (position, duration) = (video.current_time(), video.duration());
    let until = super::timeline::buffered_until(&loaded_ranges(&video), position, duration) * duration;
    until.is_finite().then(|| ((until - position).max(0.0) * 1000.0) as u32)
}

/// The whole player on the whole screen, or back; on iPhones the film alone, in the system's own player.
pub fn toggle_full_screen(surface: NodeRef<Div>) {
    let document = document();
    if document.fullscreen_element().is_some() {
        document.exit_fullscreen();
        return;
    }
    let Some(surface) = surface.get_untracked() else { return };
    if member(&surface, "requestFullscreen").is_some() {
        // Refused where the page may not; the button then does nothing.
        let _ = surface.request_fullscreen();
    } else if let Ok(Some(video)) = surface.query_selector("video") {
        call(&video, "webkitEnterFullscreen");
    }
}

// web-sys has no close watchers, and browsers but Chromium have none so far.
#[wasm_bindgen(inline_js = "export function hear_close_requests(heard) {
    if (!('CloseWatcher' in globalThis)) {
        return undefined;
    }
    const watcher = new CloseWatcher();
    watcher.onclose = heard;
    return watcher;
}
export function destroy(watcher) {
    watcher.destroy();
}")]
extern "C" {
    fn hear_close_requests(heard: &js_sys::Function) -> JsValue;
    fn destroy(watcher: &JsValue);
}

/// What the system understands as "close this": a phone's Back (HTML, section 6.7). Heard until this is dropped.
pub struct CloseRequests {
    watcher: JsValue,
    _heard: Closure<dyn FnMut()>,
}

impl CloseRequests {
    /// Nothing where the browser does not tell.
    pub fn heard(close: impl FnMut() + 'static) -> Option<Self> {
        let heard = Closure::<dyn FnMut()>::new(close);
        let watcher = hear_close_requests(heard.as_ref().unchecked_ref());
        (!watcher.is_undefined()).then_some(Self { watcher, _heard: heard })
    }
}

impl Drop for CloseRequests {
    fn drop(&mut self) {
        destroy(&self.watcher);
    }
}

pub fn is_full_screen() -> bool {
    document().fullscreen_element().is_some()
}

/// Whether there is a whole screen to be had: by the standard, or as iPhones have it.
pub fn has_full_screen() -> bool {
    let document = document();
    let is_enabled = member(&document, "fullscreenEnabled").is_some_and(|enabled| enabled.is_truthy());
    is_enabled || document.create_element("video").is_ok_and(|video| member(&video, "webkitEnterFullscreen").is_some())
}

/// Turns a phone's picture on its side, for as long as it is on the whole screen (W3C Screen Orientation). Most films are wide.
pub fn lock_landscape() {
    let Ok(screen) = window().screen() else { return };
    let Some(orientation) = member(&screen, "orientation") else { return };
    let lock = member(&orientation, "lock").and_then(|lock| lock.dyn_into::<js_sys::Function>().ok());
    let Some(Ok(promise)) = lock.map(|lock| lock.call1(&orientation, &"landscape".into())) else { return };
    if let Ok(promise) = promise.dyn_into::<js_sys::Promise>() {
        // Refused where the device cannot, or the viewer has locked it otherwise; it then stays as it is.
        leptos::task::spawn_local(async move {
            let _ = JsFuture::from(promise).await;
        });
    }
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

/// Whether the viewer moves among the controls with the keyboard, so that they must not go. On a television they go all the
/// same, and the focus with them: it is always somewhere.
pub fn has_visible_focus_within(surface: NodeRef<Div>) -> bool {
    let Some(Some(surface)) = surface.try_get_untracked() else { return false };
    let visible = "button:focus-visible, input:focus-visible, a:focus-visible";
    !crate::parts::dom::is_television() && surface.query_selector(visible).is_ok_and(|element| element.is_some())
}

/// Whether something in the player has the focus.
pub fn has_focus_within(surface: NodeRef<Div>) -> bool {
    let Some(Some(surface)) = surface.try_get_untracked() else { return false };
    document().active_element().is_some_and(|active| surface.contains(Some(&active)))
}

/// Takes the focus from whatever has it.
pub fn release_focus() {
    if let Some(Ok(active)) = document().active_element().map(|active| active.dyn_into::<HtmlElement>()) {
        let _ = active.blur();
    }
}

/// Clicks the first thing that `selector` finds.
pub fn click(selector: &str) {
    if let Ok(Some(element)) = document().query_selector(selector)
        && let Ok(element) = element.dyn_into::<HtmlElement>()
    {
        element.click();
    }
}

/// Moves the focus to the first thing inside `selector` that takes it.
pub fn focus_first(selector: &str) {
    if let Ok(Some(element)) = document().query_selector(selector)
        && let Ok(element) = element.dyn_into::<HtmlElement>()
    {
        let _ = element.focus();
    }
}

/// Whether the focus is inside of what `selector` finds.
pub fn has_focus_in(selector: &str) -> bool {
    let active = document().active_element();
    active.is_some_and(|active| active.closest(selector).is_ok_and(|found| found.is_some()))
}

/// Moves the focus by `step` among what `selector` finds, as far as there is something; whether it is among it.
pub fn step_focus(selector: &str, step: i32) -> bool {
    let Ok(all) = document().query_selector_all(selector) else { return false };
    let Some(active) = document().active_element() else { return false };
    let is_active = |index: &u32| all.get(*index).is_some_and(|node| node.is_same_node(Some(&active)));
    let Some(at) = (0..all.length()).find(is_active) else { return false };
    if let Some(Ok(next)) = at.checked_add_signed(step).and_then(|next| all.get(next)).map(JsCast::dyn_into::<HtmlElement>) {
        let _ = next.focus();
    }
    true
}

/// What an event was aimed at.
pub fn target(event: &leptos::web_sys::Event) -> Option<Element> {
    event.target().and_then(|target| target.dyn_into().ok())
}

/// Calls a method that not every browser has; what it gave.
pub fn call(of: &JsValue, name: &str) -> Option<JsValue> {
    let function = member(of, name)?.dyn_into::<js_sys::Function>().ok()?;
    // A promise whose failure means that the browser did not want to; nothing follows from it.
    function.call0(of).ok()
}
