//! Notices when the viewer is about to follow a link: the pointer rests on it, or it has the focus.

/// Calls `act` once, the first time that a link whose address begins with `prefix` is approached.
pub fn when_approached(prefix: &'static str, act: impl Fn() + Clone + 'static) {
    #[cfg(feature = "browser")]
    {
        use leptos::{ev, prelude::*};

        let is_done = StoredValue::new(false);
        let notice = move |target: Option<leptos::web_sys::EventTarget>| {
            if !is_done.get_value() && leads_to(target, prefix) {
                is_done.set_value(true);
                act();
            }
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
    let _ = (prefix, act);
}

#[cfg(feature = "browser")]
fn leads_to(target: Option<leptos::web_sys::EventTarget>, prefix: &str) -> bool {
    use wasm_bindgen::JsCast;

    let element = target.and_then(|target| target.dyn_into::<leptos::web_sys::Element>().ok());
    let link = element.and_then(|element| element.closest("a[href]").ok().flatten());
    link.and_then(|link| link.get_attribute("href")).is_some_and(|href| href.starts_with(prefix))
}
