//! Days and months of UTC, as they are written: RFC 3339, and the names of folders.

use chrono::{DateTime, NaiveDate};

/// In milliseconds.
pub const OF_A_DAY: u64 = 24 * 60 * 60 * 1000;

/// The day of an instant in milliseconds since 1970: `2026-11-29`.
pub fn day(millis: u64) -> String {
    date(millis).format("%Y-%m-%d").to_string()
}

/// Its month: `2026-11`.
pub fn month(millis: u64) -> String {
    date(millis).format("%Y-%m").to_string()
}

/// When a day begins, in milliseconds since 1970; nothing where the text is none from 1970 on.
pub fn begin_of_day(day: &str) -> Option<u64> {
    let date = NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()?;
    let millis = u64::try_from(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis()).ok()?;
    // One way to write each.
    (self::day(millis) == day).then_some(millis)
}

/// When the day after begins.
pub const fn next_day(millis: u64) -> u64 {
    (millis / OF_A_DAY + 1) * OF_A_DAY
}

/// What is later than four digits of a year can say is on their last day.
fn date(millis: u64) -> NaiveDate {
    let at = i64::try_from(millis).ok().and_then(DateTime::from_timestamp_millis);
    let last = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or(NaiveDate::MAX);
    at.map_or(last, |at| at.date_naive().min(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_one_text_that_is_read_back() {
        let millis = 1_795_982_399_999;
        assert_eq!((day(millis).as_str(), month(millis).as_str()), ("2026-11-29", "2026-11"));
        assert_eq!(begin_of_day("2026-11-29"), Some(1_795_910_400_000));
        assert_eq!(next_day(millis), 1_795_996_800_000);
        assert_eq!(day(next_day(millis)), "2026-11-30");
        for none in ["", "2026-11-31", "2026-1-1", "1969-12-31", "2026-11-29T00", "x"] {
            assert_eq!(begin_of_day(none), None, "{none}");
        }
        assert_eq!(day(u64::MAX), "9999-12-31");
        assert_eq!(begin_of_day("1970-01-01"), Some(0));
    }
}
