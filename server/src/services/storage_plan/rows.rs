//! How days are stored: their rows first, in parts, then the one document that names them.
//!
//! Rows are under an attempt that follows from what is in them, so that whoever is broken off and tries again writes the same documents; the day's document, which
//! names the attempt, is made or changed last and by compare-and-set, so that of two nodes one makes a day. Rows of the day that nothing names are deleted
//! before others are written. Must never delete rows that the day's document names.

use storage::{
    StoreError,
    documents::{Direction, Expect, Find, Write, find_first, parse},
};
use storage_plan::calendar::Day;

use super::{
    StoragePlan, calendar,
    days::DAYS_AT_MOST,
    record::{BY_AT, DAYS, DayRecord, ROWS, Row, RowsRecord},
};
use crate::services::keepers::expire;

/// Titles in one document of rows.
const ROWS_IN_A_PART: usize = 5_000;
/// Parts of a day's rows that are looked at, to find those that nothing names: far more than a day and an attempt have.
const PARTS_AT_MOST: usize = 1_000;

impl StoragePlan {
    /// Stores a day: its rows, then the document that names them. Those of before, or of whoever was slower, are deleted.
    pub(super) async fn store(&self, day: Day, record: DayRecord, rows: &[Row], expect: Expect) -> Result<(), StoreError> {
        let (mut parts, mut hash) = (Vec::new(), blake3::Hasher::new());
        for some in rows.chunks(ROWS_IN_A_PART) {
            let part = RowsRecord { at: record.at, rows: some.to_vec(), ..RowsRecord::default() };
            let body = serde_json::to_value(part).map_err(|error| StoreError::corrupt(day, error))?;
            hash.update(body.to_string().as_bytes());
            parts.push(body);
        }
        let attempt: String = hash.finalize().to_hex().chars().take(16).collect();
        let before = match expect {
            Expect::Absent => None,
            Expect::Anything | Expect::Version(_) => self.documents.get(&DAYS, &day.to_string()).await?,
        };
        // One that cannot be read names nothing.
        let before: Option<DayRecord> = before.as_ref().and_then(|before| parse(before).ok());
        self.delete_unnamed(day, &[Some(attempt.as_str()), before.as_ref().map(|before| before.attempt.as_str())]).await?;
        let count = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        for (number, body) in parts.into_iter().enumerate() {
            self.documents.put(&ROWS, Write { id: part_id(day, &attempt, number), body, expect: Expect::Anything }).await?;
        }
        let record = DayRecord { attempt, parts: count, ..record };
        let body = serde_json::to_value(&record).map_err(|error| StoreError::corrupt(day, error))?;
        match self.documents.put(&DAYS, Write { id: day.to_string(), body, expect }).await {
            Ok(_) => self.delete_unnamed(day, &[Some(record.attempt.as_str())]).await,
            Err(error @ StoreError::Conflict { .. }) => {
                let named = self.documents.get(&DAYS, &day.to_string()).await?;
                let named = named.as_ref().and_then(|named| parse::<DayRecord>(named).ok()).map(|named| named.attempt);
                if named.as_ref() != Some(&record.attempt) {
                    self.delete_rows(ids(day, &record)).await?;
                }
                Err(error)
            }
            // It may be stored all the same. If it is not, whoever tries again writes the same rows, or deletes these.
            Err(error) => Err(error),
        }
    }

    /// Deletes the rows of a day that are under none of these attempts.
    async fn delete_unnamed(&self, day: Day, attempts: &[Option<&str>]) -> Result<(), StoreError> {
        let find = Find {
            index: BY_AT,
            equals: vec![calendar::begin(day).into()],
            from: None,
            direction: Direction::Ascending,
            after: None,
            limit: 1,
        };
        let found = find_first(&*self.documents, &ROWS, find, PARTS_AT_MOST).await?;
        let is_unnamed = |id: &String| !attempts.contains(&id.split('/').nth(1));
        self.delete_rows(found.into_iter().map(|document| document.id).filter(is_unnamed)).await
    }

    async fn delete_rows(&self, ids: impl IntoIterator<Item = String> + Send) -> Result<(), StoreError> {
        let ids: Vec<String> = ids.into_iter().collect();
        for id in ids {
            self.documents.delete(&ROWS, &id, Expect::Anything).await?;
        }
        Ok(())
    }

    /// The rows of a day.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where a part is missing or cannot be read; [`StoreError`].
    pub(super) async fn rows(&self, record: &DayRecord) -> Result<Vec<Row>, StoreError> {
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

    /// Deletes the days that are older than is kept, by a clock that is believed. Those that are yet to come push none out.
    ///
    /// # Errors
    /// [`StoreError`]; the rest is deleted by the next call.
    pub(super) async fn sweep_days(&self, today: Day) -> Result<(), StoreError> {
        let kept_from = calendar::begin(today.plus(-DAYS_AT_MOST));
        // The documents that name rows go first.
        for collection in [&DAYS, &ROWS] {
            while expire(&*self.documents, collection, (BY_AT, "at"), kept_from).await? > 0 {}
        }
        Ok(())
    }
}

fn part_id(day: Day, attempt: &str, number: usize) -> String {
    format!("{day}/{attempt}/{number:05}")
}

fn ids(day: Day, record: &DayRecord) -> Vec<String> {
    (0..record.parts as usize).map(|number| part_id(day, &record.attempt, number)).collect()
}
