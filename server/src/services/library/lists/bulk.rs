//! Many titles of a list at once, as files have them: read to be taken elsewhere, and added in one go.
//!
//! Must never move or change what is on a list already.

use std::collections::{HashMap, HashSet};

use contract::{Code, Problem, ids::TitleId};
use storage::{
    StoreError,
    documents::{Expect, Find, Write, all_of, delete_unchanged, find_first},
};

use super::{
    super::{
        Tally,
        place::Place,
        readable::readable,
        record::{LISTED, LISTED_BY_LIST, ListedChange, ListedRecord, TAKEN_OFF, TakenOffRecord},
    },
    BATCH, GUEST_TITLES, ListKey, Lists, TITLES,
};

/// Titles that are looked at for one that can be read.
const LOOKED_AT: u32 = 4;

impl Lists {
    /// The first `most` titles on a list, in its order. What cannot be read is left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn records(&self, key: &ListKey, most: usize) -> Result<Vec<ListedRecord>, StoreError> {
        let find = all_of(LISTED_BY_LIST, &[&key.id()]);
        Ok(find_first(&*self.store, &LISTED, find, most).await?.iter().filter_map(readable).collect())
    }

    /// Puts titles with their notes on top of a list, the first of them on top of all; those that are there stay where they are.
    /// What is beyond the limit is left out, from the end. What was broken off is made good by the same call: the last are
    /// written first.
    ///
    /// # Errors
    /// `not_found` where there is no such list; [`StoreError`], then some may have been added.
    pub async fn add_many(&self, key: &ListKey, titles: Vec<(TitleId, String)>, is_guest: bool) -> Result<Tally, Problem> {
        if !self.exists(key).await? {
            return Err(Problem::not_found("list"));
        }
        let mut seen = HashSet::new();
        let there = self.those_on(key, &titles).await?;
        let named = titles.len();
        let mut fresh: Vec<_> =
            titles.into_iter().filter(|(title, _)| !there.contains(&key.title(title)) && seen.insert(title.clone())).collect();
        let mut tally = Tally { known: count(named - fresh.len()), ..Tally::default() };
        let limit = if is_guest { GUEST_TITLES } else { TITLES };
        let room = limit.saturating_sub(self.count(key).await?);
        let beyond = fresh.split_off(fresh.len().min(usize::try_from(room).unwrap_or(usize::MAX)));
        tally.left_out = count(beyond.len());
        if fresh.is_empty() {
            return Ok(tally);
        }
        let now = self.clock.millis();
        let mut changes = self.changes_of(key, &fresh).await?;
        let places = Place::several_on_top(self.first_place(key).await?.as_ref(), now, fresh.len());
        let mut records: Vec<ListedRecord> = Vec::with_capacity(fresh.len());
        records.extend(fresh.into_iter().zip(places).map(|((title, note), place)| ListedRecord {
            profile: key.profile.clone(),
            list: key.id(),
            changes: changes.remove(&title).unwrap_or_default(),
            title,
            place,
            added: now,
            note,
            guest_updated: is_guest.then_some(now),
            added_by: None,
            unknown: serde_json::Map::new(),
        }));
        records.reverse();
        let mut written = Vec::with_capacity(records.len());
        for batch in records.chunks(BATCH) {
            self.put_batch(key, batch, (is_guest, &mut tally), &mut written).await?;
        }
        // Others wrote at the same time: what is beyond is left out, from the end.
        let beyond = self.count(key).await?.saturating_sub(limit);
        for (id, version) in written.into_iter().take(usize::try_from(beyond).unwrap_or(usize::MAX)) {
            if delete_unchanged(&*self.store, &LISTED, (&id, version)).await? {
                tally.added -= 1;
                tally.left_out += 1;
            }
        }
        if self.exists(key).await? {
            return Ok(tally);
        }
        // Deleted meanwhile, and what was on it perhaps before this was.
        self.clear_away(key).await?;
        Err(Problem::not_found("list"))
    }

    /// What another device was faster with is tried once more, as a title of its own. What it writes it notes, with its version.
    async fn put_batch(
        &self,
        key: &ListKey,
        batch: &[ListedRecord],
        (is_guest, tally): (bool, &mut Tally),
        noted: &mut Vec<(String, u64)>,
    ) -> Result<(), Problem> {
        let write = |record: &ListedRecord| {
            let body = serde_json::to_value(record).map_err(|_| Problem::internal())?;
            Ok::<_, Problem>(Write { id: key.title(&record.title), body, expect: Expect::Absent })
        };
        let writes = batch.iter().map(write).collect::<Result<Vec<_>, _>>()?;
        for (record, written) in batch.iter().zip(self.store.put_many(&LISTED, writes).await?) {
            match written {
                Ok(version) => {
                    tally.added += 1;
                    noted.push((key.title(&record.title), version));
                }
                Err(StoreError::Conflict { .. }) => match self.add(key, &record.title, None, is_guest).await {
                    Ok(true) => tally.added += 1,
                    Ok(false) => tally.known += 1,
                    Err(problem) if problem.code == Code::LimitReached => tally.left_out += 1,
                    Err(problem) => return Err(problem),
                },
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// What is known of titles that are off a list: as they come back, of them.
    async fn changes_of(
        &self,
        key: &ListKey,
        titles: &[(TitleId, String)],
    ) -> Result<HashMap<TitleId, Vec<ListedChange>>, StoreError> {
        let mut changes = HashMap::new();
        for batch in titles.chunks(BATCH) {
            let ids: Vec<String> = batch.iter().map(|(title, _)| key.title(title)).collect();
            let found = self.store.get_many(&TAKEN_OFF, &ids).await?;
            let known = found.iter().filter_map(readable::<TakenOffRecord>);
            changes.extend(known.map(|off| (off.title.clone(), off.known_changes())));
        }
        Ok(changes)
    }

    /// Those of some titles that are on a list, by their documents.
    async fn those_on(&self, key: &ListKey, titles: &[(TitleId, String)]) -> Result<HashSet<String>, StoreError> {
        let mut there = HashSet::new();
        for batch in titles.chunks(BATCH) {
            let ids: Vec<String> = batch.iter().map(|(title, _)| key.title(title)).collect();
            there.extend(self.store.get_many(&LISTED, &ids).await?.into_iter().map(|document| document.id));
        }
        Ok(there)
    }

    /// The place of what is on top, of what can be read.
    pub(super) async fn first_place(&self, key: &ListKey) -> Result<Option<Place>, StoreError> {
        let find = Find { limit: LOOKED_AT, ..all_of(LISTED_BY_LIST, &[&key.id()]) };
        let first = self.store.find(&LISTED, find).await?.documents;
        Ok(first.iter().find_map(readable::<ListedRecord>).map(|first| first.place))
    }
}

fn count(many: usize) -> u64 {
    u64::try_from(many).unwrap_or(u64::MAX)
}
