//! What is done with cards by pointer, keyboard, finger and remote control, by listeners of the document: a card has none of its
//! own, and the buttons over it are one element for all, which is put into the one that is meant.
//!
//! Whatever links to a title or to its film can be acted on. Buttons appear over those alone that link to a title and are as high
//! as a poster, and not on a television, where nothing points: there, as under a finger, a long press asks for all that can be
//! done. Letters and long presses of before these listeners are there are kept for them (`early_input.rs`).

#[cfg(feature = "browser")]
use leptos::web_sys;

use super::hideable_rows::HideableRow;

/// A title that something on the screen links to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardTarget {
    /// As its address has it.
    pub id: String,
    /// What its card calls it; of a link that is in none, what that says.
    pub name: String,
    /// The row that it stands in, where that can be hidden.
    pub row: Option<HideableRow>,
}

/// What was done with one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardEvent {
    /// The buttons are over this card now.
    Shown(CardTarget),
    /// They are over none.
    Hidden,
    /// A letter was pressed, where nobody types: on this title, where one has the focus.
    Letter(char, Option<CardTarget>),
    /// It was pressed long, or a remote control's menu key was pressed on it.
    Held(CardTarget),
    /// On a television: the focus came to a card, or to something else.
    Focused { is_card: bool },
}

/// The letters that were kept, in their order, each with the title that had the focus then. Those that were meant for a page that
/// is not there any more are dropped.
pub fn take_letters() -> Vec<(char, Option<CardTarget>)> {
    #[cfg(feature = "browser")]
    return browser::letters();
    #[cfg(not(feature = "browser"))]
    Vec::new()
}

/// Tells what is done with cards, for as long as the document lives. `buttons` is put into the card that the pointer rests on, or
/// that has the keyboard's focus.
pub fn follow_cards(buttons: &leptos::web_sys::HtmlElement, told: impl Fn(CardEvent) + 'static) {
    #[cfg(feature = "browser")]
    browser::follow(buttons.clone(), told);
    #[cfg(not(feature = "browser"))]
    let _ = (buttons, told);
}

/// Whether a remote control's key asks for what can be done with a thing: by its name, or by the number that Samsung's and
/// Android's give.
#[cfg(any(feature = "browser", test))]
fn is_menu_key(key: &str, code: u32) -> bool {
    matches!(key, "ContextMenu" | "Menu" | "Tools") || matches!(code, 93 | 10135)
}

/// The id of the title that an address leads to, or whose film it plays.
#[cfg(any(feature = "browser", test))]
pub(super) fn title_of(href: &str) -> Option<&str> {
    let rest = href.strip_prefix("/title/").or_else(|| href.strip_prefix("/watch/"))?;
    let id = rest.split(['?', '#']).next()?;
    (!id.is_empty() && !id.contains('/')).then_some(id)
}

#[cfg(feature = "browser")]
mod browser {
    use std::{
        cell::{Cell, RefCell},
        rc::Rc,
    };

    use gloo_timers::callback::Timeout;
    use leptos::prelude::{document, window};
    use wasm_bindgen::{JsCast, prelude::Closure};

    use super::{CardEvent, CardTarget, is_menu_key, title_of, web_sys};
    use crate::parts::{
        card,
        dom::{
            early_input::{HOLD, IS_HELD, LINK, is_in_dialog, link_of, take_letters, take_press, take_touch},
            has_player,
            hideable_rows::hideable_row_of,
            is_television, is_typing,
        },
    };
    use web_sys::{Element, Event, HtmlElement, KeyboardEvent, PointerEvent};

    /// What has buttons over it.
    const OWN_LINK: &str = ":scope > a[href^='/title/'],:scope > a[href^='/watch/']";
    const TITLE: &str = "a[href^='/title/']";
    /// How long a pointer or the focus rests on a card before buttons come, in milliseconds.
    const REST: u32 = 160;
    /// How far a finger may stray meanwhile, in pixels.
    const STRAY: f64 = 10.0;
    /// The lowest card that has room for buttons, in pixels.
    const LOWEST: f64 = 140.0;

    pub fn letters() -> Vec<(char, Option<CardTarget>)> {
        let of = |active: Option<Element>| target(&card_of(&active?)?);
        take_letters().map(|(letter, active)| (letter, of(active))).collect()
    }

    /// The link that an element is or lies in, or that its item is a card of.
    fn card_of(element: &Element) -> Option<Element> {
        let own = element.closest(LINK).ok().flatten();
        own.or_else(|| own_link(&element.closest("li").ok().flatten()?).map(Into::into))
    }

    /// What is so at the moment.
    struct Cards {
        buttons: HtmlElement,
        told: Box<dyn Fn(CardEvent)>,
        /// The card with the buttons, or the one that gets them.
        item: RefCell<Option<Element>>,
        rest: RefCell<Option<Timeout>>,
        press: RefCell<Option<Press>>,
        /// Where the pointer was last, on the screen.
        pointer: Cell<(i32, i32)>,
    }

    /// A press whose length is not known yet.
    struct Press {
        link: HtmlElement,
        at: (f64, f64),
        _long: Timeout,
    }

    pub fn follow(buttons: HtmlElement, told: impl Fn(CardEvent) + 'static) {
        let cards = Rc::new(Cards {
            buttons,
            told: Box::new(told),
            item: RefCell::default(),
            rest: RefCell::default(),
            press: RefCell::default(),
            pointer: Cell::default(),
        });
        listen(&cards, "pointerover", |cards, event: &PointerEvent| {
            // What rolls to below a pointer that rests takes nothing from the card that has the focus.
            if event.pointer_type() == "mouse" && (cards.has_moved(event) || !cards.has_focus()) {
                cards.come(item_of(event.target()));
            }
        });
        listen(&cards, "focusin", |cards, event: &Event| cards.focus(event.target()));
        // What has the focus already hears of no focus that comes.
        cards.focus(document().active_element().map(Into::into));
        listen(&cards, "keydown", Cards::key_down);
        listen(&cards, "keyup", |cards, event: &KeyboardEvent| {
            IS_HELD.set(false);
            let press = cards.press.take();
            if let Some(press) = press.filter(|_| event.key() == "Enter") {
                press.link.click();
            }
        });
        listen(&cards, "pointerdown", |cards, event: &PointerEvent| {
            let link = link_of(event.target()).filter(|_| event.pointer_type() == "touch");
            cards.press.replace(link.map(|link| Rc::clone(cards).press(link, place(event))));
        });
        listen(&cards, "pointermove", |cards, event: &PointerEvent| {
            cards.has_moved(event);
            let (x, y) = place(event);
            let strays = |press: &Press| (x - press.at.0).hypot(y - press.at.1) > STRAY;
            if cards.press.borrow().as_ref().is_some_and(strays) {
                cards.press.take();
            }
        });
        for end in ["pointerup", "pointercancel"] {
            listen(&cards, end, |cards, _: &PointerEvent| drop(cards.press.take()));
        }
        // A browser has a menu of its own for a long press.
        listen(&cards, "contextmenu", |cards, event: &Event| {
            let press = cards.press.take();
            if press.is_some() || IS_HELD.get() {
                event.prevent_default();
            }
            if let Some(press) = press {
                IS_HELD.set(true);
                cards.hold(&press.link);
            }
        });
        if let Some((link, event)) = take_touch() {
            cards.press.replace(Some(Rc::clone(&cards).press(link, place(&event))));
        }
        if let Some(link) = take_press() {
            cards.hold(&link);
        }
    }

    fn place(event: &PointerEvent) -> (f64, f64) {
        (f64::from(event.x()), f64::from(event.y()))
    }

    /// Before anybody else hears of it, for as long as the document lives.
    fn listen<E: JsCast>(cards: &Rc<Cards>, name: &str, heard: impl Fn(&Rc<Cards>, &E) + 'static) {
        let cards = Rc::clone(cards);
        let heard = Closure::<dyn Fn(Event)>::new(move |event: Event| heard(&cards, event.unchecked_ref()));
        // It refuses only what is no function.
        let _ = window().add_event_listener_with_callback_and_bool(name, heard.as_ref().unchecked_ref(), true);
        heard.forget();
    }

    /// The item of a list that holds a title's link, around what was pointed at.
    fn item_of(target: Option<web_sys::EventTarget>) -> Option<Element> {
        let item = target?.dyn_into::<Element>().ok()?.closest("li").ok().flatten()?;
        own_link(&item).filter(|link| link.matches(TITLE).unwrap_or(false)).map(|_| item)
    }

    fn own_link(item: &Element) -> Option<HtmlElement> {
        item.query_selector(OWN_LINK).ok().flatten()?.dyn_into().ok()
    }

    fn target(link: &Element) -> Option<CardTarget> {
        let href = link.get_attribute("href")?;
        Some(CardTarget { id: title_of(&href)?.to_owned(), name: name_of(link), row: hideable_row_of(link) })
    }

    /// A card says more than its title's name: the year, the score, why it is there.
    fn name_of(link: &Element) -> String {
        let card = link.closest("li").ok().flatten();
        let name = card.and_then(|card| card.query_selector(&format!(".{}", card::NAME)).ok().flatten());
        name.as_ref().unwrap_or(link).text_content().unwrap_or_default().trim().to_owned()
    }

    impl Cards {
        fn tell(&self, event: CardEvent) {
            (self.told)(event);
        }

        fn focus(self: &Rc<Self>, target: Option<web_sys::EventTarget>) {
            if is_television() {
                let is_card = link_of(target).is_some_and(|link| link.closest("li").is_ok_and(|item| item.is_some()));
                return self.tell(CardEvent::Focused { is_card });
            }
            let element = target.as_ref().and_then(|target| target.dyn_ref::<Element>());
            if element.is_some_and(|element| element.matches(":focus-visible").unwrap_or(false)) {
                self.come(item_of(target));
            }
        }

        /// Whether the pointer is elsewhere than it was.
        fn has_moved(&self, event: &PointerEvent) -> bool {
            let at = (event.screen_x(), event.screen_y());
            self.pointer.replace(at) != at
        }

        /// Whether the card with the buttons has the keyboard's focus.
        fn has_focus(&self) -> bool {
            let item = self.item.borrow();
            item.as_ref().is_some_and(|item| item.query_selector(":focus-visible").is_ok_and(|focused| focused.is_some()))
        }

        /// The pointer or the focus came here.
        fn come(self: &Rc<Self>, item: Option<Element>) {
            if *self.item.borrow() == item {
                return;
            }
            self.rest.take();
            if self.item.take().is_some() && self.buttons.parent_element().is_some() {
                self.buttons.remove();
                self.tell(CardEvent::Hidden);
            }
            let Some(item) = item else { return };
            self.item.replace(Some(item));
            let cards = Rc::clone(self);
            self.rest.replace(Some(Timeout::new(REST, move || cards.show())));
        }

        fn show(&self) {
            let Some(item) = self.item.borrow().clone() else { return };
            let Some(link) = own_link(&item).filter(|link| link.get_bounding_client_rect().height() >= LOWEST) else { return };
            let Some(target) = target(&link) else { return };
            // Whose buttons they are is known before they are seen.
            self.tell(CardEvent::Shown(target));
            // It refuses only where it would be put into itself.
            let _ = item.append_child(&self.buttons);
            // In a row one item is a stop for Tab, and so are the buttons over it.
            let stop = link.get_attribute("tabindex").unwrap_or_else(|| "0".to_owned());
            let buttons = self.buttons.query_selector_all("button").ok();
            for button in (0..).map_while(|at| buttons.as_ref()?.get(at)) {
                // An element takes every attribute.
                let _ = button.unchecked_into::<Element>().set_attribute("tabindex", &stop);
            }
        }

        fn hold(&self, link: &Element) {
            if let Some(target) = target(link) {
                self.tell(CardEvent::Held(target));
            }
        }

        fn press(self: Rc<Self>, link: HtmlElement, at: (f64, f64)) -> Press {
            let held = link.clone();
            let long = Timeout::new(HOLD, move || {
                if self.press.take().is_some() {
                    IS_HELD.set(true);
                    self.hold(&held);
                }
            });
            Press { link, at, _long: long }
        }

        fn key_down(self: &Rc<Self>, event: &KeyboardEvent) {
            let key = event.key();
            // An OK that is held is one press, also where what was pressed is gone by then.
            let is_repeated = event.repeat() && (is_television() || self.press.borrow().is_some());
            if key == "Enter" && (IS_HELD.get() || is_repeated) {
                event.prevent_default();
                event.stop_propagation();
                return;
            }
            if event.default_prevented() || is_typing(event) || has_player() || is_in_dialog() {
                return;
            }
            let active = document().active_element();
            if is_television() {
                return self.remote_key(event, active);
            }
            let link = active.and_then(|active| card_of(&active));
            let mut letters = key.chars();
            if let (Some(letter), None, false, false) = (letters.next(), letters.next(), event.repeat(), event.shift_key()) {
                // Whoever marks a card sees how it is marked.
                if let Some(item) = item_of(link.clone().map(Into::into)) {
                    self.come(Some(item));
                }
                self.tell(CardEvent::Letter(letter, link.as_ref().and_then(target)));
            }
        }

        /// OK is pressed: short, it is a click; long, it asks for what can be done.
        fn remote_key(self: &Rc<Self>, event: &KeyboardEvent, active: Option<Element>) {
            let Some(active) = active else { return };
            let is_menu = is_menu_key(&event.key(), event.key_code());
            // What else an item of a list holds has an OK of its own.
            match (is_menu, card_of(&active), link_of(Some(active.into()))) {
                (true, Some(card), _) => self.hold(&card),
                (false, _, Some(link)) if event.key() == "Enter" => {
                    let press = Rc::clone(self).press(link, (0.0, 0.0));
                    self.press.replace(Some(press));
                }
                (true, None, _) | (false, ..) => return,
            }
            event.prevent_default();
            event.stop_propagation();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_is_what_the_address_of_its_page_or_of_its_film_says_and_of_no_other_page() {
        assert_eq!(title_of("/title/abc"), Some("abc"));
        assert_eq!(title_of("/title/abc?x=1#y"), Some("abc"));
        assert_eq!(title_of("/watch/abc?t=3"), Some("abc"), "and that of its film");
        for other in ["/title/", "/title/a/b", "/watch/", "/browse", "https://elsewhere/title/abc"] {
            assert_eq!(title_of(other), None, "{other}");
        }
    }

    #[test]
    fn menu_keys_are_known_by_name_and_by_number() {
        assert!(is_menu_key("ContextMenu", 0) && is_menu_key("", 10135) && is_menu_key("Unidentified", 93));
        assert!(!is_menu_key("Enter", 13));
    }
}
