//! What a run would take out of a backup though nobody deleted it.
//!
//! A run deletes what `backup.json` names no more. What the backup before has and the installation lacks as a whole was lost, or
//! is where this command's config does not look. Must be asked before a run changes anything.

use std::path::Path;

use super::{
    AUDIT, BackupError, Entry, KEY, Places,
    places::{FLAT_OBJECTS, STORES},
};
use crate::{config::Config, deletions};

/// A run that is about to begin.
pub struct Losses<'a> {
    pub config: &'a Config,
    pub places: &'a Places,
    /// What the last whole backup has.
    pub before: &'a [Entry],
    pub to: &'a Path,
    /// Whether it copies objects, too.
    pub with_objects: bool,
}

impl Losses<'_> {
    /// # Errors
    /// [`BackupError::Gone`], [`BackupError::Unnamed`], [`BackupError::SecondStore`]: a run that went on would take the last copy
    /// of it, or call itself whole without it.
    pub fn refuse(&self) -> Result<(), BackupError> {
        self.refuse_databases()?;
        self.refuse_files()?;
        STORES.into_iter().try_for_each(|store| self.refuse_objects(store))
    }

    /// By the names that the backup has: one that the config names no more would go with its setting.
    fn refuse_databases(&self) -> Result<(), BackupError> {
        for entry in self.before {
            let name = entry.path.strip_prefix("databases/").and_then(|file| file.strip_suffix(".db"));
            let Some(name) = name else { continue };
            match self.places.databases.iter().find(|(setting, _)| *setting == name) {
                Some((_, database)) if !database.exists() => return Err(self.gone(database)),
                Some(_) => {}
                None => return Err(BackupError::Unnamed { setting: name.to_owned(), backup: self.to.to_owned() }),
            }
        }
        Ok(())
    }

    /// Keys that come from elsewhere by now were taken away by the config's own words.
    fn refuse_files(&self) -> Result<(), BackupError> {
        match &self.places.key {
            Some(key) if self.has(KEY) && !key.exists() => return Err(self.gone(key)),
            Some(_) | None => {}
        }
        if self.has_below(AUDIT) && self.places.audit_files()?.is_empty() {
            return Err(self.gone(&self.places.audit));
        }
        // A server makes another secret where there is none, and writes what was deleted where nothing else is.
        let deleted = format!("data/{}", deletions::FILE);
        let had_own = self.before.iter().any(|entry| entry.path.starts_with("data/") && entry.path != deleted);
        let own = self.places.own_files(self.config)?;
        if had_own && own.iter().all(|inside| inside == Path::new(deletions::FILE)) {
            return Err(self.gone(&self.places.data));
        }
        Ok(())
    }

    fn refuse_objects(&self, store: &'static str) -> Result<(), BackupError> {
        if let Some((_, folder)) = self.places.objects.iter().find(|(name, _)| *name == store) {
            let is_lost = self.has_below(store) && Places::object_files(folder)?.is_empty() && self.places.is_needed(store)?;
            return if is_lost { Err(self.gone(folder)) } else { Ok(()) };
        }
        // Of what is not named nothing is seen: neither what is new, nor what an earlier run's copies are of.
        let would_lose = self.with_objects || STORES.into_iter().any(|name| self.has_below(name));
        if store == FLAT_OBJECTS && would_lose && self.places.is_needed(store)? {
            return Err(BackupError::SecondStore);
        }
        Ok(())
    }

    fn has(&self, path: &str) -> bool {
        self.before.iter().any(|entry| entry.path == path)
    }

    fn has_below(&self, folder: &str) -> bool {
        self.before.iter().any(|entry| entry.path.strip_prefix(folder).is_some_and(|path| path.starts_with('/')))
    }

    fn gone(&self, place: &Path) -> BackupError {
        BackupError::Gone { place: place.to_owned(), backup: self.to.to_owned() }
    }
}
