//! A title goes onto a list, and what takes back that it was taken off.
//!
//! A device names each of its changes. A title notes the name of the change that put it on, and the names of all that concerned
//! it: a change that is sent again does nothing more, and one that was taken back before it came does nothing. Once the title is
//! off, what is known of it and how it stood is kept under the name of what took it off ([`super::taking_off`]), and goes back
//! with it. So Undo brings back place and note, and nothing where it has nothing to take back. Must never take back more than the
//! change did, nor twice.

use contract::{Code, Problem, ids::TitleId};
use storage::{
    StoreError,
    documents::{Change, Expect, Write, delete_unchanged, update},
};

use super::{
    super::{
        changes::{known, note},
        place::Place,
        readable::{delete_unreadable, read_readable},
        record::{LISTED, ListedChange, ListedRecord, TAKEN_OFF, TakenOffRecord},
    },
    GUEST_TITLES, KNOWN, ListKey, Lists, TITLES,
};

/// How a title is put on.
#[derive(Clone, Debug, Default)]
pub struct Putting {
    /// Nothing leaves what is noted.
    pub note: Option<String>,
    pub is_guest: bool,
    /// The name of this change.
    pub change: Option<u64>,
    /// The change that took it off, which this one takes back.
    pub restores: Option<u64>,
}

/// What is known of a title as it is put on.
enum Before {
    /// It comes anew, with these changes.
    New(Vec<ListedChange>),
    /// It comes back as it stood, with these.
    Back(Box<ListedRecord>, Vec<ListedChange>),
    /// There is nothing to be done.
    Done,
    /// There is nothing to bring back, of a change that may still come.
    Unknown(u64),
}

impl Lists {
    /// Puts a title on top, or to where it stood; says something else of one that is there. Whether it was not there before.
    ///
    /// # Errors
    /// `not_found` where there is no such list; `limit_reached`; [`StoreError`].
    pub async fn put_on(&self, key: &ListKey, title: &TitleId, putting: Putting) -> Result<bool, Problem> {
        if !self.exists(key).await? {
            return Err(Problem::not_found("list"));
        }
        let limit = if putting.is_guest { GUEST_TITLES } else { TITLES };
        let too_many = || Problem::new(Code::LimitReached).with_detail(format!("There are {limit} titles on it already."));
        let (id, now, is_full) = (key.title(title), self.clock.millis(), self.count(key).await? >= limit);
        let first = if is_full || putting.restores.is_some() { None } else { self.first_place(key).await? };
        // The last that is read: what is done meanwhile is not known.
        let record = match self.before(&id, &putting).await? {
            Before::Done => {
                self.finish_taking_off(&id, putting.change).await?;
                return Ok(false);
            }
            Before::Unknown(number) => {
                self.note_taken_back((key, title), number, putting.is_guest).await?;
                return Ok(false);
            }
            Before::Back(was, changes) => ListedRecord { changes, ..*was },
            Before::New(changes) => ListedRecord {
                profile: key.profile.clone(),
                list: key.id(),
                title: title.clone(),
                place: Place::on_top(first.as_ref(), now),
                added: now,
                note: putting.note.clone().unwrap_or_default(),
                guest_updated: None,
                added_by: None,
                changes,
                unknown: serde_json::Map::new(),
            },
        };
        if is_full {
            let is_there = self.store.get(&LISTED, &id).await?.is_some();
            return if is_there { self.found_there(&id, &putting).await } else { Err(too_many()) };
        }
        let record = ListedRecord { guest_updated: putting.is_guest.then_some(now), added_by: putting.change, ..record };
        let Some(version) = self.put_new(&id, &record).await? else { return self.found_there(&id, &putting).await };
        if self.was_taken_off(&id, putting.change).await? {
            return Ok(!delete_unchanged(&*self.store, &LISTED, (&id, version)).await?);
        }
        if self.count(key).await? > limit && delete_unchanged(&*self.store, &LISTED, (&id, version)).await? {
            return Err(too_many());
        }
        if self.exists(key).await? {
            return Ok(true);
        }
        // Deleted meanwhile, and what was on it perhaps before this was.
        self.store.delete(&LISTED, &id, Expect::Anything).await?;
        Err(Problem::not_found("list"))
    }

    /// As [`Lists::put_on`], of no named change.
    ///
    /// # Errors
    /// As [`Lists::put_on`].
    pub async fn add(&self, key: &ListKey, title: &TitleId, note: Option<String>, is_guest: bool) -> Result<bool, Problem> {
        self.put_on(key, title, Putting { note, is_guest, ..Putting::default() }).await
    }

    /// What is known of a title that is off its list, or was before it was put there.
    async fn before(&self, id: &str, putting: &Putting) -> Result<Before, StoreError> {
        let off = read_readable::<TakenOffRecord>(&*self.store, &TAKEN_OFF, id).await?.map(|(record, _)| record);
        let mut changes = off.as_ref().map(TakenOffRecord::known_changes).unwrap_or_default();
        if putting.change.is_some_and(|number| known(&changes, number).is_some()) {
            return Ok(Before::Done);
        }
        let was = match putting.restores {
            None => None,
            Some(number) => match known(&changes, number).map(|known| known.is_taken_back) {
                None => return Ok(Before::Unknown(number)),
                Some(true) => return Ok(Before::Done),
                Some(false) => {
                    // Taken off since by another, or not by this one.
                    let is_last = off.as_ref().is_some_and(|off| off.change == Some(number));
                    let Some(was) = off.and_then(|off| off.was).filter(|_| is_last) else { return Ok(Before::Done) };
                    note(&mut changes, ListedChange::taken_back(number), KNOWN);
                    Some(was)
                }
            },
        };
        if let Some(number) = putting.change {
            note(&mut changes, ListedChange::done(number), KNOWN);
        }
        Ok(match was {
            Some(was) => Before::Back(Box::new(was), changes),
            None => Before::New(changes),
        })
    }

    /// Whether a change is known of a title that was taken off: a repetition may have looked before it was, and have written after it.
    async fn was_taken_off(&self, id: &str, change: Option<u64>) -> Result<bool, StoreError> {
        let Some(number) = change else { return Ok(false) };
        let off = read_readable::<TakenOffRecord>(&*self.store, &TAKEN_OFF, id).await?;
        Ok(off.is_some_and(|(off, _)| known(&off.known_changes(), number).is_some()))
    }

    /// Takes off a title that a repetition put there after it was taken off, and that broke off before it saw that: of the change that took
    /// it off the title knows nothing.
    async fn finish_taking_off(&self, id: &str, change: Option<u64>) -> Result<(), StoreError> {
        let Some(number) = change else { return Ok(()) };
        let Some((off, _)) = read_readable::<TakenOffRecord>(&*self.store, &TAKEN_OFF, id).await? else { return Ok(()) };
        let Some((listed, version)) = read_readable::<ListedRecord>(&*self.store, &LISTED, id).await? else { return Ok(()) };
        let is_by_it = listed.added_by == Some(number) && known(&off.known_changes(), number).is_some();
        let is_back = off.change.is_some_and(|taken| known(&listed.changes, taken).is_some());
        if is_by_it && !is_back {
            delete_unchanged(&*self.store, &LISTED, (id, version)).await?;
        }
        Ok(())
    }

    /// Writes a title where none is that can be read; its version, or nothing where there is one.
    async fn put_new(&self, id: &str, record: &ListedRecord) -> Result<Option<u64>, Problem> {
        let body = serde_json::to_value(record).map_err(|_| Problem::internal())?;
        let write = Write { id: id.to_owned(), body, expect: Expect::Absent };
        let written = match self.store.put(&LISTED, write.clone()).await {
            Err(StoreError::Conflict { .. }) if delete_unreadable::<ListedRecord>(&*self.store, &LISTED, id).await? => {
                self.store.put(&LISTED, write).await
            }
            written => written,
        };
        match written {
            Ok(version) => Ok(Some(version)),
            Err(StoreError::Conflict { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Says of a title that is there what this change says of it, where that is not known yet.
    async fn found_there(&self, id: &str, putting: &Putting) -> Result<bool, Problem> {
        if let Some(number) = putting.restores {
            // The removal goes on at this moment, and sees this; or another put the title there since.
            self.note_there(id, ListedChange::taken_back(number), None).await?;
        } else if let Some(number) = putting.change {
            self.note_there(id, ListedChange::done(number), putting.note.as_deref()).await?;
        } else if let Some(note) = &putting.note {
            let noted = update(&*self.store, &LISTED, id, |stored: Option<ListedRecord>| {
                let noted = stored.map(|stored| ListedRecord { note: note.clone(), ..stored });
                Ok::<_, StoreError>(noted.map_or(Change::Keep, Change::Put))
            });
            noted.await?;
        }
        Ok(false)
    }

    /// Notes a change of a title that is there, with what it says of it, unless it is known; whether the title is there.
    pub(super) async fn note_there(&self, id: &str, change: ListedChange, text: Option<&str>) -> Result<bool, StoreError> {
        let mut is_there = false;
        let noted = update(&*self.store, &LISTED, id, |stored: Option<ListedRecord>| {
            is_there = stored.is_some();
            let Some(mut stored) = stored.filter(|stored| known(&stored.changes, change.change).is_none()) else {
                return Ok::<_, StoreError>(Change::Keep);
            };
            note(&mut stored.changes, change.clone(), KNOWN);
            if let Some(text) = text {
                text.clone_into(&mut stored.note);
            }
            Ok(Change::Put(stored))
        });
        match noted.await {
            Ok(_) => Ok(is_there),
            // What cannot be read is none.
            Err(StoreError::Corrupt { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
