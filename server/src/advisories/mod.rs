//! What is known to be wrong with the crates that a binary is made of.
//!
//! Owns the reading of a binary's own list, of a database of advisories in the form of RustSec or of OSV, and the comparison.
//! Must never pass a database that it could not read to the end: an advisory that was left out looks like a crate that is sound.

mod fetch;
mod files;
mod osv;
mod parts;
mod rustsec;
#[cfg(test)]
mod tests;

use std::{io, path::PathBuf, time::Duration};

use semver::Version;

pub use self::parts::{ListError, Part, parts_of};

/// Bounds of what a database may ask of this machine.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Of the whole download.
    pub time: Duration,
    /// Bytes of a download, or of an archive that is there.
    pub archive: u64,
    /// Bytes of one advisory.
    pub file: u64,
    /// Bytes of all advisories, unpacked.
    pub all: u64,
    /// Files in a folder or an archive, read or not.
    pub files: usize,
}

impl Default for Bounds {
    /// RustSec's database has about 1,200 advisories in 6 MB, OSV's of all crates 3,000 in 20 MB.
    fn default() -> Self {
        Self { time: Duration::from_secs(120), archive: 64 << 20, file: 1 << 20, all: 512 << 20, files: 200_000 }
    }
}

/// Why a database cannot be used; in words for whoever typed the command.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{0} cannot be fetched: {1}")]
    Fetch(String, String),
    #[error("{place} is no zip archive: {source}")]
    Archive { place: String, source: zip::result::ZipError },
    #[error("{file}: {why}")]
    Advisory { file: String, why: String },
    #[error("{place} is larger than {bound} bytes")]
    TooLarge { place: String, bound: u64 },
    #[error("{place} has more than {bound} files")]
    TooMany { place: String, bound: usize },
    #[error(
        "{0} has no advisory: expected are crates/NAME/ID.md as in RustSec's database, or .json files in OSV's form, in a folder \
         or a zip archive"
    )]
    Empty(String),
}

/// Advisories about crates, those that were withdrawn apart.
#[derive(Debug)]
pub struct Database {
    advisories: Vec<Advisory>,
}

/// What is wrong with some versions of one crate.
#[derive(Debug)]
struct Advisory {
    id: String,
    title: String,
    /// The crate's name.
    package: String,
    /// Says something about the crate, as that nobody keeps it, and not that it is unsafe to use.
    is_remark: bool,
    versions: Versions,
}

/// Which versions an advisory is about, in the terms of its form.
#[derive(Debug)]
enum Versions {
    RustSec(::rustsec::advisory::Versions),
    Osv(osv::Versions),
}

impl Versions {
    fn affects(&self, version: &Version) -> bool {
        match self {
            Self::RustSec(versions) => versions.is_vulnerable(version),
            Self::Osv(versions) => versions.affects(version),
        }
    }

    /// Where it is put right, as requirements on the version; empty where it is not.
    fn fixed(&self) -> Vec<String> {
        match self {
            Self::RustSec(versions) => versions.patched().iter().map(ToString::to_string).collect(),
            Self::Osv(versions) => versions.fixed(),
        }
    }
}

/// A part that an advisory is about.
#[derive(Debug)]
pub struct Finding<'a> {
    advisory: &'a Advisory,
    part: &'a Part,
}

impl Finding<'_> {
    /// Whether the binary is affected: the crate is in it, and the advisory says more than a remark.
    pub fn counts(&self) -> bool {
        self.part.is_built_in && !self.advisory.is_remark
    }

    /// One line, without anything that a terminal takes for an order.
    pub fn words(&self) -> String {
        let Advisory { id, title, versions, is_remark, .. } = self.advisory;
        let Part { name, version, is_built_in } = self.part;
        let fixed = match versions.fixed() {
            fixed if fixed.is_empty() => "no version puts it right".to_owned(),
            fixed => format!("put right in {}", fixed.join(" or ")),
        };
        let where_it_is = if *is_built_in { "" } else { ", which built it and is not in it" };
        let remark = if *is_remark { "remark: " } else { "" };
        let words = format!("{id} {name} {version}{where_it_is}: {remark}{title}; {fixed}");
        words.replace(char::is_control, " ")
    }
}

impl Database {
    /// Reads a folder, a zip archive, or a zip archive that an http(s) address leads to.
    ///
    /// # Errors
    /// [`DatabaseError`] for the first thing that cannot be read or goes over a bound, and where no advisory is there.
    pub async fn open(place: &str, bounds: Bounds) -> Result<Self, DatabaseError> {
        let archive = match fetch::is_address(place) {
            true => Some(fetch::archive(place, bounds).await?),
            false => None,
        };
        let name = place.to_owned();
        let reading = tokio::task::spawn_blocking(move || match archive {
            Some(bytes) => files::in_archive(&name, bytes, bounds),
            None => files::at(&name, bounds),
        });
        let files = reading.await.map_err(|error| DatabaseError::Fetch(place.to_owned(), error.to_string()))??;
        let mut advisories = Vec::new();
        // Both forms of the database stand beside each other in nobody's, and the first is the more precise one.
        let is_rustsec = files.iter().any(|file| file.form == files::Form::RustSec);
        for files::Text { name, form, text } in &files {
            let bad = |why: String| DatabaseError::Advisory { file: name.clone(), why };
            match form {
                files::Form::RustSec => advisories.extend(rustsec::read(text).map_err(bad)?),
                files::Form::Osv if is_rustsec => {}
                files::Form::Osv => advisories.extend(osv::read(text).map_err(bad)?),
            }
        }
        match files.is_empty() {
            true => Err(DatabaseError::Empty(place.to_owned())),
            false => Ok(Self { advisories }),
        }
    }

    /// How many advisories it has, one for each crate that one is about.
    pub fn len(&self) -> usize {
        self.advisories.len()
    }

    /// Whether nothing that it has still stands.
    pub fn is_empty(&self) -> bool {
        self.advisories.is_empty()
    }

    /// What it knows of these parts, in the order of the ids; those that count before the others.
    pub fn findings<'a>(&'a self, parts: &'a [Part]) -> Vec<Finding<'a>> {
        let about = |part: &'a Part| {
            let is_about = move |advisory: &&Advisory| advisory.package == part.name && advisory.versions.affects(&part.version);
            self.advisories.iter().filter(is_about).map(move |advisory| Finding { advisory, part })
        };
        let mut findings: Vec<Finding<'a>> = parts.iter().flat_map(about).collect();
        findings.sort_by(|one, other| (!one.counts(), &one.advisory.id).cmp(&(!other.counts(), &other.advisory.id)));
        findings
    }
}
