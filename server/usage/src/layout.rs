//! What reports look like: the columns of each, and its rows.
//!
//! Each row says in `row` what it is of: what the report is by, or `other`, which is the sum of everything that has no row.

use crate::{
    event::Device,
    groups::Ranked,
    histogram::Histogram,
    searches::{ASKERS, Told},
    table::{Cell, Field, Holds, Table},
    tally::Tally,
};

const OTHER: &str = "other";

macro_rules! fields {
    ($($name:literal $holds:ident),* $(,)?) => { &[$(Field { name: $name, holds: Holds::$holds },)*] };
}

const TITLES: &[Field] = fields!["row" Text, "title" Text, "sessions" Number, "watched_millis" Number, "bytes" Number,
    "requests" Number, "listed" Number, "unlisted" Number, "reviews" Number, "half_stars_mean" Decimal];
const DAYS: &[Field] =
    fields!["row" Text, "day" Day, "sessions" Number, "watched_millis" Number, "bytes" Number, "requests" Number];
const DEVICES: &[Field] =
    fields!["row" Text, "device" Text, "sessions" Number, "watched_millis" Number, "bytes" Number, "requests" Number];
const QUALITY: &[Field] = fields!["row" Text, "device" Text, "class" Number, "reports" Number, "played_millis" Number,
    "first_picture_p50_millis" Number, "first_picture_p95_millis" Number, "bitrate_p5_kbps" Number, "bitrate_p50_kbps" Number,
    "stalls" Number, "stalled_millis" Number, "stalled_share" Decimal, "errors" Number,
    "stalled_millis_per_hour" Number, "sessions_with_errors" Number];
const SEARCHES: &[Field] = fields!["row" Text, "query" Text, "times" Number, "queries" Number];
const TOTALS: &[Field] = fields!["name" Text, "value" Number];

pub(crate) fn titles(ranked: Ranked<String>, most: usize) -> Table {
    let cells = |tally: &Tally| {
        let mean = ratio(tally.half_stars, tally.reviews);
        let mut cells = viewing(tally);
        cells.extend([tally.listed.into(), tally.unlisted.into(), tally.reviews.into(), mean.into()]);
        cells
    };
    table(TITLES, ranked, most, ("title", "titles"), |title| vec![title.as_str().into()], cells)
}

pub(crate) fn days(mut ranked: Ranked<i32>, most: usize) -> Table {
    ranked.groups.sort_by_key(|(day, _)| *day);
    table(DAYS, ranked, most, ("day", "days"), |day| vec![Cell::Day(*day)], viewing)
}

pub(crate) fn devices(ranked: Ranked<Device>, most: usize) -> Table {
    table(DEVICES, ranked, most, ("device", "devices"), |device| vec![device.as_str().into()], viewing)
}

pub(crate) fn quality(ranked: Ranked<(Device, u64)>, most: usize) -> Table {
    let cells = |tally: &Tally| {
        let of = |histogram: &Histogram, percent| Cell::from(histogram.percentile(percent));
        let share = ratio(tally.stalled_millis, tally.stalled_millis.saturating_add(tally.played_millis));
        vec![
            tally.quality_reports.into(),
            tally.played_millis.into(),
            of(&tally.first_picture, 50),
            of(&tally.first_picture, 95),
            of(&tally.bitrate, 5),
            of(&tally.bitrate, 50),
            tally.stalls.into(),
            tally.stalled_millis.into(),
            share.into(),
            tally.errors.into(),
            tally.stalled_per_hour().into(),
            tally.sessions_with_errors.into(),
        ]
    };
    let keys = |(device, class): &(Device, u64)| vec![device.as_str().into(), (*class).into()];
    let mut table = table(QUALITY, ranked, most, ("device_class", "pairs of device and class"), keys, cells);
    table.notes.push(format!("Percentiles are right within {} % of their value.", Histogram::ERROR * 100.0));
    table
}

pub(crate) fn searches(told: Told, most: usize) -> Table {
    let mut rows: Vec<Vec<Cell>> = Vec::with_capacity(told.queries.len());
    rows.extend(told.queries.into_iter().map(|(query, times)| vec!["query".into(), Cell::Text(query), times.into(), 1.into()]));
    let mut notes = vec![format!("A search is listed once {ASKERS} different profiles made it on the same day (UTC).")];
    let (queries, times) = told.left;
    if queries > 0 {
        rows.push(vec![OTHER.into(), Cell::Empty, times.into(), (queries as u64).into()]);
        notes.push(format!("{queries} queries are summed as other: fewer profiles asked them, or more are shown."));
    }
    if told.without_a_place > 0 {
        rows.push(vec![OTHER.into(), Cell::Empty, told.without_a_place.into(), Cell::Empty]);
        let times = told.without_a_place;
        notes.push(format!("{times} searches are of queries after the first {most}, or of queries that are empty or too long."));
    }
    Table { columns: SEARCHES, rows, notes }
}

pub(crate) fn totals(tally: &Tally) -> Table {
    let percentiles = [
        ("first_picture_p50_millis", tally.first_picture.percentile(50)),
        ("first_picture_p95_millis", tally.first_picture.percentile(95)),
        ("bitrate_p50_kbps", tally.bitrate.percentile(50)),
    ];
    let numbers = tally.numbers().map(|(name, value)| (name, Some(value))).chain(percentiles);
    let rows = numbers.map(|(name, value)| vec![name.into(), value.into()]).collect();
    let notes = vec![format!("Percentiles are right within {} % of their value.", Histogram::ERROR * 100.0)];
    Table { columns: TOTALS, rows, notes }
}

fn viewing(tally: &Tally) -> Vec<Cell> {
    vec![tally.sessions.into(), tally.watched_millis.into(), tally.bytes.into(), tally.requests.into()]
}

fn table<K>(
    columns: &'static [Field],
    ranked: Ranked<K>,
    most: usize,
    (name, plural): (&str, &str),
    keys: impl Fn(&K) -> Vec<Cell>,
    cells: impl Fn(&Tally) -> Vec<Cell>,
) -> Table {
    let mut rows: Vec<Vec<Cell>> = Vec::with_capacity(ranked.groups.len());
    rows.extend(ranked.groups.iter().map(|(key, tally)| [vec![name.into()], keys(key), cells(tally)].concat()));
    let mut notes = Vec::new();
    if ranked.other.events > 0 {
        let sums = cells(&ranked.other);
        let empty = columns.len().saturating_sub(sums.len()).saturating_sub(1);
        rows.push([vec![OTHER.into()], vec![Cell::Empty; empty], sums].concat());
    }
    if ranked.left > 0 {
        notes.push(format!("{} {plural} are not shown by themselves, and summed as other.", ranked.left));
    }
    if ranked.without_a_place > 0 {
        let events = ranked.without_a_place;
        notes.push(format!("{events} events are of {plural} after the first {most}, and summed as other."));
    }
    Table { columns, rows, notes }
}

/// To three digits; nothing of nothing.
fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 1000.0).round() / 1000.0)
}
