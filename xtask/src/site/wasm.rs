//! From the crate `frontend` to WebAssembly that a browser loads in parts.
//!
//! Owns the compile flags, which must never vary: a flag that changes builds everything anew. The libraries behind
//! wasm-bindgen and wasm-split do the work; neither tool is needed.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};
use wasm_bindgen_cli_support::Bindgen;

use super::{Compiler, Files, Mount, Quality, glue};
use crate::{
    fingerprint::{Fingerprint, Stamp},
    layout::Layout,
    process,
    test::lint,
};

/// The loader of the chunks, by the name that leptos looks for; the blanks are where a bundler would put a hash.
pub const LOADER: &str = "__wasm_split.______________________.js";
/// Which chunks each lazy route needs, for the server's preload links.
const PREFETCH: &str = "__wasm_split_manifest.json";

/// How the module becomes what is served, and with which versions: another recipe for the same module is another build.
const RECIPE: &str = concat!(include_str!("wasm.rs"), include_str!("glue.rs"), include_str!("../../Cargo.toml"));

/// Compiles the client; cargo knows what changed. The module it wrote.
///
/// # Errors
/// Where it does not compile.
pub fn compile(layout: &Layout, quality: Quality, (mount, compiler): (Mount, Compiler)) -> Result<PathBuf> {
    let profile = quality.client_profile();
    let mut cargo = process::cargo(layout);
    cargo.args(["build", "--package", "frontend", "--lib", "--target", "wasm32-unknown-unknown"]);
    cargo.args(["--no-default-features", "--features", mount.name(), "--profile", profile]);
    cargo.arg("--target-dir").arg(layout.front());
    match compiler {
        Compiler::Plain => process::run(&mut cargo)?,
        Compiler::Linting => process::run(lint::while_compiling(&mut cargo))?,
        Compiler::None => {}
    }
    Ok(layout.front().join("wasm32-unknown-unknown").join(profile).join("frontend.wasm"))
}

/// Splits the module at its lazy routes and binds it to JavaScript, unless it is the one of the last time.
///
/// # Errors
/// Where the module lacks relocations, or one of the libraries refuses it.
pub fn split_and_bind(layout: &Layout, module: &Path, mount: Mount) -> Result<Files> {
    let bytes = fs::read(module).with_context(|| format!("could not read {}", module.display()))?;
    let fingerprint = Fingerprint::default().add("recipe", RECIPE.as_bytes()).add("module", &bytes).short();
    let folder = layout.front().join("bound").join(mount.name());
    let stamp = Stamp::new(folder.with_extension("stamp"));
    if !stamp.matches(&fingerprint) {
        stamp.clear()?;
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let main = folder.with_extension("main.wasm");
        split(&bytes, &folder, &main)?;
        bind(&main, &folder)?;
        stamp.set(&fingerprint)?;
    }
    Files::read(&folder)
}

fn split(module: &[u8], folder: &Path, main: &Path) -> Result<()> {
    let mut options = wasm_split_cli_support::Options::new(module);
    options.output_dir = folder;
    options.main_out_path = main;
    options.main_module = "./marquee.js";
    let link_name = format!("./{LOADER}");
    options.link_name = &link_name;
    let split = wasm_split_cli_support::transform(options).map_err(|error| anyhow!("could not split the client: {error:#}"))?;
    for part in &split.split_modules {
        fs::write(part, without_names(&fs::read(part)?)?)?;
    }
    // Sorted, so that the same client gives the same build.
    let prefetch: BTreeMap<_, _> = split.prefetch_map.into_iter().collect();
    fs::write(folder.join(PREFETCH), serde_json::to_vec(&prefetch)?)?;
    Ok(())
}

fn bind(main: &Path, folder: &Path) -> Result<()> {
    Bindgen::new()
        .web(true)?
        .typescript(false)
        .keep_lld_exports(true)
        .demangle(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .input_path(main)
        .out_name("marquee")
        .generate(folder)
        .context("could not bind the client to JavaScript")?;
    let (bound, script, loader) = (folder.join("marquee_bg.wasm"), folder.join("marquee.js"), folder.join(LOADER));
    let (module, shortened) = glue::shorten(&fs::read(&bound)?, &fs::read_to_string(&script)?)?;
    fs::remove_file(bound)?;
    fs::write(folder.join("marquee.wasm"), module)?;
    fs::write(script, shortened)?;
    let waiting = glue::with_page_styles(&fs::read_to_string(&loader)?)?;
    fs::write(loader, waiting)?;
    Ok(())
}

/// A module without the sections that only a debugger reads.
fn without_names(module: &[u8]) -> Result<Vec<u8>> {
    let mut stripped = wasm_encoder::Module::new();
    for payload in wasmparser::Parser::new(0).parse_all(module) {
        let payload = payload?;
        if matches!(&payload, wasmparser::Payload::CustomSection(section) if ["name", "producers"].contains(&section.name())) {
            continue;
        }
        if let Some((id, range)) = payload.as_section() {
            stripped.section(&wasm_encoder::RawSection { id, data: &module[range] });
        }
    }
    Ok(stripped.finish())
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{CustomSection, Module, TypeSection};

    use super::*;

    #[test]
    fn names_are_dropped_and_everything_else_is_kept() {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let custom = |name: &'static str| CustomSection { name: name.into(), data: b"data"[..].into() };
        let mut module = Module::new();
        module.section(&types).section(&custom("kept")).section(&custom("name")).section(&custom("producers"));

        let mut expected = Module::new();
        expected.section(&types).section(&custom("kept"));
        assert_eq!(without_names(&module.finish()).unwrap(), expected.finish());
    }
}
