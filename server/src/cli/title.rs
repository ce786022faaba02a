//! `marquee title`: what an operator does about titles from the machine itself.

use std::{process::ExitCode, sync::Arc};

use clap::{Args, Subcommand};
use contract::{Problem, ids::TitleId};

use super::{CommandError, logging, output};
use crate::{
    assemble::{StartError, open_stores},
    clock::Clock,
    config::Config,
    deletions::DeletionLog,
    keeping::Keeping,
    media::store::MediaStore,
    secret::MasterSecret,
    services::catalog::{deletion::TitleDeletions, ingest::Ingest},
    storage::events::Events,
};

/// Lists titles, and deletes them for good.
///
/// A server may run on the same data meanwhile; what is deleted here is gone there within five seconds.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  marquee title list\n  marquee title delete 3kVYx0Zb8QmP1aTe")]
pub struct Arguments {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Every title, one a line: id, whether it can be watched, title and year.
    List,
    /// Deletes a title for good: with its film, its pictures and how far everybody got in it. What plays of it ends. Goes on
    /// where it was broken off.
    Delete {
        /// As `marquee title list` and the title's address (`/title/ID`) say it.
        id: String,
    },
}

pub async fn run(arguments: Arguments, config: Config) -> Result<ExitCode, CommandError> {
    logging::start_quiet(&config.log);
    let events = Events::default();
    let secret = MasterSecret::open(&config.data).map_err(StartError::from)?;
    let stores = open_stores(&config, &events).await.map_err(StartError::from)?;
    let keeping = Keeping::new(&secret, &stores, &events, &Clock::default());
    let outcome = match arguments.act {
        Act::List => list(&Ingest::new(Arc::clone(&stores.documents), events)).await,
        Act::Delete { id } => {
            let log = Arc::new(DeletionLog::new(&config.data));
            let deletions = TitleDeletions::new(keeping.title_deletions(&stores, &log, &events));
            let media = MediaStore::new(stores.objects.backend());
            match id.parse::<TitleId>() {
                Ok(title) => delete(&title, &deletions, &keeping, &media).await,
                Err(_) => Err(format!("{id:?} is no title's id: marquee title list says them")),
            }
        }
    };
    match outcome {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(words) => {
            output::error(&words);
            Ok(ExitCode::FAILURE)
        }
    }
}

async fn list(ingest: &Ingest) -> Result<(), String> {
    let mut after = None;
    loop {
        let (titles, next) = ingest.titles_after(after.as_deref()).await.map_err(|error| error.to_string())?;
        for (id, title) in titles {
            let film = if title.is_watchable { "film" } else { "-" };
            output::line(&format!("{id}\t{film}\t{}", title.name));
        }
        match next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

async fn delete(title: &TitleId, deletions: &TitleDeletions, keeping: &Keeping, media: &MediaStore) -> Result<(), String> {
    deletions.delete(title).await.map_err(|problem| in_words(title, &problem))?;
    // A server does this within half a minute; where none runs nobody would.
    keeping.placements.sweep(title, media).await.map_err(|error| error.to_string())?;
    media.keep_pictures(title, &[]).await.map_err(|error| error.to_string())?;
    output::line(&format!("{title} is deleted"));
    Ok(())
}

fn in_words(title: &TitleId, problem: &Problem) -> String {
    match problem.code {
        contract::Code::NotFound => format!("there is no title {title}: marquee title list says which there are"),
        _ => problem.to_string(),
    }
}
