//! Every developer command: run, build, test, tidy, e2e, bench.
//!
//! Owns the command line and nothing else; each command is a module. Must never need a tool that a bare machine with
//! rustup and a package manager cannot get: what is missing is installed, or said in words.

mod fingerprint;
mod install;
mod layout;
mod process;
mod progress;
mod serve;
mod site;

use std::{ffi::OsString, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::layout::Layout;

/// The developer's commands of Marquee.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Installs what is missing, builds client and server, and serves http://127.0.0.1:3000.
    ///
    /// Example: cargo xtask run -- --listen 0.0.0.0:8080
    Run {
        /// Builds quickly instead of well: debug assertions, little optimisation, light compression.
        #[arg(long)]
        dev: bool,
        /// Arguments for `marquee serve`.
        #[arg(last = true)]
        arguments: Vec<OsString>,
    },
    /// Builds the site (target/site) and the server, and serves nothing.
    Build {
        /// As for `run`.
        #[arg(long)]
        dev: bool,
        /// Builds the site alone.
        #[arg(long)]
        site_only: bool,
    },
    /// Builds the static single-page app into target/csr; Trunk.toml runs it.
    Csr {
        /// As for `run`.
        #[arg(long)]
        dev: bool,
    },
}

fn main() -> ExitCode {
    let outcome = Layout::find().and_then(|layout| match Cli::parse().command {
        Task::Run { dev, arguments } => serve::run(&layout, site::Quality::new(dev), &arguments),
        Task::Build { dev, site_only } => serve::build(&layout, site::Quality::new(dev), site_only),
        Task::Csr { dev } => serve::single_page_app(&layout, site::Quality::new(dev || trunk_wants_dev())),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether trunk runs this for a debug build: its hooks learn that from the environment alone.
fn trunk_wants_dev() -> bool {
    std::env::var_os("TRUNK_PROFILE").is_some_and(|profile| profile == "debug")
}
