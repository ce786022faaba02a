//! `marquee import`

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::Args;
use media::{
    error::ImportError,
    import::{Choices, Importer},
    library::Outcome,
    placement::Placements,
    run::Tools,
    store::MediaStore,
};
use runtime::clock::Clock;
use serde_json::json;
use storage::{StoreError, Stores, events::Events};

use super::{CommandError, logging, output, owner::Owner, progress::TerminalProgress};
use crate::{
    assemble::open_stores,
    catalogue_sink::Cataloguer,
    config::Config,
    media_maintenance::MediaMaintenance,
    serve::stop_signal,
    services::{
        catalog::ingest::Ingest,
        domain_events::{DomainEvent, EventOutbox},
    },
};

/// Imports video: a file, or every file of a folder, with names like `Title (2021).mkv`.
///
/// What was imported before is left as it is, also where the file was renamed, and what was broken off, by Ctrl+C or
/// otherwise, goes on. A file that cannot be imported is named with the reason; the others go on. A server may run on the same
/// data meanwhile; where root imports beside a server of another user, it is done as that user.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  marquee import \"Amelie (2001).mkv\"\n  marquee import /srv/films --data /srv/marquee")]
pub struct Arguments {
    /// Files and folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Where a title has a film already that was made from another file, make this one beside it, and put it in its place when
    /// it is whole. Who watches the old one watches it to its end.
    #[arg(long)]
    replace: bool,
}

pub async fn run(arguments: Arguments, config: Config, owner: Option<Owner>) -> Result<ExitCode, CommandError> {
    logging::start_quiet(&config.log);
    if let Some(owner) = owner {
        owner.check_readable(&arguments.paths)?;
    }
    let events = Events::default();
    let stores = open_stores(&config, &events).await?;
    let choices = Choices { replace: arguments.replace };
    let importer = importer(&config, &stores).with(choices);
    let ingest = Ingest::new(Arc::clone(&stores.documents), events);
    let placements = Placements::new(Arc::clone(&stores.documents), Clock::default());
    // Before a file is taken for one that was never seen.
    if let Err(error) = MediaMaintenance::new(&stores, placements, ingest.clone()).adopt_older().await {
        output::error(&format!("films of an older version are not known by their content yet: {error}"));
    }
    if let Err(error) = clear_work(&importer, &ingest).await {
        output::error(&format!("what earlier imports left of deleted titles stays for now: {error}"));
    }
    let sink = Cataloguer::new(ingest, stores.video());
    let told = TerminalProgress::default();
    let import = async {
        let mut outcomes = Vec::new();
        for path in &arguments.paths {
            outcomes.extend(importer.import_path(path, &sink, &told).await);
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
    if let Err(error) = counts.announce(&EventOutbox::new(stores.documents, Clock::default())).await {
        output::note(&format!("webhooks are not told of this import: {error}"));
    }
    output::line(&counts.to_string());
    Ok(if counts.refused == 0 && counts.all() > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What was begun for a title that was deleted is nothing that an import goes on with. Mostly nothing was begun.
async fn clear_work(importer: &Importer, ingest: &Ingest) -> Result<(), String> {
    if std::fs::read_dir(importer.work()).map_or(true, |mut folders| folders.next().is_none()) {
        return Ok(());
    }
    let deleted = ingest.deleted().await.map_err(|error| error.to_string())?;
    importer.clear_work(move |title| deleted.contains(title)).await.map_err(|error| error.to_string())
}

/// What imports films into the stores that the config names.
pub fn importer(config: &Config, stores: &Stores) -> Importer {
    let placements = Placements::new(Arc::clone(&stores.documents), Clock::default());
    Importer::new(Tools::default(), MediaStore::of(&stores.video()), placements, config.data.join("work"))
}

#[derive(Default)]
struct Counts {
    imported: usize,
    unchanged: usize,
    /// Their title has another film.
    left: usize,
    refused: usize,
}

impl Counts {
    fn of(outcomes: &[Outcome]) -> Self {
        let mut counts = Self::default();
        for outcome in outcomes {
            match &outcome.result {
                Ok(imported) if imported.unchanged => counts.unchanged += 1,
                Ok(_) => counts.imported += 1,
                Err(ImportError::Occupied { .. }) => counts.left += 1,
                Err(_) => counts.refused += 1,
            }
        }
        counts
    }

    /// Tells webhooks what came of it, where anything did.
    async fn announce(&self, outbox: &EventOutbox) -> Result<(), StoreError> {
        let Self { imported, unchanged, left, refused } = self;
        let (key, data) = (
            format!("{:032x}", rand::random::<u128>()),
            || json!({ "imported": imported, "unchanged": unchanged, "left_out": left, "refused": refused }),
        );
        if *imported > 0 {
            outbox.announce(&key, DomainEvent::new("import.finished", data())).await?;
        }
        if *refused > 0 {
            outbox.announce(&key, DomainEvent::new("import.failed", data())).await?;
        }
        Ok(())
    }

    fn all(&self) -> usize {
        self.imported + self.unchanged + self.left + self.refused
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { imported, unchanged, left, refused } = self;
        let left = if *left == 0 { String::new() } else { format!("{left} left out because their title has another film, ") };
        write!(f, "{imported} imported, {unchanged} there already, {left}{refused} refused")
    }
}
