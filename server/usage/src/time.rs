//! Hours and days of UTC, as sums are kept by.

use std::{fmt, str::FromStr};

use chrono::{DateTime, NaiveDateTime};
use serde::{Deserialize, Serialize};

const OF_AN_HOUR: u64 = 3_600_000;
/// Milliseconds of a day of UTC, which knows no leap seconds.
pub const OF_A_DAY: u64 = 24 * OF_AN_HOUR;
/// 9999-12-31: days after it have five digits of a year, and are written as this one.
const LAST_DAY: i32 = 2_932_896;
const FORM: &str = "%Y-%m-%dT%H";

/// An hour, counted from 1970 on. Its text is `2026-11-29T20`, whose order is that of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hour(u32);

/// A text that is no hour.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no hour such as 2026-11-29T20")]
pub struct NoHour(String);

impl Hour {
    /// The last hour that has four digits of a year.
    const LAST: u32 = 70_389_527;

    /// The hour in which an instant is; those after the year 9999 are in its last hour.
    pub fn of(at_millis: u64) -> Self {
        Self(u32::try_from(at_millis / OF_AN_HOUR).unwrap_or(u32::MAX).min(Self::LAST))
    }

    /// Its first millisecond since 1970.
    pub fn starts_at(self) -> u64 {
        u64::from(self.0) * OF_AN_HOUR
    }
}

impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = DateTime::from_timestamp_secs(i64::from(self.0) * 3600).unwrap_or_default();
        write!(f, "{}", at.format(FORM))
    }
}

impl FromStr for Hour {
    type Err = NoHour;

    fn from_str(text: &str) -> Result<Self, NoHour> {
        let none = || NoHour(text.to_owned());
        // Without minutes it is no instant to chrono.
        let at = NaiveDateTime::parse_from_str(&format!("{text}:00"), "%Y-%m-%dT%H:%M").map_err(|_| none())?;
        let hour = Self::of(u64::try_from(at.and_utc().timestamp_millis()).map_err(|_| none())?);
        if hour.to_string() == text { Ok(hour) } else { Err(none()) }
    }
}

impl TryFrom<String> for Hour {
    type Error = NoHour;

    fn try_from(text: String) -> Result<Self, NoHour> {
        text.parse()
    }
}

impl From<Hour> for String {
    fn from(hour: Hour) -> Self {
        hour.to_string()
    }
}

/// The day in which an instant is, counted from 1970 on; those that do not fit are the last one.
pub fn day(at_millis: u64) -> i32 {
    i32::try_from(at_millis / OF_A_DAY).unwrap_or(i32::MAX)
}

/// The text of a day, as RFC 3339 has it: `2026-11-29`.
pub fn day_text(day: i32) -> String {
    let at = DateTime::from_timestamp_secs(i64::from(day.min(LAST_DAY)) * 86_400).unwrap_or_default();
    at.format("%Y-%m-%d").to_string()
}
