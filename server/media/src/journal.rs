//! What an import has done so far, kept so that it goes on after a kill at any moment.
//!
//! Owns the work folder of one source: `lock`, `generation` (what its steps are stored under), `journal.jsonl` (one line for
//! each step that is stored), a folder for each step that is made, and `tmp-*` for the one in work. Must never record a step
//! before its objects are stored.
//!
//! A step is made in a `tmp-*` folder and renamed when it is whole and on the disk; a kill or a power cut in between costs that
//! step alone. Folders named `tmp-*` are deleted at the start, which also stops an encoder that outlived its parent.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use storage::{atomic_file, lock};

use super::{
    error::ImportError,
    generation::Generation,
    manifest::{AudioRendition, CaptionTrack, Picture, StoryboardSheets, VideoRendition},
};

const JOURNAL: &str = "journal.jsonl";
/// Under which generation the steps of the journal are stored.
const GENERATION: &str = "generation";
/// What a step came to, within the step's folder.
const DONE: &str = "done.json";

/// What one step came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Done {
    Video {
        rendition: VideoRendition,
        seconds: f64,
        target: u16,
    },
    Audio {
        rendition: AudioRendition,
    },
    Captions {
        tracks: Vec<CaptionTrack>,
        warnings: Vec<String>,
    },
    Storyboard {
        sheets: StoryboardSheets,
    },
    Artwork {
        poster: Option<Picture>,
        backdrop: Option<Picture>,
    },
    /// Nothing, for the reason that the warning tells.
    LeftOut {
        warning: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Line {
    step: String,
    done: Done,
}

/// The work folder of one source, locked against a second import of it.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    stored: Vec<(String, Done)>,
    /// Held for its lock, which the system releases however this process ends.
    _lock: File,
}

impl Journal {
    /// Opens or makes it. Blocks.
    pub fn open(folder: &Path) -> Result<Self, ImportError> {
        fs::create_dir_all(folder).map_err(ImportError::Work)?;
        let lock = File::create(folder.join("lock")).map_err(ImportError::Work)?;
        take(&lock)?;
        for entry in fs::read_dir(folder).map_err(ImportError::Work)?.flatten() {
            if entry.file_name().as_encoded_bytes().starts_with(b"tmp-") {
                remove(&entry.path()).map_err(ImportError::Work)?;
            }
        }
        let text = fs::read_to_string(folder.join(JOURNAL)).unwrap_or_default();
        // A line that was cut off by a kill is no line: its step is made again.
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
        let stored = lines.map(|line| (line.step, line.done)).collect();
        Ok(Self { folder: folder.to_owned(), stored, _lock: lock })
    }

    /// The generation under which an earlier run stored its steps; one by a build without generations named none.
    pub fn generation(&self) -> Option<Generation> {
        match fs::read_to_string(self.folder.join(GENERATION)) {
            Ok(text) => text.parse().ok(),
            Err(_) => (!self.stored.is_empty()).then_some(Generation::UNNAMED),
        }
    }

    /// From here on steps are stored under `generation`: what was stored under another is to be stored again. What is made
    /// and not stored stays made.
    pub fn store_under(&mut self, generation: Generation) -> Result<(), ImportError> {
        if self.generation() == Some(generation) {
            return Ok(());
        }
        let write = || -> io::Result<()> {
            match fs::remove_file(self.folder.join(JOURNAL)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            atomic_file::replace(&self.folder.join(GENERATION), generation.to_string().as_bytes())
        };
        write().map_err(ImportError::Work)?;
        self.stored.clear();
        Ok(())
    }

    /// What a stored step came to.
    pub fn stored(&self, step: &str) -> Option<&Done> {
        self.stored.iter().find(|(name, _)| name == step).map(|(_, done)| done)
    }

    /// Where a step's files are once it is made.
    pub fn made(&self, step: &str) -> PathBuf {
        self.folder.join(step)
    }

    /// What a step that is made, but perhaps not stored, came to.
    pub fn made_already(&self, step: &str) -> Option<Done> {
        let text = fs::read(self.made(step).join(DONE)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// A new, empty folder to make a step in.
    pub fn begin(&self, step: &str) -> Result<PathBuf, ImportError> {
        let begin = tempfile::Builder::new().prefix(&format!("tmp-{step}-")).tempdir_in(&self.folder);
        begin.map(tempfile::TempDir::keep).map_err(ImportError::Work)
    }

    /// The step's files in `folder` are whole.
    pub fn finish(&self, step: &str, folder: &Path, done: &Done) -> Result<(), ImportError> {
        let write = || -> io::Result<()> {
            fs::write(folder.join(DONE), serde_json::to_vec(done)?)?;
            for entry in fs::read_dir(folder)? {
                File::open(entry?.path())?.sync_all()?;
            }
            File::open(folder)?.sync_all()?;
            let made = self.made(step);
            remove_made(&made)?;
            fs::rename(folder, &made)?;
            atomic_file::sync_folder_of(&made)
        };
        write().map_err(ImportError::Work)
    }

    /// The step's files, without this journal's own, are in the store.
    pub fn record(&mut self, step: &str, done: Done) -> Result<(), ImportError> {
        let line = Line { step: step.to_owned(), done };
        let write = || -> io::Result<()> {
            let mut text = serde_json::to_vec(&line)?;
            text.push(b'\n');
            let path = self.folder.join(JOURNAL);
            let is_new = !path.exists();
            let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
            // After a line that was cut off, this begins a new one.
            if file.metadata()?.len() > 0 && !fs::read(&path)?.ends_with(b"\n") {
                file.write_all(b"\n")?;
            }
            file.write_all(&text)?;
            file.sync_data()?;
            if is_new { atomic_file::sync_folder_of(&path) } else { Ok(()) }
        };
        write().map_err(ImportError::Work)?;
        self.stored.push((line.step, line.done));
        Ok(())
    }

    /// Frees what a stored step took.
    pub fn forget_files(&self, step: &str) {
        if let Err(error) = remove_made(&self.made(step)) {
            tracing::warn!(%error, step, "a finished step's files stay in the work folder");
        }
    }

    /// The import is complete: nothing of it needs to be kept.
    pub fn close(self) {
        let remove_all = || -> io::Result<()> {
            // What was stored is forgotten first: lines without the generation that they are of would be another's.
            remove(&self.folder.join(JOURNAL))?;
            for entry in fs::read_dir(&self.folder)? {
                remove_made(&entry?.path())?;
            }
            remove(&self.folder)
        };
        if let Err(error) = remove_all() {
            tracing::warn!(%error, "a finished import's work folder stays");
        }
    }
}

/// Deletes what imports left in `work` of titles that are gone: one that was ended before its title was deleted clears nothing by
/// itself. What an import holds stays. Blocks.
pub fn clear(work: &Path, is_gone: impl Fn(&str) -> bool) -> io::Result<()> {
    let entries = match fs::read_dir(work) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // What comes first has no hyphen.
        let is_gone = name.split_once('-').is_some_and(|(_, title)| is_gone(title));
        if is_gone && let Ok(journal) = Journal::open(&entry.path()) {
            journal.close();
        }
    }
    Ok(())
}

fn take(file: &File) -> Result<(), ImportError> {
    lock::try_lock(file).map_err(|error| match error {
        TryLockError::WouldBlock => ImportError::Busy,
        TryLockError::Error(error) => ImportError::Work(error),
    })
}

/// The name of the journal's own file in a step's folder, which is not for the store.
pub fn is_own(name: &str) -> bool {
    name == DONE
}

/// Removes the folder of a step that is made, where there is one. What a kill or a power cut leaves of it counts no more.
fn remove_made(step: &Path) -> io::Result<()> {
    let done = step.join(DONE);
    if done.exists() {
        fs::remove_file(&done)?;
        atomic_file::sync_folder_of(&done)?;
    }
    if step.is_dir() { remove(step) } else { Ok(()) }
}

/// Removes a folder, or a file.
fn remove(path: &Path) -> io::Result<()> {
    let removed = if path.is_file() { fs::remove_file(path) } else { fs::remove_dir_all(path) };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done() -> Done {
        Done::Captions { tracks: Vec::new(), warnings: vec!["one".into()] }
    }

    #[test]
    fn what_was_recorded_is_there_after_a_kill_and_a_torn_line_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        journal.record("captions", done()).unwrap();
        drop(journal);
        let file = folder.path().join(JOURNAL);
        let torn = fs::read_to_string(&file).unwrap() + "{\"step\":\"v360\",\"do";
        fs::write(&file, torn).unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        assert_eq!(journal.stored("captions"), Some(&done()));
        assert_eq!(journal.stored("v360"), None);
        journal.record("storyboard", done()).unwrap();
        drop(journal);
        assert_eq!(Journal::open(folder.path()).unwrap().stored("storyboard"), Some(&done()));
    }

    #[test]
    fn a_step_counts_as_made_only_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        let work = journal.begin("v360").unwrap();
        fs::write(work.join("seg_00001.m4s"), "x").unwrap();
        drop(journal);
        let journal = Journal::open(folder.path()).unwrap();
        assert!(!work.exists(), "what was in work is cleared");
        assert_eq!(journal.made_already("v360"), None);
        let work = journal.begin("v360").unwrap();
        journal.finish("v360", &work, &done()).unwrap();
        assert_eq!(journal.made_already("v360"), Some(done()));
    }

    #[test]
    fn what_was_stored_under_one_generation_is_stored_again_under_another() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        let (first, second) = (Generation::random(), Generation::random());
        journal.store_under(first).unwrap();
        journal.record("captions", done()).unwrap();
        journal.store_under(first).unwrap();
        assert_eq!(journal.stored("captions"), Some(&done()));
        drop(journal);
        let mut journal = Journal::open(folder.path()).unwrap();
        assert_eq!((journal.generation(), journal.stored("captions")), (Some(first), Some(&done())));
        journal.store_under(second).unwrap();
        assert_eq!(journal.stored("captions"), None);
        drop(journal);
        let journal = Journal::open(folder.path()).unwrap();
        assert_eq!((journal.generation(), journal.stored("captions")), (Some(second), None));
    }

    #[test]
    fn what_is_left_of_titles_that_are_gone_is_cleared_and_what_somebody_works_on_is_not() {
        let work = tempfile::tempdir().unwrap();
        for name in ["aa-gone", "bb-gone-too", "cc-there", "dd-gone"] {
            let journal = Journal::open(&work.path().join(name)).unwrap();
            fs::write(journal.begin("v360").unwrap().join("init.mp4"), "x").unwrap();
        }
        let held = Journal::open(&work.path().join("dd-gone")).unwrap();
        clear(work.path(), |title| title.starts_with("gone")).unwrap();
        let left = |name: &str| work.path().join(name).exists();
        assert_eq!(["aa-gone", "bb-gone-too", "cc-there", "dd-gone"].map(left), [false, false, true, true]);
        drop(held);
        clear(work.path(), |title| title.starts_with("gone")).unwrap();
        assert!(!left("dd-gone"));
        clear(&work.path().join("none"), |_| true).unwrap();
    }

    #[test]
    fn two_imports_of_one_source_do_not_meet() {
        let folder = tempfile::tempdir().unwrap();
        let _first = Journal::open(folder.path()).unwrap();
        assert!(matches!(Journal::open(folder.path()), Err(ImportError::Busy)));
    }
}
