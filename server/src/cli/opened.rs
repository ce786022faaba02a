//! What a command needs that changes accounts or titles beside a server, and how it tells what became of it.

use std::{process::ExitCode, sync::Arc};

use runtime::clock::Clock;
use storage::{Stores, events::Events};

use super::output;
use crate::{
    assemble::{StartError, open_stores},
    backup,
    config::Config,
    deletions::DeletionLog,
    keeping::Keeping,
    secret::MasterSecret,
    services::recorder::Recorder,
};

/// The stores of an installation, and who keeps something in them.
pub struct Opened {
    pub secret: MasterSecret,
    pub events: Events,
    pub stores: Stores,
    pub clock: Clock,
    pub keeping: Keeping,
    pub deletions: Arc<DeletionLog>,
}

/// # Errors
/// [`StartError`].
pub async fn open(config: &Config) -> Result<Opened, StartError> {
    let (events, clock) = (Events::default(), Clock::default());
    backup::check_whole(&config.data)?;
    let secret = MasterSecret::open(&config.data)?;
    let stores = open_stores(config, &events).await?;
    // A command's own doings are nobody's use.
    let recorder = Recorder::off(clock.clone());
    let keeping = Keeping::new((&secret, config), &stores, &events, &clock, &recorder);
    let deletions = Arc::new(DeletionLog::new(&config.data));
    Ok(Opened { secret, events, stores, clock, keeping, deletions })
}

/// Prints the lines of a command that succeeded, or why it did not.
pub fn tell(outcome: Result<Vec<String>, String>) -> ExitCode {
    match outcome {
        Ok(lines) => {
            lines.iter().for_each(|line| output::line(line));
            ExitCode::SUCCESS
        }
        Err(words) => {
            output::error(&words);
            ExitCode::FAILURE
        }
    }
}
