//! What had the focus on a screen, in words that find it again when the screen was drawn anew: an address, an id or a label,
//! and which of those that share it.

#![cfg(feature = "browser")]

use leptos::prelude::document;
use web_sys::Element;

use super::focus::{all, focus};

/// Finds an element again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FocusKey {
    selector: String,
    nth: usize,
}

impl FocusKey {
    /// Nothing for what has no name to be found by, and nothing in the player: a film that is come back to is watched.
    pub fn of(element: &Element) -> Option<Self> {
        if element.closest("[data-player]").ok().flatten().is_some() {
            return None;
        }
        let named =
            |name: &str| element.get_attribute(name).filter(|value| !value.is_empty()).map(|value| (name.to_owned(), value));
        let (name, value) = named("id").or_else(|| named("href")).or_else(|| named("aria-label"))?;
        let selector = format!("{}[{name}=\"{}\"]", element.tag_name().to_ascii_lowercase(), escaped(&value));
        let nth = all(&*document().body()?, &selector).iter().position(|one| one == element)?;
        Some(Self { selector, nth })
    }

    /// Gives the focus back, without moving the page; whether it was taken.
    pub fn restore(&self) -> bool {
        let Some(body) = document().body() else { return false };
        let Some(element) = all(&body, &self.selector).into_iter().nth(self.nth) else { return false };
        focus(&element, false);
        document().active_element().as_ref() == Some(&element)
    }
}

/// Whether nothing in particular has the focus: the page as a whole, or the screen that was just drawn.
pub fn is_focus_lost() -> bool {
    document().active_element().is_none_or(|active| matches!(active.tag_name().as_str(), "BODY" | "MAIN"))
}

/// A text between quotation marks in a selector (CSS Syntax 3, section 4.3.5).
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\a ")
}
