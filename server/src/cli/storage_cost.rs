//! `marquee storage`: what storage would cost by each plan.

use std::{
    fs::{self, File},
    io::BufReader,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand};
use runtime::priority;
use storage_plan::{
    calendar::Day,
    evaluate::evaluate,
    generate::{Size, generate},
    market::market,
    optimum::ROUNDS,
    plan::Settings,
    sheet::{Sheets, SheetsDocument},
    usage::History,
};

use super::{CommandError, logging, opened::tell, progress::shown};
use crate::config::Config;

/// Days that the plan knows before the first one that is billed.
const KNOWN: usize = 90;
const YEAR: usize = 365;
/// The first day of what is made up.
const FIRST: &str = "2025-10-03";

/// Reckons what storing films costs: by what is watched, at a flat rate, or each film where it is cheaper.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  marquee storage evaluate\n  marquee storage evaluate --usage daily.csv --sheets sheets.json"
)]
pub struct Arguments {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
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

pub async fn run(arguments: Arguments, config: Config) -> Result<ExitCode, CommandError> {
    logging::start_quiet(&config.log);
    let Act::Evaluate { usage, sheets, seed, titles } = arguments.act;
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
    document.try_into().map_err(|error: storage_plan::sheet::SheetError| refused(&error))
}

/// Pairs of sheets as they are offered, of the size that is stored at first.
fn offered(history: &History) -> Result<Vec<(String, Sheets)>, String> {
    let bytes = history.lifetimes.iter().filter_map(|lifetime| lifetime.days.first()).map(|day| day.stored_bytes);
    // Precise to some megabytes, which is more than steps of terabytes want.
    #[expect(clippy::cast_precision_loss, reason = "a size in terabytes")]
    let terabytes = bytes.sum::<u64>() as f64 / 1e12;
    let named = |(name, document): (&str, SheetsDocument)| {
        let sheets = document.try_into().map_err(|error: storage_plan::sheet::SheetError| error.to_string())?;
        Ok((name.to_owned(), sheets))
    };
    market(terabytes).into_iter().map(named).collect()
}
