//! Many titles of the history at once, as files have them: added in one go.
//!
//! A file knows days and no instants: what was watched on a day is there where anything of that day is.

use std::{cmp::Reverse, collections::HashMap};

use contract::ids::TitleId;
use storage::{
    StoreError,
    documents::{Change, Expect, PAGE_LIMIT, Write},
};

use super::{
    super::{
        Tally,
        days::DAY,
        readable::{readable, update_readable},
        record::{WATCHED, WatchedRecord},
    },
    GUEST_TITLES, History, Owner,
    dates::{Dates, ONE_VIEWING},
};

/// Documents that one request to the store has.
const BATCH: usize = PAGE_LIMIT as usize;

/// When a title was watched, as a file says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Viewings {
    /// In milliseconds since 1970.
    pub days: Vec<u64>,
    /// How often the file says so and not when: once, now, where it was never watched.
    pub undated: u64,
}

impl Viewings {
    fn count(&self) -> u64 {
        u64::try_from(self.days.len()).unwrap_or(u64::MAX).saturating_add(self.undated)
    }

    fn latest(&self, now: u64) -> u64 {
        if self.undated > 0 { now } else { self.days.iter().max().copied().unwrap_or(0) }
    }
}

impl History {
    /// Notes what the viewer says was watched. Nothing of a guest's gives way to it: what is beyond their limit is left out, the
    /// oldest first.
    ///
    /// # Errors
    /// [`StoreError`]; then some may have been noted, and the same call notes the rest.
    pub async fn add_many(&self, owner: Owner<'_>, titles: HashMap<TitleId, Viewings>) -> Result<Tally, StoreError> {
        let now = self.clock.millis();
        let mut titles: Vec<(TitleId, Viewings)> = titles.into_iter().collect();
        titles.sort_by_cached_key(|(title, viewings)| (Reverse(viewings.latest(now)), title.clone()));
        let mut room = if owner.is_guest {
            GUEST_TITLES.saturating_sub(usize::try_from(self.count(owner.profile).await?).unwrap_or(usize::MAX))
        } else {
            usize::MAX
        };
        let mut tally = Tally::default();
        for batch in titles.chunks(BATCH) {
            self.add_batch(owner, batch, now, &mut room, &mut tally).await?;
        }
        Ok(tally)
    }

    async fn add_batch(
        &self,
        owner: Owner<'_>,
        batch: &[(TitleId, Viewings)],
        now: u64,
        room: &mut usize,
        tally: &mut Tally,
    ) -> Result<(), StoreError> {
        let ids: Vec<String> = batch.iter().map(|(title, _)| WatchedRecord::id(owner.profile, title)).collect();
        let found = self.store.get_many(&WATCHED, &ids).await?;
        let mut stored: HashMap<String, _> = found.into_iter().map(|document| (document.id.clone(), document)).collect();
        let (mut writes, mut written) = (Vec::new(), Vec::new());
        for ((title, viewings), id) in batch.iter().zip(ids) {
            let document = stored.remove(&id);
            if document.is_none() {
                match room.checked_sub(1) {
                    Some(left) => *room = left,
                    None => {
                        tally.left_out += viewings.count();
                        continue;
                    }
                }
            }
            let expect = document.as_ref().map_or(Expect::Absent, |document| Expect::Version(document.version));
            let before = document.as_ref().and_then(readable::<WatchedRecord>);
            let (after, noted) = noted(owner, title, before, viewings, now);
            match after {
                Some(record) => {
                    let body = serde_json::to_value(record).map_err(|error| StoreError::corrupt(&id, error))?;
                    writes.push(Write { id, body, expect });
                    written.push((title, viewings, noted));
                }
                None => tally.add(noted),
            }
        }
        if writes.is_empty() {
            return Ok(());
        }
        for ((title, viewings, noted), result) in written.into_iter().zip(self.store.put_many(&WATCHED, writes).await?) {
            match result {
                Ok(_) => tally.add(noted),
                Err(StoreError::Conflict { .. }) => tally.add(self.add_again(owner, title, viewings, now).await?),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// One that changed meanwhile.
    async fn add_again(&self, owner: Owner<'_>, title: &TitleId, viewings: &Viewings, now: u64) -> Result<Tally, StoreError> {
        let mut tally = Tally::default();
        let id = WatchedRecord::id(owner.profile, title);
        let decide = |stored: Option<WatchedRecord>| {
            let (after, noted) = noted(owner, title, stored, viewings, now);
            tally = noted;
            Ok(after.map_or(Change::Keep, Change::Put))
        };
        update_readable(&*self.store, &WATCHED, &id, decide).await?;
        Ok(tally)
    }
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.added += other.added;
        self.known += other.known;
        self.left_out += other.left_out;
    }
}

/// The record with what is to be noted, where that is anything, and what became of it.
fn noted(
    owner: Owner<'_>,
    title: &TitleId,
    before: Option<WatchedRecord>,
    viewings: &Viewings,
    now: u64,
) -> (Option<WatchedRecord>, Tally) {
    let (mut dates, mut tally) = (before.as_ref().map(Dates::of).unwrap_or_default(), Tally::default());
    let stored = dates.clone();
    let mut days = viewings.days.clone();
    // The latest first: what is beyond the limit is the oldest.
    days.sort_unstable_by_key(|day| Reverse(*day));
    for day in days {
        let date = day.min(now);
        let is_same = |there: &u64| there / DAY == date / DAY || there.abs_diff(date) < ONE_VIEWING;
        if let Some(there) = dates.all.iter().copied().find(is_same) {
            dates.stay(there);
            tally.known += 1;
            continue;
        }
        dates.say(date);
        if dates.all.contains(&date) { tally.added += 1 } else { tally.left_out += 1 }
    }
    tally.known += viewings.undated;
    if dates.all.is_empty() && viewings.undated > 0 {
        dates.say(now);
        tally.known -= 1;
        tally.added += 1;
    }
    let record = if dates == stored { None } else { dates.record(owner, title, before, now) };
    (record, tally)
}
