//! The documents that people look for first.

use super::{Finding, Sources};

/// Each with a word that it must hold, or it is there in name alone.
const EXPECTED: [(&str, &str); 6] = [
    ("README.md", "cargo xtask run"),
    ("ARCHITECTURE.md", "Invariant:"),
    ("CONTRIBUTING.md", "cargo xtask test"),
    ("CHANGELOG.md", "#"),
    ("LICENSE", "MIT"),
    (".ci/run", "cargo xtask test"),
];

/// They are there, and say what they are for.
pub fn are_there(sources: &Sources) -> Vec<Finding> {
    let missing = |(path, word): &(&str, &str)| match sources.get(path) {
        None => Some(Finding::new(path, 0, "is missing")),
        Some(source) if !source.text.contains(word) => Some(Finding::new(path, 0, format!("does not say `{word}`"))),
        Some(_) => None,
    };
    EXPECTED.iter().filter_map(missing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_that_is_missing_or_empty_is_found() {
        let mut files = EXPECTED.to_vec();
        assert_eq!(are_there(&Sources::of(&files)), []);
        files[0].1 = "";
        files.pop();
        assert_eq!(are_there(&Sources::of(&files)).len(), 2);
    }
}
