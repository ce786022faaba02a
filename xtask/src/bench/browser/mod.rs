//! What a viewer waits for and sees, measured in a real Chromium.
//!
//! The scripts of `end2end/bench` measure and judge nothing; what they measured is held against the bounds here. Each has an
//! installation of its own. Must never measure two things at once.

mod films;
pub mod grid;
pub mod lasting;
pub mod player;
mod positions;
mod samples;
mod trace;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

use self::films::Films;
use super::catalogue::library::Folder;
use crate::{
    install::{self, Tool, packages},
    layout::Layout,
    process,
};

/// What is measured.
pub struct Subject<'a> {
    pub layout: &'a Layout,
    pub binary: &'a Path,
    /// The built site that it serves.
    pub site: PathBuf,
}

/// Installs what the scripts need.
///
/// # Errors
/// Where something cannot be had; the message says what.
pub fn prepare(layout: &Layout) -> Result<()> {
    install::tools(&[Tool::Ffmpeg, Tool::NodeOfJourneys, Tool::Chromium])?;
    packages::install_in(&layout.at("end2end")).map(drop)
}

impl Subject<'_> {
    /// Has a script measure by its profile, in a folder below target/bench with so many titles and some films.
    ///
    /// # Errors
    /// Where it fails, or what it measured cannot be read.
    fn measure<T: DeserializeOwned>(&self, script: &'static str, titles: u64, profile: &impl Serialize) -> Result<T> {
        let films = Films::made(self.layout, self.binary)?;
        let folder = Folder::new(self.layout, script)?;
        process::run(Command::new("cp").arg("-a").arg(&films.data).arg(folder.path.join("data")))?;
        folder.fill(self.binary, titles)?;

        let (plan, results) = (folder.path.join("plan.json"), folder.path.join("measured.json"));
        let what = json!({
            "data": folder.path.join("data"), "results": results, "films": films::NAMES,
            "long": { "title": films::LONG, "seconds": films::LONG_SECONDS }, "profile": profile,
        });
        fs::write(&plan, what.to_string())?;
        let mut playwright = Command::new("npx");
        playwright.args(["--no-install", "playwright", "test", "--reporter=list", "--workers=1"]);
        playwright.arg(format!("{script}.bench.ts")).current_dir(self.layout.at("end2end"));
        playwright.env("BENCH_PLAN", &plan).env("MARQUEE_BIN", self.binary).env("MARQUEE_SITE", &self.site);
        // Standard output is the table's.
        let has_measured = process::follow(&mut playwright, |line| eprintln!("      {line}"))?;
        ensure!(has_measured, "end2end/bench/{script}.bench.ts failed");
        let measured = fs::read_to_string(&results).with_context(|| format!("{script} left no figures"))?;
        serde_json::from_str(&measured).with_context(|| format!("the figures of {script} cannot be read"))
    }
}
