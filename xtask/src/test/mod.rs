//! `test`, `soak` and `e2e`: everything that can be checked, the cheap before the dear, what waits beside what works.
//!
//! Stops at the first step that fails, and always says what was counted and how long it took. Must never leave a step out:
//! what cannot run has failed.

mod count;
mod journeys;
pub mod lint;
mod report;
mod scratch;
mod units;

use std::{ffi::OsString, path::PathBuf, process::ExitCode, thread};

use anyhow::{Context, Result, bail};

use self::{journeys::Stores, report::Report, units::Effort};
use crate::{
    deny,
    install::{self, Tool, packages},
    layout::Layout,
    process,
    progress::Steps,
    serve::{self, Server},
    servers::{self, Running, ServerKind},
    site::{self, Build, Compiler, Quality},
    tidy,
};

/// The tools that journeys need, beside those of the build.
const TOOLS: [Tool; 6] = [Tool::Ffmpeg, Tool::NodeOfJourneys, Tool::Chromium, Tool::Firefox, Tool::Webkit, Tool::Fonts];

/// Runs everything. The last line on standard output is the count.
///
/// # Errors
/// Never for a failing check: that is the exit code.
pub fn everything(layout: &Layout) -> Result<ExitCode> {
    let report = Report::default();
    let mut steps = Steps::new(9);
    let outcome = checks(layout, &mut steps, &report);
    Ok(report.conclude(&outcome))
}

/// Compiles the tests and runs every case of them, without a browser.
///
/// # Errors
/// Never for a failing check: that is the exit code.
pub fn soak(layout: &Layout) -> Result<ExitCode> {
    let report = Report::default();
    let mut steps = Steps::new(3);
    let outcome = compile_and_get_ready(layout, &mut steps, &report).and_then(|running| {
        steps.begin("run every case of the unit, route and promise tests");
        units::run(layout, &running, Effort::Soak, &report)?;
        steps.end("passed");
        Ok(())
    });
    Ok(report.conclude(&outcome))
}

/// Builds what a browser needs and runs the browser tests alone.
///
/// # Errors
/// As [`everything`].
pub fn browser_only(layout: &Layout, arguments: &[OsString]) -> Result<ExitCode> {
    let report = Report::default();
    let mut steps = Steps::new(4 + 2 * site::STEPS);
    let outcome = chosen_journeys(layout, arguments, &mut steps, &report);
    Ok(report.conclude(&outcome))
}

fn chosen_journeys(layout: &Layout, arguments: &[OsString], steps: &mut Steps, report: &Report) -> Result<()> {
    steps.begin("look for the tools (Chromium, ffmpeg, node, packages of end2end)");
    report.step("tools", |_| {
        install::wasm_target(layout)?;
        tools_of_journeys(layout)
    })?;
    steps.end("everything is here");
    let stores = Stores::as_asked();
    let mut which = Vec::new();
    report.step("servers needed", |_| {
        which = journeys::servers_for(layout, stores, arguments)?;
        Ok(())
    })?;
    let running = start_servers(layout, &which, steps, report)?;
    report.step("site", |_| site::build(layout, Build::new(Quality::Dev), steps))?;
    report.step("static app", |_| site::build_single_page_app(layout, Quality::Dev, steps))?;
    let binary = build_server(layout, Server::Dev, steps, report)?;
    steps.begin(&format!("run the browser tests ({})", stores.words()));
    report.step(stores.step(), |count| journeys::run(layout, (&binary, stores), (arguments, &running), count))?;
    steps.end("passed");
    Ok(())
}

fn checks(layout: &Layout, steps: &mut Steps, report: &Report) -> Result<()> {
    journeys::Needs::read(&layout.at("end2end"))?;
    steps.begin("check the format");
    report.step("format", |count| {
        process::run(process::cargo(layout).args(["fmt", "--all", "--check"]))?;
        count.passed += 1;
        Ok(())
    })?;
    steps.end("passed");

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

    let running = compile_and_get_ready(layout, steps, report)?;
    steps.begin("run the unit, route and promise tests; beside them, compile the site with clippy");
    thread::scope(|scope| {
        let site = scope.spawn(|| {
            let mut steps = Steps::of("site", 2 * site::STEPS);
            report.step("site, clippy", |count| {
                let build = Build { compiler: Compiler::Linting, ..Build::new(Quality::Release) };
                site::build(layout, build, &mut steps)?;
                count.passed += 1;
                Ok(())
            })?;
            report.step("static app", |count| {
                site::build_single_page_app(layout, Quality::Dev, &mut steps)?;
                count.passed += 1;
                Ok(())
            })
        });
        let tests = units::run(layout, &running, Effort::Usual, report);
        tests.and(joined(site.join()))
    })?;
    steps.end("passed");

    let binary = build_server(layout, Server::Tested, steps, report)?;
    for stores in [Stores::Embedded, Stores::Real] {
        steps.begin(&format!("run the browser tests ({})", stores.words()));
        report.step(stores.step(), |count| journeys::run(layout, (&binary, stores), (&[], &running), count))?;
        steps.end("passed");
    }
    Ok(())
}

/// Compiles all tests, and beside that installs what they need; then starts the servers.
fn compile_and_get_ready(layout: &Layout, steps: &mut Steps, report: &Report) -> Result<Running> {
    steps.begin("compile the code and its tests, with clippy; beside that, install what they need (browser, packages, servers)");
    thread::scope(|scope| {
        let installed = scope.spawn(|| {
            report.step("tools", |_| {
                install::wasm_target(layout)?;
                tools_of_journeys(layout)?;
                install::tools(&[Tool::Strace])?;
                // The demo's sources come from npm, and some tests read them.
                packages::install(layout)?;
                servers::pyarrow::install()?;
                servers::install(&ServerKind::ALL)
            })
        });
        let compiled = report.step("clippy, compile", |count| {
            lint::finds_a_mistake(layout)?;
            units::compile(layout)?;
            count.passed += 1;
            Ok(())
        });
        compiled.and(joined(installed.join()))
    })?;
    steps.end("passed");
    start_servers(layout, &ServerKind::ALL, steps, report)
}

fn joined(outcome: thread::Result<Result<()>>) -> Result<()> {
    outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn tools_of_journeys(layout: &Layout) -> Result<()> {
    let folder = layout.at("end2end");
    if !folder.join("package.json").is_file() {
        bail!("end2end/package.json is not there: nothing would be tested in a browser");
    }
    install::tools(&TOOLS)?;
    packages::install_in(&folder).map(drop)
}

fn start_servers(layout: &Layout, which: &[ServerKind], steps: &mut Steps, report: &Report) -> Result<Running> {
    let names = which.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
    steps.begin(&format!("start the servers that tests run against ({})", if which.is_empty() { "none" } else { &names }));
    let mut running = None;
    report.step("servers", |_| {
        running = Some(servers::start(layout, which)?);
        Ok(())
    })?;
    steps.end("started");
    running.context("the servers were not started")
}

fn build_server(layout: &Layout, server: Server, steps: &mut Steps, report: &Report) -> Result<PathBuf> {
    let mut binary = PathBuf::new();
    report.step("server", |_| {
        binary = serve::build_server(layout, server, steps)?;
        Ok(())
    })?;
    Ok(binary)
}
