//! `bench`: what the README promises, measured. Reads bench/profiles.json, prints each figure beside its bound.
//!
//! Timed on whatever machine it runs on, so that it is no part of the tests. Must never measure a debug build.

mod browser;
mod catalogue;
mod figure;
mod floods;
mod histories;
mod home;
mod http;
mod identity;
mod live;
mod memory;
mod moving;
mod pages;
mod recommendations;
mod reviews;
mod segments;
mod server;
mod stores;
mod usage;
mod vault;
mod visit;
mod wrk;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use self::{browser::Subject, figure::Figure, server::Server};
use crate::{
    install::{self, Tool},
    layout::Layout,
    progress::Steps,
    serve,
    site::{self, Build, Quality},
};

/// A part of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// What a first visit loads.
    Visit,
    /// What the idle server holds in memory.
    Memory,
    /// How quickly pages and calls are answered under load.
    Pages,
    /// How quickly video is served.
    Segments,
    /// What it costs to know who asks, and to let a thousand in at once.
    Identity,
    /// What it costs to seal a record of the vault, and to open it.
    Vault,
    /// What the stores do, beside their drivers alone.
    Stores,
    /// What recommendations cost, and how good they are.
    Recommendations,
    /// What an honest viewer notices of floods, and what they leave behind.
    Floods,
    /// What nobody asked for before: single titles beside a peer, lists beside writes, films beside an import.
    Catalogue,
    /// How quickly members are given their home pages.
    Home,
    /// How soon a change is made, and known on other devices, while thousands follow.
    Live,
    /// Whether stars are counted exactly whoever changes them at once, and wherever the server is killed; takes a minute.
    Reviews,
    /// What those who watch a title notice while it moves to another object store, and whether it arrives whatever is killed.
    Move,
    /// What a viewer waits for, in a browser: the first picture, a seek, a title's page, a letter in the search field.
    Player,
    /// The grid of posters while it is scrolled, in a browser.
    Grid,
    /// What it costs to collect usage, and how quickly reports are made of it; takes minutes.
    Usage,
    /// Whether a film plays on after what interrupts it, in a browser; takes minutes.
    Lasting,
}

impl Part {
    /// The order: memory before anything puts the server under load.
    const ALL: [Self; 18] = [
        Self::Memory,
        Self::Visit,
        Self::Pages,
        Self::Segments,
        Self::Identity,
        Self::Vault,
        Self::Recommendations,
        Self::Stores,
        Self::Floods,
        Self::Catalogue,
        Self::Home,
        Self::Live,
        Self::Reviews,
        Self::Move,
        Self::Usage,
        Self::Player,
        Self::Grid,
        Self::Lasting,
    ];

    /// Those that measure a server with the demo library.
    const OF_DEMO: [Self; 4] = [Self::Memory, Self::Visit, Self::Pages, Self::Segments];
    /// Those whose figures are a browser's.
    const IN_BROWSER: [Self; 3] = [Self::Player, Self::Grid, Self::Lasting];

    fn sentence(self) -> &'static str {
        match self {
            Self::Visit => "load the home page for the first time",
            Self::Memory => "leave the server alone and look at its memory",
            Self::Pages => "put pages and calls under load",
            Self::Segments => "serve segments, beside nginx",
            Self::Stores => "read and write the stores, beside their drivers alone",
            Self::Identity => "know who asks, and let a thousand sign in at once",
            Self::Vault => "seal and open records of the vault",
            Self::Recommendations => "learn from a million events, and recommend",
            Self::Floods => "flood the server, and ask it something beside that",
            Self::Catalogue => "ask for what nobody asked for before, beside a peer, writes and an import",
            Self::Home => "open the home pages of members",
            Self::Live => "change lists, and see them change on other devices",
            Self::Reviews => "change reviews of one title at once, kill the server, and count",
            Self::Move => "watch a film while it moves to another store, and kill the server",
            Self::Usage => "count requests, send ten thousand events a second, and report on a hundred million",
            Self::Player => "watch, seek, open titles and type, in a browser",
            Self::Grid => "scroll the grid, beside a page that does nothing",
            Self::Lasting => "interrupt films, and see them play on",
        }
    }

    /// `demo` is the server of those that need one.
    fn measure(self, subject: &Subject<'_>, demo: Option<&Server>, profiles: &Profiles) -> Result<Vec<Figure>> {
        let Subject { layout, binary, .. } = subject;
        match (self, demo) {
            (Self::Visit, Some(server)) => visit::measure(layout, server, &profiles.first_visit),
            (Self::Memory, Some(server)) => memory::measure(server, &profiles.idle_memory),
            (Self::Pages, Some(server)) => pages::measure(server, &profiles.pages),
            (Self::Segments, Some(server)) => segments::measure(layout, server, &profiles.segments),
            (Self::Visit | Self::Memory | Self::Pages | Self::Segments, None) => {
                bail!("what the demo library is measured with is built by `cargo xtask bench` itself: without `--with`")
            }
            (Self::Identity, _) => identity::measure(layout, binary, &profiles.identity),
            (Self::Vault, _) => vault::measure(binary, &profiles.vault),
            (Self::Recommendations, _) => recommendations::measure(layout, binary, &profiles.recommendations),
            (Self::Stores, _) => stores::measure(layout, &profiles.stores),
            (Self::Floods, _) => floods::measure(layout, binary, &profiles.floods),
            (Self::Catalogue, _) => catalogue::measure(layout, binary, &profiles.catalogue),
            (Self::Home, _) => home::measure(layout, binary, &profiles.home),
            (Self::Live, _) => live::measure(layout, binary, &profiles.live),
            (Self::Reviews, _) => reviews::measure(layout, binary, &profiles.reviews),
            (Self::Move, _) => moving::measure(layout, binary, &profiles.moving),
            (Self::Usage, _) => usage::measure(layout, binary, &profiles.usage),
            (Self::Player, _) => browser::player::measure(subject, &profiles.player),
            (Self::Grid, _) => browser::grid::measure(subject, &profiles.grid),
            (Self::Lasting, _) => browser::lasting::measure(subject, &profiles.lasting),
        }
    }
}

/// bench/profiles.json.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Profiles {
    first_visit: visit::Profile,
    pages: Vec<pages::Profile>,
    idle_memory: memory::Profile,
    segments: segments::Profile,
    identity: identity::Profile,
    vault: vault::Profile,
    recommendations: recommendations::Profile,
    stores: stores::Profile,
    floods: floods::Profile,
    catalogue: catalogue::Profile,
    home: home::Profile,
    live: live::Profile,
    reviews: reviews::Profile,
    moving: moving::Profile,
    usage: usage::Profile,
    player: browser::player::Profile,
    grid: browser::grid::Profile,
    lasting: browser::lasting::Profile,
}

impl Profiles {
    fn read(layout: &Layout) -> Result<Self> {
        let text = fs::read_to_string(layout.at("bench/profiles.json")).context("bench/profiles.json")?;
        serde_json::from_str(&text).context("bench/profiles.json")
    }
}

/// Measures `only` these parts, or all; prints a table and writes target/bench.json.
///
/// # Errors
/// Where something cannot be measured, or a bound is missed.
pub fn run(layout: &Layout, only: &[Part]) -> Result<()> {
    let profiles = Profiles::read(layout)?;
    let parts: Vec<Part> = Part::ALL.into_iter().filter(|part| only.is_empty() || only.contains(part)).collect();

    let mut steps = Steps::new(site::STEPS + 3 + parts.len());
    steps.begin("look for the tools (ffmpeg, node, Chromium, wrk, nginx)");
    install::wasm_target(layout)?;
    steps.end(&install::tools(&[Tool::Ffmpeg, Tool::Node, Tool::Chromium, Tool::Wrk, Tool::Nginx])?);
    prepare(layout, &parts)?;
    site::build(layout, Build::new(Quality::Release), &mut steps)?;
    let binary = serve::build_server(layout, serve::Server::Release, &mut steps)?;

    steps.begin("make the demo library of the benchmark (once; kept in target/bench)");
    Server::start(layout, &binary)?.wait_for_library()?;
    steps.end("the library is there");

    // Started anew: making the library leaves traces in memory.
    let server = Server::start(layout, &binary)?;
    let subject = Subject { layout, binary: &binary, site: layout.site() };
    let mut figures = Vec::new();
    for part in parts {
        steps.begin(part.sentence());
        figures.extend(part.measure(&subject, Some(&server), &profiles)?);
        steps.end("measured");
    }
    drop(server);

    conclude(layout, &figures)
}

/// Measures `only` these parts, or all that need no demo library, with a binary and a site (`MARQUEE_SITE`, or the one in target/site)
/// that were built by whoever calls.
///
/// # Errors
/// As [`run`]; and, before anything is started, where a part is named that needs the demo library.
pub fn with(layout: &Layout, binary: &Path, only: &[Part]) -> Result<()> {
    if let Some(part) = only.iter().find(|part| Part::OF_DEMO.contains(part)) {
        bail!("{part:?} is measured on the demo library, which `cargo xtask bench` makes: without `--with`");
    }
    let profiles = Profiles::read(layout)?;
    let is_wanted = |part: &Part| if only.is_empty() { !Part::OF_DEMO.contains(part) } else { only.contains(part) };
    let parts: Vec<Part> = Part::ALL.into_iter().filter(is_wanted).collect();
    install::tools(&[Tool::Ffmpeg, Tool::Node, Tool::Wrk])?;
    prepare(layout, &parts)?;
    let site = std::env::var_os("MARQUEE_SITE").map_or_else(|| layout.site(), PathBuf::from);
    let subject = Subject { layout, binary: &absolute(binary)?, site: absolute(&site)? };
    let mut figures = Vec::new();
    for part in parts {
        let measured = part.measure(&subject, None, &profiles)?;
        // They take minutes: who waits sees what is known.
        figure::print(&measured);
        figures.extend(measured);
    }
    conclude(layout, &figures)
}

/// What is measured in a browser needs one.
fn prepare(layout: &Layout, parts: &[Part]) -> Result<()> {
    if parts.iter().any(|part| Part::IN_BROWSER.contains(part)) { browser::prepare(layout) } else { Ok(()) }
}

/// It is started in other folders.
fn absolute(binary: &Path) -> Result<PathBuf> {
    fs::canonicalize(binary).with_context(|| format!("{} is not there", binary.display()))
}

fn conclude(layout: &Layout, figures: &[Figure]) -> Result<()> {
    figure::print(figures);
    fs::write(layout.at("target/bench.json"), serde_json::to_vec_pretty(figures)?)?;
    match figures.iter().filter(|figure| !figure.holds()).count() {
        0 => Ok(()),
        missed => bail!("{missed} of {} bounds are missed", figures.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profiles_that_are_there_can_be_read() {
        let profiles: Profiles = serde_json::from_str(include_str!("../../../bench/profiles.json")).unwrap();
        assert!(profiles.pages.len() >= 3);
    }

    #[test]
    fn a_part_of_the_demo_library_is_refused_for_a_binary_that_is_there_before_anything_is_started() {
        let layout = Layout::find().unwrap();
        for part in Part::OF_DEMO {
            let refused = with(&layout, Path::new("nowhere"), &[Part::Home, part]).unwrap_err().to_string();
            assert!(refused.contains("demo library"), "{part:?}: {refused}");
        }
    }
}
