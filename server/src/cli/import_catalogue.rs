//! `marquee import-catalogue`

use std::{fs::File, io::BufReader, path::PathBuf, process::ExitCode, slice};

use clap::Args;
use indicatif::ProgressBar;
use storage::events::Events;

use super::{CommandError, logging, output, owner::Owner, progress::shown};
use crate::{
    assemble::open_stores,
    config::Config,
    services::catalog::{import::import_catalogue, ingest::Ingest},
};

/// Imports titles without video from a JSON file: an array of titles, or one title to a line.
///
/// A record that cannot be used is named with its line and field; the others are imported. Importing a file
/// again updates what changed. A server may run on the same data meanwhile.
#[derive(Debug, Args)]
#[command(after_help = "A title:\n  { \"title\": \"Amelie\", \"year\": 2001, \"genres\": [\"Comedy\"], \"people\": \
                        [{ \"name\": \"Audrey Tautou\", \"role\": \"actor\" }] }\n\nExample:\n  marquee import-catalogue films.json")]
pub struct Arguments {
    /// The file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub async fn run(arguments: Arguments, config: Config, owner: Option<Owner>) -> Result<ExitCode, CommandError> {
    logging::start_quiet(&config.log);
    if let Some(owner) = owner {
        owner.check_readable(slice::from_ref(&arguments.file))?;
    }
    let unreadable = |source| CommandError::File { path: shown(&arguments.file), source };
    let file = File::open(&arguments.file).map_err(unreadable)?;
    let events = Events::default();
    let stores = open_stores(&config, &events).await?;
    let ingest = Ingest::new(stores.documents, events);
    let spinner = output::is_watched().then(|| output::bars().add(ProgressBar::new_spinner()));
    let name = shown(&arguments.file);
    let outcome = import_catalogue(
        BufReader::new(file),
        &ingest,
        |bad| output::error(&format!("{name}: {bad}")),
        |counts| {
            if let Some(spinner) = &spinner {
                spinner.set_message(format!("{} titles", counts.created + counts.updated + counts.unchanged));
                spinner.tick();
            }
        },
    )
    .await;
    if let Some(spinner) = spinner {
        spinner.finish_and_clear();
    }
    let counts = outcome?;
    output::line(&format!(
        "{} created, {} updated, {} unchanged, {} refused",
        counts.created, counts.updated, counts.unchanged, counts.refused
    ));
    Ok(if counts.refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
