//! What each change of a title's dates did, under the number that its client gave it: it can be sent again, and be taken back.
//!
//! Sent again, it does nothing more; taken back, exactly what it did goes and comes, once, whatever was watched since. It is noted before
//! it is done and marked when it is, and what is taken back is let go of after that: a kill in between leaves what the next call of the same
//! words does. Must never remove a date that the change did not add.

use contract::ids::TitleId;
use storage::{
    StoreError,
    documents::{Change, read, update},
};

use super::{
    super::record::{
        WATCHED, WATCHED_CHANGES, WATCHED_CHANGES_BY_INSTANT, WATCHED_CHANGES_BY_PROFILE, WatchedChange, WatchedChangesRecord,
        WatchedRecord,
    },
    History, Owner, insert,
};
use crate::services::keepers;

/// Changes of one title that are known: the oldest give way.
const KNOWN: usize = 8;
/// How long they are, in milliseconds: a day longer than a change is sent that did not arrive.
const STAYS: u64 = contract::bounds::MILLISECONDS_AGO + 24 * 60 * 60 * 1_000;

impl History {
    /// Changes the dates of a title, the latest first, by the change of this number.
    ///
    /// # Errors
    /// [`StoreError`]; called again, it goes on.
    pub(super) async fn change_numbered(
        &self,
        owner: Owner<'_>,
        title: &TitleId,
        number: u64,
        change: impl Fn(&mut Vec<u64>),
    ) -> Result<(), StoreError> {
        let id = WatchedRecord::id(owner.profile, title);
        let before =
            read::<WatchedRecord>(&*self.store, &WATCHED, &id).await?.map(|(record, _)| record.dates).unwrap_or_default();
        let mut after = before.clone();
        change(&mut after);
        let made = WatchedChange {
            change: number,
            added: after.iter().copied().filter(|date| !before.contains(date)).collect(),
            removed: before.iter().copied().filter(|date| !after.contains(date)).collect(),
            ..WatchedChange::default()
        };
        let WatchedChange { added, removed, .. } = self.noted(owner, title, (made, after.is_empty())).await?;
        let done = |dates: &mut Vec<u64>| {
            dates.retain(|date| !removed.contains(date));
            added.iter().for_each(|date| insert(dates, *date));
        };
        if added.is_empty() && removed.is_empty() {
            return Ok(());
        }
        self.change_dates(owner, title, done).await?;
        self.marked(owner, title, number, |made| made.is_done = true).await.map(drop)
    }

    /// Notes what a change does; what is to be done of it: nothing where it was noted before, and is done or was taken back.
    /// Of a title that is not watched, before and after, nothing is noted, whatever ids somebody makes up.
    async fn noted(
        &self,
        owner: Owner<'_>,
        title: &TitleId,
        (made, is_never): (WatchedChange, bool),
    ) -> Result<WatchedChange, StoreError> {
        let (now, id) = (self.clock.millis(), WatchedRecord::id(owner.profile, title));
        let (mut due, mut is_new) = (WatchedChange::default(), false);
        let noted = update(&*self.store, &WATCHED_CHANGES, &id, |stored: Option<WatchedChangesRecord>| {
            is_new = stored.is_none();
            let mut record = stored.unwrap_or_else(|| WatchedChangesRecord {
                profile: owner.profile.clone(),
                title: title.clone(),
                updated: now,
                changes: Vec::new(),
                guest_updated: None,
                unknown: serde_json::Map::new(),
            });
            if let Some(known) = record.changes.iter().find(|known| known.change == made.change) {
                due = if known.is_done || known.is_taken_back { WatchedChange::default() } else { known.clone() };
                return Ok::<_, StoreError>(Change::Keep);
            }
            due = made.clone();
            if is_new && is_never && made.removed.is_empty() {
                return Ok(Change::Keep);
            }
            record.changes.push(made.clone());
            let beyond = record.changes.len().saturating_sub(KNOWN);
            record.changes.drain(..beyond);
            (record.updated, record.guest_updated) = (now, owner.is_guest.then_some(now));
            Ok(Change::Put(record))
        });
        noted.await?;
        if is_new && owner.is_guest {
            self.keep_within(owner.profile, &WATCHED_CHANGES, WATCHED_CHANGES_BY_PROFILE).await?;
        }
        Ok(due)
    }

    /// Takes back the change of this number: the dates that it added go, and those that it removed come back, unless one of the same
    /// viewing was noted since.
    ///
    /// # Errors
    /// [`StoreError`]; called again, it goes on.
    pub async fn take_back(&self, owner: Owner<'_>, title: &TitleId, number: u64) -> Result<(), StoreError> {
        let Some(WatchedChange { added, removed, .. }) =
            self.marked(owner, title, number, |made| made.is_taken_back = true).await?
        else {
            return Ok(());
        };
        if added.is_empty() && removed.is_empty() {
            return Ok(());
        }
        let undo = |dates: &mut Vec<u64>| {
            dates.retain(|date| !added.contains(date));
            removed.iter().for_each(|date| insert(dates, *date));
        };
        self.change_dates(owner, title, undo).await?;
        let let_go = |made: &mut WatchedChange| {
            made.added.clear();
            made.removed.clear();
        };
        self.marked(owner, title, number, let_go).await.map(drop)
    }

    /// Changes what is known of a change, where it is known; what that is.
    async fn marked(
        &self,
        owner: Owner<'_>,
        title: &TitleId,
        number: u64,
        mark: impl Fn(&mut WatchedChange),
    ) -> Result<Option<WatchedChange>, StoreError> {
        let mut marked = None;
        let id = WatchedRecord::id(owner.profile, title);
        let updated = update(&*self.store, &WATCHED_CHANGES, &id, |stored: Option<WatchedChangesRecord>| {
            marked = None;
            let Some(mut record) = stored else { return Ok::<_, StoreError>(Change::Keep) };
            let Some(made) = record.changes.iter_mut().find(|made| made.change == number) else { return Ok(Change::Keep) };
            let before = made.clone();
            mark(made);
            marked = Some(made.clone());
            Ok(if *made == before { Change::Keep } else { Change::Put(record) })
        });
        updated.await?;
        Ok(marked)
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
