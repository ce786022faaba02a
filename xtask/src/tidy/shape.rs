//! The shape of a file: short, and introduced by a word on what it owns.

use super::{Finding, Sources};

/// Lines that one sitting can hold.
const LONGEST: usize = 400;
const SOURCE: [&str; 5] = ["rs", "scss", "ts", "mjs", "js"];

/// No source file is over 400 lines.
pub fn files_are_short(sources: &Sources) -> Vec<Finding> {
    let too_long = |length: usize| format!("{length} lines; the most is {LONGEST}: split it by what its parts own");
    let all = sources.files.iter().filter(|source| source.has_extension(&SOURCE));
    all.map(|source| (source, source.text.lines().count()))
        .filter(|(_, length)| *length > LONGEST)
        .map(|(source, length)| Finding::new(&source.path, 0, too_long(length)))
        .collect()
}

/// Every Rust module opens with `//!`.
pub fn modules_introduce_themselves(sources: &Sources) -> Vec<Finding> {
    let silent = |text: &str| !text.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| line.starts_with("//!"));
    let rust = sources.files.iter().filter(|source| source.has_extension(&["rs"]));
    rust.filter(|source| silent(&source.text))
        .map(|source| Finding::new(&source.path, 1, "opens without //!: say what it owns, and what it must never do"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_401_lines_is_found_and_one_of_400_is_not() {
        let (longest, longer) = ("a\n".repeat(400), "a\n".repeat(401));
        let sources = Sources::of(&[("a.rs", &longest), ("b.rs", &longer), ("c.scss", &longer), ("d.json", &longer)]);
        let found: Vec<_> = files_are_short(&sources).into_iter().map(|finding| finding.path).collect();
        assert_eq!(found, ["b.rs", "c.scss"]);
    }

    #[test]
    fn a_module_that_says_nothing_of_itself_is_found() {
        let sources = Sources::of(&[("a.rs", "//! Owns a.\n"), ("b.rs", "use a;\n"), ("c.rs", "// not a doc\n"), ("d.rs", "")]);
        assert_eq!(modules_introduce_themselves(&sources).len(), 3);
    }
}
