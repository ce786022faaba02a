//! Installing what a command needs and the machine lacks.
//!
//! Says what it installs and why before it does; where it cannot, says what to do by hand. Must never replace a
//! program that is already there.

mod fitness;
mod manager;
pub mod packages;

use std::process::Command;

use anyhow::{Result, bail};

use crate::{install::manager::Manager, layout::Layout, process};

/// A program from outside of the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    Ffmpeg,
    Node,
    /// The same, new enough for the browser tests.
    NodeOfJourneys,
    Chromium,
    /// Firefox, with what it decodes films by.
    Firefox,
    /// WebKitGTK's small browser and what drives it, with what decodes films, and a screen that nobody looks at.
    Webkit,
    /// Letters of every script, for pictures of pages.
    Fonts,
    Nginx,
    Wrk,
    Redis,
    /// Records what tests write, for cutting the power.
    Strace,
    /// Python, with what installs its packages.
    Pip,
}

impl Tool {
    /// What it is for, to go behind "for".
    fn purpose(self) -> &'static str {
        match self {
            Self::Ffmpeg => "packaging video and making the demo library",
            Self::Node => "fetching fonts, the player's engine and the demo data",
            Self::NodeOfJourneys | Self::Chromium | Self::Firefox | Self::Webkit => "the browser tests",
            Self::Fonts => "letters of every script in the browser tests",
            Self::Nginx => "comparing how fast segments are served",
            Self::Wrk => "putting the server under load",
            Self::Redis => "testing with Redis",
            Self::Strace => "the tests that cut the power",
            Self::Pip => "reading Parquet with somebody else's program",
        }
    }

    /// Whether the machine has it.
    fn is_here(self) -> bool {
        match self {
            Self::Ffmpeg => has("ffmpeg") && has("ffprobe"),
            Self::Node | Self::NodeOfJourneys => has("node") && has("npm"),
            Self::Chromium => ["chromium", "chromium-browser", "google-chrome"].into_iter().any(has),
            Self::Firefox => has("firefox-esr") || has("firefox"),
            // Its decoders show in no program; they come with the same command.
            Self::Webkit => has("WebKitWebDriver") && has("Xvfb"),
            Self::Fonts => has_fonts(),
            Self::Nginx => has("nginx"),
            Self::Wrk => has("wrk"),
            Self::Redis => has("redis-server") || has("valkey-server"),
            Self::Strace => has("strace"),
            Self::Pip => has_pip(),
        }
    }
}

impl Tool {
    /// Why what is there does not do, in words that say what to do.
    fn shortcoming(self) -> Option<String> {
        match self {
            Self::Ffmpeg => fitness::ffmpeg(),
            Self::Node => fitness::npm(),
            Self::NodeOfJourneys => fitness::npm().or_else(fitness::node),
            Self::Chromium
            | Self::Firefox
            | Self::Webkit
            | Self::Fonts
            | Self::Nginx
            | Self::Wrk
            | Self::Redis
            | Self::Strace
            | Self::Pip => None,
        }
    }
}

/// Whether fontconfig knows a font of Japanese and one of Arabic; without it nobody can say, and nothing is installed twice.
fn has_fonts() -> bool {
    let knows = |language: &str| {
        let listed = Command::new("fc-list").arg(format!(":lang={language}")).output();
        listed.is_ok_and(|listed| !listed.stdout.is_empty())
    };
    !has("fc-list") || (knows("ja") && knows("ar"))
}

fn has_pip() -> bool {
    let asked = Command::new("python3").args(["-m", "pip", "--version"]).output();
    asked.is_ok_and(|asked| asked.status.success())
}

fn has(program: &str) -> bool {
    process::find_program(program).is_some()
}

/// Installs those of `tools` that are missing, and looks whether all can do what is asked of them. What was done, for the
/// step's last line.
///
/// # Errors
/// Where there is no package manager that is known here, or it fails, or what is there cannot do it; the message says what
/// to install.
pub fn tools(tools: &[Tool]) -> Result<String> {
    let done = install(tools)?;
    match tools.iter().find_map(|tool| tool.shortcoming()) {
        Some(shortcoming) => bail!("{shortcoming}"),
        None => Ok(done),
    }
}

fn install(tools: &[Tool]) -> Result<String> {
    let missing: Vec<Tool> = tools.iter().copied().filter(|tool| !tool.is_here()).collect();
    if missing.is_empty() {
        return Ok("everything is here".to_owned());
    }
    let names = missing.iter().map(|tool| format!("{tool:?}")).collect::<Vec<_>>().join(", ");
    let Some(manager) = Manager::of_this_machine() else {
        bail!(
            "{names} is missing, and none of apt-get, dnf, pacman, zypper and brew is here to get it: install it and start again"
        );
    };
    for tool in &missing {
        eprintln!("      installing {tool:?} with {}, for {}", manager.program(), tool.purpose());
    }
    manager.install(&missing)?;
    match missing.iter().find(|tool| !tool.is_here()) {
        Some(tool) => {
            bail!("{} succeeded, but {tool:?} is still not on PATH: install it by hand and start again", manager.program())
        }
        None => Ok(format!("installed {names}")),
    }
}

/// Adds the WebAssembly target to the toolchain where it is missing.
///
/// # Errors
/// Where rustup is not there or fails.
pub fn wasm_target(layout: &Layout) -> Result<()> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let sysroot = process::capture(Command::new("rustc").args(["--print", "sysroot"]).current_dir(layout.root()))?;
    if std::path::Path::new(&sysroot).join("lib/rustlib").join(TARGET).is_dir() {
        return Ok(());
    }
    if !has("rustup") {
        bail!("the Rust toolchain lacks the target {TARGET}, which the client is compiled for: install it, or use rustup");
    }
    eprintln!("      installing the Rust target {TARGET} with rustup, for compiling the client");
    process::run(Command::new("rustup").args(["target", "add", TARGET]).current_dir(layout.root()))
}
