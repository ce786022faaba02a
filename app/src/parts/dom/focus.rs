//! Where the focus goes: into fields, through lists, and by geometry where there are only arrows.

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

/// Moves the focus to the nearest thing that way: `dx` and `dy` are -1, 0 or 1. Returns whether there was one.
pub fn move_focus(dx: i8, dy: i8) -> bool {
    #[cfg(feature = "browser")]
    {
        browser::move_focus(f64::from(dx), f64::from(dy)).is_some()
    }
    #[cfg(not(feature = "browser"))]
    {
        let _ = (dx, dy);
        false
    }
}

#[cfg(feature = "browser")]
mod browser {
    //! The same, with a document.

    use leptos::prelude::{document, window};
    use wasm_bindgen::JsCast;
    use web_sys::{DomRect, Element, FocusOptions, HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition};

    const FOCUSABLE: &str =
        "a[href]:not([tabindex='-1']),button:not([disabled]):not([tabindex='-1']),input,select,textarea,summary";

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

    pub fn move_focus(dx: f64, dy: f64) -> Option<()> {
        let active = document().active_element()?;
        let body = document().body()?;
        // The page as a whole has the focus until something in it was chosen.
        if !active.matches(FOCUSABLE).unwrap_or(false) {
            return begin(&body);
        }
        let from = active.get_bounding_client_rect();
        // Inside a row, up and down leave it: the next row is entered where it was left.
        let row = active.closest("[data-row]").ok().flatten();
        let mut stops: Vec<(f64, Element)> = all(&body, FOCUSABLE)
            .into_iter()
            .filter(|stop| *stop != active && (dy == 0.0 || row.as_ref().is_none_or(|row| !row.contains(Some(stop)))))
            .filter_map(|stop| Some((distance(&from, &stop.get_bounding_client_rect(), dx, dy)?, stop)))
            .collect();
        stops.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        let (_, stop) = stops.into_iter().find(|(_, stop)| takes_focus(stop))?;
        center(&stop, dy);
        Some(())
    }

    /// To the first thing of the screen, or else of the frame around it.
    fn begin(body: &Element) -> Option<()> {
        let main = document().get_element_by_id("main");
        let stops = main.iter().flat_map(|main| all(main, FOCUSABLE)).chain(all(body, FOCUSABLE));
        stops.into_iter().filter(is_shown).find(takes_focus).map(drop)
    }

    fn is_shown(stop: &Element) -> bool {
        let area = stop.get_bounding_client_rect();
        area.width() >= 1.0 && area.height() >= 1.0
    }

    /// Gives it the focus. What is hidden, inert or switched off takes none, whatever its size.
    fn takes_focus(stop: &Element) -> bool {
        focus(stop, true);
        document().active_element().as_ref() == Some(stop)
    }

    /// How far a thing lies that way; nothing where it lies another way, or is not on the screen at all.
    fn distance(from: &DomRect, to: &DomRect, dx: f64, dy: f64) -> Option<f64> {
        if to.width() < 1.0 || to.height() < 1.0 {
            return None;
        }
        let along = |start: f64, end: f64, other_start: f64, other_end: f64, sign: f64| {
            if sign > 0.0 { other_start - end } else { start - other_end }
        };
        let gap = |start: f64, end: f64, other_start: f64, other_end: f64| (other_start - end).max(start - other_end).max(0.0);
        let (ahead, aside) = if dy == 0.0 {
            (along(from.left(), from.right(), to.left(), to.right(), dx), gap(from.top(), from.bottom(), to.top(), to.bottom()))
        } else {
            (along(from.top(), from.bottom(), to.top(), to.bottom(), dy), gap(from.left(), from.right(), to.left(), to.right()))
        };
        // Things may touch or overlap by a hair: a card that lifts grows into its neighbour's place.
        (ahead > -24.0).then_some(ahead.max(0.0) + aside * 2.0)
    }

    fn center(stop: &Element, dy: f64) {
        if dy == 0.0 {
            return;
        }
        let rect = stop.get_bounding_client_rect();
        let height = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or_default();
        window().scroll_by_with_x_and_y(0.0, rect.top() + rect.height() / 2.0 - height / 2.0);
    }
}

#[cfg(feature = "browser")]
pub(super) use browser::{all, focus};
