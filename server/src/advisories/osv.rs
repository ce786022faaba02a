//! One advisory in the form of OSV: JSON, about any number of packages of any ecosystem.

use semver::{BuildMetadata, Version};
use serde::Deserialize;

use super::{Advisory, Versions as AnyVersions, rustsec};

/// Packages of one advisory, and characters of its title: more is no advisory but a burden.
const MOST_PACKAGES: usize = 100;
const MOST_TITLE: usize = 300;
const ECOSYSTEM: &str = "crates.io";
/// Ranges of this kind name commits.
const GIT: &str = "GIT";
/// What OSV calls the beginning of all versions.
const BEGINNING: &str = "0";

/// The part of the form that matters here; all else may be there.
#[derive(Deserialize)]
struct Record {
    id: String,
    withdrawn: Option<String>,
    #[serde(default)]
    summary: String,
    affected: Vec<Affected>,
}

#[derive(Deserialize)]
struct Affected {
    package: Option<Package>,
    #[serde(default)]
    ranges: Vec<RawRange>,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    database_specific: Specific,
}

#[derive(Deserialize)]
struct Package {
    ecosystem: String,
    name: String,
}

/// What RustSec adds to the form.
#[derive(Default, Deserialize)]
struct Specific {
    informational: Option<String>,
}

#[derive(Deserialize)]
struct RawRange {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    events: Vec<RawEvent>,
}

#[derive(Deserialize)]
struct RawEvent {
    introduced: Option<String>,
    fixed: Option<String>,
    last_affected: Option<String>,
}

/// Which versions of one crate are affected.
#[derive(Debug)]
pub struct Versions {
    /// Each in the order of its versions.
    ranges: Vec<Vec<Event>>,
    single: Vec<Version>,
}

/// What happens at a version, of which nothing precedes the absent one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    at: Option<Version>,
    turn: Turn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Introduced,
    Fixed,
    /// The version itself is affected, and the next one is not.
    LastAffected,
}

impl Versions {
    /// As OSV's schema evaluates it: the last event that the version has reached decides.
    pub fn affects(&self, version: &Version) -> bool {
        let version = &without_build(version.clone());
        let is_in = |events: &Vec<Event>| {
            events.iter().fold(false, |is_affected, event| {
                let at = event.at.as_ref();
                match event.turn {
                    Turn::Introduced if at.is_none_or(|at| version >= at) => true,
                    Turn::Fixed if at.is_none_or(|at| version >= at) => false,
                    Turn::LastAffected if at.is_none_or(|at| version > at) => false,
                    Turn::Introduced | Turn::Fixed | Turn::LastAffected => is_affected,
                }
            })
        };
        self.single.contains(version) || self.ranges.iter().any(is_in)
    }

    /// Versions that put it right, as requirements.
    pub fn fixed(&self) -> Vec<String> {
        let fixes = self.ranges.iter().flatten().filter(|event| event.turn == Turn::Fixed);
        fixes.filter_map(|event| event.at.as_ref()).map(|at| format!(">={at}")).collect()
    }
}

/// One for each crate that it is about; none where it was withdrawn.
///
/// # Errors
/// Where it is in another form; why, in words.
pub fn read(text: &str) -> Result<Vec<Advisory>, String> {
    let record: Record = serde_json::from_str(text).map_err(|error| format!("is not in OSV's form: {error}"))?;
    if record.withdrawn.is_some() {
        return Ok(Vec::new());
    }
    if record.affected.len() > MOST_PACKAGES {
        return Err(format!("names more than {MOST_PACKAGES} packages"));
    }
    let title: String = record.summary.chars().take(MOST_TITLE).collect();
    let mut advisories = Vec::new();
    for affected in record.affected {
        let Some(package) = affected.package.filter(|package| package.ecosystem == ECOSYSTEM) else { continue };
        let ranges = affected.ranges.iter().filter(|range| range.kind != GIT).map(range).collect::<Result<_, String>>()?;
        let single = affected.versions.iter().map(|version| parse(version)).collect::<Result<_, String>>()?;
        advisories.push(Advisory {
            id: record.id.clone(),
            title: title.clone(),
            package: package.name,
            is_remark: affected.database_specific.informational.is_some_and(|kind| rustsec::is_remark(&kind)),
            versions: AnyVersions::Osv(Versions { ranges, single }),
        });
    }
    Ok(advisories)
}

fn range(raw: &RawRange) -> Result<Vec<Event>, String> {
    let mut events = Vec::new();
    for RawEvent { introduced, fixed, last_affected } in &raw.events {
        let turns = [(introduced, Turn::Introduced), (fixed, Turn::Fixed), (last_affected, Turn::LastAffected)];
        for (at, turn) in turns {
            let Some(at) = at else { continue };
            let at = if at == BEGINNING { None } else { Some(parse(at)?) };
            events.push(Event { at, turn });
        }
    }
    events.sort();
    Ok(events)
}

fn parse(version: &str) -> Result<Version, String> {
    Version::parse(version).map(without_build).map_err(|error| format!("`{version}` is no version: {error}"))
}

/// What stands behind the plus has no part in the order of versions (Semantic Versioning 2.0.0, item 10).
fn without_build(version: Version) -> Version {
    Version { build: BuildMetadata::EMPTY, ..version }
}
