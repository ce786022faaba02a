//! The few things that parts do to the document themselves. Nothing happens on the server.

use leptos::web_sys::Element;

/// Moves the focus to an element and leaves the page where it is.
pub fn focus_without_scroll(element: &Element) {
    #[cfg(feature = "browser")]
    {
        use wasm_bindgen::JsCast;
        let options = leptos::web_sys::FocusOptions::new();
        options.set_prevent_scroll(true);
        if let Some(element) = element.dyn_ref::<leptos::web_sys::HtmlElement>() {
            // An element that cannot take the focus leaves it where it was.
            let _ = element.focus_with_options(&options);
        }
    }
    #[cfg(not(feature = "browser"))]
    let _ = element;
}
