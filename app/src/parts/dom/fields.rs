//! Fields under a remote control, which has arrows and Enter and nothing else: what an arrow does in a field, and where it
//! leads out of it. Must never keep a key that a field has a use for.

use leptos::ev;

/// Whether an arrow that was pressed leads away from where it was pressed: not where it moves the cursor within a text, nor
/// where it goes to the next of several choices.
pub fn leaves_field(event: &ev::KeyboardEvent, dx: i8, dy: i8) -> bool {
    #[cfg(feature = "browser")]
    return browser::leaves_field(event, dx, dy);
    #[cfg(not(feature = "browser"))]
    {
        let _ = (event, dx, dy);
        false
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
    use leptos::{ev, web_sys};
    use wasm_bindgen::{JsCast, prelude::wasm_bindgen};
    use web_sys::{Element, HtmlInputElement, HtmlSelectElement};

    // web-sys does not know it yet, and older browsers do not have it.
    #[wasm_bindgen(inline_js = "export function show_picker(select) {
        try { select.showPicker(); return true; } catch { return false; }
    }")]
    extern "C" {
        fn show_picker(select: &HtmlSelectElement) -> bool;
    }

    /// What arrows have a use for in a field.
    enum Field {
        /// The cursor, and whether it is at the beginning and at the end.
        Text { at_start: bool, at_end: bool },
        /// One of several choices: to the side is the next one.
        Radio,
        /// Nothing.
        Other,
    }

    pub fn leaves_field(event: &ev::KeyboardEvent, dx: i8, dy: i8) -> bool {
        if event.ctrl_key() || event.meta_key() || event.alt_key() || event.shift_key() {
            return false;
        }
        let Some(field) = target(event) else { return true };
        match field_of(&field) {
            Field::Text { at_start, at_end } => dy != 0 || (dx < 0 && at_start) || (dx > 0 && at_end),
            Field::Radio => dy != 0,
            Field::Other => true,
        }
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

    fn field_of(element: &Element) -> Field {
        let Some(input) = element.dyn_ref::<HtmlInputElement>() else { return Field::Other };
        match input.type_().as_str() {
            "radio" => Field::Radio,
            "checkbox" | "button" | "submit" | "range" => Field::Other,
            _ => {
                let length = u32::try_from(input.value().encode_utf16().count()).unwrap_or(u32::MAX);
                // Absent where a kind of field does not tell: then it is left.
                let (start, end) = (input.selection_start().ok().flatten(), input.selection_end().ok().flatten());
                Field::Text { at_start: start.is_none_or(|at| at == 0), at_end: end.is_none_or(|at| at == length) }
            }
        }
    }
}
