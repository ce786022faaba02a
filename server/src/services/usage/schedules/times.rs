//! When a report is due, and which days it covers: cron expressions of five fields, in UTC.

use std::ops::Range;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use contract::usage::ReportDays;
use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};

use crate::services::usage::{OF_A_DAY, calendar};

/// What an expression is that is none.
const FIELDS: &str = "five fields like `0 6 * * MON`";

/// A cron expression that comes again and again.
#[derive(Clone, Debug)]
pub struct Times(Cron);

impl Times {
    /// Reads an expression that is stored: also a name in place of the fields (`@daily`), which an older build took.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn read(text: &str) -> Result<Self, String> {
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        Ok(Self(parser.parse(text).map_err(|error| format!("{FIELDS}: {error}"))?))
    }

    /// Reads an expression of five fields that comes after `now`. Of one that never comes that is known once three thousand years were looked
    /// through: it takes a part of a second.
    ///
    /// # Errors
    /// As [`Times::read`].
    pub fn parse(text: &str, now: u64) -> Result<Self, String> {
        if text.split_whitespace().count() != 5 {
            return Err(FIELDS.to_owned());
        }
        let times = Self::read(text)?;
        if times.next(now, 1).is_empty() {
            Err("an expression that comes at some time: it never does".to_owned())
        } else {
            Ok(times)
        }
    }

    /// The last time up to `now`, itself included, in milliseconds since 1970.
    pub fn last(&self, now: u64) -> Option<u64> {
        millis(self.0.find_previous_occurrence(&instant(now)?, true).ok()?)
    }

    /// The next times after `now`.
    pub fn next(&self, now: u64, count: usize) -> Vec<u64> {
        let Some(now) = instant(now) else { return Vec::new() };
        self.0.iter_after(now).take(count).filter_map(millis).collect()
    }
}

/// The days that a report covers which is due at an instant, from the begin of the first to the end of the last, in milliseconds since 1970;
/// and what it is called. One has the same name however often it is written.
pub fn period(days: ReportDays, due: u64) -> Option<(Range<u64>, String)> {
    let today = due / OF_A_DAY * OF_A_DAY;
    let span = |from: u64| (from..today, format!("{}_{}", calendar::day(from), calendar::day(today - OF_A_DAY)));
    match days {
        ReportDays::Yesterday => {
            let from = today.checked_sub(OF_A_DAY)?;
            Some((from..today, calendar::day(from)))
        }
        ReportDays::Last7Days => today.checked_sub(7 * OF_A_DAY).map(span),
        ReportDays::LastMonth => {
            let end = instant(today)?.date_naive().with_day(1)?;
            let from = end.pred_opt()?.with_day(1)?;
            let (from, end) = (begin(from)?, begin(end)?);
            Some((from..end, calendar::month(from)))
        }
    }
}

fn begin(date: NaiveDate) -> Option<u64> {
    millis(date.and_hms_opt(0, 0, 0)?.and_utc())
}

fn instant(millis: u64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(i64::try_from(millis).ok()?)
}

fn millis(at: DateTime<Utc>) -> Option<u64> {
    u64::try_from(at.timestamp_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> u64 {
        u64::try_from(DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()).unwrap()
    }

    #[test]
    fn times_are_of_utc_also_where_clocks_are_changed_and_a_weekday_or_a_day_of_the_month_is_enough() {
        // The night in which clocks in Europe go forward, at 1:00 of UTC.
        let times = Times::parse("30 1 * * *", 0).unwrap();
        let night = at("2026-03-29T00:00:00Z");
        assert_eq!(times.next(night, 2), [at("2026-03-29T01:30:00Z"), at("2026-03-30T01:30:00Z")]);
        assert_eq!(times.last(at("2026-03-29T01:30:00Z")), Some(at("2026-03-29T01:30:00Z")));
        assert_eq!(times.last(at("2026-03-29T01:29:59Z")), Some(at("2026-03-28T01:30:00Z")));
        // As POSIX has it: the first of the month, and every Monday.
        let times = Times::parse("0 6 1 * MON", 0).unwrap();
        let sunday = at("2026-11-29T20:00:00Z");
        assert_eq!(times.next(sunday, 3), ["2026-11-30T06:00:00Z", "2026-12-01T06:00:00Z", "2026-12-07T06:00:00Z"].map(at));
    }

    #[test]
    fn an_expression_of_more_or_fewer_fields_and_one_that_never_comes_are_refused_in_words() {
        assert!(Times::read("@yearly").is_ok(), "one that is stored");
        for text in ["", "@yearly", "* * * *", "0 0 6 * * MON", "0 6 * * MON 2027", "61 * * * *", "nonsense", "0 0 31 2 *"] {
            let error = Times::parse(text, 0).unwrap_err();
            assert!(error.starts_with("five fields") || error.contains("never"), "{text}: {error}");
        }
    }

    #[test]
    fn the_days_of_a_report_follow_from_the_time_that_it_is_due_at() {
        let named = |days, due: &str| {
            let (range, name) = period(days, at(due)).unwrap();
            (calendar::day(range.start), calendar::day(range.end), name)
        };
        let all = |from: &str, to: &str, name: &str| (from.to_owned(), to.to_owned(), name.to_owned());
        for due in ["2026-03-01T00:00:00Z", "2026-03-01T23:59:59Z"] {
            assert_eq!(named(ReportDays::Yesterday, due), all("2026-02-28", "2026-03-01", "2026-02-28"));
            assert_eq!(named(ReportDays::Last7Days, due), all("2026-02-22", "2026-03-01", "2026-02-22_2026-02-28"));
            assert_eq!(named(ReportDays::LastMonth, due), all("2026-02-01", "2026-03-01", "2026-02"));
        }
        assert_eq!(named(ReportDays::LastMonth, "2027-01-31T12:00:00Z"), all("2026-12-01", "2027-01-01", "2026-12"));
        assert_eq!(period(ReportDays::Yesterday, 7), None);
    }
}
