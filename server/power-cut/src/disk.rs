//! What a disk holds after a cut.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use rand::Rng;

use crate::recording::{FileId, Operation, Recording};

/// What arrives at once, or not at all.
const SECTOR: usize = 512;

/// How much arrives of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsynced {
    /// Nothing.
    Lost,
    /// All of it: as after a kill.
    Arrived,
    /// Any part.
    Mixed,
}

impl Recording {
    /// Lays out below `target`, which is empty, what a cut before the operation number `at` may leave.
    pub fn cut(&self, at: usize, unsynced: Unsynced, random: &mut impl Rng, target: &Path) {
        let done = &self.operations[..at];
        let mut names = Names::default();
        for operation in names_that_arrived(done, unsynced, random) {
            names.change(operation);
        }
        for folder in &names.folders {
            fs::create_dir_all(target.join(folder)).unwrap();
        }
        for (path, file) in &names.files {
            let at = target.join(path);
            fs::write(&at, content(done, *file, unsynced, random)).unwrap();
            // Which rights a file has is no part of the recording.
            fs::set_permissions(&at, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
}

/// The folder whose names an operation changes.
fn folder_of(operation: &Operation) -> Option<&Path> {
    match operation {
        Operation::Create { path, .. } | Operation::MakeFolder { path } | Operation::Remove { path } => path.parent(),
        Operation::Rename { to, .. } | Operation::Link { to, .. } => to.parent(),
        Operation::Write { .. }
        | Operation::Resize { .. }
        | Operation::SyncFile { .. }
        | Operation::SyncFolder { .. }
        | Operation::Acknowledge(_) => None,
    }
}

/// Of each folder, what changed before its last sync began, and the first few changes after it.
fn names_that_arrived<'a>(done: &'a [Operation], unsynced: Unsynced, random: &mut impl Rng) -> Vec<&'a Operation> {
    let mut synced: BTreeMap<&Path, usize> = BTreeMap::new();
    for operation in done {
        if let Operation::SyncFolder { path, begun } = operation {
            let upto = synced.entry(path).or_default();
            *upto = (*upto).max(*begun);
        }
    }
    let mut waiting: BTreeMap<&Path, usize> = BTreeMap::new();
    for (at, operation) in done.iter().enumerate() {
        if let Some(folder) = folder_of(operation)
            && at >= synced.get(folder).copied().unwrap_or_default()
        {
            *waiting.entry(folder).or_default() += 1;
        }
    }
    let mut arrives: BTreeMap<&Path, usize> = waiting
        .into_iter()
        .map(|(folder, count)| {
            let some = match unsynced {
                Unsynced::Lost => 0,
                Unsynced::Arrived => count,
                Unsynced::Mixed => random.random_range(0..=count),
            };
            (folder, some)
        })
        .collect();
    let mut arrived = Vec::new();
    for (at, operation) in done.iter().enumerate() {
        let Some(folder) = folder_of(operation) else { continue };
        let is_synced = at < synced.get(folder).copied().unwrap_or_default();
        let left = arrives.entry(folder).or_default();
        if is_synced {
            arrived.push(operation);
        } else if *left > 0 {
            *left -= 1;
            arrived.push(operation);
        }
    }
    arrived
}

/// The names that are there.
struct Names {
    folders: BTreeSet<PathBuf>,
    files: BTreeMap<PathBuf, FileId>,
}

impl Default for Names {
    fn default() -> Self {
        Self { folders: BTreeSet::from([PathBuf::new()]), files: BTreeMap::new() }
    }
}

impl Names {
    /// What is changed in a folder that is not there goes with it.
    fn change(&mut self, operation: &Operation) {
        if !folder_of(operation).is_some_and(|folder| self.folders.contains(folder)) {
            return;
        }
        match operation {
            Operation::Create { path, file } => drop(self.files.insert(path.clone(), *file)),
            Operation::MakeFolder { path } => drop(self.folders.insert(path.clone())),
            Operation::Remove { path } => {
                self.files.remove(path);
                if self.folders.remove(path) {
                    self.take_below(path);
                }
            }
            Operation::Link { from, to } => {
                if let Some(file) = self.files.get(from).copied() {
                    self.files.insert(to.clone(), file);
                }
            }
            Operation::Rename { from, to } => {
                if let Some(file) = self.files.remove(from) {
                    self.files.insert(to.clone(), file);
                } else if self.folders.contains(from) {
                    let (folders, files) = self.take_below(from);
                    self.folders.remove(from);
                    self.folders.insert(to.clone());
                    let moved = |path: PathBuf| to.join(path.strip_prefix(from).expect("it begins so"));
                    self.folders.extend(folders.into_iter().map(moved));
                    self.files.extend(files.into_iter().map(|(path, file)| (moved(path), file)));
                }
            }
            Operation::Write { .. }
            | Operation::Resize { .. }
            | Operation::SyncFile { .. }
            | Operation::SyncFolder { .. }
            | Operation::Acknowledge(_) => {}
        }
    }

    fn take_below(&mut self, folder: &Path) -> (Vec<PathBuf>, Vec<(PathBuf, FileId)>) {
        let folders: Vec<PathBuf> =
            self.folders.iter().filter(|path| path.starts_with(folder) && *path != folder).cloned().collect();
        let files: Vec<(PathBuf, FileId)> =
            self.files.iter().filter(|(path, _)| path.starts_with(folder)).map(|(path, file)| (path.clone(), *file)).collect();
        self.folders.retain(|path| !folders.contains(path));
        self.files.retain(|path, _| !files.iter().any(|(known, _)| known == path));
        (folders, files)
    }
}

/// What is in a file: what was written before its last sync began, and any part of what came after.
fn content(done: &[Operation], of: FileId, unsynced: Unsynced, random: &mut impl Rng) -> Vec<u8> {
    let synced = done
        .iter()
        .filter_map(|operation| match operation {
            Operation::SyncFile { file, begun } if *file == of => Some(*begun),
            _ => None,
        })
        .max()
        .unwrap_or_default();
    let mut bytes = Vec::new();
    for (at, operation) in done.iter().enumerate() {
        let arrives = |random: &mut _| -> bool {
            at < synced
                || match unsynced {
                    Unsynced::Lost => false,
                    Unsynced::Arrived => true,
                    Unsynced::Mixed => Rng::random_bool(random, 0.5),
                }
        };
        match operation {
            Operation::Write { file, offset, bytes: written } if *file == of => {
                let start = usize::try_from(*offset).expect("it fits into memory");
                // Sectors stand at fixed places.
                let mut from = 0;
                while from < written.len() {
                    let to = (from + SECTOR - (start + from) % SECTOR).min(written.len());
                    if arrives(random) {
                        if bytes.len() < start + to {
                            bytes.resize(start + to, 0);
                        }
                        bytes[start + from..start + to].copy_from_slice(&written[from..to]);
                    }
                    from = to;
                }
            }
            Operation::Resize { file, length } if *file == of && arrives(random) => {
                bytes.resize(usize::try_from(*length).expect("it fits into memory"), 0);
            }
            _ => {}
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    fn laid_out(recording: &Recording, unsynced: Unsynced, seed: u64) -> BTreeMap<String, Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        recording.cut(recording.operations.len(), unsynced, &mut StdRng::seed_from_u64(seed), folder.path());
        let files = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
        files.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap())).collect()
    }

    fn recording(operations: Vec<Operation>) -> Recording {
        Recording { operations }
    }

    #[test]
    fn of_what_was_not_synced_anything_may_arrive_and_what_was_synced_is_there() {
        let file = FileId(0);
        let write = |offset, byte| Operation::Write { file, offset, bytes: vec![byte; SECTOR] };
        let operations = vec![
            Operation::Create { path: "a".into(), file },
            write(0, 1),
            Operation::SyncFile { file, begun: 2 },
            Operation::SyncFolder { path: "".into(), begun: 3 },
            write(512, 2),
            write(1024, 3),
        ];
        let recording = recording(operations);
        assert_eq!(laid_out(&recording, Unsynced::Lost, 0)["a"], vec![1; SECTOR]);
        assert_eq!(laid_out(&recording, Unsynced::Arrived, 0)["a"].len(), 3 * SECTOR);
        let mixed: BTreeSet<Vec<u8>> = (0..40).map(|seed| laid_out(&recording, Unsynced::Mixed, seed)["a"].clone()).collect();
        assert_eq!(mixed.len(), 4, "each of two later sectors is there or not");
        assert!(mixed.iter().all(|bytes| bytes[..SECTOR] == [1; SECTOR]));
        let hole = [vec![1; SECTOR], vec![0; SECTOR], vec![3; SECTOR]].concat();
        assert!(mixed.contains(&hole), "a later one may arrive alone");
    }

    #[test]
    fn a_file_that_was_synced_in_a_folder_that_was_not_may_be_nowhere_and_a_rename_is_one_step() {
        let (file, new) = (FileId(0), FileId(1));
        let operations = vec![
            Operation::Create { path: "a".into(), file },
            Operation::SyncFile { file, begun: 1 },
            Operation::SyncFolder { path: "".into(), begun: 2 },
            Operation::Create { path: "b".into(), file: new },
            Operation::Write { file: new, offset: 0, bytes: b"new".to_vec() },
            Operation::SyncFile { file: new, begun: 5 },
            Operation::Rename { from: "b".into(), to: "a".into() },
        ];
        let recording = recording(operations);
        let seen: BTreeSet<Vec<String>> = (0..40)
            .map(|seed| {
                let files = laid_out(&recording, Unsynced::Mixed, seed);
                files.into_iter().map(|(name, bytes)| format!("{name}={}", String::from_utf8(bytes).unwrap())).collect()
            })
            .collect();
        let expected =
            [vec!["a="], vec!["a=", "b=new"], vec!["a=new"]].map(|names| names.into_iter().map(String::from).collect());
        assert_eq!(seen, BTreeSet::from(expected));
    }
}
