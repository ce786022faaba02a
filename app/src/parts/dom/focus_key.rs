//! An element of a screen, in words that find it again when the screen was drawn anew: an address, an id or a label, and which
//! of those in its region that share it. Another region may have come or gone meanwhile, with the same film in it.

#![cfg(feature = "browser")]

use leptos::prelude::document;
use web_sys::Element;

use super::focus::{all, focus};

/// What a region is found by: a row of cards is one, named by its heading.
const REGION: &str = "aria-labelledby";

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
        let region = element.closest(&format!("section[{REGION}]")).ok().flatten();
        let region = region.and_then(|region| region.get_attribute(REGION)).filter(|_| name != "id");
        let within = region.map(|region| format!("[{REGION}=\"{}\"] ", escaped(&region))).unwrap_or_default();
        let selector = format!("{within}{}[{name}=\"{}\"]", element.tag_name().to_ascii_lowercase(), escaped(&value));
        let nth = all(&*document().body()?, &selector).iter().position(|one| one == element)?;
        Some(Self { selector, nth })
    }

    /// The element, where the screen has it.
    pub fn find(&self) -> Option<Element> {
        all(&*document().body()?, &self.selector).into_iter().nth(self.nth)
    }

    /// Gives the focus back, without moving the page; whether it was taken.
    pub fn restore(&self) -> bool {
        let Some(element) = self.find() else { return false };
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
