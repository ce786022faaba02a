//! `marquee statement`: what accounts owe for a month, as a file for whoever writes invoices.

use std::{fs, path::PathBuf, process::ExitCode};

use clap::{Args, ValueEnum};
use contract::Problem;

use super::{
    CommandError, logging,
    opened::{Opened, open, tell},
    output,
    progress::shown,
};
use crate::{
    config::Config,
    services::{
        identity::viewers,
        statements::{Made, Statements, rows},
    },
};

/// Prints what each account owes for a month, by its plan and by what it used. No payment is taken.
///
/// An account of which something cannot be read is named, and has no amount.
/// A month that is over is reckoned by the plan and the price that held at its end, and does not change any more, but for what a server that was killed tells
/// when it is started again. Accounts that are disabled go on owing: who should owe nothing is given a plan without a price. Amounts are whole minor units: cents, where a hundred of them are one unit.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  marquee statement --month 2026-11 --format csv --output november.csv")]
pub struct Arguments {
    /// `2026-11`; of UTC.
    #[arg(long)]
    month: String,
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// The file to write [default: standard output].
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A row for each line of a statement.
    Csv,
    /// A line of JSON for each statement, and for each account that is left out: that one says `why`.
    Jsonl,
}

pub async fn run(arguments: Arguments, config: Config) -> Result<ExitCode, CommandError> {
    logging::start_quiet(&config.log);
    let opened = open(&config).await?;
    let Arguments { month, format, output: file } = arguments;
    let made = make(&opened, &month).await.and_then(|made| print(&made, format));
    Ok(tell(made.and_then(|text| match &file {
        Some(file) => {
            fs::write(file, text).map_err(|error| format!("{}: {error}", shown(file)))?;
            Ok(Vec::new())
        }
        None => Ok(text.lines().map(ToOwned::to_owned).collect()),
    })))
}

/// Those of all accounts, by login.
async fn make(opened: &Opened, month: &str) -> Result<Made, String> {
    let statements: &Statements = &opened.keeping.statements;
    let (mut made, mut after) = (Made::default(), None::<String>);
    loop {
        let page = viewers::accounts(&*opened.stores.documents, after.as_deref()).await;
        let (accounts, next) = page.map_err(|error| error.to_string())?;
        let Made { statements, left_out } = statements.of(&accounts, month).await.map_err(|problem| in_words(&problem))?;
        made.statements.extend(statements);
        made.left_out.extend(left_out);
        match next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    made.statements.sort_by(|one, other| one.login.cmp(&other.login));
    made.left_out.sort_by(|one, other| one.login.cmp(&other.login));
    output::note(&format!("{} accounts owe something for {month}", made.statements.len()));
    for left_out in &made.left_out {
        output::note(&format!("{} is left out, and may owe something: {}", left_out.login, left_out.why));
    }
    Ok(made)
}

fn print(Made { statements, left_out }: &Made, format: Format) -> Result<String, String> {
    match format {
        Format::Csv => rows(statements, left_out, true).map_err(|problem| problem.title),
        Format::Jsonl => {
            let lines = statements.iter().map(serde_json::to_string).chain(left_out.iter().map(serde_json::to_string));
            let lines = lines.collect::<Result<Vec<_>, _>>();
            Ok(lines.map_err(|error| error.to_string())?.iter().map(|line| format!("{line}\n")).collect())
        }
    }
}

fn in_words(problem: &Problem) -> String {
    let fields = problem.fields.iter().map(|field| format!(" {}: {}.", field.field, field.message));
    format!("{}{}", problem.title, fields.collect::<String>())
}
