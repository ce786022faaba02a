//! Days and months of UTC, as they are written (RFC 3339, and the names of folders), and the days that a report covers.

use std::ops::Range;

use chrono::NaiveDate;
use usage::time;

pub use usage::time::OF_A_DAY;

/// Days that a report covers where nothing is said, the last one among them.
const DAYS: u64 = 7;

/// The day of an instant in milliseconds since 1970: `2026-11-29`.
pub fn day(millis: u64) -> String {
    time::day_text(time::day(millis))
}

/// Its month: `2026-11`.
pub fn month(millis: u64) -> String {
    day(millis).chars().take("2026-11".len()).collect()
}

/// The month so many months before that of an instant.
pub fn month_before(millis: u64, months: u32) -> String {
    let month = month(millis);
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
    let mut parts = month.split('-');
    let (year, month) = (number(parts.next()), number(parts.next()));
    let all = (year * 12 + month).saturating_sub(months + 1);
    format!("{:04}-{:02}", all / 12, all % 12 + 1)
}

/// Whether a day that begins then is older than whole days are kept, each length in milliseconds.
pub const fn is_older(begin: u64, kept: u64, now: u64) -> bool {
    begin.saturating_add(kept) < now / OF_A_DAY * OF_A_DAY
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

/// From the beginning of one day to the end of another, in milliseconds since 1970: seven days up to today where nothing is said. Nothing
/// where the first is after the last.
pub fn period(from: Option<u64>, to: Option<u64>, now: u64) -> Option<Range<u64>> {
    let end = next_day(to.unwrap_or(now));
    let begin = from.unwrap_or_else(|| end.saturating_sub(DAYS * OF_A_DAY));
    (begin < end).then_some(begin..end)
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
        assert_eq!((day(u64::MAX).as_str(), month(u64::MAX).as_str()), ("9999-12-31", "9999-12"));
        assert_eq!(begin_of_day("1970-01-01"), Some(0));
    }

    #[test]
    fn months_are_counted_back_over_the_ends_of_years() {
        let before = |months| month_before(1_795_982_399_999, months);
        assert_eq!([0, 1, 10, 11, 24].map(before), ["2026-11", "2026-10", "2026-01", "2025-12", "2024-11"]);
        assert_eq!(month_before(0, 24), "1968-01");
    }

    #[test]
    fn a_period_has_whole_days_and_is_a_week_where_nothing_is_said() {
        let (first, now) = (1_795_910_400_000, 1_795_982_399_999);
        assert_eq!(period(Some(first), Some(first), 0), Some(first..first + OF_A_DAY));
        assert_eq!(period(None, None, now), Some(first - 6 * OF_A_DAY..first + OF_A_DAY));
        assert_eq!(period(Some(first), None, now), Some(first..first + OF_A_DAY));
        assert_eq!(period(Some(first + OF_A_DAY), Some(first), now), None);
    }
}
