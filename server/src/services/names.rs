//! Names that people give and others read. Whatever letters they are of, there has to be something to see.

use contract::Problem;
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// Letters and symbols that are drawn as nothing: the fillers of Hangul, Braille without dots, what stands for an object, the blanks of
/// hieroglyphs, and the note without a head.
const BLANK: [char; 9] =
    ['\u{115f}', '\u{1160}', '\u{2800}', '\u{3164}', '\u{ffa0}', '\u{fffc}', '\u{13441}', '\u{13442}', '\u{1d159}'];

/// A name as it is kept: without what is not seen at its ends, and composed (Unicode Standard Annex 15, NFC), so that names that differ in
/// nothing else are one. How long it may be is the call's bounds' business: the few letters that composing takes apart stay as they were
/// typed, because the name would become longer.
///
/// # Errors
/// The field's problem, where nothing of it could be seen.
pub fn visible(field: &str, typed: &str) -> Result<String, Problem> {
    let name = typed.trim_start_matches(|letter| !is_seen(letter)).trim_end_matches(is_unseen_end);
    let composed: String = name.nfc().collect();
    match composed.chars().count() {
        0 => Err(Problem::invalid(field, "something that can be seen")),
        length if length > name.chars().count() => Ok(name.to_owned()),
        _ => Ok(composed),
    }
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

/// Whether a character at the end of a name is nothing that anybody sees: a mark is a part of the letter before it, and tags are one of the
/// flag that they end (Unicode Technical Standard 51, annex C).
fn is_unseen_end(letter: char) -> bool {
    let is_mark = letter.general_category_group() == GeneralCategoryGroup::Mark;
    !is_seen(letter) && !is_mark && !('\u{e0020}'..='\u{e007f}').contains(&letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_are_one() {
        for name in [
            "Caf\u{e9}",
            "Cafe\u{301}",
            "\u{200b}Caf\u{e9} ",
            "\u{202e}\u{feff}Cafe\u{301}",
            "Cafe\u{301}\u{200b}",
            "Caf\u{e9}\u{3164} \u{2060}",
        ] {
            assert_eq!(visible("name", name).as_deref(), Ok("Caf\u{e9}"), "{name:?}");
        }
    }

    #[test]
    fn a_name_is_never_longer_than_it_was_typed() {
        // A letter that composing takes apart into three.
        let hebrew = "\u{fb2c}".repeat(64);
        assert_eq!(visible("name", &hebrew), Ok(hebrew));
        let flag = "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}";
        assert_eq!(visible("name", flag).as_deref(), Ok(flag));
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
