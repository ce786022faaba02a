//! Notices when the viewer is about to follow a link: the pointer rests on it, or it has the focus.

/// How long is waited after a prefetch that failed, in milliseconds: a pointer that is drawn over a row of cards approaches
/// one link after the other.
#[cfg(feature = "browser")]
const PAUSE: u32 = 3_000;

/// Calls `prefetch` the first time that a link whose address begins with `prefix` is approached, and at later times again for
/// as long as it says that there was nothing to be had.
pub fn when_approached(prefix: &'static str, prefetch: impl AsyncFn() -> bool + Clone + 'static) {
    #[cfg(feature = "browser")]
    {
        use gloo_timers::future::TimeoutFuture;
        use leptos::{ev, prelude::*, task::spawn_local};

        let is_done = StoredValue::new(false);
        let notice = move |target: Option<leptos::web_sys::EventTarget>| {
            if is_done.get_value() || !leads_to(target, prefix) {
                return;
            }
            is_done.set_value(true);
            let prefetch = prefetch.clone();
            spawn_local(async move {
                if !prefetch().await {
                    TimeoutFuture::new(PAUSE).await;
                    // The page may be gone by now, which is nobody's failure.
                    let _ = is_done.try_set_value(false);
                }
            });
        };
        let focus = notice.clone();
        let over = window_event_listener(ev::pointerover, move |event| notice(event.target()));
        let focus = window_event_listener(ev::focusin, move |event| focus(event.target()));
        on_cleanup(move || {
            over.remove();
            focus.remove();
        });
    }
    #[cfg(not(feature = "browser"))]
    let _ = (prefix, prefetch);
}

#[cfg(feature = "browser")]
fn leads_to(target: Option<leptos::web_sys::EventTarget>, prefix: &str) -> bool {
    use wasm_bindgen::JsCast;

    let element = target.and_then(|target| target.dyn_into::<leptos::web_sys::Element>().ok());
    let link = element.and_then(|element| element.closest("a[href]").ok().flatten());
    link.and_then(|link| link.get_attribute("href")).is_some_and(|href| href.starts_with(prefix))
}
