//! `run` and `build`: from a clone to a server that answers.
//!
//! The site comes before the server, which embeds it. Must never hide that a step failed: the first one ends the command.

use std::{ffi::OsString, os::unix::process::CommandExt, path::PathBuf, process::Command};

use anyhow::{Context, Result};

use crate::{
    install::{self, Tool},
    layout::Layout,
    process,
    progress::Steps,
    release::{self, Carried},
    site::{self, Quality},
    test::lint,
};

/// Builds, and becomes the server.
///
/// # Errors
/// Where a step fails, or the server cannot be started.
pub fn run(layout: &Layout, quality: Quality, arguments: &[OsString]) -> Result<()> {
    let mut steps = Steps::new(site::STEPS + 3);
    steps.begin("look for the tools (WebAssembly target, ffmpeg, node)");
    install::wasm_target(layout)?;
    steps.end(&install::tools(&[Tool::Ffmpeg, Tool::Node])?);

    site::build(layout, quality, &mut steps)?;
    let server = build_server(layout, Server::of(quality), &mut steps)?;

    steps.begin("serve (stop with Ctrl-C)");
    let mut command = Command::new(&server);
    command.args(["serve", "--demo"]).args(arguments).current_dir(layout.root());
    command.env("MARQUEE_DEMO_ASSETS", layout.demo_assets());
    if quality == Quality::Dev {
        command.env("MARQUEE_SITE", layout.site());
    }
    // The server takes this process's place: signals reach it, and its exit status is the command's.
    Err(command.exec()).with_context(|| format!("could not start {}", server.display()))
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
    site::build(layout, quality, &mut steps)?;
    if !site_only {
        build_server(layout, Server::of(quality), &mut steps)?;
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

/// Which build of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// What ships, with the site inside: that must be built before.
    Release,
    /// What a developer waits for; reads the site from target/site.
    Dev,
    /// As [`Server::Dev`], from the very crates that `cargo test --workspace` compiled.
    Tested,
}

impl Server {
    fn of(quality: Quality) -> Self {
        match quality {
            Quality::Release => Self::Release,
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
