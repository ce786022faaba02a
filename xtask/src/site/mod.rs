//! The built site: everything that a browser fetches which is not made per request.
//!
//! Owns the layout of target/site, which the server reads through `site.json`. The whole site is put together in
//! memory and then laid over the folder, so that what did not change keeps its date and what is gone goes.

mod assets;
mod compress;
mod files;
mod glue;
mod style;
mod wasm;

use anyhow::Result;
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
pub fn build(layout: &Layout, quality: Quality, steps: &mut Steps) -> Result<()> {
    let mut site = Files::default();
    let (mut pkg, fonts) = parts(layout, quality, Mount::Hydrate, steps)?;

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

    site.put_all("", assets::public(layout)?);
    site.put_all("", fonts.files);
    site.put_all(&format!("pkg/{build}/"), std::mem::take(&mut pkg));
    compress::add_brotli(&mut site, quality.brotli(), &layout.front().join("brotli"))?;
    site.put("site.json", serde_json::to_vec_pretty(&manifest)?);

    let written = site.lay_over(&layout.site())?;
    steps.end(&summary(&site, &build, written));
    Ok(())
}

/// Builds target/csr: the same client without a server behind its first paint, for trunk.
///
/// # Errors
/// As [`build`].
pub fn build_single_page_app(layout: &Layout, quality: Quality, steps: &mut Steps) -> Result<()> {
    let (pkg, fonts) = parts(layout, quality, Mount::Csr, steps)?;
    let mut site = Files::default();
    site.put_all("", assets::public(layout)?);
    site.put_all("", fonts.files);
    site.put_all("pkg/", pkg);
    let written = site.lay_over(&layout.at("target/csr"))?;
    steps.end(&format!("{} files, {written} written", site.len()));
    Ok(())
}

/// What goes under `pkg`, and the fonts. Leaves the last of its [`STEPS`] open.
fn parts(layout: &Layout, quality: Quality, mount: Mount, steps: &mut Steps) -> Result<(Files, assets::Fonts)> {
    steps.begin("fetch the front end's packages (fonts, hls.js, demo data)");
    steps.end(packages::install(layout)?);

    // Before the client: a mistake in a style is said in a second, not after minutes.
    steps.begin("compile the styles");
    let fonts = assets::Fonts::read(layout)?;
    let styles = style::compile(layout, &fonts.rules)?;
    steps.end("styles compiled");

    steps.begin(&format!("compile the client ({}, {})", mount.name(), quality.client_profile()));
    let client = wasm::compile(layout, quality, mount)?;
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
