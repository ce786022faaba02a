//! Finds the films under a path, and the text files beside them.
//!
//! Must never follow a link to a folder, never open what is no regular file, and never let one bad entry end the walk.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use contract::playback::TrackRole;

use super::{
    error::ImportError,
    language,
    names::{FilmName, film_name, stem, unsafe_name},
    roles,
};

/// What a folder is searched for: containers, and playlists, which are refused aloud rather than passed over.
const FILMS: [&str; 31] = [
    "mkv", "webm", "mk3d", "mp4", "m4v", "mov", "qt", "3gp", "3g2", "avi", "divx", "ts", "m2ts", "mts", "mpg", "mpeg", "m2v",
    "vob", "ogv", "ogm", "flv", "f4v", "wmv", "asf", "mxf", "nut", "m3u8", "m3u", "mpd", "pls", "ffconcat",
];
const TEXTS: [&str; 4] = ["srt", "vtt", "ass", "ssa"];
/// Folders below the one given.
const DEEPEST: usize = 16;
/// A text file longer than this is no subtitles.
const MOST_TEXT_BYTES: u64 = 20 << 20;

/// A file that may be a film.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub path: PathBuf,
    pub file_name: String,
    pub name: FilmName,
    pub sidecars: Vec<Sidecar>,
}

/// A text file beside a film: `Title (2021).en.srt`, `Title (2021).de.forced.vtt`, `Title (2021).en.sdh.srt`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sidecar {
    pub path: PathBuf,
    /// BCP 47.
    pub language: String,
    pub roles: Vec<TrackRole>,
}

/// A file that was found, or what is wrong with it.
#[derive(Debug)]
pub struct Found {
    pub path: PathBuf,
    pub source: Result<Source, ImportError>,
}

/// Every film at or under `path`, sorted. A file that is named outright is tried whatever it is called; in folders
/// hidden files and files of other kinds are passed over. Blocks: it reads folders.
pub fn collect(path: &Path) -> Vec<Found> {
    let mut found = Vec::new();
    match fs::metadata(path) {
        Ok(facts) if facts.is_dir() => walk(path, 0, &mut found),
        Ok(_) => found.push(look_at(path)),
        Err(error) => found.push(Found { path: path.to_owned(), source: Err(ImportError::Unreadable(error)) }),
    }
    found
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<Found>) {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut entries = match entries {
        Ok(entries) => entries,
        Err(error) => {
            found.push(Found { path: folder.to_owned(), source: Err(ImportError::Unreadable(error)) });
            return;
        }
    };
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && !hidden && depth < DEEPEST => walk(&path, depth + 1, found),
            Ok(kind) if kind.is_dir() => {}
            // "..x.mkv" is hidden too, but was named so to harm: it is refused aloud.
            Ok(_) if is_film(&path) && (!hidden || climbs(&path)) => found.push(look_at(&path)),
            Ok(_) => {}
            Err(error) => found.push(Found { path, source: Err(ImportError::Unreadable(error)) }),
        }
    }
}

fn climbs(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".."))
}

fn is_film(path: &Path) -> bool {
    has_extension(path, &FILMS)
}

fn has_extension(path: &Path, known: &[&str]) -> bool {
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    known.iter().any(|one| extension.eq_ignore_ascii_case(one))
}

fn look_at(path: &Path) -> Found {
    Found { path: path.to_owned(), source: source_at(path) }
}

/// One file that is named outright. Blocks for a moment: it looks at the folder for text files.
pub fn source_at(path: &Path) -> Result<Source, ImportError> {
    let name = path.file_name().ok_or(ImportError::Name("it contains \"..\", as a way out of a folder does"))?;
    if let Some(reason) = unsafe_name(name) {
        return Err(ImportError::Name(reason));
    }
    let facts = fs::metadata(path).map_err(ImportError::Unreadable)?;
    if !facts.is_file() {
        return Err(ImportError::NotAFile);
    }
    if facts.len() == 0 {
        return Err(ImportError::Empty);
    }
    let file_name = name.to_string_lossy().into_owned();
    let sidecars = sidecars(path, stem(&file_name));
    Ok(Source { path: path.to_owned(), name: film_name(&file_name), sidecars, file_name })
}

/// The text files whose names begin with the film's. What cannot be read is no sidecar.
fn sidecars(film: &Path, stem: &str) -> Vec<Sidecar> {
    let folder = film.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<Sidecar> = entries.flatten().filter_map(|entry| sidecar(&entry.path(), stem)).collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn sidecar(path: &Path, film: &str) -> Option<Sidecar> {
    let name = path.file_name()?;
    let facts = fs::metadata(path).ok()?;
    let fits = has_extension(path, &TEXTS) && unsafe_name(name).is_none();
    if !fits || !facts.is_file() || facts.len() == 0 || facts.len() > MOST_TEXT_BYTES {
        return None;
    }
    let (rest, _extension) = name.to_str()?.strip_prefix(film)?.rsplit_once('.')?;
    // "Title" is not beside "Title Two.srt": what follows the name is empty or begins with a dot.
    let marks: Vec<&str> = match rest.strip_prefix('.') {
        Some(marks) => marks.split('.').collect(),
        None if rest.is_empty() => Vec::new(),
        None => return None,
    };
    // What is said of a track is no language, although `sdh` is one's code.
    let language_of = |mark: &str| if roles::of_mark(mark, false).is_some() { None } else { language::parse(mark) };
    let named = marks.iter().enumerate().find_map(|(at, mark)| Some((at, language_of(mark)?)));
    let (at, language) = named.map_or((None, language::UNKNOWN.to_owned()), |(at, language)| (Some(at), language));
    let others = marks.iter().enumerate().filter(|(index, _)| Some(*index) != at);
    let mut roles: Vec<TrackRole> = Vec::new();
    for role in others.filter_map(|(_, mark)| roles::of_mark(mark, at.is_some())) {
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    Some(Sidecar { path: path.to_owned(), language, roles })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        folder
    }

    #[test]
    fn a_folder_is_walked_in_order_and_what_is_hidden_or_no_film_is_passed_over() {
        let folder = folder(&["b.mkv", "a/Deep (1999).mp4", ".hidden.mkv", ".git/x.mkv", "poster.jpg", "b.nfo"]);
        let found = collect(folder.path());
        let names: Vec<_> = found.iter().map(|one| one.source.as_ref().unwrap().file_name.as_str()).collect();
        assert_eq!(names, ["Deep (1999).mp4", "b.mkv"]);
    }

    #[test]
    fn a_bad_name_is_refused_and_the_rest_goes_on() {
        let folder = folder(&["-i.mkv", "a\nb.mkv", "..x.mkv", "good.mkv"]);
        let found = collect(folder.path());
        assert_eq!(found.len(), 4);
        assert_eq!(found.iter().filter(|one| matches!(one.source, Err(ImportError::Name(_)))).count(), 3);
        assert_eq!(found.iter().filter(|one| one.source.is_ok()).count(), 1);
    }

    #[test]
    fn texts_beside_a_film_are_found_with_their_language() {
        let names = [
            "Film (2021).mkv",
            "Film (2021).en.hi.srt",
            "Film (2021).en.srt",
            "Film (2021).ger.forced.vtt",
            "Film (2021).hi.srt",
            "Film (2021).sdh.zh-hant.srt",
            "Film (2021).srt",
            "Film (2021) Two.en.srt",
        ];
        let folder = folder(&names);
        let found = collect(&folder.path().join("Film (2021).mkv"));
        let sidecars = &found[0].source.as_ref().unwrap().sidecars;
        let told: Vec<_> = sidecars.iter().map(|one| (one.language.as_str(), one.roles.as_slice())).collect();
        let (sdh, forced) = (&[TrackRole::HearingImpaired][..], &[TrackRole::Forced][..]);
        let wanted = [("en", sdh), ("en", &[][..]), ("de", forced), ("hi", &[][..]), ("zh-Hant", sdh), ("und", &[][..])];
        assert_eq!(told, wanted);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_folder_is_not_followed() {
        let folder = folder(&["a/x.mkv"]);
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/loop")).unwrap();
        assert_eq!(collect(folder.path()).len(), 1);
    }

    #[test]
    fn what_is_not_there_is_said() {
        assert!(matches!(collect(Path::new("/no/such/film.mkv"))[0].source, Err(ImportError::Unreadable(_))));
    }
}
