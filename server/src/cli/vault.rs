//! `marquee vault`: what an operator does about keys, the audit log and the copy.

use std::{
    hint::black_box,
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use chrono::{DateTime, Local, SecondsFormat};
use clap::{Args, Subcommand};
use contract::ids::AccountId;
use storage::open_vault;
use vault::{
    Access, Begin, Purpose, Vault, VaultError,
    envelope::{Header, Key, Kind, MasterId, open, seal, unwrap, wrap},
    masters, open_copy, restore_from,
};

use super::{CommandError, logging, output};
use crate::{assemble::StartError, config::Config};

/// How long `measure` does each, and how many turns between two looks at the clock.
const MEASURED: Duration = Duration::from_millis(500);
const TURNS: u32 = 100;
const ACCOUNT: &str = "account";
const PLACE: &str = "account/password";
/// Bytes of a password's hash, about.
const SHORT: usize = 100;

/// Looks after the store of authentication and billing: its keys, its audit log, its copy.
///
/// A server may run on the same data meanwhile.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  marquee vault audit\n  marquee vault verify\n  marquee vault rotate\n  marquee vault restore --at 2026-11-22T21:00:00Z --to sqlite:data/vault-restored.db\n  marquee vault shred 4mDq0cBvY8wYzR2hT1aX"
)]
pub struct Arguments {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Reads the whole audit log: says what it holds, or names the first line that is broken.
    ///
    /// Where several machines share the vault's store, each keeps a log of its own, and this reads the one that is here.
    Audit {
        /// Reads this folder instead, into which the logs of all machines were collected: none may be missing. What a server
        /// wrote since its log was collected is missed as well: stop it before, or collect again.
        #[arg(long, value_name = "DIR")]
        folder: Option<PathBuf>,
    },
    /// Proves that the copy is complete: every number there, the chain whole, every record's newest change in it.
    ///
    /// Begins with the newest base: what the copy came to up to some object, sealed by the server.
    Verify {
        /// Begins with the first object instead, and holds every base against the log.
        #[arg(long)]
        whole: bool,
    },
    /// How many changes wait for the copy, and for how long.
    Status,
    /// Makes a new master key and wraps every account's key with it; goes on where it was broken off.
    ///
    /// Where the keys do not come from a file, put the new one first there before. Older keys may be taken away once this
    /// is done and backups that need them are gone.
    Rotate,
    /// Rebuilds the store from the copy, into a new one.
    Restore {
        /// As it was then, like 2026-11-22T21:00:00Z; without it, as it was at the end.
        #[arg(long, value_name = "TIME", value_parser = time)]
        at: Option<DateTime<chrono::FixedOffset>>,
        /// The new store, as vault.store names it.
        #[arg(long, value_name = "URL")]
        to: String,
        /// Reads every object from the first, and not the newest base and what came after it.
        #[arg(long)]
        whole: bool,
    },
    /// Destroys the key of an account, here and in the copy: what was kept of it opens never again.
    Shred {
        /// The account's id.
        account: AccountId,
    },
    /// Measures how long sealing and opening take.
    Measure,
}

pub async fn run(arguments: Arguments, config: Config) -> Result<ExitCode, CommandError> {
    logging::start_quiet(&config.log);
    match arguments.act {
        Act::Restore { at, to, whole } => rebuild(config, at, &to, begin(whole)).await,
        Act::Measure => {
            measure();
            Ok(ExitCode::SUCCESS)
        }
        act @ (Act::Audit { .. } | Act::Verify { .. } | Act::Status | Act::Rotate | Act::Shred { .. }) => {
            let vault = Vault::open(&config.vault, &config.data).await.map_err(StartError::from)?;
            let outcome = with(act, &vault).await;
            vault.close().await;
            Ok(told(outcome))
        }
    }
}

fn told(outcome: Result<String, String>) -> ExitCode {
    match outcome {
        Ok(text) => {
            output::line(&text);
            ExitCode::SUCCESS
        }
        Err(text) => {
            output::error(&text);
            ExitCode::FAILURE
        }
    }
}

async fn with(act: Act, vault: &Vault) -> Result<String, String> {
    match act {
        Act::Audit { folder } => audit(vault, folder).await,
        Act::Verify { whole } => match vault
            .verify_copy_from(begin(whole))
            .await
            .map_err(|error| format!("the copy is not complete: {error}"))?
        {
            None => Err("vault.copy is not set: there is no copy".to_owned()),
            Some(proof) => {
                let waiting = if proof.waiting == 0 { String::new() } else { format!(", {} wait in the outbox", proof.waiting) };
                let covered = match proof.covered {
                    0 => String::new(),
                    hidden => format!("\n{hidden} of its objects were hidden or written over by somebody; they are there still"),
                };
                let base = proof.base.map(|base| format!("\nread from the base of object {base} on")).unwrap_or_default();
                let bases =
                    if proof.bases == 0 { String::new() } else { format!("\n{} bases say what the log says", proof.bases) };
                Ok(format!(
                    "complete: {} objects with {} changes; {} records of {} accounts are in it{waiting}{base}{bases}{covered}",
                    proof.objects, proof.changes, proof.records, proof.accounts
                ))
            }
        },
        Act::Status => {
            let health = vault.health().await.map_err(|error| error.to_string())?;
            Ok(match health.copy {
                None => "no copy".to_owned(),
                Some(lag) => format!("{} changes wait for the copy, the first for {} s", lag.changes, lag.seconds),
            })
        }
        Act::Rotate => {
            let access = Access::local_admin(Purpose::Rotation);
            let rotated = vault.rotate(&access, |_| ()).await.map_err(|error| error.to_string())?;
            let how = if rotated.resumed { "with the key that is first" } else { "with a new master key" };
            Ok(format!("{} account keys are wrapped {how}", rotated.rewrapped))
        }
        Act::Shred { account } => {
            let shredded =
                vault.shred(&Access::local_admin(Purpose::Shred), &account).await.map_err(|error| error.to_string())?;
            if !shredded.key && shredded.copies == 0 && shredded.records == 0 {
                return Ok(format!("{account}: there was nothing to destroy; nothing will be kept for it"));
            }
            Ok(format!(
                "{account}: its key is destroyed, with {} records here and {} forms of it in the copy",
                shredded.records, shredded.copies
            ))
        }
        // Answered before there is a vault.
        Act::Restore { .. } | Act::Measure => Ok(String::new()),
    }
}

async fn audit(vault: &Vault, folder: Option<PathBuf>) -> Result<String, String> {
    let verified = match folder {
        Some(folder) => vault.verify_collected(folder).await,
        None => vault.verify_audit().await,
    };
    match verified.map_err(|error| error.to_string())? {
        Err(finding) => Err(format!("the audit log is broken: {finding}")),
        Ok(summary) => {
            let span = match (summary.from, summary.to) {
                (Some(from), Some(to)) => format!(", from {} to {}", in_words(from), in_words(to)),
                (None | Some(_), None) | (None, Some(_)) => String::new(),
            };
            let mut text = format!(
                "whole: {} lines in {} files{span}; {} reads ({} without a request), {} changes",
                summary.lines, summary.files, summary.reads, summary.without_request, summary.changes
            );
            if !summary.elsewhere.is_empty() {
                text.push_str("\nkept by others and not read (run it there, or collect the files and use --folder):");
            }
            for (node, there) in summary.elsewhere {
                text.push_str(&format!("\n  {node}: {} lines in {} files", there.lines, there.files));
            }
            Ok(text)
        }
    }
}

fn begin(whole: bool) -> Begin {
    if whole { Begin::FirstObject } else { Begin::NewestBase }
}

async fn rebuild(
    config: Config,
    at: Option<DateTime<chrono::FixedOffset>>,
    to: &str,
    begin: Begin,
) -> Result<ExitCode, CommandError> {
    let copy = open_copy(&config.vault).await.map_err(StartError::from)?;
    let masters = masters(&config.vault, &config.data).await.map_err(StartError::from)?;
    let store = open_vault(to).await.map_err(|error| StartError::from(VaultError::from(error)))?;
    let at = at.map(|at| u64::try_from(at.timestamp_millis()).unwrap_or(0));
    let outcome = restore_from(&copy, masters, at, store, begin).await.map_err(|error| error.to_string());
    Ok(told(outcome.map(|restored| {
        let mut text = format!(
            "restored {} accounts out of {} changes in {} objects; have vault.store name the new store",
            restored.accounts, restored.changes, restored.objects
        );
        if let Some(base) = restored.base {
            text.push_str(&format!("\nread from the base of object {base} on"));
        }
        for (count, what) in [
            (restored.without_key, "accounts have no key in the copy: they were shredded, or it was taken away"),
            (restored.refused, "changes do not open, and were left out"),
            (restored.strange, "objects are not as they were written: what opens in them is restored, more may be missing"),
            (restored.covered, "objects were hidden or written over by somebody, and are restored as they were"),
            (restored.undone, "records changed later, and are set back"),
        ] {
            if count > 0 {
                text.push_str(&format!("\n{count} {what}"));
            }
        }
        text
    })))
}

/// Microseconds for each of the two, on one thread: the account's key is unwrapped each time, as it is for a request.
fn measure() {
    let (master, id) = (Key::random(), MasterId::default());
    let (plain, header) = (vec![7_u8; SHORT], Header { kind: Kind::Value, revision: 1, at: 1 });
    let Ok(wrapped) = wrap(&master, id, ACCOUNT, &Key::random()) else { return };
    let key = || unwrap(black_box(&master), ACCOUNT, black_box(&wrapped));
    let Ok(sealed) = key().and_then(|key| seal(&key, PLACE, header, &plain)) else { return };
    let sealing = each(|| drop(black_box(key().and_then(|key| seal(&key, PLACE, header, black_box(&plain))))));
    let opening = each(|| drop(black_box(key().and_then(|key| open(&key, PLACE, black_box(&sealed))))));
    output::line(&format!("seal {sealing:.2} us\nopen {opening:.2} us"));
}

/// How long one turn takes, in microseconds.
fn each(turn: impl Fn()) -> f64 {
    let (begun, mut turns) = (Instant::now(), 0_u32);
    while begun.elapsed() < MEASURED {
        (0..TURNS).for_each(|_| turn());
        turns += TURNS;
    }
    begun.elapsed().as_secs_f64() * 1e6 / f64::from(turns)
}

fn time(text: &str) -> Result<DateTime<chrono::FixedOffset>, String> {
    DateTime::parse_from_rfc3339(text).map_err(|error| format!("a time like 2026-11-22T21:00:00Z: {error}"))
}

fn in_words(millis: u64) -> String {
    let time = i64::try_from(millis).ok().and_then(DateTime::from_timestamp_millis);
    time.map(|time| time.with_timezone(&Local).to_rfc3339_opts(SecondsFormat::Secs, true)).unwrap_or_default()
}
