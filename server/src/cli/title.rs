//! `marquee title`: what an operator does about titles from the machine itself.

use std::{process::ExitCode, sync::Arc};

use clap::{Args, Subcommand};
use contract::{Problem, ids::TitleId};
use media::placement::MoveRequest;
use storage::objects::StoreRole;

use super::{
    CommandError, logging,
    opened::{Opened, open, tell},
    output,
};
use crate::{
    config::Config,
    media_maintenance::MediaMaintenance,
    services::catalog::{
        deletion::TitleDeletions,
        ingest::{Ingest, Listed},
    },
};

/// Lists titles, moves them between object stores, and deletes them for good.
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
    /// Has a title's film lie in one of the two object stores: a server moves it there while it is watched, and deletes it from where
    /// it was twelve hours later. Where there are cost sheets, the next decision of where titles are to lie may move it back, within a day: to have it stay there,
    /// choose for it (`marquee storage choose flat --title ID`).
    Move {
        /// As `marquee title list` says it.
        id: String,
        /// `per_view` (`storage.objects`) or `flat` (`storage.flat_objects`).
        to: StoreRole,
    },
    /// Deletes a title for good: with its film, its pictures and how far everybody got in it. What plays of it ends. Goes on
    /// where it was broken off.
    Delete {
        /// As `marquee title list` and the title's address (`/title/ID`) say it.
        id: String,
    },
}

pub async fn run(arguments: Arguments, config: Config) -> Result<ExitCode, CommandError> {
    logging::start_quiet(&config.log);
    let opened = open(&config).await?;
    Ok(tell(match arguments.act {
        Act::List => list(&opened).await,
        Act::Move { id, to } => match id.parse() {
            Ok(title) => request_move(&title, to, &opened).await,
            Err(_) => Err(no_id(&id)),
        },
        Act::Delete { id } => match id.parse() {
            Ok(title) => delete(&title, &opened).await,
            Err(_) => Err(no_id(&id)),
        },
    }))
}

fn ingest(opened: &Opened) -> Ingest {
    Ingest::new(Arc::clone(&opened.stores.documents), opened.events.clone())
}

/// Printed page by page: there may be a million.
async fn list(opened: &Opened) -> Result<Vec<String>, String> {
    let (ingest, mut after) = (ingest(opened), None);
    loop {
        let (titles, next) = ingest.titles_after(after.as_deref()).await.map_err(|error| error.to_string())?;
        for Listed { id, name, is_watchable } in titles {
            let film = if is_watchable { "film" } else { "-" };
            output::line(&format!("{id}\t{film}\t{name}"));
        }
        match next {
            Some(next) => after = Some(next),
            None => return Ok(Vec::new()),
        }
    }
}

async fn request_move(title: &TitleId, to: StoreRole, opened: &Opened) -> Result<Vec<String>, String> {
    let Opened { stores, keeping, .. } = opened;
    if !stores.video().has(to) {
        return Err(format!("storage.{} names no store to move {title} to", to.setting()));
    }
    let words = match keeping.placements.request_move(title, to).await.map_err(|error| error.to_string())? {
        MoveRequest::Requested => format!("{title} is moved by the server that runs on this data, or by the next that does"),
        MoveRequest::UnderWay => format!("{title} is on its way there already"),
        MoveRequest::Cancelled => format!("{title} stays where it lies"),
        MoveRequest::AlreadyThere => format!("{title} lies there already"),
        MoveRequest::NothingPlays => return Err(format!("{title} has no film: marquee title list says which titles have one")),
    };
    let chosen = match to {
        StoreRole::PerView => "per-view",
        StoreRole::Flat => "flat",
    };
    let stays = format!(
        "where there are cost sheets, the next decision may move it again: marquee storage choose {chosen} --title {title} has it stay there"
    );
    Ok(vec![words, stays])
}

fn no_id(text: &str) -> String {
    format!("{text:?} is no title's id: marquee title list says them")
}

async fn delete(title: &TitleId, opened: &Opened) -> Result<Vec<String>, String> {
    let Opened { stores, keeping, deletions, events, .. } = opened;
    let deletions = TitleDeletions::new(keeping.title_deletions(stores, deletions, events));
    deletions.delete(title).await.map_err(|problem| in_words(title, &problem))?;
    // A server does this within half a minute; where none runs nobody would.
    let maintenance = MediaMaintenance::new(stores, keeping.placements.clone(), ingest(opened));
    let looked_after = maintenance.look_after(title).await;
    let left = looked_after.err().map(|error| {
        format!("a server on this data takes away what is left of its film, once the store of that can be reached: {error}")
    });
    Ok(std::iter::once(format!("{title} is deleted")).chain(left).collect())
}

fn in_words(title: &TitleId, problem: &Problem) -> String {
    match problem.code {
        contract::Code::NotFound => format!("there is no title {title}: marquee title list says which there are"),
        _ => problem.to_string(),
    }
}
