//! Reports over events in whatever number, in constant memory: of files column by column, and of events as they come.

use std::{fmt, ops::Range, str::FromStr};

use parquet::file::reader::ChunkReader;

use crate::{
    columns::{Columns, Name, Row},
    error::ReadError,
    event::{Device, Event},
    groups::Groups,
    layout,
    read::Batches,
    searches::Searches,
    table::Table,
    tally::Tally,
    time::day,
};

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// What each title was watched, and what it cost to serve.
    Titles,
    /// What was watched, by day.
    ViewingTime,
    /// What was watched, by device.
    Devices,
    /// How well it played, by device and class.
    Quality,
    /// What was searched for and not found, of queries that several people asked.
    SearchesWithoutAHit,
    /// Every sum there is.
    Totals,
}

/// A name that no report has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no report `{0}`")]
pub struct NoReport(String);

impl Kind {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::Titles, Self::ViewingTime, Self::Devices, Self::Quality, Self::SearchesWithoutAHit, Self::Totals];

    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Titles => "titles",
            Self::ViewingTime => "viewing_time",
            Self::Devices => "devices",
            Self::Quality => "quality",
            Self::SearchesWithoutAHit => "searches_without_a_hit",
            Self::Totals => "totals",
        }
    }

    /// The columns that it needs; the instant where it tells days apart, or periods.
    const fn needs(self) -> &'static [Name] {
        use Name::{
            Added, At, BitrateKbps, Bytes, Class, Device, Errors, FirstError, FirstPictureMillis, HalfStars, Hits, Kind,
            PlayedMillis, Profile, Query, Requests, StalledMillis, Stalls, Succeeded, Title, WatchedMillis,
        };
        match self {
            Self::Titles => &[Kind, Title, WatchedMillis, Bytes, Requests, Added, HalfStars],
            Self::ViewingTime => &[At, Kind, WatchedMillis, Bytes, Requests],
            Self::Devices => &[Kind, Device, WatchedMillis, Bytes, Requests],
            Self::Quality => {
                &[Kind, Device, Class, FirstPictureMillis, Stalls, StalledMillis, Errors, FirstError, BitrateKbps, PlayedMillis]
            }
            Self::SearchesWithoutAHit => &[At, Kind, Profile, Query, Hits],
            Self::Totals => &[
                Kind,
                WatchedMillis,
                Bytes,
                Requests,
                FirstPictureMillis,
                Stalls,
                StalledMillis,
                Errors,
                FirstError,
                BitrateKbps,
                PlayedMillis,
                Hits,
                Succeeded,
                Added,
                HalfStars,
            ],
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = NoReport;

    fn from_str(name: &str) -> Result<Self, NoReport> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name).ok_or_else(|| NoReport(name.to_owned()))
    }
}

/// Every instant that a file can have.
const ALL_TIMES: Range<u64> = 0..u64::MAX;

/// How much a report takes in and shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Milliseconds since 1970; what is outside does not count.
    pub period: Range<u64>,
    /// Titles, queries and so on that are counted each by itself: some half a kilobyte of memory each.
    pub most: usize,
    /// Rows of them that are shown.
    pub shown: usize,
}

impl Default for Scope {
    /// All times; 100,000 and all of them.
    fn default() -> Self {
        Self { period: ALL_TIMES, most: 100_000, shown: 100_000 }
    }
}

/// A report that is being made.
pub struct Report {
    kind: Kind,
    scope: Scope,
    state: State,
}

enum State {
    Titles(Groups<String>),
    Days(Groups<i32>),
    Devices(Groups<Device>),
    Quality(Groups<(Device, u64)>),
    Searches(Searches),
    Totals(Box<Tally>),
}

impl Report {
    /// One of nothing.
    pub fn new(kind: Kind, scope: Scope) -> Self {
        let state = match kind {
            Kind::Titles => State::Titles(Groups::new(scope.most)),
            Kind::ViewingTime => State::Days(Groups::new(scope.most)),
            Kind::Devices => State::Devices(Groups::new(scope.most)),
            Kind::Quality => State::Quality(Groups::new(scope.most)),
            Kind::SearchesWithoutAHit => State::Searches(Searches::new(scope.most)),
            Kind::Totals => State::Totals(Box::default()),
        };
        Self { kind, scope, state }
    }

    /// Counts an event.
    pub fn push(&mut self, event: &Event) {
        self.push_row(&Row::from(event));
    }

    /// Counts the events of a file, of which only those columns are read that the report needs.
    ///
    /// # Errors
    /// [`ReadError`]; events of the file may have been counted by then, and the report is of no use.
    pub fn read<R: ChunkReader + 'static>(&mut self, file: R) -> Result<(), ReadError> {
        let mut columns = self.kind.needs().to_vec();
        // Every instant is within all times, and need not be known for it.
        if self.scope.period != ALL_TIMES {
            columns.push(Name::At);
        }
        let mut batches = Batches::open(file, &columns)?.within(self.scope.period.clone());
        let mut columns = Columns::default();
        while batches.read(&mut columns)? {
            columns.each(|row| self.push_row(row));
        }
        Ok(())
    }

    /// Counts a row that has the columns which the report needs.
    pub fn push_row(&mut self, row: &Row<'_>) {
        let at = row.at.unwrap_or(0);
        if !self.scope.period.contains(&at) {
            return;
        }
        let played = || row.kind.is_some_and(|kind| kind.starts_with("playback_"));
        match &mut self.state {
            State::Titles(groups) => row.title.into_iter().for_each(|title| groups.add(title, row)),
            State::Days(groups) if played() => groups.add(&day(at), row),
            State::Devices(groups) if played() => groups.add(&Device::named(row.device.unwrap_or_default()), row),
            State::Quality(groups) if row.kind == Some("quality") => {
                groups.add(&(Device::named(row.device.unwrap_or_default()), row.class.unwrap_or(0)), row);
            }
            State::Days(_) | State::Devices(_) | State::Quality(_) => {}
            State::Searches(searches) => searches.add(row),
            State::Totals(tally) => tally.add(row),
        }
    }

    /// The table.
    pub fn finish(self) -> Table {
        let (shown, most) = (self.scope.shown, self.scope.most);
        match self.state {
            State::Titles(groups) => layout::titles(groups.ranked(shown, |tally| tally.watched_millis), most),
            State::Days(groups) => layout::days(groups.ranked(shown, |_| 0), most),
            State::Devices(groups) => layout::devices(groups.ranked(shown, |tally| tally.watched_millis), most),
            State::Quality(groups) => layout::quality(groups.ranked(shown, |tally| tally.played_millis), most),
            State::Searches(searches) => layout::searches(searches.told(shown), most),
            State::Totals(tally) => layout::totals(&tally),
        }
    }
}
