//! Arrows, OK and Back of a remote control on a document: measures what takes the focus, and goes where [`geometry`] says.
//!
//! A row says that it is one by `data-focus-row`, and that what is around it is its heading by `data-row`; what Escape closes and keeps the focus inside, by being a dialog or by
//! `data-focus-dialog`; what Escape closes and one may walk out of, by `data-dismissible`; the bar that stays while the page
//! is scrolled, by `data-pinned`; notices that lie over the foot of the page for a while, by `data-notices`, and what can be
//! done about one, by `data-notice-action`: the way down leads through that, from wherever it begins, and on.

use leptos::ev;

use super::{fields, geometry::Direction, remote};

/// Does what a key of a remote control asks for; whether it was one that had something to do.
pub fn follow_remote(event: &ev::KeyboardEvent) -> bool {
    use remote::RemoteKey;

    let is_typing = fields::field_of(event).takes_text();
    match remote::remote_key(&event.key(), event.key_code(), is_typing) {
        Some(RemoteKey::Move(direction)) => follow_arrow(event, direction),
        Some(RemoteKey::Activate) => fields::activate_field(event),
        Some(RemoteKey::Back) => close_open() || go_back(),
        Some(RemoteKey::Media(_)) | None => false,
    }
}

/// Gives the focus to what one begins with on this screen.
#[cfg(feature = "browser")]
pub fn enter() {
    browser::enter();
}

/// An arrow was pressed: moves the focus that way, unless the field that has it needs the arrow.
pub fn follow_arrow(event: &ev::KeyboardEvent, direction: Direction) -> bool {
    let field = fields::field_of(event);
    let is_shortcut = event.ctrl_key() || event.meta_key() || event.alt_key() || event.shift_key();
    !is_shortcut && !field.keeps(direction) && (move_focus(direction) || field.changes_by_arrows())
}

/// Moves the focus to the nearest thing that way, or to where one begins; whether there was one.
pub fn move_focus(direction: Direction) -> bool {
    #[cfg(feature = "browser")]
    return browser::move_focus(direction);
    #[cfg(not(feature = "browser"))]
    {
        let _ = direction;
        false
    }
}

/// Closes the dialog, menu or panel that is open; whether there was one.
pub fn close_open() -> bool {
    #[cfg(feature = "browser")]
    return browser::close_open();
    #[cfg(not(feature = "browser"))]
    false
}

/// Closes the menu that is open, and gives the focus back to what opened it; whether there was one.
pub fn close_menu() -> bool {
    #[cfg(feature = "browser")]
    return browser::close_menu();
    #[cfg(not(feature = "browser"))]
    false
}

/// Closes menus that do not hold what was pressed.
pub fn close_menus_around(pressed: Option<&leptos::web_sys::EventTarget>) {
    #[cfg(feature = "browser")]
    browser::close_menus_around(pressed);
    #[cfg(not(feature = "browser"))]
    let _ = pressed;
}

/// Goes back in the history; whether there is anything behind.
pub fn go_back() -> bool {
    #[cfg(feature = "browser")]
    {
        let history = leptos::prelude::window().history();
        history.is_ok_and(|history| history.length().is_ok_and(|length| length > 1) && history.back().is_ok())
    }
    #[cfg(not(feature = "browser"))]
    false
}

#[cfg(feature = "browser")]
mod browser {
    //! The same, with a document.

    use leptos::prelude::{document, window};
    use wasm_bindgen::{JsCast, prelude::wasm_bindgen};
    use web_sys::{Element, Node};

    use super::super::{
        focus::{all, came_from, focus},
        geometry::{Candidate, Direction, Rect, entry, nearest, to_middle},
    };

    // The skip link is for whoever goes through a page stop by stop. What scrolls by itself, and what has nothing to press and is to be
    // read, is a stop by its index.
    const FOCUSABLE: &str = "a[href]:not([href='#main']),button,input,select,textarea,summary,[tabindex='0']";
    const ROW: &str = "[data-focus-row]";
    const AROUND_ROW: &str = "[data-row]";
    const PINNED: &str = "[data-pinned]";
    const CURRENT_LINK: &str = "nav a[aria-current],ul a[aria-current]";
    const MENU: &str = "details[data-menu][open]";
    const DIALOG: &str = "dialog[open],[role='dialog'],[role='alertdialog'],details[data-menu][open],[data-focus-dialog]";
    const LAST_FOCUSED: &str = "data-last-focused";
    const NOTICES: &str = "[data-notices]";
    const NOTICE_ACTION: &str = "[data-notice-action]:not([data-passed])";
    /// Says of what can be done about a notice that the viewer went past it.
    const PASSED: &str = "data-passed";

    // web-sys has neither `checkVisibility` nor events that are made, and older televisions lack the first.
    #[wasm_bindgen(inline_js = "export function is_shown(element) {
        if (element.checkVisibility) {
            return element.checkVisibility({ checkVisibilityCSS: true, visibilityProperty: true });
        }
        return element.getClientRects().length > 0 && getComputedStyle(element).visibility === 'visible';
    }
    // Once whoever listens now is done: they listen to this key as well, and no closure of ours is called within itself.
    export function press_escape(element) {
        queueMicrotask(() => {
            element.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true }));
        });
    }")]
    extern "C" {
        fn is_shown(element: &Element) -> bool;
        fn press_escape(element: &Element);
    }

    /// What takes the focus, and where it lies.
    struct Stop {
        element: Element,
        candidate: Candidate,
    }

    pub fn enter() {
        let before = window().scroll_y().unwrap_or_default();
        // To the side: this way alone scrolls the page no further than it must.
        move_focus(Direction::Right);
        let Some(active) = document().active_element() else { return };
        let (area, by) = (active.get_bounding_client_rect(), window().scroll_y().unwrap_or_default() - before);
        // Whoever has pressed nothing sees nothing move, where what has the focus is in sight without.
        if area.top() + by >= 0.0 && area.bottom() + by <= view().bottom {
            window().scroll_by_with_x_and_y(0.0, -by);
        }
    }

    pub fn move_focus(direction: Direction) -> bool {
        let Some(active) = document().active_element() else { return false };
        let dialog = open_dialog();
        if dialog.is_some() || !direction.is_vertical() {
            return move_from(&active, dialog.as_ref(), direction);
        }
        match active.closest(NOTICES).ok().flatten() {
            Some(notices) => leave_notice(&notices, &active, direction),
            None => {
                let is_down = direction == Direction::Down;
                (is_down && notice_action().is_some_and(|action| take(&active, &action))) || move_from(&active, None, direction)
            }
        }
    }

    /// What can be done about the notice that came first.
    fn notice_action() -> Option<Element> {
        all(&*document().body()?, NOTICE_ACTION).into_iter().find(is_shown)
    }

    /// From a notice to the next one, or else out of them: up to where one came from, down to what lies below that.
    fn leave_notice(notices: &Element, active: &Element, direction: Direction) -> bool {
        let actions = all(notices, NOTICE_ACTION);
        let notice_of = |element: &Element| actions.iter().position(|action| action.parent_element() == element.parent_element());
        let at = notice_of(active);
        let next = match direction {
            Direction::Down => at.map(|at| at + 1),
            Direction::Up | Direction::Left | Direction::Right => at.and_then(|at| at.checked_sub(1)),
        };
        if let Some(next) = next.and_then(|next| actions.get(next)) {
            return take(active, next);
        }
        let Some(origin) = came_from() else { return move_from(active, None, direction) };
        if direction == Direction::Down {
            // Whoever goes on is not held up by it again.
            actions.iter().for_each(|action| drop(action.set_attribute(PASSED, "")));
            if move_from(&origin, None, direction) {
                return true;
            }
        }
        take(active, &origin)
    }

    /// Gives the focus to what an arrow led to; whether that took it.
    fn take(active: &Element, stop: &Element) -> bool {
        focus(stop, true);
        let has_it = document().active_element().as_ref() == Some(stop);
        if has_it && let Some(row) = active.closest(ROW).ok().flatten() {
            remember(&row, active);
        }
        has_it
    }

    fn move_from(active: &Element, dialog: Option<&Element>, direction: Direction) -> bool {
        let mut rows = Vec::new();
        // The screen before the frame around it: that is where one begins.
        let mut stops: Vec<Stop> = in_order().into_iter().filter_map(|element| measure(element, dialog, &mut rows)).collect();
        let open = dialog.is_some().then_some(0);
        let from = stops.iter().position(|stop| stop.element == *active).map(|at| stops.remove(at));
        let begins = from.is_none() || (dialog.is_some() && from.as_ref().is_some_and(|from| from.candidate.dialog.is_none()));
        loop {
            let candidates: Vec<Candidate> = stops.iter().map(|stop| stop.candidate).collect();
            let found = match &from {
                Some(from) if !begins => nearest(&from.candidate, &candidates, direction),
                Some(_) | None => entry(open, &candidates, &view()).map(|first| current_link(&stops, first)),
            };
            let Some(at) = found.filter(|at| *at < stops.len()) else { return false };
            let stop = stops.remove(at);
            // What refuses the focus for a reason that cannot be seen is passed over.
            if take(active, &stop.element) {
                if direction.is_vertical() && dialog.is_none() {
                    show(&stop.element);
                }
                return true;
            }
        }
    }

    /// Of links side by side one begins with the one that leads to the page at hand: so of the bar, where the page has nothing to press.
    fn current_link(stops: &[Stop], first: usize) -> usize {
        let around = |selector| stops.get(first).and_then(|stop| stop.element.closest(selector).ok().flatten());
        let Some(around) = around("nav,ul").or_else(|| around(PINNED)) else { return first };
        let is_current =
            |stop: &Stop| around.contains(Some(&stop.element)) && stop.element.matches(CURRENT_LINK).unwrap_or(false);
        stops.iter().position(is_current).unwrap_or(first)
    }

    fn in_order() -> Vec<Element> {
        let Some(body) = document().body() else { return Vec::new() };
        let main = document().get_element_by_id("main");
        let is_in_main = |element: &Element| main.as_ref().is_some_and(|main| main.contains(Some(element)));
        let (mut inside, outside): (Vec<Element>, Vec<Element>) = all(&body, FOCUSABLE).into_iter().partition(is_in_main);
        inside.extend(outside);
        inside
    }

    /// Nothing where it cannot be seen or cannot be used.
    fn measure(element: Element, dialog: Option<&Element>, rows: &mut Vec<Element>) -> Option<Stop> {
        let closest = |selector: &str| element.closest(selector).ok().flatten();
        let row = closest(ROW);
        // A row is one stop for Tab: what is in it is reached by arrows whatever its index.
        let is_off = element.matches(":disabled").unwrap_or(false)
            || (row.is_none() && element.get_attribute("tabindex").as_deref() == Some("-1"))
            || closest("[inert],[aria-hidden='true']").is_some();
        let area = element.get_bounding_client_rect();
        if is_off || area.width() < 1.0 || area.height() < 1.0 || !is_shown(&element) {
            return None;
        }
        // The bar lies above the whole page, however far that is scrolled.
        let lift = if closest(PINNED).is_some() { window().scroll_y().unwrap_or_default() } else { 0.0 };
        let row_span = row.as_ref().map(|row| {
            let span = row.get_bounding_client_rect();
            (span.left(), span.right())
        });
        let headed = if row.is_some() { None } else { closest(AROUND_ROW).and_then(|around| around.query_selector(ROW).ok()?) };
        let mut number = |row: Element| {
            rows.iter().position(|known| *known == row).unwrap_or_else(|| {
                rows.push(row);
                rows.len() - 1
            })
        };
        let candidate = Candidate {
            area: Rect { left: area.left(), top: area.top() - lift, right: area.right(), bottom: area.bottom() - lift },
            row: row.map(&mut number),
            row_span,
            heading_of: headed.map(&mut number),
            dialog: dialog.is_some_and(|dialog| dialog.contains(Some(&element))).then_some(0),
            // Of several choices one begins with the one that is made.
            is_last_focused: element.has_attribute(LAST_FOCUSED) || element.matches("[type='radio']:checked").unwrap_or(false),
        };
        Some(Stop { element, candidate })
    }

    /// The one that was opened last.
    fn open_dialog() -> Option<Element> {
        topmost(DIALOG)
    }

    /// Of these, what lies over the others: a modal dialog over all, wherever in the document it stands.
    fn topmost(selector: &str) -> Option<Element> {
        let body = document().body()?;
        let modal = all(&body, "dialog[open]").into_iter().rfind(is_shown);
        modal.or_else(|| all(&body, selector).into_iter().rfind(is_shown))
    }

    fn remember(row: &Element, left: &Element) {
        for earlier in all(row, &format!("[{LAST_FOCUSED}]")) {
            let _ = earlier.remove_attribute(LAST_FOCUSED);
        }
        let _ = left.set_attribute(LAST_FOCUSED, "");
    }

    fn view() -> Rect {
        let side = |side: Result<wasm_bindgen::JsValue, wasm_bindgen::JsValue>| {
            side.ok().and_then(|side| side.as_f64()).unwrap_or_default()
        };
        Rect { left: 0.0, top: 0.0, right: side(window().inner_width()), bottom: side(window().inner_height()) }
    }

    /// Brings it to the middle of the screen, or of what its margin for scrolling leaves free of that; the bar, and what is well in sight at
    /// the top of the page, to the top.
    fn show(stop: &Element) {
        let area = stop.get_bounding_client_rect();
        let from_top = area.bottom() + window().scroll_y().unwrap_or_default();
        if stop.closest(PINNED).ok().flatten().is_some() || from_top < view().bottom * 0.75 {
            window().scroll_to_with_x_and_y(0.0, 0.0);
            return;
        }
        let area = Rect { left: area.left(), top: area.top(), right: area.right(), bottom: area.bottom() };
        window().scroll_by_with_x_and_y(0.0, to_middle(&area, covered(stop), view().bottom));
    }

    /// What a style keeps free above it as it is scrolled to: something that stays in sight lies there.
    fn covered(stop: &Element) -> f64 {
        let style = window().get_computed_style(stop).ok().flatten();
        let margin = style.and_then(|style| style.get_property_value("scroll-margin-top").ok());
        margin.and_then(|margin| margin.strip_suffix("px")?.parse().ok()).unwrap_or_default()
    }

    pub fn close_open() -> bool {
        if close_menu() {
            return true;
        }
        let Some(open) = topmost(&format!("{DIALOG},[data-dismissible]")) else { return false };
        // Each of them closes by Escape already.
        match document().active_element().filter(|active| open.contains(Some(active))) {
            Some(active) => press_escape(&active),
            None => press_escape(&open),
        }
        true
    }

    pub fn close_menu() -> bool {
        let Ok(Some(menu)) = document().query_selector(MENU) else { return false };
        let had_focus = document().active_element().is_some_and(|active| menu.contains(Some(&active)));
        let _ = menu.remove_attribute("open");
        if had_focus && let Ok(Some(word)) = menu.query_selector("summary") {
            focus(&word, false);
        }
        true
    }

    pub fn close_menus_around(pressed: Option<&web_sys::EventTarget>) {
        let Some(body) = document().body() else { return };
        let pressed = pressed.and_then(|pressed| pressed.dyn_ref::<Node>());
        for menu in all(&body, MENU).into_iter().filter(|menu| !menu.contains(pressed)) {
            let _ = menu.remove_attribute("open");
        }
    }
}
