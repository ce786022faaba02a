//! Advisories about crates, from a copy of RustSec's database. Must never fetch one.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use rustsec::{Collection, Database};

use super::rules::Ignored;
use crate::metadata::Package;

/// What the database at `path` knows of the crates, but for what is ignored; and what is ignored without need.
///
/// # Errors
/// Where there is no database, or one of its advisories cannot be read.
pub fn breaches(path: &Path, ignored: &[Ignored], crates: &[Package]) -> Result<Vec<String>> {
    let folder = find(path)?;
    let database = Database::open(&folder).with_context(|| folder.display().to_string())?;
    let mut found = Vec::new();
    let mut needed: Vec<&str> = Vec::new();
    for advisory in database.iter() {
        if advisory.withdrawn() || advisory.metadata.collection != Some(Collection::Crates) {
            continue;
        }
        let is_about = |one: &&Package| {
            one.source.is_some()
                && one.name == advisory.metadata.package.as_str()
                && advisory.versions.is_vulnerable(&one.version)
        };
        for Package { name, version, .. } in crates.iter().filter(is_about) {
            let id = advisory.id().as_str();
            match ignored.iter().find(|ignored| ignored.id == id) {
                Some(ignored) => needed.push(&ignored.id),
                None => {
                    let fixed: Vec<String> = advisory.versions.patched().iter().map(ToString::to_string).collect();
                    let fixed = if fixed.is_empty() { "nothing".to_owned() } else { fixed.join(" or ") };
                    found.push(format!("{name} {version}: {id}, {}; put right in {fixed}", advisory.title()));
                }
            }
        }
    }
    for Ignored { id, .. } in ignored.iter().filter(|ignored| !needed.contains(&ignored.id.as_str())) {
        found.push(format!("{id} stands in advisories.ignore and is about no crate: take it out"));
    }
    Ok(found)
}

/// The database itself, or the one inside of the folder that cargo-deny keeps its copies in.
fn find(path: &Path) -> Result<PathBuf> {
    let is_one = |folder: &Path| folder.join("crates").is_dir();
    if is_one(path) {
        return Ok(path.to_owned());
    }
    let entries = fs::read_dir(path).with_context(|| format!("the database of advisories, {}", path.display()))?;
    let mut inside = Vec::new();
    for entry in entries {
        let folder = entry?.path();
        if is_one(&folder) {
            inside.push(folder);
        }
    }
    match inside.as_slice() {
        [one] => Ok(one.clone()),
        [] => bail!("{} holds no copy of RustSec's database", path.display()),
        [_, _, ..] => bail!("{} holds several databases: name one of them", path.display()),
    }
}
