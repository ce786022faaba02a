//! `marquee report`: tables of the raw events, in forms that other programs read.

use std::{fs::File, io, path::PathBuf, process::ExitCode};

use clap::{Args, ValueEnum};
use usage::{
    report::Kind,
    table::{Table, TableError},
};

use super::{CommandError, logging, opened::tell, output, progress::shown};
use crate::{assemble::open_stores, config::Config, services::usage::raw};

/// Prints a report of what was watched, from the events themselves, in constant memory.
///
/// Kinds are titles, viewing_time, devices, quality, searches_without_a_hit and totals. What is reported is what servers have written as
/// Parquet: all but the last five minutes. Times are in milliseconds, days are of UTC.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  marquee report titles --from 2026-11-01 --to 2026-11-30\n  marquee report quality --format parquet --output quality.parquet"
)]
pub struct Arguments {
    kind: Kind,
    /// The first day [default: the last one].
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Csv,
    Jsonl,
    Parquet,
}

pub async fn run(arguments: Arguments, config: Config) -> Result<ExitCode, CommandError> {
    logging::start_quiet(&config.log);
    let stores = open_stores(&config, &storage::events::Events::default()).await?;
    let period = raw::period(arguments.from, arguments.to, runtime::clock::Clock::default().millis());
    let made = raw::report(&stores.objects, arguments.kind, period).await;
    let written = made.and_then(|table| {
        table.notes.iter().for_each(|note| output::note(note));
        write(&table, &arguments).map_err(|error| match &arguments.output {
            Some(file) => format!("{}: {error}", shown(file)),
            None => error.to_string(),
        })
    });
    Ok(tell(written.map(|()| Vec::new())))
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
