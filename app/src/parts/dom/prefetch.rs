//! Notices when the viewer is about to follow a link: the pointer rests on it, or it has the focus.

use std::pin::Pin;

/// How long is waited after a prefetch that failed, in milliseconds: a pointer that is drawn over a row of cards approaches
/// one link after the other.
#[cfg(feature = "browser")]
const PAUSE: u32 = 3_000;

/// What is fetched before a link is followed.
#[derive(Clone, Copy)]
pub struct Prefetch {
    /// How the addresses begin of the links that lead there.
    pub prefix: &'static str,
    /// Says whether there was something to be had.
    pub fetch: fn() -> Pin<Box<dyn Future<Output = bool>>>,
}

/// Calls each of these the first time that a link to it is approached, and at later times again for as long as it says that
/// there was nothing to be had. One listener for all: this is code of a first visit.
pub fn on_intent(all: &'static [Prefetch]) {
    #[cfg(feature = "browser")]
    {
        use gloo_timers::future::TimeoutFuture;
        use leptos::{ev, prelude::*, task::spawn_local};

        let done = StoredValue::new(Vec::<&'static str>::new());
        let notice = move |target: Option<leptos::web_sys::EventTarget>| {
            let Some(href) = address(target) else { return };
            let Some(Prefetch { prefix, fetch }) = all.iter().copied().find(|prefetch| href.starts_with(prefetch.prefix)) else {
                return;
            };
            if done.with_value(|done| done.contains(&prefix)) {
                return;
            }
            done.update_value(|done| done.push(prefix));
            spawn_local(async move {
                if !fetch().await {
                    TimeoutFuture::new(PAUSE).await;
                    // The page may be gone by now, which is nobody's failure.
                    let _ = done.try_update_value(|done| done.retain(|other| *other != prefix));
                }
            });
        };
        let over = window_event_listener(ev::pointerover, move |event| notice(event.target()));
        let focus = window_event_listener(ev::focusin, move |event| notice(event.target()));
        on_cleanup(move || {
            over.remove();
            focus.remove();
        });
    }
    #[cfg(not(feature = "browser"))]
    let _ = all;
}

/// Where the link leads that the pointer or the focus is on.
#[cfg(feature = "browser")]
fn address(target: Option<leptos::web_sys::EventTarget>) -> Option<String> {
    use wasm_bindgen::JsCast;

    let element = target?.dyn_into::<leptos::web_sys::Element>().ok()?;
    element.closest("a[href]").ok().flatten()?.get_attribute("href")
}
