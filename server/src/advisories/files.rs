//! The files of a database that are advisories, out of a folder or a zip archive, within bounds.
//!
//! Must never follow a link out of the folder, nor write anything that an archive holds to this machine.

use std::{
    fs::{self, File},
    io::{Cursor, Read, Seek},
    path::{Component, Path},
};

use walkdir::WalkDir;
use zip::ZipArchive;

use super::{Bounds, DatabaseError};

/// A file of the database.
#[derive(Debug)]
pub struct Text {
    pub name: String,
    pub form: Form,
    pub text: String,
}

/// How an advisory is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    RustSec,
    Osv,
}

impl Form {
    /// By where a file lies in the database; nothing for what is no advisory.
    fn of(path: &Path) -> Option<Self> {
        let mut names: Vec<&str> = Vec::new();
        for component in path.components() {
            let Component::Normal(name) = component else { continue };
            names.push(name.to_str()?);
        }
        // As `.github`; and RustSec's own example has the number that no advisory gets.
        let is_hidden = names.iter().any(|name| name.starts_with('.') || name.starts_with("RUSTSEC-0000-0000"));
        match names.as_slice() {
            _ if is_hidden => None,
            [.., "crates", _, file] if file.ends_with(".md") => Some(Self::RustSec),
            [.., file] if file.ends_with(".json") => Some(Self::Osv),
            _ => None,
        }
    }
}

/// What has been read so far, and how much more may be.
struct Reading<'a> {
    place: &'a str,
    bounds: Bounds,
    left: u64,
    seen: usize,
    texts: Vec<Text>,
}

impl<'a> Reading<'a> {
    fn new(place: &'a str, bounds: Bounds) -> Self {
        Self { place, bounds, left: bounds.all, seen: 0, texts: Vec::new() }
    }

    /// Counts a file, whatever it is.
    fn see(&mut self) -> Result<(), DatabaseError> {
        self.seen += 1;
        match self.seen > self.bounds.files {
            true => Err(DatabaseError::TooMany { place: self.place.to_owned(), bound: self.bounds.files }),
            false => Ok(()),
        }
    }

    fn add(&mut self, name: String, form: Form, source: impl Read) -> Result<(), DatabaseError> {
        let mut bytes = Vec::new();
        // One byte more than may be there tells a file at the bound from a larger one.
        let length = source.take(self.bounds.file + 1).read_to_end(&mut bytes);
        let length = length.map_err(|error| DatabaseError::Advisory { file: name.clone(), why: error.to_string() })? as u64;
        if length > self.bounds.file {
            return Err(DatabaseError::TooLarge { place: name, bound: self.bounds.file });
        }
        let all = || DatabaseError::TooLarge { place: self.place.to_owned(), bound: self.bounds.all };
        self.left = self.left.checked_sub(length).ok_or_else(all)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| DatabaseError::Advisory { file: name.clone(), why: "is not UTF-8".to_owned() })?;
        self.texts.push(Text { name, form, text });
        Ok(())
    }
}

/// Those of a folder, or of a zip archive.
///
/// # Errors
/// [`DatabaseError`] where one cannot be read, or there is too much.
pub fn at(place: &str, bounds: Bounds) -> Result<Vec<Text>, DatabaseError> {
    let path = Path::new(place);
    let bad = |source| DatabaseError::File { path: path.to_owned(), source };
    match fs::metadata(path).map_err(bad)?.is_dir() {
        true => in_folder(place, bounds),
        false => read_archive(place, File::open(path).map_err(bad)?, bounds),
    }
}

/// Those of a zip archive in memory.
///
/// # Errors
/// As [`at`].
pub fn in_archive(place: &str, bytes: Vec<u8>, bounds: Bounds) -> Result<Vec<Text>, DatabaseError> {
    read_archive(place, Cursor::new(bytes), bounds)
}

fn in_folder(place: &str, bounds: Bounds) -> Result<Vec<Text>, DatabaseError> {
    let mut reading = Reading::new(place, bounds);
    for entry in WalkDir::new(place).sort_by_file_name() {
        let entry = entry.map_err(|error| DatabaseError::File {
            path: error.path().unwrap_or(Path::new(place)).to_owned(),
            source: error.into(),
        })?;
        reading.see()?;
        let relative = entry.path().strip_prefix(place).unwrap_or(entry.path());
        let Some(form) = Form::of(relative).filter(|_| entry.file_type().is_file()) else { continue };
        let file = File::open(entry.path()).map_err(|source| DatabaseError::File { path: entry.path().to_owned(), source })?;
        reading.add(entry.path().display().to_string(), form, file)?;
    }
    Ok(reading.texts)
}

fn read_archive(place: &str, source: impl Read + Seek, bounds: Bounds) -> Result<Vec<Text>, DatabaseError> {
    let bad = |source| DatabaseError::Archive { place: place.to_owned(), source };
    let mut archive = ZipArchive::new(source).map_err(bad)?;
    let mut reading = Reading::new(place, bounds);
    for number in 0..archive.len() {
        reading.see()?;
        let file = archive.by_index(number).map_err(bad)?;
        let name = file.name().map_err(bad)?.into_owned();
        let Some(form) = Form::of(Path::new(&name)).filter(|_| file.is_file()) else { continue };
        reading.add(format!("{place}: {name}"), form, file)?;
    }
    Ok(reading.texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_an_advisory_is_told_by_where_it_lies() {
        let form = |path: &str| Form::of(Path::new(path));
        assert_eq!(form("crates/tokio/RUSTSEC-2021-0001.md"), Some(Form::RustSec));
        assert_eq!(form("advisory-db-main/crates/tokio/our-own.md"), Some(Form::RustSec));
        assert_eq!(form("GHSA-1.json"), Some(Form::Osv));
        assert_eq!(form("crates/RUSTSEC-2021-0001.json"), Some(Form::Osv));
        for none in ["README.md", "rust/std/CVE-1.md", ".github/crates/x/y.md", "crates/x/RUSTSEC-0000-0000.md", "crates/x.md"] {
            assert_eq!(form(none), None, "{none}");
        }
    }
}
