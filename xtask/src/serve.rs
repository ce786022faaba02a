//! `run` and `build`: from a clone to a server that answers.
//!
//! A release embeds the site, which therefore comes before it; what `run` serves reads it from target/site, so that both are
//! compiled side by side. Must never hide that a step failed: the first one ends the command.

use std::{
    ffi::OsString,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use anyhow::{Context, Result};

use crate::{
    install::{self, Tool},
    layout::Layout,
    process,
    progress::Steps,
    release::{self, Carried},
    site::{self, Build, Quality},
    test::lint,
};

/// Builds, and becomes the server.
///
/// # Errors
/// Where a step fails, or the server cannot be started.
pub fn run(layout: &Layout, quality: Quality, arguments: &[OsString]) -> Result<()> {
    let mut steps = Steps::new(3);
    let server = prepare(layout, Build::new(quality), &mut steps)?;
    steps.begin("serve (stop with Ctrl-C)");
    // The server takes this process's place: signals reach it, and its exit status is the command's.
    Err(command(layout, &server, arguments).exec()).with_context(|| format!("could not start {}", server.display()))
}

/// Looks for the tools, and builds site and server side by side: neither has work for all cores all of the time. The
/// server's binary, which reads the site from target/site.
///
/// # Errors
/// Where a step fails.
pub fn prepare(layout: &Layout, build: Build, steps: &mut Steps) -> Result<PathBuf> {
    steps.begin("look for the tools (WebAssembly target, ffmpeg, node)");
    install::wasm_target(layout)?;
    steps.end(&install::tools(&[Tool::Ffmpeg, Tool::Node])?);
    thread::scope(|scope| {
        let site = scope.spawn(|| site::build(layout, build, &mut Steps::of("site", site::STEPS)));
        let server = build_server(layout, Server::to_run(build.quality), steps);
        site.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)).and(server)
    })
}

/// What serves the demo library with the site of target/site.
pub fn command(layout: &Layout, server: &Path, arguments: &[OsString]) -> Command {
    let mut command = Command::new(server);
    command.args(["serve", "--demo"]).args(arguments).current_dir(layout.root());
    command.env("MARQUEE_DEMO_ASSETS", layout.demo_assets()).env("MARQUEE_SITE", layout.site());
    command
}

/// Builds the site, and the server unless `site_only`.
///
/// # Errors
/// Where a step fails.
pub fn build(layout: &Layout, quality: Quality, site_only: bool) -> Result<()> {
    let mut steps = Steps::new(site::STEPS + 1 + usize::from(!site_only));
    steps.begin("look for the tools (WebAssembly target, node)");
    install::wasm_target(layout)?;
    steps.end(&install::tools(&[Tool::Node])?);
    site::build(layout, Build::new(quality), &mut steps)?;
    if !site_only {
        build_server(layout, Server::to_ship(quality), &mut steps)?;
    }
    Ok(())
}

/// Builds the static single-page app.
///
/// # Errors
/// Where a step fails.
pub fn single_page_app(layout: &Layout, quality: Quality) -> Result<()> {
    let mut steps = Steps::new(site::STEPS + 1);
    steps.begin("look for the tools (WebAssembly target, node)");
    install::wasm_target(layout)?;
    steps.end(&install::tools(&[Tool::Node])?);
    site::build_single_page_app(layout, quality, &mut steps)
}

/// The cargo profile of [`Server::Quick`], and the name of its folder.
const QUICK: &str = "quick-release";

/// Which build of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// What ships, with the site inside: that must be built before.
    Release,
    /// Optimised less than a release, and not as a whole (the profile says what); reads the site from target/site.
    Quick,
    /// What a developer waits for; reads the site from target/site.
    Dev,
    /// As [`Server::Dev`], from the very crates that `cargo test --workspace` compiled.
    Tested,
}

impl Server {
    fn to_ship(quality: Quality) -> Self {
        match quality {
            Quality::Release => Self::Release,
            Quality::Dev => Self::Dev,
        }
    }

    fn to_run(quality: Quality) -> Self {
        match quality {
            Quality::Release => Self::Quick,
            Quality::Dev => Self::Dev,
        }
    }
}

/// Compiles the server; the binary.
///
/// # Errors
/// Where it does not compile.
pub fn build_server(layout: &Layout, server: Server, steps: &mut Steps) -> Result<PathBuf> {
    let mut cargo = process::cargo(layout);
    let mut carried = None;
    let folder = match server {
        Server::Release => {
            steps.begin("compile the server (release, with the site and the list of its parts inside)");
            let carried = carried.insert(Carried::prepare(layout)?);
            // `rustc` rather than `build`: the linker of the binary alone is told of the list.
            cargo.args(["rustc", "--bin", "marquee", "--release"]).args(release::SERVER);
            cargo.arg("--").args(carried.arguments());
            "release"
        }
        Server::Quick => {
            steps.begin(&format!("compile the server ({QUICK}, reads the site from target/site)"));
            cargo.args(["build", "--package", "server", "--bin", "marquee", "--profile", QUICK]);
            QUICK
        }
        // Within the whole workspace, as xtask and the tests are built: with other features, shared crates would be
        // compiled again. The same goes for the tests' own dependencies, which count only where tests are asked for.
        Server::Dev | Server::Tested => {
            steps.begin("compile the server (dev, reads the site from target/site)");
            cargo.args(["build", "--workspace", "--bin", "marquee"]);
            if server == Server::Tested {
                lint::while_compiling(cargo.arg("--tests"));
            }
            "debug"
        }
    };
    process::run(&mut cargo)?;
    let binary = layout.at("target").join(folder).join("marquee");
    match carried.map(|carried| carried.finish(&binary)).transpose()? {
        Some(bill) => steps.end(&format!("server compiled; its bill of materials is {}", bill.display())),
        None => steps.end("server compiled"),
    }
    Ok(binary)
}
