//! Dragging an item of a list to another place by pointer, pen or finger; and noticing that the end of a list comes near.

use leptos::{ev, web_sys};

/// A drag that has begun: the item's number, and where it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drag {
    pub from: usize,
    pub to: usize,
}

impl Drag {
    pub const fn begin(from: usize) -> Self {
        Self { from, to: from }
    }

    /// The numbers of so many items as they stand meanwhile.
    pub fn order(self, size: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..size).collect();
        if self.from < size {
            let item = order.remove(self.from);
            order.insert(self.to.min(order.len()), item);
        }
        order
    }
}

/// The place of the item that is under the pointer, by its `data-place`. The first time in a drag, has the pointer's events go to
/// the handle wherever it is.
pub fn drag_target(event: &ev::PointerEvent) -> Option<usize> {
    #[cfg(feature = "browser")]
    {
        use wasm_bindgen::JsCast;

        if event.type_() == "pointerdown" {
            let handle = event.current_target()?.dyn_into::<web_sys::Element>().ok()?;
            // It refuses a pointer that is gone.
            handle.set_pointer_capture(event.pointer_id()).ok()?;
        }
        let under = leptos::prelude::document().element_from_point(event.x() as f32, event.y() as f32)?;
        under.closest("[data-place]").ok().flatten()?.get_attribute("data-place")?.parse().ok()
    }
    #[cfg(not(feature = "browser"))]
    {
        let _ = event;
        None
    }
}

/// Which item of its list the focus came to.
pub fn place_within_list(event: &ev::FocusEvent) -> Option<usize> {
    #[cfg(feature = "browser")]
    {
        use wasm_bindgen::JsCast;

        let item = event.target()?.dyn_into::<web_sys::Element>().ok()?.closest("li").ok().flatten()?;
        Some(std::iter::successors(item.previous_element_sibling(), web_sys::Element::previous_element_sibling).count())
    }
    #[cfg(not(feature = "browser"))]
    {
        let _ = event;
        None
    }
}

/// Calls `near` whenever an element comes within a screen of what is visible, until the owner goes away.
pub fn on_end_near(element: &web_sys::Element, near: impl Fn() + 'static) {
    #[cfg(feature = "browser")]
    {
        use leptos::prelude::{StoredValue, WithValue, on_cleanup};
        use wasm_bindgen::{JsCast, prelude::Closure};
        use web_sys::{IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit};

        let seen = Closure::<dyn Fn(js_sys::Array)>::new(move |entries: js_sys::Array| {
            let entries = entries.iter().filter_map(|entry| entry.dyn_into::<IntersectionObserverEntry>().ok());
            if entries.into_iter().any(|entry| entry.is_intersecting()) {
                near();
            }
        });
        let options = IntersectionObserverInit::new();
        options.set_root_margin("100%");
        let Ok(observer) = IntersectionObserver::new_with_options(seen.as_ref().unchecked_ref(), &options) else { return };
        observer.observe(element);
        // The owner, which goes, keeps what is called.
        #[expect(clippy::disallowed_methods, reason = "there are no observers on the server")]
        let held = StoredValue::new_local((observer, seen));
        on_cleanup(move || {
            let _ = held.try_with_value(|(observer, _)| observer.disconnect());
        });
    }
    #[cfg(not(feature = "browser"))]
    let _ = (element, near);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dragged_stands_where_it_is_held_and_the_others_close_up() {
        assert_eq!(Drag { from: 3, to: 1 }.order(5), [0, 3, 1, 2, 4]);
        assert_eq!(Drag { from: 0, to: 4 }.order(5), [1, 2, 3, 4, 0]);
        assert_eq!(Drag::begin(2).order(3), [0, 1, 2]);
        assert_eq!(Drag { from: 9, to: 0 }.order(2), [0, 1], "an item that is gone meanwhile");
    }
}
