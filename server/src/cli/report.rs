//! `marquee report`: tables of the raw events, in forms that other programs read.

use std::{fs::File, io, ops::Range, path::PathBuf, process::ExitCode};

use clap::{Args, ValueEnum};
use usage::{
    report::Kind,
    table::{Cell, Field, Holds, Table, TableError},
};

use super::{
    CommandError, logging,
    opened::{Opened, open, tell},
    output,
    progress::shown,
};
use crate::{
    assemble::open_stores,
    config::Config,
    services::{playback, usage as service, usage::raw},
};

/// Prints a report of what was watched, from the events themselves, in constant memory.
///
/// Kinds are titles, viewing_time, devices, quality, searches_without_a_hit and totals, and storage: what lay where and what that cost, in minor units, which is
/// of the days that storage plans know. What else is reported is what servers have written as
/// Parquet: all but the last five minutes. Times are in milliseconds, days are of UTC.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  marquee report titles --from 2026-11-01 --to 2026-11-30\n  marquee report quality --format parquet --output quality.parquet"
)]
pub struct Arguments {
    #[arg(value_parser = what, required_unless_present = "measure")]
    kind: Option<What>,
    /// Measures what it costs to collect usage, on stores of its own, in place of a report; takes some seconds.
    #[arg(long, conflicts_with = "kind")]
    measure: bool,
    /// The first day [default: six days before the last].
    #[arg(long, value_name = "DAY", value_parser = raw::day)]
    from: Option<u64>,
    /// The last day, itself included [default: today].
    #[arg(long, value_name = "DAY", value_parser = raw::day)]
    to: Option<u64>,
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// The file to write [default: standard output].
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// What a report is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Events(Kind),
    Storage,
}

fn what(name: &str) -> Result<What, String> {
    match name {
        "storage" => Ok(What::Storage),
        name => name.parse().map(What::Events).map_err(|error: usage::report::NoReport| error.to_string()),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Csv,
    Jsonl,
    Parquet,
}

pub async fn run(arguments: Arguments, config: Config) -> Result<ExitCode, CommandError> {
    logging::start_quiet(&config.log);
    let Some(kind) = arguments.kind else { return Ok(tell(measure().await)) };
    let made = match (kind, raw::period(arguments.from, arguments.to, runtime::clock::Clock::default().millis())) {
        (_, None) => Err("the first day is after the last".to_owned()),
        (What::Events(kind), Some(period)) => {
            let stores = open_stores(&config, &storage::events::Events::default()).await?;
            raw::report((&*stores.documents, &stores.objects), kind, period).await
        }
        (What::Storage, Some(period)) => of_storage(&open(&config).await?, period).await,
    };
    let written = made.and_then(|table| {
        table.notes.iter().for_each(|note| output::note(note));
        write(&table, &arguments).map_err(|error| match &arguments.output {
            Some(file) => format!("{}: {error}", shown(file)),
            None => error.to_string(),
        })
    });
    Ok(tell(written.map(|()| Vec::new())))
}

/// The columns of the report about storage.
const STORAGE: &[Field] = &[
    Field { name: "day", holds: Holds::Text },
    Field { name: "per_view_bytes", holds: Holds::Number },
    Field { name: "flat_bytes", holds: Holds::Number },
    Field { name: "bytes_out", holds: Holds::Number },
    Field { name: "auto_per_view", holds: Holds::Number },
    Field { name: "auto_flat", holds: Holds::Number },
    Field { name: "per_view", holds: Holds::Number },
    Field { name: "flat", holds: Holds::Number },
    Field { name: "currency", holds: Holds::Text },
];

async fn of_storage(opened: &Opened, period: Range<u64>) -> Result<Table, String> {
    let costs = opened.keeping.storage_plan.costs_of(period).await.map_err(|problem| problem.title)?;
    // What has no bill is no 0.
    let money = |amount: Option<i64>| amount.and_then(|amount| u64::try_from(amount).ok()).map_or(Cell::Empty, Cell::Number);
    let rows = costs.days.into_iter().map(|day| {
        vec![
            Cell::Text(day.day),
            Cell::Number(day.per_view_bytes),
            Cell::Number(day.flat_bytes),
            Cell::Number(day.bytes_out),
            money(day.auto_per_view),
            money(day.auto_flat),
            money(day.per_view),
            money(day.flat),
            costs.currency.clone().map_or(Cell::Empty, Cell::Text),
        ]
    });
    let notes = if costs.currency.is_none() { vec!["There are no cost sheets.".to_owned()] } else { Vec::new() };
    Ok(Table { columns: STORAGE, rows: rows.collect(), notes })
}

/// Lines of a name, a figure and its unit.
async fn measure() -> Result<Vec<String>, String> {
    let request = playback::cost::nanoseconds_of_a_request().ok_or("a session cannot be made")?;
    let of = service::cost::figures().await?;
    Ok(vec![
        format!("request {request:.1} ns"),
        format!("stream {} events", of.told),
        format!("stream_dropped {} events", of.dropped),
        format!("stream_processor {:.1} us", of.micros),
        format!("at_once {} events", of.at_once),
        format!("at_once_dropped {} events", of.dropped_at_once),
        format!("unaccounted {} events", of.unaccounted),
    ])
}

fn write(table: &Table, arguments: &Arguments) -> Result<(), TableError> {
    let to: Box<dyn io::Write + Send> = match &arguments.output {
        Some(file) => Box::new(io::BufWriter::new(File::create(file)?)),
        None => Box::new(io::BufWriter::new(io::stdout())),
    };
    let format = match arguments.format {
        Format::Csv => raw::Format::Csv,
        Format::Jsonl => raw::Format::Jsonl,
        Format::Parquet => raw::Format::Parquet,
    };
    raw::write(table, format, to)
}
