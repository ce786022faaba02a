//! Daily usage: what of each title was stored and watched on which day, and the form in which it is computed with.
//!
//! A [`History`] has one [`Lifetime`] for each time that a title was there. Rows may come in any order. A day without a row is a day on which as much was
//! stored as on the day before and nothing was watched; a row that stores nothing says that the title is gone from that day on.

use std::io::Read;

use serde::{Deserialize, Serialize};

use crate::calendar::Day;

/// Bytes that a row has at most, 10^18.
pub const MOST_BYTES: u64 = 1_000_000_000_000_000_000;
/// Requests that a row has at most.
pub const MOST_REQUESTS: u64 = 1_000_000_000_000_000;
/// Days from the first row to the last one at most, ten years.
pub const MOST_DAYS: usize = 3_660;
/// Titles by days at most; 24 bytes each.
pub const MOST_CELLS: usize = 50_000_000;

/// What a day says of a title.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayUsage {
    pub stored_bytes: u64,
    pub bytes_out: u64,
    /// Reads that were asked of the store.
    pub requests: u64,
}

/// A row of usage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    pub title: String,
    pub day: Day,
    pub usage: DayUsage,
}

/// Why usage cannot be computed with.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    #[error("there are no rows of usage")]
    Empty,
    #[error("title {title:?} has two rows of {day}")]
    Twice { title: String, day: Day },
    #[error("title {title:?} has more on {day} than can be: 10^18 bytes and 10^15 requests")]
    TooMuch { title: String, day: Day },
    #[error("title {title:?} is watched on {day}, where nothing of it is stored")]
    NotStored { title: String, day: Day },
    #[error("the usage is of more than ten years: from {0} to {1}")]
    TooLong(Day, Day),
    #[error("the usage is of too many titles and days: more than {MOST_CELLS} of both together")]
    TooMany,
    #[error("line {line}: {problem}")]
    Line { line: u64, problem: String },
}

/// A title from the first day on which it is stored to the last one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifetime {
    pub title: String,
    /// Its first day, counted from the history's.
    pub first: usize,
    /// Day by day, without gaps; at least one.
    pub days: Vec<DayUsage>,
}

impl Lifetime {
    /// The day after its last one, counted from the history's first.
    pub fn end(&self) -> usize {
        self.first.saturating_add(self.days.len())
    }

    /// What a day of the history says of it, where it is there.
    pub fn on(&self, day: usize) -> Option<DayUsage> {
        self.days.get(day.checked_sub(self.first)?).copied()
    }
}

/// Usage of all titles, from a first day on for a number of days. What is there on the first day is taken to have been there for long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    pub first: Day,
    pub days: usize,
    /// By title, then by day.
    pub lifetimes: Vec<Lifetime>,
}

impl History {
    /// # Errors
    /// Where rows contradict each other, or are more than can be computed with.
    pub fn from_rows(mut rows: Vec<Usage>) -> Result<Self, UsageError> {
        rows.sort_by(|one, other| (&one.title, one.day).cmp(&(&other.title, other.day)));
        let first = rows.iter().map(|row| row.day).min().ok_or(UsageError::Empty)?;
        let last = rows.iter().map(|row| row.day).max().ok_or(UsageError::Empty)?;
        let index = |day: Day| usize::try_from(day.number().saturating_sub(first.number())).unwrap_or(0);
        let days = index(last) + 1;
        if days > MOST_DAYS {
            return Err(UsageError::TooLong(first, last));
        }
        let (mut lifetimes, mut cells) = (Vec::new(), 0_usize);
        for of_title in rows.chunk_by(|one, other| one.title == other.title) {
            let before = lifetimes.len();
            lifetimes_of(of_title, index, days, &mut lifetimes)?;
            cells += lifetimes.iter().skip(before).map(|lifetime: &Lifetime| lifetime.days.len()).sum::<usize>();
            if cells > MOST_CELLS {
                return Err(UsageError::TooMany);
            }
        }
        Ok(Self { first, days, lifetimes })
    }

    /// Rows of CSV with the header `title,day,stored_bytes,bytes_out,requests`, days as YYYY-MM-DD.
    ///
    /// # Errors
    /// [`UsageError::Line`] names the line that cannot be read; others as of [`History::from_rows`].
    pub fn from_csv(from: impl Read) -> Result<Self, UsageError> {
        let mut reader = csv::Reader::from_reader(from);
        let names = ["title", "day", "stored_bytes", "bytes_out", "requests"];
        let at_line = |line: u64, problem: String| UsageError::Line { line, problem };
        let of_csv =
            |line: u64, error: &csv::Error| at_line(error.position().map_or(line, csv::Position::line), error.to_string());
        let header = reader.headers().map_err(|error| of_csv(1, &error))?;
        if header.iter().ne(names) {
            return Err(at_line(1, format!("the header is not {}", names.join(","))));
        }
        let (mut rows, mut record) = (Vec::new(), csv::StringRecord::new());
        loop {
            let line = reader.position().line();
            if !reader.read_record(&mut record).map_err(|error| of_csv(line, &error))? {
                break;
            }
            let line = record.position().map_or(line, csv::Position::line);
            let row = row_of(&record).map_err(|problem| at_line(line, problem))?;
            check(&row).map_err(|error| at_line(line, error.to_string()))?;
            rows.push(row);
            if rows.len() > MOST_CELLS {
                return Err(UsageError::TooMany);
            }
        }
        Self::from_rows(rows)
    }

    /// The same from one of its days on.
    #[must_use]
    pub fn since(&self, day: usize) -> Self {
        let day = day.min(self.days.saturating_sub(1));
        let later = self.lifetimes.iter().filter(|lifetime| lifetime.end() > day).map(|lifetime| Lifetime {
            title: lifetime.title.clone(),
            first: lifetime.first.saturating_sub(day),
            days: lifetime.days.get(day.saturating_sub(lifetime.first)..).unwrap_or_default().to_vec(),
        });
        let first = self.day(day);
        Self { first, days: self.days - day, lifetimes: later.collect() }
    }

    /// The day with a number, counted from the first one.
    pub fn day(&self, index: usize) -> Day {
        self.first.plus(i32::try_from(index).unwrap_or(i32::MAX))
    }
}

fn row_of(record: &csv::StringRecord) -> Result<Usage, String> {
    let field = |at: usize| record.get(at).unwrap_or_default();
    let number = |at: usize, name: &str| {
        let no_number = |_| format!("{name} is {:?}, which is no whole number", field(at));
        field(at).parse::<u64>().map_err(no_number)
    };
    let day = Day::parse(field(1)).map_err(|error| error.to_string())?;
    let usage = DayUsage {
        stored_bytes: number(2, "stored_bytes")?,
        bytes_out: number(3, "bytes_out")?,
        requests: number(4, "requests")?,
    };
    if field(0).is_empty() { Err("title is empty".to_owned()) } else { Ok(Usage { title: field(0).to_owned(), day, usage }) }
}

fn check(Usage { title, day, usage }: &Usage) -> Result<(), UsageError> {
    let (title, day) = (|| title.clone(), *day);
    if usage.stored_bytes.max(usage.bytes_out) > MOST_BYTES || usage.requests > MOST_REQUESTS {
        return Err(UsageError::TooMuch { title: title(), day });
    }
    if usage.stored_bytes == 0 && (usage.bytes_out, usage.requests) != (0, 0) {
        return Err(UsageError::NotStored { title: title(), day });
    }
    Ok(())
}

/// The lifetimes of one title, by its rows in the order of their days.
fn lifetimes_of(
    rows: &[Usage],
    index: impl Fn(Day) -> usize,
    days: usize,
    lifetimes: &mut Vec<Lifetime>,
) -> Result<(), UsageError> {
    let mut current: Option<Lifetime> = None;
    let mut before = None;
    for row in rows {
        check(row)?;
        if before.replace(row.day) == Some(row.day) {
            return Err(UsageError::Twice { title: row.title.clone(), day: row.day });
        }
        let at = index(row.day);
        let lifetime = match current.take() {
            Some(mut lifetime) => {
                fill(&mut lifetime, at);
                lifetime
            }
            None => Lifetime { title: row.title.clone(), first: at, days: Vec::new() },
        };
        if row.usage.stored_bytes > 0 {
            let mut lifetime = lifetime;
            lifetime.days.push(row.usage);
            current = Some(lifetime);
        } else if !lifetime.days.is_empty() {
            lifetimes.push(lifetime);
        }
    }
    if let Some(mut lifetime) = current {
        fill(&mut lifetime, days);
        lifetimes.push(lifetime);
    }
    Ok(())
}

/// Days without rows up to a day.
fn fill(lifetime: &mut Lifetime, until: usize) {
    let stored_bytes = lifetime.days.last().map_or(0, |day| day.stored_bytes);
    let missing = until.saturating_sub(lifetime.end());
    lifetime.days.extend(std::iter::repeat_n(DayUsage { stored_bytes, ..DayUsage::default() }, missing));
}
