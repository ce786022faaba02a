//! `marquee serve`

use std::{net::SocketAddr, process::ExitCode, sync::Arc};

use clap::Args;
use storage::objects::Objects;

use super::{CommandError, demo, logging, output};
use crate::{
    assemble::{Surroundings, assemble},
    config::{Config, Flag},
    connections::Descriptors,
    gateway::health::Readiness,
    serve::stop_signal,
};

/// Serves films over HTTP until it is told to stop.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  marquee serve --demo\n  marquee serve --address 0.0.0.0:8080 --data /srv/marquee")]
pub struct Arguments {
    /// Address and port to listen on [default: 127.0.0.1:3000].
    #[arg(long, value_name = "ADDRESS:PORT")]
    address: Option<String>,
    /// The services that this process runs, separated by commas [default: all].
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    services: Vec<String>,
    /// Makes the demo library beside it.
    #[arg(long)]
    demo: bool,
    #[command(flatten)]
    assets: demo::Assets,
}

impl Arguments {
    pub fn flags(&self) -> Vec<Flag> {
        let mut flags = Vec::new();
        if let Some(address) = &self.address {
            flags.push(Flag { name: "--address", key: "server.address", value: address.as_str().into() });
        }
        if !self.services.is_empty() {
            flags.push(Flag { name: "--services", key: "services", value: self.services.clone().into() });
        }
        flags
    }
}

pub async fn run(arguments: Arguments, config: Config) -> Result<ExitCode, CommandError> {
    logging::start(&config.log);
    Descriptors::raise();
    let surroundings = Surroundings { site: std::env::var_os("MARQUEE_SITE").map(Into::into), ..Surroundings::default() };
    let mut assembled = assemble(&config, surroundings).await?;
    if let Some(missing) = assembled.site.missing() {
        output::note(&format!("serving the API alone: {missing}"));
    }
    if arguments.demo {
        let jobs = assembled.jobs.clone();
        let demo = demo::demo(arguments.assets, &config, &assembled.stores, assembled.events.clone(), jobs);
        let demo = Arc::new(demo);
        assembled.also("demo_library", move || {
            let demo = Arc::clone(&demo);
            async move {
                demo::beside(&demo).await;
                Ok(())
            }
        });
    }
    let (readiness, flat) = (assembled.readiness.clone(), assembled.stores.flat_objects.clone());
    assembled.also("first_look", move || first_look(readiness.clone(), flat.clone()));
    assembled.run(&config, stop_signal(), announce).await?;
    Ok(ExitCode::SUCCESS)
}

/// Says in the log what fails from the start on, before anybody asks; and clears away what an older build left in the second
/// store.
async fn first_look(readiness: Readiness, flat: Option<Objects>) -> Result<(), String> {
    readiness.outcomes().await;
    if let Some(flat) = flat
        && let Err(error) = flat.remove_old_probes().await
    {
        // The next start does.
        tracing::debug!(%error, "what an older build left in the second store stays there");
    }
    Ok(())
}

fn announce(address: SocketAddr) {
    output::line(&format!("Marquee is at http://{address}"));
}
