//! The built site: everything that a browser fetches which is not made per request.
//!
//! Owns the layout of target/site, which the server reads through `site.json`. The whole site is put together in
//! memory and then laid over the folder, so that what did not change keeps its date and what is gone goes.

mod assets;
mod compress;
mod files;
mod glue;
mod offline;
mod style;
mod wasm;

use std::fs;

use anyhow::{Context, Result};
use serde::Serialize;

pub use files::Files;

use crate::{fingerprint::Fingerprint, install::packages, layout::Layout, progress::Steps};

/// How much work goes into the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    /// What ships: small and fast.
    Release,
    /// What a developer waits for: debug assertions, light compression.
    Dev,
}

impl Quality {
    pub fn new(dev: bool) -> Self {
        if dev { Self::Dev } else { Self::Release }
    }

    /// The cargo profile of the client.
    fn client_profile(self) -> &'static str {
        match self {
            Self::Release => "wasm-release",
            Self::Dev => "wasm-dev",
        }
    }

    /// Brotli's quality (RFC 7932 leaves it to the encoder): 11 is the most it can do.
    fn brotli(self) -> u32 {
        match self {
            Self::Release => 11,
            Self::Dev => 4,
        }
    }
}

/// What compiles the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compiler {
    Plain,
    /// With clippy's lints, of which each is an error.
    Linting,
    /// Nothing: what was compiled last is taken.
    None,
}

/// How the site is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Build {
    pub quality: Quality,
    pub compiler: Compiler,
    /// Whether pages load anew once another build is served: for developers, never for what ships.
    pub reloads: bool,
}

impl Build {
    /// A site as it ships, of this quality.
    pub fn new(quality: Quality) -> Self {
        Self { quality, compiler: Compiler::Plain, reloads: false }
    }
}

/// Goes to the end of the client's script where pages load anew, and what it asks for.
const RELOAD: &str = include_str!("reload.js");
const RELOAD_FILE: &str = "reload.txt";

/// How the client takes hold of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mount {
    /// It wakes what the server rendered.
    Hydrate,
    /// It draws everything itself: the static single-page app.
    Csr,
}

impl Mount {
    /// The cargo feature of `frontend`, and the name of its folders.
    fn name(self) -> &'static str {
        match self {
            Self::Hydrate => "hydrate",
            Self::Csr => "csr",
        }
    }
}

/// `site.json`: where the server finds the parts of this build. Addresses begin with `/`.
#[derive(Serialize)]
struct Manifest {
    /// The hash of everything under `pkg`.
    build: String,
    pkg: String,
    css: String,
    /// The styles of the pages that load with their code.
    page_css: String,
    js: String,
    wasm: String,
    /// The player's engine, for a dynamic `import()` on the watch page.
    hls: String,
    /// The face to preload.
    font: String,
    /// The faces that posters are drawn with.
    fonts: Vec<String>,
}

/// The steps that [`build`] takes.
pub const STEPS: usize = 4;

/// Builds target/site.
///
/// # Errors
/// Where a package cannot be had, the client or the styles do not compile, or the folder cannot be written.
pub fn build(layout: &Layout, build: Build, steps: &mut Steps) -> Result<()> {
    let Build { quality, compiler, reloads } = build;
    let mut site = Files::default();
    let (mut pkg, fonts) = parts(layout, quality, (Mount::Hydrate, compiler), steps)?;
    let public = assets::public(layout)?;
    offline::add_document(&mut pkg, style::offline(layout)?, &public)?;
    if reloads {
        add_reload(&mut site, &mut pkg)?;
    }

    let build = pkg.fingerprint(Fingerprint::default().add("brotli", &quality.brotli().to_le_bytes()));
    let address = |name: &str| format!("/pkg/{build}/{name}");
    let manifest = Manifest {
        pkg: format!("/pkg/{build}"),
        css: address("marquee.css"),
        page_css: address("pages.css"),
        js: address("marquee.js"),
        wasm: address("marquee.wasm"),
        hls: address("hls.min.mjs"),
        font: fonts.preload(),
        fonts: fonts.for_posters(),
        build: build.clone(),
    };

    offline::add_worker(&mut site, &mut pkg, &build, &manifest.font)?;
    site.put_all("", public);
    site.put_all("", fonts.files);
    site.put_all(&format!("pkg/{build}/"), std::mem::take(&mut pkg));
    compress::add_brotli(&mut site, quality.brotli(), &layout.front().join("brotli"))?;
    site.put("site.json", serde_json::to_vec_pretty(&manifest)?);

    let written = site.lay_over(&layout.site())?;
    steps.end(&summary(&site, &build, written));
    Ok(())
}

/// Lets pages ask which build is served.
fn add_reload(site: &mut Files, pkg: &mut Files) -> Result<()> {
    let script = [pkg.get("marquee.js").context("the client has no script")?, RELOAD.as_bytes()].concat();
    pkg.put("marquee.js", script);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    site.put(RELOAD_FILE, now.as_nanos().to_string().into_bytes());
    Ok(())
}

/// The page of the static app, as trunk reads it.
const PAGE: &str = "frontend/page/index.html";

/// The page as any static host serves it: without what tells trunk which files go beside it.
fn single_page(page: &str) -> String {
    page.lines().filter(|line| !line.contains("data-trunk")).fold(String::new(), |page, line| page + line + "\n")
}

/// Builds target/csr: the same client without a server behind its first paint, for trunk, or for a static host that passes
/// calls on and answers other addresses with its page.
///
/// # Errors
/// As [`build`].
pub fn build_single_page_app(layout: &Layout, quality: Quality, steps: &mut Steps) -> Result<()> {
    let (pkg, fonts) = parts(layout, quality, (Mount::Csr, Compiler::Plain), steps)?;
    let mut site = Files::default();
    site.put_all("", assets::public(layout)?);
    site.put_all("", fonts.files);
    site.put_all("pkg/", pkg);
    site.put("index.html", single_page(&fs::read_to_string(layout.at(PAGE))?).into_bytes());
    let written = site.lay_over(&layout.at("target/csr"))?;
    steps.end(&format!("{} files, {written} written", site.len()));
    Ok(())
}

/// What goes under `pkg`, and the fonts. Leaves the last of its [`STEPS`] open.
fn parts(
    layout: &Layout,
    quality: Quality,
    (mount, compiler): (Mount, Compiler),
    steps: &mut Steps,
) -> Result<(Files, assets::Fonts)> {
    steps.begin("fetch the front end's packages (fonts, hls.js, demo data)");
    steps.end(packages::install(layout)?);

    // Before the client: a mistake in a style is said in a second, not after minutes.
    steps.begin("compile the styles");
    let fonts = assets::Fonts::read(layout)?;
    let styles = style::compile(layout, &fonts.rules)?;
    steps.end("styles compiled");

    steps.begin(&format!("compile the client ({}, {})", mount.name(), quality.client_profile()));
    let client = wasm::compile(layout, quality, (mount, compiler))?;
    steps.end("client compiled");

    steps.begin("put the site together (split, bind, compress)");
    let mut pkg = wasm::split_and_bind(layout, &client, mount)?;
    pkg.put("marquee.css", styles.first.into_bytes());
    pkg.put("pages.css", styles.pages.into_bytes());
    pkg.put_all("", assets::player_engine(layout)?);
    Ok((pkg, fonts))
}

fn summary(site: &Files, build: &str, written: usize) -> String {
    if written == 0 {
        return format!("site {build}: unchanged");
    }
    let first_visit = ["marquee.js", "marquee.wasm", "marquee.css"];
    let sizes = first_visit.map(|name| {
        let size = site.get(&format!("pkg/{build}/{name}.br")).map_or(0, <[u8]>::len);
        format!("{name} {:.1} kB", size as f64 / 1000.0)
    });
    format!("site {build}: {} files, {written} written; compressed: {}", site.len(), sizes.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_the_static_app_is_whole_without_trunk() {
        let page = include_str!("../../../frontend/page/index.html");
        assert!(page.contains("data-trunk"));
        let single = single_page(page);
        assert!(!single.contains("data-trunk"));
        for needed in ["<!doctype html>", "/pkg/marquee.css", "import init from", "</html>"] {
            assert!(single.contains(needed), "{needed}");
        }
    }

    #[test]
    fn pages_reload_where_that_is_asked_for_and_what_ships_has_no_code_for_it() {
        let (mut site, mut pkg) = (Files::default(), Files::default());
        pkg.put("marquee.js", b"export default 1;".to_vec());
        add_reload(&mut site, &mut pkg).unwrap();
        let script = String::from_utf8(pkg.get("marquee.js").unwrap().to_vec()).unwrap();
        assert!(script.starts_with("export default 1;\n") && script.contains(&format!("\"/{RELOAD_FILE}\"")), "{script}");
        assert!(site.get(RELOAD_FILE).is_some());
        assert!(!Build::new(Quality::Release).reloads && !Build::new(Quality::Dev).reloads);
    }
}
