//! The import of a file or a whole folder: one film after the other, whatever becomes of each.
//!
//! Must never let one file's trouble keep another from being imported.

use std::path::{Path, PathBuf};

use super::{
    collect::{Found, collect},
    error::ImportError,
    import::{Imported, Importer},
    progress::Progress,
    sink::CatalogueSink,
};

/// What became of one file.
#[derive(Debug)]
pub struct Outcome {
    pub path: PathBuf,
    pub result: Result<Imported, ImportError>,
}

impl Importer {
    /// Imports every film at or under `path`, sorted by name.
    pub async fn import_path(&self, path: &Path, sink: &dyn CatalogueSink, progress: &dyn Progress) -> Vec<Outcome> {
        let root = path.to_owned();
        let found = match tokio::task::spawn_blocking(move || collect(&root)).await {
            Ok(found) => found,
            Err(error) => vec![Found { path: path.to_owned(), source: Err(ImportError::Work(error.into())) }],
        };
        progress.found(found.len());
        let mut outcomes = Vec::with_capacity(found.len());
        for Found { path, source } in found {
            let result = match source {
                Ok(source) => match self.look(source).await {
                    Ok(film) => self.import(&film, sink, progress).await,
                    Err(error) => Err(error),
                },
                Err(error) => Err(error),
            };
            progress.finished(&path, &result);
            outcomes.push(Outcome { path, result });
        }
        outcomes
    }
}
