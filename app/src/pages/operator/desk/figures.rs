//! What reports say, as the desk shows it: pure, from tables of sums to charts, lines and sentences. The account page tells
//! times and sizes in the same words.
//!
//! Columns are found by their names, so that a report may gain others. Must never show what is not known as nothing.

use contract::usage::{Cell, Report};

use crate::parts::charts::{ChartData, Series};

const HOURS_OF_A_DAY: usize = 24;
const OF_A_SECOND: f64 = 1000.0;
const OF_A_MINUTE: f64 = 60_000.0;
const OF_AN_HOUR: f64 = 3_600_000.0;

/// What of viewing is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    Watched,
    Sessions,
    Bytes,
}

impl Measure {
    pub const ALL: [Self; 3] = [Self::Watched, Self::Sessions, Self::Bytes];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Watched => "Time watched",
            Self::Sessions => "Films begun",
            Self::Bytes => "Video sent",
        }
    }

    const fn column(self) -> &'static str {
        match self {
            Self::Watched => "watched_millis",
            Self::Sessions => "sessions",
            Self::Bytes => "bytes",
        }
    }

    /// A value as one reads it.
    pub fn words(self, value: f64) -> String {
        match self {
            Self::Watched => time(value),
            Self::Sessions => number(value),
            Self::Bytes => bytes(value),
        }
    }

    /// How large the unit is in which a scale up to `most` has round lines.
    pub fn unit_of_scale(self, most: f64) -> f64 {
        match self {
            Self::Watched if most < OF_A_MINUTE => OF_A_SECOND,
            Self::Watched if most < OF_AN_HOUR => OF_A_MINUTE,
            Self::Watched => OF_AN_HOUR,
            Self::Sessions | Self::Bytes => 1.0,
        }
    }
}

/// A day by its hours, beside the same day a week before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TwoDays {
    pub chart: ChartData,
    /// Up to now.
    pub today: f64,
    /// Up to the last whole hour: one that has just begun is compared with nothing.
    pub whole_hours: f64,
    /// A week ago, up to the same hour.
    pub a_week_ago: f64,
}

/// Of the report of hours: its last day, and its first.
pub fn two_days(report: &Report, measure: Measure) -> TwoDays {
    let of = |day: &str| -> Vec<Option<f64>> {
        let rows = report.rows.iter().filter(|row| text(report, row, "hour").is_some_and(|hour| hour.starts_with(day)));
        rows.map(|row| cell(report, row, measure.column())).take(HOURS_OF_A_DAY).collect()
    };
    let (today, before) = (of(&report.to), of(&report.from));
    let whole = today.len().saturating_sub(1);
    let sum = |values: &[Option<f64>], hours: usize| values.iter().take(hours).flatten().sum();
    let was_there = before.iter().flatten().any(|value| *value > 0.0);
    TwoDays {
        today: sum(&today, today.len()),
        whole_hours: sum(&today, whole),
        a_week_ago: sum(&before, whole),
        chart: ChartData {
            places: (0..HOURS_OF_A_DAY).map(|hour| format!("{hour:02}:00")).collect(),
            every: 6,
            of: "Hour (UTC)",
            // Nothing all day may as well be a day on which no server ran.
            series: [("Today", today, true), ("A week ago", before, was_there)]
                .into_iter()
                .filter(|(_, _, is_drawn)| *is_drawn)
                .map(|(name, values, _)| Series { name: name.to_owned(), values })
                .collect(),
        },
    }
}

impl TwoDays {
    /// For whoever does not see the chart.
    pub fn sentence(&self, measure: Measure) -> String {
        let (today, before) = (measure.words(self.today), measure.words(self.a_week_ago));
        format!("{} by the hour: {today} today so far, {before} by this hour a week ago.", measure.name())
    }
}

/// How much more or less that is than before: `12 % more`. Nothing where there was nothing before.
pub fn change(now: f64, before: f64) -> Option<String> {
    if before <= 0.0 {
        return None;
    }
    let percent = ((now / before - 1.0) * 100.0).round();
    Some(match percent {
        0.0 => "the same".to_owned(),
        // All but all is not all.
        -100.0 if now > 0.0 => "more than 99 % less".to_owned(),
        more if more > 0.0 => format!("{} % more", number(more)),
        less => format!("{} % less", number(-less)),
    })
}

/// Columns of a report by the day, as a chart.
pub fn by_day(report: &Report, columns: &[(&'static str, &str)]) -> ChartData {
    let series = |(column, name): &(&'static str, &str)| Series {
        name: (*name).to_owned(),
        values: report.rows.iter().map(|row| cell(report, row, column)).collect(),
    };
    ChartData {
        places: report.rows.iter().map(|row| day(text(report, row, "day").unwrap_or_default())).collect(),
        every: report.rows.len().div_ceil(7),
        of: "Day (UTC)",
        series: columns.iter().map(series).collect(),
    }
}

/// The sum of a column; nothing where the report has none such.
pub fn sum(report: &Report, column: &str) -> Option<f64> {
    report
        .columns
        .iter()
        .any(|there| there.name == column)
        .then(|| report.rows.iter().filter_map(|row| cell(report, row, column)).sum())
}

/// The last value of a column that is known.
pub fn last(report: &Report, column: &str) -> Option<f64> {
    report.rows.iter().rev().find_map(|row| cell(report, row, column))
}

/// How often that happened in an hour of film: `0.4`.
pub fn an_hour(count: Option<f64>, millis: Option<f64>) -> Option<String> {
    let (count, hours) = (count?, millis? / OF_AN_HOUR);
    (hours > 0.0).then(|| rounded(count / hours))
}

pub fn cell(report: &Report, row: &[Cell], column: &str) -> Option<f64> {
    match row.get(report.columns.iter().position(|there| there.name == column)?)? {
        Cell::Number(number) => Some(*number as f64),
        Cell::Text(_) | Cell::None => None,
    }
}

pub fn text<'a>(report: &Report, row: &'a [Cell], column: &str) -> Option<&'a str> {
    match row.get(report.columns.iter().position(|there| there.name == column)?)? {
        Cell::Text(text) => Some(text),
        Cell::Number(_) | Cell::None => None,
    }
}

/// `29 Nov`, of `2026-11-29`; what is no day stays as it is.
pub fn day(text: &str) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut parts = text.split('-').skip(1).map(|part| part.parse::<usize>().ok());
    let month = parts.next().flatten().and_then(|month| MONTHS.get(month.checked_sub(1)?));
    match (month, parts.next().flatten()) {
        (Some(month), Some(day)) => format!("{day} {month}"),
        _ => text.to_owned(),
    }
}

/// Milliseconds of film: `12 min`, `3 min 30 s`, `3.4 h`, `1,204 h`.
pub fn time(millis: f64) -> String {
    match millis {
        none if none <= 0.0 => "0 min".to_owned(),
        seconds if seconds < OF_A_MINUTE => format!("{} s", rounded(seconds / OF_A_SECOND)),
        minutes if minutes < OF_AN_HOUR => minutes_and_seconds((minutes / OF_A_SECOND).floor()),
        hours => format!("{} h", rounded(hours / OF_AN_HOUR)),
    }
}

/// Less than an hour; seconds are told as far as they tell something.
fn minutes_and_seconds(seconds: f64) -> String {
    let (minutes, rest) = ((seconds / 60.0).floor(), seconds % 60.0);
    if rest == 0.0 || minutes >= 10.0 { format!("{minutes:.0} min") } else { format!("{minutes:.0} min {rest:.0} s") }
}

/// A short time in milliseconds: `850 ms`, `1.4 s`.
pub fn short_time(millis: f64) -> String {
    if millis < 1000.0 { format!("{} ms", rounded(millis)) } else { format!("{} s", rounded(millis / 1000.0)) }
}

/// Bytes by thousands: `1.4 GB`.
pub fn bytes(count: f64) -> String {
    let mut rest = count;
    for unit in ["B", "kB", "MB", "GB", "TB"] {
        if rest < 999.5 {
            return format!("{} {unit}", rounded(rest));
        }
        rest /= 1000.0;
    }
    format!("{} PB", rounded(rest))
}

/// Kilobits a second: `820 kbit/s`, `4.2 Mbit/s`.
pub fn bit_rate(kilobits: f64) -> String {
    if kilobits < 999.5 { format!("{} kbit/s", rounded(kilobits)) } else { format!("{} Mbit/s", rounded(kilobits / 1000.0)) }
}

/// `3,213`.
pub fn number(value: f64) -> String {
    let whole = format!("{:.0}", value.max(0.0));
    whole.parse().map_or(whole, crate::parts::words::count)
}

/// As many digits as one reads at a glance: `0.42`, `3.4`, `12`, `1,204`.
fn rounded(value: f64) -> String {
    let digits = match value {
        small if small < 1.0 => 2,
        few if few < 10.0 => 1,
        _ => return number(value),
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use contract::usage::{ReportColumn, ReportKind, Unit};

    use super::*;

    fn report(names: &[&str], rows: Vec<Vec<Cell>>) -> Report {
        let columns = names.iter().map(|name| ReportColumn { name: (*name).to_owned(), unit: Unit::Count }).collect();
        let (from, to) = ("2026-11-22".to_owned(), "2026-11-29".to_owned());
        Report { kind: ReportKind::Hours, from, to, columns, rows, notes: Vec::new(), lost: 0, waiting: 0 }
    }

    fn hour(text: &str, sessions: u64) -> Vec<Cell> {
        vec![Cell::Text(text.to_owned()), Cell::Number(sessions)]
    }

    #[test]
    fn today_is_compared_with_the_same_day_a_week_ago_up_to_the_same_hour() {
        let week_ago = (0..24).map(|at| hour(&format!("2026-11-22T{at:02}"), at));
        let between = (0..24).map(|at| hour(&format!("2026-11-25T{at:02}"), 100));
        let today = (0..3).map(|at| hour(&format!("2026-11-29T{at:02}"), 5));
        let report = report(&["hour", "sessions"], week_ago.chain(between).chain(today).collect());
        let days = two_days(&report, Measure::Sessions);
        assert_eq!((days.today, days.whole_hours, days.a_week_ago), (15.0, 10.0, 1.0), "the third hour has only begun");
        let [now, before] = &days.chart.series[..] else { panic!("{days:?}") };
        assert_eq!((now.values.len(), before.values.len(), days.chart.places.len()), (3, 24, 24));
        assert_eq!(days.sentence(Measure::Sessions), "Films begun by the hour: 15 today so far, 1 by this hour a week ago.");
        let first = two_days(&Report { rows: report.rows[24..].to_vec(), ..report.clone() }, Measure::Sessions);
        assert_eq!(first.chart.series.len(), 1, "a day of which nothing is known is not drawn");
        assert_eq!(two_days(&report, Measure::Bytes).chart.series[0].values, [None, None, None], "a column that is not there");
    }

    #[test]
    fn what_is_not_known_is_no_nothing() {
        let rows = vec![
            vec![Cell::Text("2026-11-28".into()), Cell::Number(800), Cell::Number(2)],
            vec![Cell::Text("2026-11-29".into()), Cell::None, Cell::Number(0)],
        ];
        let report = report(&["day", "first_picture_median", "stalls"], rows);
        let chart = by_day(&report, &[("first_picture_median", "Median")]);
        assert_eq!(
            (chart.places, chart.series[0].values.clone()),
            (vec!["28 Nov".into(), "29 Nov".into()], vec![Some(800.0), None])
        );
        assert_eq!(
            (last(&report, "first_picture_median"), sum(&report, "stalls"), sum(&report, "errors")),
            (Some(800.0), Some(2.0), None)
        );
        assert_eq!((an_hour(Some(2.0), Some(0.0)), an_hour(Some(2.0), Some(7_200_000.0))), (None, Some("1".into())));
    }

    #[test]
    fn a_change_is_told_where_there_is_something_to_compare_with() {
        assert_eq!(change(5.0, 0.0), None);
        assert_eq!(change(5.0, 4.0).as_deref(), Some("25 % more"));
        assert_eq!(change(0.0, 4.0).as_deref(), Some("100 % less"));
        assert_eq!(change(0.01, 4.0).as_deref(), Some("more than 99 % less"));
        assert_eq!(change(1.0, 1.001).as_deref(), Some("the same"));
    }

    #[test]
    fn figures_have_as_many_digits_as_one_reads_at_a_glance() {
        let times = [0.0, 59_000.0, 90_000.0, 210_000.0, 240_000.0, 725_000.0, 5_400_000.0, 4.5e9].map(time);
        assert_eq!(times, ["0 min", "59 s", "1 min 30 s", "3 min 30 s", "4 min", "12 min", "1.5 h", "1,250 h"]);
        assert_eq!([0.0, 999.0, 1_000.0, 12_345_678.0, 1.0e18].map(bytes), ["0 B", "999 B", "1 kB", "12 MB", "1,000 PB"]);
        assert_eq!([850.0, 1400.0].map(short_time), ["850 ms", "1.4 s"]);
        assert_eq!([820.0, 4200.0].map(bit_rate), ["820 kbit/s", "4.2 Mbit/s"]);
        assert_eq!([0.0, 0.424, 3213.0].map(rounded), ["0", "0.42", "3,213"]);
    }

    #[test]
    fn days_are_said_shortly() {
        assert_eq!(["2026-11-29", "2026-01-05", "2026-13-01", ""].map(day), ["29 Nov", "5 Jan", "2026-13-01", ""]);
    }
}
