//! `marquee dependencies check`

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};

use super::{CommandError, output};
use crate::advisories::{Bounds, Database, Part, parts_of};

/// Something that the binary is made of has to be replaced.
const AFFECTED: u8 = 1;
/// Nothing was compared: the binary has no list, or the database cannot be used.
const UNCHECKED: u8 = 2;

/// Says what this binary is made of, and what is known to be wrong with it.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  marquee dependencies check --database advisory-db")]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Check(Check),
    List(List),
}

/// Compares the crates that this binary is made of with a database of advisories.
///
/// The exit code is 0 where none is affected, 1 where one is, and 2 where that could not be found out. Remarks, as that nobody
/// keeps a crate any more, and advisories about crates that only built the binary are printed and change nothing.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  git clone https://github.com/rustsec/advisory-db && marquee dependencies check --database advisory-db\n  marquee dependencies check --database https://github.com/rustsec/advisory-db/archive/refs/heads/main.zip\n  marquee dependencies check --database https://osv-vulnerabilities.storage.googleapis.com/crates.io/all.zip"
)]
struct Check {
    /// Advisories in the form of RustSec or of OSV: a folder, a zip archive, or the address of one.
    #[arg(long, value_name = "FOLDER|FILE|URL")]
    database: String,
    /// The binary to look into [default: this one].
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

/// Prints the crates that this binary is made of, one a line: name, version, and whether it only built the binary.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  marquee dependencies list")]
struct List {
    /// The binary to look into [default: this one].
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

pub async fn run(arguments: Arguments) -> Result<ExitCode, CommandError> {
    match arguments.action {
        Action::Check(check) => {
            let Some(parts) = parts(check.binary)? else { return Ok(ExitCode::from(UNCHECKED)) };
            Ok(compare(&check.database, &parts).await)
        }
        Action::List(list) => {
            let Some(parts) = parts(list.binary)? else { return Ok(ExitCode::from(UNCHECKED)) };
            for Part { name, version, is_built_in } in parts {
                let kind = if is_built_in { "" } else { "\tbuild" };
                output::line(&format!("{name}\t{version}{kind}"));
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// What a binary is made of; nothing where it does not say, which is said.
fn parts(binary: Option<PathBuf>) -> Result<Option<Vec<Part>>, CommandError> {
    let path = match binary {
        Some(path) => path,
        None => std::env::current_exe().map_err(|source| CommandError::File { path: "this binary".to_owned(), source })?,
    };
    match parts_of(&path) {
        Ok(parts) => Ok(Some(parts)),
        Err(error) => {
            output::error(&error.to_string());
            Ok(None)
        }
    }
}

async fn compare(place: &str, parts: &[Part]) -> ExitCode {
    let database = match Database::open(place, Bounds::default()).await {
        Ok(database) => database,
        Err(error) => {
            output::error(&format!("the database cannot be used: {error}"));
            return ExitCode::from(UNCHECKED);
        }
    };
    let findings = database.findings(parts);
    findings.iter().for_each(|finding| output::line(&finding.words()));
    let affected = findings.iter().filter(|finding| finding.counts()).count();
    let compared = format!("{} crates compared with {} advisories", parts.len(), database.len());
    match affected {
        0 => {
            output::note(&format!("{compared}: no crate in the binary is affected"));
            ExitCode::SUCCESS
        }
        affected => {
            output::note(&format!("{compared}: {affected} affect the binary; a newer release of Marquee may bring newer crates"));
            ExitCode::from(AFFECTED)
        }
    }
}
