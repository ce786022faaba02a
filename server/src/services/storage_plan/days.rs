//! The days that are known: made of placements and use once they are over, and read again, in their order, by whoever decides.
//!
//! The last days are looked at again: a server that was killed tells of its use when it is started again. One that cannot be read is made anew where its use
//! is still known, and else left out. How they are stored is said in [`super::rows`].

use std::collections::HashMap;

use storage::{
    StoreError,
    documents::{Direction, Document, Expect, Find, find_first, parse},
};
use storage_plan::{
    calendar::Day,
    plan::{Planner, Settings},
    sheet::Sheets,
};
use tokio::task::spawn_blocking;

use super::{
    StoragePlan, calendar,
    record::{BY_AT, DAYS, DayRecord, Row},
    stock::{Making, Titles},
};
use crate::{services::storage_sources::Place, trusted_time::ClockReading};

/// Days that are kept, and that the plan knows.
pub const DAYS_AT_MOST: i32 = 400;
/// Days before the first one of all whose use is known from before.
const FROM_BEFORE: i32 = 90;
/// Days for which sums of use may still become others.
const UNSETTLED: i32 = 3;
/// Documents of rows that are read at once.
const PARTS_AT_ONCE: usize = 8;

/// What is known of the past: what the plan learnt of it, and how titles lay at its end.
pub struct Past {
    pub planner: Planner,
    pub titles: Titles,
    /// The last day that is known.
    pub last: Option<Day>,
    /// Days that cannot be read, nor made anew.
    pub unread: u64,
}

/// A day that is stored.
struct Found {
    day: Day,
    version: u64,
    /// Or why it cannot be read.
    record: Result<DayRecord, String>,
}

impl Found {
    fn of(document: &Document) -> Option<Self> {
        // What has another name is no day.
        let day = Day::parse(&document.id).ok()?;
        Some(Self { day, version: document.version, record: parse(document).map_err(|error| error.to_string()) })
    }

    /// Whether whoever begins with it needs nothing from before it.
    fn is_base(&self) -> bool {
        self.record.as_ref().is_ok_and(|record| record.is_base)
    }
}

/// What days are made of, beside their use.
#[derive(Clone, Copy)]
pub(super) struct MadeOf<'a> {
    pub places: &'a [Place],
    pub sheets: Option<&'a Sheets>,
    /// By which it is said what a clock that was ahead made up.
    pub time: ClockReading,
}

impl MadeOf<'_> {
    fn making(self, past: &Past, day: Day) -> Making {
        // For how many days an object is billed at least that is there on a day.
        let minimum_days = self.sheets.map_or(0, |sheets| sheets.at(day.month()).0.minimum_days);
        Making { day, is_first: past.last.is_none(), minimum_days }
    }

    /// Whether a clock that was ahead made it, before its day had come.
    fn is_made_up(self, found: &Found) -> bool {
        let made_in = found.record.as_ref().map_or(u64::MAX, |record| record.set_backs);
        self.time.is_made_up(calendar::begin(found.day), made_in)
    }
}

impl StoragePlan {
    /// The days from one on that are over and can be read, in their order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn days_since(&self, first: Day) -> Result<Vec<DayRecord>, StoreError> {
        let found = self.found(first, calendar::day(self.time.compare().await?.believed())).await?;
        Ok(found.into_iter().filter_map(|found| found.record.ok()).collect())
    }

    /// The days from one on and before another.
    async fn found(&self, first: Day, before: Day) -> Result<Vec<Found>, StoreError> {
        let from = Some(calendar::begin(first).into());
        let find = Find { index: BY_AT, equals: Vec::new(), from, direction: Direction::Ascending, after: None, limit: 1 };
        let most = usize::try_from(DAYS_AT_MOST).unwrap_or(usize::MAX).saturating_add(1);
        let found = find_first(&*self.documents, &DAYS, find, most).await?;
        Ok(found.iter().filter_map(Found::of).filter(|found| found.day < before).collect())
    }

    /// Everything that is known of the days before `today`; those that are missing, or cannot be read, are made first.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Conflict`] where another node made a day meanwhile: it is to be called again.
    pub(super) async fn past(&self, today: Day, of: MadeOf<'_>) -> Result<Past, StoreError> {
        let mut found = self.found(today.plus(-DAYS_AT_MOST), today).await?;
        let versions: HashMap<i32, u64> = found.iter().map(|found| (found.day.number(), found.version)).collect();
        // From there on they are made anew, now that they are over.
        let made_up = found
            .iter()
            .position(|found| of.is_made_up(found))
            .and_then(|place| found.drain(place..).next())
            .map(|found| found.day);
        let from = found.iter().position(Found::is_base).unwrap_or(found.len());
        let mut past = Past { planner: Planner::new(Settings::default()), titles: Titles::default(), last: None, unread: 0 };
        let mut batch: Vec<(DayRecord, u64)> = Vec::new();
        for Found { day, version, record } in found.into_iter().skip(from) {
            match record {
                Ok(record) if today.number() - day.number() > UNSETTLED => {
                    let parts: usize = batch.iter().map(|(day, _)| day.parts as usize).sum();
                    if parts >= PARTS_AT_ONCE {
                        past = self.replay(past, std::mem::take(&mut batch), of).await?;
                    }
                    batch.push((record, version));
                }
                Ok(record) => {
                    past = self.replay(past, std::mem::take(&mut batch), of).await?;
                    past = self.settle(past, record, version, of).await?;
                }
                Err(why) => {
                    past = self.replay(past, std::mem::take(&mut batch), of).await?;
                    past = self.renew(past, (day, version), None, (of, &why)).await?;
                }
            }
        }
        past = self.replay(past, batch, of).await?;
        if past.last.is_none() && of.places.is_empty() {
            return Ok(past);
        }
        let first = past.last.map_or_else(|| today.plus(-FROM_BEFORE), |last| last.plus(1));
        for number in first.number()..today.number() {
            let expect = versions.get(&number).map_or(Expect::Absent, |version| Expect::Version(*version));
            let is_made_up = made_up.is_some_and(|first| number >= first.number());
            past = match versions.get(&number).filter(|_| !is_made_up) {
                // Nothing that is stored could be begun with.
                Some(version) => {
                    let why = "there is no day before it that names every title";
                    self.renew(past, (Day::new(number), *version), None, (of, why)).await?
                }
                None => self.make(past, Day::new(number), expect, of).await?,
            };
        }
        Ok(past)
    }

    /// Goes on to the end of these days.
    async fn replay(&self, mut past: Past, days: Vec<(DayRecord, u64)>, of: MadeOf<'_>) -> Result<Past, StoreError> {
        let mut read = Vec::with_capacity(days.len());
        for (record, version) in days {
            let day = calendar::day(record.at);
            match self.rows(&record).await {
                Ok(rows) => read.push((day, record.is_base, rows)),
                Err(StoreError::Corrupt { reason, .. }) => {
                    past = past.after(std::mem::take(&mut read)).await?;
                    past = self.renew(past, (day, version), Some(record), (of, &reason)).await?;
                }
                Err(error) => return Err(error),
            }
        }
        past.after(read).await
    }

    /// Looks at a day's use again, and goes on to its end.
    async fn settle(&self, past: Past, record: DayRecord, version: u64, of: MadeOf<'_>) -> Result<Past, StoreError> {
        let day = calendar::day(record.at);
        let rows = match self.rows(&record).await {
            Ok(rows) => rows,
            Err(StoreError::Corrupt { reason, .. }) => {
                return self.renew(past, (day, version), Some(record), (of, &reason)).await;
            }
            Err(error) => return Err(error),
        };
        let uses = self.sources.uses.of_day(record.at).await?;
        let sum = uses.iter().fold((0, 0), |(bytes, requests): (u64, u64), used| {
            (bytes.saturating_add(used.bytes), requests.saturating_add(used.requests))
        });
        let is_base = record.is_base;
        let rows = if sum == (record.bytes_out, record.requests) {
            rows
        } else {
            let revised = past.titles.revised(&rows, &uses);
            let other = past.titles.reckon(of.making(&past, day), &revised, &uses);
            // Whether it is a base is the rows' own business.
            let other = DayRecord { is_base, set_backs: record.set_backs, rest: record.rest, ..other };
            self.store(day, other, &revised, Expect::Version(version)).await?;
            revised
        };
        past.after(vec![(day, is_base, rows)]).await
    }

    /// Makes a day that is over, and goes on to its end. Before anything is stored there is nothing to know.
    async fn make(&self, past: Past, day: Day, expect: Expect, of: MadeOf<'_>) -> Result<Past, StoreError> {
        let uses = self.sources.uses.of_day(calendar::begin(day)).await?;
        let making = of.making(&past, day);
        let rows = past.titles.rows(making, of.places, &uses);
        if making.is_first && rows.is_empty() {
            return Ok(past);
        }
        let record = DayRecord { set_backs: of.time.set_backs, ..past.titles.reckon(making, &rows, &uses) };
        self.store(day, record, &rows, expect).await?;
        past.after(vec![(day, making.is_base(), rows)]).await
    }

    /// Makes a day anew that cannot be read: of its use, with titles as they lay the day before. Where its use is not known any more it is left out, and
    /// titles stay as they lay. What it was billed by stays where its own document can be read.
    async fn renew(
        &self,
        past: Past,
        (day, version): (Day, u64),
        record: Option<DayRecord>,
        (of, why): (MadeOf<'_>, &str),
    ) -> Result<Past, StoreError> {
        let uses = self.sources.uses.of_day(calendar::begin(day)).await?;
        let making = of.making(&past, day);
        let was_watched = record.as_ref().is_none_or(|record| (record.bytes_out, record.requests) != (0, 0));
        if uses.is_empty() && was_watched && !making.is_first {
            tracing::warn!(%day, why, "a day that cannot be read is left out: its use is not known any more");
            return Ok(Past { last: Some(day), unread: past.unread.saturating_add(1), ..past });
        }
        let rows = match making.is_first {
            true => past.titles.rows(making, of.places, &uses),
            false => past.titles.carried(making.is_base(), &uses),
        };
        if making.is_first && rows.is_empty() {
            return Ok(past);
        }
        tracing::warn!(%day, why, "a day that cannot be read is made anew");
        let reckoned = || past.titles.reckon(making, &rows, &uses);
        let set_backs = of.time.set_backs;
        let other = DayRecord { is_base: making.is_base(), set_backs, ..record.unwrap_or_else(reckoned) };
        self.store(day, other, &rows, Expect::Version(version)).await?;
        past.after(vec![(day, making.is_base(), rows)]).await
    }
}

impl Past {
    fn go_on(&mut self, day: Day, is_base: bool, rows: &[Row]) {
        self.titles.apply(is_base, rows);
        self.titles.observe(&mut self.planner, rows);
        self.last = Some(day);
    }

    /// Goes on to the end of these days, each with whether its rows name every title, on a thread that nobody waits for.
    async fn after(mut self, days: Vec<(Day, bool, Vec<Row>)>) -> Result<Self, StoreError> {
        if days.is_empty() {
            return Ok(self);
        }
        let work = move || {
            for (day, is_base, rows) in &days {
                self.go_on(*day, *is_base, rows);
            }
            self
        };
        spawn_blocking(work).await.map_err(broken_off)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is given by value")]
fn broken_off(error: tokio::task::JoinError) -> StoreError {
    StoreError::Unavailable { reason: format!("what is reckoned broke off: {error}") }
}
