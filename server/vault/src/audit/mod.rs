//! The audit log: every access of the vault is a line, and each line holds the hash of the one before.
//!
//! A line is JSON; its hash is BLAKE3 of its bytes, without the line's end. The log is a folder of files: a process takes
//! the first that no other holds, so that a server goes on with the same file, and a command beside it writes another.
//! How far each file has come is a record of the vault itself (and so of its copy), written every five seconds and at the
//! end: what was cut off before that is noticed, and a file that lacks it is never gone on with. It never says more than what
//! a sync brought to the disk. After a sync that failed nobody knows what is there ("fsyncgate": the system may have dropped
//! the pages and report success the next time), so that the log, and with it the vault, refuses everything until a restart has
//! read the file again. Where several machines
//! share the vault, the record names the one whose file it is, so that each answers for its own. Must never be written but
//! at the end, and never hold a value.

mod alarm;
mod file;
mod verify;
mod writer;

use serde::{Deserialize, Serialize};

pub use self::{
    alarm::{Alarm, Counts},
    file::names,
    verify::{ChainHeads, Elsewhere, Finding, Summary, verify},
    writer::Audit,
};
use super::record::{Access, Act, Purpose, Who};

/// What stands before the first line.
const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";
const EXTENSION: &str = "jsonl";

/// The audit log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error("the audit log, {path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("the audit log, {path}: its last line cannot be read: {reason}; `marquee vault audit` says more")]
    LastLine { path: String, reason: String },
}

/// One access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Counts the lines of a file, from 1.
    pub line: u64,
    /// Milliseconds since 1970.
    pub at: u64,
    pub who: Who,
    pub act: Act,
    /// `account/record`, or an account.
    pub what: String,
    pub why: Purpose,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The hash of the line before.
    pub before: String,
}

/// What is written of an access; the rest is its place in the file.
#[derive(Clone, Debug)]
pub struct Entry {
    pub access: Access,
    pub act: Act,
    pub what: String,
}

/// How far a file has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    pub lines: u64,
    /// Of the last one.
    pub hash: String,
}

/// What the vault remembers of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainHead {
    #[serde(flatten)]
    pub reached: Reached,
    /// Whose it is; in records of before there were several, nobody's by name, and so everybody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// When the disk refused to keep what was written after these lines, in milliseconds since 1970: those were acknowledged
    /// to nobody. Absent where it did not, and once the file was gone on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_failed: Option<u64>,
}

impl Default for Reached {
    fn default() -> Self {
        Self { lines: 0, hash: BEGINNING.to_owned() }
    }
}

impl Reached {
    /// The next line's bytes, with its end, and how far the file has come with it.
    fn next(&self, entry: &Entry, at: u64) -> serde_json::Result<(Vec<u8>, Self)> {
        let line = Line {
            line: self.lines + 1,
            at,
            who: entry.access.who.clone(),
            act: entry.act,
            what: entry.what.clone(),
            why: entry.access.why,
            request: entry.access.request.as_deref().map(str::to_owned),
            before: self.hash.clone(),
        };
        let mut bytes = serde_json::to_vec(&line)?;
        let hash = blake3::hash(&bytes).to_hex().to_string();
        bytes.push(b'\n');
        Ok((bytes, Self { lines: line.line, hash }))
    }
}
