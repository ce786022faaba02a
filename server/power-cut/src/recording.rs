//! What a program did to the files below a folder, in order.

use std::path::PathBuf;

/// A file, whatever it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub usize);

/// One step that came to its end. Paths are relative to the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A new, empty file.
    Create {
        path: PathBuf,
        file: FileId,
    },
    MakeFolder {
        path: PathBuf,
    },
    /// Of a file or an empty folder.
    Remove {
        path: PathBuf,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    /// A second name.
    Link {
        from: PathBuf,
        to: PathBuf,
    },
    Write {
        file: FileId,
        offset: u64,
        bytes: Vec<u8>,
    },
    /// Cut off, or filled up with zeros.
    Resize {
        file: FileId,
        length: u64,
    },
    /// Covers what had come to its end before the operation number `begun`.
    SyncFile {
        file: FileId,
        begun: usize,
    },
    /// Likewise, of the names in a folder.
    SyncFolder {
        path: PathBuf,
        begun: usize,
    },
    /// The program said to somebody outside that something is done.
    Acknowledge(String),
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    pub operations: Vec<Operation>,
}

impl Recording {
    /// Where it is worth cutting: behind each sync and each acknowledgement, and at the end.
    pub fn points(&self) -> Vec<usize> {
        let is_point = |operation: &Operation| match operation {
            Operation::SyncFile { .. } | Operation::SyncFolder { .. } | Operation::Acknowledge(_) => true,
            Operation::Create { .. }
            | Operation::MakeFolder { .. }
            | Operation::Remove { .. }
            | Operation::Rename { .. }
            | Operation::Link { .. }
            | Operation::Write { .. }
            | Operation::Resize { .. } => false,
        };
        (1..=self.operations.len()).filter(|at| is_point(&self.operations[at - 1]) || *at == self.operations.len()).collect()
    }

    /// What was acknowledged before the operation number `at`.
    pub fn acknowledged(&self, at: usize) -> Vec<&str> {
        self.operations[..at]
            .iter()
            .filter_map(|operation| if let Operation::Acknowledge(words) = operation { Some(words.as_str()) } else { None })
            .collect()
    }

    /// The same by a program that leaves out some of its syncs of files: those that `is_left_out` says, by the name under which
    /// the file was made.
    #[must_use]
    pub fn without_syncs(&self, is_left_out: impl Fn(&str) -> bool) -> Self {
        let mut names = std::collections::HashMap::new();
        for operation in &self.operations {
            if let Operation::Create { path, file } = operation {
                names.insert(*file, path.display().to_string());
            }
        }
        let operations = self.operations.iter().map(|operation| match operation {
            // Nothing had come to its end before the first.
            Operation::SyncFile { file, .. } if is_left_out(names.get(file).map_or("", String::as_str)) => {
                Operation::SyncFile { file: *file, begun: 0 }
            }
            other => other.clone(),
        });
        Self { operations: operations.collect() }
    }

    /// The same by a program that never syncs a folder.
    #[must_use]
    pub fn without_folder_syncs(&self) -> Self {
        let operations = self.operations.iter().map(|operation| match operation {
            Operation::SyncFolder { path, .. } => Operation::SyncFolder { path: path.clone(), begun: 0 },
            other => other.clone(),
        });
        Self { operations: operations.collect() }
    }
}
