//! A little room that is kept back beside a database, so that it opens on a disk that is full.
//!
//! SQLite keeps the index of its log in a file that is there only while the database is open, and opens nothing where that
//! file finds no room: without a reserve, a server on a full disk could not even be read from. CockroachDB keeps a ballast
//! file for the same reason. Must never hold more than a start needs, and never fail an opening that would succeed without it.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Bytes: the index of a log takes 32 KiB for each 4,096 pages in it.
const SIZE: usize = 256 * 1024;
/// What is worth keeping where there is no more: the smallest index.
const LEAST: u64 = 32 * 1024;
/// What is written at a time.
const PAGE: usize = 4096;

fn beside(database: &Path) -> PathBuf {
    let mut name = database.file_name().unwrap_or_default().to_owned();
    name.push("-reserve");
    database.with_file_name(name)
}

/// Keeps room back, where it is not yet and there is some. `all` takes what is left of a disk that is full already, so that
/// the next start finds it; otherwise nobody is left without room for its sake.
pub(super) fn keep(database: &Path, all: bool) {
    let path = beside(database);
    if path.exists() {
        return;
    }
    let Err(error) = fill(&path) else { return };
    let is_worth_it = all && path.metadata().is_ok_and(|found| found.len() >= LEAST);
    if !is_worth_it {
        tracing::debug!(%error, path = %path.display(), "no room is kept back for a start on a full disk");
        // What was half-way written takes room that somebody needs.
        let _ = fs::remove_file(&path);
    }
}

fn fill(path: &Path) -> io::Result<()> {
    let mut file = File::create(path)?;
    // Not zeros, which a file system may leave out.
    for _ in 0..SIZE / PAGE {
        file.write_all(&[b'M'; PAGE])?;
    }
    Ok(())
}

/// Gives the room back; whether there was some.
pub(super) fn release(database: &Path) -> bool {
    fs::remove_file(beside(database)).is_ok()
}
