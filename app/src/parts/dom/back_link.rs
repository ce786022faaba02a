//! The link back from a film to its page: a step back in the history where that page is the entry before. Another entry for it would
//! have Back play the film again.
//!
//! Which page that is stands in the state of the film's entry, so that it is known after loading the film again and coming back to it.

use leptos::ev;

/// The member of an entry's state that says which page is the entry before it.
#[cfg(feature = "browser")]
const BEFORE: &str = "before";

/// A link was pressed on the page of this address: notes that in the entry that it leads to.
pub fn note_previous_page(event: &ev::MouseEvent, page: &str) {
    #[cfg(feature = "browser")]
    browser::note_previous_page(event, page);
    #[cfg(not(feature = "browser"))]
    let _ = (event, page);
}

/// A link back to the page of this address was pressed: goes back in the history where that is the entry before this one. What is to
/// open in another window the browser opens.
pub fn go_back_to(event: &ev::MouseEvent, page: &str) {
    #[cfg(feature = "browser")]
    if browser::is_plain(event) && browser::is_previous(page) && browser::goes_back() {
        event.prevent_default();
    }
    #[cfg(not(feature = "browser"))]
    let _ = (event, page);
}

#[cfg(feature = "browser")]
mod browser {
    use js_sys::{Object, Reflect};
    use leptos::prelude::window;
    use wasm_bindgen::JsValue;
    use web_sys::MouseEvent;

    use super::BEFORE;

    pub fn note_previous_page(event: &MouseEvent, page: &str) {
        let Some(link) = event.current_target() else { return };
        let state = Object::new();
        // Plain objects and elements take every member; the router makes the link's the entry's.
        let _ = Reflect::set(&state, &BEFORE.into(), &page.into());
        let _ = Reflect::set(&link, &"state".into(), &state);
    }

    /// Whether a press is for this page and this window.
    pub fn is_plain(event: &MouseEvent) -> bool {
        event.button() == 0 && !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key())
    }

    pub fn goes_back() -> bool {
        window().history().is_ok_and(|history| history.back().is_ok())
    }

    pub fn is_previous(page: &str) -> bool {
        let state = window().history().and_then(|history| history.state()).unwrap_or(JsValue::NULL);
        // It fails for what is no object.
        Reflect::get(&state, &BEFORE.into()).ok().and_then(|before| before.as_string()).as_deref() == Some(page)
    }
}
