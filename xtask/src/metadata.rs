//! What cargo knows of the crates of the lock file. Owns the part of `cargo metadata` that is read here.

use anyhow::{Context, Result};
use semver::Version;
use serde::Deserialize;

use crate::{layout::Layout, process};

#[derive(Debug, Deserialize)]
pub struct Metadata {
    pub packages: Vec<Package>,
    pub resolve: Resolve,
}

#[derive(Debug, Deserialize)]
pub struct Package {
    pub id: String,
    pub name: String,
    pub version: Version,
    /// As the manifest says.
    pub license: Option<String>,
    /// Where it comes from; absent for a crate of this workspace.
    pub source: Option<String>,
}

/// Who uses whom.
#[derive(Debug, Deserialize)]
pub struct Resolve {
    pub nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
pub struct Node {
    pub id: String,
    pub deps: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
pub struct Dependency {
    pub pkg: String,
    pub dep_kinds: Vec<Kind>,
}

#[derive(Debug, Deserialize)]
pub struct Kind {
    /// `dev`, `build`, or nothing for what the crate is linked with.
    pub kind: Option<String>,
}

impl Dependency {
    /// Whether more than tests use it.
    pub fn is_used(&self) -> bool {
        self.dep_kinds.iter().any(|one| one.kind.as_deref() != Some("dev"))
    }
}

impl Metadata {
    /// Asks cargo, for every target and feature.
    ///
    /// # Errors
    /// Where cargo fails, or says what cannot be read.
    pub fn of(layout: &Layout) -> Result<Self> {
        let arguments = ["metadata", "--format-version", "1", "--locked", "--all-features"];
        let json = process::capture(process::cargo(layout).args(arguments))?;
        serde_json::from_str(&json).context("what cargo says of the crates cannot be read")
    }
}
