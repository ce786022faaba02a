//! One file of the audit log, held by this process alone while it is open.
//!
//! Must never change what is there: only a line that was never finished, and so never acknowledged, is cut off.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use storage::make_private_directory;

use super::{
    AuditError, EXTENSION, Line, Reached,
    verify::{ChainHeads, Finding, Summary, verify_file},
};

/// Longer than any line.
const TAIL: u64 = 64 * 1024;
/// Files of one folder at most: processes that run at once.
const FILES: usize = 1000;

/// An open file, and how far it has come.
pub struct AuditFile {
    file: File,
    name: String,
    length: u64,
    reached: Reached,
}

/// Why lines were not added.
#[derive(Debug)]
pub enum AppendError {
    /// Nothing of them is there.
    Refused(io::Error),
    /// Some of them may be there and cannot be taken back.
    Torn(io::Error),
}

/// What the writer needs of a file.
pub trait LogFile: Send + 'static {
    /// How far it has come, on disk or on the way there.
    fn reached(&self) -> &Reached;

    /// Adds lines; from then on the file has come as far as `reached`. What failed half-way is taken back.
    ///
    /// # Errors
    /// [`AppendError`].
    fn append(&mut self, lines: &[u8], reached: Reached) -> Result<(), AppendError>;

    /// Waits until it is on disk.
    ///
    /// # Errors
    /// What the file system says; then nobody knows what is there.
    fn sync(&self) -> io::Result<()>;
}

impl AuditFile {
    /// The first file of `folder` that no process holds and that has all that the vault remembers, or a new one. One that
    /// lacks something stays as it is, for whoever looks into it.
    ///
    /// # Errors
    /// [`AuditError`].
    pub fn open(folder: &Path, heads: &ChainHeads) -> Result<Self, AuditError> {
        let failed = |path: &Path, source| AuditError::File { path: path.display().to_string(), source };
        make_private_directory(folder).map_err(|error| failed(folder, error))?;
        for path in files(folder).map_err(|error| failed(folder, error))? {
            let file = OpenOptions::new().read(true).append(true).open(&path).map_err(|error| failed(&path, error))?;
            match file.try_lock() {
                Ok(()) => {
                    let found = Self::resume(file, &path)?;
                    match found.check(&path, heads).map_err(|error| failed(&path, error))? {
                        Ok(()) => return Ok(found),
                        Err(finding) => {
                            tracing::error!(target: "vault", %finding, "the audit log is broken: another file is begun")
                        }
                    }
                }
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(failed(&path, error)),
            }
        }
        let path = folder.join(format!("{:016x}.{EXTENSION}", rand::random::<u64>()));
        let mut options = OpenOptions::new();
        let file =
            options.read(true).append(true).create_new(true).mode(0o600).open(&path).map_err(|error| failed(&path, error))?;
        file.lock().map_err(|error| failed(&path, error))?;
        let is_there = File::open(folder).and_then(|folder| folder.sync_all());
        is_there.map_err(|error| failed(folder, error))?;
        Self::resume(file, &path)
    }

    fn resume(mut file: File, path: &Path) -> Result<Self, AuditError> {
        let failed = |source| AuditError::File { path: path.display().to_string(), source };
        let length = file.seek(SeekFrom::End(0)).map_err(failed)?;
        let start = length.saturating_sub(TAIL);
        file.seek(SeekFrom::Start(start)).map_err(failed)?;
        let mut tail = Vec::new();
        file.read_to_end(&mut tail).map_err(failed)?;
        let whole = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let length = start + whole as u64;
        // Whoever wrote it was killed before anybody was told that it is there.
        file.set_len(length).map_err(failed)?;
        let reached = match tail[..whole].strip_suffix(b"\n") {
            None => Reached::default(),
            Some(lines) => {
                let last = lines.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
                let line: Line = serde_json::from_slice(last)
                    .map_err(|error| AuditError::LastLine { path: path.display().to_string(), reason: error.to_string() })?;
                Reached { lines: line.line, hash: blake3::hash(last).to_hex().to_string() }
            }
        };
        Ok(Self { file, name: name(path), length, reached })
    }

    /// Whether it has what the vault remembers of it.
    fn check(&self, path: &Path, heads: &ChainHeads) -> io::Result<Result<(), Finding>> {
        match heads.get(&self.name) {
            // As it was left: what is before the last line is for `marquee vault audit`. Where the disk failed, nothing is
            // taken for granted.
            Some(head) if head.reached != self.reached || head.disk_failed.is_some() => {
                let verified = verify_file(path, &self.name, Some(head), &mut Summary::default());
                if let (Ok(Ok(())), Some(at)) = (&verified, head.disk_failed) {
                    let (lines, remembered) = (self.reached.lines, head.reached.lines);
                    tracing::warn!(
                        target: "vault",
                        file = self.name,
                        lines,
                        remembered,
                        at,
                        "the disk failed under the audit log before: it was read again, and has every acknowledged line"
                    );
                }
                verified
            }
            Some(_) | None => Ok(Ok(())),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }
}

impl LogFile for AuditFile {
    fn reached(&self) -> &Reached {
        &self.reached
    }

    fn append(&mut self, lines: &[u8], reached: Reached) -> Result<(), AppendError> {
        if let Err(error) = self.file.write_all(lines) {
            self.file.set_len(self.length).map_err(AppendError::Torn)?;
            return Err(AppendError::Refused(error));
        }
        self.length += lines.len() as u64;
        self.reached = reached;
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// The files of a folder, by name.
pub fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries.take(FILES) {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The names of a folder's files.
///
/// # Errors
/// What the file system says.
pub fn names(folder: &Path) -> io::Result<Vec<String>> {
    Ok(files(folder)?.iter().map(|path| name(path)).collect())
}

/// By which the vault knows a file.
pub fn name(path: &Path) -> String {
    path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned()
}
