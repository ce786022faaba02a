//! `test` and `e2e`: everything that can be checked, the cheap before the dear.
//!
//! Stops at the first step that fails, and always says what was counted. Must never leave a step out: what cannot run
//! has failed.

mod count;
pub mod lint;

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
    process::ExitCode,
    time::Instant,
};

use anyhow::{Context, Result, bail};

use self::count::Count;
use crate::{
    deny,
    install::{self, Tool, packages},
    layout::Layout,
    process,
    progress::{self, Steps},
    serve::{self, Server},
    servers::{self, Running, ServerKind},
    site::{self, Quality},
    tidy,
};

/// The tools that tests need, beside those of the build.
const TOOLS: [Tool; 4] = [Tool::Ffmpeg, Tool::Node, Tool::Chromium, Tool::Fonts];

/// What was counted so far, step by step.
#[derive(Default)]
struct Report {
    rows: Vec<(&'static str, Count, std::time::Duration)>,
}

impl Report {
    /// Runs one step and keeps its count; a step that breaks off without one counts as one failure.
    ///
    /// # Errors
    /// Where anything in the step failed.
    fn step(&mut self, name: &'static str, work: impl FnOnce(&mut Count) -> Result<()>) -> Result<()> {
        let begun = Instant::now();
        let mut count = Count::default();
        let mut outcome = work(&mut count);
        if outcome.is_err() && count.failed == 0 {
            count.failed = 1;
        }
        if outcome.is_ok() && count.failed > 0 {
            outcome = Err(anyhow::anyhow!("{} failed", count.failed));
        }
        self.rows.push((name, count, begun.elapsed()));
        outcome.with_context(|| format!("step `{name}`"))
    }

    fn total(&self) -> Count {
        self.rows.iter().fold(Count::default(), |total, (_, count, _)| total + *count)
    }
}

/// Runs everything. The last line on standard output is the count.
///
/// # Errors
/// Never for a failing check: that is the exit code.
pub fn everything(layout: &Layout) -> Result<ExitCode> {
    let mut report = Report::default();
    let mut steps = Steps::new(11 + site::STEPS);
    let outcome = checks(layout, &mut steps, &mut report);
    conclude(&report, outcome)
}

/// Builds for development and runs the browser tests alone.
///
/// # Errors
/// As [`everything`].
pub fn browser_only(layout: &Layout, arguments: &[OsString]) -> Result<ExitCode> {
    let mut report = Report::default();
    let mut steps = Steps::new(4 + site::STEPS);
    let outcome = start_servers(layout, &mut steps, &mut report).and_then(|running| {
        browser(layout, (Quality::Dev, Server::Dev), (arguments, &running), &[Stores::AsAsked], &mut steps, &mut report)
    });
    conclude(&report, outcome)
}

fn checks(layout: &Layout, steps: &mut Steps, report: &mut Report) -> Result<()> {
    let plain = |steps: &mut Steps, report: &mut Report, name, what: &str, command: &mut Command| {
        steps.begin(what);
        report.step(name, |count| {
            process::run(command)?;
            count.passed += 1;
            Ok(())
        })?;
        steps.end("passed");
        Ok::<(), anyhow::Error>(())
    };
    plain(steps, report, "format", "check the format", process::cargo(layout).args(["fmt", "--all", "--check"]))?;

    steps.begin("check the house rules (tidy)");
    report.step("tidy", |count| match tidy::check(layout)? {
        0 => {
            count.passed += 1;
            Ok(())
        }
        broken => bail!("{broken} rules are broken"),
    })?;
    steps.end("passed");

    steps.begin("check the parts of others (licences, bans, versions, advisories)");
    let mut advisories = "";
    report.step("deny", |count| {
        let outcome = deny::check(layout, None)?;
        outcome.say();
        advisories = outcome.advisories();
        match outcome.breaches.len() {
            0 => {
                count.passed += 1;
                Ok(())
            }
            breaches => bail!("{breaches} breaches of deny.toml"),
        }
    })?;
    steps.end(&format!("passed; {advisories}"));

    steps.begin("compile the code and its tests, with clippy (server side)");
    report.step("clippy", |count| {
        lint::finds_a_mistake(layout)?;
        process::run(lint::while_compiling(process::cargo(layout).args(["test", "--workspace", "--no-run"])))?;
        count.passed += 1;
        Ok(())
    })?;
    steps.end("passed");
    install::wasm_target(layout)?;
    // The client's own profile and folder: macros and build scripts are compiled once for both.
    let mut client = process::cargo(layout);
    client.args(["clippy", "--package", "app", "--package", "frontend", "--target", "wasm32-unknown-unknown"]);
    client.args(["--no-default-features", "--features", "hydrate", "--profile", "wasm-release"]);
    client.arg("--target-dir").arg(layout.front()).args(["--", "-D", "warnings"]);
    plain(steps, report, "clippy (browser)", "check the code with clippy (browser side)", &mut client)?;

    let running = start_servers(layout, steps, report)?;
    steps.begin("run the unit, route and promise tests");
    report.step("cargo test", |count| {
        // The demo's sources come from npm, and some tests read them.
        install::tools(&[Tool::Ffmpeg, Tool::Node])?;
        packages::install(layout)?;
        cargo_tests(layout, &running, count)
    })?;
    steps.end("passed");

    browser(layout, (Quality::Release, Server::Tested), (&[], &running), &[Stores::AsAsked, Stores::Real], steps, report)
}

fn start_servers(layout: &Layout, steps: &mut Steps, report: &mut Report) -> Result<Running> {
    steps.begin("start the servers that tests run against (Redis, MongoDB's protocol, S3)");
    let mut running = None;
    report.step("servers", |_| {
        running = Some(servers::start(layout, &ServerKind::ALL)?);
        Ok(())
    })?;
    steps.end("started");
    running.context("the servers were not started")
}

fn cargo_tests(layout: &Layout, running: &Running, count: &mut Count) -> Result<()> {
    let mut cargo = process::cargo(layout);
    lint::while_compiling(cargo.args(["test", "--workspace", "--no-fail-fast"]));
    cargo.env("MARQUEE_DEMO_ASSETS", layout.demo_assets());
    cargo.envs(running.variables().iter().map(|(name, url)| (name, url)));
    let success = process::follow(&mut cargo, |line| {
        eprintln!("{line}");
        *count = *count + Count::of_cargo_line(line).unwrap_or_default();
    })?;
    if !success {
        bail!("cargo test failed");
    }
    Ok(())
}

/// Builds what a browser needs and runs end2end/ against it.
fn browser(
    layout: &Layout,
    (site, server): (Quality, Server),
    (arguments, running): (&[OsString], &Running),
    stores: &[Stores],
    steps: &mut Steps,
    report: &mut Report,
) -> Result<()> {
    let folder = layout.at("end2end");
    steps.begin("look for the tools (Chromium, ffmpeg, node, packages of end2end)");
    report.step("tools", |_| {
        if !folder.join("package.json").is_file() {
            bail!("end2end/package.json is not there: nothing would be tested in a browser");
        }
        install::wasm_target(layout)?;
        install::tools(&TOOLS)?;
        packages::install_in(&folder).map(drop)
    })?;
    steps.end("everything is here");

    report.step("site", |_| site::build(layout, site, steps))?;
    let mut binary = PathBuf::new();
    report.step("server", |_| {
        binary = serve::build_server(layout, server, steps)?;
        Ok(())
    })?;

    for stores in stores {
        steps.begin(&format!("run the browser tests ({})", stores.words()));
        report.step(stores.step(), |count| journeys(layout, &binary, stores, (arguments, running), count))?;
        steps.end("passed");
    }
    Ok(())
}

/// Where the servers of the journeys keep what they keep.
#[derive(Clone, Copy)]
enum Stores {
    /// What a developer asks for by `MARQUEE_TEST_STORES`; without it, files on this machine.
    AsAsked,
    /// Redis, MongoDB and S3.
    Real,
}

impl Stores {
    fn step(self) -> &'static str {
        match self {
            Self::AsAsked => "browser",
            Self::Real => "browser (servers)",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::AsAsked => "on what one machine keeps",
            Self::Real => "on Redis, MongoDB and S3",
        }
    }
}

fn journeys(
    layout: &Layout,
    binary: &Path,
    stores: &Stores,
    (arguments, running): (&[OsString], &Running),
    count: &mut Count,
) -> Result<()> {
    let results = layout.at("target/browser-tests.json");
    if results.exists() {
        fs::remove_file(&results)?;
    }
    let mut playwright = Command::new("npx");
    playwright.args(["--no-install", "playwright", "test", "--reporter=list,json"]).args(arguments);
    playwright.current_dir(layout.at("end2end"));
    playwright.env("PLAYWRIGHT_JSON_OUTPUT_FILE", &results).env("PLAYWRIGHT_JSON_OUTPUT_NAME", &results);
    playwright.envs(running.variables().iter().map(|(name, url)| (name, url)));
    playwright.env("MARQUEE_BIN", binary).env("MARQUEE_SITE", layout.site()).env("MARQUEE_DEMO_ASSETS", layout.demo_assets());
    if let Stores::Real = stores {
        playwright.env("MARQUEE_TEST_STORES", "real");
    }
    let outcome = process::run(&mut playwright);
    let json = fs::read_to_string(&results).context("the browser tests left no results")?;
    *count = Count::of_playwright(&json)?;
    outcome
}

#[expect(clippy::print_stdout, reason = "the count is the command's result")]
fn conclude(report: &Report, outcome: Result<()>) -> Result<ExitCode> {
    let total = report.total();
    eprintln!();
    for (name, Count { passed, failed }, time) in &report.rows {
        eprintln!("  {name:<18} {passed:>5} passed {failed:>4} failed   {}", progress::human(*time));
    }
    if let Err(error) = &outcome {
        eprintln!("\nstopped: {error:#}");
    }
    println!("{} passed, {} failed", total.passed, total.failed.max(usize::from(outcome.is_err())));
    Ok(if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_breaks_off_counts_as_a_failure() {
        let mut report = Report::default();
        report
            .step("one", |count| {
                count.passed = 3;
                Ok(())
            })
            .unwrap();
        report.step("two", |_| bail!("no compiler")).unwrap_err();
        assert_eq!(report.total(), Count { passed: 3, failed: 1 });
    }

    #[test]
    fn a_step_that_counted_failures_fails_even_where_its_program_did_not() {
        let mut report = Report::default();
        let outcome = report.step("one", |count| {
            *count = Count { passed: 5, failed: 2 };
            Ok(())
        });
        assert!(outcome.is_err());
        assert_eq!(report.total(), Count { passed: 5, failed: 2 });
    }
}
