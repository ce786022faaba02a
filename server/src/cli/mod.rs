//! The command line: what an operator types, and what they are told.
//!
//! Each command is a file. Must never print elsewhere than in `output.rs`.

mod account;
mod backup;
mod data;
mod demo;
mod dependencies;
mod discovery;
mod import;
mod import_catalogue;
mod logging;
mod openapi;
mod opened;
pub mod output;
mod owner;
mod progress;
mod report;
mod serve;
mod statement;
mod storage_cost;
mod storage_plan;
mod title;
mod vault;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use runtime::priority;
use storage::{disk, search::SearchError};

use self::owner::Owner;
use crate::{
    assemble::StartError,
    config::{self, Config, ConfigError, Flag, Sources},
};

/// The exit code for a config that cannot be used (`EX_CONFIG` of sysexits).
const CONFIG_EXIT: u8 = 78;

/// A movie-streaming platform that you run yourself.
#[derive(Debug, Parser)]
#[command(name = "marquee", version, after_help = "Example:\n  marquee serve --demo")]
pub struct Cli {
    /// The config file; without it `marquee.toml` of this folder, where there is one.
    #[arg(long, global = true, env = "MARQUEE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder for everything that is kept [default: data].
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Arguments),
    Import(import::Arguments),
    ImportCatalogue(import_catalogue::Arguments),
    Demo(demo::Arguments),
    Title(title::Arguments),
    Account(account::Arguments),
    Backup(backup::BackupArguments),
    Restore(backup::RestoreArguments),
    Data(data::Arguments),
    Dependencies(dependencies::Arguments),
    Discovery(discovery::Arguments),
    Report(report::Arguments),
    Statement(statement::Arguments),
    Storage(storage_cost::Arguments),
    Vault(vault::Arguments),
    Openapi(openapi::Arguments),
}

impl Command {
    /// Whether it writes to stores that servers may be answering from, without being one.
    fn writes_beside_servers(&self) -> bool {
        match self {
            Self::Import(_) | Self::ImportCatalogue(_) | Self::Demo(_) | Self::Title(_) | Self::Account(_) | Self::Restore(_) => {
                true
            }
            Self::Discovery(arguments) => arguments.writes(),
            // Of the vault nobody remembers anything; and copying wants the servers stopped.
            Self::Serve(_)
            | Self::Backup(_)
            | Self::Data(_)
            | Self::Dependencies(_)
            | Self::Report(_)
            | Self::Statement(_)
            | Self::Storage(_)
            | Self::Vault(_)
            | Self::Openapi(_) => false,
        }
    }
}

impl Command {
    /// Whether root gives it as the owner of the data folder. A server may need root's rights until it listens, and a backup
    /// to write where it goes.
    fn is_the_owners(&self) -> bool {
        match self {
            Self::Import(_)
            | Self::ImportCatalogue(_)
            | Self::Demo(_)
            | Self::Account(_)
            | Self::Report(_)
            | Self::Statement(_)
            | Self::Title(_)
            | Self::Vault(_) => true,
            Self::Serve(_) | Self::Backup(_) | Self::Restore(_) | Self::Data(_) | Self::Dependencies(_) | Self::Openapi(_) => {
                false
            }
            Self::Storage(arguments) => arguments.reads_stores(),
            // A file is evaluated without the data folder, which need not be there.
            Self::Discovery(arguments) => arguments.writes(),
        }
    }
}

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error("the config cannot be used:\n{0}")]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("{path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("the rest of the file was not imported: {0}")]
    Catalogue(#[from] crate::services::catalog::import::ImportError),
    #[error(transparent)]
    Backup(#[from] crate::backup::BackupError),
    #[error(transparent)]
    Data(#[from] data::DataError),
    #[error(transparent)]
    Owner(#[from] owner::OwnerError),
    #[error("the runtime cannot start: {0}")]
    Runtime(std::io::Error),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            output::error(&words(&error));
            match error {
                // It names a folder that is not for an index.
                CommandError::Config(_) | CommandError::Start(StartError::Search(SearchError::Foreign(_))) => {
                    ExitCode::from(CONFIG_EXIT)
                }
                CommandError::Start(_)
                | CommandError::File { .. }
                | CommandError::Catalogue(_)
                | CommandError::Backup(_)
                | CommandError::Data(_)
                | CommandError::Owner(_)
                | CommandError::Runtime(_) => ExitCode::FAILURE,
            }
        }
    }
}

/// The error, called a full disk where it is one, whatever it was that found no room.
fn words(error: &CommandError) -> String {
    let words = error.to_string();
    match disk::says_full(error) && !words.contains(disk::FULL) {
        true => format!("{}: {words}", disk::FULL),
        false => words,
    }
}

fn run(cli: Cli) -> Result<ExitCode, CommandError> {
    let mut flags: Vec<Flag> = Vec::new();
    if let Some(data) = &cli.data {
        flags.push(Flag { name: "--data", key: "data", value: data.display().to_string().into() });
    }
    if let Command::Serve(arguments) = &cli.command {
        flags.extend(arguments.flags());
    }
    let config = config::load(Sources { file: cli.config, environment: environment(), flags })?;
    // While there is one thread: all that come are the owner's.
    let owner = if cli.command.is_the_owners() { owner::become_owner(&config.data)? } else { None };
    if matches!(cli.command, Command::ImportCatalogue(_)) {
        // While there is one thread, too: each begins with the priority of the one that begins it.
        priority::yield_to_viewers(priority::Work::Later);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(CommandError::Runtime)?;
    runtime.block_on(dispatch(cli.command, config, owner))
}

async fn dispatch(command: Command, config: Config, owner: Option<Owner>) -> Result<ExitCode, CommandError> {
    let to_tell = config.storage.events.clone().filter(|_| command.writes_beside_servers());
    let outcome = perform(command, config, owner).await;
    // Also after a failure: something may have been written.
    if let Some(url) = to_tell
        && let Err(error) = storage::announce(&url).await
    {
        output::error(&format!("running servers could not be told, and see what changed within a minute: {error}"));
    }
    outcome
}

async fn perform(command: Command, config: Config, owner: Option<Owner>) -> Result<ExitCode, CommandError> {
    match command {
        Command::Serve(arguments) => serve::run(arguments, config).await,
        Command::Import(arguments) => import::run(arguments, config, owner).await,
        Command::ImportCatalogue(arguments) => import_catalogue::run(arguments, config, owner).await,
        Command::Demo(arguments) => demo::run(arguments, config).await,
        Command::Title(arguments) => title::run(arguments, config).await,
        Command::Account(arguments) => account::run(arguments, config).await,
        Command::Backup(arguments) => backup::backup(arguments, config).await,
        Command::Restore(arguments) => backup::restore(arguments, config).await,
        Command::Data(arguments) => data::run(arguments).await,
        Command::Dependencies(arguments) => dependencies::run(arguments).await,
        Command::Discovery(arguments) => discovery::run(arguments, config, owner).await,
        Command::Report(arguments) => report::run(arguments, config).await,
        Command::Statement(arguments) => statement::run(arguments, config).await,
        Command::Storage(arguments) => storage_cost::run(arguments, config).await,
        Command::Vault(arguments) => vault::run(arguments, config).await,
        Command::Openapi(arguments) => openapi::run(arguments, config).await,
    }
}

/// Variables whose names or values are no UTF-8 are none of ours.
fn environment() -> Vec<(String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example_in_its_help() {
        let command = Cli::command();
        for one in command.get_subcommands() {
            let help = one.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("marquee "), "{} lacks an example", one.get_name());
        }
    }
}
