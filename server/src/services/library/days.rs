//! Days as files write them, and the instants in the history that stand for them.

use chrono::{DateTime, NaiveDate};

/// Milliseconds of a day.
pub const DAY: u64 = 24 * 60 * 60 * 1_000;

/// The day in UTC of an instant in milliseconds since 1970, like `2024-01-31`; nothing of one that no calendar has.
pub fn day_of(instant: u64) -> Option<String> {
    let instant = DateTime::from_timestamp_millis(instant.try_into().ok()?)?;
    Some(instant.date_naive().format("%Y-%m-%d").to_string())
}

/// Noon in UTC of a day (RFC 3339, `full-date`), or of the day that an instant begins with; nothing of what is neither, and of days
/// before 1970, which the history cannot tell.
pub fn noon_of(text: &str) -> Option<u64> {
    let (day, rest) = text.split_at_checked(10)?;
    let is_day = day.bytes().enumerate().all(|(at, byte)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() });
    let is_alone = rest.is_empty() || rest.starts_with(['T', 't', ' ']);
    let day = NaiveDate::parse_from_str(day, "%Y-%m-%d").ok().filter(|_| is_day && is_alone)?;
    day.and_hms_opt(12, 0, 0)?.and_utc().timestamp_millis().try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_comes_back_as_it_was_written_and_what_is_none_is_refused() {
        for day in ["1970-01-01", "2024-02-29", "2026-11-28", "9999-12-31"] {
            assert_eq!(noon_of(day).and_then(day_of).as_deref(), Some(day));
        }
        assert_eq!(noon_of("2024-01-31T23:59:59+02:00").and_then(day_of).as_deref(), Some("2024-01-31"));
        let bad =
            ["", "2024-1-5", "2023-02-29", "31/01/2024", "2024-01-311", "+024-01-01", "1969-12-31", "2024-01-0é", "20240131"];
        for text in bad {
            assert_eq!(noon_of(text), None, "{text:?}");
        }
        assert_eq!(day_of(u64::MAX), None);
        assert_eq!(day_of(DAY - 1).as_deref(), Some("1970-01-01"));
    }
}
