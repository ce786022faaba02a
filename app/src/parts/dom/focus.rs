//! Where the focus goes: into fields and through lists.

use leptos::{
    prelude::{GetValue, SetValue, StoredValue},
    web_sys,
};

/// Moves the focus without moving the page.
pub fn focus_without_scroll(element: &web_sys::Element) {
    #[cfg(feature = "browser")]
    browser::focus(element, false);
    #[cfg(not(feature = "browser"))]
    let _ = element;
}

/// Moves the focus, and the page as far as one has to see what has it.
pub fn focus_into_view(element: &web_sys::Element) {
    #[cfg(feature = "browser")]
    browser::focus(element, true);
    #[cfg(not(feature = "browser"))]
    let _ = element;
}

/// Scrolls as far as one has to see it.
pub fn bring_into_view(element: &web_sys::Element) {
    #[cfg(feature = "browser")]
    browser::show(element);
    #[cfg(not(feature = "browser"))]
    let _ = element;
}

/// Moves the focus into the screen's search field, or else the bar's.
pub fn focus_search() {
    #[cfg(feature = "browser")]
    browser::focus_search();
}

/// Moves the focus into the field of the search page, as soon as that is drawn.
pub fn focus_search_page() {
    #[cfg(feature = "browser")]
    browser::focus_search_page(browser::FRAMES_FOR_A_PAGE);
}

/// Moves the focus to what one begins with, unless it was put elsewhere meanwhile.
pub fn focus_first(element: &web_sys::Element) {
    #[cfg(feature = "browser")]
    if browser::is_free() {
        browser::focus(element, false);
    }
    #[cfg(not(feature = "browser"))]
    let _ = element;
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

/// Whether a focus that goes out of something goes out of the element that listens, too, and not to something else inside of it.
pub fn has_left(event: &leptos::ev::FocusEvent) -> bool {
    #[cfg(feature = "browser")]
    {
        use wasm_bindgen::JsCast;

        let scope = event.current_target().and_then(|scope| scope.dyn_into::<web_sys::Node>().ok());
        let to = event.related_target().and_then(|to| to.dyn_into::<web_sys::Node>().ok());
        scope.is_none_or(|scope| to.is_none_or(|to| !scope.contains(Some(&to))))
    }
    #[cfg(not(feature = "browser"))]
    {
        let _ = event;
        true
    }
}

/// Remembers from where the focus came into what may go at any time.
pub fn remember_focus(event: &leptos::ev::FocusEvent) {
    #[cfg(feature = "browser")]
    browser::remember_focus(event);
    #[cfg(not(feature = "browser"))]
    let _ = event;
}

/// Gives the focus back to where it came from, where what had it is gone by the next frame; else to the screen.
pub fn return_focus() {
    #[cfg(feature = "browser")]
    browser::return_focus();
}

/// Whether the focus is inside of a part of the screen, or was in something of it that is gone.
#[derive(Clone, Copy)]
pub struct FocusInside(StoredValue<bool>);

impl FocusInside {
    pub fn nowhere() -> Self {
        Self(StoredValue::new(false))
    }

    pub fn entered(self) {
        self.0.set_value(true);
    }

    /// It goes to nothing where what had it goes.
    pub fn left(self, event: &leptos::ev::FocusEvent) {
        if event.related_target().is_some() {
            self.0.set_value(false);
        }
    }

    pub fn is_so(self) -> bool {
        self.0.get_value()
    }
}

/// Where what had the focus is gone by the next frame: gives it to the one of these places inside `scope`, so that whoever
/// goes by the keyboard goes on from there and not from the top of the page.
pub fn rescue_focus(scope: &web_sys::Element, selector: &'static str, nth: usize) {
    #[cfg(feature = "browser")]
    {
        let scope = scope.clone();
        leptos::prelude::request_animation_frame(move || {
            if super::focus_key::is_focus_lost()
                && let Some(place) = browser::all(&scope, selector).get(nth)
            {
                browser::focus(place, false);
            }
        });
    }
    #[cfg(not(feature = "browser"))]
    let _ = (scope, selector, nth);
}

/// On a television: gives the focus to the link of these that leads to the page at hand, where it is free or on another of them. That
/// link may be drawn only after the screen was entered.
pub fn focus_current_link(ways: &web_sys::Element) {
    #[cfg(feature = "browser")]
    {
        let ways = ways.clone();
        leptos::prelude::request_animation_frame(move || {
            let is_free = super::focus_key::is_focus_lost() || is_focus_within(&ways);
            if super::is_television()
                && is_free
                && !super::scroll_restoration::is_going_back()
                && let Ok(Some(way)) = ways.query_selector("[aria-current]")
            {
                browser::focus(&way, true);
            }
        });
    }
    #[cfg(not(feature = "browser"))]
    let _ = ways;
}

/// What had the focus goes: gives it to the heading of what is there from now on, or on a television, which shows what has it, to the
/// link that leads there.
pub fn focus_heading(heading: &web_sys::Element) {
    #[cfg(feature = "browser")]
    {
        let heading = heading.clone();
        // By then the dialog that asked is closed.
        leptos::prelude::request_animation_frame(move || {
            let way = leptos::prelude::document().query_selector("main nav [aria-current]").ok().flatten();
            let place = way.filter(|_| super::is_television()).unwrap_or(heading);
            browser::focus(&place, true);
        });
    }
    #[cfg(not(feature = "browser"))]
    let _ = heading;
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

    use std::cell::RefCell;

    use leptos::prelude::{document, request_animation_frame};
    use wasm_bindgen::JsCast;
    use web_sys::{Element, FocusOptions, HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition};

    thread_local! {
        /// From where the focus came.
        static CAME_FROM: RefCell<Option<Element>> = const { RefCell::new(None) };
    }

    pub fn remember_focus(event: &web_sys::FocusEvent) {
        let element = |target: Option<web_sys::EventTarget>| target.and_then(|target| target.dyn_into::<Element>().ok());
        let inside = event.current_target().and_then(|region| region.dyn_into::<Element>().ok());
        let from = element(event.related_target());
        if let Some(from) = from.filter(|from| !inside.is_some_and(|inside| inside.contains(Some(from)))) {
            CAME_FROM.set(Some(from));
        }
    }

    /// From where the focus came into what may go at any time; nothing where that is gone.
    pub fn came_from() -> Option<Element> {
        CAME_FROM.with_borrow(|from| from.clone().filter(|from| from.is_connected()))
    }

    pub fn return_focus() {
        request_animation_frame(|| {
            if super::super::focus_key::is_focus_lost() {
                let from = CAME_FROM.take().filter(|from| from.is_connected());
                if let Some(place) = from.or_else(|| document().get_element_by_id("main")) {
                    focus(&place, false);
                }
            }
        });
    }

    pub fn focus(element: &Element, into_view: bool) {
        let Some(element) = element.dyn_ref::<HtmlElement>() else { return };
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = element.focus_with_options(&options);
        if into_view {
            show(element);
        }
    }

    pub fn show(element: &Element) {
        let options = ScrollIntoViewOptions::new();
        options.set_block(ScrollLogicalPosition::Nearest);
        options.set_inline(ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
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

    /// How long a page may take to be drawn.
    pub const FRAMES_FOR_A_PAGE: u16 = 300;

    pub fn focus_search_page(frames: u16) {
        match document().query_selector("main [data-search]") {
            Ok(Some(field)) => focus(&field, true),
            _ if frames == 0 => {}
            _ => request_animation_frame(move || focus_search_page(frames - 1)),
        }
    }

    /// Whether nothing has the focus but the screen, or the way that led to it.
    pub fn is_free() -> bool {
        document().active_element().is_none_or(|element| {
            matches!(element.tag_name().as_str(), "BODY" | "MAIN" | "A") || element.has_attribute("aria-haspopup")
        })
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
pub(super) use browser::{all, came_from, focus};
