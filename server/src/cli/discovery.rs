//! `marquee discovery`: how good recommendations are, and histories from elsewhere.

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use clap::{Args, Subcommand};
use recommender::{
    content::Contents,
    dataset::{Builder, Dataset, Full},
    evaluate::evaluate,
    events::{self, EventsError},
    generate::{Size, generate},
    train::{Catalogue, Settings},
};
use runtime::{priority, spare::processors};

use super::{
    CommandError, logging,
    opened::{open, tell},
    owner::Owner,
    progress::shown,
};
use crate::{
    config::Config,
    services::{
        catalog::ingest::Ingest,
        discovery::recommendations::import::{self, Imported},
    },
};

/// Measures recommendations on histories, and takes histories from elsewhere.
///
/// A file of histories is CSV with the columns `user,title,timestamp,weight`; the weight may be left out.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  marquee discovery evaluate events.csv\n  marquee discovery import events.csv")]
pub struct Arguments {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Holds out the last event of each user, recommends ten titles to each, and prints how often the last one is among them, beside
    /// popularity and chance. Reads and writes nothing else.
    Evaluate {
        #[arg(value_name = "EVENTS.csv")]
        file: PathBuf,
    },
    /// Takes histories in that recommendations are learnt from. Users stay strangers: nobody's name is kept. Titles are matched by their
    /// ids, or by their numbers at IMDb (`tt0111161`) where the catalogue has them.
    Import {
        #[arg(value_name = "EVENTS.csv")]
        file: PathBuf,
    },
    /// Makes a million events and prints the same table for them, with an oracle that knows the tastes behind them.
    #[command(hide = true)]
    Measure {
        /// Other events, of the same kind.
        #[arg(long, default_value_t = Size::FULL.seed)]
        seed: u64,
    },
}

impl Arguments {
    /// Whether it writes to the stores.
    pub fn writes(&self) -> bool {
        match self.act {
            Act::Import { .. } => true,
            Act::Evaluate { .. } | Act::Measure { .. } => false,
        }
    }
}

pub async fn run(arguments: Arguments, config: Config, owner: Option<Owner>) -> Result<ExitCode, CommandError> {
    logging::start_quiet(&config.log);
    Ok(tell(match arguments.act {
        Act::Evaluate { file } => beside(move || of_file(&file)).await,
        Act::Measure { seed } => beside(move || made(seed)).await,
        Act::Import { file } => {
            if let Some(owner) = owner {
                owner.check_readable(std::slice::from_ref(&file))?;
            }
            let opened = open(&config).await?;
            let titles = Ingest::new(Arc::clone(&opened.stores.documents), opened.events.clone());
            let key = opened.secret.derive(import::PURPOSE);
            let source = File::open(&file).map_err(|source| CommandError::File { path: shown(&file), source })?;
            let imported = import::import(BufReader::new(source), &*opened.stores.documents, &titles, &key).await;
            imported.map(words).map_err(|error| format!("{}: {error}", shown(&file)))
        }
    }))
}

async fn beside(work: impl FnOnce() -> Result<Vec<String>, String> + Send + 'static) -> Result<Vec<String>, String> {
    priority::run_beside(priority::Work::Later, work).await.map_err(|error| error.to_string())?
}

fn words(imported: Imported) -> Vec<String> {
    let Imported { events, strangers, unmatched, unmatched_titles } = imported;
    let mut lines =
        vec![format!("{events} events of {strangers} users are in; running servers learn from them within some minutes")];
    if unmatched > 0 {
        lines.push(format!(
            "{unmatched} events are of {unmatched_titles} titles that the catalogue does not have, and are not in"
        ));
    }
    lines
}

fn settings() -> Settings {
    Settings { threads: processors() + 1, ..Settings::default() }
}

/// Why a file is not evaluated.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    Events(#[from] EventsError),
    #[error(transparent)]
    Full(#[from] Full),
}

fn of_file(path: &Path) -> Result<Vec<String>, String> {
    let failed = |reason: String| format!("{}: {reason}", shown(path));
    let file = File::open(path).map_err(|error| failed(error.to_string()))?;
    let data = read(BufReader::new(file)).map_err(|error| failed(error.to_string()))?;
    let catalogue = Catalogue { contents: Contents::new(), ..Catalogue::default() };
    let table = evaluate(data, &catalogue, &settings(), None).map_err(|error| failed(error.to_string()))?;
    Ok(vec![table.to_string()])
}

fn read(file: impl std::io::Read) -> Result<Dataset, Refused> {
    let mut builder = Builder::default();
    // Milliseconds, so that parts of a second keep their order.
    events::read(file, |event| {
        let instant = (event.timestamp * 1000.0) as u64;
        Ok::<_, Refused>(builder.event(&event.user, &event.title, instant, event.weight.unwrap_or(1.0))?)
    })?;
    Ok(builder.finish())
}

fn made(seed: u64) -> Result<Vec<String>, String> {
    let size = Size { seed, ..Size::FULL };
    let (made, settings) = (generate(size), settings());
    let mut lines = measure::figures(&made, &settings)?;
    let data = generate(size).data;
    let oracle = |profile: usize, seen: &std::collections::HashSet<u32>| made.oracle(profile, seen);
    let table = evaluate(data, &made.catalogue, &settings, Some(&oracle)).map_err(|error| error.to_string())?;
    let (model, popularity, best) = (table.ndcg("model"), table.ndcg("popularity"), table.ndcg("oracle"));
    lines.push(format!("halfway {:.1} %", (model - popularity) / (best - popularity) * 100.0));
    lines.push(table.to_string());
    Ok(lines)
}

/// What a recommendation costs.
mod measure {
    use std::{
        collections::HashSet,
        time::{Duration, Instant},
    };

    use recommender::{
        Entry, Model,
        generate::Generated,
        train::{Parts, Settings, train},
    };

    /// Who asks at once.
    const CONNECTIONS: usize = 16;
    /// How often each.
    const EACH: usize = 500;

    /// Training, the model's size, and answers, a line each.
    pub fn figures(made: &Generated, settings: &Settings) -> Result<Vec<String>, String> {
        let before = Instant::now();
        let learnt = train(&made.data, &made.catalogue, settings);
        let (model, numbers) = learnt.model(&made.data, &made.catalogue, Parts::All, 1).map_err(|error| error.to_string())?;
        let seconds = before.elapsed().as_secs_f64();
        let bytes = model.to_bytes().map_err(|error| error.to_string())?;
        let model = Model::from_bytes(&bytes).map_err(|error| error.to_string())?;
        let p99 = p99(&model, &numbers, made);
        Ok(vec![
            format!("training {seconds:.1} s"),
            format!("memory {} MB", peak()),
            format!("model {:.1} MB", bytes.len() as f64 / 1e6),
            format!("answer {:.2} ms", p99.as_secs_f64() * 1000.0),
        ])
    }

    /// The greatest memory of this process so far, in MB (proc_pid_status(5)); 0 where the system does not say.
    fn peak() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
    }

    /// As many as there are connections ask at once, as many as there are processors are answered at a time, as a server does it: the
    /// wait counts.
    fn p99(model: &Model, numbers: &[u32], made: &Generated) -> Duration {
        let profiles = made.data.histories.len().max(1);
        let slots = std::sync::Mutex::new(Vec::new());
        let (asking, answered) = std::sync::mpsc::channel::<(usize, Instant)>();
        let answered = std::sync::Mutex::new(answered);
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        // Each connection asks again when it was answered: what is answered is asked anew by whoever answered it.
        for connection in 0..CONNECTIONS {
            let _ = asking.send((connection, Instant::now()));
        }
        std::thread::scope(|scope| {
            for worker in 0..processors {
                let (asking, answered, slots) = (asking.clone(), &answered, &slots);
                scope.spawn(move || {
                    let mut own = Vec::new();
                    for round in 0..EACH * CONNECTIONS / processors {
                        let next = answered.lock().map(|queue| queue.recv());
                        let Ok(Ok((connection, since))) = next else { break };
                        let profile = (round * 7_919 + worker * 104_729 + connection) % profiles;
                        std::hint::black_box(answer(model, numbers, made, profile));
                        own.push(since.elapsed());
                        let _ = asking.send((connection, Instant::now()));
                    }
                    if let Ok(mut all) = slots.lock() {
                        all.extend(own);
                    }
                });
            }
        });
        let mut all = slots.into_inner().unwrap_or_default();
        all.sort_unstable();
        all.get(all.len() * 99 / 100).copied().unwrap_or_default()
    }

    fn answer(model: &Model, numbers: &[u32], made: &Generated, profile: usize) -> usize {
        let number = |title: u32| numbers.get(title as usize).copied().unwrap_or(u32::MAX);
        let history = made.data.histories.row(profile).map(|(title, weight)| Entry { title: number(title), weight });
        let history: Vec<Entry> = history.collect();
        let seen: HashSet<u32> = history.iter().map(|entry| entry.title).collect();
        let taste = model.fold_in(&history);
        let best = taste.best(100, |title| seen.contains(&title));
        best.into_iter().filter(|title| taste.because(*title).is_some()).count()
    }
}
