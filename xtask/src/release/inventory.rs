//! What a release is made of: the crates of the server and of the client that the site carries, and the site's npm packages.
//!
//! Which crates those are is what `cargo tree` says, which resolves features for one build as cargo itself does; how they hang
//! together, their licences and hashes come from `cargo metadata` and the lock files. Must never hold what is used by tests alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use anyhow::{Context, Result};
use semver::Version;
use serde::Deserialize;

use super::{CLIENT, SERVER};
use crate::{
    layout::Layout,
    metadata::{Dependency, Metadata, Package},
    process,
};

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";
const ROOT: &str = "server";
/// Its code is in the site, which is in the server.
const CLIENT_ROOT: &str = "frontend";

/// What a release is made of.
#[derive(Clone, Debug)]
pub struct Inventory {
    /// The first is the server itself.
    pub crates: Vec<Part>,
    pub npm: Vec<Npm>,
}

/// A crate.
#[derive(Clone, Debug)]
pub struct Part {
    pub name: String,
    pub version: Version,
    pub origin: Origin,
    /// As its manifest says.
    pub licence: Option<String>,
    /// SHA-256 of the package, in hexadecimal.
    pub checksum: Option<String>,
    /// It only helps to build the release.
    pub is_build: bool,
    /// Which of the crates it uses itself.
    pub uses: Vec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Ours,
    CratesIo,
    Registry,
    Git,
}

/// A package that the site takes files from.
#[derive(Clone, Debug)]
pub struct Npm {
    pub name: String,
    pub version: String,
    pub licence: Option<String>,
}

/// A crate's name and version, which tell it from every other of the lock file.
type Key = (String, String);

impl Inventory {
    /// Asks cargo and the lock files.
    ///
    /// # Errors
    /// Where cargo fails, or a lock file cannot be read.
    pub fn of_release(layout: &Layout) -> Result<Self> {
        let metadata = Metadata::of(layout)?;
        let members = |edges: &str| -> Result<BTreeSet<Key>> {
            let mut all = tree(layout, &SERVER, edges)?;
            all.extend(tree(layout, &CLIENT, edges)?);
            Ok(all)
        };
        let built_in = members("normal,no-proc-macro")?;
        let all = members("normal,build")?;
        let lock = fs::read_to_string(layout.at("Cargo.lock")).context("Cargo.lock")?;
        let crates = crates(&metadata, &all, &built_in, &checksums(&lock)?)?;
        let npm =
            fs::read_to_string(layout.at("xtask/packages/package-lock.json")).context("xtask/packages/package-lock.json")?;
        Ok(Self { crates, npm: packages(&npm)? })
    }
}

/// The crates of one build, by what `cargo tree` prints of it.
fn tree(layout: &Layout, build: &[&str], edges: &str) -> Result<BTreeSet<Key>> {
    let mut cargo = process::cargo(layout);
    cargo.args(["tree", "--quiet", "--locked", "--prefix", "none", "--format", "{p}", "--edges", edges]).args(build);
    Ok(process::capture(&mut cargo)?.lines().filter_map(key).collect())
}

/// Of `name v1.2.3 (proc-macro)`, with whatever stands behind.
fn key(line: &str) -> Option<Key> {
    let mut words = line.split_whitespace();
    let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
    Some((name.to_owned(), version.to_owned()))
}

fn key_of(package: &Package) -> Key {
    (package.name.clone(), package.version.to_string())
}

fn crates(
    metadata: &Metadata,
    members: &BTreeSet<Key>,
    built_in: &BTreeSet<Key>,
    checksums: &BTreeMap<Key, String>,
) -> Result<Vec<Part>> {
    let mut packages: Vec<&Package> = metadata.packages.iter().filter(|package| members.contains(&key_of(package))).collect();
    packages.sort_by_key(|package| (package.name != ROOT || package.source.is_some(), key_of(package)));
    let numbers: BTreeMap<_, usize> = packages.iter().enumerate().map(|(number, package)| (&package.id, number)).collect();
    let nodes: BTreeMap<_, _> = metadata.resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let client = packages.iter().position(|package| package.name == CLIENT_ROOT && package.source.is_none());
    let mut parts = Vec::new();
    for package in packages {
        let key = key_of(package);
        let node = nodes.get(&package.id).with_context(|| format!("cargo metadata did not resolve {}", package.name))?;
        let used = node.deps.iter().filter(|one| one.is_used());
        let mut uses: BTreeSet<usize> = used.filter_map(|Dependency { pkg, .. }| numbers.get(pkg).copied()).collect();
        if parts.is_empty() {
            uses.extend(client);
        }
        parts.push(Part {
            origin: origin(package.source.as_deref()),
            licence: package.license.clone(),
            checksum: checksums.get(&key).cloned(),
            is_build: !built_in.contains(&key),
            uses: uses.into_iter().collect(),
            name: key.0,
            version: package.version.clone(),
        });
    }
    Ok(parts)
}

fn origin(source: Option<&str>) -> Origin {
    match source {
        None => Origin::Ours,
        Some(CRATES_IO) => Origin::CratesIo,
        Some(git) if git.starts_with("git+") => Origin::Git,
        Some(_) => Origin::Registry,
    }
}

/// The hashes of Cargo.lock.
fn checksums(lock: &str) -> Result<BTreeMap<Key, String>> {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Locked>,
    }
    #[derive(Deserialize)]
    struct Locked {
        name: String,
        version: String,
        checksum: Option<String>,
    }
    let lock: Lock = toml::from_str(lock).context("Cargo.lock")?;
    Ok(lock.package.into_iter().filter_map(|one| Some(((one.name, one.version), one.checksum?))).collect())
}

/// What the lock file of npm has beside packages of the developer.
fn packages(lock: &str) -> Result<Vec<Npm>> {
    #[derive(Deserialize)]
    struct Lock {
        packages: BTreeMap<String, Locked>,
    }
    #[derive(Deserialize)]
    struct Locked {
        version: Option<String>,
        license: Option<String>,
        #[serde(default)]
        dev: bool,
    }
    let lock: Lock = serde_json::from_str(lock).context("package-lock.json")?;
    let npm = |(path, locked): (String, Locked)| {
        let (_, name) = path.rsplit_once("node_modules/").filter(|_| !locked.dev)?;
        Some(Npm { name: name.to_owned(), version: locked.version?, licence: locked.license })
    };
    Ok(lock.packages.into_iter().filter_map(npm).collect())
}
