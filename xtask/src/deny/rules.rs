//! `deny.toml`, in cargo-deny's own form: the part of it that is kept here. Must never take a rule that it does not keep.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, ensure};
use semver::{Op, Version, VersionReq};
use serde::{Deserialize, Deserializer, de::Error};
use spdx::Licensee;

/// The rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Every feature is looked at, here and by cargo-deny.
    #[serde(rename = "graph")]
    _graph: Graph,
    pub licenses: Licenses,
    pub bans: Bans,
    pub sources: Sources,
    pub advisories: Advisories,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Graph {
    #[serde(rename = "all-features", deserialize_with = "always")]
    _all_features: (),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licenses {
    /// SPDX names, with `WITH` where an exception belongs to them.
    #[serde(deserialize_with = "licensees")]
    pub allow: Vec<Licensee>,
    #[serde(rename = "include-dev", deserialize_with = "always")]
    _include_dev: (),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Bans {
    #[serde(rename = "multiple-versions")]
    _multiple_versions: Level,
    #[serde(rename = "multiple-versions-include-dev", deserialize_with = "always")]
    _include_dev: (),
    pub deny: Vec<Ban>,
    /// Versions that may be there beside one other of the same crate.
    pub skip: Vec<Spec>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ban {
    #[serde(rename = "crate")]
    pub spec: Spec,
    pub reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sources {
    #[serde(rename = "unknown-registry")]
    _unknown_registry: Level,
    #[serde(rename = "unknown-git")]
    _unknown_git: Level,
    /// Indexes that crates may come from.
    pub allow_registry: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Advisories {
    /// Where RustSec's database is; nothing is compared without it.
    pub db_path: Option<PathBuf>,
    /// Where cargo-deny fetches it from. Nothing is fetched here.
    #[serde(rename = "db-urls")]
    _db_urls: Vec<String>,
    pub ignore: Vec<Ignored>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ignored {
    pub id: String,
    #[serde(rename = "reason")]
    _reason: String,
}

/// The one that the file uses: a rule that only warns is none.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Level {
    Deny,
}

/// A crate, or some versions of it: `name`, or `name@1` and the like, which is every version that begins so.
#[derive(Debug)]
pub struct Spec {
    text: String,
    name: String,
    /// All of them where it is absent.
    versions: Option<VersionReq>,
}

impl Spec {
    fn read(text: &str) -> Result<Self> {
        ensure!(!text.contains(':'), "`{text}`: write name@version");
        let (name, versions) = match text.split_once('@') {
            None => (text, None),
            Some((name, version)) => {
                let mut versions: VersionReq = version.parse().with_context(|| format!("`{text}`"))?;
                match versions.comparators.as_mut_slice() {
                    [one] => one.op = Op::Exact,
                    _ => return Err(anyhow!("`{text}`: write one version, or its beginning")),
                }
                (name, Some(versions))
            }
        };
        Ok(Self { text: text.to_owned(), name: name.to_owned(), versions })
    }

    pub fn matches(&self, name: &str, version: &Version) -> bool {
        self.name == name && self.versions.as_ref().is_none_or(|versions| versions.matches(version))
    }

    pub fn name(&self) -> &str {
        &self.name
    }
}

impl std::fmt::Display for Spec {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Spec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(&String::deserialize(deserializer)?).map_err(|error| D::Error::custom(format!("{error:#}")))
    }
}

/// A setting that has no other value here.
fn always<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    match bool::deserialize(deserializer)? {
        true => Ok(()),
        false => Err(D::Error::custom("must be true: less is not looked at here")),
    }
}

fn licensees<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Licensee>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    names.iter().map(|name| Licensee::parse(name).map_err(|error| D::Error::custom(format!("`{name}`: {error}")))).collect()
}
