//! Letters and long presses on cards that come before somebody listens to them: kept, so that none is lost and no long press
//! follows a link while the code of what cards can do is on its way.
//!
//! A first visit has this; `card_events.rs`, which takes what is kept, is a chunk's.

/// Keeps a letter that was pressed before anybody listens to it, and says whether it did: then it is time that somebody does.
pub fn keep_letter(event: &leptos::ev::KeyboardEvent) -> bool {
    #[cfg(feature = "browser")]
    return browser::keep_letter(event);
    #[cfg(not(feature = "browser"))]
    {
        let _ = event;
        false
    }
}

/// Keeps long presses until somebody listens to them, and has none of them be a click, for as long as the document lives. `kept` is
/// told of each: it is time that somebody listens.
pub fn keep_presses(kept: impl Fn() + 'static) {
    #[cfg(feature = "browser")]
    browser::keep_presses(kept);
    #[cfg(not(feature = "browser"))]
    let _ = kept;
}

/// Whether this is the first time that it is asked on this page.
pub fn is_first_mount() -> bool {
    #[cfg(feature = "browser")]
    return !browser::IS_MOUNTED.replace(true);
    #[cfg(not(feature = "browser"))]
    true
}

#[cfg(feature = "browser")]
pub(super) use browser::{HOLD, IS_HELD, LINK, is_in_dialog, link_of, take_letters, take_press, take_touch};

#[cfg(feature = "browser")]
mod browser {
    use std::cell::{Cell, RefCell};

    use leptos::{
        prelude::{document, window},
        web_sys::{Element, Event, EventTarget, HtmlElement, KeyboardEvent, PointerEvent},
    };
    use wasm_bindgen::{JsCast, prelude::Closure};

    use crate::parts::dom::is_typing;

    /// What can be acted on.
    pub const LINK: &str = "a[href^='/title/'],a[href^='/watch/']";
    /// How long a press is that asks for what can be done, in milliseconds.
    pub const HOLD: u32 = 550;
    /// Letters that are kept at most.
    const MOST_LETTERS: usize = 8;

    /// A click that comes so long after a press, in milliseconds, is not what ends it: browsers leave that one out at times.
    const ENDING: f64 = 500.0;

    thread_local! {
        pub static IS_MOUNTED: Cell<bool> = const { Cell::new(false) };
        /// What was pressed long: its key or its finger is not up yet.
        pub static IS_HELD: Cell<bool> = const { Cell::new(false) };
        /// When the last finger was up again: later than ever while it is not.
        static RELEASED: Cell<f64> = const { Cell::new(f64::INFINITY) };
        /// The letters that are kept, with what had the focus, and the page.
        static LETTERS: RefCell<Vec<(char, Option<Element>, String)>> = const { RefCell::new(Vec::new()) };
        /// The link that a finger is on, and how it came there.
        static TOUCH: RefCell<Option<(HtmlElement, PointerEvent)>> = const { RefCell::new(None) };
        /// The link that was pressed long, and the page.
        static PRESS: RefCell<Option<(HtmlElement, String)>> = const { RefCell::new(None) };
    }

    fn page() -> String {
        window().location().pathname().unwrap_or_default()
    }

    pub fn keep_letter(event: &KeyboardEvent) -> bool {
        let letter = match event.key().as_str() {
            "l" => 'l',
            "f" => 'f',
            "w" => 'w',
            _ => return false,
        };
        if IS_MOUNTED.get() || event.repeat() || is_typing(event) || is_in_dialog() {
            return false;
        }
        LETTERS.with_borrow_mut(|kept| {
            if kept.len() < MOST_LETTERS {
                kept.push((letter, document().active_element(), page()));
            }
        });
        true
    }

    /// Those that were meant for a page that is not there any more are dropped.
    pub fn take_letters() -> impl Iterator<Item = (char, Option<Element>)> {
        let here = page();
        LETTERS.take().into_iter().filter(move |(_, _, page)| *page == here).map(|(letter, active, _)| (letter, active))
    }

    pub fn is_in_dialog() -> bool {
        document().active_element().is_some_and(|active| active.closest("dialog").ok().flatten().is_some())
    }

    pub fn link_of(target: Option<EventTarget>) -> Option<HtmlElement> {
        target?.dyn_into::<Element>().ok()?.closest(LINK).ok().flatten()?.dyn_into().ok()
    }

    pub fn keep_presses(kept: impl Fn() + 'static) {
        let heard = Closure::<dyn Fn(Event)>::new(move |event: Event| hear(&event, &kept));
        for name in ["pointerdown", "pointerup", "pointercancel", "contextmenu", "click"] {
            // It refuses only what is no function.
            let _ = window().add_event_listener_with_callback_and_bool(name, heard.as_ref().unchecked_ref(), true);
        }
        heard.forget();
    }

    /// Before anybody else hears of it.
    fn hear(event: &Event, kept: &dyn Fn()) {
        match event.type_().as_str() {
            "pointerdown" => {
                IS_HELD.set(false);
                RELEASED.set(f64::INFINITY);
                let event: &PointerEvent = event.unchecked_ref();
                let is_early = !IS_MOUNTED.get() && event.pointer_type() == "touch";
                TOUCH.set(link_of(event.target()).filter(|_| is_early).map(|link| (link, event.clone())));
            }
            "pointerup" => {
                let touch = TOUCH.take();
                hold(touch.filter(|(_, began)| event.time_stamp() - began.time_stamp() >= f64::from(HOLD)), kept);
                RELEASED.set(event.time_stamp());
            }
            "pointercancel" => drop(TOUCH.take()),
            // A browser says by this that a press was long: it has a menu of its own for it.
            "contextmenu" => {
                if hold(TOUCH.take(), kept) {
                    event.prevent_default();
                }
            }
            // The click that ends a long press is none.
            _ => {
                if IS_HELD.replace(false) && event.time_stamp() - RELEASED.get() < ENDING {
                    event.prevent_default();
                    event.stop_propagation();
                }
            }
        }
    }

    fn hold(touch: Option<(HtmlElement, PointerEvent)>, kept: &dyn Fn()) -> bool {
        let Some((link, _)) = touch else { return false };
        IS_HELD.set(true);
        PRESS.set(Some((link, page())));
        kept();
        true
    }

    /// What a finger is on as somebody begins to listen.
    pub fn take_touch() -> Option<(HtmlElement, PointerEvent)> {
        TOUCH.take()
    }

    /// What was pressed long, unless the page is another by now.
    pub fn take_press() -> Option<HtmlElement> {
        PRESS.take().filter(|(_, page)| *page == self::page()).map(|(link, _)| link)
    }
}
