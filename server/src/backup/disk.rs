//! The changes that a backup makes to the file system, each told before it is made.
//!
//! Remembers which folders have new entries, so that they are on the disk before something names them. Must never delete a
//! folder that holds something.

use std::{
    collections::BTreeSet,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, chown},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use rustix::process::geteuid;

use super::{BackupError, with_end};

/// What is read and written at a time.
const CHUNK: usize = 1024 * 1024;

/// Told what is about to be changed; where it fails, nothing is changed, and the work ends. So tests end it anywhere.
type Before<'a> = &'a (dyn Fn(&str, &Path) -> io::Result<()> + Send + Sync);

/// The file system.
pub struct Disk<'a> {
    before: Before<'a>,
    /// User and group to whom what is made belongs, where that is not whoever runs this.
    owner: Option<(u32, u32)>,
    /// Folders whose entries may not be on the disk yet.
    changed: Mutex<BTreeSet<PathBuf>>,
}

impl Default for Disk<'static> {
    fn default() -> Self {
        Self::watched(&|_, _| Ok(()))
    }
}

impl<'a> Disk<'a> {
    pub fn watched(before: Before<'a>) -> Self {
        Self { before, owner: None, changed: Mutex::default() }
    }

    /// What is made belongs to whom `folder` belongs, where root makes it and the folder is somebody else's.
    #[must_use]
    pub fn owned_as(self, folder: &Path) -> Self {
        let owner = fs::metadata(folder).ok().map(|found| (found.uid(), found.gid())).filter(|(uid, _)| *uid != 0);
        Self { owner: owner.filter(|_| geteuid().is_root()), ..self }
    }

    /// Gives the owner what somebody else made for them.
    ///
    /// # Errors
    /// [`BackupError::File`].
    pub fn give(&self, path: &Path) -> Result<(), BackupError> {
        let Some((user, group)) = self.owner else { return Ok(()) };
        self.step("give", path, || chown(path, Some(user), Some(group)))
    }

    fn step<T>(&self, what: &str, path: &Path, act: impl FnOnce() -> io::Result<T>) -> Result<T, BackupError> {
        (self.before)(what, path).and_then(|()| act()).map_err(|source| BackupError::File { path: path.to_owned(), source })
    }

    fn note(&self, folder: Option<&Path>) {
        if let Some(folder) = folder.filter(|folder| !folder.as_os_str().is_empty()) {
            self.changed.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned());
        }
    }

    /// Makes a folder and those above it that are missing, for their owner only.
    ///
    /// # Errors
    /// [`BackupError::File`].
    pub fn make_folder(&self, path: &Path) -> Result<(), BackupError> {
        if path.as_os_str().is_empty() || path.is_dir() {
            return Ok(());
        }
        if let Some(above) = path.parent() {
            self.make_folder(above)?;
        }
        self.step("make a folder", path, || DirBuilder::new().mode(0o700).create(path))?;
        self.give(path)?;
        self.note(path.parent());
        Ok(())
    }

    /// An empty file for its owner only, in place of what was there.
    ///
    /// # Errors
    /// [`BackupError::File`].
    pub fn create(&self, path: &Path) -> Result<File, BackupError> {
        let file = self.step("create", path, || {
            OpenOptions::new().read(true).write(true).create(true).truncate(true).mode(0o600).open(path)
        })?;
        self.give(path)?;
        self.note(path.parent());
        Ok(file)
    }

    /// Writes a file whole or not at all.
    ///
    /// # Errors
    /// [`BackupError::File`].
    pub fn write(&self, path: &Path, text: &[u8]) -> Result<(), BackupError> {
        let part = with_end(path, ".part");
        let mut file = self.create(&part)?;
        self.step("write", &part, || file.write_all(text).and_then(|()| file.sync_all()))?;
        self.rename(&part, path)
    }

    /// Copies a file whole or not at all, for its owner only; its size and hash. It keeps its time of change.
    ///
    /// # Errors
    /// [`BackupError::File`].
    pub fn copy(&self, from: &Path, to: &Path) -> Result<(u64, String), BackupError> {
        let unreadable = |source| BackupError::File { path: from.to_owned(), source };
        let mut source = File::open(from).map_err(unreadable)?;
        let modified = source.metadata().and_then(|it| it.modified()).map_err(unreadable)?;
        if let Some(folder) = to.parent() {
            self.make_folder(folder)?;
        }
        let part = with_end(to, ".part");
        let mut target = self.create(&part)?;
        let (mut hasher, mut size, mut buffer) = (blake3::Hasher::new(), 0, vec![0; CHUNK]);
        loop {
            let count = source.read(&mut buffer).map_err(unreadable)?;
            let Some(read) = buffer.get(..count).filter(|read| !read.is_empty()) else { break };
            hasher.update(read);
            self.step("write", &part, || target.write_all(read))?;
            size += count as u64;
        }
        self.step("sync", &part, || target.set_modified(modified).and_then(|()| target.sync_all()))?;
        self.rename(&part, to)?;
        Ok((size, hasher.finalize().to_hex().to_string()))
    }

    /// # Errors
    /// [`BackupError::File`].
    pub fn rename(&self, from: &Path, to: &Path) -> Result<(), BackupError> {
        self.step("rename", to, || fs::rename(from, to))?;
        self.note(to.parent());
        Ok(())
    }

    /// Brings a file that somebody else filled to the disk.
    ///
    /// # Errors
    /// [`BackupError::File`].
    pub fn sync(&self, path: &Path) -> Result<(), BackupError> {
        self.step("sync", path, || File::open(path)?.sync_all())
    }

    /// What somebody else makes of the file at `path`.
    ///
    /// # Errors
    /// [`BackupError::File`] where it is not begun; else what `act` says.
    pub fn fill(&self, path: &Path, act: impl FnOnce() -> Result<(), BackupError>) -> Result<(), BackupError> {
        self.step("fill", path, || Ok(()))?;
        act()
    }

    /// # Errors
    /// [`BackupError::File`].
    pub fn remove(&self, path: &Path) -> Result<(), BackupError> {
        match self.step("delete", path, || fs::remove_file(path)) {
            Err(BackupError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(()),
            outcome => outcome,
        }
    }

    /// Deletes a folder where nothing is in it.
    ///
    /// # Errors
    /// [`BackupError::File`] where it cannot be tried.
    pub fn remove_if_empty(&self, path: &Path) -> Result<(), BackupError> {
        // One that holds something, or is gone, is as it is to be.
        self.step("delete a folder", path, || {
            fs::remove_dir(path).unwrap_or_default();
            Ok(())
        })
    }

    /// Brings the entries of all folders that changed to the disk.
    ///
    /// # Errors
    /// [`BackupError::File`].
    pub fn settle(&self) -> Result<(), BackupError> {
        let changed = std::mem::take(&mut *self.changed.lock().unwrap_or_else(PoisonError::into_inner));
        for folder in changed {
            self.step("sync a folder", &folder, || File::open(&folder)?.sync_all())?;
        }
        Ok(())
    }
}
