//! The files of scheduled reports: in the object store, or in the folder that the config names. Paths are made here alone, of a schedule's
//! id and the name of a period.
//!
//! A file is called by its days and what it reports, `2026-11-29.viewing_time.csv`: a schedule that reports something else from now on writes
//! over no file of before. It is written beside and put in its place when it is whole; written again it replaces itself.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
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

/// What is written beside is called so, and then by six letters; an older build called it as `tempfile` does.
const BESIDE: [&str; 2] = [".marquee-", ".tmp"];
/// After so long it is nobody's any more: a server was killed over it. Longer than a node has for one report.
const LEFT_BEHIND: Duration = Duration::from_secs(2 * 60 * 60);

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
                    let [beside, _] = BESIDE;
                    let mut file = tempfile::Builder::new().prefix(beside).tempfile_in(&folder)?;
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

    /// Deletes all but the newest files of a schedule up to today, of which one was just written, and what was left behind
    /// half-written. What has another name than a report's is left.
    ///
    /// # Errors
    /// [`FileError`]; the rest is deleted by the next call.
    pub async fn keep(
        &self,
        target: ReportTarget,
        (schedule, written): (&ReportScheduleId, &str),
        (most, today): (usize, String),
    ) -> Result<(), FileError> {
        match target {
            ReportTarget::Objects => {
                let folder = ObjectKey::report(schedule.as_str(), None).map_err(invalid)?;
                let listed = self.objects.list(&folder).await?;
                let keys: Vec<ObjectKey> = listed.into_iter().map(|(key, _)| key).collect();
                let names = keys.iter().map(|key| name_of(key).to_owned()).collect();
                let old = too_old(names, written, (most, &today));
                for key in keys.iter().filter(|key| old.iter().any(|name| name == name_of(key))) {
                    self.objects.delete(key).await?;
                }
                Ok(())
            }
            ReportTarget::Folder => {
                let (folder, written) = (self.folder_of(schedule)?, written.to_owned());
                blocking(move || {
                    let mut names = Vec::new();
                    for entry in fs::read_dir(&folder)? {
                        let entry = entry?;
                        let Ok(name) = entry.file_name().into_string() else { continue };
                        if is_beside(&name) && is_left_behind(&entry.metadata()?) {
                            fs::remove_file(entry.path())?;
                        }
                        names.push(name);
                    }
                    too_old(names, &written, (most, &today)).iter().try_for_each(|name| fs::remove_file(folder.join(name)))
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

/// Those of the names of a folder whose files go, where so many reports are kept at most: the newest, and what was just written. What
/// is of days that are yet to come was written by a clock that was ahead, and goes first.
fn too_old(mut names: Vec<String>, written: &str, (most, today): (usize, &str)) -> Vec<String> {
    names.retain(|name| is_reports(name) && name != written);
    names.sort_by_cached_key(|name| {
        let last = last_day(name);
        (last.as_str() <= today, last, name.clone())
    });
    names.truncate(names.len().saturating_sub(most.saturating_sub(1)));
    names
}

/// The last day of a report, as it is compared: also of a week, and of a month, which is newer than any of its days.
fn last_day(name: &str) -> String {
    let days = name.split('.').next().unwrap_or_default();
    let last = days.rsplit('_').next().unwrap_or_default();
    if last.len() == "2026-11".len() { format!("{last}-99") } else { last.to_owned() }
}

fn is_beside(name: &str) -> bool {
    let is_random = |rest: &str| rest.len() == 6 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
    BESIDE.iter().any(|beside| name.strip_prefix(beside).is_some_and(is_random))
}

/// One of the future is of another clock, and left.
fn is_left_behind(metadata: &fs::Metadata) -> bool {
    let age = metadata.modified().ok().and_then(|modified| modified.elapsed().ok());
    metadata.is_file() && age.is_some_and(|age| age > LEFT_BEHIND)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_files_go_and_before_them_those_of_days_that_are_yet_to_come() {
        let names =
            ["2026-11-26.a.csv", "2026-11-27.a.csv", "2026-11-28.a.csv", "2027-12-01.a.csv", "2028-01.a.csv", "notes.txt"];
        let gone = |most: usize, today: &str| too_old(names.map(str::to_owned).to_vec(), "2026-11-29.a.csv", (most, today));
        let of_the_future = ["2027-12-01.a.csv", "2028-01.a.csv"];
        assert_eq!(gone(4, "2026-11-30"), of_the_future);
        assert_eq!(gone(3, "2026-11-30"), [of_the_future.as_slice(), &["2026-11-26.a.csv"]].concat());
        assert_eq!(gone(4, "2028-02-01"), ["2026-11-26.a.csv", "2026-11-27.a.csv"], "they are the newest once they are over");
    }
}
