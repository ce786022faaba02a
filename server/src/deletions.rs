//! `deletions.jsonl`: which profiles, accounts and titles were deleted, outside of every store that a backup brings back.
//!
//! One line a deletion, appended, in the data folder. A server that finds a line whose tombstone its store lacks has a store
//! from before the deletion, and deletes once more: whoever restores an older backup does not undo what people asked for.
//! Holds ids and dates alone. Must never lose a line that was noted.

use std::{
    collections::HashSet,
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use contract::ids::{AccountId, ProfileId, TitleId};
use serde::{Deserialize, Serialize};
use storage::{StoreError, atomic_file};

/// The file's name in a data folder, and in a backup's.
pub const FILE: &str = "deletions.jsonl";

/// What was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "deleted")]
pub enum Deletion {
    Profile {
        profile: ProfileId,
        account: AccountId,
    },
    Account {
        account: AccountId,
    },
    /// `at` in milliseconds since 1970.
    Title {
        title: TitleId,
        at: u64,
    },
}

impl Deletion {
    /// The title, where one was deleted.
    pub fn title(self) -> Option<TitleId> {
        match self {
            Self::Title { title, .. } => Some(title),
            Self::Profile { .. } | Self::Account { .. } => None,
        }
    }
}

/// The file of one data folder.
pub struct DeletionLog {
    path: PathBuf,
    noted: Mutex<Option<HashSet<Deletion>>>,
}

impl DeletionLog {
    pub fn new(data: &Path) -> Self {
        Self { path: data.join(FILE), noted: Mutex::default() }
    }

    /// Everything that was noted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn all(self: &Arc<Self>) -> Result<Vec<Deletion>, StoreError> {
        let log = Arc::clone(self);
        blocking(move || read(&log.path)).await
    }

    /// Notes a deletion, once; on return it is on the disk.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn note(self: &Arc<Self>, deletion: Deletion) -> Result<(), StoreError> {
        let log = Arc::clone(self);
        blocking(move || {
            let mut noted = log.noted.lock().unwrap_or_else(PoisonError::into_inner);
            let known = match noted.take() {
                Some(known) => known,
                None => read(&log.path)?.into_iter().collect(),
            };
            let known = noted.insert(known);
            if !known.contains(&deletion) {
                append(&log.path, &[&deletion])?;
                known.insert(deletion);
            }
            Ok(())
        })
        .await
    }
}

/// Adds to `into` what `from` knows and it does not; how many.
///
/// # Errors
/// What the file system says.
pub fn merge(from: &Path, into: &Path) -> io::Result<usize> {
    let known: HashSet<Deletion> = read(into)?.into_iter().collect();
    let (all, mut seen) = (read(from)?, HashSet::new());
    let new: Vec<&Deletion> = all.iter().filter(|one| !known.contains(one) && seen.insert(*one)).collect();
    if !new.is_empty() {
        append(into, &new)?;
    }
    Ok(new.len())
}

/// The lines of a file; none where there is no file. A line that a crash cut short says nothing.
fn read(path: &Path) -> io::Result<Vec<Deletion>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    Ok(lines
        .filter_map(|line| {
            serde_json::from_str(line)
                .inspect_err(|error| tracing::warn!(path = %path.display(), %error, "a line of the deletions cannot be read"))
                .ok()
        })
        .collect())
}

fn append(path: &Path, deletions: &[&Deletion]) -> io::Result<()> {
    // After an empty line, in case the line before was cut short.
    let mut text = String::from("\n");
    for deletion in deletions {
        text.push_str(&serde_json::to_string(deletion).map_err(io::Error::other)?);
        text.push('\n');
    }
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    atomic_file::sync_folder_of(path)
}

async fn blocking<T: Send + 'static>(act: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, StoreError> {
    let failed = |reason: String| StoreError::Unavailable { reason: format!("{FILE}: {reason}") };
    let outcome = tokio::task::spawn_blocking(act).await.map_err(|error| failed(error.to_string()))?;
    outcome.map_err(|error| failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use power_cut::{Sample, acknowledge, check_async, finds_async, record_async};

    use super::*;

    fn profile(id: &str) -> Deletion {
        Deletion::Profile { profile: id.parse().unwrap(), account: "ada".parse().unwrap() }
    }

    #[tokio::test]
    async fn what_was_noted_is_read_again_once_also_after_a_line_that_was_cut_short() {
        let folder = tempfile::tempdir().unwrap();
        let log = Arc::new(DeletionLog::new(folder.path()));
        assert_eq!(log.all().await.unwrap(), []);
        log.note(profile("a")).await.unwrap();
        log.note(profile("a")).await.unwrap();
        let path = folder.path().join(FILE);
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(br#"{"deleted":"acc"#).unwrap();
        let log = Arc::new(DeletionLog::new(folder.path()));
        log.note(profile("b")).await.unwrap();
        assert_eq!(log.all().await.unwrap(), [profile("a"), profile("b")]);
    }

    #[test]
    fn one_folders_deletions_are_added_to_anothers_once() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        let account = Deletion::Account { account: "ada".parse().unwrap() };
        append(&one, &[&profile("a"), &account]).unwrap();
        append(&other, &[&profile("a")]).unwrap();
        assert_eq!((merge(&one, &other).unwrap(), merge(&one, &other).unwrap()), (1, 0));
        assert_eq!(read(&other).unwrap(), [profile("a"), account]);
    }

    #[test]
    fn whatever_a_power_cut_leaves_of_the_log_holds_every_deletion_that_was_noted() {
        const NAME: &str = "deletions::tests::whatever_a_power_cut_leaves_of_the_log_holds_every_deletion_that_was_noted";
        let recording = record_async(NAME, async |folder: &Path| {
            let log = Arc::new(DeletionLog::new(folder));
            for id in ["a", "b", "c", "d"] {
                log.note(profile(id)).await.unwrap();
                acknowledge(id);
            }
        });
        let Some(recording) = recording else { return };
        assert_eq!(recording.acknowledged(recording.operations.len()), ["a", "b", "c", "d"]);
        assert_eq!(check_async(&recording, Sample::of(12), has_what_was_noted), []);
        assert!(finds_async(&recording.without_syncs(|_| true), 12, has_what_was_noted));
        assert!(finds_async(&recording.without_folder_syncs(), 12, has_what_was_noted));
    }

    async fn has_what_was_noted(folder: &Path, acknowledged: &[&str]) -> Result<(), String> {
        let noted = Arc::new(DeletionLog::new(folder)).all().await.map_err(|error| error.to_string())?;
        let missing = acknowledged.iter().find(|id| !noted.contains(&profile(id)));
        missing.map_or(Ok(()), |id| Err(format!("{id} was noted and is not there")))
    }
}
