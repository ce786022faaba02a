//! Words that must not stand in a file.

use super::{Finding, Source, Sources};

/// Written in two halves, or this file would break its own rule.
const SKIPPED: [&str; 9] = [
    concat!("#[", "ignore"),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("test.", "skip"),
    concat!("test.", "fixme"),
    concat!("test.", "only"),
    concat!("describe.", "skip"),
    concat!("describe.", "only"),
    concat!("describe.", "fixme"),
];

/// Colours have names, and the names are in one file.
pub fn colours_are_tokens(sources: &Sources) -> Vec<Finding> {
    let is_tokens = |source: &Source| ["style/tokens.scss", "style/_tokens.scss"].contains(&source.path.as_str());
    let styles = sources.under("", &["scss"]).filter(|source| !is_tokens(source));
    let found = styles.flat_map(|source| {
        let lines = source.code().filter(|(_, code)| has_hex_colour(code));
        lines.map(|(line, _)| Finding::new(&source.path, line, "a raw colour: name it in style/tokens.scss"))
    });
    found.collect()
}

/// Nothing is skipped and nothing is left to do.
pub fn nothing_is_skipped(sources: &Sources) -> Vec<Finding> {
    let found = sources.under("", &["rs", "ts", "mjs", "js"]).flat_map(|source| {
        source.lines().filter_map(|(line, text)| {
            let word = SKIPPED.iter().find(|word| text.contains(**word))?;
            Some(Finding::new(&source.path, line, format!("`{word}`: finish it or take it out")))
        })
    });
    found.collect()
}

/// No file names a path of the machine that it was written on.
pub fn no_path_of_this_machine(sources: &Sources) -> Vec<Finding> {
    let found = sources.files.iter().flat_map(|source| {
        source.lines().filter_map(|(line, text)| {
            let path = sources.machine.iter().find(|path| text.contains(path.as_str()))?;
            Some(Finding::new(&source.path, line, format!("`{path}` is a path of this machine")))
        })
    });
    found.collect()
}

/// Whether a line of SCSS holds `#rgb`, `#rgba`, `#rrggbb` or `#rrggbbaa` in a value.
fn has_hex_colour(code: &str) -> bool {
    code.match_indices('#').any(|(at, _)| {
        let digits = code[at + 1..].chars().take_while(char::is_ascii_hexdigit).count();
        let ends =
            !code[at + 1 + digits..].starts_with(|letter: char| letter.is_alphanumeric() || letter == '-' || letter == '_');
        ends && [3, 4, 6, 8].contains(&digits)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raw_colour_is_found_outside_of_the_tokens() {
        let colour = ".a { color: #ffb547; }\n";
        let sources = Sources::of(&[
            ("style/tokens.scss", colour),
            ("style/main.scss", colour),
            ("app/src/a.module.scss", ".b { color: #fff }\n"),
        ]);
        assert_eq!(colours_are_tokens(&sources).len(), 2);
    }

    #[test]
    fn an_interpolation_or_an_id_is_not_a_colour() {
        for line in ["#{$bulb}", "#player { }", "#added-later { }", "url(#clip)"] {
            assert!(!has_hex_colour(line), "{line}");
        }
    }

    #[test]
    fn a_skipped_test_is_found() {
        let texts = SKIPPED.map(|word| format!("{word}\n"));
        let sources =
            Sources::of(&[("a.rs", &texts[0]), ("b.rs", &texts[1]), ("end2end/c.spec.ts", &texts[3]), ("d.md", &texts[1])]);
        assert_eq!(nothing_is_skipped(&sources).len(), 3);
    }

    #[test]
    fn a_path_of_this_machine_is_found() {
        let sources = Sources::of(&[("a.md", "see /home/somebody/notes\n"), ("b.md", "see /home/marquee\n")]);
        assert_eq!(no_path_of_this_machine(&sources).len(), 1);
    }
}
