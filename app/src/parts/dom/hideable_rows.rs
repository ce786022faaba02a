//! Rows that can be hidden: which they are, a button for each, and what was pressed.
//!
//! Listeners are the document's: the buttons are copies of one, and copies have none.

use leptos::web_sys;

/// What `data-row` says of one.
pub const HIDEABLE: &str = "hideable";

/// A row whose button was pressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HideableRow {
    pub key: String,
    pub heading: String,
}

/// Has each such row end its head with a copy of `template`: those that are there at the next frame, or as soon as a page is.
pub fn dress_hideable_rows(template: &web_sys::Element) {
    #[cfg(feature = "browser")]
    browser::dress(template.clone(), super::placed::FRAMES);
    #[cfg(not(feature = "browser"))]
    let _ = template;
}

/// Calls `hide` for each row whose button is pressed, for as long as the document lives. The focus goes to the row behind it, or else
/// before it.
pub fn on_hide_pressed(hide: impl Fn(HideableRow) + 'static) {
    #[cfg(feature = "browser")]
    browser::on_pressed(hide);
    #[cfg(not(feature = "browser"))]
    let _ = hide;
}

/// The row that can be hidden around an element.
#[cfg(feature = "browser")]
pub fn hideable_row_of(element: &web_sys::Element) -> Option<HideableRow> {
    let row = element.closest("[data-row=hideable]").ok().flatten()?;
    browser::told(&row)
}

/// Goes to a row that comes back, as soon as it is drawn: to its first card.
pub fn go_to_row(key: &str) {
    #[cfg(feature = "browser")]
    browser::go_to(format!("row-{key}"), super::placed::FRAMES);
    #[cfg(not(feature = "browser"))]
    let _ = key;
}

/// What a row is remembered by, as the id of its heading has it.
#[cfg(any(feature = "browser", test))]
fn key_of(heading: &str) -> Option<&str> {
    heading.strip_prefix("row-")
}

#[cfg(feature = "browser")]
mod browser {
    use leptos::{
        ev,
        prelude::{document, request_animation_frame, window_event_listener},
    };
    use wasm_bindgen::JsCast;

    use super::{HideableRow, key_of, web_sys::Element};
    use crate::parts::dom::{focus, placed::copy_of};

    const HEAD: &str = "[data-row=hideable] > :first-child";
    const ROW: &str = "[data-row]";
    /// Says of a copy what it is.
    const BUTTON: &str = "data-hide-row";

    pub fn dress(template: Element, frames: u16) {
        request_animation_frame(move || {
            let heads = all(HEAD);
            if heads.is_empty() && frames > 0 {
                return dress(template, frames - 1);
            }
            let is_bare = |head: &Element| head.last_element_child().is_none_or(|last| !last.has_attribute(BUTTON));
            for head in heads.into_iter().filter(is_bare) {
                let Some(button) = copy_of(&template, BUTTON) else { return };
                let _ = button.set_attribute("aria-label", &format!("Hide the row {}", head.text_content().unwrap_or_default()));
                let _ = head.append_child(&button);
            }
        });
    }

    pub fn on_pressed(hide: impl Fn(HideableRow) + 'static) {
        // Never removed.
        window_event_listener(ev::click, move |event| {
            let pressed = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let button = pressed.and_then(|pressed| pressed.closest(&format!("[{BUTTON}]")).ok().flatten());
            let Some(row) = button.and_then(|button| button.closest(ROW).ok().flatten()) else { return };
            let Some(told) = told(&row) else { return };
            focus_next(&row);
            hide(told);
        });
    }

    pub fn told(row: &Element) -> Option<HideableRow> {
        let heading = row.query_selector("h2").ok().flatten()?;
        let key = key_of(&heading.id())?.to_owned();
        Some(HideableRow { key, heading: heading.text_content().unwrap_or_default() })
    }

    pub fn go_to(heading: String, frames: u16) {
        request_animation_frame(move || {
            let row = document().get_element_by_id(&heading).and_then(|heading| heading.closest(ROW).ok().flatten());
            let stop = row.as_ref().and_then(|row| row.query_selector("li a").ok().flatten());
            match (row, stop) {
                (Some(row), Some(stop)) => {
                    focus::focus(&stop, false);
                    row.scroll_into_view_with_bool(true);
                }
                _ if frames > 0 => go_to(heading, frames - 1),
                _ => {}
            }
        });
    }

    fn focus_next(row: &Element) {
        let rows = all(ROW);
        let Some(at) = rows.iter().position(|other| other == row) else { return };
        let next = at.checked_add(1).and_then(|next| rows.get(next)).or_else(|| rows.get(at.checked_sub(1)?));
        if let Some(Ok(Some(stop))) = next.map(|next| next.query_selector("li a")) {
            focus::focus(&stop, false);
        }
    }

    fn all(selector: &str) -> Vec<Element> {
        document().body().map(|body| focus::all(&body, selector)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_remembered_by_what_its_heading_is_called() {
        assert_eq!(key_of("row-top-picks"), Some("top-picks"));
        assert_eq!(key_of("other"), None);
    }
}
