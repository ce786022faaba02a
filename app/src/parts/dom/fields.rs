//! Fields under a remote control, which has arrows and Enter and nothing else: what an arrow does in a field, and where it
//! leads out of it. An arrow that a field has a use for stays the field's.

use leptos::ev;

use super::geometry::Direction;

/// What a field does with arrows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// No field, or one that needs no arrows.
    Other,
    /// One line of text: the cursor moves to the side, as far as its ends.
    Text { at_start: bool, at_end: bool },
    /// Several lines of text: the cursor moves all ways, as far as its ends.
    Lines { at_start: bool, at_end: bool },
    /// A slider: its value moves to the side.
    Slider,
    /// One of several choices: browsers change the choice by arrows, a remote control by Enter.
    Choice,
    /// A list of choices, of which browsers also find one by its first letters.
    List,
}

impl Field {
    /// Whether the field needs this arrow.
    pub const fn keeps(self, direction: Direction) -> bool {
        match (self, direction) {
            (Self::Other | Self::Choice | Self::List, _) => false,
            (Self::Slider, Direction::Left | Direction::Right) => true,
            (Self::Text { .. } | Self::Slider, Direction::Up | Direction::Down) => false,
            (Self::Text { at_start, .. } | Self::Lines { at_start, .. }, Direction::Left) => !at_start,
            (Self::Text { at_end, .. } | Self::Lines { at_end, .. }, Direction::Right) => !at_end,
            (Self::Lines { at_start, .. }, Direction::Up) => !at_start,
            (Self::Lines { at_end, .. }, Direction::Down) => !at_end,
        }
    }

    /// Whether the browser would change the field's value by an arrow that leads out of it.
    pub const fn changes_by_arrows(self) -> bool {
        match self {
            Self::Slider | Self::Choice | Self::List => true,
            Self::Other | Self::Text { .. } | Self::Lines { .. } => false,
        }
    }

    pub const fn takes_text(self) -> bool {
        match self {
            Self::Text { .. } | Self::Lines { .. } => true,
            Self::Other | Self::Slider | Self::Choice | Self::List => false,
        }
    }

    /// Whether a letter is the field's, and no shortcut.
    pub const fn takes_letters(self) -> bool {
        match self {
            Self::Text { .. } | Self::Lines { .. } | Self::List => true,
            Self::Other | Self::Slider | Self::Choice => false,
        }
    }

    /// The field that an element is, by its tag and, of an input, its type (HTML, "The input element"). `ends` tells whether the cursor
    /// is at the beginning and whether it is at the end.
    #[cfg_attr(
        not(any(feature = "browser", test)),
        expect(dead_code, reason = "there are elements only where there is a browser")
    )]
    fn named(tag: &str, kind: &str, ends: impl FnOnce() -> (bool, bool)) -> Self {
        match (tag, kind) {
            ("SELECT", _) => Self::List,
            ("TEXTAREA", _) => {
                let (at_start, at_end) = ends();
                Self::Lines { at_start, at_end }
            }
            ("INPUT", "range") => Self::Slider,
            ("INPUT", "radio") => Self::Choice,
            ("INPUT", "checkbox" | "button" | "submit" | "reset" | "file" | "color") => Self::Other,
            ("INPUT", _) => {
                let (at_start, at_end) = ends();
                Self::Text { at_start, at_end }
            }
            _ => Self::Other,
        }
    }
}

/// The field that a key was pressed in.
pub fn field_of(event: &ev::KeyboardEvent) -> Field {
    #[cfg(feature = "browser")]
    return browser::field_of(event);
    #[cfg(not(feature = "browser"))]
    {
        let _ = event;
        Field::Other
    }
}

/// Does what a click would where Enter was pressed on a list of choices, a box or one of several choices, which browsers
/// leave to other keys; whether it was pressed on one.
pub fn activate_field(event: &ev::KeyboardEvent) -> bool {
    #[cfg(feature = "browser")]
    return browser::activate_field(event);
    #[cfg(not(feature = "browser"))]
    {
        let _ = event;
        false
    }
}

#[cfg(feature = "browser")]
mod browser {
    //! The same, with a document.

    use leptos::{ev, web_sys};
    use wasm_bindgen::{JsCast, prelude::wasm_bindgen};
    use web_sys::{Element, HtmlInputElement, HtmlSelectElement};

    use super::Field;

    // web-sys knows neither the picker nor the cursor of a field of several lines without further features.
    #[wasm_bindgen(inline_js = "export function show_picker(select) {
        try { select.showPicker(); return true; } catch { return false; }
    }
    export function cursor(field) {
        const { selectionStart: start, selectionEnd: end, value } = field;
        return (start ? 0 : 1) + (end === null || end >= value.length ? 2 : 0);
    }")]
    extern "C" {
        fn show_picker(select: &HtmlSelectElement) -> bool;
        /// 1 where the cursor is at the beginning, 2 at the end, 3 both, as where a kind of field does not tell.
        fn cursor(field: &Element) -> u8;
    }

    pub fn field_of(event: &ev::KeyboardEvent) -> Field {
        let Some(element) = target(event) else { return Field::Other };
        let ends = || {
            let cursor = cursor(&element);
            (cursor & 1 != 0, cursor & 2 != 0)
        };
        let kind = element.dyn_ref::<HtmlInputElement>().map(HtmlInputElement::type_).unwrap_or_default();
        Field::named(&element.tag_name(), &kind, ends)
    }

    pub fn activate_field(event: &ev::KeyboardEvent) -> bool {
        let Some(field) = target(event) else { return false };
        if let Some(select) = field.dyn_ref::<HtmlSelectElement>() {
            return show_picker(select);
        }
        let choice = field.dyn_ref::<HtmlInputElement>().filter(|input| matches!(input.type_().as_str(), "checkbox" | "radio"));
        choice.map(|choice| choice.click()).is_some()
    }

    fn target(event: &ev::KeyboardEvent) -> Option<Element> {
        event.target()?.dyn_into().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{Direction::*, *};

    #[test]
    fn up_and_down_always_leave_a_line_of_text_and_a_slider() {
        for field in [Field::Text { at_start: false, at_end: false }, Field::Slider] {
            assert!(!field.keeps(Up) && !field.keeps(Down), "{field:?}");
        }
    }

    #[test]
    fn left_and_right_leave_a_line_of_text_at_its_ends_alone() {
        let middle = Field::Text { at_start: false, at_end: false };
        assert!(middle.keeps(Left) && middle.keeps(Right));
        let empty = Field::Text { at_start: true, at_end: true };
        assert!(!empty.keeps(Left) && !empty.keeps(Right));
        let end = Field::Text { at_start: false, at_end: true };
        assert!(end.keeps(Left) && !end.keeps(Right));
    }

    #[test]
    fn left_and_right_change_a_slider() {
        assert!(Field::Slider.keeps(Left) && Field::Slider.keeps(Right));
    }

    #[test]
    fn several_lines_of_text_are_left_at_their_ends_alone() {
        let middle = Field::Lines { at_start: false, at_end: false };
        assert!([Left, Right, Up, Down].into_iter().all(|way| middle.keeps(way)));
        let start = Field::Lines { at_start: true, at_end: false };
        assert!(!start.keeps(Up) && !start.keeps(Left) && start.keeps(Down));
    }

    #[test]
    fn letters_are_shortcuts_wherever_they_are_not_typed_and_find_nothing_in_a_list() {
        let of = |tag, kind| Field::named(tag, kind, || (true, true));
        for kind in ["radio", "checkbox", "range", "button", "submit", "file"] {
            assert!(!of("INPUT", kind).takes_letters(), "{kind}");
        }
        assert!(!of("BUTTON", "").takes_letters() && !of("A", "").takes_letters());
        for kind in ["text", "search", "password", "email", "number", "date"] {
            assert!(of("INPUT", kind).takes_letters(), "{kind}");
        }
        assert!(of("TEXTAREA", "").takes_letters());
        assert!(of("SELECT", "").takes_letters() && !of("SELECT", "").takes_text(), "what is typed there is not undone");
    }

    #[test]
    fn every_arrow_leaves_a_choice_and_none_may_change_it_on_the_way() {
        assert!([Left, Right, Up, Down].into_iter().all(|way| !Field::Choice.keeps(way)));
        assert!(Field::Choice.changes_by_arrows() && Field::List.changes_by_arrows());
        assert!(!Field::Other.changes_by_arrows());
    }
}
