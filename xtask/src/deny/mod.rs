//! `deny`: what the parts of others may be. Licences that are allowed, crates that are not, versions that are there twice,
//! and advisories, where a database of them is named.
//!
//! The rules stand in `deny.toml`, in the form of cargo-deny, so that anybody may run that tool on the same file. Building it
//! takes minutes (it brings git and a registry's index along); reading what cargo knows takes a second. Must never pass a crate
//! whose licence it cannot read.

mod advisories;
mod rules;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, bail};
use semver::Version;
use spdx::{Expression, ParseMode};

use self::rules::{Rules, Sources};
use crate::{
    layout::Layout,
    metadata::{Metadata, Package},
};

const FILE: &str = "deny.toml";

/// What was found.
pub struct Outcome {
    /// Each in words.
    pub breaches: Vec<String>,
    /// Whether a database of advisories was named.
    pub with_advisories: bool,
}

/// Checks every crate of the lock file, of every target and feature; against `database` rather than that of the rules.
///
/// # Errors
/// Where the rules, the crates or the database cannot be read.
pub fn check(layout: &Layout, database: Option<&Path>) -> Result<Outcome> {
    let text = fs::read_to_string(layout.at(FILE)).with_context(|| format!("{FILE} cannot be read"))?;
    let rules: Rules = toml::from_str(&text).with_context(|| FILE.to_owned())?;
    let crates = Metadata::of(layout)?.packages;
    let mut breaches = breaches(&rules, &crates);
    let named = rules.advisories.db_path.as_ref().map(|path| layout.root().join(path));
    let database = database.map(Path::to_owned).or(named);
    if let Some(database) = &database {
        breaches.extend(advisories::breaches(database, &rules.advisories.ignore, &crates)?);
    }
    Ok(Outcome { breaches, with_advisories: database.is_some() })
}

/// The command: as [`check`], and fails where a rule is broken.
///
/// # Errors
/// As [`check`].
pub fn command(layout: &Layout, database: Option<&Path>) -> Result<()> {
    let outcome = check(layout, database)?;
    outcome.say();
    match outcome.breaches.len() {
        0 => {
            eprintln!("deny: every crate is as {FILE} allows; {}", outcome.advisories());
            Ok(())
        }
        breaches => bail!("deny: {breaches} breaches of {FILE}"),
    }
}

impl Outcome {
    /// Names each breach on standard error.
    pub fn say(&self) {
        self.breaches.iter().for_each(|breach| eprintln!("      {breach}"));
    }

    /// Whether advisories were compared, in words.
    pub fn advisories(&self) -> &'static str {
        match self.with_advisories {
            true => "compared with the advisories",
            false => "no database of advisories is named",
        }
    }
}

fn breaches(rules: &Rules, crates: &[Package]) -> Vec<String> {
    let mut found = Vec::new();
    for Package { name, version, license, source, .. } in crates {
        if let Some(ban) = rules.bans.deny.iter().find(|ban| ban.spec.matches(name, version)) {
            found.push(format!("{name} {version} is banned: {}", ban.reason));
        }
        found.extend(refused(rules, license.as_deref()).map(|why| format!("{name} {version}: {why}")));
        if let Some(source) = source.as_deref().filter(|source| !is_known(&rules.sources, source)) {
            found.push(format!("{name} {version} comes from {source}"));
        }
    }
    found.extend(duplicates(rules, crates));
    found
}

/// Old manifests write `/` for `OR`.
fn refused(rules: &Rules, licence: Option<&str>) -> Option<String> {
    let Some(text) = licence else { return Some("names no licence".to_owned()) };
    let Ok(expression) = Expression::parse_mode(text, ParseMode::LAX) else {
        return Some(format!("`{text}` cannot be read as a licence"));
    };
    let is_allowed = |wanted: &spdx::LicenseReq| rules.licenses.allow.iter().any(|one| one.satisfies(wanted));
    (!expression.evaluate(is_allowed)).then(|| format!("`{text}` is not allowed"))
}

fn is_known(sources: &Sources, source: &str) -> bool {
    let index = source.strip_prefix("registry+").unwrap_or(source);
    sources.allow_registry.iter().any(|allowed| allowed == index)
}

/// Crates of others in several versions; and exceptions that nothing needs.
fn duplicates(rules: &Rules, crates: &[Package]) -> Vec<String> {
    let mut versions: BTreeMap<&str, Vec<&Version>> = BTreeMap::new();
    for Package { name, version, .. } in crates.iter().filter(|one| one.source.is_some()) {
        versions.entry(name).or_default().push(version);
    }
    let is_skipped = |name: &str, version: &Version| rules.bans.skip.iter().any(|spec| spec.matches(name, version));
    let mut found = Vec::new();
    for (name, versions) in &versions {
        let left: Vec<String> = versions.iter().filter(|version| !is_skipped(name, version)).map(ToString::to_string).collect();
        if left.len() > 1 {
            let all = left.join(" and ");
            found.push(format!("{name} is there in versions {all}: bring them together, or add the older to bans.skip"));
        }
    }
    for spec in &rules.bans.skip {
        let all = versions.get(spec.name()).map(Vec::as_slice).unwrap_or_default();
        let is_needed = all.len() > 1 && all.iter().any(|version| spec.matches(spec.name(), version));
        if !is_needed {
            found.push(format!("{spec} stands in bans.skip and is no second version: take it out"));
        }
    }
    found
}
