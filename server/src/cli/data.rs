//! `marquee data copy`

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};

use super::{CommandError, output, progress};
use crate::{
    config::{self, Sources},
    moving::{self, MoveError},
    storage::{self, OpenError, Side},
};

/// Moves data between stores.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  marquee data copy --from sqlite:data/marquee.db --to mongodb://films@db.home/marquee")]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Copy(Copy),
}

/// Copies everything from one set of stores into another, and compares both sides at the end.
///
/// Stop the servers first. One that was broken off goes on where it was when it is started again. A store of one kind is
/// copied where both sides have one: sqlite: holds documents and sessions, mongodb: documents, redis: sessions; file:, s3:,
/// gs: and az: hold video and artwork.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  marquee data copy --from-config marquee.toml --to-config larger.toml")]
struct Copy {
    /// A store to copy from; may be given several times.
    #[arg(long, value_name = "URL", required_unless_present = "from_config")]
    from: Vec<String>,
    /// A config file whose stores to copy from.
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    from_config: Option<PathBuf>,
    /// A store to copy into; may be given several times.
    #[arg(long, value_name = "URL", required_unless_present = "to_config")]
    to: Vec<String>,
    /// A config file whose stores to copy into.
    #[arg(long, value_name = "FILE", conflicts_with = "to")]
    to_config: Option<PathBuf>,
    /// Copies also into stores that hold something else, which stays unless it has the name of something copied.
    #[arg(long)]
    into_existing: bool,
}

/// Why nothing, or not everything, was copied.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    #[error("several stores for {0} are named on one side: name one")]
    Several(&'static str),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Move(#[from] MoveError),
}

pub async fn run(arguments: Arguments) -> Result<ExitCode, CommandError> {
    let Action::Copy(copy) = arguments.action;
    let from = side(copy.from, copy.from_config).await?;
    let to = side(copy.to, copy.to_config).await?;
    for (name, one, other) in [
        ("documents", from.documents.is_some(), to.documents.is_some()),
        ("sessions and other entries", from.entries.is_some(), to.entries.is_some()),
        ("video and artwork", from.objects.is_some(), to.objects.is_some()),
    ] {
        if one != other {
            output::note(&format!("{name}: only one side has a store for them, so that they are not copied"));
        }
    }
    let bar = output::is_watched().then(|| progress::bar("copy"));
    let told = |what: &str, share: f64| {
        if let Some(bar) = &bar {
            progress::advance(bar, what, share);
        }
    };
    let outcome = moving::copy(&from, &to, copy.into_existing, &told).await;
    if let Some(bar) = &bar {
        bar.finish_and_clear();
    }
    let moved = outcome.map_err(DataError::from)?;
    output::line(&format!(
        "{} documents, {} entries and {} objects are the same on both sides; {} were sent",
        moved.documents, moved.entries, moved.objects, moved.sent
    ));
    Ok(ExitCode::SUCCESS)
}

async fn side(urls: Vec<String>, file: Option<PathBuf>) -> Result<Side, CommandError> {
    let urls = match file {
        None => urls,
        Some(file) => {
            let config = config::load(Sources { file: Some(file), environment: Vec::new(), flags: Vec::new() })?;
            let (storage, data) = (&config.storage, &config.data);
            let (documents, entries, objects) = (storage.documents(data), storage.keyvalue(data), storage.objects(data));
            let opened = storage::open_each(Some(&documents), Some(&entries), Some(&objects)).await;
            return Ok(opened.map_err(DataError::from)?);
        }
    };
    let of = |schemes: &[&str]| -> Vec<&str> {
        let is_one = |url: &&str| url.split_once(':').is_some_and(|(scheme, _)| schemes.contains(&scheme));
        urls.iter().map(String::as_str).filter(is_one).collect()
    };
    let documents = of(&["sqlite", "mongodb", "mongodb+srv"]);
    let entries = of(&["sqlite", "redis", "rediss", "redis+cluster", "rediss+cluster"]);
    // What is none of these is an object store, or refused as one with what is allowed.
    let known = |url: &&str| documents.contains(url) || entries.contains(url);
    let objects = urls.iter().map(String::as_str).filter(|url| !known(url)).collect::<Vec<_>>();
    let opened = storage::open_each(only(&documents, "documents")?, only(&entries, "entries")?, only(&objects, "objects")?);
    Ok(opened.await.map_err(DataError::from)?)
}

fn only<'a>(urls: &[&'a str], kind: &'static str) -> Result<Option<&'a str>, DataError> {
    match urls {
        [] => Ok(None),
        [url] => Ok(Some(url)),
        [_, _, ..] => Err(DataError::Several(kind)),
    }
}
