//! The crates of the server have one set of features for what they share, so that building one of them compiles nothing that
//! building all of them compiled already. `server/features` holds it; this says when it is out of date.

use std::collections::BTreeSet;

use anyhow::Result;

use super::{Finding, Sources};
use crate::{layout::Layout, process};

/// Each crate of the server by itself has what it shares as the whole workspace has it.
///
/// # Errors
/// Where cargo fails.
pub fn are_unified(layout: &Layout, sources: &Sources) -> Result<Vec<Finding>> {
    let whole = tree(layout, &["--workspace"])?;
    let mut findings = Vec::new();
    for (manifest, name) in parts(sources) {
        for line in differences(&whole, &tree(layout, &["--package", name])?) {
            let message = format!("alone, {name} has another {line}: run `cargo hakari generate` (cargo install cargo-hakari)");
            findings.push(Finding::new(manifest, 0, message));
        }
    }
    Ok(findings)
}

/// The crates below `server/` that depend on the set: manifest and name.
fn parts(sources: &Sources) -> impl Iterator<Item = (&str, &str)> {
    sources.under("server/", &["toml"]).filter_map(|source| {
        let name = source.path.strip_prefix("server/")?.strip_suffix("/Cargo.toml")?;
        source.lines().any(|(_, line)| line.starts_with("features")).then_some((source.path.as_str(), name))
    })
}

/// Crates with their versions and features, one to a line.
fn tree(layout: &Layout, which: &[&str]) -> Result<String> {
    let form = ["--locked", "--edges", "normal,build,dev", "--prefix", "none", "--format", "{p} with {f}"];
    process::capture(process::cargo(layout).arg("tree").args(which).args(form))
}

/// What stands in `one` and not in `whole`, without the workspace's own crates, whose lines name a folder.
fn differences<'a>(whole: &str, one: &'a str) -> BTreeSet<&'a str> {
    // cargo marks what it has told already.
    let told = |line: &'_ str| line.trim_end_matches("(*)").trim_end().len();
    let whole: BTreeSet<&str> = whole.lines().map(|line| &line[..told(line)]).collect();
    one.lines().map(|line| &line[..told(line)]).filter(|line| !line.contains(" (/") && !whole.contains(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_that_alone_has_fewer_features_is_found_and_the_workspaces_own_are_not_looked_at() {
        let whole = "storage v0.1.0 (/somewhere) with \nserde v1.0.1 with derive,rc,std\nlog v0.4.1 with std\n";
        let one = "storage v0.1.0 (/somewhere) with testing\nserde v1.0.1 with derive,std\nlog v0.4.1 with std (*)\n";
        assert_eq!(differences(whole, one).into_iter().collect::<Vec<_>>(), ["serde v1.0.1 with derive,std"]);
    }

    #[test]
    fn the_parts_are_those_that_depend_on_the_set() {
        let sources = Sources::of(&[
            ("server/storage/Cargo.toml", "[dependencies]\nfeatures.workspace = true\n"),
            ("server/features/Cargo.toml", "[dependencies]\nserde = \"1\"\n"),
            ("server/Cargo.toml", "[dependencies]\nfeatures.workspace = true\n"),
        ]);
        assert_eq!(parts(&sources).collect::<Vec<_>>(), [("server/storage/Cargo.toml", "storage")]);
    }
}
