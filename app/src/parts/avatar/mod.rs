//! A profile's face: its colour and the first letter of its name. Hidden from screen readers, for the name stands beside it.

use leptos::prelude::*;

stylance::import_crate_style!(style, "src/parts/avatar/avatar.module.scss");

/// A face as large as `--avatar` says where it stands.
pub fn avatar(name: &str, colour: &str) -> impl IntoView + use<> {
    let initial: String = name.chars().next().into_iter().flat_map(char::to_uppercase).collect();
    let is_dark = is_dark(colour).then_some("");
    view! {
        <span class=style::face style=format!("--face:{colour}") data-dark=is_dark aria-hidden="true">{initial}</span>
    }
}

/// Whether white letters are the ones to read on a colour (`#rrggbb`): its luma (ITU-R BT.601) is below the middle.
fn is_dark(colour: &str) -> bool {
    let part = |at: usize| colour.get(at..at + 2).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or_default();
    299 * part(1) + 587 * part(3) + 114 * part(5) < 120_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_dark_on_light_colours_and_light_on_dark_ones() {
        assert!(is_dark("#000000") && is_dark("#4b3fbf") && is_dark("#8f1d2c"));
        assert!(!is_dark("#ffffff") && !is_dark("#ffb547") && !is_dark("#57d39b"));
        assert!(is_dark("no colour"), "and something for what is none");
    }
}
