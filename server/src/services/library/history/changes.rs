//! What each change of a title's dates did, under the number that its client gave it: it can be sent again, and be taken back.
//!
//! Sent again, it does nothing more; taken back, exactly what it did goes and comes, once, whatever was watched since. It is
//! noted before it is done and marked when it is; whoever did it looks then whether it was taken back meanwhile. What is taken
//! back is let go of after that, and what is taken back before it comes is known to be: a kill in between leaves what the next
//! call of the same words does. Must never remove a date that something else said ([`super::dates`]).

use contract::ids::{ProfileId, TitleId};
use storage::{
    StoreError,
    documents::{Change, Expect, Find, PAGE_LIMIT, Write, all_of, delete_unchanged},
};

use super::{
    super::{
        changes::{known, note},
        readable::{read_readable, readable, update_readable},
        record::{
            WATCHED, WATCHED_CHANGES, WATCHED_CHANGES_BY_INSTANT, WATCHED_CHANGES_BY_PROFILE, WATCHED_CHANGES_OF_PROFILE,
            WatchedChange, WatchedChangesRecord, WatchedRecord,
        },
    },
    History, Owner,
    dates::{Dates, ONE_VIEWING},
};
use crate::services::keepers;

/// Changes of one title that are known: the oldest give way.
const KNOWN: usize = 8;
/// How long they are, in milliseconds: a day longer than a change is sent that did not arrive.
const STAYS: u64 = contract::bounds::MILLISECONDS_AGO + 24 * 60 * 60 * 1_000;

/// What is said of a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// That it was watched then, in milliseconds since 1970.
    Watched(u64),
    /// That it was not watched then, or never.
    Unwatched(Option<u64>),
}

impl Said {
    /// What it makes of the dates of a title.
    pub(super) fn change(self, dates: &mut Dates, number: Option<u64>) {
        match (self, number) {
            (Self::Watched(date), Some(number)) => dates.say_by(date, &[number]),
            (Self::Watched(date), None) => dates.say(date),
            (Self::Unwatched(date), _) => dates.take_out(|there| date.is_none_or(|date| there.abs_diff(date) < ONE_VIEWING)),
        }
    }
}

impl WatchedChange {
    fn removed(&self) -> Dates {
        Dates { all: self.removed.clone(), owned: self.removed_owned.clone() }
    }

    /// The same, taken back, of which nothing more is known.
    fn let_go(&self) -> Self {
        let Self { change, is_done, unknown, .. } = self.clone();
        Self { change, is_done, is_taken_back: true, unknown, ..Self::default() }
    }

    /// The same as part of a history that was forgotten: neither it nor what takes it back is to do anything more.
    fn forgotten(&self) -> Self {
        Self { is_done: true, ..self.let_go() }
    }
}

impl History {
    /// Changes the dates of a title by the change of this number.
    ///
    /// # Errors
    /// [`StoreError`]; called again, it goes on.
    pub(super) async fn change_numbered(
        &self,
        owner: Owner<'_>,
        title: &TitleId,
        number: u64,
        said: Said,
    ) -> Result<(), StoreError> {
        let before = self.dates(owner.profile, title).await?;
        let mut after = before.clone();
        said.change(&mut after, Some(number));
        let Dates { all: removed, owned: removed_owned } = before.without(&after);
        let added = match said {
            Said::Watched(date) => vec![date],
            Said::Unwatched(_) => Vec::new(),
        };
        let made = WatchedChange { change: number, added, removed, removed_owned, ..WatchedChange::default() };
        let made = self.noted(owner, title, (made, after.all.is_empty())).await?;
        if made.added.is_empty() && made.removed.is_empty() {
            return Ok(());
        }
        let done = |dates: &mut Dates| {
            dates.take_out(|date| made.removed.contains(&date));
            made.added.iter().for_each(|date| dates.say_by(*date, &[number]));
        };
        self.change_dates(owner, title, done).await?;
        let mut was_done = false;
        let marked = self.marked(owner, title, |record| {
            if let Some(made) = record.changes.iter_mut().find(|made| made.change == number) {
                was_done = made.is_done;
                made.is_done = true;
            }
        });
        let Some(record) = marked.await? else { return Ok(()) };
        if known(&record.changes, number).is_some_and(|made| made.is_taken_back) {
            // While it was being done: whoever took it back found nothing yet. Of a history that was forgotten nothing comes back.
            let made = if was_done { made.let_go() } else { made };
            return self.undo(owner, title, &made, &record).await;
        }
        // Sent again while it was being done, and done by the other; what that one said another removed meanwhile.
        let is_removed = |date: &u64| record.changes.iter().any(|other| other.change != number && other.removed.contains(date));
        if was_done && made.added.iter().any(is_removed) {
            return self.change_dates(owner, title, |dates| dates.disown(number)).await;
        }
        Ok(())
    }

    /// Notes what a change does; what is to be done of it: nothing where it was noted before, and is done or was taken back.
    /// Of a title that is not watched, before and after, nothing is noted, whatever ids somebody makes up.
    async fn noted(
        &self,
        owner: Owner<'_>,
        title: &TitleId,
        (made, is_never): (WatchedChange, bool),
    ) -> Result<WatchedChange, StoreError> {
        let id = WatchedRecord::id(owner.profile, title);
        let (mut due, mut is_new) = (WatchedChange::default(), false);
        let noted = update_readable(&*self.store, &WATCHED_CHANGES, &id, |stored: Option<WatchedChangesRecord>| {
            is_new = stored.is_none();
            if let Some(known) = stored.as_ref().and_then(|record| known(&record.changes, made.change)) {
                due = if known.is_done || known.is_taken_back { WatchedChange::default() } else { known.clone() };
                return Ok(Change::Keep);
            }
            due = made.clone();
            if is_new && is_never && made.removed.is_empty() {
                return Ok(Change::Keep);
            }
            Ok(Change::Put(self.with(owner, title, stored, made.clone())))
        });
        noted.await?;
        self.keep_changes_within(owner, is_new).await?;
        Ok(due)
    }

    /// What is known of a title with one change more, or another.
    fn with(
        &self,
        owner: Owner<'_>,
        title: &TitleId,
        stored: Option<WatchedChangesRecord>,
        change: WatchedChange,
    ) -> WatchedChangesRecord {
        let now = self.clock.millis();
        let mut record = stored.unwrap_or_else(|| WatchedChangesRecord {
            profile: owner.profile.clone(),
            title: title.clone(),
            updated: now,
            changes: Vec::new(),
            guest_updated: None,
            unknown: serde_json::Map::new(),
        });
        note(&mut record.changes, change, KNOWN);
        (record.updated, record.guest_updated) = (now, owner.is_guest.then_some(now));
        record
    }

    async fn keep_changes_within(&self, owner: Owner<'_>, is_new: bool) -> Result<(), StoreError> {
        if is_new && owner.is_guest {
            self.keep_within(owner.profile, &WATCHED_CHANGES, WATCHED_CHANGES_BY_PROFILE).await
        } else {
            Ok(())
        }
    }

    /// Whether anything of a title is kept: then it is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn knows(&self, profile: &ProfileId, title: &TitleId) -> Result<bool, StoreError> {
        let id = WatchedRecord::id(profile, title);
        if read_readable::<WatchedChangesRecord>(&*self.store, &WATCHED_CHANGES, &id).await?.is_some() {
            return Ok(true);
        }
        Ok(read_readable::<WatchedRecord>(&*self.store, &WATCHED, &id).await?.is_some())
    }

    /// Takes back the change of this number: the dates go that are there by it alone, and those that it removed come back, unless
    /// one of the same viewing was noted since. One that is not known does nothing should it still come.
    ///
    /// # Errors
    /// [`StoreError`]; called again, it goes on.
    pub async fn take_back(&self, owner: Owner<'_>, title: &TitleId, number: u64) -> Result<(), StoreError> {
        let id = WatchedRecord::id(owner.profile, title);
        let (mut made, mut is_new) = (WatchedChange::default(), false);
        let marked = update_readable(&*self.store, &WATCHED_CHANGES, &id, |stored: Option<WatchedChangesRecord>| {
            is_new = stored.is_none();
            let before = stored.as_ref().and_then(|record| known(&record.changes, number)).cloned();
            made = before.clone().unwrap_or_else(|| WatchedChange { change: number, ..WatchedChange::default() });
            made.is_taken_back = true;
            if before.as_ref() == Some(&made) {
                return Ok(Change::Keep);
            }
            Ok(Change::Put(self.with(owner, title, stored, made.clone())))
        });
        let record = marked.await?.record;
        self.keep_changes_within(owner, is_new).await?;
        let Some(record) = record else { return Ok(()) };
        self.undo(owner, title, &made, &record).await?;
        let let_go = self.marked(owner, title, |record| {
            if let Some(made) = record.changes.iter_mut().find(|made| made.change == number) {
                *made = made.let_go();
            }
        });
        let_go.await.map(drop)
    }

    /// Undoes what a change did to the dates of a title, with what is known of the others.
    async fn undo(
        &self,
        owner: Owner<'_>,
        title: &TitleId,
        made: &WatchedChange,
        record: &WatchedChangesRecord,
    ) -> Result<(), StoreError> {
        let removed = made.removed();
        let is_taken_back = |number| known(&record.changes, number).is_some_and(|other| other.is_taken_back);
        let undo = |dates: &mut Dates| {
            // First: there is room for what comes back.
            dates.disown(made.change);
            dates.bring_back(&removed, is_taken_back);
        };
        self.change_dates(owner, title, undo).await
    }

    /// Changes what is known of a title, where anything is; what that is.
    async fn marked(
        &self,
        owner: Owner<'_>,
        title: &TitleId,
        mut mark: impl FnMut(&mut WatchedChangesRecord),
    ) -> Result<Option<WatchedChangesRecord>, StoreError> {
        let id = WatchedRecord::id(owner.profile, title);
        let updated = update_readable(&*self.store, &WATCHED_CHANGES, &id, |stored: Option<WatchedChangesRecord>| {
            let Some(before) = stored else { return Ok(Change::Keep) };
            let mut record = before.clone();
            mark(&mut record);
            Ok(if record == before { Change::Keep } else { Change::Put(record) })
        });
        Ok(updated.await?.record)
    }

    /// Lets go of what changes of a profile did. Which they were stays known: none of them is made again, or taken back.
    ///
    /// # Errors
    /// [`StoreError`]; then some of it may be left.
    pub(super) async fn let_go_of_changes(&self, profile: &ProfileId) -> Result<(), StoreError> {
        let let_go = |record: WatchedChangesRecord| {
            let changes = record.changes.iter().map(WatchedChange::forgotten).collect();
            WatchedChangesRecord { changes, ..record }
        };
        let mut after = None::<String>;
        loop {
            let find = all_of(WATCHED_CHANGES_OF_PROFILE, &[profile.as_str()]);
            let find = Find { after: after.as_deref(), limit: PAGE_LIMIT, ..find };
            let page = self.store.find(&WATCHED_CHANGES, find).await?;
            let mut writes = Vec::with_capacity(page.documents.len());
            for document in &page.documents {
                let Some(record) = readable(document) else {
                    delete_unchanged(&*self.store, &WATCHED_CHANGES, (&document.id, document.version)).await?;
                    continue;
                };
                let body = serde_json::to_value(let_go(record)).map_err(|error| StoreError::corrupt(&document.id, error))?;
                if body != document.body {
                    let expect = Expect::Version(document.version);
                    writes.push(Write { id: document.id.clone(), body, expect });
                }
            }
            let ids: Vec<String> = writes.iter().map(|write| write.id.clone()).collect();
            let written = if ids.is_empty() { Vec::new() } else { self.store.put_many(&WATCHED_CHANGES, writes).await? };
            for (id, result) in ids.iter().zip(written) {
                match result {
                    Ok(_) => {}
                    // Written meanwhile.
                    Err(StoreError::Conflict { .. }) => {
                        let again = |stored: Option<WatchedChangesRecord>| {
                            Ok(stored.map_or(Change::Keep, |stored| Change::Put(let_go(stored))))
                        };
                        update_readable(&*self.store, &WATCHED_CHANGES, id, again).await?;
                    }
                    Err(error) => return Err(error),
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// Lets go of some changes that nothing can be late for any more; how many titles'.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn expire_changes(&self) -> Result<u64, StoreError> {
        let before = self.clock.millis().saturating_sub(STAYS);
        keepers::expire(&*self.store, &WATCHED_CHANGES, (WATCHED_CHANGES_BY_INSTANT, "updated"), before).await
    }
}
