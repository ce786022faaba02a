//! pyarrow, which reads Parquet as others do: no server, but installed and found as they are.

use std::{path::PathBuf, process::Command};

use anyhow::{Context, Result};

use super::{cache, install_whole};
use crate::{
    install::{self, Tool},
    process,
};

const VERSION: &str = "26.0.1";
/// The variable that names the folder in which Python finds it.
pub const VARIABLE: &str = "MARQUEE_TEST_PYARROW";

/// The folder, made where it is missing; the one that the environment names, where it names one.
///
/// # Errors
/// Where it cannot be had; the message says how to provide it.
pub fn install() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os(VARIABLE).filter(|named| !named.is_empty()) {
        return Ok(named.into());
    }
    let by_hand = || {
        format!(
            "no pyarrow for the tests: `python3 -m pip install --target FOLDER pyarrow=={VERSION}`, and name it as {VARIABLE}=FOLDER"
        )
    };
    let place = cache(&format!("pyarrow-{VERSION}"))?;
    let package = install_whole(&place, "pyarrow/__init__.py", |under_way| {
        install::tools(&[Tool::Pip])?;
        eprintln!("      installing pyarrow {VERSION} with pip, for reading Parquet in the tests (once)");
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:", "--target"]);
        process::run(pip.arg(under_way).arg(format!("pyarrow=={VERSION}")))
    });
    package.map(|_| place).with_context(by_hand)
}
