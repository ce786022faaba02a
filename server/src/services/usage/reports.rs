//! Reports: tables of sums, made of the roll-ups of days, a few documents at a time.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use contract::{
    DispatchExt, Problem,
    storage_plan::ListStorageCosts,
    usage::{Cell, GetReport, REPORT_DAYS, REPORT_ROWS, Report, ReportColumn, ReportKind, Unit},
};
use serde_json::json;
use storage::{
    StoreError,
    documents::{Direction, Find, PAGE_LIMIT},
};
use usage::{ASKERS, dimension::Dimension, tally::Tally, time::Hour};

use super::{
    OF_A_DAY, Usage, calendar, queries,
    reading::{self, Found},
    record::{ACCOUNTS, AccountRecord, BY_HEARD, BY_MONTH, BY_PERIOD, NODES, NodeRecord, ROLLUPS, RollupRecord},
    rollups::{Period, begin_of_id, shard},
};
use crate::context::RequestContext;

/// Rows where nothing is said, but of hours.
const ROWS: u16 = 100;
/// Days where nothing is said, of hours: with today, and the same day a week ago.
const DAYS_OF_HOURS: u64 = 8;
/// In milliseconds.
const OF_AN_HOUR: usize = 60 * 60 * 1000;
/// Documents that are in memory at once.
const AT_ONCE: u32 = 16;

/// Days, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    begin: u64,
    /// When the day after the last one begins.
    end: u64,
}

/// Columns, and the cells of each row.
struct Table {
    columns: Vec<(&'static str, Unit)>,
    rows: Vec<Vec<Cell>>,
    notes: Vec<String>,
}

/// # Errors
/// `invalid_request` where the days are none, or too many; what the stores say.
pub async fn make(service: &Usage, context: &RequestContext, call: &GetReport) -> Result<Report, Problem> {
    let span = span(call, service.clock.millis())?;
    let limit = call.limit.map_or_else(|| rows(call.kind), usize::from);
    let table = match call.kind {
        ReportKind::Totals => totals(service, span).await?,
        ReportKind::Titles => titles(service, span, limit).await?,
        ReportKind::ViewingTime => viewing_time(service, span).await?,
        ReportKind::Hours => hours(service, span, limit).await?,
        ReportKind::Devices => devices(service, span).await?,
        ReportKind::Quality => quality(service, span).await?,
        ReportKind::Accounts => accounts(service, limit).await?,
        ReportKind::Storage => storage(context, span).await?,
        ReportKind::SearchesWithoutAHit => searches(service, span, limit).await?,
    };
    let Gaps { lost, waiting, killed, unreadable } = gaps(service, span).await?;
    let Table { columns, mut rows, mut notes } = table;
    if killed > 0 {
        notes.push(format!(
            "{killed} times a server was killed: what it sent in its last {} seconds is missing.",
            crate::services::recorder::UNTOLD_SECONDS
        ));
    }
    if unreadable > 0 {
        notes.push(format!("What {unreadable} servers lost, or still have to tell, cannot be read."));
    }
    rows.truncate(limit);
    let columns = columns.into_iter().map(|(name, unit)| ReportColumn { name: name.to_owned(), unit }).collect();
    let (from, to) = (calendar::day(span.begin), calendar::day(span.end.saturating_sub(1)));
    Ok(Report { kind: call.kind, from, to, columns, rows, notes, lost, waiting })
}

/// Rows where nothing is said.
fn rows(kind: ReportKind) -> usize {
    if kind == ReportKind::Hours { usize::try_from(REPORT_ROWS).unwrap_or(usize::MAX) } else { usize::from(ROWS) }
}

fn span(call: &GetReport, now: u64) -> Result<Span, Problem> {
    let day = |field: &str, text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => match calendar::begin_of_day(text) {
            Some(begin) => Ok(Some(begin)),
            None => Err(Problem::invalid(field, "is no day of the calendar from 1970 on")),
        },
    };
    let (from, to) = (day("from", &call.from)?, day("to", &call.to)?);
    let of_hours = || calendar::next_day(to.unwrap_or(now)).saturating_sub(DAYS_OF_HOURS * OF_A_DAY);
    let from = from.or_else(|| (call.kind == ReportKind::Hours).then(of_hours));
    let Some(Range { start: begin, end }) = calendar::period(from, to, now) else {
        return Err(Problem::invalid("to", "is before the first day"));
    };
    if (end - begin) / OF_A_DAY > REPORT_DAYS {
        return Err(Problem::invalid("from", format!("is more than {REPORT_DAYS} days before the last day")));
    }
    Ok(Span { begin, end })
}

async fn totals(service: &Usage, span: Span) -> Result<Table, Problem> {
    let mut sum = Tally::default();
    let notes = each(service, span, |_, dimension, tally| {
        if *dimension == Dimension::Total {
            sum.merge(tally);
        }
    })
    .await?;
    let unit = |name: &str| match name {
        "bytes" => Unit::Bytes,
        name if name.ends_with("_millis") => Unit::Milliseconds,
        _ => Unit::Count,
    };
    let columns = sum.numbers().map(|(name, _)| (name, unit(name))).collect();
    let rows = vec![sum.numbers().map(|(_, number)| Cell::Number(number)).collect()];
    Ok(Table { columns, rows, notes })
}

async fn titles(service: &Usage, span: Span, limit: usize) -> Result<Table, Problem> {
    let mut titles = BTreeMap::<String, Tally>::new();
    let mut notes = each(service, span, |_, dimension, tally| {
        if let Dimension::Title(title) = dimension {
            titles.entry(title.clone()).or_default().merge(tally);
        }
    })
    .await?;
    let mut titles: Vec<_> = titles.into_iter().collect();
    titles.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.watched_millis));
    let others = titles.len().saturating_sub(limit);
    notes.extend((others > 0).then(|| format!("{others} more titles were used.")));
    Ok(viewing("title", Unit::Title, titles.into_iter().take(limit).map(|(title, tally)| (Cell::Text(title), tally)), notes))
}

async fn viewing_time(service: &Usage, span: Span) -> Result<Table, Problem> {
    let (days, notes) = by_day(service, span).await?;
    Ok(viewing("day", Unit::Day, days.into_iter().map(|(day, tally)| (Cell::Text(calendar::day(day)), tally)), notes))
}

/// The first hours of a span; those that have not begun are not among them. The documents are asked for by their ids, so that what is read
/// does not grow with the titles.
async fn hours(service: &Usage, span: Span, limit: usize) -> Result<Table, Problem> {
    let end = span.end.min(service.clock.millis().saturating_add(1));
    let shard = shard(&Dimension::Total);
    let begun: Vec<u64> = (span.begin..end).step_by(OF_AN_HOUR).collect();
    let others = begun.len().saturating_sub(limit);
    let mut hours: BTreeMap<u64, Tally> = begun.into_iter().take(limit).map(|at| (at, Tally::default())).collect();
    let ids: Vec<String> = hours.keys().map(|at| Period::Hour.id(*at, &shard)).collect();
    let mut missing = BTreeSet::new();
    for found in reading::get::<RollupRecord>(&*service.documents, &ROLLUPS, &ids).await? {
        note_missing(&found, &mut missing);
        let Some(record) = found.record else { continue };
        if let (Some(hour), Some(total)) = (hours.get_mut(&record.at), record.tallies.get(&Dimension::Total)) {
            hour.merge(total);
        }
    }
    let mut notes = of_missing(&missing);
    notes.extend((others > 0).then(|| format!("{others} later hours are left out.")));
    Ok(viewing("hour", Unit::Hour, hours.into_iter().map(|(at, tally)| (Cell::Text(Hour::of(at).to_string()), tally)), notes))
}

async fn devices(service: &Usage, span: Span) -> Result<Table, Problem> {
    let mut devices = BTreeMap::<&'static str, Tally>::new();
    let notes = each(service, span, |_, dimension, tally| {
        if let Dimension::Device(device) = dimension {
            devices.entry(device.as_str()).or_default().merge(tally);
        }
    })
    .await?;
    let rows = devices.into_iter().map(|(device, tally)| (Cell::Text(device.to_owned()), tally));
    Ok(viewing("device", Unit::Text, rows, notes))
}

/// How much was watched, by something.
fn viewing(name: &'static str, unit: Unit, rows: impl Iterator<Item = (Cell, Tally)>, notes: Vec<String>) -> Table {
    let columns = vec![
        (name, unit),
        ("sessions", Unit::Count),
        ("watched_millis", Unit::Milliseconds),
        ("bytes", Unit::Bytes),
        ("requests", Unit::Count),
    ];
    let rows = rows.map(|(of, tally)| {
        let numbers = [tally.sessions, tally.watched_millis, tally.bytes, tally.requests].map(Cell::Number);
        [of].into_iter().chain(numbers).collect()
    });
    Table { columns, rows: rows.collect(), notes }
}

async fn quality(service: &Usage, span: Span) -> Result<Table, Problem> {
    let columns = vec![
        ("day", Unit::Day),
        ("quality_reports", Unit::Count),
        ("played_millis", Unit::Milliseconds),
        ("first_picture_median", Unit::Milliseconds),
        ("first_picture_p95", Unit::Milliseconds),
        ("stalls", Unit::Count),
        ("stalled_millis", Unit::Milliseconds),
        ("errors", Unit::Count),
        ("bitrate_median", Unit::KilobitsPerSecond),
        ("stalled_per_hour", Unit::Milliseconds),
        ("sessions_with_errors", Unit::Count),
    ];
    let (days, mut notes) = by_day(service, span).await?;
    let rows = days.into_iter().map(|(day, tally)| {
        let known = |value: Option<u64>| value.map_or(Cell::None, Cell::Number);
        vec![
            Cell::Text(calendar::day(day)),
            Cell::Number(tally.quality_reports),
            Cell::Number(tally.played_millis),
            known(tally.first_picture.percentile(50)),
            known(tally.first_picture.percentile(95)),
            Cell::Number(tally.stalls),
            Cell::Number(tally.stalled_millis),
            Cell::Number(tally.errors),
            known(tally.bitrate.percentile(50)),
            known(tally.stalled_per_hour()),
            Cell::Number(tally.sessions_with_errors),
        ]
    });
    notes.push("Medians and percentiles are exact to a sixteenth.".to_owned());
    Ok(Table { columns, rows: rows.collect(), notes })
}

/// Those that watched for longest in this month, whichever days are asked for.
async fn accounts(service: &Usage, limit: usize) -> Result<Table, Problem> {
    let month = calendar::month(service.clock.millis());
    let most = u32::try_from(limit).unwrap_or(PAGE_LIMIT).min(PAGE_LIMIT);
    let (equals, direction) = (vec![json!(month)], Direction::Descending);
    let find = Find { index: BY_MONTH, equals, from: None, direction, after: None, limit: most };
    let page = reading::find::<AccountRecord>(&*service.documents, &ACCOUNTS, find).await?;
    let (mut rows, mut missing) = (Vec::new(), 0_u64);
    for found in page.found {
        let Some(record) = found.record else {
            missing += 1;
            continue;
        };
        missing += u64::from(record.set_aside.is_some());
        let numbers = [record.sessions, record.watched_millis, record.bytes].map(Cell::Number);
        rows.push([Cell::Text(record.account.to_string())].into_iter().chain(numbers).collect());
    }
    let columns = vec![
        ("account", Unit::Account),
        ("sessions", Unit::Count),
        ("watched_millis", Unit::Milliseconds),
        ("bytes", Unit::Bytes),
    ];
    let mut notes = vec![format!("Of the month {month}.")];
    notes.extend((missing > 0).then(|| format!("What {missing} accounts used cannot be read, or not all of it.")));
    Ok(Table { columns, rows, notes })
}

/// What storage plans tell of these days.
async fn storage(context: &RequestContext, span: Span) -> Result<Table, Problem> {
    let day = |at: u64| Some(calendar::day(at));
    let costs = context.send(ListStorageCosts { from: day(span.begin), to: day(span.end.saturating_sub(1)) }).await?;
    let columns = vec![
        ("day", Unit::Day),
        ("per_view_bytes", Unit::Bytes),
        ("flat_bytes", Unit::Bytes),
        ("bytes_out", Unit::Bytes),
        ("auto_per_view", Unit::MinorUnits),
        ("auto_flat", Unit::MinorUnits),
        ("per_view", Unit::MinorUnits),
        ("flat", Unit::MinorUnits),
        ("currency", Unit::Text),
    ];
    let notes = if costs.currency.is_none() { vec!["There are no cost sheets.".to_owned()] } else { Vec::new() };
    let money = |amount: Option<i64>| amount.and_then(|amount| u64::try_from(amount).ok()).map_or(Cell::None, Cell::Number);
    let rows = costs.days.into_iter().map(|day| {
        let amounts = [day.auto_per_view, day.auto_flat, day.per_view, day.flat].map(money);
        let bytes = [day.per_view_bytes, day.flat_bytes, day.bytes_out].map(Cell::Number);
        let currency = costs.currency.clone().map_or(Cell::None, Cell::Text);
        [Cell::Text(day.day)].into_iter().chain(bytes).chain(amounts).chain([currency]).collect()
    });
    Ok(Table { columns, rows: rows.collect(), notes })
}

/// What was searched for and not found, of queries that several asked.
async fn searches(service: &Usage, span: Span, limit: usize) -> Result<Table, Problem> {
    let told = queries::told(&*service.documents, span.begin..span.end, limit).await?;
    let mut notes = vec![format!("A search is listed once {ASKERS} different profiles made it on the same day (UTC).")];
    if told.withheld > 0 {
        notes.push(format!("{} more searches found nothing, of queries that fewer asked or that are not shown.", told.withheld));
    }
    notes.extend(of_missing(&told.missing));
    let columns = vec![("query", Unit::Text), ("times", Unit::Count)];
    let rows = told.queries.into_iter().map(|(query, times)| vec![Cell::Text(query), Cell::Number(times)]);
    Ok(Table { columns, rows: rows.collect(), notes })
}

/// The sums of each day, those on which nothing happened among them, and notes of what is missing.
async fn by_day(service: &Usage, span: Span) -> Result<(BTreeMap<u64, Tally>, Vec<String>), StoreError> {
    let days = (span.begin / OF_A_DAY..span.end / OF_A_DAY).map(|day| (day * OF_A_DAY, Tally::default()));
    let mut days: BTreeMap<u64, Tally> = days.collect();
    let notes = each(service, span, |at, dimension, tally| {
        if *dimension == Dimension::Total {
            days.entry(at).or_default().merge(tally);
        }
    })
    .await?;
    Ok((days, notes))
}

/// Every sum of these days; notes of what is missing.
async fn each(service: &Usage, span: Span, mut take: impl FnMut(u64, &Dimension, &Tally)) -> Result<Vec<String>, StoreError> {
    let (mut missing, mut after) = (BTreeSet::new(), None::<String>);
    loop {
        let (equals, direction) = (vec![json!(Period::Day.name())], Direction::Ascending);
        let from = Some(json!(span.begin));
        let find = Find { index: BY_PERIOD, equals, from, direction, after: after.as_deref(), limit: AT_ONCE };
        let page = reading::find::<RollupRecord>(&*service.documents, &ROLLUPS, find).await?;
        for found in page.found {
            if begin_of_id(&found.id).is_some_and(|at| at >= span.end) {
                return Ok(of_missing(&missing));
            }
            note_missing(&found, &mut missing);
            let Some(record) = found.record else { continue };
            record.tallies.iter().for_each(|(dimension, tally)| take(record.at, dimension, tally));
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(of_missing(&missing)),
        }
    }
}

/// Where sums cannot be read, or not all of them, `missing` has the beginning of their hour or day.
fn note_missing(found: &Found<RollupRecord>, missing: &mut BTreeSet<u64>) {
    if found.record.as_ref().is_none_or(|record| record.set_aside.is_some()) {
        missing.extend(begin_of_id(&found.id));
    }
}

fn of_missing(missing: &BTreeSet<u64>) -> Vec<String> {
    let days: BTreeSet<String> = missing.iter().map(|at| calendar::day(*at)).collect();
    let days: Vec<String> = days.into_iter().collect();
    if days.is_empty() { Vec::new() } else { vec![format!("Some sums of {} cannot be read, and are missing.", days.join(", "))] }
}

/// What is in no sum.
#[derive(Debug, Default)]
struct Gaps {
    /// Events that are lost for good, of processes that lived on these days.
    lost: u64,
    /// Events that wait on machines whose process is gone.
    waiting: u64,
    /// Processes that were killed on these days, or after them.
    killed: u64,
    /// Processes of which that cannot be read.
    unreadable: u64,
}

async fn gaps(service: &Usage, span: Span) -> Result<Gaps, StoreError> {
    let (mut gaps, mut after) = (Gaps::default(), None::<String>);
    loop {
        let (equals, direction) = (Vec::new(), Direction::Descending);
        let find = Find { index: BY_HEARD, equals, from: None, direction, after: after.as_deref(), limit: PAGE_LIMIT };
        let page = reading::find::<NodeRecord>(&*service.documents, &NODES, find).await?;
        for found in page.found {
            let Some(node) = found.record else {
                gaps.unreadable += 1;
                continue;
            };
            let lived = node.heard >= span.begin && node.started < span.end;
            gaps.lost += if lived { node.lost } else { 0 };
            gaps.waiting += if node.is_over { 0 } else { node.journalled.saturating_sub(node.folded) };
            gaps.killed += u64::from(node.was_killed && lived);
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(gaps),
        }
    }
}
