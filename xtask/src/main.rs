//! Every developer command: run, build, test, soak, tidy, e2e, bench.
//!
//! Owns the command line and nothing else; each command is a module. Must never need a tool that a bare machine with
//! rustup and a package manager cannot get: what is missing is installed, or said in words.

mod bench;
mod deny;
mod fingerprint;
mod install;
mod layout;
mod metadata;
mod process;
mod progress;
mod release;
mod serve;
mod servers;
mod site;
mod test;
mod tidy;
mod watch;

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::{layout::Layout, site::Quality};

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
    /// Example: cargo xtask run -- --address 0.0.0.0:8080
    Run {
        /// Builds quickly instead of well: debug assertions, little optimisation, light compression.
        #[arg(long)]
        dev: bool,
        /// Builds what changes, restarts the server and reloads the pages; implies `--dev`.
        #[arg(long)]
        watch: bool,
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
    /// Checks everything: format, tidy, clippy, unit, route, promise and browser tests. The last line is a plain count.
    Test,
    /// Runs every case of the tests of chance and of every step, of which `test` runs some.
    Soak,
    /// Checks the house rules that a compiler cannot.
    Tidy,
    /// Checks licences, bans, versions and advisories of the parts of others (deny.toml, which cargo-deny reads as well).
    Deny {
        /// A copy of RustSec's database, rather than what deny.toml names.
        #[arg(long, value_name = "FOLDER")]
        database: Option<PathBuf>,
    },
    /// Builds for development and runs the browser tests alone.
    ///
    /// Example: cargo xtask e2e -- --grep search
    E2e {
        /// Arguments for `playwright test`.
        #[arg(last = true)]
        arguments: Vec<OsString>,
    },
    /// Starts the servers that tests run against, and runs a command with their addresses, or waits for Ctrl-C.
    ///
    /// Example: cargo xtask servers -- cargo test -p server --lib storage
    Servers {
        /// The command, with its arguments.
        #[arg(last = true)]
        command: Vec<OsString>,
    },
    /// Measures what the README promises and prints each figure beside its bound.
    ///
    /// Example: cargo xtask bench pages
    Bench {
        /// Measures these parts alone.
        #[arg(value_enum)]
        only: Vec<bench::Part>,
        /// Floods this binary, which was built before, and measures nothing else.
        #[arg(long, value_name = "FILE", conflicts_with = "only")]
        flood: Option<PathBuf>,
        /// Measures the catalogue's part with this binary, which was built before, and nothing else.
        #[arg(long, value_name = "FILE", conflicts_with_all = ["only", "flood"])]
        catalogue: Option<PathBuf>,
        /// Measures the home pages of members with this binary, which was built before, and nothing else.
        #[arg(long, value_name = "FILE", conflicts_with_all = ["only", "flood", "catalogue"])]
        home: Option<PathBuf>,
        /// Measures the live part with this binary, which was built before, and nothing else.
        #[arg(long, value_name = "FILE", conflicts_with_all = ["only", "flood", "catalogue", "home"])]
        live: Option<PathBuf>,
        /// Changes reviews of one title with this binary, which was built before, kills it among that, and measures nothing else.
        #[arg(long, value_name = "FILE", conflicts_with_all = ["only", "flood", "catalogue", "home", "live"])]
        reviews: Option<PathBuf>,
        /// Measures in a browser (player, grid, lasting) with this binary, which was built before, and the site in `MARQUEE_SITE`.
        #[arg(long, value_name = "FILE", conflicts_with_all = ["flood", "catalogue", "home", "live", "reviews"])]
        browser: Option<PathBuf>,
    },
    /// Builds the static single-page app into target/csr; Trunk.toml runs it.
    Csr {
        /// As for `run`.
        #[arg(long)]
        dev: bool,
    },
}

fn main() -> ExitCode {
    match perform(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!(
                "
error: {error:#}"
            );
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<ExitCode> {
    let layout = Layout::find()?;
    match task {
        Task::Run { watch: true, dev: _, arguments } => watch::run(&layout, &arguments)?,
        Task::Run { watch: false, dev, arguments } => serve::run(&layout, Quality::new(dev), &arguments)?,
        Task::Build { dev, site_only } => serve::build(&layout, Quality::new(dev), site_only)?,
        Task::Test => return test::everything(&layout),
        Task::Soak => return test::soak(&layout),
        Task::Tidy => tidy::command(&layout)?,
        Task::Deny { database } => deny::command(&layout, database.as_deref())?,
        Task::E2e { arguments } => return test::browser_only(&layout, &arguments),
        Task::Servers { command } => return servers::command(&layout, &command),
        Task::Bench { flood: Some(binary), .. } => bench::flood(&layout, &binary)?,
        Task::Bench { catalogue: Some(binary), .. } => bench::catalogue(&layout, &binary)?,
        Task::Bench { home: Some(binary), .. } => bench::home(&layout, &binary)?,
        Task::Bench { live: Some(binary), .. } => bench::live(&layout, &binary)?,
        Task::Bench { reviews: Some(binary), .. } => bench::reviews(&layout, &binary)?,
        Task::Bench { browser: Some(binary), only, .. } => bench::in_browser(&layout, &binary, &only)?,
        Task::Bench { only, flood: None, catalogue: None, home: None, live: None, reviews: None, browser: None } => {
            bench::run(&layout, &only)?
        }
        Task::Csr { dev } => serve::single_page_app(&layout, Quality::new(dev || trunk_wants_dev()))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether trunk runs this for a debug build: its hooks learn that from the environment alone.
fn trunk_wants_dev() -> bool {
    std::env::var_os("TRUNK_PROFILE").is_some_and(|profile| profile == "debug")
}
