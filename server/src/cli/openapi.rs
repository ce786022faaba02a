//! `marquee openapi`

use std::process::ExitCode;

use clap::Args;

use super::{CommandError, output};
use crate::{
    assemble::{Surroundings, assemble},
    config::{Config, ServiceName},
};

/// Prints the OpenAPI document of every call.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  marquee openapi > openapi.json")]
pub struct Arguments {}

pub async fn run(_arguments: Arguments, mut config: Config) -> Result<ExitCode, CommandError> {
    // The document is the same everywhere: it needs no data, and touches none.
    let folder = tempfile::tempdir().map_err(CommandError::Runtime)?;
    config.data = folder.path().to_owned();
    config.storage = crate::config::Storage::default();
    config.services = ServiceName::ALL.to_vec();
    let assembled = assemble(&config, Surroundings::default()).await?;
    output::line(&assembled.openapi);
    Ok(ExitCode::SUCCESS)
}
