//! Names that people give and others read. Whatever letters they are of, there has to be something to see.

use contract::Problem;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// Letters and symbols that are drawn as nothing: the fillers of Hangul, Braille without dots, what stands for an object, the blanks of
/// hieroglyphs, and the note without a head.
const BLANK: [char; 9] =
    ['\u{115f}', '\u{1160}', '\u{2800}', '\u{3164}', '\u{ffa0}', '\u{fffc}', '\u{13441}', '\u{13442}', '\u{1d159}'];

/// A name as it is kept: without spaces at its ends. How long it may be is the call's bounds' business.
///
/// # Errors
/// The field's problem, where nothing of it could be seen.
pub fn visible<'a>(field: &str, typed: &'a str) -> Result<&'a str, Problem> {
    let name = typed.trim();
    if name.chars().any(is_seen) { Ok(name) } else { Err(Problem::invalid(field, "something that can be seen")) }
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
    fn of_every_script_something_is_seen_and_of_nothing_that_is_not_drawn() {
        for name in ["a", " Ada\t", "\u{1f3ac}", "\u{202e}a", "\u{5d0}\u{5b8}", "!", "\u{4f60}", "\u{30b4}\u{3099}"] {
            assert_eq!(visible("name", name), Ok(name.trim()), "{name:?}");
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
