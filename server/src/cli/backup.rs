//! `marquee backup` and `marquee restore`

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use tokio::task::spawn_blocking;

use super::{CommandError, output, progress};
use crate::{
    backup::{self, BackupError, Manifest},
    config::Config,
};

/// Copies everything that this machine keeps into a folder, while the server runs.
///
/// Accounts, lists, films and keys; not the search index, which is made anew. A second backup into the same folder copies
/// only what came since, and takes the first one's place when it is whole: one that is broken off costs nothing. The vault's
/// master key and audit log are taken along wherever they are. Keep the folder as safe as the server: it has its keys in it.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  marquee backup --to /mnt/disk/marquee")]
pub struct BackupArguments {
    /// The folder; made where it is missing.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Copies no video and artwork, which can be imported again; what an earlier backup has of them stays.
    #[arg(long)]
    without_media: bool,
}

/// Puts a backup back, into a data folder where nothing is yet.
///
/// Every file is checked before the first one is written. Stop the server first. Profiles and accounts that were deleted since
/// the backup was taken are deleted again by the next start, where the data folder still has its deletions.jsonl, or where
/// --deletions names one.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  marquee restore --from /mnt/disk/marquee --data /srv/marquee\n  marquee restore --from /mnt/disk/marquee --data /srv/marquee --deletions /srv/marquee.old"
)]
pub struct RestoreArguments {
    /// The folder that `marquee backup` wrote.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// A deletions.jsonl, or the folder with it: of the installation that is replaced, or of a newer backup.
    #[arg(long, value_name = "FILE")]
    deletions: Option<PathBuf>,
}

pub async fn backup(arguments: BackupArguments, config: Config) -> Result<ExitCode, CommandError> {
    let BackupArguments { to, without_media } = arguments;
    let shown = to.display().to_string();
    let manifest = with_bar("backup", move |progress| backup::take(&config, &to, !without_media, progress)).await?;
    output::line(&format!("{shown}: {}", summary(&manifest)));
    if let Some(words) = secrecy(&manifest) {
        output::note(words);
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn restore(arguments: RestoreArguments, config: Config) -> Result<ExitCode, CommandError> {
    let RestoreArguments { from, deletions } = arguments;
    let put_back = move |progress: backup::Progress<'_>| backup::restore(&config, &from, deletions.as_deref(), progress);
    let manifest = with_bar("restore", put_back).await?;
    output::line(&format!("put back as of {}: {}", manifest.taken, summary(&manifest)));
    Ok(ExitCode::SUCCESS)
}

async fn with_bar<W>(name: &str, work: W) -> Result<Manifest, CommandError>
where
    W: FnOnce(backup::Progress<'_>) -> Result<Manifest, BackupError> + Send + 'static,
{
    let bar = output::is_watched().then(|| progress::bar(name));
    let outcome = spawn_blocking(move || {
        let outcome = work(&|fraction, stage| {
            if let Some(bar) = &bar {
                progress::advance(bar, stage, fraction);
            }
        });
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        outcome
    });
    let broke_off = |error: tokio::task::JoinError| CommandError::Runtime(std::io::Error::other(error));
    Ok(outcome.await.map_err(broke_off)??)
}

/// What the backup gives away to whoever reads it, where it has a vault.
fn secrecy(manifest: &Manifest) -> Option<&'static str> {
    let has = |path: &str| manifest.files.iter().any(|entry| entry.path == path);
    match (has("databases/vault.db"), has(backup::KEY)) {
        (true, true) => Some(
            "it has the vault's master key beside the vault: whoever can read this folder can read sign-ins and billing. Its \
             files are for their owner alone; keep it as safe as the server",
        ),
        (true, false) => Some(
            "the vault's master key is not in it, because it comes from a variable or a program: without that key nobody can \
             open the vault of this backup. Keep it somewhere else",
        ),
        (false, true | false) => None,
    }
}

fn summary(manifest: &Manifest) -> String {
    let files = manifest.files.len();
    format!("{files} files, {}", indicatif::HumanBytes(manifest.bytes()))
}
