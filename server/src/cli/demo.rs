//! `marquee demo`, and the same beside a server that runs (`marquee serve --demo`).

use std::{
    collections::HashMap,
    path::PathBuf,
    process::ExitCode,
    sync::{Mutex, PoisonError},
};

use clap::Args;
use indicatif::ProgressBar;
use media::import::Choices;
use storage::{Stores, events::Events};

use super::{CommandError, import, logging, output, progress};
use crate::{
    assemble::open_stores,
    catalogue_sink::Cataloguer,
    config::Config,
    demo::{
        library::{Demo, Summary},
        listen::Listener,
    },
    jobs::Jobs,
    services::catalog::ingest::Ingest,
};

/// Makes the demo library: films to browse, and shorts to watch that ffmpeg draws.
///
/// What is there already is left as it is, and what was broken off goes on.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  marquee demo\n  marquee demo --assets target/vendor/demo --data /srv/marquee")]
pub struct Arguments {
    #[command(flatten)]
    assets: Assets,
}

/// Where the parts of the demo that are not made here lie.
#[derive(Clone, Debug, Args)]
pub struct Assets {
    /// The folder with movies.json (npm package vega-datasets) and big-buck-bunny.mp4.
    #[arg(long, value_name = "DIR", env = "MARQUEE_DEMO_ASSETS")]
    assets: Option<PathBuf>,
}

pub async fn run(arguments: Arguments, config: Config) -> Result<ExitCode, CommandError> {
    logging::start_quiet(&config.log);
    let events = Events::default();
    let stores = open_stores(&config, &events).await?;
    let demo = demo(arguments.assets, &config, &stores, events, Jobs::default());
    let summary = demo.make(&TerminalListener::default()).await;
    output::line(&words(&summary));
    Ok(if summary.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Makes the demo library while a server answers from the same stores.
pub async fn beside(demo: &Demo) {
    let summary = demo.make(&TerminalListener::default()).await;
    output::note(&words(&summary));
}

/// The maker of the demo library in these stores.
pub fn demo(assets: Assets, config: &Config, stores: &Stores, events: Events, jobs: Jobs) -> Demo {
    let ingest = Ingest::new(stores.documents.clone(), events);
    Demo {
        sink: Cataloguer::new(ingest.clone(), stores.video()),
        ingest,
        // One that is drawn otherwise by now takes the place of what was drawn before.
        importer: import::importer(config, stores).with(Choices { replace: true }),
        jobs,
        assets: assets.assets,
    }
}

fn words(summary: &Summary) -> String {
    let Summary { films, watchable, failed } = summary;
    let failed = if *failed == 0 { String::new() } else { format!(", {failed} could not be made") };
    format!("demo library: {films} films to browse, {watchable} to watch{failed}")
}

/// Bars where a person watches; elsewhere a line for each stage.
#[derive(Default)]
struct TerminalListener {
    films: Mutex<HashMap<String, (Option<ProgressBar>, String)>>,
}

impl Listener for TerminalListener {
    fn note(&self, text: &str) {
        output::note(text);
    }

    fn progress(&self, name: &str, stage: &str, fraction: f64) {
        let mut films = self.films.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || (output::is_watched().then(|| progress::bar(name)), String::new());
        let (bar, last) = films.entry(name.to_owned()).or_insert_with(new);
        match bar {
            Some(bar) => progress::advance(bar, stage, fraction),
            None if last != stage => output::note(&format!("{name}: {stage}")),
            None => {}
        }
        if last != stage {
            *last = stage.to_owned();
        }
    }

    fn finished(&self, name: &str, unchanged: bool) {
        let film = self.films.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        if let Some((Some(bar), _)) = film {
            bar.finish_and_clear();
        }
        if !unchanged {
            output::note(&format!("{name}: ready to watch"));
        }
    }
}
