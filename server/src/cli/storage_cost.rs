//! `marquee storage`: what storage would cost by each plan, and what is said and seen of it ([`super::storage_plan`]).

use std::{
    fs::{self, File},
    io::BufReader,
    path::{Path, PathBuf},
    process::ExitCode,
};

use ::storage_plan::{
    calendar::Day,
    evaluate::evaluate,
    generate::{Size, generate},
    market::market,
    optimum::ROUNDS,
    plan::Settings,
    sheet::{SheetError, Sheets, SheetsDocument},
    usage::History,
};
use clap::{Args, Subcommand, ValueEnum};
use contract::{ids::TitleId, storage_plan::StorageChoice};
use runtime::priority;

use super::{
    CommandError, logging,
    opened::{open, tell},
    progress::shown,
    storage_plan,
};
use crate::config::Config;

/// Days that the plan knows before the first one that is billed.
const KNOWN: usize = 90;
const YEAR: usize = 365;
/// The first day of what is made up.
const FIRST: &str = "2025-10-03";

/// Reckons what storing films costs: by what is watched, at a flat rate, or each film where it is cheaper.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  marquee storage evaluate\n  marquee storage evaluate --usage daily.csv --sheets sheets.json\n  marquee storage sheets set sheets.json\n  marquee storage choose auto\n  marquee storage choose flat --title 0123abcd\n  marquee storage plan"
)]
pub struct Arguments {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// What was decided last, and where each title lies and should lie, what saves the most first.
    Plan,
    /// Chooses where titles are to lie: each where it is cheaper, or all in one store. Servers follow within a minute, without a restart.
    Choose {
        choice: Chosen,
        /// One title, by its id; else all that have no choice of their own.
        #[arg(long, value_name = "ID", value_parser = title)]
        title: Option<TitleId>,
    },
    /// What the two stores cost, as JSON.
    Sheets {
        #[command(subcommand)]
        act: SheetsAct,
    },
    /// Replays a year of views, and prints what `auto` costs beside always per view, always flat and the least that hindsight would have
    /// cost. Reads and writes nothing else.
    Evaluate {
        /// What was stored and watched each day, as CSV with the columns `title,day,stored_bytes,bytes_out,requests`; the first 90 days are
        /// what the plan knows at its beginning [default: a year that is made up].
        #[arg(long, value_name = "FILE")]
        usage: Option<PathBuf>,
        /// What the two stores cost, as JSON [default: some pairs as they are offered].
        #[arg(long, value_name = "FILE")]
        sheets: Option<PathBuf>,
        /// Another year of the same kind.
        #[arg(long, default_value_t = 101, conflicts_with = "usage")]
        seed: u64,
        /// Titles of the year that is made up.
        #[arg(long, default_value_t = 1_000, conflicts_with = "usage", value_parser = clap::value_parser!(u32).range(1..=20_000))]
        titles: u32,
    },
}

#[derive(Debug, Subcommand)]
enum SheetsAct {
    /// Prints them as they were written.
    Show,
    /// Writes those of a file in their place; nothing is changed where something is wrong with them.
    Set {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Chosen {
    Auto,
    PerView,
    Flat,
}

impl Arguments {
    /// Whether it is about an installation, and not about files alone.
    pub const fn reads_stores(&self) -> bool {
        !matches!(self.act, Act::Evaluate { .. })
    }
}

fn title(text: &str) -> Result<TitleId, String> {
    text.parse().map_err(|error: contract::ids::InvalidId| error.to_string())
}

pub async fn run(arguments: Arguments, config: Config) -> Result<ExitCode, CommandError> {
    logging::start_quiet(&config.log);
    let (usage, sheets, seed, titles) = match arguments.act {
        Act::Evaluate { usage, sheets, seed, titles } => (usage, sheets, seed, titles),
        act => return of_installation(act, &config).await,
    };
    let work = move || {
        let history = match &usage {
            Some(file) => of_file(file)?,
            None => made(titles, seed)?,
        };
        let pairs = match &sheets {
            Some(file) => vec![(shown(file), read_sheets(file)?)],
            None => offered(&history)?,
        };
        compare(&history, &pairs)
    };
    Ok(tell(priority::run_beside(priority::Work::Later, work).await.map_err(|error| error.to_string()).flatten()))
}

async fn of_installation(act: Act, config: &Config) -> Result<ExitCode, CommandError> {
    let opened = open(config).await?;
    let service = &opened.keeping.storage_plan;
    let outcome = match act {
        Act::Plan => storage_plan::plan(&opened).await,
        Act::Choose { choice, title } => {
            let choice = match choice {
                Chosen::Auto => StorageChoice::Auto,
                Chosen::PerView => StorageChoice::PerView,
                Chosen::Flat => StorageChoice::Flat,
            };
            storage_plan::choose(service, choice, title.as_ref()).await
        }
        Act::Sheets { act: SheetsAct::Show } => storage_plan::show_sheets(service).await,
        Act::Sheets { act: SheetsAct::Set { file } } => storage_plan::set_sheets(service, &file).await,
        Act::Evaluate { .. } => Ok(Vec::new()),
    };
    Ok(tell(outcome))
}

fn compare(history: &History, pairs: &[(String, Sheets)]) -> Result<Vec<String>, String> {
    let mut lines = Vec::new();
    for (name, sheets) in pairs {
        let report = evaluate(history, KNOWN, sheets, Settings::default(), ROUNDS).map_err(|error| error.to_string())?;
        lines.push(name.clone());
        lines.extend(report.to_string().lines().map(|line| format!("  {line}")));
        lines.push(String::new());
    }
    Ok(lines)
}

fn of_file(file: &Path) -> Result<History, String> {
    let refused = |error: &dyn std::fmt::Display| format!("{}: {error}", shown(file));
    let source = File::open(file).map_err(|error| refused(&error))?;
    History::from_csv(BufReader::new(source)).map_err(|error| refused(&error))
}

fn made(titles: u32, seed: u64) -> Result<History, String> {
    let first = Day::parse(FIRST).map_err(|error| error.to_string())?;
    let views = f64::from(titles) / 2.0;
    let titles = usize::try_from(titles).map_err(|error| error.to_string())?;
    Ok(generate(Size { titles, first, days: KNOWN + YEAR, views, seed }))
}

fn read_sheets(file: &Path) -> Result<Sheets, String> {
    let refused = |error: &dyn std::fmt::Display| format!("{}: {error}", shown(file));
    let text = fs::read(file).map_err(|error| refused(&error))?;
    let document: SheetsDocument = serde_json::from_slice(&text).map_err(|error| refused(&error))?;
    document.try_into().map_err(|error: SheetError| refused(&error))
}

/// Pairs of sheets as they are offered, of the size that is stored at first.
fn offered(history: &History) -> Result<Vec<(String, Sheets)>, String> {
    let bytes = history.lifetimes.iter().filter_map(|lifetime| lifetime.days.first()).map(|day| day.stored_bytes);
    // Precise to some megabytes, which is more than steps of terabytes want.
    #[expect(clippy::cast_precision_loss, reason = "a size in terabytes")]
    let terabytes = bytes.sum::<u64>() as f64 / 1e12;
    let named = |(name, document): (&str, SheetsDocument)| {
        let sheets = document.try_into().map_err(|error: SheetError| error.to_string())?;
        Ok((name.to_owned(), sheets))
    };
    market(terabytes).into_iter().map(named).collect()
}
