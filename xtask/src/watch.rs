//! `run --watch`: builds what a change touches, and only that; restarts the server; pages reload by themselves.
//!
//! A build that fails is said, and the old server goes on serving what it had read. Looks at dates and sizes several times a
//! second: a crate that listens to the system would bring all of tokio in another make, and hears nothing of a folder that
//! is mounted from elsewhere. Must never compile Rust for a change of styles alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    path::{Path, PathBuf},
    process::Child,
    thread,
    time::{Duration, Instant, SystemTime},
};

use anyhow::{Context, Result};
use walkdir::WalkDir;

use crate::{
    layout::Layout,
    process,
    progress::Steps,
    serve::{self, Server},
    site::{self, Build, Compiler, Quality},
};

/// What is watched; folders with all that is below.
const SOURCES: [&str; 7] = ["app", "contract", "frontend", "server", "style", "public", "Cargo.toml"];
/// How often is looked. What changed since the look before may still be changing: an editor writes a file in several steps, and
/// a checkout changes many.
const LOOK: Duration = Duration::from_millis(250);
/// What a server may take to end what is under way; a page that waits for its reload does not.
const GRACE: Duration = Duration::from_secs(3);

/// What is to be built for a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// Styles and what is served as it is.
    Files,
    Client,
    Server,
}

/// The parts that a change of `path`, from the workspace's root, touches.
fn parts_of(path: &Path) -> &'static [Part] {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let hidden = path.iter().any(|part| part.to_string_lossy().starts_with('.'));
    // Editors keep copies beside what is edited.
    if hidden || name.ends_with('~') || name.ends_with(".swp") {
        return &[];
    }
    let first = path.iter().next().unwrap_or_default().to_string_lossy();
    match first.as_ref() {
        "style" | "public" => &[Part::Files],
        "app" | "frontend" if name.ends_with(".scss") => &[Part::Files],
        "app" | "contract" | "Cargo.toml" => &[Part::Client, Part::Server],
        "frontend" => &[Part::Client],
        "server" if !path.starts_with("server/tests") => &[Part::Server],
        _ => &[],
    }
}

/// Builds, serves, and does it again for what changes, until it is stopped.
///
/// # Errors
/// Where the first build fails, or the sources cannot be watched.
pub fn run(layout: &Layout, arguments: &[OsString]) -> Result<()> {
    let mut seen = Seen::look(layout);
    let build = Build { quality: Quality::Dev, compiler: Compiler::Plain, reloads: true };
    let binary = serve::prepare(layout, build, &mut Steps::new(2))?;
    let mut serving = Serving::start(layout, binary, arguments)?;
    eprintln!("watching {}; stop with Ctrl-C", SOURCES.join(", "));
    loop {
        thread::sleep(LOOK);
        serving.say_if_ended()?;
        let parts = seen.next_change(layout, || thread::sleep(LOOK));
        if parts.is_empty() {
            continue;
        }
        let begun = Instant::now();
        match build_parts(layout, &parts) {
            Ok(()) => {
                serving.restart(layout, arguments)?;
                eprintln!("rebuilt {parts:?} in {}", crate::progress::human(begun.elapsed()));
            }
            Err(error) => eprintln!("\nnot built, the server goes on as it was: {error:#}"),
        }
    }
}

fn build_parts(layout: &Layout, parts: &BTreeSet<Part>) -> Result<()> {
    let compiler = if parts.contains(&Part::Client) { Compiler::Plain } else { Compiler::None };
    if parts.contains(&Part::Server) {
        serve::build_server(layout, Server::Dev, &mut Steps::of("server", 1))?;
    }
    // Also where the server alone changed: the site tells pages which build they are of.
    site::build(layout, Build { quality: Quality::Dev, compiler, reloads: true }, &mut Steps::of("site", site::STEPS))
}

/// The sources as they were at a look: when each file was written, and how long it was.
#[derive(PartialEq)]
struct Seen(BTreeMap<PathBuf, (Option<SystemTime>, u64)>);

impl Seen {
    fn look(layout: &Layout) -> Self {
        let entries = SOURCES.iter().flat_map(|source| WalkDir::new(layout.at(source)));
        // What is gone between two system calls is gone.
        let files = entries.flatten().filter_map(|entry| {
            let about = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
            let path = entry.path().strip_prefix(layout.root()).ok()?;
            Some((path.to_path_buf(), (about.modified().ok(), about.len())))
        });
        Self(files.collect())
    }

    /// What is to be built for what changed since the last time that anything was said, once two looks with a
    /// pause in between see the same.
    fn next_change(&mut self, layout: &Layout, pause: impl Fn()) -> BTreeSet<Part> {
        let mut now = Self::look(layout);
        while now != *self {
            pause();
            let later = Self::look(layout);
            if later == now {
                let parts = self.parts_until(&now);
                *self = now;
                return parts;
            }
            now = later;
        }
        BTreeSet::new()
    }

    fn parts_until(&self, now: &Self) -> BTreeSet<Part> {
        let changed = |path: &&PathBuf| self.0.get(*path) != now.0.get(*path);
        self.0.keys().chain(now.0.keys()).filter(changed).flat_map(|path| parts_of(path)).copied().collect()
    }
}

/// The server that runs.
struct Serving {
    binary: PathBuf,
    child: Option<Child>,
}

impl Serving {
    fn start(layout: &Layout, binary: PathBuf, arguments: &[OsString]) -> Result<Self> {
        let mut serving = Self { binary, child: None };
        serving.restart(layout, arguments)?;
        Ok(serving)
    }

    /// Ends the one that runs, and starts the binary that is there now.
    fn restart(&mut self, layout: &Layout, arguments: &[OsString]) -> Result<()> {
        self.stop();
        let mut command = process::tied_to_us(&serve::command(layout, &self.binary, arguments));
        let child = command.spawn().with_context(|| format!("could not start {}", self.binary.display()))?;
        self.child = Some(child);
        Ok(())
    }

    fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        process::terminate(&child);
        let begun = Instant::now();
        while begun.elapsed() < GRACE && matches!(child.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(10));
        }
        // It may have ended, which is what is wanted.
        let _ = child.kill();
        let _ = child.wait();
    }

    /// A server that cannot start says why by itself; the next change may mend it.
    fn say_if_ended(&mut self) -> Result<()> {
        let Some(child) = &mut self.child else { return Ok(()) };
        if let Some(status) = child.try_wait()? {
            eprintln!("\nthe server ended ({status}); it is started again after the next change");
            self.child = None;
        }
        Ok(())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_styles_alone_compiles_no_rust() {
        for path in ["style/tokens.scss", "app/src/parts/card/card.module.scss", "public/icon.svg"] {
            assert_eq!(parts_of(Path::new(path)), [Part::Files], "{path}");
        }
    }

    #[test]
    fn a_change_builds_what_is_made_of_it_and_nothing_else() {
        let both = [Part::Client, Part::Server];
        for path in ["app/src/pages/home/mod.rs", "contract/src/lib.rs", "Cargo.toml"] {
            assert_eq!(parts_of(Path::new(path)), both, "{path}");
        }
        assert_eq!(parts_of(Path::new("server/storage/src/lib.rs")), [Part::Server]);
        assert_eq!(parts_of(Path::new("frontend/src/lib.rs")), [Part::Client]);
        for path in ["server/tests/routes/main.rs", "app/src/.#mod.rs", "app/src/mod.rs~", "server/src/.mod.rs.swp", "docs/a.md"]
        {
            assert!(parts_of(Path::new(path)).is_empty(), "{path}");
        }
    }

    #[test]
    fn what_is_written_made_or_removed_is_told_once_and_what_is_only_read_is_not() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::of(root.path());
        for source in SOURCES {
            std::fs::create_dir_all(layout.at(source)).unwrap();
        }
        std::fs::write(layout.at("style/main.scss"), "a").unwrap();
        std::fs::write(layout.at("frontend/lib.rs"), "a").unwrap();
        let mut seen = Seen::look(&layout);
        std::fs::read(layout.at("style/main.scss")).unwrap();
        assert_eq!(seen.next_change(&layout, || {}), BTreeSet::new());
        std::fs::write(layout.at("style/main.scss"), "longer").unwrap();
        // An editor that goes on while it is looked.
        let made = layout.at("server/lib.rs");
        let goes_on = || {
            if !made.exists() {
                std::fs::write(&made, "b").unwrap()
            }
        };
        assert_eq!(seen.next_change(&layout, goes_on), BTreeSet::from([Part::Files, Part::Server]));
        assert_eq!(seen.next_change(&layout, || {}), BTreeSet::new());
        std::fs::remove_file(layout.at("frontend/lib.rs")).unwrap();
        assert_eq!(seen.next_change(&layout, || {}), BTreeSet::from([Part::Client]));
    }
}
