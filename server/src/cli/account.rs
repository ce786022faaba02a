//! `marquee account`: what an operator does about accounts from the machine itself, also when nobody can sign in any more.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Args, Subcommand};
use contract::{Problem, Scope, identity::AccountRole};
use storage::Stores;
use tokio::task::spawn_blocking;
use vault::{Shredded, Vault};

use super::{
    CommandError, logging,
    opened::{Opened, open, tell},
    progress::shown,
};
use crate::{
    assemble::StartError,
    config::Config,
    keeping::Keeping,
    origin::PublicOrigin,
    services::{
        identity::{Dependencies, Identity},
        recorder::Recorder,
    },
};

/// Lists accounts, makes them, gives new passwords, and deletes them for good.
///
/// A server may run on the same data meanwhile; what is changed here is in force there within five seconds.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  marquee account list\n  marquee account create bob --name Bob\n  marquee account password ada\n  marquee account token ada --name backup --scope read --days 90\n  marquee account export ada --output ada.json\n  marquee account delete bob"
)]
pub struct Arguments {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Every account, one a line: login, role, name.
    List,
    /// Makes an account with a password that is chosen here, and prints it.
    Create {
        /// What is typed to sign in.
        login: String,
        /// How they are called; the login where it is absent.
        #[arg(long)]
        name: Option<String>,
        /// May run the place.
        #[arg(long)]
        operator: bool,
    },
    /// Makes an API token for scripts, and prints it: it is shown once.
    Token {
        /// Whose.
        login: String,
        /// What it is for.
        #[arg(long)]
        name: String,
        /// What it may be used for; may be given more than once.
        #[arg(long = "scope", required = true, value_parser = scope)]
        scopes: Vec<Scope>,
        /// How long it is good, 1 to 366; without it, until it is deleted.
        #[arg(long)]
        days: Option<u16>,
    },
    /// Deletes an account for good: with its lists and progress, and with the key of what the vault keeps of it, here and in
    /// the copy, so that none of that opens ever again. Goes on where it was broken off.
    Delete {
        /// What is typed to sign in.
        login: String,
    },
    /// Writes everything that is kept of an account and its profiles as one JSON document, without passwords, keys, PINs and tokens. What
    /// the vault keeps of it is read for that, which its audit log says.
    Export {
        /// What is typed to sign in.
        login: String,
        /// The file to write, which only its owner may read; one that is there is replaced [default: standard output].
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Gives an account a new password, prints it, lets it in again where it was disabled or lost its second factor, and signs
    /// its devices out.
    Password {
        /// What is typed to sign in.
        login: String,
    },
}

pub async fn run(arguments: Arguments, config: Config) -> Result<ExitCode, CommandError> {
    logging::start_quiet(&config.log);
    let Opened { secret, events, stores, clock, keeping, deletions } = open(&config).await?;
    let Keeping { entitlements: plans, owners, keepers, .. } = keeping;
    let vault = Vault::open(&config.vault, &config.data).await.map_err(StartError::from)?;
    let Stores { documents, keyvalue, .. } = stores;
    let parts = Dependencies {
        documents,
        keyvalue,
        vault: Arc::clone(&vault),
        plans,
        owners,
        keepers,
        deletions,
        events,
        recorder: Recorder::off(clock.clone()),
        clock,
    };
    let identity = Identity::new(&secret, parts, config.identity, PublicOrigin::new(config.server.public_url));
    let identity = identity.map_err(StartError::from)?;
    identity.move_into_vault(&secret).await.map_err(StartError::Move)?;
    let outcome = match identity.migrate_owners().await {
        Ok(_) => act(arguments.act, &identity).await,
        Err(problem) => Err(problem),
    };
    vault.close().await;
    Ok(tell(outcome.map_err(|problem| in_words(&problem))))
}

async fn act(act: Act, identity: &Identity) -> Result<Vec<String>, Problem> {
    match act {
        Act::List => {
            let mut lines = Vec::new();
            let mut after = None;
            loop {
                let (accounts, next) = identity.accounts_after(after.as_deref()).await?;
                lines.extend(accounts.into_iter().map(|account| {
                    let disabled = if account.is_disabled { ", disabled" } else { "" };
                    format!("{}\t{}{disabled}\t{}", account.login, role(account.role), account.name)
                }));
                match next {
                    Some(next) => after = Some(next),
                    None => return Ok(lines),
                }
            }
        }
        Act::Create { login, name, operator } => {
            let role = if operator { AccountRole::Operator } else { AccountRole::Member };
            let called = name.unwrap_or_else(|| login.clone());
            let password = identity.create_from_here(&login, &called, role).await?;
            Ok(vec![format!("{login} signs in with the password: {password}")])
        }
        Act::Token { login, name, scopes, days } => {
            Ok(vec![identity.create_token_from_here(&login, name, scopes, days).await?.token])
        }
        Act::Delete { login } => {
            let Shredded { records, copies, .. } = identity.delete_from_here(&login).await?;
            Ok(vec![format!(
                "{login} is deleted, with the key of {records} records in the vault and {copies} forms of it in the copy"
            )])
        }
        Act::Export { login, output } => {
            let export = identity.export_from_here(&login).await?;
            let text = serde_json::to_string_pretty(&export).map_err(|_| Problem::internal())?;
            let Some(file) = output else { return Ok(vec![text]) };
            let (written, named) = (format!("{text}\n"), shown(&file));
            let outcome = spawn_blocking(move || storage::atomic_file::replace(&file, written.as_bytes())).await;
            match outcome.map_err(std::io::Error::other).flatten() {
                Ok(()) => Ok(vec![format!("everything that is kept of {login} is in {named}")]),
                Err(error) => Err(Problem::internal().with_detail(format!("{named}: {error}"))),
            }
        }
        Act::Password { login } => {
            let password = identity.renew_password(&login).await?;
            Ok(vec![format!("{login} signs in with the password: {password}")])
        }
    }
}

fn scope(text: &str) -> Result<Scope, String> {
    let names = || Scope::ALL.map(Scope::as_str).join(", ");
    Scope::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or_else(|| format!("one of {}", names()))
}

const fn role(role: AccountRole) -> &'static str {
    match role {
        AccountRole::Operator => "operator",
        AccountRole::Member => "member",
    }
}

/// The problem's own words, and what is wrong with each field.
fn in_words(problem: &Problem) -> String {
    let fields = problem.fields.iter().map(|field| format!(" {}: {}.", field.field, field.message));
    let detail = problem.detail.as_ref().map(|detail| format!(" {detail}")).unwrap_or_default();
    format!("{}{detail}{}", problem.title, fields.collect::<String>())
}
