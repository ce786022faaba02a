//! `marquee data copy`

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Args, Subcommand};
use media::placement::Placements;
use runtime::clock::Clock;
use storage::{OpenError, SideUrls, StoreError, objects::StoreRole};

use super::{CommandError, output, progress};
use crate::{
    config::{self, Config, Sources},
    data_copy::{self, Files, MoveError, Moved},
    stranded::lying_in,
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
///
/// With --from-config and --to-config, the vault is copied as well, sealed as it is, and what the data folder itself holds:
/// the keys, and the vault's audit log. Without them the server that is to take over can read neither sessions nor
/// credentials.
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
    #[error(
        "{0}: storage.keyvalue and vault.store name one store, on this side alone; what is whose cannot be told: give the \
         vault one of its own on both sides, or the same as storage.keyvalue on both"
    )]
    Mixed(String),
    #[error(
        "the films of {titles} titles lie in the second store, which {}: nothing was copied. Name it as \
         storage.flat_objects in both of --from-config and --to-config; the same one where it is to stay",
        unnamed_by(.is_of_configs)
    )]
    SecondStore { titles: u64, is_of_configs: bool },
    #[error("whether films lie in a second store: {0}")]
    Placements(StoreError),
    #[error("copying the data folder's files: {0}")]
    Stopped(String),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Move(#[from] MoveError),
}

fn unnamed_by(is_of_configs: &bool) -> &'static str {
    if *is_of_configs { "the two configs do not both name" } else { "no URL names" }
}

pub async fn run(arguments: Arguments) -> Result<ExitCode, CommandError> {
    let Action::Copy(copy) = arguments.action;
    let from = Side::of(copy.from, copy.from_config)?;
    let to = Side::of(copy.to, copy.to_config)?;
    let left_behind = LeftBehind::of(&from, &to);
    let (urls, files) = common(from, to)?;
    files.check().map_err(DataError::from)?;
    // A folder that is not there is none that is empty: its disk may not be mounted.
    let from = storage::open_each_found(&urls.0).await.map_err(DataError::from)?;
    if let Some(left_behind) = left_behind {
        left_behind.refuse(&from).await?;
    }
    let to = storage::open_each(&urls.1).await.map_err(DataError::from)?;
    let bar = output::is_watched().then(|| progress::bar("copy"));
    let told = |what: &str, share: f64| {
        if let Some(bar) = &bar {
            progress::advance(bar, what, share);
        }
    };
    // Where all stores are shared, the new machine lacks the keys alone.
    let is_all_shared = urls.0 == SideUrls::default() && !files.is_empty();
    let outcome = match is_all_shared {
        true => Ok(Moved::default()),
        false => data_copy::copy(&from, &to, copy.into_existing, &told).await,
    };
    if let Some(bar) = &bar {
        bar.finish_and_clear();
    }
    let moved = outcome.map_err(DataError::from)?;
    // After the vault, which remembers how far the audit log has come: it may have come farther, but not less far.
    let copying = files.clone();
    let copied =
        tokio::task::spawn_blocking(move || copying.copy()).await.map_err(|error| DataError::Stopped(error.to_string()))?;
    let (own, copied) = copied.map_err(DataError::from)?;
    output::line(&format!(
        "{} documents, {} entries, {} objects, {} entries of the vault and {own} files of the data folder are the same on both \
         sides; {} were sent",
        moved.documents,
        moved.entries,
        moved.objects,
        moved.vault,
        moved.sent + copied
    ));
    if !files.along.is_empty() {
        let along: Vec<String> = files.along.iter().map(|path| path.display().to_string()).collect();
        output::note(&format!(
            "if the server that takes over runs on another machine, take these along, readable for it alone: {}",
            along.join(", ")
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// One side, as it was named.
struct Side {
    urls: SideUrls,
    config: Option<Config>,
}

impl Side {
    fn of(urls: Vec<String>, file: Option<PathBuf>) -> Result<Self, CommandError> {
        let Some(file) = file else { return Ok(Self { urls: named(&urls)?, config: None }) };
        let config = config::load(Sources { file: Some(file), environment: Vec::new(), flags: Vec::new() })?;
        let (storage, data) = (&config.storage, &config.data);
        let urls = SideUrls {
            documents: Some(storage.documents(data)),
            entries: Some(storage.keyvalue(data)),
            objects: Some(storage.objects(data)),
            flat_objects: storage.flat_objects.clone(),
            vault: Some(config.vault.store(data)),
        };
        Ok(Self { urls, config: Some(config) })
    }

    /// Whether the vault's entries are among the others.
    fn is_mixed(&self) -> bool {
        self.urls.vault.is_some() && self.urls.vault == self.urls.entries
    }
}

/// A second store that would be left behind though the rest is copied, for where films lie there.
struct LeftBehind {
    /// Where it says of each film where it lies.
    documents: String,
    is_of_configs: bool,
}

impl LeftBehind {
    /// Nothing where both sides name one, or films are not copied at all.
    fn of(from: &Side, to: &Side) -> Option<Self> {
        let is_of_configs = from.config.is_some() && to.config.is_some();
        let has_films = is_of_configs || (from.urls.objects.is_some() && to.urls.objects.is_some());
        let is_named = from.urls.flat_objects.is_some() && to.urls.flat_objects.is_some();
        let documents = from.urls.documents.clone().filter(|_| has_films && !is_named)?;
        Some(Self { documents, is_of_configs })
    }

    /// # Errors
    /// [`DataError::SecondStore`] where films lie there.
    async fn refuse(self, from: &storage::Side) -> Result<(), DataError> {
        // Where both sides share the documents they are not among those that are copied.
        let documents = match &from.documents {
            Some(documents) => Some(Arc::clone(documents)),
            None => {
                let urls = SideUrls { documents: Some(self.documents), ..SideUrls::default() };
                storage::open_each(&urls).await?.documents
            }
        };
        let Some(documents) = documents else { return Ok(()) };
        let placements = Placements::new(documents, Clock::default());
        match lying_in(&placements, StoreRole::Flat).await.map_err(DataError::Placements)? {
            0 => Ok(()),
            titles => Err(DataError::SecondStore { titles, is_of_configs: self.is_of_configs }),
        }
    }
}

/// The stores to copy between, and the files; says what is not copied, and why.
fn common(mut from: Side, mut to: Side) -> Result<((SideUrls, SideUrls), Files), DataError> {
    let files = match (&from.config, &to.config) {
        (Some(one), Some(other)) => {
            if one.vault.key_path(&one.data).is_some() != other.vault.key_path(&other.data).is_some() {
                output::note("the vault's master keys come from a file on one side only: put them where the other side looks");
            }
            Files::of(one, other)?
        }
        (None | Some(_), None) | (None, Some(_)) => {
            output::note(
                "the data folder's own files, which are the keys and the audit log, are copied with --from-config and \
                 --to-config only",
            );
            Files::default()
        }
    };
    match (from.is_mixed(), to.is_mixed()) {
        // They move with the others.
        (true, true) => (from.urls.vault, to.urls.vault) = (None, None),
        (true, false) if to.urls.vault.is_some() => return Err(DataError::Mixed("the source".to_owned())),
        (false, true) if from.urls.vault.is_some() => return Err(DataError::Mixed("the target".to_owned())),
        (true | false, _) => {}
    }
    let kinds = [
        ("documents", &mut from.urls.documents, &mut to.urls.documents),
        ("sessions and other entries", &mut from.urls.entries, &mut to.urls.entries),
        ("video and artwork", &mut from.urls.objects, &mut to.urls.objects),
        ("video in the second store", &mut from.urls.flat_objects, &mut to.urls.flat_objects),
        ("the vault", &mut from.urls.vault, &mut to.urls.vault),
    ];
    for (name, one, other) in kinds {
        if one.is_some() != other.is_some() {
            output::note(&format!("{name}: only one side has a store for them, so that they are not copied"));
        } else if one.is_some() && one == other {
            output::note(&format!("{name}: both sides name the same store, which stays as it is"));
            (*one, *other) = (None, None);
        }
    }
    Ok(((from.urls, to.urls), files))
}

/// What each URL is for, by its scheme.
fn named(urls: &[String]) -> Result<SideUrls, DataError> {
    let of = |schemes: &[&str]| -> Vec<&String> {
        let is_one = |url: &&String| url.split_once(':').is_some_and(|(scheme, _)| schemes.contains(&scheme));
        urls.iter().filter(is_one).collect()
    };
    let documents = of(&["sqlite", "mongodb", "mongodb+srv"]);
    let entries = of(&["sqlite", "redis", "rediss", "redis+cluster", "rediss+cluster"]);
    // What is none of these is an object store, or refused as one with what is allowed.
    let known = |url: &&String| documents.contains(url) || entries.contains(url);
    let objects = urls.iter().filter(|url| !known(url)).collect::<Vec<_>>();
    Ok(SideUrls {
        documents: only(&documents, "documents")?,
        entries: only(&entries, "entries")?,
        objects: only(&objects, "objects")?,
        // Two of a kind are told apart by a config.
        flat_objects: None,
        vault: None,
    })
}

fn only(urls: &[&String], kind: &'static str) -> Result<Option<String>, DataError> {
    match urls {
        [] => Ok(None),
        [url] => Ok(Some((*url).clone())),
        [_, _, ..] => Err(DataError::Several(kind)),
    }
}
