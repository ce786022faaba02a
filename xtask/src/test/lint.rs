//! Clippy as the compiler of the tests: one pass lints and compiles.
//!
//! `cargo clippy` would check everything that we depend on once more for itself, which takes longer than the tests of a
//! part do. Must never pass because nothing was linted: a mistake that is made on purpose has to be found first.

use std::{fs, process::Command};

use anyhow::{Context, Result, bail};

use crate::layout::Layout;

/// The compiler with clippy's lints in it; a component of the toolchain beside `cargo clippy`.
const DRIVER: &str = "clippy-driver";
/// How `cargo clippy -- -D warnings` hands its arguments to the driver, which takes them from nowhere else.
const ARGUMENTS: (&str, &str) = ("CLIPPY_ARGS", "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__");
/// What clippy warns of, and the compiler does not.
const MISTAKE: &str = "pub fn nothing() {\n    return;\n}\n";
const ITS_LINT: &str = "clippy::needless-return";

/// Lets cargo lint the packages of the workspace as it compiles them; a warning is an error.
pub fn while_compiling(cargo: &mut Command) -> &mut Command {
    cargo.env("RUSTC_WORKSPACE_WRAPPER", DRIVER).env(ARGUMENTS.0, ARGUMENTS.1)
}

/// # Errors
/// Where a mistake is not found in this way, or for another reason than its lint.
pub fn finds_a_mistake(layout: &Layout) -> Result<()> {
    let folder = layout.at("target/lint");
    fs::create_dir_all(&folder)?;
    let source = folder.join("mistake.rs");
    fs::write(&source, MISTAKE)?;
    let mut driver = Command::new(DRIVER);
    driver.current_dir(layout.root()).env(ARGUMENTS.0, ARGUMENTS.1);
    driver.args(["--edition", "2024", "--crate-type", "lib", "--emit", "metadata", "--out-dir"]).arg(&folder).arg(&source);
    let outcome = driver.output().with_context(|| format!("could not start `{DRIVER}`: `rustup component add clippy`"))?;
    let said = String::from_utf8_lossy(&outcome.stderr);
    if outcome.status.success() || !said.contains(ITS_LINT) {
        bail!("`{DRIVER}` does not refuse what clippy warns of, so it would not find our mistakes either: {said}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_that_the_compiler_does_not_mind_is_found() {
        finds_a_mistake(&Layout::find().unwrap()).unwrap();
    }
}
