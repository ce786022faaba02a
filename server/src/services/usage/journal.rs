//! The journal of a process: what was recorded and is not yet in the stores, on this machine's disk.
//!
//! A folder for each life of a process, locked while it lives, of segments that are lines of JSON. What was appended is the system's: it
//! outlives the process, however that is killed, and whoever finds a folder that nobody holds goes on with it. A segment that is closed
//! never changes, and has a number that is its place among those of its folder. It is not synced: a power cut costs the last seconds.
//! Must never be read before it is closed, and never deleted before what is in it is stored elsewhere. Every function blocks.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

use storage::{lock::try_lock, make_private_directory};

/// Bytes after which a segment is closed at the latest.
pub const SEGMENT_BYTES: u64 = 4 * 1024 * 1024;
const LOCK: &str = "lock";
const EXTENSION: &str = "jsonl";
const STORED: &str = "stored";

/// The journal that a process writes.
#[derive(Debug)]
pub struct Journal {
    folder: Folder,
    /// Of the segment that is written.
    number: u64,
    file: Option<File>,
    bytes: u64,
    /// Where the folders of all lives of this machine are.
    root: PathBuf,
    /// Bytes that all of them may have.
    most: u64,
    /// Bytes that they have, as far as is known.
    held: u64,
}

/// Why lines are not in the journal.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("the journal has as much as it may have")]
    Full,
    #[error(transparent)]
    Disk(#[from] io::Error),
}

/// The folder of one life of a process, which is held until this is dropped.
#[derive(Debug)]
pub struct Folder {
    /// The name of that life: random letters and digits.
    pub epoch: String,
    path: PathBuf,
    /// Held for as long as it is open.
    _lock: File,
}

/// A closed segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    pub number: u64,
    pub bytes: u64,
    path: PathBuf,
}

impl Journal {
    /// Begins another life below `root`, which is made where it is missing, and where all lives have `most` bytes together.
    ///
    /// # Errors
    /// What the file system says.
    pub fn begin(root: &Path, most: u64) -> io::Result<Self> {
        make_private_directory(root)?;
        let epoch = format!("{:016x}", rand::random::<u64>());
        let path = root.join(&epoch);
        make_private_directory(&path)?;
        let folder = Folder::hold(path, epoch)?.ok_or_else(|| io::Error::other("a folder that was made just now is held"))?;
        Ok(Self { folder, number: 1, file: None, bytes: 0, root: root.to_owned(), most, held: size(root)? })
    }

    pub const fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Bytes that all lives may have.
    pub const fn most(&self) -> u64 {
        self.most
    }

    /// Appends whole lines, each with its end. They are the system's when this returns.
    ///
    /// # Errors
    /// [`Refused::Full`] where what waits is as much as there may be: it stays, and these are not taken. What the file system says; then a part of them may have been written, and the segment is closed: a line that is cut off is the last
    /// of its segment.
    pub fn append(&mut self, lines: &[u8]) -> Result<(), Refused> {
        let added = lines.len() as u64;
        if self.held.saturating_add(added) > self.most {
            return Err(Refused::Full);
        }
        let mut file = match self.file.take() {
            Some(file) => file,
            None => OpenOptions::new().append(true).create_new(true).open(self.folder.segment(self.number))?,
        };
        if let Err(error) = file.write_all(lines) {
            self.number += 1;
            self.bytes = 0;
            return Err(error.into());
        }
        self.file = Some(file);
        self.bytes += added;
        self.held += added;
        if self.bytes >= SEGMENT_BYTES {
            self.close();
        }
        Ok(())
    }

    /// Closes the segment that is written; nothing where nothing was written since the last.
    pub fn close(&mut self) {
        if self.file.take().is_some() {
            self.number += 1;
            self.bytes = 0;
        }
    }

    /// The closed segments that are there, in their order. What was deleted meanwhile makes room.
    ///
    /// # Errors
    /// What the file system says.
    pub fn closed(&mut self) -> io::Result<Vec<Segment>> {
        let mut segments = self.folder.segments()?;
        self.held = size(&self.root)?;
        segments.retain(|segment| segment.number < self.number);
        Ok(segments)
    }
}

/// Bytes of the files in the folders below `root`. What is deleted as it is looked at has none.
fn size(root: &Path) -> io::Result<u64> {
    let mut bytes = 0_u64;
    for folder in fs::read_dir(root)? {
        let Ok(files) = fs::read_dir(folder?.path()) else { continue };
        let sizes = files.filter_map(|file| file.and_then(|file| file.metadata()).ok()).map(|metadata| metadata.len());
        bytes = sizes.fold(bytes, u64::saturating_add);
    }
    Ok(bytes)
}

impl Folder {
    /// The folders of lives that are over, each held from now on. One that another process holds is left to it, and `own` is not asked for.
    ///
    /// # Errors
    /// What the file system says.
    pub fn abandoned(root: &Path, own: &str) -> io::Result<Vec<Self>> {
        let entries = match fs::read_dir(root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry?;
            let Ok(epoch) = entry.file_name().into_string() else { continue };
            if epoch != own && entry.path().join(LOCK).is_file() {
                found.extend(Self::hold(entry.path(), epoch)?);
            }
        }
        Ok(found)
    }

    /// Its segments, in their order. Of a life that is over all of them are closed. One that is noted as stored is deleted instead.
    ///
    /// # Errors
    /// What the file system says.
    pub fn segments(&self) -> io::Result<Vec<Segment>> {
        let stored = self.stored()?;
        let is_stored = |segment: &Segment| stored.iter().any(|(first, last, _)| (*first..=*last).contains(&segment.number));
        let mut segments = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let path = entry.path();
            let number = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
            if let Some(number) = number.filter(|_| path.extension().is_some_and(|extension| extension == EXTENSION)) {
                let segment = Segment { number, bytes: entry.metadata()?.len(), path };
                if is_stored(&segment) { segment.delete()? } else { segments.push(segment) }
            }
        }
        segments.sort_unstable_by_key(|segment| segment.number);
        Ok(segments)
    }

    /// Notes that segments are stored elsewhere: from then on they are there no more, whether or not their files are.
    ///
    /// # Errors
    /// What the file system says.
    pub fn note_stored(&self, first: u64, last: u64) -> io::Result<()> {
        // A name that is there is a fact that no kill leaves half-made.
        File::create(self.path.join(format!("{first:010}-{last:010}.{STORED}")))?;
        self.sweep(last)
    }

    /// Removes notes of before, whose segments are gone.
    fn sweep(&self, through: u64) -> io::Result<()> {
        for (_, last, path) in self.stored()? {
            if last < through {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    fn stored(&self) -> io::Result<Vec<(u64, u64, PathBuf)>> {
        let mut stored = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let path = entry?.path();
            let numbers = path.file_stem().and_then(|stem| stem.to_str()?.split_once('-'));
            let numbers = numbers.and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
            if let Some((first, last)) = numbers.filter(|_| path.extension().is_some_and(|extension| extension == STORED)) {
                stored.push((first, last, path));
            }
        }
        Ok(stored)
    }

    /// Removes the folder of a life that is over, when all that was in it is stored elsewhere.
    ///
    /// # Errors
    /// What the file system says, also where a segment is left.
    pub fn remove(self) -> io::Result<()> {
        if !self.segments()?.is_empty() {
            return Err(io::Error::other(format!("{} holds segments that are not stored", self.path.display())));
        }
        fs::remove_dir_all(&self.path)
    }

    /// Nothing where another process holds it.
    fn hold(path: PathBuf, epoch: String) -> io::Result<Option<Self>> {
        let lock = OpenOptions::new().write(true).create(true).truncate(false).open(path.join(LOCK))?;
        match try_lock(&lock) {
            Ok(()) => Ok(Some(Self { epoch, path, _lock: lock })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn segment(&self, number: u64) -> PathBuf {
        self.path.join(format!("{number:010}.{EXTENSION}"))
    }
}

impl Segment {
    /// Its whole lines, and how many bytes of a line that was cut off follow them.
    ///
    /// # Errors
    /// What the file system says.
    pub fn read(&self) -> io::Result<(Vec<u8>, usize)> {
        let mut bytes = fs::read(&self.path)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let cut_off = bytes.len() - whole;
        bytes.truncate(whole);
        Ok((bytes, cut_off))
    }

    /// # Errors
    /// What the file system says; one that is gone already is no failure.
    pub fn delete(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            outcome => outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(segments: &[Segment]) -> Vec<String> {
        segments.iter().map(|segment| String::from_utf8(segment.read().unwrap().0).unwrap()).collect()
    }

    #[test]
    fn what_was_appended_is_there_for_whoever_comes_after_a_process_that_is_gone() {
        let root = tempfile::tempdir().unwrap();
        let mut journal = Journal::begin(root.path(), u64::MAX).unwrap();
        journal.append(b"one\n").unwrap();
        assert_eq!(journal.closed().unwrap(), [], "what is written is not read");
        journal.close();
        journal.close();
        journal.append(b"two\nthree\n").unwrap();
        assert_eq!(texts(&journal.closed().unwrap()), ["one\n"]);
        assert!(Folder::abandoned(root.path(), "").unwrap().is_empty(), "it lives");

        let epoch = journal.folder().epoch.clone();
        drop(journal);
        let mut found = Folder::abandoned(root.path(), "").unwrap();
        let folder = found.pop().unwrap();
        assert_eq!((folder.epoch.as_str(), found.len()), (epoch.as_str(), 0));
        assert!(Folder::abandoned(root.path(), "").unwrap().is_empty(), "one goes on with it");
        let segments = folder.segments().unwrap();
        assert_eq!(segments.iter().map(|segment| segment.number).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(texts(&segments), ["one\n", "two\nthree\n"]);
        for segment in &segments {
            segment.delete().unwrap();
            segment.delete().unwrap();
        }
        folder.remove().unwrap();
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_line_that_was_cut_off_is_told_apart_and_nothing_that_is_not_stored_is_removed() {
        let root = tempfile::tempdir().unwrap();
        let mut journal = Journal::begin(root.path(), u64::MAX).unwrap();
        journal.append(b"one\n{\"half").unwrap();
        journal.close();
        let segment = journal.closed().unwrap().pop().unwrap();
        assert_eq!(segment.read().unwrap(), (b"one\n".to_vec(), 6));
        drop(journal);
        let folder = Folder::abandoned(root.path(), "").unwrap().pop().unwrap();
        folder.remove().unwrap_err();
        assert_eq!(Folder::abandoned(root.path(), "").unwrap().pop().unwrap().segments().unwrap(), [segment]);
    }

    #[test]
    fn a_segment_is_closed_when_it_is_full() {
        let root = tempfile::tempdir().unwrap();
        let mut journal = Journal::begin(root.path(), u64::MAX).unwrap();
        let line = vec![b'\n'; usize::try_from(SEGMENT_BYTES).unwrap()];
        journal.append(&line).unwrap();
        assert_eq!(journal.closed().unwrap().len(), 1);
    }

    #[test]
    fn a_journal_has_so_many_bytes_of_all_lives_and_what_is_stored_makes_room_while_what_waits_stays() {
        let root = tempfile::tempdir().unwrap();
        let mut before = Journal::begin(root.path(), 10).unwrap();
        before.append(b"three\n").unwrap();
        drop(before);
        let mut journal = Journal::begin(root.path(), 10).unwrap();
        journal.append(b"one\n").unwrap();
        assert!(matches!(journal.append(b"\n"), Err(Refused::Full)));
        journal.close();
        assert_eq!(texts(&journal.closed().unwrap()), ["one\n"], "the oldest is dropped last");
        let folder = Folder::abandoned(root.path(), &journal.folder().epoch.clone()).unwrap().pop().unwrap();
        folder.segments().unwrap().iter().for_each(|segment| segment.delete().unwrap());
        journal.closed().unwrap();
        journal.append(b"two\n").unwrap();
    }

    #[test]
    fn what_was_stored_as_its_process_was_killed_is_there_no_more() {
        let root = tempfile::tempdir().unwrap();
        let mut journal = Journal::begin(root.path(), u64::MAX).unwrap();
        for _ in 0..4 {
            journal.append(b"{}\n").unwrap();
            journal.close();
        }
        journal.folder().note_stored(1, 3).unwrap();
        drop(journal);
        let folder = Folder::abandoned(root.path(), "").unwrap().pop().unwrap();
        let numbers = |folder: &Folder| folder.segments().unwrap().iter().map(|segment| segment.number).collect::<Vec<_>>();
        assert_eq!(numbers(&folder), [4]);
        folder.note_stored(4, 4).unwrap();
        assert_eq!(numbers(&folder), Vec::<u64>::new());
        assert_eq!(folder.stored().unwrap().len(), 1, "notes of before go");
        folder.remove().unwrap();
    }
}
