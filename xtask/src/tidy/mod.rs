//! The house rules that a compiler cannot check: what DESIGN calls invariants, and a few habits.
//!
//! Each rule is a function from the sources to what it found, with a test that shows it can fail. Must never change a
//! file: it names the place, a person decides.

mod dependencies;
mod documents;
mod features;
mod names;
mod outside;
mod places;
mod services;
mod shape;
mod sources;
mod words;

use anyhow::{Result, bail};

use crate::layout::Layout;
pub use sources::{Source, Sources};

/// One breach of a rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    pub path: String,
    /// Counted from 1; 0 speaks of the whole file.
    pub line: usize,
    pub message: String,
}

impl Finding {
    pub fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }
}

/// A rule's sentence, and what checks it.
type Rule = (&'static str, fn(&Sources) -> Vec<Finding>);

const RULES: [Rule; 16] = [
    ("contract depends on serde and little else", dependencies::contract_stays_small),
    ("app never depends on server", dependencies::app_knows_no_server),
    ("a service never imports another", services::keep_apart),
    ("a record type never leaves its service", services::records_stay_home),
    ("only named files of the app touch the browser", outside::only_named_files_touch_it),
    ("update is pure, and its matches are exhaustive", places::of_effects),
    ("markup that leptos does not escape is written in one place", places::of_markup),
    ("programs are started in one place", places::of_programs),
    ("keys of objects are made in one place each", places::of_keys),
    ("no source file is over 400 lines", shape::files_are_short),
    ("every module opens with //!", shape::modules_introduce_themselves),
    ("the field's terms are used", names::are_the_fields),
    ("colours are named in style/tokens.scss alone", words::colours_are_tokens),
    ("no test is skipped, nothing is left to do", words::nothing_is_skipped),
    ("no file names a path of this machine", words::no_path_of_this_machine),
    ("the documents that people look for are there", documents::are_there),
];

/// With the one that asks cargo.
const ALL: usize = RULES.len() + 1;

/// Checks every rule and prints what it found; how many rules were broken.
///
/// # Errors
/// Where the sources cannot be read.
pub fn check(layout: &Layout) -> Result<usize> {
    let sources = Sources::read(layout)?;
    let by_cargo = ("the crates of the server share one set of features", features::are_unified(layout, &sources)?);
    let rules = RULES.iter().map(|(sentence, rule)| (*sentence, rule(&sources))).chain([by_cargo]);
    let broken = rules.filter(|(_, findings)| !findings.is_empty()).inspect(|(sentence, findings)| {
        eprintln!("      broken: {sentence}");
        for Finding { path, line, message } in findings {
            eprintln!("        {path}:{line}: {message}");
        }
    });
    Ok(broken.count())
}

/// The command: as [`check`], and fails where a rule is broken.
///
/// # Errors
/// Where a rule is broken.
pub fn command(layout: &Layout) -> Result<()> {
    match check(layout)? {
        0 => {
            eprintln!("tidy: {ALL} rules hold");
            Ok(())
        }
        broken => bail!("tidy: {broken} of {ALL} rules are broken"),
    }
}
