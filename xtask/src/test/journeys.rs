//! The journeys of `end2end/` in a real browser: which servers they need, and running them.
//!
//! `end2end/journeys.json` says of each file which servers its installations are on where `MARQUEE_TEST_STORES` is `real`;
//! those that name none are about the screen, and are run on what one machine keeps alone. Must never start a server that no
//! journey of the run asks for.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fs,
    path::Path,
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::count::Count;
use crate::{
    layout::Layout,
    process,
    servers::{Running, ServerKind},
};

/// The variable that says where installations keep their data.
const STORES: &str = "MARQUEE_TEST_STORES";
const REAL: &str = "real";

/// Where the servers of the journeys keep what they keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stores {
    /// Files on this machine.
    Embedded,
    /// Redis, MongoDB and S3.
    Real,
}

impl Stores {
    /// What a developer asks for by `MARQUEE_TEST_STORES`; without it, files on this machine.
    pub fn as_asked() -> Self {
        if std::env::var_os(STORES).is_some_and(|value| value == REAL) { Self::Real } else { Self::Embedded }
    }

    /// The name of the step.
    pub fn step(self) -> &'static str {
        match self {
            Self::Embedded => "browser",
            Self::Real => "browser (servers)",
        }
    }

    /// What the step says.
    pub fn words(self) -> &'static str {
        match self {
            Self::Embedded => "on what one machine keeps",
            Self::Real => "on Redis, MongoDB and S3",
        }
    }
}

/// What each file of journeys needs.
pub struct Needs(BTreeMap<String, Vec<String>>);

impl Needs {
    /// Reads what is declared.
    ///
    /// # Errors
    /// Where a file of journeys declares nothing, or a declaration is of none.
    pub fn read(folder: &Path) -> Result<Self> {
        let text = fs::read_to_string(folder.join("journeys.json")).context("end2end/journeys.json cannot be read")?;
        let needs: BTreeMap<String, Vec<String>> = serde_json::from_str(&text).context("end2end/journeys.json")?;
        let mut there = BTreeSet::new();
        for entry in fs::read_dir(folder.join("journeys"))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            there.extend(name.strip_suffix(".spec.ts").map(str::to_owned));
        }
        let declared: BTreeSet<_> = needs.keys().cloned().collect();
        let differing: Vec<_> = there.symmetric_difference(&declared).collect();
        ensure!(differing.is_empty(), "end2end/journeys.json and the files of end2end/journeys differ in {differing:?}");
        Ok(Self(needs))
    }

    /// The servers that journeys of these files need, each once.
    ///
    /// # Errors
    /// Where a server is none that is known.
    fn of<'a>(&self, files: impl IntoIterator<Item = &'a str>) -> Result<Vec<ServerKind>> {
        let mut kinds = Vec::new();
        for name in files.into_iter().filter_map(|file| self.0.get(file)).flatten() {
            let kind = ServerKind::ALL.into_iter().find(|kind| kind.name() == name);
            let kind =
                kind.with_context(|| format!("end2end/journeys.json asks for `{name}`, which is no server of the tests"))?;
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        Ok(kinds)
    }
}

/// The servers that the journeys which `arguments` choose need.
///
/// # Errors
/// Where Playwright does not say which these are.
pub fn servers_for(layout: &Layout, stores: Stores, arguments: &[OsString]) -> Result<Vec<ServerKind>> {
    let folder = layout.at("end2end");
    let needs = Needs::read(&folder)?;
    if stores == Stores::Embedded {
        return Ok(Vec::new());
    }
    let mut playwright = playwright(&folder, stores);
    let listed = process::capture(playwright.args(["--list", "--reporter=json"]).args(arguments))?;
    let files = files_of(&listed)?;
    needs.of(files.iter().map(String::as_str))
}

/// The names of the files in Playwright's list.
fn files_of(json: &str) -> Result<Vec<String>> {
    let list: Value = serde_json::from_str(json).context("Playwright's list of journeys cannot be read")?;
    let suites = list["suites"].as_array().context("Playwright's list names no files")?;
    let file = |suite: &Value| {
        let path = suite["file"].as_str()?;
        path.rsplit('/').next()?.strip_suffix(".spec.ts").map(str::to_owned)
    };
    Ok(suites.iter().filter_map(file).collect())
}

fn playwright(folder: &Path, stores: Stores) -> Command {
    let mut playwright = Command::new("npx");
    playwright.args(["--no-install", "playwright", "test"]).current_dir(folder);
    match stores {
        Stores::Embedded => playwright.env_remove(STORES),
        Stores::Real => playwright.env(STORES, REAL),
    };
    playwright
}

/// Runs the journeys that `arguments` choose against `server`.
///
/// # Errors
/// Where one fails, or none was run.
pub fn run(
    layout: &Layout,
    (server, stores): (&Path, Stores),
    (arguments, running): (&[OsString], &Running),
    count: &mut Count,
) -> Result<()> {
    let results = layout.at("target/browser-tests.json");
    if results.exists() {
        fs::remove_file(&results)?;
    }
    let mut playwright = playwright(&layout.at("end2end"), stores);
    playwright.arg("--reporter=list,json").args(arguments);
    playwright.env("PLAYWRIGHT_JSON_OUTPUT_FILE", &results).env("PLAYWRIGHT_JSON_OUTPUT_NAME", &results);
    playwright.envs(running.variables().iter().map(|(name, url)| (name, url)));
    playwright
        .env("MARQUEE_BIN", server)
        .env("MARQUEE_SITE", layout.site())
        .env("MARQUEE_TEST_CSR", layout.at("target/csr"))
        .env("MARQUEE_DEMO_ASSETS", layout.demo_assets());
    let outcome = process::run(&mut playwright);
    let Ok(json) = fs::read_to_string(&results) else {
        outcome?;
        bail!("the browser tests left no results");
    };
    *count = Count::of_playwright(&json)?;
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_journeys_declares_what_it_needs_and_no_other_is_declared() {
        let needs = Needs::read(&Layout::find().unwrap().at("end2end")).unwrap();
        let files: Vec<_> = needs.0.keys().map(String::as_str).collect();
        assert_eq!(needs.of(files).unwrap().len(), ServerKind::ALL.len(), "each server is needed by something");
    }

    #[test]
    fn a_file_that_declares_nothing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("journeys")).unwrap();
        fs::write(folder.path().join("journeys/new.spec.ts"), "").unwrap();
        fs::write(folder.path().join("journeys.json"), "{}").unwrap();
        assert!(Needs::read(folder.path()).err().unwrap().to_string().contains("new"));
        fs::write(folder.path().join("journeys.json"), r#"{"new":[]}"#).unwrap();
        assert!(Needs::read(folder.path()).is_ok());
        fs::write(folder.path().join("journeys.json"), r#"{"new":[],"gone":[]}"#).unwrap();
        assert!(Needs::read(folder.path()).err().unwrap().to_string().contains("gone"));
    }

    #[test]
    fn only_what_the_chosen_journeys_ask_for_is_started_and_each_once() {
        let needs = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let all = [("screen", needs(&[])), ("search", needs(&["mongodb"])), ("watch", needs(&["mongodb", "s3"]))];
        let all = Needs(all.into_iter().map(|(file, needs)| (file.to_owned(), needs)).collect());
        assert!(all.of(["screen"]).unwrap().is_empty());
        assert_eq!(all.of(["screen", "search"]).unwrap(), [ServerKind::Mongodb]);
        assert_eq!(all.of(["search", "watch"]).unwrap(), [ServerKind::Mongodb, ServerKind::S3]);
        let unknown = Needs([("odd".to_owned(), needs(&["oracle"]))].into());
        assert!(unknown.of(["odd"]).unwrap_err().to_string().contains("oracle"));
    }

    #[test]
    fn the_files_of_playwrights_list_are_read() {
        let list = r#"{"suites":[{"title":"a","file":"search.spec.ts","suites":[]},{"file":"journeys/watch.spec.ts"}]}"#;
        assert_eq!(files_of(list).unwrap(), ["search", "watch"]);
        assert!(files_of("{}").is_err());
    }
}
