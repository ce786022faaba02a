//! Rows of cards: one stop for Tab, arrows within, and a place to come back to.

use leptos::{ev, web_sys};

/// Which way a row is rolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Back,
    On,
}

/// A row is on the page: takes it back to where it was, and makes it one stop for Tab.
pub fn arrive_at_row(track: &web_sys::Element, key: &str) {
    #[cfg(feature = "browser")]
    browser::arrive(track, key);
    #[cfg(not(feature = "browser"))]
    let _ = (track, key);
}

/// A row was scrolled: remembers where to, and says at the element whether there is more on either side.
pub fn row_scrolled(track: &web_sys::Element, key: &str) {
    #[cfg(feature = "browser")]
    browser::scrolled(track, key);
    #[cfg(not(feature = "browser"))]
    let _ = (track, key);
}

/// Rolls a row by nearly its width.
pub fn roll(track: &web_sys::Element, direction: Direction) {
    #[cfg(feature = "browser")]
    browser::roll(track, direction);
    #[cfg(not(feature = "browser"))]
    let _ = (track, direction);
}

/// A line was scrolled: says at the element whether there is more on either side.
pub fn line_scrolled(line: &web_sys::Element) {
    #[cfg(feature = "browser")]
    browser::mark(line);
    #[cfg(not(feature = "browser"))]
    let _ = line;
}

/// Rolls a line sideways so that the first of these in it is in sight, from the next frame on, and says whether there is more on
/// either side.
pub fn roll_to(line: &web_sys::Element, selector: &'static str) {
    #[cfg(feature = "browser")]
    {
        let line = line.clone();
        leptos::prelude::request_animation_frame(move || {
            browser::roll_to(&line, selector);
            browser::mark(&line);
        });
    }
    #[cfg(not(feature = "browser"))]
    let _ = (line, selector);
}

/// A key went down in a row: arrows, Home and End move within it.
pub fn row_key(track: &web_sys::Element, event: &ev::KeyboardEvent) {
    #[cfg(feature = "browser")]
    browser::key(track, event);
    #[cfg(not(feature = "browser"))]
    let _ = (track, event);
}

#[cfg(feature = "browser")]
mod browser {
    //! The same, with a document.

    use std::{cell::RefCell, collections::HashMap};

    use leptos::{ev, prelude::document};
    use web_sys::{Element, ScrollBehavior, ScrollToOptions};

    use super::{
        super::focus::{all, focus},
        super::is_television,
        Direction,
    };

    pub fn roll_to(line: &Element, selector: &str) {
        let Ok(Some(place)) = line.query_selector(selector) else { return };
        let (whole, part) = (line.get_bounding_client_rect(), place.get_bounding_client_rect());
        if part.left() < whole.left() || part.right() > whole.right() {
            let by = part.left() + part.width() / 2.0 - whole.left() - whole.width() / 2.0;
            line.set_scroll_left(line.scroll_left() + by as i32);
        }
    }

    thread_local! {
        /// Where each row was left, in pixels; for as long as the page lives.
        static LEFT_AT: RefCell<HashMap<String, i32>> = RefCell::new(HashMap::new());
    }

    pub fn arrive(track: &Element, key: &str) {
        if let Some(left) = LEFT_AT.with_borrow(|rows| rows.get(key).copied()) {
            track.set_scroll_left(left);
        }
        mark(track);
        let current = current(track);
        rove(track, current);
    }

    pub fn scrolled(track: &Element, key: &str) {
        LEFT_AT.with_borrow_mut(|rows| rows.insert(key.to_owned(), track.scroll_left()));
        mark(track);
    }

    /// `data-at`: on which sides there is more.
    pub fn mark(track: &Element) {
        let left = track.scroll_left();
        let rest = track.scroll_width() - track.client_width() - left;
        let at = match (left > 4, rest > 4) {
            (false, false) => "all",
            (false, true) => "start",
            (true, false) => "end",
            (true, true) => "middle",
        };
        if track.get_attribute("data-at").as_deref() != Some(at) {
            let _ = track.set_attribute("data-at", at);
        }
    }

    pub fn roll(track: &Element, direction: Direction) {
        let width = f64::from(track.client_width()) * 0.85;
        let by = match direction {
            Direction::Back => -width,
            Direction::On => width,
        };
        let options = ScrollToOptions::new();
        options.set_left(by);
        options.set_behavior(ScrollBehavior::Smooth);
        track.scroll_by_with_scroll_to_options(&options);
    }

    pub fn key(track: &Element, event: &ev::KeyboardEvent) {
        let Some(active) = document().active_element() else { return };
        let is_tv = is_television();
        let items = all(track, "li");
        // Tab goes to what else an item holds; a remote control has arrows alone, and stops there as well.
        let most = if is_tv { usize::MAX } else { 1 };
        let stops: Vec<(usize, &Element, Element)> = items
            .iter()
            .enumerate()
            .flat_map(|(index, item)| {
                let shown = all(item, "a,button").into_iter().filter(|stop| stop.get_bounding_client_rect().width() > 0.0);
                shown.take(most).map(move |stop| (index, item, stop)).collect::<Vec<_>>()
            })
            .collect();
        let is_at = |item: &Element, stop: &Element| *stop == active || (!is_tv && item.contains(Some(&active)));
        let Some(at) = stops.iter().position(|(_, item, stop)| is_at(item, stop)) else { return };
        let next = match event.key().as_str() {
            "ArrowLeft" => at.checked_sub(1),
            "ArrowRight" => Some(at + 1),
            "Home" => Some(0),
            "End" => stops.len().checked_sub(1),
            _ => return,
        };
        // On a television the heading lies before the first card.
        if is_tv && next.is_none() {
            return;
        }
        event.prevent_default();
        event.stop_propagation();
        if let Some((index, _, stop)) = next.and_then(|next| stops.get(next)) {
            rove(track, *index);
            focus(stop, true);
        }
    }

    /// The item that Tab reaches: where the focus is, or was, or the first.
    fn current(track: &Element) -> usize {
        let active = document().active_element();
        let items = all(track, "li");
        let held = items.iter().position(|item| item.contains(active.as_deref()));
        let kept = || items.iter().position(|item| item.query_selector("[tabindex='0']").is_ok_and(|stop| stop.is_some()));
        held.or_else(kept).unwrap_or_default()
    }

    fn rove(track: &Element, current: usize) {
        for (index, item) in all(track, "li").iter().enumerate() {
            let stop = if index == current { "0" } else { "-1" };
            for link in all(item, "a,button") {
                let _ = link.set_attribute("tabindex", stop);
            }
        }
    }
}
