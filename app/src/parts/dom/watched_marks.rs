//! A mark on the cards of what was watched: copies of one, put into whichever cards are on the screen. A card has no code for it.

use leptos::web_sys::Element;

/// Has each card of a title that `is_watched` says yes to, by its id, bear a copy of `mark`, and no other: those that are there, and
/// whichever come until this is called again.
pub fn mark_watched(mark: &Element, is_watched: impl Fn(&str) -> bool + 'static) {
    #[cfg(feature = "browser")]
    browser::mark_watched(mark.clone(), Box::new(is_watched));
    #[cfg(not(feature = "browser"))]
    let _ = (mark, is_watched);
}

#[cfg(feature = "browser")]
mod browser {
    use std::cell::{Cell, RefCell};

    use js_sys::Array;
    use leptos::prelude::{document, request_animation_frame};
    use wasm_bindgen::{JsCast, prelude::Closure};
    use web_sys::{Element, MutationObserver, MutationObserverInit};

    use crate::parts::{
        card,
        dom::{card_events::title_of, focus::all, placed::copy_of},
    };

    /// Says of a copy what it is.
    const MARK: &str = "data-watched";

    type IsWatched = Box<dyn Fn(&str) -> bool>;

    thread_local! {
        static MARKED: RefCell<Option<(Element, IsWatched)>> = const { RefCell::new(None) };
        static IS_DUE: Cell<bool> = const { Cell::new(false) };
    }

    pub fn mark_watched(mark: Element, is_watched: IsWatched) {
        if MARKED.replace(Some((mark, is_watched))).is_none() {
            observe();
        }
        dress_soon();
    }

    /// Cards come, go, and become those of other titles.
    fn observe() {
        let changed = Closure::<dyn Fn()>::new(dress_soon);
        let (Ok(observer), Some(body)) = (MutationObserver::new(changed.as_ref().unchecked_ref()), document().body()) else {
            return;
        };
        let options = MutationObserverInit::new();
        options.set_child_list(true);
        options.set_subtree(true);
        options.set_attribute_filter(&Array::of1(&"href".into()));
        // It refuses only options that ask for nothing.
        let _ = observer.observe_with_options(&body, &options);
        changed.forget();
    }

    fn dress_soon() {
        if !IS_DUE.replace(true) {
            request_animation_frame(|| {
                IS_DUE.set(false);
                MARKED.with_borrow(|marked| marked.iter().for_each(|(mark, is_watched)| dress(mark, is_watched)));
            });
        }
    }

    fn dress(mark: &Element, is_watched: &IsWatched) {
        let Some(body) = document().body() else { return };
        for link in all(&body, &format!(".{} > a[href^='/title/']", card::CARD)) {
            let href = link.get_attribute("href").unwrap_or_default();
            let own = link.query_selector(&format!("[{MARK}]")).ok().flatten();
            match (title_of(&href).is_some_and(is_watched), own) {
                (true, None) => {
                    let _ = copy_of(mark, MARK).map(|copy| link.append_child(&copy));
                }
                (false, Some(own)) => own.remove(),
                (true, Some(_)) | (false, None) => {}
            }
        }
    }
}
