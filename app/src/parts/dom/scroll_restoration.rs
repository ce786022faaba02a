//! Where each entry of the history was scrolled to and what had the focus there, so that back and forward lead there again.
//!
//! The browser's own way of it comes too early: the screen is drawn, and may be fetched, only after the entry changed.
//! On leaving the document it is given back its part, and the places are kept in the tab's own storage: loading the page again
//! leads there as well, also where the page is not as long until more of it was fetched, and so does Back from there. What the viewer
//! had under their finger or in the focus is where it was in the window: above it rows may have come or gone meanwhile.
//!
//! A place may be one that the page does not reach any more. Whoever presses, turns a wheel or moves the page by other means has
//! gone elsewhere: a page that is held under a pointer takes the click from what was pressed.

/// Keeps the places from now on, for as long as the page lives. `path` is the path of the screen that is drawn: while
/// another one is on its way, what is scrolled to is nobody's place.
pub fn restore_scroll(path: leptos::prelude::Memo<String>) {
    #[cfg(feature = "browser")]
    browser::keep(path);
    #[cfg(not(feature = "browser"))]
    let _ = path;
}

/// Whether the page is on its way back to where it was.
#[cfg(feature = "browser")]
pub fn is_going_back() -> bool {
    browser::is_going_back()
}

/// Goes to the top, and forgets where the page was: somebody else begins on it, in a document of theirs.
#[cfg(feature = "browser")]
pub fn begin_anew() {
    browser::begin_anew();
}

#[cfg(feature = "browser")]
mod browser {
    //! The same, with a window.

    use std::{
        cell::{Cell, RefCell},
        fmt::Write,
    };

    use js_sys::{Object, Reflect};
    use leptos::{ev, prelude::*};
    use wasm_bindgen::{JsCast, JsValue};
    use web_sys::{Element, ScrollBehavior, ScrollToOptions};

    use super::super::focus_key::{FocusKey, is_focus_lost};

    /// Where the places of the document that is left are kept: the bits of each entry's name, and pixels.
    const LEFT: &str = "marquee.left";
    /// Places that are kept: browsers have no more entries of a tab.
    const ENTRIES: usize = 50;
    /// The member of an entry's state that tells it from the others.
    const ENTRY: &str = "entry";
    /// How long a place is held once it was reached: what is drawn later may still move the page.
    const HELD_MILLISECONDS: f64 = 400.0;
    /// How long is waited for a screen that is long enough.
    const WAIT_MILLISECONDS: f64 = 5_000.0;

    /// Where an entry was scrolled to.
    #[derive(Clone, Default)]
    struct Place {
        /// Pixels from the top of the page.
        top: f64,
        anchor: Option<Anchor>,
    }

    /// What the viewer pressed or gave the focus last.
    #[derive(Clone)]
    struct Anchor {
        key: FocusKey,
        element: Element,
        /// Pixels from the top of the window.
        offset: f64,
        /// Whether it had the focus, by a keyboard or a remote control.
        has_focus: bool,
    }

    impl Anchor {
        fn of(element: Element, has_focus: bool) -> Option<Self> {
            Some(Self { key: FocusKey::of(&element)?, offset: offset(&element), element, has_focus })
        }

        /// Where it is by now; nothing where the screen has it no more.
        fn moved(self) -> Option<Self> {
            let element = if self.element.is_connected() { self.element } else { self.key.find()? };
            Some(Self { offset: offset(&element), element, ..self })
        }

        /// Where the page is to be scrolled to, once the screen has it: nowhere for what was out of sight, which nobody looks for.
        fn top(&self) -> Option<f64> {
            let height = window().inner_height().ok()?.as_f64()?;
            let is_in_sight = (0.0..height).contains(&self.offset);
            let element = self.key.find().filter(|_| is_in_sight)?;
            Some((window().scroll_y().ok()? + offset(&element) - self.offset).max(0.0))
        }
    }

    impl Place {
        fn top(&self) -> f64 {
            self.anchor.as_ref().and_then(Anchor::top).unwrap_or(self.top)
        }

        fn focus(&self) -> Option<&FocusKey> {
            self.anchor.as_ref().filter(|anchor| anchor.has_focus).map(|anchor| &anchor.key)
        }
    }

    thread_local! {
        /// By the bits of an entry's name, the last that was named last.
        static PLACES: RefCell<Vec<(u64, Place)>> = const { RefCell::new(Vec::new()) };
        /// The name of the last entry: a time, so that no entry from before this document was loaded has the same.
        static LAST_ENTRY: Cell<f64> = const { Cell::new(0.0) };
        /// Counts the ways back; the one under way is the last, and 0 is none.
        static WAYS: Cell<u32> = const { Cell::new(0) };
        static UNDER_WAY: Cell<u32> = const { Cell::new(0) };
    }

    pub fn keep(path: Memo<String>) {
        restore_natively(false);
        come_back();
        let is_drawn = move || window().location().pathname().is_ok_and(|there| there == path.get_untracked());
        // Effects run after whoever hears of another address.
        let left = StoredValue::new(String::new());
        Effect::new(move || left.set_value(path.get()));
        // Before a press is noted: the one that ends the way back is of a place as well.
        let stops = ["wheel", "touchstart", "pointerdown", "keydown"]
            .map(|name| window_event_listener_untyped(name, |_| UNDER_WAY.set(0)));
        let scroll = window_event_listener(ev::scroll, move |_| {
            if is_drawn() && UNDER_WAY.get() == 0 {
                note(None);
            }
        });
        let focused = window_event_listener(ev::focusin, move |event| {
            if is_drawn() && UNDER_WAY.get() == 0 {
                note_focus(event.target());
            }
        });
        let pressed = window_event_listener(ev::pointerdown, move |event| {
            if is_drawn() && UNDER_WAY.get() == 0 {
                note_press(event.target());
            }
        });
        let moved = window_event_listener(ev::popstate, move |_| {
            let stays = left.with_value(|left| window().location().pathname().is_ok_and(|there| is_same_screen(left, &there)));
            go_back(if stays { None } else { screen() });
        });
        let hidden = window_event_listener_untyped("pagehide", |_| {
            leave();
            restore_natively(true);
        });
        let shown = window_event_listener_untyped("pageshow", |_| restore_natively(false));
        on_cleanup(move || {
            for listener in stops.into_iter().chain([hidden, shown]) {
                listener.remove();
            }
            scroll.remove();
            focused.remove();
            pressed.remove();
            moved.remove();
        });
    }

    pub fn is_going_back() -> bool {
        UNDER_WAY.get() != 0
    }

    pub fn begin_anew() {
        UNDER_WAY.set(0);
        scroll_to(0.0);
        // At once: the document may go before it says that it was scrolled.
        if let Some(entry) = entry() {
            set_place(entry, Place::default());
        }
    }

    fn scroll_to(top: f64) {
        let options = ScrollToOptions::new();
        options.set_top(top);
        options.set_behavior(ScrollBehavior::Instant);
        window().scroll_to_with_scroll_to_options(&options);
    }

    /// Keeps where the page is, and where in the window its anchor is: this one, or the one that it has.
    fn note(anchor: Option<Anchor>) {
        let top = window().scroll_y().unwrap_or(0.0);
        let entry = entry().unwrap_or_else(begin_entry);
        let before = place_of(entry).and_then(|place| place.anchor);
        // The screen that was come back to is drawn anew, and its elements with it.
        let anchor = anchor.or_else(|| before.and_then(Anchor::moved));
        set_place(entry, Place { top, anchor });
    }

    fn place_of(entry: u64) -> Option<Place> {
        PLACES.with_borrow(|places| places.iter().find(|(name, _)| *name == entry).map(|(_, place)| place.clone()))
    }

    fn set_place(entry: u64, place: Place) {
        PLACES.with_borrow_mut(|places| {
            if let Some((_, before)) = places.iter_mut().find(|(name, _)| *name == entry) {
                *before = place;
                return;
            }
            if places.len() == ENTRIES {
                places.remove(0);
            }
            places.push((entry, place));
        });
    }

    fn note_focus(target: Option<leptos::web_sys::EventTarget>) {
        let element = target.and_then(|target| target.dyn_into::<Element>().ok());
        // Who points with a mouse sees no focus, and gets none back. Older browsers do not know the difference.
        let Some(element) = element.filter(|element| element.matches(":focus-visible").unwrap_or(true)) else { return };
        if let Some(anchor) = Anchor::of(element, true) {
            note(Some(anchor));
        }
    }

    fn note_press(target: Option<leptos::web_sys::EventTarget>) {
        let element = target.and_then(|target| target.dyn_into::<Element>().ok());
        let link = element.and_then(|element| element.closest("main a[href]").ok().flatten());
        if let Some(anchor) = link.and_then(|link| Anchor::of(link, false)) {
            note(Some(anchor));
        }
    }

    fn offset(element: &Element) -> f64 {
        element.get_bounding_client_rect().top()
    }

    /// Keeps the places of the document that goes.
    fn leave() {
        let mut kept = String::new();
        PLACES.with_borrow(|places| {
            for (entry, place) in places {
                // A text takes everything.
                let _ = write!(kept, "{entry} {} ", place.top as u32);
            }
        });
        if let Ok(Some(storage)) = window().session_storage() {
            // A storage that refuses leaves it to the browser.
            let _ = storage.set_item(LEFT, &kept);
        }
    }

    /// Knows the places that an earlier document of this tab left, and goes to the one that this entry had.
    fn come_back() {
        let kept = window().session_storage().ok().flatten().and_then(|storage| storage.get_item(LEFT).ok().flatten());
        let kept = kept.unwrap_or_default();
        let mut words = kept.split(' ').map(str::parse::<u64>);
        while let (Some(Ok(entry)), Some(Ok(top))) = (words.next(), words.next()) {
            set_place(entry, Place { top: u32::try_from(top).map_or(0.0, f64::from), anchor: None });
        }
        if entry().and_then(place_of).is_some_and(|place| place.top > 0.0) {
            go_back(None);
        }
    }

    /// Whether what is drawn for one path is drawn anew for the other only inside: the screens of two titles are one.
    fn is_same_screen(one: &str, other: &str) -> bool {
        let name = |path: &str| path.split('/').nth(1).map(str::to_owned);
        name(one) == name(other)
    }

    /// What is drawn at the moment.
    fn screen() -> Option<Element> {
        document().get_element_by_id("main")?.first_element_child()
    }

    /// `before` is the screen that another one is to replace.
    fn go_back(before: Option<Element>) {
        let place = entry().and_then(place_of);
        let leads_within = window().location().hash().is_ok_and(|hash| !hash.is_empty());
        if place.is_none() && leads_within {
            return;
        }
        WAYS.set(WAYS.get() + 1);
        UNDER_WAY.set(WAYS.get());
        hold(WAYS.get(), place.unwrap_or_default(), before, now(), None, None);
    }

    /// Scrolls there in every frame, and gives the focus back where the screen does not have it, until both were held for a
    /// while, or the viewer goes elsewhere. The screen `before` may have such a place as well, and is not there yet what is led to.
    /// `left` is where the frame before left the page, and how long that was.
    fn hold(way: u32, place: Place, before: Option<Element>, begun: f64, reached: Option<f64>, left: Option<(f64, i32)>) {
        if UNDER_WAY.get() != way {
            return;
        }
        let offset = || window().scroll_y().unwrap_or(0.0);
        let is_near = |top: f64| (offset() - top).abs() < 2.0;
        let length = document().document_element().map_or(0, |root| root.scroll_height());
        // By a scroll bar, a search in the page, what reads it out: a page that became shorter or longer moves by itself.
        if left.is_some_and(|(top, before)| before == length && !is_near(top)) {
            UNDER_WAY.set(0);
            return;
        }
        let is_drawn = before.as_ref().is_none_or(|before| !before.is_connected());
        let has_focus = !is_focus_lost() || place.focus().is_none_or(FocusKey::restore);
        let top = place.top();
        scroll_to(top);
        let is_there = is_drawn && has_focus && is_near(top);
        let reached = if is_there { reached.or_else(|| Some(now())) } else { None };
        let is_done = reached.is_some_and(|reached| now() - reached > HELD_MILLISECONDS);
        if is_done || now() - begun > WAIT_MILLISECONDS {
            UNDER_WAY.set(0);
            return;
        }
        let left = Some((offset(), length));
        request_animation_frame(move || hold(way, place, before, begun, reached, left));
    }

    fn name_of_entry() -> Option<u64> {
        let state = window().history().ok()?.state().ok()?;
        Some(Reflect::get(&state, &ENTRY.into()).ok()?.as_f64()?.to_bits())
    }

    /// The entry at hand, where it has a place.
    fn entry() -> Option<u64> {
        name_of_entry().filter(|entry| PLACES.with_borrow(|places| places.iter().any(|(name, _)| name == entry)))
    }

    /// Names the entry at hand, keeping what else its state holds.
    fn begin_entry() -> u64 {
        let entry = now().max(LAST_ENTRY.get() + 1.0);
        LAST_ENTRY.set(entry);
        if let Ok(history) = window().history() {
            let state = Object::new();
            if let Ok(before) = history.state()
                && before.is_object()
            {
                Object::assign(&state, &Object::from(before));
            }
            // A plain object takes every member; browsers refuse a replacement only when they come too often.
            let _ = Reflect::set(&state, &ENTRY.into(), &entry.into());
            let _ = history.replace_state_with_url(&state, "", None);
        }
        entry.to_bits()
    }

    fn restore_natively(is_native: bool) {
        if let Ok(history) = window().history() {
            let mode = if is_native { "auto" } else { "manual" };
            let _ = Reflect::set(&history, &JsValue::from("scrollRestoration"), &mode.into());
        }
    }

    fn now() -> f64 {
        js_sys::Date::now()
    }
}
