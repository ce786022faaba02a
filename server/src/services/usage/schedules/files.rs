//! The files of scheduled reports: in the object store, or in the folder that the config names. Paths are made here alone, of a schedule's
//! id and the name of a period.
//!
//! A file is written beside and put in its place when it is whole; written again it replaces itself.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use contract::{ids::ReportScheduleId, usage::ReportTarget};
use storage::{
    StoreError, atomic_file,
    objects::{InvalidKey, ObjectKey, Objects},
};
use tokio::task::spawn_blocking;
use tokio_util::io::ReaderStream;
use usage::table::Table;

use crate::services::usage::raw::{self, Format};

/// Where files are.
#[derive(Clone)]
pub struct Files {
    objects: Objects,
    folder: Option<PathBuf>,
}

/// Why a file cannot be written or deleted.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    File(#[from] io::Error),
    #[error("the config names no folder for reports (`reports.folder`)")]
    NoFolder,
}

impl Files {
    pub fn new(objects: Objects, folder: Option<PathBuf>) -> Self {
        Self { objects, folder }
    }

    pub fn has_folder(&self) -> bool {
        self.folder.is_some()
    }

    /// Writes a table under a name, and returns where it is.
    ///
    /// # Errors
    /// [`FileError`]; then what was there is there.
    pub async fn write(
        &self,
        target: ReportTarget,
        (schedule, name): (&ReportScheduleId, String),
        (table, format): (Table, Format),
    ) -> Result<String, FileError> {
        match target {
            ReportTarget::Objects => {
                let key = ObjectKey::report(schedule.as_str(), Some(&name)).map_err(invalid)?;
                let file = blocking(move || {
                    let mut file = tempfile::tempfile()?;
                    raw::write(&table, format, io::BufWriter::new(&mut file)).map_err(io::Error::other)?;
                    io::Seek::rewind(&mut file)?;
                    Ok(file)
                });
                let file = tokio::fs::File::from_std(file.await?);
                self.objects.put_stream(&key, ReaderStream::new(file)).await?;
                Ok(key.as_str().to_owned())
            }
            ReportTarget::Folder => {
                let folder = self.folder_of(schedule)?;
                let file = format!("{schedule}/{name}");
                blocking(move || {
                    fs::create_dir_all(&folder)?;
                    let mut file = tempfile::NamedTempFile::new_in(&folder)?;
                    raw::write(&table, format, io::BufWriter::new(&mut file)).map_err(io::Error::other)?;
                    file.as_file().sync_all()?;
                    let path = folder.join(name);
                    file.persist(&path)?;
                    atomic_file::sync_folder_of(&path)
                })
                .await?;
                Ok(file)
            }
        }
    }

    /// Deletes all but the newest files of a schedule. What has another name than a report's is left.
    ///
    /// # Errors
    /// [`FileError`]; the rest is deleted by the next call.
    pub async fn keep(&self, target: ReportTarget, schedule: &ReportScheduleId, most: usize) -> Result<(), FileError> {
        match target {
            ReportTarget::Objects => {
                let folder = ObjectKey::report(schedule.as_str(), None).map_err(invalid)?;
                let listed = self.objects.list(&folder).await?;
                let mut keys: Vec<ObjectKey> =
                    listed.into_iter().map(|(key, _)| key).filter(|key| is_reports(name_of(key))).collect();
                keys.sort_unstable_by(|one, other| name_of(one).cmp(name_of(other)));
                for key in keys.iter().take(keys.len().saturating_sub(most)) {
                    self.objects.delete(key).await?;
                }
                Ok(())
            }
            ReportTarget::Folder => {
                let folder = self.folder_of(schedule)?;
                blocking(move || {
                    let mut paths = Vec::new();
                    for entry in fs::read_dir(&folder)? {
                        let path = entry?.path();
                        let is_ours = path.file_name().and_then(|name| name.to_str()).is_some_and(is_reports);
                        if is_ours {
                            paths.push(path);
                        }
                    }
                    paths.sort_unstable();
                    paths.iter().take(paths.len().saturating_sub(most)).try_for_each(|path: &PathBuf| fs::remove_file(path))
                })
                .await
            }
        }
    }

    fn folder_of(&self, schedule: &ReportScheduleId) -> Result<PathBuf, FileError> {
        let folder: &Path = self.folder.as_deref().ok_or(FileError::NoFolder)?;
        // An id is letters, digits, `_` and `-`.
        Ok(folder.join(schedule.as_str()))
    }
}

/// Whether a file is called as reports are: it begins with a day or a month.
fn is_reports(name: &str) -> bool {
    let is_form = |(at, byte): (usize, u8)| if at == 4 { byte == b'-' } else { byte.is_ascii_digit() };
    name.len() > 7 && name.bytes().take(7).enumerate().all(is_form)
}

fn name_of(key: &ObjectKey) -> &str {
    key.as_str().rsplit('/').next().unwrap_or_default()
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, FileError> {
    Ok(spawn_blocking(work).await.map_err(io::Error::other)??)
}

fn invalid(error: InvalidKey) -> StoreError {
    StoreError::Invalid { reason: error.to_string() }
}
