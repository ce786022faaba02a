//! The marker of a directory of objects: that it is one, of which installation, and which of its stores.
//!
//! One that says nothing of that is nobody's yet: an older build's, or an empty file that an operator put there. It is adopted by
//! the first installation that opens it. Must never be taken from another store.

use std::{
    fmt,
    fs::{self, File},
    io::{self, ErrorKind, Read},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::Path,
};

use crate::{
    atomic_file,
    objects::{StoreIdentity, StoreRole},
};

/// The marker's name in the directory. It is no object: no list tells of it, and no copy and no backup takes it along.
pub const MARKER: &str = ".marquee-objects";
/// What is put in its place. A name that ends so is no object either, as those of writes that are under way.
const BESIDE: &str = ".marquee-objects#1";
/// For whoever finds it.
pub(super) const MARKED: &str =
    "Marquee keeps objects in this folder. While this file is not in it, another disk is taken to be mounted here, or none.\n";
/// Before the role and the installation, in a line that is whole.
const STORE: &str = "store: ";
/// More than a marker has, in bytes.
const MOST: u64 = 4096;

/// What a marker says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Marked {
    /// Not whose it is.
    Nobodys,
    Ours,
    Others(Foreign),
}

/// Whose a directory is that is not this store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::objects) enum Foreign {
    OtherInstallations,
    /// This installation's, of the store that is called so.
    Stores(String),
}

impl Foreign {
    /// How it may have come to that, as a question to operators.
    pub(super) const fn cause(&self) -> &'static str {
        match self {
            Self::OtherInstallations => {
                "is another installation's disk mounted here, or were the documents of this one put back from a backup, made anew, or \
                 damaged, so that its id is another one than when the folder was marked?"
            }
            Self::Stores(_) => "are disks mounted in each other's place?",
        }
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherInstallations => f.write_str("a store of another installation"),
            Self::Stores(setting) => f.write_str(setting),
        }
    }
}

/// What a marker that is there says, where the directory is to be `expected`; whoever expects none takes any. Blocks.
pub(super) fn read(marker: &Path, expected: Option<&StoreIdentity>) -> io::Result<Marked> {
    let mut said = Vec::new();
    File::open(marker)?.take(MOST).read_to_end(&mut said)?;
    let Some(expected) = expected else { return Ok(Marked::Ours) };
    let said = String::from_utf8_lossy(&said);
    // A line without its end was broken off, and says nothing.
    let whole = said.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    let store = whole.filter_map(|line| line.strip_prefix(STORE)).find_map(|store| store.split_once(' '));
    Ok(match store {
        None => Marked::Nobodys,
        Some((_, installation)) if installation != expected.installation => Marked::Others(Foreign::OtherInstallations),
        Some((role, _)) if role != expected.role.as_str() => {
            let setting = role.parse().map_or(role, |role: StoreRole| role.setting());
            Marked::Others(Foreign::Stores(format!("storage.{setting}")))
        }
        Some(_) => Marked::Ours,
    })
}

/// Makes one that says nothing, or that the directory is `of` somebody. Nothing is left beside it by whoever is killed. Blocks.
pub(super) fn make(marker: &Path, of: Option<&StoreIdentity>) -> io::Result<()> {
    match File::options().write(true).create_new(true).mode(0o600).open(marker) {
        // The words need room on the disk, the name mostly none: without them it is adopted later.
        Ok(file) => {
            say(&file, of).unwrap_or_else(|error| tracing::debug!(%error, "the marker of a folder of objects is without words"))
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        Err(error) => return Err(error),
    }
    atomic_file::sync_folder_of(marker)
}

/// Says in a marker that was nobody's whose the directory is. One that may not be written is replaced, as of an operator who is another
/// user. Blocks.
pub(super) fn adopt(marker: &Path, by: Option<&StoreIdentity>) -> io::Result<()> {
    let Err(error) = File::options().write(true).open(marker).and_then(|file| say(&file, by)) else { return Ok(()) };
    // On a disk that is full another file would have no room either. What somebody else adopted meanwhile is theirs, as the next check says.
    let is_full = matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
    if is_full || read(marker, by)? != Marked::Nobodys {
        return Err(error);
    }
    let beside = marker.with_file_name(BESIDE);
    let replaced = replace(&beside, marker, by);
    if replaced.is_err() {
        // Nothing is left of it; where that fails too, the next one writes over it.
        let _ = fs::remove_file(&beside);
    }
    replaced
}

fn replace(beside: &Path, marker: &Path, by: Option<&StoreIdentity>) -> io::Result<()> {
    say(&File::options().write(true).create(true).truncate(true).mode(0o600).open(beside)?, by)?;
    fs::rename(beside, marker)?;
    atomic_file::sync_folder_of(marker)
}

/// In its place: two who say it at once say the same, and what was there begins in the same way.
fn say(file: &File, of: Option<&StoreIdentity>) -> io::Result<()> {
    let words = words(of);
    file.write_all_at(words.as_bytes(), 0)?;
    file.set_len(words.len() as u64)?;
    file.sync_all()
}

fn words(of: Option<&StoreIdentity>) -> String {
    let store = of.map_or_else(String::new, |of| format!("{STORE}{} {}\n", of.role, of.installation));
    format!("{MARKED}{store}")
}
