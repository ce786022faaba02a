//! `marquee import`

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use super::{CommandError, logging, output, progress::Told};
use crate::{
    assemble::{StartError, open_stores},
    config::Config,
    media::{import::Importer, library::Outcome, run::Tools, store::MediaStore},
    serve::stop_signal,
    services::catalog::ingest::Ingest,
    shelf::Shelf,
    storage::{Stores, events::Events},
};

/// Imports video: a file, or every file of a folder, with names like `Title (2021).mkv`.
///
/// What was imported before is left as it is, and what was broken off, by Ctrl+C or otherwise, goes on. A file that cannot be imported
/// is named with the reason; the others go on. A server may run on the same data meanwhile.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  marquee import \"Amelie (2001).mkv\"\n  marquee import /srv/films --data /srv/marquee")]
pub struct Arguments {
    /// Files and folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

pub async fn run(arguments: Arguments, config: Config) -> Result<ExitCode, CommandError> {
    logging::start_quiet(&config.log);
    let events = Events::default();
    let stores = open_stores(&config, &events).await.map_err(StartError::from)?;
    let importer = importer(&config, &stores);
    let shelf = Shelf::new(Ingest::new(stores.documents, events), stores.objects);
    let told = Told::default();
    let import = async {
        let mut outcomes = Vec::new();
        for path in &arguments.paths {
            outcomes.extend(importer.import_path(path, &shelf, &told).await);
        }
        outcomes
    };
    // What is dropped ends its encoder, and deletes what that had begun.
    let outcomes = tokio::select! {
        outcomes = import => outcomes,
        () = stop_signal() => {
            told.stopped();
            output::note("stopped; what is done is kept, and the same command goes on with it");
            return Ok(ExitCode::FAILURE);
        }
    };
    let counts = Counts::of(&outcomes);
    output::line(&counts.to_string());
    Ok(if counts.refused == 0 && counts.all() > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What imports films into the stores that the config names.
pub fn importer(config: &Config, stores: &Stores) -> Importer {
    Importer::new(Tools::default(), MediaStore::new(stores.objects.backend()), config.data.join("work"))
}

#[derive(Default)]
struct Counts {
    imported: usize,
    unchanged: usize,
    refused: usize,
}

impl Counts {
    fn of(outcomes: &[Outcome]) -> Self {
        let mut counts = Self::default();
        for outcome in outcomes {
            match &outcome.result {
                Ok(imported) if imported.unchanged => counts.unchanged += 1,
                Ok(_) => counts.imported += 1,
                Err(_) => counts.refused += 1,
            }
        }
        counts
    }

    fn all(&self) -> usize {
        self.imported + self.unchanged + self.refused
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { imported, unchanged, refused } = self;
        write!(f, "{imported} imported, {unchanged} there already, {refused} refused")
    }
}
