//! Where the focus goes: into fields and through lists.

use leptos::web_sys;

/// Moves the focus without moving the page.
pub fn focus_without_scroll(element: &web_sys::Element) {
    #[cfg(feature = "browser")]
    browser::focus(element, false);
    #[cfg(not(feature = "browser"))]
    let _ = element;
}

/// Moves the focus into the screen's search field, or else the bar's.
pub fn focus_search() {
    #[cfg(feature = "browser")]
    browser::focus_search();
}

/// Whether the focus is on this element or inside it.
pub fn is_focus_within(element: &web_sys::Element) -> bool {
    #[cfg(feature = "browser")]
    {
        leptos::prelude::document().active_element().is_some_and(|active| element.contains(Some(&active)))
    }
    #[cfg(not(feature = "browser"))]
    {
        let _ = element;
        false
    }
}

/// Moves the focus by `by` places among what `selector` finds inside `scope`; returns whether there was a place.
pub fn step(scope: &web_sys::Element, selector: &str, by: i32) -> bool {
    #[cfg(feature = "browser")]
    {
        browser::step(scope, selector, by).is_some()
    }
    #[cfg(not(feature = "browser"))]
    {
        let _ = (scope, selector, by);
        false
    }
}

#[cfg(feature = "browser")]
mod browser {
    //! The same, with a document.

    use leptos::prelude::document;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, FocusOptions, HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition};

    pub fn focus(element: &Element, into_view: bool) {
        let Some(element) = element.dyn_ref::<HtmlElement>() else { return };
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = element.focus_with_options(&options);
        if into_view {
            let options = ScrollIntoViewOptions::new();
            options.set_block(ScrollLogicalPosition::Nearest);
            options.set_inline(ScrollLogicalPosition::Nearest);
            element.scroll_into_view_with_scroll_into_view_options(&options);
        }
    }

    pub fn focus_search() {
        let document = document();
        let field = ["main [data-search]", "[data-search]"]
            .into_iter()
            .find_map(|selector| document.query_selector(selector).ok().flatten());
        if let Some(field) = field {
            focus(&field, true);
        }
    }

    pub fn all(scope: &Element, selector: &str) -> Vec<Element> {
        let Ok(found) = scope.query_selector_all(selector) else { return Vec::new() };
        (0..found.length()).filter_map(|index| found.get(index)?.dyn_into().ok()).collect()
    }

    pub fn step(scope: &Element, selector: &str, by: i32) -> Option<()> {
        let stops = all(scope, selector);
        let active = document().active_element()?;
        let at = stops.iter().position(|stop| *stop == active)?;
        let next = stops.get(usize::try_from(i32::try_from(at).ok()? + by).ok()?)?;
        focus(next, true);
        Some(())
    }
}

#[cfg(feature = "browser")]
pub(super) use browser::{all, focus};
