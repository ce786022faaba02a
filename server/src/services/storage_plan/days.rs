//! The days that are known: made of placements and use once they are over, and read again, in their order, by whoever decides.
//!
//! A day's rows are stored first, under an attempt of their own; the day's document, which names the attempt, is made or changed last and by
//! compare-and-set, so that of two nodes one makes a day, and a kill leaves rows that nothing names, which go with their day. The last days are looked at again:
//! a server that was killed tells of its use when it is started again. Must never keep more than [`DAYS_AT_MOST`] days.

use rand::distr::{Alphanumeric, SampleString};
use storage::{
    StoreError,
    documents::{Direction, Document, Expect, Find, Write, find_first, parse},
};
use storage_plan::{
    calendar::Day,
    plan::{Planner, Settings},
    sheet::Sheets,
};
use tokio::task::spawn_blocking;

use super::{
    StoragePlan, calendar,
    record::{BY_AT, DAYS, DayRecord, ROWS, Row, RowsRecord},
    stock::{Making, Titles},
};
use crate::services::{keepers::expire, storage_sources::Place};

/// Days that are kept, and that the plan knows.
pub const DAYS_AT_MOST: i32 = 400;
/// Days before the first one of all whose use is known from before.
const FROM_BEFORE: i32 = 90;
/// Days for which sums of use may still become others.
const UNSETTLED: i32 = 3;
/// Titles in one document of rows.
const ROWS_IN_A_PART: usize = 5_000;
/// Documents of rows that are read at once.
const PARTS_AT_ONCE: usize = 8;

/// What is known of the past: what the plan learnt of it, and how titles lay at its end.
pub struct Past {
    pub planner: Planner,
    pub titles: Titles,
    /// The last day that is known.
    pub last: Option<Day>,
}

impl StoragePlan {
    /// The days from one on that are known, in their order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn days_since(&self, first: Day) -> Result<Vec<DayRecord>, StoreError> {
        Ok(self.found_since(first).await?.into_iter().map(|(day, _)| day).collect())
    }

    /// The same with the documents' versions.
    async fn found_since(&self, first: Day) -> Result<Vec<(DayRecord, u64)>, StoreError> {
        let from = Some(calendar::begin(first).into());
        let find = Find { index: BY_AT, equals: Vec::new(), from, direction: Direction::Ascending, after: None, limit: 1 };
        let most = usize::try_from(DAYS_AT_MOST).unwrap_or(usize::MAX).saturating_add(1);
        let found = find_first(&*self.documents, &DAYS, find, most).await?;
        found.iter().map(|document: &Document| Ok((parse(document)?, document.version))).collect()
    }

    /// Everything that is known of the days before `today`; those that are missing are made first.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Conflict`] where another node made a day meanwhile: it is to be called again.
    pub(super) async fn past(&self, today: Day, places: &[Place], sheets: Option<&Sheets>) -> Result<Past, StoreError> {
        let mut found = self.found_since(today.plus(-DAYS_AT_MOST)).await?;
        found.retain(|(day, _)| calendar::day(day.at) < today);
        let from = found.iter().position(|(day, _)| day.is_base).unwrap_or(found.len());
        let mut past = Past { planner: Planner::new(Settings::default()), titles: Titles::default(), last: None };
        let mut batch: Vec<DayRecord> = Vec::new();
        for (record, version) in found.into_iter().skip(from) {
            let day = calendar::day(record.at);
            if today.number() - day.number() > UNSETTLED {
                let parts: usize = batch.iter().map(|day| day.parts as usize).sum();
                if parts >= PARTS_AT_ONCE {
                    past = self.replay(past, std::mem::take(&mut batch)).await?;
                }
                batch.push(record);
            } else {
                past = self.replay(past, std::mem::take(&mut batch)).await?;
                past = self.settle(past, record, version, sheets).await?;
            }
        }
        past = self.replay(past, batch).await?;
        if past.last.is_none() && places.is_empty() {
            return Ok(past);
        }
        let first = past.last.map_or_else(|| today.plus(-FROM_BEFORE), |last| last.plus(1));
        for number in first.number()..today.number() {
            past = self.make(past, Day::new(number), places, sheets).await?;
        }
        Ok(past)
    }

    /// Goes on to the end of these days.
    async fn replay(&self, past: Past, days: Vec<DayRecord>) -> Result<Past, StoreError> {
        if days.is_empty() {
            return Ok(past);
        }
        let mut rows = Vec::with_capacity(days.len());
        for day in &days {
            rows.push(self.rows(day).await?);
        }
        let work = move || {
            let mut past = past;
            for (day, rows) in days.iter().zip(&rows) {
                past.go_on(calendar::day(day.at), day.is_base, rows);
            }
            past
        };
        spawn_blocking(work).await.map_err(broken_off)
    }

    /// Looks at a day's use again, and goes on to its end.
    async fn settle(&self, past: Past, record: DayRecord, version: u64, sheets: Option<&Sheets>) -> Result<Past, StoreError> {
        let day = calendar::day(record.at);
        let (rows, uses) = (self.rows(&record).await?, self.sources.uses.of_day(record.at).await?);
        let sum = uses.iter().fold((0, 0), |(bytes, requests): (u64, u64), used| {
            (bytes.saturating_add(used.bytes), requests.saturating_add(used.requests))
        });
        let rows = if sum == (record.bytes_out, record.requests) {
            rows
        } else {
            let making = Making { day, is_first: past.last.is_none(), minimum_days: minimum(sheets, day) };
            let revised = past.titles.revised(&rows, &uses);
            let other = past.titles.reckon(making, &revised, &uses);
            // Whether it is a base is the rows' own business.
            let other = DayRecord { is_base: record.is_base, rest: record.rest, ..other };
            self.store(day, other, &revised, Expect::Version(version)).await?;
            revised
        };
        past.after(day, record.is_base, rows).await
    }

    /// Makes a day that is over, and goes on to its end. Before anything is stored there is nothing to know.
    async fn make(&self, past: Past, day: Day, places: &[Place], sheets: Option<&Sheets>) -> Result<Past, StoreError> {
        let uses = self.sources.uses.of_day(calendar::begin(day)).await?;
        let making = Making { day, is_first: past.last.is_none(), minimum_days: minimum(sheets, day) };
        let rows = past.titles.rows(making, places, &uses);
        if making.is_first && rows.is_empty() {
            return Ok(past);
        }
        let record = past.titles.reckon(making, &rows, &uses);
        self.store(day, record, &rows, Expect::Absent).await?;
        past.after(day, making.is_base(), rows).await
    }

    /// Stores a day: its rows, then the document that names them. Those of before, or of whoever was slower, are deleted.
    async fn store(&self, day: Day, record: DayRecord, rows: &[Row], expect: Expect) -> Result<(), StoreError> {
        let attempt = Alphanumeric.sample_string(&mut rand::rng(), 16).to_lowercase();
        let mut parts = Vec::new();
        for (number, some) in rows.chunks(ROWS_IN_A_PART).enumerate() {
            let part = RowsRecord { at: record.at, rows: some.to_vec(), ..RowsRecord::default() };
            let body = serde_json::to_value(part).map_err(|error| StoreError::corrupt(day, error))?;
            let id = part_id(day, &attempt, number);
            self.documents.put(&ROWS, Write { id: id.clone(), body, expect: Expect::Absent }).await?;
            parts.push(id);
        }
        let before = match expect {
            Expect::Absent => None,
            Expect::Anything | Expect::Version(_) => self.documents.get(&DAYS, &day.to_string()).await?,
        };
        let record = DayRecord { attempt, parts: u32::try_from(parts.len()).unwrap_or(u32::MAX), ..record };
        let body = serde_json::to_value(record).map_err(|error| StoreError::corrupt(day, error))?;
        let stored = self.documents.put(&DAYS, Write { id: day.to_string(), body, expect }).await;
        let unnamed = match &stored {
            Ok(_) => {
                before.as_ref().map_or(Ok(Vec::new()), |before| parse::<DayRecord>(before).map(|before| ids(day, &before)))?
            }
            Err(StoreError::Conflict { .. }) => parts,
            // It may be stored all the same.
            Err(_) => Vec::new(),
        };
        for id in unnamed {
            self.documents.delete(&ROWS, &id, Expect::Anything).await?;
        }
        stored.map(drop)
    }

    async fn rows(&self, record: &DayRecord) -> Result<Vec<Row>, StoreError> {
        let day = calendar::day(record.at);
        let ids = ids(day, record);
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.documents.get_many(&ROWS, &ids).await?;
        if found.len() != ids.len() {
            let reason = format!("{} of {} parts of rows are there", found.len(), ids.len());
            return Err(StoreError::corrupt(format_args!("storage_plan_days/{day}"), reason));
        }
        let mut rows = Vec::new();
        for document in &found {
            rows.extend(parse::<RowsRecord>(document)?.rows);
        }
        Ok(rows)
    }

    /// Deletes days that are older than they are kept.
    ///
    /// # Errors
    /// [`StoreError`]; the rest is deleted by the next call.
    pub(super) async fn sweep_days(&self, today: Day) -> Result<(), StoreError> {
        let before = calendar::begin(today.plus(-DAYS_AT_MOST));
        // The documents that name rows go first.
        while expire(&*self.documents, &DAYS, (BY_AT, "at"), before).await? > 0 {}
        while expire(&*self.documents, &ROWS, (BY_AT, "at"), before).await? > 0 {}
        Ok(())
    }
}

impl Past {
    fn go_on(&mut self, day: Day, is_base: bool, rows: &[Row]) {
        self.titles.apply(is_base, rows);
        self.titles.observe(&mut self.planner, rows);
        self.last = Some(day);
    }

    /// The same on a thread that nobody waits for.
    async fn after(mut self, day: Day, is_base: bool, rows: Vec<Row>) -> Result<Self, StoreError> {
        let work = move || {
            self.go_on(day, is_base, &rows);
            self
        };
        spawn_blocking(work).await.map_err(broken_off)
    }
}

/// For how many days an object is billed at least that is there on a day.
fn minimum(sheets: Option<&Sheets>, day: Day) -> u16 {
    sheets.map_or(0, |sheets| sheets.at(day.month()).0.minimum_days)
}

fn part_id(day: Day, attempt: &str, number: usize) -> String {
    format!("{day}/{attempt}/{number:05}")
}

fn ids(day: Day, record: &DayRecord) -> Vec<String> {
    (0..record.parts as usize).map(|number| part_id(day, &record.attempt, number)).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "it is given by value")]
pub(super) fn broken_off(error: tokio::task::JoinError) -> StoreError {
    StoreError::Unavailable { reason: format!("what is reckoned broke off: {error}") }
}
