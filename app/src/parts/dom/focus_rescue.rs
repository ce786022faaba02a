//! The focus of what goes away: a card that is not wanted any more, a button that did what it was for, what opened a dialog and is
//! gone when that closes. A browser gives it to the page as a whole; here it goes on from where it was.
//!
//! What had the focus is remembered with everything around it, and its place in each. Where it is gone and the page is not, the
//! focus goes to what stands in its place by then, in the innermost of what is left around it: the card itself, the next one of
//! the row, the next row, the page's content. Where the document itself goes, because somebody else was chosen to watch, the next one
//! begins with the focus on its content.

use std::cell::RefCell;

use leptos::prelude::{document, request_animation_frame, window};
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{Element, Event, MutationObserver, MutationObserverInit, Storage};

use super::{
    focus::{all, focus},
    has_player,
};

const STOP: &str = "a[href],button,input,select,textarea,summary";
/// Of a row it is its cards that are meant, and not what rolls or hides it.
const CARD: &str = "li > a[href]";

/// Says in the tab's own storage that the next document is somebody's who was just chosen.
const CHOSEN: &str = "marquee.chosen";

/// How much of what stands before something is remembered to find its place again.
const BEFORE: usize = 4;

/// Something around what had the focus.
struct Around {
    outer: Element,
    /// At which place in it that stood.
    place: u32,
    /// What stood before that, the nearest first.
    before: Vec<Element>,
}

impl Around {
    fn of(inner: &Element, outer: Element) -> Self {
        let children = outer.children();
        let place = (0..children.length()).find(|at| children.item(*at).as_ref() == Some(inner)).unwrap_or_default();
        let before = std::iter::successors(inner.previous_element_sibling(), Element::previous_element_sibling);
        Self { outer, place, before: before.take(BEFORE).collect() }
    }

    /// Where it would stand by now: behind what stood before it and is still there. Other things may have gone with it.
    fn place(&self) -> u32 {
        let children = self.outer.children();
        let place_of = |element: &Element| (0..children.length()).find(|at| children.item(*at).as_ref() == Some(element));
        self.before.iter().find_map(place_of).map_or(self.place, |at| at + 1)
    }
}

thread_local! {
    /// What had the focus last, and what is around it, the innermost first, without the page's content as a whole.
    static LAST: RefCell<Option<(Element, Vec<Around>)>> = const { RefCell::new(None) };
}

/// Follows the focus for as long as the document lives.
pub fn begin() {
    listen("focusin", |event| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if let Some(target) = target.filter(|target| !is_in_dialog(target)) {
            remember(target);
        }
    });
    // Who leaves something for nothing wants it so.
    listen("focusout", |event| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        request_animation_frame(move || {
            // By the next frame something else may have had the focus, and may be gone with it.
            let is_last = |target: &Element| LAST.with_borrow(|last| last.as_ref().is_some_and(|(last, _)| last == target));
            let is_left =
                |target: Element| is_last(&target) && target.is_connected() && !is_in_dialog(&target) && is_shown(&target);
            if target.is_some_and(is_left) && is_lost() && open_dialog().is_none() {
                LAST.take();
            }
        });
    });
    listen("close", |_| rescue_soon());
    let watched = Closure::<dyn Fn()>::new(|| {
        if is_lost() {
            rescue_soon();
        }
    });
    let (Ok(observer), Some(body)) = (MutationObserver::new(watched.as_ref().unchecked_ref()), document().body()) else { return };
    let options = MutationObserverInit::new();
    options.set_child_list(true);
    options.set_subtree(true);
    // It refuses only options that ask for nothing.
    let _ = observer.observe_with_options(&body, &options);
    watched.forget();
    focus_content_of_chosen();
    if let Some(active) = document().active_element() {
        remember(active);
    }
}

/// The next document of this tab begins as a screen does that one goes to: with the focus on its content.
pub fn focus_next_document() {
    // A storage that refuses has it begin as any other document.
    let _ = storage().map(|storage| storage.set_item(CHOSEN, ""));
}

fn focus_content_of_chosen() {
    let Some(storage) = storage().filter(|storage| storage.get_item(CHOSEN).is_ok_and(|kept| kept.is_some())) else { return };
    let _ = storage.remove_item(CHOSEN);
    if is_lost()
        && let Some(main) = document().get_element_by_id("main")
    {
        focus(&main, false);
    }
}

fn storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

fn listen(name: &str, heard: impl Fn(Event) + 'static) {
    let heard = Closure::<dyn Fn(Event)>::new(heard);
    // It refuses only what is no function.
    let _ = window().add_event_listener_with_callback_and_bool(name, heard.as_ref().unchecked_ref(), true);
    heard.forget();
}

fn remember(element: Element) {
    let main = document().get_element_by_id("main");
    let is_in_main = main.as_ref().is_some_and(|main| *main != element && main.contains(Some(&element)));
    // Whoever points goes on from where the pointer is.
    if !is_in_main || !element.matches(":focus-visible").unwrap_or(false) {
        LAST.take();
        return;
    }
    let (mut around, mut inner) = (Vec::new(), element.clone());
    while let Some(outer) = inner.parent_element().filter(|outer| Some(outer) != main.as_ref()) {
        around.push(Around::of(&inner, outer.clone()));
        inner = outer;
    }
    LAST.set(Some((element, around)));
}

/// Whoever knows better where the focus belongs has given it there by then.
fn rescue_soon() {
    request_animation_frame(|| {
        if is_lost() && !has_player() && open_dialog().is_none() {
            rescue();
        }
    });
}

fn rescue() {
    let Some((element, around)) = LAST.take() else { return };
    // With the page itself everything around it is gone: the next page has a beginning of its own.
    if !around.iter().any(|around| around.outer.is_connected()) {
        return;
    }
    if element.is_connected() && goes_to(&element) {
        return;
    }
    for around in around.into_iter().filter(|around| around.outer.is_connected()) {
        if stops(&around.outer, around.place()).iter().any(goes_to) {
            return;
        }
    }
    if let Some(main) = document().get_element_by_id("main") {
        focus(&main, false);
    }
}

/// Where to go on inside of `outer`, whose part at `place` is gone: the part that stands there now and those behind it, then those
/// before it, the nearest first. An item is one thing.
fn stops(outer: &Element, place: u32) -> Vec<Element> {
    if outer.matches("li").unwrap_or(false) {
        return all(outer, STOP);
    }
    let children = outer.children();
    let behind = (place..children.length()).filter_map(|at| children.item(at));
    let before = (0..place).rev().filter_map(|at| children.item(at));
    behind.chain(before).flat_map(|part| stops_of(&part)).collect()
}

fn stops_of(part: &Element) -> Vec<Element> {
    let mut stops = all(part, CARD);
    if part.matches(STOP).unwrap_or(false) {
        stops.push(part.clone());
    }
    stops.extend(all(part, STOP));
    stops
}

fn goes_to(stop: &Element) -> bool {
    if is_shown(stop) {
        focus(stop, true);
    }
    document().active_element().as_ref() == Some(stop)
}

fn is_shown(element: &Element) -> bool {
    element.get_client_rects().length() > 0
}

/// Whether the page as a whole has the focus, which nobody gave it on purpose: the screen has its own element for that.
fn is_lost() -> bool {
    document().active_element().is_none_or(|active| active.tag_name() == "BODY")
}

fn is_in_dialog(element: &Element) -> bool {
    element.closest("dialog").ok().flatten().is_some()
}

fn open_dialog() -> Option<Element> {
    document().query_selector("dialog[open]").ok().flatten()
}
