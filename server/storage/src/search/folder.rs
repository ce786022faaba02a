//! The folder of a search index: whether it is one, which generation in it counts, and what in it may be deleted.
//!
//! `.marquee-index` says that the folder is an index's. `current` names the generation that counts, which is a folder beside
//! it; an older build had its one index in the folder itself, and that counts until another is named. A folder that holds
//! something, has no marker and is not plainly such an index is refused. Must never delete a file that is not an index's by
//! its name, and nothing at all in a folder that is refused.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, File},
    io::{self, Write},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, de::IgnoredAny};

use super::SearchError;
use crate::private_folder::make_private_directory;

/// What names the segments that count; written last, and so there where there is an index.
pub const META: &str = "meta.json";
const MARKER: &str = ".marquee-index";
const MARKED: &str = "Marquee's search index. It is made from the documents, and Marquee deletes what is in this folder.\n";
/// Holds the name of the generation that counts.
const CURRENT: &str = "current";
const NEXT: &str = "current.part";
/// A generation is a folder of this name with a number.
const GENERATION: &str = "index-";
/// Extensions of the parts of a segment.
const KINDS: [&str; 7] = ["idx", "pos", "term", "store", "fast", "fieldnorm", "del"];
/// What a file system keeps at its root.
const LOST: &str = "lost+found";

/// A folder that is an index's.
pub struct IndexFolder {
    path: PathBuf,
}

/// What tantivy writes into [`META`], as far as it tells whose the index is.
#[derive(Deserialize)]
struct Meta {
    segments: Vec<IgnoredAny>,
    #[serde(rename = "schema")]
    _schema: Vec<IgnoredAny>,
    #[serde(rename = "opstamp")]
    _opstamp: u64,
    payload: Option<String>,
}

/// The part of what is written with every commit that never changes.
#[derive(Deserialize)]
struct Ours {
    #[serde(rename = "revision")]
    _revision: String,
}

impl IndexFolder {
    /// Makes the folder where it is missing, and marks it where it is empty or an older build's index.
    ///
    /// # Errors
    /// [`SearchError::Foreign`] where it holds something else, [`SearchError::Folder`] where that cannot be found out.
    pub fn claim(path: &Path) -> Result<Self, SearchError> {
        let at = |source| SearchError::Folder { path: path.to_owned(), source };
        make_private_directory(path).map_err(at)?;
        let names = names(path).map_err(at)?;
        let folder = Self { path: path.to_owned() };
        if names.iter().any(|name| name == MARKER) {
            return Ok(folder);
        }
        if names.is_empty() {
            folder.write(MARKER, MARKED).map_err(at)?;
            return Ok(folder);
        }
        if !is_of_an_older_build(path, &names).map_err(at)? {
            return Err(SearchError::Foreign(path.to_owned()));
        }
        // It is searched without the marker as well, on a full disk.
        if let Err(error) = folder.write(MARKER, MARKED) {
            tracing::warn!(%error, folder = %path.display(), "the search index's folder cannot be marked as such");
        }
        Ok(folder)
    }

    /// Deletes the index in `path`, if that is an index's folder: the next start makes another one.
    ///
    /// # Errors
    /// As [`IndexFolder::claim`]; [`SearchError::Folder`] where it counts still.
    pub fn discard(path: &Path) -> Result<(), SearchError> {
        if matches!(path.try_exists(), Ok(false)) {
            return Ok(());
        }
        let folder = Self::claim(path)?;
        let gone = |name| match fs::remove_file(folder.path.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        };
        // From then on none counts, also after a power cut.
        let forget = || {
            gone(META)?;
            gone(CURRENT)?;
            folder.sync()
        };
        forget().map_err(|error| folder.failed(error))?;
        folder.sweep(None);
        Ok(())
    }

    /// The folder of the index that counts, which may be broken; nothing where there is none yet.
    ///
    /// # Errors
    /// [`SearchError::Folder`].
    pub fn current(&self) -> Result<Option<PathBuf>, SearchError> {
        match fs::read(self.path.join(CURRENT)) {
            Ok(name) => {
                let name = String::from_utf8_lossy(&name).trim().to_owned();
                Ok(number(&name).map(|_| self.path.join(name)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let is_there = self.path.join(META).try_exists().map_err(|error| self.failed(error))?;
                Ok(is_there.then(|| self.path.clone()))
            }
            Err(error) => Err(self.failed(error)),
        }
    }

    /// A new, empty folder for an index, which does not count yet.
    ///
    /// # Errors
    /// [`SearchError::Folder`].
    pub fn begin(&self) -> Result<PathBuf, SearchError> {
        let names = names(&self.path).map_err(|error| self.failed(error))?;
        let mut next = 1 + names.iter().filter_map(|name| number(&name.to_string_lossy())).max().unwrap_or(0);
        loop {
            let path = self.path.join(format!("{GENERATION}{next:06}"));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => {
                    self.sync().map_err(|error| self.failed(error))?;
                    return Ok(path);
                }
                // Another process made one since.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => next += 1,
                Err(error) => return Err(self.failed(error)),
            }
        }
    }

    /// From now on the index in `generation` counts, also after a power cut.
    ///
    /// # Errors
    /// [`SearchError::Folder`]; then the one before counts.
    pub fn point_to(&self, generation: &Path) -> Result<(), SearchError> {
        let name = generation.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if number(&name).is_none() || generation.parent() != Some(&self.path) || !generation.join(META).exists() {
            let gone = io::Error::new(io::ErrorKind::NotFound, "the index that was made beside is gone");
            return Err(SearchError::Folder { path: generation.to_owned(), source: gone });
        }
        let swap = || {
            // What tantivy commits it renames into place, and does not sync the folder after that.
            File::open(generation)?.sync_all()?;
            self.write(NEXT, &format!("{name}\n"))?;
            fs::rename(self.path.join(NEXT), self.path.join(CURRENT))?;
            self.sync()
        };
        swap().map_err(|error| self.failed(error))
    }

    /// Deletes every index but the one in `keep`. What cannot be deleted stays until the next time.
    pub fn sweep(&self, keep: Option<&Path>) {
        let warn = |error: io::Error, path: &Path| {
            tracing::warn!(%error, path = %path.display(), "what is left of an earlier search index stays for now");
        };
        let entries = match fs::read_dir(&self.path).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
            Ok(entries) => entries,
            Err(error) => return warn(error, &self.path),
        };
        for entry in entries {
            let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
            let swept = if number(&name).is_some() && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if keep == Some(&path) { Ok(()) } else { clear(&path) }
            } else if is_own(&name) && keep != Some(&self.path) {
                fs::remove_file(&path)
            } else {
                Ok(())
            };
            if let Err(error) = swept {
                warn(error, &path);
            }
        }
    }

    /// Writes a file that is on the disk when this returns.
    fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let mut file = File::create(self.path.join(name))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        self.sync()
    }

    fn sync(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }

    fn failed(&self, source: io::Error) -> SearchError {
        SearchError::Folder { path: self.path.clone(), source }
    }
}

fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
    Ok(names.into_iter().filter(|name| name != LOST).collect())
}

/// Whether it is plainly the index of a build that did not mark its folders.
fn is_of_an_older_build(folder: &Path, names: &[OsString]) -> io::Result<bool> {
    let is_nothing_else = || names.iter().all(|name| is_own(&name.to_string_lossy()) || is_unfinished(&name.to_string_lossy()));
    let text = match fs::read(folder.join(META)) {
        Ok(text) => text,
        // Its making was broken off.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(is_nothing_else()),
        Err(error) if error.kind() == io::ErrorKind::IsADirectory => return Ok(false),
        Err(error) => return Err(error),
    };
    let Ok(meta) = serde_json::from_slice::<Meta>(&text) else { return Ok(false) };
    Ok(match meta.payload {
        Some(payload) => serde_json::from_str::<Ours>(&payload).is_ok(),
        // Nothing was ever found by it.
        None => meta.segments.is_empty() && is_nothing_else(),
    })
}

/// The number of a generation's folder.
fn number(name: &str) -> Option<u64> {
    let digits = name.strip_prefix(GENERATION)?;
    if digits.bytes().all(|digit| digit.is_ascii_digit()) { digits.parse().ok() } else { None }
}

/// Deletes a generation; where something else lies in it, that stays, and the folder with it.
fn clear(generation: &Path) -> io::Result<()> {
    for file in fs::read_dir(generation)? {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        if is_own(&name) || is_unfinished(&name) {
            fs::remove_file(file.path())?;
        }
    }
    fs::remove_dir(generation)
}

/// As tantivy names its files: fixed names, locks, and the parts of segments, which are UUIDs.
fn is_own(name: &str) -> bool {
    let is_segment = |stem: &str| {
        stem.len() >= 32 && stem.bytes().take(32).all(|letter| letter.is_ascii_hexdigit() && !letter.is_ascii_uppercase())
    };
    [META, ".managed.json", ".tantivy-writer.lock", ".tantivy-meta.lock"].contains(&name)
        || name.split_once('.').is_some_and(|(stem, kind)| is_segment(stem) && KINDS.iter().any(|known| kind.ends_with(known)))
}

/// A file that tantivy writes before it renames it.
fn is_unfinished(name: &str) -> bool {
    name.strip_prefix(".tmp").is_some_and(|rest| rest.len() == 6 && rest.bytes().all(|letter| letter.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_tantivy_wrote_is_taken_for_the_indexs_own() {
        for own in [
            META,
            ".managed.json",
            ".tantivy-meta.lock",
            "0123456789abcdef0123456789abcdef.idx",
            "0123456789abcdef0123456789abcdef.42.del",
        ] {
            assert!(is_own(own), "{own}");
        }
        for other in ["Alien (1979).mkv", "notes.json", "0123456789abcdef0123456789abcdef.mkv", "film.store", ".htaccess"] {
            assert!(!is_own(other), "{other}");
        }
        assert!(is_unfinished(".tmpAb12cD") && !is_unfinished(".tmp") && !is_unfinished(".tmp/../../x"));
        assert_eq!((number("index-000012"), number("index-"), number("index-+1"), number("films")), (Some(12), None, None, None));
    }

    #[test]
    fn a_generation_that_is_gone_or_lies_elsewhere_is_never_pointed_to() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let place = IndexFolder::claim(folder.path()).unwrap();
        let generation = place.begin().unwrap();
        assert!(place.point_to(&generation).is_err(), "it holds no index");
        fs::write(generation.join(META), "{}").unwrap();
        place.point_to(&generation).unwrap();
        let other = elsewhere.path().join("index-000001");
        fs::create_dir(&other).unwrap();
        fs::write(other.join(META), "{}").unwrap();
        assert!(place.point_to(&other).is_err());
        assert_eq!(place.current().unwrap(), Some(generation));
    }

    #[test]
    fn what_somebody_put_into_an_indexs_folder_is_there_after_a_sweep() {
        let folder = tempfile::tempdir().unwrap();
        let place = IndexFolder::claim(folder.path()).unwrap();
        let (kept, swept) = (place.begin().unwrap(), place.begin().unwrap());
        for file in [kept.join(META), swept.join(META), swept.join("Alien (1979).mkv"), folder.path().join("Up (2009).mkv")] {
            fs::write(file, "a film").unwrap();
        }
        fs::create_dir(folder.path().join("films")).unwrap();
        place.sweep(Some(&kept));
        assert!(kept.join(META).exists() && !swept.join(META).exists());
        assert!(swept.join("Alien (1979).mkv").exists() && folder.path().join("Up (2009).mkv").exists());
        assert!(folder.path().join("films").exists());
    }

    #[test]
    fn an_empty_file_system_is_taken_and_a_folder_of_something_else_is_not() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(LOST)).unwrap();
        assert!(IndexFolder::claim(folder.path()).is_ok());
        // Another program's index, one that is broken, one whose file is a folder, and one with a film beside.
        let unnamed = r#"{"segments":[],"schema":[],"opstamp":0}"#;
        for (meta, beside) in [
            (r#"{"segments":[{}],"schema":[],"opstamp":7,"payload":"offset 12"}"#, "notes"),
            (r#"{"segments":[{}],"schema":[],"opstamp":7}"#, ".managed.json"),
            ("{", ".managed.json"),
            (unnamed, "Alien (1979).mkv"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join(META), meta).unwrap();
            fs::write(folder.path().join(beside), "").unwrap();
            assert!(matches!(IndexFolder::claim(folder.path()), Err(SearchError::Foreign(_))), "{meta}");
            assert_eq!(names(folder.path()).unwrap().len(), 2, "nothing was made or deleted");
        }
        for (meta, beside) in [
            (r#"{"segments":[{}],"schema":[],"opstamp":7,"payload":"{\"revision\":\"2.1\",\"position\":5}"}"#, "notes"),
            (unnamed, ".managed.json"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join(META), meta).unwrap();
            fs::write(folder.path().join(beside), "").unwrap();
            let place = IndexFolder::claim(folder.path()).unwrap();
            assert_eq!(place.current().unwrap().as_deref(), Some(folder.path()), "{meta}");
            assert!(folder.path().join(MARKER).exists());
        }
    }
}
