//! Days and calendar months, all of them UTC.

use std::fmt;

use jiff::{ToSpan, civil::Date};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// 1 January 1970.
const EPOCH: Date = jiff::civil::date(1970, 1, 1);
/// The last day that is taken, 31 December 9998: a day after it is still one of the calendar.
const LAST: i32 = 2_932_531;

/// Why a text is no day or no month.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    #[error("{0:?} is no day; one is written like 2026-07-01")]
    NoDay(String),
    #[error("{0:?} is no month; one is written like 2026-07")]
    NoMonth(String),
}

/// A day, counted from 1 January 1970; from that day to the end of the year 9998.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

impl Day {
    /// By its number; the nearest day that there is.
    pub fn new(number: i32) -> Self {
        Self(number.clamp(0, LAST))
    }

    /// Days since 1 January 1970.
    pub fn number(self) -> i32 {
        self.0
    }

    /// Written YYYY-MM-DD.
    ///
    /// # Errors
    /// [`CalendarError::NoDay`].
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let no_day = || CalendarError::NoDay(text.to_owned());
        let date = Date::strptime("%Y-%m-%d", text).map_err(|_| no_day())?;
        let days = date.since(EPOCH).map_err(|_| no_day())?.get_days();
        if text.len() == 10 && (0..=LAST).contains(&days) { Ok(Self(days)) } else { Err(no_day()) }
    }

    /// The day that comes so many days later.
    #[must_use]
    pub fn plus(self, days: i32) -> Self {
        Self::new(self.0.saturating_add(days))
    }

    fn date(self) -> Date {
        EPOCH.saturating_add(self.0.days())
    }

    pub fn month(self) -> Month {
        let date = self.date();
        Month { year: date.year(), month: date.month() }
    }

    /// From 1 (Monday) to 7 (Sunday).
    pub fn weekday(self) -> i8 {
        self.date().weekday().to_monday_one_offset()
    }

    /// From 1 (1 January) to 366.
    pub fn of_year(self) -> i16 {
        self.date().day_of_year()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.date().fmt(f)
    }
}

/// A calendar month; YYYY-MM in documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i16,
    /// From 1.
    month: i8,
}

impl Month {
    /// Written YYYY-MM.
    ///
    /// # Errors
    /// [`CalendarError::NoMonth`].
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let day = Day::parse(&format!("{text}-01")).map_err(|_| CalendarError::NoMonth(text.to_owned()))?;
        Ok(day.month())
    }

    fn date(self) -> Date {
        Date::new(self.year, self.month, 1).unwrap_or(EPOCH)
    }

    pub fn first_day(self) -> Day {
        Day::new(self.date().since(EPOCH).map_or(0, |span| span.get_days()))
    }

    /// From 28 to 31.
    pub fn days(self) -> i32 {
        i32::from(self.date().days_in_month())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// The months of a span of days, in order: each with the indices of its days, counted from the first one.
pub(crate) fn months(first: Day, days: usize) -> Vec<(Month, std::ops::Range<usize>)> {
    let mut months: Vec<(Month, std::ops::Range<usize>)> = Vec::new();
    let mut at = 0;
    while at < days {
        let month = first.plus(i32::try_from(at).unwrap_or(i32::MAX)).month();
        let next = month.first_day().plus(month.days()).number().saturating_sub(first.number());
        let end = usize::try_from(next).unwrap_or(days).clamp(at + 1, days);
        months.push((month, at..end));
        at = end;
    }
    months
}
