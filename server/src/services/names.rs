//! Names that people give and others read. Whatever letters they are of, there has to be something to see.

use contract::Problem;
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// Letters and symbols that are drawn as nothing: the fillers of Hangul, Braille without dots, what stands for an object, the blanks of
/// hieroglyphs, and the note without a head.
const BLANK: [char; 9] =
    ['\u{115f}', '\u{1160}', '\u{2800}', '\u{3164}', '\u{ffa0}', '\u{fffc}', '\u{13441}', '\u{13442}', '\u{1d159}'];

/// A name as it is kept: composed (Unicode Standard Annex 15, NFC), and without what is not seen at its beginning and spaces at its end, so
/// that two names that look alike are one. How long it may be is the call's bounds' business.
///
/// # Errors
/// The field's problem, where nothing of it could be seen.
pub fn visible(field: &str, typed: &str) -> Result<String, Problem> {
    let name: String = typed.trim_start_matches(|letter| !is_seen(letter)).trim_end().nfc().collect();
    if name.is_empty() { Err(Problem::invalid(field, "something that can be seen")) } else { Ok(name) }
}

/// Whether something of a text can be seen.
pub fn has_visible(text: &str) -> bool {
    text.chars().any(is_seen)
}

/// Whether a character is drawn by itself: no space, no mark on another, and nothing that only says how others are drawn (Unicode
/// Standard, section 4.5: the general categories C, M and Z).
fn is_seen(letter: char) -> bool {
    let group = letter.general_category_group();
    !BLANK.contains(&letter)
        && !matches!(group, GeneralCategoryGroup::Other | GeneralCategoryGroup::Mark | GeneralCategoryGroup::Separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_are_one() {
        for name in ["Caf\u{e9}", "Cafe\u{301}", "\u{200b}Caf\u{e9} ", "\u{202e}\u{feff}Cafe\u{301}"] {
            assert_eq!(visible("name", name).as_deref(), Ok("Caf\u{e9}"), "{name:?}");
        }
    }

    #[test]
    fn of_every_script_something_is_seen_and_of_nothing_that_is_not_drawn() {
        for name in ["a", " Ada\t", "\u{1f3ac}", "a\u{202e}b", "\u{5d0}\u{5b8}", "!", "\u{4f60}", "\u{30b4}\u{3099}"] {
            assert_eq!(visible("name", name).as_deref(), Ok(name.trim()), "{name:?}");
        }
        for name in [
            "",
            "  ",
            "\u{200b}",
            "\u{202e}\u{2060}",
            "\u{feff} ",
            "\u{301}",
            "\u{3164}",
            "\u{2800}\u{ad}",
            "\u{e0041}",
            "\u{fffc}\u{1d159}",
            "\u{13441}\u{13442}",
        ] {
            let problem = visible("name", name).unwrap_err();
            assert_eq!((problem.status, problem.fields[0].field.as_str()), (422, "name"), "{name:?}");
        }
    }
}
