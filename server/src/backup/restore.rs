//! Puts a backup back into an empty place.
//!
//! Every file is read and its hash compared before the first one is written, and the databases come last: what was broken
//! off can simply be done again, and what is there already is never written over.

use std::path::Path;

use super::{BackupError, Manifest, Places, Progress, copy, hash};
use crate::{config::Config, deletions, storage::make_private_directory};

/// Puts the backup in `from` where `config` says that an installation is. What was deleted since it was taken, as far as the
/// data folder or the file `deleted` know, is deleted once more by the next start.
///
/// # Errors
/// [`BackupError`]; nothing was written where the backup is damaged or the place is taken.
pub fn restore(config: &Config, from: &Path, deleted: Option<&Path>, progress: Progress<'_>) -> Result<Manifest, BackupError> {
    let places = Places::of(config)?;
    let manifest = Manifest::read(from)?;
    if let Some((_, taken)) = places.databases.iter().find(|(_, database)| database.exists()) {
        return Err(BackupError::Occupied(taken.clone()));
    }
    for (done, entry) in part_of(&manifest) {
        progress(done / 2.0, "checking");
        let path = from.join(&entry.path);
        if hash(&path)? != (entry.size, entry.blake3.clone()) {
            return Err(BackupError::Damaged(path));
        }
    }
    let mut copied = 0.0;
    let mut put = |entry: &super::Entry, to: &Path| {
        #[expect(clippy::cast_precision_loss, reason = "a share of a bar")]
        let share = entry.size as f64 / manifest.bytes().max(1) as f64;
        progress(0.5 + copied / 2.0, "putting back");
        copied += share;
        if to.exists() {
            // From a try that was broken off, or it is somebody else's.
            let is_same = hash(to)? == (entry.size, entry.blake3.clone());
            return if is_same { Ok(()) } else { Err(BackupError::Occupied(to.to_owned())) };
        }
        copy(&from.join(&entry.path), to).map(drop)
    };
    for (path, entry) in manifest.below("objects") {
        put(entry, &places.objects.join(path))?;
    }
    let known = places.data.join(deletions::FILE);
    for (path, entry) in manifest.below("data") {
        let to = places.data.join(&path);
        if to == known && to.exists() {
            // The folder's own tells what was deleted since: it stays, with what the backup knows beside.
            add_deletions(&from.join(&entry.path), &known)?;
        } else {
            put(entry, &to)?;
        }
    }
    if let Some(deleted) = deleted {
        let file = if deleted.is_dir() { deleted.join(deletions::FILE) } else { deleted.to_owned() };
        // Named by somebody: that it is not there is no way to say that nothing was deleted.
        std::fs::metadata(&file).map_err(|source| BackupError::File { path: file.clone(), source })?;
        add_deletions(&file, &known)?;
    }
    for (setting, database) in &places.databases {
        let name = format!("{setting}.db");
        for (_, entry) in manifest.below("databases").filter(|(path, _)| *path == Path::new(&name)) {
            put(entry, database)?;
        }
    }
    Ok(manifest)
}

fn add_deletions(from: &Path, into: &Path) -> Result<(), BackupError> {
    let at = |source| BackupError::File { path: from.to_owned(), source };
    if let Some(folder) = into.parent() {
        make_private_directory(folder).map_err(at)?;
    }
    deletions::merge(from, into).map(drop).map_err(at)
}

/// Each file with the share of all bytes that come before it.
fn part_of(manifest: &Manifest) -> impl Iterator<Item = (f64, &super::Entry)> {
    let all = manifest.bytes().max(1);
    manifest.files.iter().scan(0, move |before, entry| {
        #[expect(clippy::cast_precision_loss, reason = "a share of a bar")]
        let share = *before as f64 / all as f64;
        *before += entry.size;
        Some((share, entry))
    })
}
